//! Cholesky factors: blocks of columns, each of which updates all behind it as one matrix product (Golub & Van Loan,
//! *Matrix Computations*, 4th ed., §4.2.6).

use super::split::split;
use super::triangular::forward;
use super::update::{View, subtract_product};
use crate::execute::Float;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// Columns factored together.
const BLOCK: usize = 64;

/// How many elements the factorisation of an n×n matrix works in.
pub(super) fn workspace_len(n: usize) -> usize {
    BLOCK * n.saturating_sub(BLOCK)
}

/// Lower triangular L with L·Lᵀ = x; NaN throughout where `x` is not positive definite.
pub(super) fn cholesky<F: Float>(x: &[F], n: usize, y: &mut [F], spaces: &mut [Vec<F>], threads: usize) {
    let operations = x.len() * n / 3;
    let done = split(y, n * n, operations, threads, spaces, |first, part, space| {
        for (k, l) in (first..).zip(part.chunks_mut(n * n)) {
            for (i, (to, from)) in l.chunks_mut(n).zip(x[k * n * n..].chunks(n)).enumerate() {
                to[..=i].copy_from_slice(&from[..=i]);
            }
            if !F::dispatch(Isa::detect(), Factor { l, n, panel: space }) {
                l.fill(F::from_f64(f64::NAN));
                continue;
            }
            for (i, row) in l.chunks_mut(n).enumerate() {
                row[i + 1..].fill(F::default());
            }
        }
        Ok(())
    });
    debug_assert!(done.is_ok());
}

/// The lower triangle of `l` becomes its factor, if it has one.
struct Factor<'a, F> {
    l: &'a mut [F],
    n: usize,
    panel: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Factor<'_, F> {
    /// Whether the matrix is positive definite.
    type Output = bool;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> bool {
        let Factor { l, n, panel } = self;
        assert!(l.len() == n * n);
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            if !factor_block(l, n, start, end) {
                return false;
            }
            let (width, rest) = (end - start, n - end);
            if rest == 0 {
                continue;
            }
            // The columns below the block, transposed, so that their rows are contiguous: Lᵀ₂₁ = L₁₁⁻¹·Aᵀ₂₁.
            let panel = &mut panel[..width * rest];
            for i in 0..rest {
                for j in 0..width {
                    panel[j * rest + i] = l[(end + i) * n + start + j];
                }
            }
            forward::<F, V>(&l[start * n + start..], n, width, panel, rest);
            for i in 0..rest {
                for j in 0..width {
                    l[(end + i) * n + start + j] = panel[j * rest + i];
                }
            }
            // A₂₂ −= L₂₁·Lᵀ₂₁, the lower triangle in blocks of rows.
            for top in (end..n).step_by(BLOCK) {
                let bottom = (top + BLOCK).min(n);
                let base = l.as_mut_ptr();
                // SAFETY: columns `end` and later are written, columns before read; the panel is memory of its own.
                unsafe {
                    let c = View { start: base.add(top * n + end), row: n, column: 1 };
                    let a = View { start: base.add(top * n + start).cast_const(), row: n, column: 1 };
                    let p = View { start: panel.as_ptr(), row: rest, column: 1 };
                    subtract_product::<F, V>(c, a, p, [bottom - top, width, bottom - end]);
                }
            }
        }
        true
    }
}

/// The factor of the block on the diagonal, row by row.
#[inline(always)]
fn factor_block<F: Float>(l: &mut [F], n: usize, start: usize, end: usize) -> bool {
    let zero = F::default();
    for i in start..end {
        for j in start..=i {
            let (row, other) = (&l[i * n + start..i * n + j], &l[j * n + start..j * n + j]);
            let mut rest = l[i * n + j];
            for (&a, &b) in row.iter().zip(other) {
                rest = a.neg_mul_add(b, rest);
            }
            if i == j && rest.partial_cmp(&zero) != Some(std::cmp::Ordering::Greater) {
                return false;
            }
            l[i * n + j] = if i == j { rest.sqrt() } else { rest.div(l[j * n + j]) };
        }
    }
    true
}
