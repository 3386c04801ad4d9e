//! What is chosen where no method is asked for, and descents among the other ways to run.

use thalweg_function::{Shape, trace};
use thalweg_solve::{
    Bounds, Handwritten, Method, Options, Points, Solution, Status, Traced, minimize, minimize_many,
};

use crate::ends::extended;
use crate::functions::{rosenbrock, wells};

fn chosen(solution: &Solution<f64>) -> (String, String) {
    let choice = solution.choice.clone().unwrap();
    (choice.method.to_string(), choice.reason)
}

#[test]
fn the_choice_follows_size_and_derivatives_and_says_why() {
    let options = Options::default();
    let solution = minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &options).unwrap();
    let (method, reason) = chosen(&solution);
    assert!(method.starts_with("trust_newton") && reason.starts_with("2 variables"), "{method}: {reason}");
    assert!(solution.status.converged() && (solution.x[0] - 1.0).abs() < 1e-6);

    let mut by_hand = Handwritten::new(1, |x: &[f64], g: &mut [f64]| {
        g[0] = 2.0 * (x[0] - 3.0);
        (x[0] - 3.0).powi(2)
    });
    let solution = minimize(&mut by_hand, &[0.0], &options).unwrap();
    let (method, reason) = chosen(&solution);
    assert!(method.starts_with("bfgs") && reason.contains("no Hessian"), "{method}: {reason}");
    assert!((solution.x[0] - 3.0).abs() < 1e-8);

    let large = Traced::<f64>::new(&extended(1000));
    let solution = minimize(&mut large.unwrap(), &vec![0.5; 1000], &options).unwrap();
    assert!(chosen(&solution).0.starts_with("lbfgs"));
    assert!(solution.status.converged());

    let bounded = Options { bounds: Some(Bounds::all(-1.0, 1.0).unwrap()), ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[0.0, 0.0], &bounded).unwrap();
    let (method, reason) = chosen(&solution);
    assert!(method.starts_with("lbfgsb") && reason.contains("with bounds"), "{method}: {reason}");

    let asked: Method = "lbfgs".parse().unwrap();
    let options = Options { method: asked, ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[0.0, 0.0], &options).unwrap();
    assert_eq!(solution.choice, None);
}

/// Extended Rosenbrock with every pair of variables elsewhere. SciPy 1.17.1's L-BFGS-B with ten pairs and exact gradients takes from 281 to 398
/// evaluations from seven such starts to |g|∞ ≤ 1e-8 (median 334), from this one 334.
#[test]
fn a_large_problem_takes_fewer_gradients_than_lbfgsb_of_scipy() {
    let n = 10_000;
    let start: Vec<f64> =
        (0..n).map(|i| [-1.2, 1.0][i % 2] + (i as f64 * 0.618_033_988_749_895).fract() - 0.5).collect();
    let options = Options { grad_tol: Some(1e-8), steps: 10_000, ..Options::default() };
    let mut valleys = Traced::<f64>::new(&extended(n)).unwrap();
    let solution = minimize(&mut valleys, &start, &options).unwrap();
    let (method, reason) = chosen(&solution);
    assert!(method.contains("curvature=0.5") && reason.contains("nearer"), "{method}: {reason}");
    assert!(solution.status.converged() && solution.value < 1e-12, "{}", solution.status);
    assert!(solution.evaluations.gradient < 281, "{} gradients", solution.evaluations.gradient);
}

#[test]
fn many_starts_end_as_each_alone() {
    let rows: Vec<[f64; 2]> =
        (0..40).map(|i| [(f64::from(i) * 0.7).sin() * 2.0, (f64::from(i) * 1.3).cos() * 2.0]).collect();
    for method in ["lbfgs", "trust_newton", "auto"] {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let all = minimize_many(&wells(), &Points::from_rows(&rows).unwrap(), &options).unwrap();
        for (i, start) in rows.iter().enumerate() {
            let alone = minimize(&mut Traced::<f64>::new(&wells()).unwrap(), start, &options).unwrap();
            assert_eq!(all.x(i), alone.x, "{method}, start {i}");
            assert_eq!(all.solution(i).evaluations, alone.evaluations);
            assert_eq!(all.solution(i).choice, alone.choice);
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let n = 300_000;
    let program = trace([Shape::from([n])], |x| {
        let y = x[0] - 1.0;
        (y * y + (y * y * y * y) * 0.25 + y.sin() * 0.1).sum(..)
    })
    .unwrap();
    let start: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin() * 3.0).collect();
    for method in ["lbfgs", "cg", "barzilai_borwein", "newton_cg"] {
        let options = Options { method: method.parse().unwrap(), steps: 12, ..Options::default() };
        let ends = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| minimize(&mut Traced::<f64>::new(&program).unwrap(), &start, &options).unwrap().x)
        });
        assert!(ends[0] == ends[1] && ends[0] == ends[2], "{method}");
    }
}

#[test]
fn constraints_and_noise_are_refused_by_descents_with_the_reason() {
    let run = |options: Options| {
        let options = Options { method: "lbfgs".parse().unwrap(), ..options };
        let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
        minimize(&mut objective, &[0.0, 0.0], &options).unwrap_err().to_string()
    };
    let bounds = Some(Bounds::all(-1.0, 1.0).unwrap());
    assert!(run(Options { bounds, ..Options::default() }).contains("projected"));
    assert!(run(Options { noise: 0.1, ..Options::default() }).contains("shape of the function"));
}

#[test]
fn relative_tolerances_are_relative() {
    let scaled = trace(1, |x| 1e9 + 1e3 * x[0] * x[0]).unwrap();
    let options =
        Options { method: "sgd(lr=1e-4)".parse().unwrap(), grad_rtol: Some(1e-3), ..Options::default() };
    // x_k = 0.8^k: the gradient is a thousandth of the first after 31 steps.
    let solution = minimize(&mut Traced::<f64>::new(&scaled).unwrap(), &[1.0], &options).unwrap();
    assert_eq!((solution.status, solution.steps), (Status::ConvergedGradient, 31));
    // Changes of 1e-6 of the value: at once.
    let options = Options { grad_rtol: None, value_rtol: Some(1e-6), ..options };
    let solution = minimize(&mut Traced::<f64>::new(&scaled).unwrap(), &[1.0], &options).unwrap();
    assert_eq!((solution.status, solution.steps), (Status::ConvergedValue, 1));
    let options = Options { value_rtol: None, step_rtol: Some(0.1), ..options };
    let solution = minimize(&mut Traced::<f64>::new(&scaled).unwrap(), &[1.0], &options).unwrap();
    assert_eq!(solution.status, Status::MaxSteps);
}
