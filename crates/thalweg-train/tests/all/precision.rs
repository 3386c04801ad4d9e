//! Training with products in bf16.

use thalweg_function::Precision;
use thalweg_train::data::{Dataset, Normalization, Over};
use thalweg_train::learn::Learner;
use thalweg_train::loss::CrossEntropy;
use thalweg_train::network::{Model, Network};
use thalweg_train::run::{Checkpoints, Length, Options, Run, Task, train};

fn digits() -> Dataset {
    let mut data = Dataset::digits();
    let scale = data.normalizer(Normalization::Unit, Over::Whole).unwrap();
    data.normalize(&scale).unwrap();
    data
}

fn network(model: &str) -> Network {
    model.parse::<Model>().unwrap().network(&[8, 8], 10).unwrap()
}

#[test]
fn a_network_learns_in_bf16_what_it_learns_in_f32() {
    let (data, validation) = digits().split_stratified(0.2, 0).unwrap();
    // The second is not trained to the end: 0.92 was seen in f32.
    for (model, epochs, least) in [("mlp(64, 64)", 15, 0.95), ("cnn(16, 32, dense=[64])", 5, 0.9)] {
        let task = Task::new(network(model), CrossEntropy::default(), data.clone());
        let task = task.with_validation(validation.clone());
        let accuracy = |precision: Precision| {
            let options = Options {
                length: Length::Epochs(epochs),
                precision,
                ..Options::new("adam(lr=0.003)".parse().unwrap())
            };
            let trained = train(&task, &options).unwrap();
            trained.history.last_validation().unwrap().validation_accuracy.unwrap()
        };
        let [full, half] = Precision::ALL.map(accuracy);
        assert!(full > least && half > full - 0.03, "{model}: {half} in bf16, {full} in f32");
    }
}

#[test]
fn gradients_in_bf16_are_near_those_in_f32_and_others() {
    let data = digits();
    for model in ["mlp(96, 64, activation=tanh)", "cnn(16, 24, dense=[64])"] {
        let network = network(model);
        let parameters = network.initialize(3);
        let gradient = |precision: Precision| {
            let loss = CrossEntropy::default();
            let mut learner = Learner::in_precision(&network, &loss, None, 64, precision).unwrap();
            learner.gather(&data, &(0..64).collect::<Vec<_>>()).unwrap();
            learner.loss_and_gradient(&parameters, &[]).unwrap();
            learner.gradient().iter().map(|&x| f64::from(x)).collect::<Vec<_>>()
        };
        let [full, half] = Precision::ALL.map(gradient);
        let size = full.iter().map(|x| x * x).sum::<f64>().sqrt();
        let apart = full.iter().zip(&half).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt() / size;
        // A number is rounded by at most 1/256 of it, and at random; each layer rounds a few times, and what lies next to the bend of a
        // ReLU or to the largest of a pool changes sides.
        assert!(apart > 1e-5 && apart < 0.05, "{model}: {apart} of the gradient");
    }
}

#[test]
fn a_run_is_not_resumed_in_another_precision() {
    let folder = tempfile::tempdir().unwrap();
    let task = Task::new(network("mlp(32)"), CrossEntropy::default(), digits());
    let options = |precision: Precision| Options {
        length: Length::Steps(4),
        precision,
        checkpoints: Some(Checkpoints { dir: folder.path().to_owned(), every: 2, keep: 2 }),
        ..Options::new("sgd(lr=0.1)".parse().unwrap())
    };
    train(&task, &options(Precision::Bf16)).unwrap();
    assert!(Run::resume(&task, &options(Precision::Bf16)).is_ok());
    let refused = Run::resume(&task, &options(Precision::Full)).err().unwrap().to_string();
    assert!(refused.contains("a run whose precision is bf16, but here it is f32"), "{refused}");
}

#[test]
fn a_precision_is_read_as_it_is_written() {
    for precision in Precision::ALL {
        assert_eq!(precision.to_string().parse(), Ok(precision));
    }
    let refused = "f16".parse::<Precision>().unwrap_err().to_string();
    assert_eq!(refused, "precision `f16`: it must be f32 or bf16");
}
