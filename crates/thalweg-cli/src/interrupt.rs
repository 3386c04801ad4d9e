//! Ctrl-C and the progress bar: the [`Watch`] over a run.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use thalweg::solve::{Progress, State};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Runs shorter than this show no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// From now on Ctrl-C ends the run rather than the program; a second one ends the program.
pub(crate) fn listen() {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if LISTENING.swap(true, Ordering::Relaxed) {
        return;
    }
    // Without a handler Ctrl-C ends the program, as anywhere.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// Whether Ctrl-C has been pressed.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Watches runs for Ctrl-C, and shows how far they are.
pub(crate) struct Watch {
    total: u64,
    done: AtomicU64,
    began: Instant,
    terminal: bool,
    bar: OnceLock<ProgressBar>,
}

impl Watch {
    /// Of `total` steps over all starts.
    pub(crate) fn new(total: u64) -> Self {
        listen();
        Watch {
            total,
            done: AtomicU64::new(0),
            began: Instant::now(),
            terminal: std::io::stderr().is_terminal(),
            bar: OnceLock::new(),
        }
    }

    /// An observer of one start, which looks at the clock now and then.
    pub(crate) fn one<F>(&self) -> impl FnMut(&State<'_, F>) -> ControlFlow<()> + '_ {
        let mut told = 0;
        move |state| {
            let since = state.step - told;
            if since >= 64 || state.step < 64 {
                told = state.step;
                return self.advanced(since as u64);
            }
            if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
}

impl Progress for Watch {
    fn advanced(&self, steps: u64) -> ControlFlow<()> {
        let done = self.done.fetch_add(steps, Ordering::Relaxed) + steps;
        if self.terminal && self.began.elapsed() > PATIENCE {
            self.bar.get_or_init(|| bar(self.total)).set_position(done);
        }
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    match ProgressStyle::with_template(
        "{bar:40} {percent:>3} % of {human_len} steps, {eta} left (Ctrl-C: stop here)",
    ) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
