//! What is refused, and in which words.

use thalweg_rule::{
    Adam, Cosine, Optimizer, Preconditioned, Recipe, RmsProp, RuleError, Schedule, Sgd, Snapshot, names,
    schedule_names,
};

use crate::functions::rule;

fn refusal(text: &str) -> String {
    Optimizer::parse(text).expect_err(text).to_string()
}

#[test]
fn text_outside_a_range_is_refused_with_name_value_and_range() {
    for (text, message) in [
        ("adam(lr=-1)", "column 6: `adam`: lr must be finite and at least 0, found -1"),
        ("adam(beta1=1)", "column 6: `adam`: beta1 must be at least 0 and below 1, found 1"),
        ("sgd(0.1, -0.5)", "column 10: `sgd`: momentum must be finite and at least 0, found -0.5"),
        ("sgd(nesterov=true)", "column 5: `sgd`: nesterov needs a momentum above 0 and a dampening of 0"),
        ("sgd(nesterov=1)", "column 5: `sgd`: nesterov must be true or false, found 1"),
        (
            "adam(bias_correction=half)",
            "column 6: `adam`: bias_correction must be one of full, first, none, found half",
        ),
        (
            "adam(lr=cosine(init=-1, steps=5))",
            "column 6: `adam`: lr must be finite and at least 0 throughout, found -1",
        ),
        ("sgd(cosine(1))", "column 5: `cosine`: steps must be given"),
        (
            "sgd(cosine(1, 0.5))",
            "column 15: `cosine`: steps must be a whole number from 1 to 2^53, found 0.5",
        ),
        ("clip_by_value()", "column 1: `clip_by_value`: limit must be given"),
        ("clip_by_value(inf)", "column 15: `clip_by_value`: limit must be finite and above 0, found inf"),
        ("preconditioned(0.1)", "column 1: `preconditioned`: diagonal must be given, or matrix"),
        (
            "preconditioned(0.1, matrix=[[1, 2]])",
            "column 21: `preconditioned`: matrix must be a square matrix of finite numbers such as [[1, 0], [0, 2]]",
        ),
        ("rmsprop(nesterov=true)", "column 9: `rmsprop`: nesterov needs a momentum above 0"),
        ("rprop(eta_minus=1)", "column 7: `rprop`: eta_minus must be above 0 and below 1, found 1"),
        ("rprop(step_min=60)", "column 7: `rprop`: step_min must be at most step_max=50, found 60"),
        ("radam(threshold=3)", "column 7: `radam`: threshold must be finite and at least 4, found 3"),
        ("rmsprop(new_weight=-1)", "column 9: `rmsprop`: new_weight must be finite and at least 0, found -1"),
    ] {
        assert_eq!(refusal(text), message);
    }
}

#[test]
fn misspelt_names_are_answered_with_the_right_one() {
    assert!(refusal("adma(lr=0.1)").contains("unknown optimizer `adma` (did you mean `adam`?)"));
    assert!(refusal("adam(bta1=0.1)").contains("did you mean `beta1`?"));
    assert!(refusal("sgd(lr=cosin(0.1, 5))").contains("unknown schedule `cosin` (did you mean `cosine`?)"));
}

#[test]
fn typed_hyperparameters_are_held_to_the_same_ranges() {
    let message = |result: Result<_, RuleError>| result.map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        message(Adam { beta2: 1.5, ..Adam::default() }.rule::<f64>(2, 1)),
        "`adam`: beta2 must be at least 0 and below 1, found 1.5"
    );
    assert_eq!(
        message(Sgd { lr: f64::NAN.into(), ..Sgd::default() }.rule::<f64>(2, 1)),
        "`sgd`: lr must be finite and at least 0, found NaN"
    );
    assert_eq!(
        message(Sgd { nesterov: true, ..Sgd::default() }.rule::<f64>(2, 1)),
        "`sgd`: nesterov needs a momentum above 0 and a dampening of 0"
    );
    let never: Schedule = Cosine::new(0.1, 0).into();
    assert_eq!(
        message(RmsProp { lr: never, ..RmsProp::default() }.rule::<f64>(2, 1)),
        "`rmsprop`: lr is wrong: `cosine`: steps must be a whole number from 1 to 2^53, found 0"
    );
    assert_eq!(
        message(Preconditioned::diagonal(0.1, [1.0, 2.0, 3.0]).rule::<f64>(2, 1)),
        "`preconditioned`: diagonal has size 3, but the problem has 2 parameters"
    );
}

#[test]
fn wrong_lengths_are_refused_and_change_nothing() {
    let mut rule = rule::<f64>("adam(lr=0.1)", 2, 3);
    let mut x = [1.0; 6];
    let error = rule.step(&mut x, &[1.0; 5]).unwrap_err();
    assert_eq!(error.to_string(), "gradient: found 5 elements, expected 2 × 3 = 6");
    assert!(rule.step(&mut [0.0; 7], &[1.0; 6]).is_err());
    assert_eq!((x, rule.steps()), ([1.0; 6], 0));
    let other = Snapshot::of(&mut *crate::functions::rule::<f64>("adam(lr=0.1)", 3, 3));
    assert_eq!(
        other.restore(&mut *rule).unwrap_err().to_string(),
        "saved state: found `exp_avg`, a vector like the parameters of length 9, where this rule has `exp_avg`, a vector like the \
         parameters of length 6"
    );
    let other = Snapshot::of(&mut *crate::functions::rule::<f64>("sgd(lr=0.1, momentum=0.9)", 2, 3));
    assert!(other.restore(&mut *rule).is_err());
    assert_eq!(rule.steps(), 0);
}

#[test]
fn sizes_beyond_memory_are_refused_and_empty_ones_are_not() {
    let adam = Adam::default();
    for (dim, lanes) in [(usize::MAX, 2), (usize::MAX / 16, 1), (1 << 62, 1)] {
        assert!(matches!(adam.rule::<f64>(dim, lanes), Err(RuleError::TooLarge { .. })), "{dim} × {lanes}");
    }
    for spec in crate::functions::SPECS {
        for (dim, lanes) in [(0, 1), (2, 0), (0, 0), (0, 40)] {
            rule::<f64>(spec, dim, lanes).step(&mut [], &[]).unwrap();
        }
    }
}

#[test]
fn signatures_show_defaults_and_what_must_be_given() {
    let signature = |name: &str| {
        names().into_iter().chain(schedule_names()).find(|named| named.name == name).unwrap().signature
    };
    assert_eq!(
        signature("sgd"),
        "sgd(lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=false, maximize=false)"
    );
    assert_eq!(signature("clip_by_global_norm"), "clip_by_global_norm(max_norm, eps=1e-6)");
    assert_eq!(signature("preconditioned"), "preconditioned(lr=0.001, [diagonal], [matrix])");
    assert_eq!(signature("cosine"), "cosine(init, steps, final=0, exponent=1, periodic=false)");
}

#[test]
fn nan_gradients_reach_the_parameters_instead_of_being_clipped_away() {
    let rules = ["adam()", "adam(amsgrad=true)", "adamax()", "radam()", "sign_sgd()", "signum()", "rprop()"];
    for spec in rules.into_iter().chain(["clip_by_value(1)", "clip_by_global_norm(1)"]) {
        let mut x = [1.0];
        rule(spec, 1, 1).step(&mut x, &[f64::NAN]).unwrap();
        assert!(x[0].is_nan(), "{spec}");
    }
}
