//! Functions and their derivatives, beside JAX and PyTorch.

use super::parts::{Row, take_up};
use super::peers::{Peers, Program};
use super::quick;
use super::report::{conditions, digits, put, table};

/// How closely peers must agree.
const TOLERANCE: f64 = 1e-6;

/// A value and a gradient should take at most this many times as long as the value.
const GRADIENT_GOAL: f64 = 3.0;

const PEERS: [&str; 4] = ["Thalweg", "JAX", "PyTorch", "PyTorch, compiled"];

const CONDITIONS: &str = "\
A time is per element: a coordinate of Ackley's and Rosenbrock's functions, a point of the wells, a number of the regression's \
data, a picture of the network's batch. *value* is the value alone; *gradient* value and gradient; *Hessian* value, gradient \
and Hessian. *÷ value* is the time divided by that of the value alone. Wells: eight Gaussian wells in the plane \
(`wells(wells=8, dim=2, seed=0)`), at 10 000 points. Logistic: the log-likelihood of 1000 rows of 100 numbers. MLP: 784-512-512-10 \
with ReLU, mean cross-entropy of 256 pictures, gradient by the weights and biases, f32; all others f64. *Thalweg*: `Executable` on \
the traced program and its transformations. *JAX*: `jit` of `value_and_grad` and `jacfwd` of it; of the wells, the sum over the wells \
written out and the points component by component, its fastest form; with AVX-512, XLA is told to use it. *PyTorch*: \
`torch.autograd`, and `torch.func` for Hessians; *compiled*: `torch.compile`. Translating is excluded. In brackets, how many times \
Thalweg's time it is. *Of the floor*: the shortest time that memory and arithmetic allow, divided by Thalweg's. Checked: values, \
and norms and weighted sums of gradients and Hessians agree to 1e-6.";

/// A function to be measured.
struct Case {
    name: &'static str,
    /// Its name in the measuring programs.
    key: &'static str,
    n: usize,
    /// How many times Thalweg's time the fastest peer's should be, at least.
    lead: f64,
    /// Which fraction of the machine's limit should be reached.
    floor: Option<f64>,
}

fn cases() -> Vec<Case> {
    let case = |name, key, n, floor| Case { name, key, n, lead: 1.0, floor };
    let large = if quick() { 10_000 } else { 1_000_000 };
    let mut cases: Vec<_> = [100, 10_000].map(|n| case("Ackley", "ackley", n, None)).into();
    if !quick() {
        cases.push(case("Ackley", "ackley", large, Some(0.6)));
    }
    cases.extend([
        case("Rosenbrock", "rosenbrock", large, Some(0.6)),
        case("wells", "wells", 10_000, None),
        case("logistic", "logistic", 100_000, None),
        Case { lead: 1.5, ..case("MLP", "mlp", 256, Some(0.7)) },
    ]);
    cases
}

fn program(peer: usize, case: &Case) -> (Program, Vec<String>) {
    let (program, form) = match peer {
        0 => (Program::Rust("function"), None),
        1 => (Program::Python("function_jax.py"), None),
        2 => (Program::Python("function_torch.py"), Some("eager")),
        _ => (Program::Python("function_torch.py"), Some("compiled")),
    };
    let arguments = form.map(str::to_owned).into_iter().chain([case.key.to_owned(), case.n.to_string()]);
    (program, arguments.collect())
}

/// Runs all peers, round after round.
fn measure(peers: &Peers, case: &Case, threads: usize, rounds: usize) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for round in 1..=rounds {
        for (peer, name) in PEERS.iter().enumerate() {
            eprintln!("{} | {} | {threads} | {round} | {name}", case.name, case.n);
            let (program, arguments) = program(peer, case);
            take_up(&mut rows, &peers.output(program, &arguments, threads)?, peer, PEERS.len(), threads)?;
        }
    }
    for row in &rows {
        row.agree(&PEERS, TOLERANCE).map_err(|problem| format!("{}, {problem}", case.name))?;
    }
    Ok(rows)
}

