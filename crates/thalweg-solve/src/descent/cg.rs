//! [`Cg`]: nonlinear conjugate gradients.

use thalweg_spec::{Call, Options, SpecError};

use super::{Aim, Moved, Preconditioner};
use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::scalar::wide;
use crate::search::line::{ULPS, epsilon};
use crate::search::{MoreThuente, Search, positive};
use crate::vector::{Products, dot, pair_products, recur};

pub(super) const NAME: &str = "cg";
pub(super) const SUMMARY: &str =
    "nonlinear conjugate gradients: against the gradient, and a part of the last direction";

/// How much of the last direction is kept: with g and g′ the gradients before and after a step along d, y = g′ − g.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beta {
    /// max(0, min(yᵀg′, g′ᵀg′)/dᵀy): Hestenes and Stiefel's, at most Dai and Yuan's, whose directions descend after any step that satisfies the
    /// Wolfe conditions. Dai and Yuan, *An efficient hybrid conjugate gradient method for unconstrained optimization*, 2001.
    DaiYuan,
    /// max(0, yᵀg′/gᵀg): Polak and Ribière, *Note sur la convergence de méthodes de directions conjuguées*, 1969; Powell 1984.
    PrPlus,
    /// g′ᵀg′/gᵀg: Fletcher and Reeves, *Function minimization by conjugate gradients*, 1964.
    FletcherReeves,
    /// (y − 2d·yᵀy/dᵀy)ᵀg′/dᵀy, not below −1/(‖d‖·min(0.01, ‖g‖)): Hager and Zhang, *A new conjugate gradient method with guaranteed
    /// descent and an efficient line search*, 2005.
    HagerZhang,
}

/// Nonlinear conjugate gradients: `d ← −∇f(x) + βd`. Keeps a few vectors.
///
/// After a step that leaves |gᵀg′| ≥ 0.2·g′ᵀg′ it starts again from the gradient alone: gradients of a quadratic are at right angles, and what was
/// learnt where the function was none bends all later directions (Powell, *Restart procedures for the conjugate gradient method*, 1977).
/// `hager_zhang` does not, whose directions descend however far the function is from a quadratic. The first step tried is the minimiser of
/// the parabola that falls by as much as the last step did.
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., sections 3.5 and 5.2.
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
            beta: Beta::DaiYuan,
            search: MoreThuente { curvature: 0.1, ..MoreThuente::default() }.into(),
            preconditioner: Preconditioner::None,
        }
    }
}

const BETAS: [&str; 4] = ["dai_yuan", "pr_plus", "fletcher_reeves", "hager_zhang"];

impl Cg {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["beta", "search", "preconditioner"])?;
        let blank = Cg::default();
        let beta = match options.choice("beta", &BETAS)? {
            Some("pr_plus") => Beta::PrPlus,
            Some("fletcher_reeves") => Beta::FletcherReeves,
            Some("hager_zhang") => Beta::HagerZhang,
            _ => Beta::DaiYuan,
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
            (Beta::HagerZhang, _) => {
                Some("goes with beta=dai_yuan, beta=pr_plus and beta=fletcher_reeves only")
            }
            (Beta::FletcherReeves, Preconditioner::LimitedMemory { .. }) => {
                Some("goes with beta=dai_yuan and beta=pr_plus only, for its matrix changes at every step")
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

/// From this part of itself on a gradient has too much in common with the last one.
const OVERLAP: f64 = 0.2;

/// The method at work.
#[derive(Debug, Clone)]
pub(crate) struct Conjugation {
    beta: Beta,
    /// β for the next direction, if there was a last one.
    next: Option<f64>,
    /// By how much the last step lowered the value, if by more than rounding.
    fall: Option<f64>,
}

impl Conjugation {
    pub(crate) fn new(settings: &Cg) -> Self {
        Conjugation { beta: settings.beta, next: None, fall: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    pub(crate) fn forget(&mut self) {
        (self.next, self.fall) = (None, None);
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("next", &mut self.next);
        keeper.maybe("fall", &mut self.fall);
    }

    /// `d ← βd − g`.
    pub(crate) fn aim<F: Scalar>(&self, gradient: &[F], d: &mut [F]) -> Aim {
        recur(self.next.unwrap_or(0.0), gradient, d);
        let slope = dot(gradient, d);
        Aim { slope, first: self.fall.map(|fall| 2.0 * fall / -slope).filter(|step| positive(*step)) }
    }

    pub(crate) fn learn<F: Scalar>(&mut self, moved: &Moved<'_, F>) {
        let (g, after, d) = (&moved.out[1..], &moved.out_after[1..], moved.direction);
        let Products { before, across, after: square, along, along_after, length } =
            pair_products(g, after, d);
        let (value, value_after) = (wide(moved.out[0]), wide(moved.out_after[0]));
        self.fall = Some(value - value_after).filter(|fall| *fall > ULPS * epsilon::<F>() * value.abs());
        let dy = along_after - along;
        let beta = match self.beta {
            Beta::DaiYuan => ((square - across).min(square) / dy).max(0.0),
            Beta::PrPlus => ((square - across) / before).max(0.0),
            Beta::FletcherReeves => square / before,
            Beta::HagerZhang => {
                let yy = square - 2.0 * across + before;
                let beta = ((square - across) - 2.0 * along_after * yy / dy) / dy;
                beta.max(-1.0 / (length.sqrt() * before.sqrt().min(0.01)))
            }
        };
        let bent = self.beta != Beta::HagerZhang && across.abs() >= OVERLAP * square;
        self.next = if bent { Some(0.0) } else { Some(beta).filter(|beta| beta.is_finite()) };
    }
}
