//! The loops that one would write by hand, with the gradient derived by hand: what a library adds is measured against them.

use super::{ADAM_LR, BETA1, BETA2, EPS, End, GD_LR, gradient, value};

pub(crate) fn gradient_descent(mut x: [f64; 2], steps: usize) -> End {
    let mut best = value(&x);
    let mut best_x = x;
    for _ in 0..steps {
        let g = gradient(&x);
        for (x, g) in x.iter_mut().zip(g) {
            *x -= GD_LR * g;
        }
        remember(&mut best, &mut best_x, x);
    }
    std::hint::black_box(best_x);
    End { x, best }
}

pub(crate) fn adam(mut x: [f64; 2], steps: usize) -> End {
    let mut best = value(&x);
    let mut best_x = x;
    let (mut m, mut v) = ([0.0; 2], [0.0; 2]);
    // 1 − βᵗ by its recursion; the powers themselves would become denormal, and slow, after 7000 steps.
    let (mut bias1, mut bias2) = (0.0, 0.0);
    for _ in 0..steps {
        let g = gradient(&x);
        bias1 = BETA1 * bias1 + (1.0 - BETA1);
        bias2 = BETA2 * bias2 + (1.0 - BETA2);
        let rate = ADAM_LR / bias1;
        let correction = 1.0 / f64::sqrt(bias2);
        for i in 0..2 {
            m[i] = BETA1 * m[i] + (1.0 - BETA1) * g[i];
            v[i] = BETA2 * v[i] + (1.0 - BETA2) * g[i] * g[i];
            x[i] -= rate * m[i] / (f64::sqrt(v[i]) * correction + EPS);
        }
        remember(&mut best, &mut best_x, x);
    }
    std::hint::black_box(best_x);
    End { x, best }
}

fn remember(best: &mut f64, best_x: &mut [f64; 2], x: [f64; 2]) {
    let value = value(&x);
    if value < *best {
        *best = value;
        *best_x = x;
    }
}
