//! [`Lanczos`]: a symmetric matrix, known by its products with vectors, as a small tridiagonal one.

use crate::Scalar;
use crate::dense::Eigen;
use crate::scalar::narrow;
use crate::vector::{axpy, dot, norm, scale};

/// Lanczos' method, a product with the matrix a step.
///
/// In an orthonormal basis that begins with the first vector the matrix is tridiagonal; its part that is known after k steps has
/// eigenvalues (Ritz values) of which the outermost are near those of the matrix first.
///
/// With all vectors kept, each new one is made orthogonal to all before it, twice, as rounding would otherwise bring found eigenvalues
/// back; that is what quadrature ([`Lanczos::nodes`]) needs. Without, three vectors are enough for any number of steps: found
/// eigenvalues come again, but the outermost stay right (Paige 1971).
///
/// ```
/// use thalweg_solve::Lanczos;
///
/// // diag(1, 2, 3)
/// let mut lanczos = Lanczos::new(&[1.0, 1.0, 1.0], true);
/// while lanczos.step(|x: &[f64], y: &mut [f64]| {
///     (0..3).for_each(|i| y[i] = (i + 1) as f64 * x[i]);
///     Ok::<(), thalweg_solve::SolveError>(())
/// })? {}
/// let [smallest, largest] = lanczos.ends();
/// assert!((smallest.value - 1.0).abs() < 1e-12 && (largest.value - 3.0).abs() < 1e-12);
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// Golub and Van Loan, *Matrix Computations*, 4th ed., chapter 10.
#[derive(Debug, Clone)]
pub struct Lanczos<F> {
    /// All vectors, or the last two.
    basis: Vec<Vec<F>>,
    keep: bool,
    next: Vec<F>,
    diagonal: Vec<f64>,
    /// Beside the diagonal: the length of what each step found anew.
    beside: Vec<f64>,
    ended: bool,
}

/// An eigenvalue of the tridiagonal matrix. An eigenvalue of the matrix itself lies within `error` of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ritz {
    /// The value.
    pub value: f64,
    /// The length of (A − value) v for the approximate eigenvector v of length 1.
    pub error: f64,
}

impl<F: Scalar> Lanczos<F> {
    /// Begins with a vector, whose length does not matter; `keep` all vectors, or three.
    pub fn new(first: &[F], keep: bool) -> Self {
        let mut vector = vec![F::default(); first.len()];
        let length = norm(first);
        let ended = !(length > 0.0 && length.is_finite());
        if !ended {
            scale(first, 1.0 / length, &mut vector);
        }
        let next = vec![F::default(); first.len()];
        Lanczos { basis: vec![vector], keep, next, diagonal: Vec::new(), beside: Vec::new(), ended }
    }

    /// Steps made: products with the matrix.
    pub fn steps(&self) -> usize {
        self.diagonal.len()
    }

    /// One step; `product` writes the matrix times its first argument to its second. Whether there is another step to make: there
    /// is none where the vectors span all that the first one leads to.
    ///
    /// # Errors
    /// What the product reports.
    pub fn step<E>(&mut self, product: impl FnOnce(&[F], &mut [F]) -> Result<(), E>) -> Result<bool, E> {
        if self.ended {
            return Ok(false);
        }
        let (last, older) = (self.basis.len() - 1, self.basis.len().checked_sub(2));
        product(&self.basis[last], &mut self.next)?;
        let length = norm(&self.next);
        let along = dot(&self.next, &self.basis[last]);
        self.diagonal.push(along);
        if self.keep {
            for _ in 0..2 {
                for known in &self.basis {
                    let along = dot(&self.next, known);
                    axpy(-along, known, &mut self.next);
                }
            }
        } else {
            axpy(-along, &self.basis[last], &mut self.next);
            if let (Some(older), Some(beside)) = (older, self.beside.last()) {
                axpy(-beside, &self.basis[older], &mut self.next);
            }
        }
        let rest = norm(&self.next);
        // What is left after so much has been taken away is rounding.
        let rounding = if size_of::<F>() == 4 { 1e-6 } else { 1e-13 };
        if !rest.is_finite()
            || rest <= rounding * length
            || (self.keep && self.diagonal.len() == self.next.len())
        {
            self.ended = true;
            return Ok(false);
        }
        self.beside.push(rest);
        let mut vector =
            if self.keep || self.basis.len() < 2 { self.next.clone() } else { self.basis.swap_remove(0) };
        scale(&self.next, 1.0 / rest, &mut vector);
        self.basis.push(vector);
        Ok(true)
    }

