//! Steps of training networks, beside PyTorch, JAX, candle and burn.

use super::measurement::{median, range};
use super::parts::{Row, take_up};
use super::peers::{Peers, Program};
use super::quick;
use super::report::{conditions, digits, put, table};

/// How closely the losses of the first steps must agree.
const TOLERANCE: f64 = 1e-4;

/// How many times Thalweg's time that of PyTorch's eager mode should be on two threads, at least.
const EAGER_GOAL: f64 = 1.5;

/// Whose turn it is, the program, and its form. The first is Thalweg; [`EAGER`], [`OWN_HALF`] and [`HALF`] are places in this list.
const PEERS: [(&str, Program, &[&str]); 8] = [
    ("Thalweg", Program::Rust("train"), &[]),
    ("PyTorch", Program::Python("train_torch.py"), &["eager"]),
    ("PyTorch, compiled", Program::Python("train_torch.py"), &["compiled"]),
    ("Thalweg, bf16", Program::Rust("train"), &["bf16"]),
    ("PyTorch, bf16", Program::Python("train_torch.py"), &["bf16"]),
    ("JAX", Program::Python("train_jax.py"), &[]),
    ("candle", Program::Rust("train-frameworks"), &["candle"]),
    ("burn", Program::Rust("train-frameworks"), &["burn"]),
];
const EAGER: usize = 1;
const COMPILED: usize = 2;
const OWN_HALF: usize = 3;
const HALF: usize = 4;

const CONDITIONS: &str = "\
Mean cross-entropy, Adam (lr 0.001), f32. *mlp*: 784-512-512-10 with ReLU, 256 pictures. *cnn*: convolutions of 3×3 to 32 and to 64 \
channels, each followed by ReLU and the maximum over 2×2, then 3136-128-10, 64 pictures. A time is that of a step in milliseconds: gathering \
the pictures' bytes from 60 000 and bringing them to 0–1, forward, backward, Adam. Pictures, digits and the order in which they come are \
made up, the same for all. *Thalweg*: `Learner` and `Rule::step`. *PyTorch*: eager, with `Adam(fused=True)`; *compiled*: network and loss \
by `torch.compile`; *bf16*: products of numbers rounded to bf16, by PyTorch eager under `autocast`, by Thalweg with `Precision::Bf16`; \
all others compute in f32. *JAX*: one `jit` with Optax's Adam, \
parameters and state donated; with AVX-512, XLA is told to use it. Compiling is excluded. *candle* and *burn* (with its backend Flex): \
their own layers' operations, differentiation and Adam, *mlp* only. In brackets, how many times Thalweg's time it is. *Of the floor*: the \
shortest time that memory and arithmetic allow for loss and gradient, divided by Thalweg's for the whole step. Checked: the losses of the \
first 4 steps agree to 1e-4, those in bf16 excepted, and those of the compiled *cnn*, which differ from all others by up to 2 % \
(PyTorch's compiler computes another way).";

fn milliseconds(row: &Row, peer: usize) -> Option<f64> {
    row.time(peer).map(|nanoseconds| nanoseconds / 1e6)
}

fn own_cell(row: &Row) -> String {
    match &row.outcomes[0] {
        Err(reason) => reason.clone(),
        Ok(all) => {
            let times: Vec<f64> = all.iter().map(|one| one.nanoseconds() / 1e6).collect();
            let (low, high) = range(&times);
            format!("{}, {}–{}", digits(median(times)), digits(low), digits(high))
        }
    }
}

fn peer_cell(row: &Row, peer: usize) -> String {
    match (&row.outcomes[peer], milliseconds(row, peer), milliseconds(row, 0)) {
        (Err(reason), ..) => reason.clone(),
        (_, Some(time), Some(own)) => format!("{} ({}×)", digits(time), digits(time / own)),
        (_, Some(time), None) => digits(time),
        (_, None, _) => "–".to_owned(),
    }
}

/// Whether the first losses agree, but for those of the network that a compiler changes.
fn agree(row: &Row) -> Result<(), String> {
    let mut outcomes = row.outcomes.clone();
    if row.part == "cnn" {
        outcomes[COMPILED] = Err("not compared".to_owned());
    }
    Row { part: row.part.clone(), outcomes }.agree(&PEERS.map(|peer| peer.0), TOLERANCE)
}

