//! Which operations run together, and which values are stored.
//!
//! Element-wise operations over index spaces of one size run in one pass over memory, as a *group*, together with the
//! reductions that they feed. Every operation has a *level*, the number of passes that have to be over before it can run; operations of one
//! level, size and neighbourhood form a group. Element-wise operations then move to the latest level at which all who need
//! them run, so that values are born where they are used. A value that a later level needs is stored, or computed again if that
//! costs less than the memory traffic.

use rustc_hash::FxHashMap;

use crate::primitive::{ArrayOp, Axes, Op, Span};
use crate::program::{Node, NodeId, Program};

use super::runs::with_contiguous_reductions;
use super::view::View;

/// How a node comes to its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Constant,
    /// Stored before the program runs: inputs and constant arrays.
    Given,
    /// Elements of something stored, in another order.
    View(View),
    /// Computed element by element, in a group.
    Element,
    /// Reduced by the group of its operand.
    Reduced,
    /// By an operation of its own: products, factorisations, indices.
    Kernel,
    /// Put together in its place by those who compute its parts.
    Assembled,
}

/// Operations counted against the memory traffic of storing a value and loading it again.
const CHEAP: usize = 8;
/// Scalars are computed anew by each group that uses them, up to this many operations.
const CHEAP_SCALAR: usize = 64;

pub(super) struct Partition {
    pub(super) program: Program,
    pub(super) kind: Vec<Kind>,
    /// The level at which a node runs.
    pub(super) level: Vec<usize>,
    /// Whether a node's value is stored.
    pub(super) stored: Vec<bool>,
    /// For each element-wise or reduced node, its group.
    pub(super) group: Vec<usize>,
    pub(super) groups: Vec<Members>,
    /// For assembled nodes, the parts with their places.
    pub(super) parts: Vec<Vec<(NodeId, Span)>>,
    /// For a value that only an assembled node needs, that node and its places there.
    pub(super) home: Vec<Option<(NodeId, Span)>>,
    /// Whether a result needs the node.
    pub(super) live: Vec<bool>,
    /// How many operations lead from stored values to a node.
    cone: Vec<usize>,
}

/// What runs in one pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    pub(super) level: usize,
    pub(super) size: usize,
    /// Element-wise nodes, in order.
    pub(super) elements: Vec<NodeId>,
    /// Reductions that all see the index space as the same (outer, reduced, inner).
    pub(super) reductions: Vec<NodeId>,
    pub(super) geometry: Option<[usize; 3]>,
}

impl Partition {
    pub(super) fn new(program: &Program) -> Self {
        let program = with_contiguous_reductions(program);
        let count = program.nodes.len();
        let mut partition = Partition {
            kind: Vec::with_capacity(count),
            level: vec![0; count],
            stored: vec![false; count],
            group: vec![usize::MAX; count],
            groups: Vec::new(),
            parts: vec![Vec::new(); count],
            home: vec![None; count],
            live: vec![false; count],
            cone: vec![0; count],
            program,
        };
        partition.find_assemblies();
        partition.find_live();
        partition.classify();
        partition.find_levels();
        partition.delay();
        partition.form_groups();
        partition.find_stored();
        partition
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        self.program.node(id)
    }

    pub(super) fn is_element(&self, id: NodeId) -> bool {
        self.kind[id.index()] == Kind::Element
    }

    /// The view through which a stored operand is read.
    pub(super) fn view(&self, id: NodeId) -> View {
        let shape = self.node(id).shape;
        match (self.kind[id.index()], self.node(id).op) {
            (Kind::View(view), _) => view,
            // One row of indices serves all.
            (_, Op::Array(ArrayOp::Iota(axis))) => View::along(id, usize::from(axis), shape),
            _ => View::whole(id, shape),
        }
    }

