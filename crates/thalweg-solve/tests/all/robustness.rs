//! Every descent in every difficult situation: it ends within its budget, says truly why, and keeps the best point it has seen.
//!
//! Beyond `ends.rs`, which states what is found where something can be.

use std::f64::consts::PI;

use thalweg_function::{Program, Shape, Var, select, trace};
use thalweg_solve::{
    Derivatives, Handwritten, Objective, Options, Solution, SolveError, Status, Traced, minimize,
};

use crate::descents::METHODS;
use crate::ends::each;

/// What may be said of the end.
type Ends = &'static [Status];

const CONVERGED: Ends = &[Status::ConvergedGradient, Status::ConvergedValue];
const BELOW_ROUNDING: Ends =
    &[Status::ConvergedGradient, Status::ConvergedValue, Status::LineSearchFailed, Status::MaxSteps];
const NO_MINIMUM: Ends = &[Status::Diverged, Status::MaxSteps];
const ANY: Ends = &[
    Status::ConvergedGradient,
    Status::ConvergedValue,
    Status::LineSearchFailed,
    Status::MaxSteps,
    Status::Diverged,
];

struct Situation {
    name: &'static str,
    program: Program,
    start: Vec<f64>,
    ends: Ends,
}

fn situation(
    name: &'static str,
    start: &[f64],
    ends: Ends,
    function: impl FnOnce(&[Var]) -> Var,
) -> Situation {
    Situation { name, program: trace(start.len(), function).unwrap(), start: start.to_vec(), ends }
}

fn bowl(x: &[Var]) -> Var {
    x.iter().enumerate().map(|(i, &x)| (1 + i) as f64 * (x - 1.0) * (x - 1.0)).sum()
}

fn nan() -> Var {
    Var::constant(f64::NAN)
}

fn valley(x: Var, y: Var) -> Var {
    (1.0 - x).pow(2.0) + 100.0 * (y - x * x).pow(2.0)
}

/// Functions that are not defined, or not finite, in places.
fn with_holes() -> Vec<Situation> {
    vec![
        situation("root of a bowl less than its edge", &[2.9, 0.1], CONVERGED, |x| {
            -(9.0 - x[0] * x[0] - x[1] * x[1]).sqrt()
        }),
        situation("logarithms at the edge", &[1e-9, 1e-9], CONVERGED, |x| {
            x[0] + 2.0 * x[1] - x[0].log() - x[1].log()
        }),
        situation("a hole on the way", &[-3.0, 0.2], ANY, |x| {
            let inside = ((x[0] + 1.0) * (x[0] + 1.0) + x[1] * x[1]).less(Var::constant(0.25));
            select(inside, nan(), bowl(x))
        }),
        situation("numbers on an island only", &[0.5, 0.5], ANY, |x| {
            let far = Var::constant(1e-6).less((x[0] - 0.5).abs() + (x[1] - 0.5).abs());
            select(far, nan(), bowl(x))
        }),
        situation("infinite beyond a wall", &[0.0, 0.0], ANY, |x| {
            select(Var::constant(0.75).less(x[0]), Var::constant(f64::INFINITY), bowl(x))
        }),
        situation("near the largest number", &[26.0, 20.0], ANY, |x| (x[0] * x[0]).exp() + x[1] * x[1]),
        situation("a power that overflows", &[1.0, 1e60], BELOW_ROUNDING, |x| {
            x[0] * x[0] + x[1].pow(4.0) * 1e60
        }),
        situation("a finite value with an infinite slope", &[1e-3, 1.0], ANY, |x| {
            x[0].abs().sqrt() + x[1] * x[1]
        }),
    ]
}

