//! [`Saved`]: all that a run knows, as bytes.
//!
//! The bytes are those of `thalweg_rule::Checkpoint`, which reads them too, with more in them: the tensors `train/…`, and `train` in the
//! JSON of its metadata. A CRC-32 over names, numbers and JSON tells whether a file was changed.

use crate::{
    data::Position,
    history::{History, Record},
};
use flate2::Crc;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};
use thalweg_rule::Checkpoint;

/// What makes a run the run it is: for each of these what it is, in words. A run resumes from a checkpoint only if all are the same.
pub type Identity = Vec<(String, String)>;

/// Sums over the batches since the last record.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Of losses times examples.
    pub loss: f64,
    /// Of examples that were right.
    pub right: f64,
    /// Examples.
    pub examples: f64,
    /// Seconds.
    pub seconds: f64,
}

/// The parameters with the lowest validation loss so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// After how many steps they were there.
    pub step: u64,
    /// Their validation loss.
    pub loss: f64,
    /// They themselves.
    pub parameters: Vec<f32>,
    /// The buffers at that time.
    pub buffers: Vec<f32>,
}

/// A run at rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Which run this is.
    pub identity: Identity,
    /// The optimiser with all it remembers, and the parameters.
    pub rule: Checkpoint<f32>,
    /// What the network keeps beside its parameters.
    pub buffers: Vec<f32>,
    /// Where the next batch is.
    pub position: Position,
    /// Steps made.
    pub steps: u64,
    /// Batches seen, of which random numbers depend.
    pub batches: u64,
    /// Sums since the last record.
    pub tally: Tally,
    /// Seconds so far.
    pub seconds: f64,
    /// The best parameters, if they are kept, and how many validations have passed since.
    pub best: Option<(Best, u64)>,
    /// What happened so far.
    pub history: History,
}

/// The key of the metadata, which is that of the rule's checkpoint.
const KEY: &str = "thalweg-rule";
const VERSION: u64 = 1;

/// A tensor on its way out: name, type, bytes.
type Tensor = (String, Dtype, Vec<u8>);

impl Saved {
    /// Steps made.
    pub fn step(&self) -> u64 {
        self.steps
    }

