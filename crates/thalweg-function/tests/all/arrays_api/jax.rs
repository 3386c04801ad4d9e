//! Every array function beside JAX: values, gradients, Hessian-vector products. `fixtures/make_jax.py` wrote the numbers.

use serde_json::Value;
use thalweg_function::{Program, Shape, Var, einsum, fold, gradient, hvp, scan, trace};

use crate::support::{at, difference};

/// The function that a case of the fixture is about.
fn function(name: &str, x: &[Var]) -> Var {
    let square = |y: Var| y * y;
    if let Some(subscripts) = name.strip_prefix("einsum ") {
        return square(einsum(subscripts, x));
    }
    match name {
        "prod of all" => x[0].prod(..),
        "prod with zeros" => x[0].prod(1),
        "prod of two axes" => x[0].prod(thalweg_function::keep([0, 2])),
        "var" => x[0].var(-1),
        "var kept" => x[0] / x[0].var(thalweg_function::keep(..)),
        "norm" => x[0].norm(0),
        "logsumexp" => x[0].logsumexp(1),
        "logsumexp of all" => x[0].logsumexp(..),
        "softmax" => x[0].softmax(0),
        "log_softmax" => x[0].log_softmax(-1),
        "softmax_cross_entropy" => x[0].softmax_cross_entropy(x[1]),
        "one_hot" => x[0].insert_axis(1) * x[1].one_hot(4),
        "take" => square(x[0].take(x[1], 0)),
        "take inside" => square(x[0].take(x[1], 1)),
        "take_along" => square(x[0].take_along(x[1], 1)),
        "scatter_add" => square(x[0].scatter_add(x[1], 0, 4)),
        "sort" => square(x[0].sort(0)),
        "argsort" => x[0] * x[0].argsort(-1),
        "cumsum" => square(x[0].cumsum(1)),
        "cumsum_back" => square(x[0].cumsum_back(0)),
        "diag" => square(x[0].diag()),
        "diagonal" => square(x[0].diagonal()),
        "trace" => square(x[0].trace()),
        "lower_triangle" => square(x[0].lower_triangle()),
        "upper_triangle" => square(x[0].upper_triangle()),
        "eye" => square(x[0] * Var::eye(3)),
        "cholesky" => x[0].cholesky(),
        "solve_lower of a vector" | "solve_lower of matrices" => x[0].solve_lower(x[1]),
        "solve_upper of vectors" => x[0].solve_upper(x[1]),
        "solve_lower transposed" => x[0].t().solve_upper(x[1]),
        "solve_symmetric" | "solve_symmetric of many" => x[0].solve_symmetric(x[1]),
        "log_determinant" => x[0].log_determinant(),
        "eigenvalues" => x[0].eigenvalues(),
        "eigenvectors" => square(x[0].eigenvectors()),
        "conv2d" => x[0].conv2d(x[1], [1, 1], [0, 0]),
        "conv2d stepped and padded" => x[0].conv2d(x[1], [2, 1], [1, 2]),
        "max_pool" => x[0].max_pool([2, 2], [1, 2]),
        "avg_pool" => square(x[0].avg_pool([2, 3], [2, 1])),
        "scan" => {
            let (last, records) = scan(3, x[0], Some(x[1]), &[x[2]], |carry, row, shared| {
                let next = (shared[0].matmul(carry) + row).tanh();
                (next, next.dot(row))
            });
            Var::concat(&[last, records], 0)
        }
        "fold" => fold(4, Var::constant(1.0).broadcast_to([2, 2]), None, x, |y, k, x| {
            0.5 * (y + x[0] / y) + 0.01 * k
        }),
        other => panic!("no function for the case `{other}`"),
    }
}

/// A function with what JAX says of it.
struct Case {
    name: String,
    shapes: Vec<Shape>,
    numbers: Value,
}

impl Case {
    fn all() -> Vec<Case> {
        let fixture: Value = serde_json::from_str(include_str!("../../fixtures/jax.json")).unwrap();
        let cases = fixture["cases"].as_array().unwrap().iter().map(|case| Case {
            name: case["name"].as_str().unwrap().to_owned(),
            shapes: serde_json::from_value::<Vec<Vec<usize>>>(case["shapes"].clone())
                .unwrap()
                .iter()
                .map(|axes| Shape::new(axes).unwrap())
                .collect(),
            numbers: case.clone(),
        });
        cases.collect()
    }

    fn numbers(&self, what: &str) -> Vec<f64> {
        serde_json::from_value(self.numbers[what].clone()).unwrap()
    }

    fn program(&self) -> Program {
        trace(self.shapes.clone(), |x| function(&self.name, x))
            .unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }

    /// Σ w·f.
    fn weighted(&self) -> Program {
        let weights = self.numbers("weights");
        let weighted = trace(self.shapes.clone(), |x| {
            let y = function(&self.name, x);
            (y * Var::array(y.shape(), &weights)).sum(..)
        });
        weighted.unwrap()
    }

    /// Fails unless the numbers agree to 1e-11 of the largest of them, or of 0.01.
    fn assert_agrees(&self, what: &str, found: &[f64]) {
        let expected = self.numbers(what);
        assert_eq!(found.len(), expected.len(), "{}: {what}", self.name);
        let scale = expected.iter().fold(0.01, |scale: f64, y| scale.max(y.abs()));
        for (k, (y, z)) in found.iter().zip(&expected).enumerate() {
            let error = (y - z).abs();
            assert!(error <= 1e-11 * scale, "{}: {what} {k} is {y}, JAX has {z}", self.name);
        }
    }
}

#[test]
fn values_agree_with_jax() {
    for case in Case::all() {
        case.assert_agrees("value", &at(&case.program(), &case.numbers("inputs")));
    }
}

#[test]
fn gradients_agree_with_jax() {
    for case in Case::all() {
        let slope = gradient(&case.weighted()).unwrap();
        case.assert_agrees("gradient", &at(&slope, &case.numbers("inputs")));
    }
}

#[test]
fn gradients_agree_with_differences() {
    for case in Case::all() {
        let (f, x) = (case.weighted(), case.numbers("inputs"));
        let slope = at(&gradient(&f).unwrap(), &x);
        let scale = slope.iter().fold(1.0, |scale: f64, y| scale.max(y.abs()));
        let mut place = 0;
        for (k, shape) in case.shapes.iter().enumerate() {
            let is_index = x[place..place + shape.size()].iter().all(|x| x.fract() == 0.0);
            let own = place..place + if is_index { 0 } else { shape.size() };
            for (i, slope) in own.clone().zip(&slope[own]) {
                let found = difference(&f, 0, &x, i, 1e-4);
                let error = (found - slope).abs();
                assert!(error <= 1e-8 * scale, "{}: {i} of input {k} is {slope}, not {found}", case.name);
            }
            place += shape.size();
        }
    }
}

#[test]
fn hessian_vector_products_agree_with_jax() {
    for case in Case::all() {
        let product = hvp(&case.weighted()).unwrap();
        let arguments = [case.numbers("inputs"), case.numbers("direction")].concat();
        case.assert_agrees("product", &at(&product, &arguments));
    }
}
