//! [`Program`]: a pure function as a list of primitive operations in the order in which they can run.
//!
//! Everything is a program: the traced function, its gradient, its Hessian-vector product, its batched form. What
//! lives here is the data structure, its printing, and [`Builder`], which every transformation builds with. What
//! never lives here: how a primitive is computed or differentiated (`primitive`), how a program is run (`execute`).

mod builder;
mod shape;

use std::fmt;
use std::sync::Arc;

pub(crate) use builder::Builder;
pub use shape::Shape;

use crate::primitive::{ArrayOp, Loop, Op};
use thalweg_spec::Number;

/// A node's place in its program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

impl NodeId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One operation: what is computed, from which earlier nodes, and the shape of the result.
///
/// Unused places of `operands` repeat the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) operands: [NodeId; 3],
    pub(crate) shape: Shape,
}

impl Node {
    pub(crate) fn operands(&self) -> &[NodeId] {
        &self.operands[..self.op.arity()]
    }
}

/// A pure function from arrays to arrays, in static single assignment form.
///
/// Made by [`trace`](crate::trace) from a closure or by [`Expression::parse`](crate::Expression::parse) from text, and
/// by every transformation from another program. Immutable; prints one line a node:
///
/// ```
/// let program = thalweg_function::trace(2, |x| x[0] * x[1].sin())?;
/// assert_eq!(program.to_string(), "\
/// program(x1: [], x2: []) -> ([])
///   %0 = x1
///   %1 = x2
///   %2 = sin %1
///   %3 = mul %0 %2
///   return %3
/// ");
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    pub(crate) nodes: Vec<Node>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<NodeId>,
    /// The constant arrays, numbered by [`ArrayOp::Table`].
    pub(crate) tables: Vec<Arc<[f64]>>,
    /// The loops, numbered by [`ArrayOp::Scan`].
    pub(crate) loops: Vec<Loop>,
}

/// An argument of a program.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) node: NodeId,
}

impl Program {
    /// The number of arguments.
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// The number of results.
    pub fn output_count(&self) -> usize {
        self.outputs.len()
    }

    /// The number of operations, arguments and constants included: a measure of the program's cost.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the program has no operations at all (and so neither arguments nor results).
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The arguments' names, in order.
    pub fn input_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.inputs.iter().map(|input| input.name.as_str())
    }

    /// The shape of each argument.
    pub fn input_shapes(&self) -> impl ExactSizeIterator<Item = Shape> + '_ {
        self.inputs.iter().map(|input| self.node(input.node).shape)
    }

    /// The shape of each result.
    pub fn output_shapes(&self) -> impl ExactSizeIterator<Item = Shape> + '_ {
        self.outputs.iter().map(|&id| self.node(id).shape)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<_> = self
            .inputs
            .iter()
            .map(|input| format!("{}: {}", input.name, self.node(input.node).shape))
            .collect();
        let outputs: Vec<_> = self.output_shapes().map(|shape| shape.to_string()).collect();
        writeln!(f, "program({}) -> ({})", inputs.join(", "), outputs.join(", "))?;
        for (i, node) in self.nodes.iter().enumerate() {
            write!(f, "  %{i} = ")?;
            match node.op {
                Op::Input(k) => write!(f, "{}", self.inputs[k as usize].name)?,
                Op::Constant(bits) => write!(f, "{}", Number(f64::from_bits(bits)))?,
                op => {
                    match op {
                        Op::Array(op) => write!(f, "{op}")?,
                        op => f.write_str(op.name())?,
                    }
                    for operand in node.operands() {
                        write!(f, " %{}", operand.0)?;
                    }
                    if let Op::Broadcast(_) | Op::Array(_) = op {
                        write!(f, " to {}", node.shape)?;
                    }
                    if let Op::Array(ArrayOp::Scan(k)) = op {
                        let body = &self.loops[k as usize];
                        write!(f, " {} times a body of {} operations", body.steps, body.body.len())?;
                    }
                }
            }
            writeln!(f)?;
        }
        let returned: Vec<_> = self.outputs.iter().map(|id| format!("%{}", id.0)).collect();
        writeln!(f, "  return {}", returned.join(" "))
    }
}
