//! Steps of the methods against hand computation and closed forms.

use thalweg_function::trace;
use thalweg_solve::{Evaluations, Status};

use crate::functions::{Q, components, quadratic, rosenbrock, run};

#[test]
fn newton_reaches_the_minimum_of_a_quadratic_in_one_step() {
    let solution = run(&quadratic(), &[9.5, -1.0], "newton", 1);
    assert!(solution.x.iter().all(|x| x.abs() < 1e-14), "{:?}", solution.x);
    assert_eq!(solution.evaluations, Evaluations { value: 2, gradient: 2, hessian: 1, hessian_vector: 0 });
}

#[test]
fn newton_reaches_the_minimum_of_rosenbrock_in_six_steps() {
    // Nocedal and Wright's standard start; the count is that of the pure Newton iteration.
    let solution = run(&rosenbrock(), &[-1.2, 1.0], "newton", 6);
    assert!((solution.x[0] - 1.0).abs() < 1e-6 && (solution.x[1] - 1.0).abs() < 1e-6, "{:?}", solution.x);
}

#[test]
fn a_newton_step_with_damping_divides_each_component_by_its_eigenvalue_plus_the_damping() {
    let solution = run(&quadratic(), &[9.5, -1.0], "newton(lr=0.5, damping=2)", 1);
    let (before, after) = (components(&[9.5, -1.0]), components(&solution.x));
    for ((after, before), λ) in after.iter().zip(before).zip([1.0, 6.0]) {
        assert!((after - before * (1.0 - 0.5 * λ / (λ + 2.0))).abs() < 1e-14);
    }
}

#[test]
fn newton_goes_to_a_saddle_and_absolute_newton_away_from_it() {
    let saddle = trace(2, |x| 0.5 * (x[0].pow(2.0) - 4.0 * x[1].pow(2.0))).unwrap();
    assert_eq!(run(&saddle, &[1.0, 1.0], "newton", 1).x, [0.0, 0.0]);
    // |H|⁻¹g = (1, −1): away from the saddle along the second axis.
    assert_eq!(run(&saddle, &[1.0, 1.0], "newton(absolute=true)", 1).x, [0.0, 2.0]);
}

#[test]
fn newton_leaves_directions_without_curvature_alone() {
    let trough = trace(2, |x| (x[0] + x[1]).pow(2.0)).unwrap();
    let x = run(&trough, &[2.0, 1.0], "newton", 1).x;
    // The nearest point of the line x + y = 0.
    assert!((x[0] - 0.5).abs() < 1e-14 && (x[1] + 0.5).abs() < 1e-14, "{x:?}");
}

#[test]
fn curvature_scaled_steps_divide_by_the_measure_of_the_spectrum() {
    let start = [9.5, -1.0];
    let gradient = [0, 1].map(|i| Q[i][0] * start[0] + Q[i][1] * start[1]);
    for (by, measure) in [("max", 6.0), ("sum", 7.0), ("condition", 6.0)] {
        let x = run(&quadratic(), &start, &format!("curvature_scaled(lr=0.3, by={by})"), 1).x;
        for i in 0..2 {
            assert!((x[i] - (start[i] - 0.3 / measure * gradient[i])).abs() < 1e-11, "{by}: {x:?}");
        }
    }
}

#[test]
fn curvature_is_measured_by_the_largest_eigenvalue_not_by_the_largest_absolute_one() {
    // Eigenvalues −4 and 1: max is |1|, sum is 5, the condition number 4.
    let saddle = trace(2, |x| 0.5 * (x[0].pow(2.0) - 4.0 * x[1].pow(2.0))).unwrap();
    for (options, measure) in [
        ("by=max", 1.0),
        ("by=sum", 5.0),
        ("by=condition", 4.0),
        ("by=max, estimate=power, iterations=60", 1.0),
        ("by=sum, estimate=power, iterations=60", 5.0),
        ("by=condition, estimate=power, iterations=60", 4.0),
    ] {
        let x = run(&saddle, &[1.0, 1.0], &format!("curvature_scaled(lr=1, {options})"), 1).x;
        assert!((x[0] - (1.0 - 1.0 / measure)).abs() < 1e-9, "{options}: {x:?}");
        assert!((x[1] - (1.0 + 4.0 / measure)).abs() < 1e-9, "{options}: {x:?}");
    }
}

#[test]
fn power_iteration_finds_the_exact_curvature_within_its_products() {
    let exact = run(&rosenbrock(), &[-1.2, 1.0], "curvature_scaled(lr=0.5)", 40);
    let power = run(&rosenbrock(), &[-1.2, 1.0], "curvature_scaled(lr=0.5, estimate=power)", 40);
    for (a, b) in exact.x.iter().zip(&power.x) {
        assert!((a - b).abs() < 1e-6, "{:?} {:?}", exact.x, power.x);
    }
    assert_eq!((exact.evaluations.hessian, exact.evaluations.hessian_vector), (40, 0));
    assert_eq!((power.evaluations.hessian, power.evaluations.hessian_vector), (0, 40 * 2 * 20));
}

#[test]
fn the_eigenvalue_nearest_to_zero_is_found_inside_the_spectrum() {
    // Eigenvalues −3, 0.5 and 2: the condition number is 3/0.5.
    let saddle =
        trace(3, |x| 0.5 * (2.0 * x[0].pow(2.0) - 3.0 * x[1].pow(2.0) + 0.5 * x[2].pow(2.0))).unwrap();
    let method = "curvature_scaled(lr=1, by=condition, estimate=power, iterations=300)";
    let solution = run(&saddle, &[1.0, 1.0, 1.0], method, 1);
    for (x, slope) in solution.x.iter().zip([2.0, -3.0, 0.5]) {
        assert!((x - (1.0 - slope / 6.0)).abs() < 1e-9, "{:?}", solution.x);
    }
    assert_eq!(solution.evaluations.hessian_vector, 3 * 300);
}

