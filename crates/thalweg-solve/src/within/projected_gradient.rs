//! [`ProjectedGradient`]: against the gradient, bent at the edge of the set.

use thalweg_spec::{Call, Options, SpecError};

use super::{Near, first_step, is_flat, is_sound, products};
use crate::checkpoint::Keeper;
use crate::descent::Stepped;
use crate::objective::Oracle;
use crate::scalar::wide;
use crate::search::{Backtracking, Search, Values};
use crate::{Scalar, SolveError};

pub(crate) const NAME: &str = "projected_gradient";
pub(crate) const SUMMARY: &str =
    "against the gradient and back to the nearest point of the set, as far as a search says";

/// The projected gradient method: `x ← P(x − α∇f(x))`, where P is the nearest point of the set.
///
/// The search goes along this arc, whose bends it follows: a step is long enough to be tried twice as long the next time, and short
/// enough that `f(x′) ≤ f(x) + c·∇f(x)ᵀ(x′ − x)`. Works for every set with a projection, the sphere included.
///
/// Bertsekas, *On the Goldstein–Levitin–Polyak gradient projection method*, IEEE Transactions on Automatic Control 21, 1976.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Constraint, Options, Traced, minimize};
///
/// let plane = Expression::parse("3*x + 4*y")?;
/// let ball = Constraint::parse("ball(radius=5)", &[])?;
/// let options = Options { method: "projected_gradient".parse()?, constraints: vec![ball], ..Options::default() };
/// let solution = minimize(&mut Traced::<f64>::new(plane.program())?, &[0.0, 0.0], &options)?;
/// assert!((solution.x[0] + 3.0).abs() < 1e-6 && (solution.x[1] + 4.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProjectedGradient {
    /// How far to go along the arc: `backtracking`, `nonmonotone` or `fixed`.
    pub search: Search,
}

impl Default for ProjectedGradient {
    fn default() -> Self {
        ProjectedGradient { search: Backtracking::default().into() }
    }
}

impl ProjectedGradient {
    pub(crate) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["search"])?;
        Ok(ProjectedGradient { search: Search::read(&options, Self::default().search)? })
    }

    pub(crate) fn call(&self) -> Call {
        Call::new(NAME).with("search", self.search.call())
    }

    pub(crate) fn refuses(&self) -> Option<&'static str> {
        match self.search {
            Search::MoreThuente(_) | Search::HagerZhang(_) => Some(
                "the Wolfe conditions are along a line, and the way along the edge of a set is bent; use backtracking or nonmonotone",
            ),
            _ => None,
        }
    }
}

/// The method at work.
pub(crate) struct Arc<F> {
    search: Search,
    decrease: f64,
    near: Near<F>,
    values: Option<Values>,
    /// The next step to try.
    first: Option<f64>,
    largest: Option<f64>,
}

impl<F: Scalar> Arc<F> {
    pub(super) fn new(settings: &ProjectedGradient, near: Near<F>) -> Self {
        let (decrease, values) = match &settings.search {
            Search::Backtracking(search) => (search.decrease, None),
            Search::Nonmonotone(search) => (search.decrease, Some(Values::new(search))),
            _ => (0.0, None),
        };
        Arc { search: settings.search, decrease, near, values, first: None, largest: None }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("first", &mut self.first);
        keeper.maybe("largest", &mut self.largest);
        if let Some(values) = &mut self.values {
            values.memory(keeper);
        }
    }

    pub(super) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let (value, gradient) = (wide(out[0]), &out[1..]);
        let before = match self.largest {
            Some(largest) => largest,
            None => self.near.largest_left(x, gradient),
        };
        let reference = match &mut self.values {
            Some(values) => values.reference_from(value),
            None => value,
        };
        let fixed = match &self.search {
            Search::Fixed(fixed) => Some(fixed.step),
            _ => None,
        };
        let mut step = fixed.or(self.first).unwrap_or_else(|| first_step(x, gradient));
        let mut flat = false;
        for trial in 0..self.search.trials() {
            self.near.from(x, step, gradient, x_after);
            if x_after == x {
                return Ok(Stepped::Stuck { flat: true });
            }
            oracle.slope(x_after, out_after)?;
            let after = wide(out_after[0]);
            if after == f64::NEG_INFINITY || (fixed.is_some() && !is_sound(out_after)) {
                return Ok(Stepped::Diverged);
            }
            if !is_sound(out_after) {
                step *= 0.1;
                continue;
            }
            let [along, _, _] = products(x, x_after, gradient, &out_after[1..]);
            let enough = fixed.is_some() || after <= reference + self.decrease * along;
            let by_rounding = is_flat::<F>(value, after);
            if enough || by_rounding {
                let largest = self.near.largest_left(x_after, &out_after[1..]);
                // Where values say nothing any more the gradient still does.
                if fixed.is_some() || (enough && !by_rounding) || largest < before {
                    self.first = Some(if trial == 0 { 2.0 * step } else { step });
                    self.largest = Some(largest);
                    return Ok(Stepped::Moved { largest });
                }
                flat = true;
            }
            let shorter = -0.5 * along * step / (after - value - along);
            step = if shorter.is_finite() { shorter.clamp(0.1 * step, 0.5 * step) } else { 0.5 * step };
        }
        Ok(Stepped::Stuck { flat })
    }
}