    /// What a node is made of: the parts of an assembled one, else its operands.
    fn sources(&self, k: usize) -> Vec<NodeId> {
        match self.parts[k].as_slice() {
            [] => self.program.nodes[k].operands().to_vec(),
            parts => parts.iter().map(|&(part, _)| part).collect(),
        }
    }

    fn live_nodes(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let live: Vec<_> = (0..self.live.len()).filter(|&k| self.live[k]).collect();
        live.into_iter()
    }

    fn find_live(&mut self) {
        let mut uses = vec![0_u32; self.program.nodes.len()];
        for &id in &self.program.outputs {
            self.live[id.index()] = true;
            uses[id.index()] += 1;
        }
        for k in (0..self.program.nodes.len()).rev() {
            if self.live[k] {
                for id in self.sources(k) {
                    self.live[id.index()] = true;
                    uses[id.index()] += 1;
                }
            }
        }
        for k in self.live_nodes() {
            for &(part, span) in &self.parts[k] {
                if uses[part.index()] == 1 {
                    self.home[part.index()] = Some((NodeId(k as u32), span));
                }
            }
        }
    }

    fn classify(&mut self) {
        for k in 0..self.program.nodes.len() {
            let node = self.program.nodes[k];
            let operand = node.operands.map(|id| self.kind.get(id.index()).copied());
            // The view of an operand that will be stored.
            let seen = |partition: &Self| match operand[0] {
                Some(Kind::Constant) | None => None,
                _ => Some(partition.view(node.operands[0])),
            };
            let fresh = operand[0] == Some(Kind::Element);
            let kind = match node.op {
                Op::Input(_) => Kind::Given,
                Op::Constant(_) => Kind::Constant,
                _ if !self.parts[k].is_empty() => Kind::Assembled,
                Op::Broadcast(0) if self.node(node.operands[0]).shape.is_scalar() => Kind::Element,
                Op::Broadcast(kept) => seen(self)
                    .map_or(Kind::Element, |view| Kind::View(view.broadcast(Axes(kept), node.shape))),
                Op::Array(ArrayOp::Table(_) | ArrayOp::Iota(_)) => Kind::Given,
                Op::Array(ArrayOp::StopGradient | ArrayOp::Reshape) if fresh => Kind::Element,
                Op::Array(ArrayOp::StopGradient) => seen(self).map_or(Kind::Element, Kind::View),
                Op::Array(ArrayOp::Reshape) => {
                    seen(self).and_then(|view| view.reshaped(node.shape)).map_or(Kind::Element, Kind::View)
                }
                Op::Array(ArrayOp::Permute(order)) => {
                    seen(self).map_or(Kind::Element, |view| Kind::View(view.permuted(order, node.shape)))
                }
                Op::Array(ArrayOp::Slice(span)) => {
                    seen(self).map_or(Kind::Element, |view| Kind::View(view.sliced(span, node.shape)))
                }
                Op::Array(ArrayOp::Pad(_)) => Kind::Element,
                Op::Array(ArrayOp::Sum(_) | ArrayOp::Largest(_) | ArrayOp::Smallest(_)) => Kind::Reduced,
                Op::Array(_) => Kind::Kernel,
                _ => Kind::Element,
            };
            self.kind.push(kind);
        }
    }

    /// The level at which a stored operand of this kind can be read.
    fn available(&self, id: NodeId) -> usize {
        match self.kind[id.index()] {
            Kind::Constant | Kind::Given => 0,
            Kind::View(view) => self.available(view.base),
            _ => self.level[id.index()] + 1,
        }
    }

    /// Whether an element-wise node reads this operand as a value of the same group.
    pub(super) fn is_fused(&self, node: &Node, operand: NodeId) -> bool {
        if !self.is_element(operand) || matches!(node.op, Op::Array(ArrayOp::Pad(_))) {
            return false;
        }
        let shape = self.node(operand).shape;
        // A scalar that many operations lead to is better stored than computed by each group.
        let light = || shape.is_scalar() && self.cone[operand.index()] <= CHEAP_SCALAR;
        shape.size() == node.shape.size() || light()
    }

