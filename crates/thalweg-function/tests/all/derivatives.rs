//! Derivatives against finite differences, closed forms, and each other.

use thalweg_function::{
    FunctionError, InputAxis, Program, Var, batch, gradient, hessian, hvp, jvp, select, select_outputs,
    trace, value_and_gradient, value_gradient_hessian,
};

use crate::support::{assert_close, at, difference, parsed, points};

/// Each function and operator of the grammar with the box in which it is smooth.
const SMOOTH: [(&str, &[(f64, f64)]); 41] = [
    ("abs(x)", &[(0.1, 3.0)]),
    ("abs(x)", &[(-3.0, -0.1)]),
    ("sign(x)", &[(0.1, 3.0)]),
    ("sqrt(x)", &[(0.1, 30.0)]),
    ("exp(x)", &[(-5.0, 5.0)]),
    ("log(x)", &[(0.1, 30.0)]),
    ("log1p(x)", &[(-0.8, 5.0)]),
    ("expm1(x)", &[(-5.0, 5.0)]),
    ("sin(x)", &[(-20.0, 20.0)]),
    ("cos(x)", &[(-20.0, 20.0)]),
    ("tan(x)", &[(-1.3, 1.3)]),
    ("tan(x)", &[(1.9, 4.4)]),
    ("asin(x)", &[(-0.9, 0.9)]),
    ("acos(x)", &[(-0.9, 0.9)]),
    ("atan(x)", &[(-10.0, 10.0)]),
    ("atan2(x, y)", &[(-3.0, 3.0), (0.2, 3.0)]),
    ("atan2(x, y)", &[(0.2, 3.0), (-3.0, 3.0)]),
    ("atan2(x, y)", &[(-3.0, -0.2), (-3.0, 3.0)]),
    ("sinh(x)", &[(-5.0, 5.0)]),
    ("cosh(x)", &[(-5.0, 5.0)]),
    ("tanh(x)", &[(-5.0, 5.0)]),
    ("sigmoid(x)", &[(-20.0, 20.0)]),
    ("softplus(x)", &[(-20.0, 20.0)]),
    ("relu(x)", &[(0.1, 3.0)]),
    ("relu(x)", &[(-3.0, -0.1)]),
    ("min(x, y)", &[(-3.0, -0.1), (0.1, 3.0)]),
    ("min(y, x)", &[(-3.0, -0.1), (0.1, 3.0)]),
    ("max(x, y)", &[(-3.0, -0.1), (0.1, 3.0)]),
    ("max(y, x)", &[(-3.0, -0.1), (0.1, 3.0)]),
    ("pow(x, y)", &[(0.2, 3.0), (-3.0, 3.0)]),
    ("x^2.5", &[(0.2, 3.0)]),
    ("x^-3", &[(-3.0, -0.3)]),
    ("2^x", &[(-3.0, 3.0)]),
    ("x^7", &[(-2.0, 2.0)]),
    ("hypot(x, y)", &[(0.2, 3.0), (-3.0, 3.0)]),
    ("x + y", &[(-3.0, 3.0), (-3.0, 3.0)]),
    ("x - y", &[(-3.0, 3.0), (-3.0, 3.0)]),
    ("x * y", &[(-3.0, 3.0), (-3.0, 3.0)]),
    ("x / y", &[(-3.0, 3.0), (0.3, 3.0)]),
    ("x / y", &[(-3.0, 3.0), (-3.0, -0.3)]),
    ("-x", &[(-3.0, 3.0)]),
];

fn check_against_differences(name: &str, f: &Program, bounds: &[(f64, f64)]) {
    let slope = value_and_gradient(f).unwrap();
    let curvature = value_gradient_hessian(f).unwrap();
    let n = bounds.len();
    for x in points(100, bounds) {
        let all = at(&curvature, &x);
        for i in 0..n {
            let expected = difference(f, 0, &x, i, 1e-3);
            let error = (all[1 + i] - expected).abs();
            assert!(error <= 1e-7 * expected.abs().max(1.0), "{name} at {x:?}: {} {expected}", all[1 + i]);
            for j in 0..n {
                let expected = difference(&slope, 1 + j, &x, i, 1e-3);
                let found = all[1 + n + i * n + j];
                let error = (found - expected).abs();
                assert!(error <= 1e-6 * expected.abs().max(1.0), "{name} at {x:?}: {found} {expected}");
            }
        }
    }
}

#[test]
fn gradients_and_hessians_of_every_function_of_the_grammar_agree_with_differences() {
    for (text, bounds) in SMOOTH {
        let variables = &["x", "y"][..bounds.len()];
        check_against_differences(text, &parsed(text, variables), bounds);
    }
}

