//! Gradients by hand, the same as in `fixtures/trajectories.py`, and runs of optimisers on them.

use thalweg_rule::{Evaluation, Optimizer, Real, Rule};

pub(crate) type Gradient = fn(&[f64], &mut [f64]);

pub(crate) fn named(name: &str) -> Gradient {
    match name {
        "ellipse" => ellipse,
        "rosenbrock" => rosenbrock,
        "quartic" => quartic,
        "trough" => trough,
        other => panic!("no function {other}"),
    }
}

fn ellipse(x: &[f64], g: &mut [f64]) {
    (g[0], g[1]) = (0.2 * x[0], 4.0 * x[1]);
}

fn rosenbrock(x: &[f64], g: &mut [f64]) {
    g.fill(0.0);
    for i in 0..x.len() - 1 {
        let slope = x[i + 1] - x[i] * x[i];
        g[i] += -400.0 * x[i] * slope - 2.0 * (1.0 - x[i]);
        g[i + 1] += 200.0 * slope;
    }
}

pub(crate) fn quartic(x: &[f64], g: &mut [f64]) {
    for i in 0..x.len() {
        g[i] = (x[i] - i as f64).powi(3);
    }
    for i in 1..x.len() {
        g[i - 1] += x[i];
        g[i] += x[i - 1];
    }
}

fn trough(x: &[f64], g: &mut [f64]) {
    for i in 0..x.len() {
        g[i] = (1 + i % 3) as f64 * x[i] + x[i].powi(3) - (1.0 - 0.5 * (i % 4) as f64);
    }
    for i in 1..x.len() {
        g[i - 1] += 0.5 * x[i];
        g[i] += 0.5 * x[i - 1];
    }
}

pub(crate) fn rule<F: Real>(text: &str, dim: usize, lanes: usize) -> Box<dyn Rule<F>> {
    Optimizer::parse(text)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
        .rule(dim, lanes)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The value of the function that has this gradient, up to a constant, from its gradient: by Boole's rule along the line from the
/// origin, which is exact for polynomials of degree six.
fn value(gradient: Gradient, x: &[f64]) -> f64 {
    let along = |way: f64| {
        let (point, mut g): (Vec<f64>, _) = (x.iter().map(|x| way * x).collect(), vec![0.0; x.len()]);
        gradient(&point, &mut g);
        x.iter().zip(&g).map(|(x, g)| x * g).sum::<f64>()
    };
    (7.0 * along(0.0) + 32.0 * along(0.25) + 12.0 * along(0.5) + 32.0 * along(0.75) + 7.0 * along(1.0)) / 90.0
}

/// The function's value where it is 0 at the minimiser, or as written in the fixtures.
fn value_of(gradient: Gradient, x: &[f64]) -> f64 {
    let origin = if gradient as usize == rosenbrock as Gradient as usize {
        x.len() as f64 - 1.0
    } else if gradient as usize == quartic as Gradient as usize {
        (0..x.len()).map(|i| (i as f64).powi(4) / 4.0).sum()
    } else {
        0.0
    };
    origin + value(gradient, x)
}

/// The Hessian times a direction, by differences that are exact up to rounding for polynomials of degree four.
fn hessian_vector(gradient: Gradient, x: &[f64], direction: &[f64]) -> Vec<f64> {
    let at = |way: f64| {
        let (point, mut g): (Vec<f64>, _) =
            (x.iter().zip(direction).map(|(x, d)| x + way * d).collect(), vec![0.0; x.len()]);
        gradient(&point, &mut g);
        g
    };
    let (near, far) = ([at(1.0), at(-1.0)], [at(2.0), at(-2.0)]);
    let one = |i: usize| (8.0 * (near[0][i] - near[1][i]) - (far[0][i] - far[1][i])) / 12.0;
    (0..x.len()).map(one).collect()
}

/// What happens at a step beside what always does.
#[derive(Default)]
pub(crate) struct Oddity<'a> {
    /// The gradient's first element is not a number.
    pub(crate) nonfinite: bool,
    /// Another direction than the rule's, such that products are as if the rule had asked for it: of ones and minus ones.
    pub(crate) probe: Option<&'a [f64]>,
}

/// One step of a rule from all it needs, taken where the rule wants it.
pub(crate) fn descend(rule: &mut dyn Rule<f64>, gradient: Gradient, x: &mut [f64]) {
    descend_oddly(rule, gradient, x, &Oddity::default());
}

