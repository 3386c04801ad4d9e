//! The eager face: values at once, `backward` for gradients, as PyTorch does it.

use thalweg_function::{Tensor, Var, gradient, trace};

use crate::support::{assert_close, at, points};

fn leaf(value: f64) -> Tensor {
    Tensor::new(value).requires_grad(true)
}

#[test]
fn a_quadratic_bowl_has_the_gradient_that_pytorch_gives() {
    let (x1, x2) = (leaf(-5.0), leaf(-2.0));
    let loss = 0.1 * x1.pow(2.0) + 2.0 * x2.pow(2.0);
    assert_eq!((loss.value(), x1.grad(), x2.grad()), (10.5, None, None));
    loss.backward().unwrap();
    assert_eq!((x1.grad(), x2.grad()), (Some(-1.0), Some(-8.0)));
}

#[test]
fn gradients_add_up_until_they_are_forgotten() {
    let x = leaf(3.0);
    let loss = &x * &x;
    loss.backward().unwrap();
    loss.backward().unwrap();
    assert_eq!(x.grad(), Some(12.0));
    (&x * 5.0).backward().unwrap();
    assert_eq!(x.grad(), Some(17.0));
    x.zero_grad();
    assert_eq!(x.grad(), None);
    loss.backward().unwrap();
    assert_eq!(x.grad(), Some(6.0));
}

#[test]
fn leaves_that_do_not_ask_for_a_gradient_get_none() {
    let (x, data) = (leaf(2.0), Tensor::new(7.0));
    let loss = &x * &data;
    loss.backward().unwrap();
    assert_eq!((x.grad(), data.grad(), loss.grad()), (Some(7.0), None, None));
    let constant = &data * &data;
    constant.backward().unwrap();
    assert_eq!((constant.value(), data.grad()), (49.0, None));
}

#[test]
fn a_leaf_is_its_own_derivative() {
    let x = leaf(2.0);
    x.backward().unwrap();
    assert_eq!(x.grad(), Some(1.0));
}

#[test]
fn a_tensor_may_be_used_in_several_places() {
    let x = leaf(0.5);
    let shared = x.exp();
    let loss = &shared * &shared + &shared / &x - x.clone() * &shared;
    loss.backward().unwrap();
    let e = 0.5_f64.exp();
    // d/dx (e^2x + e^x/x − x·e^x)
    let closed = 2.0 * e * e + e / 0.5 - e / 0.25 - e - 0.5 * e;
    assert_close(&[loss.value(), x.grad().unwrap()], &[e * e + e / 0.5 - 0.5 * e, closed], 1e-14);
}

#[test]
fn a_leaf_may_be_moved_and_used_again_as_in_a_training_loop() {
    let x = leaf(10.0);
    for _ in 0..100 {
        x.zero_grad();
        let loss = (&x - 3.0).pow(2.0);
        loss.backward().unwrap();
        x.set_value(x.value() - 0.1 * x.grad().unwrap());
    }
    // The error shrinks by 1 − 2·0.1 a step.
    assert_close(&[x.value() - 3.0], &[7.0 * 0.8_f64.powi(100)], 1e-14);
}

#[test]
fn a_history_of_a_hundred_thousand_steps_needs_no_deep_stack() {
    let x = leaf(1.0);
    let mut y = x.clone();
    for k in 0..100_000 {
        y = if k % 2 == 0 { (&y * 0.5).sin() + &x } else { y.tanh() };
    }
    y.backward().unwrap();
    assert!(x.grad().is_some_and(f64::is_finite));
    let other = y.clone();
    drop(y);
    assert!(other.value().is_finite());
    drop(other);
    assert_eq!(x.value(), 1.0);
}

#[test]
fn printing_a_tensor_shows_its_value_and_not_its_history() {
    let mut y = leaf(1.0);
    for _ in 0..64 {
        y = &y + &y;
    }
    let text = format!("{y:?}");
    assert!(text.contains("1.8446744073709552e19") && text.len() < 200, "{text}");
}

#[test]
fn tensors_agree_with_the_gradient_of_the_same_closure() {
    let traced = trace(3, |v| -> Var {
        let (x, y, z) = (v[0], v[1], v[2]);
        let waves = (x * y).sin() + (y / (1.0 + z * z)).cos() - (0.5 * x).tanh();
        let bends = x.abs() * y.relu() + (1.0 + x * x).sqrt() * (1.0 + y * y).log();
        waves * z.sigmoid() + (2.0 - bends) / (-z).exp() + (1.0 + z * z).pow(1.5) - 3.0 * x / 2.0
    });
    let slope = gradient(&traced.unwrap()).unwrap();
    for p in points(100, &[(-3.0, 3.0); 3]) {
        let leaves: Vec<_> = p.iter().map(|&value| leaf(value)).collect();
        let [x, y, z] = &leaves[..] else { unreachable!("three leaves") };
        let waves = (x * y).sin() + (y / (1.0 + z * z)).cos() - (0.5 * x).tanh();
        let bends = x.abs() * y.relu() + (1.0 + x * x).sqrt() * (1.0 + y * y).log();
        let f = waves * z.sigmoid() + (2.0 - bends) / (-z).exp() + (1.0 + z * z).pow(1.5) - 3.0 * x / 2.0;
        f.backward().unwrap();
        let found: Vec<_> = leaves.iter().map(|leaf| leaf.grad().unwrap()).collect();
        assert_close(&found, &at(&slope, &p), 1e-11);
    }
}
