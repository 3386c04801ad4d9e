//! From a partitioned program to steps: where every array lies, and for how long.

use super::group::{GroupProgram, Load, Target};
use super::partition::{Kind, Partition};
use super::plan::{
    ArrayPlan, KernelPlan, Matrices, Padding, PassPlan, Place, ProductPlan, Reduction, Region, Sink, Source,
    Step, Strided,
};
use super::view::View;
use crate::primitive::{ArrayOp, Op, ProductDims, Span};
use crate::program::{NodeId, Program, Shape};

/// An array that is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage {
    pub(super) place: Place,
    pub(super) count: usize,
    /// The steps that first write and last read it, for those in the workspace.
    pub(super) life: Option<(usize, usize)>,
}

/// Steps before their places are known: they name storages.
pub(super) enum Draft {
    Fill(usize, f64),
    Pass(GroupProgram),
    /// With the storage and the view of each operand.
    Product(NodeId, [(usize, View); 2]),
    Kernel(NodeId, Vec<usize>),
}

/// Whole registers may be read past the end of an array, and arrays start with a cache line.
pub(super) const GRAIN: usize = 16;

impl ArrayPlan {
    /// Of the inputs, those after the first `first` come in a buffer of their own.
    pub(super) fn new(program: &Program, first: usize) -> Self {
        let partition = Partition::new(program);
        let mut planner = Planner {
            storage_of: vec![usize::MAX; partition.program.nodes.len()],
            partition,
            storages: Vec::new(),
            drafts: Vec::new(),
            constants: Vec::new(),
            outputs: 0,
        };
        let inputs = planner.place_given(first);
        planner.place_results();
        planner.draft_steps();
        let workspace = planner.place_workspace();
        planner.finish(workspace, inputs)
    }
}

pub(super) struct Planner {
    pub(super) partition: Partition,
    /// For each node with a value in memory of its own, the number of its storage.
    pub(super) storage_of: Vec<usize>,
    pub(super) storages: Vec<Storage>,
    /// The steps, with the storages each reads and writes.
    pub(super) drafts: Vec<(Draft, Vec<usize>)>,
    constants: Vec<f64>,
    outputs: usize,
}

impl Planner {
    fn store(&mut self, region: Region, offset: usize, count: usize) -> usize {
        self.storages.push(Storage { place: Place { region, offset }, count, life: None });
        self.storages.len() - 1
    }

    /// Inputs, those after the first `first` in a region of their own, and constant arrays; how many numbers the inputs' regions hold.
    fn place_given(&mut self, first: usize) -> [usize; 2] {
        let mut held = [0; 2];
        for k in 0..self.partition.program.inputs.len() {
            let id = self.partition.program.inputs[k].node;
            let count = self.partition.node(id).shape.size();
            let (region, held) =
                if k < first { (Region::Inputs, &mut held[0]) } else { (Region::Further, &mut held[1]) };
            self.storage_of[id.index()] = self.store(region, *held, count);
            *held += count;
        }
        for k in 0..self.partition.program.nodes.len() {
            let node = self.partition.program.nodes[k];
            let values: Vec<f64> = match node.op {
                _ if !self.partition.live[k] => continue,
                Op::Array(ArrayOp::Table(number)) => self.partition.program.tables[number as usize].to_vec(),
                Op::Array(ArrayOp::Iota(axis)) => {
                    (0..node.shape.axis(usize::from(axis))).map(|index| index as f64).collect()
                }
                _ => continue,
            };
            self.storage_of[k] = self.store(Region::Constants, self.constants.len(), values.len());
            self.constants.extend(values);
            self.constants.resize(self.constants.len().next_multiple_of(GRAIN) + GRAIN, 0.0);
        }
        held
    }

    /// Values that are computed where the caller wants them, or in the workspace.
    fn place_results(&mut self) {
        let mut offset = 0;
        for k in 0..self.partition.program.outputs.len() {
            let id = self.whole(self.partition.program.outputs[k]);
            let count = self.partition.node(id).shape.size();
            let computed =
                !matches!(self.partition.kind[id.index()], Kind::Constant | Kind::Given | Kind::View(_));
            if computed && self.storage_of[id.index()] == usize::MAX {
                self.storage_of[id.index()] = self.store(Region::Outputs, offset, count);
            }
            offset += count;
        }
        self.outputs = offset;
        for k in 0..self.partition.program.nodes.len() {
            let needed = self.partition.live[k] && self.partition.stored[k];
            let elsewhere = self.storage_of[k] != usize::MAX
                || (self.partition.home[k].is_some() && self.can_live_at_home(k))
                || matches!(self.partition.kind[k], Kind::Constant | Kind::Given | Kind::View(_));
            if needed && !elsewhere {
                let count = self.partition.program.nodes[k].shape.size();
                self.storage_of[k] = self.store(Region::Workspace, 0, count);
            }
        }
    }