#[test]
fn gradients_and_hessians_of_what_only_closures_have_agree_with_differences() {
    let fused = trace(3, |x| x[0].mul_add(x[1], x[2]).sin()).unwrap();
    check_against_differences("mul_add", &fused, &[(-2.0, 2.0); 3]);
    let huber = trace(1, |x| select(x[0].abs().less(1.0), 0.5 * x[0] * x[0], x[0].abs() - 0.5)).unwrap();
    check_against_differences("select, inside", &huber, &[(-0.9, 0.9)]);
    check_against_differences("select, outside", &huber, &[(1.1, 5.0)]);
    let steps = trace(2, |x| x[0].less(x[1]) + 2.0 * x[0].less_equal(x[1]) + 4.0 * x[0].equal(x[1])).unwrap();
    check_against_differences("comparisons", &steps, &[(-2.0, -0.1), (0.1, 2.0)]);
}

#[test]
fn first_to_third_derivatives_have_their_closed_forms() {
    type Derivatives = fn(f64) -> [f64; 3];
    let cases: [(&str, Derivatives); 7] = [
        ("sin(x)", |x| [x.cos(), -x.sin(), -x.cos()]),
        ("exp(x)", |x| [x.exp(); 3]),
        ("x^5", |x| [5.0 * x.powi(4), 20.0 * x.powi(3), 60.0 * x.powi(2)]),
        ("1/x", |x| [-x.powi(-2), 2.0 * x.powi(-3), -6.0 * x.powi(-4)]),
        ("tanh(x)", |x| {
            let (t, s) = (x.tanh(), x.cosh().powi(-2));
            [s, -2.0 * t * s, s * (4.0 * t * t - 2.0 * s)]
        }),
        ("log(x)", |x| [x.recip(), -x.powi(-2), 2.0 * x.powi(-3)]),
        ("sqrt(x)", |x| [0.5 * x.powf(-0.5), -0.25 * x.powf(-1.5), 0.375 * x.powf(-2.5)]),
    ];
    for (text, closed) in cases {
        let first = gradient(&parsed(text, &["x"])).unwrap();
        let second = gradient(&first).unwrap();
        let third = gradient(&second).unwrap();
        for x in points(50, &[(0.3, 4.0)]) {
            let found = [at(&first, &x)[0], at(&second, &x)[0], at(&third, &x)[0]];
            assert_close(&found, &closed(x[0]), 1e-13);
        }
    }
}

#[test]
fn mixed_third_derivatives_are_the_same_in_every_order() {
    let f = parsed("x^3*y^2*exp(z)", &["x", "y", "z"]);
    let by = |f: &Program, i| select_outputs(&gradient(f).unwrap(), &[i]).unwrap();
    let point = [1.5, -0.5, 0.25];
    let closed = 3.0 * 1.5 * 1.5 * 2.0 * -0.5 * 0.25_f64.exp();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let third = order.iter().fold(f.clone(), |f, &i| by(&f, i));
        assert_close(&at(&third, &point), &[closed], 1e-14);
    }
}

fn beale_hessian(x: f64, y: f64) -> [f64; 4] {
    let mut h = [0.0; 4];
    for (k, c) in [(1, 1.5), (2, 2.25), (3, 2.625)] {
        let kf = f64::from(k);
        let u = c - x + x * y.powi(k);
        let (ux, uy) = (y.powi(k) - 1.0, kf * x * y.powi(k - 1));
        let (uxy, uyy) = (kf * y.powi(k - 1), kf * (kf - 1.0) * x * y.powi(k - 2));
        h[0] += 2.0 * ux * ux;
        h[1] += 2.0 * (ux * uy + u * uxy);
        h[3] += 2.0 * (uy * uy + u * uyy);
    }
    h[2] = h[1];
    h
}

