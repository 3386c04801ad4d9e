//! Minima and roots of functions of one variable, beside SciPy's: `fixtures/one_dimension.csv`, written by
//! `fixtures/make_one_dimension.py`.

use thalweg_function::{Program, trace};
use thalweg_solve::{
    Bounds, Closure, Constraint, Method, Options, Run, ScalarMethod, ScalarOptions, Status, Traced,
    bracket_minimum, critical_point_between, minimize, minimize_between, minimize_objective_between,
    root_between, root_between_newton,
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
    // After n values the interval is ((√5 − 1)/2)ⁿ⁻¹ of what it was.
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

/// Functions of one variable with a start and the minimum that is downhill from there.
fn valleys() -> [(Program, f64, f64); 6] {
    [
        (trace(1, |x| x[0].exp() - 5.0 * x[0]).unwrap(), 0.0, 5.0_f64.ln()),
        // No number below 0.
        (trace(1, |x| x[0] * x[0].log()).unwrap(), 3.0, (-1.0_f64).exp()),
        // Newton's method alone diverges from 1.2: the derivative is the arcus tangens, up to a factor.
        (trace(1, |x| x[0] * x[0].atan() - 0.5 * (1.0 + x[0] * x[0]).log()).unwrap(), 30.0, 0.0),
        // Curved downwards at the start, from where Newton's step would go up.
        (trace(1, |x| -(-x[0] * x[0]).exp()).unwrap(), -2.0, 0.0),
        (trace(1, |x| x[0].cos()).unwrap(), 0.5, std::f64::consts::PI),
        (trace(1, |x| (x[0] - 1e6).pow(2.0) + (x[0] - 1e6).pow(4.0)).unwrap(), 0.0, 1e6),
    ]
}

#[test]
fn as_methods_of_a_run_they_go_downhill_from_the_start_and_end_at_the_minimum() {
    for (f, start, x) in valleys() {
        for method in ["brent", "golden_section", "newton_root"] {
            let options = Options { method: method.parse().unwrap(), history: true, ..Options::default() };
            let found = minimize(&mut Traced::<f64>::new(&f).unwrap(), &[start], &options).unwrap();
            assert!(found.status.converged(), "{method} from {start}: {}", found.status);
            let within =
                if method == "newton_root" { 1e-12 + 4e-16 * x.abs() } else { 2e-7 * x.abs().max(1.0) };
            assert!((found.x[0] - x).abs() <= within, "{method} from {start}: {} {x}", found.x[0]);
            let values = found.history.unwrap().value;
            let falls = |pair: &[f64]| pair[1] <= pair[0] + 1e-14 * pair[0].abs();
            assert!(values.windows(2).all(falls), "{method} from {start}: {values:?}");
            assert!(found.evaluations.value <= 130, "{method} from {start}: {:?}", found.evaluations);
        }
    }
}

#[test]
fn within_bounds_a_run_asks_what_brents_method_asks_and_an_edge_may_be_the_minimum() {
    // From the point of the golden section, where Brent's method begins.
    for (name, [low, high, _], _) in
        rows("minimum").filter(|(name, ..)| ["quartic", "cosine", "valley"].contains(name))
    {
        let alone = minimize_between(minimum(name), low, high, &ScalarOptions::default()).unwrap();
        let bounds = Some(Bounds::all(low, high).unwrap());
        let options = Options { method: "brent".parse().unwrap(), bounds, ..Options::default() };
        let f = minimum(name);
        let slope = move |x: f64| (f(x + 1e-6) - f(x - 1e-6)) / 2e-6;
        let mut f =
            Closure::new(1, move |x: &[f64]| f(x[0]), move |x: &[f64], g: &mut [f64]| g[0] = slope(x[0]));
        let start = low + 0.5 * (3.0 - 5.0_f64.sqrt()) * (high - low);
        let found = minimize(&mut f, &[start], &options).unwrap();
        assert!(
            (found.x[0] - alone.x).abs() <= 1e-7 && found.evaluations.value.abs_diff(alone.evaluations) <= 2
        );
    }
    let f = trace(1, |x| (x[0] - 3.0).pow(2.0)).unwrap();
    for (method, within) in [("newton_root", 0.0), ("brent", 1e-7), ("golden_section", 1e-7)] {
        let bounds = Some("-1..2".parse().unwrap());
        let options = Options { method: method.parse().unwrap(), bounds, ..Options::default() };
        let found = minimize(&mut Traced::<f64>::new(&f).unwrap(), &[0.0], &options).unwrap();
        assert!(found.status.converged() && 2.0 - found.x[0] <= within, "{method}: {found:?}");
    }
}

#[test]
fn a_run_without_a_minimum_ends_and_single_precision_knows_its_digits() {
    for method in ["brent", "golden_section", "newton_root"] {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        for endless in [trace(1, |x| -x[0]).unwrap(), trace(1, |x| -x[0].pow(3.0)).unwrap()] {
            let found = minimize(&mut Traced::<f64>::new(&endless).unwrap(), &[1.0], &options).unwrap();
            assert_eq!(found.status, Status::Diverged, "{method}");
        }
        let f = trace(1, |x| x[0].exp() - 5.0 * x[0]).unwrap();
        let found = minimize(&mut Traced::<f32>::new(&f).unwrap(), &[0.0_f32], &options).unwrap();
        let within = if method == "newton_root" { 1e-6 } else { 2e-3 };
        assert!(
            found.status.converged() && (found.x[0] - 5.0_f32.ln()).abs() < within,
            "{method}: {found:?}"
        );
    }
}

#[test]
fn more_variables_noise_and_sets_are_refused() {
    let mut plane = Traced::<f64>::new(&trace(2, |x| x[0] * x[0] + x[1] * x[1]).unwrap()).unwrap();
    let mut line = Traced::<f64>::new(&trace(1, |x| x[0] * x[0]).unwrap()).unwrap();
    for method in ["brent", "golden_section", "newton_root"] {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let error = minimize(&mut plane, &[1.0, 1.0], &options).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "{method} does not take functions of more than one variable; use lbfgs, or leave the choice to auto"
            )
        );
        let noisy = Options { noise: 0.1, ..options.clone() };
        assert!(minimize(&mut line, &[1.0], &noisy).unwrap_err().to_string().contains("noise"));
        let constraints = vec![Constraint::Sphere { radius: 1.0 }];
        let sphere = Options { constraints, ..options };
        assert!(minimize(&mut line, &[1.0], &sphere).unwrap_err().to_string().contains("as bounds"));
        assert!(format!("{method}(steps=3)").parse::<Method>().is_err());
    }
    let mut blind = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    let options = Options { method: "newton_root".parse().unwrap(), ..Options::default() };
    assert!(minimize(&mut blind, &[1.0], &options).unwrap_err().to_string().contains("needs the Hessian"));
}

