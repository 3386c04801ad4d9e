//! The proximal step against solutions of least squares with an L1 penalty, and the subgradient beside it.

use thalweg_rule::Rule;

use crate::functions::rule;

fn soft(y: f64, threshold: f64) -> f64 {
    y.signum() * (y.abs() - threshold).max(0.0)
}

/// Steps of a rule on `½ ‖A x − b‖²`.
fn least_squares(rule: &mut dyn Rule<f64>, a: &[[f64; 3]], b: &[f64], steps: u64) -> [f64; 3] {
    let mut x = [0.0; 3];
    for _ in 0..steps {
        let residual: Vec<f64> =
            a.iter().zip(b).map(|(row, b)| row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b).collect();
        let gradient: Vec<f64> =
            (0..3).map(|j| a.iter().zip(&residual).map(|(row, r)| row[j] * r).sum()).collect();
        rule.step(&mut x, &gradient).unwrap();
    }
    x
}

#[test]
fn a_lasso_of_orthogonal_columns_has_its_closed_form_at_every_step() {
    // With AᵀA = I, ISTA is xₖ₊₁ = soft((1 − lr) xₖ + lr Aᵀb, lr λ), which from 0 is (1 − (1 − lr)ᵏ) soft(Aᵀb, λ).
    let a = [[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
    let b = [2.0, 1.0, 0.3];
    let solution = [0.6 * 2.0 - 0.8, 0.8 * 2.0 + 0.6, 0.3].map(|c| soft(c, 0.5));
    for steps in [1, 2, 7, 40] {
        let mut ista = rule("sgd(lr=0.25) | proximal_l1(0.5, lr=0.25)", 3, 1);
        let x = least_squares(&mut *ista, &a, &b, steps);
        let part = 1.0 - 0.75_f64.powi(steps as i32);
        for (x, solution) in x.iter().zip(solution) {
            assert!((x - part * solution).abs() < 1e-15, "step {steps}: {x}, not {}", part * solution);
        }
        assert_eq!(x[0..3].iter().filter(|x| **x == 0.0).count(), 2, "step {steps}: exactly zero");
    }
}

#[test]
fn a_lasso_of_correlated_columns_ends_where_its_optimality_conditions_hold() {
    let a = [[1.0, 0.5, 0.2], [0.0, 1.0, -0.3], [0.4, 0.0, 1.0], [0.1, 0.2, 0.0]];
    let b = [1.0, -0.5, 0.4, 2.0];
    let strength = 0.4;
    for spec in [
        "sgd(lr=0.3) | proximal_l1(0.4, lr=0.3)",
        "sgd(lr=cosine(init=0.3, steps=800, final=0.2)) | proximal_l1(0.4, lr=cosine(init=0.3, steps=800, final=0.2))",
    ] {
        let x = least_squares(&mut *rule(spec, 3, 1), &a, &b, 800);
        assert!(x.contains(&0.0) && x.iter().any(|x| *x != 0.0), "{x:?}");
        for j in 0..3 {
            // The gradient of the squares is −λ sign(x), or no longer than λ where x is 0.
            let slope: f64 = a
                .iter()
                .zip(b)
                .map(|(row, b)| row[j] * (row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b))
                .sum();
            let holds = if x[j] == 0.0 {
                slope.abs() <= strength
            } else {
                (slope + strength * x[j].signum()).abs() < 1e-12
            };
            assert!(holds, "{spec}: x = {x:?}, slope {j} is {slope}");
        }
    }
}

#[test]
fn the_subgradient_descends_to_within_a_step_of_the_proximal_solution() {
    let a = [[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
    let b = [2.0, 1.0, 0.3];
    let x = least_squares(&mut *rule("l1(0.5) | sgd(lr=0.01)", 3, 1), &a, &b, 3000);
    for (x, solution) in x.iter().zip([0.0, 1.7, 0.0]) {
        assert!((x - solution).abs() <= 0.01, "{x}, not {solution}");
    }
}
