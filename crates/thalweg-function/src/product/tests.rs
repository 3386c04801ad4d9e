//! Products compared with the plain triple loop in `f64`.

use std::ops::Range;
use std::sync::Mutex;

use super::{How, Number, View, ViewMut, Workspace, multiply};
use crate::kernel::isa::Isa;

/// How the numbers of a matrix lie in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Rows,
    Cols,
    /// Neither rows nor columns without gaps.
    Sparse,
}

pub(super) const ORDERS: [Order; 3] = [Order::Rows, Order::Cols, Order::Sparse];

pub(super) struct Matrix<F> {
    pub(super) numbers: Vec<F>,
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<F: Number> Matrix<F> {
    pub(super) fn new(rows: usize, cols: usize, order: Order, element: impl Fn(usize, usize) -> f64) -> Self {
        let (row_stride, col_stride) = match order {
            Order::Rows => (cols + 3, 1),
            Order::Cols => (1, rows),
            Order::Sparse => (2 * cols + 1, 2),
        };
        let numbers = vec![F::splat(-77.0); (rows * row_stride).max(cols * col_stride) + 1];
        let mut matrix = Matrix { numbers, rows, cols, row_stride, col_stride };
        for i in 0..rows {
            for j in 0..cols {
                matrix.numbers[i * row_stride + j * col_stride] = F::splat(element(i, j));
            }
        }
        matrix
    }

    pub(super) fn view(&self) -> View<F> {
        let &Matrix { rows, cols, row_stride, col_stride, .. } = self;
        View { ptr: self.numbers.as_ptr(), rows, cols, row_stride, col_stride }
    }

    pub(super) fn view_mut(&mut self) -> ViewMut<F> {
        let &mut Matrix { rows, cols, row_stride, col_stride, .. } = self;
        ViewMut { ptr: self.numbers.as_mut_ptr(), rows, cols, row_stride, col_stride }
    }

    pub(super) fn get(&self, i: usize, j: usize) -> f64 {
        self.numbers[i * self.row_stride + j * self.col_stride].into()
    }

    /// The numbers that are no elements of the matrix.
    pub(super) fn gaps(&self) -> usize {
        self.numbers.iter().filter(|&&x| x.into() == -77.0).count()
    }
}

/// Multiples of 1/64 in [−1, 1), irregular but the same each time.
pub(super) fn element(seed: usize) -> impl Fn(usize, usize) -> f64 {
    move |i, j| {
        let mixed = (i * 7919 + j * 104_729 + seed * 1_299_709).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed >> 40) % 128) as f64 / 64.0 - 1.0
    }
}

fn how(isa: Isa, threads: usize, accumulate: bool) -> How<'static> {
    How { isa, half: None, threads, accumulate, epilogue: None }
}

struct Case {
    m: usize,
    n: usize,
    k: usize,
    orders: [Order; 3],
}

impl Case {
    fn operands<F: Number>(&self) -> (Matrix<F>, Matrix<F>) {
        let [a, b, _] = self.orders;
        (Matrix::new(self.m, self.k, a, element(1)), Matrix::new(self.k, self.n, b, element(2)))
    }

    fn multiply<F: Number>(&self, how: &How<'_>) -> Matrix<F> {
        let (a, b) = self.operands::<F>();
        let mut c = Matrix::<F>::new(self.m, self.n, self.orders[2], element(3));
        // SAFETY: the views are those of three separate matrices.
        unsafe { multiply(a.view(), b.view(), c.view_mut(), how, &mut Workspace::default()) };
        c
    }

    /// Whether every element is within `k·eps·Σ|aᵢₚ·bₚⱼ|` of the sum in `f64`.
    fn check<F: Number>(&self, isa: Isa, eps: f64) {
        let (a, b) = self.operands::<F>();
        let old = Matrix::<F>::new(self.m, self.n, self.orders[2], element(3));
        for accumulate in [false, true] {
            let c = self.multiply::<F>(&how(isa, 1, accumulate));
            for i in 0..self.m {
                for j in 0..self.n {
                    let products = || (0..self.k).map(|p| a.get(i, p) * b.get(p, j));
                    let start = if accumulate { old.get(i, j) } else { 0.0 };
                    let expected = start + products().sum::<f64>();
                    let size = start.abs() + products().map(f64::abs).sum::<f64>();
                    let (found, bound) = (c.get(i, j), (self.k + 1) as f64 * eps * size);
                    let Case { m, n, k, orders } = self;
                    assert!(
                        (found - expected).abs() <= bound,
                        "{isa:?} {m}×{k} by {k}×{n} {orders:?}, ({i}, {j}): {found}, not {expected}"
                    );
                }
            }
            assert_eq!(c.gaps(), old.gaps(), "numbers beside C were written");
        }
    }
}

pub(super) fn all_orders() -> impl Iterator<Item = [Order; 3]> {
    ORDERS.into_iter().flat_map(|a| ORDERS.into_iter().flat_map(move |b| ORDERS.map(|c| [a, b, c])))
}

#[test]
fn products_agree_with_the_triple_loop_for_all_shapes_strides_and_instruction_sets() {
    let shapes = [
        (0, 3, 4),
        (3, 0, 4),
        (3, 4, 0),
        (1, 1, 1),
        (2, 3, 5),
        (8, 8, 8),
        (13, 10, 11),
        (16, 16, 16),
        (1, 1, 300),
        (37, 1, 101),
        (1, 37, 101),
        (601, 1, 7),
        (37, 41, 1),
        (17, 5, 29),
        (29, 33, 2),
        (64, 10, 53),
        (10, 67, 53),
        (53, 97, 31),
        (79, 130, 17),
    ];
    for isa in Isa::available() {
        for (m, n, k) in shapes {
            for orders in all_orders() {
                let case = Case { m, n, k, orders };
                case.check::<f32>(isa, f64::from(f32::EPSILON));
                if let Order::Rows = orders[2] {
                    case.check::<f64>(isa, f64::EPSILON);
                }
            }
        }
    }
}

