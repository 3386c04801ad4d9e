//! Pipes, signals, colours, and what goes where.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{folder, run};

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = folder();
    for arguments in [
        &["list", "optimizers"][..],
        &["minimize", "sphere", "--starts", "20000", "--steps", "1", "--json"],
        &["minimize", "rosenbrock"],
        &["--help"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_thalweg"))
            .args(arguments)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("the command ends");
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{arguments:?}");
    }
}

#[test]
fn json_is_one_line_of_standard_output_and_nothing_else() {
    for arguments in [
        &["minimize", "rosenbrock", "--json"][..],
        &["minimize", "ackley", "--starts", "10", "--json"],
        &["compare", "rosenbrock", "--json"],
        &["analyze", "rosenbrock", "--at", "0,0", "--json"],
        &["grid", "rosenbrock", "--json"],
        &["list", "schedules", "--json"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.out.lines().count(), 1, "{arguments:?}");
        assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "{arguments:?}");
    }
}

#[test]
fn what_is_not_a_terminal_gets_no_colours_and_no_progress() {
    for arguments in
        [&["minimize", "rosenbrock", "--steps", "1e6"][..], &["minimize", "rosenbrok"], &["--help"]]
    {
        let ran = run(arguments);
        assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "{arguments:?}");
    }
    assert_eq!(run(&["minimize", "rosenbrock", "--steps", "1e6"]).err, "");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_its_best_point_so_far() {
    for starts in [&[][..], &["--starts", "1000"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_thalweg"))
            .args(["minimize", "rosenbrock", "--steps", "1e12", "--json"])
            .args(starts)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        // Long enough for the handler to be in place; a run of 1e12 steps takes days.
        std::thread::sleep(std::time::Duration::from_millis(700));
        let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
        assert!(signal.success());
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        assert_eq!(child.wait().expect("the command ends").code(), Some(0));
        let result: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(result["runs"][0]["status"], "interrupted");
        assert!(result["best"]["value"].as_f64().is_some_and(|value| value < 24.2), "{}", result["best"]);
    }
}

#[test]
fn a_formula_that_begins_with_a_minus_sign_is_no_option() {
    let ran =
        run(&["minimize", "-cos(x)", "--start", "-1/2", "--optimizer", "newton", "--steps", "20", "--json"]);
    let result: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    assert_eq!(result["function"], "-cos(x)");
    assert!(result["runs"][0]["value"].as_f64().is_some_and(|value| (value + 1.0).abs() < 1e-12));
}

#[test]
fn max_seconds_ends_a_run() {
    let ran = run(&["minimize", "rosenbrock", "--steps", "1e12", "--max-seconds", "0.05", "--json"]);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(result["runs"][0]["status"], "max_seconds");
}
