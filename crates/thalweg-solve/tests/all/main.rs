//! Facts about runs, their ends and their costs.

mod allocation;
mod analysis;
mod constraints;
mod descents;
mod errors;
mod fitting;
mod functions;
mod grid;
mod many;
mod methods;
mod noise;
mod objectives;
mod quadratic;
mod rules;
mod text;