/// Functions with little or nothing to go by.
fn flat() -> Vec<Situation> {
    vec![
        situation("a plain far from a well", &[40.0, 1.0], CONVERGED, |x| {
            -(-(x[0] * x[0] + x[1] * x[1])).exp()
        }),
        situation("the slope of a well's foot", &[4.0, 3.0], CONVERGED, |x| {
            -(-(x[0] * x[0] + x[1] * x[1])).exp()
        }),
        situation("stairs", &[2.5, 3.5], CONVERGED, |x| {
            select(Var::constant(1.0).less(x[0]), Var::constant(2.0), Var::constant(1.0)) + 0.0 * x[1]
        }),
        situation("one variable without effect", &[3.0, 5.0], CONVERGED, |x| {
            (x[0] - 1.0).pow(2.0) + 0.0 * x[1]
        }),
        situation("a valley without an end", &[1.0, 1.0], ANY, |x| (-x[0]).exp() + x[1] * x[1]),
        situation("a flat minimum", &[1.0, -2.0], CONVERGED, |x| x[0].pow(4.0) + x[1].pow(6.0)),
        situation("a saddle at the start", &[0.0, 0.0], CONVERGED, |x| x[0] * x[0] - x[1] * x[1]),
        situation("a kink at the minimum", &[3.0, -1.0], ANY, |x| x[0].abs() + 2.0 * x[1].abs()),
        situation("a minimum at a corner", &[3.0, -1.0], ANY, |x| x[0].max(x[1]).max(-x[0] - x[1])),
    ]
}

/// Functions without a lower bound.
fn bottomless() -> Vec<Situation> {
    vec![
        situation("a cubic", &[-1.0], NO_MINIMUM, |x| x[0].pow(3.0)),
        situation("a logarithm", &[1.0, 2.0], ANY, |x| -(x[0] * x[0] + x[1] * x[1]).log()),
        situation("down a saddle", &[1.0, 1e-3], NO_MINIMUM, |x| x[0] * x[0] - x[1] * x[1]),
        situation("down to minus infinity at a point", &[1.0, 1.0], ANY, |x| {
            (x[0] * x[0] + x[1] * x[1]).log()
        }),
        // Where x is beyond 1e50 a step of any length changes the value by rounding only.
        situation("waves on a slope", &[0.3, 0.0], ANY, |x| x[0].sin() - 3.0 * x[0] + x[1] * x[1]),
    ]
}

/// Variables and values of very different size.
fn badly_scaled() -> Vec<Situation> {
    let scaled = |name, of_value: f64, of_x: f64, of_y: f64| {
        situation(name, &[-1.2 * of_x, of_y], BELOW_ROUNDING, move |x| {
            of_value * valley(x[0] / of_x, x[1] / of_y)
        })
    };
    vec![
        scaled("one variable in millions", 1.0, 1e6, 1.0),
        scaled("one variable in millionths", 1.0, 1.0, 1e-6),
        scaled("variables a trillion apart", 1.0, 1e6, 1e-6),
        scaled("values of 1e100", 1e100, 1.0, 1.0),
        scaled("values of 1e-100", 1e-100, 1.0, 1.0),
        scaled("points of 1e100", 1.0, 1e100, 1e100),
        situation("a bowl with curvatures 1e12 apart", &[1.0, 1.0], BELOW_ROUNDING, |x| {
            1e6 * x[0] * x[0] + 1e-6 * x[1] * x[1]
        }),
        situation("a small change of a large value", &[3.0, 2.0], BELOW_ROUNDING, |x| 1e12 + bowl(x)),
    ]
}

/// That what the solution says is so.
fn is_true(what: &str, situation: &Situation, options: &Options, solution: &Solution<f64>) {
    let mut f = Traced::<f64>::new(&situation.program).unwrap();
    let mut gradient = vec![0.0; situation.start.len()];
    let at_start = f.value_and_gradient(&situation.start, &mut gradient).unwrap();
    let largest = |g: &[f64]| g.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
    let slope_at_start = largest(&gradient);
    assert!(situation.ends.contains(&solution.status), "{what}: {solution:?}");
    let finite = |numbers: &[f64]| numbers.iter().all(|x| x.is_finite());
    assert!(finite(&solution.x) && solution.value.is_finite(), "{what}");
    assert!(solution.best_value <= at_start && solution.best_value <= solution.value, "{what}");
    let value = f.value_and_gradient(&solution.x, &mut gradient).unwrap();
    assert!((value - solution.value).abs() <= 1e-12 * value.abs(), "{what}: {value}, {}", solution.value);
    let best = f.value(&solution.best_x).unwrap();
    assert!((best - solution.best_value).abs() <= 1e-12 * best.abs(), "{what}");
    if solution.status == Status::ConvergedGradient {
        let most = options.grad_tol.unwrap_or(1e-9 * slope_at_start);
        assert!(largest(&gradient) <= most * (1.0 + 1e-12), "{what}: {}", largest(&gradient));
    }
    if solution.status == Status::MaxSteps {
        assert_eq!(solution.steps, options.steps, "{what}");
    }
    // Thirty trials along a direction, or sixty within a region, are the most.
    let most = 62 * (solution.steps as u64 + 2);
    assert!(solution.evaluations.value <= most, "{what}: {:?}", solution.evaluations);
}

