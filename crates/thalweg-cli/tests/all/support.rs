//! Running the command in a folder of its own.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// What a run of the command gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for the test's files")
}

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.current_dir(folder);
    command
}

/// Runs the command in a folder.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    let Output { status, stdout, stderr } =
        command(folder).args(arguments).output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

/// Runs the command in a fresh folder.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_in(folder().path(), arguments)
}

/// The JSON that a successful run prints, and nothing else.
pub(crate) fn json(arguments: &[&str]) -> Value {
    let ran = run(arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).expect("standard output is one JSON object")
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}
