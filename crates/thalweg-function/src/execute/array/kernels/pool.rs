//! The largest element under a window, and what its derivative gathers and spreads.
//!
//! Windows of 2×2 elements that do not overlap, the usual ones, are done many at a time.

use super::split::share;
use crate::execute::Float;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::primitive::Window;
use crate::program::Shape;

/// The window over planes, and which they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under {
    pub(super) size: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) extent: [usize; 2],
    pub(super) places: [usize; 2],
}

impl Under {
    pub(super) fn new(window: Window, shape: Shape) -> Self {
        let extent = [shape.axis(shape.rank() - 2), shape.axis(shape.rank() - 1)];
        let places = window.places(extent).unwrap_or_default();
        Under { size: window.size.map(usize::from), stride: window.stride.map(usize::from), extent, places }
    }

    pub(super) fn plane(&self) -> usize {
        self.extent[0] * self.extent[1]
    }

    pub(super) fn columns(&self) -> usize {
        self.places[0] * self.places[1]
    }

    fn in_pairs(&self) -> bool {
        self.size == [2, 2] && self.stride == [2, 2]
    }

    /// Where in a plane the elements under the window at a place stand.
    fn elements(&self, place: usize) -> impl Iterator<Item = usize> + Clone {
        let [i, j] = [place / self.places[1] * self.stride[0], place % self.places[1] * self.stride[1]];
        let (width, size) = (self.extent[1], self.size);
        (i..i + size[0]).flat_map(move |row| (j..j + size[1]).map(move |column| row * width + column))
    }

    /// The two rows under the windows of one row of places, in pairs.
    fn pairs<'a, F>(&self, plane: &'a [F], row: usize) -> [&'a [[F; 2]]; 2] {
        let width = self.extent[1];
        [0, 1].map(|k| plane[(2 * row + k) * width..][..2 * self.places[1]].as_chunks().0)
    }
}

/// The larger one, or NaN if one is.
#[inline(always)]
#[allow(clippy::eq_op, reason = "only NaN is not itself")]
fn larger<F: Float>(x: F, y: F) -> F {
    if x > y || x != x { x } else { y }
}

/// `x` is `[…, h, w]`.
pub(super) fn max_pool<F: Float>(window: Window, x: &[F], shape: Shape, y: &mut [F], threads: usize) {
    let under = Under::new(window, shape);
    share(y, under.columns().max(1), x.len(), threads, |first, y| {
        let x = &x[first * under.plane()..];
        F::dispatch(Isa::detect(), Largest { under, x, y });
    });
}

/// The mean of `t` over the places where `x` is largest.
pub(super) fn gather<F: Float>(window: Window, [t, x]: [&[F]; 2], shape: Shape, y: &mut [F], threads: usize) {
    let under = Under::new(window, shape);
    let (plane, columns) = (under.plane(), under.columns().max(1));
    share(y, columns, x.len(), threads, |first, part| {
        for (k, y) in (first..).zip(part.chunks_mut(columns)) {
            let (t, x) = (&t[k * plane..][..plane], &x[k * plane..][..plane]);
            for (place, y) in y.iter_mut().enumerate() {
                let (largest, share) = largest_of(under.elements(place).map(|k| x[k]));
                let parts = under.elements(place).filter(|&k| x[k] == largest).map(|k| t[k].mul(share));
                *y = parts.reduce(F::add).unwrap_or(share);
            }
        }
    });
}

/// `t` in equal shares at the places where `x` is largest.
pub(super) fn spread<F: Float>(window: Window, [t, x]: [&[F]; 2], shape: Shape, y: &mut [F], threads: usize) {
    let under = Under::new(window, shape);
    let plane = under.plane().max(1);
    share(y, plane, x.len(), threads, |first, y| {
        let (t, x) = (&t[first * under.columns()..], &x[first * plane..]);
        F::dispatch(Isa::detect(), Spread { under, t, x, y });
    });
}

/// The largest, and the share of each that is as large: NaN if one is.
#[inline(always)]
fn largest_of<F: Float>(elements: impl Iterator<Item = F> + Clone) -> (F, F) {
    let largest = elements.clone().reduce(larger).unwrap_or_default();
    let count = elements.filter(|&x| x == largest).count();
    (largest, if count == 0 { F::from_f64(f64::NAN) } else { F::from_f64(1.0 / count as f64) })
}

