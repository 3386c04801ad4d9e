//! Descents and searches on functions whose minima are known.

use thalweg_function::{Program, trace};
use thalweg_solve::{Method, Options, Solution, Status, Traced, minimize};

use crate::functions::{quadratic, rosenbrock};

/// Every descent with the searches it admits.
pub(crate) const METHODS: [&str; 29] = [
    "cg",
    "cg(beta=pr_plus)",
    "cg(beta=fletcher_reeves)",
    "cg(beta=hager_zhang, search=hager_zhang)",
    "bfgs",
    "bfgs(search=backtracking)",
    "bfgs(search=backtracking, poor=damp)",
    "bfgs(search=hager_zhang)",
    "lbfgs",
    "lbfgs(memory=3)",
    "lbfgs(search=backtracking)",
    "lbfgs(search=hager_zhang)",
    "lbfgs(search=nonmonotone)",
    "sr1",
    "sr1(subproblem=exact)",
    "sr1(subproblem=steihaug)",
    "barzilai_borwein",
    "barzilai_borwein(length=short, search=nonmonotone(reference=average))",
    "newton_cholesky",
    "newton_cholesky(search=more_thuente)",
    "newton_cg",
    "newton_cg(search=hager_zhang)",
    "trust_newton",
    "trust_newton(subproblem=steihaug)",
    "trust_newton(subproblem=dogleg)",
    "spg",
    "lbfgsb",
    "lbfgsb(search=nonmonotone)",
    "lbfgsb(memory=3, search=backtracking)",
];

pub(crate) fn solve(program: &Program, start: &[f64], method: &str, grad_tol: f64) -> Solution<f64> {
    let options = Options {
        method: method.parse().unwrap(),
        grad_tol: Some(grad_tol),
        steps: 10_000,
        ..Options::default()
    };
    minimize(&mut Traced::new(program).unwrap(), start, &options).unwrap()
}

#[test]
fn every_descent_finds_the_minimum_of_rosenbrock() {
    for method in METHODS {
        let solution = solve(&rosenbrock(), &[-1.2, 1.0], method, 1e-8);
        println!("{method}: {} steps {} {:?}", solution.status, solution.steps, solution.evaluations);
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!(solution.x.iter().all(|x| (x - 1.0).abs() < 1e-7), "{method}: {:?}", solution.x);
        assert_eq!(solution.evaluations.value, solution.evaluations.gradient);
    }
}

#[test]
fn what_a_descent_prints_parses_to_the_same() {
    for method in METHODS {
        let method: Method = method.parse().unwrap();
        assert_eq!(method.to_string().parse::<Method>().unwrap(), method);
    }
}

/// Beale's function: minimum 0 at (3, 1/2).
fn beale() -> Program {
    trace(2, |x| {
        [1.5, 2.25, 2.625]
            .into_iter()
            .zip([1.0, 2.0, 3.0])
            .map(|(y, k)| (y - x[0] * (1.0 - x[1].pow(k))).pow(2.0))
            .sum::<thalweg_function::Var>()
    })
    .unwrap()
}

/// Himmelblau's function: four minima, all 0.
fn himmelblau() -> Program {
    trace(2, |x| (x[0] * x[0] + x[1] - 11.0).pow(2.0) + (x[0] + x[1] * x[1] - 7.0).pow(2.0)).unwrap()
}

#[test]
fn every_descent_finds_the_minima_of_beale_and_himmelblau() {
    for method in METHODS {
        let solution = solve(&beale(), &[1.0, 1.0], method, 1e-8);
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!((solution.x[0] - 3.0).abs() < 1e-6 && (solution.x[1] - 0.5).abs() < 1e-6, "{method}");
        let solution = solve(&himmelblau(), &[1.0, 1.0], method, 1e-8);
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!(solution.value < 1e-16, "{method}: {}", solution.value);
    }
}

