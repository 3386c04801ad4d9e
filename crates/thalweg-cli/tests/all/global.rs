//! Many minima, hops between them, and runs that are saved and go on.

use crate::support::{folder, json, numbers, run, run_in};

const DOUBLE: &str = "(x^2 - 1)^2 + 0.3*x";

#[test]
fn the_distinct_minima_of_many_starts_are_listed_with_their_runs_in_text_and_json() {
    for sample in ["uniform", "sobol", "latin_hypercube"] {
        let arguments =
            ["minimize", DOUBLE, "--starts", "64", "--box", "-2..2", "-o", "bfgs", "--sample", sample];
        let result = json(&[&arguments[..], &["--json"]].concat());
        let minima = result["minima"].as_array().expect("minima");
        assert_eq!(minima.len(), 2, "{sample}");
        // Roots of 4x³ − 4x + 0.3 near ∓1: NumPy 2.4's roots.
        for (minimum, x) in minima.iter().zip([-1.0355787140888542, 0.9601495555191059]) {
            assert!((numbers(&minimum["x"])[0] - x).abs() < 1e-6, "{minimum}");
        }
        let runs = |k: usize| minima[k]["runs"].as_u64().unwrap();
        assert_eq!(runs(0) + runs(1), 64);
        assert_eq!(minima[0]["share"].as_f64().unwrap() * 64.0, runs(0) as f64);
        assert_eq!(minima[0]["converged"], minima[0]["runs"]);
        let text = run(&arguments).out;
        assert!(text.contains("minimum") && text.contains("share") && text.contains("-1.03557"), "{text}");
    }
    assert!(json(&["minimize", "rosenbrock", "--json"]).get("minima").is_none());
}

#[test]
fn sampling_is_for_many_starts_and_a_wrong_name_gets_a_suggestion() {
    let alone = run(&["minimize", "rosenbrock", "--sample", "sobol"]);
    assert!(alone.code == 2 && alone.err.contains("--starts"), "{}", alone.err);
    let misspelt = run(&["minimize", "rosenbrock", "--starts", "3", "--sample", "sobl"]);
    assert!(misspelt.code == 2 && misspelt.err.contains("did you mean `sobol`?"), "{}", misspelt.err);
}

#[test]
fn hops_find_the_lowest_minimum_of_ackley_and_say_what_they_found_on_the_way() {
    let arguments = ["minimize", "ackley(dim=3)", "--start", "4,-3,2", "--hops", "200", "-o", "lbfgs"];
    let result = json(&[&arguments[..], &["--json"]].concat());
    assert!(result["runs"][0]["value"].as_f64().unwrap() < 1e-6);
    assert_eq!(result["hops"]["made"], 200);
    let minima = result["minima"].as_array().expect("minima");
    assert!(minima.len() > 3);
    assert_eq!(minima[0]["value"], result["runs"][0]["value"]);
    let text = run(&arguments).out;
    assert!(text.contains("200 hops"), "{text}");
    for (arguments, says) in [
        (&["minimize", "x^2", "--start", "1", "--hops", "3"][..], "--box"),
        (&["minimize", "ackley", "--hops", "3", "--temperature", "-1"][..], "temperature"),
        (&["minimize", "ackley", "--hops", "3", "--starts", "3"][..], "--starts"),
        (&["minimize", "ackley", "--hops", "0"][..], "at least 1"),
    ] {
        let ran = run(arguments);
        assert!(ran.code == 2 && ran.err.contains(says), "{}", ran.err);
    }
}

