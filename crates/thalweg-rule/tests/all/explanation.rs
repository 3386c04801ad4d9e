//! How often a step goes over memory.

use thalweg_rule::{Rule, Snapshot};

use crate::functions::{SPECS, rule};

/// Chains of three and four element-wise links.
const CHAINS: &[&str] = &[
    "clip_by_value(0.3) | sgd(lr=0.1, momentum=0.9) | scale(0.5)",
    "add_decayed_weights(0.1) | clip_by_value(1) | adam(lr=0.1)",
    "clip_by_value(0.3) | rmsprop(lr=0.02, momentum=0.5) | add_decayed_weights(0.1) | scale(0.5)",
    "scale(2) | adam(lr=0.1, amsgrad=true) | clip_by_value(0.1) | asgd(lr=0.1)",
    "rprop(lr=0.1) | adadelta() | signum(lr=0.1) | adamax(lr=0.1)",
];

/// The bytes of one step if every vector is moved once: gradient, parameters and slots in, parameters and slots out.
fn moved_once(rule: &mut dyn Rule<f32>, size: usize) -> usize {
    let slots = Snapshot::of(rule).slots().count();
    (1 + 1 + slots + 1 + slots) * size * size_of::<f32>()
}

#[test]
fn every_element_wise_rule_and_chain_goes_over_memory_once() {
    // What is one formula for every parameter, and what is element-wise without a recorded one.
    let alone = SPECS.iter().filter(|spec| {
        rule::<f32>(spec, 1, 1).formula().is_some() || spec.starts_with("madgrad") || spec.starts_with("sgld")
    });
    let mut seen = 0;
    for spec in alone.chain(CHAINS) {
        let mut rule = rule::<f32>(spec, 500, 3);
        let explanation = rule.explain();
        assert_eq!(explanation.steps.len(), 1, "{spec}: {explanation}");
        assert_eq!(explanation.bytes(), moved_once(&mut *rule, 1500), "{spec}: {explanation}");
        seen += 1;
    }
    assert!(seen >= 25 + CHAINS.len(), "only {seen}");
}

#[test]
fn a_norm_parts_a_chain_in_a_measurement_and_a_pass() {
    let mut rule = rule::<f32>("clip_by_global_norm(1) | adam(lr=0.1) | scale(0.5)", 1500, 1);
    let explanation = rule.explain();
    assert_eq!(explanation.steps.len(), 2, "{explanation}");
    assert_eq!(explanation.bytes(), moved_once(&mut *rule, 1500) + 1500 * 4, "{explanation}");
}
