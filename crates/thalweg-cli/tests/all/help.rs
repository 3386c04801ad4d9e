//! `--help` shows examples that work as printed.

use std::process::Command;

use crate::support::{folder, run};

const COMMANDS: [&str; 8] = ["minimize", "compare", "analyze", "plot", "grid", "fit", "train", "list"];

#[test]
fn the_help_of_every_command_shows_examples_that_work_as_printed() {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_thalweg")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let mut pages = vec![run(&["--help"]).out];
    pages.extend(COMMANDS.iter().map(|command| run(&[command, "--help"]).out));
    for (page, command) in pages.iter().zip([""].iter().chain(&COMMANDS)) {
        let examples: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("  thalweg ")).collect();
        assert!(!examples.is_empty(), "no example for `{command}`");
        for example in examples {
            assert!(example.len() <= 70, "wrapped on a terminal of 80 columns: {example}");
            let folder = folder();
            let row = |x: f64| format!("{x},{}", 2.0 * (-x).exp());
            let rows: Vec<String> = (0..20).map(|k| row(f64::from(k) / 5.0)).collect();
            std::fs::write(folder.path().join("decay.csv"), format!("x,y\n{}\n", rows.join("\n")))
                .expect("a file");
            let shell = Command::new("sh")
                .args(["-c", &format!("thalweg {example}")])
                .env("PATH", &path)
                .current_dir(folder.path())
                .output()
                .expect("a shell");
            assert!(shell.status.success(), "{example}: {}", String::from_utf8_lossy(&shell.stderr));
            assert!(!shell.stdout.is_empty(), "{example}");
        }
    }
}

#[test]
fn every_command_is_in_the_help_and_the_version_is_printed() {
    let help = run(&["--help"]).out;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
    assert_eq!(run(&["--version"]).out, "thalweg 0.1.0\n");
}

#[test]
fn list_shows_signatures_that_parse_to_the_defaults() {
    let functions = run(&["list", "functions", "--json"]).out;
    let functions: Vec<serde_json::Value> = serde_json::from_str(&functions).expect("JSON");
    for function in &functions {
        let signature = function["signature"].as_str().expect("text");
        let ran = run(&["minimize", signature, "--steps", "1"]);
        assert_eq!(ran.code, 0, "{signature}: {}", ran.err);
    }
    let text = run(&["list", "functions"]).out;
    for function in &functions {
        let name = function["name"].as_str().expect("text");
        let named = |line: &str| line.split([' ', ',', '(']).any(|word| word == name);
        assert_eq!(text.lines().filter(|line| named(line)).count(), 1, "{name}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 160), "{text}");
    for (kind, name) in [
        ("optimizers", "adam(lr=0.001"),
        ("optimizers", "lbfgsb(memory=10"),
        ("schedules", "cosine("),
        ("constraints", "sphere(radius=1)"),
        ("constraints", "simplex(sum=1)"),
        ("penalties", "l1(weight)"),
    ] {
        assert!(run(&["list", kind]).out.lines().any(|line| line.starts_with(name)), "{kind}");
    }
    assert_eq!(run(&["list"]).out.lines().count(), 5);
    assert!(run(&["list", "schedules"]).out.lines().count() >= 17);
}
