//! Spectra known in closed form, and rates of convergence predicted and measured.

use thalweg_function::{Program, Shape, Var, trace};
use thalweg_solve::{
    Closure, Extremes, Handwritten, Method, Options, Quadrature, Rate, SolveError, Traced,
    extreme_eigenvalues, measured_order, measured_rate, minimize, predicted_rate, spectral_density,
    tuned_methods,
};

/// ½ Σ dᵢ xᵢ², with its products only.
fn diagonal(d: &[f64]) -> Handwritten<'_, f64> {
    Handwritten::new(d.len(), move |x: &[f64], gradient: &mut [f64]| {
        gradient.iter_mut().zip(x).zip(d).for_each(|((g, x), d)| *g = d * x);
        0.5 * x.iter().zip(gradient.iter()).map(|(x, g)| x * g).sum::<f64>()
    })
    .with_hessian_vector(move |_, v, product| {
        product.iter_mut().zip(v).zip(d).for_each(|((p, v), d)| *p = d * v);
    })
}

fn bowl(d: &[f64]) -> Program {
    trace([Shape::from([d.len()])], |x| (0.5 * Var::array([d.len()], d) * x[0] * x[0]).sum(..)).unwrap()
}

#[test]
fn the_ends_of_a_spectrum_of_a_hundred_thousand_eigenvalues_are_found() {
    // 0.01 and 100, the others even in their logarithms from 0.02 to 50; one of them negative in the second case.
    let n = 100_000;
    let even = |i: i32| 0.02 * 2500.0_f64.powf(f64::from(i) / f64::from(n - 1));
    let mut d: Vec<f64> = (0..n).map(even).collect();
    (d[7], d[777]) = (0.01, 100.0);
    let at = vec![0.0; d.len()];
    let spectrum = extreme_eigenvalues(&mut diagonal(&d), &at, &Extremes::default()).unwrap();
    assert!(spectrum.converged, "{spectrum:?}");
    assert!((spectrum.smallest.value / 0.01 - 1.0).abs() < 1e-5, "{spectrum:?}");
    assert!((spectrum.largest.value / 100.0 - 1.0).abs() < 1e-5, "{spectrum:?}");
    assert!((spectrum.condition_number().unwrap() / 1e4 - 1.0).abs() < 1e-4, "{spectrum:?}");
    assert!((spectrum.lr_max().unwrap() - 0.02).abs() < 1e-6, "{spectrum:?}");
    d[n as usize / 2] = -3.0;
    let spectrum = extreme_eigenvalues(&mut diagonal(&d), &at, &Extremes::default()).unwrap();
    assert!((spectrum.smallest.value + 3.0).abs() < 1e-5, "{spectrum:?}");
    assert_eq!((spectrum.condition_number(), spectrum.lr_max()), (None, None));
}

