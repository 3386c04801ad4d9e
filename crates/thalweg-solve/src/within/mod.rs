//! Methods that stay in a set, or go with a penalty.
//!
//! Where a set or a penalty is part of the problem, the gradient alone does not say where to go: each step ends at the *nearest* point of what
//! gradient or model propose, under the set and the penalty ([`Near`]). The methods are descents by name and settings
//! (`projected_gradient`, `spg`, `proximal_gradient`, `fista`, `lbfgsb`); how steps are counted, watched and ended is the engine's matter. What
//! sets and penalties are never lives here (`constraint`, `penalty`).

mod cauchy;
mod compact;
mod lbfgsb;
mod near;
mod projected_gradient;
mod proximal;
mod spg;

pub use lbfgsb::Lbfgsb;
pub(crate) use lbfgsb::{NAME as LBFGSB, SUMMARY as LBFGSB_SUMMARY};
pub(crate) use near::Near;
pub use projected_gradient::ProjectedGradient;
pub(crate) use projected_gradient::{NAME as PROJECTED_GRADIENT, SUMMARY as PROJECTED_GRADIENT_SUMMARY};
pub(crate) use proximal::{FISTA, FISTA_SUMMARY, PROXIMAL_GRADIENT, PROXIMAL_GRADIENT_SUMMARY};
pub use proximal::{Fista, ProximalGradient};
pub use spg::Spg;
pub(crate) use spg::{NAME as SPG, SUMMARY as SPG_SUMMARY};

use thalweg_rule::Layout;

use crate::checkpoint::Keeper;
use crate::constraint::Constraint;
use crate::descent::{Descent, Stepped};
use crate::objective::Oracle;
use crate::scalar::wide;
use crate::search::line::{ULPS, epsilon};
use crate::vector::pass;
use crate::{Options, Scalar, SolveError};

const KIND: &str = "optimizer";

/// One of the methods at work.
pub(crate) enum Within<F> {
    Arc(projected_gradient::Arc<F>),
    Spectral(spg::Spectral<F>),
    Proximal(proximal::Proximal<F>),
    Quasi(Box<lbfgsb::Quasi<F>>),
}

impl<F: Scalar> Within<F> {
    /// The method at work, if the descent is one of these.
    pub(crate) fn new(
        descent: &Descent,
        options: &Options,
        layout: &Layout,
    ) -> Result<Option<Self>, SolveError> {
        let near = || Near::new(options, layout);
        Ok(Some(match descent {
            Descent::ProjectedGradient(settings) => {
                Within::Arc(projected_gradient::Arc::new(settings, near()?))
            }
            Descent::Spg(settings) => Within::Spectral(spg::Spectral::new(*settings, near()?, layout.len())),
            Descent::ProximalGradient(settings) => {
                Within::Proximal(proximal::Proximal::plain(settings, near()?, layout.len()))
            }
            Descent::Fista(settings) => {
                Within::Proximal(proximal::Proximal::accelerated(settings, near()?, layout.len()))
            }
            Descent::Lbfgsb(settings) => {
                Within::Quasi(Box::new(lbfgsb::Quasi::new(settings, options, layout.len())?))
            }
            _ => return Ok(None),
        }))
    }

    pub(crate) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        match self {
            Within::Arc(arc) => arc.step(oracle, x, out, x_after, out_after),
            Within::Spectral(spectral) => spectral.step(oracle, x, out, x_after, out_after),
            Within::Proximal(proximal) => proximal.step(oracle, x, out, x_after, out_after),
            Within::Quasi(quasi) => quasi.step(oracle, x, out, x_after, out_after),
        }
    }

    /// Steps that may change nothing but rounding: few of a method that knows the curvature. Proximal gradients come nearer for very long.
    pub(crate) fn patience(&self) -> u32 {
        match self {
            Within::Quasi(_) => 10,
            Within::Arc(_) | Within::Spectral(_) => 50,
            Within::Proximal(_) => 10_000,
        }
    }

    /// How much lower the last step would have been if all that its method knows of the curvature were true.
    pub(crate) fn promised(&self) -> f64 {
        match self {
            Within::Quasi(quasi) => quasi.promised(),
            Within::Arc(_) | Within::Spectral(_) | Within::Proximal(_) => f64::INFINITY,
        }
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        match self {
            Within::Arc(arc) => arc.memory(keeper),
            Within::Spectral(spectral) => spectral.memory(keeper),
            Within::Proximal(proximal) => proximal.memory(keeper),
            Within::Quasi(quasi) => quasi.memory(keeper),
        }
    }
}

