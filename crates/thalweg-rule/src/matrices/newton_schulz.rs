//! The nearest orthogonal matrix, roughly: products alone.

use faer::{MatMut, MatRef};

use super::dense::{Decomposer, average_gram, dot};
use crate::Real;
use crate::rule::{Iteration, Preconditioning};

/// `X ← (a + b · XXᵀ + c · (XXᵀ)²) · X`, several times from `X / ‖X‖`: every singular value comes near 1.
pub(super) struct NewtonSchulz<F> {
    iteration: Iteration,
    /// The matrix by rows, to be set before and read after [`run`](NewtonSchulz::run).
    pub(super) x: Vec<F>,
    next: Vec<F>,
    gram: Vec<F>,
    polynomial: Vec<F>,
    decomposer: Decomposer<F>,
}

impl<F: Real> NewtonSchulz<F> {
    /// For matrices of all of these numbers of rows and columns.
    pub(super) fn new(iteration: Iteration, sizes: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let zeros = |length: Option<usize>| vec![F::of(0.0); length.unwrap_or(0)];
        let elements = sizes.clone().map(|(rows, columns)| rows * columns).max();
        let narrow = sizes.map(|(rows, columns)| rows.min(columns));
        let square = narrow.clone().max().map(|n| n * n);
        let decomposed = iteration.preconditioning == Preconditioning::Spectral;
        let decomposer = Decomposer::new(narrow.filter(move |_| decomposed).collect::<Vec<_>>().into_iter());
        NewtonSchulz {
            iteration,
            x: zeros(elements),
            next: zeros(elements),
            gram: zeros(square),
            polynomial: zeros(square),
            decomposer,
        }
    }

    /// Makes the first `rows · columns` numbers of `x` orthogonal rows, or columns if they are fewer.
    pub(super) fn run(&mut self, rows: usize, columns: usize) {
        let (n, wide) = (rows.min(columns), rows <= columns);
        let size = rows * columns;
        if size == 0 {
            return;
        }
        self.start(rows, columns);
        let steps = self.iteration.steps;
        let rows_of_numbers = &self.iteration.coefficients;
        for step in 0..steps {
            let [a, b, c] = rows_of_numbers[step.min(rows_of_numbers.len() - 1)].map(F::of);
            let x = MatRef::from_row_major_slice(&self.x[..size], rows, columns);
            let gram = &mut self.gram[..n * n];
            if step > 0 || !self.iteration.preconditioning.needs_gram() {
                average_gram(gram, 0.0, if wide { x } else { x.transpose() }, 1.0);
            }
            let polynomial = &mut self.polynomial[..n * n];
            for (to, from) in polynomial.iter_mut().zip(&*gram) {
                *to = b * *from;
            }
            average_gram(polynomial, 1.0, MatRef::from_row_major_slice(gram, n, n), c.to_f64());
            polynomial.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = *diagonal + a);
            let polynomial = MatRef::from_row_major_slice(&*polynomial, n, n);
            let next = MatMut::from_row_major_slice_mut(&mut self.next[..size], rows, columns);
            if wide {
                F::product(next, polynomial, x);
            } else {
                F::product(next, x, polynomial);
            }
            std::mem::swap(&mut self.x, &mut self.next);
        }
    }

    /// Scales `x` so that no singular value is above 1; `gram` is `XXᵀ` then where it was needed for that.
    fn start(&mut self, rows: usize, columns: usize) {
        let (n, wide) = (rows.min(columns), rows <= columns);
        let x = &mut self.x[..rows * columns];
        let gram = &mut self.gram[..n * n];
        let preconditioning = self.iteration.preconditioning;
        if preconditioning.needs_gram() {
            let x = MatRef::from_row_major_slice(&*x, rows, columns);
            average_gram(gram, 0.0, if wide { x } else { x.transpose() }, 1.0);
        }
        let eps = self.iteration.eps;
        // Where XXᵀ sets the scale, its threshold is not the user's.
        let inverse_root = |sum: f64| 1.0 / (if sum < 1e-8 { 1e-8 } else { sum }).sqrt();
        match preconditioning {
            Preconditioning::Frobenius => {
                let norm = length(x);
                let divisor = if !self.iteration.eps_is_least {
                    norm + eps
                } else if norm < eps {
                    eps
                } else {
                    norm
                };
                divide(x, divisor);
            }
            Preconditioning::Spectral => {
                let vectors = &mut self.polynomial[..n * n];
                self.decomposer.eigen(gram, n, vectors);
                let norm = self.decomposer.values[n - 1].to_f64().sqrt() + eps;
                divide(x, norm);
                divide(gram, norm * norm);
            }
            Preconditioning::Schatten => {
                let factor = inverse_root(length(gram));
                divide(x, 1.0 / factor);
                divide(gram, 1.0 / (factor * factor));
            }
            Preconditioning::Aol => {
                let factors = &mut self.next[..n];
                for (factor, row) in factors.iter_mut().zip(gram.chunks_exact(n)) {
                    let sum = row.iter().map(|number| number.to_f64().abs()).sum();
                    *factor = F::of(inverse_root(sum));
                }
                for (i, row) in gram.chunks_exact_mut(n).enumerate() {
                    for (number, factor) in row.iter_mut().zip(&*factors) {
                        *number = *number * factors[i] * *factor;
                    }
                }
                for (i, row) in x.chunks_exact_mut(columns).enumerate() {
                    for (j, number) in row.iter_mut().enumerate() {
                        *number = *number * factors[if wide { i } else { j }];
                    }
                }
            }
        }
    }
}

fn divide<F: Real>(numbers: &mut [F], divisor: f64) {
    let divisor = F::of(divisor);
    for number in numbers {
        *number = *number / divisor;
    }
}

/// The root of the sum of squares, in `f64` and in a fixed order.
fn length<F: Real>(numbers: &[F]) -> f64 {
    dot(numbers, numbers).sqrt()
}
