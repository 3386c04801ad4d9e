//! Every rule against PyTorch and Optax, or against its formula in NumPy where neither has it: the scripts beside the fixtures.

use serde_json::Value;
use thalweg_rule::{Layout, Optimizer, Rule, names};

use crate::functions::{Oddity, descend_oddly, named};

/// Each made by the script of the same name: `make_pytorch.py` and so on.
const FIXTURES: &[&str] = &[
    include_str!("../fixtures/pytorch.json"),
    include_str!("../fixtures/torch_rules.json"),
    include_str!("../fixtures/optax.json"),
    include_str!("../fixtures/formulas.json"),
    include_str!("../fixtures/plateau.json"),
    include_str!("../fixtures/cycled.json"),
];

/// Rules that are not there to compare.
const LEFT_OUT: &[&str] =
    if cfg!(feature = "matrices") { &[] } else { &["muon", "muon_optax", "shampoo", "soap"] };

/// Compared elsewhere, with a plain formula written beside the test.
const BY_ORACLE: &[&str] = &["freeze", "groups", "add_noise", "l1", "proximal_l1", "sgld"];

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(crate) fn cases() -> Vec<Value> {
    let cases = |fixture: &&str| {
        let mut fixture: Value = serde_json::from_str(fixture).unwrap();
        let kept = fixture["kept"].take();
        let Value::Array(mut cases) = fixture["cases"].take() else { panic!("no list of cases") };
        for case in &mut cases {
            case["kept"] = kept.clone();
        }
        cases
    };
    let compared = |case: &Value| {
        let mut links = case["optimizer"].as_str().unwrap().split(" | ");
        links.all(|link| link.split('(').next().is_some_and(|name| !LEFT_OUT.contains(&name)))
    };
    FIXTURES.iter().flat_map(cases).filter(compared).collect()
}

/// The rule of a case, for named parts where it has some.
pub(crate) fn rule_of(case: &Value) -> Box<dyn Rule<f64>> {
    let text = case["optimizer"].as_str().unwrap();
    let optimizer = Optimizer::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let leaf = |leaf: &Value| {
        let shape = numbers(&leaf["shape"]).into_iter().map(|axis| axis as usize);
        (leaf["name"].as_str().unwrap().to_owned(), shape.collect::<Vec<_>>())
    };
    let rule = match case["leaves"].as_array() {
        Some(leaves) => optimizer.rule_for(&Layout::new(leaves.iter().map(leaf))),
        None => optimizer.rule(numbers(&case["start"]).len(), 1),
    };
    rule.unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Runs every case from `source` and gathers those that ever differ by more than 10⁻¹² relative to max(1, |x|).
fn differing(source: &str, at_least: usize) -> Vec<String> {
    let cases: Vec<Value> = cases().into_iter().filter(|case| case["source"] == source).collect();
    assert!(cases.len() >= at_least, "only {} cases from {source}", cases.len());
    cases.iter().filter_map(difference).collect()
}

fn difference(case: &Value) -> Option<String> {
    let text = case["optimizer"].as_str().unwrap();
    let function = case["function"].as_str().unwrap();
    let mut x = numbers(&case["start"]);
    let mut rule = rule_of(case);
    let kept: Vec<u64> = case["kept"].as_array().unwrap().iter().map(|step| step.as_u64().unwrap()).collect();
    let last = *kept.last().unwrap();
    assert!(kept.len() >= 18 && last >= 60, "{text} on {function}: only steps {kept:?}");
    let nonfinite = |step| case["nonfinite"].as_array().is_some_and(|odd| odd.contains(&Value::from(step)));
    let calls = calls_of(text);
    (0..last).find_map(|step| {
        let probe = case["probes"].get(step as usize).map(numbers);
        let odd = Oddity { nonfinite: nonfinite(step), probe: probe.as_deref() };
        let mut point = x.clone();
        for _ in 0..calls {
            point.copy_from_slice(&x);
            rule.evaluation_point(&x, &mut point);
            descend_oddly(&mut *rule, named(function), &mut x, &odd);
        }
        let row = kept.iter().position(|kept| *kept == step + 1)?;
        let unlike = |what: &str, found: &[f64], expected: &Value| {
            let expected = numbers(expected);
            let close = |(x, e): (&f64, &f64)| (x - e).abs() <= 1e-12 * e.abs().max(1.0);
            let alike = found.iter().zip(&expected).all(close);
            (!alike).then(|| {
                format!("{text} on {function}, step {step}: {what} {found:?}, expected {expected:?}")
            })
        };
        let average = case["average"].get(row).and_then(|expected| {
            let mut average = vec![f64::NAN; x.len()];
            assert!(rule.averaged(&x, &mut average), "{text} has no average");
            unlike("average", &average, expected)
        });
        let point = case["point"].get(row).and_then(|expected| unlike("point", &point, expected));
        unlike("x", &x, &case["x"][row]).or(average).or(point)
    })
}

/// Gradients to a step.
fn calls_of(spec: &str) -> usize {
    let Some((_, options)) = spec.split_once("sam(") else { return 1 };
    let steps = options.split_once("steps=").map_or("1", |(_, steps)| steps);
    1 + steps[..1].parse::<usize>().unwrap()
}

#[test]
fn rules_match_pytorch_for_sixty_steps_on_three_functions() {
    assert_eq!(differing("torch", 200), Vec::<String>::new());
}

#[test]
fn rules_match_optax_for_sixty_steps_on_three_functions() {
    assert_eq!(differing("optax", 450), Vec::<String>::new());
}

#[test]
fn variants_match_their_plain_formulas_for_sixty_steps_on_three_functions() {
    assert_eq!(differing("formula", 45), Vec::<String>::new());
}

#[test]
fn every_name_is_compared_with_an_outside_source() {
    let specs: Vec<String> =
        cases().iter().map(|case| case["optimizer"].as_str().unwrap().to_owned()).collect();
    for named in names() {
        let compared = specs.iter().any(|spec| {
            let mut links = spec.split(" | ");
            links.any(|link| link.split('(').next() == Some(named.name))
        });
        assert!(
            compared || BY_ORACLE.contains(&named.name) || LEFT_OUT.contains(&named.name),
            "{}",
            named.name
        );
    }
}
