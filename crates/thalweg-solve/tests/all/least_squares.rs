//! Least squares against NIST's certified values, published minima and SciPy.

use std::ops::ControlFlow;

use thalweg_function::{Expression, Program, trace};
use thalweg_landscape::{Landscape, Set};
use thalweg_solve::{
    Bounds, ClosureResiduals, CurveResiduals, Fit, LeastSquares, LeastSquaresMethod, LeastSquaresOptions,
    Loss, SolveError, State, Status, TracedResiduals, least_squares, least_squares_observed, random_starts,
};

fn solved(residuals: &Program, start: &[f64], options: &LeastSquaresOptions) -> LeastSquares {
    least_squares(&mut TracedResiduals::new(residuals).unwrap(), start, options).unwrap()
}

fn by(method: LeastSquaresMethod) -> LeastSquaresOptions {
    LeastSquaresOptions { method, ..LeastSquaresOptions::default() }
}

/// The largest relative difference.
fn difference(found: &[f64], expected: &[f64]) -> f64 {
    found.iter().zip(expected).fold(0.0, |most, (f, e)| f64::max(most, ((f - e) / e).abs()))
}

const TRUST_REGIONS: [LeastSquaresMethod; 2] =
    [LeastSquaresMethod::LevenbergMarquardt, LeastSquaresMethod::Reflective];

#[test]
fn all_of_nists_regressions_are_solved_to_six_digits_from_both_starts() {
    for method in TRUST_REGIONS {
        for name in Set::Nist.problems() {
            for start in 1..=2 {
                let problem: Landscape = format!("{name}(start={start})").parse().unwrap();
                let certified = problem.regression().unwrap();
                let fit = solved(problem.residuals().unwrap(), problem.start(), &by(method));
                let what = format!("{name}, start {start}, {method:?}: {}", fit.status);
                assert!(fit.status.converged(), "{what}");
                assert!(difference(&fit.x, &certified.parameters) <= 0.5e-6, "{what}: {:?}", fit.x);
                // The residuals of Lanczos1 are the rounding errors of its data, and ours.
                let tolerance = if name == "lanczos1" { 2e-3 } else { 0.5e-6 };
                assert!(
                    difference(&[fit.value], &[certified.sum_of_squares]) <= tolerance,
                    "{what}: {}",
                    fit.value
                );
                let errors = fit.standard_errors().unwrap();
                assert!(difference(&errors, &certified.deviations) <= tolerance, "{what}: {errors:?}");
            }
        }
    }
}

#[test]
fn every_problem_of_more_garbow_and_hillstrom_ends_at_a_known_minimum() {
    for method in TRUST_REGIONS {
        for spec in Set::MoreGarbowHillstrom.problems() {
            let problem: Landscape = spec.parse().unwrap();
            let fit = solved(problem.residuals().unwrap(), problem.start(), &by(method));
            let known =
                problem.minima().iter().map(|minimum| minimum.value).chain(problem.infima().iter().copied());
            let near = |value: f64| (fit.value - value).abs() <= 1e-5 * value + 1e-14;
            assert!(
                fit.status.converged() && known.into_iter().any(near),
                "{spec}, {method:?}: {} {}",
                fit.status,
                fit.value
            );
        }
    }
}

#[test]
fn gauss_newton_solves_linear_problems_in_one_step_and_easy_regressions() {
    let problem: Landscape = "linear_full_rank".parse().unwrap();
    let fit = solved(problem.residuals().unwrap(), problem.start(), &by(LeastSquaresMethod::GaussNewton));
    assert!(fit.steps <= 2 && difference(&fit.x, &[-1.0; 10]) < 1e-14, "{fit:?}");
    for name in ["misra1a(start=2)", "chwirut2(start=2)", "gauss1(start=2)", "danwood(start=2)"] {
        let problem: Landscape = name.parse().unwrap();
        let fit = solved(problem.residuals().unwrap(), problem.start(), &by(LeastSquaresMethod::GaussNewton));
        assert!(difference(&fit.x, &problem.regression().unwrap().parameters) < 1e-8, "{name}: {fit:?}");
    }
}

