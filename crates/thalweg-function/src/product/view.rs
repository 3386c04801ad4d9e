//! [`View`] and [`ViewMut`]: matrices somewhere in memory, in any order of rows and columns.

use std::ops::Range;

/// A matrix to read. Element `(i, j)` lies `i·row_stride + j·col_stride` numbers after `ptr`.
#[derive(Debug)]
pub(crate) struct View<F> {
    pub(crate) ptr: *const F,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
    pub(crate) col_stride: usize,
}

/// A matrix to write; no two elements share a place.
#[derive(Debug)]
pub(crate) struct ViewMut<F> {
    pub(crate) ptr: *mut F,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
    pub(crate) col_stride: usize,
}

macro_rules! view {
    ($View:ident) => {
        impl<F> Clone for $View<F> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<F> Copy for $View<F> {}

        // SAFETY: a view is a place and a shape; who reads or writes through it answers for that.
        unsafe impl<F: Sync> Sync for $View<F> {}

        impl<F> $View<F> {
            /// The same numbers with rows and columns exchanged.
            #[inline(always)]
            pub(crate) fn transposed(self) -> Self {
                let Self { ptr, rows, cols, row_stride, col_stride } = self;
                Self { ptr, rows: cols, cols: rows, row_stride: col_stride, col_stride: row_stride }
            }

            /// The same place and shape for numbers of another type.
            #[cfg(target_arch = "x86_64")]
            #[inline(always)]
            pub(super) fn cast<G>(self) -> $View<G> {
                let Self { ptr, rows, cols, row_stride, col_stride } = self;
                $View { ptr: ptr.cast(), rows, cols, row_stride, col_stride }
            }

            /// A rectangle of the matrix.
            ///
            /// # Safety
            /// The ranges lie within the matrix.
            #[inline(always)]
            pub(super) unsafe fn block(self, rows: Range<usize>, cols: Range<usize>) -> Self {
                // SAFETY: the corner lies within the matrix, or one past it where the block is empty.
                let ptr =
                    unsafe { self.ptr.add(rows.start * self.row_stride + cols.start * self.col_stride) };
                Self { ptr, rows: rows.len(), cols: cols.len(), ..self }
            }
        }
    };
}

view!(View);
view!(ViewMut);

impl<F: Copy> View<F> {
    /// # Safety
    /// `i < rows` and `j < cols`, and the place can be read.
    #[inline(always)]
    pub(super) unsafe fn get(self, i: usize, j: usize) -> F {
        // SAFETY: as promised by the caller.
        unsafe { *self.ptr.add(i * self.row_stride + j * self.col_stride) }
    }
}

impl<F> ViewMut<F> {
    /// # Safety
    /// `i < rows` and `j < cols`.
    #[inline(always)]
    pub(super) unsafe fn at(self, i: usize, j: usize) -> *mut F {
        // SAFETY: within the matrix, as promised by the caller.
        unsafe { self.ptr.add(i * self.row_stride + j * self.col_stride) }
    }
}
