//! [`BarzilaiBorwein`]: against the gradient, by a step that mimics the Hessian.

use thalweg_spec::{Call, Options, SpecError};

use super::{Aim, Moved};
use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::search::{Nonmonotone, Search};
use crate::vector::{Products, dot, pair_products, scale};

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

/// Barzilai and Borwein's method: `x ← x − α∇f(x)`, where α makes (1/α)I act on the last step s as the Hessian did: αy ≈ s.
///
/// Values rise now and then, so the search has to allow it.
///
/// Barzilai and Borwein, *Two-point step size gradient methods*, 1988; Raydan, *The Barzilai and Borwein gradient method for the
/// large scale unconstrained minimization problem*, 1997.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarzilaiBorwein {
    /// The first step to try.
    pub length: Length,
    /// How far to go.
    pub search: Search,
}

impl Default for BarzilaiBorwein {
    fn default() -> Self {
        BarzilaiBorwein { length: Length::Alternating, search: Nonmonotone::default().into() }
    }
}

const LENGTHS: [&str; 3] = ["long", "short", "alternating"];

impl BarzilaiBorwein {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["length", "search"])?;
        let length = match options.choice("length", &LENGTHS)? {
            Some("long") => Length::Long,
            Some("short") => Length::Short,
            _ => Length::Alternating,
        };
        Ok(BarzilaiBorwein { length, search: Search::read(&options, Nonmonotone::default().into())? })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("length", Call::new(LENGTHS[self.length as usize]))
            .with("search", self.search.call())
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
        let long = match self.length {
            Length::Long => true,
            Length::Short => false,
            Length::Alternating => self.steps % 2 == 1,
        };
        let next = if long { ss / sy } else { sy / yy };
        self.next = Some(next).filter(|next| next.is_normal() && *next > 0.0);
    }
}
