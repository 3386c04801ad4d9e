//! Runs that are saved, read back and continued; states that PyTorch has left; bytes that are neither.

use std::collections::HashMap;

use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;
use thalweg_rule::{Checkpoint, Layout, Optimizer, Rule, from_torch, names, to_torch};

use crate::functions::{SPECS, descend, quartic, scattered};
use crate::trajectories::numbers;

/// Made by `make_torch_state.py`.
const TORCH: &str = include_str!("../fixtures/torch_state.json");

fn layout() -> Layout {
    Layout::new([("weight", vec![3, 2]), ("bias", vec![3])])
}

fn rule(text: &str) -> Box<dyn Rule<f64>> {
    Optimizer::parse(text).unwrap().rule_for(&layout()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn bytes(text: &str, steps: usize) -> Vec<u8> {
    let (mut rule, mut x) = (rule(text), scattered(9, 4));
    (0..steps).for_each(|_| descend(&mut *rule, quartic, &mut x));
    Checkpoint::of(&mut *rule, &x).unwrap().to_bytes().unwrap()
}

#[test]
fn a_run_read_back_from_its_bytes_continues_with_the_same_bits() {
    let groups = "groups([\"x\", frozen], [\"*\", clip_by_global_norm(0.5), adam(lr=0.1)])";
    for spec in SPECS.iter().chain(&[groups]) {
        let layout = Layout::new([("x", vec![3, 2]), ("b", vec![3])]);
        let mut straight = Optimizer::parse(spec).unwrap().rule_for::<f64>(&layout).unwrap();
        let mut x = scattered(9, 4);
        let gentle = |x: &[f64], g: &mut [f64]| g.iter_mut().zip(x).for_each(|(g, x)| *g = x.sin());
        (0..7).for_each(|_| descend(&mut *straight, gentle, &mut x));
        let bytes = Checkpoint::of(&mut *straight, &x).unwrap().to_bytes().unwrap();
        let (mut resumed, mut y) = Checkpoint::from_bytes(&bytes).unwrap().resume().unwrap();
        assert_eq!((&x, straight.steps()), (&y, resumed.steps()), "{spec}");
        for _ in 0..7 {
            descend(&mut *straight, gentle, &mut x);
            descend(&mut *resumed, gentle, &mut y);
        }
        assert_eq!(x, y, "{spec}");
        let again = Checkpoint::of(&mut *resumed, &y).unwrap().to_bytes().unwrap();
        assert_eq!(again, Checkpoint::of(&mut *straight, &x).unwrap().to_bytes().unwrap(), "{spec}");
    }
}

#[test]
fn several_problems_side_by_side_are_saved_too() {
    let mut rule = Optimizer::parse("adam(lr=0.1)").unwrap().rule_from::<f32>(3, 4, 8).unwrap();
    let mut x = [1.0; 12];
    rule.step(&mut x, &[0.5; 12]).unwrap();
    let bytes = Checkpoint::of(&mut *rule, &x).unwrap().to_bytes().unwrap();
    let (mut resumed, mut y) = Checkpoint::<f32>::from_bytes(&bytes).unwrap().resume().unwrap();
    rule.step(&mut x, &[-0.5; 12]).unwrap();
    resumed.step(&mut y, &[-0.5; 12]).unwrap();
    assert_eq!(x[..], y[..]);
    let origin = resumed.origin().unwrap();
    assert_eq!((origin.lanes, origin.first), (4, 8));
}

#[test]
fn the_file_shows_names_and_shapes_to_other_programs() {
    let bytes = bytes("adam(lr=0.1)", 3);
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for name in ["params/weight", "state/exp_avg/weight", "state/exp_avg_sq/weight"] {
        assert_eq!(
            (tensors.tensor(name).unwrap().shape(), tensors.tensor(name).unwrap().dtype()),
            (&[3, 2][..], Dtype::F64)
        );
    }
    assert_eq!(tensors.tensor("params/bias").unwrap().shape(), [3]);
}

fn message<T>(result: Result<T, thalweg_rule::RuleError>) -> String {
    result.err().expect("it is wrong").to_string()
}

#[test]
fn what_does_not_fit_is_said_and_nothing_changes() {
    let saved = Checkpoint::<f64>::from_bytes(&bytes("adam(lr=0.1)", 3)).unwrap();
    let (mut other, mut x) = (rule("sgd(lr=0.1, momentum=0.9)"), scattered(9, 5));
    assert_eq!(
        message(saved.restore(&mut *other, &mut x)),
        "saved state: found `correction1`, 64-bit numbers of length 1, where this rule has `momentum_buffer`, a vector like the \
         parameters of length 9"
    );
    let shape = Layout::new([("weight", vec![2, 3]), ("bias", vec![3])]);
    let mut other = Optimizer::parse("adam()").unwrap().rule_for(&shape).unwrap();
    assert_eq!(
        message(saved.restore(&mut *other, &mut x)),
        "checkpoint: holds `weight` of shape [3, 2] where the rule's parameters have `weight` of shape [2, 3]"
    );
    assert_eq!((x, other.steps()), (scattered(9, 5), 0));
    let bytes = bytes("adam(lr=0.1)", 3);
    assert_eq!(
        message(Checkpoint::<f32>::from_bytes(&bytes)),
        "checkpoint: has `params/weight` in F64, expected F32"
    );
    assert!(
        message(Checkpoint::<f64>::from_bytes(b"no")).starts_with("checkpoint: is not in safetensors format")
    );
    let newer = String::from_utf8_lossy(&bytes[..600]).replace(r#"\"version\":1"#, r#"\"version\":9"#);
    let newer = [newer.as_bytes(), &bytes[600..]].concat();
    assert_eq!(
        message(Checkpoint::<f64>::from_bytes(&newer)),
        "checkpoint: is of version 9, only 1 can be read"
    );
    let twice = Layout::new([("w", vec![1]), ("w", vec![1])]);
    let mut rule = Optimizer::parse("adam()").unwrap().rule_for::<f64>(&twice).unwrap();
    assert_eq!(
        message(Checkpoint::of(&mut *rule, &[0.0; 2]).unwrap().to_bytes()),
        "checkpoint: would have two tensors called `params/w`: give the parts different names"
    );
    assert_eq!(
        message(to_torch(&mut *self::rule("clip_by_value(1) | scale(1)"))),
        "checkpoint: `clip_by_value(limit=1) | scale(factor=1)` has no counterpart in PyTorch; those that have are sgd, adagrad, \
         rmsprop, adadelta, adam, adamw, adamax, nadam, radam, rprop, asgd"
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_and_damaged_files_never_panic(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let _ = Checkpoint::<f64>::from_bytes(&noise);
        let mut bytes = bytes("adam(lr=0.1)", 2);
        let length = end.index(bytes.len());
        let _ = Checkpoint::<f64>::from_bytes(&bytes[..length]);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] ^= byte;
        }
        if let Ok(checkpoint) = Checkpoint::<f64>::from_bytes(&bytes) {
            let _ = checkpoint.resume();
        }
        let _ = from_torch(&bytes, &mut *rule("adam()"));
    }
}

/// A state dict as PyTorch's would be saved.
fn state_of(case: &Value) -> Vec<u8> {
    let (mut tensors, mut data) = (Vec::new(), HashMap::new());
    for (index, entry) in case["state_dict"]["state"].as_object().unwrap() {
        for (key, tensor) in entry.as_object().unwrap() {
            let Some(values) = tensor["data"].as_array() else { continue };
            let wide = tensor["dtype"] == "float64";
            let bytes = values.iter().flat_map(|value| {
                let value = value.as_f64().unwrap();
                if wide { value.to_le_bytes().to_vec() } else { (value as f32).to_le_bytes().to_vec() }
            });
            let shape = numbers(&tensor["shape"]).into_iter().map(|axis| axis as usize).collect::<Vec<_>>();
            let dtype = if wide { Dtype::F64 } else { Dtype::F32 };
            data.insert(format!("state.{index}.{key}"), (dtype, shape, bytes.collect::<Vec<u8>>()));
        }
    }
    for (name, (dtype, shape, bytes)) in &data {
        tensors.push((name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    }
    safetensors::serialize(tensors, None).unwrap()
}

#[test]
fn states_that_pytorch_has_left_go_on_as_they_do_there() {
    let fixture: Value = serde_json::from_str(TORCH).unwrap();
    let known = |case: &&Value| {
        let text = case["optimizer"].as_str().unwrap();
        let name = text.split('(').next().unwrap();
        case["precision"] == "float64"
            && name != "adafactor"
            && names().iter().any(|named| named.name == name)
    };
    let cases: Vec<&Value> = fixture["cases"].as_array().unwrap().iter().filter(known).collect();
    assert!(cases.len() >= 8);
    for case in cases {
        let text = case["optimizer"].as_str().unwrap();
        let mut rule = rule(text);
        from_torch(&state_of(case), &mut *rule).unwrap_or_else(|e| panic!("{text}: {e}"));
        let mut x = numbers(&case["parameters"]);
        for (g, expected) in case["gradients"].as_array().unwrap().iter().zip(case["x"].as_array().unwrap()) {
            rule.step(&mut x, &numbers(g)).unwrap();
            let close = |(x, e): (&f64, &f64)| (x - e).abs() <= 1e-12 * e.abs().max(1.0);
            assert!(x.iter().zip(&numbers(expected)).all(close), "{text}: {x:?}, not {expected:?}");
        }
    }
}

#[test]
fn a_state_given_to_pytorch_has_its_names_and_numbers() {
    let fixture: Value = serde_json::from_str(TORCH).unwrap();
    let case = &fixture["cases"][6];
    let mut rule = rule(case["optimizer"].as_str().unwrap());
    from_torch(&state_of(case), &mut *rule).unwrap();
    let (own, theirs) = (to_torch(&mut *rule).unwrap(), state_of(case));
    let [own, theirs] = [&own, &theirs].map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap());
    for (name, tensor) in theirs.tensors() {
        let same = own.tensor(&name).unwrap();
        assert_eq!(
            (same.shape(), same.dtype(), same.data()),
            (tensor.shape(), tensor.dtype(), tensor.data()),
            "{name}"
        );
    }
    assert_eq!(own.len(), theirs.len());
}
