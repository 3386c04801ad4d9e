//! [`Sequential`]: layers one after the other.

use super::{Form, Layer, Misfit, Pass};
use thalweg_function::Var;

/// Layers one after the other, called by their numbers: the weight of the first is `0.weight`.
#[derive(Debug, Default)]
pub struct Sequential {
    /// The layers in order.
    pub layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// With one more layer at the end.
    pub fn then(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }
}

impl From<Vec<Box<dyn Layer>>> for Sequential {
    fn from(layers: Vec<Box<dyn Layer>>) -> Self {
        Sequential { layers }
    }
}

impl Layer for Sequential {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        let mut whole = Form::of(input);
        for (k, layer) in self.layers.iter().enumerate() {
            let form = layer.form(&whole.output).map_err(|mut misfit| {
                misfit.what = format!("layer {k}, {layer:?}: {}", misfit.what);
                misfit
            })?;
            whole.output = form.output;
            whole.parameters.extend(form.parameters.into_iter().map(|mut parameter| {
                parameter.name = format!("{k}.{}", parameter.name);
                parameter
            }));
            whole.buffers.extend(form.buffers.into_iter().map(|mut buffer| {
                buffer.name = format!("{k}.{}", buffer.name);
                buffer
            }));
        }
        Ok(whole)
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        self.layers
            .iter()
            .enumerate()
            .fold(x, |x, (k, layer)| pass.within(&k.to_string(), |pass| layer.apply(x, pass)))
    }
}