/// Whether a descent takes the sets, penalty and noise of the options.
pub(crate) fn check(descent: &Descent, options: &Options) -> Result<(), SolveError> {
    let method = descent.name();
    let refused = |what, remedy| Err(SolveError::Refused { method, what, remedy });
    if options.noise > 0.0 {
        let remedy = "a search would take it for the shape of the function; use a rule such as sgd";
        return refused("noise", remedy);
    }
    let proximal = matches!(descent, Descent::ProximalGradient(_) | Descent::Fista(_));
    if options.penalty.is_some() && !proximal {
        return refused("a penalty", "use fista or proximal_gradient, which step by its proximal points");
    }
    if options.constraints.iter().any(|c| matches!(c, Constraint::Multiplier(_))) {
        return refused("a multiplier", "use a rule such as sgd or adam, whose steps end at no search");
    }
    let Some(set) = options.set()? else { return Ok(()) };
    match (set, descent) {
        (_, Descent::ProjectedGradient(_)) | (Constraint::Box(_), Descent::Lbfgsb(_)) => Ok(()),
        (Constraint::Sphere { .. }, _) => {
            refused("a sphere", "it is not convex: use projected_gradient, or a rule such as sgd or adam")
        }
        (_, Descent::Spg(_) | Descent::ProximalGradient(_) | Descent::Fista(_)) => Ok(()),
        (_, Descent::Lbfgsb(_)) => refused(
            "a set other than a box",
            "use spg, projected_gradient or fista, or a rule such as sgd or adam, whose steps are projected",
        ),
        _ => refused(
            "bounds and constraints",
            "use spg, projected_gradient or fista (within a box lbfgsb too), or a rule such as sgd or adam, whose steps are projected",
        ),
    }
}

/// gᵀ(b − a), ‖b − a‖² and (h − g)ᵀ(b − a), in one pass.
fn products<F: Scalar>(a: &[F], b: &[F], g: &[F], h: &[F]) -> [f64; 3] {
    pass::<F, 0, 3>(0..a.len(), [], &|range, []| {
        let (a, b) = (&a[range.clone()], &b[range.clone()]);
        let (g, h) = (&g[range.clone()], &h[range]);
        let mut sums = [0.0; 3];
        for (((&a, &b), &g), &h) in a.iter().zip(b).zip(g).zip(h) {
            let d = wide(b) - wide(a);
            sums[0] += wide(g) * d;
            sums[1] += d * d;
            sums[2] += (wide(h) - wide(g)) * d;
        }
        sums
    })
}

/// Differences of these values are rounding.
fn is_flat<F: Scalar>(value: f64, other: f64) -> bool {
    (value - other).abs() <= ULPS * epsilon::<F>() * value.abs().max(other.abs())
}

/// Whether value and gradient are numbers.
fn is_sound<F: Scalar>(out: &[F]) -> bool {
    crate::scalar::all_finite(out)
}

/// The step to try along −g where nothing is known: as long as the point is far from the origin.
fn first_step<F: Scalar>(x: &[F], g: &[F]) -> f64 {
    let (length, slope) = (crate::vector::norm(x), crate::vector::norm(g));
    let length = if length > 0.0 { length } else { (x.len() as f64).sqrt() };
    let step = length / slope;
    if step.is_normal() { step } else { 1.0 }
}