/// A decaying exponential with one outlier, at the fifth point.
fn outlier() -> Program {
    let y = [2.9, 2.1, 1.3, 1.1, 9.0, 0.6, 0.45, 0.2];
    trace(3, |b| {
        let residual = |(t, y): (usize, f64)| b[0] * (-(t as f64) * b[1]).exp() + b[2] - y;
        y.into_iter().enumerate().map(residual).collect::<Vec<_>>()
    })
    .unwrap()
}

#[test]
fn robust_losses_find_what_scipy_finds() {
    // scipy.optimize.least_squares of SciPy 1.17.1 with f_scale=0.1, from (2, 0.5, 0); its cost is half the sum.
    let found = [
        (
            Loss::Huber(0.1),
            [2.920455396898806, 0.31100486019419443, -0.04314683471988247],
            1.6759226411406065,
        ),
        (
            Loss::SoftL1(0.1),
            [2.8916766126850573, 0.31674123980665086, -0.011425471573901813],
            1.6588253657204501,
        ),
        (
            Loss::Cauchy(0.1),
            [2.907868856991878, 0.32230672033544755, -0.013680259983833355],
            0.11418445938027004,
        ),
    ];
    for (loss, x, value) in found {
        for method in TRUST_REGIONS {
            let fit = solved(&outlier(), &[2.0, 0.5, 0.0], &LeastSquaresOptions { loss, ..by(method) });
            assert!(fit.status.converged(), "{loss:?}, {method:?}: {}", fit.status);
            assert!(difference(&fit.x, &x) <= 1e-5, "{loss:?}, {method:?}: {:?}", fit.x);
            assert!(difference(&[fit.value], &[value]) <= 1e-9, "{loss:?}, {method:?}: {}", fit.value);
        }
    }
}

#[test]
fn bounds_hold_and_the_minimum_lies_on_them() {
    // Problem 2 of Hock and Schittkowski as residuals; from this start the descent ends in the local minimum that SciPy 1.17.1
    // finds too, (-1.2210262421127374, 1.5) with 4.941229317989185.
    let problem: Landscape = "rosenbrock".parse().unwrap();
    let bounds = Bounds::each(&[(f64::NEG_INFINITY, f64::INFINITY), (1.5, f64::INFINITY)]).unwrap();
    let options = LeastSquaresOptions { bounds: Some(bounds.clone()), ..LeastSquaresOptions::default() };
    let fit = solved(problem.residuals().unwrap(), &[-2.0, 2.0], &options);
    assert!(fit.status.converged(), "{fit:?}");
    assert!(fit.x[1] >= 1.5 && difference(&fit.x, &[-1.2210262421127374, 1.5]) < 1e-6, "{fit:?}");
    assert!(difference(&[fit.value], &[4.941229317989185]) < 1e-8, "{fit:?}");
    // From the other side, the published minimum.
    let fit = solved(problem.residuals().unwrap(), &[2.0, 2.0], &options);
    let published: Landscape = "hs2".parse().unwrap();
    assert!(difference(&[fit.value], &[published.minima()[0].value]) < 1e-8, "{fit:?}");
    // A start outside is moved inside.
    assert!(solved(problem.residuals().unwrap(), &[2.0, -2.0], &options).x[1] >= 1.5);
}

#[test]
fn hand_written_residuals_go_the_same_way_as_traced_ones() {
    let problem: Landscape = "rosenbrock".parse().unwrap();
    let options = LeastSquaresOptions::default();
    let traced = solved(problem.residuals().unwrap(), problem.start(), &options);
    let residuals = |x: &[f64], r: &mut [f64]| r.copy_from_slice(&[10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]]);
    let jacobian = |x: &[f64], j: &mut [f64]| j.copy_from_slice(&[-20.0 * x[0], 10.0, -1.0, 0.0]);
    let mut closures = ClosureResiduals::new(2, 2, residuals, jacobian);
    let written = least_squares(&mut closures, problem.start(), &options).unwrap();
    assert_eq!((traced.steps, traced.evaluations), (written.steps, written.evaluations));
    assert!(difference(&written.x, &[1.0, 1.0]) < 1e-12);
}

