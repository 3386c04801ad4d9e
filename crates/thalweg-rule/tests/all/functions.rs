//! Gradients by hand, the same as in `fixtures/make_pytorch.py`, and runs of optimisers on them.

use thalweg_rule::{Optimizer, Real, Rule};

pub(crate) type Gradient = fn(&[f64], &mut [f64]);

pub(crate) fn named(name: &str) -> Gradient {
    match name {
        "ellipse" => ellipse,
        "rosenbrock" => rosenbrock,
        "quartic" => quartic,
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

pub(crate) fn rule<F: Real>(text: &str, dim: usize, lanes: usize) -> Box<dyn Rule<F>> {
    Optimizer::parse(text)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
        .rule(dim, lanes)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// One step of a rule from the gradient where the rule wants it.
pub(crate) fn descend(rule: &mut dyn Rule<f64>, gradient: Gradient, x: &mut [f64]) {
    let mut point = x.to_vec();
    rule.evaluation_point(x, &mut point);
    let mut g = vec![0.0; x.len()];
    gradient(&point, &mut g);
    rule.step(x, &g).unwrap();
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
    "clip_by_value(0.3)",
    "clip_by_global_norm(0.5)",
    "clip_by_global_norm(0.5) | adam(lr=0.1)",
    "sgd(lr=0.1) | clip_by_global_norm(0.01) | add_decayed_weights(0.1) | clip_by_global_norm(0.02) | scale(0.5)",
];
