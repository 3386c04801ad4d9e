//! `--plane` and `--spectrum`: the loss around the weights of the best run.

use std::fmt::Write as _;

use serde::Serialize;
use thalweg::figure::Figure;
use thalweg::picture::{plane_figures, spectrum_figure};
use thalweg::train::landscape::{Grid, Plane, Probing, Trail, hessian_spectrum, losses_at, surface};
use thalweg::train::run::{TrainError, Trained};

use super::{Plan, progress};
use crate::arguments::TrainArguments;
use crate::failure::Failure;
use crate::report::digits;

/// Points of a run that are kept for its main directions.
const POINTS: usize = 50;
/// How far a plane goes beyond a run, as a part of the run's extent.
const MARGIN: f64 = 0.25;

/// Which directions a plane has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directions {
    Random,
    Principal,
}

impl Directions {
    pub(super) fn of(arguments: &TrainArguments) -> Result<Option<Self>, Failure> {
        match arguments.plane.as_deref() {
            None => Ok(None),
            Some("random") => Ok(Some(Self::Random)),
            Some("principal") => Ok(Some(Self::Principal)),
            Some(found) => Failure::wrong(format!("--plane must be random or principal, found {found}")),
        }
    }

    /// What has to be kept of a run that stands at this step.
    pub(super) fn way(self, begins: u64) -> Option<Way> {
        (self == Self::Principal).then(|| Way { begins, trail: Trail::new(POINTS) })
    }
}

/// Where a run came along.
pub(super) struct Way {
    begins: u64,
    pub(super) trail: Trail,
}

impl Way {
    /// Steps, and the parameters after each.
    fn into_points(self) -> (Vec<u64>, Vec<Vec<f32>>) {
        let steps = self.trail.numbers().iter().map(|number| self.begins + number).collect();
        (steps, self.trail.into_points())
    }
}

/// What was found.
#[derive(Default)]
pub(super) struct Around {
    pub(super) figures: Vec<Figure>,
    pub(super) text: String,
    pub(super) plane: Option<OnPlane>,
    pub(super) hessian: Option<Hessian>,
}

#[derive(Serialize)]
pub(super) struct OnPlane {
    directions: &'static str,
    /// Which part of the run's variance lies along each direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<[f64; 2]>,
    a: Vec<f64>,
    b: Vec<f64>,
    /// At `b[i]` and `a[j]` number `i · a.len() + j`.
    loss: Vec<f64>,
    /// Where the run was after some of its steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    run: Vec<[f64; 2]>,
}

#[derive(Serialize)]
pub(super) struct Hessian {
    largest: f64,
    smallest: f64,
    mean: f64,
}

impl Around {
    /// Looks around the weights of a run. What cannot be found is a warning: the run itself is there all the same.
    pub(super) fn of(plan: &Plan, best: &Trained, directions: Option<Directions>, way: Option<Way>) -> Self {
        let mut around = Around::default();
        if let Some(directions) = directions
            && let Err(error) = around.look_at_plane(plan, best, directions, way)
        {
            crate::tell("warning", "1;33", &format!("--plane: {error}"));
        }
        if plan.spectrum
            && let Err(error) = around.look_at_hessian(plan, best)
        {
            crate::tell("warning", "1;33", &format!("--spectrum: {error}"));
        }
        around
    }

    fn look_at_plane(
        &mut self,
        plan: &Plan,
        best: &Trained,
        directions: Directions,
        way: Option<Way>,
    ) -> Result<(), TrainError> {
        let (parameters, buffers) = best.for_use();
        let (task, mut grid) = (&plan.task, Grid::default());
        let (plane, steps, run) = match directions {
            Directions::Random => {
                let plane = Plane::random(task.network.parameters(), parameters, best.seed);
                (plane, Vec::new(), Vec::new())
            }
            Directions::Principal => {
                let (steps, mut points) = way.map(Way::into_points).unwrap_or_default();
                // An average, or the best weights of a run that went on, lie beside the run.
                if points.last().is_some_and(|last| last != parameters) {
                    points.push(parameters.to_vec());
                }
                let plane = Plane::principal(&points)?;
                let mut run: Vec<[f64; 2]> = points.iter().map(|point| plane.project(point)).collect();
                grid.ranges = [0, 1].map(|k| extent(&run, k));
                run.truncate(steps.len());
                (plane, steps, run)
            }
        };
        let surface = surface(task, &plane, buffers, &grid, &mut progress::counted("plane"))?;
        let at = losses_at(
            task,
            &plane,
            buffers,
            &run,
            grid.examples,
            &mut progress::counted("run on the plane"),
        )?;
        let losses = at.iter().map(|metrics| metrics.loss);
        let way: Vec<_> =
            steps.iter().zip(&run).zip(losses).map(|((&step, &at), loss)| (step, at, loss)).collect();
        self.figures.extend(plane_figures(&best.optimizer.brief(), &plane, &surface, &way));
        let directions = if directions == Directions::Random { "random" } else { "principal" };
        let (explained, a, b) = (plane.explained, surface.a, surface.b);
        self.plane = Some(OnPlane { directions, explained, a, b, loss: surface.loss, steps, run });
        Ok(())
    }

    fn look_at_hessian(&mut self, plan: &Plan, best: &Trained) -> Result<(), TrainError> {
        let (parameters, buffers) = best.for_use();
        let mut probing = Probing::default();
        probing.batch = probing.batch.min(plan.task.train.len());
        let found =
            hessian_spectrum(&plan.task, parameters, buffers, &probing, &mut progress::counted("Hessian"))?;
        self.figures.push(spectrum_figure(&best.optimizer.brief(), &found));
        let hessian = Hessian { largest: found.largest, smallest: found.smallest, mean: found.mean() };
        let _ = writeln!(
            self.text,
            "  eigenvalues of the Hessian at the weights of {}: {} to {}, mean {}",
            best.optimizer.brief(),
            digits(hessian.smallest),
            digits(hessian.largest),
            digits(hessian.mean)
        );
        self.hessian = Some(hessian);
        Ok(())
    }
}

/// From where to where a run goes along a direction, and some way beyond.
fn extent(run: &[[f64; 2]], k: usize) -> [f64; 2] {
    let along = run.iter().map(|place| place[k]);
    let (low, high) =
        along.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let margin = MARGIN * (high - low);
    [low - margin, high + margin]
}
