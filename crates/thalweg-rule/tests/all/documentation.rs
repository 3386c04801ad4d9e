//! What the documentation of every name must hold.

use thalweg_rule::{Kind, names};

#[test]
fn every_name_has_a_summary_a_formula_a_source_and_conventions() {
    for named in names() {
        let name = named.name;
        assert!(!named.summary.is_empty() && !named.summary.ends_with('.'), "{name}: {:?}", named.summary);
        assert!(!named.formula.trim().is_empty(), "{name} has no formula");
        assert!(named.source.ends_with('.'), "{name}: source {:?}", named.source);
        assert!(named.conventions.ends_with('.'), "{name}: conventions {:?}", named.conventions);
        // What is known by a paper says when it appeared.
        let year = named.source.split(|c: char| !c.is_ascii_digit()).any(|number| number.len() == 4);
        assert!(
            year || named.source == "common practice." || named.source.contains("Optax"),
            "{name}: source {:?}",
            named.source
        );
    }
}

#[test]
fn formulas_name_the_hyperparameters_that_are_numbers() {
    let mut silent = Vec::new();
    for named in names() {
        let options = named.signature.split_once('(').unwrap().1.trim_end_matches(')');
        for option in options.split(", ").filter(|_| named.kind == Kind::Rule) {
            let (key, default) = option.split_once('=').unwrap_or((option, ""));
            if default.parse::<f64>().is_ok() && key != "seed" && !named.formula.contains(key) {
                silent.push(format!("{}: {key}", named.name));
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}
