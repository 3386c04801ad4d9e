//! Steps and evaluations.

use thalweg_rule::Optimizer;
use thalweg_train::data::{Batch, Dataset, Targets, Values};
use thalweg_train::learn::{Evaluator, Learner};
use thalweg_train::loss::{BinaryCrossEntropy, CrossEntropy, L2, MeanSquaredError};
use thalweg_train::network::{Model, Network};

fn network(model: &str, data: &Dataset, outputs: usize) -> Network {
    model.parse::<Model>().expect("a model").network(data.shape(), outputs).expect("a network")
}

#[test]
fn gradients_are_slopes_of_the_loss() {
    let data = Dataset::digits();
    let shaped = |model: &str| {
        let model: Model = model.parse().expect("a model");
        model.network(&[8, 8], 10).expect("a network")
    };
    for model in [
        "mlp(12, activation=tanh)",
        "cnn(3, 4, dense=[8], activation=silu)",
        "mlp(9, norm=layer, activation=gelu)",
    ] {
        let network = shaped(model);
        let loss = CrossEntropy { label_smoothing: 0.1, factor: 1.0 };
        let mut learner =
            Learner::penalized(&network, &loss, Some(L2 { factor: 0.01 }), 16).expect("a learner");
        let indices: Vec<_> = (0..16).map(|k| k * 7).collect();
        learner.gather(&data, &indices).expect("a batch");
        let parameters = network.initialize(3);
        learner.loss_and_gradient(&parameters, &[]).expect("a run");
        let gradient = learner.gradient().to_vec();
        // Along the gradient itself the loss changes most, so that rounding matters least.
        let square: f64 = gradient.iter().map(|&g| f64::from(g).powi(2)).sum();
        let step = 1e-3 / square.sqrt();
        let mut at = |sign: f64| {
            let moved = parameters.iter().zip(&gradient);
            let moved: Vec<_> =
                moved.map(|(&p, &g)| (f64::from(p) + sign * step * f64::from(g)) as f32).collect();
            f64::from(learner.loss_and_gradient(&moved, &[]).expect("a run"))
        };
        let slope = (at(1.0) - at(-1.0)) / (2.0 * step);
        assert!((slope / square - 1.0).abs() < 0.01, "{model}: {slope} for {square}");
    }
}

