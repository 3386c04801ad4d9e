//! Links of chains against the rules that are made of them.

use crate::functions::{descend, quartic, rule};

#[test]
fn a_rule_is_its_direction_times_its_rate() {
    for (whole, parts) in [
        (
            "adagrad(lr=0.1, initial_accumulator_value=2, eps=0, eps_root=1e-7)",
            "scale_by_rss(2) | scale(0.1)",
        ),
        ("adamw(lr=0.1, weight_decay=0.3)", "scale_by_adam() | add_decayed_weights(0.3) | scale(0.1)"),
        (
            "optimistic_adam(lr=0.1)",
            "scale_by_adam(nesterov=true) | scale_by_optimistic_gradient() | scale(0.1)",
        ),
        ("rmsprop(lr=0.1, alpha=0.9)", "scale_by_rms(eps_in_sqrt=false) | scale(0.1)"),
        (
            "rmsprop(lr=0.1, alpha=0.9, eps=0, eps_root=0.1, centered=true)",
            "scale_by_stddev(eps=0.1) | scale(0.1)",
        ),
        ("adabelief(lr=0.1, beta2=0.9)", "scale_by_adabelief(beta2=0.9) | scale(0.1)"),
        ("adan(lr=0.1, beta2=0.9)", "scale_by_adan(beta2=0.9) | scale(0.1)"),
        ("adadelta(lr=0.5, rho=0.8)", "scale_by_adadelta(rho=0.8) | scale(0.5)"),
        ("adamax(lr=0.1, beta1=0.8)", "scale_by_adamax(beta1=0.8) | scale(0.1)"),
        (
            "amsgrad(lr=0.1)",
            "scale_by_amsgrad(beta2=0.99, eps=1e-6, bias_correction_mu=false, bias_correction_nu=false) | scale(0.1)",
        ),
        ("radam(lr=0.1, beta2=0.9)", "scale_by_radam(beta2=0.9) | scale(0.1)"),
        ("sm3(lr=0.1)", "scale_by_sm3() | scale(0.1)"),
        ("adamw(lr=0.1, weight_decay=0.3)", "adamw(lr=0.1, weight_decay=0.3, mask=\"x\")"),
        (
            "adamw(lr=0.1, weight_decay=0.3, amsgrad=true)",
            "adamw(lr=0.1, weight_decay=0.3, amsgrad=true, mask=\"*\")",
        ),
        ("nadamw(lr=0.1, weight_decay=0.3)", "nadamw(lr=0.1, weight_decay=0.3, mask=\"x\")"),
        ("adamaxw(lr=0.1, weight_decay=0.3)", "adamaxw(lr=0.1, weight_decay=0.3, mask=\"x\")"),
        ("adan(lr=0.1, weight_decay=0.3)", "adan(lr=0.1, weight_decay=0.3, mask=\"x\")"),
        ("lamb(lr=0.1, weight_decay=0.3)", "lamb(lr=0.1, weight_decay=0.3, mask=\"x\")"),
        ("lion(lr=0.1, weight_decay=0.3)", "lion(lr=0.1, weight_decay=0.3, mask=\"x\")"),
        ("heavy_ball(lr=0.01, momentum=0.7)", "scale(0.01) | trace(0.7)"),
        ("lion(lr=0.1, weight_decay=0.5)", "scale_by_lion() | add_decayed_weights(0.5) | scale(0.1)"),
        ("lion(lr=0.1, weight_decay=0, mode=smooth)", "scale_by_lion(mode=smooth) | scale(0.1)"),
        ("noisy_sgd(lr=0.1, eta=1, seed=5)", "add_noise(eta=1, seed=5) | scale(0.1)"),
        ("optimistic_gradient_descent(lr=0.01)", "scale_by_optimistic_gradient() | scale(0.01)"),
        ("sgd(lr=0.01, momentum=0.7, nesterov=true)", "trace(0.7, nesterov=true) | scale(0.01)"),
        ("yogi(lr=0.1, eps_root=0.1)", "scale_by_yogi(eps_root=0.1) | scale(0.1)"),
    ] {
        let (mut rule, mut chain) = (rule(whole, 4, 1), rule(parts, 4, 1));
        let (mut x, mut y) = ([1.5, -0.5, 2.5, 0.5], [1.5, -0.5, 2.5, 0.5]);
        for step in 0..20 {
            descend(&mut *rule, quartic, &mut x);
            descend(&mut *chain, quartic, &mut y);
            assert_eq!(x, y, "{whole}, step {step}");
        }
    }
}

#[test]
fn signs_keep_what_is_not_a_number_and_zero_nans_takes_only_that() {
    let after = |link: &str, u: f64| {
        let mut x = [0.0];
        rule::<f64>(link, 1, 1).step(&mut x, &[u]).unwrap();
        -x[0]
    };
    assert_eq!([2.0, -0.1, 0.0, f64::INFINITY].map(|u| after("sign()", u)), [1.0, -1.0, 0.0, 1.0]);
    assert!(after("sign()", f64::NAN).is_nan());
    let kept = [2.0, -0.1, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 8.0];
    assert_eq!(kept.map(|u| after("zero_nans()", u)), kept);
    assert_eq!(after("zero_nans()", f64::NAN), 0.0);
}
