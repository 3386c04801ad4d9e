//! `thalweg train`.

mod around;
mod data;
mod progress;
mod results;

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use thalweg::figure::{Curve, Losses, Page};
use thalweg::function::Precision;
use thalweg::picture::PictureError;
use thalweg::rule::{Kind, Optimizer};
use thalweg::train::checkpoint::CheckpointError;
use thalweg::train::data::{DataError, Dataset, Sampling, Targets};
use thalweg::train::history::EventWriter;
use thalweg::train::loss::{self, L2, Loss};
use thalweg::train::network::Model;
use thalweg::train::run::{
    Checkpoints, Length, LrTest, Options, Run, Series, State, Status, Task, TrainError, Trained, find_lr,
};

use super::print;
use crate::arguments::TrainArguments;
use crate::failure::Failure;
use crate::output::{Format, Outputs};
use crate::report::digits;
use crate::runner::use_threads;
use around::{Around, Directions, Way};
use progress::{Progress, now};
use results::Results;

const EPOCHS: u64 = 10;
/// Validations of a run, at least, unless told otherwise.
const VALIDATIONS: u64 = 100;

/// What is to be done, read from the command line.
struct Plan {
    task: Task,
    model: Model,
    loss: String,
    data: String,
    options: Options,
    optimizers: Vec<Optimizer>,
    plane: Option<Directions>,
    spectrum: bool,
}

pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Failure> {
    let plan = Plan::read(arguments)?;
    let outputs = Outputs::of(&arguments.out, &OUTPUTS)?;
    outputs.check_writable()?;
    use_threads(arguments.threads)?;
    if arguments.find_lr {
        return plan.find_lr(arguments, &outputs);
    }
    plan.check_files(arguments, &outputs)?;
    if !arguments.json {
        print(&plan.heading())?;
    }
    let (runs, way) = plan.train(arguments)?;
    for run in &runs {
        warn(run);
    }
    let mut results = Results::new(&plan, arguments, &runs);
    results.export(&arguments.export)?;
    results.around =
        best(&runs).map_or_else(Around::default, |best| Around::of(&plan, best, plan.plane, way));
    results.write(&outputs)?;
    print(&if arguments.json { results.json()? } else { results.text() })
}

const OUTPUTS: [(&str, Format); 6] = [
    ("html", Format::Html),
    ("svg", Format::Svg),
    ("png", Format::Png),
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("parquet", Format::Parquet),
];

/// Said where a program that was built without it is to write Parquet.
const WITHOUT_PARQUET: &str = "this program was built without Parquet; write .csv, or build it with \
                               `cargo install --path crates/thalweg-cli --features parquet`";

/// The loss that says how good a run is in the end: that on validation data, if there are some.
fn end(run: &Trained) -> f64 {
    let validated = run.history.last_validation().and_then(|record| record.validation_loss);
    let loss = validated.or_else(|| run.history.last().map(|record| record.loss));
    loss.filter(|loss| !loss.is_nan()).unwrap_or(f64::INFINITY)
}

/// The run with the lowest loss in the end.
fn best(runs: &[Trained]) -> Option<&Trained> {
    runs.iter().min_by(|a, b| end(a).total_cmp(&end(b)))
}

/// Says of a run that failed what, where, and what is left.
fn warn(run: &Trained) {
    if let Status::NonFinite(end) = &run.status {
        crate::tell("warning", "1;33", &format!("{} (seed {}): {end}", run.optimizer.brief(), run.seed));
    }
}

impl Plan {
    fn read(arguments: &TrainArguments) -> Result<Self, Failure> {
        let model =
            arguments.model.parse::<Model>().map_err(|e| Failure::spec("--model", &arguments.model, &e))?;
        let (train, validation) = data::read(arguments)?;
        let outputs = match train.targets() {
            Targets::Classes { classes, .. } => *classes,
            Targets::Values { width, .. } => *width,
        };
        let network =
            model.network(train.shape(), outputs).map_err(|e| Failure::Wrong(format!("--model: {e}")))?;
        let default = if train.classes().is_some() { "cross_entropy" } else { "mse" };
        let named = arguments.loss.as_deref().unwrap_or(default);
        let loss: std::sync::Arc<dyn Loss> =
            loss::parse(named).map_err(|e| Failure::spec("--loss", named, &e))?;
        let optimizers = optimizers(&arguments.optimizer)?;
        let task = Task {
            network: network.into(),
            loss,
            train: train.into(),
            validation: validation.map(Into::into),
        };
        let options = options(arguments, &task.train, &optimizers[0])?;
        Ok(Plan {
            task,
            model,
            loss: named.to_owned(),
            data: arguments.data.clone(),
            options,
            optimizers,
            plane: Directions::of(arguments)?,
            spectrum: arguments.spectrum,
        })
    }

