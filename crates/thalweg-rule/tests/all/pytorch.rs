//! Every rule against PyTorch, or against its formula in NumPy where PyTorch has no such rule: `fixtures/make_pytorch.py`.

use serde_json::Value;
use thalweg_rule::names;

use crate::functions::{descend, named, rule};

const FIXTURE: &str = include_str!("../fixtures/pytorch.json");

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(crate) fn cases() -> Vec<Value> {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    fixture["cases"].as_array().unwrap().clone()
}

/// Runs every case from `source` and gathers those that ever differ by more than 10⁻¹² relative to max(1, |x|).
fn differing(source: &str) -> Vec<String> {
    let cases: Vec<Value> = cases().into_iter().filter(|case| case["source"] == source).collect();
    assert!(cases.len() >= 45, "only {} cases from {source}", cases.len());
    cases.iter().filter_map(difference).collect()
}

fn difference(case: &Value) -> Option<String> {
    let text = case["optimizer"].as_str().unwrap();
    let function = case["function"].as_str().unwrap();
    let mut x = numbers(&case["start"]);
    let mut rule = rule(text, x.len(), 1);
    let trace = case["x"].as_array().unwrap();
    assert_eq!(trace.len(), 60);
    trace.iter().enumerate().find_map(|(step, expected)| {
        descend(&mut *rule, named(function), &mut x);
        let expected = numbers(expected);
        let close = |(x, e): (&f64, &f64)| (x - e).abs() <= 1e-12 * e.abs().max(1.0);
        let all_close = x.iter().zip(&expected).all(close);
        (!all_close).then(|| format!("{text} on {function}, step {step}: {x:?}, expected {expected:?}"))
    })
}

#[test]
fn rules_match_pytorch_for_sixty_steps_on_three_functions() {
    assert_eq!(differing("torch"), Vec::<String>::new());
}

#[test]
fn variants_match_their_plain_formulas_for_sixty_steps_on_three_functions() {
    assert_eq!(differing("formula"), Vec::<String>::new());
}

#[test]
fn every_name_is_compared_with_an_outside_source() {
    let specs: Vec<String> =
        cases().iter().map(|case| case["optimizer"].as_str().unwrap().to_owned()).collect();
    for named in names() {
        assert!(specs.iter().any(|spec| spec.contains(&format!("{}(", named.name))), "{}", named.name);
    }
}
