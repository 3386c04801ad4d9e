//! The arguments of `thalweg train`.

use std::path::PathBuf;

use clap::Args;

use crate::numbers;

/// Train a network on a data set, with one optimiser or several
///
/// DATA is digits (8x8 handwritten digits, built in), mnist or fashion-mnist (fetched once), a folder with the four IDX files of
/// either, a .csv file (the last column is learnt, unless --target names another) or a .npz file with the arrays x and y. What has no
/// validation data of its own is split.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[command(after_help = "\
MODEL is mlp(512, 512) or cnn(32, 64), with options activation, norm, dropout, init; of cnn also kernel and dense.
LOSS is cross_entropy(label_smoothing=0, factor=1), bce, mse or huber(delta=1).

Examples:
  thalweg train
  thalweg train -o 'sgd(lr=0.1)' -o adam --epochs 5 --out report.html
  thalweg train --find-lr -o adam
  thalweg train -m 'cnn(8, 16)' --epochs 2 --checkpoints run --resume
")]
pub(crate) struct TrainArguments {
    /// What to learn from: digits, mnist, fashion-mnist, a folder with IDX files, a .csv or a .npz file
    #[arg(long, value_name = "DATA", default_value = "digits")]
    pub(crate) data: String,

    /// The address of the folder from which mnist and fashion-mnist are fetched; each has one of its own
    #[arg(long, value_name = "URL")]
    pub(crate) data_url: Option<String>,

    /// The column of a .csv file that is learnt; the last unless given
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,

    /// What becomes of the inputs: none, unit (0 to 1) or standard (mean 0, variance 1)
    #[arg(long, value_name = "HOW", default_value = "unit")]
    pub(crate) normalize: String,

    /// The share of the examples that is for validation, where the data have no part for it
    #[arg(long, value_name = "0.2", default_value = "0.2")]
    pub(crate) validation: f64,

    /// The network
    #[arg(long, short, value_name = "MODEL", default_value = "mlp(128)")]
    pub(crate) model: String,

    /// What is minimised; cross_entropy for classes, mse for numbers unless given
    #[arg(long, value_name = "LOSS")]
    pub(crate) loss: Option<String>,

    /// The cost of weights: this times their squares' sum is added to the loss
    #[arg(long, value_name = "1e-4")]
    pub(crate) l2: Option<f64>,

    /// How to step: a name of `thalweg list optimizers` with its options, or a chain of them; `all` for every rule with its
    /// defaults (repeatable) [default: adam(lr=0.001)]
    #[arg(long, short, value_name = "O")]
    pub(crate) optimizer: Vec<String>,

    /// Examples in a batch
    #[arg(long, value_name = "N", default_value = "64", value_parser = numbers::count)]
    pub(crate) batch: usize,

    /// The order of examples: shuffled, with_replacement or in_order
    #[arg(long, value_name = "HOW", default_value = "shuffled")]
    pub(crate) sampling: String,

    /// How many times to go through the data [default: 10]
    #[arg(long, value_name = "N", value_parser = numbers::count, conflicts_with = "steps")]
    pub(crate) epochs: Option<usize>,

    /// How many steps to make, in place of --epochs
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) steps: Option<usize>,

    /// Compute the validation loss every N steps; once an epoch, and at least a hundred times a run, unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) validate_every: Option<usize>,

    /// Compute it on N of the validation examples, always the same ones; on all unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) validate_on: Option<usize>,

    /// Say when the validation loss is first below this
    #[arg(long, value_name = "0.15")]
    pub(crate) threshold: Option<f64>,

    /// End a run when its validation loss is below the threshold
    #[arg(long, requires = "threshold")]
    pub(crate) stop_at_threshold: bool,

    /// Stop after N validations without a lower loss, and use the best parameters
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) patience: Option<usize>,

    /// Make a step with the mean gradient of N batches
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true, value_parser = numbers::count)]
    pub(crate) accumulate: usize,

    /// Shorten gradients to this norm
    #[arg(long, value_name = "1.0")]
    pub(crate) clip: Option<f64>,

    /// Use a running average of the parameters, of which this share is kept at a step
    #[arg(long, value_name = "0.999")]
    pub(crate) ema: Option<f64>,

    /// What matrix products and convolutions of a step are computed of: f32, or bf16, numbers rounded to eight bits (sums, parameters
    /// and validation stay in f32)
    #[arg(long, value_name = "f32|bf16", default_value = "f32")]
    pub(crate) precision: String,

    /// The seed of initial parameters, batches and random layers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Train with each optimiser N times, from seed to seed + N - 1
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true, value_parser = numbers::count)]
    pub(crate) seeds: usize,

    /// Show the loss around the weights of the best run: on a plane along random directions, or along those in which the run has moved
    /// most (principal)
    #[arg(long, value_name = "random|principal", num_args = 0..=1, default_missing_value = "random")]
    pub(crate) plane: Option<String>,

    /// Estimate the eigenvalues of the loss's Hessian at the weights of the best run
    #[arg(long)]
    pub(crate) spectrum: bool,

    /// Do not train: try learning rates from 1e-7 to 10 and suggest one
    #[arg(long)]
    pub(crate) find_lr: bool,

    /// Keep checkpoints in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoints: Option<PathBuf>,

    /// Make a checkpoint every N steps; once an epoch unless given
    #[arg(long, value_name = "N", requires = "checkpoints", value_parser = numbers::count)]
    pub(crate) checkpoint_every: Option<usize>,

    /// Keep the last N checkpoints
    #[arg(long, value_name = "N", default_value = "3", requires = "checkpoints", value_parser = numbers::count)]
    pub(crate) keep: usize,

    /// Go on from the newest checkpoint, with the bits of a run that was never interrupted; begin if there is none
    #[arg(long, requires = "checkpoints")]
    pub(crate) resume: bool,

    /// Write the trained weights: .safetensors as PyTorch names them, or .npz (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Vec<PathBuf>,

    /// Write what TensorBoard reads to this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) tensorboard: Option<PathBuf>,

    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) threads: Option<usize>,

    /// Keep every record, in JSON
    #[arg(long)]
    pub(crate) history: bool,

    /// Write a file; its ending says what: .html (the report) .svg .png .json .csv .parquet (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,

    /// Print the result as JSON and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
