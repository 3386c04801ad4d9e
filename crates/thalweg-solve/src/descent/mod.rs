//! Which way to go: [`Descent`].
//!
//! A minimiser of this kind is a *descent* and a *search*. The descent looks at where the run is and gives a direction d; the search
//! says how far to go along it; then the descent learns from the step that was made. Neither knows the other, so any
//! descent goes with any search it admits:
//!
//! - `steepest` aims along −∇f and learns nothing;
//! - `lbfgs` aims along −H∇f and learns a pair (s, y) from each step;
//! - `newton_cholesky` asks the objective for its Hessian, solves for the direction, and learns nothing either.
//!
//! `solver` joins the two, in the same few lines for all. When a search finds no lower point the descent forgets what it has learnt
//! and aims along −∇f once; when that finds none either, the run ends and says so. A pair that would not work is refused
//! with the reason when it is written ([`Descent::check`]). `trust_newton` and `sr1` choose direction and length at once, within a
//! trust region (`trust`); those that stay in a set or go with a penalty live in `within`. How steps are counted, watched and ended is the
//! engine's matter.

mod barzilai_borwein;
mod bfgs;
mod cg;
mod lbfgs;
mod newton_cg;
mod newton_cholesky;
mod patience;
mod precondition;
mod solver;
mod sr1;
mod steepest;
mod trust_newton;
mod way;

use std::fmt;

use thalweg_rule::{Kind, Named};
use thalweg_spec::{Call, SpecError};

pub use barzilai_borwein::{BarzilaiBorwein, Length};
pub use bfgs::{Bfgs, Poor};
pub use cg::{Beta, Cg};
pub use lbfgs::Lbfgs;
pub(crate) use lbfgs::Pair;
pub use newton_cg::NewtonCg;
pub use newton_cholesky::NewtonCholesky;
pub(crate) use precondition::Inverse;
pub use precondition::Preconditioner;
pub(crate) use solver::{Solver, Stepped};
pub(crate) use sr1::Secant;
pub use sr1::Sr1;
pub use steepest::Steepest;
pub use trust_newton::TrustNewton;
use way::Way;

use crate::SolveError;
use crate::objective::Derivatives;
use crate::search::Search;
use crate::trust::{Region, Subproblem};
use crate::within::{self, Fista, Lbfgsb, ProjectedGradient, ProximalGradient, Spg};

const KIND: &str = "optimizer";

/// Which way to go, and with it how far.
///
/// Written as `lbfgs(memory=10, search=more_thuente)` and the like.
///
/// ```
/// use thalweg_solve::{Descent, Method};
///
/// let method: Method = "lbfgs(memory=5)".parse()?;
/// assert!(matches!(method, Method::Descent(Descent::Lbfgs(lbfgs)) if lbfgs.memory == 5));
/// assert_eq!(method.to_string().parse::<Method>()?, method);
/// let poor = "cg(search=backtracking)".parse::<Method>().unwrap_err();
/// assert!(poor.to_string().contains("use more_thuente"));
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Descent {
    /// Against the gradient.
    Steepest(Steepest),
    /// Against the gradient, by the inverse of the last curvature.
    BarzilaiBorwein(BarzilaiBorwein),
    /// Against the gradient, and a part of the last direction.
    Cg(Cg),
    /// A dense inverse Hessian learnt from the steps.
    Bfgs(Bfgs),
    /// The same from the last few steps.
    Lbfgs(Lbfgs),
    /// A dense Hessian learnt from the steps, within a trust region.
    Sr1(Sr1),
    /// The Hessian, made positive definite.
    NewtonCholesky(NewtonCholesky),
    /// The Hessian's products with vectors.
    NewtonCg(NewtonCg),
    /// The Hessian within a trust region.
    TrustNewton(TrustNewton),
    /// Against the gradient, and back to the nearest point of a set.
    ProjectedGradient(ProjectedGradient),
    /// The same by the inverse of the last curvature.
    Spg(Spg),
    /// Against the gradient, and to the proximal point of a penalty.
    ProximalGradient(ProximalGradient),
    /// The same, accelerated.
    Fista(Fista),
    /// L-BFGS within a box.
    Lbfgsb(Lbfgsb),
}

