//! Ends that descents of other libraries come to on the problems of Moré, Garbow and Hillstrom, and none of ours may: one test for each.

use std::cell::RefCell;

use thalweg_landscape::{Landscape, Set};
use thalweg_solve::{Derivatives, Objective, Options, Solution, SolveError, Status, Traced, minimize};

use crate::descents::METHODS;
use crate::ends::{each, extended};
use crate::functions::rosenbrock;

/// A function that writes down every value it was asked for.
struct Recorded {
    inner: Traced<f64>,
    values: RefCell<Vec<f64>>,
}

impl Recorded {
    fn of(landscape: &Landscape) -> Self {
        Recorded { inner: Traced::new(landscape.program()).unwrap(), values: RefCell::default() }
    }

    /// Evaluations after the first whose value is the lowest of all, to rounding.
    fn after_the_lowest(&self) -> usize {
        let values = self.values.borrow();
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let reached = lowest + 16.0 * f64::EPSILON * lowest.abs();
        values.len() - 1 - values.iter().position(|&value| value <= reached).unwrap()
    }
}

impl Objective<f64> for Recorded {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, SolveError> {
        self.inner.value(x)
    }

    fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, SolveError> {
        let value = self.inner.value_and_gradient(x, gradient)?;
        self.values.borrow_mut().push(value);
        Ok(value)
    }

    fn derivatives(&self) -> Derivatives {
        self.inner.derivatives()
    }

    fn hessian(&mut self, x: &[f64], hessian: &mut [f64]) -> Result<(), SolveError> {
        self.inner.hessian(x, hessian)
    }

    fn hessian_vector(&mut self, x: &[f64], v: &[f64], product: &mut [f64]) -> Result<(), SolveError> {
        self.inner.hessian_vector(x, v, product)
    }
}

fn landscape(name: &str) -> Landscape {
    name.parse().unwrap()
}

fn solved(problem: &Landscape, method: &str, options: Options) -> (Solution<f64>, Recorded) {
    let options = Options { method: method.parse().unwrap(), ..options };
    let mut objective = Recorded::of(problem);
    let solution = minimize(&mut objective, problem.start(), &options).unwrap();
    (solution, objective)
}

fn value_at_start(problem: &Landscape) -> f64 {
    Traced::<f64>::new(problem.program()).unwrap().value(problem.start()).unwrap()
}

/// max |∂f/∂xᵢ| at a point.
fn largest_slope(problem: &Landscape, x: &[f64]) -> f64 {
    let mut gradient = vec![0.0; x.len()];
    Traced::<f64>::new(problem.program()).unwrap().value_and_gradient(x, &mut gradient).unwrap();
    gradient.iter().fold(0.0, |most, g| g.abs().max(most))
}

/// Whether the method lets values rise now and then.
fn rises(method: &str) -> bool {
    ["nonmonotone", "barzilai_borwein", "spg"].iter().any(|name| method.contains(name))
}

/// Whether the method knows no curvature, and comes nearer for a long time.
fn is_slow(method: &str) -> bool {
    ["cg", "barzilai_borwein", "spg"].iter().any(|name| method.starts_with(name))
}

#[test]
fn a_search_comes_back_where_values_have_drowned_in_rounding() {
    // The lowest value of Chebyquad with eight variables is 3.5e-3: the gradient never comes below 1e-300.
    let problem = landscape("chebyquad(dim=8)");
    each(|method| {
        let options = Options { grad_tol: Some(1e-300), steps: 100_000, ..Options::default() };
        let (solution, seen) = solved(&problem, method, options);
        assert_ne!(solution.status, Status::MaxSteps, "{method}");
        let least = problem.minima()[0].value;
        assert!(solution.value - least < 1e-8 * least, "{method}: {}", solution.value);
        let most = if is_slow(method) { 5000 } else { 1000 };
        assert!(seen.values.borrow().len() < most, "{method}: {}", seen.values.borrow().len());
    });
}

#[test]
fn no_start_on_rosenbrock_is_an_error_or_loses_the_point() {
    let starts = [
        [-1.2, 1.0],
        [0.0, 0.0],
        [1.0, -1.0],
        [-3.0, -4.0],
        [1e-8, 1e-8],
        [0.0, 30.0],
        [-50.0, 2.0],
        [6.39, -0.221],
        [20.0, -10.0],
    ];
    let objective = RefCell::new(Traced::<f64>::new(&rosenbrock()).unwrap());
    each(|method| {
        for start in starts {
            let options = Options {
                method: method.parse().unwrap(),
                grad_tol: Some(1e-6),
                steps: 20_000,
                ..Options::default()
            };
            let solution = minimize(&mut *objective.borrow_mut(), &start, &options).unwrap();
            assert_eq!(solution.status, Status::ConvergedGradient, "{method}, {start:?}: {}", solution.value);
            assert!(solution.x.iter().all(|x| (x - 1.0).abs() < 1e-4), "{method}, {start:?}");
        }
    });
}

#[test]
fn converged_is_said_of_a_point_below_the_start_whose_gradient_is_that_small() {
    let problem = landscape("brown_badly_scaled");
    let at_start = value_at_start(&problem);
    each(|method| {
        for grad_tol in [1e-2, 1e-6, 1e-12] {
            let options = Options { grad_tol: Some(grad_tol), steps: 5000, ..Options::default() };
            let (solution, _) = solved(&problem, method, options);
            assert!(solution.value < at_start, "{method}: {} at {}", solution.value, solution.status);
            let slope = largest_slope(&problem, &solution.x);
            let said = solution.status == Status::ConvergedGradient;
            assert!(!said || slope <= grad_tol, "{method}: {slope}");
        }
    });
}

