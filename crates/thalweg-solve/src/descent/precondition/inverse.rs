//! [`Inverse`]: M⁻¹ as it is kept, made anew now and then.

use super::Preconditioner;
use crate::checkpoint::Keeper;
use crate::cholesky::Cholesky;
use crate::descent::Moved;
use crate::descent::lbfgs::Pairs;
use crate::lanczos::random_direction;
use crate::objective::Oracle;
use crate::scalar::{narrow, wide};
use crate::vector::norm;
use crate::{Scalar, SolveError};

/// An entry of the diagonal counts for at least this share of the largest.
const LEAST: f64 = 1e-20;

/// Rounds of probing before the first estimate of a diagonal: each looks with the scales that the last one has found.
const ROUNDS: u32 = 2;

enum Form<F> {
    Diagonal(Vec<f64>),
    /// Of the Hessian with ones on its diagonal, and what it was scaled by.
    Factor {
        cholesky: Cholesky,
        scales: Vec<f64>,
        right: Vec<f64>,
        matrix: Vec<f64>,
    },
    Pairs(Pairs<F>),
}

pub(crate) struct Inverse<F> {
    kind: Preconditioner,
    form: Form<F>,
    hessian: Vec<F>,
    /// A probe and the Hessian times it.
    probe: Vec<F>,
    product: Vec<F>,
    squares: Vec<f64>,
    /// Steps since M was made; none before.
    age: Option<u32>,
    /// How often M was made.
    made: u64,
}

impl<F: Scalar> Inverse<F> {
    pub(crate) fn new(kind: Preconditioner, dim: usize) -> Result<Self, SolveError> {
        let size = if kind.needs().hessian { crate::descent::dense(dim)? } else { 0 };
        let probed = if kind.needs().hessian_vector { dim } else { 0 };
        let form = match kind {
            Preconditioner::Full { .. } => Form::Factor {
                cholesky: Cholesky::new(dim),
                scales: vec![1.0; dim],
                right: vec![0.0; dim],
                matrix: vec![0.0; size],
            },
            Preconditioner::LimitedMemory { memory } => Form::Pairs(Pairs::new(memory as usize, dim)),
            _ => Form::Diagonal(vec![1.0; dim]),
        };
        Ok(Inverse {
            kind,
            form,
            hessian: vec![F::default(); size],
            probe: vec![F::default(); probed],
            product: vec![F::default(); probed],
            squares: vec![0.0; probed],
            age: None,
            made: 0,
        })
    }

    /// M is to be made anew before it is used again; what steps have taught is lost.
    pub(crate) fn forget(&mut self) {
        self.age = None;
        if let Form::Pairs(pairs) = &mut self.form {
            pairs.forget();
        }
    }

    /// Whether it is the identity, for steps were to teach it and have not yet.
    pub(crate) fn is_untaught(&self) -> bool {
        matches!(&self.form, Form::Pairs(pairs) if pairs.is_empty())
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.count("made", &mut self.made, u64::MAX >> 1);
        let mut age: Option<f64> = self.age.map(f64::from);
        keeper.maybe("age", &mut age);
        self.age = age.map(|age| age as u32);
        match &mut self.form {
            Form::Diagonal(inverse) => keeper.numbers("inverse", inverse),
            Form::Factor { cholesky, scales, .. } => {
                cholesky.memory(keeper);
                keeper.numbers("scales", scales);
            }
            Form::Pairs(pairs) => pairs.memory(keeper),
        }
    }

    /// Makes M at x if it is time to; whether it did.
    pub(crate) fn refresh(&mut self, oracle: &mut impl Oracle<F>, x: &[F]) -> Result<bool, SolveError> {
        if self.age.is_some_and(|age| age < self.kind.every()) {
            return Ok(false);
        }
        self.make(oracle, x)?;
        self.age = Some(0);
        Ok(true)
    }