#[test]
fn the_ends_of_the_laplacian_are_those_of_its_closed_form() {
    // ½ Σ (xᵢ₊₁ − xᵢ)² with x₀ = xₙ₊₁ = 0: eigenvalues 2 − 2cos(kπ/(n + 1)).
    let n = 2000;
    let chain = trace([Shape::from([n])], |x| {
        let x = x[0];
        let inner = x.slice(0, 1..) - x.slice(0, ..n - 1);
        0.5 * ((inner * inner).sum(..)
            + (x.slice(0, ..1).pow(2.0)).sum(..)
            + (x.slice(0, n - 1..).pow(2.0)).sum(..))
    })
    .unwrap();
    let exact = |k: usize| 2.0 - 2.0 * (std::f64::consts::PI * k as f64 / (n + 1) as f64).cos();
    let mut objective = Traced::<f64>::new(&chain).unwrap();
    let spectrum = extreme_eigenvalues(&mut objective, &vec![0.0; n], &Extremes::default()).unwrap();
    assert!(spectrum.converged, "{spectrum:?}");
    assert!((spectrum.smallest.value / exact(1) - 1.0).abs() < 1e-5, "{spectrum:?} {}", exact(1));
    assert!((spectrum.largest.value / exact(n) - 1.0).abs() < 1e-9, "{spectrum:?}");
    // Half of the eigenvalues lie below 2, a third below 1; their mean is 2, that of their squares 6 − 2/n.
    let options = Quadrature { vectors: 16, ..Quadrature::default() };
    let density = spectral_density(&mut objective, &vec![0.0; n], &options).unwrap();
    assert!((density.share_up_to(2.0) - 0.5).abs() < 0.02, "{}", density.share_up_to(2.0));
    assert!((density.share_up_to(1.0) - 1.0 / 3.0).abs() < 0.02, "{}", density.share_up_to(1.0));
    assert!((density.mean(|eigenvalue| eigenvalue) - 2.0).abs() < 0.03);
    assert!((density.mean(|eigenvalue| eigenvalue * eigenvalue) - 6.0).abs() < 0.12);
    let places: Vec<f64> = (0..=1000).map(|k| -2.0 + 8.0 * f64::from(k) / 1000.0).collect();
    let whole = density.at(&places, 0.1).iter().sum::<f64>() * 8.0 / 1000.0;
    assert!((whole - 1.0).abs() < 1e-6, "{whole}");
}

#[test]
fn a_spectrum_that_needs_more_products_than_allowed_says_so() {
    let d: Vec<f64> = (0..1000).map(|i| f64::from(i + 1).powi(2)).collect();
    let few = Extremes { products: 10, ..Extremes::default() };
    let spectrum = extreme_eigenvalues(&mut diagonal(&d), &[0.0; 1000], &few).unwrap();
    assert!(!spectrum.converged && spectrum.products == 10);
    assert!(spectrum.smallest.value >= 1.0 && spectrum.largest.value <= 1e6 * (1.0 + 1e-12));
    assert!(spectrum.smallest.error > 0.0 && spectrum.largest.error > 0.0);
}

#[test]
fn what_has_no_products_or_no_point_is_refused() {
    let mut blind = Closure::new(2, |x: &[f64]| x[0], |_: &[f64], g: &mut [f64]| g.fill(1.0));
    let refused = |result: Result<(), SolveError>| result.unwrap_err().to_string();
    let ends = extreme_eigenvalues(&mut blind, &[0.0, 0.0], &Extremes::default()).map(|_| ());
    assert!(refused(ends).contains("Hessian-vector products"));
    let d = [1.0, 2.0];
    let none = Quadrature { vectors: 0, ..Quadrature::default() };
    let density = spectral_density(&mut diagonal(&d), &[0.0, 0.0], &none).map(|_| ());
    assert_eq!(refused(density), "vectors must be at least 1, found 0");
    let short = extreme_eigenvalues(&mut diagonal(&d), &[0.0], &Extremes::default()).map(|_| ());
    assert!(refused(short).contains("found 1 coordinates"));
}

/// The gradient's norms over a run from ones on a bowl whose eigenvalues are 1 to 50.
fn norms(method: &Method, steps: usize) -> Vec<f64> {
    let d: Vec<f64> = (0..50).map(|i| f64::from(i + 1)).collect();
    let options = Options { method: method.clone(), steps, history: true, ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(&bowl(&d)).unwrap(), &[1.0; 50], &options).unwrap();
    solution.history.unwrap().gradient_norm
}

