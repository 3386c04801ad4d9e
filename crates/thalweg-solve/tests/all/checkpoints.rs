//! Runs that were saved go on as if they had never stopped.

use std::ops::ControlFlow;

use proptest::prelude::*;
use thalweg_function::{Program, Shape, trace};
use thalweg_solve::{
    Checkpoint, Constraint, Descent, Handwritten, Method, Objective, Options, Run, Scalar, Solution,
    SolveError, Status, Traced, minimize, minimize_many, minimize_observed, random_starts,
};

use crate::functions::{rosenbrock, wells};

/// Wood's function of a matrix, so that rules for matrices have something to do.
fn wood() -> Program {
    trace([Shape::from([2, 2])], |x| {
        let before = |end: usize| x[0].reshape(Shape::from([4])).slice(0, end - 1..end).sum(..);
        let (a, b, c, d) = (before(1), before(2), before(3), before(4));
        100.0 * (b - a * a).pow(2.0)
            + (1.0 - a).pow(2.0)
            + 90.0 * (d - c * c).pow(2.0)
            + (1.0 - c).pow(2.0)
            + 10.0 * (b + d - 2.0).pow(2.0)
            + 0.1 * (b - d).pow(2.0)
    })
    .unwrap()
}

const START: [f64; 4] = [-1.1, 1.3, -0.7, 0.4];

fn bits<F: Scalar>(numbers: &[F]) -> Vec<u64> {
    numbers.iter().map(|&v| thalweg_rule::Real::to_f64(v).to_bits()).collect()
}

/// Everything of a solution that does not depend on the clock.
fn facts<F: Scalar>(s: &Solution<F>) -> impl PartialEq + std::fmt::Debug + use<F> {
    let history = s.history.as_ref().map(|h| (bits(&h.x), bits(&h.value), bits(&h.gradient_norm)));
    let multiplier = s.multiplier.map(|m| bits(&[m]));
    let numbers = bits(&[s.value, s.gradient_norm, s.best_value]);
    (bits(&s.x), numbers, multiplier, s.status, s.steps, s.evaluations, bits(&s.best_x), history)
}

/// `before` steps, a stop, and the rest: with a new objective and a new run.
fn interrupted<F: Scalar, O: Objective<F>>(
    make: impl Fn() -> O,
    start: &[F],
    options: &Options,
    before: usize,
) -> Result<Solution<F>, SolveError> {
    let mut objective = make();
    let mut run = Run::new(&mut objective, start, options)?;
    for _ in 0..before {
        run.step()?;
    }
    let bytes = run.save()?;
    drop(run);
    let mut objective = make();
    let mut run = Run::restore(&mut objective, options, &bytes)?;
    while run.step()?.is_none() {}
    run.finish()
}

/// `false` if a run with these options cannot be made at all.
fn check<F: Scalar>(program: &Program, start: &[F], options: &Options, name: &str) -> bool {
    let make = || Traced::<F>::new(program).unwrap();
    let Ok(whole) = minimize(&mut make(), start, options) else { return false };
    for before in [0, 1, 7, 13] {
        let parts =
            interrupted(make, start, options, before).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(facts(&parts), facts(&whole), "{name} after {before} steps");
    }
    true
}

#[test]
fn every_method_goes_on_from_a_checkpoint_with_the_bits_of_a_run_that_never_stopped() {
    let mut tried = 0;
    for entry in Method::entries() {
        let method: Method = match entry.name.parse() {
            Ok(method) => method,
            // Names that need something in their parentheses.
            Err(_) => match entry.signature.parse() {
                Ok(method) => method,
                Err(_) => continue,
            },
        };
        let options = Options { method, steps: 20, history: true, ..Options::default() };
        // Wrappers want a chain behind them; the next test has some.
        tried += usize::from(check::<f64>(&wood(), &START, &options, entry.name));
    }
    assert!(tried > 90, "{tried}");
}

