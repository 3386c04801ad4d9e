//! Layers and losses beside PyTorch's: values and gradients, in double and in single precision.

use std::sync::LazyLock;

use serde_json::Value;
use thalweg_function::{Executable, Program, Shape, value_and_gradient_of};
use thalweg_train::initializer::Initializer;
use thalweg_train::layer::{
    Activation, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, Embedding, Flatten, Layer, LayerNorm,
    MaxPool2d, Sequential,
};
use thalweg_train::loss::{BinaryCrossEntropy, CrossEntropy, Huber, Loss, MeanSquaredError};
use thalweg_train::network::Network;

/// `tests/fixtures/layers.json`, by PyTorch 2.15.0.
static TORCH: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../fixtures/layers.json")).expect("JSON"));

fn case(list: &str, name: &str) -> &'static Value {
    TORCH[list].as_array().expect("a list").iter().find(|case| case["name"] == name).expect(name)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// The fixture's array `k`.
fn array(k: usize, count: usize) -> Vec<f64> {
    (0..count).map(|i| (0.7 * k as f64 + 0.37 * i as f64).sin()).collect()
}

fn in_f64(program: &Program, inputs: &[f64]) -> Vec<f64> {
    let mut executable = Executable::<f64>::new(program).expect("a program that runs");
    let mut results = vec![0.0; executable.output_len()];
    executable.run(inputs, &mut results).expect("inputs of the right length");
    results
}

fn in_f32(program: &Program, inputs: &[f64]) -> Vec<f64> {
    let mut executable = Executable::<f32>::new(program).expect("a program that runs");
    let mut results = vec![0.0; executable.output_len()];
    let inputs: Vec<f32> = inputs.iter().map(|&x| x as f32).collect();
    executable.run(&inputs, &mut results).expect("inputs of the right length");
    results.into_iter().map(f64::from).collect()
}

fn agree(name: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let size = expected.iter().fold(1.0_f64, |size, x| size.max(x.abs()));
    for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance * size, "{name}, {k}: {found} for {expected}");
    }
}

/// What a case was computed from: its layer, the shape of an example, how many there are, and whether in training.
struct Case {
    name: &'static str,
    layer: Sequential,
    input: Vec<usize>,
    batch: usize,
    training: bool,
    inputs: Option<Vec<f64>>,
    buffers: Option<Vec<f64>>,
}

impl Case {
    fn of(name: &'static str, layer: impl Layer + 'static, shape: &[usize]) -> Self {
        let layer = Sequential::default().then(layer);
        let (batch, input) = (shape[0], shape[1..].to_vec());
        Case { name, layer, input, batch, training: true, inputs: None, buffers: None }
    }

    fn check(self) {
        let torch = case("layers", self.name);
        let network = Network::new(&self.input, self.layer).expect("a network");
        let axes = [&[self.batch], network.output()].concat();
        let cotangent = Shape::new(&axes).expect("few axes");
        let program = network
            .trace(self.batch, self.training, &[("cotangent", cotangent)], |outputs, _, more| {
                vec![(outputs * more[0]).sum(..), outputs]
            })
            .expect("a trace");
        let learnt = network.parameters().leaves().len();
        let examples = learnt + network.buffers().leaves().len() + usize::from(self.training);
        let by: Vec<_> = (0..learnt).chain([examples]).collect();
        let gradient = value_and_gradient_of(&program, &by).expect("a scalar");

        let mut inputs = Vec::new();
        for (k, leaf) in network.parameters().leaves().iter().enumerate() {
            inputs.extend(array(2 + k, leaf.range.len()));
        }
        inputs.extend(
            self.buffers.unwrap_or_else(|| network.initial_buffers().into_iter().map(f64::from).collect()),
        );
        inputs.extend(self.training.then_some(1.0));
        let size = self.batch * self.input.iter().product::<usize>();
        let given = self.inputs.is_some();
        inputs.extend(self.inputs.unwrap_or_else(|| array(0, size)));
        inputs.extend(array(1, cotangent.size()));

        for (results, tolerance) in [(in_f64(&gradient, &inputs), 1e-11), (in_f32(&gradient, &inputs), 1e-5)]
        {
            let (outputs, rest) = results[1..].split_at(cotangent.size());
            let (buffers, rest) = rest.split_at(if self.training { network.buffers().len() } else { 0 });
            let (by_parameters, by_inputs) = rest.split_at(network.parameters().len());
            agree(self.name, outputs, &numbers(&torch["output"]), tolerance);
            agree(self.name, by_parameters, &numbers(&torch["gradient"]), tolerance);
            if !given {
                agree(self.name, by_inputs, &numbers(&torch["by_inputs"]), tolerance);
            }
            if self.training {
                agree(self.name, buffers, &numbers(&torch["buffers"]), tolerance);
            }
        }
    }
}

