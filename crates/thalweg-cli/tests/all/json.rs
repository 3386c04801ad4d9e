//! What `--json` prints.

use serde_json::Value;

use crate::support::{folder, json, numbers, run, run_in};

const ROSENBROCK: &str = "(1-x)^2 + 100*(y-x^2)^2";

/// The places of keys in a text, which must be ascending: JSON objects keep their order here.
fn in_order(text: &str, keys: &[&str]) {
    let places: Vec<usize> = keys
        .iter()
        .map(|key| text.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("no key {key}")))
        .collect();
    assert!(places.is_sorted(), "{keys:?} at {places:?} in {text}");
}

#[test]
fn minimize_prints_the_fields_of_the_contract_in_their_order() {
    let ran = run(&["minimize", "rosenbrock", "--steps", "50", "--history", "--json"]);
    in_order(&ran.out, &["thalweg", "function", "variables", "optimizer", "seed", "runs"]);
    in_order(
        &ran.out,
        &["start", "status", "x", "value", "gradient_norm", "steps", "evaluations", "seconds", "history"],
    );
    in_order(&ran.out, &["evaluations", "hessian", "hessian_vector"]);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(result["thalweg"], "0.1.0");
    assert_eq!(result["function"], "rosenbrock(dim=2)");
    assert_eq!(result["variables"], serde_json::json!(["x1", "x2"]));
    assert_eq!(result["seed"], 0);
    let run = &result["runs"][0];
    assert_eq!(numbers(&run["start"]), [-1.2, 1.0]);
    assert_eq!(run["status"], "max_steps");
    assert_eq!(run["steps"], 50);
    assert_eq!(run["evaluations"]["hessian"], 0);
}

#[test]
fn a_history_has_steps_plus_one_entries_with_the_start_first_and_is_absent_unless_asked_for() {
    let result = json(&["minimize", "rosenbrock", "--steps", "7", "--history", "--json"]);
    let history = &result["runs"][0]["history"];
    for field in ["x", "value", "gradient_norm"] {
        assert_eq!(history[field].as_array().map(Vec::len), Some(8), "{field}");
    }
    // f(-1.2, 1) = 24.2 and |gradient| = |(-215.6, -88)| (More, Garbow and Hillstrom, 1981, problem 1).
    assert_eq!(numbers(&history["x"][0]), [-1.2, 1.0]);
    assert!((numbers(&history["value"])[0] - 24.2).abs() < 1e-13);
    assert!((numbers(&history["gradient_norm"])[0] - 215.6_f64.hypot(88.0)).abs() < 1e-12);
    assert!(json(&["minimize", "rosenbrock", "--json"])["runs"][0].get("history").is_none());
}

#[test]
fn numbers_read_back_to_the_same_bits() {
    // Gradient descent by hand with the same roundings: x <- x - 0.1 * 2x.
    let result = json(&[
        "minimize",
        "x^2",
        "--start",
        "0.1",
        "--optimizer",
        "sgd(lr=0.1)",
        "--steps",
        "9",
        "--history",
        "--json",
    ]);
    let mut x = 0.1_f64;
    for (step, row) in result["runs"][0]["history"]["x"].as_array().expect("rows").iter().enumerate() {
        assert_eq!(numbers(row)[0].to_bits(), x.to_bits(), "step {step}");
        x -= 0.1 * (x + x);
    }
}

#[test]
fn what_is_not_finite_is_null() {
    let result = json(&["minimize", "log(x)", "--start", "-1", "--json"]);
    assert_eq!(result["runs"][0]["value"], Value::Null);
    assert_eq!(result["runs"][0]["status"], "diverged");
}

#[test]
fn fifty_steps_are_fifty_steps_unless_a_tolerance_is_given() {
    let steps = |more: &[&str]| {
        let mut arguments =
            vec!["minimize", "sphere", "--optimizer", "sgd(lr=0.5)", "--steps", "50", "--json"];
        arguments.extend(more);
        let result = json(&arguments);
        (result["runs"][0]["steps"].as_u64(), result["runs"][0]["status"].clone())
    };
    assert_eq!(steps(&[]), (Some(50), "max_steps".into()));
    assert_eq!(steps(&["--grad-tol", "1e-6"]), (Some(1), "converged_gradient".into()));
    assert_eq!(steps(&["--value-tol", "1e-9"]), (Some(2), "converged_value".into()));
    assert_eq!(steps(&["--step-tol", "1e-9"]), (Some(2), "converged_step".into()));
}