#[test]
fn all_searches_regions_and_chains_go_on_in_both_precisions() {
    for method in [
        "lbfgs(memory=3)",
        "lbfgs(search=hager_zhang)",
        "bfgs(search=backtracking, poor=damp)",
        "cg",
        "cg(beta=hager_zhang)",
        "barzilai_borwein(search=nonmonotone(memory=3))",
        "barzilai_borwein(search=nonmonotone(reference=average), length=long)",
        "steepest(search=more_thuente)",
        "sr1(subproblem=exact)",
        "sr1(subproblem=steihaug)",
        "trust_newton(subproblem=steihaug)",
        "trust_newton(subproblem=dogleg)",
        "trust_newton(subproblem=steihaug, preconditioner=full(every=3))",
        "trust_newton(subproblem=steihaug, preconditioner=limited_memory(3))",
        "trust_newton(subproblem=steihaug, preconditioner=hutchinson(samples=2, every=3))",
        "newton_cg",
        "newton_cg(preconditioner=full(every=3))",
        "newton_cg(preconditioner=limited_memory(3))",
        "lbfgs(memory=3, preconditioner=diagonal(every=4))",
        "lbfgs(preconditioner=hutchinson(samples=2, every=3))",
        "barzilai_borwein(preconditioner=full(every=5))",
        "cg(preconditioner=limited_memory(4))",
        "cg(preconditioner=hutchinson(3, every=4))",
        "curvature_scaled(estimate=power, by=condition, iterations=4)",
        "curvature_scaled(estimate=power, by=sum, lr=0.01, iterations=4)",
        "clip_by_global_norm(1.0) | adam(lr=cosine(init=0.1, steps=30))",
        "sgd(lr=0.001, momentum=0.9, nesterov=true)",
        "sam(rho=0.05) | sgd(lr=0.001)",
        "accumulate(3) | adam(lr=0.1)",
        "lookahead(k=4) | adam(lr=0.1)",
        "schedule_free_adamw(lr=0.1)",
        "sophia(lr=0.01)",
        "ada_hessian(lr=0.1)",
        "noisy_sgd(lr=0.001)",
        "parameter_ema(decay=0.9) | adam(lr=0.1)",
    ] {
        let options =
            Options { method: method.parse().unwrap(), steps: 20, history: true, ..Options::default() };
        assert!(check::<f64>(&wood(), &START, &options, method), "{method}");
        assert!(check::<f32>(&wood(), &START.map(|x| x as f32), &options, method), "{method}");
    }
}

#[test]
fn noise_bounds_and_multipliers_go_on() {
    let variables = ["x1", "x2"].map(str::to_owned);
    let constraint = |text| vec![Constraint::parse(text, &variables).unwrap()];
    let blank = || Options { method: "adam(lr=0.1)".parse().unwrap(), steps: 20, ..Options::default() };
    for (name, options) in [
        ("noise", Options { noise: 0.3, seed: 9, first_start: 5, ..blank() }),
        ("bounds", Options { bounds: Some("-1..0.5".parse().unwrap()), ..blank() }),
        ("sphere", Options { constraints: constraint("sphere"), ..blank() }),
        (
            "multiplier",
            Options { constraints: constraint("multiplier(\"x1^2+x2^2-1\", init=0.5)"), ..blank() },
        ),
        ("tolerance", Options { grad_rtol: Some(0.3), ..blank() }),
        ("no best", Options { track_best: Some(false), ..blank() }),
        ("evaluations", Options { max_evaluations: Some(15), ..blank() }),
        ("diverging", Options { method: "sgd(lr=0.01)".parse().unwrap(), ..blank() }),
    ] {
        let program = if name == "diverging" { rosenbrock() } else { wells() };
        assert!(check::<f64>(&program, &[-1.2, 1.0], &options, name), "{name}");
    }
}

#[test]
fn a_hand_written_objective_goes_on_too() {
    let make = || {
        Handwritten::new(2, |x: &[f64], g: &mut [f64]| {
            let t = x[1] - x[0] * x[0];
            (g[0], g[1]) = (2.0 * (x[0] - 1.0) - 400.0 * x[0] * t, 200.0 * t);
            (1.0 - x[0]).powi(2) + 100.0 * t * t
        })
    };
    for method in ["bfgs", "adam(lr=0.1)"] {
        let options = Options { method: method.parse().unwrap(), steps: 15, ..Options::default() };
        let whole = minimize(&mut make(), &[-1.2, 1.0], &options).unwrap();
        let parts = interrupted(make, &[-1.2, 1.0], &options, 8).unwrap();
        assert_eq!(facts(&parts), facts(&whole));
    }
}

