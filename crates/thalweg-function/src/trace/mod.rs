//! Tracing: a Rust closure runs once on [`Var`]s and leaves a [`Program`] behind.
//!
//! What never lives here: what an operation means (`primitive`).

mod arguments;
mod axes;
mod broadcast;
mod einsum;
mod factor;
mod indexing;
mod matrix;
mod product;
mod random;
mod reduction;
mod scan;
mod softmax;
mod statistics;
mod structure;
mod tensor;
mod var;
mod window;

use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

pub use arguments::Arguments;
pub use axes::{IntoAxes, keep};
pub use einsum::einsum;
pub use scan::{fold, scan};
pub use tensor::Tensor;
pub use var::{Operand, Var, select};

use crate::error::{FunctionError, Shapes};
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Program, Shape};

/// A trace in progress.
struct Tape {
    id: u64,
    builder: Builder,
    /// How many draws of random numbers there were.
    streams: u32,
    /// The first thing that went wrong.
    error: Option<FunctionError>,
}

impl Tape {
    /// Notes what is wrong, if it is the first thing.
    fn fail(
        &mut self,
        operation: &'static str,
        operands: &[NodeId],
        problem: String,
        location: &'static Location<'static>,
    ) -> Var {
        let shapes = Shapes(operands.iter().map(|&id| self.builder.shape(id)).collect());
        self.error.get_or_insert(FunctionError::Operation { location, operation, shapes, problem });
        Var::POISON
    }
}

thread_local! {
    /// The traces in progress on this thread, the innermost last.
    static TAPES: RefCell<Vec<Tape>> = const { RefCell::new(Vec::new()) };
}

/// The number of the next trace, on whatever thread: a [`Var`] may wander between threads.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Removes the innermost tape when the traced closure ends, be it by a panic.
struct TapeGuard;

impl TapeGuard {
    fn finish(self) -> Option<Tape> {
        std::mem::forget(self);
        TAPES.with_borrow_mut(Vec::pop)
    }
}

impl Drop for TapeGuard {
    fn drop(&mut self) {
        TAPES.with_borrow_mut(Vec::pop);
    }
}

/// What a traced closure may return: one [`Var`], or several.
pub trait Outputs {
    /// The results in order.
    fn vars(self) -> Vec<Var>;
}

impl Outputs for Var {
    fn vars(self) -> Vec<Var> {
        vec![self]
    }
}

impl<const N: usize> Outputs for [Var; N] {
    fn vars(self) -> Vec<Var> {
        self.to_vec()
    }
}

impl Outputs for Vec<Var> {
    fn vars(self) -> Vec<Var> {
        self
    }
}

/// Runs `function` once on variables for `inputs`, and returns what it computed as a program.
///
/// `inputs` is a number of scalars, or the shape of each argument, perhaps with its name: see [`Arguments`]. Without a name they are
/// `x1, x2, …`.
///
/// Control flow of the closure (loops, `if` on ordinary values) happens while tracing; a choice that depends on a [`Var`]
/// is written with [`select`].
///
/// ```
/// let norm = thalweg_function::trace(3, |x| x.iter().map(|x| x.pow(2.0)).sum::<thalweg_function::Var>().sqrt())?;
/// assert_eq!((norm.input_count(), norm.output_count()), (3, 1));
///
/// let line = thalweg_function::trace([[100, 3].into(), [3].into()], |x| x[0].matmul(x[1]).sum(..))?;
/// assert_eq!(line.to_string().lines().next(), Some("program(x1: [100, 3], x2: [3]) -> ([])"));
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// The closure used a `Var` of another trace (the error names the line), or returned nothing.
pub fn trace<R: Outputs>(
    inputs: impl Arguments,
    function: impl FnOnce(&[Var]) -> R,
) -> Result<Program, FunctionError> {
    Ok(trace_from(0, inputs, function)?.0)
}

/// [`trace`] after `streams` draws of random numbers; returns also how many there were in the end.
fn trace_from<R: Outputs>(
    streams: u32,
    inputs: impl Arguments,
    function: impl FnOnce(&[Var]) -> R,
) -> Result<(Program, u32), FunctionError> {
    let mut builder = Builder::verbatim();
    let inputs = inputs.names_and_shapes();
    let arguments: Vec<_> = inputs.into_iter().map(|(name, shape)| builder.input(name, shape)).collect();
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    TAPES.with_borrow_mut(|tapes| tapes.push(Tape { id, builder, streams, error: None }));
    let guard = TapeGuard;
    let variables: Vec<_> = arguments.into_iter().map(|node| Var { tape: id, node }).collect();
    let results = function(&variables).vars();
    let Some(tape) = guard.finish() else {
        return Err(FunctionError::Returned { problem: "after its trace had ended" });
    };
    if let Some(error) = tape.error {
        return Err(error);
    }
    if results.is_empty() {
        return Err(FunctionError::Returned { problem: "no value" });
    }
    if results.iter().any(|var| var.tape != id) {
        return Err(FunctionError::Returned { problem: "a Var of another trace" });
    }
    let outputs: Vec<_> = results.iter().map(|var| var.node).collect();
    Ok((tape.builder.finish_whole(&outputs), tape.streams))
}

