//! [`Bfgs`]: the quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno.

use thalweg_spec::{Call, Options, SpecError};

use super::lbfgs::Pair;
use super::{Aim, Moved};
use crate::checkpoint::Keeper;
use crate::scalar::wide;
use crate::search::Search;
use crate::vector::dot;
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "bfgs";
pub(super) const SUMMARY: &str = "BFGS: a dense inverse Hessian learnt from the steps";

/// What becomes of a pair whose curvature would spoil the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poor {
    /// It is left out.
    Skip,
    /// s is mixed with Hy until sᵀy is a fifth of yᵀHy (Powell's damping, in the inverse form).
    Damp,
}

/// BFGS: `d = −H∇f(x)`, with the inverse Hessian H learnt from each step s and change of gradient y,
///
/// ```text
/// H ← (I − ρsyᵀ) H (I − ρysᵀ) + ρssᵀ,   ρ = 1/yᵀs
/// ```
///
/// No matrix is factorised. Before the first update H is (sᵀy/yᵀy)·I. Takes n² numbers.
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., section 6.1 and procedure 18.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bfgs {
    /// How far to go.
    pub search: Search,
    /// What becomes of pairs of poor curvature, which searches that look at values alone may make.
    pub poor: Poor,
}

impl Default for Bfgs {
    fn default() -> Self {
        Bfgs { search: Search::default(), poor: Poor::Skip }
    }
}

impl Bfgs {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["search", "poor"])?;
        let poor = match options.choice("poor", &["skip", "damp"])? {
            Some("damp") => Poor::Damp,
            _ => Poor::Skip,
        };
        Ok(Bfgs { search: Search::read(&options, Search::default())?, poor })
    }

    pub(super) fn call(&self) -> Call {
        let poor = match self.poor {
            Poor::Skip => "skip",
            Poor::Damp => "damp",
        };
        Call::new(NAME).with("search", self.search.call()).with("poor", Call::new(poor))
    }
}

/// The matrix.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    poor: Poor,
    dim: usize,
    /// Whether anything was learnt.
    learnt: bool,
    inverse: Vec<f64>,
    s: Vec<f64>,
    y: Vec<f64>,
    product: Vec<f64>,
    gradient: Vec<f64>,
    direction: Vec<f64>,
}

impl Matrix {
    pub(crate) fn new(settings: &Bfgs, dim: usize) -> Result<Self, SolveError> {
        let size = super::dense(dim)?;
        let vector = || vec![0.0; dim];
        Ok(Matrix {
            poor: settings.poor,
            dim,
            learnt: false,
            inverse: vec![0.0; size],
            s: vector(),
            y: vector(),
            product: vector(),
            gradient: vector(),
            direction: vector(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.learnt
    }

    pub(crate) fn forget(&mut self) {
        self.learnt = false;
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.flag("learnt", &mut self.learnt);
        keeper.numbers("inverse", &mut self.inverse);
        keeper.numbers("next", &mut self.direction);
    }

    /// `d ← −Hg`, which `learn` has prepared.
    pub(crate) fn aim<F: Scalar>(&mut self, gradient: &[F], d: &mut [F]) -> Aim {
        for (d, &own) in d.iter_mut().zip(&self.direction) {
            *d = crate::scalar::narrow(own);
        }
        Aim { slope: dot(gradient, d), first: Some(1.0) }
    }

    /// Updates H and multiplies the new gradient by it: one pass that reads H, one that writes it.
    pub(crate) fn learn<F: Scalar>(&mut self, moved: &Moved<'_, F>) {
        let n = self.dim;
        for i in 0..n {
            self.s[i] = wide(moved.x_after[i]) - wide(moved.x[i]);
            self.y[i] = wide(moved.out_after[i + 1]) - wide(moved.out[i + 1]);
            self.gradient[i] = wide(moved.out_after[i + 1]);
        }
        let mut curvature = dot(&self.s, &self.y);
        let square = dot(&self.y, &self.y);
        if !self.learnt {
            let squares = [dot(&self.s, &self.s), square];
            let along = dot(&self.s, &self.gradient);
            if !(Pair { curvature, squares, along, first: true }).is_sound() {
                return;
            }
            self.inverse.fill(0.0);
            for i in 0..n {
                self.inverse[i * n + i] = curvature / square;
            }
        }
        rows(&self.inverse, &self.y, &mut self.product);
        let through = dot(&self.y, &self.product);
        let poor = match self.poor {
            Poor::Skip => curvature <= f64::EPSILON.sqrt() * through,
            Poor::Damp => curvature < 0.2 * through,
        };
        let sound = through.is_normal() && through > 0.0 && curvature.is_finite();
        if sound && poor && self.poor == Poor::Damp {
            let mix = 0.8 * through / (through - curvature);
            for (s, h) in self.s.iter_mut().zip(&self.product) {
                *s = mix * *s + (1.0 - mix) * h;
            }
            curvature = 0.2 * through;
        }
        if !sound || (poor && self.poor == Poor::Skip) {
            if self.learnt {
                rows(&self.inverse, &self.gradient, &mut self.direction);
                self.direction.iter_mut().for_each(|d| *d = -*d);
            }
            return;
        }
        self.learnt = true;
        self.update(1.0 / curvature, through);
    }

    /// `H ← H + ρ(1 + ρ yᵀHy) ssᵀ − ρ(s(Hy)ᵀ + (Hy)sᵀ)` and `d ← −Hg`, row by row.
    fn update(&mut self, rho: f64, through: f64) {
        let n = self.dim;
        let factor = rho * (1.0 + rho * through);
        let (s, product, gradient) = (&self.s, &self.product, &self.gradient);
        let row = |i: usize, row: &mut [f64]| -> f64 {
            let along_s = factor * s[i] - rho * product[i];
            let along_product = rho * s[i];
            for ((h, s), product) in row.iter_mut().zip(s).zip(product) {
                *h += along_s * s - along_product * product;
            }
            -crate::vector::dot_block(row, gradient)
        };
        #[cfg(feature = "threads")]
        if n >= PARALLEL {
            use rayon::prelude::*;
            let rows = self.inverse.par_chunks_exact_mut(n).zip(&mut self.direction).enumerate();
            rows.with_min_len(16).for_each(|(i, (h, d))| *d = row(i, h));
            return;
        }
        for (i, (h, d)) in self.inverse.chunks_exact_mut(n).zip(&mut self.direction).enumerate() {
            *d = row(i, h);
        }
    }
}

/// From this size on rows are divided among threads.
#[cfg(feature = "threads")]
const PARALLEL: usize = 256;

/// `to ← matrix·v`.
fn rows(matrix: &[f64], v: &[f64], to: &mut [f64]) {
    let n = v.len();
    #[cfg(feature = "threads")]
    if n >= PARALLEL {
        use rayon::prelude::*;
        let rows = matrix.par_chunks_exact(n).zip(to).with_min_len(16);
        rows.for_each(|(row, to)| *to = crate::vector::dot_block(row, v));
        return;
    }
    for (row, to) in matrix.chunks_exact(n).zip(to) {
        *to = crate::vector::dot_block(row, v);
    }
}
