//! Text to optimiser and back.

use proptest::prelude::*;
use thalweg_rule::{
    AMSGrad, AdaHessian, Adagrad, Adam, AdamW, AddDecayedWeights, BiasCorrection, ClipByGlobalNorm,
    ClipByValue, Groups, HeavyBall, Lookahead, Nesterov, Optimizer, ParameterEma, ParameterSwa,
    Preconditioned, RAdam, RmsProp, Rprop, Sam, Scale, Schedule, ScheduleFreeAdamW, ScheduleFreeSgd, Sgd,
    SkipNonfinite, Sophia,
};

use crate::any_schedule::{self, positive, unit};

#[test]
fn printing_shows_every_hyperparameter() {
    assert_eq!(
        Optimizer::parse("clip_by_global_norm(1.0)|adam(0.1)").unwrap().to_string(),
        "clip_by_global_norm(max_norm=1, eps=1e-6) | adam(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, eps_root=0, \
         weight_decay=0, amsgrad=false, bias_correction=full, decoupled_weight_decay=false, nesterov=false, maximize=false)"
    );
    assert_eq!(
        Optimizer::parse("gradient_descent(lr=cosine(0.1, 100))").unwrap().to_string(),
        "sgd(lr=cosine(init=0.1, steps=100, final=0, exponent=1, periodic=false), momentum=0, dampening=0, \
         weight_decay=0, nesterov=false, maximize=false)"
    );
}

fn schedule() -> impl Strategy<Value = Schedule> {
    any_schedule::schedule(1 << 48)
}

