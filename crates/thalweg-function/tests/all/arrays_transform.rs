//! Transformations of array programs: random ones against differences and loops, sparse derivatives against dense ones.

use proptest::prelude::*;
use thalweg_function::InputAxis::{At, Batched, Shared};
use thalweg_function::{
    Program, Shape, Var, batch, compressed_jacobian, gradient, hessian, hessian_diagonal, hvp, jacobian, jvp,
    keep, scalarize, simplify, sparse_hessian, sparsity, trace, value_and_gradient_of, vjp,
};

use crate::support::{assert_close, at, cases, difference, points};

/// Numbers for all arguments of the program, the same every time.
fn numbers(program: &Program) -> Vec<f64> {
    points(program.input_shapes().map(|shape| shape.size()).sum(), &[(-1.5, 1.5)]).concat()
}

/// One step of a random function without kinks: from a 3×4 matrix, a 4-vector and a 3×4 matrix of its own to a 3×4 matrix.
fn step(kind: u8, x: Var, v: Var, w: Var) -> Var {
    match kind {
        0 => (x * v).sin(),
        1 => x + w.tanh(),
        2 => x.matmul(w.t()).matmul(w) * 0.2,
        3 => x - x.mean(keep(1)),
        4 => x / (1.0 + (w * w).sum(keep(0))),
        5 => Var::concat(&[x.slice(1, 2..), x.slice(1, ..2)], 1),
        6 => x.flip(0) * v.slice_by(0, .., 1),
        7 => x.reshape([4, 3]).t() * 0.5,
        8 => x.matmul(v).outer(v).tanh(),
        9 => x.hypot(1.0 + w * w) - (0.3 * w).sigmoid(),
        10 => x.slice(0, 1..).pad(0, 1, 0) + w.softplus(),
        11 => {
            let e = (x - x.max_over(keep(1)).stop_gradient()).exp();
            e / e.sum(keep(1))
        }
        12 => x * x.transpose([1, 0]).sum(0).reshape([3, 1]).broadcast_to([3, 4]),
        _ => Var::stack(&[x.at(0, 1), v, x.at(0, 2) * v], 0),
    }
}

fn random(kinds: &[u8]) -> Program {
    let shapes = [Shape::from([3, 4]), Shape::from([4]), Shape::from([3, 4])];
    trace(shapes, |a| kinds.iter().fold(a[0], |x, &kind| step(kind, x, a[1], a[2]))).unwrap()
}

fn summed(f: &Program) -> Program {
    let shapes: Vec<_> = f.input_shapes().collect();
    trace(shapes, |x| (f.call(x)[0] * 0.7).cos().sum(..)).unwrap()
}