#[test]
fn a_jacobian_of_several_array_arguments_has_a_row_for_each_residual() {
    // A line in two arguments through points on it.
    let inputs = [("slope", [1].into()), ("intercept", [1].into())];
    let line = trace(&inputs, |v| {
        let x = thalweg_function::Var::array([3], &[0.0, 1.0, 2.0]);
        [v[0] * x + v[1] - 5.0, v[1] - 1.0]
    })
    .unwrap();
    let fit = solved(&line, &[0.0, 0.0], &LeastSquaresOptions::default());
    assert_eq!(fit.jacobian, [0.0, 1.0, 1.0, 1.0, 2.0, 1.0, 0.0, 1.0]);
}

#[test]
fn a_step_into_undefined_values_is_too_long_and_no_end() {
    // log x = 0 from 20: the first step of Gauss and Newton leads to -39.9.
    let log = trace(1, |x| x[0].log()).unwrap();
    for method in [
        LeastSquaresMethod::GaussNewton,
        LeastSquaresMethod::LevenbergMarquardt,
        LeastSquaresMethod::Reflective,
    ] {
        let fit = solved(&log, &[20.0], &by(method));
        assert!((fit.x[0] - 1.0).abs() < 1e-9, "{method:?}: {fit:?}");
    }
    assert_eq!(solved(&log, &[-1.0], &LeastSquaresOptions::default()).status, Status::Diverged);
}

#[test]
fn parameters_that_the_data_do_not_determine_have_no_errors() {
    let sum = trace(2, |x| [x[0] + x[1] - 1.0, 2.0 * (x[0] + x[1]) - 3.0, x[0] + x[1]]).unwrap();
    let fit = solved(&sum, &[0.3, 0.1], &LeastSquaresOptions::default());
    assert!(fit.status.converged() && fit.covariance().is_none());
    let exact = trace(1, |x| x[0] - 1.0).unwrap();
    assert_eq!(solved(&exact, &[0.0], &LeastSquaresOptions::default()).residual_variance(), None);
}

#[test]
fn what_cannot_be_run_is_refused_with_the_reason() {
    let problem: Landscape = "rosenbrock".parse().unwrap();
    let refusal = |start: &[f64], options: &LeastSquaresOptions| -> SolveError {
        let mut residuals = TracedResiduals::new(problem.residuals().unwrap()).unwrap();
        least_squares(&mut residuals, start, options).unwrap_err()
    };
    let default = LeastSquaresOptions::default();
    assert_eq!(
        refusal(&[1.0], &default).to_string(),
        "the start: found 1 coordinates, the function has 2 variables"
    );
    let bounds = Some(Bounds::all(0.0, 1.0).unwrap());
    let conflict = LeastSquaresOptions { bounds, ..by(LeastSquaresMethod::GaussNewton) };
    assert!(
        refusal(&[1.0, 1.0], &conflict).to_string().starts_with("bounds and the method of Gauss and Newton")
    );
    let loss = LeastSquaresOptions { loss: Loss::Huber(0.0), ..default };
    assert!(refusal(&[1.0, 1.0], &loss).to_string().contains("the loss's scale must be positive"));
}

/// a exp(−b x) through ten points that lie near it.
fn decay() -> (Expression, Vec<f64>, Vec<f64>) {
    let curve = Expression::parse_with("a*exp(-b*x)", Some(&["a", "b", "x"]), &[]).unwrap();
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    let y = x.iter().map(|x| 3.0 * (-0.4 * x).exp() + 0.05 * (7.0 * x).sin()).collect();
    (curve, x, y)
}

