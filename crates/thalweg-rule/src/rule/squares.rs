//! Sums of squares over a part of the parameters, in an order that depends on nothing but its size.

use crate::pass::{Isa, Kernel, SlotRange, both, no_slots};
use crate::{Arithmetic, Real};

/// Elements of a problem that are summed in one go; such blocks are added pairwise, by several threads if there are many.
const BLOCK: usize = 4096;
const SHARED_FROM: usize = 64 * BLOCK;

/// For each of the problems side by side, as many as `out` is long, `Σ (uⱼ² + added)`.
pub(super) fn sums_of_squares<F: Real>(isa: Isa, part: &[F], added: f64, out: &mut [f64]) {
    let lanes = out.len();
    for (lane, out) in out.iter_mut().enumerate() {
        *out = halves(isa, part.get(lane..).unwrap_or_default(), lanes, added);
    }
}

fn halves<F: Real>(isa: Isa, part: &[F], lanes: usize, added: f64) -> f64 {
    let blocks = part.len().div_ceil(lanes).div_ceil(BLOCK);
    if blocks <= 1 {
        let mut sum = 0.0;
        isa.run(Block { sum: &mut sum, lanes, added }, &mut [], part, no_slots());
        return sum;
    }
    let (first, second) = part.split_at(blocks / 2 * BLOCK * lanes);
    let sum = |part| move || halves(isa, part, lanes, added);
    let (first, second) = both(blocks * BLOCK >= SHARED_FROM, sum(first), sum(second));
    first + second
}

struct Block<'a> {
    sum: &'a mut f64,
    lanes: usize,
    added: f64,
}

impl<F: Real> Kernel<F> for Block<'_> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, _: &mut [F], part: &[F], _: SlotRange<'_, F>) {
        // With one problem the stride is a constant, which lets the compiler use vectors.
        *self.sum =
            if self.lanes == 1 { sum(part, 1, self.added) } else { sum(part, self.lanes, self.added) };
    }
}

#[inline(always)]
fn sum<F: Real>(part: &[F], lanes: usize, added: f64) -> f64 {
    const WIDTH: usize = 16;
    let mut sums = [0.0; WIDTH];
    let term = |u: F| u.to_f64() * u.to_f64() + added;
    let rows = part.chunks_exact(WIDTH * lanes);
    let rest = rows.remainder();
    for row in rows {
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum += term(row[k * lanes]);
        }
    }
    for (sum, u) in sums.iter_mut().zip(rest.iter().step_by(lanes)) {
        *sum += term(*u);
    }
    for half in [WIDTH / 2, WIDTH / 4, WIDTH / 8, 1] {
        for k in 0..half {
            sums[k] += sums[half + k];
        }
    }
    sums[0]
}
