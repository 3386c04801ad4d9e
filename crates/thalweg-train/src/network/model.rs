//! [`Model`]: a network as text, before the shape of examples is known.

use super::{Network, NetworkError};
use crate::initializer::Initializer;
use crate::layer::{
    Activation, BatchNorm, Conv2d, Dense, Dropout, Flatten, LayerNorm, MaxPool2d, Misfit, Reshape, Sequential,
};
use std::fmt;
use std::str::FromStr;
use thalweg_spec::{Argument, Call, Options, SpecError, Value, parse_call, unknown_name};

/// A network as text, such as `mlp(512, 512)` or `cnn(32, 64, norm=batch)`; what it prints parses again to the same.
///
/// - `mlp(n, …)`: dense layers of n numbers each, every one followed by norm, activation and dropout; then a dense layer of outputs.
///   `mlp` alone is linear.
/// - `cnn(c, …)`: convolutions of c channels each, every one followed by norm, activation and a maximum over 2×2; then dense layers
///   as in `mlp`, of the widths `dense`.
///
/// Options of both: `activation=relu` (any of [`Activation::ALL`]), `norm=none` (`batch`, `layer`), `dropout=0` (after dense layers),
/// `init=lecun_normal` (any of [`Initializer::NAMED`]). Of `cnn` also `kernel=3` (height and width of the window, an odd number; the
/// image keeps its size) and `dense=[128]`.
///
/// ```
/// use thalweg_train::network::Model;
///
/// let model: Model = "cnn(32, 64, dropout=0.5)".parse()?;
/// assert_eq!(model.to_string(), "cnn(32, 64, dropout=0.5)");
/// assert_eq!(model.network(&[28, 28], 10)?.output(), [10]);
///
/// let error = "mlp(512, dropuot=0.5)".parse::<Model>().unwrap_err().to_string();
/// assert!(error.contains("column 10") && error.contains("did you mean `dropout`?"));
/// # Ok::<(), thalweg_train::network::NetworkError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The channels of each convolution; none for `mlp`.
    pub channels: Option<Vec<usize>>,
    /// The width of each dense layer before the last.
    pub dense: Vec<usize>,
    /// What follows each layer but the last.
    pub activation: Activation,
    /// What brings numbers to mean 0 and variance 1 before the activation.
    pub norm: Norm,
    /// How many numbers are left out after each dense layer but the last.
    pub dropout: f64,
    /// What weights are before training.
    pub init: Initializer,
    /// Height and width of the convolutions' windows.
    pub kernel: usize,
}

/// How the numbers between layers are brought to mean 0 and variance 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Norm {
    /// They are not.
    #[default]
    None,
    /// By [`BatchNorm`].
    Batch,
    /// By [`LayerNorm`] over all numbers of an example.
    Layer,
}

const NORMS: [(&str, Norm); 3] = [("none", Norm::None), ("batch", Norm::Batch), ("layer", Norm::Layer)];
const MLP: [&str; 4] = ["activation", "norm", "dropout", "init"];
const CNN: [&str; 6] = ["activation", "norm", "dropout", "init", "kernel", "dense"];

impl Model {
    /// The names of the models there are.
    pub const NAMES: [&str; 2] = ["mlp", "cnn"];

    /// Dense layers of these widths, with the options' defaults.
    pub fn mlp(dense: &[usize]) -> Self {
        Model {
            channels: None,
            dense: dense.to_vec(),
            activation: Activation::Relu,
            norm: Norm::None,
            dropout: 0.0,
            init: Initializer::LECUN_NORMAL,
            kernel: 3,
        }
    }

    /// Convolutions of these channels, with the options' defaults.
    pub fn cnn(channels: &[usize]) -> Self {
        Model { channels: Some(channels.to_vec()), ..Model::mlp(&[128]) }
    }

    /// The network for examples of shape `input`, with `outputs` numbers for each. Images without channels, `[height, width]`, count as
    /// having one.
    ///
    /// # Errors
    /// A convolution cannot take examples of this shape, or a width is 0.
    pub fn network(&self, input: &[usize], outputs: usize) -> Result<Network, NetworkError> {
        let mut layers = Sequential::default();
        if let Some(channels) = &self.channels {
            layers = match *input {
                [height, width] => layers.then(Reshape(vec![1, height, width])),
                [_, _, _] => layers,
                _ => {
                    let wanted = "[height, width] or [channels, height, width] for `cnn`";
                    return Err(Misfit::shape(input, wanted).into());
                }
            };
            for &channels in channels {
                let convolution = Conv2d {
                    padding: [self.kernel / 2; 2],
                    weight: self.init,
                    bias: self.norm != Norm::Batch,
                    ..Conv2d::new(channels, self.kernel)
                };
                layers =
                    self.normed(layers.then(convolution), 3).then(self.activation).then(MaxPool2d::new(2));
            }
        }
        if self.channels.is_some() || input.len() != 1 {
            layers = layers.then(Flatten);
        }
        for &width in &self.dense {
            let dense = Dense { weight: self.init, bias: self.norm != Norm::Batch, ..Dense::new(width) };
            layers = self.normed(layers.then(dense), 1).then(self.activation);
            if self.dropout > 0.0 {
                layers = layers.then(Dropout { rate: self.dropout });
            }
        }
        Network::new(input, layers.then(Dense { weight: self.init, ..Dense::new(outputs) }))
    }