/// The bytes of a run of a few steps.
fn saved(method: &str) -> (Options, Vec<u8>) {
    let options = Options { method: method.parse().unwrap(), steps: 20, ..Options::default() };
    let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
    let mut run = Run::new(&mut objective, &[-1.2, 1.0], &options).unwrap();
    for _ in 0..5 {
        run.step().unwrap();
    }
    (options, run.save().unwrap())
}

fn restored(options: &Options, program: &Program, bytes: &[u8]) -> Result<Vec<f64>, String> {
    let mut objective = Traced::<f64>::new(program).unwrap();
    let run = Run::restore(&mut objective, options, bytes).map_err(|error| error.to_string())?;
    Ok(run.state().x.to_vec())
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_what_it_is_and_what_would_be_right() {
    let (options, bytes) = saved("lbfgs(memory=4)");
    let program = rosenbrock();
    assert!(restored(&options, &program, &bytes).is_ok());
    let refuses = |options: &Options, program: &Program, says: &[&str]| {
        let error = restored(options, program, &bytes).unwrap_err();
        for says in says {
            assert!(error.contains(says), "{error}");
        }
    };
    let other = Options { method: "lbfgs(memory=5)".parse().unwrap(), ..options.clone() };
    refuses(&other, &program, &["method", "memory=4", "memory=5", "give this run the same method"]);
    refuses(&options, &wells(), &["another function", "24.19"]);
    refuses(&options, &wood(), &["number of variables is 2", "here it is 4"]);
    refuses(&Options { seed: 3, ..options.clone() }, &program, &["seed is 0"]);
    refuses(&Options { history: true, ..options.clone() }, &program, &["lacks `history`"]);
    refuses(&Options { track_best: Some(false), ..options.clone() }, &program, &["`best_is_here`"]);
    let mut narrow = Traced::<f32>::new(&program).unwrap();
    let error = Run::restore(&mut narrow, &options, &bytes).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("F64") || error.contains("number type is f64, but here it is f32"), "{error}");
}