    /// What is trained on what, in a few words.
    fn heading(&self) -> String {
        let validation = self.task.validation.as_ref().map_or(0, |data| data.len());
        let precision = self.precision_note();
        let epochs = match self.options.length {
            Length::Steps(1) => "1 step".to_owned(),
            Length::Steps(steps) => format!("{steps} steps"),
            Length::Epochs(1) => "1 epoch".to_owned(),
            Length::Epochs(epochs) => format!("{epochs} epochs"),
        };
        format!(
            "{} on {}: {} parameters, {} examples, {} for validation\n{epochs} of batches of {}, {}{precision}\n\n",
            self.model,
            self.data,
            self.task.network.parameters().len(),
            self.task.train.len(),
            validation,
            self.options.batch,
            self.options.sampling,
        )
    }

    /// What is to be said of the precision, if it is not the usual one.
    fn precision_note(&self) -> &'static str {
        if self.options.precision == Precision::Bf16 { ", products in bf16" } else { "" }
    }

    /// Whether what is asked for can be kept in the files asked for.
    fn check_files(&self, arguments: &TrainArguments, outputs: &Outputs) -> Result<(), Failure> {
        let runs = self.optimizers.len() * arguments.seeds;
        if runs > 1 && outputs.files().any(|(_, format)| *format == Format::Parquet) {
            return Failure::wrong(format!(
                "--out: a .parquet file holds one run, there are {runs}; write .csv"
            ));
        }
        if !cfg!(feature = "parquet")
            && let Some((path, _)) = outputs.files().find(|(_, format)| *format == Format::Parquet)
        {
            return Failure::wrong(format!("--out {}: {WITHOUT_PARQUET}", path.display()));
        }
        for path in &arguments.export {
            let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            if !["safetensors", "npz"].contains(&ending.as_str()) {
                let path = path.display();
                return Failure::wrong(format!(
                    "--export {path}: the file's ending must be one of .safetensors .npz"
                ));
            }
        }
        Ok(())
    }

    /// Where the checkpoints and events of a run go: with several runs each has a folder of its own.
    fn folder(&self, arguments: &TrainArguments, dir: &std::path::Path, number: usize, seed: u64) -> PathBuf {
        let mut dir = dir.to_owned();
        if self.optimizers.len() > 1 {
            dir.push(format!("{number}-{}", links(&self.optimizers[number]).join("-")));
        }
        if arguments.seeds > 1 {
            dir.push(format!("seed-{seed}"));
        }
        dir
    }

    /// All runs, and where the best of them came along, if that is asked for.
    fn train(&self, arguments: &TrainArguments) -> Result<(Vec<Trained>, Option<Way>), Failure> {
        let (mut runs, mut series) = (Vec::<Trained>::new(), Series::new(&self.task));
        let mut best_way = None;
        let progress = Progress::new(self.optimizers.len() * arguments.seeds);
        for (number, optimizer) in self.optimizers.iter().enumerate() {
            for seed in arguments.seed..arguments.seed + arguments.seeds as u64 {
                let checkpoints = self.options.checkpoints.as_ref().map(|to| Checkpoints {
                    dir: self.folder(arguments, &to.dir, number, seed),
                    ..to.clone()
                });
                let options =
                    Options { optimizer: optimizer.clone(), seed, checkpoints, ..self.options.clone() };
                let mut run = begin(&mut series, arguments, &options)?;
                let events =
                    arguments.tensorboard.as_ref().map(|dir| self.folder(arguments, dir, number, seed));
                let mut events = match &events {
                    Some(dir) => Some((dir, EventWriter::create(dir).map_err(|e| Failure::file(dir, &e))?)),
                    None => None,
                };
                let mut failure = None;
                let mut way = self.plane.and_then(|directions| directions.way(run.state().step));
                if let Some(way) = &mut way {
                    way.trail.push(run.parameters());
                }
                let mut bar = progress.run(&options);
                run.run(&mut |state: &State<'_>| {
                    if let (Some((dir, events)), Some(record)) = (&mut events, state.record)
                        && let Err(error) = events.record(record, now()).and_then(|()| events.flush())
                    {
                        failure = Some(Failure::file(dir, &error));
                        return ControlFlow::Break(());
                    }
                    if let Some(way) = &mut way {
                        way.trail.push(state.parameters);
                    }
                    bar.show(state)
                })?;
                drop(bar);
                if let Some(failure) = failure {
                    return Err(failure);
                }
                let run = series.finish(run);
                if best(&runs).is_none_or(|best| end(&run) < end(best)) {
                    best_way = way;
                }
                runs.push(run);
                if crate::interrupt::interrupted() {
                    return Ok((runs, best_way));
                }
            }
        }
        Ok((runs, best_way))
    }

    fn find_lr(&self, arguments: &TrainArguments, outputs: &Outputs) -> Result<(), Failure> {
        let [optimizer] = &self.optimizers[..] else {
            return Failure::wrong("--find-lr: give one --optimizer");
        };
        let stop = &mut |_: &State<'_>| {
            if crate::interrupt::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        crate::interrupt::listen();
        let curve = find_lr(&self.task, &self.options, LrTest::default(), stop)?;
        let points = |y: fn(&thalweg::train::run::LrPoint) -> f64, label: &str| Curve {
            label: label.into(),
            x: curve.points.iter().map(|point| point.lr.log10()).collect(),
            y: curve.points.iter().map(y).collect(),
        };
        let figure = Losses {
            title: format!("Loss while the learning rate of {} grows", optimizer.brief()),
            x_name: "log10 of the learning rate".into(),
            y_name: "loss of a batch".into(),
            curves: vec![points(|point| point.loss, "loss"), points(|point| point.smoothed, "smoothed")],
            minimum: None,
        };
        let page = Page::from(figure);
        for (path, format) in outputs.files() {
            if !format.is_figure() {
                return Failure::wrong(format!(
                    "--out {}: with --find-lr a figure: .html .svg .png",
                    path.display()
                ));
            }
            page.write(path).map_err(|error| Failure::Failed(error.to_string()))?;
        }
        if arguments.json {
            return crate::report::print_json(&results::LrDocument::new(optimizer, &curve));
        }
        let mut text = String::new();
        let lowest = curve.points.iter().min_by(|a, b| a.smoothed.total_cmp(&b.smoothed));
        if let (Some(first), Some(lowest), Some(last)) = (curve.points.first(), lowest, curve.points.last()) {
            let ends = if curve.diverged { ", where it had grown beyond bounds" } else { "" };
            text = format!(
                "{}: the rate grew from {} to {}{ends}.\nThe loss was lowest at {} and fell most steeply at {}.\n",
                links(optimizer).join(" | "),
                digits(first.lr),
                digits(last.lr),
                digits(lowest.lr),
                curve.suggestion.map_or_else(|| "no rate".into(), digits),
            );
        }
        if let Some(rate) = curve.suggestion {
            let _ = writeln!(text, "\nA learning rate to begin with: {}", digits(rate));
        }
        print(&text)
    }
}

