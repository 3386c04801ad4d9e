//! Rules around rules: averages, gradients from elsewhere, steps left out.

use thalweg_rule::{Evaluation, Rule, RuleError, Snapshot};

use crate::functions::{rule, scattered};

fn averaged(rule: &dyn Rule<f64>, x: &[f64]) -> Option<Vec<f64>> {
    let mut out = vec![f64::NAN; x.len()];
    rule.averaged(x, &mut out).then_some(out)
}

#[test]
fn averages_are_those_of_the_parameters_that_were_passed_through() {
    for inner in ["sgd(lr=0.1, momentum=0.9)", "lookahead(k=3) | adam(lr=0.1)"] {
        let mut plain = rule::<f64>(inner, 3, 1);
        let mut ema = rule::<f64>(&format!("{inner} | parameter_ema(0.75)"), 3, 1);
        let mut debiased = rule::<f64>(&format!("parameter_ema(0.75, debias=true) | {inner}"), 3, 1);
        let mut swa = rule::<f64>(&format!("{inner} | parameter_swa(start=2, every=3)"), 3, 1);
        let [mut x, mut y, mut z, mut w] = [(); 4].map(|()| scattered(3, 9));
        let mut kept = vec![];
        let mut expected = x.clone();
        for step in 0..20_u64 {
            let g = scattered(3, step + 1);
            for (rule, x) in
                [(&mut plain, &mut x), (&mut ema, &mut y), (&mut debiased, &mut z), (&mut swa, &mut w)]
            {
                rule.step(x, &g).unwrap();
            }
            assert_eq!((&x, &x, &x), (&y, &z, &w), "{inner}");
            kept.push(x.clone());
            let close = |found: Option<Vec<f64>>, expected: &[f64]| {
                let found = found.unwrap_or_else(|| panic!("{inner}, step {step}"));
                let alike = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14);
                assert!(alike, "{inner}, step {step}: {found:?}, not {expected:?}");
            };
            for j in 0..3 {
                expected[j] = 0.75 * expected[j] + 0.25 * x[j];
            }
            close(averaged(&*ema, &y), &expected);
            let weights: Vec<f64> = (0..kept.len()).rev().map(|age| 0.75_f64.powi(age as i32)).collect();
            let sum: f64 = weights.iter().sum();
            let mean = |j: usize| kept.iter().zip(&weights).map(|(x, w)| w * x[j]).sum::<f64>() / sum;
            close(averaged(&*debiased, &z), &[mean(0), mean(1), mean(2)]);
            let counted: Vec<&Vec<f64>> = kept.iter().skip(2).step_by(3).collect();
            if counted.is_empty() {
                assert_eq!(averaged(&*swa, &w).is_some(), inner.contains("lookahead"));
            } else {
                let mean = |j: usize| counted.iter().map(|x| x[j]).sum::<f64>() / counted.len() as f64;
                close(averaged(&*swa, &w), &[mean(0), mean(1), mean(2)]);
            }
        }
    }
}

#[test]
fn calls_that_do_not_move_the_parameters_do_not_count_for_averages() {
    let mut each = rule::<f64>("accumulate(3) | sgd(lr=0.5) | parameter_ema(0.5)", 1, 1);
    let mut moved = rule::<f64>("sgd(lr=0.5) | parameter_ema(0.5)", 1, 1);
    let (mut x, mut y) = ([1.0], [1.0]);
    for step in 0..4 {
        let g = [0.3 * f64::from(step) - 0.2];
        for _ in 0..3 {
            each.step(&mut x, &g).unwrap();
        }
        moved.step(&mut y, &g).unwrap();
    }
    assert_eq!((averaged(&*each, &x), x), (averaged(&*moved, &y), y));
}

