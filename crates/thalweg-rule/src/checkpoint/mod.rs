//! Runs on their way to a file and back, as safetensors: the bytes are made and read here; files are opened elsewhere.

mod format;
mod torch;

use std::fmt::Write;

use safetensors::SafeTensors;
use serde_json::{Value, json};

pub use torch::{from_torch, to_torch};

use crate::{Layout, Optimizer, Real, Rule, RuleError, Saved, Snapshot};
use format::{Tensor, read_numbers, read_tensor, write, wrong};

/// The version of the layout written here.
const VERSION: u64 = 1;

/// Under which the metadata stands.
const KEY: &str = "thalweg-rule";

/// A rule as it was, and the parameters.
pub type Resumed<F> = (Box<dyn Rule<F>>, Vec<F>);

/// A run at rest: the optimiser's text, the parameters and all that the rule remembers.
///
/// Written as [safetensors](https://huggingface.co/docs/safetensors): the parameters as `params/NAME`, vectors of the state as
/// `state/SLOT/NAME`, each with the shape of its part, other memory as `memory/…`. All else stands as JSON under `thalweg-rule` in the metadata. A run
/// resumed from the bytes continues with the same bits as one that never stopped.
///
/// ```
/// use thalweg_rule::{Checkpoint, Layout, Optimizer, Rule};
///
/// let layout = Layout::new([("weight", vec![2, 2]), ("bias", vec![2])]);
/// let mut rule = Optimizer::parse("clip_by_global_norm(1) | adam(lr=0.1)")?.rule_for::<f32>(&layout)?;
/// let mut params = vec![1.0; 6];
/// rule.step(&mut params, &[0.5; 6])?;
/// let bytes = Checkpoint::of(&mut *rule, &params)?.to_bytes()?;
///
/// let (mut resumed, mut params_resumed) = Checkpoint::<f32>::from_bytes(&bytes)?.resume()?;
/// rule.step(&mut params, &[0.25; 6])?;
/// resumed.step(&mut params_resumed, &[0.25; 6])?;
/// assert_eq!(params, params_resumed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint<F> {
    optimizer: Optimizer,
    layout: Layout,
    lanes: usize,
    first: u64,
    params: Vec<F>,
    snapshot: Snapshot<F>,
}

impl<F: Real> Checkpoint<F> {
    /// A copy of the run as it is now.
    ///
    /// # Errors
    /// [`RuleError::Checkpoint`] for a rule that was not made from an [`Optimizer`]; [`RuleError::Length`].
    pub fn of(rule: &mut dyn Rule<F>, params: &[F]) -> Result<Self, RuleError> {
        let snapshot = Snapshot::of(rule);
        let Some(origin) = rule.origin() else {
            return wrong("the rule was not made from an `Optimizer`, so it cannot be written down");
        };
        let (layout, lanes) = (origin.layout.clone(), origin.lanes);
        if params.len() != layout.len() * lanes {
            let (found, dim) = (params.len(), layout.len());
            return Err(RuleError::Length { what: "parameters", found, dim, lanes });
        }
        let (optimizer, first) = (origin.optimizer.clone(), origin.first);
        Ok(Checkpoint { optimizer, layout, lanes, first, params: params.to_vec(), snapshot })
    }

    /// The optimiser, with its hyperparameters at the time.
    pub fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// The parts of the parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The parameters.
    pub fn params(&self) -> &[F] {
        &self.params
    }

    /// What the rule remembered.
    pub fn snapshot(&self) -> &Snapshot<F> {
        &self.snapshot
    }

    /// The rule as it was, and the parameters.
    ///
    /// # Errors
    /// As [`Optimizer::rule`] and [`Snapshot::restore`].
    pub fn resume(self) -> Result<Resumed<F>, RuleError> {
        let mut rule = self.optimizer.rule_with(&self.layout, self.lanes, self.first)?;
        self.snapshot.restore(&mut *rule)?;
        Ok((rule, self.params))
    }

