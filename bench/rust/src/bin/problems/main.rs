//! Published test problems: who solves them, and with how many evaluations.
//!
//! - `problems list SET`: the names of a set, `mgh`, `hs` or `nist`, a line each.
//! - `problems run PEER SET METHOD…`, `PEER` one of `thalweg` and `basin`: a line of JSON for each problem and method.
//! - `problems serve NAME`: answers what a method asks of a problem, for peers in other languages.

mod by_basin;
mod by_thalweg;
mod problem;
mod serve;

use std::error::Error;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use problem::{Counts, Needed, Problem, Verdict, Watch};

/// Where a descent ends: max |∂f/∂xᵢ|.
const TOLERANCE: f64 = 1e-8;

/// Where a method of least squares ends: what a step changes of the value, how far it goes, and the cosine between residuals and columns.
const VALUE_TOLERANCE: f64 = 1e-15;
const STEP_TOLERANCE: f64 = 1e-12;
const COSINE_TOLERANCE: f64 = 1e-13;

/// The most evaluations of a kind, and the most steps.
const MOST: u64 = 10_000;

/// The most time of a run.
const SECONDS: u64 = 20;

/// The end of a run.
struct End {
    x: Vec<f64>,
    /// Whether it is said to be a minimum.
    claims: bool,
    /// Why it ended, in the peer's words.
    reason: String,
    counts: Counts,
    needed: Needed,
}

/// `None` of a problem that the method is not for.
type Outcome = Result<Option<End>, Box<dyn Error>>;

fn run(peer: &str, name: &str, method: &str) -> Result<Option<(End, Verdict, f64)>, String> {
    let tried = || -> Result<Option<(End, Verdict, f64)>, Box<dyn Error>> {
        let mut problem = Problem::read(name)?;
        let watch = Watch::new(Problem::read(name)?);
        let end = match peer {
            "thalweg" => by_thalweg::run(&problem, watch, method)?,
            "basin" => by_basin::run(Problem::read(name)?, watch, method)?,
            _ => return Err(format!("no peer `{peer}`").into()),
        };
        let Some(end) = end else { return Ok(None) };
        let (verdict, value) = problem.judge(&end.x)?;
        Ok(Some((end, verdict, value)))
    };
    tried().map_err(|problem| problem.to_string())
}

/// Runs on a thread of its own, so that a run without an end is left behind.
fn run_in_time(peer: &str, name: &str, method: &str) -> Result<Option<(End, Verdict, f64)>, String> {
    let (sender, receiver) = channel();
    let [peer, name, method] = [peer, name, method].map(str::to_owned);
    thread::spawn(move || sender.send(run(&peer, &name, &method)));
    receiver.recv_timeout(Duration::from_secs(SECONDS)).unwrap_or_else(|_| Err("no end".to_owned()))
}

fn print(problem: &str, method: &str, outcome: Result<Option<(End, Verdict, f64)>, String>) {
    let blank = |reason| End {
        x: Vec::new(),
        claims: false,
        reason,
        counts: Counts::default(),
        needed: Needed::default(),
    };
    let (end, verdict, value) = match outcome {
        Ok(None) => return,
        Ok(Some(ended)) => ended,
        Err(reason) => (blank(reason), Verdict::Failed, f64::NAN),
    };
    let needed = end.needed.until(verdict).map_or("null".to_owned(), |needed| needed.to_string());
    let (claims, reason, verdict) = (end.claims, end.reason, verdict.name());
    let Counts { values, gradients, hessians, products } = end.counts;
    println!(
        r#"{{"problem": "{problem}", "method": "{method}", "verdict": "{verdict}", "claims": {claims}, "end": {reason:?}, "value": "{value:.6e}", "values": {values}, "gradients": {gradients}, "hessians": {hessians}, "products": {products}, "needed": {needed}}}"#
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["list", set] => problem::names(set)?.iter().for_each(|name| println!("{name}")),
        ["serve", name] => serve::serve(&mut Problem::read(name)?)?,
        ["run", peer, set, methods @ ..] => {
            for name in problem::names(set)? {
                for method in methods {
                    print(&name, method, run_in_time(peer, &name, method));
                }
            }
        }
        _ => return Err("usage: problems list SET | run PEER SET METHOD… | serve NAME".into()),
    }
    Ok(())
}
