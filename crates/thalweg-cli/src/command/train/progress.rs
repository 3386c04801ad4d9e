//! How far the training is, on a terminal.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};
use thalweg::train::run::{Options, State};

use crate::interrupt::{interrupted, listen};

/// The bar is drawn anew after so long.
const EVERY: Duration = Duration::from_millis(100);

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// How many of the runs are done.
pub(super) struct Progress {
    runs: usize,
    begun: std::cell::Cell<usize>,
    terminal: bool,
}

impl Progress {
    pub(super) fn new(runs: usize) -> Self {
        listen();
        Progress { runs, begun: std::cell::Cell::new(0), terminal: std::io::stderr().is_terminal() }
    }

    /// The next run begins.
    pub(super) fn run(&self, options: &Options) -> Bar {
        self.begun.set(self.begun.get() + 1);
        let bar = self.terminal.then(|| {
            let bar = ProgressBar::new(0);
            let template = "{prefix}{bar:30} {pos}/{len} steps, {msg}, {eta} left";
            let bar = match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            };
            if self.runs > 1 {
                bar.set_prefix(format!(
                    "{}/{} {} ",
                    self.begun.get(),
                    self.runs,
                    super::links(&options.optimizer).join(" | ")
                ));
            }
            bar
        });
        let now = Instant::now();
        Bar {
            drawn: bar,
            shown: now,
            loss: f64::NAN,
            begun: now,
            batch: options.batch * options.accumulate as usize,
            validation: String::new(),
        }
    }
}

/// The bar of a run.
pub(super) struct Bar {
    drawn: Option<ProgressBar>,
    shown: Instant,
    begun: Instant,
    batch: usize,
    /// A running mean of the batches' losses.
    loss: f64,
    validation: String,
}

impl Bar {
    /// Shows a step now and then, and breaks when Ctrl-C was pressed.
    pub(super) fn show(&mut self, state: &State<'_>) -> ControlFlow<()> {
        if interrupted() {
            return ControlFlow::Break(());
        }
        let Some(bar) = &self.drawn else { return ControlFlow::Continue(()) };
        let loss = f64::from(state.loss);
        self.loss = if self.loss.is_finite() { 0.95 * self.loss + 0.05 * loss } else { loss };
        if let Some(record) = state.record
            && let Some(loss) = record.validation_loss
        {
            let accuracy = record
                .validation_accuracy
                .map_or_else(String::new, |share| format!(" ({:.2} %)", 100.0 * share));
            self.validation = format!(", validation {loss:.4}{accuracy}");
        }
        if self.shown.elapsed() > EVERY {
            self.shown = Instant::now();
            let rate = (state.step as usize * self.batch) as f64 / self.begun.elapsed().as_secs_f64();
            bar.set_length(state.steps);
            bar.set_position(state.step);
            bar.set_message(format!("loss {:.4}{}, {rate:.0} examples/s", self.loss, self.validation));
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}

/// A bar for work that is counted; it breaks when Ctrl-C was pressed.
pub(super) fn counted(what: &'static str) -> impl FnMut(usize, usize) -> ControlFlow<()> {
    let bar = ProgressBar::hidden();
    if std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    }
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(what);
    move |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        if done == all {
            bar.finish_and_clear();
        }
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
