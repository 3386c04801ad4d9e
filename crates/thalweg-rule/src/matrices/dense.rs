//! Products and decompositions of matrices by the crate `faer`, in room that is made once: nothing is allocated afterwards, except a
//! little by `faer` at the first product on a thread.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch as householder_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply_householder,
};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::traits::RealField;
use faer::{Accum, Conj, MatMut, MatRef, Par, Spec};

use crate::Real;
use crate::pass::both;

/// Multiplications above which a product is divided, between threads where there are several. Not only there: so that its bits do
/// not depend on them.
const DIVIDED_ABOVE: usize = 1 << 24;

/// An element type that matrices can be made of.
pub trait Dense: Sized {
    /// `to ← a · b`
    fn product(to: MatMut<'_, Self>, a: MatRef<'_, Self>, b: MatRef<'_, Self>);
    /// `to ← to + factor · a · aᵀ`, the lower triangle alone.
    fn add_gram(to: MatMut<'_, Self>, a: MatRef<'_, Self>, factor: Self);
    /// Eigenvalues, ascending, and eigenvectors of a symmetric matrix, of which the lower triangle is read. Whether it succeeded.
    fn eigen(
        a: MatRef<'_, Self>,
        values: &mut [Self],
        vectors: MatMut<'_, Self>,
        room: &mut MemStack,
    ) -> bool;
    /// An orthonormal basis from independent columns, by Householder's reflections, into `basis`; `columns` is of no use then. `factors`
    /// is room for as many numbers.
    fn basis(columns: MatMut<'_, Self>, basis: MatMut<'_, Self>, factors: &mut [Self], room: &mut MemStack);
    /// What `eigen` and `basis` need for a size.
    fn room(size: usize) -> StackReq;
}

impl<T: RealField> Dense for T {
    fn product(to: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>) {
        multiply(to, Accum::Replace, [a, b], T::one_impl());
    }

    fn add_gram(to: MatMut<'_, T>, a: MatRef<'_, T>, factor: T) {
        let n = a.nrows();
        if n * n * a.ncols() <= DIVIDED_ABOVE || n < 2 {
            let (lower, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
            return triangular::matmul(to, lower, Accum::Add, a, full, a.transpose(), full, factor, Par::Seq);
        }
        let middle = (n / 2).next_multiple_of(8).min(n - 1);
        let (above, below) = a.split_at_row(middle);
        let (upper, _, left, lower) = to.split_at_mut(middle, middle);
        let squares = || {
            let (second, third) = (factor.clone(), factor.clone());
            both(true, || T::add_gram(upper, above, second), || T::add_gram(lower, below, third));
        };
        both(true, || multiply(left, Accum::Add, [below, above.transpose()], factor.clone()), squares);
    }

    fn eigen(a: MatRef<'_, T>, values: &mut [T], vectors: MatMut<'_, T>, room: &mut MemStack) -> bool {
        let values = DiagMut::from_slice_mut(values);
        self_adjoint_evd(a, values, Some(vectors), Par::Seq, room, Spec::default()).is_ok()
    }

    fn basis(columns: MatMut<'_, T>, basis: MatMut<'_, T>, factors: &mut [T], room: &mut MemStack) {
        let n = columns.ncols();
        let block = recommended_block_size::<T>(n, n);
        let (mut columns, mut basis) = (columns, basis);
        let mut factors = MatMut::from_column_major_slice_mut(&mut factors[..block * n], block, n);
        qr_in_place(columns.as_mut(), factors.as_mut(), Par::Seq, room, Spec::default());
        basis.fill(T::zero_impl());
        basis.as_mut().diagonal_mut().fill(T::one_impl());
        apply_householder(columns.as_ref(), factors.as_ref(), Conj::No, basis, Par::Seq, room);
    }

    fn room(size: usize) -> StackReq {
        let block = recommended_block_size::<T>(size, size);
        StackReq::any_of(&[
            self_adjoint_evd_scratch::<T>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default()),
            qr_in_place_scratch::<T>(size, size, block, Par::Seq, Spec::default()),
            householder_scratch::<T>(size, block, size),
        ])
    }
}

/// `to ← factor · a · b`, or that added.
fn multiply<T: RealField>(to: MatMut<'_, T>, accum: Accum, [a, b]: [MatRef<'_, T>; 2], factor: T) {
    let rows = a.nrows();
    if rows * a.ncols() * b.ncols() <= DIVIDED_ABOVE || rows < 2 {
        return matmul(to, accum, a, b, factor, Par::Seq);
    }
    let middle = (rows / 2).next_multiple_of(8).min(rows - 1);
    let (upper, lower) = to.split_at_row_mut(middle);
    let (above, below) = a.split_at_row(middle);
    let half = factor.clone();
    both(true, || multiply(upper, accum, [above, b], half), || multiply(lower, accum, [below, b], factor));
}

/// `to ← keep · to + factor · a · aᵀ`, `to` being symmetric.
pub(super) fn average_gram<F: Real>(to: &mut [F], keep: f64, a: MatRef<'_, F>, factor: f64) {
    let n = a.nrows();
    if keep == 0.0 {
        to.fill(F::of(0.0));
    } else if keep != 1.0 {
        scale(to, F::of(keep));
    }
    F::add_gram(MatMut::from_row_major_slice_mut(to, n, n), a, F::of(factor));
    mirror(to, n);
}

