//! What is refused, and in which words.

use thalweg_function::trace;
use thalweg_solve::{
    Bounds, Closure, Constraint, Options, Points, SolveError, Traced, analyze, fit, grid_search, minimize,
    minimize_many, random_starts,
};

use crate::functions::{quadratic, rosenbrock};

fn refused(start: &[f64], options: &Options) -> String {
    minimize(&mut Traced::new(&rosenbrock()).unwrap(), start, options).unwrap_err().to_string()
}

fn variables() -> [String; 2] {
    ["x".to_owned(), "y".to_owned()]
}

#[test]
fn options_outside_their_range_are_named_with_what_would_be_right() {
    let base = Options::default;
    let cases = [
        (Options { steps: 0, ..base() }, "steps must be at least 1, found 0"),
        (Options { noise: -1.0, ..base() }, "noise must be finite and at least 0, found -1"),
        (Options { noise: f64::NAN, ..base() }, "noise must be finite and at least 0, found NaN"),
        (
            Options { grad_tol: Some(-1e-6), ..base() },
            "grad_tol must be finite and at least 0, found -0.000001",
        ),
        (
            Options { value_tol: Some(f64::INFINITY), ..base() },
            "value_tol must be finite and at least 0, found inf",
        ),
        (Options { step_tol: Some(f64::NAN), ..base() }, "step_tol must be finite and at least 0, found NaN"),
        (
            Options { max_seconds: Some(-1.0), ..base() },
            "max_seconds must be finite and at least 0, found -1",
        ),
    ];
    for (options, message) in cases {
        assert_eq!(refused(&[0.0, 0.0], &options), message);
    }
}

#[test]
fn a_start_of_the_wrong_length_or_not_finite_is_refused_with_its_place() {
    assert_eq!(
        refused(&[1.0], &Options::default()),
        "start: found 1 coordinates, the function has 2 variables"
    );
    assert_eq!(refused(&[1.0, f64::NAN], &Options::default()), "start: coordinate 2 is NaN, must be finite");
    let starts = Points::from_rows(&[[0.0, 0.0], [f64::INFINITY, 0.0]]).unwrap();
    assert_eq!(
        minimize_many(&rosenbrock(), &starts, &Options::default()).unwrap_err().to_string(),
        "start 2: coordinate 1 is inf, must be finite"
    );
    let starts = Points::from_rows(&[[0.0_f64]]).unwrap();
    assert!(matches!(
        minimize_many(&rosenbrock(), &starts, &Options::default()),
        Err(SolveError::Dimension { found: 1, expected: 2, .. })
    ));
    assert!(Points::from_rows(&[vec![0.0_f64], vec![0.0, 1.0]]).is_err());
    assert!(Points::<f64>::from_flat(2, vec![1.0; 3]).is_err());
    let none = Points::<f64>::from_flat(2, Vec::new()).unwrap();
    assert_eq!(
        minimize_many(&rosenbrock(), &none, &Options::default()).unwrap_err().to_string(),
        "the number of starts must be at least 1, found none"
    );
}

