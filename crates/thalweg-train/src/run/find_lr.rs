//! [`find_lr`]: which learning rates a network can be trained with.

use super::{Length, Options, Series, State, Status, Task, TrainError, machine::learning_rate};
use std::ops::ControlFlow;

/// A learning-rate range test: the rate grows from step to step by the same factor while the loss is watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LrTest {
    /// The first rate.
    pub from: f64,
    /// The last rate.
    pub to: f64,
    /// Steps, at least 2.
    pub steps: u64,
    /// How much of the smoothed loss is kept at a step.
    pub smoothing: f64,
    /// The test ends when the smoothed loss is this many times the lowest so far.
    pub stop_at: f64,
}

impl Default for LrTest {
    /// From 1e-7 to 10 in 100 steps, smoothed by 0.9, ended at 4 times the lowest loss.
    fn default() -> Self {
        Self { from: 1e-7, to: 10.0, steps: 100, smoothing: 0.9, stop_at: 4.0 }
    }
}

/// A step of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LrPoint {
    /// The rate of the step.
    pub lr: f64,
    /// The loss of the batch, before the step.
    pub loss: f64,
    /// The smoothed loss: a decaying average of these losses, without the weight of what was before the first.
    pub smoothed: f64,
}

/// How the loss goes with the learning rate.
#[derive(Debug, Clone, PartialEq)]
pub struct LrCurve {
    /// The steps.
    pub points: Vec<LrPoint>,
    /// The rate at which the smoothed loss falls most steeply with the rate's logarithm; none if it falls nowhere.
    pub suggestion: Option<f64>,
    /// Whether the loss has grown beyond bounds before the last rate.
    pub diverged: bool,
}

/// Trains with a learning rate that grows from step to step, and suggests one.
///
/// The optimiser's `lr` gives way to the growing rate; with several links that have one, that of the last. Nothing is validated or
/// saved. Source: Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3, with an exponential growth as
/// customary since.
///
/// # Errors
/// As [`Run::new`](super::Run::new) and [`Run::step`](super::Run::step); the optimiser has no `lr`; the test is out of its range.
///
/// ```
/// use std::ops::ControlFlow;
/// use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model};
/// use thalweg_train::run::{LrTest, Options, Task, find_lr};
///
/// let network = "mlp(16)".parse::<Model>()?.network(&[8, 8], 10)?;
/// let task = Task::new(network, CrossEntropy::default(), Dataset::digits());
/// let options = Options::new("adam".parse()?);
/// let curve = find_lr(&task, &options, LrTest::default(), &mut |_| ControlFlow::Continue(()))?;
/// assert!((1e-5..1.0).contains(&curve.suggestion.unwrap()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_lr(
    task: &Task,
    options: &Options,
    test: LrTest,
    observer: &mut dyn FnMut(&State<'_>) -> ControlFlow<()>,
) -> Result<LrCurve, TrainError> {
    let LrTest { from, to, steps, smoothing, stop_at } = test;
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if !(positive(from) && positive(to) && from < to) {
        let wanted = "two numbers above 0, the first the smaller";
        return Err(TrainError::option("the range of learning rates", format!("{from} to {to}"), wanted));
    }
    if steps < 2 || !(0.0..1.0).contains(&smoothing) || stop_at <= 1.0 {
        let found = format!("{steps} steps, smoothing {smoothing}, stop at {stop_at}");
        let wanted = "2 steps or more, smoothing from 0 to below 1, stop above 1";
        return Err(TrainError::option("the learning-rate test", found, wanted));
    }
    let options = Options {
        length: Length::Steps(steps),
        validate_every: 0,
        patience: None,
        stop_below: None,
        checkpoints: None,
        ..options.clone()
    };
    let task = Task { validation: None, ..task.clone() };
    let mut run = Series::new(&task).make(&options)?;
    let Some((key, _)) = learning_rate(run.rule()) else {
        let found = format!("{}, which has no `lr`", options.optimizer);
        return Err(TrainError::option("the optimiser of a learning-rate test", found, "one with `lr`"));
    };
    let (mut points, mut diverged) = (Vec::<LrPoint>::new(), false);
    let (mut average, mut weight, mut lowest) = (0.0, 0.0, f64::INFINITY);
    let growth = (to / from).ln() / (steps - 1) as f64;
    for step in 0..steps {
        let lr = if step + 1 == steps { to } else { from * (growth * step as f64).exp() };
        run.rule().set(&key, lr)?;
        run.step()?;
        let loss = f64::from(run.state().loss);
        average = smoothing * average + (1.0 - smoothing) * loss;
        weight = smoothing * weight + (1.0 - smoothing);
        let smoothed = average / weight;
        let ended = matches!(run.status(), Some(Status::NonFinite(_)));
        diverged = ended || !loss.is_finite() || smoothed > stop_at * lowest;
        if loss.is_finite() {
            points.push(LrPoint { lr, loss, smoothed });
        }
        lowest = lowest.min(smoothed);
        if observer(&run.state()).is_break() || diverged || run.status().is_some() {
            break;
        }
    }
    Ok(LrCurve { suggestion: steepest(&points), points, diverged })
}

/// Where the smoothed loss falls most steeply, by central differences over steps of equal ratio, up to its lowest point. The first tenth is
/// left out, where the average is that of few batches.
fn steepest(points: &[LrPoint]) -> Option<f64> {
    let lowest = (0..points.len()).min_by(|&a, &b| points[a].smoothed.total_cmp(&points[b].smoothed))?;
    let inner = (points.len() / 10).max(1)..lowest.min(points.len() - 1);
    let slope = |i: usize| points[i + 1].smoothed - points[i - 1].smoothed;
    let steepest = inner.min_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    (slope(steepest) < 0.0).then(|| points[steepest].lr)
}

#[cfg(test)]
mod tests {
    use super::{LrPoint, steepest};

    fn curve(smoothed: impl Fn(f64) -> f64) -> Vec<LrPoint> {
        let point = |i: i32| {
            let log = f64::from(i) / 10.0 - 5.0;
            LrPoint { lr: 10_f64.powf(log), loss: 0.0, smoothed: smoothed(log) }
        };
        (0..60).map(point).collect()
    }

    #[test]
    fn the_suggestion_is_the_inflection_of_a_falling_curve() {
        // A logistic fall is steepest in its middle, at 10⁻².
        let suggestion = steepest(&curve(|log| 1.0 / (1.0 + (3.0 * (log + 2.0)).exp()))).unwrap();
        assert!((suggestion.log10() + 2.0).abs() < 1e-9, "{suggestion}");
    }

    #[test]
    fn a_loss_that_only_grows_has_no_suggestion() {
        assert_eq!(steepest(&curve(|log| log)), None);
        assert_eq!(steepest(&[]), None);
    }
}
