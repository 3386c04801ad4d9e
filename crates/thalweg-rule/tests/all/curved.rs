//! Rules that ask for Hessian-vector products.

use thalweg_rule::{Evaluation, Needs, Optimizer, Real, Rule, RuleError, Snapshot};

use crate::functions::{descend, quartic, rule, scattered};

const CURVED: &[&str] = &[
    "sophia(lr=0.1, update_interval=2)",
    "sophia(lr=0.1, gamma=2, lagged=true, bias_correction=true, seed=7)",
    "ada_hessian(lr=0.1)",
    "ada_hessian(lr=0.1, hessian_power=0.7, update_interval=3)",
    "clip_by_global_norm(0.5) | sophia(lr=0.1) | add_decayed_weights(0.01)",
    "sam(rho=0.1) | ada_hessian(lr=0.1)",
    "accumulate(2) | sophia(lr=0.1)",
    "groups([\"*\", ada_hessian(lr=0.1)])",
];

/// A step with gradients and products that depend on the step, the products on the direction too.
fn step<F: Real>(rule: &mut dyn Rule<F>, x: &mut [F], g: &[f64], h: &[f64]) {
    let mut direction = vec![F::of(0.0); x.len()];
    let narrow = |numbers: &[f64]| -> Vec<F> { numbers.iter().map(|&number| F::of(number)).collect() };
    let product = rule.probe(&mut direction).then(|| {
        let (h, ring): (Vec<F>, _) = (narrow(h), direction.clone());
        h.iter().zip(ring).map(|(&h, z)| h * z).collect::<Vec<F>>()
    });
    let g = narrow(g);
    let at = Evaluation { gradient: &g, values: None, hessian_vector: product.as_deref() };
    rule.advance(x, &at).unwrap();
}

#[test]
fn probes_are_random_signs_at_the_steps_of_the_interval() {
    let mut rule = rule::<f64>("sophia(update_interval=3)", 400, 1);
    assert_eq!(rule.needs(), Needs { hessian_vector: true, values: false });
    let mut seen: Vec<Vec<f64>> = Vec::new();
    for k in 0..7 {
        let mut z = vec![0.0; 400];
        assert_eq!(rule.probe(&mut z), k % 3 == 0, "step {k}");
        if k % 3 == 0 {
            assert!(z.iter().all(|z| z.abs() == 1.0) && !seen.contains(&z));
            seen.push(z);
        }
        step(&mut *rule, &mut [1.0; 400], &[1.0; 400], &[1.0; 400]);
    }
}

#[test]
fn a_step_without_the_product_it_needs_is_refused_and_changes_nothing() {
    for spec in ["sophia()", "ada_hessian()", "scale(1) | sophia()"] {
        let mut rule = rule::<f64>(spec, 2, 1);
        let mut x = [1.0, 2.0];
        let error = rule.step(&mut x, &[1.0, 1.0]).unwrap_err();
        assert!(matches!(error, RuleError::Missing { .. }), "{error}");
        let short = Evaluation::of(&[1.0, 1.0]).with_hessian_vector(&[1.0]);
        assert!(matches!(rule.advance(&mut x, &short), Err(RuleError::Length { .. })), "{spec}");
        assert_eq!((x, rule.steps()), ([1.0, 2.0], 0), "{spec}");
    }
}

#[test]
fn problems_side_by_side_draw_and_go_as_each_would_alone() {
    for spec in CURVED {
        for (dim, lanes) in [(2, 7), (5, 40), (130, 3)] {
            let optimizer = Optimizer::parse(spec).unwrap();
            let mut together = optimizer.rule_from::<f64>(dim, lanes, 11).unwrap();
            let mut x = scattered(dim * lanes, 99);
            let mut alone: Vec<_> = (0..lanes)
                .map(|i| {
                    let own: Vec<f64> = (0..dim).map(|j| x[j * lanes + i]).collect();
                    (optimizer.rule_from::<f64>(dim, 1, 11 + i as u64).unwrap(), own)
                })
                .collect();
            for k in 0..7 {
                let (g, h) = (scattered(dim * lanes, k + 1), scattered(dim * lanes, k + 100));
                step(&mut *together, &mut x, &g, &h);
                for (i, (rule, own)) in alone.iter_mut().enumerate() {
                    let part = |all: &[f64]| (0..dim).map(|j| all[j * lanes + i]).collect::<Vec<f64>>();
                    step(&mut **rule, own, &part(&g), &part(&h));
                    assert_eq!(part(&x), *own, "{spec}, {dim} × {lanes}, problem {i}, step {k}");
                }
            }
        }
    }
}

#[cfg(feature = "threads")]
#[test]
fn one_thread_and_two_give_the_same_curved_steps() {
    let on = |threads: usize, spec: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let size = 300_007;
            let (mut rule, mut x) = (rule::<f64>(spec, size, 1), scattered(size, 99));
            for k in 0..3 {
                step(&mut *rule, &mut x, &scattered(size, k + 1), &scattered(size, k + 100));
            }
            x
        })
    };
    for spec in CURVED {
        assert!(on(1, spec) == on(2, spec), "{spec}");
    }
}

#[test]
fn a_restored_curved_run_continues_with_the_same_bits_and_a_reset_one_starts_afresh() {
    for spec in CURVED {
        let mut straight = rule(spec, 5, 1);
        let mut x = scattered(5, 99);
        let start = x.clone();
        (0..5).for_each(|_| descend(&mut *straight, quartic, &mut x));
        let (mut y, saved) = (x.clone(), Snapshot::of(&mut *straight));
        (0..6).for_each(|_| descend(&mut *straight, quartic, &mut x));
        let mut resumed = rule(spec, 5, 1);
        saved.restore(&mut *resumed).unwrap();
        (0..6).for_each(|_| descend(&mut *resumed, quartic, &mut y));
        assert_eq!(x, y, "{spec}");

        straight.reset();
        let mut z = start;
        (0..5).for_each(|_| descend(&mut *straight, quartic, &mut z));
        assert_eq!(Snapshot::of(&mut *straight), saved, "{spec}");
    }
}

#[test]
fn single_precision_follows_double_precision_in_curved_steps() {
    for spec in CURVED {
        let (mut single, mut double) = (rule::<f32>(spec, 33, 1), rule::<f64>(spec, 33, 1));
        let mut y = scattered(33, 99);
        let mut x: Vec<f32> = y.iter().map(|&y| y as f32).collect();
        for k in 0..6 {
            let (g, h) = (scattered(33, k + 1), scattered(33, k + 100));
            step(&mut *single, &mut x, &g, &h);
            step(&mut *double, &mut y, &g, &h);
        }
        for (x, y) in x.iter().zip(&y) {
            assert!((f64::from(*x) - y).abs() < 2e-4, "{spec}: {x}, {y}");
        }
    }
}

#[test]
fn groups_draw_other_signs_than_each_other_and_none_for_what_is_frozen() {
    let layout = thalweg_rule::Layout::new([("a", vec![300]), ("b", vec![300]), ("c", vec![9])]);
    let text = r#"groups(["a", sophia()], ["b", sophia()], ["c", frozen])"#;
    let rule = Optimizer::parse(text).unwrap().rule_for::<f64>(&layout).unwrap();
    let mut z = vec![7.0; 609];
    assert!(rule.probe(&mut z));
    assert_ne!(z[..300], z[300..600]);
    assert_eq!(z[600..], [0.0; 9]);
}
