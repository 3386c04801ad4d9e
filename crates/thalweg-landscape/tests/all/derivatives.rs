//! Derivatives against finite differences and against formulas worked out by hand.

use thalweg_landscape::{Landscape, RandomState};

use crate::{SPECS, assert_close, gradient_at, hessian_at, landscape, value_at};

/// Points all over the landscape's box.
fn points(landscape: &Landscape, count: usize) -> Vec<Vec<f64>> {
    let mut random = RandomState::seed(1);
    let mut point =
        || landscape.bounds().iter().map(|(low, high)| low + (high - low) * random.random()).collect();
    (0..count).map(|_| point()).collect()
}

#[test]
fn every_gradient_agrees_with_central_differences() {
    let h = 1e-4;
    for spec in SPECS {
        let landscape = landscape(spec);
        for x in points(&landscape, 20) {
            let found = gradient_at(&landscape, &x);
            for (i, found) in found.into_iter().enumerate() {
                let at = |steps: f64| {
                    let mut x = x.clone();
                    x[i] += steps * h;
                    value_at(&landscape, &x)
                };
                let difference = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h);
                let tolerance = 1e-9 * (1.0 + found.abs()) + 1e-11 * value_at(&landscape, &x).abs();
                assert!((found - difference).abs() <= tolerance, "{spec} at {x:?}: {found}, {difference}");
            }
        }
    }
}

#[test]
fn values_agree_with_40_digit_arithmetic() {
    // mpmath 1.3.0.
    let x = [1.0, 0.5, -2.0];
    assert!((value_at(&landscape("ackley(dim=3)"), &x) - 5.9720297798871).abs() < 1e-14);
    assert!((value_at(&landscape("rastrigin(dim=3)"), &x) - 25.25).abs() < 1e-14);
}

#[test]
fn the_default_quadratic_is_the_matrix_of_the_notebook_on_momentum() {
    // Printed there with eight decimals.
    let q = hessian_at(&landscape("quadratic"), &[0.3, -0.7]);
    for (found, printed) in q.iter().zip([1.19030117, -0.95670858, -0.95670858, 5.80969883]) {
        assert!((found - printed).abs() <= 0.5e-8, "{found}, {printed}");
    }
}

#[test]
fn the_gradient_and_hessian_of_a_quadratic_are_qx_and_q() {
    let q = [2.0, 1.0, 0.0, 1.0, 3.0, -1.0, 0.0, -1.0, 4.0];
    let quadratic = landscape("quadratic(matrix=[[2, 1, 0], [1, 3, -1], [0, -1, 4]])");
    let x = [1.5, -2.0, 0.25];
    assert_eq!(gradient_at(&quadratic, &x), [1.0, -4.75, 3.0]);
    assert_eq!(hessian_at(&quadratic, &x), q);
}

#[test]
fn the_hessian_of_rosenbrock_is_the_one_worked_out_by_hand() {
    for (dim, variant) in [(2, "chained"), (5, "chained"), (6, "even")] {
        let rosenbrock = landscape(&format!("rosenbrock(dim={dim}, variant={variant})"));
        for x in points(&rosenbrock, 5) {
            let mut expected = vec![0.0; dim * dim];
            for i in (0..dim - 1).step_by(if variant == "even" { 2 } else { 1 }) {
                expected[i * dim + i] += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
                expected[(i + 1) * dim + i + 1] += 200.0;
                expected[i * dim + i + 1] = -400.0 * x[i];
                expected[(i + 1) * dim + i] = -400.0 * x[i];
            }
            assert_close(&hessian_at(&rosenbrock, &x), &expected, 1e-15, rosenbrock.name());
        }
    }
}

#[test]
fn the_derivatives_of_wells_are_those_worked_out_by_hand() {
    // f = −Σ c E with E = exp(−|r|²/w²), r = x − μ:  ∇f = Σ 2cE r/w²,  ∇²f = Σ 2cE (I − 2 r rᵀ/w²)/w².
    for (count, dim, seed) in [(8, 2, 0), (5, 3, 9)] {
        let wells = landscape(&format!("wells(wells={count}, dim={dim}, seed={seed})"));
        let mut random = RandomState::seed(seed);
        let depths = random.uniform(0.0, 1.0, count);
        let centres: Vec<f64> = (0..count * dim).map(|_| random.randn()).collect();
        let widths = random.uniform(0.0, 1.0, count);
        let total: f64 = depths.iter().sum();
        for x in points(&wells, 10) {
            let (mut value, mut gradient, mut hessian) = (0.0, vec![0.0; dim], vec![0.0; dim * dim]);
            for ((c, centre), w) in depths.iter().zip(centres.chunks(dim)).zip(&widths) {
                let r: Vec<f64> = x.iter().zip(centre).map(|(x, m)| x - m).collect();
                let squares: f64 = r.iter().map(|r| r * r).sum();
                let well = c / total * (-squares / (w * w)).exp();
                value -= well;
                for i in 0..dim {
                    gradient[i] += 2.0 * well * r[i] / (w * w);
                    for j in 0..dim {
                        let identity = if i == j { 1.0 } else { 0.0 };
                        hessian[i * dim + j] +=
                            2.0 * well * (identity - 2.0 * r[i] * r[j] / (w * w)) / (w * w);
                    }
                }
            }
            let tolerance = 1e-12;
            assert_close(&[value_at(&wells, &x)], &[value], tolerance, "value");
            assert_close(&gradient_at(&wells, &x), &gradient, tolerance, "gradient");
            assert_close(&hessian_at(&wells, &x), &hessian, tolerance, "Hessian");
        }
    }
}