fn kinds() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..14_u8, 1..6)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn gradients_of_random_array_programs_are_differences(kinds in kinds()) {
        let f = summed(&random(&kinds));
        let x = numbers(&f);
        let expected: Vec<_> = (0..x.len()).map(|k| difference(&f, 0, &x, k, 1e-3)).collect();
        assert_close(&at(&gradient(&f).unwrap(), &x), &expected, 1e-6);
    }

    #[test]
    fn simplified_and_unrolled_random_array_programs_have_the_same_values(kinds in kinds()) {
        let f = random(&kinds);
        let (x, expected) = (numbers(&f), at(&f, &numbers(&f)));
        assert_close(&at(&simplify(&f), &x), &expected, 1e-12);
        assert_close(&at(&scalarize(&f, 100_000).unwrap(), &x), &expected, 1e-12);
    }

    #[test]
    fn batches_of_random_array_programs_are_loops(kinds in kinds(), mix in 1..27_usize) {
        let f = random(&kinds);
        let size = 3;
        let axes = [0, 1, 2].map(|k| [Shared, Batched, At(1)][mix / [1, 3, 9][k] % 3]);
        let many = batch(&f, size, &axes).unwrap();
        let x = numbers(&many);
        let mut expected = Vec::new();
        for member in 0..size {
            let (mut point, mut rest) = (Vec::new(), x.as_slice());
            for (shape, axis) in f.input_shapes().zip(axes) {
                let copies = if axis == Shared { 1 } else { size };
                let (given, others) = rest.split_at(shape.size() * copies);
                rest = others;
                let inner = match axis {
                    At(1) => shape.axes().skip(1).product(),
                    _ => shape.size(),
                };
                let own = if axis == Shared { 0 } else { member };
                point.extend(given.chunks(inner * copies).flat_map(|block| &block[own * inner..][..inner]));
            }
            expected.extend(at(&f, &point));
        }
        assert_close(&at(&many, &x), &expected, 1e-12);
    }

    #[test]
    fn second_derivatives_of_random_array_programs_agree(kinds in kinds()) {
        let f = summed(&random(&kinds));
        let x = numbers(&f);
        let n = x.len();
        let sizes: Vec<_> = f.input_shapes().map(|shape| shape.size()).collect();
        let blocks = at(&hessian(&f).unwrap(), &x);
        // The blocks as one matrix.
        let (mut matrix, mut rest) = (vec![0.0; n * n], blocks.as_slice());
        let starts = [0, sizes[0], sizes[0] + sizes[1]];
        for (top, rows) in starts.iter().zip(&sizes) {
            for (left, columns) in starts.iter().zip(&sizes) {
                let (block, others) = rest.split_at(rows * columns);
                rest = others;
                for (i, row) in block.chunks(*columns).enumerate() {
                    matrix[(top + i) * n + left..][..*columns].copy_from_slice(row);
                }
            }
        }
        let transposed: Vec<_> = (0..n * n).map(|k| matrix[k % n * n + k / n]).collect();
        assert_close(&matrix, &transposed, 1e-10);

        let direction: Vec<_> = (0..n).map(|k| (k as f64).sin()).collect();
        let product = at(&hvp(&f).unwrap(), &[x.clone(), direction.clone()].concat());
        let expected: Vec<f64> =
            matrix.chunks(n).map(|row| row.iter().zip(&direction).map(|(h, d)| h * d).sum()).collect();
        assert_close(&product, &expected, 1e-10);
        let diagonal: Vec<_> = (0..n).map(|k| matrix[k * n + k]).collect();
        assert_close(&at(&hessian_diagonal(&f).unwrap(), &x), &diagonal, 1e-10);

        // What is not in the pattern is zero.
        let pattern = sparsity(&gradient(&f).unwrap());
        for (k, &h) in matrix.iter().enumerate() {
            prop_assert!(h == 0.0 || pattern.contains(k / n, k % n), "({}, {}): {h}", k / n, k % n);
        }
    }

    #[test]
    fn forward_and_reverse_mode_are_transposes(kinds in kinds()) {
        let f = random(&kinds);
        let x = numbers(&f);
        let (n, m) = (x.len(), 12);
        let tangent: Vec<_> = (0..n).map(|k| (k as f64).sin()).collect();
        let cotangent: Vec<_> = (0..m).map(|k| (k as f64).cos()).collect();
        let pushed = at(&jvp(&f).unwrap(), &[x.clone(), tangent.clone()].concat());
        let pulled = at(&vjp(&f).unwrap(), &[x.clone(), cotangent.clone()].concat());
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert_close(&[dot(&pushed[m..], &cotangent)], &[dot(&pulled[m..], &tangent)], 1e-11);

        let compressed = compressed_jacobian(&f).unwrap();
        let mut values = vec![0.0; compressed.pattern().nonzeros()];
        compressed.gather(&at(compressed.program(), &x), &mut values).unwrap();
        let dense = at(&jacobian(&f).unwrap(), &x);
        let element = |row: usize, column: usize| match column {
            0..12 => dense[row * 12 + column],
            12..16 => dense[144 + row * 4 + column - 12],
            _ => dense[192 + row * 12 + column - 16],
        };
        let pattern = compressed.pattern();
        let expected: Vec<_> = (0..n)
            .flat_map(|column| pattern.column(column).iter().map(move |&row| element(row as usize, column)))
            .collect();
        assert_close(&values, &expected, 1e-11);
    }
}

/// Rosenbrock's valley in n dimensions, each variable coupled with the next.
fn chained_rosenbrock(x: Var) -> Var {
    let n = x.shape().size();
    let (left, right) = (x.slice(0, ..n - 1), x.slice(0, 1..));
    (100.0 * (right - left * left).pow(2.0) + (1.0 - left).pow(2.0)).sum(..)
}

