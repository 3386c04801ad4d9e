//! Options that no other library has, against plain formulas: rules whose averages are weighed otherwise.

use crate::functions::{named, rule};

/// Sixty steps on three functions, beside a step written out here: it gets the step from 1, parameter, gradient and three numbers of its own.
fn compare(spec: &str, mut step: impl FnMut(i32, f64, f64, &mut [f64; 3]) -> f64) {
    for (function, start) in [
        ("ellipse", vec![-5.0, -2.0]),
        ("rosenbrock", vec![-1.2, 1.0]),
        ("quartic", vec![1.5, -0.5, 2.5, 0.5]),
    ] {
        let mut rule = rule::<f64>(spec, start.len(), 1);
        let (mut x, mut y) = (start.clone(), start);
        let mut g = vec![0.0; x.len()];
        let mut own = vec![[0.0; 3]; x.len()];
        for t in 1..=60 {
            named(function)(&x, &mut g);
            rule.step(&mut x, &g).unwrap();
            named(function)(&y, &mut g);
            for ((y, g), own) in y.iter_mut().zip(&g).zip(&mut own) {
                *y = step(t, *y, *g, own);
            }
            for (x, y) in x.iter().zip(&y) {
                assert!(
                    (x - y).abs() <= 1e-12 * y.abs().max(1.0),
                    "{spec} on {function}, step {t}: {x}, not {y}"
                );
            }
        }
    }
}

/// Adam's averages with 0.9 and 0.99.
fn averages(g: f64, own: &mut [f64; 3]) -> (f64, f64) {
    own[0] = 0.9 * own[0] + 0.1 * g;
    own[1] = 0.99 * own[1] + 0.01 * g * g;
    (own[0], own[1])
}

#[test]
fn adam_without_bias_correction_divides_the_averages_as_they_are() {
    compare("adam(lr=0.003, beta2=0.99, bias_correction=none)", |_, x, g, own| {
        let (m, v) = averages(g, own);
        x - 0.003 * m / (v.sqrt() + 1e-8)
    });
}

#[test]
fn nesterov_without_full_correction_takes_the_mean_one_step_on() {
    compare("adam(lr=0.003, beta2=0.99, bias_correction=none, nesterov=true)", |_, x, g, own| {
        let (m, v) = averages(g, own);
        x - 0.003 * (0.9 * m + 0.1 * g) / (v.sqrt() + 1e-8)
    });
    compare("adam(lr=0.003, beta2=0.99, bias_correction=first, nesterov=true)", |_, x, g, own| {
        let (m, v) = averages(g, own);
        x - 0.003 * (0.9 * (m / 0.1) + 0.1 * (g / 0.1)) / ((v / 0.01).sqrt() + 1e-8)
    });
}

#[test]
fn amsgrad_goes_together_with_nesterov_and_decoupled_weight_decay() {
    let spec =
        "adamw(lr=0.02, beta2=0.99, eps=0.001, eps_root=0.01, weight_decay=0.2, amsgrad=true, nesterov=true)";
    compare(spec, |t, x, g, own| {
        let (m, v) = averages(g, own);
        own[2] = own[2].max(v);
        let mean = 0.9 * m / (1.0 - 0.9_f64.powi(t + 1)) + 0.1 * g / (1.0 - 0.9_f64.powi(t));
        let root = (own[2] / (1.0 - 0.99_f64.powi(t)) + 0.01).sqrt();
        x - 0.02 * (mean / (root + 0.001) + 0.2 * x)
    });
}

#[test]
fn corrected_averages_of_rmsprop_are_divided_by_the_sum_of_their_weights() {
    let spec = "rmsprop(lr=0.002, alpha=0.9, eps=0.5, eps_root=1, centered=true, new_weight=0.3, bias_correction=true)";
    compare(spec, |t, x, g, own| {
        own[0] = 0.9 * own[0] + 0.3 * g;
        own[1] = 0.9 * own[1] + 0.3 * g * g;
        let weights = 0.3 * (0..t).map(|age| 0.9_f64.powi(age)).sum::<f64>();
        let (mean, square) = (own[0] / weights, own[1] / weights);
        x - 0.002 * g / ((square - mean * mean + 1.0).sqrt() + 0.5)
    });
}

#[test]
fn weight_decay_of_signum_is_decoupled() {
    compare("signum(lr=0.0137, weight_decay=0.3)", |_, x, g, own| {
        own[0] = 0.9 * own[0] + 0.1 * g;
        x - 0.0137 * (own[0].signum() + 0.3 * x)
    });
}

#[test]
fn radam_with_nesterov_steps_from_the_mean_one_step_on_in_both_forms() {
    for before in [true, false] {
        let spec = format!(
            "radam(lr=0.0003, beta2=0.99, eps=0.01, eps_root=0.1, nesterov=true, eps_before_correction={before})"
        );
        compare(&spec, |t, x, g, own| {
            let (m, v) = averages(g, own);
            let mean = 0.9 * m / (1.0 - 0.9_f64.powi(t + 1)) + 0.1 * g / (1.0 - 0.9_f64.powi(t));
            let (power, longest) = (0.99_f64.powi(t), 199.0);
            let length = longest - 2.0 * f64::from(t) * power / (1.0 - power);
            if length <= 5.0 {
                return x - 0.0003 * mean;
            }
            let r = ((length - 4.0) * (length - 2.0) * longest
                / ((longest - 4.0) * (longest - 2.0) * length))
                .sqrt();
            let correct = 1.0 - power;
            let fraction = if before {
                correct.sqrt() / ((v + 0.1).sqrt() + 0.01)
            } else {
                1.0 / ((v / correct + 0.1).sqrt() + 0.01)
            };
            x - 0.0003 * r * mean * fraction
        });
    }
}
