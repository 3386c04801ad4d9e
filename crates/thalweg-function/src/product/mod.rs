//! The matrix product `C = A·B`, or `C += A·B`, on matrices in any order of rows and columns.
//!
//! Three kinds of product have their own ways: tiny ones are computed where they are ([`small`]), those with a vector go
//! as fast as memory delivers ([`vector`]), all others are cut into blocks that fit the caches ([`blocked`], after Goto and
//! van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34, 2008). The bits of the result depend on the
//! instruction set, never on the number of threads. NaN and infinities spread as in the plain triple loop.

mod blocked;
mod convolution;
mod half;
mod kernel;
mod pack;
mod small;
#[cfg(test)]
mod tests;
mod threads;
mod vector;
mod view;
mod workspace;

use std::ops::Range;

use crate::kernel::half::Half;
use crate::kernel::isa::{Element, Isa};
pub(crate) use convolution::{Convolution, Means, Sliding};
pub(crate) use half::peak as half_peak;
pub(crate) use view::{View, ViewMut};
pub(crate) use workspace::Workspace;

/// `f32` or `f64`.
pub(crate) trait Number: Element + Into<f64> {}

impl<F: Element + Into<f64>> Number for F {}

/// Work on a finished part of C, given by its rows and columns.
pub(crate) type Epilogue<'a> = &'a (dyn Fn(Range<usize>, Range<usize>) + Sync);

/// How to multiply.
#[derive(Clone, Copy)]
pub(crate) struct How<'a> {
    pub(crate) isa: Isa,
    /// How products are computed of operands rounded to bf16, if they are to be; only of `f32`. Tiny ones and those with a vector are not
    /// rounded.
    pub(crate) half: Option<Half>,
    /// At most so many threads; one where more would not pay.
    pub(crate) threads: usize,
    /// `C += A·B` instead of `C = A·B`.
    pub(crate) accumulate: bool,
    /// Called by the thread that has finished a part of C, while the part is still in its cache. The parts cover C
    /// once; usually a part is some dozen rows with all their columns.
    pub(crate) epilogue: Option<Epilogue<'a>>,
}

/// Below this many multiplications, one thread is faster than several.
const THREADING_PAYS: usize = 1 << 20;
/// The same where tiles multiply.
const THREADING_PAYS_TILES: usize = 1 << 22;

/// `C = A·B` or `C += A·B`. Allocates nothing if `workspace` has [`Workspace::bytes_for`] this product.
///
/// # Safety
/// `a` and `b` can be read and `c` written (and read, if accumulating) wherever their shapes and strides lead; `c` overlaps
/// neither of them; `how.isa` is available on this machine.
///
/// # Panics
/// If the shapes do not match.
pub(crate) unsafe fn multiply<F: Number>(
    a: View<F>,
    b: View<F>,
    c: ViewMut<F>,
    how: &How<'_>,
    workspace: &mut Workspace,
) {
    let (m, n, k) = (c.rows, c.cols, a.cols);
    assert!(a.rows == m && b.cols == n && b.rows == k, "{m}×{k} by {}×{n}: shapes do not match", b.rows);
    if m == 0 || n == 0 {
        return;
    }
    let enough = if how.half == Some(Half::Tiles) { THREADING_PAYS_TILES } else { THREADING_PAYS };
    let pays = m.saturating_mul(n).saturating_mul(k) >= enough;
    let threads = if pays && cfg!(feature = "threads") { how.threads.max(1) } else { 1 };
    let job = Job { a, b, c, threads, how, transposed: false };
    // SAFETY: as promised by the caller.
    unsafe {
        if k == 0 {
            job.clear();
        } else if m.max(n).max(k) <= small::LARGEST {
            small::multiply(&job);
        } else if n == 1 {
            vector::multiply(&job, workspace);
        } else if m == 1 {
            vector::multiply(&job.transposed(), workspace);
        } else if k == 1 {
            vector::outer(&job.by_rows(), workspace);
        } else {
            multiply_blocked(job.by_rows(), workspace);
        }
    }
}

/// # Safety
/// As [`multiply`].
unsafe fn multiply_blocked<F: Number>(job: Job<'_, F>, workspace: &mut Workspace) {
    // SAFETY: as promised by the caller; only products of `f32` are asked for in bf16.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if let Some(half) = half::packing(job.how.half) {
            let Job { a, b, c, threads, how, transposed } = job;
            let singles = Job { a: a.cast(), b: b.cast(), c: c.cast(), threads, how, transposed };
            return half::multiply(&singles, half, workspace);
        }
        blocked::multiply(&job.along_registers(), workspace);
    }
}

/// One product, perhaps turned over.
#[derive(Clone, Copy)]
struct Job<'a, F> {
    a: View<F>,
    b: View<F>,
    c: ViewMut<F>,
    threads: usize,
    how: &'a How<'a>,
    /// Whether rows and columns have been exchanged.
    transposed: bool,
}

impl<F: Number> Job<'_, F> {
    /// `Cᵀ = Bᵀ·Aᵀ`.
    fn transposed(self) -> Self {
        Job {
            a: self.b.transposed(),
            b: self.a.transposed(),
            c: self.c.transposed(),
            transposed: !self.transposed,
            ..self
        }
    }

    /// With neighbours in a row of C neighbours in memory too, if that can be had.
    fn by_rows(self) -> Self {
        if self.c.col_stride != 1 && self.c.row_stride == 1 { self.transposed() } else { self }
    }

    /// With the longer side of a narrow product along the registers, unless A would have to be turned for that.
    fn along_registers(self) -> Self {
        let narrow = self.c.cols <= kernel::MOST_ROWS && self.c.rows > 2 * self.c.cols;
        if narrow && self.a.row_stride == 1 { self.transposed() } else { self }
    }

    /// Tells the caller that a part of C is finished.
    #[inline(always)]
    fn finished(&self, rows: Range<usize>, cols: Range<usize>) {
        if let Some(epilogue) = self.how.epilogue
            && !rows.is_empty()
            && !cols.is_empty()
        {
            if self.transposed { epilogue(cols, rows) } else { epilogue(rows, cols) }
        }
    }

    /// The sum of no products is zero.
    ///
    /// # Safety
    /// C can be written.
    unsafe fn clear(&self) {
        if !self.how.accumulate {
            for i in 0..self.c.rows {
                for j in 0..self.c.cols {
                    // SAFETY: within C.
                    unsafe { *self.c.at(i, j) = F::splat(0.0) };
                }
            }
        }
        self.finished(0..self.c.rows, 0..self.c.cols);
    }
}
