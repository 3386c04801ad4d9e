//! The sum under a window at each of its places, and the transpose: a number of each place to all elements under the window there.
//!
//! Sums go over the elements of the window in their order, those over places row after row, so that bits depend on the shapes alone.

use super::pool::Under;
use super::split::share;
use crate::execute::Float;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::primitive::Window;
use crate::program::Shape;

/// `x` is `[…, h, w]`.
pub(super) fn sum<F: Float>(window: Window, x: &[F], shape: Shape, y: &mut [F], threads: usize) {
    let under = Under::new(window, shape);
    share(y, under.columns().max(1), x.len(), threads, |first, y| {
        let x = &x[first * under.plane()..];
        F::dispatch(Isa::detect(), Sums { under, x, y });
    });
}

/// `y` is `[…, h, w]`, of this shape.
pub(super) fn spread<F: Float>(window: Window, t: &[F], shape: Shape, y: &mut [F], threads: usize) {
    let under = Under::new(window, shape);
    share(y, under.plane().max(1), shape.size(), threads, |first, y| {
        let t = &t[first * under.columns()..];
        F::dispatch(Isa::detect(), Spread { under, t, y });
    });
}

struct Sums<'a, F> {
    under: Under,
    x: &'a [F],
    y: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Sums<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Under { size, stride, extent: [_, width], places } = self.under;
        let (plane, columns) = (self.under.plane().max(1), self.under.columns().max(1));
        for (x, y) in self.x.chunks_exact(plane).zip(self.y.chunks_exact_mut(columns)) {
            y.fill(F::default());
            for (i, y) in y.chunks_exact_mut(places[1].max(1)).enumerate() {
                for x in x[i * stride[0] * width..].chunks_exact(width).take(size[0]) {
                    match (size[1], stride[1]) {
                        (2, 2) => add_under::<F, 2>(x, y),
                        (3, 3) => add_under::<F, 3>(x, y),
                        (_, 1) => (0..size[1]).for_each(|b| add_every::<F, 1>(&x[b..], y)),
                        (_, 2) => (0..size[1]).for_each(|b| add_every::<F, 2>(&x[b..], y)),
                        (size, step) => {
                            for b in 0..size {
                                let covered = x[b..].iter().step_by(step);
                                y.iter_mut().zip(covered).for_each(|(y, &x)| *y = y.add(x));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Adds to each place what it covers of a row, where the places stand side by side, `N` elements wide.
#[inline(always)]
fn add_under<F: Float, const N: usize>(x: &[F], y: &mut [F]) {
    for (y, x) in y.iter_mut().zip(x.as_chunks::<N>().0) {
        *y = x.iter().fold(*y, |sum, &x| sum.add(x));
    }
}

/// Adds to each place every `N`-th number of a row.
#[inline(always)]
fn add_every<F: Float, const N: usize>(x: &[F], y: &mut [F]) {
    let whole = x.as_chunks::<N>().0;
    let (most, last) = y.split_at_mut(y.len().min(whole.len()));
    most.iter_mut().zip(whole).for_each(|(y, x)| *y = y.add(x[0]));
    // The row may end with what the last place covers.
    last.iter_mut().zip(x[whole.len() * N..].first()).for_each(|(y, &x)| *y = y.add(x));
}

struct Spread<'a, F> {
    under: Under,
    t: &'a [F],
    y: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Spread<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Under { size, stride, extent: [_, width], places } = self.under;
        let (plane, columns) = (self.under.plane().max(1), self.under.columns().max(1));
        for (t, y) in self.t.chunks_exact(columns).zip(self.y.chunks_exact_mut(plane)) {
            y.fill(F::default());
            for (i, t) in t.chunks_exact(places[1].max(1)).enumerate() {
                for y in y[i * stride[0] * width..].chunks_exact_mut(width).take(size[0]) {
                    match (size[1], stride[1]) {
                        (2, 2) => give_under::<F, 2>(t, y),
                        (3, 3) => give_under::<F, 3>(t, y),
                        (_, 1) => (0..size[1]).for_each(|b| give_every::<F, 1>(t, &mut y[b..])),
                        (_, 2) => (0..size[1]).for_each(|b| give_every::<F, 2>(t, &mut y[b..])),
                        (size, step) => {
                            for b in 0..size {
                                let covered = y[b..].iter_mut().step_by(step);
                                covered.zip(t).for_each(|(y, &t)| *y = y.add(t));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The transpose of [`add_under`].
#[inline(always)]
fn give_under<F: Float, const N: usize>(t: &[F], y: &mut [F]) {
    for (y, &t) in y.as_chunks_mut::<N>().0.iter_mut().zip(t) {
        *y = y.map(|y| y.add(t));
    }
}

/// The transpose of [`add_every`].
#[inline(always)]
fn give_every<F: Float, const N: usize>(t: &[F], y: &mut [F]) {
    let (whole, rest) = y.as_chunks_mut::<N>();
    let (most, last) = t.split_at(t.len().min(whole.len()));
    whole.iter_mut().zip(most).for_each(|(y, &t)| y[0] = y[0].add(t));
    rest.iter_mut().zip(last).for_each(|(y, &t)| *y = y.add(t));
}