fn hold(situations: &[Situation]) {
    each(|method| {
        for situation in situations {
            for grad_tol in [None, Some(1e-300)] {
                let options =
                    Options { method: method.parse().unwrap(), grad_tol, steps: 3000, ..Options::default() };
                let mut objective = Traced::<f64>::new(&situation.program).unwrap();
                let solution = minimize(&mut objective, &situation.start, &options).unwrap();
                let what = format!("{method}, {}, {grad_tol:?}", situation.name);
                let beyond = Situation {
                    ends: ANY,
                    program: situation.program.clone(),
                    start: situation.start.clone(),
                    ..*situation
                };
                is_true(&what, if grad_tol.is_none() { situation } else { &beyond }, &options, &solution);
            }
        }
    });
}

#[test]
fn where_a_function_is_not_finite() {
    hold(&with_holes());
}

#[test]
fn where_a_function_is_flat() {
    hold(&flat());
}

#[test]
fn where_there_is_no_lower_bound() {
    hold(&bottomless());
}

#[test]
fn where_sizes_differ() {
    hold(&badly_scaled());
}

#[test]
fn a_start_without_a_value_has_diverged_there() {
    let root = trace(2, |x| x[0].sqrt() + x[1] * x[1]).unwrap();
    each(|method| {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let solution = minimize(&mut Traced::<f64>::new(&root).unwrap(), &[-1.0, 2.0], &options).unwrap();
        assert_eq!((solution.status, solution.steps), (Status::Diverged, 0), "{method}");
        assert_eq!(solution.x, [-1.0, 2.0], "{method}");
    });
}

/// Writes a gradient, given the point and the number of the evaluation.
type Wrong = fn(&[f64], u64, &mut [f64]);

#[test]
fn a_gradient_that_is_wrong_ends_the_run_and_no_more() {
    // Of the wrong sign; of one constant; of noise; zero but for the last place.
    let wrongs: [(&str, Wrong); 4] = [
        ("uphill", |x, _, g| (g[0], g[1]) = (-2.0 * x[0], -2.0 * x[1])),
        ("constant", |_, _, g| (g[0], g[1]) = (1.0, -1.0)),
        ("noise", |_, count, g| {
            let turn = 2.0 * PI * (0.618_033_988_749_895 * count as f64).fract();
            (g[0], g[1]) = (turn.cos(), turn.sin());
        }),
        ("not a number now and then", |x, count, g| {
            (g[0], g[1]) = (2.0 * x[0], if count % 7 == 3 { f64::NAN } else { 2.0 * x[1] });
        }),
    ];
    for (name, wrong) in wrongs {
        each(|method| {
            let mut count = 0;
            let mut function = Handwritten::new(2, |x: &[f64], g: &mut [f64]| {
                count += 1;
                wrong(x, count, g);
                x[0] * x[0] + x[1] * x[1]
            })
            .with_hessian(|_, h| h.copy_from_slice(&[2.0, 0.0, 0.0, 2.0]))
            .with_hessian_vector(|_, v, out| (out[0], out[1]) = (2.0 * v[0], 2.0 * v[1]));
            let options = Options {
                method: method.parse().unwrap(),
                grad_tol: Some(1e-9),
                steps: 500,
                ..Options::default()
            };
            let solution = minimize(&mut function, &[3.0, -1.0], &options).unwrap();
            assert!(solution.best_value <= 10.0 && solution.best_value.is_finite(), "{method}, {name}");
            assert!(solution.evaluations.value < 31_000, "{method}, {name}");
        });
    }
}

