//! What is said and written of the runs.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use thalweg::figure::Table as OnPage;
use thalweg::picture::{training_page, training_table};
use thalweg::rule::Optimizer;
use thalweg::train::checkpoint::Weights;
use thalweg::train::run::{LrCurve, Trained};

use super::around::{Around, Hessian, OnPlane};
use super::{Plan, best, page_failure};
use crate::arguments::TrainArguments;
use crate::failure::Failure;
use crate::output::{Format, Outputs};
use crate::report::{self, Table, duration};

#[derive(Serialize)]
struct Document<'a> {
    thalweg: &'static str,
    data: &'a str,
    examples: usize,
    validation_examples: usize,
    model: String,
    parameters: usize,
    loss: &'a str,
    batch: usize,
    sampling: &'static str,
    precision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    runs: Vec<RunDocument>,
    /// The eigenvalues of the Hessian at the weights of the best run.
    #[serde(skip_serializing_if = "Option::is_none")]
    hessian: Option<&'a Hessian>,
    /// The loss on a plane through these weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    plane: Option<&'a OnPlane>,
}

#[derive(Serialize)]
struct RunDocument {
    optimizer: String,
    seed: u64,
    status: &'static str,
    steps: u64,
    seconds: f64,
    loss: Option<f64>,
    validation_loss: Option<f64>,
    validation_accuracy: Option<f64>,
    /// The first step whose validation loss is below the threshold.
    first_below: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<serde_json::Value>,
}

/// A learning-rate test.
#[derive(Serialize)]
pub(super) struct LrDocument {
    thalweg: &'static str,
    optimizer: String,
    suggestion: Option<f64>,
    diverged: bool,
    lr: Vec<f64>,
    loss: Vec<f64>,
    smoothed: Vec<f64>,
}

impl LrDocument {
    pub(super) fn new(optimizer: &Optimizer, curve: &LrCurve) -> Self {
        LrDocument {
            thalweg: env!("CARGO_PKG_VERSION"),
            optimizer: optimizer.to_string(),
            suggestion: curve.suggestion,
            diverged: curve.diverged,
            lr: curve.points.iter().map(|point| point.lr).collect(),
            loss: curve.points.iter().map(|point| point.loss).collect(),
            smoothed: curve.points.iter().map(|point| point.smoothed).collect(),
        }
    }
}

/// The runs that were made.
pub(super) struct Results<'a> {
    plan: &'a Plan,
    arguments: &'a TrainArguments,
    runs: &'a [Trained],
    /// What was found around the weights of the best of them.
    pub(super) around: Around,
}

impl<'a> Results<'a> {
    pub(super) fn new(plan: &'a Plan, arguments: &'a TrainArguments, runs: &'a [Trained]) -> Self {
        Results { plan, arguments, runs, around: Around::default() }
    }

    pub(super) fn text(&self) -> String {
        let OnPage { header, rows } = training_table(self.runs, self.arguments.threshold);
        let seconds: f64 = self.runs.iter().map(|run| run.seconds).sum();
        let steps: u64 = self.runs.iter().map(|run| run.steps).sum();
        let mut text = Table { header, rows }.text();
        let _ = writeln!(text, "\n  {steps} steps in {}", duration(seconds));
        if self.runs.iter().any(|run| run.status.as_str() == "interrupted") {
            text.push_str("  interrupted");
            text.push_str(if self.arguments.checkpoints.is_some() {
                "; --resume goes on from here\n"
            } else {
                "\n"
            });
        }
        if self.runs.iter().any(|run| run.status.as_str() == "stopped_early") {
            text.push_str(
                "  stopped early: the validation loss no longer fell; the best parameters are kept\n",
            );
        }
        text.push_str(&self.around.text);
        for path in self.arguments.out.iter().chain(&self.arguments.export) {
            let _ = writeln!(text, "  {}", path.display());
        }
        text
    }

