//! [`compare`]: several optimisers under the same conditions.

use super::{Checkpoints, Options, Series, State, Task, TrainError, Trained};
use std::ops::ControlFlow;
use thalweg_rule::Optimizer;

/// Trains with each of the optimisers, one after the other, from the same parameters on the same batches. The programs are compiled
/// once: this is a [`Series`]. `observer` sees every step with the optimiser's number; [`ControlFlow::Break`] ends that run, and no further one begins.
///
/// Checkpoints go into a folder for each optimiser, `0`, `1`, … in the one given.
///
/// # Errors
/// As [`Run::new`](super::Run::new) and [`Run::step`](super::Run::step).
///
/// ```
/// use std::ops::ControlFlow;
/// use thalweg_rule::Optimizer;
/// use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model};
/// use thalweg_train::run::{Length, Options, Task, compare};
///
/// let network = "mlp(16)".parse::<Model>()?.network(&[8, 8], 10)?;
/// let task = Task::new(network, CrossEntropy::default(), Dataset::digits());
/// let optimizers = ["sgd(lr=0.001)".parse::<Optimizer>()?, "adam(lr=0.01)".parse()?];
/// let options = Options { length: Length::Steps(30), ..Options::new(optimizers[0].clone()) };
/// let runs = compare(&task, &options, &optimizers, &mut |_, _| ControlFlow::Continue(()))?;
/// let [sgd, adam] = [0, 1].map(|i| runs[i].history.records());
/// // The same start, so the same first loss.
/// assert_eq!(sgd[0].loss, adam[0].loss);
/// assert!(adam[29].loss < sgd[29].loss);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(
    task: &Task,
    options: &Options,
    optimizers: &[Optimizer],
    observer: &mut dyn FnMut(usize, &State<'_>) -> ControlFlow<()>,
) -> Result<Vec<Trained>, TrainError> {
    let of = |number: usize, optimizer: &Optimizer| Options {
        optimizer: optimizer.clone(),
        checkpoints: options
            .checkpoints
            .as_ref()
            .map(|to| Checkpoints { dir: to.dir.join(number.to_string()), ..to.clone() }),
        ..options.clone()
    };
    let mut trained = Vec::new();
    let mut series = Series::new(task);
    for (number, optimizer) in optimizers.iter().enumerate() {
        let mut run = series.begin(&of(number, optimizer))?;
        let mut broken = false;
        run.run(&mut |state: &State<'_>| {
            let flow = observer(number, state);
            broken = flow.is_break();
            flow
        })?;
        trained.push(series.finish(run));
        if broken {
            break;
        }
    }
    Ok(trained)
}
