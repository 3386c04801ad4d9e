//! [`Cg`]: nonlinear conjugate gradients.

use thalweg_spec::{Call, Options, SpecError};

use super::{Aim, Moved, Preconditioner};
use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::search::{MoreThuente, Search};
use crate::vector::{Products, dot, pair_products, recur};

pub(super) const NAME: &str = "cg";
pub(super) const SUMMARY: &str =
    "nonlinear conjugate gradients: against the gradient, and a part of the last direction";

/// How much of the last direction is kept: with g and g′ the gradients before and after a step along d, y = g′ − g.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beta {
    /// max(0, yᵀg′/gᵀg): Polak and Ribière, *Note sur la convergence de méthodes de directions conjuguées*, 1969; Powell 1984.
    PrPlus,
    /// g′ᵀg′/gᵀg: Fletcher and Reeves, *Function minimization by conjugate gradients*, 1964.
    FletcherReeves,
    /// (y − 2d·yᵀy/dᵀy)ᵀg′/dᵀy, not below −1/(‖d‖·min(0.01, ‖g‖)): Hager and Zhang, *A new conjugate gradient method with guaranteed
    /// descent and an efficient line search*, 2005.
    HagerZhang,
}

/// Nonlinear conjugate gradients: `d ← −∇f(x) + βd`, from the gradient alone every n + 1 steps (n variables; not with `hager_zhang`, whose
/// directions descend however far the function is from a quadratic). Keeps a few vectors.
///
/// A start that was no quadratic bends all later directions; with restarts n steps near the minimum square the distance (Cohen, *Rate of
/// convergence of several conjugate gradient algorithms*, 1972).
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., section 5.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cg {
    /// How much of the last direction is kept.
    pub beta: Beta,
    /// How far to go.
    pub search: Search,
    /// What takes the scales away first.
    pub preconditioner: Preconditioner,
}

impl Default for Cg {
    fn default() -> Self {
        Cg {
            beta: Beta::PrPlus,
            search: MoreThuente { curvature: 0.1, ..MoreThuente::default() }.into(),
            preconditioner: Preconditioner::None,
        }
    }
}

const BETAS: [&str; 3] = ["pr_plus", "fletcher_reeves", "hager_zhang"];

impl Cg {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["beta", "search", "preconditioner"])?;
        let blank = Cg::default();
        let beta = match options.choice("beta", &BETAS)? {
            Some("fletcher_reeves") => Beta::FletcherReeves,
            Some("hager_zhang") => Beta::HagerZhang,
            _ => Beta::PrPlus,
        };
        let preconditioner = Preconditioner::read(&options)?;
        Ok(Cg { beta, search: Search::read(&options, blank.search)?, preconditioner })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("beta", Call::new(BETAS[self.beta as usize]))
            .with("search", self.search.call())
            .with("preconditioner", self.preconditioner.call())
    }

    /// Why the preconditioner does not go with what is kept of the last direction, if it does not.
    pub(super) fn unconditioned(&self) -> Option<&'static str> {
        match (self.beta, self.preconditioner) {
            (_, Preconditioner::None) => None,
            (Beta::HagerZhang, _) => Some("goes with beta=pr_plus and beta=fletcher_reeves only"),
            (Beta::FletcherReeves, Preconditioner::LimitedMemory { .. }) => {
                Some("goes with beta=pr_plus only, for its matrix changes at every step")
            }
            _ => None,
        }
    }

    pub(super) fn refuses(&self) -> Option<&'static str> {
        match self.search.curvature() {
            None => Some(
                "the next direction need not descend unless the slope at the end of the step is small; use more_thuente or hager_zhang",
            ),
            Some(curvature) if self.beta == Beta::FletcherReeves && curvature >= 0.5 => Some(
                "Fletcher-Reeves directions descend only if less than half of the slope is left; use more_thuente(curvature=0.1)",
            ),
            Some(_) => None,
        }
    }
}

/// The method at work.
#[derive(Debug, Clone)]
pub(crate) struct Conjugation {
    beta: Beta,
    /// β for the next direction, if there was a last one.
    next: Option<f64>,
    /// The most steps from one start to the next, and how many have been made.
    most: u64,
    steps: u64,
}

impl Conjugation {
    pub(crate) fn new(settings: &Cg, dim: usize) -> Self {
        let most = if settings.beta == Beta::HagerZhang { u64::MAX >> 1 } else { dim as u64 + 1 };
        Conjugation { beta: settings.beta, next: None, most, steps: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    pub(crate) fn forget(&mut self) {
        (self.next, self.steps) = (None, 0);
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("next", &mut self.next);
        keeper.count("steps", &mut self.steps, self.most);
    }

    /// `d ← βd − g`.
    pub(crate) fn aim<F: Scalar>(&self, gradient: &[F], d: &mut [F]) -> Aim {
        recur(self.next.unwrap_or(0.0), gradient, d);
        Aim { slope: dot(gradient, d), first: None }
    }

    pub(crate) fn learn<F: Scalar>(&mut self, moved: &Moved<'_, F>) {
        let (g, after, d) = (&moved.out[1..], &moved.out_after[1..], moved.direction);
        let Products { before, across, after: square, along, along_after, length } =
            pair_products(g, after, d);
        let beta = match self.beta {
            Beta::PrPlus => ((square - across) / before).max(0.0),
            Beta::FletcherReeves => square / before,
            Beta::HagerZhang => {
                let (dy, yy) = (along_after - along, square - 2.0 * across + before);
                let beta = ((square - across) - 2.0 * along_after * yy / dy) / dy;
                beta.max(-1.0 / (length.sqrt() * before.sqrt().min(0.01)))
            }
        };
        self.steps += 1;
        if self.steps == self.most {
            self.forget();
        } else {
            self.next = Some(beta).filter(|beta| beta.is_finite());
        }
    }
}