/// Which goals are reached.
fn verdict(row: &Row, threads: usize) -> String {
    let word = |reached| if reached { "reached" } else { "**missed**" };
    let Some(own) = row.own() else { return "**missed**".to_owned() };
    let in_f32 = (1..PEERS.len()).filter(|&peer| peer != HALF && peer != OWN_HALF);
    let fastest = in_f32.filter_map(|peer| row.time(peer)).reduce(f64::min);
    let first = fastest.map(|fastest| format!("first in f32: {}", word(fastest >= own)));
    let eager = row.time(EAGER).filter(|_| threads == 2);
    let lead = eager.map(|eager| format!("{EAGER_GOAL}× PyTorch: {}", word(eager >= EAGER_GOAL * own)));
    let halves = row.time(OWN_HALF).zip(row.time(HALF));
    let half = halves.map(|(own, peer)| format!("ahead of autocast: {}", word(peer > own)));
    first.into_iter().chain(lead).chain(half).collect::<Vec<_>>().join("; ")
}

/// Runs the benchmark.
pub(super) fn run() -> Result<(), String> {
    let peers = Peers::prepare()?;
    peers.prepare_frameworks()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rounds = if quick() { 1 } else { 3 };
    let header = ["network", "threads", "Thalweg, ms a step"].into_iter();
    let header = header.chain(PEERS[1..].iter().map(|peer| peer.0)).chain(["of the floor", "goals"]);
    let mut table_rows = vec![header.map(str::to_owned).collect::<Vec<_>>()];
    for threads in [1, 2].into_iter().filter(|&threads| threads <= cores) {
        let mut rows = Vec::new();
        for round in 1..=rounds {
            for (peer, (name, program, form)) in PEERS.iter().enumerate() {
                eprintln!("{threads} | {round} | {name}");
                let form: Vec<_> = form.iter().map(|&word| word.to_owned()).collect();
                take_up(&mut rows, &peers.output(*program, &form, threads)?, peer, PEERS.len(), threads)?;
            }
        }
        for row in &rows {
            agree(row)?;
            let mut cells = vec![row.part.clone(), threads.to_string(), own_cell(row)];
            cells.extend((1..PEERS.len()).map(|peer| peer_cell(row, peer)));
            cells.push(row.of_the_floor().map_or("–".to_owned(), digits));
            cells.push(verdict(row, threads));
            table_rows.push(cells);
        }
    }
    put("train", &format!("{}\n\n{CONDITIONS}\n\n{}", conditions(&peers)?, table(&table_rows)))
}

#[cfg(test)]
mod tests {
    use super::super::measurement::Measurement;
    use super::*;

    fn row(milliseconds: [f64; 8]) -> Row {
        let line = |ms: f64| {
            format!(r#"{{"n": 1, "threads": 2, "steps": 1, "seconds": {:e}, "check": [1.0]}}"#, ms / 1e3)
        };
        let outcomes = milliseconds.map(|ms| Measurement::read(&line(ms), 2).map(|m| vec![m]));
        Row { part: "mlp".to_owned(), outcomes: outcomes.into() }
    }

    #[test]
    fn half_precision_may_be_faster_and_eager_must_be_slower_by_half() {
        let row = row([6.0, 9.0, 8.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
        assert_eq!(
            verdict(&row, 2),
            "first in f32: reached; 1.5× PyTorch: reached; ahead of autocast: reached"
        );
        assert_eq!(verdict(&row, 1), "first in f32: reached; ahead of autocast: reached");
        assert_eq!(own_cell(&row), "6.00, 6.00–6.00");
        assert_eq!(peer_cell(&row, 1), "9.00 (1.50×)");
    }

    #[test]
    fn a_faster_peer_in_single_precision_is_a_missed_goal() {
        let row = row([6.0, 8.9, 5.0, 4.0, 3.0, 10.0, 20.0, 30.0]);
        assert_eq!(
            verdict(&row, 2),
            "first in f32: **missed**; 1.5× PyTorch: **missed**; ahead of autocast: **missed**"
        );
    }
}
