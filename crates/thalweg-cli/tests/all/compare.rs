//! `thalweg compare`: a table, a figure with every trace.

use crate::support::{folder, json, run_in};

#[test]
fn without_options_a_usual_set_is_compared_and_the_figure_is_written() {
    let folder = folder();
    let ran = run_in(folder.path(), &["compare", "rosenbrock"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "figure: compare.html\n"));
    let rows: Vec<&str> = ran.out.lines().filter(|line| line.ends_with("max_steps")).collect();
    assert!(rows.len() >= 7, "{}", ran.out);
    for name in
        ["sgd(", "momentum=0.9", "nesterov=true", "adagrad(", "rmsprop(", "adam(", "amsgrad=true", "newton("]
    {
        assert!(rows.iter().any(|row| row.contains(name)), "{name}");
    }
    let html = std::fs::read_to_string(folder.path().join("compare.html")).expect("the figure");
    assert!(html.contains("rmsprop(lr="));
}

#[test]
fn the_usual_set_does_not_diverge_on_any_landscape_with_a_minimum() {
    for function in [
        "sphere",
        "ellipse",
        "quadratic",
        "rosenbrock",
        "beale",
        "himmelblau",
        "rastrigin",
        "ackley",
        "wells",
    ] {
        let result = json(&["compare", function, "--json"]);
        for one in result["results"].as_array().expect("results") {
            assert_ne!(one["runs"][0]["status"], "diverged", "{function}: {}", one["optimizer"]);
        }
    }
}

#[test]
fn no_figure_is_written_with_json_with_no_figure_or_when_other_files_are_asked_for() {
    for more in [&["--json"][..], &["--no-figure"], &["--out", "table.csv"]] {
        let folder = folder();
        let mut arguments = vec!["compare", "sphere", "-o", "newton"];
        arguments.extend(more);
        assert_eq!(run_in(folder.path(), &arguments).code, 0);
        assert!(!folder.path().join("compare.html").exists(), "{more:?}");
    }
}

#[test]
fn many_starts_are_compared_by_their_lowest_and_median_values() {
    let folder = folder();
    let ran = run_in(folder.path(), &["compare", "ackley", "--starts", "50", "--out", "c.svg"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("lowest") && ran.out.contains("median") && ran.out.contains("from 50 starts"));
}