#[test]
fn one_variable_is_chosen_a_method_of_its_own() {
    let chosen = |options: &Options| {
        let f = trace(1, |x| x[0].exp() - 5.0 * x[0]).unwrap();
        minimize(&mut Traced::<f64>::new(&f).unwrap(), &[0.0], options).unwrap().choice.unwrap()
    };
    let bounds = Some("-3..4".parse().unwrap());
    for options in [Options::default(), Options { bounds: bounds.clone(), ..Options::default() }] {
        let choice = chosen(&options);
        assert!(
            choice.method.to_string() == "newton_root" && choice.reason.starts_with("1 variable"),
            "{choice:?}"
        );
    }
    let mut blind = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    let found = minimize(&mut blind, &[1.0], &Options { bounds, ..Options::default() }).unwrap();
    assert_eq!(found.choice.unwrap().method.to_string(), "brent");
    assert!(found.x[0].abs() < 1e-7);
}

#[test]
fn a_run_of_one_variable_goes_on_from_a_checkpoint_with_the_same_bits() {
    for (f, start, _) in valleys() {
        for method in ["brent", "golden_section", "newton_root"] {
            let options = Options { method: method.parse().unwrap(), ..Options::default() };
            let whole = minimize(&mut Traced::<f64>::new(&f).unwrap(), &[start], &options).unwrap();
            for before in [0, 1, 3, 6] {
                let mut objective = Traced::<f64>::new(&f).unwrap();
                let mut run = Run::new(&mut objective, &[start], &options).unwrap();
                for _ in 0..before {
                    run.step().unwrap();
                }
                let bytes = run.save().unwrap();
                let mut objective = Traced::<f64>::new(&f).unwrap();
                let mut run = Run::restore(&mut objective, &options, &bytes).unwrap();
                while run.step().unwrap().is_none() {}
                let end = run.finish().unwrap();
                assert_eq!((end.x[0].to_bits(), end.steps), (whole.x[0].to_bits(), whole.steps), "{method}");
                assert_eq!((end.evaluations, end.status), (whole.evaluations, whole.status), "{method}");
            }
        }
    }
}