#[test]
fn dense_layers_agree_with_pytorch() {
    Case::of("dense", Dense::new(3), &[5, 4]).check();
    Case::of("dense without bias", Dense { bias: false, ..Dense::new(3) }, &[5, 4]).check();
    Case::of("dense on rows", Dense::new(3), &[2, 3, 4]).check();
    let flat = Sequential::default().then(Flatten).then(Dense::new(2));
    Case::of("flatten then dense", flat, &[3, 3, 2, 2]).check();
}

#[test]
fn convolutions_agree_with_pytorch() {
    Case::of("conv 3", Conv2d::new(3, 3), &[2, 2, 6, 5]).check();
    Case::of("conv 3 padded", Conv2d { padding: [1, 1], ..Conv2d::new(4, 3) }, &[2, 2, 6, 5]).check();
    let strided = Conv2d { kernel: [3, 2], stride: [2, 3], padding: [1, 0], ..Conv2d::new(2, 3) };
    Case::of("conv strided", strided, &[2, 3, 7, 8]).check();
    Case::of("conv of one channel", Conv2d { padding: [2, 2], ..Conv2d::new(5, 5) }, &[3, 1, 8, 8]).check();
    Case::of("conv 1", Conv2d { bias: false, ..Conv2d::new(4, 1) }, &[2, 3, 4, 4]).check();
}

#[test]
fn pooling_agrees_with_pytorch() {
    Case::of("max pool 2", MaxPool2d::new(2), &[2, 3, 6, 5]).check();
    Case::of("max pool 3 by 2", MaxPool2d { size: [3, 3], stride: [2, 2] }, &[2, 2, 7, 7]).check();
    Case::of("avg pool 2", AvgPool2d::new(2), &[2, 3, 6, 5]).check();
}

#[test]
fn normalisations_and_their_running_averages_agree_with_pytorch() {
    Case::of("batch norm", BatchNorm::default(), &[6, 3]).check();
    let images = BatchNorm { momentum: 0.3, eps: 1e-3, affine: true };
    Case::of("batch norm of images", images, &[4, 3, 2, 5]).check();
    Case {
        training: false,
        buffers: Some(vec![0.1, -0.2, 0.3, 0.5, 1.5, 2.5]),
        ..Case::of("batch norm evaluated", BatchNorm::default(), &[6, 3])
    }
    .check();
    Case::of("layer norm", LayerNorm::default(), &[4, 5]).check();
    let images = LayerNorm { axes: 3, eps: 1e-3, affine: true };
    Case::of("layer norm of images", images, &[4, 3, 2, 2]).check();
    Case::of("layer norm plain", LayerNorm { affine: false, ..LayerNorm::default() }, &[4, 5]).check();
}

#[test]
fn an_embedding_agrees_with_pytorch() {
    let inputs = Some([0, 3, 6, 3, 1, 0, 5, 2].map(f64::from).to_vec());
    Case { inputs, ..Case::of("embedding", Embedding::new(7, 3), &[2, 4]) }.check();
}

#[test]
fn activations_agree_with_pytorch() {
    for activation in Activation::ALL {
        Case::of(activation.name(), activation, &[3, 17]).check();
    }
}

