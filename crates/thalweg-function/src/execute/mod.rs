//! Running programs: [`Executable`].
//!
//! Programs whose values all lie along the same axes run in lanes (`lanes`), which is what follows; all others run in as few
//! passes over their arrays as their structure allows (`array`), each of which is such a program again.
//!
//! A program is planned once: products merged into sums, every operation given its places, the places of values no longer
//! needed used again. Then it runs over blocks of lanes small enough that all intermediate values stay in the first-level
//! cache, in registers as wide as the machine has: elementary functions one at a time over a whole block, the arithmetic
//! between them as machine code (`native`). One point runs the same instructions on single numbers. A lane's bits depend
//! neither on its neighbours nor on the number of threads.

mod array;
mod explain;
mod interpret;
mod iteration;
mod lanes;
mod machine;
mod memory;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod native;
#[cfg(not(all(feature = "native", target_arch = "x86_64")))]
#[path = "interpreted.rs"]
mod native;
mod plan;
mod precision;
mod schedule;
#[cfg(test)]
mod tests;

use crate::error::FunctionError;
use crate::kernel::isa::{Element, Isa};
use crate::program::Program;
use array::Fused;
pub use explain::{ELEMENTARY, ExplainedStep, Explanation};
pub use iteration::Iteration;
use lanes::LaneExecutable;
use plan::Plan;
pub use precision::Precision;
pub use schedule::fuse;

/// A type of number that programs run on: `f32` or `f64`.
#[expect(private_bounds, reason = "sealed: the kernels exist for two types")]
pub trait Float: Element + Into<f64> + Copy + Default + std::fmt::Debug {
    /// Rounds from `f64`.
    fn from_f64(value: f64) -> Self;
    /// Widens to `f64`.
    fn to_f64(self) -> f64;
}

impl Float for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Float for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }
}

/// A program made ready to run on numbers of type `F`. Allocates nothing after its first run of a given size.
///
/// Buffers hold all inputs (or outputs) one after the other, in order; an array of shape `[m, n]` row by row.
///
/// ```
/// use thalweg_function::{Executable, trace};
///
/// let f = trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))?;
/// let mut rosenbrock = Executable::<f64>::new(&f)?;
/// let mut y = [0.0];
/// rosenbrock.run(&[-1.0, 2.0], &mut y)?;
/// assert_eq!(y, [104.0]);
///
/// // The same program at three points: all x1, then all x2.
/// let mut y = [0.0; 3];
/// rosenbrock.run_lanes(3, &[-1.0, 0.0, 1.0, 2.0, 0.0, 1.0], &mut y)?;
/// assert_eq!(y, [104.0, 1.0, 0.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[derive(Debug)]
pub struct Executable<F> {
    form: Form<F>,
    /// How many numbers come in the first buffer of inputs.
    first: usize,
    /// Both buffers of inputs one after the other, for programs in lanes.
    joined: Vec<F>,
}

impl<F: Float> Clone for Executable<F> {
    /// Another executable of the same plan, with memory of its own.
    fn clone(&self) -> Self {
        let form = match &self.form {
            Form::Lanes(lanes) => Form::Lanes(lanes.clone()),
            Form::Arrays(arrays) => Form::Arrays(arrays.clone()),
        };
        Executable { form, first: self.first, joined: Vec::new() }
    }
}

#[derive(Debug)]
enum Form<F> {
    Lanes(LaneExecutable<F>),
    Arrays(Box<Fused<F>>),
}

impl<F: Float> Executable<F> {
    /// Plans the program for numbers of type `F` and this machine.
    ///
    /// # Errors
    /// None today; programs that cannot be run are refused here.
    pub fn new(program: &Program) -> Result<Self, FunctionError> {
        Self::split(program, usize::MAX)
    }

    /// Plans the program for [`Executable::run_split`], where its first `first` inputs come in one buffer and the others in a
    /// further one: parameters that somebody else owns, and data, say.
    ///
    /// ```
    /// use thalweg_function::{Executable, trace};
    ///
    /// let line = trace([[2].into(), [3].into()], |v| v[0].at(0, 0) * v[1] + v[0].at(0, 1))?;
    /// let mut y = [0.0; 3];
    /// Executable::<f64>::split(&line, 1)?.run_split(&[2.0, 1.0], &[0.0, 1.0, 2.0], &mut y)?;
    /// assert_eq!(y, [1.0, 3.0, 5.0]);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Executable::new`].
    pub fn split(program: &Program, first: usize) -> Result<Self, FunctionError> {
        Self::split_in(program, first, Precision::Full)
    }

