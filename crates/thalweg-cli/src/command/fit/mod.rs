//! `thalweg fit`: a model to the rows of a file, by least squares as a whole (`squares`) or, where an optimiser or batches are asked
//! for, by the steps of a rule (`rule`).

mod data;
mod report;
mod rule;
mod squares;

use crate::arguments::FitArguments;
use crate::failure::Failure;
use data::Model;

pub(crate) fn run(arguments: &FitArguments) -> Result<(), Failure> {
    let model = Model::read(arguments)?;
    if arguments.optimizer.is_some() || arguments.batch.is_some() {
        return rule::run(arguments, &model);
    }
    for (flag, given) in [("--f32", arguments.f32), ("--seed", arguments.seed.is_some())] {
        if given {
            return Failure::wrong(format!(
                "{flag} is for fits by the steps of an optimiser; give one by --optimizer adam(lr=0.1), or leave it out"
            ));
        }
    }
    squares::run(arguments, &model)
}
