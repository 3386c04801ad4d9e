//! The problems of Moré, Garbow and Hillstrom.

use std::fmt::Write;

use thalweg_landscape::{Landscape, Set};
use thalweg_solve::{Objective, Options, Solution, Traced, minimize};

/// One of each kind, as it is written without options.
const DEFAULTS: [&str; 7] = ["lbfgs", "bfgs", "cg", "sr1", "newton_cholesky", "newton_cg", "trust_newton"];

fn solve(problem: &Landscape, method: &str) -> Solution<f64> {
    let options = Options { method: method.parse().unwrap(), steps: 5000, ..Options::default() };
    minimize(&mut Traced::new(problem.program()).unwrap(), problem.start(), &options).unwrap()
}

/// Whether the value is one of the known minima's, to six digits of what there was to gain.
fn reaches_a_minimum(problem: &Landscape, value: f64) -> bool {
    let start = Traced::<f64>::new(problem.program()).unwrap().value(problem.start()).unwrap();
    problem
        .minima()
        .iter()
        .any(|minimum| value - minimum.value <= 1e-6 * minimum.value.abs() + 1e-10 * start.abs().min(1e4))
}

#[test]
fn every_problem_is_solved_by_at_least_one_default_and_none_ends_above_its_start() {
    let mut unsolved = Vec::new();
    for name in Set::MoreGarbowHillstrom.problems() {
        let problem = Landscape::parse(name).unwrap();
        let at_start = Traced::<f64>::new(problem.program()).unwrap().value(problem.start()).unwrap();
        let mut line = format!("{name:32}");
        let mut solved = 0;
        for method in DEFAULTS {
            let solution = solve(&problem, method);
            assert!(solution.value <= at_start, "{name}, {method}: {} above {at_start}", solution.value);
            let good = reaches_a_minimum(&problem, solution.value);
            solved += usize::from(good);
            let e = solution.evaluations;
            let mark = if good { "" } else { "!" };
            let _ = write!(line, " {mark}{}:{:.1e}/{}", solution.status, solution.value, e.gradient);
        }
        println!("{line} | {:?}", problem.minima().iter().map(|m| m.value).collect::<Vec<_>>());
        if solved == 0 {
            unsolved.push(name);
        }
    }
    assert!(unsolved.is_empty(), "{unsolved:?}");
}
