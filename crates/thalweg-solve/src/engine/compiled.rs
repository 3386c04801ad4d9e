//! [`Compiled`]: a rule's update and the next gradient as one program, run many steps in one call.
//!
//! For one start of a traced function under a rule that is one formula for every parameter. The operations are those that the
//! rule and the objective would do in turn, in the same order: the bits are the same, only the calls between them are gone.

use thalweg_function::{Iteration, Program, Var, fuse, select, trace, value_and_gradient};
use thalweg_rule::{Formula, Operation, Rule};

use crate::checkpoint::Keeper;
use crate::scalar::{copy, narrow};
use crate::{Scalar, SolveError};

/// The most steps made ahead of those asked for.
const MOST_AHEAD: usize = 256;

/// The most numbers recorded ahead; large problems go ahead by fewer steps.
const MOST_NUMBERS: usize = 1 << 13;

pub(crate) struct Compiled<F> {
    rule: Box<dyn Rule<F>>,
    iteration: Iteration<F>,
    dim: usize,
    /// Numbers in the state: the point, the rule's slots, the gradient.
    state_len: usize,
    coefficients: usize,
    state: Vec<F>,
    rows: Vec<f64>,
    narrow_rows: Vec<F>,
    /// For each step made ahead: the state after it, then the value.
    records: Vec<F>,
    /// The records filled, and those already handed out.
    filled: usize,
    taken: usize,
    ahead: usize,
}

impl<F: Scalar> Compiled<F> {
    /// `None` if the rule is not one formula.
    pub(crate) fn new(
        program: &Program,
        rule: Box<dyn Rule<F>>,
        x: &[F],
        out: &[F],
    ) -> Result<Option<Self>, SolveError> {
        let Some(formula) = rule.formula() else { return Ok(None) };
        let dim = x.len();
        let state_len = dim * (2 + formula.slots.len());
        let step = step_program(program, &formula, dim)?;
        let mut state = x.to_vec();
        for &start in &formula.slot_starts {
            state.extend(std::iter::repeat_n(narrow::<F>(start), dim));
        }
        state.extend(&out[1..]);
        let most = (MOST_NUMBERS / (state_len + 1)).clamp(1, MOST_AHEAD);
        Ok(Some(Compiled {
            iteration: Iteration::new(&step, state_len)?,
            dim,
            state_len,
            coefficients: formula.coefficients,
            state,
            rows: vec![0.0; most * formula.coefficients],
            narrow_rows: vec![F::default(); most * formula.coefficients],
            records: vec![F::default(); most * (state_len + 1)],
            filled: 0,
            taken: 0,
            ahead: 1,
            rule,
        }))
    }

    fn width(&self) -> usize {
        self.state_len + 1
    }

    /// Makes some steps ahead, at most `limit`, unless some are left. Short runs go ahead by little, long ones by more and more.
    fn fill(&mut self, limit: usize) -> Result<(), SolveError> {
        if self.taken < self.filled {
            return Ok(());
        }
        let width = self.width();
        if self.filled > 0 {
            let last = (self.filled - 1) * width;
            copy(&mut self.state, &self.records[last..last + self.state_len]);
        }
        let times = self.ahead.min(limit).min(self.records.len() / width);
        self.ahead = (2 * self.ahead).min(MOST_AHEAD);
        let numbers = times * self.coefficients;
        let rows = &mut self.rows[..numbers];
        if numbers > 0 {
            self.rule.coefficients(rows)?;
        }
        for (row, &number) in self.narrow_rows.iter_mut().zip(&*rows) {
            *row = narrow(number);
        }
        self.iteration.run(&self.state, &self.narrow_rows[..numbers], &mut self.records[..times * width])?;
        (self.filled, self.taken) = (times, 0);
        Ok(())
    }

    /// The next step's point, value and gradient.
    #[inline]
    pub(crate) fn next(&mut self, limit: usize, x: &mut [F], out: &mut [F]) -> Result<(), SolveError> {
        self.fill(limit)?;
        let width = self.width();
        let record = &self.records[self.taken * width..(self.taken + 1) * width];
        self.taken += 1;
        read(record, self.dim, x, out);
        Ok(())
    }

