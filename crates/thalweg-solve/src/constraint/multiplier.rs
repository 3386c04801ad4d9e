//! [`Held`]: a Lagrange multiplier at work, for any number of problems side by side.

use thalweg_function::{Executable, hessian, hvp, value_and_gradient};

use super::Multiplier;
use crate::checkpoint::Keeper;
use crate::objective::{Derivatives, Source};
use crate::scalar::{abs, narrow};
use crate::{Scalar, SolveError};

/// The multipliers λ and what is known of c where the points are.
#[derive(Debug)]
pub(crate) struct Held<F> {
    lanes: usize,
    slope: Executable<F>,
    hessian: Option<Executable<F>>,
    product: Option<Executable<F>>,
    lr: F,
    pub(crate) lambda: Vec<F>,
    /// c in row 0, ∇c in the rows below.
    out: Vec<F>,
    scratch: Vec<F>,
    pair: Vec<F>,
}

impl<F: Scalar> Held<F> {
    pub(crate) fn new(
        multiplier: &Multiplier,
        needs: Derivatives,
        dim: usize,
        lanes: usize,
    ) -> Result<Self, SolveError> {
        let c = &multiplier.function;
        if c.input_count() != dim {
            let what = "the constraint's function".to_owned();
            return Err(SolveError::Dimension { what, found: c.input_count(), expected: dim });
        }
        for (name, value) in [("multiplier's init", multiplier.init), ("multiplier's lr", multiplier.lr)] {
            if !value.is_finite() {
                return Err(SolveError::Option { name, wanted: "finite", found: value.to_string() });
            }
        }
        let size = if needs.hessian { dim * dim * lanes } else { dim * lanes };
        Ok(Held {
            lanes,
            slope: Executable::new(&value_and_gradient(c)?)?,
            hessian: needs.hessian.then(|| Executable::new(&hessian(c)?)).transpose()?,
            product: needs.hessian_vector.then(|| Executable::new(&hvp(c)?)).transpose()?,
            lr: narrow(multiplier.lr),
            lambda: vec![narrow(multiplier.init); lanes],
            out: vec![F::default(); (dim + 1) * lanes],
            scratch: vec![F::default(); size],
            pair: Vec::with_capacity(if needs.hessian_vector { 2 * dim * lanes } else { 0 }),
        })
    }

    /// Evaluates c and ∇c.
    pub(crate) fn visit(&mut self, points: &[F]) -> Result<(), SolveError> {
        Ok(self.slope.run_lanes(self.lanes, points, &mut self.out)?)
    }

    /// c and ∇c of the last visit.
    pub(crate) fn slope(&self) -> &[F] {
        &self.out
    }

    /// `λ ← λ + lr·c`
    pub(crate) fn ascend(&mut self) {
        for (lambda, &c) in self.lambda.iter_mut().zip(&self.out) {
            *lambda = *lambda + self.lr * c;
        }
    }

    /// `gradient ← gradient + λ∇c`
    pub(crate) fn add_gradient(&self, gradient: &mut [F]) {
        add_rows(&self.lambda, &self.out[self.lanes..], gradient);
    }

    /// `values ← values + λc`
    pub(crate) fn add_value(&self, values: &mut [F]) {
        add_rows(&self.lambda, &self.out[..self.lanes], values);
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.vector("lambda", &mut self.lambda);
        keeper.vector("out", &mut self.out);
    }

    /// |c| of a problem.
    pub(crate) fn violation(&self, lane: usize) -> F {
        abs(self.out[lane])
    }
}

/// `target ← target + λ·rows`, λ a problem's own.
fn add_rows<F: Scalar>(lambda: &[F], rows: &[F], target: &mut [F]) {
    for (target, row) in target.chunks_exact_mut(lambda.len()).zip(rows.chunks_exact(lambda.len())) {
        for ((target, &row), &lambda) in target.iter_mut().zip(row).zip(lambda) {
            *target = *target + lambda * row;
        }
    }
}

/// Second derivatives of f + λc, or of f alone.
pub(crate) struct Lagrangian<'a, F, S> {
    pub(crate) source: &'a mut S,
    pub(crate) held: Option<&'a mut Held<F>>,
}

impl<F: Scalar, S: Source<F>> Lagrangian<'_, F, S> {
    pub(crate) fn hessian(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.source.hessian(points, out)?;
        if let Some(held) = &mut self.held
            && let Some(executable) = &mut held.hessian
        {
            executable.run_lanes(held.lanes, points, &mut held.scratch)?;
            add_rows(&held.lambda, &held.scratch, out);
        }
        Ok(())
    }

    pub(crate) fn hessian_vector(
        &mut self,
        points: &[F],
        directions: &[F],
        out: &mut [F],
    ) -> Result<(), SolveError> {
        self.source.hessian_vector(points, directions, out)?;
        if let Some(held) = &mut self.held
            && let Some(executable) = &mut held.product
        {
            held.pair.clear();
            held.pair.extend_from_slice(points);
            held.pair.extend_from_slice(directions);
            executable.run_lanes(held.lanes, &held.pair, &mut held.scratch)?;
            add_rows(&held.lambda, &held.scratch, out);
        }
        Ok(())
    }
}
