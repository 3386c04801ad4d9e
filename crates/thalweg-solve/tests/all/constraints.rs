//! Runs under constraints against closed-form solutions.

use thalweg_function::trace;
use thalweg_solve::{Constraint, Multiplier, Options, Status, Traced, minimize};

use crate::functions::{components, options, quadratic};

fn constrained(text: &str) -> Constraint {
    Constraint::parse(text, &["x1".to_owned(), "x2".to_owned()]).unwrap()
}

#[test]
fn a_multiplier_run_on_a_line_reaches_the_closed_form_minimum_and_multiplier() {
    // min ½(x² + 6y²) with x + y = 1: x = 6/7, y = 1/7, λ = −6/7.
    let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0))).unwrap();
    let options = Options {
        constraints: vec![constrained("multiplier(\"x1 + x2 - 1\", init=0, lr=0.1)")],
        grad_tol: Some(1e-10),
        ..options("sgd(lr=0.1)", 10_000)
    };
    let solution = minimize(&mut Traced::<f64>::new(&bowl).unwrap(), &[0.0, 0.0], &options).unwrap();
    assert_eq!(solution.status, Status::ConvergedGradient);
    let multiplier = solution.multiplier.unwrap();
    for (found, exact) in [(solution.x[0], 6.0 / 7.0), (solution.x[1], 1.0 / 7.0), (multiplier, -6.0 / 7.0)] {
        assert!((found - exact).abs() < 1e-9, "{found} {exact}");
    }
}

#[test]
fn newton_on_the_lagrangian_reaches_the_same_point() {
    let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0))).unwrap();
    let options = Options {
        constraints: vec![constrained("multiplier(\"x1 + x2 - 1\")")],
        ..options("newton(lr=0.5)", 2000)
    };
    let solution = minimize(&mut Traced::<f64>::new(&bowl).unwrap(), &[0.0, 0.0], &options).unwrap();
    assert!(
        (solution.x[0] - 6.0 / 7.0).abs() < 1e-6 && (solution.multiplier.unwrap() + 6.0 / 7.0).abs() < 1e-6
    );
}

#[test]
fn the_first_multiplier_steps_match_hand_computation() {
    // f = x², c = x − 1, λ₀ = 0.5, both rates 0.1, x₀ = 2:
    // λ₁ = 0.5 + 0.1·1 = 0.6, x₁ = 2 − 0.1(4 + 0.6) = 1.54; λ₂ = 0.654, x₂ = 1.54 − 0.1(3.08 + 0.654) = 1.1666.
    let parabola = trace(1, |x| x[0].pow(2.0)).unwrap();
    let held = Multiplier {
        function: trace(1, |x| x[0] - 1.0).unwrap(),
        text: "x1 - 1".to_owned(),
        init: 0.5,
        lr: 0.1,
    };
    let options = Options { constraints: vec![Constraint::Multiplier(held)], ..options("sgd(lr=0.1)", 2) };
    let solution = minimize(&mut Traced::<f64>::new(&parabola).unwrap(), &[2.0], &options).unwrap();
    let history = solution.history.unwrap();
    for (x, exact) in history.x.iter().zip([2.0, 1.54, 1.1666]) {
        assert!((x - exact).abs() < 1e-14, "{:?}", history.x);
    }
    assert!((solution.multiplier.unwrap() - 0.654).abs() < 1e-14);
}

#[test]
fn half_the_squared_norm_with_twice_the_rate_is_the_sphere_of_unhalved_ascent() {
    // The form λ ← λ + lr(‖x‖² − 1), x ← x − lr(∇f + λx), iterated by hand on f = ½(x² + 6y²).
    let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0))).unwrap();
    let constraints = vec![constrained("multiplier(\"(x1^2 + x2^2 - 1)/2\", init=0.5, lr=0.2)")];
    let options = Options { constraints, ..options("sgd(lr=0.1)", 50) };
    let solution = minimize(&mut Traced::<f64>::new(&bowl).unwrap(), &[1.5, -0.5], &options).unwrap();
    let (mut x, mut λ) = ([1.5_f64, -0.5], 0.5);
    for _ in 0..50 {
        λ += 0.1 * (x[0] * x[0] + x[1] * x[1] - 1.0);
        x = [x[0] - 0.1 * (x[0] + λ * x[0]), x[1] - 0.1 * (6.0 * x[1] + λ * x[1])];
    }
    assert!((solution.x[0] - x[0]).abs() < 1e-12 && (solution.x[1] - x[1]).abs() < 1e-12);
    assert!((solution.multiplier.unwrap() - λ).abs() < 1e-12);
}

#[test]
fn descent_projected_onto_the_sphere_reaches_the_eigenvector_of_the_smallest_eigenvalue() {
    let options = Options {
        constraints: vec![constrained("sphere")],
        grad_tol: Some(1e-10),
        ..options("sgd(lr=0.1)", 10_000)
    };
    let solution = minimize(&mut Traced::<f64>::new(&quadratic()).unwrap(), &[1.0, 2.0], &options).unwrap();
    assert_eq!(solution.status, Status::ConvergedGradient);
    let [along, across] = components(&solution.x);
    assert!((along.abs() - 1.0).abs() < 1e-12 && across.abs() < 1e-9, "{along} {across}");
    assert!((solution.value - 0.5).abs() < 1e-12);
    // The start is projected, and every iterate lies on the sphere.
    assert!(solution.history.unwrap().points().all(|x| (x[0].hypot(x[1]) - 1.0).abs() < 1e-15));
}

#[test]
fn a_run_within_bounds_ends_at_the_nearest_end_and_knows_that_it_has_converged() {
    // min ½(x² + 6y²) over x ≥ 1, y free: (1, 0), where ∂f/∂x = 1 is held by the bound.
    let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0))).unwrap();
    let options = Options {
        bounds: Some("1..3, -inf..inf".parse().unwrap()),
        grad_tol: Some(1e-9),
        ..options("sgd(lr=0.1)", 10_000)
    };
    let solution = minimize(&mut Traced::<f64>::new(&bowl).unwrap(), &[5.0, 2.0], &options).unwrap();
    assert_eq!(solution.status, Status::ConvergedGradient);
    assert!(solution.x[0] == 1.0 && solution.x[1].abs() < 1e-9);
    let history = solution.history.unwrap();
    assert_eq!(history.point(0), [3.0, 2.0]);
    assert!(history.points().all(|x| (1.0..=3.0).contains(&x[0])));
}

#[test]
fn the_origin_is_projected_onto_the_first_axis_of_the_sphere() {
    let options = Options { constraints: vec![constrained("sphere(radius=2)")], ..options("sgd(lr=0)", 1) };
    let solution = minimize(&mut Traced::<f64>::new(&quadratic()).unwrap(), &[0.0, 0.0], &options).unwrap();
    assert_eq!(solution.x, [2.0, 0.0]);
}