#[test]
fn nesterov_look_ahead_iterates_match_hand_computation() {
    // f = x², lr 0.1, momentum 0.5, start 1: v ← 0.5v + 0.1·2(x − 0.5v), x ← x − v.
    // v₁ = 0.2, x₁ = 0.8; v₂ = 0.1 + 0.2·0.7 = 0.24, x₂ = 0.56; v₃ = 0.12 + 0.2·0.44 = 0.208, x₃ = 0.352.
    let parabola = trace(1, |x| x[0].pow(2.0)).unwrap();
    let ahead = run(&parabola, &[1.0], "nesterov(lr=0.1, momentum=0.5, lookahead=true)", 3);
    assert_eq!(ahead.evaluations.gradient, 1 + 2 * 3);
    // The form without looking ahead walks along xₖ − 0.5vₖ.
    let along = run(&parabola, &[1.0], "nesterov(lr=0.1, momentum=0.5)", 3);
    assert_eq!(along.evaluations.gradient, 1 + 3);
    for (solution, exact) in [(ahead, [1.0, 0.8, 0.56, 0.352]), (along, [1.0, 0.7, 0.44, 0.248])] {
        let x = solution.history.unwrap().x;
        assert!(x.iter().zip(exact).all(|(x, exact)| (x - exact).abs() < 1e-15), "{x:?}");
    }
}

#[test]
fn heavy_ball_iterates_match_hand_computation() {
    // f = x², v ← 0.5v + 2x, x ← x − 0.1v.
    let parabola = trace(1, |x| x[0].pow(2.0)).unwrap();
    let history = run(&parabola, &[1.0], "sgd(lr=0.1, momentum=0.5)", 3).history.unwrap();
    // v₁ = 2, x₁ = 0.8; v₂ = 2.6, x₂ = 0.54; v₃ = 2.38, x₃ = 0.302.
    for (x, exact) in history.x.iter().zip([1.0, 0.8, 0.54, 0.302]) {
        assert!((x - exact).abs() < 1e-15, "{:?}", history.x);
    }
}

#[test]
fn tolerances_end_a_run_at_the_first_step_that_meets_them() {
    use thalweg_solve::{Options, Traced, minimize};
    // x_k = 0.8^k on f = x²: gradient 2·0.8^k, change of value 0.36·0.64^(k−1), step 0.2·0.8^(k−1).
    let mut parabola = Traced::<f64>::new(&trace(1, |x| x[0].pow(2.0)).unwrap()).unwrap();
    let base = Options { method: "sgd(lr=0.1)".parse().unwrap(), ..Options::default() };
    let first = |test: fn(i32) -> f64| (1..100).find(|&k| test(k) <= 1e-3).unwrap() as usize;
    let cases = [
        (
            Options { grad_tol: Some(1e-3), ..base.clone() },
            Status::ConvergedGradient,
            first(|k| 2.0 * 0.8_f64.powi(k)),
        ),
        (
            Options { value_tol: Some(1e-3), ..base.clone() },
            Status::ConvergedValue,
            first(|k| 0.36 * 0.64_f64.powi(k - 1)),
        ),
        (
            Options { step_tol: Some(1e-3), ..base.clone() },
            Status::ConvergedStep,
            first(|k| 0.2 * 0.8_f64.powi(k - 1)),
        ),
        (Options { steps: 7, ..base.clone() }, Status::MaxSteps, 7),
    ];
    for (options, status, steps) in cases {
        let solution = minimize(&mut parabola, &[1.0], &options).unwrap();
        assert_eq!((solution.status, solution.steps), (status, steps));
        assert_eq!(solution.evaluations.value, steps as u64 + 1);
    }
}

#[test]
fn a_start_at_a_minimum_has_converged_before_the_first_step() {
    use thalweg_solve::{Options, Traced, minimize};
    let options = Options { grad_tol: Some(0.0), ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(&quadratic()).unwrap(), &[0.0, 0.0], &options).unwrap();
    assert_eq!((solution.status, solution.steps), (Status::ConvergedGradient, 0));
}

#[test]
fn a_start_where_the_function_is_not_a_number_has_diverged_with_no_step() {
    let log = trace(1, |x| x[0].log()).unwrap();
    for start in [-1.0, 0.0] {
        let solution = run(&log, &[start], "sgd(lr=0.1)", 10);
        assert_eq!((solution.status, solution.steps), (Status::Diverged, 0));
        assert_eq!(solution.x, [start]);
        assert_eq!(solution.history.unwrap().len(), 1);
    }
}

#[test]
fn a_run_ends_when_its_time_is_up() {
    use thalweg_solve::{Options, Traced, minimize};
    let method: thalweg_solve::Method = "sgd(lr=0.01)".parse().unwrap();
    let options = |seconds| Options {
        method: method.clone(),
        max_seconds: Some(seconds),
        steps: usize::MAX,
        ..Options::default()
    };
    let mut objective = Traced::<f64>::new(&quadratic()).unwrap();
    let solution = minimize(&mut objective, &[1.0, 1.0], &options(0.01)).unwrap();
    assert_eq!((solution.status, solution.steps % 64), (Status::MaxSeconds, 0));
    let solution = minimize(&mut objective, &[1.0, 1.0], &options(0.0)).unwrap();
    assert_eq!((solution.status, solution.steps), (Status::MaxSeconds, 0));
}