#[test]
fn bytes_that_are_no_checkpoint_are_refused_in_words() {
    let (options, bytes) = saved("bfgs");
    let program = rosenbrock();
    for (bytes, says) in [
        (&b""[..], "cut off, or not in safetensors format"),
        (&b"not a checkpoint at all"[..], "cut off, or not in safetensors format"),
        (&bytes[..bytes.len() - 1], "cut off"),
        (&bytes[..bytes.len() / 2], "cut off"),
    ] {
        let error = restored(&options, &program, bytes).unwrap_err();
        assert!(error.starts_with("the checkpoint is") && error.contains(says), "{error}");
    }
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    let error = restored(&options, &program, &changed).unwrap_err();
    assert!(error.contains("has been changed since it was written"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_bytes_are_refused_or_harmless_and_never_a_panic(
        method in prop::sample::select(vec!["adam(lr=0.1)", "lbfgs(memory=3)", "sr1", "noisy_sgd(lr=0.001)"]),
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 0..4),
        whole in any::<bool>(),
    ) {
        let (options, mut bytes) = saved(method);
        let program = rosenbrock();
        let x = restored(&options, &program, &bytes).unwrap();
        for (place, change) in &flips {
            let at = place.index(bytes.len());
            bytes[at] ^= change;
        }
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        // A changed blank in the padding of the header changes nothing.
        if let Ok(other) = restored(&options, &program, &bytes) {
            prop_assert_eq!(bits(&other), bits(&x));
        }
    }
}

#[test]
fn minimize_writes_its_checkpoint_now_and_then_and_at_its_end_and_another_run_goes_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let checkpoint = Some(Checkpoint { path: path.clone(), every: 4 });
    let method: Method = "adam(lr=0.1)".parse().unwrap();
    let long = Options { method: method.clone(), steps: 30, ..Options::default() };
    let whole = minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &long).unwrap();

    // Interrupted after ten steps; the file is of the end.
    let options = Options { checkpoint: checkpoint.clone(), ..long.clone() };
    let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
    let mut seen = Vec::new();
    let stopped =
        minimize_observed(&mut objective, &[-1.2, 1.0], &options, &mut |state: &thalweg_solve::State<
            '_,
            f64,
        >| {
            seen.push(path.exists());
            if state.step == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!((stopped.status, stopped.steps), (Status::Interrupted, 10));
    assert_eq!(seen.iter().position(|there| *there), Some(5));
    let run = Run::restore_from(&mut objective, &long, &path).unwrap();
    assert_eq!(run.state().step, 10);
    let go_on = &mut |_: &thalweg_solve::State<'_, f64>| ControlFlow::Continue(());
    assert_eq!(facts(&run.watched(&long, go_on).unwrap()), facts(&whole));

    // All steps made; more steps go on from there.
    let short = Options { steps: 12, checkpoint, ..long.clone() };
    assert_eq!(minimize(&mut objective, &[-1.2, 1.0], &short).unwrap().status, Status::MaxSteps);
    let run = Run::restore_from(&mut objective, &long, &path).unwrap();
    assert_eq!(facts(&run.watched(&long, go_on).unwrap()), facts(&whole));
    // What is left is one file, under its own name.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let missing = Run::restore_from(&mut objective, &long, &folder.path().join("none")).map(|_| ());
    assert!(matches!(missing.unwrap_err(), SolveError::File { .. }));
    let nowhere = Options {
        checkpoint: Some(Checkpoint { path: folder.path().join("no/no"), every: 1 }),
        ..long.clone()
    };
    let error = minimize(&mut objective, &[-1.2, 1.0], &nowhere).unwrap_err();
    assert!(matches!(error, SolveError::File { .. }), "{error}");
    let never = Options { checkpoint: Some(Checkpoint { path, every: 0 }), ..long };
    assert!(minimize(&mut objective, &[-1.2, 1.0], &never).unwrap_err().to_string().contains("at least 1"));
}

#[test]
fn a_run_that_has_converged_stays_at_its_end() {
    let options = Options { method: "bfgs".parse().unwrap(), ..Options::default() };
    let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
    let mut run = Run::new(&mut objective, &[-1.2, 1.0], &options).unwrap();
    while run.step().unwrap().is_none() {}
    let (bytes, status) = (run.save().unwrap(), run.status());
    let whole = run.finish().unwrap();
    let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
    let mut again = Run::restore(&mut objective, &options, &bytes).unwrap();
    assert_eq!(again.step().unwrap(), status);
    assert_eq!(facts(&again.finish().unwrap()), facts(&whole));
}

#[test]
fn many_starts_have_no_checkpoint_and_say_so() {
    let starts = random_starts::<f64>(&"-2..2".parse().unwrap(), 2, 3, 0).unwrap();
    let checkpoint = Some(Checkpoint { path: "run".into(), every: 1 });
    let error = minimize_many(&rosenbrock(), &starts, &Options { checkpoint, ..Options::default() });
    assert!(error.unwrap_err().to_string().contains("checkpoint"));
    // Descents are what needs the most memory of all; none is left out.
    assert!(matches!("sr1".parse().unwrap(), Method::Descent(Descent::Sr1(_))));
}

#[test]
fn a_run_ends_when_its_evaluations_are_spent() {
    for method in
        ["adam(lr=0.01)", "clip_by_value(100) | sgd(lr=0.0001)", "newton(lr=0.01)", "lbfgs", "trust_newton"]
    {
        for history in [false, true] {
            let options = Options {
                method: method.parse().unwrap(),
                max_evaluations: Some(9),
                history,
                ..Options::default()
            };
            let end =
                minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &options).unwrap();
            assert_eq!(
                (end.status, end.status.as_str()),
                (Status::MaxEvaluations, "max_evaluations"),
                "{method}"
            );
            let most = if matches!(options.method, Method::Descent(_)) { 9 + 20 } else { 9 };
            assert!((9..=most).contains(&end.evaluations.gradient), "{method}: {:?}", end.evaluations);
        }
    }
    let none = Options { max_evaluations: Some(0), ..Options::default() };
    assert!(minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &none).is_err());
}