#[test]
fn what_is_printed_back_parses_to_the_same_thing() {
    for optimizer in
        ["adam(lr=0.1)", "clip_by_global_norm(1.0) | adam(lr=cosine(init=0.1, steps=1000))", "newton"]
    {
        let first = json(&["minimize", "ackley(dim=3)", "--optimizer", optimizer, "--steps", "5", "--json"]);
        let (function, repr) =
            (first["function"].as_str().expect("text"), first["optimizer"].as_str().expect("text"));
        let second = json(&["minimize", function, "--optimizer", repr, "--steps", "5", "--json"]);
        assert_eq!(first["optimizer"], second["optimizer"]);
        assert_eq!(first["runs"][0]["x"], second["runs"][0]["x"]);
    }
}

#[test]
fn many_starts_are_many_runs_from_the_box_and_more_starts_are_the_same_and_more() {
    let starts = |n: &str| {
        json(&["minimize", ROSENBROCK, "--starts", n, "--box", "-3..-1,0..2", "--steps", "2", "--json"])["runs"].clone()
    };
    let (few, more) = (starts("5"), starts("300"));
    assert_eq!(more.as_array().map(Vec::len), Some(300));
    for (i, run) in few.as_array().expect("runs").iter().enumerate() {
        let start = numbers(&run["start"]);
        assert!((-3.0..=-1.0).contains(&start[0]) && (0.0..=2.0).contains(&start[1]), "{start:?}");
        assert_eq!(run["x"], more[i]["x"]);
    }
}

#[test]
fn named_and_repeated_starts_constants_and_variables_are_understood() {
    let result = json(&[
        "minimize",
        "(y-a)^2 + b*x^2",
        "--vars",
        "x,y",
        "--let",
        "a=1.5,b=2",
        "--start",
        "y=-1,x=3",
        "--start",
        "-1,2",
        "--optimizer",
        "newton",
        "--steps",
        "1",
        "--json",
    ]);
    assert_eq!(result["variables"], serde_json::json!(["x", "y"]));
    assert_eq!(numbers(&result["runs"][0]["start"]), [3.0, -1.0]);
    assert_eq!(numbers(&result["runs"][1]["x"]), [0.0, 1.5]);
    assert_eq!(result["constants"]["b"], 2.0);
}

#[test]
fn one_and_two_threads_and_a_second_run_give_the_same_bits() {
    let runs = |threads: &str| {
        let mut result = json(&[
            "minimize",
            "ackley",
            "--starts",
            "2000",
            "--noise",
            "0.2",
            "--seed",
            "3",
            "--steps",
            "20",
            "--threads",
            threads,
            "--json",
        ]);
        for run in result["runs"].as_array_mut().expect("runs") {
            run["seconds"] = Value::Null;
        }
        result
    };
    let one = runs("1");
    assert_eq!(one, runs("2"));
    assert_eq!(one, runs("1"));
}

#[test]
fn single_precision_results_are_single_precision_numbers() {
    let result = json(&["minimize", "rosenbrock", "--f32", "--steps", "10", "--json"]);
    for x in numbers(&result["runs"][0]["x"]) {
        assert_eq!(f64::from(x as f32).to_bits(), x.to_bits());
    }
}

#[test]
fn bounds_and_constraints_are_kept() {
    let bounded = json(&["minimize", "(x-3)^2", "--start", "0", "--bounds", "-1..1", "--json"]);
    assert_eq!(numbers(&bounded["runs"][0]["x"]), [1.0]);
    let sphere = json(&["minimize", "x + y", "--start", "1,0", "--constraint", "sphere(radius=2)", "--json"]);
    let x = numbers(&sphere["runs"][0]["x"]);
    assert!((x[0].hypot(x[1]) - 2.0).abs() < 1e-12);
    let held = json(&[
        "minimize",
        "x^2 + y^2",
        "--start",
        "1,0",
        "--optimizer",
        "sgd(lr=0.1)",
        "--steps",
        "500",
        "--constraint",
        "multiplier(\"x + y - 1\")",
        "--json",
    ]);
    // The point of x + y = 1 nearest the origin is (1/2, 1/2), with the multiplier -1.
    assert!((numbers(&held["runs"][0]["x"])[0] - 0.5).abs() < 1e-6);
    assert!((held["runs"][0]["multiplier"].as_f64().expect("a number") + 1.0).abs() < 1e-6);
}

