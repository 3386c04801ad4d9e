//! Derivatives of every operation against differences.

use super::{Case, Kind, all_cases, assert_close, run};
use crate::program::Program;
use crate::transform::{gradient, hessian, hessian_diagonal, jacobian, jvp, value_gradient_hessian, vjp};
use crate::{Shape, trace};

/// ∂y/∂xₖ for all results y, by central differences of fourth order.
fn differences(f: &Program, x: &[f64], k: usize) -> Vec<f64> {
    let h = 1e-3;
    let value = |step: f64| {
        let mut x = x.to_vec();
        x[k] += step * h;
        run(f, &x)
    };
    let (near, far) = ([value(1.0), value(-1.0)], [value(2.0), value(-2.0)]);
    (0..near[0].len())
        .map(|i| (8.0 * (near[0][i] - near[1][i]) - (far[0][i] - far[1][i])) / (12.0 * h))
        .collect()
}

/// The columns of the Jacobian, none for elements that are indices.
fn columns(case: &Case, x: &[f64]) -> Vec<Option<Vec<f64>>> {
    let kinds = case.program.input_shapes().zip(&case.kinds);
    let kinds: Vec<_> = kinds.flat_map(|(shape, &kind)| vec![kind; shape.size()]).collect();
    let column = |(k, kind)| (kind == Kind::Real).then(|| differences(&case.program, x, k));
    kinds.into_iter().enumerate().map(column).collect()
}

/// What differences cannot see.
fn is_stopped(name: &str) -> bool {
    name == "stop gradient"
}

#[test]
fn tangents_are_directional_differences() {
    for case in all_cases().into_iter().filter(|case| !is_stopped(case.name)) {
        let x = case.point();
        let columns = columns(&case, &x);
        let forward = jvp(&case.program).unwrap();
        let direction: Vec<_> = (0..x.len()).map(|k| 0.3 + (k as f64).sin()).collect();
        let mut expected = run(&case.program, &x);
        let value_count = expected.len();
        let mut tangent = vec![0.0; value_count];
        for (column, d) in columns.iter().zip(&direction) {
            for (sum, slope) in tangent.iter_mut().zip(column.iter().flatten()) {
                *sum += d * slope;
            }
        }
        expected.extend(tangent);
        assert_close(case.name, &run(&forward, &[x, direction].concat()), &expected, 1e-6);
    }
}

#[test]
fn cotangents_are_weighted_sums_of_differences() {
    for case in all_cases().into_iter().filter(|case| !is_stopped(case.name)) {
        let x = case.point();
        let columns = columns(&case, &x);
        let values = run(&case.program, &x);
        let weights: Vec<_> = (0..values.len()).map(|k| 0.2 + (k as f64).cos()).collect();
        let expected = columns.iter().map(|column| {
            column.iter().flatten().zip(&weights).map(|(slope, weight)| slope * weight).sum::<f64>()
        });
        let expected: Vec<_> = values.iter().copied().chain(expected).collect();
        let back = run(&vjp(&case.program).unwrap(), &[x, weights].concat());
        assert_close(case.name, &back, &expected, 1e-6);
    }
}

#[test]
fn jacobians_are_matrices_of_differences() {
    for case in all_cases().into_iter().filter(|case| !is_stopped(case.name)) {
        let x = case.point();
        let columns = columns(&case, &x);
        let found = run(&jacobian(&case.program).unwrap(), &x);
        let mut expected = Vec::new();
        let mut first = 0;
        for shape in case.program.input_shapes() {
            let part = &columns[first..first + shape.size()];
            for row in 0..case.program.output_shapes().map(|shape| shape.size()).sum() {
                expected.extend(part.iter().map(|column| column.as_ref().map_or(0.0, |column| column[row])));
            }
            first += shape.size();
        }
        assert_close(case.name, &found, &expected, 1e-6);
    }
}

#[test]
fn stopped_gradients_do_not_pass() {
    let case = all_cases().into_iter().find(|case| is_stopped(case.name)).unwrap();
    let x = case.point();
    let found = run(&jacobian(&case.program).unwrap(), &x);
    assert_eq!(found, [x[0], 0.0, 0.0, 0.0, x[1], 0.0, 0.0, 0.0, x[2]]);
}

/// Σ sin(y)·w over all results: a scalar function with second derivatives from every operation.
fn summed(case: &Case) -> Program {
    let shapes: Vec<_> = case.program.input_shapes().collect();
    trace(shapes, |x| {
        let y = case.program.call(x)[0];
        let weights: Vec<_> = (0..y.shape().size()).map(|k| 0.5 + (k as f64).sin()).collect();
        (y.sin() * crate::Var::array(y.shape(), &weights)).sum(..)
    })
    .unwrap()
}

#[test]
fn hessians_are_differences_of_gradients_and_symmetric() {
    for case in all_cases().into_iter().filter(|case| !is_stopped(case.name)) {
        let (f, x) = (summed(&case), case.point());
        let slope = gradient(&f).unwrap();
        let sizes: Vec<_> = f.input_shapes().map(|shape| shape.size()).collect();
        let starts: Vec<_> = (0..sizes.len()).map(|k| sizes[..k].iter().sum::<usize>()).collect();
        let kinds: Vec<_> = case.kinds.iter().zip(&sizes).flat_map(|(&kind, &n)| vec![kind; n]).collect();
        let column = |k: usize| match kinds[k] {
            Kind::Real => differences(&slope, &x, k),
            Kind::Index(_) => vec![0.0; x.len()],
        };
        let columns: Vec<_> = (0..x.len()).map(column).collect();
        let mut expected = Vec::new();
        for (&rows, &first) in sizes.iter().zip(&starts) {
            for (&width, &left) in sizes.iter().zip(&starts) {
                let block = &columns[left..left + width];
                expected.extend((first..first + rows).flat_map(|row| block.iter().map(move |c| c[row])));
            }
        }
        assert_close(case.name, &run(&hessian(&f).unwrap(), &x), &expected, 1e-5);
        let diagonal: Vec<_> = (0..x.len()).map(|k| columns[k][k]).collect();
        assert_close(case.name, &run(&hessian_diagonal(&f).unwrap(), &x), &diagonal, 1e-5);
        let all = run(&value_gradient_hessian(&f).unwrap(), &x);
        let first = [run(&f, &x), run(&slope, &x), expected].concat();
        assert_close(case.name, &all, &first, 1e-5);
    }
}

#[test]
fn the_hessian_of_logistic_regression_takes_one_product_of_matrices() {
    let f = trace([Shape::from([100]), Shape::from([500, 100]), Shape::from([500])], |v| {
        (-v[2] * v[1].matmul(v[0])).softplus().sum(..)
    })
    .unwrap();
    // By the weights alone: data and labels are constants.
    let mut b = crate::program::Builder::new();
    let beta = b.input("beta", Shape::from([100]));
    let data = b.table(vec![0.5; 50_000].into(), Shape::from([500, 100]));
    let labels = b.table(vec![1.0; 500].into(), Shape::from([500]));
    let placed = b.inline(&f, &[beta, data, labels]);
    let f = b.finish(&[placed[f.outputs[0].index()]]);

    let second = hessian(&f).unwrap();
    let products: Vec<_> = second.nodes.iter().filter(|node| node.op.name() == "matmul").collect();
    let large = products.iter().filter(|node| node.shape.axes().all(|length| length > 1)).count();
    assert_eq!((large, products.len()), (1, 2), "{second}");
}
