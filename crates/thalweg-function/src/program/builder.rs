//! [`Builder`]: how programs are put together, one operation at a time, simplified on the way.

use std::collections::HashMap;

use super::{Input, Node, NodeId, Program, Shape};
use crate::primitive::{self, Op};

/// A program under construction.
///
/// In the ordinary mode an operation on constants is computed at once, one that an algebraic identity makes
/// needless is not added, and one that is there already is shared. [`Builder::verbatim`] records what it is told.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    nodes: Vec<Node>,
    inputs: Vec<Input>,
    known: HashMap<Node, NodeId>,
    verbatim: bool,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn verbatim() -> Self {
        Builder { verbatim: true, ..Self::default() }
    }

    pub(crate) fn shape(&self, id: NodeId) -> Shape {
        self.nodes[id.index()].shape
    }

    pub(crate) fn op(&self, id: NodeId) -> Op {
        self.nodes[id.index()].op
    }

    pub(crate) fn operand(&self, id: NodeId, i: usize) -> NodeId {
        self.nodes[id.index()].operands[i]
    }

    /// The node's value, if it is a constant.
    pub(crate) fn as_constant(&self, id: NodeId) -> Option<f64> {
        match self.op(id) {
            Op::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    pub(crate) fn input(&mut self, name: impl Into<String>, shape: Shape) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        let op = Op::Input(self.inputs.len() as u32);
        self.nodes.push(Node { op, operands: [id; 3], shape });
        self.inputs.push(Input { name: name.into(), node: id });
        id
    }

    pub(crate) fn constant(&mut self, value: f64) -> NodeId {
        let node = Node { op: Op::Constant(value.to_bits()), operands: [NodeId(0); 3], shape: Shape::SCALAR };
        self.shared(node)
    }

    /// The node of the argument with this number.
    pub(crate) fn input_node(&self, k: usize) -> NodeId {
        self.inputs[k].node
    }

    /// One more axis arrangement of an array: see [`Op::Broadcast`].
    pub(crate) fn broadcast(&mut self, x: NodeId, axes: u8, shape: Shape) -> NodeId {
        self.shared(Node { op: Op::Broadcast(axes), operands: [x; 3], shape })
    }

    /// Adds an element-wise operation. Operands have one common shape, or are scalars, which serve every element.
    pub(crate) fn apply(&mut self, op: Op, operands: &[NodeId]) -> NodeId {
        let mut x = [operands[0]; 3];
        x[..operands.len()].copy_from_slice(operands);
        if !self.verbatim {
            if op.is_commutative() && self.rank_of(x[1]) < self.rank_of(x[0]) {
                x.swap(0, 1);
                x[2] = if operands.len() < 3 { x[0] } else { x[2] };
            }
            if let Some(value) = self.folded(op, &x[..operands.len()]) {
                return self.constant(value);
            }
            if let Some(id) = primitive::identity(op, self, x) {
                return id;
            }
        }
        let shape = operands.iter().map(|&id| self.shape(id)).find(|s| !s.is_scalar()).unwrap_or_default();
        self.shared(Node { op, operands: x, shape })
    }

    /// Constants go first, then older nodes: one form for operations that may swap their operands.
    fn rank_of(&self, id: NodeId) -> (bool, u32) {
        (self.as_constant(id).is_none(), id.0)
    }

    fn folded(&self, op: Op, operands: &[NodeId]) -> Option<f64> {
        let mut values = [0.0; 3];
        for (value, &id) in values.iter_mut().zip(operands) {
            *value = self.as_constant(id)?;
        }
        Some(primitive::evaluate(op, values))
    }

    fn shared(&mut self, node: Node) -> NodeId {
        let fresh = NodeId(self.nodes.len() as u32);
        let id = if self.verbatim { fresh } else { *self.known.entry(node).or_insert(fresh) };
        if id == fresh {
            self.nodes.push(node);
        }
        id
    }

    pub(crate) fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.apply(Op::Add, &[a, b])
    }

    pub(crate) fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.apply(Op::Sub, &[a, b])
    }

    pub(crate) fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.apply(Op::Mul, &[a, b])
    }

    pub(crate) fn div(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.apply(Op::Div, &[a, b])
    }

    pub(crate) fn neg(&mut self, a: NodeId) -> NodeId {
        self.apply(Op::Neg, &[a])
    }

    pub(crate) fn scale(&mut self, factor: f64, a: NodeId) -> NodeId {
        let factor = self.constant(factor);
        self.mul(factor, a)
    }

    pub(crate) fn select(&mut self, condition: NodeId, if_true: NodeId, if_false: NodeId) -> NodeId {
        self.apply(Op::Select, &[condition, if_true, if_false])
    }

    /// Adds all of `program`'s nodes, its inputs replaced by `arguments`; returns where each node went.
    pub(crate) fn inline(&mut self, program: &Program, arguments: &[NodeId]) -> Vec<NodeId> {
        let mut placed: Vec<NodeId> = Vec::with_capacity(program.nodes.len());
        for node in &program.nodes {
            let id = match node.op {
                Op::Input(k) => arguments[k as usize],
                Op::Constant(bits) => self.constant(f64::from_bits(bits)),
                Op::Broadcast(axes) => self.broadcast(placed[node.operands[0].index()], axes, node.shape),
                op => {
                    let operands =
                        node.operands.map(|id| placed.get(id.index()).copied().unwrap_or(NodeId(0)));
                    self.apply(op, &operands[..op.arity()])
                }
            };
            placed.push(id);
        }
        placed
    }

    /// Adds the inputs of `program` and then all its nodes; returns where each node went.
    pub(crate) fn copy(&mut self, program: &Program) -> Vec<NodeId> {
        let arguments: Vec<_> = program
            .inputs
            .iter()
            .map(|input| self.input(&input.name, program.node(input.node).shape))
            .collect();
        self.inline(program, &arguments)
    }

    /// The finished program with all that was recorded.
    pub(crate) fn finish_whole(self, outputs: &[NodeId]) -> Program {
        Program { nodes: self.nodes, inputs: self.inputs, outputs: outputs.to_vec() }
    }

    /// The finished program, without what no output needs (inputs stay).
    pub(crate) fn finish(self, outputs: &[NodeId]) -> Program {
        let mut needed = vec![false; self.nodes.len()];
        for &id in outputs.iter().chain(self.inputs.iter().map(|input| &input.node)) {
            needed[id.index()] = true;
        }
        for i in (0..self.nodes.len()).rev() {
            if needed[i] {
                for operand in self.nodes[i].operands() {
                    needed[operand.index()] = true;
                }
            }
        }
        let mut placed = vec![NodeId(0); self.nodes.len()];
        let mut nodes = Vec::new();
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| needed[*i]) {
            let id = NodeId(nodes.len() as u32);
            placed[i] = id;
            let operands = match node.op {
                Op::Input(_) => [id; 3],
                Op::Constant(_) => [NodeId(0); 3],
                _ => node.operands.map(|id| placed[id.index()]),
            };
            nodes.push(Node { operands, ..*node });
        }
        let inputs = self
            .inputs
            .into_iter()
            .map(|input| Input { node: placed[input.node.index()], ..input })
            .collect();
        Program { nodes, inputs, outputs: outputs.iter().map(|id| placed[id.index()]).collect() }
    }
}