/// A direction that was written, as a descent sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Aim {
    /// ∇fᵀd.
    pub(crate) slope: f64,
    /// The first step to try, if the descent has an idea of it.
    pub(crate) first: Option<f64>,
}

/// A step that was made.
pub(crate) struct Moved<'a, F> {
    pub(crate) x: &'a [F],
    /// The value, then the gradient.
    pub(crate) out: &'a [F],
    pub(crate) x_after: &'a [F],
    pub(crate) out_after: &'a [F],
    /// Along which, and how far.
    pub(crate) direction: &'a [F],
    pub(crate) step: f64,
}

/// Calls `$use` with the settings inside a descent, whichever it is.
macro_rules! of_each {
    ($descent:expr, $settings:ident => $use:expr) => {
        match $descent {
            Descent::Steepest($settings) => $use,
            Descent::BarzilaiBorwein($settings) => $use,
            Descent::Cg($settings) => $use,
            Descent::Bfgs($settings) => $use,
            Descent::Lbfgs($settings) => $use,
            Descent::Sr1($settings) => $use,
            Descent::NewtonCholesky($settings) => $use,
            Descent::NewtonCg($settings) => $use,
            Descent::TrustNewton($settings) => $use,
            Descent::ProjectedGradient($settings) => $use,
            Descent::Spg($settings) => $use,
            Descent::ProximalGradient($settings) => $use,
            Descent::Fista($settings) => $use,
            Descent::Lbfgsb($settings) => $use,
        }
    };
}

impl Descent {
    /// Every descent with its defaults, and what it is in a line.
    fn all() -> [(Descent, &'static str); 14] {
        [
            (Descent::Steepest(Steepest::default()), steepest::SUMMARY),
            (Descent::BarzilaiBorwein(BarzilaiBorwein::default()), barzilai_borwein::SUMMARY),
            (Descent::Cg(Cg::default()), cg::SUMMARY),
            (Descent::Bfgs(Bfgs::default()), bfgs::SUMMARY),
            (Descent::Lbfgs(Lbfgs::default()), lbfgs::SUMMARY),
            (Descent::Sr1(Sr1::default()), sr1::SUMMARY),
            (Descent::NewtonCholesky(NewtonCholesky::default()), newton_cholesky::SUMMARY),
            (Descent::NewtonCg(NewtonCg::default()), newton_cg::SUMMARY),
            (Descent::TrustNewton(TrustNewton::default()), trust_newton::SUMMARY),
            (Descent::ProjectedGradient(ProjectedGradient::default()), within::PROJECTED_GRADIENT_SUMMARY),
            (Descent::Spg(Spg::default()), within::SPG_SUMMARY),
            (Descent::ProximalGradient(ProximalGradient::default()), within::PROXIMAL_GRADIENT_SUMMARY),
            (Descent::Fista(Fista::default()), within::FISTA_SUMMARY),
            (Descent::Lbfgsb(Lbfgsb::default()), within::LBFGSB_SUMMARY),
        ]
    }

    /// Reads a descent, if the call is one.
    pub(crate) fn read(call: &Call) -> Result<Option<Self>, SpecError> {
        let descent = match call.name.as_str() {
            steepest::NAME => Descent::Steepest(Steepest::read(call)?),
            barzilai_borwein::NAME => Descent::BarzilaiBorwein(BarzilaiBorwein::read(call)?),
            cg::NAME => Descent::Cg(Cg::read(call)?),
            bfgs::NAME => Descent::Bfgs(Bfgs::read(call)?),
            lbfgs::NAME => Descent::Lbfgs(Lbfgs::read(call)?),
            sr1::NAME => Descent::Sr1(Sr1::read(call)?),
            newton_cholesky::NAME => Descent::NewtonCholesky(NewtonCholesky::read(call)?),
            newton_cg::NAME => Descent::NewtonCg(NewtonCg::read(call)?),
            trust_newton::NAME => Descent::TrustNewton(TrustNewton::read(call)?),
            within::PROJECTED_GRADIENT => Descent::ProjectedGradient(ProjectedGradient::read(call)?),
            within::SPG => Descent::Spg(Spg::read(call)?),
            within::PROXIMAL_GRADIENT => Descent::ProximalGradient(ProximalGradient::read(call)?),
            within::FISTA => Descent::Fista(Fista::read(call)?),
            within::LBFGSB => Descent::Lbfgsb(Lbfgsb::read(call)?),
            _ => return Ok(None),
        };
        if let Some(problem) = descent.unconditioned() {
            return Err(SpecError::BadOption {
                column: call.column,
                name: call.name.clone(),
                key: "preconditioner".to_owned(),
                problem: problem.to_owned(),
            });
        }
        if let Some(reason) = descent.refuses() {
            return Err(SpecError::BadOption {
                column: call.column,
                name: call.name.clone(),
                key: "search".to_owned(),
                problem: format!("does not fit: {reason}"),
            });
        }
        Ok(Some(descent))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Descent::Steepest(_) => steepest::NAME,
            Descent::BarzilaiBorwein(_) => barzilai_borwein::NAME,
            Descent::Cg(_) => cg::NAME,
            Descent::Bfgs(_) => bfgs::NAME,
            Descent::Lbfgs(_) => lbfgs::NAME,
            Descent::Sr1(_) => sr1::NAME,
            Descent::NewtonCholesky(_) => newton_cholesky::NAME,
            Descent::NewtonCg(_) => newton_cg::NAME,
            Descent::TrustNewton(_) => trust_newton::NAME,
            Descent::ProjectedGradient(_) => within::PROJECTED_GRADIENT,
            Descent::Spg(_) => within::SPG,
            Descent::ProximalGradient(_) => within::PROXIMAL_GRADIENT,
            Descent::Fista(_) => within::FISTA,
            Descent::Lbfgsb(_) => within::LBFGSB,
        }
    }

