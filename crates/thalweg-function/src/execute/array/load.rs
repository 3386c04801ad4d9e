//! Elements that do not lie one behind the other, brought into a row of lanes and back.

use super::plan::{Padding, Strided};

/// Walks the rows of a strided array: calls `row(place, offset, length)` for each stretch of the innermost axis among the elements
/// `start..start + count`, with its place in the block and its first element's offset.
#[inline(always)]
fn rows(elements: &Strided, start: usize, count: usize, mut row: impl FnMut(usize, isize, usize)) {
    let Some((&(length, stride), outer)) = elements.axes.split_last() else {
        row(0, elements.offset, count);
        return;
    };
    let mut index = [0_usize; 8];
    let (mut rest, mut column) = (start / length, start % length);
    let mut offset = elements.offset;
    for (k, &(outer_length, outer_stride)) in outer.iter().enumerate().rev() {
        index[k] = rest % outer_length;
        rest /= outer_length;
        offset += index[k] as isize * outer_stride;
    }
    let mut done = 0;
    while done < count {
        let taken = (length - column).min(count - done);
        row(done, offset + column as isize * stride, taken);
        done += taken;
        column = 0;
        for (k, &(outer_length, outer_stride)) in outer.iter().enumerate().rev() {
            index[k] += 1;
            offset += outer_stride;
            if index[k] < outer_length {
                break;
            }
            offset -= outer_length as isize * outer_stride;
            index[k] = 0;
        }
    }
}

/// Copies elements `start..start + count` to `target`.
///
/// # Safety
/// The elements lie within the array that `base` points at, and `target` has room for them.
#[inline(always)]
pub(super) unsafe fn load<F: Copy>(
    elements: &Strided,
    base: *const F,
    start: usize,
    count: usize,
    target: *mut F,
) {
    let stride = elements.axes.last().map_or(0, |&(_, stride)| stride);
    rows(elements, start, count, |place, offset, length| {
        // SAFETY: as promised by the caller.
        unsafe {
            let (source, target) = (base.offset(offset), target.add(place));
            match stride {
                0 => std::slice::from_raw_parts_mut(target, length).fill(*source),
                1 => std::ptr::copy_nonoverlapping(source, target, length),
                2 => (0..length).for_each(|k| *target.add(k) = *source.add(2 * k)),
                _ => (0..length).for_each(|k| *target.add(k) = *source.offset(k as isize * stride)),
            }
        }
    });
}

/// Copies `count` elements from `source` to the elements from `start` on.
///
/// # Safety
/// The elements lie within the array that `base` points at, and nobody else uses them.
#[inline(always)]
pub(super) unsafe fn store<F: Copy>(
    elements: &Strided,
    base: *mut F,
    start: usize,
    count: usize,
    source: *const F,
) {
    let stride = elements.axes.last().map_or(0, |&(_, stride)| stride);
    rows(elements, start, count, |place, offset, length| {
        // SAFETY: as promised by the caller.
        unsafe {
            let (source, target) = (source.add(place), base.offset(offset));
            match stride {
                1 => std::ptr::copy_nonoverlapping(source, target, length),
                2 => (0..length).for_each(|k| *target.add(2 * k) = *source.add(k)),
                _ => (0..length).for_each(|k| *target.offset(k as isize * stride) = *source.add(k)),
            }
        }
    });
}

