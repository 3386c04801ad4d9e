//! Optimiser rules on flat parameters, beside PyTorch, Optax, candle and burn, and the machine's own speed in place.

use super::measurement::{Part, median};
use super::parts::{Row, take_up};
use super::peers::{Peers, Program};
use super::quick;
use super::report::{conditions, digits, put, table};

/// How closely peers must agree.
const TOLERANCE: f64 = 1e-5;

/// The part of the machine's speed in place that a rule without a norm should reach on [`LARGE`] parameters.
const FLOOR_GOAL: f64 = 0.9;

/// How many times Thalweg's time PyTorch's should be, at least: fused and of the four rules that come first, and unfused.
const FUSED_GOAL: f64 = 1.0;
const UNFUSED_GOAL: f64 = 4.0;

const LARGE: usize = 25_000_000;

const PEERS: [&str; 7] =
    ["Thalweg", "PyTorch, fused", "PyTorch, foreach", "PyTorch, loop", "Optax", "candle", "burn"];

/// From here on in [`PEERS`], those that make new tensors at every step, too slow for more than [`LARGE`] parameters.
const FRAMEWORKS_FROM: usize = 5;

const CONDITIONS: &str = "\
f32, one flat vector of parameters and one of their gradient, which stays the same. A time is that of a step, per parameter. *Thalweg*: \
`Optimizer::rule` and `Rule::step`. *PyTorch*: `torch.optim` with `fused=True`, `foreach=True`, and neither; what a chain does before or \
after, `clip_grad_value_`, `clip_grad_norm_` and the like, in place. *Optax*: `jit` of `update` and `apply_updates` with donated \
parameters and state, compiling excluded; with AVX-512, XLA is told to use it. *candle* and *burn* (with its backend Flex): their \
optimisers on one tensor, of at most 25 000 000 numbers. –: there is none. In brackets, how many times Thalweg's time it is. *GB/s*: the bytes that a step must read and \
write, of parameters, gradient and state, the gradient twice where its norm comes first, in Thalweg's time. *In place*: Thalweg's speed \
divided by that of a loop with the same number of vectors changed in place and one only read, `x ← a · x + b · g`, measured \
right after it on as many threads, the fastest of several ways to share it among them; *of x ← a · x*: divided by the speed of that, which has \
nothing that is only read. Vectors of 25 000 000 numbers fit in the last-level cache of some machines. Checked: after three steps, along \
the gradient times 1, −½ and 2, the norm of the parameters and 64 of them agree to 1e-5.";

/// An optimiser to be measured.
struct Case {
    /// Thalweg's text, which is its name in the measuring programs too.
    optimizer: &'static str,
    /// Numbers that a step must read and write for each parameter.
    moved: usize,
    /// Of how many parameters.
    sizes: &'static [usize],
    /// Whether PyTorch's fused rule must not be faster.
    level: bool,
    /// Whether there is a norm before the pass.
    norm: bool,
}

const ALL: &[usize] = &[10_000, 1_000_000, LARGE, 124_000_000];
const SOME: &[usize] = &[1_000_000, LARGE];

/// Those that Thalweg does not have are left out. The gradient stays the same: a rule that remembers how it changes, as Adan does, would
/// come to subnormal numbers, which are slow.
const CASES: &[Case] = &[
    Case { level: true, ..case("sgd(lr=0.01)", 3, ALL) },
    Case { level: true, ..case("adagrad(lr=0.01)", 5, ALL) },
    Case { level: true, ..case("adam(lr=0.01)", 7, ALL) },
    Case { level: true, ..case("adamw(lr=0.01)", 7, ALL) },
    case("sgd(lr=0.01, momentum=0.9)", 5, SOME),
    case("rmsprop(lr=0.01)", 5, SOME),
    case("adam(lr=0.01, amsgrad=true)", 9, SOME),
    case("adamax(lr=0.01)", 7, SOME),
    case("nadam(lr=0.01)", 7, SOME),
    case("radam(lr=0.01)", 7, SOME),
    case("adadelta(lr=0.01)", 7, SOME),
    case("rprop(lr=0.01)", 7, SOME),
    case("lion(lr=0.01)", 5, SOME),
    case("adabelief(lr=0.01)", 7, SOME),
    case("clip_by_value(1) | adam(lr=0.01) | add_decayed_weights(0.01)", 7, SOME),
    Case { norm: true, ..case("clip_by_global_norm(1) | adamw(lr=0.01)", 8, SOME) },
    case("scale(0.5) | clip_by_value(1) | sgd(lr=0.1, momentum=0.9) | add_decayed_weights(0.1)", 5, SOME),
];

const fn case(optimizer: &'static str, moved: usize, sizes: &'static [usize]) -> Case {
    Case { optimizer, moved, sizes, level: false, norm: false }
}

fn program(peer: usize) -> (Program, Option<&'static str>) {
    match peer {
        0 => (Program::Rust("rules"), None),
        1 => (Program::Python("rules_torch.py"), Some("fused")),
        2 => (Program::Python("rules_torch.py"), Some("foreach")),
        3 => (Program::Python("rules_torch.py"), Some("loop")),
        4 => (Program::Python("rules_optax.py"), None),
        5 => (Program::Rust("frameworks"), Some("candle")),
        _ => (Program::Rust("frameworks"), Some("burn")),
    }
}

/// The seconds in which the machine changes each of `n` numbers in place.
fn machine(peers: &Peers, n: usize, threads: usize) -> Result<f64, String> {
    let arguments = ["bandwidth".to_owned(), n.to_string()];
    let printed = peers.output(Program::Rust("rules"), &arguments, threads)?;
    Part::read(&printed, threads)?.outcome.map(|m| m.seconds)
}

