//! Solvers from start to end, beside SciPy, argmin, basin, PyTorch and Optax.

use super::measurement::{Measurement, median, range};
use super::parts::{Row, take_up};
use super::peers::{Peers, Program};
use super::quick;
use super::report::{conditions, digits, last_rows, put, table};

/// How closely what is found must agree.
const TOLERANCE: f64 = 1e-5;

/// Whose turn it is and with what. The first is Thalweg.
const PEERS: [(&str, Program, &[&str]); 6] = [
    ("Thalweg", Program::Rust("solve"), &["thalweg"]),
    ("SciPy", Program::Python("solve_scipy.py"), &[]),
    ("argmin", Program::Rust("solve"), &["argmin"]),
    ("basin", Program::Rust("solve"), &["basin"]),
    ("PyTorch", Program::Python("solve_torch.py"), &[]),
    ("Optax", Program::Python("solve_optax.py"), &[]),
];

/// From this many variables on the slow peers make one round.
const LARGE: usize = 1_000_000;

const CONDITIONS: &str = "\
A time is that of a whole run in microseconds, in brackets the gradients that were taken (Hessian-vector products count as gradients) and \
how many times Thalweg's time it is. A run ends where max |∂f/∂xᵢ| ≤ 1e-8 (*bounded*: 1e-6); all peers keep ten pairs. *rosenbrock*: two variables from (−1.2, 1). \
*standard*: n/2 such pairs side by side, all from there, so that all pairs move alike. *varied*: every pair from another start within half a \
unit. *bounded*: as *varied*, every variable in ±2 but the first of every other pair, which is at most 0.8. *logistic*: 100 000 rows of 100 \
normal numbers, column j times exp(−j/25), mean loss with a ridge of 1e-4, from 0. *wells*: Newton's method from 10 000 starts in ±3 on eight \
Gaussian wells in the plane. *Thalweg*: `minimize` on traced functions by `lbfgs`, of 100 000 variables and more by what it chooses \
itself, L-BFGS with more exact searches, by `lbfgsb`, `newton_cg`, and `minimize_many` by `trust_newton`; differentiating and translating are excluded, but for the wells. *SciPy*: `minimize` by L-BFGS-B, Newton-CG and \
`trust-exact`, gradients by hand with NumPy; of the wells every hundredth start, times a hundred. *argmin*: `LBFGS` and `NewtonCG` with \
`MoreThuenteLineSearch`; it looks at the norm of the gradient, which is to be 1e-8·√n, and is stopped after a minute. *basin*: `Lbfgs` and `TrustRegion::matrix_free`. \
Both with gradients by hand, which use threads from 10 000 variables on. *PyTorch*: `LBFGS` with strong Wolfe conditions, its own gradient. \
*Optax*: `lbfgs` in a jitted loop, JAX's gradient; for the wells a Newton's method written with JAX, all starts in lockstep; compiling is \
excluded. A row is measured in one go, peers by turns; not all rows in one. Checked: values and points that were found agree to 1e-5; of the wells, that max |∂f/∂xᵢ| ≤ 1e-8 at every end.";

struct Case {
    name: &'static str,
    n: usize,
    threads: &'static [usize],
}

fn cases() -> Vec<Case> {
    let case = |name, n, threads: &'static [usize]| Case { name, n, threads };
    let (one, both): (&[usize], &[usize]) = (&[1], &[1, 2]);
    let mut cases = vec![case("rosenbrock", 2, one), case("standard", 1000, one)];
    if !quick() {
        for n in [100_000, LARGE] {
            cases.extend([case("standard", n, both), case("varied", n, both)]);
        }
    }
    cases.push(case("bounded", 1000, one));
    let threads = if quick() { one } else { both };
    let wells = if quick() { 1000 } else { 10_000 };
    cases.extend([
        case("logistic, L-BFGS", 100_000, threads),
        case("logistic, Newton-CG", 100_000, threads),
        case("wells", wells, threads),
    ]);
    cases
}

/// A peer's time in microseconds and the gradients it took.
fn outcome(row: &Row, peer: usize) -> Result<(Vec<f64>, usize), String> {
    let all = row.outcomes[peer].as_ref().map_err(Clone::clone)?;
    let last = all.last().ok_or("–")?;
    Ok((all.iter().map(|one: &Measurement| one.seconds * 1e6).collect(), last.steps))
}

fn time(row: &Row, peer: usize) -> Option<f64> {
    outcome(row, peer).ok().map(|(times, _)| median(times))
}

/// How many gradients, where that is known.
fn count(gradients: usize) -> String {
    if gradients > 1 { format!("{gradients}") } else { "–".to_owned() }
}

fn own_cell(row: &Row) -> String {
    match outcome(row, 0) {
        Err(reason) => reason,
        Ok((times, gradients)) => {
            let (low, high) = range(&times);
            format!("{} ({}), {}–{}", digits(median(times)), count(gradients), digits(low), digits(high))
        }
    }
}

fn peer_cell(row: &Row, peer: usize) -> String {
    match (outcome(row, peer), time(row, 0)) {
        (Err(reason), _) => reason,
        (Ok((times, gradients)), Some(own)) => {
            let time = median(times);
            format!("{} ({}; {}×)", digits(time), count(gradients), digits(time / own))
        }
        (Ok((times, gradients)), None) => format!("{} ({})", digits(median(times)), count(gradients)),
    }
}