#[test]
fn without_an_optimizer_bounds_and_sets_go_by_what_is_chosen_and_plain_functions_by_adam() {
    // Below x = 1/2 the valley y = x² is lowest at its end: (1/2, 1/4). On the circle x + y is least at −√2·(1, 1). On the simplex
    // λ/2 = x = 2y = 4z.
    let sqrt2 = std::f64::consts::SQRT_2;
    let valley = ["rosenbrock", "--bounds=-2..0.5"];
    let circle = ["x + y", "--start", "1,0", "--constraint", "sphere(radius=2)"];
    let simplex = ["x^2 + 2*y^2 + 4*z^2", "--start", "0,0,0", "--constraint", "simplex"];
    for (arguments, method, at) in [
        (&valley[..], "lbfgsb(", &[0.5, 0.25][..]),
        (&circle[..], "projected_gradient(", &[-sqrt2, -sqrt2][..]),
        (&simplex[..], "spg(", &[4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0][..]),
    ] {
        let arguments = [&["minimize"], arguments].concat();
        let result = json(&[&arguments[..], &["--json"]].concat());
        assert_eq!(result["optimizer"], "auto");
        let one = &result["runs"][0];
        assert!(one["chosen"]["optimizer"].as_str().is_some_and(|text| text.starts_with(method)), "{one}");
        let x = numbers(&one["x"]);
        assert!(x.iter().zip(at).all(|(x, at)| (x - at).abs() < 1e-5), "{method}: {x:?}");
        let text = run(&arguments).out;
        assert!(text.contains(method) && text.contains("because"), "{text}");
    }
    let noisy = json(&["minimize", "rosenbrock", "--bounds=-2..0.5", "--noise", "0.1", "--json"]);
    assert!(
        noisy["runs"][0]["chosen"]["optimizer"].as_str().is_some_and(|text| text.starts_with("adam(lr=0.1"))
    );
    let plain = json(&["minimize", "rosenbrock", "--json"]);
    assert!(plain["optimizer"].as_str().is_some_and(|text| text.starts_with("adam(lr=0.1")));
    assert!(plain["runs"][0].get("chosen").is_none());
    // Many starts choose once, and say so.
    let many = run(&["minimize", "himmelblau", "--starts", "8", "--bounds=-1..1"]).out;
    assert!(many.matches("lbfgsb(").count() == 1 && many.contains("because"), "{many}");
}

#[test]
fn penalties_and_sets_have_methods_of_their_own() {
    let run = |function: &str, start: &str, method: &str, key: &str, value: &str| {
        json(&["minimize", function, "--start", start, "-o", method, key, value, "--json"])
    };
    let lasso = run("(x-3)^2/2 + (y-0.5)^2/2", "0,0", "fista", "--penalty", "l1(1)");
    let x = numbers(&lasso["runs"][0]["x"]);
    assert!((x[0] - 2.0).abs() < 1e-8 && x[1] == 0.0, "{x:?}");
    assert!((lasso["runs"][0]["value"].as_f64().expect("a number") - 2.625).abs() < 1e-8);
    let shares = run("x^2 + 2*y^2 + 4*z^2", "0,0,0", "auto", "--constraint", "simplex");
    assert!((numbers(&shares["runs"][0]["x"])[0] - 4.0 / 7.0).abs() < 1e-6);
}

#[test]
fn landscapes_bring_their_constraints_and_results_their_multipliers() {
    // Problem 71 of Hock and Schittkowski: its equation, its inequality and its bounds.
    let result = json(&["minimize", "hs71", "--json"]);
    let run = &result["runs"][0];
    assert_eq!(run["status"], "converged_gradient");
    assert!((run["value"].as_f64().expect("a number") - 17.014_017_289).abs() < 1e-7);
    assert!(run["violation"].as_f64().expect("a number") < 1e-7);
    let multipliers = &run["multipliers"];
    assert!((numbers(&multipliers["constraints"][0])[0] + 0.161_468_6).abs() < 1e-5);
    assert!((numbers(&multipliers["constraints"][1])[0] - 0.552_293_7).abs() < 1e-5);
    assert_eq!(numbers(&multipliers["bounds"]).len(), 4);
    // The same, written out.
    let written = json(&[
        "minimize",
        "x1*x4*(x1+x2+x3) + x3",
        "--start",
        "1,5,5,1",
        "--bounds",
        "1..5",
        "--constraint",
        "x1*x2*x3*x4 >= 25",
        "--constraint",
        "x1^2 + x2^2 + x3^2 + x4^2 = 40",
        "--json",
    ]);
    assert!((written["runs"][0]["value"].as_f64().expect("a number") - 17.014_017_289).abs() < 1e-7);
    let infeasible = json(&["minimize", "x", "--start", "1", "--constraint", "x^2 <= -1", "--json"]);
    assert_eq!(infeasible["runs"][0]["status"], "infeasible");
}

