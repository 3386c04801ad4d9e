//! What can be wrong with a function, worded for the person who wrote it.

use std::fmt;
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
    /// An operation on arrays whose shapes do not suit it.
    #[error("{location}: `{operation}` of {shapes}: {problem}")]
    Operation {
        /// The place in the caller's source.
        location: &'static Location<'static>,
        /// What was to be done.
        operation: &'static str,
        /// The shapes of its operands.
        shapes: Shapes,
        /// What is wrong with them, and what would be right.
        problem: String,
    },
    /// A program was called within a trace with arguments that do not fit it.
    #[error("{location}: a program of {inputs} inputs was called with {found} arguments")]
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
        "`{transformation}` needs a function with a scalar result, found an array of shape {shape}; \
         sum it up, or transform first and then `batch`"
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
    /// `batch` was told of an axis that an input cannot have.
    #[error("`batch` was told of axis {axis} for an input of shape {shape}; 0 to {} would be right", shape.rank())]
    NoSuchAxis {
        /// The axis asked for.
        axis: usize,
        /// The shape of one member's argument.
        shape: Shape,
    },
    /// A derivative with more axes than a [`Shape`] can hold.
    #[error(
        "the derivative of a result of shape {output} by an argument of shape {input} has the axes of both, \
         at most {} are possible; flatten one of them",
        Shape::MAX_RANK
    )]
    DerivativeAxes {
        /// The shape of the result.
        output: Shape,
        /// The shape of the argument.
        input: Shape,
    },
    /// An input was named that the program does not have.
    #[error("input {input} was named of a program with {inputs} inputs, counted from 0")]
    NoSuchInput {
        /// The number given.
        input: usize,
        /// The number of inputs.
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
    /// The program needs more memory than there is.
    #[error("the program needs {bytes} bytes of working memory, which the system does not grant")]
    Memory {
        /// The bytes needed between the steps of the program.
        bytes: usize,
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
    /// An index that a program computed is none of the array it goes into.
    #[error("`{operation}`: index {index} is {}0..{length}", outside(*.index))]
    Index {
        /// What was to be done.
        operation: &'static str,
        /// The number found.
        index: f64,
        /// The length of the axis.
        length: usize,
    },
    /// A key of random numbers that is no whole number.
    #[error("`{operation}`: key {key} is not a whole number from -2^63 to 2^63 - 1")]
    Key {
        /// What was to be done.
        operation: &'static str,
        /// The number found.
        key: f64,
    },
    /// A precision that does not exist.
    #[error("precision `{found}`: it must be f32 or bf16")]
    Precision {
        /// What was given.
        found: String,
    },
    /// `run_lanes` on a program that has axes of its own.
    #[error("run_lanes needs a program of scalars, found an array of shape {shape}; use `run`")]
    LanesOfArrays {
        /// The shape that stands in the way.
        shape: Shape,
    },
}

fn outside(index: f64) -> &'static str {
    if index.is_infinite() || index.fract() == 0.0 { "outside " } else { "not one of the whole numbers " }
}

/// Shapes in a message: `[3, 4] and [5]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Shapes(pub Vec<Shape>);

impl fmt::Display for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("nothing"),
            [one] => write!(f, "{one}"),
            [first @ .., last] => {
                let first: Vec<_> = first.iter().map(Shape::to_string).collect();
                write!(f, "{} and {last}", first.join(", "))
            }
        }
    }
}