pub(crate) fn descend_oddly(rule: &mut dyn Rule<f64>, gradient: Gradient, x: &mut [f64], odd: &Oddity<'_>) {
    let mut point = x.to_vec();
    rule.evaluation_point(x, &mut point);
    let mut g = vec![0.0; x.len()];
    gradient(&point, &mut g);
    if odd.nonfinite {
        g[0] = f64::NAN;
    }
    let values = [value_of(gradient, &point)];
    let mut direction = vec![0.0; x.len()];
    let product = rule.probe(&mut direction).then(|| match odd.probe {
        None => hessian_vector(gradient, &point, &direction),
        Some(other) => {
            let mut product = hessian_vector(gradient, &point, other);
            for ((product, own), other) in product.iter_mut().zip(&direction).zip(other) {
                *product *= own * other;
            }
            product
        }
    });
    let at = Evaluation { gradient: &g, values: Some(&values), hessian_vector: product.as_deref() };
    rule.advance(x, &at).unwrap();
}

/// Reproducible numbers in −1..1, different at every place.
pub(crate) fn scattered(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// At least one spec for every kind of loop.
pub(crate) const SPECS: &[&str] = &[
    "sgd(lr=0.1)",
    "sgd(lr=0.1, momentum=0.9, nesterov=true, weight_decay=0.01)",
    "heavy_ball(lr=0.05, momentum=0.9)",
    "nesterov(lr=0.05, lookahead=true)",
    "adagrad(lr=0.3, lr_decay=0.1)",
    "rmsprop(lr=0.02)",
    "rmsprop(lr=0.02, momentum=0.5)",
    "rmsprop(lr=0.02, centered=true)",
    "rmsprop(lr=0.02, centered=true, momentum=0.5)",
    "adam(lr=0.1)",
    "adam(lr=cosine(init=0.1, steps=7), amsgrad=true)",
    "adamw(lr=0.1)",
    "adam(lr=0.1, nesterov=true, weight_decay=0.1, decoupled_weight_decay=true)",
    "rmsprop(lr=0.02, centered=true, momentum=0.5, nesterov=true, bias_correction=true, initial_scale=0.1)",
    "sign_sgd(lr=0.1)",
    "signum(lr=0.1, weight_decay=0.1)",
    "rprop(lr=0.1, maximize=true)",
    "asgd(lr=0.1, t0=1)",
    "adadelta(weight_decay=0.1)",
    "adamax(lr=0.1)",
    "adamaxw(lr=0.1)",
    "nadam(lr=0.1)",
    "nadamw(lr=0.1)",
    "radam(lr=0.1, beta2=0.9)",
    "amsgrad(lr=0.1, bias_correction_mu=true, bias_correction_nu=true)",
    "clip_by_value(0.3)",
    "clip_by_global_norm(0.5)",
    "clip_by_global_norm(0.5) | adam(lr=0.1)",
    "sgd(lr=0.1) | clip_by_global_norm(0.01) | add_decayed_weights(0.1) | clip_by_global_norm(0.02) | scale(0.5)",
    "acprop(lr=0.01)",
    "adabelief(lr=0.1, weight_decay=0.1)",
    "adan(lr=0.1)",
    "ademamix(lr=0.1, alpha=cosine(init=1, steps=4))",
    "adopt(lr=0.1, nesterov=true)",
    "cocob(weight_decay=0.1)",
    "lion(lr=0.1)",
    "lion(lr=0.1, mode=smooth)",
    "lion(lr=0.1, mode=refined)",
    "madgrad(lr=0.1, weight_decay=0.1)",
    "noisy_sgd(lr=0.1, eta=1)",
    "optimistic_adam(lr=0.1)",
    "optimistic_gradient_descent(lr=0.1)",
    "sgld(lr=0.01, seed=9)",
    "simplified_ademamix(lr=0.01, alpha=1)",
    "yogi(lr=0.1)",
    "add_noise(eta=0.1, gamma=1) | trace(0.5, nesterov=true) | ema(0.5) | scale(0.1)",
    "l1(0.1) | sgd(lr=0.1) | proximal_l1(0.5, lr=0.1)",
    "scale_by_adabelief(nesterov=true) | scale(0.1)",
    "scale_by_adam(nesterov=true) | scale(0.1)",
    "scale_by_adan() | scale(0.1)",
    "scale_by_lion() | scale(0.1)",
    "scale_by_optimistic_gradient(beta=0.5) | sign() | scale(0.1)",
    "scale_by_rms(bias_correction=true) | scale(0.1)",
    "scale_by_rss() | scale(0.1)",
    "scale_by_stddev(eps=0.1) | scale(0.1)",
    "scale_by_yogi() | zero_nans() | scale(0.1)",
    "clip_by_norm(0.5) | sgd(lr=0.1)",
    "clip_by_block_rms(0.05)",
    "adaptive_clip(0.1)",
    "normalize() | sgd(lr=0.1)",
    "sgd(lr=0.1) | normalize_by_update_norm(0.1)",
    "centralize() | sgd(lr=0.1)",
    "sgd(lr=0.1) | scale_by_trust_ratio(trust_coefficient=0.1)",
    "scale_by_param_block_norm() | sgd(lr=0.1)",
    "scale_by_param_block_rms() | sgd(lr=0.1)",
    "lamb(lr=0.1, weight_decay=0.1)",
    "lars(lr=10, weight_decay=0.1)",
    "novograd(lr=0.1, weight_decay=0.1)",
    "fromage(lr=0.1)",
    "scale_by_novograd()",
    "freeze(\"x\")",
    "dog(init_step=0.1)",
    "dowg(weight_decay=0.1)",
    "dadapt_sgd(momentum=0.5, estim_lr0=0.1)",
    "dadapt_adam(estim_lr0=0.1)",
    "prodigy(estim_lr0=0.1, weight_decay=0.1)",
    "add_decayed_weights(0.1, mask=\"?\") | sgd(lr=0.1)",
    "adafactor(lr=0.02, weight_decay=0.1)",
    "adafactor_optax(lr=0.02, momentum=0.5, clipping_threshold=none)",
    "sm3(lr=0.1)",
    "scale_by_adadelta() | scale(0.5)",
    "scale_by_adamax() | scale(0.1)",
    "scale_by_amsgrad(beta2=0.9) | scale(0.1)",
    "scale_by_radam(beta2=0.9) | scale(0.1)",
    "scale_by_sm3() | scale(0.1)",
    "apply_every(2) | scale(0.1)",
    "adamw(lr=0.1, weight_decay=0.1, mask=\"x\", maximize=true)",
    "lamb(lr=0.1, weight_decay=0.1, mask=\"x\")",
    "lion(lr=0.1, weight_decay=0.1, mask=\"x\")",
    "adam(lr=0.1, beta1=one_cycle_momentum(9))",
    "sgd(lr=0.1, momentum=cyclic(0.9, 0.8, 3))",
    "mechanize(s_init=0.01) | sgd(lr=0.1)",
    #[cfg(feature = "matrices")]
    "muon(lr=0.02, adam_lr=0.01)",
    #[cfg(feature = "matrices")]
    "muon_optax(lr=0.01)",
    #[cfg(feature = "matrices")]
    "shampoo(lr=0.1, momentum=0.5, weight_decay=0.1, eps=0.1, max_size=64)",
    #[cfg(feature = "matrices")]
    "soap(lr=0.01)",
    "accumulate(3) | adam(lr=0.1)",
    "lookahead(k=2) | sgd(lr=0.1, momentum=0.9)",
    "sam(rho=0.1) | sgd(lr=0.1)",
    "sam(rho=0.1, steps=2, adaptive=true) | adam(lr=0.1)",
    "skip_nonfinite(1) | adam(lr=0.1)",
    "parameter_ema(0.9) | adam(lr=0.1)",
    "adam(lr=0.1) | parameter_swa(start=1)",
    "groups([\"*\", clip_by_global_norm(0.5), adam(lr=0.1)])",
    "schedule_free_sgd(lr=0.1, warmup_steps=3, weight_decay=0.1)",
    "schedule_free_adamw(lr=0.1)",
    "clip_by_value(0.5) | lookahead(k=3, alpha=0.8, reset_state=true) | accumulate(2) | heavy_ball(lr=0.05)",
];

/// Whether a rule wants gradients from elsewhere after five calls.
pub(crate) fn looks_ahead(spec: &str) -> bool {
    ["lookahead=true", "sam(", "schedule_free"].iter().any(|part| spec.contains(part))
}
