//! NIST's regressions: the sums and deviations at the certified parameters are the certified ones.

use thalweg_function::jacobian;
use thalweg_landscape::{Difficulty, Landscape, Set};

use crate::{check_gradient, hessian_at, landscape, run, value_at};

fn regressions() -> impl Iterator<Item = Landscape> {
    Set::Nist.problems().into_iter().map(landscape)
}

/// Half a unit of the eleventh digit, to which NIST rounds.
fn rounding(number: f64) -> f64 {
    0.5 * 10_f64.powf(number.abs().log10().floor() - 10.0)
}

#[test]
fn the_sums_of_squares_at_the_certified_parameters_are_the_certified_ones() {
    for landscape in regressions() {
        let regression = landscape.regression().unwrap();
        let b = &regression.parameters;
        let found = value_at(&landscape, b);
        // To second order, what half a unit in the last digit of each parameter adds. It matters for Lanczos1, whose residuals
        // are as small as that.
        let h = hessian_at(&landscape, b);
        let n = b.len();
        let added: f64 =
            (0..n * n).map(|k| 0.5 * (h[k] * rounding(b[k / n]) * rounding(b[k % n])).abs()).sum();
        let tolerance = 2e-10 * regression.sum_of_squares + added;
        assert!(
            (found - regression.sum_of_squares).abs() <= tolerance,
            "{}: {found:e}, certified {:e}, tolerance {tolerance:e}",
            regression.name,
            regression.sum_of_squares
        );
        assert!(
            regression.name == "Lanczos1" || added <= 1e-9 * regression.sum_of_squares,
            "{}",
            regression.name
        );
    }
}

#[test]
fn the_deviations_that_follow_from_the_jacobian_are_the_certified_ones() {
    for landscape in regressions() {
        let regression = landscape.regression().unwrap();
        let freedom = regression.degrees_of_freedom() as f64;
        let deviation = (regression.sum_of_squares / freedom).sqrt();
        let certified = regression.residual_deviation;
        assert!((deviation - certified).abs() <= 1e-9 * certified, "{}: {deviation}", regression.name);

        let b = &regression.parameters;
        let j = run(&jacobian(landscape.residuals().unwrap()).unwrap(), b);
        let found = inverse_diagonal(&j, b.len()).into_iter().map(|d| deviation * d.sqrt());
        for (found, certified) in found.zip(&regression.deviations) {
            assert!(
                (found - certified).abs() <= 1e-8 * certified,
                "{}: {found}, {certified}",
                regression.name
            );
        }
    }
}

/// The diagonal of (JᵀJ)⁻¹: J = QR with columns scaled to length 1, orthogonalised twice.
fn inverse_diagonal(j: &[f64], n: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let columns = (0..n).map(|c| j[c..].iter().step_by(n).copied().collect::<Vec<_>>());
    let (mut q, mut r, mut scales) = (Vec::<Vec<f64>>::new(), vec![vec![0.0; n]; n], Vec::new());
    for (c, mut column) in columns.enumerate() {
        let scale = dot(&column, &column).sqrt();
        for x in &mut column {
            *x /= scale;
        }
        for _ in 0..2 {
            for (k, q) in q.iter().enumerate() {
                let along = dot(q, &column);
                r[k][c] += along;
                column.iter_mut().zip(q).for_each(|(x, q)| *x -= along * q);
            }
        }
        r[c][c] = dot(&column, &column).sqrt();
        for x in &mut column {
            *x /= r[c][c];
        }
        q.push(column);
        scales.push(scale);
    }
    // The rows of R⁻¹, whose lengths are wanted.
    let row = |i: usize| {
        let mut row = vec![0.0; n];
        for k in i..n {
            let sum: f64 = (i..k).map(|l| row[l] * r[l][k]).sum();
            row[k] = (if k == i { 1.0 } else { 0.0 } - sum) / r[k][k];
        }
        dot(&row, &row) / (scales[i] * scales[i])
    };
    (0..n).map(row).collect()
}

#[test]
fn the_difficulties_are_nists() {
    let count = |wanted| {
        let of = regressions().filter(|landscape| landscape.regression().unwrap().difficulty == wanted);
        of.count()
    };
    assert_eq!([Difficulty::Lower, Difficulty::Average, Difficulty::Higher].map(count), [8, 11, 8]);
}

#[test]
fn the_second_start_is_the_nearer_one() {
    let far = landscape("bennett5");
    let near = landscape("bennett5(start=2)");
    assert_eq!(far.start(), [-2000.0, 50.0, 0.8]);
    assert_eq!(near.start(), [-1500.0, 45.0, 0.85]);
    assert!(value_at(&near, near.start()) < value_at(&far, far.start()));
}

#[test]
fn observations_are_read_whole() {
    // The numbers of observations, in NIST's order.
    let observations = [
        14, 54, 214, 24, 250, 250, 6, 14, 151, 236, 128, 33, 24, 24, 250, 14, 14, 25, 168, 11, 37, 6, 9, 16,
        35, 15, 154,
    ];
    let found: Vec<_> =
        regressions().map(|landscape| landscape.residuals().unwrap().output_count()).collect();
    assert_eq!(found, observations);
    let nelson = landscape("nelson");
    let regression = nelson.regression().unwrap();
    assert_eq!(regression.names, ["x1", "x2"]);
    assert_eq!((regression.response[0], regression.predictors[1][0]), (15_f64.ln(), 180.0));
}

#[test]
fn gradients_agree_with_differences() {
    for landscape in regressions() {
        let regression = landscape.regression().unwrap();
        for x in &regression.starts {
            check_gradient(landscape.program(), x, regression.name);
        }
    }
}
