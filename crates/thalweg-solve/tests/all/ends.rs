//! How descents end where there is no easy end: always with a true status and the best point, never with an error.

use thalweg_function::{Program, Shape, trace};
use thalweg_solve::{Closure, Objective, Options, Solution, Status, Traced, minimize};

use crate::descents::METHODS;
use crate::functions::{quadratic, rosenbrock};

/// Checks every method, and tells of all that fail.
pub(crate) fn each(check: impl Fn(&str)) {
    let failed = METHODS
        .into_iter()
        .filter(|method| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(method))).is_err());
    let failed: Vec<_> = failed.collect();
    assert!(failed.is_empty(), "{failed:?}");
}

fn run(program: &Program, start: &[f64], method: &str, options: Options) -> Solution<f64> {
    let options = Options { method: method.parse().unwrap(), ..options };
    let solution = minimize(&mut Traced::new(program).unwrap(), start, &options).unwrap();
    let mut check = Traced::<f64>::new(program).unwrap();
    let at_start = check.value(start).unwrap();
    assert!(solution.best_value <= at_start, "{method}: above the start");
    // Values alone are summed in another order than with their gradients.
    let mut same = |x: &[f64], value: f64| (check.value(x).unwrap() - value).abs() <= 1e-13 * value.abs();
    assert!(same(&solution.best_x, solution.best_value), "{method}");
    assert!(same(&solution.x, solution.value), "{method}");
    solution
}

#[test]
fn a_start_at_a_minimiser_stays_there() {
    each(|method| {
        let solution = run(&quadratic(), &[0.0, 0.0], method, Options::default());
        assert_eq!((solution.status, solution.steps), (Status::ConvergedGradient, 0), "{method}");
        // At the minimum to rounding, with no tolerance that can be met.
        let options = Options { grad_tol: Some(1e-300), ..Options::default() };
        let solution = run(&rosenbrock(), &[1.0 + 1e-15, 1.0], method, options);
        assert!(solution.evaluations.value < 200, "{method}: {:?}", solution.evaluations);
        assert!(solution.value < 1e-26, "{method}: {solution:?}");
    });
}

#[test]
fn without_tolerances_a_descent_ends_by_itself() {
    each(|method| {
        let options = Options { steps: 5000, ..Options::default() };
        let solution = run(&rosenbrock(), &[-1.2, 1.0], method, options);
        assert!(solution.status.converged(), "{method}: {}", solution.status);
        assert!(solution.value < 1e-11, "{method}: {}", solution.value);
    });
}

#[test]
fn a_tolerance_below_rounding_costs_a_few_evaluations_and_no_more() {
    let raised = trace(2, |x| 1e3 + (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0)).unwrap();
    each(|method| {
        let options = Options { grad_tol: Some(1e-200), steps: 5000, ..Options::default() };
        let solution = run(&raised, &[-1.2, 1.0], method, options);
        let reached = Options { grad_tol: Some(1e-4), steps: 5000, ..Options::default() };
        let reached = run(&raised, &[-1.2, 1.0], method, reached);
        let exact = solution.status == Status::ConvergedGradient && solution.gradient_norm == 0.0;
        assert!(exact || solution.status == Status::LineSearchFailed, "{method}: {solution:?}");
        assert!(solution.value - 1e3 < 1e-9, "{method}: {}", solution.value - 1e3);
        let more = solution.evaluations.value - reached.evaluations.value;
        // Conjugate gradients and spectral steps still come nearer, if slowly.
        let most = if ["cg", "barz", "spg"].iter().any(|name| method.starts_with(name)) {
            8 * solution.steps as u64
        } else {
            120
        };
        assert!(more < most, "{method}: {more} more");
    });
}

#[test]
fn a_function_without_a_lower_bound_diverges_at_its_last_finite_point() {
    for (name, program) in [
        ("line", trace(2, |x| x[0] - 2.0 * x[1]).unwrap()),
        ("parabola", trace(2, |x| x[0] - x[1] * x[1]).unwrap()),
        ("exponential", trace(2, |x| -(x[0] + x[1]).exp()).unwrap()),
    ] {
        each(|method| {
            let solution = run(&program, &[1.0, 1.0], method, Options { steps: 2000, ..Options::default() });
            // A trial may have met −∞ before any other, or the run the end of the numbers.
            let met = solution.status == Status::Diverged;
            assert!(
                met || solution.value < -1e3,
                "{method}, {name}: {}, {}",
                solution.status,
                solution.value
            );
            assert!(!solution.status.converged(), "{method}, {name}: {}", solution.status);
            assert!(solution.x.iter().all(|x| x.is_finite()), "{method}");
        });
    }
}

