//! `thalweg analyze`: many variables, rates of convergence, the density of eigenvalues.

use std::fs;

use serde_json::Value;

use crate::support::{folder, json, numbers, run, run_in};

/// ½ Σ (xᵢ₊₁ − xᵢ)² over a chain with both ends held at 0, whose eigenvalues are 2 − 2cos(kπ/(n + 1)).
fn chain(n: usize) -> (String, String) {
    let mut terms = vec!["x1^2".to_owned(), format!("x{n}^2")];
    terms.extend((1..n).map(|i| format!("(x{}-x{i})^2", i + 1)));
    (format!("({})/2", terms.join("+")), vec!["0"; n].join(","))
}

#[test]
fn many_variables_are_analysed_by_the_ends_of_their_spectrum() {
    let (n, (function, at)) = (400, chain(400));
    let result = json(&["analyze", &function, "--at", &at, "--json"]);
    let exact = |k: f64| 2.0 - 2.0 * (std::f64::consts::PI * k / (n + 1) as f64).cos();
    let ends = numbers(&result["extreme_eigenvalues"]);
    assert!((ends[0] / exact(1.0) - 1.0).abs() < 1e-5, "{ends:?} {}", exact(1.0));
    assert!((ends[1] / exact(f64::from(n)) - 1.0).abs() < 1e-6, "{ends:?}");
    assert_eq!((result["kind"].as_str(), result["converged"].as_bool()), (Some("minimum"), Some(true)));
    let condition = result["condition_number"].as_f64().expect("a number");
    assert!((condition / (exact(f64::from(n)) / exact(1.0)) - 1.0).abs() < 1e-4, "{condition}");
    assert!(result.get("hessian").is_none());

    let ran = run(&["analyze", &function, "--at", &at, "--products", "20"]);
    assert!(ran.out.contains("20 Hessian-vector products, not converged"), "{}", ran.out);
}

#[test]
fn measured_rates_stand_beside_the_predicted_ones() {
    let arguments = ["analyze", "x^2 + 9*y^2", "--at", "0,0", "--rate"];
    let all = ["sgd(lr=0.02)", "--rate", "newton", "--rate", "cg", "--rate", "adam(lr=0.001)"];
    let result = json(&[&arguments[..], &all, &["--json"]].concat());
    let rates = result["rates"].as_array().expect("an array");
    // Eigenvalues 2 and 18: 1 − 0.02·2.
    assert!((rates[0]["predicted"].as_f64().expect("a number") - 0.96).abs() < 1e-12);
    assert!((rates[0]["measured"].as_f64().expect("a number") - 0.96).abs() < 1e-6, "{}", rates[0]);
    assert_eq!(rates[1]["predicted"], "quadratic");
    assert!(rates[2]["bound"] == true && (rates[2]["predicted"].as_f64() == Some(0.5)), "{}", rates[2]);
    assert_eq!(rates[3]["predicted"], Value::Null);
    let best = result["best"].as_array().expect("an array");
    let found: Vec<f64> = best.iter().map(|best| best["rate"].as_f64().expect("a number")).collect();
    for (found, exact) in found.iter().zip([0.8, 0.5, 1.0 - 2.0 / 28.0_f64.sqrt()]) {
        assert!((found - exact).abs() < 1e-12, "{found} {exact}");
    }
    let ran = run(&[&arguments[..], &all].concat());
    for words in ["best for this curvature", "steps for a digit", "predicted rate", "at most 0.5", "0.96"] {
        assert!(ran.out.contains(words), "{words} is not in\n{}", ran.out);
    }
}

#[test]
fn the_density_of_eigenvalues_is_drawn() {
    let folder = folder();
    let arguments = ["analyze", "x^2 + 9*y^2", "--at", "0,0", "--out", "d.svg", "--density", "d.html"];
    assert_eq!(run_in(folder.path(), &arguments).code, 0);
    let svg = fs::read_to_string(folder.path().join("d.svg")).expect("the file");
    assert!(svg.contains("eigenvalue") && svg.contains("density"));
    assert!(folder.path().join("d.html").exists());
}

#[test]
fn a_landscape_is_analysed_at_its_start_and_at_its_minimum() {
    let at = |more: &[&str]| numbers(&json(&[&["analyze", "rosenbrock", "--json"], more].concat())["at"]);
    assert_eq!(at(&[]), at(&["--at", "start"]));
    assert_eq!(at(&["--at", "minimum"]), [1.0, 1.0]);
    for (arguments, says) in [
        (&["analyze", "x^2"][..], "--at: an expression has no start of its own; give a point of x"),
        (&["analyze", "x^2", "--at", "0", "--rate", "adm"], "did you mean `adam`?"),
        (&["analyze", "x^2", "--at", "0", "--out", "d.csv"], "one of .html .svg .png"),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
}