#[test]
fn a_run_goes_on_from_its_checkpoint_with_the_same_bits() {
    let folder = folder();
    let run_in = |arguments: &[&str]| run_in(folder.path(), arguments);
    let long = ["minimize", "rosenbrock", "-o", "adam(lr=0.05)", "--steps", "90", "--json"];
    let whole = json(&long);
    let first = run_in(&[
        "minimize",
        "rosenbrock",
        "-o",
        "adam(lr=0.05)",
        "--steps",
        "40",
        "--checkpoint",
        "run.safetensors",
        "--checkpoint-every",
        "15",
    ]);
    assert_eq!(first.code, 0, "{}", first.err);
    let second = run_in(&[&long[..], &["--resume", "run.safetensors"]].concat());
    assert_eq!(second.code, 0, "{}", second.err);
    let second: serde_json::Value = serde_json::from_str(&second.out).unwrap();
    for field in ["start", "status", "x", "value", "gradient_norm", "steps", "evaluations"] {
        assert_eq!(second["runs"][0][field], whole["runs"][0][field], "{field}");
    }

    let other = run_in(&["minimize", "rosenbrock", "-o", "adam(lr=0.1)", "--resume", "run.safetensors"]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("run.safetensors") && other.err.contains("lr=0.05"), "{}", other.err);
    let other = run_in(&["minimize", "himmelblau", "-o", "adam(lr=0.05)", "--resume", "run.safetensors"]);
    assert!(other.code == 2 && other.err.contains("another function"), "{}", other.err);
    std::fs::write(folder.path().join("cut"), b"12345678{").unwrap();
    let cut = run_in(&["minimize", "rosenbrock", "--resume", "cut"]);
    assert!(cut.code == 2 && cut.err.contains("cut off"), "{}", cut.err);
    let missing = run_in(&["minimize", "rosenbrock", "--resume", "nothing"]);
    assert!(missing.code == 1 && missing.err.contains("nothing"), "{}", missing.err);
    let never = run_in(&["minimize", "rosenbrock", "--checkpoint", "a", "--checkpoint-every", "0"]);
    assert!(never.code == 2 && never.err.contains("--checkpoint-every"), "{}", never.err);
}

#[test]
fn evaluations_are_a_budget() {
    let result = json(&["minimize", "rosenbrock", "--max-evaluations", "25", "--json"]);
    assert_eq!(result["runs"][0]["status"], "max_evaluations");
    assert_eq!(result["runs"][0]["evaluations"]["gradient"], 25);
}

#[test]
fn functions_of_one_variable_need_an_interval_or_a_start() {
    for (optimizer, digits) in [("brent", 1e-7), ("golden_section", 1e-7), ("newton_root", 1e-15)] {
        for place in [["--bounds", "0..4"], ["--box", "0..4"], ["--start", "3"]] {
            let result = json(&["minimize", "x*log(x)", "-o", optimizer, place[0], place[1], "--json"]);
            let run = &result["runs"][0];
            assert_eq!(result["optimizer"], optimizer);
            let status = run["status"].as_str().unwrap();
            assert!(status == "converged_step" || status == "converged_gradient", "{run}");
            // 1 + ln x = 0.
            assert!((numbers(&run["x"])[0] - (-1.0_f64).exp()).abs() < digits, "{run}");
        }
    }
    let text = run(&["minimize", "x*log(x)", "-o", "brent", "--box", "0..4"]).out;
    assert!(text.contains("-0.36787944"), "{text}");
    for (arguments, says) in [
        (&["minimize", "rosenbrock", "-o", "brent"][..], "more than one variable"),
        (&["minimize", "x^2", "-o", "brent"][..], "--bounds 0..4"),
        (&["minimize", "x^2", "-o", "brent", "--bounds", "0..inf"][..], "--start 1"),
        (&["minimize", "x^2", "-o", "brent", "--start", "1", "--noise", "1"][..], "does not take noise"),
    ] {
        let ran = run(arguments);
        assert!(ran.code == 2 && ran.err.contains(says), "{}", ran.err);
    }
}

#[test]
fn methods_of_one_variable_are_listed_compared_and_chosen() {
    let list = run(&["list", "optimizers"]).out;
    assert!(["brent", "golden_section", "newton_root"].iter().all(|name| list.contains(name)), "{list}");
    let methods = ["brent", "golden_section", "newton_root", "lbfgs"];
    let arguments: Vec<&str> = ["compare", "exp(x) - 5*x", "--start", "0", "--json"]
        .into_iter()
        .chain(methods.iter().flat_map(|m| ["-o", *m]))
        .collect();
    let result = json(&arguments);
    for (run, method) in result["results"].as_array().unwrap().iter().zip(methods) {
        assert!((numbers(&run["runs"][0]["x"])[0] - 5.0_f64.ln()).abs() < 1e-7, "{method}: {run}");
    }
    let chosen = json(&["minimize", "exp(x) - 5*x", "--start", "0", "-o", "auto", "--json"]);
    assert_eq!(chosen["runs"][0]["chosen"]["optimizer"], "newton_root");
    assert!((numbers(&chosen["runs"][0]["x"])[0] - 5.0_f64.ln()).abs() < 1e-15);
}
