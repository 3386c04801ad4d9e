//! Nearest points of sets: closed forms, and what holds for every nearest point of a convex set.

use proptest::prelude::*;
use thalweg_function::trace;
use thalweg_solve::{Constraint, Method, Options, Points, Status, Traced, minimize, minimize_many};

use crate::functions::options;

fn set(text: &str) -> Constraint {
    Constraint::parse(text, &[]).unwrap()
}

/// The nearest point, as a run sees it: starts are projected before the first step.
fn nearest(text: &str, start: &[f64]) -> Vec<f64> {
    let flat = trace(start.len(), |x| 0.0 * x[0]).unwrap();
    let options = Options { constraints: vec![set(text)], history: true, ..options("sgd(lr=0)", 1) };
    let solution = minimize(&mut Traced::<f64>::new(&flat).unwrap(), start, &options).unwrap();
    solution.history.unwrap().point(0).to_vec()
}

fn close(a: &[f64], b: &[f64], within: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= within)
}

#[test]
fn nearest_points_are_those_of_the_closed_forms() {
    for (text, x, exact) in [
        ("nonnegative", vec![-1.0, 2.0], vec![0.0, 2.0]),
        ("ball(radius=2)", vec![3.0, 4.0], vec![1.2, 1.6]),
        ("ball(radius=2)", vec![1.0, 1.0], vec![1.0, 1.0]),
        ("ball(radius=1, centre=[3, 0])", vec![5.0, 0.0], vec![4.0, 0.0]),
        ("ball(radius=1, norm=inf)", vec![3.0, -0.5], vec![1.0, -0.5]),
        // |x| = (3, 1): τ = 1 takes both to a sum of 2.
        ("ball(radius=2, norm=1)", vec![3.0, -1.0], vec![2.0, 0.0]),
        ("ball(radius=2, norm=1)", vec![2.0, -2.0], vec![1.0, -1.0]),
        // (1.2, 0.4, −3): τ = 0.3.
        ("simplex", vec![1.2, 0.4, -3.0], vec![0.9, 0.1, 0.0]),
        ("simplex(sum=3)", vec![0.0, 0.0, 0.0], vec![1.0, 1.0, 1.0]),
        ("halfspace([1, 1], 2)", vec![2.0, 2.0], vec![1.0, 1.0]),
        ("halfspace([1, 1], 2)", vec![-2.0, 2.0], vec![-2.0, 2.0]),
        ("hyperplane([3, 4], 25)", vec![0.0, 0.0], vec![3.0, 4.0]),
        ("affine([[1, 1, 1], [1, 0, -1]], [3, 2])", vec![0.0, 0.0, 0.0], vec![2.0, 1.0, 0.0]),
        // The second equation is twice the first.
        ("affine([[1, 1], [2, 2]], [2, 4])", vec![0.0, 0.0], vec![1.0, 1.0]),
        ("isotonic", vec![1.0, 3.0, 2.0, 2.0, 5.0], vec![1.0, 7.0 / 3.0, 7.0 / 3.0, 7.0 / 3.0, 5.0]),
        ("isotonic", vec![3.0, 2.0, 1.0], vec![2.0, 2.0, 2.0]),
        // The corner where both edges meet; projecting once onto each would end elsewhere.
        ("intersection(halfspace([1, 0], 1), halfspace([1, 1], 1))", vec![3.0, 1.0], vec![1.0, 0.0]),
        ("intersection(box(0, 0.6), hyperplane([1, 1, 1], 1))", vec![1.0, 0.0, 0.0], vec![0.6, 0.2, 0.2]),
    ] {
        let found = nearest(text, &x);
        assert!(close(&found, &exact, 1e-10), "{text} of {x:?}: {found:?}");
    }
}