    /// The node whose storage this is, element for element: that of a reshaped array for the array, else itself.
    fn whole(&self, id: NodeId) -> NodeId {
        match self.partition.kind[id.index()] {
            Kind::View(view)
                if view.offset == 0
                    && view.is_contiguous()
                    && view.shape.size() == self.partition.node(view.base).shape.size() =>
            {
                view.base
            }
            _ => id,
        }
    }

    /// Whether a part of an assembled node is computed in its place there.
    fn can_live_at_home(&self, k: usize) -> bool {
        matches!(self.partition.kind[k], Kind::Element | Kind::Assembled)
    }

    fn draft_steps(&mut self) {
        let levels = self.partition.level.iter().copied().max().unwrap_or(0);
        let count = self.partition.program.nodes.len();
        let mut kernels: Vec<Vec<usize>> = vec![Vec::new(); levels + 1];
        let mut fills: Vec<Vec<usize>> = vec![Vec::new(); levels + 1];
        let mut copies: Vec<Vec<(NodeId, NodeId, Span)>> = vec![Vec::new(); levels + 1];
        for k in (0..count).filter(|&k| self.partition.live[k]) {
            match self.partition.kind[k] {
                Kind::Kernel => kernels[self.partition.level[k]].push(k),
                Kind::Assembled => {
                    let id = NodeId(k as u32);
                    let parts = self.partition.parts[k].clone();
                    let covered: usize =
                        parts.iter().map(|&(part, _)| self.partition.node(part).shape.size()).sum();
                    if covered < self.partition.node(id).shape.size() {
                        fills[self.first_level_of_parts(k)].push(k);
                    }
                    for (part, span) in parts {
                        let p = part.index();
                        if self.partition.home[p].is_none() || !self.can_live_at_home(p) {
                            copies[self.partition.level[k]].push((id, part, span));
                        }
                    }
                }
                _ => {}
            }
        }
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); levels + 1];
        for (number, members) in self.partition.groups.iter().enumerate() {
            groups[members.level].push(number);
        }
        for level in 0..=levels {
            for &k in &fills[level] {
                let (storage, ..) = self.home_of(NodeId(k as u32));
                self.drafts.push((Draft::Fill(storage, 0.0), vec![storage]));
            }
            for &number in &groups[level] {
                let members = &self.partition.groups[number];
                let anything = !members.reductions.is_empty()
                    || members.elements.iter().any(|id| self.partition.stored[id.index()]);
                if anything {
                    let group = GroupProgram::new(&self.partition, members);
                    self.draft_pass(group);
                }
            }
            for &(whole, part, span) in &copies[level] {
                self.draft_part(whole, part, span);
            }
            for &k in &kernels[level] {
                self.draft_kernel(k);
            }
        }
        self.draft_copied_outputs();
    }

    /// The level at which the first part of an assembled node is written.
    fn first_level_of_parts(&self, k: usize) -> usize {
        let parts =
            self.partition.parts[k].iter().map(|&(part, _)| match self.partition.kind[part.index()] {
                Kind::Assembled => self.first_level_of_parts(part.index()),
                Kind::Element => self.partition.level[part.index()],
                _ => self.partition.level[k],
            });
        parts.min().unwrap_or(0)
    }

    fn draft_pass(&mut self, group: GroupProgram) {
        let mut touched: Vec<usize> =
            group.loads.iter().map(|load| self.storage_of[load.view.base.index()]).collect();
        for target in &group.targets {
            let (Target::Store(id) | Target::Reduce(id)) = *target;
            touched.push(self.home_of(id).0);
        }
        self.drafts.push((Draft::Pass(group), touched));
    }

    /// Copies a part of an assembled node into its place.
    fn draft_part(&mut self, whole: NodeId, part: NodeId, span: Span) {
        let view = self.partition.view(part);
        let mut group = GroupProgram::copy(view, part);
        group.into = Some((whole, span));
        let touched = vec![self.storage_of[view.base.index()], self.home_of(whole).0];
        self.drafts.push((Draft::Pass(group), touched));
    }

    fn draft_kernel(&mut self, k: usize) {
        let node = self.partition.program.nodes[k];
        let id = NodeId(k as u32);
        if let Op::Array(ArrayOp::Product { .. }) = node.op {
            let turned = |view: View| view.strides[..view.shape.rank()].iter().any(|&stride| stride < 0);
            let operands: Vec<_> = node.operands().iter().map(|&x| (x, self.partition.view(x))).collect();
            let mut touched = vec![self.storage_of[k]];
            let mut views = Vec::new();
            for (operand, view) in operands {
                // Elements in reverse order are copied first.
                let storage =
                    if turned(view) { self.contiguous(operand) } else { self.storage_of[view.base.index()] };
                let whole = View::whole(operand, view.shape);
                views.push((storage, if turned(view) { whole } else { view }));
                touched.push(storage);
            }
            let views = [views[0], views[1]];
            self.drafts.push((Draft::Product(id, views), touched));
            return;
        }
        let mut operands = Vec::new();
        for &operand in node.operands() {
            operands.push(self.contiguous(operand));
        }
        let mut touched = operands.clone();
        touched.push(self.storage_of[k]);
        self.drafts.push((Draft::Kernel(id, operands), touched));
    }

    /// The storage of an operand row by row, a copy if it lies there otherwise.
    fn contiguous(&mut self, operand: NodeId) -> usize {
        let count = self.partition.node(operand).shape.size();
        if let Op::Constant(bits) = self.partition.node(operand).op {
            let storage = self.store(Region::Constants, self.constants.len(), 1);
            self.constants.push(f64::from_bits(bits));
            self.constants.resize(self.constants.len().next_multiple_of(GRAIN) + GRAIN, 0.0);
            return storage;
        }
        let view = self.partition.view(operand);
        let base = self.storage_of[view.base.index()];
        if view.offset == 0 && view.is_contiguous() && self.storages[base].count == count {
            return base;
        }
        let copy = self.store(Region::Workspace, 0, count);
        let mut group = GroupProgram::copy(view, operand);
        group.storage = Some(copy);
        self.drafts.push((Draft::Pass(group), vec![base, copy]));
        copy
    }

    /// Results that are arguments, constants, or the same as other results.
    fn draft_copied_outputs(&mut self) {
        let mut offset = 0;
        for k in 0..self.partition.program.outputs.len() {
            let id = self.partition.program.outputs[k];
            let node = *self.partition.node(id);
            let count = node.shape.size();
            let storage = self.store(Region::Outputs, offset, count);
            let place = self.storages[storage].place;
            offset += count;
            if let Op::Constant(bits) = node.op {
                self.drafts.push((Draft::Fill(storage, f64::from_bits(bits)), vec![storage]));
                continue;
            }
            let own = self.storage_of[self.whole(id).index()];
            if own != usize::MAX && self.storages[own].place == place {
                continue;
            }
            let view = self.partition.view(id);
            let mut group = GroupProgram::copy(view, id);
            group.storage = Some(storage);
            self.drafts.push((Draft::Pass(group), vec![self.storage_of[view.base.index()], storage]));
        }
    }

    /// The storage that holds a value, and where in it: the offset and the strides along the axes.
    fn home_of(&self, id: NodeId) -> (usize, isize, [isize; Shape::MAX_RANK]) {
        let own = self.storage_of[id.index()];
        match self.partition.home[id.index()] {
            Some((whole, span)) if own == usize::MAX => self.place_in(whole, span),
            _ => (own, 0, self.partition.node(id).shape.strides().map(|stride| stride as isize)),
        }
    }

    fn place_in(&self, whole: NodeId, span: Span) -> (usize, isize, [isize; Shape::MAX_RANK]) {
        let (storage, offset, mut strides) = self.home_of(whole);
        let stride = &mut strides[usize::from(span.axis)];
        let first = offset + span.start as isize * *stride;
        *stride *= span.step as isize;
        (storage, first, strides)
    }

    fn finish(mut self, workspace: usize, inputs: [usize; 2]) -> ArrayPlan {
        let drafts = std::mem::take(&mut self.drafts);
        let steps = drafts.into_iter().map(|(draft, _)| self.step(draft)).collect();
        ArrayPlan { steps, constants: self.constants, workspace, inputs, outputs: self.outputs }
    }

    fn step(&self, draft: Draft) -> Step {
        match draft {
            Draft::Fill(storage, value) => {
                let Storage { place, count, .. } = self.storages[storage];
                Step::Fill { place, count, value }
            }
            Draft::Pass(group) => {
                let sources = (0..group.loads.len()).map(|k| self.source(&group, k)).collect();
                let sinks = group.targets.iter().map(|&target| self.sink(&group, target)).collect();
                let GroupProgram { program, size, geometry, .. } = group;
                Step::Pass(PassPlan { program, sources, sinks, size, geometry })
            }
            Draft::Product(id, views) => Step::Product(self.product(id, views)),
            Draft::Kernel(id, operands) => {
                let node = self.partition.node(id);
                let Op::Array(op) = node.op else { unreachable!("only array operations have kernels") };
                let places = operands.iter().map(|&storage| self.storages[storage].place);
                let shapes = node.operands().iter().map(|&operand| self.partition.node(operand).shape);
                Step::Kernel(KernelPlan {
                    op,
                    operands: places.zip(shapes).collect(),
                    target: self.storages[self.storage_of[id.index()]].place,
                    shape: node.shape,
                })
            }
        }
    }

    fn strided(&self, view: &View) -> Strided {
        let place = self.storages[self.storage_of[view.base.index()]].place;
        Strided { region: place.region, offset: place.offset as isize + view.offset, axes: view.collapsed() }
    }

    fn source(&self, group: &GroupProgram, k: usize) -> Source {
        let Load { view, padded } = &group.loads[k];
        let padded = padded.map(|(span, shape)| {
            let axis = usize::from(span.axis);
            Padding {
                length: shape.axis(axis),
                inner: shape.axes().skip(axis + 1).product(),
                start: span.start as isize,
                step: span.step as isize,
                count: view.shape.axis(axis),
            }
        });
        let storage = &self.storages[self.storage_of[view.base.index()]];
        let slack = if matches!(storage.place.region, Region::Inputs | Region::Further | Region::Outputs) {
            0
        } else {
            GRAIN
        };
        let room = (storage.count + slack).saturating_sub(view.offset.max(0) as usize);
        let elements = self.strided(view);
        Source { elements, room, padded, uniform: group.is_uniform(k), overwritten: false }
    }

    fn sink(&self, group: &GroupProgram, target: Target) -> Sink {
        match target {
            Target::Reduce(id) => {
                let kind = match self.partition.node(id).op {
                    Op::Array(ArrayOp::Largest(_)) => Reduction::Largest,
                    Op::Array(ArrayOp::Smallest(_)) => Reduction::Smallest,
                    _ => Reduction::Sum,
                };
                Sink::Reduce(kind, self.storages[self.storage_of[id.index()]].place)
            }
            Target::Store(id) => {
                let shape = self.partition.node(id).shape;
                let (storage, offset, strides) = match (group.storage, group.into) {
                    (Some(storage), _) => (storage, 0, shape.strides().map(|stride| stride as isize)),
                    (None, Some((whole, span))) => self.place_in(whole, span),
                    (None, None) => self.home_of(id),
                };
                let place = self.storages[storage].place;
                let view = View { base: id, offset, shape, strides };
                Sink::Store(Strided {
                    region: place.region,
                    offset: place.offset as isize + offset,
                    axes: view.collapsed(),
                })
            }
        }
    }

    fn product(&self, id: NodeId, [left, right]: [(usize, View); 2]) -> ProductPlan {
        let node = self.partition.node(id);
        let Op::Array(ArrayOp::Product { transpose }) = node.op else { unreachable!("a product") };
        let dims = ProductDims::new(left.1.shape, right.1.shape, transpose);
        ProductPlan {
            dims,
            left: self.matrices(left, transpose[0]),
            right: self.matrices(right, transpose[1]),
            target: self.storages[self.storage_of[id.index()]].place,
        }
    }

    fn matrices(&self, (storage, view): (usize, View), transposed: bool) -> Matrices {
        let rank = view.shape.rank();
        let (rows, columns) = (view.strides[rank - 2], view.strides[rank - 1]);
        let (rows, columns) = if transposed { (columns, rows) } else { (rows, columns) };
        let place = self.storages[storage].place;
        let mut offsets = vec![place.offset as isize + view.offset];
        for axis in 0..rank - 2 {
            let (length, stride) = (view.shape.axis(axis) as isize, view.strides[axis]);
            offsets = offsets
                .iter()
                .flat_map(|&first| (0..length).map(move |index| first + index * stride))
                .collect();
        }
        Matrices { region: place.region, rows, columns, offsets }
    }
}