fn check_loss(name: &str, loss: &dyn Loss, targets: &[f64]) {
    let torch = case("losses", name);
    // A network that gives its inputs back.
    let network = Network::new(&[4], Sequential::default()).expect("a network");
    let program = network.loss_program(loss, None, 5, false).expect("a trace");
    let rated = program.output_count() - 1;
    let gradient = value_and_gradient_of(&program, &[0]).expect("a scalar");
    let outputs: Vec<f64> = array(0, 20).iter().map(|x| 3.0 * x).collect();
    let inputs = [&outputs, targets].concat();
    for (results, tolerance) in [(in_f64(&gradient, &inputs), 1e-12), (in_f32(&gradient, &inputs), 1e-5)] {
        agree(name, &results[..1], &[torch["loss"].as_f64().expect("a number")], tolerance);
        agree(name, &results[1 + rated..], &numbers(&torch["by_outputs"]), tolerance);
    }
}

#[test]
fn losses_agree_with_pytorch() {
    let classes = [0.0, 3.0, 1.0, 2.0, 3.0];
    check_loss("cross entropy", &CrossEntropy::default(), &classes);
    check_loss("cross entropy smoothed", &CrossEntropy { label_smoothing: 0.1, factor: 1.0 }, &classes);
    check_loss("cross entropy scaled", &CrossEntropy { label_smoothing: 0.0, factor: 0.1 }, &classes);
    let values = array(1, 20);
    check_loss("mse", &MeanSquaredError, &values);
    check_loss("huber", &Huber::default(), &values);
    check_loss("huber half", &Huber { delta: 0.5 }, &values);
    let chances: Vec<f64> = values.iter().map(|value| f64::midpoint(*value, 1.0)).collect();
    check_loss("bce", &BinaryCrossEntropy, &chances);
}

#[test]
fn dropout_leaves_out_the_rate_in_training_and_nothing_in_evaluation() {
    let network =
        Network::new(&[1000], Sequential::default().then(Dropout { rate: 0.25 })).expect("a network");
    let trained = network.trace(20, true, &[], |outputs, _, _| vec![outputs]).expect("a trace");
    let ones = vec![1.0; 20_000];
    let run = |key: f64| in_f32(&trained, &[&[key], &ones[..]].concat());
    let (first, second) = (run(1.0), run(2.0));
    assert_ne!(first, second);
    assert_eq!(first, run(1.0));
    let dropped = first.iter().filter(|&&x| x == 0.0).count() as f64 / 20_000.0;
    assert!((dropped - 0.25).abs() < 0.02, "{dropped}");
    assert!(first.iter().all(|&x| x == 0.0 || (x - 4.0 / 3.0).abs() < 1e-6));
    let evaluated = network.trace(20, false, &[], |outputs, _, _| vec![outputs]).expect("a trace");
    assert_eq!(in_f32(&evaluated, &ones), ones);
}

#[test]
fn a_convolution_beyond_the_image_says_what_would_fit() {
    let error = Network::new(&[1, 2, 2], Sequential::default().then(Conv2d::new(1, 5))).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("layer 0, Conv2d") && message.contains("[1, 2, 2]"), "{message}");
    let error = Network::new(&[4], Sequential::default().then(MaxPool2d::new(2))).unwrap_err().to_string();
    assert!(error.contains("[channels, height, width]"), "{error}");
}

#[test]
fn a_layer_that_asks_for_what_its_form_does_not_say_is_an_error() {
    use thalweg_function::Var;
    use thalweg_train::layer::{Form, Misfit, Pass};
    #[derive(Debug)]
    struct Forgetful;
    impl Layer for Forgetful {
        fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
            Ok(Form::of(input).learns("factor", &[], Initializer::Constant(1.0)))
        }
        fn apply(&self, x: Var, pass: &mut Pass) -> Var {
            x * pass.parameter("facto")
        }
    }
    let network = Network::new(&[4], Sequential::default().then(Forgetful)).expect("a network");
    let error = network.loss_program(&MeanSquaredError, None, 2, true).unwrap_err().to_string();
    assert!(error.contains("0.facto") && error.contains("Form::learns"), "{error}");
}
