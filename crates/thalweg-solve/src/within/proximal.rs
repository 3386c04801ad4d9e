//! [`ProximalGradient`] and [`Fista`]: against the gradient, then to the proximal point of what has none.

use thalweg_spec::{Call, Options, SpecError};

use super::{Near, first_step, is_flat, is_sound, products};
use crate::checkpoint::Keeper;
use crate::descent::Stepped;
use crate::objective::Oracle;
use crate::scalar::{narrow, wide};
use crate::search::{positive, within};
use crate::vector::pass;
use crate::{Scalar, SolveError};

pub(crate) const PROXIMAL_GRADIENT: &str = "proximal_gradient";
pub(crate) const PROXIMAL_GRADIENT_SUMMARY: &str =
    "against the gradient, then to the proximal point of the penalty or into the set";
pub(crate) const FISTA: &str = "fista";
pub(crate) const FISTA_SUMMARY: &str =
    "proximal gradients, accelerated: for penalties such as l1, and convex sets";

/// The proximal gradient method: `x ← prox(x − ∇f(x)/L)`, where prox(v) minimises `h(·) + L/2·‖· − v‖²` for a penalty h (soft
/// thresholds for the lasso), or is the nearest point of a set.
///
/// L, a bound of the curvature of f, is doubled where `f(x′) ≤ f(x) + ∇f(x)ᵀd + L/2·‖d‖²` does not hold for the step d, and lowered by a
/// fifth where it holds at once.
///
/// Beck and Teboulle, *A fast iterative shrinkage-thresholding algorithm for linear inverse problems*, SIAM J. Imaging Sciences 2, 2009
/// (ISTA).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProximalGradient {
    /// L to begin with; estimated at the start unless given.
    pub lipschitz: Option<f64>,
}

/// FISTA: proximal gradient steps from a point ahead of the last one,
///
/// ```text
/// x′ ← prox(y − ∇f(y)/L),   t′ ← (1 + √(1 + 4t²))/2,   y ← x′ + (t − 1)/t′·(x′ − x)
/// ```
///
/// For convex functions the value comes down as 1/k² instead of 1/k. With `restart`, t goes back to 1 whenever the step turned against the way
/// it came, (y − x′)ᵀ(x′ − x) > 0, which makes the method fast where f is strongly convex too. L is doubled where it is too small, as in
/// [`ProximalGradient`], and lowered only with a restart. A step asks for the gradient twice: at y, and at x′ to see how far it is.
///
/// Beck and Teboulle, 2009; O'Donoghue and Candès, *Adaptive restart for accelerated gradient schemes*, Foundations of Computational Mathematics
/// 15, 2015.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fista {
    /// Whether to start again where the way turns.
    pub restart: bool,
    /// L to begin with; estimated at the start unless given.
    pub lipschitz: Option<f64>,
}

impl Default for Fista {
    fn default() -> Self {
        Fista { restart: true, lipschitz: None }
    }
}

fn lipschitz(options: &Options<'_>) -> Result<Option<f64>, SpecError> {
    options.number("lipschitz")?;
    let number = options.number_where("lipschitz", 0.0, "positive and finite", positive)?;
    Ok(Some(number).filter(|l| *l > 0.0))
}

fn with_lipschitz(call: Call, lipschitz: Option<f64>) -> Call {
    match lipschitz {
        Some(l) => call.with("lipschitz", l),
        None => call,
    }
}

fn check_lipschitz(lipschitz: Option<f64>) -> Result<(), SolveError> {
    lipschitz.map_or(Ok(()), |l| within("lipschitz", l, "positive and finite", positive))
}

impl ProximalGradient {
    pub(crate) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["lipschitz"])?;
        Ok(ProximalGradient { lipschitz: lipschitz(&options)? })
    }

    pub(crate) fn call(&self) -> Call {
        with_lipschitz(Call::new(PROXIMAL_GRADIENT), self.lipschitz)
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        check_lipschitz(self.lipschitz)
    }
}

impl Fista {
    pub(crate) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["restart", "lipschitz"])?;
        Ok(Fista { restart: options.flag("restart")?.unwrap_or(true), lipschitz: lipschitz(&options)? })
    }

    pub(crate) fn call(&self) -> Call {
        with_lipschitz(Call::new(FISTA).with("restart", self.restart), self.lipschitz)
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        check_lipschitz(self.lipschitz)
    }
}

/// The most values of L in a step.
const TRIALS: usize = 100;

/// Whether steps go from a point ahead.
#[derive(Clone, Copy, PartialEq)]
enum Momentum {
    None,
    Kept,
    Restarted,
}

/// Either method at work.
pub(crate) struct Proximal<F> {
    near: Near<F>,
    momentum: Momentum,
    curvature: Option<f64>,
    /// Whether L was given or has been seen to fit.
    known: bool,
    t: f64,
    /// f where the run is, without the penalty, once known.
    smooth: Option<f64>,
    /// The point ahead, unless that is where the run is; value and gradient there.
    ahead: bool,
    y: Vec<F>,
    y_out: Vec<F>,
}

