//! Every rule through a run: where it ends, what it asks for, and what it hands out.

use thalweg_function::{Expression, Shape, trace};
use thalweg_rule::{Kind, Named, names};
use thalweg_solve::{
    Closure, Constraint, Fit, FitOptions, Objective, Options, Points, Solution, Status, Traced, fit,
    minimize, minimize_many,
};

use crate::functions::{options, quadratic, run, wells};

/// The name as a method that goes downhill on a bowl of curvatures 1 and 6.
fn spec(named: &Named) -> String {
    let call = match named.name {
        "groups" => "groups([\"*\", clip_by_global_norm(1), adam(lr=0.1)])".to_owned(),
        "preconditioned" => "preconditioned(lr=0.1, diagonal=[1, 0.5])".to_owned(),
        "clip_by_value" | "clip_by_global_norm" | "clip_by_norm" | "clip_by_block_rms" => {
            format!("{}(1)", named.name)
        }
        "muon" => "muon(lr=0.05, adam_lr=0.05)".to_owned(),
        "dadapt_sgd" => "dadapt_sgd(lr=0.05)".to_owned(),
        "l1" | "proximal_l1" => format!("{}(0.001)", named.name),
        "adaptive_clip" | "add_decayed_weights" => format!("{}(0.1)", named.name),
        "ema" | "parameter_ema" => format!("{}(0.9)", named.name),
        "accumulate" | "apply_every" => format!("{}(2)", named.name),
        "sgd" | "heavy_ball" | "nesterov" | "schedule_free_sgd" => format!("{}(lr=0.05)", named.name),
        name => format!("{name}()"),
    };
    match named.kind {
        Kind::Transform => format!("{call} | scale(0.05)"),
        Kind::Wrapper => format!("{call} | adam(lr=0.1)"),
        _ => call,
    }
}

/// Of all names but the one that would leave nothing to move.
fn specs() -> Vec<String> {
    names().iter().filter(|named| named.name != "freeze").map(spec).collect()
}

const START: [f64; 2] = [4.5, -1.0];

#[test]
fn every_rule_goes_downhill_and_says_truly_how_it_ended() {
    for spec in specs() {
        let solution = run(&quadratic(), &START, &spec, 200);
        let history = solution.history.as_ref().unwrap();
        assert_eq!((solution.status, solution.steps, history.len()), (Status::MaxSteps, 200, 201), "{spec}");
        assert!(solution.value < history.value[0], "{spec}: {} from {}", solution.value, history.value[0]);
        assert!(solution.best_value <= solution.value, "{spec}");
        let mut there = Traced::<f64>::new(&quadratic()).unwrap();
        let mut gradient = [0.0; 2];
        let value =
            thalweg_solve::Objective::value_and_gradient(&mut there, &solution.x, &mut gradient).unwrap();
        assert_eq!(value, solution.value, "{spec}");
        assert!((gradient[0].hypot(gradient[1]) - solution.gradient_norm).abs() < 1e-12, "{spec}");
    }
}

fn facts(s: &Solution<f64>) -> impl PartialEq + std::fmt::Debug + use<> {
    let bits = |numbers: &[f64]| numbers.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let history = s.history.as_ref().map(|h| (bits(&h.x), bits(&h.value)));
    (bits(&s.x), bits(&[s.value, s.best_value]), bits(&s.best_x), s.status, s.steps, s.evaluations, history)
}

#[test]
fn every_rule_has_the_same_bits_alone_and_in_a_batch() {
    let starts: Vec<[f64; 2]> =
        (0..70).map(|i| [0.05 * f64::from(i) - 1.7, 1.5 - 0.04 * f64::from(i)]).collect();
    let points = Points::from_rows(&starts).unwrap();
    for spec in specs() {
        for noise in [0.0, 0.2] {
            let options = Options { noise, track_best: Some(true), first_start: 3, ..options(&spec, 25) };
            let together = minimize_many(&wells(), &points, &options).unwrap();
            for i in [0, 1, 33, 69] {
                let options = Options { first_start: 3 + i as u64, ..options.clone() };
                let alone = minimize(&mut Traced::new(&wells()).unwrap(), &starts[i], &options).unwrap();
                assert_eq!(facts(&together.solution(i)), facts(&alone), "{spec}, noise {noise}, start {i}");
            }
        }
    }
}

