//! From trained networks to a report.

use std::fmt::Write as _;

use super::PictureError;
use crate::figure::{Confusion, Curve, Figure, Image, Images, Losses, Page, Table};
use crate::train::data::{Dataset, Targets};
use crate::train::history::Record;
use crate::train::learn::{Evaluator, Predictions};
use crate::train::run::{Spread, Task, TrainError, Trained, summarize};

/// Examples that are classified at a time.
const BATCH: usize = 256;
/// Pictures in a figure.
const PICTURES: usize = 32;
/// Classes up to which there is a confusion matrix.
const CLASSES: usize = 100;

/// The runs of a task, one or several for each optimiser, on one page: a table of how they ended, curves of their losses, what the best
/// of them took for what.
///
/// With a `threshold` the table says when the validation loss was first below it.
///
/// # Errors
/// There is no run, or the runs are not of this task.
///
/// ```
/// use std::ops::ControlFlow;
/// use thalweg::train::{data::Dataset, loss::CrossEntropy, network::Model};
/// use thalweg::train::run::{Length, Options, Task, compare};
///
/// let (data, validation) = Dataset::digits().split(0.2, 0)?;
/// let network = "mlp(16)".parse::<Model>()?.network(data.shape(), 10)?;
/// let task = Task::new(network, CrossEntropy::default(), data).with_validation(validation);
/// let optimizers: [thalweg::rule::Optimizer; 2] = ["sgd(lr=0.01)".parse()?, "adam(lr=0.01)".parse()?];
/// let options = Options { length: Length::Steps(40), validate_every: 10, ..Options::new(optimizers[0].clone()) };
/// let runs = compare(&task, &options, &optimizers, &mut |_, _| ControlFlow::Continue(()))?;
/// let page = thalweg::picture::training_page(&task, &runs, Some(1.5))?;
/// assert_eq!(page.table.as_ref().map(|table| table.rows.len()), Some(2));
/// assert!(page.to_html()?.contains("What was taken for what"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn training_page(task: &Task, runs: &[Trained], threshold: Option<f64>) -> Result<Page, PictureError> {
    let mut text = format!("{} examples", task.train.len());
    if let Some(validation) = &task.validation {
        let _ = write!(text, ", {} for validation", validation.len());
    }
    let _ = write!(text, "; a network with {} parameters.", task.network.parameters().len());
    let seeds = summarize(runs, None).iter().map(|summary| summary.runs).max().unwrap_or(0);
    if seeds > 1 {
        let _ = write!(
            text,
            " {seeds} runs for each optimiser, from other parameters on other batches; numbers are medians, with the lowest and the \
             highest in brackets, curves are medians."
        );
    }
    Ok(Page {
        title: "Training".into(),
        text,
        table: Some(training_table(runs, threshold)),
        figures: training_figures(task, runs)?,
    })
}

/// How the runs ended, a row for each optimiser.
pub fn training_table(runs: &[Trained], threshold: Option<f64>) -> Table {
    let summaries = summarize(runs, threshold);
    let validated = summaries.iter().any(|summary| summary.validation_loss.is_some());
    let rated = summaries.iter().any(|summary| summary.validation_accuracy.is_some());
    let mut header = vec!["optimiser".to_owned()];
    header.extend(threshold.map(|threshold| format!("first step below {threshold}")));
    header.push("training loss".into());
    header.extend(validated.then(|| "validation loss".to_owned()));
    header.extend(rated.then(|| "validation accuracy".to_owned()));
    header.push("ms a step".into());
    let rows = summaries.iter().map(|summary| {
        let failed = match summary.non_finite {
            0 => String::new(),
            failed if summary.runs == 1 => {
                debug_assert_eq!(failed, 1);
                " (not finite)".into()
            }
            failed => format!(" ({failed} of {} not finite)", summary.runs),
        };
        let mut row = vec![format!("{}{failed}", summary.optimizer.brief())];
        row.extend(threshold.map(|_| spread(summary.below, |step| step.to_string())));
        row.push(spread(summary.loss, |loss| significant(loss, 4)));
        row.extend(validated.then(|| spread(summary.validation_loss, |loss| significant(loss, 4))));
        row.extend(
            rated.then(|| spread(summary.validation_accuracy, |share| format!("{:.2} %", 100.0 * share))),
        );
        row.push(summary.seconds_per_step.map_or_else(|| "–".into(), |s| significant(1e3 * s.median, 3)));
        row
    });
    Table { rows: rows.collect(), header }
}