#[test]
fn hessians_of_rosenbrock_beale_and_a_quadratic_are_those_derived_by_hand() {
    let rosenbrock = hessian(&parsed("(1-x)^2 + 100*(y-x^2)^2", &["x", "y"])).unwrap();
    let text = "(1.5-x+x*y)^2 + (2.25-x+x*y^2)^2 + (2.625-x+x*y^3)^2";
    let beale = hessian(&parsed(text, &["x", "y"])).unwrap();
    for p in points(100, &[(-3.0, 3.0), (-3.0, 3.0)]) {
        let (x, y) = (p[0], p[1]);
        let by_hand = [2.0 + 1200.0 * x * x - 400.0 * y, -400.0 * x, -400.0 * x, 200.0];
        assert_close(&at(&rosenbrock, &p), &by_hand, 1e-13);
        assert_close(&at(&beale, &p), &beale_hessian(x, y), 1e-12);
    }
    let matrix = [[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [-2.0, 0.5, 7.0]];
    let quadratic = trace(3, |x| {
        let rows = matrix.iter().map(|row| row.iter().zip(x).map(|(a, &x)| *a * x).sum::<Var>());
        0.5 * rows.zip(x).map(|(row, &x)| row * x).sum::<Var>()
    })
    .unwrap();
    assert_eq!(at(&hessian(&quadratic).unwrap(), &[1.0, 2.0, 3.0]), matrix.concat());
}

/// A function of three variables in which everything depends on everything.
fn tangled() -> Program {
    parsed("exp(x*y)*sin(z) + log(1+x^2+z^2)/(2+cos(y)) - hypot(x-y, z)*tanh(x*z)", &["x", "y", "z"])
}

#[test]
fn the_forward_derivative_is_the_gradient_times_the_direction() {
    let (forward, reverse) = (jvp(&tangled()).unwrap(), value_and_gradient(&tangled()).unwrap());
    assert_eq!(forward.input_names().collect::<Vec<_>>(), ["x", "y", "z", "dx", "dy", "dz"]);
    for p in points(100, &[(-2.0, 2.0); 6]) {
        let (x, v) = p.split_at(3);
        let value_and_slopes = at(&reverse, x);
        let along = v.iter().zip(&value_and_slopes[1..]).map(|(v, g)| v * g).sum();
        assert_close(&at(&forward, &p), &[value_and_slopes[0], along], 1e-12);
    }
}

#[test]
fn the_hessian_vector_product_is_the_hessian_times_the_vector() {
    let f = tangled();
    let (product, matrix, slope) = (hvp(&f).unwrap(), hessian(&f).unwrap(), gradient(&f).unwrap());
    for p in points(100, &[(-2.0, 2.0); 6]) {
        let (x, v) = p.split_at(3);
        let h = at(&matrix, x);
        let by_matrix: Vec<_> = h.chunks(3).map(|row| row.iter().zip(v).map(|(h, v)| h * v).sum()).collect();
        let found = at(&product, &p);
        assert_close(&found, &by_matrix, 1e-12);
        let gradients = [1e-4, -1e-4].map(|h| {
            let moved: Vec<_> = x.iter().zip(v).map(|(x, v)| x + h * v).collect();
            at(&slope, &moved)
        });
        let by_difference: Vec<_> =
            gradients[0].iter().zip(&gradients[1]).map(|(a, b)| (a - b) / 2e-4).collect();
        assert_close(&found, &by_difference, 3e-5);
    }
}

#[test]
fn value_gradient_and_hessian_in_one_program_are_those_of_three() {
    let f = tangled();
    let all = value_gradient_hessian(&f).unwrap();
    for x in points(20, &[(-2.0, 2.0); 3]) {
        let found = at(&all, &x);
        assert_close(&found[..4], &at(&value_and_gradient(&f).unwrap(), &x), 1e-14);
        assert_close(&found[4..], &at(&hessian(&f).unwrap(), &x), 1e-14);
    }
}

#[test]
fn forward_over_forward_and_forward_over_reverse_agree() {
    let f = tangled();
    let (twice, product) = (jvp(&jvp(&f).unwrap()).unwrap(), hvp(&f).unwrap());
    for p in points(20, &[(-2.0, 2.0); 6]) {
        let (x, v) = p.split_at(3);
        // Inputs x, dx and the tangents of both; d(∇f·v) along (v, 0) is vᵀ∇²f·v.
        let input = [x, v, v, &[0.0; 3]].concat();
        let curvature = at(&twice, &input)[3];
        let hv = at(&product, &p);
        assert_close(&[curvature], &[hv.iter().zip(v).map(|(a, b)| a * b).sum()], 1e-11);
    }
}

#[test]
fn functions_that_cannot_be_differentiated_are_refused_with_the_reason() {
    let two = trace(1, |x| [x[0], x[0].sin()]).unwrap();
    let message = |result: Result<Program, FunctionError>| result.unwrap_err().to_string();
    assert_eq!(message(gradient(&two)), "`gradient` needs a function with one result, found 2");
    assert_eq!(message(hvp(&two)), "`hvp` needs a function with one result, found 2");
    assert_eq!(message(hessian(&two)), "`hessian` needs a function with one result, found 2");
    let array = batch(&trace(1, |x| x[0]).unwrap(), 3, &[InputAxis::Batched]).unwrap();
    assert_eq!(
        message(value_and_gradient(&array)),
        "`value_and_gradient` needs a function with a scalar result, found an array of shape [3]; \
         sum it up, or transform first and then `batch`"
    );
    assert!(message(value_gradient_hessian(&array)).starts_with("`value_gradient_hessian` needs a function"));
    assert_eq!(
        message(select_outputs(&two, &[0, 2])),
        "a result was asked for that the program does not have: it has 2, counted from 0"
    );
}
