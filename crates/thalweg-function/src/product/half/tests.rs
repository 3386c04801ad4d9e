//! Products in bf16 compared with those in `f64` of the rounded operands, in every way that the machine has.

use std::ops::Range;
use std::sync::Mutex;

use super::super::tests::{Matrix, ORDERS, Order, all_orders, element};
use super::super::{How, Workspace, multiply};
use super::number::rounded;
use crate::kernel::half::Half;
use crate::kernel::isa::Isa;

/// How sums of three operations are off at most, times the size of their terms and their number.
const EPS: f64 = f32::EPSILON as f64;

/// Every way to multiply: with instructions for bf16, and with every instruction set by rounding alone.
fn ways() -> Vec<(Isa, Half)> {
    let packing = Half::available().filter(|&half| half != Half::Rounded).map(|half| (Isa::Avx512, half));
    packing.chain(Isa::available().map(|isa| (isa, Half::Rounded))).collect()
}

fn how((isa, half): (Isa, Half), threads: usize, accumulate: bool) -> How<'static> {
    How { isa, half: Some(half), threads, accumulate, epilogue: None }
}

/// Numbers that bf16 does not have.
fn uneven(seed: usize) -> impl Fn(usize, usize) -> f64 {
    let element = element(seed);
    move |i, j| 1.007 * element(i, j) + 0.0013
}

struct Case {
    dims: [usize; 3],
    orders: [Order; 3],
}

impl Case {
    fn operands(&self) -> (Matrix<f32>, Matrix<f32>) {
        let ([m, n, k], [a, b, _]) = (self.dims, self.orders);
        (Matrix::new(m, k, a, uneven(1)), Matrix::new(k, n, b, uneven(2)))
    }

    fn target(&self) -> Matrix<f32> {
        let [m, n, _] = self.dims;
        Matrix::new(m, n, self.orders[2], element(3))
    }

    fn multiply(&self, how: &How<'_>) -> Matrix<f32> {
        let (a, b) = self.operands();
        let mut c = self.target();
        // SAFETY: the views are those of three separate matrices.
        unsafe { multiply(a.view(), b.view(), c.view_mut(), how, &mut Workspace::default()) };
        c
    }

    /// Whether every element is within `k·eps·Σ|aᵢₚ·bₚⱼ|` of the sum in `f64`, the products exact.
    fn check(&self, way: (Isa, Half)) {
        let ([m, n, k], orders) = (self.dims, self.orders);
        let (a, b) = self.operands();
        let half = |x: f64| f64::from(rounded(x as f32));
        let rows: Vec<Vec<f64>> = (0..m).map(|i| (0..k).map(|p| half(a.get(i, p))).collect()).collect();
        let cols: Vec<Vec<f64>> = (0..n).map(|j| (0..k).map(|p| half(b.get(p, j))).collect()).collect();
        let old = self.target();
        let [plain, added] = [false, true].map(|accumulate| self.multiply(&how(way, 1, accumulate)));
        for (i, row) in rows.iter().enumerate() {
            for (j, col) in cols.iter().enumerate() {
                let products = || row.iter().zip(col).map(|(a, b)| a * b);
                let (sum, size) = (products().sum::<f64>(), products().map(f64::abs).sum::<f64>());
                for (c, start) in [(&plain, 0.0), (&added, old.get(i, j))] {
                    let (found, bound) = (c.get(i, j), (k + 1) as f64 * EPS * (size + start.abs()));
                    assert!(
                        (found - sum - start).abs() <= bound,
                        "{way:?} {m}×{k} by {k}×{n} {orders:?}, ({i}, {j}): {found}, not {}",
                        sum + start
                    );
                }
            }
        }
        assert!([plain, added].iter().all(|c| c.gaps() == old.gaps()), "numbers beside C were written");
    }
}

const EDGES: [usize; 11] = [2, 7, 15, 16, 17, 31, 32, 33, 64, 65, 257];

