//! [`summarize`]: runs of several optimisers and seeds in a few numbers.

use super::Trained;
use thalweg_rule::Optimizer;

/// The least, the middle and the greatest of some numbers; the middle of an even number of them is the mean of the middle two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The greatest.
    pub high: f64,
}

impl Spread {
    /// Of some numbers, NaN among them being the greatest; none of none.
    ///
    /// ```
    /// use thalweg_train::run::Spread;
    /// let spread = Spread::of([3.0, f64::INFINITY, 1.0, 2.0]).unwrap();
    /// assert_eq!((spread.low, spread.median, spread.high), (1.0, 2.5, f64::INFINITY));
    /// ```
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> =
            numbers.into_iter().map(|x| if x.is_nan() { f64::NAN } else { x }).collect();
        numbers.sort_by(f64::total_cmp);
        let (low, high) = (*numbers.first()?, *numbers.last()?);
        let (left, right) = (numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2]);
        let median = if left == right { left } else { f64::midpoint(left, right) };
        Some(Self { low, median, high })
    }
}

/// The runs of one optimiser, one for each seed, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The optimiser.
    pub optimizer: Optimizer,
    /// How many runs there are.
    pub runs: usize,
    /// How many of them ended because a number was no longer finite.
    pub non_finite: usize,
    /// The mean loss of the last batches on record.
    pub loss: Option<Spread>,
    /// The last validation loss.
    pub validation_loss: Option<Spread>,
    /// The last validation accuracy.
    pub validation_accuracy: Option<Spread>,
    /// The first step whose validation loss is below the threshold: infinite for a run that never came there.
    pub below: Option<Spread>,
    /// Seconds for a step, validation and checkpoints included.
    pub seconds_per_step: Option<Spread>,
}

/// The runs of each optimiser together, in the order in which the optimisers come first.
///
/// ```
/// use std::ops::ControlFlow;
/// use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model};
/// use thalweg_train::run::{Length, Options, Task, summarize, train};
///
/// let (data, validation) = Dataset::digits().split(0.2, 0)?;
/// let task = Task::new("mlp(16)".parse::<Model>()?.network(&[8, 8], 10)?, CrossEntropy::default(), data).with_validation(validation);
/// let options = Options { length: Length::Steps(60), validate_every: 10, ..Options::new("adam(lr=0.01)".parse()?) };
/// let runs = (0..3).map(|seed| train(&task, &Options { seed, ..options.clone() })).collect::<Result<Vec<_>, _>>()?;
/// let summary = &summarize(&runs, Some(1.5))[0];
/// assert_eq!(summary.runs, 3);
/// assert!((10.0..=60.0).contains(&summary.below.unwrap().median));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn summarize(runs: &[Trained], threshold: Option<f64>) -> Vec<Summary> {
    let mut groups: Vec<(&Optimizer, Vec<&Trained>)> = Vec::new();
    for run in runs {
        match groups.iter_mut().find(|(optimizer, _)| **optimizer == run.optimizer) {
            Some((_, group)) => group.push(run),
            None => groups.push((&run.optimizer, vec![run])),
        }
    }
    groups.into_iter().map(|(optimizer, group)| summary(optimizer, &group, threshold)).collect()
}

fn summary(optimizer: &Optimizer, runs: &[&Trained], threshold: Option<f64>) -> Summary {
    let last = |run: &&&Trained| run.history.last_validation().copied();
    Summary {
        optimizer: optimizer.clone(),
        runs: runs.len(),
        non_finite: runs.iter().filter(|run| matches!(run.status, super::Status::NonFinite(_))).count(),
        loss: Spread::of(runs.iter().filter_map(|run| run.history.last()).map(|record| record.loss)),
        validation_loss: Spread::of(runs.iter().filter_map(|run| last(&run)?.validation_loss)),
        validation_accuracy: Spread::of(runs.iter().filter_map(|run| last(&run)?.validation_accuracy)),
        below: threshold.and_then(|threshold| {
            Spread::of(
                runs.iter()
                    .map(|run| run.history.first_below(threshold).map_or(f64::INFINITY, |step| step as f64)),
            )
        }),
        seconds_per_step: Spread::of(
            runs.iter().filter(|run| run.steps > 0).map(|run| run.seconds / run.steps as f64),
        ),
    }
}