    /// All steps made ahead that were not handed out yet; they are now.
    pub(crate) fn rest(&mut self, limit: usize) -> Result<Records<'_, F>, SolveError> {
        self.fill(limit)?;
        let width = self.width();
        let numbers = &self.records[self.taken * width..self.filled * width];
        self.taken = self.filled;
        Ok(Records { numbers, width, dim: self.dim })
    }

    /// Shows the state after the `steps` steps that were handed out. What was made ahead is made again.
    pub(crate) fn memory(&mut self, steps: usize, keeper: &mut Keeper<F>) -> Result<(), SolveError> {
        match self.taken.checked_sub(1) {
            Some(last) => {
                let mut state = self.records[last * self.width()..][..self.state_len].to_vec();
                keeper.vector("compiled_state", &mut state);
            }
            // A run that is being restored has made no step yet.
            None => keeper.vector("compiled_state", &mut self.state),
        }
        if keeper.restores() && self.coefficients > 0 {
            // The rule counts its steps by the numbers it gives out.
            let mut left = steps;
            while left > 0 {
                let times = left.min(self.rows.len() / self.coefficients);
                self.rule.coefficients(&mut self.rows[..times * self.coefficients])?;
                left -= times;
            }
        }
        Ok(())
    }

    /// Takes back what [`rest`](Self::rest) handed out last.
    pub(crate) fn put_back(&mut self, steps: usize) {
        self.taken -= steps;
    }
}

/// Steps made, in order.
pub(crate) struct Records<'a, F> {
    pub(crate) numbers: &'a [F],
    width: usize,
    dim: usize,
}

impl<F: Scalar> Records<'_, F> {
    pub(crate) fn len(&self) -> usize {
        self.numbers.len() / self.width
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = F> + '_ {
        self.numbers.chunks_exact(self.width).map(|record| record[self.width - 1])
    }

    pub(crate) fn x(&self, step: usize) -> &[F] {
        &self.numbers[step * self.width..][..self.dim]
    }

    pub(crate) fn read(&self, step: usize, x: &mut [F], out: &mut [F]) {
        read(&self.numbers[step * self.width..][..self.width], self.dim, x, out);
    }
}

#[inline]
fn read<F: Scalar>(record: &[F], dim: usize, x: &mut [F], out: &mut [F]) {
    let value = record.len() - 1;
    copy(x, &record[..dim]);
    out[0] = record[value];
    copy(&mut out[1..], &record[value - dim..value]);
}

/// From (x, slots, ∇f(x), coefficients) to (x′, slots′, ∇f(x′), f(x′)).
fn step_program(program: &Program, formula: &Formula, dim: usize) -> Result<Program, SolveError> {
    let slope = fuse(&value_and_gradient(program)?);
    let slots = formula.slots.len();
    let state = dim * (2 + slots);
    let step = trace(state + formula.coefficients, |inputs| {
        let mut results = vec![inputs[0]; state + 1];
        for j in 0..dim {
            let known = Known {
                parameter: inputs[j],
                slots: (0..slots).map(|k| inputs[(1 + k) * dim + j]).collect(),
                gradient: inputs[(1 + slots) * dim + j],
                coefficients: &inputs[state..],
            };
            let values = replay(formula, &known);
            results[j] = values[formula.result];
            for (k, &slot) in formula.slots.iter().enumerate() {
                results[(1 + k) * dim + j] = values[slot];
            }
        }
        let out = slope.call(&results[..dim]);
        results[(1 + slots) * dim..state].copy_from_slice(&out[1..]);
        results[state] = out[0];
        results
    })?;
    Ok(step)
}

/// What a formula starts from, for one parameter.
struct Known<'a> {
    parameter: Var,
    slots: Vec<Var>,
    gradient: Var,
    coefficients: &'a [Var],
}

/// The formula's operations, recorded in the trace in progress.
fn replay(formula: &Formula, known: &Known<'_>) -> Vec<Var> {
    let mut values: Vec<Var> = Vec::with_capacity(formula.operations.len());
    for operation in &formula.operations {
        let v = |k: usize| values[k];
        let value = match *operation {
            Operation::Gradient => known.gradient,
            Operation::Parameter => known.parameter,
            Operation::Slot(k) => known.slots[k],
            Operation::Coefficient(k) => known.coefficients[k],
            Operation::Constant(number) => Var::constant(number),
            Operation::Add(a, b) => v(a) + v(b),
            Operation::Sub(a, b) => v(a) - v(b),
            Operation::Mul(a, b) => v(a) * v(b),
            Operation::Div(a, b) => v(a) / v(b),
            Operation::Neg(a) => -v(a),
            Operation::MulAdd(a, b, c) => v(a).mul_add(v(b), v(c)),
            Operation::Sqrt(a) => v(a).sqrt(),
            Operation::Abs(a) => v(a).abs(),
            Operation::IfPositive(a, b, c) => select(Var::constant(0.0).less(v(a)), v(b), v(c)),
            Operation::Max(a, b) => select(v(b).less(v(a)), v(a), v(b)),
            Operation::Min(a, b) => select(v(a).less(v(b)), v(a), v(b)),
        };
        values.push(value);
    }
    values
}