/// Whether Thalweg is first.
fn verdict(row: &Row) -> String {
    let fastest = (1..PEERS.len()).filter_map(|peer| time(row, peer)).reduce(f64::min);
    match (time(row, 0), fastest) {
        (Some(own), Some(fastest)) if own <= fastest => "first: reached".to_owned(),
        (Some(_), None) => "–".to_owned(),
        _ => "first: **missed**".to_owned(),
    }
}

/// Runs all peers, round after round.
fn measure(peers: &Peers, case: &Case, threads: usize) -> Result<Row, String> {
    let rounds = if quick() || case.n >= LARGE { 1 } else { 3 };
    let mut rows: Vec<Row> = Vec::new();
    for round in 1..=rounds {
        for (peer, (name, program, form)) in PEERS.iter().enumerate() {
            eprintln!("{} | {} | {threads} | {round} | {name}", case.name, case.n);
            let form = form.iter().map(|&word| word.to_owned());
            let arguments: Vec<_> = form.chain([case.name.to_owned(), case.n.to_string()]).collect();
            take_up(&mut rows, &peers.output(*program, &arguments, threads)?, peer, PEERS.len(), threads)?;
        }
    }
    rows.pop().ok_or(format!("nothing is measured of {}", case.name))
}

/// Runs the cases whose names begin so, or the one with this name and size; the rows of others stay as they are in the file.
pub(super) fn run(begin: &str) -> Result<(), String> {
    let is_chosen =
        |case: &Case| case.name.starts_with(begin) || begin == format!("{}, {}", case.name, case.n);
    let chosen: Vec<Case> = cases().into_iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        let names: Vec<_> = cases().iter().map(|case| case.name).collect();
        return Err(format!("no case begins with `{begin}`; there are {}", names.join("; ")));
    }
    let last = if begin.is_empty() { Vec::new() } else { last_rows("solve")? };
    let peers = Peers::prepare()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let header = ["case", "n", "threads", "Thalweg, µs"].into_iter();
    let header = header.chain(PEERS[1..].iter().map(|peer| peer.0)).chain(["goal"]);
    let mut rows = vec![header.map(str::to_owned).collect::<Vec<_>>()];
    let mut problems = Vec::new();
    for case in chosen {
        for &threads in case.threads.iter().filter(|&&threads| threads <= cores) {
            let row = measure(&peers, &case, threads)?;
            problems.extend(row.agree(&PEERS.map(|peer| peer.0), TOLERANCE).err());
            let mut cells =
                vec![case.name.to_owned(), case.n.to_string(), threads.to_string(), own_cell(&row)];
            cells.extend((1..PEERS.len()).map(|peer| peer_cell(&row, peer)));
            cells.push(verdict(&row));
            rows.push(cells);
        }
    }
    let rows = if begin.is_empty() { rows } else { replaced(last, &rows) };
    let text = format!("{}\n\n{CONDITIONS}\n\n{}", conditions(&peers)?, table(&rows));
    if !problems.is_empty() {
        println!("\n{text}");
        return Err(problems.join("\n"));
    }
    put("solve", &text)
}

/// The rows with those of the same case, size and threads in their places.
fn replaced(mut rows: Vec<Vec<String>>, new: &[Vec<String>]) -> Vec<Vec<String>> {
    for row in &mut rows {
        if let Some(again) = new.iter().find(|again| again[..3] == row[..3]) {
            row.clone_from(again);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(microseconds: [Option<f64>; 6]) -> Row {
        let outcome = |us: Option<f64>| {
            let us = us.ok_or("has no bounds")?;
            let seconds = us / 1e6;
            let line =
                format!(r#"{{"n": 1, "threads": 1, "steps": 46, "seconds": {seconds:e}, "check": [1.0]}}"#);
            Measurement::read(&line, 1).map(|m| vec![m])
        };
        Row { part: "rosenbrock".to_owned(), outcomes: microseconds.map(outcome).into() }
    }

    #[test]
    fn a_peer_that_refuses_is_not_ahead() {
        let row = row([Some(8.0), Some(1600.0), None, Some(32.0), Some(9000.0), Some(80.0)]);
        assert_eq!(verdict(&row), "first: reached");
        assert_eq!(own_cell(&row), "8.00 (46), 8.00–8.00");
        assert_eq!([peer_cell(&row, 2), peer_cell(&row, 3)], ["has no bounds", "32.0 (46; 4.00×)"]);
    }

    #[test]
    fn rows_that_were_measured_again_take_the_places_of_the_last() {
        let rows = |numbers: [[&str; 4]; 2]| numbers.map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let last = rows([["wells", "10", "1", "old"], ["wells", "10", "2", "old"]]);
        let again = rows([["case", "n", "threads", "µs"], ["wells", "10", "2", "new"]]);
        assert_eq!(replaced(last, &again), rows([["wells", "10", "1", "old"], ["wells", "10", "2", "new"]]));
    }

    #[test]
    fn a_faster_peer_and_no_time_are_missed_goals() {
        assert_eq!(verdict(&row([Some(8.0), Some(7.0), None, None, None, None])), "first: **missed**");
        assert_eq!(verdict(&row([None, Some(7.0), None, None, None, None])), "first: **missed**");
    }
}