fn significant(x: f64, digits: i32) -> String {
    if x == 0.0 || !(1e-4..1e6).contains(&x.abs()) {
        return format!("{x:.*e}", digits as usize - 1);
    }
    let places = (digits - 1 - x.abs().log10().floor() as i32).max(0) as usize;
    format!("{x:.places$}")
}

/// The median, and how far the numbers reach where they differ.
fn spread(of: Option<Spread>, show: impl Fn(f64) -> String) -> String {
    let show = |x: f64| if x.is_finite() { show(x) } else { "–".into() };
    match of {
        None => "–".into(),
        Some(Spread { low, median, high }) if low == high => show(median),
        Some(Spread { low, median, high }) => format!("{} ({} to {})", show(median), show(low), show(high)),
    }
}

/// Curves of all optimisers, and what the run with the lowest validation loss took for what.
///
/// # Errors
/// As [`training_page`].
pub fn training_figures(task: &Task, runs: &[Trained]) -> Result<Vec<Figure>, PictureError> {
    let mut figures = Vec::new();
    let loss = |title: &str, x_name: &str, y_name: &str, curves: Vec<Curve>| {
        let names = (x_name.to_owned(), y_name.to_owned());
        (!curves.is_empty()).then(|| Losses {
            title: title.into(),
            x_name: names.0,
            y_name: names.1,
            curves,
            minimum: None,
        })
    };
    let step = |record: &Record| record.step as f64;
    let seconds = |record: &Record| record.seconds;
    let wrong = |record: &Record| record.validation_accuracy.map(|share| 1.0 - share);
    let all = [
        loss(
            "Validation loss",
            "step",
            "validation loss",
            medians(runs, step, |record| record.validation_loss),
        ),
        loss("Validation error", "step", "share of wrong answers", medians(runs, step, wrong)),
        loss("Training loss", "step", "loss of the batches", medians(runs, step, |record| Some(record.loss))),
        loss(
            "Validation loss over time",
            "seconds",
            "validation loss",
            medians(runs, seconds, |record| record.validation_loss),
        ),
    ];
    figures.extend(all.into_iter().flatten().map(Figure::from));
    let end = |run: &Trained| {
        run.history.last_validation().and_then(|record| record.validation_loss).unwrap_or(f64::INFINITY)
    };
    let best = runs.iter().filter(|run| end(run).is_finite()).min_by(|a, b| end(a).total_cmp(&end(b)));
    if let (Some(best), Some(data)) = (best, &task.validation)
        && let (Targets::Classes { .. }, Some(classes)) = (data.targets(), data.classes())
    {
        figures.extend(answers(task, best, data, classes)?);
    }
    Ok(figures)
}