impl Case {
    /// Which goals are reached.
    fn verdict(&self, row: &Row, over_value: Option<f64>) -> String {
        let word = |reached| if reached { "reached" } else { "**missed**" };
        let mut verdicts = Vec::new();
        if let Some(ratio) = over_value.filter(|_| row.part == "gradient") {
            verdicts.push(format!("÷ value at most {GRADIENT_GOAL}: {}", word(ratio <= GRADIENT_GOAL)));
        }
        let fastest = (1..PEERS.len()).filter_map(|peer| row.time(peer)).reduce(f64::min);
        if let (Some(own), Some(fastest)) = (row.own(), fastest) {
            let lead =
                if self.lead == 1.0 { "first".to_owned() } else { format!("at least {:.2}×", self.lead) };
            verdicts.push(format!("{lead}: {}", word(fastest >= self.lead * own)));
        }
        if let (Some(goal), Some(fraction)) = (self.floor, row.of_the_floor()) {
            verdicts.push(format!("{goal} of the floor: {}", word(fraction >= goal)));
        }
        verdicts.join("; ")
    }

    fn cells(&self, row: &Row, threads: usize, value: Option<f64>) -> Vec<String> {
        let over_value = row.own().zip(value).map(|(own, value)| own / value);
        let mut cells = vec![self.name.to_owned(), self.n.to_string(), threads.to_string(), row.part.clone()];
        cells.push(row.own_cell());
        cells.push(over_value.filter(|_| row.part != "value").map_or("–".to_owned(), digits));
        cells.extend((1..PEERS.len()).map(|peer| row.peer_cell(peer)));
        cells.push(row.of_the_floor().map_or("–".to_owned(), digits));
        cells.push(self.verdict(row, over_value));
        cells
    }
}

/// Runs the benchmark.
pub(super) fn run() -> Result<(), String> {
    let peers = Peers::prepare()?;
    let cores = if quick() { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let rounds = if quick() { 1 } else { 2 };
    let header = ["function", "n", "threads", "computed", "Thalweg, ns per element", "÷ value"];
    let rest = ["of the floor", "goals"];
    let header = header.iter().chain(&PEERS[1..]).chain(&rest).map(|&name| name.to_owned());
    let mut rows: Vec<Vec<String>> = vec![header.collect()];
    for case in cases() {
        for threads in [1, 2].into_iter().filter(|&threads| threads <= cores) {
            let measured = measure(&peers, &case, threads, rounds)?;
            let value = measured.iter().find(|row| row.part == "value").and_then(Row::own);
            for row in &measured {
                rows.push(case.cells(row, threads, value));
            }
        }
    }
    put("function", &format!("{}\n\n{CONDITIONS}\n\n{}", conditions(&peers)?, table(&rows)))?;
    eprintln!("All peers agree to {TOLERANCE:e}.");
    super::growth::run()
}

#[cfg(test)]
mod tests {
    use super::super::measurement::Measurement;
    use super::*;

    fn row(seconds: [f64; 4]) -> Row {
        let line = |seconds: f64| {
            format!(
                r#"{{"n": 1, "threads": 1, "steps": 1, "seconds": {seconds:e}, "check": [1.0], "floor": 1e-9}}"#
            )
        };
        let outcomes = seconds.map(|s| Measurement::read(&line(s), 1).map(|m| vec![m]));
        Row { part: "gradient".to_owned(), outcomes: outcomes.into() }
    }

    #[test]
    fn a_faster_peer_and_a_dear_gradient_are_missed_goals() {
        let case = Case { name: "f", key: "f", n: 1, lead: 1.0, floor: Some(0.6) };
        let slow = row([2e-9, 1e-9, 3e-9, 4e-9]);
        assert_eq!(
            case.verdict(&slow, Some(4.0)),
            "÷ value at most 3: **missed**; first: **missed**; 0.6 of the floor: **missed**"
        );
        let fast = row([1e-9, 2e-9, 3e-9, 4e-9]);
        assert_eq!(
            case.verdict(&fast, Some(2.0)),
            "÷ value at most 3: reached; first: reached; 0.6 of the floor: reached"
        );
        assert_eq!(fast.peer_cell(2), "3.00 (3.00×)");
    }
}