    fn normed(&self, layers: Sequential, axes: usize) -> Sequential {
        match self.norm {
            Norm::None => layers,
            Norm::Batch => layers.then(BatchNorm::default()),
            Norm::Layer => layers.then(LayerNorm { axes, ..LayerNorm::default() }),
        }
    }

    /// From a name with options.
    ///
    /// # Errors
    /// There is no such model, or no such option, or one out of its range: the error says where and what would be right.
    pub fn from_call(call: &Call) -> Result<Self, SpecError> {
        let (mut model, known) = match call.name.as_str() {
            "mlp" => (Model::mlp(&[]), &MLP[..]),
            "cnn" => (Model::cnn(&[]), &CNN[..]),
            other => return Err(unknown_name("model", other, &Model::NAMES)),
        };
        // Numbers without a name are sizes, as many as one likes; the rest are options.
        let (sizes, named): (Vec<_>, Vec<_>) =
            call.arguments.iter().cloned().partition(|argument| argument.key.is_none());
        let sizes = sizes.iter().map(|argument| size(call, argument)).collect::<Result<Vec<_>, _>>()?;
        match &mut model.channels {
            Some(_) if sizes.is_empty() => {
                let problem = "must be given, one or more numbers, as in cnn(32, 64)".to_owned();
                let (column, name, key) = (call.column, call.name.clone(), "channels".to_owned());
                return Err(SpecError::BadOption { column, name, key, problem });
            }
            Some(channels) => *channels = sizes,
            None => model.dense = sizes,
        }
        let named = Call { arguments: named, ..call.clone() };
        let options = Options::of(&named, "model", known)?;
        let activations = Activation::ALL.map(Activation::name);
        if let Some(name) = options.choice("activation", &activations)? {
            model.activation =
                Activation::ALL.into_iter().find(|a| a.name() == name).unwrap_or(model.activation);
        }
        if let Some(name) = options.choice("norm", &NORMS.map(|(name, _)| name))? {
            model.norm = lookup(&NORMS, name).unwrap_or_default();
        }
        if let Some(name) = options.choice("init", &Initializer::NAMED.map(|(name, _)| name))? {
            model.init = lookup(&Initializer::NAMED, name).unwrap_or(model.init);
        }
        model.dropout =
            options.number_where("dropout", 0.0, "from 0 to below 1", |rate| (0.0..1.0).contains(&rate))?;
        if let Some(kernel) = options.whole("kernel", 1, 255)? {
            if kernel % 2 == 0 {
                return Err(options.error("kernel", format!("must be odd, found {kernel}")));
            }
            model.kernel = kernel as usize;
        }
        if let Some(dense) = options.numbers("dense")? {
            let whole = |n: &f64| n.fract() == 0.0 && (1.0..=MAX_SIZE as f64).contains(n);
            if !dense.iter().all(whole) {
                return Err(options.error("dense", format!("must hold whole numbers from 1 to {MAX_SIZE}")));
            }
            model.dense = dense.iter().map(|&n| n as usize).collect();
        }
        Ok(model)
    }

    /// As a name with the options that are not at their defaults.
    pub fn to_call(&self) -> Call {
        let (name, plain, sizes) = match &self.channels {
            Some(channels) => ("cnn", Model::cnn(channels), channels),
            None => ("mlp", Model::mlp(&self.dense), &self.dense),
        };
        let mut call = Call::new(name);
        let size = |&size: &usize| Argument { key: None, value: Value::Number(size as f64), column: 1 };
        call.arguments.extend(sizes.iter().map(size));
        if self.activation != plain.activation {
            call = call.with("activation", Call::new(self.activation.name()));
        }
        if let Some((name, _)) = NORMS.iter().find(|(_, norm)| *norm == self.norm && self.norm != plain.norm)
        {
            call = call.with("norm", Call::new(name));
        }
        if self.dropout != plain.dropout {
            call = call.with("dropout", self.dropout);
        }
        let init = Initializer::NAMED.iter().find(|(_, init)| *init == self.init && self.init != plain.init);
        if let Some((name, _)) = init {
            call = call.with("init", Call::new(name));
        }
        if self.channels.is_some() && self.kernel != plain.kernel {
            call = call.with("kernel", self.kernel as f64);
        }
        if self.dense != plain.dense {
            let dense: Vec<f64> = self.dense.iter().map(|&width| width as f64).collect();
            call = call.with("dense", dense.as_slice());
        }
        call
    }
}

const MAX_SIZE: usize = 1 << 24;

fn lookup<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    list.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

/// A positional argument as a size.
fn size(call: &Call, argument: &Argument) -> Result<usize, SpecError> {
    match argument.value {
        Value::Number(n) if n.fract() == 0.0 && (1.0..=MAX_SIZE as f64).contains(&n) => Ok(n as usize),
        ref other => Err(SpecError::BadOption {
            column: argument.column,
            name: call.name.clone(),
            key: if call.name == "cnn" { "a number of channels" } else { "a width" }.to_owned(),
            problem: format!("must be a whole number from 1 to {MAX_SIZE}, found {other}"),
        }),
    }
}

impl FromStr for Model {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Model::from_call(&parse_call(text)?)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_call().fmt(f)
    }
}