/// What all peers found of the cases, in the same order, and the times of `x ← a · x`, a round each.
fn measure(
    peers: &Peers,
    cases: &[&Case],
    n: usize,
    threads: usize,
    rounds: usize,
) -> Result<(Vec<Row>, Vec<f64>), String> {
    let (mut rows, mut plain) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        eprintln!("{n} | {threads} | {round} | the machine");
        plain.push(machine(peers, n, threads)?);
        let peers_there = if n > LARGE { FRAMEWORKS_FROM } else { PEERS.len() };
        for (peer, name) in PEERS.iter().enumerate().take(peers_there) {
            eprintln!("{n} | {threads} | {round} | {name}");
            let (program, form) = program(peer);
            let texts = cases.iter().map(|case| match peer {
                0 => format!("{}={}", case.streams(), case.optimizer),
                _ => case.optimizer.to_owned(),
            });
            let arguments: Vec<_> =
                form.map(str::to_owned).into_iter().chain([n.to_string()]).chain(texts).collect();
            take_up(&mut rows, &peers.output(program, &arguments, threads)?, peer, PEERS.len(), threads)?;
        }
    }
    Ok((rows, plain))
}

impl Case {
    /// Numbers that one pass over memory reads and writes for each parameter.
    fn streams(&self) -> usize {
        self.moved - usize::from(self.norm)
    }

    /// Thalweg's speed divided by that of the loop beside it, the median of the rounds.
    fn in_place(&self, row: &Row) -> Option<f64> {
        row.of_the_floor().map(|fraction| fraction * self.moved as f64 / self.streams() as f64)
    }

    /// Thalweg's speed divided by that of `x ← a · x`, the median of the rounds.
    fn of_plain(&self, row: &Row, plain: &[f64]) -> Option<f64> {
        let own = row.outcomes[0].as_ref().ok()?;
        let fractions =
            own.iter().zip(plain).map(|(own, plain)| 0.5 * self.moved as f64 * plain / own.seconds);
        Some(median(fractions.collect())).filter(|fraction| fraction.is_finite())
    }

    /// Which goals are reached.
    fn verdict(&self, row: &Row, n: usize, in_place: Option<f64>) -> String {
        let mut verdicts = Vec::new();
        let mut verdict = |goal: String, reached| {
            verdicts.push(format!("{goal}: {}", if reached { "reached" } else { "**missed**" }));
        };
        let own = row.own().unwrap_or(f64::NAN);
        if let Some(fused) = row.time(1).filter(|_| self.level) {
            verdict(format!("{FUSED_GOAL}× fused"), fused >= FUSED_GOAL * own);
        }
        if let Some(unfused) = row.time(2).into_iter().chain(row.time(3)).reduce(f64::min) {
            verdict(format!("{UNFUSED_GOAL}× unfused"), unfused >= UNFUSED_GOAL * own);
        }
        if let Some(fraction) = in_place.filter(|_| n == LARGE && !self.norm) {
            verdict(format!("{FLOOR_GOAL} in place"), fraction >= FLOOR_GOAL);
        }
        verdicts.join("; ")
    }

    fn cells(&self, row: &Row, n: usize, threads: usize, plain: &[f64]) -> Vec<String> {
        let dash = || "–".to_owned();
        let (in_place, of_plain) = (self.in_place(row), self.of_plain(row, plain));
        // `|` would end the cell.
        let mut cells =
            vec![self.optimizer.replace('|', "\\|"), n.to_string(), threads.to_string(), row.own_cell()];
        cells.push(row.own().map_or_else(dash, |own| digits(4.0 * self.moved as f64 / own)));
        cells.extend([in_place, of_plain].map(|fraction| fraction.map_or_else(dash, digits)));
        cells.extend((1..PEERS.len()).map(|peer| row.peer_cell(peer)));
        cells.push(self.verdict(row, n, in_place));
        cells
    }
}

/// Runs the benchmark.
pub(super) fn run() -> Result<(), String> {
    let peers = Peers::prepare()?;
    peers.prepare_frameworks()?;
    let cores = if quick() { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let sizes = if quick() { &SOME[..1] } else { ALL };
    let header = ["optimizer", "parameters", "threads", "Thalweg, ns", "GB/s", "in place", "of x ← a · x"];
    let header = header.iter().chain(&PEERS[1..]).chain(&["goals"]).map(|&name| name.to_owned());
    let (mut table_rows, mut problems) = (vec![header.collect()], Vec::new());
    for &n in sizes {
        let cases: Vec<&Case> = CASES.iter().filter(|case| case.sizes.contains(&n)).collect();
        for threads in [1, 2].into_iter().filter(|&threads| threads <= cores) {
            let rounds = if quick() || n > LARGE { 1 } else { 2 };
            let (rows, plain) = measure(&peers, &cases, n, threads, rounds)?;
            for (case, row) in cases.iter().zip(&rows) {
                problems.extend(row.agree(&PEERS, TOLERANCE).err());
                match &row.outcomes[0] {
                    Ok(_) => table_rows.push(case.cells(row, n, threads, &plain)),
                    Err(reason) => eprintln!("{} is left out: {reason}", case.optimizer),
                }
            }
        }
    }
    let text = format!("{}\n\n{CONDITIONS}\n\n{}", conditions(&peers)?, table(&table_rows));
    if !problems.is_empty() {
        println!("\n{text}");
        return Err(problems.join("\n"));
    }
    put("rules", &text)
}