#[test]
fn a_short_last_batch_counts_as_many_examples_as_it_has() {
    let data = Dataset::digits();
    let network = network("mlp(16)", &data, 10);
    let parameters = network.initialize(1);
    let of = |batch: usize, count: usize| {
        let mut evaluator = Evaluator::new(&network, &CrossEntropy::default(), batch).expect("an evaluator");
        evaluator.evaluate_some(&parameters, &[], &data, 0..count).expect("metrics")
    };
    let (whole, parted) = (of(50, 50), of(16, 50));
    assert_eq!((whole.examples, whole.accuracy), (parted.examples, parted.accuracy));
    assert!((whole.loss - parted.loss).abs() < 1e-6, "{whole:?} {parted:?}");
    let mut evaluator = Evaluator::new(&network, &CrossEntropy::default(), 16).expect("an evaluator");
    let predictions = evaluator.predict_some(&parameters, &[], &data, 0..50).expect("predictions");
    assert_eq!((predictions.outputs.len(), predictions.classes.len()), (500, 50));
    let Targets::Classes { labels, .. } = data.targets() else { panic!("classes") };
    let right = predictions.classes.iter().zip(labels).filter(|(a, b)| a == b).count();
    assert_eq!(Some(right as f64 / 50.0), whole.accuracy);
    for probabilities in predictions.outputs.chunks_exact(10) {
        assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn the_loss_of_a_batch_is_that_of_its_evaluation() {
    let data = Dataset::digits();
    let network = network("mlp(16)", &data, 10);
    let parameters = network.initialize(1);
    let mut learner = Learner::new(&network, &CrossEntropy::default(), 32).expect("a learner");
    let mut evaluator = Evaluator::new(&network, &CrossEntropy::default(), 32).expect("an evaluator");
    let indices: Vec<_> = (100..132).collect();
    let mut batch = Batch::default();
    data.gather(&indices, &mut batch).expect("a batch");
    learner.load(&batch).expect("a batch");
    let loss = learner.loss_and_gradient(&parameters, &[]).expect("a run");
    let metrics = evaluator.evaluate_some(&parameters, &[], &data, indices.clone()).expect("metrics");
    assert!((f64::from(loss) - metrics.loss).abs() < 1e-6);
    assert_eq!(learner.accuracy().map(f64::from), metrics.accuracy);
    let gradient = learner.gradient().to_vec();
    learner.gather(&data, &indices).expect("a batch");
    learner.loss_and_gradient(&parameters, &[]).expect("a run");
    assert_eq!(learner.gradient(), gradient);
}

#[test]
fn running_averages_come_out_of_a_step_and_serve_evaluation() {
    let data = Dataset::digits();
    let network = network("mlp(32, norm=batch)", &data, 10);
    let (mut parameters, mut buffers) = (network.initialize(0), network.initial_buffers());
    assert_eq!(buffers[..32], [0.0; 32]);
    assert_eq!(buffers[32..], [1.0; 32]);
    let loss = CrossEntropy::default();
    let mut learner = Learner::new(&network, &loss, 64).expect("a learner");
    let mut rule =
        "adam(lr=0.01)".parse::<Optimizer>().unwrap().rule::<f32>(parameters.len(), 1).expect("a rule");
    let mut indices = vec![0; 64];
    for step in 0..80 {
        indices.iter_mut().enumerate().for_each(|(k, index)| *index = (step * 64 + k) % data.len());
        learner.gather(&data, &indices).expect("a batch");
        learner.loss_and_gradient(&parameters, &buffers).expect("a run");
        buffers.copy_from_slice(learner.buffers());
        rule.step(&mut parameters, learner.gradient()).expect("a step");
    }
    let mut evaluator = Evaluator::new(&network, &loss, 256).expect("an evaluator");
    let metrics = evaluator.evaluate(&parameters, &buffers, &data).expect("metrics");
    assert!(metrics.accuracy > Some(0.95), "{metrics:?}");
    let initial = evaluator.evaluate(&parameters, &network.initial_buffers(), &data).expect("metrics");
    assert!(initial.accuracy < metrics.accuracy, "{initial:?}");
}

#[test]
fn the_key_of_a_step_chooses_what_dropout_leaves_out() {
    let data = Dataset::digits();
    let network = network("mlp(32, dropout=0.5)", &data, 10);
    let parameters = network.initialize(0);
    let mut learner = Learner::new(&network, &CrossEntropy::default(), 8).expect("a learner");
    learner.gather(&data, &[0, 1, 2, 3, 4, 5, 6, 7]).expect("a batch");
    let mut loss = |seed, step| {
        learner.set_key(seed, step);
        learner.loss_and_gradient(&parameters, &[]).expect("a run")
    };
    let first = loss(1, 0);
    assert_ne!(first, loss(1, 1));
    assert_ne!(first, loss(2, 0));
    assert_eq!(first, loss(1, 0));
}

#[test]
fn numbers_are_learnt_by_mean_squared_error() {
    let inputs: Vec<f32> = (0..400).map(|k| (k as f32 * 0.7).sin()).collect();
    let values = inputs.chunks_exact(2).map(|x| 3.0 * x[0] - x[1] + 0.5).collect();
    let data = Dataset::new(&[2], Values::F32(inputs), Targets::Values { values, width: 1 }).expect("data");
    let network = network("mlp", &data, 1);
    let mut parameters = network.initialize(0);
    let mut learner = Learner::new(&network, &MeanSquaredError, 200).expect("a learner");
    let mut rule = "sgd(lr=0.3)".parse::<Optimizer>().unwrap().rule::<f32>(3, 1).expect("a rule");
    learner.gather(&data, &(0..200).collect::<Vec<_>>()).expect("a batch");
    for _ in 0..300 {
        learner.loss_and_gradient(&parameters, &[]).expect("a run");
        rule.step(&mut parameters, learner.gradient()).expect("a step");
    }
    for (found, wanted) in parameters.iter().zip([3.0, -1.0, 0.5]) {
        assert!((found - wanted).abs() < 1e-4, "{parameters:?}");
    }
    assert_eq!(learner.accuracy(), None);
}

#[test]
fn data_that_do_not_fit_are_refused() {
    let digits = Dataset::digits();
    let network = network("mlp(4)", &digits, 10);
    let mut learner = Learner::new(&network, &CrossEntropy::default(), 2).expect("a learner");
    let error = learner.gather(&digits, &[0]).unwrap_err().to_string();
    assert!(error.contains("1 numbers, must be 2"), "{error}");
    let error = learner.loss_and_gradient(&[0.0; 3], &[]).unwrap_err().to_string();
    assert!(error.contains("parameters: 3 numbers"), "{error}");
    let other =
        Dataset::new(&[3], Values::F32(vec![0.0; 6]), Targets::Classes { labels: vec![0, 1], classes: 2 });
    let error = learner.gather(&other.expect("data"), &[0, 1]).unwrap_err().to_string();
    assert!(error.contains("must be 64, as the network takes"), "{error}");
    let values = Targets::Values { values: vec![0.0; 4], width: 2 };
    let other = Dataset::new(&[64], Values::F32(vec![0.0; 128]), values).expect("data");
    let error = learner.gather(&other, &[0, 1]).unwrap_err().to_string();
    assert!(error.contains("2 numbers an example") && error.contains("classes below 10"), "{error}");
    let mut binary = Learner::new(&network, &BinaryCrossEntropy, 2).expect("a learner");
    assert!(binary.gather(&digits, &[0, 1]).is_err());
    assert!(Learner::new(&network, &CrossEntropy::default(), 0).is_err());
}