impl Program {
    /// The program's results for these arguments, within the trace in progress: programs are functions that traces can call.
    ///
    /// ```
    /// use thalweg_function::{Expression, gradient, trace};
    ///
    /// let f = Expression::parse("x^2 + y^2")?;
    /// let slope = gradient(f.program())?;
    /// let step = trace(2, |x| {
    ///     let g = slope.call(x);
    ///     [x[0] - 0.1 * g[0], x[1] - 0.1 * g[1]]
    /// })?;
    /// assert_eq!(step.output_count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// An argument of another trace, or arguments of another number or other shapes make the trace an error.
    #[track_caller]
    pub fn call(&self, arguments: &[Var]) -> Vec<Var> {
        let location = Location::caller();
        TAPES.with_borrow_mut(|tapes| {
            let poisoned = vec![Var::POISON; self.outputs.len()];
            let Some(tape) = tapes.last_mut() else { return poisoned };
            let (found, inputs) = (arguments.len(), self.inputs.len());
            let error = if found != inputs {
                Some(FunctionError::Call { location, found, inputs })
            } else if arguments.iter().any(|var| var.tape != tape.id) {
                Some(FunctionError::ForeignVar { location })
            } else {
                let given: Vec<_> = arguments.iter().map(|var| tape.builder.shape(var.node)).collect();
                let wanted: Vec<_> = self.input_shapes().collect();
                let problem = || format!("the program takes {wanted:?}");
                (given != wanted).then(|| FunctionError::Operation {
                    location,
                    operation: "call",
                    shapes: Shapes(given),
                    problem: problem(),
                })
            };
            if let Some(error) = error {
                tape.error.get_or_insert(error);
                return poisoned;
            }
            let nodes: Vec<_> = arguments.iter().map(|var| var.node).collect();
            let placed = tape.builder.inline(self, &nodes);
            self.outputs.iter().map(|id| Var { tape: tape.id, node: placed[id.index()] }).collect()
        })
    }
}

/// Adds an operation to the innermost trace. An operand that does not belong to it poisons the trace.
fn record(op: Op, operands: &[Operand], location: &'static Location<'static>) -> Var {
    TAPES.with_borrow_mut(|tapes| {
        let Some(tape) = tapes.last_mut() else { return Var::POISON };
        let mut nodes = [NodeId(0); 3];
        for (node, operand) in nodes.iter_mut().zip(operands) {
            *node = match operand {
                Operand::Constant(value) => tape.builder.constant(*value),
                Operand::Var(var) if var.tape == tape.id => var.node,
                Operand::Var(_) => {
                    tape.error.get_or_insert(FunctionError::ForeignVar { location });
                    return Var::POISON;
                }
            };
        }
        let nodes = &mut nodes[..operands.len()];
        match broadcast::together(&mut tape.builder, nodes) {
            Ok(()) => Var { tape: tape.id, node: tape.builder.apply(op, nodes) },
            Err(problem) => tape.fail(op.name(), nodes, problem, location),
        }
    })
}

/// Adds what `build` makes of these variables to the innermost trace, or makes the trace an error: a variable of another
/// trace, or what `build` says is wrong with the operands.
fn record_array(
    operation: &'static str,
    vars: &[Var],
    location: &'static Location<'static>,
    build: impl FnOnce(&mut Builder, &[NodeId]) -> Result<NodeId, String>,
) -> Var {
    TAPES.with_borrow_mut(|tapes| {
        let Some(tape) = tapes.last_mut() else { return Var::POISON };
        if vars.iter().any(|var| var.tape != tape.id) {
            tape.error.get_or_insert(FunctionError::ForeignVar { location });
            return Var::POISON;
        }
        let nodes: Vec<_> = vars.iter().map(|var| var.node).collect();
        match build(&mut tape.builder, &nodes) {
            Ok(node) => Var { tape: tape.id, node },
            Err(problem) => tape.fail(operation, &nodes, problem, location),
        }
    })
}

/// The shape of a variable of the innermost trace; that of a scalar for what is none.
fn shape_of(var: Var) -> Shape {
    TAPES.with_borrow(|tapes| {
        let tape = tapes.last().filter(|tape| tape.id == var.tape);
        tape.map_or(Shape::SCALAR, |tape| tape.builder.shape(var.node))
    })
}