struct Largest<'a, F> {
    under: Under,
    x: &'a [F],
    y: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Largest<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Largest { under, x, y } = self;
        for (plane, y) in x.chunks_exact(under.plane().max(1)).zip(y.chunks_exact_mut(under.columns().max(1)))
        {
            if !under.in_pairs() {
                for (place, y) in y.iter_mut().enumerate() {
                    *y = under.elements(place).map(|k| plane[k]).reduce(larger).unwrap_or_default();
                }
                continue;
            }
            for (row, y) in y.chunks_exact_mut(under.places[1]).enumerate() {
                let x = under.pairs(plane, row);
                in_blocks(y.len(), Rows { x, y });
            }
        }
    }
}

/// Work on some places of a row, as many as the array lengths of its methods say.
trait Blocks {
    fn block<const N: usize>(&mut self, first: usize);
}

/// Does all places of a row: the last block may overlap the one before.
#[inline(always)]
fn in_blocks(places: usize, mut work: impl Blocks) {
    if places >= 16 {
        for first in (0..places - 16).step_by(16) {
            work.block::<16>(first);
        }
        work.block::<16>(places - 16);
    } else if places >= 8 {
        work.block::<8>(0);
        work.block::<8>(places - 8);
    } else if places >= 4 {
        work.block::<4>(0);
        work.block::<4>(places - 4);
    } else {
        for first in 0..places {
            work.block::<1>(first);
        }
    }
}

/// `N` of them from `first` on.
#[inline(always)]
fn some<const N: usize, T>(all: &[T], first: usize) -> Option<&[T; N]> {
    all.get(first..)?.first_chunk()
}

struct Rows<'a, F> {
    x: [&'a [[F; 2]]; 2],
    y: &'a mut [F],
}

impl<F: Float> Blocks for Rows<'_, F> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, first: usize) {
        let (Some(above), Some(below)) = (some::<N, _>(self.x[0], first), some::<N, _>(self.x[1], first))
        else {
            return;
        };
        for (k, y) in self.y[first..first + N].iter_mut().enumerate() {
            let ([a, b], [c, d]) = (above[k], below[k]);
            *y = larger(larger(a, b), larger(c, d));
        }
    }
}

struct Spread<'a, F> {
    under: Under,
    t: &'a [F],
    x: &'a [F],
    y: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Spread<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Spread { under, t, x, y } = self;
        let plane = under.plane().max(1);
        let width = under.extent[1];
        let planes = x.chunks_exact(plane).zip(t.chunks_exact(under.columns().max(1)));
        for ((x, t), y) in planes.zip(y.chunks_exact_mut(plane)) {
            if !under.in_pairs() {
                y.fill(F::default());
                for (place, &t) in t.iter().enumerate() {
                    let (largest, share) = largest_of(under.elements(place).map(|k| x[k]));
                    let part = t.mul(share);
                    let is_nan = share.partial_cmp(&share).is_none();
                    for k in under.elements(place) {
                        // If one is NaN, so is every share.
                        if x[k] == largest || is_nan {
                            y[k] = y[k].add(part);
                        }
                    }
                }
                continue;
            }
            for (row, t) in t.chunks_exact(under.places[1]).enumerate() {
                let (above, below) = y[2 * row * width..][..2 * width].split_at_mut(width);
                for line in [&mut *above, &mut *below] {
                    line[2 * t.len()..].fill(F::default());
                }
                let y = [above, below].map(|line| line[..2 * t.len()].as_chunks_mut().0);
                in_blocks(t.len(), Shares { x: under.pairs(x, row), t, y });
            }
            y[2 * under.places[0] * width..].fill(F::default());
        }
    }
}

struct Shares<'a, F> {
    x: [&'a [[F; 2]]; 2],
    t: &'a [F],
    y: [&'a mut [[F; 2]]; 2],
}

impl<F: Float> Blocks for Shares<'_, F> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, first: usize) {
        let (Some(above), Some(below)) = (some::<N, _>(self.x[0], first), some::<N, _>(self.x[1], first))
        else {
            return;
        };
        let Some(t) = some::<N, _>(self.t, first) else { return };
        let [y_above, y_below] = &mut self.y;
        let lines = y_above[first..first + N].iter_mut().zip(&mut y_below[first..first + N]);
        for (k, (y_above, y_below)) in lines.enumerate() {
            let x = [above[k][0], above[k][1], below[k][0], below[k][1]];
            let largest = larger(larger(x[0], x[1]), larger(x[2], x[3]));
            let is = x.map(|x| if x == largest { F::splat(1.0) } else { F::splat(0.0) });
            let count = is[0].add(is[1]).add(is[2].add(is[3]));
            // If one is NaN, none is largest, and 1/0 times 0 is NaN.
            let part = t[k].mul(F::splat(1.0).div(count));
            let [a, b, c, d] = is.map(|is| part.mul(is));
            *y_above = [a, b];
            *y_below = [c, d];
        }
    }
}
