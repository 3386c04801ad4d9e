//! Networks: layers with the shape of the examples they are for.
//!
//! - [`Network`] knows the names and shapes of its parameters and buffers, initialises them, and traces what it computes.
//! - [`Model`] is a network as text, `mlp(512, 512)` or `cnn(32, 64)`, still without the shape of examples.
//!
//! What never lives here: steps and evaluations (`learn`).

mod error;
mod model;
mod summary;

pub use error::NetworkError;
pub(crate) use error::fits;
pub use model::{Model, Norm};
pub use summary::Summary;

use crate::layer::shape_of;
use crate::layer::{Form, Layer, Misfit, Pass, Sequential};
use crate::loss::{L2, Loss};
use thalweg_function::{Program, Shape, Var, trace};
use thalweg_rule::Layout;

/// Layers one after the other, for examples of one shape.
///
/// ```
/// use thalweg_train::layer::{Activation, Dense, Sequential};
/// use thalweg_train::network::Network;
///
/// let layers = Sequential::default().then(Dense::new(512)).then(Activation::Relu).then(Dense::new(10));
/// let network = Network::new(&[784], layers)?;
/// assert_eq!(network.output(), [10]);
/// assert_eq!(network.parameters().leaves()[2].name, "2.weight");
/// assert_eq!(network.initialize(0).len(), 784 * 512 + 512 + 512 * 10 + 10);
/// # Ok::<(), thalweg_train::network::NetworkError>(())
/// ```
#[derive(Debug)]
pub struct Network {
    input: Vec<usize>,
    layers: Sequential,
    form: Form,
    parameters: Layout,
    buffers: Layout,
}

impl Network {
    /// These layers for examples of shape `input`.
    ///
    /// # Errors
    /// A layer cannot take what the one before makes.
    pub fn new(input: &[usize], layers: impl Into<Sequential>) -> Result<Self, NetworkError> {
        let layers = layers.into();
        if input.len() >= Shape::MAX_RANK || input.contains(&0) {
            let wanted = format!("of at most {} axes, none of length 0", Shape::MAX_RANK - 1);
            return Err(Misfit::shape(input, wanted).into());
        }
        let form = layers.form(input)?;
        let parameters = Layout::new(form.parameters.iter().map(|p| (p.name.clone(), p.shape.clone())));
        let buffers = Layout::new(form.buffers.iter().map(|b| (b.name.clone(), b.shape.clone())));
        Ok(Network { input: input.to_vec(), layers, form, parameters, buffers })
    }

    /// The shape of an example.
    pub fn input(&self) -> &[usize] {
        &self.input
    }

    /// The shape of what it makes of an example.
    pub fn output(&self) -> &[usize] {
        &self.form.output
    }

    /// The layers.
    pub fn layers(&self) -> &[Box<dyn Layer>] {
        &self.layers.layers
    }

    /// Names and shapes of what is learnt, in the order in which it lies in one flat buffer.
    pub fn parameters(&self) -> &Layout {
        &self.parameters
    }

    /// Names and shapes of what is kept from step to step beside, such as running averages.
    pub fn buffers(&self) -> &Layout {
        &self.buffers
    }

    /// The parameters before training, in one flat buffer. The same seed gives the same bits on every machine.
    pub fn initialize(&self, seed: u64) -> Vec<f32> {
        let mut parameters = vec![0.0; self.parameters.len()];
        for ((k, parameter), leaf) in (0..).zip(&self.form.parameters).zip(self.parameters.leaves()) {
            let array = &mut parameters[leaf.range.clone()];
            parameter.initializer.fill(seed, k, &parameter.shape, array);
        }
        parameters
    }

    /// The buffers before training.
    pub fn initial_buffers(&self) -> Vec<f32> {
        let fill = |b: &crate::layer::Buffer| std::iter::repeat_n(b.value, b.shape.iter().product());
        self.form.buffers.iter().flat_map(fill).collect()
    }

