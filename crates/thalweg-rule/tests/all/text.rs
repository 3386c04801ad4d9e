//! Text to optimiser and back.

use proptest::prelude::*;
use thalweg_rule::{
    AMSGrad, Adagrad, Adam, AdamW, AddDecayedWeights, BiasCorrection, ClipByGlobalNorm, ClipByValue, Cosine,
    HeavyBall, Nesterov, Optimizer, Preconditioned, RmsProp, Scale, Schedule, Sgd,
};

#[test]
fn printing_shows_every_hyperparameter() {
    assert_eq!(
        Optimizer::parse("clip_by_global_norm(1.0)|adam(0.1)").unwrap().to_string(),
        "clip_by_global_norm(max_norm=1, eps=1e-6) | adam(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, eps_root=0, \
         weight_decay=0, amsgrad=false, bias_correction=full, maximize=false)"
    );
    assert_eq!(
        Optimizer::parse("gradient_descent(lr=cosine(0.1, 100))").unwrap().to_string(),
        "sgd(lr=cosine(init=0.1, steps=100, final=0), momentum=0, dampening=0, weight_decay=0, nesterov=false, \
         maximize=false)"
    );
}

#[test]
fn a_cosine_schedule_has_its_closed_form_values() {
    let schedule: Schedule = "cosine(init=3, steps=6, final=1)".parse().unwrap();
    for (step, expected) in [(0, 3.0), (2, 2.5), (3, 2.0), (4, 1.5), (6, 1.0), (u64::MAX, 1.0)] {
        assert!((schedule.at(step) - expected).abs() < 1e-15, "step {step}");
    }
}

fn unit() -> impl Strategy<Value = f64> {
    0.0..1.0
}

fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![1e-300..1e300, 1e-9..1.0]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    prop_oneof![
        positive().prop_map(Schedule::from),
        (positive(), 1_u64..1 << 53, positive()).prop_map(|(init, steps, last)| Cosine {
            init,
            steps,
            r#final: last
        }
        .into()),
    ]
}

fn link() -> impl Strategy<Value = Optimizer> {
    let five = || (schedule(), unit(), unit(), positive(), positive());
    let flags = || (any::<bool>(), any::<bool>());
    prop_oneof![
        (five(), flags()).prop_map(|((lr, momentum, dampening, weight_decay, _), (nesterov, maximize))| {
            let dampening = if nesterov { 0.0 } else { dampening - 0.5 };
            Sgd { lr, momentum: momentum + 0.1, dampening, weight_decay, nesterov, maximize }.into()
        }),
        five().prop_map(|(lr, momentum, ..)| HeavyBall { lr, momentum }.into()),
        (five(), flags()).prop_map(|((lr, momentum, ..), (lookahead, _))| Nesterov {
            lr,
            momentum,
            lookahead
        }
        .into()),
        (five(), flags()).prop_map(
            |((lr, lr_decay, initial_accumulator_value, eps, eps_root), (include_current, maximize))| {
                Adagrad {
                    lr,
                    lr_decay,
                    initial_accumulator_value,
                    eps,
                    eps_root,
                    include_current,
                    maximize,
                    ..Adagrad::default()
                }
                .into()
            }
        ),
        (five(), flags(), proptest::option::of(unit())).prop_map(
            |((lr, alpha, momentum, eps, eps_root), (centered, maximize), new_weight)| {
                RmsProp {
                    lr,
                    alpha,
                    momentum,
                    eps,
                    eps_root,
                    centered,
                    maximize,
                    new_weight,
                    weight_decay: 0.1,
                }
                .into()
            }
        ),
        (five(), flags(), 0..3_usize).prop_map(
            |((lr, beta1, beta2, eps, eps_root), (amsgrad, maximize), correction)| {
                let bias_correction =
                    [BiasCorrection::Full, BiasCorrection::First, BiasCorrection::None][correction];
                Adam {
                    lr,
                    beta1,
                    beta2,
                    eps,
                    eps_root,
                    weight_decay: 0.1,
                    amsgrad,
                    bias_correction,
                    maximize,
                }
                .into()
            }
        ),
        (five(), flags()).prop_map(|((lr, beta1, beta2, eps, weight_decay), (amsgrad, maximize))| AdamW {
            lr,
            beta1,
            beta2,
            eps,
            weight_decay,
            amsgrad,
            maximize
        }
        .into()),
        five().prop_map(|(lr, beta1, beta2, eps, _)| AMSGrad { lr, beta1, beta2, eps }.into()),
        (schedule(), prop::collection::vec(-1e9..1e9, 1..5))
            .prop_map(|(lr, d)| Preconditioned::diagonal(lr, d).into()),
        (schedule(), prop::collection::vec(prop::collection::vec(-1e9..1e9, 3), 3))
            .prop_map(|(lr, rows)| Preconditioned::matrix(lr, rows).into()),
        positive().prop_map(|limit| ClipByValue::new(limit).into()),
        (positive(), positive()).prop_map(|(max_norm, eps)| ClipByGlobalNorm { max_norm, eps }.into()),
        positive().prop_map(|weight_decay| AddDecayedWeights { weight_decay }.into()),
        schedule().prop_map(|factor| Scale { factor }.into()),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_optimizer(links in prop::collection::vec(link(), 1..4)) {
        let optimizer = links.into_iter().reduce(Optimizer::then).unwrap();
        prop_assert_eq!(optimizer.check(), Ok(()));
        let again = Optimizer::parse(&optimizer.to_string());
        prop_assert_eq!(again, Ok(optimizer));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        let _ = Optimizer::parse(&text);
        let _ = text.parse::<Schedule>();
    }

    #[test]
    fn text_of_spec_pieces_never_panics_and_builds_or_is_refused(pieces in prop::collection::vec(prop::sample::select(vec![
        "adam", "sgd", "rmsprop", "clip_by_global_norm", "preconditioned", "cosine", "(", ")", "[", "]", ",", "=", "|", "1",
        "-1", "0.5", "1e400", "nan", "inf", "true", "lr", "beta1", "steps", "matrix", "diagonal", "nesterov", "none", " ",
    ]), 0..24)) {
        if let Ok(optimizer) = Optimizer::parse(&pieces.concat()) {
            let _ = optimizer.rule::<f64>(2, 3).map(|mut rule| rule.step(&mut [1.0; 6], &[1.0; 6]));
        }
    }
}
