//! Functions and their derivatives, beside JAX and PyTorch.

use std::fmt::Write;

use super::measurement::{Measurement, Part, median, range};
use super::peers::{Peers, Program};
use super::quick;
use super::report::{conditions, digits, put};

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

/// One peer's measurements of one part, a round each; or why there are none.
type Outcome = Result<Vec<Measurement>, String>;

/// A part of a case, as all peers did it, in the order of [`PEERS`].
struct Row {
    part: String,
    outcomes: Vec<Outcome>,
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
            for line in peers.output(program, &arguments, threads)?.lines() {
                let part = Part::read(line, threads)?;
                let at = rows.iter().position(|row| row.part == part.name).unwrap_or_else(|| {
                    let outcomes = PEERS.iter().map(|_| Ok(Vec::new())).collect();
                    rows.push(Row { part: part.name.clone(), outcomes });
                    rows.len() - 1
                });
                match (&mut rows[at].outcomes[peer], part.outcome) {
                    (Ok(before), Ok(measurement)) => before.push(measurement),
                    (outcome, Err(reason)) => *outcome = Err(reason),
                    (Err(_), Ok(_)) => {}
                }
            }
        }
    }
    rows.iter().try_for_each(|row| row.agree(case))?;
    Ok(rows)
}

fn nanoseconds(outcome: &Outcome) -> Option<f64> {
    let times = outcome.as_ref().ok()?.iter().map(Measurement::nanoseconds).collect();
    Some(median(times)).filter(|time| time.is_finite())
}

impl Row {
    /// That all measurements found the same numbers.
    fn agree(&self, case: &Case) -> Result<(), String> {
        let all = self
            .outcomes
            .iter()
            .zip(PEERS)
            .filter_map(|(outcome, peer)| Some((outcome.as_ref().ok()?, peer)));
        let mut all = all.flat_map(|(measurements, peer)| measurements.iter().map(move |m| (m, peer)));
        let Some((first, one)) = all.next() else { return Ok(()) };
        match all.find(|(other, _)| !first.agrees_with(other, TOLERANCE)) {
            None => Ok(()),
            Some((other, peer)) => Err(format!(
                "{}, n = {}, {}: {peer} found {:?}, {one} {:?}",
                case.name, case.n, self.part, other.check, first.check
            )),
        }
    }

    fn own(&self) -> Option<f64> {
        nanoseconds(&self.outcomes[0])
    }

    fn own_cell(&self) -> String {
        let times = self.outcomes[0].as_ref().map(|all| all.iter().map(Measurement::nanoseconds).collect());
        match times {
            Err(reason) => reason.clone(),
            Ok(times) => {
                let times: Vec<f64> = times;
                let (low, high) = range(&times);
                format!("{}, {}–{}", digits(median(times)), digits(low), digits(high))
            }
        }
    }

    fn peer_cell(&self, peer: usize) -> String {
        match (&self.outcomes[peer], nanoseconds(&self.outcomes[peer]), self.own()) {
            (Err(reason), ..) => reason.clone(),
            (_, Some(time), Some(own)) => format!("{} ({}×)", digits(time), digits(time / own)),
            (_, Some(time), None) => digits(time),
            (_, None, _) => "–".to_owned(),
        }
    }

    /// The fraction of the machine's limit that Thalweg reaches.
    fn of_the_floor(&self) -> Option<f64> {
        let all = self.outcomes[0].as_ref().ok()?;
        let fractions: Option<Vec<f64>> = all.iter().map(|one| Some(one.floor? / one.seconds)).collect();
        fractions.map(median).filter(|fraction| fraction.is_finite())
    }

    /// Which goals are reached.
    fn verdict(&self, case: &Case, over_value: Option<f64>) -> String {
        let word = |reached| if reached { "reached" } else { "**missed**" };
        let mut verdicts = Vec::new();
        if let Some(ratio) = over_value.filter(|_| self.part == "gradient") {
            verdicts.push(format!("÷ value at most {GRADIENT_GOAL}: {}", word(ratio <= GRADIENT_GOAL)));
        }
        let fastest = (1..PEERS.len()).filter_map(|peer| nanoseconds(&self.outcomes[peer])).reduce(f64::min);
        if let (Some(own), Some(fastest)) = (self.own(), fastest) {
            let lead =
                if case.lead == 1.0 { "first".to_owned() } else { format!("at least {:.2}×", case.lead) };
            verdicts.push(format!("{lead}: {}", word(fastest >= case.lead * own)));
        }
        if let (Some(goal), Some(fraction)) = (case.floor, self.of_the_floor()) {
            verdicts.push(format!("{goal} of the floor: {}", word(fraction >= goal)));
        }
        verdicts.join("; ")
    }

    fn cells(&self, case: &Case, threads: usize, value: Option<f64>) -> Vec<String> {
        let over_value = self.own().zip(value).map(|(own, value)| own / value);
        let mut cells =
            vec![case.name.to_owned(), case.n.to_string(), threads.to_string(), self.part.clone()];
        cells.push(self.own_cell());
        cells.push(over_value.filter(|_| self.part != "value").map_or("–".to_owned(), digits));
        cells.extend((1..PEERS.len()).map(|peer| self.peer_cell(peer)));
        cells.push(self.of_the_floor().map_or("–".to_owned(), digits));
        cells.push(self.verdict(case, over_value));
        cells
    }
}

/// A Markdown table whose columns are aligned in plain text too.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let length = |cell: &String| cell.chars().count();
    let widths: Vec<_> =
        (0..columns).map(|k| rows.iter().map(|row| length(&row[k])).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text += "|\n";
        if place == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text += "|\n";
        }
    }
    text
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
                rows.push(row.cells(&case, threads, value));
            }
        }
    }
    put("function", &format!("{}\n\n{CONDITIONS}\n\n{}", conditions(&peers)?, table(&rows)))?;
    eprintln!("All peers agree to {TOLERANCE:e}.");
    super::growth::run()
}

#[cfg(test)]
mod tests {
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
            slow.verdict(&case, Some(4.0)),
            "÷ value at most 3: **missed**; first: **missed**; 0.6 of the floor: **missed**"
        );
        let fast = row([1e-9, 2e-9, 3e-9, 4e-9]);
        assert_eq!(
            fast.verdict(&case, Some(2.0)),
            "÷ value at most 3: reached; first: reached; 0.6 of the floor: reached"
        );
        assert_eq!(fast.peer_cell(2), "3.00 (3.00×)");
    }

    #[test]
    fn columns_of_a_table_are_aligned() {
        let rows = [["a", "b"], ["ccc", "÷"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "| a   | b |\n|-----|---|\n| ccc | ÷ |\n");
    }
}