#[test]
fn evaluations_are_those_that_were_made() {
    // Of the start, of each step's gradients elsewhere and of each new point; of an average at the end.
    for (method, gradients, products) in [
        ("adam(lr=0.1)", 1 + 20, 0),
        ("sam() | sgd(lr=0.1)", 1 + 2 * 20, 0),
        ("sam(steps=2) | sgd(lr=0.1)", 1 + 3 * 20, 0),
        ("accumulate(4) | sgd(lr=0.1)", 1 + 20, 0),
        ("schedule_free_sgd(lr=0.1)", 1 + 2 * 20, 0),
        ("sgd(lr=0.1) | parameter_ema(0.5)", 1 + 20 + 1, 0),
        ("lookahead() | sgd(lr=0.1)", 1 + 20 + 1, 0),
        ("ada_hessian(lr=0.1)", 1 + 20, 20),
        ("sophia(lr=0.1, update_interval=5)", 1 + 20, 4),
    ] {
        let evaluations = run(&quadratic(), &START, method, 20).evaluations;
        assert_eq!((evaluations.gradient, evaluations.value), (gradients, gradients), "{method}");
        assert_eq!(evaluations.hessian_vector, products, "{method}");
    }
}

#[test]
fn steps_that_only_look_uphill_or_gather_end_no_run() {
    for method in ["sam() | sgd(lr=0.1)", "accumulate(3) | sgd(lr=0.1)"] {
        let options = Options { step_tol: Some(1e-9), value_tol: Some(1e-12), ..options(method, 500) };
        let solution = minimize(&mut Traced::<f64>::new(&quadratic()).unwrap(), &START, &options).unwrap();
        assert!(solution.steps > 10, "{method}");
        let history = solution.history.unwrap();
        assert!((1..history.len() - 1).all(|k| history.point(k) != history.point(k - 1)), "{method}");
    }
    // The mean of equal gradients is the gradient, up to rounding.
    let (plain, gathered) = (
        run(&quadratic(), &START, "adam(lr=0.1)", 30),
        run(&quadratic(), &START, "accumulate(3) | adam(lr=0.1)", 30),
    );
    assert!(plain.x.iter().zip(&gathered.x).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn a_run_ends_at_the_average_of_its_iterates_if_no_tolerance_was_met() {
    let method = "sgd(lr=0.1) | parameter_ema(0.8)";
    let base = Options { noise: 0.5, seed: 4, ..options(method, 60) };
    let mut objective = Traced::<f64>::new(&quadratic()).unwrap();
    let solution = minimize(&mut objective, &START, &base).unwrap();
    let history = solution.history.as_ref().unwrap();
    let mut average = START;
    for x in history.points().skip(1) {
        average = [0, 1].map(|j| 0.8 * average[j] + 0.2 * x[j]);
    }
    assert!(solution.x.iter().zip(average).all(|(x, average)| (x - average).abs() < 1e-14));
    assert_ne!(solution.x, history.point(60));
    let lowest = history.value.iter().copied().fold(solution.value, f64::min);
    assert_eq!(solution.best_value, lowest);

    let tolerant = Options { grad_tol: Some(1.0), ..base };
    let solution = minimize(&mut objective, &START, &tolerant).unwrap();
    let history = solution.history.unwrap();
    assert_eq!((solution.status, &*solution.x), (Status::ConvergedGradient, history.point(solution.steps)));
}

#[test]
fn an_average_without_a_finite_value_is_not_handed_out() {
    let both = run(&trace(1, |x| x[0].abs().log()).unwrap(), &[1.0], "sgd(lr=2) | parameter_swa()", 2);
    // 1 → −1 → 1: the mean is 0, where the logarithm is −∞.
    assert_eq!((both.x, both.value, both.status), (vec![1.0], 0.0, Status::MaxSteps));
}

#[test]
fn averages_stay_on_the_sphere() {
    let options = Options {
        constraints: vec![Constraint::Sphere { radius: 2.0 }],
        ..options("sgd(lr=0.1) | parameter_ema(0.9)", 5)
    };
    let x = minimize(&mut Traced::<f64>::new(&quadratic()).unwrap(), &START, &options).unwrap().x;
    assert!((x[0].hypot(x[1]) - 2.0).abs() < 1e-14);
}

#[test]
fn a_rule_that_needs_products_is_refused_for_an_objective_without_them() {
    let mut closure = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    for method in ["sophia()", "clip_by_value(1) | ada_hessian()", "groups([\"*\", sophia()])"] {
        let error = minimize(&mut closure, &[1.0], &options(method, 5)).unwrap_err().to_string();
        assert!(
            error.starts_with("this rule needs Hessian-vector products, which this objective"),
            "{error}"
        );
    }
}

#[test]
fn values_and_products_are_those_of_the_lagrangian() {
    // f = 0 held at c = x² − 1 = 0 from λ = 2 is λc: Polyak's step is λ(x² − 1) / (2λx)² · 2λx, AdaHessian's first one Newton's.
    let nothing = trace(1, |x| 0.0 * x[0]).unwrap();
    let held = |method: &str| {
        let constraint =
            Constraint::parse("multiplier(\"x^2 - 1\", init=2, lr=0)", &["x".to_owned()]).unwrap();
        let options = Options { constraints: vec![constraint], ..options(method, 1) };
        minimize(&mut Traced::<f64>::new(&nothing).unwrap(), &[3.0], &options).unwrap().x[0]
    };
    assert!((held("polyak_sgd(max_lr=10)") - (3.0 - 8.0 / 6.0)).abs() < 1e-14);
    assert!(held("ada_hessian(lr=1, eps=0)").abs() < 1e-14);
}

#[test]
fn fits_take_another_batch_for_each_part_of_a_mean_and_the_same_uphill() {
    let line = trace(2, |v| v[0] * v[1]).unwrap();
    let x: Vec<f64> = (0..12).map(|i| f64::from(i) / 4.0).collect();
    let target: Vec<f64> = x.iter().map(|x| 2.0 * x - 0.3 * x * x).collect();
    let columns = [x.clone()];
    let problem = Fit { prediction: &line, columns: &columns, target: &target, start: &[0.5] };
    let fitted = |method: &str, batch, steps| {
        let method = method.parse().unwrap();
        fit(&problem, &FitOptions { method, batch, steps, full_loss: false, ..FitOptions::default() })
            .unwrap()
    };
    // Three batches of four are all examples.
    let (parts, whole) =
        (fitted("accumulate(3) | sgd(lr=0.05)", Some(4), 9), fitted("sgd(lr=0.05)", None, 9));
    assert!((parts.parameters[0] - whole.parameters[0]).abs() < 1e-14);
    assert!(parts.losses.iter().zip(&whole.losses).all(|(a, b)| (a - b).abs() < 1e-13));

    // With the ascent's length going to zero, the two gradients of a step are the same if the batch is.
    let (sam, plain) =
        (fitted("sam(rho=1e-9) | sgd(lr=0.05)", Some(4), 9), fitted("sgd(lr=0.05)", Some(4), 9));
    assert!((sam.parameters[0] - plain.parameters[0]).abs() < 1e-8);

    let average = fitted("sgd(lr=0.05) | parameter_swa()", Some(4), 9);
    let mean = average.trajectory[1..].iter().map(|row| row[0]).sum::<f64>() / 9.0;
    assert!((average.parameters[0] - mean).abs() < 1e-14);

    let polyak = fitted("polyak_sgd(max_lr=10)", None, 1);
    let slope: f64 = x.iter().zip(&target).map(|(x, y)| 2.0 * (0.5 * x - y) * x).sum::<f64>() / 12.0;
    assert!((polyak.parameters[0] - (0.5 - polyak.losses[0] / slope)).abs() < 1e-12);

    let refused = fit(&problem, &FitOptions { method: "sophia()".parse().unwrap(), ..FitOptions::default() });
    assert!(refused.unwrap_err().to_string().starts_with("this rule needs Hessian-vector products"));
}

#[test]
fn patterns_of_names_mean_the_variables_of_a_traced_function() {
    let bowl = Expression::parse("(width - 1)^2 + 3*(height + 2)^2").unwrap();
    let names: Vec<&str> = bowl.program().input_names().collect();
    let height = names.iter().position(|name| *name == "height").unwrap();
    let from = |method: &str| {
        let options = Options { steps: 50, ..options(method, 50) };
        minimize(&mut Traced::<f64>::new(bowl.program()).unwrap(), &[5.0, 5.0], &options).unwrap().x
    };
    let frozen = from("freeze(\"height\") | sgd(lr=0.1)");
    assert_eq!(frozen[height], 5.0);
    assert!((frozen[1 - height] - 1.0).abs() < 1e-3);
    let grouped = from("groups([\"h*\", sgd(lr=0.1)], [\"*\", frozen])");
    assert_eq!(grouped[1 - height], 5.0);
    assert!((grouped[height] + 2.0).abs() < 1e-3);
    // Single numbers stay one vector where no rule asks for names.
    let clipped = from("clip_by_block_rms(0.1) | sgd(lr=0.1)");
    let alike = from("clip_by_global_norm(0.1414213562373095, eps=0) | sgd(lr=0.1)");
    assert!(clipped.iter().zip(alike).all(|(a, b)| (a - b).abs() < 1e-9));

    let points = Points::from_rows(&[[5.0, 5.0], [-3.0, 4.0]]).unwrap();
    let method = "freeze(\"height\") | sgd(lr=0.1)";
    let ends = minimize_many(bowl.program(), &points, &options(method, 50)).unwrap();
    assert_eq!([0, 1].map(|i| ends.solution(i).x[height]), [5.0, [-3.0, 4.0][height]]);

    for (method, said) in [
        ("freeze(\"depth\") | sgd(lr=0.1)", "`depth` matches none of the parameters' names: "),
        ("groups([\"depth\", sgd(lr=0.1)], [\"*\", frozen])", "matches nothing: there are "),
    ] {
        let mut objective = Traced::<f64>::new(bowl.program()).unwrap();
        let error = minimize(&mut objective, &[5.0, 5.0], &options(method, 5)).unwrap_err().to_string();
        assert!(error.contains(&format!("{said}{}", names.join(", "))), "{error}");
    }
}

#[test]
fn arrays_are_the_parts_that_rules_treat_as_layers() {
    let shapes = [Shape::from([2, 3]), Shape::from([3])];
    let bowl = trace(shapes, |x| (x[0] * x[0]).sum(..) + ((x[1] - 1.0) * (x[1] - 1.0)).sum(..)).unwrap();
    let mut objective = Traced::<f64>::new(&bowl).unwrap();
    let shapes: Vec<_> = objective.parts().leaves().iter().map(|leaf| leaf.shape.clone()).collect();
    assert_eq!(shapes, [vec![2, 3], vec![3]]);
    let start = [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 11.0, 11.0, 11.0];
    let solution =
        minimize(&mut objective, &start, &options("lars(lr=1, trust_coefficient=0.1)", 1)).unwrap();
    // Each by a tenth of its length, against its gradient.
    assert!(solution.x[..6].iter().all(|x| (x - 1.8).abs() < 1e-9), "{:?}", solution.x);
    assert!(solution.x[6..].iter().all(|x| (x - 9.9).abs() < 1e-9), "{:?}", solution.x);
}

#[test]
fn a_fit_calls_its_parameters_by_the_names_of_the_prediction() {
    let line = Expression::parse_with("a*x + b", Some(&["a", "b", "x"]), &[]).unwrap();
    let x: Vec<f64> = (0..20).map(|i| f64::from(i) / 20.0).collect();
    let target: Vec<f64> = x.iter().map(|x| 3.0 * x - 1.0).collect();
    let problem = Fit { prediction: line.program(), columns: &[x], target: &target, start: &[0.5, 0.25] };
    let method = "freeze(\"b\") | sgd(lr=0.5)".parse().unwrap();
    let fitted = fit(&problem, &FitOptions { method, steps: 20, ..FitOptions::default() }).unwrap();
    assert_eq!(fitted.parameters[1], 0.25);
    assert!(fitted.parameters[0] != 0.5);
    let method = "freeze(\"x\") | sgd(lr=0.5)".parse().unwrap();
    let error = fit(&problem, &FitOptions { method, ..FitOptions::default() }).unwrap_err().to_string();
    assert!(error.contains("names: a, b"), "{error}");
}