    /// Whether the node reads this operand from the pass it belongs to, not from memory.
    fn reads_directly(&self, k: usize, operand: NodeId) -> bool {
        match self.kind[k] {
            Kind::Element => self.is_fused(&self.program.nodes[k], operand),
            Kind::Reduced => self.is_element(operand),
            Kind::Assembled => self.is_element(operand) && self.home[operand.index()].is_some(),
            _ => false,
        }
    }

    fn find_levels(&mut self) {
        for k in self.live_nodes() {
            let mut level = 0;
            for operand in self.sources(k) {
                let direct = self.reads_directly(k, operand);
                if direct {
                    self.cone[k] = self.cone[k].saturating_add(self.cone[operand.index()]);
                }
                let ready = if direct { self.level[operand.index()] } else { self.available(operand) };
                level = level.max(ready);
            }
            self.cone[k] = self.cone[k].saturating_add(1);
            if let Kind::View(view) = self.kind[k] {
                level = self.available(view.base);
            }
            self.level[k] = level;
        }
    }

    /// Moves element-wise operations to where they are needed.
    fn delay(&mut self) {
        let mut latest = vec![usize::MAX; self.program.nodes.len()];
        for &id in &self.program.outputs {
            latest[id.index()] = 0;
        }
        for k in self.live_nodes().rev() {
            if self.kind[k] == Kind::Element && latest[k] != usize::MAX {
                self.level[k] = self.level[k].max(latest[k]);
            }
            for operand in self.sources(k) {
                let needed = if self.reads_directly(k, operand) { self.level[k] } else { 0 };
                latest[operand.index()] = latest[operand.index()].min(needed);
            }
        }
    }

    fn form_groups(&mut self) {
        let count = self.program.nodes.len();
        let mut sets = Sets::new(count);
        let key = |p: &Self, k: usize| (p.level[k], p.program.nodes[k].shape.size());
        let mut readers: FxHashMap<(NodeId, usize, usize), usize> = FxHashMap::default();
        for k in self.live_nodes() {
            let node = self.program.nodes[k];
            let reduced = self.kind[k] == Kind::Reduced;
            if self.kind[k] != Kind::Element && !reduced {
                continue;
            }
            let size = if reduced { self.node(node.operands[0]).shape.size() } else { node.shape.size() };
            for &operand in node.operands() {
                let o = operand.index();
                if self.is_element(operand) {
                    if key(self, o) == (self.level[k], size) && !matches!(node.op, Op::Array(ArrayOp::Pad(_)))
                    {
                        sets.join(k, o);
                    }
                } else if self.node(operand).shape.size() == size && size > 1 {
                    // Readers of one array.
                    let base = self.view(operand).base;
                    let first = *readers.entry((base, self.level[k], size)).or_insert(k);
                    sets.join(k, first);
                }
            }
        }
        // One way to see the index space for each group; reductions that see it in another way form their own.
        let mut numbers: FxHashMap<(usize, [usize; 3]), usize> = FxHashMap::default();
        let mut main: FxHashMap<usize, usize> = FxHashMap::default();
        for k in self.live_nodes() {
            if self.kind[k] != Kind::Reduced {
                continue;
            }
            let root = sets.root(k);
            let geometry = self.geometry(NodeId(k as u32));
            let number = *numbers.entry((root, geometry)).or_insert_with(|| {
                let size = geometry.iter().product();
                let geometry = Some(geometry);
                self.groups.push(Members { level: self.level[k], size, geometry, ..Members::default() });
                self.groups.len() - 1
            });
            main.entry(root).or_insert(number);
            self.groups[number].reductions.push(NodeId(k as u32));
            self.group[k] = number;
        }
        for k in self.live_nodes() {
            if self.kind[k] != Kind::Element {
                continue;
            }
            let root = sets.root(k);
            let number = *main.entry(root).or_insert_with(|| {
                let (level, size) = (self.level[k], self.program.nodes[k].shape.size());
                self.groups.push(Members { level, size, ..Members::default() });
                self.groups.len() - 1
            });
            self.groups[number].elements.push(NodeId(k as u32));
            self.group[k] = number;
        }
    }

