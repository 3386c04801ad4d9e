//! Facts about runs, their ends and their costs.

mod allocation;
mod analysis;
mod checkpoints;
mod choice;
mod constraints;
mod curvature;
mod descents;
mod ends;
mod errors;
mod fitting;
mod functions;
mod global;
mod grid;
mod least_squares;
mod many;
mod methods;
mod noise;
mod objectives;
mod one_dimension;
mod problems;
mod quadratic;
mod rules;
mod scipy;
mod sets;
mod text;
mod within;