/// As [`load`], of elements with zeros around them.
///
/// # Safety
/// As [`load`].
#[inline(always)]
pub(super) unsafe fn load_padded<F: Copy + Default>(
    elements: &Strided,
    padding: &Padding,
    base: *const F,
    start: usize,
    count: usize,
    target: *mut F,
) {
    let Padding { length, inner, .. } = *padding;
    let mut done = 0;
    while done < count {
        // A stretch of neighbours with one index along the padded axis, or along it if it is the last.
        let at = start + done;
        let (column, index, outer) = (at % inner, at / inner % length, at / inner / length);
        if inner == 1 {
            let taken = (length - index).min(count - done);
            // SAFETY: as promised by the caller.
            unsafe {
                std::slice::from_raw_parts_mut(target.add(done), taken).fill(F::default());
                for place in inside(padding, index, taken) {
                    let element = (place as isize - padding.start) / padding.step;
                    let source = outer * padding.count + element as usize;
                    load(elements, base, source, 1, target.add(done + place - index));
                }
            }
            done += taken;
            continue;
        }
        let taken = (inner - column).min(count - done);
        // SAFETY: as promised by the caller.
        unsafe {
            let target = target.add(done);
            match inside(padding, index, 1).next() {
                Some(place) => {
                    let element = ((place as isize - padding.start) / padding.step) as usize;
                    let source = (outer * padding.count + element) * inner + column;
                    load(elements, base, source, taken, target);
                }
                None => std::slice::from_raw_parts_mut(target, taken).fill(F::default()),
            }
        }
        done += taken;
    }
}

/// The indices among `first..first + count` along the padded axis that hold an element.
#[inline(always)]
fn inside(padding: &Padding, first: usize, count: usize) -> impl Iterator<Item = usize> {
    let Padding { start, step, count: elements, .. } = *padding;
    let ends = (start, start + (elements as isize - 1) * step);
    let (low, high) = (ends.0.min(ends.1), ends.0.max(ends.1));
    let size = step.unsigned_abs();
    // The first place at or behind `first`.
    let behind = (first as isize - low).max(0) as usize;
    let begin = low + (behind.div_ceil(size.max(1)) * size) as isize;
    let end = if elements == 0 { begin } else { (high + 1).min((first + count) as isize) };
    (begin..end.max(begin)).step_by(size.max(1)).map(|place| place as usize)
}

#[cfg(test)]
mod tests {
    use super::super::plan::Region;
    use super::*;

    #[test]
    fn blocks_of_any_start_hold_the_elements_of_the_whole() {
        let data: Vec<f64> = (0..24).map(f64::from).collect();
        let elements = Strided { region: Region::Inputs, offset: 1, axes: vec![(2, 12), (3, 1), (2, 4)] };
        let mut whole = vec![0.0; 12];
        // SAFETY: the largest offset is 1 + 12 + 2 + 4.
        unsafe { load(&elements, data.as_ptr(), 0, 12, whole.as_mut_ptr()) };
        assert_eq!(whole, [1.0, 5.0, 2.0, 6.0, 3.0, 7.0, 13.0, 17.0, 14.0, 18.0, 15.0, 19.0]);
        for start in 0..12 {
            for count in 0..=12 - start {
                let mut block = vec![0.0; count];
                // SAFETY: as above.
                unsafe { load(&elements, data.as_ptr(), start, count, block.as_mut_ptr()) };
                assert_eq!(block, whole[start..start + count]);
            }
        }
    }

    #[test]
    fn padded_elements_stand_at_their_places_with_zeros_between() {
        let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        // Two rows of three at places 1, 3, 5 of seven.
        let elements = Strided { region: Region::Inputs, offset: 0, axes: vec![(6, 1)] };
        let padding = Padding { length: 7, inner: 1, start: 1, step: 2, count: 3 };
        let whole = [0.0, 1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0, 4.0, 0.0, 5.0, 0.0, 6.0, 0.0];
        // Backwards: 5, 3, 1.
        let back = Padding { start: 5, step: -2, ..padding };
        let flipped = [0.0, 3.0, 0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 6.0, 0.0, 5.0, 0.0, 4.0, 0.0];
        // Three rows of two at places 0 and 2 .. of four, one behind the other.
        let rows = Padding { length: 4, inner: 2, start: 0, step: 1, count: 3 };
        let row_wise = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0];
        for (padding, whole) in [(padding, &whole[..]), (back, &flipped), (rows, &row_wise)] {
            for start in 0..whole.len() {
                for count in 0..=whole.len() - start {
                    let mut block = vec![9.0; count];
                    // SAFETY: all elements of the data are within it.
                    unsafe {
                        load_padded(&elements, &padding, data.as_ptr(), start, count, block.as_mut_ptr());
                    };
                    assert_eq!(block, whole[start..start + count], "{padding:?} {start} {count}");
                }
            }
        }
    }
}