#[test]
fn adaptive_steps_uphill_are_as_long_as_each_parameter_is_large() {
    // x = (3, −4), g = (2, 1): |x|·g = (6, 4), so p = x + rho (9·2, 16·1) / √52.
    let mut rule = rule::<f64>("sam(rho=0.5, adaptive=true) | sgd(lr=1)", 2, 1);
    let mut x = [3.0, -4.0];
    rule.step(&mut x, &[2.0, 1.0]).unwrap();
    let mut point = [0.0; 2];
    assert!(rule.evaluation_point(&x, &mut point));
    let length = 52_f64.sqrt();
    for (found, expected) in point.iter().zip([3.0 + 9.0 / length, -4.0 + 8.0 / length]) {
        assert!((found - expected).abs() < 1e-15, "{point:?}");
    }
    assert_eq!((x, rule.steps()), ([3.0, -4.0], 0));
}

#[test]
fn a_gradient_of_zero_leads_nowhere_uphill() {
    for spec in ["sam() | sgd(lr=1)", "sam(adaptive=true) | sgd(lr=1)"] {
        let mut rule = rule::<f64>(spec, 2, 1);
        let (mut x, mut point) = ([3.0, 0.0], [0.0; 2]);
        rule.step(&mut x, &[0.0, 0.0]).unwrap();
        assert!(rule.evaluation_point(&x, &mut point), "{spec}");
        assert_eq!(point, x, "{spec}");
    }
}

#[test]
fn too_many_gradients_that_are_not_finite_are_an_error_that_changes_nothing() {
    for (limit, bad) in [(0, f64::NAN), (2, f64::INFINITY)] {
        let mut rule = rule::<f64>(&format!("skip_nonfinite({limit}) | adam(lr=0.1)"), 2, 1);
        let mut x = [1.0, 2.0];
        rule.step(&mut x, &[0.5, 0.5]).unwrap();
        let before = x;
        for _ in 0..limit {
            rule.step(&mut x, &[0.5, bad]).unwrap();
        }
        let state = Snapshot::of(&mut *rule);
        for _ in 0..2 {
            let error = rule.step(&mut x, &[bad, 0.5]).unwrap_err();
            assert_eq!(error, RuleError::NotFinite { steps: limit + 1, limit });
        }
        assert_eq!((x, rule.steps()), (before, 1));
        assert_eq!(Snapshot::of(&mut *rule), state);
        rule.step(&mut x, &[0.5, 0.5]).unwrap();
        assert_eq!(rule.steps(), 2);
    }
}

#[test]
fn each_of_several_problems_leaves_out_steps_of_its_own() {
    let (dim, lanes) = (2, 3);
    let spec = "skip_nonfinite(1) | adam(lr=0.1)";
    let mut together = rule::<f64>(spec, dim, lanes);
    let mut x = vec![1.0; dim * lanes];
    let mut alone: Vec<_> = (0..lanes).map(|_| (rule::<f64>(spec, dim, 1), vec![1.0; dim])).collect();
    for step in 0..8 {
        let mut g = scattered(dim * lanes, step + 1);
        // Problem 0 is bad now and then, problem 2 from step 3 on.
        if step % 2 == 1 {
            g[0] = f64::NAN;
        }
        if step >= 3 {
            g[lanes + 2] = f64::INFINITY;
        }
        together.step(&mut x, &g).unwrap();
        for (i, (rule, x)) in alone.iter_mut().enumerate() {
            let refused = rule.step(x, &[g[i], g[lanes + i]]);
            assert_eq!(refused.is_err(), i == 2 && step >= 4);
        }
    }
    for (i, (_, own)) in alone.iter().enumerate() {
        assert_eq!((x[i], x[lanes + i]), (own[0], own[1]), "problem {i}");
    }
    for _ in 0..2 {
        let _ = together.step(&mut x, &[f64::NAN; 6]);
    }
    assert!(matches!(together.step(&mut x, &[f64::NAN; 6]), Err(RuleError::NotFinite { .. })));
}