#[test]
fn measured_rates_on_a_quadratic_are_the_predicted_ones() {
    for (method, tolerance) in [
        ("sgd(lr=0.03)", 1e-6),
        // The largest eigenvalue rules.
        ("sgd(lr=0.0398)", 1e-6),
        ("sgd(lr=0.03, momentum=0.3)", 1e-6),
        ("heavy_ball(lr=0.03, momentum=0.3)", 1e-6),
        ("sgd(lr=0.03, momentum=0.3, dampening=0.5)", 1e-6),
        ("nesterov(lr=0.02, momentum=0.3)", 1e-6),
        ("sgd(lr=0.02, momentum=0.3, nesterov=true)", 1e-6),
        // Complex roots: the norm swings.
        ("heavy_ball(lr=0.03, momentum=0.9)", 3e-3),
        ("nesterov(lr=0.02, momentum=0.9)", 3e-3),
        // More than 1: it diverges.
        ("sgd(lr=0.041)", 1e-6),
        ("newton(damping=2)", 1e-6),
    ] {
        let method: Method = method.parse().unwrap();
        let Some(Rate::Linear(predicted)) = predicted_rate(&method, 1.0, 50.0) else { panic!("{method}") };
        let measured = measured_rate(&norms(&method, 1500)).unwrap();
        assert!((measured - predicted).abs() < tolerance, "{method}: {measured} {predicted}");
    }
}

#[test]
fn the_best_hyperparameters_have_the_best_rates() {
    let root = 50.0_f64.sqrt();
    let best = [49.0 / 51.0, (root - 1.0) / (root + 1.0), 1.0 - 2.0 / 151.0_f64.sqrt()];
    let tuned = tuned_methods(1.0, 50.0);
    assert_eq!(tuned.len(), 3);
    for (tuned, best) in tuned.iter().zip(best) {
        let factor = |method: &Method| predicted_rate(method, 1.0, 50.0).unwrap().factor();
        assert!((tuned.rate.factor() - best).abs() < 1e-12, "{tuned:?}");
        assert!((factor(&tuned.method) - best).abs() < 1e-6, "{tuned:?}: {}", factor(&tuned.method));
        // A double root: the distance falls as k·factorᵏ.
        let measured = measured_rate(&norms(&tuned.method, 1000)).unwrap();
        assert!((measured - best).abs() < 0.04, "{tuned:?}: {measured}");
    }
    assert!((tuned[0].rate.steps_for_a_digit() - 57.56).abs() < 0.01);
    assert!(tuned_methods(-1.0, 2.0).is_empty() && predicted_rate(&tuned[0].method, 0.0, 1.0).is_none());
}

#[test]
fn conjugate_gradients_stay_below_their_bound_and_newtons_method_is_of_second_order() {
    let cg: Method = "cg".parse().unwrap();
    let Some(Rate::AtMost(bound)) = predicted_rate(&cg, 1.0, 50.0) else { panic!() };
    let measured = measured_rate(&norms(&cg, 1000)).unwrap();
    assert!(measured < bound + 0.02, "{measured} {bound}");

    let newton: Method = "newton".parse().unwrap();
    assert_eq!(predicted_rate(&newton, 1.0, 1.0), Some(Rate::Quadratic));
    let options = Options { method: newton, steps: 8, history: true, ..Options::default() };
    let f = trace(1, |x| x[0].exp() - x[0]).unwrap();
    let solution = minimize(&mut Traced::<f64>::new(&f).unwrap(), &[0.7], &options).unwrap();
    let order = measured_order(&solution.history.unwrap().gradient_norm).unwrap();
    assert!((order - 2.0).abs() < 0.1, "{order}");
    assert!((measured_order(&norms(&"sgd(lr=0.03)".parse().unwrap(), 300)).unwrap() - 1.0).abs() < 1e-3);
}

#[test]
fn schedules_and_rules_that_scale_each_component_have_no_predicted_rate() {
    for method in [
        "adam(lr=0.1)",
        "sgd(lr=cosine(init=0.1, steps=100))",
        "sgd(lr=0.1, weight_decay=0.1)",
        "clip_by_global_norm(1.0) | sgd(lr=0.1)",
        "lbfgs",
    ] {
        assert_eq!(predicted_rate(&method.parse().unwrap(), 1.0, 6.0), None, "{method}");
    }
    assert_eq!(predicted_rate(&"bfgs".parse().unwrap(), 1.0, 6.0), Some(Rate::Superlinear));
    assert_eq!(measured_rate(&[1.0, 0.5]), None);
}