#[test]
fn compare_prints_a_result_for_each_optimizer() {
    let result = json(&[
        "compare",
        "sphere",
        "--optimizer",
        "sgd(lr=0.1)",
        "--optimizer",
        "newton",
        "--steps",
        "9",
        "--json",
    ]);
    assert_eq!(result["function"], "sphere(dim=2)");
    let results = result["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    for one in results {
        assert_eq!(one["runs"][0]["steps"], 9);
        assert_eq!(one["thalweg"], "0.1.0");
    }
    assert!(results[1]["optimizer"].as_str().is_some_and(|o| o.starts_with("newton(")));
}

#[test]
fn analyze_prints_the_fields_of_the_contract_in_their_order() {
    let ran = run(&["analyze", "rosenbrock", "--at", "1,1", "--json"]);
    in_order(
        &ran.out,
        &[
            "value",
            "gradient",
            "gradient_check",
            "hessian",
            "eigenvalues",
            "eigenvectors",
            "condition_number",
            "kind",
            "lr_max",
            "lr_optimal",
        ],
    );
    in_order(&ran.out, &["max_abs_error", "max_rel_error"]);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    // The Hessian at the minimum: [[802, -400], [-400, 200]], eigenvalues 501 +- sqrt(501^2 - 400).
    assert_eq!(result["hessian"], serde_json::json!([[802.0, -400.0], [-400.0, 200.0]]));
    let root = (501.0_f64.powi(2) - 400.0).sqrt();
    let eigenvalues = numbers(&result["eigenvalues"]);
    assert!((eigenvalues[0] - (501.0 - root)).abs() < 1e-9 && (eigenvalues[1] - (501.0 + root)).abs() < 1e-9);
    assert_eq!(result["kind"], "minimum");
    assert!((result["lr_optimal"].as_f64().expect("a number") - 2.0 / 1002.0).abs() < 1e-12);
}

#[test]
fn eigenvectors_are_columns_and_learning_rates_null_without_a_positive_definite_hessian() {
    // f = 3x^2 - y^2: the smaller eigenvalue, -2, belongs to the second axis.
    let result = json(&["analyze", "3*x^2 - y^2", "--at", "0,0", "--json"]);
    assert_eq!(numbers(&result["eigenvalues"]), [-2.0, 6.0]);
    assert_eq!(result["eigenvectors"], serde_json::json!([[0.0, 1.0], [1.0, 0.0]]));
    assert_eq!(result["kind"], "saddle");
    assert!(result["lr_max"].is_null() && result["lr_optimal"].is_null());
    for (function, at, kind) in
        [("x^2", "1", "not critical"), ("-x^2", "0", "maximum"), ("x^4", "0", "degenerate")]
    {
        assert_eq!(json(&["analyze", function, "--at", at, "--json"])["kind"], kind, "{function}");
    }
}

#[test]
fn a_grid_finds_its_lowest_point() {
    let result = json(&["grid", "(x-1)^2 + (y+2)^2", "--box", "-3..3", "--points", "61", "--json"]);
    assert_eq!(numbers(&result["x"]), [1.0, -2.0]);
    assert_eq!(result["evaluations"], 61 * 61);
}

#[test]
fn a_function_may_stand_in_a_file() {
    let folder = folder();
    std::fs::write(folder.path().join("f.txt"), "(x-1)^2\n").expect("a file");
    let ran =
        run_in(folder.path(), &["minimize", "@f.txt", "--start", "0", "--optimizer", "newton", "--json"]);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((result["function"].as_str(), numbers(&result["runs"][0]["x"])), (Some("(x-1)^2"), vec![1.0]));
}

#[test]
fn what_auto_stood_for_is_said_with_its_reason() {
    let result = json(&["minimize", "rosenbrock", "-o", "auto", "--json"]);
    let chosen = &result["runs"][0]["chosen"];
    assert!(chosen["optimizer"].as_str().is_some_and(|text| text.starts_with("trust_newton(")), "{chosen}");
    assert!(chosen["reason"].as_str().is_some_and(|text| text.starts_with("2 variables: ")), "{chosen}");
    let text = run(&["minimize", "rosenbrock", "-o", "auto"]).out;
    assert!(text.contains("chosen") && text.contains("because"), "{text}");
    assert!(json(&["minimize", "rosenbrock", "-o", "lbfgs", "--json"])["runs"][0].get("chosen").is_none());
}
