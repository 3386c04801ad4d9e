//! Many starts are the same runs as one start after the other, bit for bit.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use thalweg_function::{Program, trace};
use thalweg_solve::{
    Bounds, Constraint, Options, Points, Scalar, Solution, Status, Traced, minimize, minimize_many,
    minimize_many_observed, random_starts,
};

use crate::functions::{options, rosenbrock, wells};

fn starts<F: Scalar>(count: usize) -> Points<F> {
    random_starts(&Bounds::all(-2.0, 2.0).unwrap(), 2, count, 1).unwrap()
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|v| v.to_bits()).collect()
}

/// Everything of a solution that does not depend on the clock.
fn facts(s: &Solution<f64>) -> impl PartialEq + std::fmt::Debug + use<> {
    let history = s.history.as_ref().map(|h| (bits(&h.x), bits(&h.value), bits(&h.gradient_norm)));
    let numbers = bits(&[s.value, s.gradient_norm, s.best_value, s.multiplier.unwrap_or(0.0)]);
    (bits(&s.x), numbers, s.status, s.steps, s.evaluations, bits(&s.best_x), history)
}

fn cases() -> Vec<(Program, Options)> {
    let variables = ["x1".to_owned(), "x2".to_owned()];
    let constraint = |text| vec![Constraint::parse(text, &variables).unwrap()];
    let tracked = |method: &str| Options { track_best: Some(true), ..options(method, 60) };
    vec![
        (wells(), tracked("sgd(lr=0.1, momentum=0.9)")),
        (wells(), Options { grad_tol: Some(1e-3), ..tracked("adam(lr=0.1)") }),
        (wells(), Options { value_tol: Some(1e-5), step_tol: Some(1e-4), ..tracked("rmsprop(lr=0.01)") }),
        (wells(), Options { noise: 0.2, seed: 5, ..tracked("sgd(lr=0.1)") }),
        (wells(), tracked("nesterov(lr=0.1, momentum=0.9, lookahead=true)")),
        (wells(), tracked("clip_by_global_norm(0.1) | adam(lr=0.1)")),
        (wells(), tracked("newton(lr=0.01, damping=1e-12)")),
        (wells(), tracked("newton(absolute=true)")),
        (wells(), tracked("curvature_scaled(by=sum)")),
        (wells(), tracked("curvature_scaled(estimate=power, iterations=5)")),
        (wells(), Options { constraints: constraint("sphere"), ..tracked("sgd(lr=0.1)") }),
        (wells(), Options { bounds: Some("-1..1".parse().unwrap()), ..tracked("adam(lr=0.1)") }),
        (
            wells(),
            Options {
                constraints: constraint("multiplier(\"x1^2+x2^2-1\", init=0.5)"),
                ..tracked("sgd(lr=0.1)")
            },
        ),
        // Some starts diverge, at different steps.
        (rosenbrock(), tracked("sgd(lr=0.002)")),
    ]
}

#[test]
fn a_start_alone_has_the_bits_it_has_among_others() {
    for (program, options) in cases() {
        // Not a multiple of any register or chunk.
        let starts = starts::<f64>(203);
        let ends = minimize_many(&program, &starts, &options).unwrap();
        let mut objective = Traced::new(&program).unwrap();
        for i in [0, 1, 7, 63, 64, 100, 127, 128, 191, 200, 201, 202] {
            let alone = minimize(
                &mut objective,
                starts.point(i),
                &Options { first_start: i as u64, ..options.clone() },
            )
            .unwrap();
            assert_eq!(facts(&ends.solution(i)), facts(&alone), "{} start {i}", options.method);
        }
    }
}

#[test]
fn starts_that_diverge_do_not_disturb_the_others() {
    let starts = starts::<f64>(300);
    let ends = minimize_many(&rosenbrock(), &starts, &options("sgd(lr=0.002)", 60)).unwrap();
    let diverged = ends.statuses().iter().filter(|&&status| status == Status::Diverged).count();
    assert!(diverged > 10 && diverged < 290, "{diverged}");
    for solution in ends.iter().filter(|s| s.status == Status::Diverged) {
        assert!(solution.value.is_finite() && solution.x.iter().all(|x| x.is_finite()));
        let history = solution.history.unwrap();
        // Without tracking, a diverged start ends at its last finite point.
        assert_eq!(solution.x, history.point(solution.steps - 1));
        assert_eq!(history.len(), solution.steps + 1);
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let options = Options { noise: 0.1, grad_tol: Some(1e-2), ..options("adam(lr=0.05)", 100) };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let ends = pool.install(|| minimize_many(&wells(), &starts::<f64>(1500), &options).unwrap());
        ends.iter().map(|s| facts(&s)).collect::<Vec<_>>()
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(3));
}

