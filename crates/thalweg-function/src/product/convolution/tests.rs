//! Each side of a convolution against the sum that defines all three, in `f64`.

use super::{Convolution, Number, Sliding};
use crate::kernel::isa::Isa;

/// `[images, channels, outputs]`, extent, size, stride, padding.
type Case = ([usize; 3], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

const CASES: [Case; 14] = [
    ([2, 3, 4], [5, 7], [3, 3], [1, 1], [1, 1]),
    ([1, 1, 1], [1, 1], [1, 1], [1, 1], [0, 0]),
    ([3, 2, 13], [9, 6], [2, 3], [1, 1], [0, 0]),
    ([2, 3, 5], [11, 12], [3, 2], [2, 3], [1, 0]),
    // More zeros around than the window is high.
    ([2, 2, 3], [4, 5], [2, 2], [1, 1], [3, 4]),
    // Rows and columns that no window reaches.
    ([2, 2, 3], [10, 11], [2, 3], [4, 4], [0, 0]),
    ([1, 2, 2], [7, 9], [1, 1], [3, 2], [2, 1]),
    ([2, 1, 33], [28, 28], [5, 5], [1, 1], [2, 2]),
    // Sums cut along the channels, and along the places.
    ([2, 70, 3], [4, 4], [3, 3], [1, 1], [1, 1]),
    ([1, 2, 40], [30, 31], [3, 3], [1, 1], [1, 1]),
    // Few places, many images.
    ([37, 5, 9], [3, 3], [3, 3], [1, 1], [0, 0]),
    ([19, 9, 17], [6, 5], [3, 3], [1, 2], [0, 1]),
    ([5, 64, 40], [14, 14], [3, 3], [1, 1], [1, 1]),
    ([0, 2, 3], [4, 4], [3, 3], [1, 1], [1, 1]),
];

fn sliding(&([images, channels, outputs], extent, size, stride, padding): &Case) -> Sliding {
    let places = [0, 1].map(|k| (extent[k] + 2 * padding[k] - size[k]) / stride[k] + 1);
    Sliding { images, channels, outputs, extent, size, stride, padding, places }
}

/// Multiples of 1/64 in [−1, 1), irregular but the same each time.
fn numbers(count: usize, seed: usize) -> Vec<f64> {
    let mixed = |i: usize| (i * 7919 + seed * 1_299_709).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    (0..count).map(|i| (mixed(i) % 128) as f64 / 64.0 - 1.0).collect()
}

/// Calls `visit` with the places of an image's number, a kernel's and a result's, for every product in the sum.
fn products(s: &Sliding, mut visit: impl FnMut(usize, usize, usize)) {
    let [height, width] = s.extent;
    for n in 0..s.images {
        for o in 0..s.outputs {
            for c in 0..s.channels {
                for (a, b) in (0..s.elements()).map(|e| (e / s.size[1], e % s.size[1])) {
                    for (i, j) in (0..s.places[0] * s.places[1]).map(|p| (p / s.places[1], p % s.places[1])) {
                        let row = (i * s.stride[0] + a).checked_sub(s.padding[0]);
                        let column = (j * s.stride[1] + b).checked_sub(s.padding[1]);
                        let Some((row, column)) = row.zip(column) else { continue };
                        if row < height && column < width {
                            visit(
                                ((n * s.channels + c) * height + row) * width + column,
                                ((o * s.channels + c) * s.size[0] + a) * s.size[1] + b,
                                ((n * s.outputs + o) * s.places[0] + i) * s.places[1] + j,
                            );
                        }
                    }
                }
            }
        }
    }
}

/// Images, kernel and results; the sums along each of them, and the sums of the products' magnitudes.
struct Expected {
    given: [Vec<f64>; 3],
    sums: [Vec<(f64, f64)>; 3],
}

impl Expected {
    fn new(s: &Sliding) -> Self {
        let lengths = [s.images * s.image(), s.kernel(), s.images * s.result()];
        let given = [0, 1, 2].map(|k| numbers(lengths[k], k + 1));
        let mut sums = lengths.map(|length| vec![(0.0, 0.0); length]);
        products(s, |x, k, y| {
            let places = [x, k, y];
            let all: [f64; 3] = [0, 1, 2].map(|i| given[i][places[i]]);
            for i in 0..3 {
                let product = all[(i + 1) % 3] * all[(i + 2) % 3];
                let sum = &mut sums[i][places[i]];
                *sum = (sum.0 + product, sum.1 + product.abs());
            }
        });
        Expected { given, sums }
    }
}

/// The three sides, computed twice with the same memory.
fn found<F: Number>(isa: Isa, s: &Sliding, given: &[Vec<f64>; 3], threads: usize) -> [Vec<F>; 3] {
    let [x, k, y] = given.each_ref().map(|numbers| numbers.iter().map(|&x| F::splat(x)).collect::<Vec<F>>());
    let sides = [
        (Convolution::images::<F>(isa, *s, threads), [&y, &k], x.len()),
        (Convolution::kernel::<F>(isa, *s, threads), [&x, &y], k.len()),
        (Convolution::results::<F>(isa, *s, threads), [&x, &k], y.len()),
    ];
    sides.map(|(mut side, operands, length)| {
        let operands = operands.map(Vec::as_slice);
        let mut result = vec![F::splat(-77.0); length];
        side.run(operands, &mut result, threads);
        let first: Vec<f64> = result.iter().map(|&x| x.into()).collect();
        side.run(operands, &mut result, threads);
        assert!(first.iter().zip(&result).all(|(a, &b)| *a == b.into()), "the second run differs");
        result
    })
}

fn check<F: Number>(eps: f64) {
    for case in &CASES {
        let s = sliding(case);
        let expected = Expected::new(&s);
        for isa in Isa::available() {
            let sides = found::<F>(isa, &s, &expected.given, 1);
            for (name, side, sums) in [
                ("images", &sides[0], &expected.sums[0]),
                ("kernel", &sides[1], &expected.sums[1]),
                ("results", &sides[2], &expected.sums[2]),
            ] {
                for (k, (&found, &(sum, size))) in side.iter().zip(sums).enumerate() {
                    let bound = s.products().max(1).isqrt() as f64 * eps * size;
                    let found: f64 = found.into();
                    assert!((found - sum).abs() <= bound, "{isa:?} {s:?}: {name}[{k}] is {found}, not {sum}");
                }
            }
        }
    }
}

#[test]
fn all_sides_in_double_precision_are_those_of_the_sum() {
    check::<f64>(f64::EPSILON);
}

#[test]
fn all_sides_in_single_precision_are_those_of_the_sum() {
    check::<f32>(f64::from(f32::EPSILON));
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for case in &CASES {
        let s = sliding(case);
        let given = Expected::new(&s).given;
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let sides = pool.install(|| found::<f32>(Isa::detect(), &s, &given, threads));
            sides.map(|side| side.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
        };
        assert!(on(1) == on(2) && on(1) == on(3), "{s:?}");
    }
}