#[test]
fn accumulated_gradients_come_with_the_mean_of_their_values() {
    let mut parts = rule::<f64>("accumulate(2) | polyak_sgd(max_lr=10)", 1, 1);
    let mut whole = rule::<f64>("polyak_sgd(max_lr=10)", 1, 1);
    let (mut x, mut y) = ([3.0], [3.0]);
    for (g, f) in [(2.0, 5.0), (4.0, 7.0)] {
        parts.advance(&mut x, &Evaluation::of(&[g]).with_values(&[f])).unwrap();
    }
    whole.advance(&mut y, &Evaluation::of(&[3.0]).with_values(&[6.0])).unwrap();
    assert_eq!(x, y);
    let error = parts.step(&mut x, &[1.0]).unwrap_err();
    assert!(matches!(error, RuleError::Missing { .. }), "{error}");
}

#[test]
fn a_wrapper_without_a_rule_is_refused() {
    for name in ["lookahead()", "sam()", "skip_nonfinite(1)", "parameter_ema(0.9)", "sgd() | accumulate(2)"] {
        let error = thalweg_rule::Optimizer::parse(name).unwrap().rule::<f64>(1, 1).err().unwrap();
        assert!(error.to_string().contains("holds what follows it in the chain"), "{name}: {error}");
    }
}

#[test]
fn between_the_gradients_of_one_step_a_rule_says_so_through_all_wrappers() {
    let around = ["", "clip_by_value(9) | ", "lookahead() | ", "parameter_ema(0.9) | ", "mechanize() | "];
    let around = around.map(|before| format!("{before}sam(steps=2) | sgd(lr=0.1)"));
    for spec in around.into_iter().chain(["groups([\"*\", sam(steps=2), sgd(lr=0.1)])".to_owned()]) {
        let mut rule = rule::<f64>(&spec, 2, 1);
        let mut x = [1.0, -2.0];
        for step in 0..6 {
            assert_eq!(rule.within_step(), step % 3 > 0, "{spec} at {step}");
            rule.step(&mut x, &[0.5, 0.25]).unwrap();
        }
        assert_eq!(rule.steps(), 2, "{spec}");
    }
    // Gradients that are gathered for one step are of different batches.
    let mut gathering = rule::<f64>("accumulate(2) | sgd(lr=0.1)", 1, 1);
    gathering.step(&mut [1.0], &[1.0]).unwrap();
    assert!(!gathering.within_step());
}

#[test]
fn behind_gathered_gradients_every_gradient_of_a_step_is_of_the_same_batches() {
    let (once, twice) = (vec![None, Some(1)], vec![None, None, Some(2), Some(2)]);
    let deep = vec![None, Some(1), None, Some(1), Some(4), Some(1), Some(4), Some(1)];
    for (spec, expected) in [
        ("sam() | accumulate(2) | sgd(lr=0.1)", [once.clone(), once].concat()),
        ("accumulate(2) | sam() | sgd(lr=0.1)", twice.clone()),
        ("accumulate(2) | lookahead() | sam() | sgd(lr=0.1)", twice),
        ("accumulate(2) | accumulate(2) | sam() | sgd(lr=0.1)", [vec![None; 4], vec![Some(4); 4]].concat()),
        ("sam() | accumulate(2) | sam() | sgd(lr=0.1)", deep),
    ] {
        let mut rule = rule::<f64>(spec, 1, 1);
        let mut asked = Vec::new();
        for _ in &expected {
            assert_eq!(rule.steps(), 0, "{spec}");
            asked.push(rule.again());
            rule.step(&mut [1.0], &[0.5]).unwrap();
        }
        assert_eq!((rule.steps(), asked), (1, expected), "{spec}");
    }
}

#[test]
fn only_who_leaves_out_what_is_not_finite_asks_to_see_it() {
    let cases = [
        ("adam()", false),
        ("skip_nonfinite(3) | adam()", true),
        ("clip_by_global_norm(1) | skip_nonfinite(3) | adam()", true),
        ("accumulate(2) | lookahead() | sam() | skip_nonfinite(3) | sgd()", true),
        ("skip_nonfinite(3) | groups([\"*\", adam()])", true),
        ("groups([\"*\", skip_nonfinite(3), adam()])", true),
        ("groups([\"*\", adam()])", false),
    ];
    for (spec, expected) in cases {
        assert_eq!(rule::<f64>(spec, 1, 1).takes_nonfinite(), expected, "{spec}");
    }
}
