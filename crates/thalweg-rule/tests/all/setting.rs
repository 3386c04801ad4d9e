//! Hyperparameters set while a rule runs.

use thalweg_rule::{Memory, Rule, RuleError, Snapshot};

use crate::functions::{rule, scattered};

#[test]
fn a_rate_set_after_the_first_step_is_a_schedule_that_falls_there() {
    for spec in [
        "adam(lr=RATE)",
        "clip_by_global_norm(0.5) | adam(lr=RATE, amsgrad=true)",
        "sgd(lr=RATE, momentum=0.9, nesterov=true)",
        "rmsprop(lr=RATE, centered=true, momentum=0.5)",
        "skip_nonfinite(1) | adagrad(lr=RATE)",
        "parameter_ema(0.9) | adam(lr=RATE)",
        "accumulate(1) | adam(lr=RATE)",
    ] {
        // The whole wave in one step: exactly 0.1 at step 0 and 0.02 from then on.
        let mut scheduled =
            rule::<f64>(&spec.replace("RATE", "cosine(init=0.1, steps=1, final=0.02)"), 20, 1);
        let mut set = rule::<f64>(&spec.replace("RATE", "0.1"), 20, 1);
        let (mut x, mut y) = (scattered(20, 9), scattered(20, 9));
        for step in 0..6 {
            let g = scattered(20, step + 1);
            if step == 1 {
                set.set("lr", 0.02).unwrap();
            }
            scheduled.step(&mut x, &g).unwrap();
            set.step(&mut y, &g).unwrap();
        }
        assert_eq!(x, y, "{spec}");
        assert_eq!(Snapshot::of(&mut *scheduled), Snapshot::of(&mut *set), "{spec}");
    }
}

#[test]
fn a_rate_set_in_the_middle_is_a_run_continued_by_another_rule() {
    for spec in [
        "lookahead(k=3) | sgd(lr=RATE, momentum=0.9)",
        "sam(rho=0.1) | adam(lr=RATE)",
        "accumulate(2) | heavy_ball(lr=RATE)",
        "lookahead(k=2) | accumulate(2) | adam(lr=RATE) | parameter_swa()",
        "groups([\"*\", adam(lr=RATE)])",
    ] {
        let mut set = rule::<f64>(&spec.replace("RATE", "0.1"), 5, 1);
        let mut other = rule::<f64>(&spec.replace("RATE", "0.02"), 5, 1);
        let mut x = scattered(5, 9);
        for step in 0..5 {
            set.step(&mut x, &scattered(5, step + 1)).unwrap();
        }
        let mut y = x.clone();
        Snapshot::of(&mut *set).restore(&mut *other).unwrap();
        set.set(if spec.starts_with("groups") { "0.lr" } else { "lr" }, 0.02).unwrap();
        assert_eq!(set.hyperparameters(), other.hyperparameters());
        for step in 5..12 {
            let g = scattered(5, step + 1);
            set.step(&mut x, &g).unwrap();
            other.step(&mut y, &g).unwrap();
        }
        assert_eq!((x, set.steps()), (y, other.steps()), "{spec}");
    }
}

#[test]
fn what_would_change_what_is_remembered_is_refused_and_changes_nothing() {
    let (mut tried, mut plain) = (rule::<f64>("sgd(lr=0.1)", 3, 1), rule::<f64>("sgd(lr=0.1)", 3, 1));
    let (mut x, mut y) = (scattered(3, 9), scattered(3, 9));
    for step in 0..3 {
        let g = scattered(3, step + 1);
        let error = tried.set("momentum", 0.9).unwrap_err();
        assert!(matches!(&error, RuleError::Fixed { key, .. } if key == "momentum"));
        assert_eq!(
            error.to_string(),
            "`momentum` cannot be set while the rule runs, because the rule would remember other things: \
             `momentum_buffer`, a vector like the parameters of length 3 instead of nothing more"
        );
        assert!(matches!(tried.set("lr", -1.0), Err(RuleError::Hyperparameter { .. })));
        assert!(matches!(tried.set("beta", 0.1), Err(RuleError::UnknownKey { .. })));
        tried.step(&mut x, &g).unwrap();
        plain.step(&mut y, &g).unwrap();
    }
    assert_eq!((x, tried.hyperparameters()), (y, plain.hyperparameters()));
}

/// Where everything that is remembered lies.
fn places(rule: &mut dyn Rule<f64>) -> Vec<*const f64> {
    let mut places = Vec::new();
    rule.memory(&mut |_, memory| match memory {
        Memory::Slots(slots) => places.extend(slots.named().iter().map(|(_, values)| values.as_ptr())),
        Memory::Vector(values) => places.push(values.as_ptr()),
        Memory::Numbers(_) | Memory::Count(_) => {}
    });
    places
}

#[test]
fn setting_copies_nothing_that_is_as_long_as_the_parameters() {
    for spec in [
        "adam(lr=0.1)",
        "lookahead(k=3) | accumulate(2) | sgd(lr=0.1, momentum=0.9) | parameter_ema(0.9)",
        "sam() | clip_by_global_norm(1) | adam(lr=0.1)",
        "groups([\"*\", adam(lr=0.1)])",
    ] {
        let mut rule = rule::<f64>(spec, 1000, 1);
        rule.step(&mut [1.0; 1000], &[0.5; 1000]).unwrap();
        let before = places(&mut *rule);
        rule.set(if spec.starts_with("groups") { "0.lr" } else { "lr" }, 0.2).unwrap();
        assert!(!before.is_empty() && places(&mut *rule) == before, "{spec}");
    }
}