fn scale<F: Real>(numbers: &mut [F], factor: F) {
    for number in numbers {
        *number = *number * factor;
    }
}

/// The upper triangle from the lower one.
fn mirror<F: Copy>(matrix: &mut [F], n: usize) {
    for row in 0..n {
        for column in 0..row {
            matrix[column * n + row] = matrix[row * n + column];
        }
    }
}

/// Decompositions of square matrices up to a size.
pub(super) struct Decomposer<F> {
    room: MemBuffer,
    /// Eigenvalues.
    pub(super) values: Vec<F>,
    spare: [Vec<F>; 2],
}

impl<F: Real> Decomposer<F> {
    /// For all of these sizes.
    pub(super) fn new(sizes: impl Iterator<Item = usize> + Clone) -> Self {
        let sizes = sizes.filter(|size| *size > 0);
        let room = sizes.clone().fold(StackReq::EMPTY, |room, size| room.or(F::room(size)));
        let largest = sizes.max().unwrap_or(0);
        // The first product on a thread asks for memory once.
        let mut one = [F::of(0.0)];
        average_gram(&mut one, 0.0, MatRef::from_row_major_slice(&[F::of(1.0)], 1, 1), 1.0);
        let zeros = |length| vec![F::of(0.0); length];
        let spare = [zeros(largest * largest), zeros(largest * largest)];
        Decomposer { room: MemBuffer::new(room), values: zeros(largest), spare }
    }

    /// Eigenvalues, ascending, into `values`, and eigenvectors, one after the other, of a symmetric matrix. NaN if it is not finite.
    pub(super) fn eigen(&mut self, matrix: &[F], n: usize, vectors: &mut [F]) {
        let values = &mut self.values[..n];
        let finite = matrix.iter().all(|number| number.to_f64().is_finite());
        let a = MatRef::from_row_major_slice(matrix, n, n);
        let columns = MatMut::from_column_major_slice_mut(&mut *vectors, n, n);
        if !finite || !F::eigen(a, values, columns, MemStack::new(&mut self.room)) {
            values.fill(F::of(f64::NAN));
            vectors.fill(F::of(f64::NAN));
        }
    }

    /// `matrix ← power(matrix)`, of a symmetric matrix whose eigenvalues are at least `least`; rounding may have taken them below.
    pub(super) fn power(&mut self, matrix: &[F], n: usize, least: f64, power: f64, to: &mut [F]) {
        let [vectors, _] = &mut self.spare;
        let mut vectors = std::mem::take(vectors);
        self.eigen(matrix, n, &mut vectors[..n * n]);
        // As the product of a matrix with its transpose, the result is symmetric to the last bit.
        for (vector, value) in vectors.chunks_exact_mut(n.max(1)).zip(&self.values[..n]) {
            let value = value.to_f64();
            let value = if value < least { least } else { value };
            let half = F::of(value.powf(0.5 * power));
            scale(vector, half);
        }
        average_gram(to, 0.0, MatRef::from_column_major_slice(&vectors[..n * n], n, n), 1.0);
        self.spare[0] = vectors;
    }

    /// One step of the power iteration for all eigenvectors at once, `vectors` one after the other: `Q ← orthonormal(matrix · Q)`, by falling
    /// eigenvalues as they seem to be. `order[k]` becomes the number that vector `k` had.
    pub(super) fn refine(&mut self, matrix: &[F], n: usize, vectors: &mut [F], order: &mut [usize]) {
        let [spare, factors] = &mut self.spare;
        let spare = &mut spare[..n * n];
        let a = MatRef::from_row_major_slice(matrix, n, n);
        let columns = MatRef::from_column_major_slice(&*vectors, n, n);
        F::product(MatMut::from_column_major_slice_mut(spare, n, n), a, columns);
        let pairs = vectors.chunks_exact(n).zip(spare.chunks_exact(n));
        for (value, (vector, product)) in self.values.iter_mut().zip(pairs) {
            *value = F::of(dot(vector, product));
        }
        let values = &self.values;
        order.iter_mut().enumerate().for_each(|(k, number)| *number = k);
        order.sort_unstable_by(|&i, &j| values[j].to_f64().total_cmp(&values[i].to_f64()).then(i.cmp(&j)));
        for (to, &from) in vectors.chunks_exact_mut(n).zip(&*order) {
            to.copy_from_slice(&spare[from * n..(from + 1) * n]);
        }
        let columns = MatMut::from_column_major_slice_mut(vectors, n, n);
        let basis = MatMut::from_column_major_slice_mut(spare, n, n);
        F::basis(columns, basis, &mut factors[..n * n], MemStack::new(&mut self.room));
        vectors.copy_from_slice(spare);
    }
}

/// `Σ aⱼ · bⱼ`, in `f64` and in a fixed order.
pub(super) fn dot<F: Real>(a: &[F], b: &[F]) -> f64 {
    const WIDTH: usize = 8;
    let mut sums = [0.0; WIDTH];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<WIDTH>(), b.as_chunks::<WIDTH>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..WIDTH {
            sums[i] += a[i].to_f64() * b[i].to_f64();
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
    sums.iter().sum::<f64>() + rest
}
