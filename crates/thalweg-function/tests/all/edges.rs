//! Values and derivatives at the edges of domains: the table in `primitive/mod.rs`.

use thalweg_function::{Program, Var, gradient, hessian, jvp, select, trace, value_and_gradient};

use crate::support::{at, parsed};

/// `f, ∂f/∂x, ∂f/∂y, …` of an expression.
fn edge(text: &str, x: &[f64]) -> Vec<f64> {
    let f = parsed(text, &["x", "y"][..x.len()]);
    at(&value_and_gradient(&f).unwrap(), x)
}

fn is_nan_at(values: &[f64]) -> Vec<bool> {
    values.iter().map(|value| value.is_nan()).collect()
}

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

#[test]
fn abs_relu_and_sign_have_derivative_zero_at_zero() {
    for zero in [0.0, -0.0] {
        assert_eq!(edge("abs(x)", &[zero]), [0.0, 0.0]);
        assert_eq!(edge("relu(x)", &[zero]), [0.0, 0.0]);
        assert_eq!(edge("sign(x)", &[zero]), [0.0, 0.0]);
        assert_eq!(edge("sign(x)", &[zero])[0].is_sign_negative(), zero.is_sign_negative());
    }
    assert_eq!(edge("sign(x)", &[-INF]), [-1.0, 0.0]);
    assert!(edge("relu(x)", &[NAN])[0].is_nan());
}

#[test]
fn sqrt_has_an_infinite_derivative_at_zero() {
    assert_eq!(edge("sqrt(x)", &[0.0]), [0.0, INF]);
    assert_eq!(is_nan_at(&edge("sqrt(x^2)", &[0.0])), [false, true]);
    assert_eq!(is_nan_at(&edge("sqrt(x)", &[-1.0])), [true, true]);
}

#[test]
fn min_and_max_share_their_derivative_at_ties_and_pass_nan_on() {
    for text in ["min(x, y)", "max(x, y)"] {
        assert_eq!(edge(text, &[2.0, 2.0]), [2.0, 0.5, 0.5]);
        assert_eq!(edge(text, &[0.0, -0.0])[1..], [0.5, 0.5]);
        assert!(edge(text, &[NAN, 1.0])[0].is_nan());
        assert!(edge(text, &[1.0, NAN])[0].is_nan());
    }
    assert_eq!(edge("max(x, x)", &[3.0]), [3.0, 1.0]);
    assert_eq!(edge("min(x, 0)", &[0.0]), [0.0, 0.5]);
}

#[test]
fn hypot_has_derivative_zero_at_the_origin_and_does_not_overflow() {
    assert_eq!(edge("hypot(x, y)", &[0.0, 0.0]), [0.0, 0.0, 0.0]);
    assert_eq!(edge("hypot(x, y)", &[3e300, -4e300]), [5e300, 0.6, -0.8]);
}

#[test]
fn powers_of_negative_numbers_are_real_for_whole_exponents_only() {
    let cube = edge("pow(x, y)", &[-2.0, 3.0]);
    assert_eq!(cube[..2], [-8.0, 12.0]);
    assert!(cube[2].is_nan());
    assert_eq!(is_nan_at(&edge("pow(x, y)", &[-2.0, 0.5])), [true; 3]);
    for (exponent, value, slope) in
        [(1, -2.0, 1.0), (2, 4.0, -4.0), (3, -8.0, 12.0), (4, 16.0, -32.0), (5, -32.0, 80.0)]
    {
        assert_eq!(edge(&format!("x^{exponent}"), &[-2.0]), [value, slope]);
    }
    assert_eq!(edge("x^-1", &[-2.0]), [-0.5, -0.25]);
    assert_eq!(edge("x^-2", &[-2.0]), [0.25, 0.25]);
    assert_eq!(edge("x^-3", &[-2.0]), [-0.125, -0.1875]);
}