#[test]
fn noise_in_the_values_ends_a_run_near_the_minimum() {
    each(|method| {
        let mut count = 0.0_f64;
        let mut noisy = Handwritten::new(2, |x: &[f64], g: &mut [f64]| {
            count += 1.0;
            (g[0], g[1]) = (2.0 * x[0], 20.0 * x[1]);
            x[0] * x[0] + 10.0 * x[1] * x[1] + 1e-6 * ((0.618_033_988_749_895 * count).fract() - 0.5)
        })
        .with_hessian(|_, h| h.copy_from_slice(&[2.0, 0.0, 0.0, 20.0]))
        .with_hessian_vector(|_, v, out| (out[0], out[1]) = (2.0 * v[0], 20.0 * v[1]));
        let options = Options {
            method: method.parse().unwrap(),
            grad_tol: Some(1e-12),
            steps: 500,
            ..Options::default()
        };
        let solution = minimize(&mut noisy, &[3.0, -2.0], &options).unwrap();
        assert!(solution.best_value < 1e-3, "{method}: {solution:?}");
        assert!(solution.evaluations.value < 16_000, "{method}");
    });
}

#[test]
fn an_objective_that_fails_hands_its_error_on() {
    struct Failing(u32);
    impl Objective<f64> for Failing {
        fn dim(&self) -> usize {
            1
        }
        fn value(&mut self, x: &[f64]) -> Result<f64, SolveError> {
            Ok(x[0].exp() - 2.0 * x[0])
        }
        fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, SolveError> {
            self.0 += 1;
            if self.0 > 2 {
                return Err(SolveError::Missing { needs: "the test", what: "a third value" });
            }
            gradient[0] = x[0].exp() - 2.0;
            Ok(x[0].exp() - 2.0 * x[0])
        }
        fn derivatives(&self) -> Derivatives {
            Derivatives { hessian: true, hessian_vector: true }
        }
        fn hessian(&mut self, x: &[f64], hessian: &mut [f64]) -> Result<(), SolveError> {
            hessian[0] = x[0].exp();
            Ok(())
        }
        fn hessian_vector(&mut self, x: &[f64], v: &[f64], product: &mut [f64]) -> Result<(), SolveError> {
            product[0] = x[0].exp() * v[0];
            Ok(())
        }
    }
    each(|method| {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        let error = minimize(&mut Failing(0), &[3.0], &options).unwrap_err();
        assert!(error.to_string().contains("a third value"), "{method}: {error}");
    });
}

#[test]
fn single_precision_ends_as_truly() {
    let program = trace(2, |x| valley(x[0], x[1])).unwrap();
    each(|method| {
        let options = Options { method: method.parse().unwrap(), steps: 5000, ..Options::default() };
        let solution = minimize(&mut Traced::<f32>::new(&program).unwrap(), &[-1.2, 1.0], &options).unwrap();
        assert!(solution.status.converged(), "{method}: {}", solution.status);
        assert!(solution.x.iter().all(|x| (x - 1.0).abs() < 0.1), "{method}: {:?}", solution.x);
    });
}

#[test]
fn a_million_variables_end_as_few_do() {
    let n = 1_000_000;
    let range = |x: Var| {
        let weights = Var::array([4], &[1.0, 3.0, 0.5, 10.0]);
        let x = x.reshape(Shape::from([n / 4, 4]));
        (weights * (x - 1.0) * (x - 1.0)).sum(..)
    };
    let bowl = trace([Shape::from([n])], |x| range(x[0])).unwrap();
    let hole = trace([Shape::from([n])], |x| range(x[0]) - 1e-3 * (2.0 - x[0]).log().sum(..)).unwrap();
    let slope = trace([Shape::from([n])], |x| x[0].sum(..)).unwrap();
    let large: Vec<_> = METHODS
        .into_iter()
        .filter(|method| {
            ["lbfgs", "cg", "barzilai_borwein", "newton_cg"].iter().any(|name| method.starts_with(name))
        })
        .chain(["steepest", "trust_newton(subproblem=steihaug)"])
        .collect();
    let start: Vec<f64> = (0..n).map(|i| 1.9 * (i as f64 * 0.618).sin()).collect();
    for (name, program, minimum) in [("bowl", bowl, true), ("hole", hole, true), ("slope", slope, false)] {
        let mut objective = Traced::<f64>::new(&program).unwrap();
        for &method in &large {
            let options = Options {
                method: method.parse().unwrap(),
                grad_tol: Some(1e-6),
                steps: if minimum { 1000 } else { 20 },
                ..Options::default()
            };
            let solution = minimize(&mut objective, &start, &options).unwrap();
            let what = format!("{method}, {name}: {} {}", solution.status, solution.steps);
            assert_eq!(solution.status == Status::ConvergedGradient, minimum, "{what}");
        }
    }
}
