//! Products with a vector, as fast as memory delivers the matrix, and outer products, as fast as it takes them.

use std::ops::Range;

use super::kernel::multiply_add;
use super::threads::on_parts;
use super::view::{View, ViewMut};
use super::workspace::Workspace;
use super::{Job, Number};
use crate::kernel::isa::WithLanes;
use crate::kernel::math::MathLanes;

/// Registers of partial sums for each row: enough to hide the latency of an addition.
const CHAINS: usize = 4;
/// How many sums are kept in the first-level cache while columns are added.
const SUMS: usize = 512;
/// How many numbers apart threads begin: more than a cache line.
const APART: usize = 64;

/// The numbers of workspace that products with a vector need at most.
pub(super) fn room(m: usize, n: usize, k: usize) -> usize {
    if m == 1 || n == 1 {
        k
    } else if k == 1 {
        m.max(n)
    } else {
        0
    }
}

/// `y = A·x`, where x is the one column of B and y that of C.
///
/// # Safety
/// As [`super::multiply`].
pub(super) unsafe fn multiply<F: Number>(job: &Job<'_, F>, workspace: &mut Workspace) {
    // SAFETY: as promised by the caller; there is room for x.
    let x = Vector(unsafe { contiguous(job.b.transposed(), workspace) });
    on_parts(job.threads, job.c.rows, APART, |rows| {
        // SAFETY: the rows of one thread.
        let (a, y) = unsafe { (job.a.block(rows.clone(), 0..job.a.cols), job.c.block(rows.clone(), 0..1)) };
        F::dispatch(job.how.isa, TimesVector { a, x: x.pointer(), y, accumulate: job.how.accumulate });
        job.finished(rows, 0..1);
    });
}

/// `C = a·bᵀ`, where a is the one column of A and b the one row of B.
///
/// # Safety
/// As [`super::multiply`].
pub(super) unsafe fn outer<F: Number>(job: &Job<'_, F>, workspace: &mut Workspace) {
    // SAFETY: as promised by the caller; there is room for b.
    let b = Vector(unsafe { contiguous(job.b, workspace) });
    on_parts(job.threads, job.c.rows, 1, |rows| {
        // SAFETY: the rows of one thread.
        let (a, c) = unsafe { (job.a.block(rows.clone(), 0..1), job.c.block(rows.clone(), 0..job.c.cols)) };
        F::dispatch(job.how.isa, Outer { a, b: b.pointer(), c, accumulate: job.how.accumulate });
        job.finished(rows, 0..job.c.cols);
    });
}

struct Vector<F>(*const F);

// SAFETY: the vector is only read while threads share it.
unsafe impl<F: Sync> Sync for Vector<F> {}

impl<F> Vector<F> {
    fn pointer(&self) -> *const F {
        self.0
    }
}

/// The numbers of a matrix of one row one after the other.
///
/// # Safety
/// The row can be read.
unsafe fn contiguous<F: Number>(row: View<F>, workspace: &mut Workspace) -> *const F {
    if row.col_stride == 1 {
        return row.ptr;
    }
    let copy = workspace.room::<F>(row.cols);
    for j in 0..row.cols {
        // SAFETY: within the row, and the room made for it.
        unsafe { *copy.add(j) = row.get(0, j) };
    }
    copy
}

struct TimesVector<F> {
    a: View<F>,
    x: *const F,
    y: ViewMut<F>,
    accumulate: bool,
}

impl<F: Number> WithLanes<F> for TimesVector<F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        // SAFETY: as promised to `multiply`.
        unsafe {
            if self.a.col_stride == 1 {
                let mut i = 0;
                while i + 4 <= self.a.rows {
                    self.dots::<V, 4>(i);
                    i += 4;
                }
                while i < self.a.rows {
                    self.dots::<V, 1>(i);
                    i += 1;
                }
            } else {
                for start in (0..self.a.rows).step_by(SUMS) {
                    self.columns::<V>(start..(start + SUMS).min(self.a.rows));
                }
            }
        }
    }
}

impl<F: Number> TimesVector<F> {
    /// Rows `i..i + R` of y, each a dot product. A row is summed in the same order whatever `R`.
    ///
    /// # Safety
    /// There are so many rows, and their numbers are neighbours.
    #[inline(always)]
    unsafe fn dots<V: MathLanes<Elem = F>, const R: usize>(&self, i: usize) {
        let k = self.a.cols;
        let whole = k - k % V::WIDTH;
        let mut sums = [[V::splat(0.0); CHAINS]; R];
        // SAFETY: within these rows of A, and within x and y.
        unsafe {
            let row = |r: usize| self.a.ptr.add((i + r) * self.a.row_stride);
            let mut p = 0;
            while p + CHAINS * V::WIDTH <= k {
                for c in 0..CHAINS {
                    let x = V::load(self.x.add(p + c * V::WIDTH));
                    for (r, sums) in sums.iter_mut().enumerate() {
                        sums[c] = multiply_add(V::load(row(r).add(p + c * V::WIDTH)), x, sums[c]);
                    }
                }
                p += CHAINS * V::WIDTH;
            }
            while p < whole {
                let x = V::load(self.x.add(p));
                for (r, sums) in sums.iter_mut().enumerate() {
                    sums[0] = multiply_add(V::load(row(r).add(p)), x, sums[0]);
                }
                p += V::WIDTH;
            }
            for (r, sums) in sums.into_iter().enumerate() {
                let mut sum = total(sums[0].add(sums[1]).add(sums[2].add(sums[3])));
                for p in whole..k {
                    sum = multiply_add(*row(r).add(p), *self.x.add(p), sum);
                }
                self.write(i + r, sum);
            }
        }
    }