/// A run at its beginning, or where it was when it was interrupted.
fn begin(series: &mut Series, arguments: &TrainArguments, options: &Options) -> Result<Run, Failure> {
    if !arguments.resume {
        return Ok(series.begin(options)?);
    }
    let (run, resumed) = series.resume(options)?;
    for damaged in &resumed.damaged {
        crate::tell("warning", "1;33", &format!("{damaged}; an earlier one is taken"));
    }
    if let Some(from) = &resumed.from {
        crate::tell("note", "1;36", &format!("going on from {}", from.display()));
    }
    Ok(run)
}

/// The names of a chain's links.
fn links(optimizer: &Optimizer) -> Vec<String> {
    let text = optimizer.to_string();
    text.split(" | ").map(|link| link.split('(').next().unwrap_or(link).to_owned()).collect()
}

/// The optimisers asked for; `all` stands for every rule that has defaults for all it needs.
fn optimizers(texts: &[String]) -> Result<Vec<Optimizer>, Failure> {
    if texts.is_empty() {
        return optimizers(&["adam(lr=0.001)".to_owned()]);
    }
    let mut optimizers = Vec::new();
    for text in texts {
        if text == "all" {
            let rules = thalweg::rule::names().into_iter().filter(|named| named.kind == Kind::Rule);
            optimizers.extend(rules.filter_map(|named| named.name.parse::<Optimizer>().ok()));
        } else {
            optimizers.push(text.parse().map_err(|error| Failure::spec("--optimizer", text, &error))?);
        }
    }
    Ok(optimizers)
}

