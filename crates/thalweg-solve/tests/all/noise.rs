//! Noise in the gradient: its moments, and that a seed reproduces it.

use thalweg_function::trace;
use thalweg_solve::{Bounds, Options, minimize_many, random_starts};

/// With f = 0, one step of descent at rate 1 moves a start by minus its noise.
fn kicks(noise: f64, seed: u64, count: usize) -> Vec<f64> {
    let flat = trace(3, |x| 0.0 * x[0]).unwrap();
    let starts = random_starts::<f64>(&Bounds::all(0.0, 0.0).unwrap(), 3, count, 0).unwrap();
    let options =
        Options { method: "sgd(lr=1)".parse().unwrap(), steps: 1, noise, seed, ..Options::default() };
    let ends = minimize_many(&flat, &starts, &options).unwrap();
    (0..count).flat_map(|i| ends.x(i).to_vec()).collect()
}

#[test]
fn noise_has_mean_zero_and_the_standard_deviation_asked_for() {
    let kicks = kicks(0.2, 0, 50_000);
    let n = kicks.len() as f64;
    let mean = kicks.iter().sum::<f64>() / n;
    let variance = kicks.iter().map(|k| k * k).sum::<f64>() / n;
    // Five standard errors of the mean and of the variance of a normal distribution.
    assert!(mean.abs() < 5.0 * 0.2 / n.sqrt(), "{mean}");
    assert!((variance - 0.04).abs() < 5.0 * 0.04 * (2.0 / n).sqrt(), "{variance}");
}

#[test]
fn components_and_starts_get_independent_noise() {
    let kicks = kicks(1.0, 3, 50_000);
    let n = kicks.len() as f64;
    for lag in [1, 2, 3, 6] {
        let covariance = kicks.iter().zip(&kicks[lag..]).map(|(a, b)| a * b).sum::<f64>() / n;
        assert!(covariance.abs() < 5.0 / n.sqrt(), "lag {lag}: {covariance}");
    }
}

#[test]
fn a_seed_reproduces_its_noise_and_another_seed_does_not() {
    assert_eq!(kicks(0.5, 1, 100), kicks(0.5, 1, 100));
    assert_ne!(kicks(0.5, 1, 100), kicks(0.5, 2, 100));
}

#[test]
fn noise_differs_from_step_to_step() {
    let flat = trace(1, |x| 0.0 * x[0]).unwrap();
    let options = Options { noise: 1.0, ..crate::functions::options("sgd(lr=1)", 100) };
    let mut objective = thalweg_solve::Traced::<f64>::new(&flat).unwrap();
    let history = thalweg_solve::minimize(&mut objective, &[0.0], &options).unwrap().history.unwrap();
    let mut kicks: Vec<f64> = history.x.windows(2).map(|pair| pair[1] - pair[0]).collect();
    kicks.sort_by(f64::total_cmp);
    kicks.dedup();
    assert_eq!(kicks.len(), 100);
}

#[test]
fn langevin_descent_in_a_parabola_settles_at_its_stationary_variance() {
    // x ← (1 − α)x − ασz is an autoregression of variance (ασ)²/(1 − (1 − α)²).
    let parabola = trace(1, |x| 0.5 * x[0].pow(2.0)).unwrap();
    let starts = random_starts::<f64>(&Bounds::all(-1.0, 1.0).unwrap(), 1, 20_000, 0).unwrap();
    let options =
        Options { method: "sgd(lr=0.1)".parse().unwrap(), steps: 200, noise: 0.2, ..Options::default() };
    let ends = minimize_many(&parabola, &starts, &options).unwrap();
    let variance = (0..20_000).map(|i| ends.x(i)[0].powi(2)).sum::<f64>() / 20_000.0;
    let exact = 0.02_f64.powi(2) / (1.0 - 0.9 * 0.9);
    assert!((variance / exact - 1.0).abs() < 5.0 * (2.0_f64 / 20_000.0).sqrt(), "{variance} {exact}");
}