#[test]
fn products_of_several_blocks_agree_with_the_triple_loop() {
    for isa in Isa::available() {
        for (m, n, k) in [(70, 40, 787), (5, 1100, 300), (131, 523, 401), (20, 530, 521)] {
            for orders in [[Order::Rows; 3], [Order::Cols, Order::Rows, Order::Rows], [Order::Cols; 3]] {
                Case { m, n, k, orders }.check::<f32>(isa, f64::from(f32::EPSILON));
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let shapes =
        [(256, 100, 300), (9, 700, 521), (300, 10, 400), (5000, 1, 300), (1, 700, 3000), (1100, 1000, 1)];
    for (m, n, k) in shapes {
        for a in ORDERS {
            for b in ORDERS {
                let case = Case { m, n, k, orders: [a, b, Order::Rows] };
                let one = case.multiply::<f32>(&how(Isa::detect(), 1, false)).numbers;
                for threads in [2, 3, 8] {
                    let several = case.multiply::<f32>(&how(Isa::detect(), threads, false)).numbers;
                    assert!(one == several, "{m}×{k} by {k}×{n} on {threads} threads");
                }
            }
        }
    }
}

#[test]
fn the_epilogue_sees_every_element_once_and_finished() {
    for (m, n, k) in [
        (5, 4, 3),
        (300, 70, 400),
        (9, 600, 700),
        (700, 9, 300),
        (5000, 1, 300),
        (1, 90, 100),
        (40, 30, 1),
        (3, 2, 0),
    ] {
        for order in ORDERS {
            let case = Case { m, n, k, orders: [order, Order::Rows, order] };
            let expected = case.multiply::<f64>(&how(Isa::detect(), 1, false));
            let (a, b) = case.operands::<f64>();
            let mut c = Matrix::<f64>::new(m, n, order, element(3));
            let place = c.view_mut();
            let seen = Mutex::new(vec![0; m * n]);
            let epilogue = |rows: Range<usize>, cols: Range<usize>| {
                for i in rows {
                    for j in cols.clone() {
                        // SAFETY: an element of C that its thread has finished.
                        let found = unsafe { *place.at(i, j) };
                        assert_eq!(found, expected.get(i, j), "({i}, {j}) is not finished");
                        seen.lock().unwrap()[i * n + j] += 1;
                    }
                }
            };
            let how = How { epilogue: Some(&epilogue), ..how(Isa::detect(), 2, false) };
            // SAFETY: the views are those of three separate matrices.
            unsafe { multiply(a.view(), b.view(), place, &how, &mut Workspace::default()) };
            assert!(seen.lock().unwrap().iter().all(|&times| times == 1), "{m}×{k} by {k}×{n}");
        }
    }
}

#[test]
fn the_workspace_asked_for_suffices() {
    let shapes =
        [(256, 512, 784), (512, 10, 256), (1, 100, 3000), (90, 1, 70), (300, 400, 1), (20, 4000, 600)];
    for (m, n, k) in shapes {
        for orders in all_orders() {
            for threads in [1, 2] {
                let bytes = Workspace::bytes_for::<f32>(Isa::detect(), None, [m, n, k], threads);
                let mut workspace = Workspace::with_bytes(bytes);
                let before = workspace.bytes();
                let case = Case { m, n, k, orders };
                let (a, b) = case.operands::<f32>();
                let mut c = Matrix::<f32>::new(m, n, orders[2], element(3));
                let how = how(Isa::detect(), threads, false);
                // SAFETY: the views are those of three separate matrices.
                unsafe { multiply(a.view(), b.view(), c.view_mut(), &how, &mut workspace) };
                assert_eq!(workspace.bytes(), before, "{m}×{k} by {k}×{n} {orders:?}");
            }
        }
    }
}

#[test]
fn infinities_and_nans_reach_their_rows_and_columns_only() {
    for (m, n, k) in [(5, 6, 7), (40, 50, 60), (40, 1, 60), (1, 50, 60), (40, 50, 1)] {
        let a = Matrix::<f32>::new(m, k, Order::Rows, |i, p| if (i, p) == (0, 0) { f64::NAN } else { 1.0 });
        let b = Matrix::<f32>::new(
            k,
            n,
            Order::Rows,
            |p, j| if (p, j) == (0, n - 1) { f64::INFINITY } else { 1.0 },
        );
        let mut c = Matrix::<f32>::new(m, n, Order::Rows, element(3));
        // SAFETY: the views are those of three separate matrices.
        unsafe {
            let how = how(Isa::detect(), 1, false);
            multiply(a.view(), b.view(), c.view_mut(), &how, &mut Workspace::default());
        }
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

#[test]
#[should_panic(expected = "2×3 by 4×5: shapes do not match")]
fn shapes_that_do_not_match_are_refused() {
    let (a, b) =
        (Matrix::<f64>::new(2, 3, Order::Rows, element(1)), Matrix::new(4, 5, Order::Rows, element(2)));
    let mut c = Matrix::<f64>::new(2, 5, Order::Rows, element(3));
    // SAFETY: the views are those of three separate matrices.
    unsafe {
        let how = how(Isa::detect(), 1, false);
        multiply(a.view(), b.view(), c.view_mut(), &how, &mut Workspace::default());
    }
}
