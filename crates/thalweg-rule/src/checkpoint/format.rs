//! Tensors to safetensors and back.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Real, RuleError};

pub(super) fn wrong<T>(problem: impl Into<String>) -> Result<T, RuleError> {
    Err(RuleError::Checkpoint(problem.into()))
}

/// Numbers on their way out.
pub(super) struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn dtype<F: Real>() -> Dtype {
    if size_of::<F>() == 4 { Dtype::F32 } else { Dtype::F64 }
}

impl Tensor {
    /// A vector.
    pub(super) fn of<F: Real>(values: &[F]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_bytes()).collect::<Vec<u8>>();
        Tensor { dtype: dtype::<F>(), shape: vec![values.len()], bytes }
    }

    /// A single count.
    pub(super) fn count(count: u64) -> Self {
        Tensor { dtype: Dtype::U64, shape: Vec::new(), bytes: count.to_le_bytes().to_vec() }
    }

    pub(super) fn shaped(self, shape: Vec<usize>) -> Self {
        Tensor { shape, ..self }
    }
}

/// All as one file's bytes, with one text.
pub(super) fn write(tensors: &[(String, Tensor)], (key, text): (&str, String)) -> Result<Vec<u8>, RuleError> {
    let mut views: Vec<(&str, TensorView<'_>)> = Vec::new();
    for (name, Tensor { dtype, shape, bytes }) in tensors {
        if views.iter().any(|(other, _)| other == name) {
            return wrong(format!("would have two tensors called `{name}`: give the parts different names"));
        }
        let view = TensorView::new(*dtype, shape.clone(), bytes)
            .or_else(|error| wrong(format!("cannot hold `{name}`: {error}")))?;
        views.push((name, view));
    }
    let metadata = [(key.to_owned(), text)].into_iter().collect();
    safetensors::serialize(views, Some(metadata))
        .or_else(|error| wrong(format!("cannot be written: {error}")))
}

/// The tensors and the metadata in a file's bytes.
pub(super) fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, HashMap<String, String>), RuleError> {
    let not = |error| format!("is not in safetensors format: {error}");
    let (_, metadata) = SafeTensors::read_metadata(bytes).or_else(|error| wrong(not(error)))?;
    let tensors = SafeTensors::deserialize(bytes).or_else(|error| wrong(not(error)))?;
    let texts = metadata.metadata().iter().flatten();
    Ok((tensors, texts.map(|(key, text)| (key.clone(), text.clone())).collect()))
}

fn view<'a>(tensors: &SafeTensors<'a>, name: &str, wanted: Dtype) -> Result<TensorView<'a>, RuleError> {
    let Ok(view) = tensors.tensor(name) else { return wrong(format!("has no tensor `{name}`")) };
    if view.dtype() != wanted {
        return wrong(format!("has `{name}` in {:?}, expected {wanted:?}", view.dtype()));
    }
    Ok(view)
}

/// Shape and numbers of a tensor, which must be of this type.
pub(super) fn read_tensor<F: Real>(
    tensors: &SafeTensors<'_>,
    name: &str,
) -> Result<(Vec<usize>, Vec<F>), RuleError> {
    let view = view(tensors, name, dtype::<F>())?;
    let values = view.data().chunks_exact(size_of::<F>()).map(F::from_bytes).collect();
    Ok((view.shape().to_vec(), values))
}

/// 64-bit numbers.
pub(super) fn read_numbers(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f64>, RuleError> {
    Ok(read_tensor::<f64>(tensors, name)?.1)
}

/// A single count.
pub(super) fn read_count(tensors: &SafeTensors<'_>, name: &str) -> Result<u64, RuleError> {
    match view(tensors, name, Dtype::U64)?.data().try_into() {
        Ok(bytes) => Ok(u64::from_le_bytes(bytes)),
        Err(_) => wrong(format!("has `{name}` that is not a single number")),
    }
}