#[test]
fn a_closure_without_second_derivatives_is_refused_by_methods_that_need_them() {
    let mut closure = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    for (method, message) in [
        ("newton", "newton needs the Hessian, which this objective does not have"),
        ("curvature_scaled(estimate=power)", "curvature_scaled needs Hessian-vector products, which"),
    ] {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let error = minimize(&mut closure, &[1.0], &options).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn bounds_that_are_empty_or_do_not_fit_are_refused() {
    assert!(Bounds::all(1.0, -1.0).is_err());
    assert!(Bounds::all(f64::NAN, 1.0).is_err());
    assert!(Bounds::each(&[]).is_err());
    let three = Options { bounds: Some("0..1, 0..1, 0..1".parse().unwrap()), ..Options::default() };
    assert!(
        refused(&[0.0, 0.0], &three).starts_with("bounds (give one interval, or one a variable): found 3")
    );
    let both = Options {
        bounds: Some("0..1".parse().unwrap()),
        constraints: vec![Constraint::Sphere { radius: 1.0 }],
        ..Options::default()
    };
    assert_eq!(refused(&[0.0, 0.0], &both), "bounds and sphere cannot be kept together; choose one of them");
    let infinite = random_starts::<f64>(&"0..inf".parse().unwrap(), 1, 1, 0).unwrap_err();
    assert!(infinite.to_string().starts_with("bounds of variable 1: 0..inf is infinite"));
    assert!(random_starts::<f64>(&"0..1".parse().unwrap(), 1, 0, 0).is_err());
}

#[test]
fn misspelt_constraints_and_functions_are_pointed_at() {
    let error = |text: &str| Constraint::parse(text, &variables()).unwrap_err().to_string();
    assert!(error("spere").contains("did you mean `sphere`?"));
    assert!(error("sphere(radius=0)").contains("must be positive and finite, found 0"));
    assert!(error("multiplier").contains("function is missing"));
    assert!(error("multiplier(\"x + z\")").starts_with("the constraint's function, column 5"));
    assert!(error("box(low=[0, 0, 0], high=[1, 1])").contains("high has 2 numbers, low has 3"));
    assert!(error("multiplier(\"x\", lr=-1)").contains("lr must be finite and at least 0"));
}

#[test]
fn a_multiplier_of_other_variables_is_refused() {
    let constraint = Constraint::parse("multiplier(\"x\")", &["x".to_owned()]).unwrap();
    let options = Options { constraints: vec![constraint], ..Options::default() };
    assert_eq!(
        refused(&[0.0, 0.0], &options),
        "the constraint's function: found 1 coordinates, the function has 2 variables"
    );
}

#[test]
fn a_history_beyond_memory_is_refused_before_it_starts() {
    let starts = random_starts::<f64>(&Bounds::all(0.0, 1.0).unwrap(), 2, 1000, 0).unwrap();
    let options = Options { history: true, steps: 100_000_000, ..Options::default() };
    let error = minimize_many(&quadratic(), &starts, &options).unwrap_err().to_string();
    assert!(
        error.starts_with("the history of 1000 starts and 100000000 steps needs about 3200 GB"),
        "{error}"
    );
}

#[test]
fn functions_without_variables_or_with_several_results_are_refused() {
    let constant = trace(0, |_| thalweg_function::Var::constant(1.0)).unwrap();
    let error =
        minimize::<f64, _>(&mut Traced::new(&constant).unwrap(), &[], &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "the number of variables must be at least 1, found 0");
    let two = trace(1, |x| [x[0], x[0]]).unwrap();
    assert!(matches!(Traced::<f64>::new(&two), Err(SolveError::Function(_))));
    assert!(grid_search::<f64>(&two, &Bounds::all(0.0, 1.0).unwrap(), 3, 10).is_err());
}

#[test]
fn points_to_be_looked_at_are_checked() {
    assert!(matches!(analyze(&quadratic(), &[1.0]), Err(SolveError::Dimension { .. })));
    assert!(matches!(analyze(&quadratic(), &[1.0, f64::NAN]), Err(SolveError::NotFinite { index: 1, .. })));
}

#[test]
fn data_that_do_not_fit_together_are_refused() {
    let line = trace(2, |v| v[0] * v[1]).unwrap();
    let problem = |columns, target, start| thalweg_solve::Fit { prediction: &line, columns, target, start };
    let options = thalweg_solve::FitOptions::default;
    let error = |result: Result<_, SolveError>| {
        let result: Result<thalweg_solve::Fitted<f64>, SolveError> = result;
        result.unwrap_err().to_string()
    };
    let columns = [vec![1.0, 2.0]];
    let short = fit(&problem(&columns, &[1.0], &[0.0]), &options());
    assert_eq!(error(short), "data: column 1 has 2 numbers, the target has 1");
    let parameters = fit(&problem(&columns, &[1.0, 2.0], &[0.0, 0.0]), &options());
    assert_eq!(error(parameters), "data: the prediction has 2 inputs; 2 parameters and 1 columns were given");
    let nothing = [Vec::new()];
    let empty = fit(&problem(&nothing, &[], &[0.0]), &options());
    assert_eq!(error(empty), "data: there is no example");
    let large = thalweg_solve::FitOptions { batch: Some(3), ..options() };
    let large = fit(&problem(&columns, &[1.0, 2.0], &[0.0]), &large);
    assert_eq!(error(large), "batch must be from 1 to the number of examples, found 3");
    let still = thalweg_solve::FitOptions { steps: 0, ..options() };
    assert_eq!(
        error(fit(&problem(&columns, &[1.0, 2.0], &[0.0]), &still)),
        "steps must be at least 1, found 0"
    );
}