#[test]
fn a_sweep_split_in_two_has_the_bits_of_the_whole() {
    let whole = starts::<f64>(100);
    let options = Options { noise: 0.3, ..options("sgd(lr=0.1)", 20) };
    let all = minimize_many(&wells(), &whole, &options).unwrap();
    let second = Points::from_flat(2, whole.as_flat()[2 * 40..].to_vec()).unwrap();
    let part = minimize_many(&wells(), &second, &Options { first_start: 40, ..options }).unwrap();
    for i in 0..60 {
        assert_eq!(bits(part.x(i)), bits(all.x(40 + i)));
    }
}

#[test]
fn single_precision_stays_close_to_double() {
    // The wells' curvature is above −4 everywhere: with this damping no matrix is near a singular one.
    for method in ["sgd(lr=0.05, momentum=0.5)", "adam(lr=0.05)", "newton(lr=0.1, damping=8)"] {
        let options = Options { method: method.parse().unwrap(), steps: 50, ..Options::default() };
        let double = starts::<f64>(100);
        let single: Vec<f32> = double.as_flat().iter().map(|&v| v as f32).collect();
        let wide = minimize_many(&wells(), &double, &options).unwrap();
        let narrow = minimize_many(&wells(), &Points::from_flat(2, single).unwrap(), &options).unwrap();
        for i in 0..100 {
            for (a, b) in wide.x(i).iter().zip(narrow.x(i)) {
                assert!((a - f64::from(*b)).abs() < 2e-3 * (1.0 + a.abs()), "{method}: {a} {b}");
            }
        }
    }
}

#[test]
fn the_best_run_is_the_lowest() {
    let double_well = trace(1, |x| (x[0].pow(2.0) - 1.0).pow(2.0) + 0.1 * x[0]).unwrap();
    let starts = Points::from_rows(&[[0.9], [-0.9], [1.1]]).unwrap();
    let ends = minimize_many(&double_well, &starts, &options("sgd(lr=0.05)", 200)).unwrap();
    assert_eq!(ends.best(), Some(1));
    assert_eq!(ends.len(), 3);
    assert_eq!(ends.steps(), [200; 3]);
}

#[test]
fn progress_adds_up_to_starts_times_steps_and_can_end_the_runs() {
    let made = AtomicU64::new(0);
    let count = |steps| {
        made.fetch_add(steps, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let options = Options { grad_tol: Some(0.05), ..options("adam(lr=0.1)", 150) };
    minimize_many_observed(&wells(), &starts::<f64>(1100), &options, &count).unwrap();
    assert_eq!(made.load(Ordering::Relaxed), 1100 * 150);

    let stop = |_| ControlFlow::Break(());
    let ends = minimize_many_observed(
        &wells(),
        &starts::<f64>(1100),
        &crate::functions::options("adam", 1000),
        &stop,
    )
    .unwrap();
    assert!(ends.statuses().iter().all(|&status| status == Status::Interrupted));
    assert!(ends.steps().iter().all(|&steps| steps <= 64));
}

#[test]
fn random_starts_fill_their_box_evenly_and_depend_on_seed_and_number_only() {
    let bounds: Bounds = "-1..3, 10..11, 0..0".parse().unwrap();
    let points = random_starts::<f64>(&bounds, 3, 30_000, 9).unwrap();
    for (j, (low, high)) in [(-1.0, 3.0), (10.0, 11.0), (0.0, 0.0)].into_iter().enumerate() {
        let column: Vec<f64> = points.iter().map(|p| p[j]).collect();
        assert!(column.iter().all(|v| (low..=high).contains(v)));
        let mean = column.iter().sum::<f64>() / 30_000.0;
        // Five standard errors of the mean of a uniform distribution.
        assert!((mean - f64::midpoint(low, high)).abs() <= 5.0 * (high - low) / (12.0 * 30_000.0_f64).sqrt());
    }
    let more = random_starts::<f64>(&bounds, 3, 30_001, 9).unwrap();
    assert_eq!(points.as_flat(), &more.as_flat()[..90_000]);
    assert_ne!(points, random_starts::<f64>(&bounds, 3, 30_000, 10).unwrap());
}