    /// Gives its state to a rule that may have other hyperparameters, and its parameters.
    ///
    /// # Errors
    /// [`RuleError::Checkpoint`] if the rule is for parameters of other names or shapes, [`RuleError::Memory`] if it remembers
    /// other things, [`RuleError::Length`]; nothing is changed then.
    pub fn restore(&self, rule: &mut dyn Rule<F>, params: &mut [F]) -> Result<(), RuleError> {
        if let Some(origin) = rule.origin() {
            if let Some(problem) = differing(&self.layout, origin.layout) {
                return wrong(problem);
            }
            if self.lanes != origin.lanes {
                return wrong(format!("holds {} problems, the rule is for {}", self.lanes, origin.lanes));
            }
        }
        if params.len() != self.params.len() {
            let (found, dim, lanes) = (params.len(), self.layout.len(), self.lanes);
            return Err(RuleError::Length { what: "parameters", found, dim, lanes });
        }
        self.snapshot.restore(rule)?;
        params.copy_from_slice(&self.params);
        Ok(())
    }

    /// As safetensors.
    ///
    /// # Errors
    /// [`RuleError::Checkpoint`] if two parts of the parameters have the same name.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RuleError> {
        let mut tensors = Vec::new();
        self.add_parts("params", &self.params, &mut tensors);
        let mut entries = Vec::new();
        for (key, (name, saved)) in self.keys().into_iter().zip(&self.snapshot.entries) {
            let kind = match saved {
                // Of parameters of some names only.
                Saved::Slot(values) if values.len() != self.params.len() => {
                    tensors.push((format!("memory/{key}"), Tensor::of(values)));
                    "part"
                }
                Saved::Slot(values) => {
                    self.add_parts(&format!("state/{key}"), values, &mut tensors);
                    "slot"
                }
                Saved::Vector(values) => {
                    tensors.push((format!("memory/{key}"), Tensor::of(values)));
                    "vector"
                }
                Saved::Numbers(values) => {
                    tensors.push((format!("memory/{key}"), Tensor::of(values)));
                    "numbers"
                }
                Saved::Count(count) => {
                    tensors.push((format!("memory/{key}"), Tensor::count(*count)));
                    "count"
                }
            };
            entries.push(json!([kind, name]));
        }
        let leaves: Vec<Value> =
            self.layout.leaves().iter().map(|leaf| json!([leaf.name, leaf.shape])).collect();
        // One text, for the format does not keep the order of several.
        let metadata = json!({
            "version": VERSION,
            "optimizer": self.optimizer.to_string(),
            "leaves": leaves,
            "lanes": self.lanes,
            "first": self.first,
            "entries": entries,
        });
        write(&tensors, (KEY, metadata.to_string()))
    }

    /// From safetensors.
    ///
    /// # Errors
    /// [`RuleError::Checkpoint`] saying what is missing, of another version, of another number type or of another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RuleError> {
        let (tensors, metadata) = format::open(bytes)?;
        let Some(metadata) = metadata.get(KEY) else {
            return wrong(format!("has no `{KEY}` in its metadata, so it is not a checkpoint of a rule"));
        };
        let Ok(metadata) = serde_json::from_str::<Value>(metadata) else {
            return wrong(format!("has `{KEY}` in its metadata that is not JSON"));
        };
        let version = &metadata["version"];
        if *version != VERSION {
            return wrong(format!("is of version {version}, only {VERSION} can be read"));
        }
        let lacking = |key: &str| {
            RuleError::Checkpoint(format!("has no right `{key}` in its metadata: {}", metadata[key]))
        };
        let text = metadata["optimizer"].as_str().unwrap_or_default();
        let optimizer = Optimizer::parse(text)
            .or_else(|error| wrong(format!("names an optimizer that cannot be read: {error}")))?;
        let layout = leaves_of(&metadata["leaves"]).ok_or_else(|| lacking("leaves"))?;
        let lanes = metadata["lanes"].as_u64().and_then(|lanes| usize::try_from(lanes).ok());
        // More problems than numbers would make room for nothing.
        let lanes = lanes.filter(|lanes| *lanes <= bytes.len()).ok_or_else(|| lacking("lanes"))?;
        let first = metadata["first"].as_u64().ok_or_else(|| lacking("first"))?;
        let kinds = entries_of(&metadata["entries"]).ok_or_else(|| lacking("entries"))?;
        let mut checkpoint = Checkpoint {
            optimizer,
            layout,
            lanes,
            first,
            params: Vec::new(),
            snapshot: Snapshot { entries: Vec::new() },
        };
        checkpoint.params = checkpoint.parts("params", &tensors)?;
        let keys = unique(kinds.iter().map(|(_, name)| name.as_str()));
        for (key, (kind, name)) in keys.into_iter().zip(kinds) {
            let memory = format!("memory/{key}");
            let saved = match kind.as_str() {
                "slot" => Saved::Slot(checkpoint.parts(&format!("state/{key}"), &tensors)?),
                "part" => Saved::Slot(read_tensor(&tensors, &memory)?.1),
                "vector" => Saved::Vector(read_tensor(&tensors, &memory)?.1),
                "numbers" => Saved::Numbers(read_numbers(&tensors, &memory)?),
                "count" => Saved::Count(format::read_count(&tensors, &memory)?),
                other => return wrong(format!("has memory of the unknown kind `{other}`")),
            };
            checkpoint.snapshot.entries.push((name, saved));
        }
        Ok(checkpoint)
    }

    /// A vector laid out as the parameters are, part by part.
    fn add_parts(&self, prefix: &str, values: &[F], tensors: &mut Vec<(String, Tensor)>) {
        for leaf in self.layout.leaves() {
            let range = leaf.range.start * self.lanes..leaf.range.end * self.lanes;
            let tensor = Tensor::of(&values[range]).shaped(self.shape(&leaf.shape));
            tensors.push((format!("{prefix}/{}", leaf.name), tensor));
        }
    }

    /// The vector that [`add_parts`](Checkpoint::add_parts) has written.
    fn parts(&self, prefix: &str, tensors: &SafeTensors<'_>) -> Result<Vec<F>, RuleError> {
        let mut values = Vec::new();
        for leaf in self.layout.leaves() {
            let name = format!("{prefix}/{}", leaf.name);
            let (shape, own) = read_tensor::<F>(tensors, &name)?;
            if shape != self.shape(&leaf.shape) {
                return wrong(format!(
                    "has `{name}` of shape {shape:?}, expected {:?}",
                    self.shape(&leaf.shape)
                ));
            }
            values.extend(own);
        }
        Ok(values)
    }

    fn shape(&self, leaf: &[usize]) -> Vec<usize> {
        let mut shape = leaf.to_vec();
        if self.lanes != 1 {
            shape.push(self.lanes);
        }
        shape
    }

    /// A key for each piece of memory, unlike all others.
    fn keys(&self) -> Vec<String> {
        unique(self.snapshot.entries.iter().map(|(name, _)| name.as_str()))
    }
}

