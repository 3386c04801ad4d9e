//! The problems of Moré, Garbow and Hillstrom against what is published of them.

use thalweg_landscape::{Landscape, Set};

use crate::{check_gradient, gradient_at, hessian_at, landscape, run, value_at};

/// The Euclidean norm of the residuals at the start, as the test programs of MINPACK-1 print it (Moré, Garbow and Hillstrom, *User
/// guide for MINPACK-1*, ANL-80-74, 1980).
const NORMS_AT_START: [(&str, f64); 26] = [
    ("linear_full_rank(dim=5, residuals=10)", 0.5000000e1),
    ("linear_full_rank(dim=5, residuals=50)", 0.8062258e1),
    ("linear_rank_one(dim=5, residuals=10)", 0.2915218e3),
    ("linear_rank_one(dim=5, residuals=50)", 0.3101600e4),
    ("linear_rank_one_zeros(dim=5, residuals=10)", 0.1260397e3),
    ("linear_rank_one_zeros(dim=5, residuals=50)", 0.1748950e4),
    ("rosenbrock", 0.4919350e1),
    ("helical_valley", 0.5000000e2),
    ("powell_singular", 0.1466288e2),
    ("freudenstein_roth", 0.2001250e2),
    ("bard", 0.6456136e1),
    ("kowalik_osborne", 0.7289151e-1),
    ("meyer", 0.4115347e5),
    ("watson(dim=6)", 0.5477226e1),
    ("watson(dim=9)", 0.5477226e1),
    ("watson(dim=12)", 0.5477226e1),
    ("box3d", 0.3211158e2),
    ("jennrich_sampson", 0.6458563e2),
    ("brown_dennis", 0.2815438e4),
    ("chebyquad(dim=1)", 0.0),
    ("chebyquad(dim=8)", 0.1965139),
    ("chebyquad(dim=9)", 0.1699499),
    ("chebyquad(dim=10)", 0.1837478),
    ("brown_almost_linear(dim=10)", 0.1653022e2),
    ("osborne1", 0.9375640),
    ("osborne2", 0.1446865e1),
];

/// The values at the start where MINPACK has none: its formulas worked out by hand, or as S2MPJ 1.0 (the CUTEst problems as Python, Gratton
/// and Toint 2024) computes them.
const VALUES_AT_START: [(&str, f64); 15] = [
    ("powell_badly_scaled", 1.1352617173483783),
    ("brown_badly_scaled", 999998000003.0),
    ("beale", 14.203125),
    ("gaussian", 3.888106991166684e-6),
    ("gulf", 12.110705825569488),
    ("wood", 19192.0),
    ("biggs_exp6", 0.7790700756559702),
    ("penalty1", 885.06264),
    ("penalty2", 2.3400088054630244),
    ("variably_dimensioned", 2198551.1625),
    ("rosenbrock(dim=10, variant=even)", 121.0),
    ("broyden_tridiagonal", 21.0),
    ("broyden_banded", 360.0),
    ("discrete_integral_equation(dim=12)", 0.07460638666338941),
    ("discrete_boundary_value(dim=10)", 7.885191012648227e-4),
];