impl<F: Scalar> Proximal<F> {
    pub(super) fn plain(settings: &ProximalGradient, near: Near<F>, dim: usize) -> Self {
        let fista = Fista { restart: false, lipschitz: settings.lipschitz };
        Proximal { momentum: Momentum::None, ..Self::accelerated(&fista, near, dim) }
    }

    pub(super) fn accelerated(settings: &Fista, near: Near<F>, dim: usize) -> Self {
        Proximal {
            near,
            momentum: if settings.restart { Momentum::Restarted } else { Momentum::Kept },
            curvature: settings.lipschitz,
            known: settings.lipschitz.is_some(),
            t: 1.0,
            smooth: None,
            ahead: false,
            y: vec![F::default(); dim],
            y_out: vec![F::default(); dim + 1],
        }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("curvature", &mut self.curvature);
        keeper.flag("known", &mut self.known);
        keeper.number("t", &mut self.t);
        keeper.maybe("smooth", &mut self.smooth);
        keeper.flag("ahead", &mut self.ahead);
        keeper.vector("y", &mut self.y);
        keeper.vector("y_out", &mut self.y_out);
    }

    pub(super) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let smooth = self.smooth.unwrap_or_else(|| wide(out[0]) - self.near.value(x));
        if self.ahead {
            oracle.slope(&self.y, &mut self.y_out)?;
            if !is_sound(&self.y_out) {
                (self.t, self.ahead) = (1.0, false);
            }
        }
        if !self.ahead {
            self.y.copy_from_slice(x);
            self.y_out.copy_from_slice(out);
            self.y_out[0] = narrow(smooth);
        }
        let value = wide(self.y_out[0]);
        let gradient = &self.y_out[1..];
        let mut bound = self.curvature.unwrap_or_else(|| 1.0 / first_step(x, gradient));
        let mut found = None;
        for trial in 0..TRIALS {
            self.near.from(&self.y, 1.0 / bound, gradient, x_after);
            oracle.slope(x_after, out_after)?;
            let after = wide(out_after[0]);
            if after == f64::NEG_INFINITY {
                return Ok(Stepped::Diverged);
            }
            if !is_sound(out_after) {
                bound *= 4.0;
                continue;
            }
            let [along, square, bent] = products(&self.y, x_after, gradient, &out_after[1..]);
            // By gradients where what the curvature adds to the value is rounding.
            let added = 0.5 * bound * square;
            let flat = is_flat::<F>(value.abs(), value.abs() + added);
            let fits = if flat { bent <= bound * square } else { after <= value + along + added };
            if fits {
                found = Some((trial > 0 || flat, bent / square));
                break;
            }
            bound *= 2.0;
        }
        let Some((careful, seen)) = found else { return Ok(Stepped::Stuck { flat: false }) };
        if x_after == x && !self.ahead {
            return Ok(Stepped::Stuck { flat: true });
        }
        if !self.known && !careful && seen > 0.0 && seen < 0.5 * bound {
            // The guess at the start was too careful.
            bound = seen;
        }
        self.known = true;
        let after = wide(out_after[0]);
        self.curvature = Some(if self.momentum == Momentum::None && !careful { 0.8 * bound } else { bound });
        self.smooth = Some(after);
        self.look_ahead(x, x_after);
        out_after[0] = narrow(after + self.near.value(x_after));
        let largest = self.near.largest_left(x_after, &out_after[1..]);
        Ok(Stepped::Moved { largest })
    }

    /// Where the next step goes from.
    fn look_ahead(&mut self, x: &[F], x_after: &[F]) {
        if self.momentum == Momentum::None {
            return;
        }
        let turned = || {
            let [turned] = pass::<F, 0, 1>(0..x.len(), [], &|range, []| {
                let (x, after, y) = (&x[range.clone()], &x_after[range.clone()], &self.y[range]);
                let product = |((&x, &after), &y)| (wide(y) - wide(after)) * (wide(after) - wide(x));
                [x.iter().zip(after).zip(y).map(product).sum()]
            });
            turned > 0.0
        };
        if self.momentum == Momentum::Restarted && self.ahead && turned() {
            (self.t, self.ahead) = (1.0, false);
            self.curvature = self.curvature.map(|bound| 0.7 * bound);
            return;
        }
        let next = 0.5 * (1.0 + (1.0 + 4.0 * self.t * self.t).sqrt());
        let factor = (self.t - 1.0) / next;
        self.t = next;
        self.ahead = factor > 0.0;
        if self.ahead {
            for ((y, &after), &x) in self.y.iter_mut().zip(x_after).zip(x) {
                *y = narrow(wide(after) + factor * (wide(after) - wide(x)));
            }
        }
    }
}
