//! Products so small that any preparation would take longer than the product.

use super::kernel::{self, Columns, Rows, tile_cols};
use super::view::{View, ViewMut};
use super::{Job, Number};
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// The largest dimension of a small product.
pub(super) const LARGEST: usize = 16;

/// # Safety
/// As [`super::multiply`]; no dimension exceeds [`LARGEST`].
pub(super) unsafe fn multiply<F: Number>(job: &Job<'_, F>) {
    let job = &job.by_rows();
    // A register of AVX-512 that is not filled is no better than a narrower one.
    let narrow = job.c.cols * size_of::<F>() < 64;
    let isa = if narrow { job.how.isa.max(Isa::Avx2) } else { job.how.isa };
    F::dispatch(isa, Small { job });
    job.finished(0..job.c.rows, 0..job.c.cols);
}

struct Small<'a, F> {
    job: &'a Job<'a, F>,
}

impl<F: Number> WithLanes<F> for Small<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Job { a, mut b, c, how, .. } = *self.job;
        let mut turned = [F::splat(0.0); LARGEST * LARGEST];
        // SAFETY: as promised to `multiply`; the room is that of the largest small B.
        unsafe {
            if b.col_stride != 1 {
                for p in 0..b.rows {
                    for j in 0..b.cols {
                        turned[p * b.cols + j] = b.get(p, j);
                    }
                }
                b = View { ptr: turned.as_ptr(), row_stride: b.cols, col_stride: 1, ..b };
            }
            let whole = c.cols - c.cols % V::WIDTH;
            columns::<F, V>(a, b, c, 0..whole, how.accumulate);
            columns::<F, F>(a, b, c, whole..c.cols, how.accumulate);
        }
    }
}

/// # Safety
/// As [`super::multiply`]; the number of columns is a multiple of a register's, and they are neighbours in B.
#[inline(always)]
unsafe fn columns<F: Number, V: MathLanes<Elem = F>>(
    a: View<F>,
    b: View<F>,
    c: ViewMut<F>,
    cols: std::ops::Range<usize>,
    accumulate: bool,
) {
    let rows = Rows::Strided { ptr: a.ptr, row_stride: a.row_stride, col_stride: a.col_stride };
    for j in cols.clone().step_by(tile_cols::<V>()) {
        let end = (j + tile_cols::<V>()).min(cols.end);
        // SAFETY: as promised by the caller.
        unsafe {
            let columns = Columns { ptr: b.ptr.add(j), row_stride: b.row_stride };
            kernel::tiles::<F, V>(b.rows, rows, columns, c.block(0..c.rows, j..end), accumulate);
        }
    }
}