    /// As [`Executable::split`], with matrix products and convolutions in this precision.
    ///
    /// ```
    /// use thalweg_function::{Executable, Precision, trace};
    ///
    /// let product = trace([[20, 30].into(), [30, 40].into()], |v| v[0].matmul(v[1]))?;
    /// let mut rounded = Executable::<f32>::split_in(&product, 2, Precision::Bf16)?;
    /// // 1.001 is 1 in bf16, 3 is 3.
    /// let x = [[1.001; 20 * 30].as_slice(), &[3.0; 30 * 40]].concat();
    /// let mut y = [0.0; 20 * 40];
    /// rounded.run(&x, &mut y)?;
    /// assert_eq!(y, [90.0; 20 * 40]);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Executable::new`].
    pub fn split_in(program: &Program, first: usize, precision: Precision) -> Result<Self, FunctionError> {
        let numbers = program.input_shapes().take(first).map(|shape| shape.size()).sum();
        let form = match array::beyond_lanes(program) {
            None => Form::Lanes(LaneExecutable::for_isa(Plan::new(program), Isa::detect())),
            Some(simplified) => Form::Arrays(Box::new(Fused::new(simplified, first, precision)?)),
        };
        Ok(Executable { form, first: numbers, joined: Vec::new() })
    }

    /// How many numbers the input buffer of [`Executable::run`] holds.
    pub fn input_len(&self) -> usize {
        match &self.form {
            Form::Lanes(lanes) => lanes.input_len(),
            Form::Arrays(arrays) => arrays.input_lens().iter().sum(),
        }
    }

    /// How many numbers the output buffer of [`Executable::run`] holds.
    pub fn output_len(&self) -> usize {
        match &self.form {
            Form::Lanes(lanes) => lanes.output_len(),
            Form::Arrays(arrays) => arrays.output_len(),
        }
    }

    /// Runs the program once, over all members of its batch if it is one.
    ///
    /// # Errors
    /// A buffer has the wrong length, or an index (or a key of random numbers) that the program computes is none.
    #[inline]
    pub fn run(&mut self, inputs: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        match &mut self.form {
            Form::Lanes(lanes) => lanes.run(inputs, outputs),
            Form::Arrays(arrays) => {
                check("input", inputs.len(), arrays.input_lens().iter().sum())?;
                let (first, further) = inputs.split_at(arrays.input_lens()[0]);
                arrays.run(first, further, outputs)
            }
        }
    }

    /// Runs the program once on inputs in two buffers: those that [`Executable::split`] put into the first, and the others.
    ///
    /// # Errors
    /// As [`Executable::run`].
    pub fn run_split(&mut self, first: &[F], further: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        match &mut self.form {
            Form::Lanes(lanes) => {
                check("input", first.len(), self.first)?;
                check("further input", further.len(), lanes.input_len() - self.first)?;
                self.joined.clear();
                self.joined.extend_from_slice(first);
                self.joined.extend_from_slice(further);
                lanes.run(&self.joined, outputs)
            }
            Form::Arrays(arrays) => arrays.run(first, further, outputs),
        }
    }

    /// What a run does, step by step: groups of fused operations, products, their operations and bytes, and the memory between them.
    ///
    /// ```
    /// use thalweg_function::{Executable, trace, value_and_gradient};
    ///
    /// let f = trace([[100, 3].into(), [3].into()], |x| x[0].matmul(x[1]).tanh().sum(..))?;
    /// let explanation = Executable::<f64>::new(&value_and_gradient(&f)?)?.explain();
    /// assert!(explanation.flops() > 100.0 * 3.0 * 2.0 * 2.0);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    pub fn explain(&self) -> Explanation {
        match &self.form {
            Form::Lanes(lanes) => lanes.explain(),
            Form::Arrays(arrays) => arrays.explain(),
        }
    }

    /// Bytes of working memory that a run keeps between its steps, known before it runs.
    pub fn workspace_bytes(&self) -> usize {
        self.explain().workspace
    }

    /// Runs a program of scalars at `lanes` points: input `j` of point `i` is `inputs[j * lanes + i]`, and so for outputs.
    ///
    /// # Errors
    /// A buffer has the wrong length, or the program has arrays.
    pub fn run_lanes(&mut self, lanes: usize, inputs: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        match &mut self.form {
            Form::Lanes(executable) => executable.run_lanes(lanes, inputs, outputs),
            Form::Arrays(arrays) => Err(FunctionError::LanesOfArrays { shape: arrays.shape() }),
        }
    }
}

#[inline]
fn check(buffer: &'static str, found: usize, expected: usize) -> Result<(), FunctionError> {
    if found == expected { Ok(()) } else { Err(FunctionError::BufferLength { buffer, found, expected }) }
}
