//! [`Weights`]: what a network has learnt, for others.

use super::CheckpointError;
use crate::data::{Array, Elements, npz_to_bytes};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::HashMap;
use thalweg_rule::Layout;

/// The parameters and buffers of a network under the names and in the layouts of PyTorch: `0.weight` of shape
/// `[outputs, inputs]` or `[outputs, inputs, height, width]`, `0.bias`, `1.running_mean`.
///
/// In Python, `model.load_state_dict(safetensors.torch.load_file("weights.safetensors"))` takes them where `model` is an
/// `nn.Sequential` of the same layers, activations included; `numpy.load("weights.npz")` has them by name.
///
/// ```
/// use thalweg_rule::Layout;
/// use thalweg_train::checkpoint::Weights;
///
/// let layout = Layout::new([("0.weight", vec![1, 2]), ("0.bias", vec![1])]);
/// let weights = Weights::new(&layout, &[1.0, 2.0, 3.0], &Layout::default(), &[])?;
/// let bytes = weights.to_safetensors()?;
/// let (parameters, buffers) = Weights::read_safetensors(&bytes, &layout, &Layout::default())?;
/// assert_eq!((parameters, buffers), (vec![1.0, 2.0, 3.0], vec![]));
/// # Ok::<(), thalweg_train::checkpoint::CheckpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    arrays: Vec<(String, Array)>,
}

/// What PyTorch's batch norm counts beside its averages; only its presence matters, as long as momentum is a number.
const COUNTED: (&str, &str) = (".running_mean", ".num_batches_tracked");

impl Weights {
    /// The parts of these parameters and buffers.
    ///
    /// # Errors
    /// They are not as many as the layouts say.
    pub fn new(
        parameters: &Layout,
        values: &[f32],
        buffers: &Layout,
        kept: &[f32],
    ) -> Result<Self, CheckpointError> {
        let mut arrays = Vec::new();
        for (layout, values) in [(parameters, values), (buffers, kept)] {
            if layout.len() != values.len() {
                let (found, wanted) = (values.len(), layout.len());
                return Err(CheckpointError::Weights(format!("{found} numbers, must be {wanted}")));
            }
            for leaf in layout.leaves() {
                let elements = Elements::F32(values[leaf.range.clone()].to_vec());
                arrays.push((leaf.name.clone(), array(&leaf.shape, elements)?));
                if let Some(layer) = leaf.name.strip_suffix(COUNTED.0) {
                    arrays.push((format!("{layer}{}", COUNTED.1), array(&[], Elements::I64(vec![0]))?));
                }
            }
        }
        Ok(Self { arrays })
    }

    /// Names and arrays, parameters first.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// As safetensors.
    ///
    /// # Errors
    /// Two have the same name.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, CheckpointError> {
        let wrong = |problem: &dyn std::fmt::Display| CheckpointError::Weights(problem.to_string());
        let mut tensors: HashMap<&str, (Dtype, &[usize], Vec<u8>)> = HashMap::new();
        for (name, array) in &self.arrays {
            let (dtype, bytes) = match array.elements() {
                Elements::F32(values) => (Dtype::F32, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
                Elements::I64(values) => (Dtype::I64, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
                _ => return Err(wrong(&"only f32 and i64 come up")),
            };
            if tensors.insert(name, (dtype, array.shape(), bytes)).is_some() {
                return Err(wrong(&format!("two are called `{name}`")));
            }
        }
        let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
            Ok((*name, TensorView::new(*dtype, shape.to_vec(), bytes).map_err(|error| wrong(&error))?))
        });
        let views: Vec<_> = views.collect::<Result<_, CheckpointError>>()?;
        // PyTorch's own loader asks for this.
        let metadata = [("format".to_owned(), "pt".to_owned())].into_iter().collect();
        safetensors::serialize(views, Some(metadata)).map_err(|error| wrong(&error))
    }

    /// As an uncompressed `.npz` file.
    ///
    /// # Errors
    /// Two have the same name.
    pub fn to_npz(&self) -> Result<Vec<u8>, CheckpointError> {
        npz_to_bytes(self.arrays()).map_err(|error| CheckpointError::Weights(error.to_string()))
    }

    /// Parameters and buffers for these layouts out of safetensors in `f32`, as PyTorch's `save_file(model.state_dict(), …)` writes
    /// them. What else is in the file is passed by.
    ///
    /// # Errors
    /// One is missing, or of another type or shape.
    pub fn read_safetensors(
        bytes: &[u8],
        parameters: &Layout,
        buffers: &Layout,
    ) -> Result<(Vec<f32>, Vec<f32>), CheckpointError> {
        let wrong = |problem: String| CheckpointError::Weights(problem);
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| wrong(format!("not in safetensors format: {error}")))?;
        let read = |layout: &Layout| {
            let mut values = Vec::with_capacity(layout.len());
            for leaf in layout.leaves() {
                let view =
                    tensors.tensor(&leaf.name).map_err(|_| wrong(format!("there is no `{}`", leaf.name)))?;
                if view.dtype() != Dtype::F32 || view.shape() != leaf.shape {
                    let (dtype, shape) = (view.dtype(), view.shape());
                    let problem = format!(
                        "`{}` is {dtype:?} of shape {shape:?}, must be F32 of {:?}",
                        leaf.name, leaf.shape
                    );
                    return Err(wrong(problem));
                }
                values.extend(view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
            Ok(values)
        };
        Ok((read(parameters)?, read(buffers)?))
    }
}

fn array(shape: &[usize], elements: Elements) -> Result<Array, CheckpointError> {
    Array::new(shape, elements).map_err(|error| CheckpointError::Weights(error.to_string()))
}
