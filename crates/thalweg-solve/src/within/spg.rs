//! [`Spg`]: the spectral projected gradient method.

use thalweg_spec::{Call, Options, SpecError};

use super::{Near, first_step, is_flat, is_sound, products};
use crate::checkpoint::Keeper;
use crate::descent::Stepped;
use crate::objective::Oracle;
use crate::scalar::wide;
use crate::search::{Nonmonotone, Values, within};
use crate::vector::place;
use crate::{Scalar, SolveError};

pub(crate) const NAME: &str = "spg";
pub(crate) const SUMMARY: &str =
    "spectral projected gradients: within any convex set, by the inverse of the last curvature";

/// The spectral projected gradient method: along `d = P(x − α∇f(x)) − x`, where α = sᵀs/sᵀy of the last step s and change of
/// gradient y makes (1/α)I act on s as the Hessian did, and P is the nearest point of the set.
///
/// Steps are shortened until `f(x + λd) ≤ C + 10⁻⁴·λ∇f(x)ᵀd`, C the largest of the last `memory` values: values may rise now and then.
/// Every point between two points of a convex set is in it, so a step takes one projection.
///
/// Birgin, Martínez and Raydan, *Nonmonotone spectral projected gradient methods on convex sets*, SIAM J. Optimization 10, 2000
/// (SPG2).
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Constraint, Options, Traced, minimize};
///
/// // The shares of three assets with the least variance.
/// let variance = Expression::parse("x^2 + 2*y^2 + 4*z^2")?;
/// let shares = Constraint::parse("simplex", &[])?;
/// let options = Options { method: "spg".parse()?, constraints: vec![shares], ..Options::default() };
/// let solution = minimize(&mut Traced::<f64>::new(variance.program())?, &[0.0; 3], &options)?;
/// assert!((solution.x[0] - 4.0 / 7.0).abs() < 1e-6 && (solution.x[2] - 1.0 / 7.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spg {
    /// The number of values that a step may come below; 1: of the last one only.
    pub memory: usize,
}

impl Default for Spg {
    fn default() -> Self {
        Spg { memory: 10 }
    }
}

impl Spg {
    pub(crate) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["memory"])?;
        Ok(Spg { memory: options.whole("memory", 1, 1000)?.map_or(10, |n| n as usize) })
    }

    pub(crate) fn call(self) -> Call {
        Call::new(NAME).with("memory", self.memory as f64)
    }

    pub(crate) fn check(self) -> Result<(), SolveError> {
        within("spg's memory", self.memory as f64, "from 1 to 1000", |n| (1.0..=1000.0).contains(&n))
    }
}

/// The fraction of the decrease promised by the slope that must be kept.
const DECREASE: f64 = 1e-4;

/// The most trials along a direction.
const TRIALS: usize = 60;

/// Trials whose values differ from the start's by rounding alone, before a direction is given up.
const FLAT_TRIALS: u32 = 3;

/// The method at work.
pub(crate) struct Spectral<F> {
    near: Near<F>,
    values: Values,
    direction: Vec<F>,
    length: Option<f64>,
    largest: Option<f64>,
}

impl<F: Scalar> Spectral<F> {
    pub(super) fn new(settings: Spg, near: Near<F>, dim: usize) -> Self {
        let values = Values::new(&Nonmonotone { memory: settings.memory, ..Nonmonotone::default() });
        Spectral { near, values, direction: vec![F::default(); dim], length: None, largest: None }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.values.memory(keeper);
        keeper.maybe("length", &mut self.length);
        keeper.maybe("largest", &mut self.largest);
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
        let reference = self.values.reference_from(value);
        let (mut flat, mut beyond) = (0, false);
        // Once more by a length that is no guess of curvature where the spectral one leads nowhere.
        for length in [self.length, Some(first_step(x, gradient))].into_iter().flatten() {
            self.near.from(x, length, gradient, x_after);
            let [slope, _, _] = products(x, x_after, gradient, gradient);
            beyond = !slope.is_finite();
            if beyond || slope >= 0.0 {
                flat += u32::from(!beyond);
                continue;
            }
            for ((d, &to), &x) in self.direction.iter_mut().zip(&*x_after).zip(x) {
                *d = to - x;
            }
            let mut step = 1.0;
            for _ in 0..TRIALS {
                if step < 1.0 {
                    if !place(x, step, &self.direction, x_after) {
                        flat += 1;
                        break;
                    }
                    self.near.settle(x_after);
                }
                oracle.slope(x_after, out_after)?;
                let after = wide(out_after[0]);
                if after == f64::NEG_INFINITY {
                    return Ok(Stepped::Diverged);
                }
                if !is_sound(out_after) {
                    step *= 0.1;
                    continue;
                }
                let by_rounding = is_flat::<F>(value, after);
                let enough = after <= reference + DECREASE * step * slope;
                if enough || by_rounding {
                    let largest = self.near.largest_left(x_after, &out_after[1..]);
                    // Where values say nothing any more the gradient still does.
                    if enough || largest <= 0.5 * before {
                        let [_, square, curvature] = products(x, x_after, gradient, &out_after[1..]);
                        let next = if curvature > 0.0 { square / curvature } else { 10.0 * length };
                        self.length = Some(next).filter(|next| next.is_normal());
                        self.largest = Some(largest);
                        return Ok(Stepped::Moved { largest });
                    }
                    flat += 1;
                    if flat >= FLAT_TRIALS {
                        break;
                    }
                }
                let shorter = -0.5 * slope * step * step / (after - value - step * slope);
                step = if shorter.is_finite() { shorter.clamp(0.1 * step, 0.9 * step) } else { 0.5 * step };
            }
        }
        Ok(if beyond { Stepped::Diverged } else { Stepped::Stuck { flat: flat > 0 } })
    }
}
