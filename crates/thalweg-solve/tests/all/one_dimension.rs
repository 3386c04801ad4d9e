//! Minima and roots of functions of one variable, beside SciPy's: `fixtures/one_dimension.csv`, written by
//! `fixtures/make_one_dimension.py`.

use thalweg_function::trace;
use thalweg_solve::{
    Closure, ScalarMethod, ScalarOptions, Status, Traced, bracket_minimum, critical_point_between,
    minimize_between, minimize_objective_between, root_between, root_between_newton,
};

const FOUND: &str = include_str!("../fixtures/one_dimension.csv");

/// Brent's example of chapters 4 and 5: Σ ((2i − 5)/(x − i²))².
fn brent(x: f64) -> f64 {
    (1..=20).map(f64::from).map(|i| ((2.0 * i - 5.0) / (x - i * i)).powi(2)).sum()
}

fn minimum(name: &str) -> fn(f64) -> f64 {
    match name {
        "quartic" => |x| (x - 2.0) * x * (x + 2.0) * (x + 2.0),
        "cosine" => f64::cos,
        "entropy" => |x| x * x.ln(),
        "valley" => |x| x.exp() - 5.0 * x,
        "edge" => |x| (x + 1.0).powi(2),
        _ => brent,
    }
}

fn root(name: &str) -> fn(f64) -> f64 {
    match name {
        "cosine" => |x| x.cos() - x,
        "cubic" => |x| x.powi(3) - 2.0 * x - 5.0,
        "tangent" => |x| x.tan() - 1.0,
        "ninth" => |x| x.powi(9),
        "flat" => |x| x * (-x * x).exp(),
        "step" => |x| (1000.0 * (x - 0.3)).atan(),
        other => panic!("{other}"),
    }
}

/// What, name, low, high, x, evaluations.
fn rows(what: &str) -> impl Iterator<Item = (&'static str, [f64; 3], u64)> {
    FOUND
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(move |row| row[0] == what)
        .map(|row| {
            let number = |k: usize| row[k].parse::<f64>().unwrap();
            (row[1], [number(2), number(3), number(4)], row[5].parse().unwrap())
        })
}

/// SciPy's tolerances for the method `bounded` with `xatol=1e-8`.
fn as_scipy() -> ScalarOptions {
    ScalarOptions { rtol: 2.2e-16_f64.sqrt(), atol: 1e-8 / 3.0, ..ScalarOptions::default() }
}

#[test]
fn brents_minima_and_their_counts_are_scipys() {
    let mut compared = 0;
    for (name, [low, high, x], evaluations) in rows("minimum") {
        let found = minimize_between(minimum(name), low, high, &as_scipy()).unwrap();
        assert_eq!(found.status, Status::ConvergedStep);
        // Values decide, which rounding makes flat over √ε.
        assert!((found.x - x).abs() <= 1e-7 * x.abs().max(1.0), "{name}: {} {x}", found.x);
        assert!(found.evaluations.abs_diff(evaluations) <= 2, "{name}: {} {evaluations}", found.evaluations);
        assert!(found.interval.0 <= found.x && found.x <= found.interval.1);
        compared += 1;
    }
    assert_eq!(compared, 24);
}

#[test]
fn golden_section_finds_the_same_minima_and_shrinks_by_the_golden_ratio() {
    let golden = ScalarOptions { method: ScalarMethod::GoldenSection, ..as_scipy() };
    for (name, [low, high, x], _) in rows("minimum") {
        let found = minimize_between(minimum(name), low, high, &golden).unwrap();
        assert_eq!(found.status, Status::ConvergedStep);
        assert!((found.x - x).abs() <= 2e-7 * x.abs().max(1.0), "{name}: {} {x}", found.x);
    }
    // After n values the interval is ((√5 − 1)/2)ⁿ⁻² of what it was, until the next one is asked for.
    let some = ScalarOptions { max_evaluations: 12, ..golden };
    let found = minimize_between(|x: f64| (x - 0.3).powi(2), 0.0, 1.0, &some).unwrap();
    assert_eq!((found.status, found.evaluations), (Status::MaxEvaluations, 12));
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    assert!((found.interval.1 - found.interval.0 - ratio.powi(11)).abs() < 1e-12);
}

#[test]
fn brents_roots_and_their_counts_are_scipys() {
    let mut compared = 0;
    for (name, [low, high, x], evaluations) in rows("root") {
        let found = root_between(root(name), low, high, &ScalarOptions::default()).unwrap();
        assert_eq!(found.status, Status::ConvergedStep, "{name}");
        assert!((found.x - x).abs() <= 4e-12, "{name}: {} {x}", found.x);
        assert!(found.evaluations.abs_diff(evaluations) <= 3, "{name}: {} {evaluations}", found.evaluations);
        compared += 1;
    }
    assert_eq!(compared, 6);
}