#[test]
fn a_step_into_a_region_without_values_was_too_long() {
    // Minimum of x − log x + (y − 2)² at (1, 2); not a number for x ≤ 0, which is near the start.
    let barrier = trace(2, |x| x[0] - x[0].log() + (x[1] - 2.0).pow(2.0)).unwrap();
    // 1 − √(1 − x²) is not a number outside of a circle.
    let dome = trace(2, |x| 1.0 - (1.0 - x[0] * x[0] - 0.5 * x[1] * x[1]).sqrt()).unwrap();
    each(|method| {
        let options = || Options { grad_tol: Some(1e-7), steps: 3000, ..Options::default() };
        let solution = run(&barrier, &[1e-3, -30.0], method, options());
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!((solution.x[0] - 1.0).abs() < 1e-5 && (solution.x[1] - 2.0).abs() < 1e-5, "{method}");
        let solution = run(&dome, &[0.99, 0.1], method, options());
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!(solution.x.iter().all(|x| x.abs() < 1e-6), "{method}: {:?}", solution.x);
    });
}

#[test]
fn a_flat_function_has_converged_where_it_is() {
    let flat = trace(2, |x| 3.0 + 0.0 * (x[0] + x[1])).unwrap();
    each(|method| {
        let solution = run(&flat, &[1.0, 2.0], method, Options::default());
        assert_eq!((solution.status, solution.steps), (Status::ConvergedGradient, 0), "{method}");
    });
}

#[test]
fn scale_changes_neither_the_end_nor_much_of_the_way() {
    each(|method| {
        for (of_value, of_point) in [(1e12, 1.0), (1e-12, 1.0), (1.0, 1e12), (1.0, 1e-12), (1e-12, 1e12)] {
            let scaled = trace(2, |x| {
                let x = [x[0] / of_point, x[1] / of_point];
                of_value * ((1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))
            })
            .unwrap();
            let options = || Options { steps: 5000, ..Options::default() };
            let plain = run(&rosenbrock(), &[-1.2, 1.0], method, options());
            let solution = run(&scaled, &[-1.2 * of_point, of_point], method, options());
            assert!(solution.status.converged(), "{method}, {of_value}, {of_point}: {}", solution.status);
            let far = (solution.x[0] / of_point - 1.0).abs();
            assert!(far < 1e-4, "{method}, {of_value}, {of_point}: {:?}", solution.x);
            let (own, other) = (solution.evaluations.value, plain.evaluations.value);
            assert!(own < 3 * other + 60, "{method}, {of_value}, {of_point}: {own} against {other}");
        }
    });
}

#[test]
fn a_noisy_gradient_ends_near_the_minimum() {
    // Noise of 1e-4 that does not repeat: the golden ratio's multiples.
    for method in METHODS.into_iter().filter(|method| !method.contains("newton")) {
        let mut count = 0.0_f64;
        let mut noisy = Closure::new(
            2,
            |x: &[f64]| 0.5 * (x[0] * x[0] + 10.0 * x[1] * x[1]),
            |x: &[f64], g: &mut [f64]| {
                count += 1.0;
                g[0] = x[0] + 1e-4 * ((0.618_033_988_749_895 * count).fract() - 0.5);
                g[1] = 10.0 * x[1] + 1e-4 * ((0.754_877_666_246_693 * count).fract() - 0.5);
            },
        );
        let options = Options {
            method: method.parse().unwrap(),
            grad_tol: Some(1e-9),
            steps: 200,
            ..Options::default()
        };
        let solution = minimize(&mut noisy, &[3.0, -2.0], &options).unwrap();
        assert!(solution.best_value < 1e-6, "{method}: {solution:?}");
        assert!(solution.evaluations.value < 7000, "{method}");
    }
}

#[test]
fn one_variable_is_enough() {
    let quartic = trace(1, |x| (x[0] - 3.0).pow(2.0) + 0.1 * (x[0] - 3.0).pow(4.0)).unwrap();
    each(|method| {
        let options = Options { grad_tol: Some(1e-7), ..Options::default() };
        let solution = run(&quartic, &[-5.0], method, options);
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!((solution.x[0] - 3.0).abs() < 1e-6, "{method}: {:?}", solution.x);
    });
}

/// Pairs of variables, each a Rosenbrock function.
pub(crate) fn extended(n: usize) -> Program {
    trace([Shape::from([n])], |x| {
        let pairs = x[0].reshape(Shape::from([n / 2, 2]));
        let (a, b) = (pairs.slice(1, 0..1), pairs.slice(1, 1..2));
        ((1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)).sum(..)
    })
    .unwrap()
}

#[test]
fn a_million_variables_are_solved_without_a_matrix() {
    let n = 1_000_000;
    let program = extended(n);
    let start: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
    let options = Options { grad_tol: Some(1e-5), ..Options::default() };
    let solution = run(&program, &start, "lbfgs(memory=5)", options);
    assert_eq!(solution.status, Status::ConvergedGradient);
    assert!(solution.x.iter().all(|x| (x - 1.0).abs() < 1e-4));
    for method in ["bfgs", "sr1", "newton_cholesky", "trust_newton"] {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let error = minimize(&mut Traced::<f64>::new(&program).unwrap(), &start, &options).unwrap_err();
        assert!(error.to_string().contains("use lbfgs"), "{error}");
    }
}
