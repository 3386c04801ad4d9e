//! A group of element-wise operations as a program of scalars, to be run over the lanes of an index space.

use rustc_hash::FxHashMap;

use super::partition::{Kind, Members, Partition};
use super::view::View;
use crate::primitive::{ArrayOp, Op, Span};
use crate::program::{Builder, NodeId, Program, Shape};

/// What an input of the group's program reads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Load {
    pub(super) view: View,
    /// If set, zeros, but the view's elements at the places of the span, in an array of the shape.
    pub(super) padded: Option<(Span, Shape)>,
}

/// What becomes of an output of the group's program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// It is this node's value.
    Store(NodeId),
    /// It is reduced to this node's value.
    Reduce(NodeId),
}

/// A group ready to be planned.
#[derive(Debug)]
pub(super) struct GroupProgram {
    pub(super) program: Program,
    pub(super) loads: Vec<Load>,
    pub(super) targets: Vec<Target>,
    pub(super) size: usize,
    /// (outer, reduced, inner) of the reductions.
    pub(super) geometry: [usize; 3],
    /// If set, the number of the storage that a copy goes to.
    pub(super) storage: Option<usize>,
    /// If set, the array and the places in it that a copy goes to.
    pub(super) into: Option<(NodeId, Span)>,
}

/// In the group's program, what each element of the index space has of its own has this shape. Its length does not matter.
const LANES: [usize; 1] = [2];

impl GroupProgram {
    pub(super) fn new(partition: &Partition, members: &Members) -> Self {
        let mut emitter = Emitter {
            partition,
            size: members.size,
            level: members.level,
            builder: Builder::new(),
            loads: Vec::new(),
            values: FxHashMap::default(),
        };
        let mut outputs = Vec::new();
        let mut targets = Vec::new();
        // What nobody outside needs comes with what needs it, or not at all.
        for &id in members.elements.iter().filter(|id| partition.stored[id.index()]) {
            outputs.push(emitter.value(id));
            targets.push(Target::Store(id));
        }
        for &id in &members.reductions {
            outputs.push(emitter.value(partition.node(id).operands[0]));
            targets.push(Target::Reduce(id));
        }
        let geometry = members.geometry.unwrap_or([1, 1, members.size]);
        let program = emitter.builder.finish(&outputs);
        let loads = emitter.loads;
        GroupProgram { program, loads, targets, size: members.size, geometry, storage: None, into: None }
    }

    /// A group that copies what the view sees.
    pub(super) fn copy(view: View, target: NodeId) -> Self {
        let mut builder = Builder::new();
        let size = view.shape.size();
        let shape = if size == 1 { Shape::SCALAR } else { Shape::of(LANES) };
        let x = builder.input("x", shape);
        let program = builder.finish(&[x]);
        let loads = vec![Load { view, padded: None }];
        let targets = vec![Target::Store(target)];
        GroupProgram { program, loads, targets, size, geometry: [1, 1, size], storage: None, into: None }
    }

    /// Whether the load has one value for all lanes.
    pub(super) fn is_uniform(&self, k: usize) -> bool {
        let node = self.program.inputs[k].node;
        self.size > 1 && self.program.node(node).shape.is_scalar()
    }
}

struct Emitter<'a> {
    partition: &'a Partition,
    size: usize,
    level: usize,
    builder: Builder,
    loads: Vec<Load>,
    values: FxHashMap<NodeId, NodeId>,
}

impl Emitter<'_> {
    /// The node of the group's program that has this value: from memory if it lies there, else computed.
    fn value(&mut self, id: NodeId) -> NodeId {
        // Operands first, without recursion: programs may be long.
        let mut waiting = vec![id];
        while let Some(&next) = waiting.last() {
            if self.values.contains_key(&next) {
                waiting.pop();
                continue;
            }
            let node = self.partition.node(next);
            if !self.is_computed(next) || matches!(node.op, Op::Array(ArrayOp::Pad(_))) {
                let value = self.loaded(next);
                self.values.insert(next, value);
                continue;
            }
            let missing: Vec<_> = node
                .operands()
                .iter()
                .copied()
                .filter(|operand| !self.values.contains_key(operand))
                .collect();
            if missing.is_empty() {
                let value = self.computed(next);
                self.values.insert(next, value);
            } else {
                waiting.extend(missing);
            }
        }
        self.values[&id]
    }

    /// Whether the group computes the value, be it anew.
    fn is_computed(&self, id: NodeId) -> bool {
        let k = id.index();
        let in_memory = self.partition.stored[k] && self.partition.level[k] < self.level;
        self.partition.kind[k] == Kind::Element && !in_memory
    }

    fn loaded(&mut self, id: NodeId) -> NodeId {
        let partition = self.partition;
        let node = partition.node(id);
        if let Some(value) = constant(node.op) {
            return self.builder.constant(value);
        }
        let load = match node.op {
            Op::Array(ArrayOp::Pad(span)) if self.is_computed(id) => {
                Load { view: partition.view(node.operands[0]), padded: Some((span, node.shape)) }
            }
            _ => Load { view: partition.view(id), padded: None },
        };
        let known = self.loads.iter().position(|other| *other == load);
        if let Some(k) = known {
            return self.builder.input_node(k);
        }
        let uniform = self.size == 1
            || (load.padded.is_none() && load.view.collapsed().iter().all(|&(_, stride)| stride == 0));
        let shape = if uniform { Shape::SCALAR } else { Shape::of(LANES) };
        let name = format!("x{}", self.loads.len());
        self.loads.push(load);
        self.builder.input(name, shape)
    }

    fn computed(&mut self, id: NodeId) -> NodeId {
        let node = self.partition.node(id);
        let operands: Vec<_> = node.operands().iter().map(|operand| self.values[operand]).collect();
        match node.op {
            Op::Broadcast(_) | Op::Array(_) => operands[0],
            op => self.builder.apply(op, &operands),
        }
    }
}

fn constant(op: Op) -> Option<f64> {
    match op {
        Op::Constant(bits) => Some(f64::from_bits(bits)),
        _ => None,
    }
}
