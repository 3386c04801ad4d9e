//! Analysis of points whose curvature is known in closed form.

use thalweg_function::trace;
use thalweg_solve::{Closure, Kind, Traced, analyze, gradient_check};

use crate::functions::{quadratic, rosenbrock, rotation};

#[test]
fn the_turned_quadratic_has_the_spectrum_it_was_made_from() {
    let analysis = analyze(&quadratic(), &[0.0, 0.0]).unwrap();
    assert!((analysis.eigenvalues[0] - 1.0).abs() < 1e-14 && (analysis.eigenvalues[1] - 6.0).abs() < 1e-14);
    let r = rotation();
    // Columns with their largest component positive: (cos, sin) and (−sin, cos).
    for (found, exact) in analysis.eigenvectors.iter().zip(r.as_flattened()) {
        assert!((found - exact).abs() < 1e-14);
    }
    assert_eq!(analysis.kind, Kind::Minimum);
    assert!((analysis.condition_number - 6.0).abs() < 1e-13);
    assert!((analysis.lr_optimal.unwrap() - 0.285_714_285_714_285_7).abs() < 1e-15);
    assert!((analysis.lr_max.unwrap() - 1.0 / 3.0).abs() < 1e-15);
}

#[test]
fn the_rates_follow_from_the_spectrum_away_from_the_minimum_too() {
    let analysis = analyze(&quadratic(), &[9.5, -1.0]).unwrap();
    assert_eq!(analysis.kind, Kind::NotCritical);
    assert!((analysis.lr_optimal.unwrap() - 2.0 / 7.0).abs() < 1e-15);
    assert!(analysis.gradient_check.max_rel_error < 1e-8);
}

#[test]
fn minima_maxima_saddles_and_degenerate_points_are_told_apart() {
    let kind = |a: f64, b: f64| {
        let f = trace(2, |x| a * x[0].pow(2.0) + b * x[1].pow(2.0)).unwrap();
        let analysis = analyze(&f, &[0.0, 0.0]).unwrap();
        assert_eq!(analysis.lr_max.is_some(), analysis.kind == Kind::Minimum);
        analysis.kind.as_str()
    };
    assert_eq!(kind(1.0, 3.0), "minimum");
    assert_eq!(kind(-1.0, -3.0), "maximum");
    assert_eq!(kind(1.0, -3.0), "saddle");
    assert_eq!(kind(1.0, 0.0), "degenerate");
    assert_eq!(kind(0.0, 0.0), "degenerate");
    assert_eq!(analyze(&rosenbrock(), &[-1.2, 1.0]).unwrap().kind.as_str(), "not critical");
}

#[test]
fn a_wrong_gradient_is_found_out() {
    let mut wrong = Closure::new(1, |x: &[f64]| x[0].powi(3), |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    let check = gradient_check(&mut wrong, &[2.0]).unwrap();
    // 4 instead of 12.
    assert!((check.max_abs_error - 8.0).abs() < 1e-8 && (check.max_rel_error - 2.0 / 3.0).abs() < 1e-8);
}

#[test]
fn right_gradients_pass_in_both_precisions() {
    let f = trace(2, |x| (x[0] * x[1]).sin() + x[0].exp()).unwrap();
    let double = gradient_check(&mut Traced::<f64>::new(&f).unwrap(), &[0.3, 1.2]).unwrap();
    assert!(double.max_rel_error < 1e-9, "{double:?}");
    let single = gradient_check(&mut Traced::<f32>::new(&f).unwrap(), &[0.3, 1.2]).unwrap();
    assert!(single.max_rel_error < 1e-3, "{single:?}");
}

#[test]
fn a_gradient_that_is_not_a_number_gives_an_error_that_is_not_one() {
    let f = trace(1, |x| x[0].sqrt()).unwrap();
    let check = gradient_check(&mut Traced::<f64>::new(&f).unwrap(), &[-1.0]).unwrap();
    assert!(check.max_abs_error.is_nan() && check.max_rel_error.is_nan());
    let analysis = analyze(&f, &[-1.0]).unwrap();
    assert_eq!(analysis.kind, Kind::NotCritical);
    assert!(analysis.eigenvalues[0].is_nan() && analysis.lr_max.is_none());
}
