//! Constrained problems of Hock and Schittkowski, as text in the grammar of expressions: objective, equations, inequalities.
//!
//! Source: Hock and Schittkowski, *Test Examples for Nonlinear Programming Codes*, Lecture Notes in Economics and Mathematical
//! Systems 187, Springer (1981); the numbers are its. Here are those with formulas of a few lines whose solutions are regular: not
//! 13, say, where no multiplier exists. Minimisers were computed from the formulas by Newton's method on the conditions of
//! Karush, Kuhn and Tucker; where there are several of the same value, one is given. For 106 and 112 the book prints
//! values that are not yet the lowest: 7049.330923 and −47.707579.

pub(crate) mod five;
pub(crate) mod ten;
pub(crate) mod three;
pub(crate) mod two;

use thalweg_function::{Expression, Program};
use thalweg_spec::{Call, Options, SpecError};

use crate::catalogue::Entry;
use crate::constraints::Constraints;
use crate::landscape::{Known, Minimum, Parts};
use crate::squares::{around, trace_all};

const INF: f64 = f64::INFINITY;

/// A problem as it is written down in the tables.
struct Problem {
    name: &'static str,
    objective: &'static str,
    /// What is 0.
    equal: &'static [&'static str],
    /// What is at least 0.
    least: &'static [&'static str],
    /// The lowest and highest value of each variable; none for no limits.
    limits: &'static [(f64, f64)],
    start: &'static [f64],
    value: f64,
    minimiser: &'static [f64],
}

/// Entries and problems from a table: number, objective, equations, inequalities, limits, start and minimum.
macro_rules! problems {
    ($($number:literal $objective:literal
        equal [$($equal:literal),*] least [$($least:literal),*]
        limits $limits:tt start $start:tt minimum $value:literal at $x:tt;)*) => {
        pub(super) const PROBLEMS: &[super::Problem] = &[$(super::Problem {
            name: concat!("hs", $number),
            objective: $objective,
            equal: &[$($equal),*],
            least: &[$($least),*],
            limits: &$limits,
            start: &$start,
            value: $value,
            minimiser: &$x,
        }),*];

        pub(crate) const ENTRIES: &[crate::Entry] = &[$(crate::Entry {
            name: concat!("hs", $number),
            signature: concat!("hs", $number),
            formula: concat!($objective, $("; ", $equal, " = 0",)* $("; ", $least, " >= 0",)*),
            summary: concat!("Hock and Schittkowski's problem ", $number, ", with constraints."),
            source: concat!("Hock and Schittkowski, Test Examples for Nonlinear Programming Codes, Springer (1981), problem ", $number),
            set: crate::Set::HockSchittkowski,
            build: super::build,
        }),*];
    };
}

use problems;

/// A landscape for each problem, in the order of their numbers.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    [two::ENTRIES, three::ENTRIES, five::ENTRIES, ten::ENTRIES].into_iter().flatten().copied()
}

fn build(call: &Call) -> Result<Parts, SpecError> {
    Options::of(call, "function", &[])?;
    let mut problems = [two::PROBLEMS, three::PROBLEMS, five::PROBLEMS, ten::PROBLEMS].into_iter().flatten();
    let problem =
        problems.find(|problem| problem.name == call.name).expect("an entry is made of each problem");
    let dim = problem.start.len();
    let limits = if problem.limits.is_empty() { vec![(-INF, INF); dim] } else { problem.limits.to_vec() };
    let minima = vec![Minimum { x: problem.minimiser.to_vec(), value: problem.value }];
    let within =
        |((low, high), (lowest, highest)): ((f64, f64), &(f64, f64))| (low.max(*lowest), high.min(*highest));
    let bounds = around(problem.start, &minima).into_iter().zip(&limits).map(within).collect();
    let constraints = Constraints {
        limits,
        equalities: functions(dim, problem.equal),
        inequalities: functions(dim, problem.least),
    };
    Ok(Parts {
        call: Call::new(&call.name),
        program: functions(dim, &[problem.objective]).expect("there is an objective"),
        bounds,
        minima,
        start: problem.start.to_vec(),
        known: Known { constraints: Some(Box::new(constraints)), ..Known::default() },
    })
}

/// The functions as one program; none without functions.
fn functions(dim: usize, texts: &[&str]) -> Option<Program> {
    let names: Vec<_> = (1..=dim).map(|i| format!("x{i}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let parse = |text: &&str| {
        Expression::parse_with(text, Some(&names), &[]).expect("the formulas here are well formed")
    };
    let functions: Vec<_> = texts.iter().map(parse).collect();
    let all = |x: &[_]| functions.iter().map(|function| function.program().call(x)[0]).collect::<Vec<_>>();
    (!functions.is_empty()).then(|| trace_all(dim, all))
}