#[test]
fn a_curve_through_rows_is_the_same_problem_as_its_residuals_one_by_one() {
    let (curve, x, y) = decay();
    let rows =
        trace(2, |p| x.iter().zip(&y).map(|(x, y)| p[0] * (-p[1] * *x).exp() - *y).collect::<Vec<_>>())
            .unwrap();
    let one_by_one = solved(&rows, &[1.0, 1.0], &LeastSquaresOptions::default());
    let problem = Fit { prediction: curve.program(), columns: &[x], target: &y, start: &[1.0, 1.0] };
    let whole = least_squares(
        &mut CurveResiduals::new(&problem).unwrap(),
        &[1.0, 1.0],
        &LeastSquaresOptions::default(),
    )
    .unwrap();
    assert!(difference(&whole.x, &one_by_one.x) < 1e-10, "{:?} {:?}", whole.x, one_by_one.x);
    let errors = |fit: &LeastSquares| fit.standard_errors().unwrap();
    assert!(difference(&errors(&whole), &errors(&one_by_one)) < 1e-8);
    assert!(whole.undetermined().is_empty());
}

#[test]
fn a_constant_has_one_prediction_for_all_rows() {
    let constant = Expression::parse_with("c", Some(&["c"]), &[]).unwrap();
    let problem =
        Fit { prediction: constant.program(), columns: &[], target: &[1.0, 2.0, 6.0], start: &[0.0] };
    let residuals = CurveResiduals::new(&problem).map(|mut residuals| {
        least_squares(&mut residuals, &[0.0], &LeastSquaresOptions::default()).unwrap().x[0]
    });
    assert!((residuals.unwrap() - 3.0).abs() < 1e-12);
}

#[test]
fn the_error_of_a_prediction_is_that_of_the_textbook() {
    // A line through x̄ = 2: the variance of its value at x is s² (1/n + (x − x̄)²/Sxx).
    let line = Expression::parse_with("a + b*x", Some(&["a", "b", "x"]), &[]).unwrap();
    let (x, y) = (vec![0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.9, 5.2, 6.8, 9.1]);
    let problem = Fit { prediction: line.program(), columns: &[x], target: &y, start: &[0.0, 0.0] };
    let mut residuals = CurveResiduals::new(&problem).unwrap();
    let fit = least_squares(&mut residuals, &[0.0, 0.0], &LeastSquaresOptions::default()).unwrap();
    let s = fit.residual_variance().unwrap().sqrt();
    let at = [2.0, 7.5];
    for (x, found) in at.iter().zip(fit.predict(line.program(), &[at.to_vec()]).unwrap()) {
        let exact = s * (0.2 + (x - 2.0).powi(2) / 10.0_f64).sqrt();
        assert!((found.error.unwrap() / exact - 1.0).abs() < 1e-10, "{x}: {found:?} {exact}");
        assert!((found.value - (fit.x[0] + fit.x[1] * x)).abs() < 1e-12);
    }
}

#[test]
fn parameters_that_only_change_together_are_named() {
    let open = |f: fn(&[thalweg_function::Var]) -> [thalweg_function::Var; 4], dim: usize| {
        let fit = solved(&trace(dim, f).unwrap(), &vec![1.0; dim], &LeastSquaresOptions::default());
        (fit.undetermined(), fit.covariance().is_none())
    };
    assert_eq!(open(|p| [0.0, 1.0, 2.0, 3.0].map(|x| p[0] * p[2] * x + p[1] - x * x), 3), (vec![0, 2], true));
    assert_eq!(open(|p| [0.0, 1.0, 2.0, 3.0].map(|x| p[0] * x + 0.0 * p[1] - x * x), 2), (vec![1], true));
    assert_eq!(open(|p| [0.0, 1.0, 2.0, 3.0].map(|x| p[0] * x + p[1] - x * x), 2), (vec![], false));
}

