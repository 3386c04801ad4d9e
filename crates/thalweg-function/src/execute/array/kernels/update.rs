//! C −= A·P, for the factorisations: a few rows of C in registers at a time.
//!
//! Each element is one sum in the order of its terms, however wide the registers are.

use crate::execute::Float;
use crate::kernel::math::MathLanes;

/// Rows of C computed together.
const ROWS: usize = 4;

/// Where an operand is: element (i, j) lies `i·row + j·column` elements behind the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<T> {
    pub(super) start: T,
    pub(super) row: usize,
    pub(super) column: usize,
}

/// C −= A·P for C of `rows`×`columns` and sums of `depth` terms. The rows of C and P are contiguous.
///
/// # Safety
/// All elements of the three are valid, and none of C is one of A or P.
#[inline(always)]
pub(super) unsafe fn subtract_product<F: Float, V: MathLanes<Elem = F>>(
    c: View<*mut F>,
    a: View<*const F>,
    p: View<*const F>,
    [rows, depth, columns]: [usize; 3],
) {
    debug_assert!(c.column == 1 && p.column == 1);
    if depth == 0 {
        return;
    }
    let mut j = 0;
    // SAFETY: promised by the caller; every tile lies within C.
    unsafe {
        while j + 2 * V::WIDTH <= columns {
            strip::<F, V>(c, a, p, rows, depth, j);
            j += 2 * V::WIDTH;
        }
        while j + 2 <= columns {
            strip::<F, F>(c, a, p, rows, depth, j);
            j += 2;
        }
        if j < columns {
            let single = |view: View<*const F>| View { start: view.start.add(j), ..view };
            for i in 0..rows {
                let (mut sum, p) = (F::from_f64(0.0), single(p));
                for k in 0..depth {
                    let factor = *a.start.add(i * a.row + k * a.column);
                    sum = factor.mul_add(*p.start.add(k * p.row), sum);
                }
                let target = c.start.add(i * c.row + j);
                *target = (*target).sub(sum);
            }
        }
    }
}

/// Two registers of columns from `j` on.
///
/// # Safety
/// As [`subtract_product`].
#[inline(always)]
unsafe fn strip<F: Float, V: MathLanes<Elem = F>>(
    c: View<*mut F>,
    a: View<*const F>,
    p: View<*const F>,
    rows: usize,
    depth: usize,
    j: usize,
) {
    let mut i = 0;
    // SAFETY: promised by the caller.
    unsafe {
        while i + ROWS <= rows {
            tile::<F, V, ROWS>(c, a, p, depth, i, j);
            i += ROWS;
        }
        while i < rows {
            tile::<F, V, 1>(c, a, p, depth, i, j);
            i += 1;
        }
    }
}

/// # Safety
/// As [`subtract_product`].
#[inline(always)]
unsafe fn tile<F: Float, V: MathLanes<Elem = F>, const R: usize>(
    c: View<*mut F>,
    a: View<*const F>,
    p: View<*const F>,
    depth: usize,
    i: usize,
    j: usize,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let (a_start, p_start) = (a.start.add(i * a.row), p.start.add(j));
        let mut sums = [[V::splat(0.0); 2]; R];
        for k in 0..depth {
            let row = p_start.add(k * p.row);
            let (left, right) = (V::load(row), V::load(row.add(V::WIDTH)));
            for (r, sum) in sums.iter_mut().enumerate() {
                let factor = V::splat((*a_start.add(r * a.row + k * a.column)).to_f64());
                *sum = [factor.mul_add(left, sum[0]), factor.mul_add(right, sum[1])];
            }
        }
        for (r, sum) in sums.iter().enumerate() {
            for (half, sum) in sum.iter().enumerate() {
                let target = c.start.add((i + r) * c.row + j + half * V::WIDTH);
                V::load(target).sub(*sum).store(target);
            }
        }
    }
}
