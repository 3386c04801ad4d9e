//! [`Explanation`]: what an executable does, and how far from the machine's limits that could be.

use std::fmt;

use super::machine::Machine;
use super::plan::{Code, Instruction};

/// What an executable does in one run: its steps with their operations and memory traffic.
///
/// [`Executable::explain`](crate::Executable::explain) makes it; it prints as a table. The floor of a step is the longer of the time its
/// operations take at the machine's peak and the time its bytes take at the bandwidth measured for arrays of that size.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The steps in order.
    pub steps: Vec<ExplainedStep>,
    /// Bytes kept between the steps.
    pub workspace: usize,
    /// Bytes of the inputs and outputs.
    pub arguments: usize,
    pub(super) width: usize,
}

/// One step of an executable.
#[derive(Debug, Clone)]
pub struct ExplainedStep {
    /// What is done, on which shape.
    pub what: String,
    /// Floating-point operations; an elementary function counts as [`ELEMENTARY`] of them, `mul_add` as two.
    pub flops: f64,
    /// Bytes read and written.
    pub bytes: f64,
    /// Whether its products are of numbers rounded to bf16.
    pub bf16: bool,
}

/// The operations an elementary function counts for: about what its polynomial has.
pub const ELEMENTARY: f64 = 24.0;

impl Explanation {
    /// Floating-point operations of a run.
    pub fn flops(&self) -> f64 {
        self.steps.iter().map(|step| step.flops).sum()
    }

    /// Bytes that the steps of a run read and write.
    pub fn bytes(&self) -> f64 {
        self.steps.iter().map(|step| step.bytes).sum()
    }

    /// The least seconds a run can take on this machine with so many threads: the sum of the steps' floors. Measures the machine the
    /// first time, which takes a moment.
    pub fn floor(&self, threads: usize) -> f64 {
        self.steps.iter().map(|step| self.step_floor(step, threads)).sum()
    }

    fn step_floor(&self, step: &ExplainedStep, threads: usize) -> f64 {
        let machine = Machine::measured();
        let peak = if step.bf16 { Machine::bf16_flops() } else { machine.flops(self.width) };
        let compute = step.flops / (peak * threads as f64);
        compute.max(step.bytes / machine.bandwidth(step.bytes, threads))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = self.steps.iter().map(|step| step.what.chars().count()).max().unwrap_or(4).max(4);
        writeln!(f, "{:>4}  {:<wide$}  {:>10}  {:>10}  {:>10}", "step", "what", "flops", "bytes", "floor")?;
        for (k, step) in self.steps.iter().enumerate() {
            writeln!(
                f,
                "{k:>4}  {:<wide$}  {:>10}  {:>10}  {:>10}",
                step.what,
                scaled(step.flops, ""),
                scaled(step.bytes, "B"),
                scaled(self.step_floor(step, 1), "s"),
            )?;
        }
        writeln!(
            f,
            "workspace {}, arguments {}; {} operations, {} moved; floor {} on one thread",
            scaled(self.workspace as f64, "B"),
            scaled(self.arguments as f64, "B"),
            scaled(self.flops(), ""),
            scaled(self.bytes(), "B"),
            scaled(self.floor(1), "s"),
        )
    }
}

/// `12.3 k`, `4.56 µs`.
fn scaled(value: f64, unit: &str) -> String {
    let steps = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")];
    let small = unit != "s";
    let (size, prefix) = steps
        .into_iter()
        .find(|&(size, _)| value.abs() >= size || (small && size == 1.0))
        .unwrap_or((1e-9, "n"));
    let number = value / size;
    let digits = if number == 0.0 || number >= 100.0 || (small && size == 1.0) { 0 } else { 2 };
    format!("{number:.digits$} {prefix}{unit}").trim_end().to_owned()
}

/// The operations that these instructions do for each element.
pub(super) fn flops_of(code: &[Instruction]) -> f64 {
    let each = code.iter().map(|instruction| match instruction.code {
        Code::Copy | Code::Gather => 0.0,
        Code::MulAdd | Code::MulSub | Code::NegMulAdd => 2.0,
        Code::Add
        | Code::Sub
        | Code::Mul
        | Code::Div
        | Code::Neg
        | Code::Abs
        | Code::Sqrt
        | Code::Less
        | Code::LessEqual
        | Code::Equal
        | Code::Select
        | Code::Relu
        | Code::Min
        | Code::Max
        | Code::Sign => 1.0,
        _ => ELEMENTARY,
    });
    each.sum()
}