    /// How far it goes, if by a search.
    pub(crate) fn search(&self) -> Option<Search> {
        match self {
            Descent::Steepest(settings) => Some(settings.search),
            Descent::BarzilaiBorwein(settings) => Some(settings.search),
            Descent::Cg(settings) => Some(settings.search),
            Descent::Bfgs(settings) => Some(settings.search),
            Descent::Lbfgs(settings) => Some(settings.search),
            Descent::NewtonCholesky(settings) => Some(settings.search),
            Descent::NewtonCg(settings) => Some(settings.search),
            Descent::ProjectedGradient(settings) => Some(settings.search),
            Descent::Lbfgsb(settings) => Some(settings.search),
            Descent::Sr1(_)
            | Descent::TrustNewton(_)
            | Descent::Spg(_)
            | Descent::ProximalGradient(_)
            | Descent::Fista(_) => None,
        }
    }

    /// What takes the scales away first.
    fn preconditioner(&self) -> Preconditioner {
        match self {
            Descent::Steepest(settings) => settings.preconditioner,
            Descent::BarzilaiBorwein(settings) => settings.preconditioner,
            Descent::Cg(settings) => settings.preconditioner,
            Descent::Lbfgs(settings) => settings.preconditioner,
            Descent::NewtonCg(settings) => settings.preconditioner,
            Descent::TrustNewton(settings) => settings.preconditioner,
            _ => Preconditioner::None,
        }
    }

