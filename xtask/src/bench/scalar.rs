//! One start: gradient descent and Adam on Rosenbrock's function, beside a loop by hand, argmin, basin, JAX and PyTorch.

use super::contest::{Contest, Peer};
use super::peers::{Peers, Program};
use super::quick;
use super::report::Report;

const STEPS: usize = 100_000;

/// Steps of PyTorch.
const FEW_STEPS: usize = 10_000;

const CONDITIONS: &str = "\
f64, one start (−1.2, 1), one thread, 100 000 steps of gradient descent (lr 0.001) or Adam (lr 0.01, PyTorch's defaults \
otherwise) on the two-dimensional Rosenbrock function. Thalweg: `minimize` on the traced function with its own derivatives; \
every step evaluates value and gradient, looks for numbers that are not finite and remembers the lowest value. By hand: a Rust \
loop with a gradient by hand that remembers the lowest value. argmin and basin: gradient by hand; neither has Adam. JAX: `jit` \
of `scan` with its own gradient and the lowest value, compiling excluded. PyTorch: eager, its own gradient, no lowest value. \
Checked: the point after 2000 steps, and after all of gradient descent, agrees to 1e-9.";

const BY_HAND_LIMIT: &str = "\
in the loop by hand everything stays in registers, each step waiting for the last; Thalweg writes each step's point, rule's \
state and value to memory, then looks through them";

const JAX_LIMIT: &str = "XLA compiles the whole scan into one loop too";

fn peers(rule: &str) -> Vec<Peer> {
    let rust = |name, peer: &str, goal| Peer {
        name,
        program: Program::Rust("scalar"),
        arguments: vec![peer.to_owned(), rule.to_owned(), STEPS.to_string()],
        goal,
        note: String::new(),
        limit: "",
    };
    let python = |name, file, steps: usize| Peer {
        name,
        program: Program::Python(file),
        arguments: vec![rule.to_owned(), steps.to_string()],
        goal: Some(1.0),
        note: String::new(),
        limit: "",
    };
    let mut peers = vec![
        rust("Thalweg", "thalweg", None),
        Peer { limit: BY_HAND_LIMIT, ..rust("by hand", "by_hand", Some(0.5)) },
    ];
    if rule == "gd" {
        peers.push(rust("basin", "basin", Some(1.0)));
        peers.push(Peer {
            note: "its steepest descent with a fixed step as line search".to_owned(),
            ..rust("argmin", "argmin", Some(1.0))
        });
    }
    peers.push(Peer { limit: JAX_LIMIT, ..python("JAX", "scalar_jax.py", STEPS) });
    peers
        .push(Peer { note: format!("{FEW_STEPS} steps"), ..python("PyTorch", "scalar_torch.py", FEW_STEPS) });
    peers
}

/// Runs the benchmark.
pub(super) fn run() -> Result<(), String> {
    let all = Peers::prepare()?;
    let rounds = if quick() { 1 } else { 5 };
    let mut finished = Vec::new();
    for (rule, name) in [("gd", "gradient descent"), ("adam", "Adam")] {
        let contest = Contest { task: name.to_owned(), threads: 1, rounds, peers: peers(rule) };
        let standings = contest.run(&all)?;
        finished.push((contest, standings));
    }
    let report = Report { name: "scalar", task: "rule", unit: "ns a step", conditions: CONDITIONS };
    report.publish(&all, &finished)
}
