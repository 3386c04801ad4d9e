//! Objectives of both kinds, observers, and stepping by hand.

use std::ops::ControlFlow;

use thalweg_function::{Program, Shape, Var, trace};
use thalweg_solve::{
    Closure, Derivatives, Objective, Options, Points, Run, State, Status, Traced, minimize, minimize_many,
    minimize_observed,
};

use crate::functions::{options, quadratic, rosenbrock};

fn by_hand() -> impl Objective<f64> {
    Closure::new(
        2,
        |x: &[f64]| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2),
        |x: &[f64], g: &mut [f64]| {
            let inner = x[1] - x[0] * x[0];
            g[0] = -2.0 * (1.0 - x[0]) - 400.0 * x[0] * inner;
            g[1] = 200.0 * inner;
        },
    )
}

#[test]
fn a_closure_and_a_traced_function_take_the_same_steps() {
    let options = options("adam(lr=0.05)", 300);
    let closure = minimize(&mut by_hand(), &[-1.2, 1.0], &options).unwrap();
    let traced = minimize(&mut Traced::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &options).unwrap();
    for (a, b) in closure.history.unwrap().x.iter().zip(&traced.history.unwrap().x) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
    assert_eq!(by_hand().derivatives(), Derivatives::default());
}

#[test]
fn a_traced_function_has_the_derivatives_of_rosenbrock() {
    // Closed form at (−1.2, 1): f = 24.2, ∇f = (−215.6, −88), ∇²f = [[1330, 480], [480, 200]].
    let mut f = Traced::<f64>::new(&rosenbrock()).unwrap();
    let (x, mut g, mut h, mut hv) = ([-1.2, 1.0], [0.0; 2], [0.0; 4], [0.0; 2]);
    let value = f.value_and_gradient(&x, &mut g).unwrap();
    f.hessian(&x, &mut h).unwrap();
    f.hessian_vector(&x, &[1.0, -2.0], &mut hv).unwrap();
    let found = [&[value, f.value(&x).unwrap()][..], &g, &h, &hv].concat();
    let exact = [24.2, 24.2, -215.6, -88.0, 1330.0, 480.0, 480.0, 200.0, 370.0, 80.0];
    for (found, exact) in found.iter().zip(exact) {
        assert!((found - exact).abs() < 1e-10, "{found} {exact}");
    }
}

#[test]
fn an_observer_sees_the_start_and_every_step() {
    let mut seen = Vec::new();
    let mut record = |state: &State<'_, f64>| {
        seen.push((state.step, state.x.to_vec(), state.value, state.gradient_norm));
        ControlFlow::Continue(())
    };
    let options = options("adam(lr=0.1)", 25);
    let mut objective = Traced::new(&quadratic()).unwrap();
    let solution = minimize_observed(&mut objective, &[1.0, 2.0], &options, &mut record).unwrap();
    let history = solution.history.unwrap();
    assert_eq!(seen.len(), 26);
    for (k, (step, x, value, norm)) in seen.iter().enumerate() {
        assert_eq!((*step, x.as_slice()), (k, history.point(k)));
        assert_eq!((*value, *norm), (history.value[k], history.gradient_norm[k]));
    }
}

#[test]
fn an_observer_ends_a_run_where_it_is() {
    let mut stop = |state: &State<'_, f64>| {
        if state.step == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut objective = Traced::new(&quadratic()).unwrap();
    let whole = minimize(&mut objective, &[1.0, 2.0], &options("adam(lr=0.1)", 25)).unwrap();
    let solution =
        minimize_observed(&mut objective, &[1.0, 2.0], &options("adam(lr=0.1)", 25), &mut stop).unwrap();
    assert_eq!((solution.status, solution.steps), (Status::Interrupted, 7));
    assert_eq!(solution.x, whole.history.unwrap().point(7));
}

#[test]
fn a_run_stepped_by_hand_is_the_run_made_at_once() {
    let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
    let options = options("adam(lr=0.05)", 40);
    let whole = minimize(&mut objective, &[-1.2, 1.0], &options).unwrap();
    let mut run = Run::new(&mut objective, &[-1.2, 1.0], &options).unwrap();
    let mut steps = 0;
    while run.status().is_none() {
        assert_eq!(run.state().step, steps);
        run.step().unwrap();
        steps += 1;
    }
    // A step after the end changes nothing.
    assert_eq!(run.step().unwrap(), Some(Status::MaxSteps));
    let by_hand = run.finish().unwrap();
    assert_eq!((by_hand.x, by_hand.history, by_hand.steps), (whole.x, whole.history, 40));
}

