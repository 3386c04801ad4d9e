//! Operations on whole arrays as what they do to single elements, for transformations that work element by element.

use crate::primitive::{ArrayOp, Axes, Op, Window};
use crate::program::Shape;

/// An index along each axis.
type Place = [usize; Shape::MAX_RANK];

/// All places of an array, in the order in which its elements are stored.
pub(super) fn places(shape: Shape) -> impl Iterator<Item = Place> {
    let strides = shape.strides();
    (0..shape.size()).map(move |offset| {
        let mut place = Place::default();
        for k in 0..shape.rank() {
            place[k] = offset / strides[k] % shape.axis(k);
        }
        place
    })
}

/// Where the element at a place is stored.
pub(super) fn offset(shape: Shape, place: &[usize]) -> usize {
    place.iter().zip(shape.axes()).fold(0, |offset, (&index, length)| offset * length + index)
}

/// For operations that only move numbers: for each element of the result, the operand it comes from and its number there,
/// or `None` for a zero. `None` for all other operations.
pub(super) fn sources(op: Op, from: &[Shape], to: Shape) -> Option<Vec<Option<(usize, usize)>>> {
    let same = |place: Place| Some((0, offset(from[0], &place[..from[0].rank()])));
    let moved: Vec<_> = match op {
        Op::Broadcast(mask) => places(to)
            .map(|place| {
                let own: Vec<_> = Axes(mask).iter().map(|k| place[k]).collect();
                Some((0, offset(from[0], &own)))
            })
            .collect(),
        Op::Array(ArrayOp::Reshape | ArrayOp::StopGradient) => (0..to.size()).map(|k| Some((0, k))).collect(),
        Op::Array(ArrayOp::Permute(order)) => places(to)
            .map(|place| {
                let mut source = Place::default();
                for (k, &axis) in order[..to.rank()].iter().enumerate() {
                    source[usize::from(axis)] = place[k];
                }
                same(source)
            })
            .collect(),
        Op::Array(ArrayOp::Slice(span)) => places(to)
            .map(|mut place| {
                let index = &mut place[usize::from(span.axis)];
                *index = (i64::from(span.start) + *index as i64 * i64::from(span.step)) as usize;
                same(place)
            })
            .collect(),
        Op::Array(ArrayOp::Pad(span)) => places(to)
            .map(|mut place| {
                let index = &mut place[usize::from(span.axis)];
                let (beyond, step) = (*index as i64 - i64::from(span.start), i64::from(span.step));
                let inside = beyond % step == 0
                    && (0..from[0].axis(usize::from(span.axis)) as i64).contains(&(beyond / step));
                *index = (beyond / step).max(0) as usize;
                if inside { same(place) } else { None }
            })
            .collect(),
        Op::Array(ArrayOp::Concat(axis)) => {
            let axis = usize::from(axis);
            let first = from[0].axis(axis);
            let source = |mut place: Place| {
                let i = usize::from(place[axis] >= first);
                place[axis] -= i * first;
                Some((i, offset(from[i], &place[..from[i].rank()])))
            };
            places(to).map(source).collect()
        }
        Op::Array(ArrayOp::Patches(window)) => {
            covered(window, from[0], to).into_iter().map(|source| source.map(|k| (0, k))).collect()
        }
        _ => return None,
    };
    Some(moved)
}

/// For each element of the patches of an array of shape `from`, the element that the window covers, or `None` for the
/// padding.
fn covered(window: Window, from: Shape, patches: Shape) -> Vec<Option<usize>> {
    let rank = from.rank();
    let [height, width] = window.size.map(usize::from);
    let extent = [from.axis(rank - 2), from.axis(rank - 1)];
    let across = window.places(extent).unwrap_or_default()[1].max(1);
    let element = |place: Place| {
        let (row, column) = (place[rank - 2], place[rank - 1]);
        let (plane, i, j) = (row / (height * width), row / width % height, row % width);
        let inside = |k: usize, at: usize, within: usize| {
            let stride = usize::from(window.stride[k]).max(1);
            (at * stride + within)
                .checked_sub(usize::from(window.padding[k]))
                .filter(|&index| index < extent[k])
        };
        let (y, x) = (inside(0, column / across, i)?, inside(1, column % across, j)?);
        let mut source = place;
        [source[rank - 3], source[rank - 2], source[rank - 1]] = [plane, y, x];
        Some(offset(from, &source[..rank]))
    };
    // The patches have one axis less.
    places(patches)
        .map(|place| {
            let mut shifted = place;
            shifted[rank - 2] = place[rank - 3];
            shifted[rank - 1] = place[rank - 2];
            element(shifted)
        })
        .collect()
}

/// For operations that combine elements of one operand: for each element of the result, which ones. `None` for all other
/// operations.
pub(super) fn combined(op: ArrayOp, from: Shape, to: Shape) -> Option<Vec<Vec<usize>>> {
    let mut groups = vec![Vec::new(); to.size()];
    match op {
        ArrayOp::Sum(axes) | ArrayOp::Largest(axes) | ArrayOp::Smallest(axes) => {
            for (k, place) in places(from).enumerate() {
                let kept: Vec<_> =
                    (0..from.rank()).filter(|&k| !axes.contains(k)).map(|k| place[k]).collect();
                groups[offset(to, &kept)].push(k);
            }
        }
        ArrayOp::ArgMax(axis) => return combined(ArrayOp::Largest(Axes::of([usize::from(axis)])), from, to),
        ArrayOp::Unpatch(window) => {
            for (k, element) in covered(window, to, from).into_iter().enumerate() {
                if let Some(element) = element {
                    groups[element].push(k);
                }
            }
        }
        _ => return None,
    }
    Some(groups)
}

/// For indexing: the element of `y` or of `x` that each element belongs to. In `Take` and `TakeAlong`, for each element of the
/// result its element of `x`; in the transposes, for each element of `x` its element of the result. `None` for other
/// operations, and for an index that is none.
pub(super) fn indexed(op: ArrayOp, indices: &[f64], shapes: [Shape; 2], to: Shape) -> Option<Vec<usize>> {
    let (short, long, axis, along) = match op {
        ArrayOp::Take(axis) => (to, shapes[0], axis, false),
        ArrayOp::TakeAlong(axis) => (to, shapes[0], axis, true),
        ArrayOp::ScatterAdd(axis) => (shapes[0], to, axis, false),
        ArrayOp::ScatterAlong(axis) => (shapes[0], to, axis, true),
        _ => return None,
    };
    let axis = usize::from(axis);
    let count = if along { 1 } else { shapes[1].rank() };
    let element = |(k, place): (usize, Place)| {
        let index = if along { indices[k] } else { indices[offset(shapes[1], &place[axis..axis + count])] };
        let valid = index >= 0.0 && index < long.axis(axis) as f64 && index.fract() == 0.0;
        let whole: Vec<_> = place[..axis]
            .iter()
            .copied()
            .chain([index as usize])
            .chain(place[axis + count..short.rank()].iter().copied())
            .collect();
        valid.then(|| offset(long, &whole))
    };
    places(short).enumerate().map(element).collect()
}
