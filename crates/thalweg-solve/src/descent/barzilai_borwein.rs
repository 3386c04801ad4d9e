//! [`BarzilaiBorwein`]: against the gradient, by a step that mimics the Hessian.

use thalweg_spec::{Call, Options, SpecError};

use super::{Aim, Inverse, Moved, Preconditioner};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::search::{Nonmonotone, Search};
use crate::vector::{Products, dot, pair_products, scale};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "barzilai_borwein";
pub(super) const SUMMARY: &str =
    "against the gradient by the inverse of the last curvature, the value rising now and then";

/// Which multiple of the identity stands for the inverse Hessian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// sᵀs/sᵀy.
    Long,
    /// sᵀy/yᵀy.
    Short,
    /// One and the other in turn.
    Alternating,
}

impl Length {
    /// The length after so many steps, from sᵀs, sᵀy and yᵀy; none if the curvature is not positive.
    fn of(self, steps: u64, ss: f64, sy: f64, yy: f64) -> Option<f64> {
        let long = match self {
            Length::Long => true,
            Length::Short => false,
            Length::Alternating => steps % 2 == 1,
        };
        let next = if long { ss / sy } else { sy / yy };
        Some(next).filter(|next| next.is_normal() && *next > 0.0)
    }
}

/// Barzilai and Borwein's method: `x ← x − α∇f(x)`, where α makes (1/α)I act on the last step s as the Hessian did: αy ≈ s.
///
/// Values rise now and then, so the search has to allow it. With a preconditioner M steps go along −M⁻¹∇f(x), and α is taken in the norm
/// √(sᵀMs): Molina and Raydan, *Preconditioned Barzilai–Borwein method for the numerical solution of partial differential equations*, 1996.
///
/// Barzilai and Borwein, *Two-point step size gradient methods*, 1988; Raydan, *The Barzilai and Borwein gradient method for the
/// large scale unconstrained minimization problem*, 1997.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarzilaiBorwein {
    /// The first step to try.
    pub length: Length,
    /// How far to go.
    pub search: Search,
    /// What takes the scales away first.
    pub preconditioner: Preconditioner,
}

impl Default for BarzilaiBorwein {
    fn default() -> Self {
        BarzilaiBorwein {
            length: Length::Alternating,
            search: Nonmonotone::default().into(),
            preconditioner: Preconditioner::None,
        }
    }
}

const LENGTHS: [&str; 3] = ["long", "short", "alternating"];

impl BarzilaiBorwein {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["length", "search", "preconditioner"])?;
        let length = match options.choice("length", &LENGTHS)? {
            Some("long") => Length::Long,
            Some("short") => Length::Short,
            _ => Length::Alternating,
        };
        let search = Search::read(&options, Nonmonotone::default().into())?;
        Ok(BarzilaiBorwein { length, search, preconditioner: Preconditioner::read(&options)? })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("length", Call::new(LENGTHS[self.length as usize]))
            .with("search", self.search.call())
            .with("preconditioner", self.preconditioner.call())
    }

    pub(super) fn refuses(&self) -> Option<&'static str> {
        match self.search {
            Search::Nonmonotone(_) | Search::Fixed(_) => None,
            _ => Some(
                "steps that lower the value every time are steepest descent's; use nonmonotone, or fixed for none",
            ),
        }
    }
}

/// The method at work.
#[derive(Debug, Clone)]
pub(crate) struct Spectral {
    length: Length,
    next: Option<f64>,
    steps: u64,
}

impl Spectral {
    pub(crate) fn new(settings: &BarzilaiBorwein) -> Self {
        Spectral { length: settings.length, next: None, steps: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    pub(crate) fn forget(&mut self) {
        self.next = None;
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("next", &mut self.next);
        keeper.count("learnt_steps", &mut self.steps, u64::MAX >> 1);
    }

    pub(crate) fn aim<F: Scalar>(&self, gradient: &[F], d: &mut [F]) -> Aim {
        scale(gradient, -1.0, d);
        Aim { slope: dot(gradient, d), first: self.next }
    }

    pub(crate) fn learn<F: Scalar>(&mut self, moved: &Moved<'_, F>) {
        self.steps += 1;
        let (g, after, d) = (&moved.out[1..], &moved.out_after[1..], moved.direction);
        // s = αd.
        let Products { before, across, after: square, along, along_after, length } =
            pair_products(g, after, d);
        let (sy, ss) = (moved.step * (along_after - along), moved.step * moved.step * length);
        let yy = square - 2.0 * across + before;
        self.next = self.length.of(self.steps, ss, sy, yy);
    }
}

/// The method with a preconditioner, at work.
pub(crate) struct Preconditioned<F> {
    length: Length,
    steps: u64,
    inverse: Inverse<F>,
    /// M⁻¹g.
    z: Vec<F>,
    /// g and gᵀM⁻¹g of the last direction, and how far it was gone along.
    before: Vec<F>,
    square: Option<f64>,
    step: f64,
}

impl<F: Scalar> Preconditioned<F> {
    pub(crate) fn new(settings: &BarzilaiBorwein, dim: usize) -> Result<Self, SolveError> {
        let vector = || vec![F::default(); dim];
        let inverse = Inverse::new(settings.preconditioner, dim)?;
        let (z, before) = (vector(), vector());
        Ok(Preconditioned { length: settings.length, steps: 0, inverse, z, before, square: None, step: 0.0 })
    }

    pub(crate) fn forget(&mut self) {
        self.square = None;
        self.inverse.forget();
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.inverse.memory(keeper);
        keeper.count("learnt_steps", &mut self.steps, u64::MAX >> 1);
        keeper.vector("before", &mut self.before);
        keeper.maybe("square", &mut self.square);
        keeper.number("step", &mut self.step);
    }

    /// `d ← −M⁻¹g`. With a new M its first step is 1, as of Newton's method.
    pub(crate) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Aim, SolveError> {
        if self.inverse.refresh(oracle, x)? {
            self.square = None;
        }
        self.inverse.divide(gradient, &mut self.z);
        let square = dot(gradient, &self.z);
        let first = self.square.map_or(Some(1.0), |before| {
            // s = −αM⁻¹g, so that Ms = −αg.
            let across = dot(&self.before, &self.z);
            let (ss, sy) = (self.step * self.step * before, self.step * (before - across));
            self.length.of(self.steps, ss, sy, square - 2.0 * across + before)
        });
        self.before.copy_from_slice(gradient);
        self.square = Some(square);
        scale(&self.z, -1.0, d);
        Ok(Aim { slope: -square, first })
    }

    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        self.steps += 1;
        self.step = moved.step;
        self.inverse.learn(moved);
    }
}
