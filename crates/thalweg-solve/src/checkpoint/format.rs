//! How a run stands in bytes: [safetensors](https://huggingface.co/docs/safetensors), a tensor for each piece of memory, the rest as JSON in
//! the metadata, with a checksum over all of it.

use std::collections::BTreeMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use thalweg_rule::{Real, Saved};

use super::wrong;
use crate::{Scalar, SolveError};

/// Under which the metadata stands.
const KEY: &str = "thalweg-solve";

/// The version of the layout written here.
const VERSION: u64 = 1;

type Pieces<F> = BTreeMap<String, Saved<F>>;

/// Of 64-bit numbers when the run's own are 64-bit ones too: which are which is told by the name.
const WIDE: &str = "wide/";

/// All pieces, and what identifies the run.
pub(crate) fn to_bytes<F: Scalar>(pieces: &Pieces<F>, identity: &Value) -> Result<Vec<u8>, SolveError> {
    let tensors: Vec<(String, Dtype, Vec<u8>)> = pieces
        .iter()
        .map(|(name, saved)| match saved {
            Saved::Slot(values) | Saved::Vector(values) => {
                let bytes = values.iter().flat_map(|value| Real::to_bytes(*value)).collect();
                (name.clone(), dtype::<F>(), bytes)
            }
            Saved::Numbers(values) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                (format!("{WIDE}{name}"), Dtype::F64, bytes)
            }
            Saved::Count(count) => (name.clone(), Dtype::U64, count.to_le_bytes().to_vec()),
        })
        .collect();
    let written = |error| SolveError::Checkpoint(format!("cannot be written: {error}"));
    let mut views = Vec::with_capacity(tensors.len());
    for (name, dtype, bytes) in &tensors {
        let count = bytes.len() * 8 / dtype.bitsize();
        views.push((name.as_str(), TensorView::new(*dtype, vec![count], bytes).map_err(written)?));
    }
    let parts = tensors.iter().map(|(name, dtype, bytes)| (name.as_str(), *dtype, &bytes[..]));
    let metadata = json!({ "version": VERSION, "run": identity, "checksum": checksum(identity, parts) });
    let metadata = [(KEY.to_owned(), metadata.to_string())].into_iter().collect();
    safetensors::serialize(views, Some(metadata)).map_err(written)
}

/// All pieces, and what identifies the run, of bytes that are whole.
pub(crate) fn from_bytes<F: Scalar>(bytes: &[u8]) -> Result<(Pieces<F>, Value), SolveError> {
    let not = |error| SolveError::Checkpoint(format!("is cut off, or not in safetensors format: {error}"));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(not)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not)?;
    let Some(text) =
        metadata.metadata().iter().flatten().find_map(|(key, text)| (key == KEY).then_some(text))
    else {
        return wrong(format!("has no `{KEY}` in its metadata, so it is not a checkpoint of a run"));
    };
    let Ok(metadata) = serde_json::from_str::<Value>(text) else {
        return wrong(format!("has `{KEY}` in its metadata that is not JSON"));
    };
    let version = &metadata["version"];
    if *version != VERSION {
        return wrong(format!("is of version {version}, only {VERSION} can be read"));
    }
    let mut parts: Vec<(String, TensorView<'_>)> = tensors.tensors();
    parts.sort_by(|a, b| key(&a.0).cmp(key(&b.0)));
    let found = checksum(
        &metadata["run"],
        parts.iter().map(|(name, view)| (name.as_str(), view.dtype(), view.data())),
    );
    if metadata["checksum"] != found {
        return wrong("has been changed since it was written: its checksum is wrong");
    }
    let mut pieces = Pieces::new();
    for (name, view) in &parts {
        let data = view.data();
        let saved = match view.dtype() {
            Dtype::F64 if name.starts_with(WIDE) => {
                Saved::Numbers(data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
            }
            Dtype::U64 => match data.try_into() {
                Ok(bytes) => Saved::Count(u64::from_le_bytes(bytes)),
                Err(_) => return wrong(format!("has `{name}` that is not a single number")),
            },
            own if own == dtype::<F>() => {
                Saved::Vector(data.chunks_exact(size_of::<F>()).map(<F as Real>::from_bytes).collect())
            }
            other => {
                return wrong(format!(
                    "has `{name}` in {other:?}, where this run's numbers are {:?}",
                    dtype::<F>()
                ));
            }
        };
        pieces.insert(key(name).to_owned(), saved);
    }
    Ok((pieces, metadata["run"].clone()))
}

fn dtype<F>() -> Dtype {
    if size_of::<F>() == 4 { Dtype::F32 } else { Dtype::F64 }
}

fn key(name: &str) -> &str {
    name.strip_prefix(WIDE).unwrap_or(name)
}

/// FNV-1a (Fowler, Noll and Vo) over names, types, numbers and identity, as text.
fn checksum<'a>(identity: &Value, parts: impl Iterator<Item = (&'a str, Dtype, &'a [u8])>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes.iter().chain(&(bytes.len() as u64).to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    add(identity.to_string().as_bytes());
    for (name, dtype, bytes) in parts {
        add(name.as_bytes());
        add(format!("{dtype:?}").as_bytes());
        add(bytes);
    }
    format!("{hash:016x}")
}