    pub(super) fn json(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&report::to_json(&self.document(self.arguments.history))?).into_owned())
    }

    fn document(&self, history: bool) -> Document<'_> {
        let task = &self.plan.task;
        let run = |run: &Trained| {
            let last = run.history.last_validation();
            RunDocument {
                optimizer: run.optimizer.to_string(),
                seed: run.seed,
                status: run.status.as_str(),
                steps: run.steps,
                seconds: run.seconds,
                loss: run.history.last().map(|record| record.loss),
                validation_loss: last.and_then(|record| record.validation_loss),
                validation_accuracy: last.and_then(|record| record.validation_accuracy),
                first_below: self
                    .arguments
                    .threshold
                    .and_then(|threshold| run.history.first_below(threshold)),
                history: history.then(|| run.history.to_json()),
            }
        };
        Document {
            thalweg: env!("CARGO_PKG_VERSION"),
            data: &self.plan.data,
            examples: task.train.len(),
            validation_examples: task.validation.as_ref().map_or(0, |data| data.len()),
            model: self.plan.model.to_string(),
            parameters: task.network.parameters().len(),
            loss: &self.plan.loss,
            batch: self.plan.options.batch,
            sampling: self.plan.options.sampling.as_str(),
            precision: self.plan.options.precision.as_str(),
            threshold: self.arguments.threshold,
            runs: self.runs.iter().map(run).collect(),
            hessian: self.around.hessian.as_ref(),
            plane: self.around.plane.as_ref(),
        }
    }

    /// Every record of every run, with its optimiser and seed.
    fn csv(&self) -> Result<Vec<u8>, Failure> {
        let mut header = Vec::new();
        let mut rows = Vec::new();
        for run in self.runs {
            let text = run.history.to_csv();
            let mut lines = text.lines();
            let names = lines.next().unwrap_or_default();
            let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
            header = ["optimizer".to_owned(), "seed".to_owned()].into_iter().chain(cells(names)).collect();
            rows.extend(lines.map(|line| {
                [run.optimizer.to_string(), run.seed.to_string()].into_iter().chain(cells(line)).collect()
            }));
        }
        report::to_csv(&header, rows.into_iter())
    }

    #[cfg(feature = "parquet")]
    fn parquet(&self) -> Result<Vec<u8>, Failure> {
        let history = self.runs.first().map(|run| run.history.to_parquet());
        history.unwrap_or_else(|| Ok(Vec::new())).map_err(|error| Failure::Failed(error.to_string()))
    }

    #[cfg(not(feature = "parquet"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    fn parquet(&self) -> Result<Vec<u8>, Failure> {
        Failure::wrong(format!("--out: {}", super::WITHOUT_PARQUET))
    }

    pub(super) fn write(&self, outputs: &Outputs) -> Result<(), Failure> {
        for (path, format) in outputs.files() {
            let bytes = match format {
                Format::Json => report::to_json(&self.document(true))?,
                Format::Csv => self.csv()?,
                Format::Parquet => self.parquet()?,
                Format::Html | Format::Svg | Format::Png => {
                    let page = training_page(&self.plan.task, self.runs, self.arguments.threshold);
                    let mut page = page.map_err(|error| page_failure(&error))?;
                    page.figures.extend(self.around.figures.iter().cloned());
                    let note = self.plan.precision_note();
                    page.title = format!("{} on {}{note}", self.plan.model, self.plan.data);
                    page.write(path).map_err(|error| Failure::Failed(error.to_string()))?;
                    continue;
                }
            };
            std::fs::write(path, bytes).map_err(|error| Failure::file(path, &error))?;
        }
        Ok(())
    }

    /// Writes the weights of the run with the lowest validation loss, or of the only one.
    pub(super) fn export(&self, paths: &[PathBuf]) -> Result<(), Failure> {
        let Some(best) = best(self.runs) else { return Ok(()) };
        if paths.is_empty() {
            return Ok(());
        }
        let failed = |error: thalweg::train::checkpoint::CheckpointError| Failure::Failed(error.to_string());
        let weights: Weights = best.weights(&self.plan.task).map_err(failed)?;
        for path in paths {
            let npz = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz"));
            let bytes = if npz { weights.to_npz() } else { weights.to_safetensors() }.map_err(failed)?;
            std::fs::write(path, bytes).map_err(|error| Failure::file(path, &error))?;
        }
        Ok(())
    }
}
