//! From a program to instructions: which operation reads and writes which place, in which order.

use rustc_hash::FxHashMap;

use super::schedule::fuse;
use crate::primitive::{Op, with_primitives};
use crate::program::{NodeId, Program, Shape};

macro_rules! define_code {
    ($($name:ident)*) => {
        /// What an instruction does: a primitive, or a move.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code {
            /// Writes the operand unchanged.
            Copy,
            /// Reads an input along some of the axes: `x[0]` is the place in [`Plan::gathers`].
            Gather,
            $($name,)*
        }

        fn code_of(op: Op) -> Code {
            match op {
                Op::Input(_) | Op::Constant(_) | Op::Broadcast(_) | Op::Array(_) => Code::Copy,
                $(Op::$name => Code::$name,)*
            }
        }
    };
}
with_primitives!(define_code);

/// One operation on places. Places are numbered through: inputs, outputs, uniform values, slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instruction {
    pub(super) code: Code,
    /// Bit `i`: operand `i` is uniform, one value for all lanes.
    pub(super) uniform: u8,
    pub(super) target: u32,
    pub(super) operands: [u32; 3],
}

/// An input to be read along some axes of the index space.
#[derive(Debug, Clone)]
pub(super) struct Gather {
    pub(super) input: usize,
    /// (length of the axis, elements of the input one step along it skips), innermost first.
    pub(super) strides: Vec<(usize, usize)>,
}

/// What has to be done, in order.
#[derive(Debug)]
pub(super) struct Plan {
    /// The index space; a scalar for programs of scalars, which `run_lanes` can run over any number of lanes.
    pub(super) shape: Shape,
    /// For each input, how many numbers it has, and whether it has one for each lane.
    pub(super) inputs: Vec<(usize, bool)>,
    pub(super) outputs: usize,
    /// Uniform values known beforehand.
    pub(super) constants: Vec<f64>,
    /// Instructions on uniform values only, run once.
    pub(super) prologue: Vec<Instruction>,
    /// Instructions run for every lane.
    pub(super) body: Vec<Instruction>,
    pub(super) gathers: Vec<Gather>,
    /// Number of uniform values, constants included.
    pub(super) uniforms: usize,
    pub(super) slots: usize,
}

impl Plan {
    pub(super) fn first_uniform(&self) -> usize {
        self.inputs.len() + self.outputs
    }

    pub(super) fn first_slot(&self) -> usize {
        self.first_uniform() + self.uniforms
    }

    pub(super) fn places(&self) -> usize {
        self.first_slot() + self.slots
    }

    /// Whether some inputs have one value for all lanes.
    pub(super) fn shares_inputs(&self) -> bool {
        self.inputs.iter().any(|&(size, per_lane)| !per_lane && size == 1)
    }

    pub(super) fn new(program: &Program) -> Plan {
        Planner::new(&fuse(program)).finish()
    }

    /// A plan of exactly the operations written.
    pub(super) fn verbatim(program: &Program) -> Plan {
        Planner::new(program).finish()
    }
}

struct Planner<'a> {
    program: &'a Program,
    plan: Plan,
    /// Where each node's value is.
    place: Vec<u32>,
    is_uniform: Vec<bool>,
    last_use: Vec<usize>,
    free: Vec<u32>,
}

impl<'a> Planner<'a> {
    fn new(program: &'a Program) -> Self {
        let shape = program.nodes.iter().map(|node| node.shape).find(|s| !s.is_scalar());
        let shape = program.output_shapes().find(|s| !s.is_scalar()).or(shape).unwrap_or_default();
        let inputs =
            program.input_shapes().map(|s| (s.size(), shape.is_scalar() || s == shape)).collect::<Vec<_>>();
        let mut last_use = vec![0; program.nodes.len()];
        for (k, node) in program.nodes.iter().enumerate() {
            for operand in node.operands() {
                last_use[operand.index()] = k;
            }
        }
        let plan = Plan {
            shape,
            inputs,
            outputs: program.outputs.len(),
            constants: Vec::new(),
            prologue: Vec::new(),
            body: Vec::new(),
            gathers: Vec::new(),
            uniforms: 0,
            slots: 0,
        };
        let count = program.nodes.len();
        Planner {
            program,
            plan,
            place: vec![0; count],
            is_uniform: vec![false; count],
            last_use,
            free: Vec::new(),
        }
    }