    /// Learns from a step s; √(sᵀMs) where that has changed M.
    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) -> Option<f64> {
        self.age = self.age.map(|age| age.saturating_add(1));
        match &mut self.form {
            // Ms = y for the newest pair.
            Form::Pairs(pairs) => pairs.learn(moved).map(f64::sqrt),
            _ => None,
        }
    }

    /// √(vᵀMv), but for what steps have taught, of which only the inverse is known.
    pub(crate) fn norm(&mut self, v: &[F]) -> Option<f64> {
        match &mut self.form {
            Form::Diagonal(inverse) => Some(
                v.iter().zip(inverse).map(|(&v, inverse)| wide(v).powi(2) / *inverse).sum::<f64>().sqrt(),
            ),
            Form::Factor { cholesky, scales, right, .. } => {
                right.iter_mut().zip(v).zip(&*scales).for_each(|((b, &v), s)| *b = wide(v) / s);
                Some(cholesky.form(right).sqrt())
            }
            Form::Pairs(pairs) => pairs.is_empty().then(|| norm(v)),
        }
    }

    /// `z ← M⁻¹g`.
    pub(crate) fn divide(&mut self, g: &[F], z: &mut [F]) {
        match &mut self.form {
            Form::Diagonal(inverse) => {
                for ((z, &g), inverse) in z.iter_mut().zip(g).zip(inverse) {
                    *z = narrow(wide(g) * *inverse);
                }
            }
            Form::Factor { cholesky, scales, right, .. } => {
                right.iter_mut().zip(g).zip(&*scales).for_each(|((b, &g), s)| *b = wide(g) * s);
                cholesky.solve(right);
                z.iter_mut().zip(right).zip(scales).for_each(|((z, b), s)| *z = narrow(*b * *s));
            }
            Form::Pairs(pairs) => {
                z.copy_from_slice(g);
                let gamma = pairs.scaling();
                pairs.multiply(z, |z| z.iter_mut().for_each(|z| *z = narrow(gamma * wide(*z))));
            }
        }
    }

    /// M at x.
    fn make(&mut self, oracle: &mut impl Oracle<F>, x: &[F]) -> Result<(), SolveError> {
        self.made += 1;
        let dim = x.len();
        match (&mut self.form, self.kind) {
            (Form::Diagonal(inverse), Preconditioner::Diagonal { .. }) => {
                oracle.hessian(x, &mut self.hessian)?;
                for (i, inverse) in inverse.iter_mut().enumerate() {
                    *inverse = wide(self.hessian[i * dim + i]);
                }
                invert(inverse);
            }
            (Form::Diagonal(_), Preconditioner::Hutchinson { samples, .. }) => {
                let rounds = if self.made == 1 { ROUNDS } else { 1 };
                for round in 0..rounds {
                    self.estimate(oracle, x, samples, round)?;
                }
            }
            (Form::Factor { cholesky, scales, matrix, .. }, _) => {
                oracle.hessian(x, &mut self.hessian)?;
                for (i, scale) in scales.iter_mut().enumerate() {
                    *scale = wide(self.hessian[i * dim + i]);
                }
                invert(scales);
                for scale in scales.iter_mut() {
                    *scale = scale.sqrt();
                }
                for (at, (entry, &h)) in matrix.iter_mut().zip(&self.hessian).enumerate() {
                    *entry = wide(h) * scales[at / dim] * scales[at % dim];
                }
                if !cholesky.factorise(matrix) {
                    for (at, entry) in matrix.iter_mut().enumerate() {
                        *entry = if at.is_multiple_of(dim + 1) { 1.0 } else { 0.0 };
                    }
                    cholesky.factorise(matrix);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The inverse diagonal from products with random signs σ.
    ///
    /// With D the diagonal as it is known so far and v = D^(−½)σ, the mean of σᵢ(Hv)ᵢ√Dᵢ is Hᵢᵢ. What the other entries of a row add is
    /// noise; scaled by D it is that of a matrix whose scales were taken away. An entry that does not stand out of the noise counts as its
    /// standard error.
    fn estimate(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        samples: u32,
        round: u32,
    ) -> Result<(), SolveError> {
        let Form::Diagonal(inverse) = &mut self.form else { return Ok(()) };
        let dim = x.len();
        let mut sums = vec![0.0; dim];
        self.squares.fill(0.0);
        for sample in 0..u64::from(samples) {
            let signs = random_direction::<F>(dim, self.made, u64::from(round * samples) + sample);
            for ((v, &sign), inverse) in self.probe.iter_mut().zip(&signs).zip(&*inverse) {
                *v = narrow(inverse.sqrt().copysign(wide(sign)));
            }
            oracle.hessian_vector(x, &self.probe, &mut self.product)?;
            for i in 0..dim {
                let own = 1.0_f64.copysign(wide(signs[i])) * wide(self.product[i]) / inverse[i].sqrt();
                sums[i] += own;
                self.squares[i] += own * own;
            }
        }
        let count = f64::from(samples);
        for (sum, square) in sums.iter_mut().zip(&self.squares) {
            let mean = *sum / count;
            let variance = (square / count - mean * mean).max(0.0) / (count - 1.0).max(1.0);
            *sum = mean.abs().max(variance.sqrt());
        }
        invert(&mut sums);
        inverse.copy_from_slice(&sums);
        Ok(())
    }
}

/// Makes of a diagonal the inverses of its absolute values; small ones are taken for larger, for they may be noise.
fn invert(diagonal: &mut [f64]) {
    let largest = diagonal.iter().fold(0.0_f64, |most, h| most.max(h.abs()));
    let least = LEAST * largest;
    for entry in diagonal {
        let size = entry.abs().max(least);
        *entry = if size > 0.0 && size.is_finite() { 1.0 / size } else { 1.0 };
    }
}