/// The names, with a number where one comes up again.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for name in names {
        let mut key = name.to_owned();
        let mut count = 1;
        while keys.contains(&key) {
            count += 1;
            key.clear();
            let _ = write!(key, "{name}#{count}");
        }
        keys.push(key);
    }
    keys
}

fn leaves_of(value: &Value) -> Option<Layout> {
    let leaf = |leaf: &Value| {
        let shape = leaf.get(1)?.as_array()?.iter();
        let shape = shape.map(|axis| usize::try_from(axis.as_u64()?).ok()).collect::<Option<Vec<_>>>()?;
        Some((leaf.get(0)?.as_str()?.to_owned(), shape))
    };
    Some(Layout::new(value.as_array()?.iter().map(leaf).collect::<Option<Vec<_>>>()?))
}

fn entries_of(value: &Value) -> Option<Vec<(String, String)>> {
    let entry =
        |entry: &Value| Some((entry.get(0)?.as_str()?.to_owned(), entry.get(1)?.as_str()?.to_owned()));
    value.as_array()?.iter().map(entry).collect()
}

/// The first difference between two layouts, in words.
fn differing(found: &Layout, expected: &Layout) -> Option<String> {
    let (found, expected) = (found.leaves(), expected.leaves());
    let describe = |leaf: Option<&crate::Leaf>| match leaf {
        Some(leaf) => format!("`{}` of shape {:?}", leaf.name, leaf.shape),
        None => "nothing more".to_owned(),
    };
    let unlike = (0..found.len().max(expected.len())).find(|&i| found.get(i) != expected.get(i))?;
    Some(format!(
        "holds {} where the rule's parameters have {}",
        describe(found.get(unlike)),
        describe(expected.get(unlike))
    ))
}
