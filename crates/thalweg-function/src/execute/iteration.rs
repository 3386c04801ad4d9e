//! [`Iteration`]: a program applied to its own results, many times in one call.

use super::lanes::{LaneExecutable, Single};
use super::native::{Native, Step};
use super::plan::Plan;
use super::{Float, array, check};
use crate::error::FunctionError;
use crate::kernel::isa::Isa;
use crate::program::Program;

/// A program of scalars whose first outputs are its next first inputs: `x ← f(x, row)`.
///
/// The first `state` inputs and outputs are the state; the other inputs are given anew for each time, a row each, and the
/// other outputs are only recorded. The operations are those written, no others ([`fuse`](crate::fuse) a program for fewer). Programs of arithmetic alone run all repetitions in one loop of machine code.
///
/// ```
/// use thalweg_function::{Iteration, trace};
///
/// // Newton's iteration for the square root of 2; records x and, beside it, x².
/// let newton = trace(1, |x| [0.5 * (x[0] + 2.0 / x[0]), x[0] * x[0]])?;
/// let mut iteration = Iteration::<f64>::new(&newton, 1)?;
/// let mut records = [0.0; 2 * 6];
/// iteration.run(&[1.0], &[], &mut records)?;
/// assert!((records[10] - 2.0_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[derive(Debug)]
pub struct Iteration<F> {
    executable: LaneExecutable<F>,
    state: usize,
    native: Native,
}

impl<F: Float> Iteration<F> {
    /// Plans the program, of whose inputs and outputs the first `state` are the state.
    ///
    /// # Errors
    /// The program has arrays, fewer than `state` inputs or outputs, or no output.
    pub fn new(program: &Program, state: usize) -> Result<Self, FunctionError> {
        if let Some(shape) = array::first_array(program) {
            return Err(FunctionError::LanesOfArrays { shape });
        }
        let executable = LaneExecutable::for_isa(Plan::verbatim(program), Isa::detect());
        let plan = &executable.planned.plan;
        let smaller = plan.inputs.len().min(plan.outputs);
        if state > smaller || plan.outputs == 0 {
            return Err(FunctionError::StateLength {
                state,
                inputs: plan.inputs.len(),
                outputs: plan.outputs,
            });
        }
        let native = Native::repeated::<F>(plan, &executable.planned.everything, executable.isa, state);
        Ok(Iteration { executable, state, native })
    }

    /// Applies the program as many times as `records` has rows: row `k` holds all outputs of time `k`, `rows` the inputs behind
    /// the state of each time.
    ///
    /// # Errors
    /// A buffer has the wrong length.
    pub fn run(&mut self, state: &[F], rows: &[F], records: &mut [F]) -> Result<(), FunctionError> {
        let plan = &self.executable.planned.plan;
        let (inputs, outputs) = (plan.inputs.len(), plan.outputs);
        let times = records.len() / outputs;
        check("output", records.len(), times * outputs)?;
        check("state", state.len(), self.state)?;
        check("input", rows.len(), times.saturating_mul(inputs - self.state))?;
        if times == 0 {
            return Ok(());
        }
        let values = &mut self.executable.values;
        if let [Step::Call(offset)] = self.native.steps.as_slice() {
            let (values, state, rows) = (values.as_mut_ptr(), state.as_ptr(), rows.as_ptr());
            let records = records.as_mut_ptr();
            // SAFETY: the lengths were checked; there is one value a place.
            unsafe { self.native.call_repeated(*offset, values, state, records, rows, times) };
            return Ok(());
        }
        let planned = &*self.executable.planned;
        let code = &planned.everything;
        let native = planned.single.get_or_init(|| Native::single::<F>(plan, code, self.executable.isa));
        values[..self.state].copy_from_slice(state);
        for (time, record) in records.chunks_exact_mut(outputs).enumerate() {
            let width = inputs - self.state;
            values[self.state..inputs].copy_from_slice(&rows[time * width..(time + 1) * width]);
            F::dispatch_single(self.executable.isa, Single { native, code, inputs, values });
            record.copy_from_slice(&values[inputs..inputs + outputs]);
            values.copy_within(inputs..inputs + self.state, 0);
        }
        Ok(())
    }
}