    fn finish(mut self) -> Plan {
        self.place_uniforms();
        let mut output_of: FxHashMap<NodeId, u32> = FxHashMap::default();
        let mut copies = Vec::new();
        for (i, &id) in self.program.outputs.iter().enumerate() {
            let place = (self.plan.inputs.len() + i) as u32;
            let computed = !self.is_uniform[id.index()] && !matches!(self.program.node(id).op, Op::Input(_));
            if !computed || output_of.contains_key(&id) {
                copies.push((id, place));
            } else {
                output_of.insert(id, place);
            }
        }
        for k in 0..self.program.nodes.len() {
            self.instruct(k, &output_of);
        }
        for (id, target) in copies {
            let operand = self.place[id.index()];
            let uniform = u8::from(self.is_uniform[id.index()]);
            self.plan.body.push(Instruction { code: Code::Copy, uniform, target, operands: [operand; 3] });
        }
        self.plan
    }

    /// Constants, shared inputs and what depends on nothing else: one value for all lanes.
    fn place_uniforms(&mut self) {
        let first = self.plan.first_uniform() as u32;
        let mut computed = Vec::new();
        for (k, node) in self.program.nodes.iter().enumerate() {
            match node.op {
                Op::Constant(bits) => {
                    self.is_uniform[k] = true;
                    self.place[k] = first + self.plan.constants.len() as u32;
                    self.plan.constants.push(f64::from_bits(bits));
                }
                Op::Input(i) => {
                    self.is_uniform[k] = !self.plan.inputs[i as usize].1;
                    self.place[k] = i;
                }
                _ => {
                    self.is_uniform[k] = node.shape.is_scalar()
                        && node.operands().iter().all(|id| self.is_uniform[id.index()]);
                    if self.is_uniform[k] {
                        computed.push(k);
                    }
                }
            }
        }
        for (i, k) in computed.iter().enumerate() {
            self.place[*k] = first + (self.plan.constants.len() + i) as u32;
        }
        self.plan.uniforms = self.plan.constants.len() + computed.len();
    }

    fn instruct(&mut self, k: usize, output_of: &FxHashMap<NodeId, u32>) {
        let node = self.program.nodes[k];
        if matches!(node.op, Op::Input(_) | Op::Constant(_)) {
            return;
        }
        let operands = node.operands.map(|id| self.place[id.index()]);
        if self.is_uniform[k] {
            let code = code_of(node.op);
            self.plan.prologue.push(Instruction { code, uniform: 0, target: self.place[k], operands });
            return;
        }
        let mut uniform = 0;
        for (i, id) in node.operands().iter().enumerate() {
            uniform |= u8::from(self.is_uniform[id.index()]) << i;
        }
        // A slot read for the last time may be written by the same instruction: each register is read before it is written.
        let mut dying: Vec<u32> = Vec::new();
        for id in node.operands() {
            let place = self.place[id.index()];
            let is_slot = place as usize >= self.plan.first_slot();
            if is_slot && self.last_use[id.index()] == k && !dying.contains(&place) {
                dying.push(place);
            }
        }
        self.free.extend(dying);
        let target = output_of.get(&NodeId(k as u32)).copied().unwrap_or_else(|| {
            self.free.pop().unwrap_or_else(|| {
                self.plan.slots += 1;
                (self.plan.places() - 1) as u32
            })
        });
        self.place[k] = target;
        let instruction = match node.op {
            Op::Broadcast(axes) if axes != 0 => {
                let gather = self.gather(node.operands[0], axes);
                self.plan.gathers.push(gather);
                let place = (self.plan.gathers.len() - 1) as u32;
                Instruction { code: Code::Gather, uniform: 0, target, operands: [place; 3] }
            }
            op => Instruction { code: code_of(op), uniform, target, operands },
        };
        self.plan.body.push(instruction);
    }

    fn gather(&self, source: NodeId, axes: u8) -> Gather {
        let input = self.program.inputs.iter().position(|input| input.node == source).unwrap_or_default();
        let lengths: Vec<_> = self.plan.shape.axes().enumerate().collect();
        let mut skipped = 1;
        let mut strides = Vec::new();
        for (axis, length) in lengths.into_iter().rev() {
            let present = axes & (1 << axis) != 0;
            strides.push((length, if present { skipped } else { 0 }));
            skipped *= if present { length } else { 1 };
        }
        Gather { input, strides }
    }
}
