//! The rules from outside.

mod allocation;
mod any_schedule;
mod averages;
mod bits;
#[cfg(feature = "checkpoints")]
mod checkpoint;
mod curved;
mod documentation;
mod errors;
mod explanation;
mod formula;
mod functions;
mod groups;
mod l1;
mod layers;
mod links;
mod matrices;
#[cfg(feature = "bf16")]
mod mixed;
mod noise;
mod oracle_moments;
mod schedules;
mod setting;
mod text;
mod trajectories;
mod values;
mod wrappers;
