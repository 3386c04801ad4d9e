//! Rules with random numbers: what they add, and that it depends on nothing but its place.

use thalweg_rule::Optimizer;

use crate::functions::{rule, scattered};

/// The normal numbers of a seed, step by step: the noise alone, subtracted from 0.
fn normals(seed: u64, dim: usize, steps: usize) -> Vec<Vec<f64>> {
    let mut noise = rule(&format!("add_noise(eta=1, gamma=0, seed={seed})"), dim, 1);
    let mut next = |_| {
        let mut x = vec![0.0; dim];
        noise.step(&mut x, &vec![0.0; dim]).unwrap();
        x.iter().map(|x| -x).collect()
    };
    (0..steps).map(&mut next).collect()
}

#[test]
fn noisy_descent_is_its_formula_with_the_normal_numbers_of_its_seed() {
    let mut noisy = rule("noisy_sgd(lr=0.1, eta=0.5, gamma=0.7, seed=3)", 9, 1);
    let mut langevin = rule("sgld(lr=0.1, temperature=0.25, seed=3)", 9, 1);
    let (mut x, mut y) = (scattered(9, 1), scattered(9, 1));
    let (mut expected_x, mut expected_y) = (x.clone(), y.clone());
    for (step, normals) in normals(3, 9, 60).iter().enumerate() {
        let g = scattered(9, step as u64 + 2);
        noisy.step(&mut x, &g).unwrap();
        langevin.step(&mut y, &g).unwrap();
        let amplitude = (0.5 / (step as f64 + 1.0).powf(0.7)).sqrt();
        for j in 0..9 {
            expected_x[j] -= 0.1 * (g[j] + amplitude * normals[j]);
            expected_y[j] -= 0.1 * g[j] + (2.0 * 0.1 * 0.25_f64).sqrt() * normals[j];
        }
        for (found, expected) in x.iter().zip(&expected_x).chain(y.iter().zip(&expected_y)) {
            assert!((found - expected).abs() < 1e-12, "step {step}: {found}, not {expected}");
        }
    }
}

#[test]
fn langevin_dynamics_sample_a_gaussian_with_its_means_variances_and_correlation() {
    // f = ½ xᵀ A x at temperature ½: step by step Σ = M Σ M + lr I with M = I − lr A, so Σ = lr (I − M²)⁻¹.
    let (a, b, c, lr) = (2.0, -0.8, 1.0, 0.05);
    let chains = 4000;
    let mut langevin = rule("sgld(lr=0.05, temperature=0.5)", 2, chains);
    let (mut x, mut g) = (vec![0.0; 2 * chains], vec![0.0; 2 * chains]);
    for _ in 0..300 {
        for i in 0..chains {
            let (u, v) = (x[i], x[chains + i]);
            (g[i], g[chains + i]) = (a * u + b * v, b * u + c * v);
        }
        langevin.step(&mut x, &g).unwrap();
    }
    let (p, q, r) = (1.0 - lr * a, -lr * b, 1.0 - lr * c);
    let (k, l, m) = (1.0 - p * p - q * q, -(p * q + q * r), 1.0 - q * q - r * r);
    let determinant = (k * m - l * l) / lr;
    let expected = [m / determinant, -l / determinant, k / determinant];
    let (u, v) = x.split_at(chains);
    let mean = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / chains as f64;
    let found = [mean(u, u), mean(u, v), mean(v, v)];
    let spread = expected[0].max(expected[2]) * (2.0 / chains as f64).sqrt();
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 4.0 * spread, "{found}, not {expected}");
    }
    for column in [u, v] {
        let mean = column.iter().sum::<f64>() / chains as f64;
        assert!(mean.abs() < 4.0 * (expected[0].max(expected[2]) / chains as f64).sqrt(), "mean {mean}");
    }
}

#[test]
fn problems_have_noise_by_their_numbers_however_the_set_is_divided() {
    let optimizer = Optimizer::parse("noisy_sgd(lr=1, eta=1)").unwrap();
    let run = |lanes: usize, first: u64| {
        let mut rule = optimizer.rule_from::<f64>(3, lanes, first).unwrap();
        let mut x = vec![0.0; 3 * lanes];
        (0..5).for_each(|_| rule.step(&mut x, &vec![0.0; 3 * lanes]).unwrap());
        x
    };
    let (all, some) = (run(10, 0), run(4, 5));
    for (j, i) in (0..3).flat_map(|j| (0..4).map(move |i| (j, i))) {
        assert_eq!(some[j * 4 + i], all[j * 10 + 5 + i], "parameter {j} of problem {}", 5 + i);
    }
}