#[test]
fn the_best_point_is_the_lowest_of_the_history() {
    // Momentum overshoots, so the last point is not the lowest.
    let solution = minimize(
        &mut Traced::<f64>::new(&quadratic()).unwrap(),
        &[9.5, -1.0],
        &options("sgd(lr=0.1, momentum=0.95)", 30),
    )
    .unwrap();
    let history = solution.history.unwrap();
    let lowest = (0..history.len()).min_by(|&a, &b| history.value[a].total_cmp(&history.value[b])).unwrap();
    assert!(lowest < 30);
    assert_eq!(
        (solution.best_value, solution.best_x.as_slice()),
        (history.value[lowest], history.point(lowest))
    );
    assert_eq!(solution.x, history.point(30));
}

#[test]
fn a_failing_objective_ends_the_run_with_its_message() {
    struct Broken;
    impl Objective<f64> for Broken {
        fn dim(&self) -> usize {
            1
        }
        fn value(&mut self, _: &[f64]) -> Result<f64, thalweg_solve::SolveError> {
            Ok(0.0)
        }
        fn value_and_gradient(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64, thalweg_solve::SolveError> {
            Err(thalweg_solve::SolveError::Objective("the simulation stopped".to_owned()))
        }
    }
    let error = minimize(&mut Broken, &[0.0], &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "the objective failed: the simulation stopped");
}

/// ½ Σ k·xₖ² of a matrix and a vector, as arrays.
fn weighted_squares(rows: usize, columns: usize) -> Program {
    let count = rows * columns;
    trace([Shape::from([rows, columns]), Shape::from([3])], |x| {
        let k = Var::iota(count).reshape([rows, columns]) + 1.0;
        0.5 * (k * x[0] * x[0]).sum(..) + 0.5 * (x[1] * x[1]).sum(..)
    })
    .unwrap()
}

#[test]
fn a_function_of_arrays_is_one_of_all_their_elements() {
    // Small enough to be unrolled, and too large for that.
    for (rows, columns) in [(2, 3), (40, 100)] {
        let n = rows * columns + 3;
        let mut f = Traced::<f64>::new(&weighted_squares(rows, columns)).unwrap();
        let x: Vec<f64> = (0..n).map(|k| 1.0 + k as f64 / n as f64).collect();
        let weight = |k: usize| if k < n - 3 { (k + 1) as f64 } else { 1.0 };
        let mut gradient = vec![0.0; n];
        let value = f.value_and_gradient(&x, &mut gradient).unwrap();
        let expected: f64 = (0..n).map(|k| 0.5 * weight(k) * x[k] * x[k]).sum();
        assert!((value - expected).abs() <= 1e-12 * expected);
        for k in 0..n {
            assert!((gradient[k] - weight(k) * x[k]).abs() <= 1e-12 * gradient[k]);
        }
        let mut product = vec![0.0; n];
        f.hessian_vector(&x, &vec![1.0; n], &mut product).unwrap();
        assert!((0..n).all(|k| (product[k] - weight(k)).abs() <= 1e-12 * weight(k)));
    }
}

#[test]
fn descent_on_arrays_shrinks_each_element_by_its_own_factor() {
    let f = weighted_squares(40, 100);
    let n = 4003;
    let options = Options { method: "sgd(lr=0.0002)".parse().unwrap(), steps: 10, ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(&f).unwrap(), &vec![1.0; n], &options).unwrap();
    let many = minimize_many(&f, &Points::from_flat(n, vec![1.0; 2 * n]).unwrap(), &options).unwrap();
    for k in 0..n {
        let weight = if k < n - 3 { (k + 1) as f64 } else { 1.0 };
        let expected = (1.0 - 0.0002 * weight).powi(10);
        assert!((solution.x[k] - expected).abs() <= 1e-12, "{k}: {} instead of {expected}", solution.x[k]);
        assert!((many.x(1)[k] - expected).abs() <= 1e-12);
    }
}
