//! What can be wrong with a function, worded for the person who wrote it.

use std::panic::Location;

use thiserror::Error;

use crate::program::Shape;

/// Why a function cannot be traced, transformed or run.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FunctionError {
    /// A `Var` was used outside the closure that it was given to.
    #[error("{location}: this Var belongs to another trace; use only the Vars that the closure was given")]
    ForeignVar {
        /// The place in the caller's source.
        location: &'static Location<'static>,
    },
    /// A program was called within a trace with arguments that do not fit it.
    #[error(
        "{location}: a program of {inputs} scalar inputs was called with {found} arguments, or has arrays"
    )]
    Call {
        /// The place in the caller's source.
        location: &'static Location<'static>,
        /// The number of arguments.
        found: usize,
        /// The number of inputs of the program.
        inputs: usize,
    },
    /// The closure returned no value, or one from another trace.
    #[error("the traced function returned {problem}")]
    Returned {
        /// What it returned.
        problem: &'static str,
    },
    /// The transformation is defined for a scalar function only.
    #[error(
        "`{transformation}` needs a scalar function of scalars, found an array of shape {shape}; \
         transform first, then `batch`"
    )]
    NotScalar {
        /// The transformation asked for.
        transformation: &'static str,
        /// The shape that stands in the way.
        shape: Shape,
    },
    /// The transformation is defined for a single result only.
    #[error("`{transformation}` needs a function with one result, found {found}")]
    OutputCount {
        /// The transformation asked for.
        transformation: &'static str,
        /// The number of results found.
        found: usize,
    },
    /// `batch` was told of more or fewer inputs than there are.
    #[error("`batch` was given {found} input axes for a program with {inputs} inputs")]
    AxisCount {
        /// The number of axes given.
        found: usize,
        /// The number of inputs of the program.
        inputs: usize,
    },
    /// A result was asked for that the program does not have.
    #[error("a result was asked for that the program does not have: it has {outputs}, counted from 0")]
    NoSuchOutput {
        /// The number of results.
        outputs: usize,
    },
    /// A batch that cannot be: empty, or beyond what a [`Shape`] can hold.
    #[error(
        "a batch of {size} arrays of shape {shape} cannot be made: from 1 to {} members, at most {} axes",
        u32::MAX,
        Shape::MAX_RANK
    )]
    BatchSize {
        /// The batch size asked for.
        size: usize,
        /// The shape of a member.
        shape: Shape,
    },
    /// A buffer with the wrong number of elements.
    #[error("the {buffer} buffer holds {found} numbers, this program needs {expected}")]
    BufferLength {
        /// Which buffer: "input" or "output".
        buffer: &'static str,
        /// The length found.
        found: usize,
        /// The right length.
        expected: usize,
    },
    /// A state that does not fit the program to be iterated.
    #[error(
        "a state of {state} numbers needs as many inputs and outputs, the program has {inputs} and {outputs}"
    )]
    StateLength {
        /// The length of the state.
        state: usize,
        /// The number of inputs.
        inputs: usize,
        /// The number of outputs.
        outputs: usize,
    },
    /// `run_lanes` on a program that has axes of its own.
    #[error("run_lanes needs a program of scalars, found an array of shape {shape}; use `run`")]
    LanesOfArrays {
        /// The shape that stands in the way.
        shape: Shape,
    },
}
