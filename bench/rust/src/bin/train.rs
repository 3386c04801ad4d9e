//! Thalweg's training steps, gathering, forward, backward, Adam: `train`, on as many threads as the process may use; `train explain` says
//! what a step does.

use std::error::Error;

use thalweg_bench::training::{BATCH, CHECKED, LR, STEPS, WIDTHS, digits, indices, pixels, weights};
use thalweg_bench::{Measurement, time};
use thalweg_rule::{Adam, Recipe};
use thalweg_train::data::{Dataset, Normalization, Over, Targets, Values};
use thalweg_train::learn::Learner;
use thalweg_train::loss::CrossEntropy;
use thalweg_train::network::{Model, NetworkError};

fn main() -> Result<(), Box<dyn Error>> {
    let [input, hidden @ .., outputs] = WIDTHS;
    let targets = Targets::Classes { labels: digits(), classes: outputs };
    let mut data = Dataset::new(&[input], Values::U8(pixels()), targets)?;
    let unit = data.normalizer(Normalization::Unit, Over::Whole)?;
    data.normalize(&unit)?;
    let network = Model::mlp(&hidden).network(&[input], outputs)?;
    let mut parameters = vec![0.0; network.parameters().len()];
    for (leaf, matrix) in network.parameters().leaves().iter().step_by(2).zip(weights()) {
        parameters[leaf.range.clone()].copy_from_slice(&matrix);
    }
    let mut learner = Learner::new(&network, &CrossEntropy::default(), BATCH)?;
    let mut rule = Adam { lr: LR.into(), ..Adam::default() }.rule::<f32>(parameters.len(), 1)?;
    let batches: Vec<_> = (0..STEPS).map(indices).collect();
    let mut step = |chosen: &[usize]| -> Result<f32, NetworkError> {
        learner.gather(&data, chosen)?;
        let loss = learner.loss_and_gradient(&parameters, &[])?;
        rule.step(&mut parameters, learner.gradient())?;
        Ok(loss)
    };
    let checked = batches[..CHECKED].iter().map(|chosen| step(chosen).map(f64::from));
    let check: Vec<f64> = checked.collect::<Result<_, _>>()?;
    let (seconds, _) = time(|| batches.iter().try_fold(0.0, |_, chosen| step(chosen)))?;
    let explanation = learner.explain();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let floor = Some(explanation.floor(threads) * STEPS as f64);
    Measurement { peer: "thalweg", case: "mlp", n: 1, steps: STEPS, seconds, check: &check, floor }.print();
    if std::env::args().nth(1).as_deref() == Some("explain") {
        print!("{explanation}");
    }
    Ok(())
}