fn options(arguments: &TrainArguments, train: &Dataset, optimizer: &Optimizer) -> Result<Options, Failure> {
    let sampling: Sampling = arguments.sampling.parse().map_err(|_| {
        let found = &arguments.sampling;
        Failure::Wrong(format!("--sampling must be shuffled, with_replacement or in_order, found {found}"))
    })?;
    let precision: Precision = arguments.precision.parse().map_err(|_| {
        Failure::Wrong(format!("--precision must be f32 or bf16, found {}", arguments.precision))
    })?;
    let positive = |name: &str, value: Option<f64>| match value {
        Some(x) if !(x > 0.0 && x.is_finite()) => {
            Failure::wrong(format!("--{name} must be above 0, found {x}"))
        }
        _ => Ok(()),
    };
    positive("clip", arguments.clip)?;
    if let Some(decay) = arguments.ema.filter(|decay| !(0.0..1.0).contains(decay)) {
        return Failure::wrong(format!("--ema must be from 0 to below 1, found {decay}"));
    }
    if let Some(factor) = arguments.l2.filter(|factor| !(*factor >= 0.0 && factor.is_finite())) {
        return Failure::wrong(format!("--l2 must be at least 0, found {factor}"));
    }
    let batch = arguments.batch;
    if batch > train.len() && sampling != Sampling::WithReplacement {
        let (found, most) = (batch, train.len());
        return Failure::wrong(format!("--batch: {found} examples, but there are only {most} to learn from"));
    }
    let length = match (arguments.steps, arguments.epochs) {
        (Some(steps), _) => Length::Steps(steps as u64),
        (None, epochs) => Length::Epochs(epochs.map_or(EPOCHS, |epochs| epochs as u64)),
    };
    let epoch = (train.len() as u64).div_ceil(batch as u64 * arguments.accumulate as u64).max(1);
    let steps = match length {
        Length::Steps(steps) => steps,
        Length::Epochs(epochs) => epochs * epoch,
    };
    let often = epoch.min(steps.div_ceil(VALIDATIONS)).max(1);
    Ok(Options {
        length,
        batch,
        sampling,
        seed: arguments.seed,
        penalty: arguments.l2.map(|factor| L2 { factor }),
        accumulate: arguments.accumulate as u64,
        clip: arguments.clip,
        ema: arguments.ema,
        record_every: steps.div_ceil(4 * VALIDATIONS).max(1),
        validate_every: arguments.validate_every.map_or(often, |every| every as u64),
        validate_on: arguments.validate_on,
        precision,
        patience: arguments.patience.map(|n| n as u64),
        stop_below: arguments.threshold.filter(|_| arguments.stop_at_threshold),
        checkpoints: arguments.checkpoints.as_ref().map(|dir| Checkpoints {
            dir: dir.clone(),
            every: arguments.checkpoint_every.map_or(epoch, |every| every as u64),
            keep: arguments.keep,
        }),
        ..Options::new(optimizer.clone())
    })
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        match &error {
            TrainError::Data(data) => data.clone().into(),
            TrainError::Checkpoint(CheckpointError::Io { .. }) => Failure::Failed(error.to_string()),
            _ => Failure::Wrong(error.to_string()),
        }
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        match &error {
            DataError::Io { .. } | DataError::Download { .. } | DataError::Stopped { .. } => {
                Failure::Failed(error.to_string())
            }
            _ => Failure::Wrong(error.to_string()),
        }
    }
}

/// A page that cannot be made of runs that were: a fault of the work.
fn page_failure(error: &PictureError) -> Failure {
    Failure::Failed(error.to_string())
}
