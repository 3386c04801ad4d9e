//! `--out`: every format, for every number of variables.

use std::fs;
use std::path::Path;

use crate::support::{folder, run_in};

fn written(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn check_figures(folder: &Path, name: &str) {
    assert_eq!(written(folder, &format!("{name}.png"))[1..4], *b"PNG");
    assert!(written(folder, &format!("{name}.svg")).starts_with(b"<svg"));
    assert!(written(folder, &format!("{name}.html")).starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn a_run_is_written_in_every_format_for_one_two_and_more_variables() {
    for (function, start) in
        [("x^4 - 3*x^2 + x", "1.8"), ("(1-x)^2 + 100*(y-x^2)^2", "-1.2,1"), ("x^2+y^2+2*z^2+w^2", "1,2,3,4")]
    {
        let folder = folder();
        let mut arguments =
            vec!["minimize", function, "--start", start, "--optimizer", "adam(lr=0.05)", "--steps", "40"];
        for out in
            ["--out", "r.json", "--out", "r.csv", "--out", "r.html", "--out", "r.svg", "--out", "r.png"]
        {
            arguments.push(out);
        }
        let ran = run_in(folder.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        check_figures(folder.path(), "r");
        let json: serde_json::Value =
            serde_json::from_slice(&written(folder.path(), "r.json")).expect("JSON");
        assert_eq!(json["runs"][0]["steps"], 40);
        assert!(json["runs"][0].get("history").is_none(), "the figure's history is not the result's");
        assert_eq!(String::from_utf8_lossy(&written(folder.path(), "r.csv")).lines().count(), 2);
    }
}

#[test]
fn a_csv_file_has_a_row_for_each_iterate_with_history_and_for_each_run_without() {
    let folder = folder();
    let lines = |name: &str| -> Vec<String> {
        String::from_utf8_lossy(&written(folder.path(), name)).lines().map(str::to_owned).collect()
    };
    run_in(
        folder.path(),
        &[
            "minimize",
            "sphere",
            "--start",
            "1,2",
            "--start",
            "3,4",
            "--steps",
            "5",
            "--history",
            "--out",
            "h.csv",
        ],
    );
    assert_eq!(lines("h.csv").len(), 1 + 2 * 6);
    assert_eq!(lines("h.csv")[0], "run,step,x1,x2,value,gradient_norm");
    assert!(lines("h.csv")[1].starts_with("0,0,1,2,5,"));
    run_in(folder.path(), &["minimize", "sphere", "--starts", "7", "--steps", "5", "--out", "e.csv"]);
    assert_eq!(lines("e.csv").len(), 8);
    assert!(lines("e.csv")[0].starts_with("run,status,start_x1,start_x2,x1,x2,value,gradient_norm,steps"));
    run_in(
        folder.path(),
        &["compare", "sphere", "-o", "newton", "-o", "adam(lr=0.1)", "--steps", "5", "--out", "c.csv"],
    );
    assert_eq!(lines("c.csv").len(), 3);
    assert!(lines("c.csv")[2].starts_with("adam(lr=0.1),0,max_steps"));
}

#[test]
fn many_starts_are_drawn_with_at_most_two_hundred_paths() {
    for function in ["x^4 - x^2", "himmelblau", "rastrigin(dim=3)"] {
        let folder = folder();
        let ran = run_in(
            folder.path(),
            &[
                "minimize", function, "--starts", "300", "--box", "-2..2", "--steps", "20", "--out",
                "m.html", "--out", "m.svg", "--out", "m.png",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
        check_figures(folder.path(), "m");
    }
}

#[test]
fn the_page_of_many_starts_has_the_table_of_minima() {
    let folder = folder();
    let starts = ["minimize", "himmelblau", "--starts", "64", "--sample", "sobol", "-o", "lbfgs"];
    let page = |more: &[&str]| {
        let ran = run_in(folder.path(), &[&starts[..], more, &["--out", "m.html"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        (ran.out, String::from_utf8(written(folder.path(), "m.html")).expect("text"))
    };
    let (_, html) = page(&[]);
    let table = &html[html.find("<table>").expect("a table")..html.find("</table>").expect("its end")];
    // The four minima: Himmelblau, Applied Nonlinear Programming, 1972.
    for x in ["(3, 2)", "(-2.80511", "(-3.77931", "(3.58442"] {
        assert!(table.contains(x), "{x}: {table}");
    }
    assert!(!table.contains("ended") && table.matches("<tr>").count() == 5, "{table}");
    // After a few steps some runs are still on their way: below the minima, without a number.
    let (text, html) = page(&["--steps", "7", "--grad-tol", "1e-3"]);
    let first = text.find("  1  ").expect("a minimum");
    let apart = text.find("  -  ").expect("an end without a tolerance");
    assert!(first < apart && text.contains("max_steps") && text.contains("met no tolerance"), "{text}");
    assert!(html.contains("met no tolerance") && html.contains("<td>max_steps</td>"));
}

#[test]
fn a_page_of_two_variables_has_contours_surface_directions_and_losses() {
    let folder = folder();
    run_in(folder.path(), &["minimize", "quadratic", "--steps", "20", "--out", "q.html"]);
    let html = String::from_utf8(written(folder.path(), "q.html")).expect("text");
    for heading in
        ["contours", "surface", "downhill directions", "loss over the steps", "loss along each eigenvector"]
    {
        assert!(html.contains(heading), "{heading}");
    }
    run_in(folder.path(), &["minimize", "rosenbrock", "--steps", "20", "--out", "r.html"]);
    let html = String::from_utf8(written(folder.path(), "r.html")).expect("text");
    assert!(!html.contains("loss along each eigenvector"), "Rosenbrock's function is no quadratic");
}

#[test]
fn plot_draws_a_function_alone_and_says_where() {
    let folder = folder();
    let ran = run_in(folder.path(), &["plot", "himmelblau"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "plot.html\n"), "{}", ran.err);
    assert!(written(folder.path(), "plot.html").starts_with(b"<!DOCTYPE html>"));
    for (function, name) in [("himmelblau", "two"), ("sin(x)/x", "one")] {
        let outs: Vec<String> =
            ["html", "svg", "png"].iter().map(|ending| format!("{name}.{ending}")).collect();
        let mut arguments = vec!["plot", function, "--box", "-4..5"];
        for out in &outs {
            arguments.extend(["--out", out]);
        }
        assert_eq!(run_in(folder.path(), &arguments).code, 0);
        check_figures(folder.path(), name);
    }
}

#[test]
fn plot_draws_a_schedule_over_its_steps_in_every_format() {
    let folder = folder();
    let ran = run_in(folder.path(), &["plot", "cosine(init=0.1, steps=100)"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "plot.html\n"), "{}", ran.err);
    let text = "warmup(10, linear(init=1, steps=90))";
    let outs = ["s.html", "s.svg", "s.png", "s.csv", "s.json"];
    let mut arguments = vec!["plot", text, "--steps", "120"];
    arguments.extend(outs.iter().flat_map(|out| ["--out", out]));
    let ran = run_in(folder.path(), &arguments);
    assert_eq!((ran.code, ran.out), (0, outs.join("\n") + "\n"), "{}", ran.err);
    check_figures(folder.path(), "s");
    assert!(String::from_utf8_lossy(&written(folder.path(), "s.svg")).contains(text));
    let csv = String::from_utf8(written(folder.path(), "s.csv")).expect("text");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[6], lines[121]), (122, "step,value", "5,0.5", "120,0"));
    let json: serde_json::Value = serde_json::from_slice(&written(folder.path(), "s.json")).expect("JSON");
    assert_eq!(
        json["schedule"],
        "warmup(steps=10, then=linear(init=1, steps=90, final=0, begin=0), start=0)"
    );
    assert_eq!(
        (&json["end"], &json["value"][55], &json["step"][120]),
        (&100.into(), &0.5.into(), &120.into())
    );
}

#[test]
fn a_run_to_infinity_is_drawn() {
    let folder = folder();
    for (function, start) in [("x^4 + y^4", "3,4"), ("x^4", "3"), ("x^2 - y^2", "1,1")] {
        let ran = run_in(
            folder.path(),
            &[
                "minimize",
                function,
                "--start",
                start,
                "-o",
                "sgd(lr=1)",
                "--out",
                "d.html",
                "--out",
                "d.png",
                "--out",
                "d.svg",
            ],
        );
        assert_eq!(ran.code, 0, "{function}: {}", ran.err);
        check_figures(folder.path(), "d");
    }
}
