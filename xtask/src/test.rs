//! Everything that a change must pass.

use std::path::PathBuf;
use std::process::Command;

use super::{cargo, root, run};

fn run_examples() -> Result<(), String> {
    // With the whole workspace, as the tests are built: one set of features, one copy of every library.
    run(cargo().args(["build", "--workspace", "--examples"]))?;
    let folder = root().join("target/example-figures");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let sources = root().join("crates/thalweg/examples");
    let entries = std::fs::read_dir(&sources).map_err(|e| format!("{}: {e}", sources.display()))?;
    let mut names: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    for source in names.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let name = source.file_stem().unwrap_or_default();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        run(Command::new(target.join("debug/examples").join(name)).current_dir(&folder))?;
    }
    Ok(())
}

/// Format, lints, tests of every kind, documentation, examples.
pub(crate) fn run_all() -> Result<(), String> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let bare = ["thalweg-function", "thalweg-rule", "thalweg-solve", "thalweg-landscape"];
    for package in bare {
        run(cargo().args(["check", "--quiet", "--package", package, "--no-default-features"]))?;
    }
    run(cargo().args(["test", "--workspace"]))?;
    run(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    run_examples()
}