    /// Some rows of y, summed column after column.
    ///
    /// # Safety
    /// There are such rows, at most [`SUMS`].
    #[inline(always)]
    unsafe fn columns<V: MathLanes<Elem = F>>(&self, rows: Range<usize>) {
        let mut sums = [F::splat(0.0); SUMS];
        let mut p = 0;
        // SAFETY: columns below `a.cols`, as many numbers of x, and room for the sums of all rows.
        unsafe {
            while p + 4 <= self.a.cols {
                self.add_columns::<V, 4>(&rows, p, &mut sums);
                p += 4;
            }
            while p < self.a.cols {
                self.add_columns::<V, 1>(&rows, p, &mut sums);
                p += 1;
            }
            for (i, &sum) in rows.clone().zip(&sums) {
                self.write(i, sum);
            }
        }
    }

    /// # Safety
    /// There are columns `p..p + P` and such rows, at most [`SUMS`].
    #[inline(always)]
    unsafe fn add_columns<V: MathLanes<Elem = F>, const P: usize>(
        &self,
        rows: &Range<usize>,
        p: usize,
        sums: &mut [F; SUMS],
    ) {
        let neighbours = self.a.row_stride == 1;
        let whole = if neighbours { rows.len() - rows.len() % V::WIDTH } else { 0 };
        // SAFETY: as promised by the caller.
        unsafe {
            let mut x = [V::splat(0.0); P];
            for (q, x) in x.iter_mut().enumerate() {
                *x = V::splat((*self.x.add(p + q)).into());
            }
            for i in (0..whole).step_by(V::WIDTH) {
                let mut sum = V::load(sums.as_ptr().add(i));
                for (q, &x) in x.iter().enumerate() {
                    let a = V::load(self.a.ptr.add((p + q) * self.a.col_stride + rows.start + i));
                    sum = multiply_add(a, x, sum);
                }
                sum.store(sums.as_mut_ptr().add(i));
            }
            for (i, sum) in sums.iter_mut().enumerate().take(rows.len()).skip(whole) {
                for q in p..p + P {
                    *sum = multiply_add(self.a.get(rows.start + i, q), *self.x.add(q), *sum);
                }
            }
        }
    }

    /// # Safety
    /// There is a row `i`.
    #[inline(always)]
    unsafe fn write(&self, i: usize, sum: F) {
        // SAFETY: as promised by the caller.
        unsafe {
            let y = self.y.at(i, 0);
            *y = if self.accumulate { (*y).add(sum) } else { sum };
        }
    }
}

/// The sum of a register's numbers, halves first.
#[inline(always)]
fn total<F: Number, V: MathLanes<Elem = F>>(register: V) -> F {
    let mut numbers = [F::splat(0.0); 16];
    // SAFETY: the widest register has 16 numbers.
    unsafe { register.store(numbers.as_mut_ptr()) };
    let mut half = V::WIDTH / 2;
    while half > 0 {
        for i in 0..half {
            numbers[i] = numbers[i].add(numbers[i + half]);
        }
        half /= 2;
    }
    numbers[0]
}

struct Outer<F> {
    a: View<F>,
    b: *const F,
    c: ViewMut<F>,
    accumulate: bool,
}

impl<F: Number> WithLanes<F> for Outer<F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Outer { a, b, c, accumulate } = self;
        let whole = if c.col_stride == 1 { c.cols - c.cols % V::WIDTH } else { 0 };
        for i in 0..c.rows {
            // SAFETY: as promised to `outer`.
            unsafe {
                let factor = a.get(i, 0);
                let register = V::splat(factor.into());
                for j in (0..whole).step_by(V::WIDTH) {
                    let product = V::load(b.add(j)).mul(register);
                    let place = c.at(i, j);
                    let sum = if accumulate { V::load(place).add(product) } else { product };
                    sum.store(place);
                }
                for j in whole..c.cols {
                    let product = (*b.add(j)).mul(factor);
                    let place = c.at(i, j);
                    *place = if accumulate { (*place).add(product) } else { product };
                }
            }
        }
    }
}