/// A curve for each optimiser: at each record the median of its runs.
fn medians(runs: &[Trained], x: impl Fn(&Record) -> f64, y: impl Fn(&Record) -> Option<f64>) -> Vec<Curve> {
    let mut curves: Vec<(String, Vec<&Trained>)> = Vec::new();
    for run in runs {
        let label = run.optimizer.brief();
        match curves.iter_mut().find(|(known, _)| *known == label) {
            Some((_, group)) => group.push(run),
            None => curves.push((label, vec![run])),
        }
    }
    let median = |group: &[&Trained], step: u64, of: &dyn Fn(&Record) -> Option<f64>| {
        let at = group.iter().filter_map(|run| {
            let records = run.history.records();
            records.binary_search_by_key(&step, |record| record.step).ok().and_then(|k| of(&records[k]))
        });
        Spread::of(at).map(|spread| spread.median)
    };
    let curve = |(label, group): (String, Vec<&Trained>)| {
        let longest = group.iter().max_by_key(|run| run.history.records().len())?;
        let points = longest.history.records().iter().filter_map(|record| {
            Some((median(&group, record.step, &|r| Some(x(r)))?, median(&group, record.step, &y)?))
        });
        let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
        (!x.is_empty()).then_some(Curve { label, x, y })
    };
    curves.into_iter().filter_map(curve).collect()
}

/// The confusion matrix of a run, and some examples with what it took them for.
fn answers(task: &Task, run: &Trained, data: &Dataset, classes: usize) -> Result<Vec<Figure>, PictureError> {
    let Targets::Classes { labels: of, .. } = data.targets() else { return Ok(Vec::new()) };
    let (parameters, buffers) = run.for_use();
    let mut evaluator =
        Evaluator::new(&task.network, &*task.loss, BATCH.min(data.len())).map_err(TrainError::from)?;
    let predictions = evaluator.predict(parameters, buffers, data).map_err(TrainError::from)?;
    let given = data.class_names();
    let name = |class: u32| given.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
    let mut figures = Vec::new();
    let mut counts = vec![vec![0u64; classes]; classes];
    for (&said, &right) in predictions.classes.iter().zip(of) {
        counts[right as usize][said as usize] += 1;
    }
    if classes <= CLASSES {
        figures.push(Figure::from(Confusion {
            title: format!("What was taken for what by {}", run.optimizer.brief()),
            classes: (0..classes as u32).map(name).collect(),
            counts,
        }));
    }
    let is_image = matches!(data.shape(), [_, _] | [1, _, _]);
    if !is_image {
        return Ok(figures);
    }
    let sure = |k: usize, class: u32| predictions.outputs[k * predictions.width + class as usize];
    let mut wrong: Vec<usize> = (0..data.len()).filter(|&k| predictions.classes[k] != of[k]).collect();
    wrong.sort_by(|&a, &b| {
        sure(b, predictions.classes[b]).total_cmp(&sure(a, predictions.classes[a])).then(a.cmp(&b))
    });
    wrong.truncate(PICTURES);
    let first: Vec<usize> = (0..data.len().min(PICTURES)).collect();
    for (title, chosen) in
        [("The first examples of the validation data", first), ("Mistakes, the surest first", wrong)]
    {
        if !chosen.is_empty() {
            let images = images(data, of, &predictions, &chosen, &name)?;
            figures.push(Images { title: title.into(), images, columns: 8 }.into());
        }
    }
    Ok(figures)
}

fn images(
    data: &Dataset,
    of: &[u32],
    predictions: &Predictions,
    chosen: &[usize],
    name: &dyn Fn(u32) -> String,
) -> Result<Vec<Image>, PictureError> {
    let mut pixels = vec![0.0; chosen.len() * data.width()];
    data.gather_inputs(chosen, &mut pixels).map_err(TrainError::from)?;
    let (low, high) =
        pixels.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
    let span = if high > low { high - low } else { 1.0 };
    let image = |(&k, pixels): (&usize, &[f32])| {
        let said = predictions.classes[k];
        let wrong = said != of[k];
        let caption = if wrong {
            format!("{}, is {}", name(said), name(of[k]))
        } else {
            let sure = 100.0 * predictions.outputs[k * predictions.width + said as usize];
            format!("{} ({sure:.0} %)", name(said))
        };
        Image {
            width: data.shape().last().copied().unwrap_or(1),
            pixels: pixels.iter().map(|x| (x - low) / span).collect(),
            caption,
            wrong,
        }
    };
    Ok(chosen.iter().zip(pixels.chunks_exact(data.width())).map(image).collect())
}
