//! [`surface`]: the loss on a grid in a plane, and at places of it.

use super::Plane;
use crate::{
    data::shuffle,
    learn::{Evaluator, Metrics},
    run::{Task, TrainError},
};
use std::ops::ControlFlow;

/// Examples that are evaluated at a time.
const BATCH: usize = 256;

/// Where in a plane the loss is computed, and on what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// From where to where, along each direction.
    pub ranges: [[f64; 2]; 2],
    /// How many points, along each direction; at least 1.
    pub points: [usize; 2],
    /// On how many of the training examples, always the same ones; none: on all.
    pub examples: Option<usize>,
}

impl Default for Grid {
    /// 25 × 25 points from −1 to 1 on 1000 examples.
    fn default() -> Self {
        Self { ranges: [[-1.0, 1.0]; 2], points: [25, 25], examples: Some(1000) }
    }
}

/// The loss on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// Where the grid's points are along the first direction.
    pub a: Vec<f64>,
    /// Where they are along the second.
    pub b: Vec<f64>,
    /// The loss, at `b[i]` and `a[j]` number `i · a.len() + j`.
    pub loss: Vec<f64>,
    /// The fraction of examples whose class is found, in the same order, if the loss knows.
    pub accuracy: Option<Vec<f64>>,
}

/// The mean loss over training examples, without penalties, on a grid in a plane. `buffers` are the network's, the same everywhere.
///
/// `progress` gets the points done and all points; [`ControlFlow::Break`] ends it, and what is not done is NaN.
///
/// # Errors
/// The plane is not one of the network's parameters, or the grid has no points.
pub fn surface(
    task: &Task,
    plane: &Plane,
    buffers: &[f32],
    grid: &Grid,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Surface, TrainError> {
    if grid.points.contains(&0) {
        return Err(TrainError::option("the number of points of a grid", 0, "at least 1"));
    }
    let [a, b] = [0, 1].map(|k| steps(grid.ranges[k], grid.points[k]));
    let places: Vec<_> = b.iter().flat_map(|&b| a.iter().map(move |&a| [a, b])).collect();
    let found = losses_at(task, plane, buffers, &places, grid.examples, progress)?;
    let missing = places.len() - found.len();
    let padded = |values: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
        values.chain(std::iter::repeat_n(f64::NAN, missing)).collect()
    };
    let rated = found.iter().any(|metrics| metrics.accuracy.is_some());
    let loss = padded(&mut found.iter().map(|metrics| metrics.loss));
    let accuracy =
        rated.then(|| padded(&mut found.iter().map(|metrics| metrics.accuracy.unwrap_or(f64::NAN))));
    Ok(Surface { a, b, loss, accuracy })
}

/// Loss and accuracy at places in a plane, on the examples that [`surface`] takes; fewer where `progress` ended it.
///
/// # Errors
/// As [`surface`].
pub fn losses_at(
    task: &Task,
    plane: &Plane,
    buffers: &[f32],
    places: &[[f64; 2]],
    examples: Option<usize>,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Metrics>, TrainError> {
    let indices = some(task.train.len(), examples);
    let mut evaluator = Evaluator::new(&task.network, &*task.loss, BATCH)?;
    let mut parameters = vec![0.0; task.network.parameters().len()];
    let mut found = Vec::with_capacity(places.len());
    for place in places {
        plane.point(*place, &mut parameters)?;
        found.push(evaluator.evaluate_some(&parameters, buffers, &task.train, indices.iter().copied())?);
        if progress(found.len(), places.len()).is_break() {
            break;
        }
    }
    Ok(found)
}

/// Numbers at equal distances, both ends among them.
fn steps([from, to]: [f64; 2], points: usize) -> Vec<f64> {
    let last = (points - 1).max(1) as f64;
    (0..points).map(|i| from + (to - from) * (i as f64 / last)).collect()
}

/// Some of `len` examples, the same for every call.
pub(super) fn some(len: usize, wanted: Option<usize>) -> Vec<usize> {
    let mut indices = Vec::new();
    shuffle(0, *b"surface ", 0, len, &mut indices);
    indices.truncate(wanted.unwrap_or(len));
    indices.sort_unstable();
    indices
}