#[test]
fn errors_under_hubers_loss_cover_the_truth_as_often_as_they_say() {
    // y = 1 + 2x with normal errors of 0.1, every tenth of them 1: the mean squared deviation of 400 estimates is the mean variance.
    let noise = |k: u64| {
        let starts = random_starts::<f64>(&Bounds::all(0.0, 1.0).unwrap(), 1, 12 * 40, k).unwrap();
        let normal: Vec<f64> =
            starts.as_flat().chunks_exact(12).map(|twelve| twelve.iter().sum::<f64>() - 6.0).collect();
        normal.into_iter().enumerate().map(|(i, z)| if i % 10 == 0 { z } else { 0.1 * z }).collect::<Vec<_>>()
    };
    let line = Expression::parse_with("a + b*x", Some(&["a", "b", "x"]), &[]).unwrap();
    // In no order that the outliers share.
    let x: Vec<f64> = (0..40).map(|i| f64::from(i * 17 % 40) / 40.0).collect();
    let options = LeastSquaresOptions { loss: Loss::Huber(0.15), ..LeastSquaresOptions::default() };
    let (mut squared, mut variance) = (0.0, 0.0);
    for k in 0..400 {
        let y: Vec<f64> = x.iter().zip(noise(k)).map(|(x, e)| 1.0 + 2.0 * x + e).collect();
        let problem = Fit {
            prediction: line.program(),
            columns: std::slice::from_ref(&x),
            target: &y,
            start: &[0.0, 0.0],
        };
        let fit = least_squares(&mut CurveResiduals::new(&problem).unwrap(), &[0.0, 0.0], &options).unwrap();
        squared += (fit.x[1] - 2.0).powi(2) / 400.0;
        variance += fit.covariance().unwrap()[3] / 400.0;
    }
    // The mean of 400 squares has a relative deviation of √(2/400) = 0.07.
    assert!((squared / variance - 1.0).abs() < 0.25, "{squared} {variance}");
}

#[test]
fn an_observer_ends_a_run_at_the_best_point_so_far() {
    let problem: Landscape = "misra1a(start=1)".parse().unwrap();
    for method in TRUST_REGIONS.into_iter().chain([LeastSquaresMethod::GaussNewton]) {
        let mut seen = Vec::new();
        let mut observer = |state: &State<'_, f64>| {
            seen.push((state.x.to_vec(), state.value));
            if state.step == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut residuals = TracedResiduals::new(problem.residuals().unwrap()).unwrap();
        let fit =
            least_squares_observed(&mut residuals, problem.start(), &by(method), &mut observer).unwrap();
        assert_eq!((fit.status, fit.steps, seen.len()), (Status::Interrupted, 2, 3), "{method:?}");
        assert_eq!((&fit.x, fit.value), (&seen[2].0, seen[2].1), "{method:?}");
        assert!(seen[2].1 < seen[0].1, "{method:?}");
    }
}

#[test]
fn weights_and_curves_that_do_not_fit_the_data_are_refused() {
    let (curve, x, y) = decay();
    let columns = [x];
    let problem = Fit { prediction: curve.program(), columns: &columns, target: &y, start: &[1.0, 1.0] };
    let message = |weights: &[f64]| {
        CurveResiduals::new(&problem).unwrap().with_weights(weights).unwrap_err().to_string()
    };
    assert_eq!(message(&[1.0; 3]), "data: there are 3 weights for 10 rows");
    assert!(message(&[[1.0; 9].as_slice(), &[0.0]].concat()).contains("the weight of row 10 is 0"));
    let short = Fit { start: &[1.0], ..problem };
    assert!(CurveResiduals::new(&short).unwrap_err().to_string().contains("3 inputs"));
    for text in ["levenberg_marquardt", "gauss_newton", "reflective", "automatic"] {
        assert_eq!(text.parse::<LeastSquaresMethod>().unwrap().to_string(), text);
    }
    assert!("huber(0)".parse::<Loss>().unwrap_err().to_string().contains("above 0"));
}