/// ½ Σ λᵢxᵢ² − Σ xᵢ with eigenvalues 1 … n, turned by a reflection so that no variable is alone.
fn bowl(n: usize) -> Program {
    trace(n, |x| {
        let mean = x.iter().copied().sum::<thalweg_function::Var>() * (2.0 / n as f64);
        (0..n)
            .map(|i| {
                let turned = x[i] - mean;
                0.5 * (i + 1) as f64 * turned * turned - x[i]
            })
            .sum::<thalweg_function::Var>()
    })
    .unwrap()
}

/// A search that ends at the minimum along the direction.
const EXACTLY: &str = "search=more_thuente(curvature=1e-9)";

#[test]
fn conjugate_gradients_end_in_as_many_steps_as_there_are_variables_on_a_quadratic() {
    for beta in ["dai_yuan", "pr_plus", "fletcher_reeves", "hager_zhang"] {
        for n in [2, 5, 9] {
            let method = format!("cg(beta={beta}, {EXACTLY})");
            let solution = solve(&bowl(n), &vec![1.0; n], &method, 1e-7);
            assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
            assert!(solution.steps <= n, "{method}: {} steps for {n} variables", solution.steps);
        }
    }
}

#[test]
fn bfgs_with_an_exact_search_makes_the_steps_of_conjugate_gradients_on_a_quadratic() {
    // Nocedal and Wright, theorem 6.4 with a multiple of the identity at the start.
    let n = 6;
    let start: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
    let path = |method: String| {
        let options = Options {
            method: method.parse().unwrap(),
            steps: 5,
            grad_tol: Some(1e-9),
            history: true,
            ..Options::default()
        };
        minimize(&mut Traced::<f64>::new(&bowl(n)).unwrap(), &start, &options).unwrap().history.unwrap().x
    };
    let cg = path(format!("cg(beta=fletcher_reeves, {EXACTLY})"));
    for method in ["bfgs", "lbfgs"] {
        let own = path(format!("{method}({EXACTLY})"));
        assert_eq!(own.len(), cg.len());
        let far = own.iter().zip(&cg).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(far < 1e-6, "{method}: {far}");
    }
}

#[test]
fn newton_methods_end_in_one_step_on_a_quadratic() {
    for method in [
        "newton_cholesky",
        "newton_cg(accuracy=1e-12)",
        "trust_newton(radius=100)",
        "trust_newton(subproblem=dogleg, radius=100)",
    ] {
        let solution = solve(&quadratic(), &[9.5, -1.0], method, 1e-9);
        assert_eq!((solution.status, solution.steps), (Status::ConvergedGradient, 1), "{method}");
        assert_eq!(solution.evaluations.gradient, 2, "{method}");
    }
}

#[test]
fn a_step_of_lbfgs_is_that_of_bfgs_while_its_memory_reaches_to_the_start() {
    // The compact form and the dense matrix are one operator: theorem 2.2 of Byrd, Nocedal and Schnabel, for the same H₀; the dense
    // matrix keeps the first γ, so one pair is compared.
    let path = |method: &str| {
        let options =
            Options { method: method.parse().unwrap(), steps: 2, history: true, ..Options::default() };
        minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &options).unwrap().history
    };
    let (dense, limited) = (path("bfgs").unwrap(), path("lbfgs").unwrap());
    assert!(dense.x.iter().zip(&limited.x).all(|(a, b)| (a - b).abs() < 1e-13), "{dense:?} {limited:?}");
}

#[test]
fn a_pair_that_does_not_work_is_refused_with_the_reason() {
    for (method, reason) in [
        ("cg(search=backtracking)", "the next direction need not descend"),
        ("cg(beta=fletcher_reeves, search=more_thuente(curvature=0.9))", "less than half of the slope"),
        ("barzilai_borwein(search=more_thuente)", "steepest descent's"),
        ("lbfgs(search=fixed)", "a fixed step may not"),
    ] {
        let error = method.parse::<Method>().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