fn link() -> impl Strategy<Value = Optimizer> {
    let five = || (schedule(), unit(), unit(), positive(), positive());
    let flags = || (any::<bool>(), any::<bool>());
    prop_oneof![
        (five(), flags()).prop_map(|((lr, momentum, dampening, weight_decay, _), (nesterov, maximize))| {
            let dampening = if nesterov { 0.0 } else { dampening - 0.5 };
            Sgd { lr, momentum: (momentum + 0.1).into(), dampening, weight_decay, nesterov, maximize }.into()
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
                    eps,
                    eps_root,
                    centered,
                    maximize,
                    new_weight,
                    nesterov: maximize,
                    momentum: momentum + 0.1,
                    ..RmsProp::default()
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
                    beta1: beta1.into(),
                    beta2,
                    eps,
                    eps_root,
                    weight_decay: 0.1,
                    amsgrad,
                    bias_correction,
                    decoupled_weight_decay: amsgrad,
                    nesterov: maximize,
                    maximize,
                }
                .into()
            }
        ),
        (five(), flags()).prop_map(|((lr, beta1, beta2, eps, weight_decay), (amsgrad, maximize))| AdamW {
            lr,
            beta1: beta1.into(),
            beta2,
            eps,
            weight_decay,
            amsgrad,
            maximize,
            ..AdamW::default()
        }
        .into()),
        five().prop_map(|(lr, beta1, beta2, eps, eps_root)| {
            AMSGrad { lr, beta1, beta2, eps, eps_root, ..AMSGrad::default() }.into()
        }),
        (five(), flags()).prop_map(|((lr, beta1, beta2, eps, _), (nesterov, eps_before_correction))| {
            RAdam { lr, beta1, beta2, eps, nesterov, eps_before_correction, ..RAdam::default() }.into()
        }),
        (unit(), unit(), positive()).prop_map(|(step_min, above, eta_plus)| {
            Rprop { step_min, step_max: step_min + above + 0.1, eta_plus: eta_plus + 1.1, ..Rprop::default() }
                .into()
        }),
        (schedule(), prop::collection::vec(-1e9..1e9, 1..5))
            .prop_map(|(lr, d)| Preconditioned::diagonal(lr, d).into()),
        (schedule(), prop::collection::vec(prop::collection::vec(-1e9..1e9, 3), 3))
            .prop_map(|(lr, rows)| Preconditioned::matrix(lr, rows).into()),
        positive().prop_map(|limit| ClipByValue::new(limit).into()),
        (positive(), positive()).prop_map(|(max_norm, eps)| ClipByGlobalNorm { max_norm, eps }.into()),
        positive().prop_map(|weight_decay| AddDecayedWeights { weight_decay, mask: None }.into()),
        schedule().prop_map(|factor| Scale { factor }.into()),
        (1_u64..1 << 53, unit(), any::<bool>()).prop_map(|(k, alpha, reset_state)| Lookahead {
            k,
            alpha,
            reset_state
        }
        .into()),
        (positive(), positive(), 1_u64..1 << 53, any::<bool>()).prop_map(|(rho, eps, steps, adaptive)| Sam {
            rho,
            eps,
            steps,
            adaptive
        }
        .into()),
        (five(), prop::option::of(1_u64..1 << 53), any::<bool>()).prop_map(
            |((lr, beta1, beta2, eps, weight_lr_power), steps, adam)| {
                let (warmup_steps, weight_decay) = (steps.map(|steps| steps as f64), 0.1);
                if adam {
                    ScheduleFreeAdamW { lr, warmup_steps, beta1, beta2, eps, weight_decay, weight_lr_power }
                        .into()
                } else {
                    ScheduleFreeSgd { lr, warmup_steps, beta1, weight_decay, weight_lr_power }.into()
                }
            }
        ),
        (five(), unit(), 1_u64..1 << 53, flags()).prop_map(
            |((lr, beta1, beta2, eps, gamma), weight_decay, update_interval, (bias_correction, lagged))| {
                let (clip_threshold, seed) = (1.0 + weight_decay, update_interval - 1);
                Sophia {
                    lr,
                    beta1,
                    beta2,
                    eps,
                    weight_decay,
                    gamma,
                    clip_threshold,
                    update_interval,
                    bias_correction,
                    lagged,
                    seed,
                }
                .into()
            }
        ),
        (five(), unit(), 1_u64..1 << 53).prop_map(
            |((lr, beta1, beta2, eps, weight_decay), hessian_power, update_interval)| {
                let seed = update_interval - 1;
                AdaHessian { lr, beta1, beta2, eps, weight_decay, hessian_power, update_interval, seed }
                    .into()
            }
        ),
        (0_u64..1 << 53).prop_map(|max_consecutive| SkipNonfinite { max_consecutive }.into()),
        (unit(), any::<bool>()).prop_map(|(decay, debias)| ParameterEma { decay, debias }.into()),
        (0_u64..1 << 53, 1_u64..1 << 53).prop_map(|(start, every)| ParameterSwa { start, every }.into()),
    ]
}

fn groups() -> impl Strategy<Value = Optimizer> {
    let chain = || {
        prop::collection::vec(link(), 1..3)
            .prop_map(|links| links.into_iter().reduce(Optimizer::then).unwrap())
    };
    ("[^\"]{0,9}", chain(), chain()).prop_map(|(pattern, some, rest)| {
        Groups::new().with(pattern, some).frozen("b").otherwise(rest).into()
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_schedule(schedule in schedule()) {
        prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule));
    }

    #[test]
    fn what_is_printed_parses_to_the_same_optimizer(
        links in prop::collection::vec(prop_oneof![9 => link().boxed(), 1 => groups().boxed()], 1..4),
    ) {
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
        "adam", "sgd", "rmsprop", "clip_by_global_norm", "preconditioned", "cosine", "warmup", "joined",
        "exponential", "(", ")", "[", "]", ",", "=", "|", "1",
        "-1", "0.5", "1e400", "nan", "inf", "true", "lr", "beta1", "steps", "matrix", "diagonal", "nesterov", "none", " ",
    ]), 0..24)) {
        if let Ok(optimizer) = Optimizer::parse(&pieces.concat()) {
            let _ = optimizer.rule::<f64>(2, 3).map(|mut rule| rule.step(&mut [1.0; 6], &[1.0; 6]));
        }
    }
}