    /// As safetensors.
    ///
    /// # Errors
    /// Two parameters have the same name.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let rule = self.rule.to_bytes().map_err(|error| error.to_string())?;
        let (tensors, mut json) = open(&rule)?;
        let own = self.tensors();
        let mut views: Vec<(String, TensorView<'_>)> = tensors.tensors();
        for (name, dtype, bytes) in &own {
            let count = bytes.len() * 8 / dtype.bitsize();
            views.push((
                name.clone(),
                TensorView::new(*dtype, vec![count], bytes).map_err(|error| error.to_string())?,
            ));
        }
        json["train"] = json!({ "version": VERSION, "identity": self.identity, "best": self.best.is_some() });
        json["train"]["checksum"] = checksum(&json, &mut views).into();
        let metadata = [(KEY.to_owned(), json.to_string())].into_iter().collect();
        safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())
    }

    /// From safetensors.
    ///
    /// # Errors
    /// What is missing or has been changed, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (tensors, mut json) = open(bytes)?;
        let train = json["train"].as_object_mut().ok_or("holds a rule, but no training run")?;
        let version = train.get("version").cloned().unwrap_or_default();
        if version != VERSION {
            return Err(format!("is of version {version}, only {VERSION} can be read"));
        }
        let expected = train.remove("checksum").unwrap_or_default();
        if checksum(&json, &mut tensors.tensors()) != expected {
            return Err("has been changed since it was written: its checksum is wrong".to_owned());
        }
        let identity = serde_json::from_value(json["train"]["identity"].clone());
        let identity = identity.map_err(|error| format!("has no identity that can be read: {error}"))?;
        let rule = Checkpoint::from_bytes(bytes).map_err(|error| error.to_string())?;
        let floats =
            |name: &str| Some(numbers(&tensors, name, Dtype::F64)?.map(f64::from_le_bytes).collect());
        let singles = |name: &str| -> Option<Vec<f32>> {
            let view = tensors.tensor(name).ok().filter(|view| view.dtype() == Dtype::F32)?;
            Some(view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        };
        let counts = |name: &str| {
            Some(numbers(&tensors, name, Dtype::U64)?.map(u64::from_le_bytes).collect::<Vec<_>>())
        };
        let read = || -> Option<Self> {
            let own: Vec<f64> = floats("train/numbers")?;
            let &[loss, right, examples, tally_seconds, seconds, best_loss] = &own[..] else { return None };
            let &[epoch, step, steps, batches, best_step, since] = &counts("train/counts")?[..] else {
                return None;
            };
            let best = if json["train"]["best"] == true {
                let (parameters, buffers) = (singles("train/best/params")?, singles("train/best/buffers")?);
                Some((Best { step: best_step, loss: best_loss, parameters, buffers }, since))
            } else {
                None
            };
            let history = History::from_columns(&counts("train/history/step")?, |column| {
                floats(&format!("train/history/{column}"))
            })?;
            Some(Self {
                identity,
                rule,
                buffers: singles("train/buffers")?,
                position: Position { epoch, step },
                steps,
                batches,
                tally: Tally { loss, right, examples, seconds: tally_seconds },
                seconds,
                best,
                history,
            })
        };
        read().ok_or_else(|| "lacks a part that every checkpoint has".to_owned())
    }

    /// The first difference between this run's identity and another's: what, found here, wanted there.
    pub fn differs<'a>(&'a self, wanted: &'a Identity) -> Option<[&'a str; 3]> {
        let nothing = "unknown";
        let of = |identity: &'a Identity, what: &str| {
            identity.iter().find(|(own, _)| own == what).map_or(nothing, |(_, text)| text)
        };
        let all = wanted.iter().chain(&self.identity).map(|(what, _)| what.as_str());
        let mut pairs = all.map(|what| [what, of(&self.identity, what), of(wanted, what)]);
        pairs.find(|[_, found, wanted]| found != wanted)
    }

    fn tensors(&self) -> Vec<Tensor> {
        let singles = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let floats = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let counts = |values: &[u64]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let Tally { loss, right, examples, seconds } = self.tally;
        let (best, since) = self.best.as_ref().map_or((None, 0), |(best, since)| (Some(best), *since));
        let (best_loss, best_step) = best.map_or((0.0, 0), |best| (best.loss, best.step));
        let numbers = [loss, right, examples, seconds, self.seconds, best_loss];
        let Position { epoch, step } = self.position;
        let steps: Vec<u64> = self.history.records().iter().map(|record: &Record| record.step).collect();
        let mut tensors = vec![
            ("train/buffers".to_owned(), Dtype::F32, singles(&self.buffers)),
            ("train/numbers".to_owned(), Dtype::F64, floats(&numbers)),
            (
                "train/counts".to_owned(),
                Dtype::U64,
                counts(&[epoch, step, self.steps, self.batches, best_step, since]),
            ),
            ("train/history/step".to_owned(), Dtype::U64, counts(&steps)),
        ];
        for (name, values) in self.history.to_columns() {
            tensors.push((format!("train/history/{name}"), Dtype::F64, floats(&values)));
        }
        if let Some(best) = best {
            tensors.push(("train/best/params".to_owned(), Dtype::F32, singles(&best.parameters)));
            tensors.push(("train/best/buffers".to_owned(), Dtype::F32, singles(&best.buffers)));
        }
        tensors
    }
}

/// The tensors of a rule's checkpoint and its JSON.
fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, Value), String> {
    let not = |error| format!("is not in safetensors format, or not all of it: {error}");
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(not)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not)?;
    let text = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let json = text.and_then(|text| serde_json::from_str(text).ok());
    Ok((tensors, json.ok_or("is no checkpoint: its metadata has no JSON of one")?))
}

/// The CRC-32 of the JSON, without a checksum in it, and of all tensors in the order of their names.
fn checksum(json: &Value, views: &mut [(String, TensorView<'_>)]) -> u32 {
    views.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut crc = Crc::new();
    crc.update(json.to_string().as_bytes());
    for (name, view) in views {
        crc.update(format!("{name} {:?} {:?}", view.dtype(), view.shape()).as_bytes());
        crc.update(view.data());
    }
    crc.sum()
}

/// The 8-byte numbers of a tensor of this type.
fn numbers<'a>(
    tensors: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
) -> Option<impl Iterator<Item = [u8; 8]> + use<'a>> {
    let view = tensors.tensor(name).ok().filter(|view| view.dtype() == dtype)?;
    Some(view.data().as_chunks().0.iter().copied())
}