/// The values of the minima in the order of [`Landscape::minima`], as the paper prints them to six digits.
const VALUES_AT_MINIMA: [(&str, &[f64]); 45] = [
    ("rosenbrock", &[0.0]),
    ("freudenstein_roth", &[0.0, 48.9842]),
    ("powell_badly_scaled", &[0.0]),
    ("brown_badly_scaled", &[0.0]),
    ("beale", &[0.0]),
    ("jennrich_sampson", &[124.362]),
    ("helical_valley", &[0.0]),
    ("bard", &[8.21487e-3]),
    ("gaussian", &[1.12793e-8]),
    ("meyer", &[87.9458]),
    ("gulf", &[0.0]),
    ("box3d", &[0.0, 0.0, 0.0]),
    ("powell_singular", &[0.0]),
    ("wood", &[0.0]),
    ("kowalik_osborne", &[3.07505e-4]),
    ("brown_dennis", &[85822.2]),
    ("osborne1", &[5.46489e-5]),
    ("biggs_exp6", &[0.0, 5.65565e-3]),
    ("osborne2", &[4.01377e-2]),
    ("watson(dim=6)", &[2.28767e-3]),
    ("watson(dim=9)", &[1.39976e-6]),
    ("watson(dim=12)", &[4.72238e-10]),
    ("rosenbrock(dim=10, variant=even)", &[0.0]),
    ("powell_singular(dim=12)", &[0.0]),
    ("penalty1(dim=4)", &[2.24997e-5]),
    ("penalty1(dim=10)", &[7.08765e-5]),
    ("penalty2(dim=4)", &[9.37629e-6]),
    ("penalty2(dim=10)", &[2.93660e-4]),
    ("variably_dimensioned", &[0.0]),
    ("trigonometric", &[0.0, 2.79506e-5]),
    ("brown_almost_linear", &[0.0, 0.0, 1.0]),
    ("discrete_boundary_value", &[0.0]),
    ("discrete_integral_equation", &[0.0]),
    ("broyden_tridiagonal", &[0.0]),
    ("broyden_banded", &[0.0]),
    ("linear_full_rank(dim=5, residuals=10)", &[5.0]),
    ("linear_rank_one(dim=5, residuals=10)", &[2.142857142857143]),
    ("linear_rank_one_zeros(dim=5, residuals=10)", &[3.6470588235294117]),
    ("chebyquad(dim=1)", &[0.0]),
    ("chebyquad(dim=2)", &[0.0]),
    ("chebyquad(dim=5)", &[0.0]),
    ("chebyquad(dim=7)", &[0.0]),
    ("chebyquad(dim=8)", &[3.51687e-3]),
    ("chebyquad(dim=9)", &[0.0]),
    ("chebyquad(dim=10)", &[4.77271e-3, 6.50395e-3]),
];

fn value_of_residuals(landscape: &Landscape, x: &[f64]) -> f64 {
    run(landscape.residuals().expect("a sum of squares"), x).iter().map(|r| r * r).sum()
}

#[test]
fn the_residuals_at_the_start_have_the_norms_that_minpack_prints() {
    for (spec, norm) in NORMS_AT_START {
        let landscape = landscape(spec);
        let found = value_at(&landscape, landscape.start()).sqrt();
        assert!((found - norm).abs() <= 1e-7 * norm * 5.1, "{spec}: {found}, {norm}");
    }
}

#[test]
fn the_values_at_the_other_starts_are_those_of_another_implementation() {
    for (spec, value) in VALUES_AT_START {
        let landscape = landscape(spec);
        let found = value_at(&landscape, landscape.start());
        assert!((found - value).abs() <= 1e-13 * value, "{spec}: {found}, {value}");
    }
}

#[test]
fn every_problem_is_the_sum_of_the_squares_of_its_residuals() {
    assert_eq!(Set::MoreGarbowHillstrom.problems().len(), 35);
    for spec in Set::MoreGarbowHillstrom.problems() {
        let landscape = landscape(spec);
        for x in [landscape.start().to_vec(), landscape.start().iter().map(|x| 0.9 * x + 0.01).collect()] {
            let (value, squares) = (value_at(&landscape, &x), value_of_residuals(&landscape, &x));
            assert!((value - squares).abs() <= 1e-14 * value, "{spec}: {value}, {squares}");
        }
    }
}

#[test]
fn the_minima_have_the_published_values() {
    for (spec, values) in VALUES_AT_MINIMA {
        let landscape = landscape(spec);
        assert_eq!(landscape.minima().len(), values.len(), "{spec}");
        for (minimum, value) in landscape.minima().iter().zip(values) {
            // The paper cuts digits off where it does not round.
            assert!((minimum.value - value).abs() <= 1e-5 * value, "{spec}: {}, {value}", minimum.value);
            let found = value_at(&landscape, &minimum.x);
            assert!(
                (found - minimum.value).abs() <= 1e-11 * value + 3e-14 * value.sqrt() + 1e-27,
                "{spec}: {found}, {}",
                minimum.value
            );
        }
    }
}