#[test]
fn powers_of_zero_follow_the_sign_of_the_exponent() {
    assert_eq!(edge("pow(x, y)", &[0.0, 2.0]), [0.0, 0.0, 0.0]);
    assert_eq!(edge("pow(x, y)", &[0.0, 1.0]), [0.0, 1.0, 0.0]);
    assert_eq!(edge("pow(x, y)", &[0.0, 0.5]), [0.0, INF, 0.0]);
    let none = edge("pow(x, y)", &[0.0, 0.0]);
    assert_eq!((none[0], none[1].is_nan(), none[2]), (1.0, true, 0.0));
    let pole = edge("pow(x, y)", &[0.0, -1.0]);
    assert_eq!((pole[0], pole[1], pole[2].is_nan()), (INF, -INF, true));
    for exponent in ["0", "1", "2", "3", "4", "7"] {
        let slope = if exponent == "1" { 1.0 } else { 0.0 };
        assert_eq!(edge(&format!("x^{exponent}"), &[0.0])[1], slope, "x^{exponent}");
    }
}

#[test]
fn second_derivatives_of_whole_powers_are_finite_at_zero() {
    for (exponent, curvature) in [(2, 2.0), (3, 0.0), (4, 0.0), (5, 0.0), (6, 0.0)] {
        let f = parsed(&format!("x^{exponent}"), &["x"]);
        assert_eq!(at(&hessian(&f).unwrap(), &[0.0]), [curvature], "x^{exponent}");
    }
}

#[test]
fn outside_their_domain_functions_are_nan_and_derivatives_keep_their_formula() {
    assert_eq!(edge("log(x)", &[0.0]), [-INF, INF]);
    let left = edge("log(x)", &[-2.0]);
    assert!(left[0].is_nan() && left[1] == -0.5);
    assert_eq!(edge("log1p(x)", &[-1.0]), [-INF, INF]);
    assert_eq!(edge("asin(x)", &[1.0])[1], INF);
    assert_eq!(edge("acos(x)", &[-1.0])[1], -INF);
    assert_eq!(is_nan_at(&edge("asin(x)", &[1.5])), [true, true]);
}

#[test]
fn comparisons_have_derivative_zero() {
    let f = trace(2, |x| x[0].less(x[1]) + 2.0 * x[0].less_equal(x[1]) + 4.0 * x[0].equal(x[1])).unwrap();
    let all = value_and_gradient(&f).unwrap();
    assert_eq!(at(&all, &[1.0, 1.0]), [6.0, 0.0, 0.0]);
    assert_eq!(at(&all, &[0.0, 1.0]), [3.0, 0.0, 0.0]);
    assert_eq!(at(&all, &[1.0, 0.0]), [0.0, 0.0, 0.0]);
    assert_eq!(at(&all, &[NAN, 0.0]), [0.0, 0.0, 0.0]);
}

/// Functions of x with the point at which the side not taken is infinite, and the true derivative there.
fn guarded() -> Vec<(&'static str, Program, f64, f64)> {
    let case = |name, f: fn(Var) -> Var, point, slope| (name, trace(1, |x| f(x[0])).unwrap(), point, slope);
    vec![
        case("reciprocal", |x| select(x.equal(0.0), x, 1.0 / x), 0.0, 1.0),
        case("sinc", |x| select(x.equal(0.0), 1.0 - x * x / 6.0, x.sin() / x), 0.0, 0.0),
        case("entropy", |x| select(x.less_equal(0.0), 2.0 * x, x * x.log()), 0.0, 2.0),
        case("root", |x| select(x.equal(0.0), x, x.sqrt()), 0.0, 1.0),
        case("overflow", |x| select(x.less(1000.0), 3.0 * x, x), 1.0, 3.0),
        case("exponential", |x| select(x.less(1.0), x, (1000.0 * x).exp()), 0.9, 1.0),
        case("nested", |x| select(x.less(1.0), select(x.equal(0.0), 5.0 * x, 1.0 / x), x), 0.0, 5.0),
        case(
            "reused",
            |x| {
                let u = 1.0 / x;
                select(x.equal(0.0), 7.0 * x, u + u * u.exp())
            },
            0.0,
            7.0,
        ),
    ]
}

#[test]
fn an_infinity_on_the_side_not_taken_does_no_harm_to_the_tangent() {
    for (name, f, x, slope) in guarded() {
        assert_eq!(at(&jvp(&f).unwrap(), &[x, 1.0])[1], slope, "{name}");
    }
}

#[test]
fn an_infinity_on_the_side_not_taken_does_no_harm_to_the_gradient() {
    for (name, f, x, slope) in guarded() {
        assert_eq!(at(&gradient(&f).unwrap(), &[x]), [slope], "{name}");
    }
}