/// Sets of four variables.
const SETS: [&str; 11] = [
    "box(-1, 0.5)",
    "nonnegative",
    "ball(radius=1.5)",
    "ball(radius=1.5, norm=1)",
    "ball(radius=0.5, norm=inf, centre=[1, 2, 0, -1])",
    "simplex(sum=2)",
    "halfspace([1, -2, 0.5, 1], 0.3)",
    "hyperplane([1, -2, 0.5, 1], 0.3)",
    "affine([[1, 1, 1, 1], [1, 0, -2, 0]], [1, 0.5])",
    "isotonic",
    "intersection(box(-1, 1), halfspace([1, 1, 1, 1], 0.5), isotonic)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_nearest_point_is_its_own_and_as_near_as_any_other(
        x in prop::collection::vec(-5.0..5.0_f64, 4),
        y in prop::collection::vec(-5.0..5.0_f64, 4),
    ) {
        for text in SETS {
            let (near, other) = (nearest(text, &x), nearest(text, &y));
            prop_assert!(close(&nearest(text, &near), &near, 1e-9), "{text}: {near:?}");
            // No farther apart than before.
            let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            prop_assert!(distance(&near, &other) <= distance(&x, &y) + 1e-9, "{text}");
            // (x − P(x))ᵀ(z − P(x)) ≤ 0 for every z of the set: only the nearest point has this.
            let obtuse: f64 = (0..4).map(|i| (x[i] - near[i]) * (other[i] - near[i])).sum();
            prop_assert!(obtuse <= 1e-8, "{text}: {obtuse}");
        }
    }

    #[test]
    fn shares_and_ordered_numbers_keep_what_defines_them(x in prop::collection::vec(-1e3..1e3_f64, 1..60)) {
        let shares = nearest("simplex(sum=7)", &x);
        prop_assert!((shares.iter().sum::<f64>() - 7.0).abs() < 1e-9 && shares.iter().all(|s| *s >= 0.0));
        let ordered = nearest("isotonic", &x);
        prop_assert!(ordered.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!((ordered.iter().sum::<f64>() - x.iter().sum::<f64>()).abs() < 1e-9);
    }
}

#[test]
fn a_rule_stays_in_the_set_in_many_lanes_as_alone() {
    let bowl = trace(3, |x| (x[0] - 2.0).pow(2.0) + (x[1] - 1.0).pow(2.0) + x[2].pow(2.0)).unwrap();
    let rows: Vec<[f64; 3]> =
        (0..70).map(|i| [f64::from(i) * 0.1, 3.0 - f64::from(i) * 0.05, f64::from(i % 7)]).collect();
    for text in ["simplex", "ball(norm=1)", "isotonic", "intersection(nonnegative, hyperplane([1, 1, 1], 1))"]
    {
        let options = Options { constraints: vec![set(text)], ..options("sgd(lr=0.1, momentum=0.5)", 200) };
        let all = minimize_many(&bowl, &Points::from_rows(&rows).unwrap(), &options).unwrap();
        for (i, start) in rows.iter().enumerate() {
            let alone = minimize(&mut Traced::<f64>::new(&bowl).unwrap(), start, &options).unwrap();
            assert_eq!(all.x(i), alone.x, "{text}, start {i}");
        }
        if text != "isotonic" {
            assert!(close(all.x(0), &[1.0, 0.0, 0.0], 1e-9), "{text}: {:?}", all.x(0));
        }
    }
}

#[test]
fn the_optimum_in_a_set_is_known_to_be_one() {
    // Isotonic regression: the nearest ordered numbers, by descent.
    let data = [1.0, 3.0, 2.0, 4.0, 3.5];
    let fit = trace(5, |x| {
        data.iter().enumerate().map(|(i, y)| (x[i] - *y).pow(2.0)).sum::<thalweg_function::Var>()
    });
    let fit = fit.unwrap();
    for method in ["sgd(lr=0.3)", "spg", "projected_gradient", "fista", "proximal_gradient"] {
        let options = Options {
            constraints: vec![Constraint::Isotonic],
            grad_tol: Some(1e-10),
            ..options(method, 1000)
        };
        let solution = minimize(&mut Traced::<f64>::new(&fit).unwrap(), &[0.0; 5], &options).unwrap();
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        assert!(close(&solution.x, &[1.0, 2.5, 2.5, 3.75, 3.75], 1e-9), "{method}: {:?}", solution.x);
    }
}

#[test]
fn sets_print_as_they_are_read() {
    for text in SETS {
        let set = set(text);
        assert_eq!(Constraint::parse(&set.to_string(), &[]).unwrap(), set, "{text}");
    }
    for entry in Constraint::entries() {
        assert!(entry.signature.starts_with(entry.name));
    }
}

