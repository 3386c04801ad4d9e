//! Rules that need the function's value: what must not change a single bit, and what is refused.

use thalweg_rule::{Evaluation, Rule, RuleError, Snapshot};

use crate::functions::{rule, scattered};

const SPECS: &[&str] = &[
    "polyak_sgd(f_min=-2, scaling=0.5)",
    "polyak_sgd(max_lr=0.01, variant=sps_plus)",
    "momo(lr=0.1, lower_bound=-3, adapt_lower_bound=true)",
    "momo_adam(lr=0.1, weight_decay=0.1, lower_bound=-3)",
    "sgd(lr=0.1) | reduce_on_plateau(factor=0.5, patience=0)",
    "adam(lr=0.1) | reduce_on_plateau(factor=0.5, patience=1, cooldown=1, mode=max) | clip_by_norm(0.1)",
];

/// Steps along a fixed sequence of gradients and values, from a step on, of `lanes` problems side by side.
fn run(rule: &mut dyn Rule<f64>, x: &mut [f64], lanes: usize, steps: std::ops::Range<u64>) {
    for step in steps {
        let (g, values) = (scattered(x.len(), step + 1), scattered(lanes, step + 100));
        rule.advance(x, &Evaluation::of(&g).with_values(&values)).unwrap();
    }
}

#[test]
fn problems_with_values_go_side_by_side_as_each_would_alone() {
    for spec in SPECS {
        for (dim, lanes) in [(2, 7), (40, 18), (3000, 3)] {
            let mut together = rule(spec, dim, lanes);
            let mut x = scattered(dim * lanes, 99);
            let start = x.clone();
            run(&mut *together, &mut x, lanes, 0..6);
            for i in 0..lanes {
                let mut alone = rule(spec, dim, 1);
                let mut own: Vec<f64> = start.iter().skip(i).step_by(lanes).copied().collect();
                for step in 0..6 {
                    let g: Vec<f64> =
                        scattered(dim * lanes, step + 1).into_iter().skip(i).step_by(lanes).collect();
                    let value = scattered(lanes, step + 100)[i];
                    alone.advance(&mut own, &Evaluation::of(&g).with_values(&[value])).unwrap();
                }
                let among: Vec<f64> = x.iter().skip(i).step_by(lanes).copied().collect();
                assert_eq!(own, among, "{spec}, {dim} × {lanes}, problem {i}");
            }
        }
    }
}

#[test]
fn rules_with_values_go_the_same_way_in_a_longer_chain_after_a_reset_and_restored() {
    for spec in SPECS {
        let mut straight = rule(spec, 2000, 1);
        let mut x = scattered(2000, 99);
        run(&mut *straight, &mut x, 1, 0..3);
        let (middle, saved) = (x.clone(), Snapshot::of(&mut *straight));
        run(&mut *straight, &mut x, 1, 3..8);

        let mut chained = rule(&format!("scale(1) | {spec}"), 2000, 1);
        let mut y = scattered(2000, 99);
        run(&mut *chained, &mut y, 1, 0..8);
        assert_eq!(x, y, "{spec} in a chain");

        let mut resumed = rule(spec, 2000, 1);
        saved.restore(&mut *resumed).unwrap();
        let mut z = middle;
        run(&mut *resumed, &mut z, 1, 3..8);
        assert_eq!(x, z, "{spec} restored");

        straight.reset();
        let mut w = scattered(2000, 99);
        run(&mut *straight, &mut w, 1, 0..8);
        assert_eq!(x, w, "{spec} after a reset");
    }
}

#[test]
fn a_step_without_the_value_is_refused_and_changes_nothing() {
    for spec in SPECS {
        let (mut rule, mut x) = (rule::<f64>(spec, 2, 1), [1.0, 2.0]);
        assert!(rule.needs().values, "{spec}");
        let refused = rule.step(&mut x, &[1.0, 1.0]);
        assert!(matches!(refused, Err(RuleError::Missing { .. })), "{spec}: {refused:?}");
        assert_eq!((x, rule.steps()), ([1.0, 2.0], 0), "{spec}");
    }
}
