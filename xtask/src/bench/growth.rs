//! How Thalweg's costs grow with the problem: time and memory of a gradient, time to translate a program.

use serde_json::Value;

use super::peers::{Peers, Program};
use super::{folder, quick};

/// Numbers that `growth gradient` prints, and those of the programs of scalars.
const GRADIENT: [&str; 3] = ["value_seconds", "seconds", "bytes"];
const COMPILE: [&str; 6] =
    ["nodes", "gradient_nodes", "trace", "differentiate", "executable", "gradient_executable"];

/// One line for each power of ten.
fn measure(
    peers: &Peers,
    what: &str,
    powers: std::ops::RangeInclusive<u32>,
    keys: &[&str],
) -> Result<String, String> {
    let mut lines = String::new();
    for n in powers.map(|power| 10_usize.pow(power)) {
        let printed = peers.output(Program::Rust("growth"), &[what.to_owned(), n.to_string()], 1)?;
        let value: Value = serde_json::from_str(printed.trim()).map_err(|e| format!("{e} in {printed:?}"))?;
        let numbers: Result<Vec<_>, _> = keys
            .iter()
            .map(|&key| {
                value[key].as_f64().map(|x| format!("{x:e}")).ok_or(format!("no {key} in {printed:?}"))
            })
            .collect();
        let line = format!("{what},{n},{}\n", numbers?.join(","));
        eprint!("{line}");
        lines += &line;
    }
    Ok(lines)
}

/// Runs the benchmark: two tables of comma-separated values, drawn side by side.
pub(super) fn run() -> Result<(), String> {
    let peers = Peers::prepare()?;
    let less = if quick() { 2 } else { 0 };
    let gradient = measure(&peers, "gradient", 1..=7 - less, &GRADIENT)?;
    let compile = ["chain", "products"].map(|what| measure(&peers, what, 2..=6 - less, &COMPILE));
    let [chain, products] = compile;
    if quick() {
        return Ok(());
    }
    let figures = folder().join("figures");
    std::fs::create_dir_all(&figures).map_err(|e| format!("{}: {e}", figures.display()))?;
    let tables = [
        ("function-growth-gradient.csv", &GRADIENT[..], gradient),
        ("function-growth-compile.csv", &COMPILE[..], chain? + &products?),
    ];
    for (name, keys, lines) in tables {
        let file = figures.join(name);
        std::fs::write(&file, format!("what,n,{}\n{lines}", keys.join(",")))
            .map_err(|e| format!("{}: {e}", file.display()))?;
    }
    peers.output(Program::Python("growth_figure.py"), &[figures.display().to_string()], 1)?;
    Ok(())
}
