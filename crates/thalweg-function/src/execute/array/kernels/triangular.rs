//! Triangular systems.

use super::split::share;
use super::update::{View, subtract_product};
use crate::execute::Float;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// Rows from which all solved before is subtracted at once, while parts of it stay in the cache.
const BLOCK: usize = 64;
/// Rows within a block that are solved for element by element.
const GROUP: usize = 8;

/// L⁻¹·y or L⁻ᵀ·y.
pub(super) fn solve<F: Float>(
    [l, right, _]: [&[F]; 3],
    n: usize,
    columns: usize,
    transposed: bool,
    y: &mut [F],
    threads: usize,
) {
    let operations = right.len() * n;
    share(y, n * columns, operations, threads, |first, part| {
        for (k, y) in (first..).zip(part.chunks_mut(n * columns)) {
            y.copy_from_slice(&right[k * n * columns..][..n * columns]);
            let system = System { l: &l[k * n * n..][..n * n], width: n, n, x: y, columns, transposed };
            F::dispatch(Isa::detect(), system);
        }
    });
}

/// L·X = B or Lᵀ·X = B: X takes the place of B. L has `n` rows that lie `width` elements apart.
struct System<'a, F> {
    l: &'a [F],
    width: usize,
    n: usize,
    x: &'a mut [F],
    columns: usize,
    transposed: bool,
}

impl<F: Float> WithLanes<F> for System<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        if self.transposed {
            backward::<F, V>(self.l, self.width, self.n, self.x, self.columns);
        } else {
            forward::<F, V>(self.l, self.width, self.n, self.x, self.columns);
        }
    }
}

/// X ← L⁻¹·X, from the first row on.
#[inline(always)]
pub(super) fn forward<F: Float, V: MathLanes<Elem = F>>(
    l: &[F],
    width: usize,
    n: usize,
    x: &mut [F],
    columns: usize,
) {
    assert!(n == 0 || (l.len() >= (n - 1) * width + n && x.len() == n * columns && width >= n));
    for block in (0..n).step_by(BLOCK) {
        let block_end = (block + BLOCK).min(n);
        // First what the blocks before contribute, then, group by group, what the block itself does.
        let spans = std::iter::once((block, block_end, 0))
            .chain((block..block_end).step_by(GROUP).map(|k| (k, (k + GROUP).min(block_end), block)));
        for (turn, (start, end, from)) in spans.enumerate() {
            let (solved, rest) = x.split_at_mut(start * columns);
            let c = View { start: rest.as_mut_ptr(), row: columns, column: 1 };
            let a = View { start: l[start * width + from..].as_ptr(), row: width, column: 1 };
            let p = View { start: solved[from * columns..].as_ptr(), row: columns, column: 1 };
            // SAFETY: L and X are as long as asserted; `rest` and `solved` do not overlap.
            unsafe { subtract_product::<F, V>(c, a, p, [end - start, start - from, columns]) };
            let group = if turn == 0 { start..start } else { start..end };
            for i in group {
                let (above, row) = rest.split_at_mut((i - start) * columns);
                let row = &mut row[..columns];
                for s in start..i {
                    eliminate(row, l[i * width + s], &above[(s - start) * columns..][..columns]);
                }
                divide(row, l[i * width + i]);
            }
        }
    }
}

/// X ← L⁻ᵀ·X, from the last row on.
#[inline(always)]
fn backward<F: Float, V: MathLanes<Elem = F>>(l: &[F], width: usize, n: usize, x: &mut [F], columns: usize) {
    assert!(n == 0 || (l.len() >= (n - 1) * width + n && x.len() == n * columns && width >= n));
    for block_end in (1..=n).rev().step_by(BLOCK) {
        let block = block_end.saturating_sub(BLOCK);
        let groups = (block + 1..=block_end).rev().step_by(GROUP);
        let spans = std::iter::once((block, block_end, n))
            .chain(groups.map(|k| (k.saturating_sub(GROUP).max(block), k, block_end)));
        for (turn, (start, end, to)) in spans.enumerate() {
            let (rest, solved) = x.split_at_mut(end * columns);
            let c = View { start: rest[start * columns..].as_mut_ptr(), row: columns, column: 1 };
            // Element (i, s) of Lᵀ is (s, i) of L. Past the last row there is nothing to subtract.
            let below = l.get(end * width + start..).unwrap_or_default();
            let a = View { start: below.as_ptr(), row: 1, column: width };
            let p = View { start: solved.as_ptr(), row: columns, column: 1 };
            // SAFETY: L and X are as long as asserted; `rest` and `solved` do not overlap.
            unsafe { subtract_product::<F, V>(c, a, p, [end - start, to - end, columns]) };
            let group = if turn == 0 { start..start } else { start..end };
            for i in group.rev() {
                let (row, below) = rest[i * columns..].split_at_mut(columns);
                for s in i + 1..end {
                    eliminate(row, l[s * width + i], &below[(s - i - 1) * columns..][..columns]);
                }
                divide(row, l[i * width + i]);
            }
        }
    }
}

/// `row −= factor·other`.
#[inline(always)]
fn eliminate<F: Float>(row: &mut [F], factor: F, other: &[F]) {
    for (x, &y) in row.iter_mut().zip(other) {
        *x = factor.neg_mul_add(y, *x);
    }
}

#[inline(always)]
fn divide<F: Float>(row: &mut [F], divisor: F) {
    for x in row {
        *x = x.div(divisor);
    }
}