    /// What the network computes of `batch` examples, and what `build` makes of that, as a program.
    ///
    /// Its inputs are the parameters, the buffers, in training the `key` of the step's random numbers, the examples as `inputs`
    /// `[batch, …input]`, and then `more`. `build` gets the outputs `[batch, …output]`, the parameters, and `more`. The results are
    /// what it returns, and in training the buffers' new values.
    ///
    /// # Errors
    /// The batch is empty, or the trace is ill-formed.
    pub fn trace(
        &self,
        batch: usize,
        training: bool,
        more: &[(&str, Shape)],
        build: impl FnOnce(Var, &[Var], &[Var]) -> Vec<Var>,
    ) -> Result<Program, NetworkError> {
        if batch == 0 {
            return Err(Misfit::new("the number of examples in a batch", 0, "at least 1").into());
        }
        let named = |layout: &Layout| -> Vec<(String, Shape)> {
            layout.leaves().iter().map(|leaf| (leaf.name.clone(), shape_of(&leaf.shape, &[]))).collect()
        };
        let (parameters, buffers) = (named(&self.parameters), named(&self.buffers));
        let mut inputs = [parameters.as_slice(), &buffers].concat();
        if training {
            inputs.push(("key".to_owned(), Shape::SCALAR));
        }
        inputs.push(("inputs".to_owned(), shape_of(&[batch], &self.input)));
        inputs.extend(more.iter().map(|&(name, shape)| (name.to_owned(), shape)));
        let mut misfit = None;
        let program = trace(inputs, |vars| {
            let (own, vars) = vars.split_at(parameters.len());
            let (kept, vars) = vars.split_at(buffers.len());
            let (key, vars) = vars.split_at(usize::from(training));
            let names = |list: &[(String, Shape)], vars: &[Var]| -> Vec<(String, Var)> {
                list.iter().zip(vars).map(|((name, _), &var)| (name.clone(), var)).collect()
            };
            let mut pass = Pass::new(names(&parameters, own), names(&buffers, kept), key.first().copied());
            let outputs = self.layers.apply(vars[0], &mut pass);
            let mut results = build(outputs, own, &vars[1..]);
            match pass.finish() {
                Ok(buffers) if training => results.extend(buffers),
                Ok(_) => {}
                Err(error) => misfit = Some(error),
            }
            results
        });
        match misfit {
            Some(misfit) => Err(misfit.into()),
            None => Ok(program?),
        }
    }

    /// The mean loss of `batch` examples as a program: inputs as [`Network::trace`] says, and `targets`; results the loss, penalty
    /// included, how right the batch is if that is a question, and in training the buffers' new values.
    ///
    /// # Errors
    /// As [`Network::trace`]; the loss cannot take the network's outputs.
    ///
    /// ```
    /// use thalweg_function::hvp;
    /// use thalweg_train::loss::CrossEntropy;
    /// use thalweg_train::network::{Model, Network};
    ///
    /// let network = "mlp(16)".parse::<Model>()?.network(&[64], 10)?;
    /// let loss = network.loss_program(&CrossEntropy::default(), None, 32, false)?;
    /// assert_eq!(loss.input_names().last(), Some("targets"));
    /// # Ok::<(), thalweg_train::network::NetworkError>(())
    /// ```
    pub fn loss_program(
        &self,
        loss: &dyn Loss,
        penalty: Option<L2>,
        batch: usize,
        training: bool,
    ) -> Result<Program, NetworkError> {
        let targets = self.targets(loss, batch)?;
        self.trace(batch, training, &[("targets", targets)], |outputs, parameters, more| {
            let mut value = loss.of_each(outputs, more[0]).mean(..);
            if let Some(penalty) = penalty {
                value += penalty.of(parameters);
            }
            let right = loss.right(outputs, more[0]).map(|right| right.mean(..));
            [value].into_iter().chain(right).collect()
        })
    }

    /// The shape of a batch of targets.
    pub(crate) fn targets(&self, loss: &dyn Loss, batch: usize) -> Result<Shape, NetworkError> {
        Ok(match loss.wants(self.output())? {
            crate::loss::Wants::Class(_) => [batch].into(),
            crate::loss::Wants::Values(width) => [batch, width].into(),
        })
    }
}