    /// How a reduction sees its operand's index space: outer, reduced, inner.
    pub(super) fn geometry(&self, id: NodeId) -> [usize; 3] {
        let node = self.node(id);
        let shape = self.node(node.operands[0]).shape;
        let Op::Array(ArrayOp::Sum(axes) | ArrayOp::Largest(axes) | ArrayOp::Smallest(axes)) = node.op else {
            return [1, 1, shape.size()];
        };
        let first = axes.iter().next().unwrap_or(0);
        let last = axes.iter().last().unwrap_or(0);
        let product = |range: std::ops::Range<usize>| range.map(|axis| shape.axis(axis)).product();
        [product(0..first), product(first..last + 1), product(last + 1..shape.rank())]
    }

    fn find_stored(&mut self) {
        for &id in &self.program.outputs {
            self.stored[id.index()] = true;
        }
        for k in self.live_nodes() {
            if matches!(self.kind[k], Kind::Reduced | Kind::Kernel | Kind::Assembled) {
                self.stored[k] = true;
            }
            for operand in self.sources(k) {
                if !self.is_element(operand) {
                    continue;
                }
                let direct = self.reads_directly(k, operand) && self.kind[k] != Kind::Assembled;
                let later = self.level[operand.index()] < self.level[k];
                if !direct || (later && !self.is_cheap(operand)) {
                    self.stored[operand.index()] = true;
                }
            }
        }
    }

    /// Whether computing an element-wise value again from what is stored costs less than storing it.
    fn is_cheap(&self, id: NodeId) -> bool {
        let limit = if self.node(id).shape.is_scalar() { CHEAP_SCALAR } else { CHEAP };
        let (mut budget, mut loads) = (limit, Vec::new());
        self.spend(id, &mut budget, &mut loads) && loads.len() <= 2
    }

    fn spend(&self, id: NodeId, budget: &mut usize, loads: &mut Vec<NodeId>) -> bool {
        if !self.is_element(id) || self.stored[id.index()] {
            if !self.node(id).shape.is_scalar() && !loads.contains(&id) {
                loads.push(id);
            }
            return true;
        }
        let node = self.node(id);
        let cost = match node.op {
            Op::Broadcast(_) | Op::Array(ArrayOp::Reshape | ArrayOp::StopGradient) => 0,
            op if node.shape.is_scalar() || is_light(op) => 1,
            Op::Div | Op::Sqrt => 4,
            _ => CHEAP + 1,
        };
        match budget.checked_sub(cost) {
            Some(rest) => *budget = rest,
            None => return false,
        }
        node.operands().iter().all(|&operand| {
            (self.is_fused(node, operand) || !self.is_element(operand)) && self.spend(operand, budget, loads)
        })
    }
}

/// Whether an operation on numbers takes a cycle or so.
fn is_light(op: Op) -> bool {
    use Op::{
        Abs, Add, Equal, Less, LessEqual, Max, Min, Mul, MulAdd, MulSub, Neg, NegMulAdd, Relu, Select, Sign,
        Sub,
    };
    let arithmetic = matches!(op, Add | Sub | Mul | Neg | Abs | MulAdd | MulSub | NegMulAdd);
    arithmetic || matches!(op, Less | LessEqual | Equal | Select | Relu | Sign | Min | Max)
}

/// Sets of nodes that grow together.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Sets((0..count).collect())
    }

    fn root(&mut self, mut k: usize) -> usize {
        while self.0[k] != k {
            self.0[k] = self.0[self.0[k]];
            k = self.0[k];
        }
        k
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
