//! The largest and the sum under a window, against their compositions of patches and reductions.

use super::{bits, computed, same_bits_on_three_threads, scattered};
use crate::execute::Executable;
use crate::primitive::{ArrayOp, Window, composition};
use crate::program::Shape;

fn window(size: [u8; 2], stride: [u8; 2]) -> Window {
    Window { size, stride, padding: [0, 0] }
}

/// Extent, size and stride; the windows of two by two come in all lengths of blocks.
const CASES: [([usize; 2], [u8; 2], [u8; 2]); 15] = [
    ([4, 6], [2, 2], [2, 2]),
    ([5, 9], [2, 2], [2, 2]),
    ([3, 21], [2, 2], [2, 2]),
    ([7, 39], [2, 2], [2, 2]),
    ([2, 2], [2, 2], [2, 2]),
    ([5, 6], [3, 2], [1, 2]),
    ([6, 7], [2, 3], [3, 1]),
    ([8, 8], [1, 1], [3, 3]),
    ([5, 5], [5, 5], [1, 1]),
    ([7, 9], [3, 3], [2, 2]),
    ([6, 8], [3, 3], [2, 2]),
    ([7, 11], [3, 3], [3, 3]),
    ([9, 11], [2, 5], [3, 3]),
    ([9, 13], [2, 2], [4, 4]),
    ([6, 6], [1, 4], [2, 2]),
];

/// What another program computes in `f64`.
fn by_composition(op: ArrayOp, operands: &[(&[f64], Shape)], shape: Shape) -> Vec<f64> {
    let shapes: Vec<_> = operands.iter().map(|operand| operand.1).collect();
    let program = composition(op, &shapes, shape).unwrap();
    let inputs: Vec<f64> = operands.iter().flat_map(|operand| operand.0.iter().copied()).collect();
    let mut result = vec![0.0; shape.size()];
    Executable::new(&program).unwrap().run(&inputs, &mut result).unwrap();
    result
}

/// Few different numbers, so that many are equal.
fn coarse(count: usize) -> Vec<f64> {
    scattered(count).iter().map(|x| (x * 3.0).round()).collect()
}

#[test]
fn pools_gather_and_spread_as_patches_and_reductions_do() {
    for (extent, size, stride) in CASES {
        let window = window(size, stride);
        let places = window.places(extent).unwrap();
        let shape = Shape::from([2, 3, extent[0], extent[1]]);
        let pooled = Shape::from([2, 3, places[0], places[1]]);
        let x = coarse(shape.size());
        // Shares of a power of two are exact; those of three are not.
        let t: Vec<_> = coarse(shape.size()).iter().map(|t| t * 5040.0).collect();
        let x = (x.as_slice(), shape);
        for (op, operands, shape) in [
            (ArrayOp::MaxPool(window), vec![x], pooled),
            (ArrayOp::PoolGather(window), vec![(t.as_slice(), shape), x], pooled),
            (ArrayOp::PoolSpread(window), vec![(&t[..pooled.size()], pooled), x], shape),
            (ArrayOp::SumPool(window), vec![x], pooled),
            (ArrayOp::SumSpread(window), vec![(&t[..pooled.size()], pooled)], shape),
        ] {
            let found = computed(op, &operands, shape).unwrap();
            let expected = by_composition(op, &operands, shape);
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() <= 1e-11 * expected.abs().max(1.0),
                    "{op}: {found}, {expected}"
                );
            }
        }
    }
}

#[test]
fn a_nan_under_a_window_is_its_largest_and_takes_every_share() {
    for (size, stride) in [([2, 2], [2, 2]), ([2, 2], [2, 1])] {
        let window = window(size, stride);
        let shape = Shape::from([1, 2, 4]);
        let pooled = Shape::from([1, 1, window.places([2, 4]).unwrap()[1]]);
        for k in [0, 1, 4, 5] {
            let mut x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
            x[k] = f64::NAN;
            let largest = computed(ArrayOp::MaxPool(window), &[(&x, shape)], pooled).unwrap();
            assert!(largest[0].is_nan() && largest[pooled.size() - 1] == 8.0, "{k}: {largest:?}");
            let t = vec![1.0; pooled.size()];
            let spread =
                computed(ArrayOp::PoolSpread(window), &[(t.as_slice(), pooled), (&x, shape)], shape).unwrap();
            assert!([0, 1, 4, 5].iter().all(|&k| spread[k].is_nan()) && spread[7] == 1.0, "{k}: {spread:?}");
        }
    }
}

#[test]
fn pools_in_single_precision_are_those_in_double() {
    let window = window([2, 2], [2, 2]);
    let (shape, pooled) = (Shape::from([3, 9, 45]), Shape::from([3, 4, 22]));
    let (x, t) = (coarse(shape.size()), coarse(pooled.size()));
    let narrow = |numbers: &[f64]| numbers.iter().map(|&x| x as f32).collect::<Vec<_>>();
    let wide = |numbers: Vec<f32>| numbers.into_iter().map(f64::from).collect::<Vec<_>>();
    let (single_x, single_t) = (narrow(&x), narrow(&t));
    let pool = ArrayOp::MaxPool(window);
    let found = computed(pool, &[(single_x.as_slice(), shape)], pooled).unwrap();
    assert_eq!(bits(&wide(found)), bits(&computed(pool, &[(x.as_slice(), shape)], pooled).unwrap()));
    let spread = ArrayOp::PoolSpread(window);
    let single = [(single_t.as_slice(), pooled), (single_x.as_slice(), shape)];
    let double = [(t.as_slice(), pooled), (x.as_slice(), shape)];
    let (found, expected) =
        (computed(spread, &single, shape).unwrap(), computed(spread, &double, shape).unwrap());
    assert_eq!(bits(&found), bits(&narrow(&expected)));
}

#[test]
fn pools_do_not_depend_on_the_number_of_threads() {
    let window = window([2, 2], [2, 2]);
    let (shape, pooled) = (Shape::from([40, 61, 62]), Shape::from([40, 30, 31]));
    let (x, t) = (coarse(shape.size()), coarse(shape.size()));
    let of_x = (x.as_slice(), shape);
    same_bits_on_three_threads(ArrayOp::MaxPool(window), &[of_x], pooled);
    same_bits_on_three_threads(ArrayOp::PoolGather(window), &[(&t, shape), of_x], pooled);
    same_bits_on_three_threads(ArrayOp::PoolSpread(window), &[(&t[..pooled.size()], pooled), of_x], shape);
    same_bits_on_three_threads(ArrayOp::SumPool(window), &[of_x], pooled);
    same_bits_on_three_threads(ArrayOp::SumSpread(window), &[(&t[..pooled.size()], pooled)], shape);
}
