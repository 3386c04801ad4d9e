//! Preconditioned descents on functions whose scales differ by many orders of magnitude.

use thalweg_function::{Program, Shape, Var, trace};
use thalweg_solve::{Closure, Method, Options, Solution, SolveError, Status, Traced, minimize};

use crate::functions::rosenbrock;

const DIM: usize = 40;

/// ½ yᵀTy for y = Dx, T tridiagonal with 2 on the diagonal and −0.9 beside it, D from 10⁻ˢ to 10ˢ, so that curvatures go from 10⁻²ˢ to 10²ˢ.
fn chain(s: f64) -> Program {
    let scales: Vec<f64> =
        (0..DIM).map(|i| 10.0_f64.powf(-s + 2.0 * s * i as f64 / (DIM - 1) as f64)).collect();
    trace([Shape::from([DIM])], |x| {
        let y = x[0] * Var::array([DIM], &scales);
        (y * y).sum(..) - 0.9 * (y.slice(0, 1..) * y.slice(0, ..DIM - 1)).sum(..)
    })
    .unwrap()
}

/// From where every term counts the same, until the value is 10⁻¹⁶ of what it was.
fn solve(s: f64, method: &str) -> Solution<f64> {
    let scales = (0..DIM).map(|i| 10.0_f64.powf(-s + 2.0 * s * i as f64 / (DIM - 1) as f64));
    let start: Vec<f64> = scales.enumerate().map(|(i, d)| (1.0 + 0.3 * (i as f64).sin()) / d).collect();
    let options = Options {
        method: method.parse().unwrap(),
        grad_tol: Some(0.0),
        steps: 3000,
        history: true,
        ..Options::default()
    };
    minimize(&mut Traced::<f64>::new(&chain(s)).unwrap(), &start, &options).unwrap()
}

/// The first step at which the value is 10⁻¹² of the first one.
fn steps(solution: &Solution<f64>) -> usize {
    let values = &solution.history.as_ref().unwrap().value;
    values.iter().position(|value| *value <= 1e-12 * values[0]).unwrap_or(usize::MAX)
}

#[test]
fn badly_scaled_quadratics_take_about_as_many_steps_as_well_scaled_ones() {
    for method in [
        "cg(preconditioner=diagonal(every=1000))",
        "cg(preconditioner=full(every=1000))",
        "cg(preconditioner=hutchinson(samples=300, every=1000))",
        "steepest(preconditioner=diagonal(every=1000))",
        "steepest(preconditioner=full(every=1000))",
    ] {
        let (well, badly) = (steps(&solve(0.0, method)), steps(&solve(3.0, method)));
        assert!(well < 1000 && badly <= well + well / 4 + 3, "{method}: {well} {badly}");
    }
}

#[test]
fn conjugate_gradients_learn_their_scales_from_the_steps() {
    let (plain, taught) =
        (steps(&solve(1.0, "cg")), steps(&solve(1.0, "cg(preconditioner=limited_memory(20))")));
    assert!(taught < plain, "{plain} {taught}");
}

#[test]
fn every_preconditioner_goes_down_rosenbrocks_valley_and_prints_what_parses() {
    for preconditioner in ["none", "diagonal", "full(every=1)", "hutchinson(5)", "limited_memory(memory=5)"] {
        for text in [
            format!("cg(preconditioner={preconditioner})"),
            format!("cg(beta=fletcher_reeves, preconditioner={preconditioner})"),
            format!("steepest(search=more_thuente, preconditioner={preconditioner})"),
        ] {
            if text.contains("reeves") && text.contains("limited") {
                assert!(text.parse::<Method>().unwrap_err().to_string().contains("beta=pr_plus only"));
                continue;
            }
            let method: Method = text.parse().unwrap();
            assert_eq!(method.to_string().parse::<Method>().unwrap(), method);
            let options = Options { method, grad_tol: Some(1e-6), steps: 30_000, ..Options::default() };
            let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
            let solution = minimize(&mut objective, &[-1.2, 1.0], &options).unwrap();
            assert_eq!(solution.status, Status::ConvergedGradient, "{text}: {solution:?}");
        }
    }
}

#[test]
fn preconditioners_that_cannot_be_are_refused() {
    let message = |text: &str| text.parse::<Method>().unwrap_err().to_string();
    assert!(message("cg(preconditioner=diagnal)").contains("did you mean `diagonal`?"));
    assert!(message("cg(preconditioner=diagonal(every=0))").contains("every"));
    assert!(message("steepest(preconditioner=3)").contains("must be one of none, diagonal"));
    assert!(message("cg(beta=hager_zhang, search=hager_zhang, preconditioner=full)").contains("pr_plus"));
    let mut blind = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    let options = Options { method: "cg(preconditioner=full)".parse().unwrap(), ..Options::default() };
    assert!(matches!(minimize(&mut blind, &[1.0], &options), Err(SolveError::Missing { .. })));
}
