//! [`Solver`]: a descent and a search joined, or a trust region.

use thalweg_rule::Layout;

use super::patience::Patience;
use super::{Aim, Descent, Moved, Way};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::scalar::wide;
use crate::search::line::{From, Walk, walk};
use crate::search::{Search, Values};
use crate::trust::Trust;
use crate::vector::{dot, largest, norm, scale};
use crate::within::Within;
use crate::{Options, Scalar, SolveError, Status};

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stepped {
    /// The run is at another point.
    Moved {
        /// max |gᵢ| there.
        largest: f64,
    },
    /// No lower point was found. `flat`: because the values differ by rounding only.
    Stuck { flat: bool },
    /// The function has no lower bound, or left the numbers.
    Diverged,
    /// The method itself says that the run is over, at another point or where it was.
    Ended { moved: bool, status: Status },
}

/// Goes from point to point.
pub(crate) enum Solver<F> {
    Line(Line<F>),
    Trust(Trust<F>),
    Within(Within<F>, Patience),
}

impl<F: Scalar> Solver<F> {
    pub(crate) fn new(descent: &Descent, options: &Options, layout: &Layout) -> Result<Self, SolveError> {
        let dim = layout.len();
        if let Some(within) = Within::new(descent, options, layout)? {
            let patience = Patience::new(within.patience(), SLACK);
            return Ok(Solver::Within(within, patience));
        }
        Ok(match descent {
            Descent::TrustNewton(settings) => Solver::Trust(settings.solver(dim)?),
            Descent::Sr1(settings) => Solver::Trust(settings.solver(dim)?),
            _ => Solver::Line(Line::new(descent, dim)?),
        })
    }

    /// One step from x, where value and gradient are `out`, to `x_after` and `out_after`.
    #[inline]
    pub(crate) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        match self {
            Solver::Line(line) => line.step(oracle, x, out, x_after, out_after),
            Solver::Trust(trust) => trust.step(oracle, x, out, x_after, out_after),
            Solver::Within(_, patience) if patience.is_over() => Ok(Stepped::Stuck { flat: true }),
            Solver::Within(within, patience) => {
                let stepped = within.step(oracle, x, out, x_after, out_after)?;
                if let Stepped::Moved { largest } = stepped {
                    patience.step::<F>(wide(out_after[0]), largest, within.promised());
                }
                Ok(stepped)
            }
        }
    }
}

impl<F: Scalar> Solver<F> {
    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        match self {
            Solver::Line(line) => line.memory(keeper),
            Solver::Trust(trust) => trust.memory(keeper),
            Solver::Within(within, patience) => {
                within.memory(keeper);
                patience.memory(keeper);
            }
        }
    }
}

/// A descent and a search.
pub(crate) struct Line<F> {
    search: Search,
    way: Way<F>,
    direction: Vec<F>,
    /// max |gᵢ| where the run is, once known.
    largest: Option<f64>,
    /// The length and slope of the last step along its direction.
    last: Option<(f64, f64)>,
    /// The values of the run, for searches that look back at them.
    values: Option<Values>,
    patience: Patience,
}

/// Steps that may change nothing but rounding: a few, as directions that know the curvature end by themselves; many of those that do not,
/// which bring the gradient down slowly.
const PATIENCE: [u32; 2] = [10, 50];

/// Within sets a value above the lowest by no more than this part of it is as low: some of the methods let values rise.
const SLACK: f64 = 1e-9;

impl<F: Scalar> Line<F> {
    fn new(descent: &Descent, dim: usize) -> Result<Self, SolveError> {
        let search = descent.search().unwrap_or_default();
        let slow = matches!(descent, Descent::Steepest(_) | Descent::BarzilaiBorwein(_) | Descent::Cg(_));
        Ok(Line {
            search,
            patience: Patience::new(PATIENCE[usize::from(slow)], search.slack()),
            way: Way::new(descent, dim)?,
            direction: vec![F::default(); dim],
            largest: None,
            last: None,
            values: match &search {
                Search::Nonmonotone(settings) => Some(Values::new(settings)),
                _ => None,
            },
        })
    }

    fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        if self.patience.is_over() {
            return Ok(Stepped::Stuck { flat: true });
        }
        let gradient = &out[1..];
        let largest = *self.largest.get_or_insert_with(|| largest(gradient));
        let reference = match &mut self.values {
            Some(values) => values.reference_from(wide(out[0])),
            None => wide(out[0]),
        };
        let (mut flat, mut steepest) = (false, false);
        loop {
            let aim = if steepest { None } else { self.way.aim(oracle, x, gradient, &mut self.direction)? };
            steepest = aim.is_none();
            let aim = aim.unwrap_or_else(|| self.against(gradient, largest));
            if aim.slope < 0.0 && aim.slope.is_finite() {
                let first = match &self.search {
                    Search::Fixed(fixed) => {
                        fixed.step * if steepest { 1.0 } else { aim.first.unwrap_or(1.0) }
                    }
                    _ => aim.first.unwrap_or_else(|| self.first(aim.slope, x)),
                };
                let from = From { x, out, largest, direction: &self.direction, slope: aim.slope, reference };
                match walk(&self.search, oracle, &from, first, x_after, out_after)? {
                    Walk::Arrived { step, largest } => {
                        self.last = Some((step, aim.slope));
                        self.largest = Some(largest);
                        let promised = if aim.first == Some(1.0) { -aim.slope } else { f64::INFINITY };
                        self.patience.step::<F>(wide(out_after[0]), largest, promised);
                        let direction = &self.direction;
                        self.way.learn(&Moved { x, out, x_after, out_after, direction, step });
                        return Ok(Stepped::Moved { largest });
                    }
                    Walk::Diverged => return Ok(Stepped::Diverged),
                    Walk::Stuck { flat: by_rounding } => flat = by_rounding,
                }
            }
            // Once more without what was learnt, the length of the last step included.
            if self.last.take().is_none() && steepest {
                return Ok(Stepped::Stuck { flat });
            }
            self.way.forget();
            steepest = true;
        }
    }

    fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.way.memory(keeper);
        keeper.vector("direction", &mut self.direction);
        keeper.maybe("largest", &mut self.largest);
        self.patience.memory(keeper);
        let mut last: Vec<f64> = self.last.iter().flat_map(|(step, slope)| [*step, *slope]).collect();
        keeper.list("last", &mut last, 2);
        self.last = if let [step, slope] = last[..] { Some((step, slope)) } else { None };
        if let Some(values) = &mut self.values {
            values.memory(keeper);
        }
    }

    /// `d ← −g`, divided by max |gᵢ| where the square of g would be beyond the numbers.
    fn against(&mut self, gradient: &[F], largest: f64) -> Aim {
        scale(gradient, -1.0, &mut self.direction);
        let mut slope = dot(gradient, &self.direction);
        if !slope.is_normal() && largest > 0.0 {
            scale(gradient, -1.0 / largest, &mut self.direction);
            slope = dot(gradient, &self.direction);
        }
        Aim { slope, first: None }
    }

    /// The first step along a direction whose length says nothing: one that promises the change of the last step, or, at the
    /// beginning, one as long as the point is far from the origin.
    fn first(&self, slope: f64, x: &[F]) -> f64 {
        if let Some((step, last_slope)) = self.last {
            return step * last_slope / slope;
        }
        let length = norm(x);
        let length = if length > 0.0 { length } else { (x.len() as f64).sqrt() };
        length / norm(&self.direction)
    }
}