    /// The Ritz values, ascending, each with its weight: the square of its eigenvector's first component. The weights add up to 1. They
    /// are nodes and weights of a Gauss quadrature for the distribution of the matrix's eigenvalues as the first vector sees it.
    ///
    /// Golub and Welsch, *Calculation of Gauss quadrature rules*, 1969.
    pub fn nodes(&self) -> Vec<(f64, f64)> {
        let n = self.diagonal.len();
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = self.diagonal[i];
            if let Some(&beside) = self.beside.get(i).filter(|_| i + 1 < n) {
                matrix[i * n + i + 1] = beside;
                matrix[(i + 1) * n + i] = beside;
            }
        }
        let mut eigen = Eigen::new(n);
        eigen.decompose(&matrix);
        (0..n).map(|k| (eigen.values[k], eigen.vectors[k].powi(2))).collect()
    }

    /// The smallest and the largest Ritz value; NaN before the first step.
    pub fn ends(&self) -> [Ritz; 2] {
        let n = self.diagonal.len();
        if n == 0 || self.diagonal.iter().any(|d| !d.is_finite()) {
            return [Ritz { value: f64::NAN, error: f64::INFINITY }; 2];
        }
        let negative: Vec<f64> = self.diagonal.iter().map(|d| -d).collect();
        let largest = self.smallest_of(&negative);
        [self.smallest_of(&self.diagonal), Ritz { value: -largest.value, ..largest }]
    }

    /// The smallest eigenvalue of the tridiagonal matrix with this diagonal, by halving, and its error by inverse iteration.
    fn smallest_of(&self, diagonal: &[f64]) -> Ritz {
        let n = diagonal.len();
        let beside = |i: usize| if i < n - 1 { self.beside[i] } else { 0.0 };
        let reach = |i: usize| beside(i) + if i > 0 { beside(i - 1) } else { 0.0 };
        let low = (0..n).fold(f64::INFINITY, |low, i| low.min(diagonal[i] - reach(i)));
        let high = diagonal.iter().copied().fold(f64::INFINITY, f64::min);
        let scale = (0..n).fold(0.0, |most: f64, i| most.max(diagonal[i].abs() + reach(i)));
        // The matrix less a shift below its smallest eigenvalue has positive pivots.
        let is_below = |shift: f64| {
            let mut pivot = diagonal[0] - shift;
            (0..n).all(|i| {
                if i > 0 {
                    pivot = diagonal[i] - shift - beside(i - 1).powi(2) / pivot;
                }
                pivot > 0.0
            })
        };
        let (mut low, mut high) = (low - f64::EPSILON * scale, high);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            if is_below(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        let value = low;
        let last = self.beside.get(n - 1).copied().unwrap_or(0.0);
        let shift = value - 4.0 * f64::EPSILON * scale;
        let vector = inverse_iteration(diagonal, &self.beside[..n - 1], shift);
        Ritz { value, error: last * vector[n - 1].abs() }
    }
}

/// The eigenvector for the smallest eigenvalue of a tridiagonal matrix, a little above the shift, of length 1.
fn inverse_iteration(diagonal: &[f64], beside: &[f64], shift: f64) -> Vec<f64> {
    let n = diagonal.len();
    let mut pivots = vec![diagonal[0] - shift; n];
    for i in 1..n {
        pivots[i] = diagonal[i] - shift - beside[i - 1] * beside[i - 1] / pivots[i - 1];
        if pivots[i] == 0.0 {
            pivots[i] = f64::MIN_POSITIVE;
        }
    }
    let mut vector = vec![1.0 / (n as f64).sqrt(); n];
    for _ in 0..3 {
        for i in 1..n {
            vector[i] -= beside[i - 1] / pivots[i - 1] * vector[i - 1];
        }
        vector[n - 1] /= pivots[n - 1];
        for i in (0..n - 1).rev() {
            vector[i] = (vector[i] - beside[i] * vector[i + 1]) / pivots[i];
        }
        let length = vector.iter().fold(0.0_f64, |norm, v| norm.hypot(*v));
        if !(length > 0.0 && length.is_finite()) {
            return vec![1.0; n];
        }
        for v in &mut vector {
            *v /= length;
        }
    }
    vector
}

