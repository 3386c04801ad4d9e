//! `cargo xtask bench NAME`: Thalweg beside its peers, in one run, written to `bench/RESULTS.md`.
//!
//! The peers live outside the repository, in the folder `THALWEG_PEERS` (unless set, `~/.cache/thalweg-peers`): a Python
//! environment and the target folder of `bench/rust` and `bench/rust-frameworks`. Both are made when they are missing. With `THALWEG_BENCH_QUICK` set, a
//! benchmark runs once and small, and writes nothing.

mod contest;
mod function;
mod growth;
mod machine;
mod measurement;
mod parts;
mod peers;
mod problems;
mod report;
mod rules;
mod scalar;
mod solve;
mod train;
mod verdicts;
mod wells;

use std::path::PathBuf;

/// Runs one benchmark.
pub(crate) fn run(name: &str) -> Result<(), String> {
    match name {
        "wells" => wells::run(),
        "scalar" => scalar::run(),
        "function" => function::run(),
        "growth" => growth::run(),
        "rules" => rules::run(),
        "train" => train::run(),
        "solve" => solve::run(""),
        "problems" => problems::run(),
        _ => Err(format!(
            "no benchmark `{name}`; there are wells, scalar, function, growth, rules, train, solve and problems"
        )),
    }
}

/// Measures the cases of `solve` whose names begin so, and puts their rows in place of the last ones.
pub(crate) fn run_case(case: &str) -> Result<(), String> {
    solve::run(case)
}

/// The folder of the measuring programs.
fn folder() -> PathBuf {
    super::root().join("bench")
}

fn quick() -> bool {
    std::env::var_os("THALWEG_BENCH_QUICK").is_some()
}
