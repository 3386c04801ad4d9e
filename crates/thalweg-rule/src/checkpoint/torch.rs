//! State in the layout of a `torch.optim` state dict.

use super::format::{Tensor, open, read_tensor, write, wrong};
use crate::{Real, Rule, RuleError, Saved, Snapshot};

/// What PyTorch calls a rule whose state is laid out alike: each part of the parameters has these tensors. PyTorch's count of steps
/// is one of them for all but SGD and RMSprop's momentum.
struct Layout {
    /// PyTorch's class.
    class: &'static str,
    /// Whether there is a `step` for each part.
    step: bool,
}

/// The common rules of PyTorch, whose slots have PyTorch's names here.
fn layout_of(rule: &str) -> Option<Layout> {
    let class = match rule {
        "sgd" | "gradient_descent" => return Some(Layout { class: "SGD", step: false }),
        "adagrad" => "Adagrad",
        "rmsprop" => "RMSprop",
        "adadelta" => "Adadelta",
        "adam" => "Adam",
        "adamw" => "AdamW",
        "adamax" => "Adamax",
        "nadam" => "NAdam",
        "radam" => "RAdam",
        "rprop" => "Rprop",
        "asgd" => "ASGD",
        _ => return None,
    };
    Some(Layout { class, step: true })
}

const KNOWN: &str = "sgd, adagrad, rmsprop, adadelta, adam, adamw, adamax, nadam, radam, rprop, asgd";

/// The state of a single rule as safetensors in the layout of PyTorch's state dict: `state.0.exp_avg`, `state.0.step` and so on, numbered
/// by the parts of the parameters.
///
/// In Python, `safetensors.torch.load_file` reads it; the names split at the dots are the keys of
/// `optimizer.state_dict()["state"]`.
///
/// # Errors
/// [`RuleError::Checkpoint`] for chains and for rules that PyTorch does not have.
///
/// ```
/// use thalweg_rule::{Layout, Optimizer, Rule, from_torch, to_torch};
///
/// let layout = Layout::new([("weight", vec![2, 2]), ("bias", vec![2])]);
/// let mut rule = Optimizer::parse("adam(lr=0.1)")?.rule_for::<f32>(&layout)?;
/// let mut params = vec![1.0; 6];
/// rule.step(&mut params, &[0.5; 6])?;
/// let bytes = to_torch(&mut *rule)?;
///
/// let mut other = Optimizer::parse("adam(lr=0.1)")?.rule_for::<f32>(&layout)?;
/// from_torch(&bytes, &mut *other)?;
/// assert_eq!(other.steps(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_torch<F: Real>(rule: &mut dyn Rule<F>) -> Result<Vec<u8>, RuleError> {
    let (torch, layout) = described(rule)?;
    let snapshot = Snapshot::of(rule);
    let steps = rule.steps();
    let mut tensors = Vec::new();
    for (i, leaf) in layout.leaves().iter().enumerate() {
        for (slot, values) in snapshot.slots() {
            let tensor = Tensor::of(&values[leaf.range.clone()]).shaped(leaf.shape.clone());
            tensors.push((format!("state.{i}.{slot}"), tensor));
        }
        if torch.step {
            tensors.push((format!("state.{i}.step"), Tensor::of(&[F::of(steps as f64)]).shaped(Vec::new())));
        }
    }
    write(&tensors, ("torch.optim", torch.class.to_owned()))
}

/// Makes a rule continue from the state that PyTorch's rule of the same kind had: safetensors with the names of [`to_torch`]. The
/// rule must be for the same parts, in the order of PyTorch's parameters. PyTorch's SGD does not count its steps: they are taken to
/// be one, so that momentum does not start afresh.
///
/// ```python
/// state = optimizer.state_dict()["state"]
/// tensors = {f"state.{i}.{key}": torch.as_tensor(value) for i, entry in state.items() for key, value in entry.items() if value is not None}
/// safetensors.torch.save_file(tensors, "optimizer.safetensors")
/// ```
///
/// # Errors
/// [`RuleError::Checkpoint`] for what is missing or of another shape, and for parts whose steps differ; the rule is unchanged then.
pub fn from_torch<F: Real>(bytes: &[u8], rule: &mut dyn Rule<F>) -> Result<(), RuleError> {
    let (torch, layout) = described(rule)?;
    let (tensors, _) = open(bytes)?;
    let mut snapshot = Snapshot::of(rule);
    for (slot, values) in snapshot.slots_mut() {
        for (i, leaf) in layout.leaves().iter().enumerate() {
            let name = format!("state.{i}.{slot}");
            let (shape, own) = read_tensor::<F>(&tensors, &name)?;
            if shape != leaf.shape {
                return wrong(format!(
                    "has `{name}` of shape {shape:?}, expected {:?} as `{}`",
                    leaf.shape, leaf.name
                ));
            }
            values[leaf.range.clone()].copy_from_slice(&own);
        }
    }
    let mut steps = None;
    for i in 0..if torch.step { layout.leaves().len() } else { 0 } {
        let name = format!("state.{i}.step");
        let step = match read_tensor::<f32>(&tensors, &name) {
            Ok((_, step)) => step.first().copied().unwrap_or_default(),
            Err(_) => read_tensor::<f64>(&tensors, &name)?.1.first().copied().unwrap_or_default() as f32,
        };
        if steps.is_some_and(|steps: f32| steps != step) {
            return wrong(format!(
                "has parts with different steps: `{name}` is {step}, others are {}",
                steps.unwrap_or_default()
            ));
        }
        steps = Some(step);
    }
    let steps = if torch.step { steps.unwrap_or_default() as u64 } else { 1 };
    // Numbers that are carried along are made by counting the steps; the state is PyTorch's.
    rule.reset();
    rule.skip(steps)?;
    let mut counted = Snapshot::of(rule);
    for ((_, to), (_, from)) in counted.entries.iter_mut().zip(snapshot.entries) {
        if let (Saved::Slot(to), Saved::Slot(from)) = (to, from) {
            *to = from;
        }
    }
    counted.restore(rule)
}

/// The rule's counterpart in PyTorch and the parts of its parameters.
fn described<F: Real>(rule: &dyn Rule<F>) -> Result<(Layout, crate::Layout), RuleError> {
    let Some(origin) = rule.origin() else {
        return wrong("the rule was not made from an `Optimizer`, so it has no counterpart in PyTorch");
    };
    let text = origin.optimizer.to_string();
    let name = text.split('(').next().unwrap_or_default();
    match layout_of(name) {
        _ if origin.lanes != 1 => wrong("PyTorch's state dict holds one problem, not several side by side"),
        Some(layout) if !text.contains(" | ") => Ok((layout, origin.layout.clone())),
        _ => wrong(format!("`{text}` has no counterpart in PyTorch; those that have are {KNOWN}")),
    }
}