/// A vector of independent standard normal numbers, by a seed and its number.
pub(crate) fn random_direction<F: Scalar>(dim: usize, seed: u64, number: u64) -> Vec<F> {
    use crate::random::{Purpose, normals, words};
    let mut vector = Vec::with_capacity(dim + 1);
    for block in 0..dim.div_ceil(2) {
        // No step is so late that another use of directions would meet these.
        let pair = normals(words(seed, Purpose::Directions, number, 1 << 40, block as u32));
        vector.extend(pair.map(|z| narrow::<F>(z)));
    }
    vector.truncate(dim);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SolveError;

    /// The second difference with fixed ends; its eigenvalues are 2 − 2cos(kπ/(n + 1)).
    #[expect(clippy::unnecessary_wraps, reason = "what Lanczos takes")]
    fn laplace(x: &[f64], y: &mut [f64]) -> Result<(), SolveError> {
        let n = x.len();
        for i in 0..n {
            let before = if i > 0 { x[i - 1] } else { 0.0 };
            let after = if i + 1 < n { x[i + 1] } else { 0.0 };
            y[i] = 2.0 * x[i] - before - after;
        }
        Ok(())
    }

    #[test]
    fn all_eigenvalues_of_a_small_laplacian_are_found_with_all_vectors_kept() {
        let first = random_direction::<f64>(40, 1, 0);
        let mut lanczos = Lanczos::new(&first, true);
        while lanczos.step(laplace).unwrap() {}
        let nodes = lanczos.nodes();
        assert_eq!((lanczos.steps(), nodes.len()), (40, 40));
        for (k, (value, _)) in nodes.iter().enumerate() {
            let exact = 2.0 - 2.0 * (std::f64::consts::PI * (k + 1) as f64 / 41.0).cos();
            assert!((value - exact).abs() < 1e-12, "{k}: {value} {exact}");
        }
        assert!((nodes.iter().map(|node| node.1).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nodes_integrate_powers_as_the_first_vector_sees_them() {
        let entries: Vec<f32> = (0..200).map(|i| if i == 7 { -3.0 } else { 0.01 * i as f32 }).collect();
        let first = random_direction::<f32>(200, 3, 0);
        let mut lanczos = Lanczos::new(&first, true);
        for _ in 0..40 {
            let more = lanczos.step(|x, out: &mut [f32]| {
                out.iter_mut().zip(x).zip(&entries).for_each(|((out, x), entry)| *out = x * entry);
                Ok::<(), ()>(())
            });
            more.unwrap();
        }
        let nodes = lanczos.nodes();
        assert!((nodes[0].0 + 3.0).abs() < 1e-5 && (nodes[39].0 - 1.99).abs() < 1e-3, "{nodes:?}");
        for power in 1..6 {
            let sum = |power: i32| -> f64 {
                let all = first.iter().zip(&entries);
                all.map(|(x, entry)| f64::from(x * x) * f64::from(*entry).powi(power)).sum()
            };
            let (found, exact): (f64, f64) =
                (nodes.iter().map(|(value, weight)| weight * value.powi(power)).sum(), sum(power) / sum(0));
            assert!((found - exact).abs() < 1e-4 * exact.abs().max(1.0), "{power}: {found} {exact}");
        }
    }

    #[test]
    fn a_space_of_few_dimensions_ends_the_method_early() {
        let first = random_direction::<f64>(50, 0, 0);
        for keep in [true, false] {
            let mut lanczos = Lanczos::new(&first, keep);
            let double_first = |x: &[f64], out: &mut [f64]| {
                out.copy_from_slice(x);
                out[0] *= 2.0;
                Ok::<(), ()>(())
            };
            while lanczos.step(double_first).unwrap() {}
            let [smallest, largest] = lanczos.ends();
            assert_eq!(lanczos.steps(), 2);
            assert!((smallest.value - 1.0).abs() < 1e-12 && (largest.value - 2.0).abs() < 1e-12);
            assert!(smallest.error < 1e-12 && largest.error < 1e-12);
        }
        let mut nothing = Lanczos::new(&[0.0; 3], false);
        assert!(!nothing.step(laplace).unwrap() && nothing.ends()[0].value.is_nan());
    }

    #[test]
    fn the_error_of_a_ritz_value_holds_an_eigenvalue_also_without_kept_vectors() {
        let n = 300;
        let mut lanczos = Lanczos::new(&random_direction::<f64>(n, 5, 0), false);
        let exact = |k: usize| 2.0 - 2.0 * (std::f64::consts::PI * k as f64 / (n + 1) as f64).cos();
        for step in 1..900 {
            lanczos.step(laplace).unwrap();
            if step % 60 == 0 {
                for ritz in lanczos.ends() {
                    let nearest =
                        (1..=n).map(|k| (ritz.value - exact(k)).abs()).fold(f64::INFINITY, f64::min);
                    assert!(nearest <= ritz.error + 1e-13, "{step}: {ritz:?} {nearest}");
                }
            }
        }
        let [smallest, largest] = lanczos.ends();
        assert!((smallest.value / exact(1) - 1.0).abs() < 1e-8, "{smallest:?} {}", exact(1));
        assert!((largest.value / exact(n) - 1.0).abs() < 1e-12, "{largest:?} {}", exact(n));
    }
}
