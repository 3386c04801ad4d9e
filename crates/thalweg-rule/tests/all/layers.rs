//! Rules that know of leaves, on layouts with several.

use thalweg_rule::{Layout, Optimizer, Rule};

use crate::functions::scattered;

/// Large enough for threads; leaves begin and end inside blocks.
fn network() -> Layout {
    Layout::new([
        ("in.weight", vec![700, 611]),
        ("in.bias", vec![611]),
        ("scale", vec![]),
        ("none", vec![0, 4]),
        ("mid.kernel", vec![3, 3, 64, 129]),
        ("out.weight", vec![611, 10]),
        ("out.bias", vec![10]),
    ])
}

const SPECS: &[&str] = &[
    "clip_by_norm(0.5)",
    "clip_by_block_rms(0.05)",
    "adaptive_clip(0.1)",
    "adaptive_clip(0.1, output_axis=first)",
    "centralize() | sgd(lr=0.1)",
    "lamb(lr=0.1, weight_decay=0.1)",
    "lars(lr=10)",
    "novograd(lr=0.1, weight_decay=0.1)",
    "fromage(lr=0.1)",
    "sgd(lr=0.1) | freeze(\"*.bias, scale\")",
    "add_decayed_weights(0.1, mask=\"*weight\") | sgd(lr=0.1)",
];

fn build(text: &str, layout: &Layout) -> Box<dyn Rule<f64>> {
    Optimizer::parse(text).unwrap().rule_for(layout).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn run(text: &str, layout: &Layout, steps: u64) -> Vec<f64> {
    let mut rule = build(text, layout);
    let mut x = scattered(layout.len(), 99);
    for step in 0..steps {
        rule.step(&mut x, &scattered(layout.len(), step + 1)).unwrap();
    }
    x
}

#[test]
fn leaves_are_measured_alike_at_the_beginning_and_in_the_middle_of_a_chain() {
    for spec in SPECS {
        assert!(run(spec, &network(), 2) == run(&format!("scale(1) | {spec}"), &network(), 2), "{spec}");
    }
}

#[cfg(feature = "threads")]
#[test]
fn leaves_are_measured_alike_by_one_thread_and_by_two() {
    for spec in SPECS {
        let with_threads = |count: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            pool.install(|| run(spec, &network(), 2))
        };
        assert!(with_threads(1) == with_threads(2), "{spec}");
    }
}

/// What each leaf's rule makes of it alone, up to how its sums are rounded.
#[test]
fn a_leaf_goes_the_same_way_beside_others_as_alone() {
    let layout = network();
    for spec in SPECS.iter().filter(|spec| !spec.contains('"')) {
        let together = run(spec, &layout, 3);
        for leaf in layout.leaves() {
            let alone = Layout::new([(leaf.name.clone(), leaf.shape.clone())]);
            let mut rule = build(spec, &alone);
            let part = |seed| scattered(layout.len(), seed)[leaf.range.clone()].to_vec();
            let mut x = part(99);
            for step in 0..3 {
                rule.step(&mut x, &part(step + 1)).unwrap();
            }
            for (x, y) in x.iter().zip(&together[leaf.range.clone()]) {
                assert!((x - y).abs() <= 1e-13 * y.abs().max(1.0), "{spec}, {}: {x}, {y}", leaf.name);
            }
        }
    }
}

#[test]
fn a_mask_decays_the_leaves_that_match_and_no_other() {
    let layout = Layout::new([("a.weight", vec![2]), ("a.bias", vec![1]), ("b.weight", vec![2])]);
    for (mask, decayed) in [
        ("*.weight", [true, false, true]),
        ("a.*", [true, true, false]),
        ("b.*, ?.bias", [false, true, true]),
    ] {
        let mut rule = build(&format!("add_decayed_weights(0.5, mask=\"{mask}\") | sgd(lr=1)"), &layout);
        let mut x = [8.0; 5];
        rule.step(&mut x, &[1.0; 5]).unwrap();
        for (leaf, decayed) in layout.leaves().iter().zip(decayed) {
            let expected = if decayed { 3.0 } else { 7.0 };
            assert!(x[leaf.range.clone()].iter().all(|x| *x == expected), "{mask}, {}", leaf.name);
        }
    }
}

#[test]
fn frozen_leaves_stay_whatever_their_gradients_are() {
    let layout = network();
    let mut rule = build("adam(lr=0.1, weight_decay=0.1) | freeze(\"in.*\")", &layout);
    let mut x = scattered(layout.len(), 99);
    let (start, mut g) = (x.clone(), scattered(layout.len(), 1));
    g[3] = f64::NAN;
    rule.step(&mut x, &g).unwrap();
    for leaf in layout.leaves() {
        let range = leaf.range.clone();
        let moved = x[range.clone()].iter().zip(&start[range]).filter(|(x, start)| x != start).count();
        let expected = if leaf.name.starts_with("in.") { 0 } else { leaf.range.len() };
        assert_eq!(moved, expected, "{}", leaf.name);
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_refused_with_the_names_there_are() {
    let layout = Layout::new([("weight", vec![2]), ("bias", vec![1])]);
    let refusal = |text: &str| {
        let rule = Optimizer::parse(text).unwrap().rule_for::<f64>(&layout);
        rule.map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        refusal("adam() | freeze(\"wieght\")"),
        "`freeze`: names `wieght` matches none of the parameters' names: weight, bias"
    );
    assert_eq!(
        refusal("add_decayed_weights(0.1, mask=\"*.bias\")"),
        "`add_decayed_weights`: mask `*.bias` matches none of the parameters' names: weight, bias"
    );
    assert_eq!(
        Optimizer::parse("freeze()").unwrap_err().to_string(),
        "column 1: `freeze`: names must be given"
    );
}
