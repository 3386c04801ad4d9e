//! [`Builder`]: how programs are put together, one operation at a time, simplified on the way.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::{Input, Node, NodeId, Program, Shape};
use crate::primitive::{self, ArrayOp, Axes, Loop, Op};

/// A program under construction.
///
/// In the ordinary mode an operation on constants is computed at once, one that an algebraic identity makes
/// needless is not added, and one that is there already is shared. [`Builder::verbatim`] records what it is told.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    nodes: Vec<Node>,
    inputs: Vec<Input>,
    /// The nodes that may be shared, by what they do.
    known: HashTable<NodeId>,
    verbatim: bool,
    tables: Vec<Arc<[f64]>>,
    loops: Vec<Loop>,
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

    /// An array repeated along new axes: see [`Op::Broadcast`].
    pub(crate) fn broadcast(&mut self, x: NodeId, axes: u8, shape: Shape) -> NodeId {
        if !self.verbatim {
            if self.shape(x) == shape {
                return x;
            }
            if let Op::Broadcast(first) = self.op(x) {
                // Axis k of x is the k-th of the result's axes in `axes`.
                let places = Axes(axes).iter().enumerate().filter(|(k, _)| first & (1 << k) != 0);
                let both = Axes::of(places.map(|(_, place)| place));
                return self.broadcast(self.operand(x, 0), both.0, shape);
            }
        }
        self.shared(Node { op: Op::Broadcast(axes), operands: [x; 3], shape })
    }

    /// A constant array, row by row.
    pub(crate) fn table(&mut self, values: Arc<[f64]>, shape: Shape) -> NodeId {
        let same = |known: &Arc<[f64]>| {
            let equal = || known.iter().map(|x| x.to_bits()).eq(values.iter().map(|x| x.to_bits()));
            Arc::ptr_eq(known, &values) || (known.len() == values.len() && equal())
        };
        let number = self.tables.iter().position(same).unwrap_or(self.tables.len());
        if number == self.tables.len() {
            self.tables.push(values);
        }
        self.array(ArrayOp::Table(number as u32), &[], shape)
    }

    /// The number of a loop in this program.
    pub(crate) fn add_loop(&mut self, body: Loop) -> u32 {
        let same = |known: &Loop| {
            known.steps == body.steps && (Arc::ptr_eq(&known.body, &body.body) || known.body == body.body)
        };
        let number = self.loops.iter().position(same).unwrap_or_else(|| {
            self.loops.push(body);
            self.loops.len() - 1
        });
        number as u32
    }

    /// Adds an operation on whole arrays, of operands that suit it.
    pub(crate) fn array(&mut self, op: ArrayOp, operands: &[NodeId], shape: Shape) -> NodeId {
        if !self.verbatim
            && let Some(id) = primitive::array_identity(op, self, operands, shape)
        {
            return id;
        }
        let mut x = [operands.first().copied().unwrap_or(NodeId(0)); 3];
        x[..operands.len()].copy_from_slice(operands);
        self.shared(Node { op: Op::Array(op), operands: x, shape })
    }

    /// Adds an element-wise operation. Operands have one common shape, or are scalars, which serve every element.
    pub(crate) fn apply(&mut self, op: Op, operands: &[NodeId]) -> NodeId {
        if self.verbatim {
            return self.apply_scalars(op, operands);
        }
        let shape = self.common_shape(operands);
        if shape.is_scalar() {
            return self.apply_scalars(op, operands);
        }
        // A repeated scalar serves as it is.
        let mut x = [operands[0]; 3];
        for (place, &id) in x.iter_mut().zip(operands) {
            *place = if self.op(id) == Op::Broadcast(0) { self.operand(id, 0) } else { id };
        }
        let x = &mut x[..operands.len()];
        // Work on arrays repeated in the same way is done before they are repeated.
        let arrays = || x.iter().filter(|&&id| !self.shape(id).is_scalar());
        let mut repeated = arrays().map(|&id| match self.op(id) {
            Op::Broadcast(mask) => Some(mask),
            _ => None,
        });
        let result = match repeated.next().flatten() {
            Some(mask) if repeated.all(|other| other == Some(mask)) => {
                for id in x.iter_mut() {
                    if let Op::Broadcast(_) = self.op(*id) {
                        *id = self.operand(*id, 0);
                    }
                }
                let narrow = self.apply(op, x);
                return self.broadcast(narrow, mask, shape);
            }
            _ => self.apply_scalars(op, x),
        };
        if self.shape(result) == shape { result } else { self.broadcast(result, 0, shape) }
    }

    fn common_shape(&self, operands: &[NodeId]) -> Shape {
        operands.iter().map(|&id| self.shape(id)).find(|s| !s.is_scalar()).unwrap_or_default()
    }

    fn apply_scalars(&mut self, op: Op, operands: &[NodeId]) -> NodeId {
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
        let shape = self.common_shape(operands);
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
        if !self.verbatim {
            let hash = FxBuildHasher.hash_one(node);
            let same = |id: &NodeId| self.nodes[id.index()] == node;
            if let Some(&id) = self.known.find(hash, same) {
                return id;
            }
            let nodes = &self.nodes;
            self.known.insert_unique(hash, fresh, |id| FxBuildHasher.hash_one(nodes[id.index()]));
        }
        self.nodes.push(node);
        fresh
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
                Op::Array(op) => {
                    let operands =
                        node.operands.map(|id| placed.get(id.index()).copied().unwrap_or(NodeId(0)));
                    let op = self.adopted(op, program);
                    self.array(op, &operands[..op.arity()], node.shape)
                }
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

    /// The operation of another program as one of this.
    pub(crate) fn adopted(&mut self, op: ArrayOp, program: &Program) -> ArrayOp {
        match op {
            ArrayOp::Table(k) => {
                let values = &program.tables[k as usize];
                let place = self.tables.iter().position(|known| Arc::ptr_eq(known, values));
                ArrayOp::Table(place.unwrap_or_else(|| {
                    self.tables.push(values.clone());
                    self.tables.len() - 1
                }) as u32)
            }
            ArrayOp::Scan(k) => ArrayOp::Scan(self.add_loop(program.loops[k as usize].clone())),
            op => op,
        }
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
        Program {
            nodes: self.nodes,
            inputs: self.inputs,
            outputs: outputs.to_vec(),
            tables: self.tables,
            loops: self.loops,
        }
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
                op if op.arity() == 0 => [NodeId(0); 3],
                _ => node.operands.map(|id| placed[id.index()]),
            };
            nodes.push(Node { operands, ..*node });
        }
        let inputs = self
            .inputs
            .into_iter()
            .map(|input| Input { node: placed[input.node.index()], ..input })
            .collect();
        let outputs = outputs.iter().map(|id| placed[id.index()]).collect();
        Program { nodes, inputs, outputs, tables: self.tables, loops: self.loops }
    }
}
