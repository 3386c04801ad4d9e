//! The known minima are minima.

use crate::{SPECS, gradient_at, hessian_at, landscape, value_at};

#[test]
fn the_gradient_vanishes_at_every_known_minimum() {
    for spec in SPECS {
        let landscape = landscape(spec);
        for minimum in landscape.minima() {
            for component in gradient_at(&landscape, &minimum.x) {
                // Half a last place of a coordinate, times the curvature of Himmelblau's function, is 3e-14.
                assert!(component.abs() <= 1e-13, "{spec} at {:?}: {component}", minimum.x);
            }
        }
    }
}

#[test]
fn the_value_at_every_known_minimum_is_the_stated_one() {
    for spec in SPECS {
        let landscape = landscape(spec);
        for minimum in landscape.minima() {
            let value = value_at(&landscape, &minimum.x);
            assert!((value - minimum.value).abs() <= 1e-26, "{spec} at {:?}: {value}", minimum.x);
        }
    }
}

#[test]
fn the_value_is_larger_a_step_away_in_every_direction() {
    for spec in SPECS {
        let landscape = landscape(spec);
        for minimum in landscape.minima() {
            for i in 0..landscape.dim() {
                for step in [-1e-3, 1e-3] {
                    let mut x = minimum.x.clone();
                    x[i] += step;
                    assert!(value_at(&landscape, &x) > minimum.value, "{spec} at {x:?}");
                }
            }
        }
    }
}

#[test]
fn landscapes_without_known_minima_list_none() {
    for spec in ["saddle", "wells", "quadratic(eigenvalues=[1, -1])", "quadratic(matrix=[[1, 2], [2, 1]])"] {
        assert_eq!(landscape(spec).minima(), [], "{spec}");
    }
    assert_eq!(landscape("quadratic(matrix=[[1, 2], [2, 5]])").minima().len(), 1);
}

#[test]
fn ackley_has_gradient_zero_and_a_finite_hessian_exactly_at_its_tip() {
    for dim in [1, 2, 7] {
        let ackley = landscape(&format!("ackley(dim={dim})"));
        let origin = vec![0.0; dim];
        assert_eq!(gradient_at(&ackley, &origin), origin);
        assert!(hessian_at(&ackley, &origin).iter().all(|entry| entry.is_finite()));
    }
}

#[test]
fn ackley_keeps_its_slope_next_to_its_tip() {
    // f' = 4 + (4 π² e − 0.8) x + O(x²) in one variable.
    for x in [1e-9, 1e-15, 1e-150] {
        let slope = gradient_at(&landscape("ackley(dim=1)"), &[x])[0];
        assert!((slope - 4.0 - 106.5 * x).abs() < 1e-10, "{slope} at {x}");
    }
}
