//! `thalweg fit`: least squares to a CSV file.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{folder, numbers, run_in};

const MODEL: &str = "a*exp(-b*x)+c";

/// y = 2 exp(-1.5 x) + 0.5 without noise, so that the fit is the truth.
fn data() -> TempDir {
    let folder = folder();
    let row = |k: i32| {
        let x = f64::from(k) / 10.0;
        format!("{k},{x},{}\n", 2.0 * (-1.5 * x).exp() + 0.5)
    };
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("data.csv"), format!("number, x, y\n{rows}")).expect("a file");
    folder
}

fn fit(folder: &TempDir, more: &[&str]) -> crate::support::Ran {
    let mut arguments = vec![
        "fit",
        MODEL,
        "data.csv",
        "--target",
        "y",
        "--start",
        "a=1,b=1,c=0",
        "--optimizer",
        "adam(lr=0.05)",
        "--steps",
        "4000",
    ];
    arguments.extend(more);
    run_in(folder.path(), &arguments)
}

#[test]
fn the_parameters_of_noiseless_data_are_found_from_all_rows_and_from_batches() {
    let folder = data();
    for more in [&["--json"][..], &["--json", "--batch", "32"], &["--json", "--batch", "32", "--replace"]] {
        let ran = fit(&folder, more);
        let result: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
        for (found, truth) in numbers(&result["x"]).iter().zip([2.0, 1.5, 0.5]) {
            assert!((found - truth).abs() < 0.02, "{more:?}: {}", result["x"]);
        }
        assert_eq!((result["rows"].as_u64(), result["status"].as_str()), (Some(60), Some("max_steps")));
    }
}

#[test]
fn a_fit_is_written_in_every_format_with_its_history() {
    let folder = data();
    let ran = fit(
        &folder,
        &[
            "--history",
            "--out",
            "f.json",
            "--out",
            "f.csv",
            "--out",
            "f.html",
            "--out",
            "f.svg",
            "--out",
            "f.png",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("mean squared error"));
    let csv = fs::read_to_string(folder.path().join("f.csv")).expect("the file");
    assert_eq!(csv.lines().count(), 4002);
    assert!(csv.starts_with("step,a,b,c,mean_squared_error\n0,1,1,0,"));
    assert_eq!(fs::read(folder.path().join("f.png")).expect("the file")[1..4], *b"PNG");
    assert!(fs::read_to_string(folder.path().join("f.html")).expect("the file").contains(MODEL));
}

#[test]
fn wrong_data_are_refused_with_file_line_and_column() {
    let folder = data();
    let write = |text: &str| fs::write(folder.path().join("bad.csv"), text).expect("a file");
    let refused = |arguments: &[&str], code: i32, says: &str| {
        let ran = run_in(folder.path(), arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    };
    write("x,y\n1,2\n3,four\n");
    refused(
        &["fit", "a*x", "bad.csv", "--target", "y", "--start", "a=1"],
        2,
        "bad.csv: line 3, column y: found `four`",
    );
    write("x,y\n1\n");
    refused(&["fit", "a*x", "bad.csv", "--target", "y", "--start", "a=1"], 2, "bad.csv");
    write("x,y\n");
    refused(&["fit", "a*x", "bad.csv", "--target", "y", "--start", "a=1"], 2, "no row of data");
    refused(&["fit", "a*x", "nowhere.csv", "--target", "y", "--start", "a=1"], 1, "nowhere.csv");
    refused(&["fit", "a*xx", "data.csv", "--target", "y", "--start", "a=1"], 2, "no column `xx`");
    refused(&["fit", "a*x", "data.csv", "--target", "z", "--start", "a=1"], 2, "no column `z`");
    refused(&["fit", "a*x", "data.csv", "--target", "y", "--start", "b=1"], 2, "`b` does not occur");
    refused(&["fit", "a*x", "data.csv", "--target", "y", "--start", "a"], 2, "expected name=number");
    refused(&["fit", "a*x", "data.csv", "--target", "y", "--start", "a=1", "--batch", "0"], 2, "--batch");
    refused(&["fit", "a*x", "data.csv", "--target", "y", "--start", "a=1", "--replace"], 2, "--batch");
    refused(
        &["fit", "a*x", "data.csv", "--target", "y", "--start", "a=1", "-o", "newton"],
        2,
        "second derivatives",
    );
}