#[test]
fn products_are_those_of_rounded_operands_for_all_shapes_strides_and_ways() {
    let along = EDGES.into_iter().flat_map(|edge| [[edge, 33, 40], [40, edge, 33], [33, 40, edge]]);
    let corners =
        [[17, 17, 17], [33, 33, 33], [16, 32, 64], [64, 16, 32], [7, 65, 31], [257, 2, 15], [2, 257, 65]];
    for way in ways() {
        for dims in along.clone().chain(corners) {
            for orders in all_orders() {
                Case { dims, orders }.check(way);
            }
        }
    }
}

#[test]
fn products_of_several_blocks_are_those_of_rounded_operands() {
    for way in ways() {
        for dims in [[70, 40, 2100], [20, 600, 1000], [35, 1100, 300]] {
            for orders in [
                [Order::Rows; 3],
                [Order::Cols, Order::Rows, Order::Rows],
                [Order::Rows, Order::Cols, Order::Cols],
            ] {
                Case { dims, orders }.check(way);
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for way in ways() {
        for dims in [[256, 100, 300], [20, 700, 521], [300, 40, 400], [70, 600, 1100]] {
            for a in ORDERS {
                for b in ORDERS {
                    let case = Case { dims, orders: [a, b, Order::Rows] };
                    let bits = |threads: usize| {
                        let numbers = case.multiply(&how(way, threads, false)).numbers;
                        numbers.into_iter().map(f32::to_bits).collect::<Vec<_>>()
                    };
                    let one = bits(1);
                    for threads in [2, 3, 8] {
                        assert!(one == bits(threads), "{way:?} {dims:?} {a:?} {b:?} on {threads} threads");
                    }
                }
            }
        }
    }
}

#[test]
fn the_epilogue_sees_every_element_once_and_finished() {
    for way in ways() {
        for dims @ [m, n, _] in [[300, 70, 400], [9, 600, 1100], [700, 20, 300]] {
            for order in ORDERS {
                let case = Case { dims, orders: [order, Order::Rows, order] };
                let expected = case.multiply(&how(way, 1, false));
                let (a, b) = case.operands();
                let mut c = case.target();
                let place = c.view_mut();
                let seen = Mutex::new(vec![0; m * n]);
                let epilogue = |rows: Range<usize>, cols: Range<usize>| {
                    for i in rows {
                        for j in cols.clone() {
                            // SAFETY: an element of C that its thread has finished.
                            let found = unsafe { *place.at(i, j) };
                            assert_eq!(f64::from(found), expected.get(i, j), "({i}, {j}) is not finished");
                            seen.lock().unwrap()[i * n + j] += 1;
                        }
                    }
                };
                let how = How { epilogue: Some(&epilogue), ..how(way, 2, false) };
                // SAFETY: the views are those of three separate matrices.
                unsafe { multiply(a.view(), b.view(), place, &how, &mut Workspace::default()) };
                assert!(seen.lock().unwrap().iter().all(|&times| times == 1), "{way:?} {dims:?}");
            }
        }
    }
}

#[test]
fn the_workspace_asked_for_suffices() {
    for way @ (isa, half) in ways() {
        for dims in
            [[256, 512, 784], [512, 10, 256], [1, 100, 3000], [90, 1, 70], [300, 400, 1], [20, 1300, 600]]
        {
            for orders in ORDERS.map(|order| [order; 3]) {
                for threads in [1, 2] {
                    let bytes = Workspace::bytes_for::<f32>(isa, Some(half), dims, threads);
                    let mut workspace = Workspace::with_bytes(bytes);
                    let before = workspace.bytes();
                    let case = Case { dims, orders };
                    let (a, b) = case.operands();
                    let mut c = case.target();
                    // SAFETY: the views are those of three separate matrices.
                    unsafe {
                        multiply(a.view(), b.view(), c.view_mut(), &how(way, threads, false), &mut workspace);
                    };
                    assert_eq!(workspace.bytes(), before, "{way:?} {dims:?} {orders:?}");
                }
            }
        }
    }
}

#[test]
fn every_way_rounds_both_operands_alike() {
    let bits = [
        0x0000_0000,
        0x8000_0000,
        0x3f80_0000,
        0x3f80_7fff,
        0x3f80_8000,
        0x3f80_8001,
        0x3f81_7fff,
        0x3f81_8000,
        0x3f81_8001,
        0xbf80_8000,
        0xbf81_8000,
        0x3fff_8000,
        0x7f7f_7fff,
        0x7f7f_8000,
        0x7f7f_ffff,
        0x7f80_0000,
        0xff80_0000,
        0x7f80_0001,
        0xffc0_1234,
        0x7fff_ffff,
        0x0080_0000,
        0x0080_8000,
        0x8080_8001,
        0x007f_ffff,
        0x0000_0001,
        0x8000_0001,
        0x8040_0000,
    ];
    let special = bits.map(f32::from_bits);
    let (count, wide) = (special.len(), 35);
    for way in ways() {
        for order in ORDERS {
            for place in [0, 1, 30, wide - 1] {
                // One number of each row, the others zero, times ones; and the same turned over.
                let mut numbers = Matrix::<f32>::new(count, wide, order, |_, _| 0.0);
                let view = numbers.view_mut();
                for (i, &x) in special.iter().enumerate() {
                    // SAFETY: an element of the matrix.
                    unsafe { *view.at(i, place) = x };
                }
                let ones = Matrix::<f32>::new(wide, 20, Order::Rows, |_, _| 1.0);
                let mut left = Matrix::<f32>::new(count, 20, Order::Rows, element(3));
                let mut right = Matrix::<f32>::new(20, count, Order::Rows, element(3));
                let how = how(way, 1, false);
                let workspace = &mut Workspace::default();
                // SAFETY: the views are those of separate matrices.
                unsafe {
                    multiply(numbers.view(), ones.view(), left.view_mut(), &how, workspace);
                    multiply(
                        ones.view().transposed(),
                        numbers.view().transposed(),
                        right.view_mut(),
                        &how,
                        workspace,
                    );
                }
                for (i, &x) in special.iter().enumerate() {
                    let expected = f64::from(rounded(x));
                    for found in (0..20).flat_map(|j| [left.get(i, j), right.get(j, i)]) {
                        let same = found == expected || found.is_nan() && expected.is_nan();
                        assert!(
                            same,
                            "{way:?} {order:?}: {:08x} became {found}, not {expected}",
                            x.to_bits()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn infinities_and_nans_reach_their_rows_and_columns_only() {
    for way in ways() {
        for [m, n, k] in [[40, 50, 60], [17, 18, 33], [33, 20, 5]] {
            let a =
                Matrix::<f32>::new(m, k, Order::Rows, |i, p| if (i, p) == (0, 0) { f64::NAN } else { 1.0 });
            let b =
                Matrix::<f32>::new(
                    k,
                    n,
                    Order::Rows,
                    |p, j| if (p, j) == (0, n - 1) { f64::INFINITY } else { 1.0 },
                );
            let mut c = Matrix::<f32>::new(m, n, Order::Rows, element(3));
            // SAFETY: the views are those of three separate matrices.
            unsafe {
                multiply(a.view(), b.view(), c.view_mut(), &how(way, 1, false), &mut Workspace::default());
            };
            for i in 0..m {
                for j in 0..n {
                    let found = c.get(i, j);
                    match (i, j) {
                        (0, _) => assert!(found.is_nan()),
                        (_, j) if j == n - 1 => assert_eq!(found, f64::INFINITY),
                        _ => assert_eq!(found, k as f64),
                    }
                }
            }
        }
    }
}

#[test]
fn tiny_products_and_those_with_a_vector_are_not_rounded() {
    for way in ways() {
        for dims in [[16, 16, 16], [3, 5, 7], [1, 70, 300], [70, 1, 300], [70, 90, 1]] {
            let case = Case { dims, orders: [Order::Rows; 3] };
            let exact = How { half: None, ..how(way, 1, false) };
            assert!(case.multiply(&how(way, 1, false)).numbers == case.multiply(&exact).numbers, "{dims:?}");
        }
    }
}
