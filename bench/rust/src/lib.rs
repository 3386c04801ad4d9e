//! What the measuring programs share: timing, and the line of JSON that they print.

pub mod flat;
pub mod training;

use std::hint::black_box;
use std::time::Instant;

/// Runs shorter than this are repeated until they add up to it.
const ENOUGH_SECONDS: f64 = 1.0;

/// One measurement.
pub struct Measurement<'a> {
    /// The library.
    pub peer: &'a str,
    /// What was measured.
    pub case: &'a str,
    /// The number of starts.
    pub n: usize,
    /// The number of steps of each start.
    pub steps: usize,
    /// The time of one run.
    pub seconds: f64,
    /// Numbers that must agree among the peers.
    pub check: &'a [f64],
    /// The least seconds that the machine's peak and bandwidth allow, where that is known.
    pub floor: Option<f64>,
}

impl Measurement<'_> {
    /// Prints the measurement as a line of JSON.
    pub fn print(&self) {
        let Measurement { peer, case, n, steps, seconds, check, floor } = self;
        let floor = floor.map_or(String::new(), |floor| format!(r#", "floor": {floor:e}"#));
        let threads = threads();
        println!(
            r#"{{"peer": "{peer}", "case": "{case}", "n": {n}, "threads": {threads}, "seconds": {seconds:e}, "steps": {steps}, "check": {check:?}{floor}}}"#
        );
    }
}

/// Prints why there is no measurement as a line of JSON.
pub fn refuse(peer: &str, case: &str, n: usize, reason: &str) {
    let threads = threads();
    println!(
        r#"{{"peer": "{peer}", "case": "{case}", "n": {n}, "threads": {threads}, "refused": {reason:?}}}"#
    );
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The time of a run and its result. A short run is repeated; then the first time, of cold caches, does not count, and the
/// median of the others is taken.
///
/// # Errors
/// The first that a run reports.
pub fn time<T, E>(mut run: impl FnMut() -> Result<T, E>) -> Result<(f64, T), E> {
    let mut once = || {
        let start = Instant::now();
        let result = black_box(run()?);
        Ok((start.elapsed().as_secs_f64(), result))
    };
    let (first, result) = once()?;
    let (mut times, mut spent) = (Vec::new(), first);
    while spent < ENOUGH_SECONDS {
        let (seconds, _) = once()?;
        times.push(seconds);
        spent += seconds;
    }
    Ok((median(times).unwrap_or(first), result))
}

/// The middle number, or the mean of the two in the middle; `None` of nothing.
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    let upper = *numbers.get(half)?;
    Some(if numbers.len() % 2 == 1 { upper } else { 0.5 * (numbers[half - 1] + upper) })
}
