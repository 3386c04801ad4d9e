//! [`hessian_spectrum`]: the eigenvalues of the loss's Hessian.

use super::surface::some;
use crate::{
    data::Batch,
    initializer::Initializer,
    run::{Curvature, Task, TrainError},
};
use std::ops::ControlFlow;
use thalweg_solve::Lanczos;

/// How a spectrum is estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probing {
    /// Products with the Hessian for each random vector. The extreme eigenvalues converge first.
    pub steps: usize,
    /// Random vectors, whose estimates are averaged.
    pub vectors: usize,
    /// On how many of the training examples, rounded down to whole batches; none: on all.
    pub examples: Option<usize>,
    /// Examples in a batch.
    pub batch: usize,
    /// Of the random vectors.
    pub seed: u64,
}

impl Default for Probing {
    /// 80 products for one vector on 1024 examples in batches of 256.
    fn default() -> Self {
        Self { steps: 80, vectors: 1, examples: Some(1024), batch: 256, seed: 0 }
    }
}

/// An estimate of all eigenvalues of a Hessian.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// Nodes with weights that add up to 1, ascending: a sum of weights over a range is about the fraction of eigenvalues there. The
    /// outermost nodes are eigenvalues themselves, as far as the method has converged.
    pub nodes: Vec<(f64, f64)>,
    /// The largest eigenvalue.
    pub largest: f64,
    /// The smallest eigenvalue.
    pub smallest: f64,
    /// How many eigenvalues there are: as many as parameters.
    pub dim: usize,
}

impl Spectrum {
    /// The density of eigenvalues at these places, each node as a normal distribution of deviation `sigma`.
    pub fn density(&self, at: &[f64], sigma: f64) -> Vec<f64> {
        let height = 1.0 / (sigma * (2.0 * std::f64::consts::PI).sqrt());
        let bell = |x: f64| height * (-0.5 * (x / sigma).powi(2)).exp();
        at.iter().map(|&x| self.nodes.iter().map(|&(node, weight)| weight * bell(x - node)).sum()).collect()
    }

    /// The mean of the eigenvalues: the Hessian's trace divided by the number of parameters.
    pub fn mean(&self) -> f64 {
        self.nodes.iter().map(|&(node, weight)| node * weight).sum()
    }
}

/// The spectrum of the Hessian of the mean training loss, without penalties, by stochastic Lanczos quadrature. Layers are as in
/// evaluation.
///
/// `progress` gets the products done and all products; [`ControlFlow::Break`] ends it with an error.
///
/// Source: Lin, Saad and Yang, "Approximating spectral densities of large matrices", 2016; Ghorbani, Krishnan and Xiao, "An
/// investigation into neural net optimization via Hessian eigenvalue density", 2019.
///
/// # Errors
/// There are fewer examples than a batch has, or the parameters are not the network's; the caller has ended it.
///
/// ```
/// use std::ops::ControlFlow;
/// use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model, run::Task};
/// use thalweg_train::landscape::{Probing, hessian_spectrum};
///
/// let network = "mlp(4)".parse::<Model>()?.network(&[8, 8], 10)?;
/// let task = Task::new(network, CrossEntropy::default(), Dataset::digits());
/// let weights = task.network.initialize(0);
/// let probing = Probing { steps: 20, examples: Some(256), ..Probing::default() };
/// let spectrum = hessian_spectrum(&task, &weights, &[], &probing, &mut |_, _| ControlFlow::Continue(()))?;
/// assert!(spectrum.largest > 0.0 && spectrum.smallest < spectrum.largest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hessian_spectrum(
    task: &Task,
    parameters: &[f32],
    buffers: &[f32],
    probing: &Probing,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Spectrum, TrainError> {
    let dim = task.network.parameters().len();
    if parameters.len() != dim || buffers.len() != task.network.buffers().len() {
        let wanted = format!("{dim}, with {} buffers", task.network.buffers().len());
        return Err(TrainError::option("the number of parameters", parameters.len(), wanted));
    }
    let Probing { steps, vectors, examples, batch, seed } = *probing;
    let indices = some(task.train.len(), examples);
    let batches: Vec<&[usize]> = if batch > 0 { indices.chunks_exact(batch).collect() } else { Vec::new() };
    if batches.is_empty() || steps == 0 || vectors == 0 {
        let found = format!("{steps} products for {vectors} vectors on {} examples", indices.len());
        let wanted = format!("1 or more of each, on at least one batch of {batch} examples");
        return Err(TrainError::option("the probing of a spectrum", found, wanted));
    }
    let mut curvature = Curvature::evaluating(task, batch)?;
    let (mut loaded, mut part) = (Batch::default(), vec![0.0; dim]);
    let (all, mut done) = (steps.min(dim) * vectors, 0);
    let mut nodes = Vec::new();
    for vector in 0..vectors {
        let mut product = |x: &[f32], out: &mut [f32]| -> Result<(), TrainError> {
            out.fill(0.0);
            for indices in &batches {
                task.train.gather(indices, &mut loaded)?;
                curvature.load(&loaded, None);
                curvature.product(parameters, buffers, x, &mut part)?;
                let share = 1.0 / batches.len() as f32;
                out.iter_mut().zip(&part).for_each(|(out, part)| *out += share * part);
            }
            done += 1;
            match progress(done, all) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => {
                    Err(TrainError::option("the spectrum", "ended by the caller", "waited for"))
                }
            }
        };
        let mut first = vec![0.0; dim];
        Initializer::Normal { std: 1.0 }.fill(seed.wrapping_add(vector as u64), 0, &[dim], &mut first);
        let mut lanczos = Lanczos::new(&first, true);
        while lanczos.steps() < steps && lanczos.step(&mut product)? {}
        nodes.extend(lanczos.nodes().into_iter().map(|(node, weight)| (node, weight / vectors as f64)));
    }
    nodes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let outer = |node: Option<&(f64, f64)>| node.map_or(f64::NAN, |node| node.0);
    Ok(Spectrum { largest: outer(nodes.last()), smallest: outer(nodes.first()), nodes, dim })
}