    /// Why the preconditioner does not fit the descent, if it does not.
    fn unconditioned(&self) -> Option<&'static str> {
        match (self, self.preconditioner()) {
            (Descent::Cg(cg), _) => cg.unconditioned(),
            (Descent::TrustNewton(settings), _) => settings.unconditioned(),
            (Descent::BarzilaiBorwein(_), Preconditioner::LimitedMemory { .. }) => Some(
                "changes at every step, while lengths are measured by one that stays; use diagonal, full or hutchinson",
            ),
            (Descent::Lbfgs(_), Preconditioner::LimitedMemory { .. }) => {
                Some("is what this method learns by itself; use diagonal, full or hutchinson")
            }
            _ => None,
        }
    }

    /// How far its model is believed, if it has a trust region.
    pub(crate) fn region(&self) -> Option<Region> {
        match self {
            Descent::Sr1(settings) => Some(settings.region),
            Descent::TrustNewton(settings) => Some(settings.region),
            _ => None,
        }
    }

    /// Why the search does not fit the descent, if it does not.
    fn refuses(&self) -> Option<&'static str> {
        match (self, self.search()?) {
            (Descent::Cg(cg), _) => cg.refuses(),
            (Descent::BarzilaiBorwein(spectral), _) => spectral.refuses(),
            (Descent::ProjectedGradient(settings), _) => settings.refuses(),
            (Descent::Lbfgsb(_), Search::HagerZhang(_)) => Some(
                "it lengthens steps beyond the box while it looks for a bracket; use more_thuente or backtracking",
            ),
            (Descent::Bfgs(_) | Descent::Lbfgs(_) | Descent::Lbfgsb(_), Search::Fixed(_)) => Some(
                "a quasi-Newton matrix learns from steps that lower the value, a fixed step may not; use more_thuente or backtracking",
            ),
            _ => None,
        }
    }

    /// Whether every setting is in its range, and the search one that the descent works with.
    ///
    /// # Errors
    /// The first setting that is not; [`SolveError::Pair`] for a search that does not fit, with the reason.
    pub fn check(&self) -> Result<(), SolveError> {
        match self {
            Descent::Lbfgs(settings) => settings.check()?,
            Descent::NewtonCg(settings) => settings.check()?,
            Descent::Spg(settings) => settings.check()?,
            Descent::ProximalGradient(settings) => settings.check()?,
            Descent::Fista(settings) => settings.check()?,
            Descent::Lbfgsb(settings) => settings.check()?,
            _ => {}
        }
        self.preconditioner().check()?;
        if let Some(reason) = self.unconditioned() {
            return Err(SolveError::Preconditioned { descent: self.name(), reason });
        }
        if let Some(search) = self.search() {
            search.check()?;
        }
        if let Some(region) = self.region() {
            region.check()?;
        }
        match self.refuses() {
            None => Ok(()),
            Some(reason) => Err(SolveError::Pair { descent: self.name(), reason }),
        }
    }

    /// What it asks of an objective beyond value and gradient.
    pub(crate) fn needs(&self) -> Derivatives {
        let products = self.region().is_some_and(|region| region.subproblem == Subproblem::Steihaug);
        match self {
            Descent::TrustNewton(settings) => Derivatives {
                hessian: !products || settings.preconditioner.needs().hessian,
                hessian_vector: products,
            },
            Descent::NewtonCholesky(_) => Derivatives { hessian: true, hessian_vector: false },
            Descent::NewtonCg(settings) => {
                Derivatives { hessian: settings.preconditioner.needs().hessian, hessian_vector: true }
            }
            _ => self.preconditioner().needs(),
        }
    }

    /// Every descent: name, summary and signature.
    pub(crate) fn entries() -> Vec<Named> {
        let entry = |(descent, summary): (Descent, _)| {
            Named::new(Kind::Method, descent.name(), summary, descent.to_string())
        };
        Self::all().map(entry).into()
    }
}

/// The largest dense matrix, in numbers.
const MOST_NUMBERS: f64 = 1e9;

/// The size of a dense matrix for `dim` variables, if memory can hold it.
pub(crate) fn dense(dim: usize) -> Result<usize, SolveError> {
    let numbers = dim as f64 * dim as f64;
    if numbers > MOST_NUMBERS {
        return Err(SolveError::TooLarge {
            what: format!("the matrix of a function of {dim} variables"),
            gigabytes: numbers * 8e-9,
            limit: MOST_NUMBERS * 8e-9,
            remedy: "use lbfgs, cg, newton_cg or trust_newton(subproblem=steihaug), which keep vectors only",
        });
    }
    Ok(dim * dim)
}

impl fmt::Display for Descent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        of_each!(self, settings => settings.call()).fmt(f)
    }
}

macro_rules! from_settings {
    ($($settings:ident)*) => {$(
        impl From<$settings> for Descent {
            fn from(settings: $settings) -> Self {
                Descent::$settings(settings)
            }
        }
    )*};
}
from_settings!(Steepest BarzilaiBorwein Cg Bfgs Lbfgs Sr1 NewtonCholesky NewtonCg TrustNewton
    ProjectedGradient Spg ProximalGradient Fista Lbfgsb);
