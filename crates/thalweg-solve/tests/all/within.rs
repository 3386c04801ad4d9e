//! Methods within sets and with penalties, against published minima, closed forms and optimality conditions.

use thalweg_function::{Program, Shape, Var, trace};
use thalweg_landscape::{Landscape, Set};
use thalweg_solve::{
    Bounds, Constraint, Descent, Method, Options, Penalty, Solution, Status, Traced, minimize,
};

use crate::ends::extended;
use crate::functions::{options, rosenbrock};

fn run(program: &Program, start: &[f64], options: &Options) -> Solution<f64> {
    minimize(&mut Traced::new(program).unwrap(), start, options).unwrap()
}

#[test]
fn the_problems_of_hock_and_schittkowski_with_bounds_alone_reach_their_published_minima() {
    let mut seen = 0;
    for name in Set::HockSchittkowski.problems() {
        let problem = Landscape::parse(name).unwrap();
        let constraints = problem.constraints().unwrap();
        if constraints.equalities.is_some() || constraints.inequalities.is_some() {
            continue;
        }
        seen += 1;
        let bounds = Bounds::each(&constraints.limits).unwrap();
        for method in ["lbfgsb", "lbfgsb(memory=3, search=backtracking)", "spg", "projected_gradient", "auto"]
        {
            let options = Options {
                method: method.parse().unwrap(),
                bounds: Some(bounds.clone()),
                steps: 200_000,
                ..Options::default()
            };
            let solution = run(problem.program(), problem.start(), &options);
            println!(
                "{name} {method}: {} {} steps, {} gradients, {:e}",
                solution.status, solution.steps, solution.evaluations.gradient, solution.value
            );
            let reached = problem
                .minima()
                .iter()
                .any(|minimum| (solution.value - minimum.value).abs() <= 1e-6 * minimum.value.abs().max(1.0));
            assert!(reached, "{name} {method}: {} {}", solution.status, solution.value);
            for (j, x) in solution.x.iter().enumerate() {
                let (low, high) = bounds.interval(j);
                assert!((low..=high).contains(x), "{name} {method}: variable {j} at {x}");
            }
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn lbfgsb_without_bounds_is_a_limited_memory_method_of_its_own() {
    let options = Options { grad_tol: Some(1e-9), ..options("lbfgsb", 500) };
    let solution = run(&extended(100), &[-1.2, 1.0].repeat(50), &options);
    assert_eq!(solution.status, Status::ConvergedGradient);
    assert!(solution.x.iter().all(|x| (x - 1.0).abs() < 1e-8), "{}", solution.value);
}

/// The chained Rosenbrock function.
pub(crate) fn chained(n: usize) -> Program {
    trace([Shape::from([n])], |v| {
        let x = v[0];
        let (head, tail) = (x.slice(0, ..n - 1), x.slice(0, 1..));
        let (a, b) = (1.0 - head, tail - head * head);
        (a * a + 100.0 * (b * b)).sum(..)
    })
    .unwrap()
}

#[test]
fn lbfgsb_takes_no_more_gradients_than_scipy_on_bounded_rosenbrock() {
    let table = include_str!("../fixtures/lbfgsb.csv");
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("scipy 1."));
    for line in lines {
        let numbers: Vec<f64> = line.split(',').map(|word| word.parse().unwrap()).collect();
        let [n, low, high, gradients, value] = numbers[..] else { panic!("{line}") };
        let n = n as usize;
        let options = Options {
            bounds: Some(Bounds::all(low, high).unwrap()),
            grad_tol: Some(1e-6),
            ..options("lbfgsb", 50_000)
        };
        let solution = run(&chained(n), &[-1.2, 1.0].repeat(n / 2), &Options { history: false, ..options });
        println!(
            "n = {n}, {low}..{high}: {:?} against {gradients}, {}",
            solution.evaluations, solution.value
        );
        assert_eq!(solution.status, Status::ConvergedGradient);
        assert!((solution.value - value).abs() <= 1e-8 * value.abs().max(1.0), "{} {value}", solution.value);
        // Over thousands of steps rounding leads elsewhere: within one in a hundred.
        assert!(
            solution.evaluations.gradient as f64 <= 1.01 * gradients,
            "n = {n}: {:?}",
            solution.evaluations
        );
    }
}

/// ½‖Ax − b‖² with 12 equations of 8 variables; A, b, and the function.
fn regression() -> (Vec<Vec<f64>>, Vec<f64>, Program) {
    let a: Vec<Vec<f64>> = (0..12)
        .map(|i| (0..8).map(|j| (f64::from(i * 8 + j) * 0.73).sin() + f64::from(u8::from(i == j))).collect())
        .collect();
    let b: Vec<f64> = (0..12).map(|i| 3.0 * (f64::from(i) * 1.7).cos()).collect();
    let program = trace(8, |x| {
        a.iter()
            .zip(&b)
            .map(|(row, b)| {
                let sum: Var = row.iter().enumerate().map(|(j, a)| *a * x[j]).sum();
                0.5 * (sum - *b).pow(2.0)
            })
            .sum::<Var>()
    })
    .unwrap();
    (a, b, program)
}

fn gradient(a: &[Vec<f64>], b: &[f64], x: &[f64]) -> Vec<f64> {
    let residual = |(row, b): (&Vec<f64>, &f64)| row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b;
    let residuals: Vec<f64> = a.iter().zip(b).map(residual).collect();
    (0..x.len()).map(|j| a.iter().zip(&residuals).map(|(row, r)| row[j] * r).sum()).collect()
}

#[test]
fn the_lasso_meets_its_optimality_conditions() {
    let (a, b, program) = regression();
    for method in ["fista", "fista(restart=false)", "proximal_gradient", "fista(lipschitz=100)", "auto"] {
        for weight in [0.01, 0.5, 2.0] {
            let options = Options {
                method: method.parse().unwrap(),
                penalty: Some(Penalty::L1 { weight }),
                grad_tol: Some(1e-10),
                steps: 100_000,
                ..Options::default()
            };
            let solution = run(&program, &[0.0; 8], &options);
            assert_eq!(solution.status, Status::ConvergedGradient, "{method}, {weight}");
            // gᵢ = −weight·sign(xᵢ), or |gᵢ| ≤ weight where xᵢ = 0.
            for (x, g) in solution.x.iter().zip(gradient(&a, &b, &solution.x)) {
                let off = if *x == 0.0 { g.abs() - weight } else { (g + weight * x.signum()).abs() };
                assert!(off <= 1e-8, "{method}, {weight}: {off} at {x}");
            }
            let l1: f64 = solution.x.iter().map(|x| x.abs()).sum();
            let smooth = run(&program, &solution.x, &options_of_no_step()).value;
            assert!((solution.value - smooth - weight * l1).abs() < 1e-10);
        }
    }
}

/// The value where a run starts.
fn options_of_no_step() -> Options {
    options("sgd(lr=0)", 1)
}

#[test]
fn the_lasso_with_an_orthonormal_design_is_soft_thresholding() {
    // ½‖x − v‖² + w‖x‖₁.
    let v = [3.0, -0.4, 0.7, -2.0, 0.0];
    let bowl =
        trace(5, |x| v.iter().enumerate().map(|(i, v)| 0.5 * (x[i] - *v).pow(2.0)).sum::<Var>()).unwrap();
    let penalty = Some("l1(0.5)".parse().unwrap());
    let base = Options { penalty, grad_tol: Some(1e-12), ..options("fista", 1000) };
    let solution = run(&bowl, &[1.0; 5], &base);
    for (x, exact) in solution.x.iter().zip([2.5, 0.0, 0.2, -1.5, 0.0]) {
        assert!((x - exact).abs() < 1e-11, "{:?}", solution.x);
    }
    // Within bounds the thresholds are clipped.
    let bounded = Options { bounds: Some("-1..2".parse().unwrap()), ..base };
    let solution = run(&bowl, &[1.0; 5], &bounded);
    for (x, exact) in solution.x.iter().zip([2.0, 0.0, 0.2, -1.0, 0.0]) {
        assert!((x - exact).abs() < 1e-11, "{:?}", solution.x);
    }
}

#[test]
fn groups_shrink_as_one() {
    // Groups (3, 4), (0.3, 0.4), (0, −2): norms 5, 0.5, 2, shrunk by 1.
    let v = [3.0, 4.0, 0.3, 0.4, 0.0, -2.0];
    let bowl =
        trace(6, |x| v.iter().enumerate().map(|(i, v)| 0.5 * (x[i] - *v).pow(2.0)).sum::<Var>()).unwrap();
    let penalty = Some("group(1, size=2)".parse().unwrap());
    let options = Options { penalty, grad_tol: Some(1e-12), ..options("fista", 1000) };
    let solution = run(&bowl, &[1.0; 6], &options);
    for (x, exact) in solution.x.iter().zip([2.4, 3.2, 0.0, 0.0, 0.0, -1.0]) {
        assert!((x - exact).abs() < 1e-11, "{:?}", solution.x);
    }
}

#[test]
fn a_nuclear_norm_takes_its_weight_from_every_singular_value() {
    // diag(3, 1) turned by angles on both sides keeps its singular values.
    let (c, s) = (0.6, 0.8);
    let v = [3.0 * c, -s, 3.0 * s, c];
    let bowl = trace([Shape::from([2, 2])], |x| {
        let target = Var::array([2, 2], &v);
        let off = x[0] - target;
        0.5 * (off * off).sum(..)
    })
    .unwrap();
    let penalty = Some("nuclear(1.5)".parse().unwrap());
    let options = Options { penalty, grad_tol: Some(1e-12), ..options("fista", 1000) };
    let solution = run(&bowl, &[0.0; 4], &options);
    // Singular values 1.5 and 0: the matrix of rank 1 along the larger pair of vectors.
    for (x, exact) in solution.x.iter().zip([1.5 * c, 0.0, 1.5 * s, 0.0]) {
        assert!((x - exact).abs() < 1e-10, "{:?}", solution.x);
    }
    assert!((solution.value - (0.5 * (1.5_f64.powi(2) + 1.0) + 1.5 * 1.5)).abs() < 1e-10);
    let flat = trace(4, |x| x[0] + x[1] + x[2] + x[3]).unwrap();
    let error = minimize(&mut Traced::<f64>::new(&flat).unwrap(), &[0.0; 4], &options).unwrap_err();
    assert!(error.to_string().contains("a variable that is a matrix"), "{error}");
}

#[test]
fn acceleration_and_restarts_save_steps() {
    let steep = trace(20, |x| {
        (0..20)
            .map(|i| 0.5 * 1000_f64.powf(f64::from(i) / 19.0) * (x[i as usize] - 1.0).pow(2.0))
            .sum::<Var>()
    })
    .unwrap();
    let steps = |method: &str| {
        let penalty = Some("l1(0.1)".parse().unwrap());
        let options = Options { penalty, grad_tol: Some(1e-8), ..options(method, 100_000) };
        let solution = run(&steep, &[0.0; 20], &Options { history: false, ..options });
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        solution.steps
    };
    let (plain, fast, restarted) =
        (steps("proximal_gradient"), steps("fista(restart=false)"), steps("fista"));
    println!("{plain} {fast} {restarted}");
    assert!(restarted < fast && 4 * restarted < plain, "{plain} {fast} {restarted}");
}

#[test]
fn penalties_print_as_they_are_read_and_are_refused_where_they_do_not_fit() {
    for text in ["l1(0.1)", "group(0.5, size=3)", "nuclear(2)"] {
        let penalty: Penalty = text.parse().unwrap();
        assert_eq!(penalty.to_string().parse::<Penalty>().unwrap(), penalty);
    }
    let read = |text: &str| text.parse::<Penalty>().unwrap_err().to_string();
    assert!(read("l1").contains("weight is missing") && read("l1(-1)").contains("at least 0"));
    assert!(read("group(1)").contains("size is missing") && read("l2(1)").contains("l1"));
    let refused = |method: &str, penalty: &str, constraint: Option<&str>| {
        let options = Options {
            method: method.parse().unwrap(),
            penalty: Some(penalty.parse().unwrap()),
            constraints: constraint.iter().map(|text| Constraint::parse(text, &[]).unwrap()).collect(),
            ..Options::default()
        };
        minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[0.0, 0.0], &options)
            .unwrap_err()
            .to_string()
    };
    assert!(refused("adam", "l1(1)", None).contains("use fista or proximal_gradient"));
    assert!(refused("lbfgs", "l1(1)", None).contains("use fista or proximal_gradient"));
    assert!(refused("fista", "group(1, size=3)", None).contains("divides the number of variables"));
    assert!(refused("fista", "l1(1)", Some("simplex")).contains("cannot be kept together"));
}

#[test]
fn searches_that_do_not_fit_are_refused_with_the_reason() {
    let refused = |text: &str| text.parse::<Method>().unwrap_err().to_string();
    assert!(refused("lbfgsb(search=hager_zhang)").contains("beyond the box"));
    assert!(refused("lbfgsb(search=fixed)").contains("quasi-Newton"));
    assert!(refused("projected_gradient(search=more_thuente)").contains("is bent"));
    assert!(refused("spg(memory=0)").contains("whole number from 1"));
    let method: Method = "lbfgsb(memory=7)".parse().unwrap();
    assert!(matches!(method, Method::Descent(Descent::Lbfgsb(lbfgsb)) if lbfgsb.memory == 7));
}

#[test]
fn the_choice_within_a_set_fits_the_set() {
    let chosen = |options: Options| {
        let solution = run(&rosenbrock(), &[0.3, 0.4], &options);
        assert!(solution.status.converged(), "{:?}: {}", options.constraints, solution.status);
        let choice = solution.choice.unwrap();
        (choice.method.to_string(), choice.reason)
    };
    let set =
        |text| Options { constraints: vec![Constraint::parse(text, &[]).unwrap()], ..Options::default() };
    assert!(chosen(set("nonnegative")).0.starts_with("lbfgsb"));
    assert!(chosen(set("simplex")).0.starts_with("spg"));
    assert!(chosen(set("sphere")).0.starts_with("projected_gradient"));
    let penalty =
        Options { penalty: Some(Penalty::L1 { weight: 0.1 }), steps: 100_000, ..Options::default() };
    let (method, reason) = chosen(penalty);
    assert!(method.starts_with("fista") && reason.contains("proximal"));
}

#[test]
fn single_precision_reaches_the_corner_too() {
    let options = Options { bounds: Some("-2..0.5".parse().unwrap()), ..Options::default() };
    for method in ["lbfgsb", "spg", "projected_gradient", "fista"] {
        let options = Options { method: method.parse().unwrap(), steps: 20_000, ..options.clone() };
        let mut objective = Traced::<f32>::new(&rosenbrock()).unwrap();
        let solution = minimize(&mut objective, &[-1.2, 1.0], &options).unwrap();
        assert!(solution.status.converged(), "{method}: {}", solution.status);
        assert!(solution.x[0] == 0.5 && (solution.x[1] - 0.25).abs() < 1e-3, "{method}: {:?}", solution.x);
    }
}

#[test]
fn the_bits_of_lbfgsb_do_not_depend_on_the_number_of_threads() {
    let n = 100_000;
    let start: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.37).sin() * 2.0).collect();
    let options = Options {
        bounds: Some("-0.5..0.8".parse().unwrap()),
        method: "lbfgsb(memory=4)".parse().unwrap(),
        steps: 8,
        ..Options::default()
    };
    let ends = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&chained(n as usize), &start, &options).x)
    });
    assert!(ends[0] == ends[1] && ends[0] == ends[2]);
}
