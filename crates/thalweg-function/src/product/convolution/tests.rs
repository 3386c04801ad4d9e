//! Each side of a convolution against the sum that defines all three, in `f64`.

use super::super::half;
use super::{Convolution, Means, Number, Sliding};
use crate::kernel::half::Half;
use crate::kernel::isa::Isa;

/// `[images, channels, outputs]`, extent, size, stride, padding.
type Case = ([usize; 3], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

const CASES: [Case; 17] = [
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
    // Phases of a stride over several panels, with odd and even rows and columns.
    ([2, 3, 14], [29, 37], [3, 3], [2, 2], [1, 1]),
    ([1, 70, 3], [18, 20], [5, 4], [2, 2], [2, 1]),
    ([1, 2, 5], [17, 40], [3, 2], [2, 1], [1, 0]),
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
        Expected::rounded(s, |x| x, |x| x)
    }

    /// Of other numbers, which are rounded before they are multiplied.
    fn rounded(s: &Sliding, number: impl Fn(f64) -> f64, rounded: impl Fn(f64) -> f64) -> Self {
        let lengths = [s.images * s.image(), s.kernel(), s.images * s.result()];
        let given =
            [0, 1, 2].map(|k| numbers(lengths[k], k + 1).into_iter().map(&number).collect::<Vec<_>>());
        let seen = given.each_ref().map(|numbers| numbers.iter().copied().map(&rounded).collect::<Vec<_>>());
        let mut sums = lengths.map(|length| vec![(0.0, 0.0); length]);
        products(s, |x, k, y| {
            let places = [x, k, y];
            let all: [f64; 3] = [0, 1, 2].map(|i| seen[i][places[i]]);
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
fn found<F: Number>(means: Means, s: &Sliding, given: &[Vec<f64>; 3]) -> [Vec<F>; 3] {
    let [x, k, y] = given.each_ref().map(|numbers| numbers.iter().map(|&x| F::splat(x)).collect::<Vec<F>>());
    let sides = [
        (Convolution::images::<F>(means, *s), [&y, &k], x.len()),
        (Convolution::kernel::<F>(means, *s), [&x, &y], k.len()),
        (Convolution::results::<F>(means, *s), [&x, &k], y.len()),
    ];
    sides.map(|(mut side, operands, length)| {
        let operands = operands.map(Vec::as_slice);
        let mut result = vec![F::splat(-77.0); length];
        side.run(operands, &mut result, means.threads);
        let first: Vec<f64> = result.iter().map(|&x| x.into()).collect();
        side.run(operands, &mut result, means.threads);
        let same = |(a, b): (&f64, &F)| a.to_bits() == (*b).into().to_bits();
        assert!(first.iter().zip(&result).all(same), "the second run differs");
        result
    })
}

fn check<F: Number>(means: Means, s: &Sliding, expected: &Expected, eps: f64) {
    let sides = found::<F>(means, s, &expected.given);
    for (name, side, sums) in [
        ("images", &sides[0], &expected.sums[0]),
        ("kernel", &sides[1], &expected.sums[1]),
        ("results", &sides[2], &expected.sums[2]),
    ] {
        for (k, (&found, &(sum, size))) in side.iter().zip(sums).enumerate() {
            let bound = s.products().max(1).isqrt() as f64 * eps * size;
            let found: f64 = found.into();
            assert!((found - sum).abs() <= bound, "{means:?} {s:?}: {name}[{k}] is {found}, not {sum}");
        }
    }
}

fn check_all<F: Number>(eps: f64) {
    for case in &CASES {
        let s = sliding(case);
        let expected = Expected::new(&s);
        for isa in Isa::available() {
            check::<F>(Means { isa, half: None, threads: 1 }, &s, &expected, eps);
        }
    }
}

#[test]
fn all_sides_in_double_precision_are_those_of_the_sum() {
    check_all::<f64>(f64::EPSILON);
}

#[test]
fn all_sides_in_single_precision_are_those_of_the_sum() {
    check_all::<f32>(f64::from(f32::EPSILON));
}

/// Every way to compute in bf16: with instructions for it, and with every instruction set by rounding alone.
fn ways() -> Vec<Means> {
    let packing = Half::available().filter(|&half| half != Half::Rounded).map(|half| (Isa::Avx512, half));
    let all = packing.chain(Isa::available().map(|isa| (isa, Half::Rounded)));
    all.map(|(isa, half)| Means { isa, half: Some(half), threads: 1 }).collect()
}

#[test]
fn all_sides_in_bf16_are_those_of_the_sum_of_rounded_numbers() {
    for case in &CASES {
        let s = sliding(case);
        // Numbers that bf16 does not have.
        let uneven = |x: f64| f64::from((1.007 * x + 0.0013) as f32);
        let expected = Expected::rounded(&s, uneven, |x| f64::from(half::rounded(x as f32)));
        for means in ways() {
            check::<f32>(means, &s, &expected, f64::from(f32::EPSILON));
        }
    }
}

#[test]
fn what_is_infinite_or_no_number_reaches_the_places_whose_windows_cover_it_only() {
    for case in &CASES {
        let s = sliding(case);
        let given = Expected::new(&s).given;
        if s.images == 0 {
            continue;
        }
        for bad in [f64::NAN, f64::INFINITY] {
            let mut spoilt = given.clone();
            let place = spoilt[0].len() - 1;
            spoilt[0][place] = bad;
            let mut reached = vec![false; given[2].len()];
            products(&s, |x, _, y| reached[y] |= x == place);
            for means in ways() {
                let [_, _, results] = found::<f32>(means, &s, &spoilt);
                let finite = |(y, &reached): (&f32, &bool)| y.is_finite() != reached;
                assert!(results.iter().zip(&reached).all(finite), "{means:?} {s:?}");
            }
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for case in &CASES {
        let s = sliding(case);
        let given = Expected::new(&s).given;
        for means in ways().into_iter().chain([Means { isa: Isa::detect(), half: None, threads: 1 }]) {
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let sides = pool.install(|| found::<f32>(Means { threads, ..means }, &s, &given));
                sides.map(|side| side.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            };
            assert!(on(1) == on(2) && on(1) == on(3), "{means:?} {s:?}");
        }
    }
}
