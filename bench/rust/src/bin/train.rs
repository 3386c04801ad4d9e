//! Thalweg's training steps, gathering, forward, backward, Adam: `train`, on as many threads as the process may use; `train bf16` the
//! same with products in bf16; `explain` behind either says what a step does.

use std::error::Error;

use thalweg_bench::training::{
    BATCH, CHECKED, CNN_BATCH, CNN_STEPS, LR, STEPS, WIDTHS, cnn_weights, digits, indices, pixels, weights,
};
use thalweg_bench::{Measurement, time};
use thalweg_function::Precision;
use thalweg_rule::{Adam, Recipe};
use thalweg_train::data::{Dataset, Normalization, Over, Targets, Values};
use thalweg_train::learn::Learner;
use thalweg_train::loss::CrossEntropy;
use thalweg_train::network::{Model, Network, NetworkError};

fn main() -> Result<(), Box<dyn Error>> {
    let [input, hidden @ .., outputs] = WIDTHS;
    let targets = Targets::Classes { labels: digits(), classes: outputs };
    let mut data = Dataset::new(&[input], Values::U8(pixels()), targets)?;
    let unit = data.normalizer(Normalization::Unit, Over::Whole)?;
    data.normalize(&unit)?;
    let dense = Model::mlp(&hidden).network(&[input], outputs)?;
    let convolutional = "cnn(32, 64)".parse::<Model>()?.network(&[28, 28], outputs)?;
    train("mlp", &dense, weights(), [BATCH, STEPS], &data)?;
    train("cnn", &convolutional, cnn_weights(), [CNN_BATCH, CNN_STEPS], &data)
}

fn asked_for(word: &str) -> bool {
    std::env::args().skip(1).any(|argument| argument == word)
}

fn train(
    case: &str,
    network: &Network,
    weights: Vec<Vec<f32>>,
    [batch, steps]: [usize; 2],
    data: &Dataset,
) -> Result<(), Box<dyn Error>> {
    let mut parameters = vec![0.0; network.parameters().len()];
    for (leaf, matrix) in network.parameters().leaves().iter().step_by(2).zip(weights) {
        parameters[leaf.range.clone()].copy_from_slice(&matrix);
    }
    let (peer, precision) =
        if asked_for("bf16") { ("thalweg_bf16", Precision::Bf16) } else { ("thalweg", Precision::Full) };
    let mut learner = Learner::in_precision(network, &CrossEntropy::default(), None, batch, precision)?;
    let mut rule = Adam { lr: LR.into(), ..Adam::default() }.rule::<f32>(parameters.len(), 1)?;
    let batches: Vec<_> = (0..steps).map(|step| indices(step, batch)).collect();
    let mut step = |chosen: &[usize]| -> Result<f32, NetworkError> {
        learner.gather(data, chosen)?;
        let loss = learner.loss_and_gradient(&parameters, &[])?;
        rule.step(&mut parameters, learner.gradient())?;
        Ok(loss)
    };
    let checked = batches[..CHECKED].iter().map(|chosen| step(chosen).map(f64::from));
    let mut check: Vec<f64> = checked.collect::<Result<_, _>>()?;
    if precision == Precision::Bf16 {
        // Peers in f32 find other losses.
        check.clear();
    }
    let (seconds, _) = time(|| batches.iter().try_fold(0.0, |_, chosen| step(chosen)))?;
    let explanation = learner.explain();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let floor = Some(explanation.floor(threads) * steps as f64);
    Measurement { peer, case, n: 1, steps, seconds, check: &check, floor }.print();
    if asked_for("explain") {
        print!("{explanation}");
    }
    Ok(())
}