#[test]
fn values_at_infinity_are_approached() {
    let bard = landscape("bard");
    assert!((value_at(&bard, &[0.84066666, -1e9, -1e9]) - bard.infima()[0]).abs() < 1e-4);
    // The proportions of x1, x3 and x4 that are best on the way to infinity, by SciPy 1.16.
    let kowalik = landscape("kowalik_osborne");
    let far = -1e9;
    let x = [-0.02209593581487444 * far, -14.075883362893507, far, 0.6238013422843502 * far];
    assert!((value_at(&kowalik, &x) - kowalik.infima()[0]).abs() < 1e-8);
}

#[test]
fn gradients_vanish_at_the_minima_as_far_as_coordinates_are_rounded() {
    for (spec, _) in VALUES_AT_MINIMA {
        let landscape = landscape(spec);
        let n = landscape.dim();
        for minimum in landscape.minima() {
            let (gradient, hessian) =
                (gradient_at(&landscape, &minimum.x), hessian_at(&landscape, &minimum.x));
            for (gradient, row) in gradient.iter().zip(hessian.chunks(n)) {
                let rounding: f64 = row.iter().zip(&minimum.x).map(|(h, x)| (h * x).abs()).sum();
                // Residuals are rounded too: those of Brown and Dennis are in the hundreds.
                let tolerance =
                    1e-15 * rounding + 1e-12 * minimum.value.sqrt() * minimum.value.max(1.0).sqrt() + 1e-26;
                assert!(gradient.abs() <= tolerance, "{spec}: {gradient}, {tolerance}");
            }
        }
    }
}

#[test]
fn no_curvature_at_a_minimum_is_negative() {
    for (spec, _) in VALUES_AT_MINIMA {
        let landscape = landscape(spec);
        let n = landscape.dim();
        for minimum in landscape.minima() {
            let h = hessian_at(&landscape, &minimum.x);
            let scale: Vec<f64> =
                (0..n).map(|i| h[i * n + i].sqrt()).map(|d| if d > 0.0 { d } else { 1.0 }).collect();
            let mut shifted: Vec<f64> = (0..n * n).map(|k| h[k] / (scale[k / n] * scale[k % n])).collect();
            (0..n).for_each(|i| shifted[i * n + i] += 1e-9);
            for j in 0..n {
                let pivot = shifted[j * n + j];
                assert!(pivot > 0.0, "{spec}: {pivot} in column {j}");
                for i in j + 1..n {
                    let factor = shifted[i * n + j] / pivot;
                    (j..n).for_each(|k| shifted[i * n + k] -= factor * shifted[j * n + k]);
                }
            }
        }
    }
}

#[test]
fn gradients_agree_with_differences() {
    for spec in Set::MoreGarbowHillstrom.problems() {
        let landscape = landscape(spec);
        let beside: Vec<f64> = landscape.start().iter().map(|x| 0.93 * x + 0.02).collect();
        for x in [landscape.start(), &beside] {
            check_gradient(landscape.program(), x, spec);
        }
    }
}

#[test]
fn sizes_that_a_problem_does_not_have_are_refused() {
    let refusal = |spec: &str| Landscape::parse(spec).expect_err(spec).to_string();
    assert!(refusal("powell_singular(dim=6)").ends_with("dim must be a multiple of 4, found 6"));
    assert!(refusal("watson(dim=32)").ends_with("must be a whole number from 2 to 31, found 32"));
    assert!(refusal("linear_rank_one(dim=5, residuals=4)").contains("from 5 to 100000, found 4"));
    assert!(refusal("wood(dim=4)").ends_with("has no option `dim`; its options: none"));
}