#[test]
fn the_sparse_hessian_of_a_chain_has_three_colours_and_the_dense_values() {
    let n = 50;
    let arrays = trace([Shape::from([n])], |x| chained_rosenbrock(x[0])).unwrap();
    let scalars = scalarize(&arrays, 10_000).unwrap();
    let x = numbers(&arrays);
    let dense = at(&hessian(&arrays).unwrap(), &x);
    assert_close(&at(&hessian(&scalars).unwrap(), &x), &dense, 1e-13);
    for f in [&arrays, &scalars] {
        let sparse = sparse_hessian(f).unwrap();
        assert_eq!((sparse.colours(), sparse.pattern().nonzeros()), (3, 3 * n - 2));
        let mut values = vec![0.0; 3 * n - 2];
        sparse.gather(&at(sparse.program(), &x), &mut values).unwrap();
        let mut whole = vec![0.0; n * n];
        let pattern = sparse.pattern();
        let mut next = values.into_iter();
        for column in 0..n {
            for (&row, value) in pattern.column(column).iter().zip(&mut next) {
                whole[row as usize * n + column] = value;
            }
        }
        assert_close(&whole, &dense, 1e-13);
    }
}

#[test]
fn an_arrow_shaped_jacobian_is_computed_by_rows_or_columns_with_two_colours() {
    // Each result depends on the first element and on its own: as columns, all but the first share a colour.
    let tall = trace([Shape::from([20])], |x| x[0].at(0, 0) * x[0]).unwrap();
    let jacobian = compressed_jacobian(&tall).unwrap();
    assert_eq!((jacobian.colours(), jacobian.pattern().nonzeros()), (2, 39));
    // The first result depends on all elements: as rows, all others share a colour.
    let wide = trace([Shape::from([20])], |x| [x[0].slice(0, 1..).exp(), x[0].sum(..)]).unwrap();
    let jacobian = compressed_jacobian(&wide).unwrap();
    assert_eq!((jacobian.colours(), jacobian.pattern().nonzeros()), (2, 39));
    let x = numbers(&wide);
    let mut values = vec![0.0; 39];
    jacobian.gather(&at(jacobian.program(), &x), &mut values).unwrap();
    let expected: Vec<_> = [1.0].into_iter().chain(x[1..].iter().flat_map(|x| [x.exp(), 1.0])).collect();
    assert_close(&values, &expected, 1e-14);
}

#[test]
fn chosen_gradients_come_with_all_results() {
    let shapes = [Shape::from([2, 3]), Shape::from([3]), Shape::from([2])];
    let f = trace(shapes, |v| {
        let predicted = v[0].matmul(v[1]);
        let misfit = predicted - v[2];
        [(misfit * misfit).sum(..), predicted]
    })
    .unwrap();
    let by_weights = value_and_gradient_of(&f, &[1]).unwrap();
    let found = at(&by_weights, &[1.0, 0.0, 2.0, 0.0, 1.0, 1.0, 1.0, 2.0, 3.0, 6.0, 5.5]);
    // Predictions (7, 5), misfits (1, −0.5), gradient 2·Xᵀ·misfit.
    assert_eq!(found, [1.25, 7.0, 5.0, 2.0, -1.0, 3.0]);
    let message = |inputs: &[usize]| value_and_gradient_of(&f, inputs).unwrap_err().to_string();
    assert_eq!(message(&[3]), "input 3 was named of a program with 3 inputs, counted from 0");
}

#[test]
fn derivatives_with_too_many_axes_are_refused() {
    let f = trace([Shape::from([1, 2, 1, 2, 1])], |x| x[0].sin().sum(..)).unwrap();
    let message = hessian(&f).unwrap_err().to_string();
    assert!(message.contains("at most 8 are possible; flatten one of them"), "{message}");
    let message = batch(&f, 2, &[At(6)]).unwrap_err().to_string();
    assert_eq!(
        message,
        "`batch` was told of axis 6 for an input of shape [1, 2, 1, 2, 1]; 0 to 5 would be right"
    );
}

#[test]
fn programs_that_would_grow_too_large_are_not_unrolled() {
    let f = trace([Shape::from([100, 100])], |x| x[0].matmul(x[0])).unwrap();
    assert_eq!(scalarize(&f, 100_000), None);
    let sorted = trace([Shape::from([3])], |x| x[0].argmax(0)).unwrap();
    assert_eq!(at(&scalarize(&sorted, 100).unwrap(), &[1.0, 3.0, 3.0]), [1.0]);
}