#[test]
fn no_step_goes_uphill() {
    for name in Set::MoreGarbowHillstrom.problems() {
        let problem = landscape(name);
        each(|method| {
            let options = Options { steps: 500, history: true, ..Options::default() };
            let (solution, _) = solved(&problem, method, options);
            let history = solution.history.unwrap();
            // Hager and Zhang's search works by slopes where values agree to ten digits.
            let digits = if method.contains("search=hager_zhang") { 1e-10 } else { 8.0 * f64::EPSILON };
            let rounding = |value: f64| digits * value.abs();
            let climbs = history.value.windows(2).any(|pair| pair[1] > pair[0] + rounding(pair[0]));
            assert!(rises(method) || !climbs, "{method}, {name}");
            let highest = history.value.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            assert!(highest <= history.value[0] + rounding(history.value[0]), "{method}, {name}: {highest}");
        });
    }
}

#[test]
fn a_tolerance_below_rounding_is_given_up_soon_after_the_lowest_value() {
    for name in Set::MoreGarbowHillstrom.problems() {
        let problem = landscape(name);
        each(|method| {
            let options = Options { grad_tol: Some(1e-300), steps: 3000, ..Options::default() };
            let (solution, seen) = solved(&problem, method, options);
            let after = seen.after_the_lowest();
            // Ten steps of thirty trials each are the most that a descent which knows the curvature makes in vain.
            // Conjugate gradients still shorten the gradient where the value no longer falls; where values may rise they do so again.
            let slow = is_slow(method);
            assert!(
                rises(method) || after <= if slow { 1500 } else { 320 },
                "{method}, {name}: {after}, {}",
                solution.status
            );
        });
    }
}

#[test]
fn steps_are_as_long_for_a_million_variables_as_for_two() {
    // From the customary start all pairs of variables move alike, so the number of trials is that of one pair.
    let count = |n: usize, method: &str| {
        let start = [-1.2, 1.0].repeat(n / 2);
        let options = Options {
            method: method.parse().unwrap(),
            grad_tol: Some(1e-6),
            steps: 10_000,
            ..Options::default()
        };
        let mut objective = Traced::<f64>::new(&extended(n)).unwrap();
        let solution = minimize(&mut objective, &start, &options).unwrap();
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}, {n} variables");
        solution.evaluations.gradient
    };
    // Sums are taken in another order, which later steps magnify.
    for method in METHODS.into_iter().filter(|method| !method.starts_with("sr1")) {
        let (few, many) = (count(2, method), count(200, method));
        assert!(many <= 2 * few + 20, "{method}: {many} beside {few}");
    }
    let (few, many) = (count(2, "lbfgs"), count(1_000_000, "lbfgs"));
    assert!(4 * many <= 5 * few, "{many} beside {few}");
}

#[test]
fn every_descent_leaves_the_start_of_powells_badly_scaled_function() {
    let problem = landscape("powell_badly_scaled");
    let at_start = value_at_start(&problem);
    each(|method| {
        let options = Options { grad_tol: Some(1e-8), steps: 20_000, ..Options::default() };
        let (solution, _) = solved(&problem, method, options);
        assert!(solution.steps > 1 && solution.value < 0.2 * at_start, "{method}: {solution:?}");
        // The slope across the valley is 10⁴ times that along it; methods without curvature creep.
        assert!(is_slow(method) || solution.value < 1e-6, "{method}: {} {}", solution.value, solution.status);
    });
}

#[test]
fn automatic_choice_solves_every_problem() {
    let mut unsolved = Vec::new();
    for name in Set::MoreGarbowHillstrom.problems() {
        let problem = landscape(name);
        let (solution, _) = solved(&problem, "auto", Options::default());
        let minima = problem.minima().iter().map(|minimum| minimum.value);
        let mut known = minima.chain(problem.infima().iter().copied());
        let gain = value_at_start(&problem).abs();
        let reached =
            known.any(|value| (solution.value - value).abs() <= 1e-6 * value.abs() + 1e-10 * gain.min(1e4));
        if !(reached && solution.status.converged()) {
            unsolved.push((name, solution.status, solution.value));
        }
    }
    assert!(unsolved.is_empty(), "{unsolved:?}");
}

/// Coming from a plateau, the first search ends at the lowest point of a line, at right angles to the gradient.
#[test]
fn converged_is_said_of_no_slope_between_gaussian_wells() {
    let wells = landscape("wells");
    let mut objective = Traced::<f64>::new(wells.program()).unwrap();
    let side = 30;
    let at = |i: usize| -2.9 + 5.8 * i as f64 / (side - 1) as f64;
    for method in METHODS.iter().copied().chain(["lbfgsb", "spg"]) {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let grid = (0..side * side).map(|i| [at(i % side), at(i / side)]);
        for start in grid.chain([[2.803_811_149_988_688, 2.247_371_436_495_902]]) {
            let end = minimize(&mut objective, &start, &options).unwrap();
            let steep =
                end.status.converged() && end.gradient_norm > if method == "spg" { 1e-4 } else { 1e-6 };
            assert!(!steep, "{method} from {start:?}: {:?}, |g| {:e}", end.status, end.gradient_norm);
        }
    }
}