#[test]
fn newtons_steps_find_roots_of_wallis_and_where_newton_alone_would_leave() {
    // Wallis' x³ − 2x − 5, Newton's own example: 2.0945514815423265914823865405793 (OEIS A007493).
    let options = ScalarOptions::default();
    let found =
        root_between_newton(|x| (x.powi(3) - 2.0 * x - 5.0, 3.0 * x * x - 2.0), 2.0, 3.0, &options).unwrap();
    assert!((found.x - 2.094_551_481_542_326_5).abs() < 1e-15, "{found:?}");
    assert_eq!(found.status, Status::ConvergedStep);
    assert!(found.evaluations <= 9, "{}", found.evaluations);
    // From the middle of this interval Newton's method for the arcus tangens diverges.
    let found = root_between_newton(|x: f64| (x.atan(), 1.0 / (1.0 + x * x)), -30.0, 37.0, &options).unwrap();
    assert!(found.x.abs() < 1e-12 && found.evaluations < 25, "{found:?}");
    // A derivative that vanishes at a triple root makes it halve.
    let found = root_between_newton(|x| (x.powi(3), 3.0 * x * x), -1.0, 2.0, &options).unwrap();
    assert!(found.x.abs() < 1e-6, "{found:?}");
}

#[test]
fn traced_functions_need_no_derivatives_by_hand() {
    // x − 2√x has its minimum −1 at 1; as a critical point it is exact.
    let f = trace(1, |x| x[0] - 2.0 * x[0].sqrt()).unwrap();
    let mut f = Traced::<f64>::new(&f).unwrap();
    let options = ScalarOptions::default();
    for method in ScalarMethod::ALL {
        let found =
            minimize_objective_between(&mut f, 0.0, 5.0, &ScalarOptions { method, ..options }).unwrap();
        assert!((found.x - 1.0).abs() < 1e-7 && (found.value + 1.0).abs() < 1e-14, "{method}: {found:?}");
    }
    let exact = critical_point_between(&mut f, 0.1, 5.0, &options).unwrap();
    assert!((exact.x - 1.0).abs() < 1e-15 && exact.value == 0.0, "{exact:?}");

    let error = critical_point_between(&mut f, 2.0, 5.0, &options).unwrap_err().to_string();
    assert!(error.contains("opposite signs"), "{error}");
    let mut plane = Traced::<f64>::new(&trace(2, |x| x[0] * x[1]).unwrap()).unwrap();
    assert!(minimize_objective_between(&mut plane, 0.0, 1.0, &options).is_err());
    let mut blind = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    let error = critical_point_between(&mut blind, -1.0, 2.0, &options).unwrap_err().to_string();
    assert!(error.contains("the Hessian"), "{error}");
}

#[test]
fn what_is_not_finite_ends_no_search_in_a_panic() {
    let options = ScalarOptions::default();
    for method in ScalarMethod::ALL {
        let options = ScalarOptions { method, ..options };
        let nowhere = minimize_between(|_| f64::NAN, 0.0, 1.0, &options).unwrap();
        assert_eq!(nowhere.status, Status::Diverged);
        // ln x + 1/x is no number below 0; its minimum is at 1.
        let half = minimize_between(|x: f64| x.ln() + 1.0 / x, -1.0, 3.0, &options).unwrap();
        assert!((half.x - 1.0).abs() < 1e-6, "{method}: {half:?}");
    }
    let hole = root_between(|x: f64| if x.abs() < 0.3 { f64::NAN } else { x }, -1.0, 1.5, &options).unwrap();
    assert_eq!(hole.status, Status::Diverged);
    let steep =
        root_between(|x: f64| if x < 0.2 { f64::NEG_INFINITY } else { x }, 0.0, 1.0, &options).unwrap();
    assert!((steep.x - 0.2).abs() < 1e-11, "{steep:?}");
    let budget = ScalarOptions { max_evaluations: 3, ..options };
    assert_eq!(minimize_between(f64::cos, 0.0, 6.0, &budget).unwrap().status, Status::MaxEvaluations);
    for (low, high) in [(1.0, 0.0), (0.0, 0.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
        assert!(minimize_between(f64::cos, low, high, &options).is_err());
        assert!(root_between(f64::cos, low, high, &options).is_err());
    }
    assert!(minimize_between(f64::cos, 0.0, 6.0, &ScalarOptions { atol: 0.0, ..options }).is_err());
}

#[test]
fn a_bracket_has_a_minimum_inside_and_endless_slopes_have_none() {
    for (a, b) in [(0.0, 1.0), (1.0, 0.0), (-500.0, -499.9), (500.0, 501.0)] {
        let f = |x: f64| (x - 12.5).powi(4);
        let bracket = bracket_minimum(f, a, b, 200).unwrap();
        assert!(bracket.low < 12.5 && 12.5 < bracket.high, "{bracket:?}");
        assert!(f(bracket.middle) <= f(bracket.low).min(f(bracket.high)));
    }
    let error = bracket_minimum(|x| -x, 0.0, 1.0, 50).unwrap_err().to_string();
    assert!(error.contains("rises again"), "{error}");
    assert!(bracket_minimum(f64::exp, 0.0, 0.0, 50).is_err());
    assert!(bracket_minimum(|x: f64| x.ln(), 2.0, 1.0, 500).is_err());
}