#[test]
fn sets_that_cannot_be_are_refused_with_the_reason() {
    let read = |text: &str| Constraint::parse(text, &[]).unwrap_err().to_string();
    assert!(read("ball(norm=3)").contains("must be 1, 2 or inf"));
    assert!(read("ball(radius=-1)").contains("positive and finite"));
    assert!(read("halfspace").contains("normal is missing"));
    assert!(read("hyperplane([0, 0], 1)").contains("not zero"));
    assert!(read("affine([[1, 0]], [1, 2])").contains("2 numbers for 1 equations"));
    assert!(read("intersection(sphere, nonnegative)").contains("must be convex, sphere is not"));
    assert!(read("intersection(simplx)").contains("did you mean `simplex`?"));
    assert!(read("intersection").contains("are missing"));
    let bowl = trace(2, |x| x[0].pow(2.0) + x[1].pow(2.0)).unwrap();
    let run = |text: &str, method: &str| {
        let method: Method = method.parse().unwrap();
        let options = Options { method, constraints: vec![set(text)], ..Options::default() };
        minimize(&mut Traced::<f64>::new(&bowl).unwrap(), &[0.0, 0.0], &options).unwrap_err().to_string()
    };
    assert!(run("halfspace([1, 1, 1], 0)", "spg").contains("found 3 coordinates, the function has 2"));
    assert!(run("affine([[1, 1], [1, 1]], [0, 1])", "spg").contains("equations that some point solves"));
    assert!(run("simplex", "lbfgsb").contains("lbfgsb does not take a set other than a box; use spg"));
    assert!(run("sphere", "spg").contains("not convex: use projected_gradient"));
    assert!(run("simplex", "bfgs").contains("use spg, projected_gradient or fista"));
}

#[test]
fn bounds_and_sets_given_together_are_their_intersection() {
    let bowl = trace(2, |x| (x[0] - 2.0).pow(2.0) + (x[1] - 0.5).pow(2.0)).unwrap();
    let run = |options: Options| minimize(&mut Traced::<f64>::new(&bowl).unwrap(), &[0.2, 0.1], &options);
    let line = || set("hyperplane([1, 1], 1)");
    for method in ["spg", "projected_gradient", "fista", "sgd(lr=0.1)", "auto"] {
        let options = |bounds: Option<&str>, constraints: Vec<Constraint>| Options {
            bounds: bounds.map(|text| text.parse().unwrap()),
            constraints,
            history: true,
            ..options(method, 2000)
        };
        // On x + y = 1 the nearest point to (2, 1/2) is (5/4, −1/4), with 0 ≤ x ≤ 7/10 it is (7/10, 3/10).
        let together = run(options(Some("0..0.7"), vec![line()])).unwrap();
        assert!(close(&together.x, &[0.7, 0.3], 1e-9), "{method}: {:?}", together.x);
        let written =
            run(options(None, vec![set("intersection(hyperplane([1, 1], 1), box(0, 0.7))")])).unwrap();
        assert_eq!(together.history, written.history, "{method}");
        // The box is kept exactly.
        assert!(together.history.unwrap().points().all(|x| x.iter().all(|x| (0.0..=0.7).contains(x))));
        let three = run(options(Some("-1..0.7"), vec![set("nonnegative"), line()])).unwrap();
        assert!(close(&three.x, &[0.7, 0.3], 1e-9), "{method}: {:?}", three.x);
    }
    // Boxes make a box, for methods that take nothing else.
    let boxes = Options {
        bounds: Some("-1..1, 0.6..3".parse().unwrap()),
        constraints: vec![set("nonnegative"), set("box(high=0.8)")],
        ..options("lbfgsb", 100)
    };
    assert_eq!(run(boxes.clone()).unwrap().x, [0.8, 0.6]);
    let apart = Options { constraints: vec![set("box(low=2)")], ..boxes.clone() };
    let error = run(apart).unwrap_err().to_string();
    assert_eq!(
        error,
        "bounds of variable 1: 2..1 is what two boxes leave of it: they have no point in common"
    );
    let sphere = Options { bounds: None, constraints: vec![set("simplex"), set("sphere")], ..boxes };
    for method in ["projected_gradient", "sgd(lr=0.1)", "auto"] {
        let error =
            run(Options { method: method.parse().unwrap(), ..sphere.clone() }).unwrap_err().to_string();
        assert_eq!(error, "simplex and sphere cannot be kept together; choose one of them");
    }
}
