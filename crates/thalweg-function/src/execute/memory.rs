//! What one thread works in: room for a block of every slot, and pointers to where each place's lanes are.

use super::plan::{Instruction, Plan};
use crate::execute::Float;

/// Room for the widest register of any machine, in bytes.
const LINE: usize = 64;

/// A block's values should fit the first-level data cache beside the inputs and outputs.
const CACHE: usize = 24 * 1024;

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "only its size and alignment matter")] [u8; LINE]);

/// How the working memory of a plan is divided. Sizes and offsets in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// From one row of lanes to the next.
    pub(super) row: usize,
    /// Where the slots' rows begin; those for inputs and outputs come before.
    pub(super) slots: usize,
    /// Where the uniform values begin, a line each; then one for each input.
    pub(super) uniforms: usize,
    bytes: usize,
    /// The most lanes in a block.
    block: usize,
}

impl Layout {
    pub(super) fn new<F>(plan: &Plan) -> Self {
        let per_line = LINE / size_of::<F>();
        let arguments = plan.inputs.len() + plan.outputs;
        let rows = plan.slots + arguments;
        let fitting = CACHE / size_of::<F>() / rows.max(1);
        let block = (fitting / per_line * per_line).clamp(per_line, 1024);
        // One line more than the block, so that equal offsets in different rows do not fall on the same cache set.
        let row = block * size_of::<F>() + LINE;
        let uniforms = rows * row;
        let bytes = uniforms + (plan.uniforms + plan.inputs.len()) * LINE;
        Layout { row, slots: arguments * row, uniforms, bytes, block }
    }
}

/// The working memory of one thread.
#[derive(Debug)]
pub(super) struct Memory<F> {
    lines: Vec<Line>,
    /// Where each place's lanes begin; see [`Plan`] for the numbering.
    pub(super) places: Vec<*mut F>,
    /// The most lanes in a block.
    pub(super) block: usize,
    /// Own room for inputs and outputs, for lanes that cannot be used where they are.
    own: Vec<*mut F>,
}

// SAFETY: the pointers lead into `lines`, which the same value owns, or are set anew at the start of each block.
unsafe impl<F: Send> Send for Memory<F> {}
// SAFETY: nothing is written through a shared reference.
unsafe impl<F: Sync> Sync for Memory<F> {}

impl<F: Float> Memory<F> {
    pub(super) fn new(plan: &Plan) -> Self {
        let layout = Layout::new::<F>(plan);
        let mut lines = vec![Line([0; LINE]); layout.bytes / LINE];
        let base = lines.as_mut_ptr().cast::<u8>();
        // SAFETY: every offset is below the number of bytes just allocated.
        let at = |offset: usize| unsafe { base.add(offset) }.cast::<F>();

        let arguments = plan.inputs.len() + plan.outputs;
        let own: Vec<_> = (0..arguments).map(|k| at(k * layout.row)).collect();
        let mut places = own.clone();
        places.extend((0..plan.uniforms).map(|k| at(layout.uniforms + k * LINE)));
        places.extend((0..plan.slots).map(|k| at(layout.slots + k * layout.row)));
        for (k, &(size, per_lane)) in plan.inputs.iter().enumerate() {
            if !per_lane && size == 1 {
                places[k] = at(layout.uniforms + (plan.uniforms + k) * LINE);
            }
        }
        Memory { lines, places, block: layout.block, own }
    }

    /// Where the memory starts.
    pub(super) fn base(&mut self) -> *mut u8 {
        self.lines.as_mut_ptr().cast()
    }

    /// Fills a register for each uniform value.
    pub(super) fn splat_uniforms(&mut self, plan: &Plan, values: &[F]) {
        let per_line = LINE / size_of::<F>();
        let shared = plan.inputs.iter().enumerate().filter(|(_, (size, per_lane))| !per_lane && *size == 1);
        let uniforms = plan.first_uniform()..plan.first_slot();
        for place in uniforms.chain(shared.map(|(k, _)| k)) {
            for lane in 0..per_line {
                // SAFETY: each of these places has a line of its own.
                unsafe { *self.places[place].add(lane) = values[place] };
            }
        }
    }

    /// Points the inputs and outputs at `count` lanes from `start`, where they are if their memory is aligned and holds
    /// whole registers, else at the memory's own room, filled for inputs.
    ///
    /// # Safety
    /// The buffers hold `lanes` numbers for each input that has one a lane, and for each output; `start + count ≤ lanes`;
    /// `count ≤ block`.
    #[expect(clippy::too_many_arguments, reason = "the buffers and the place in them")]
    pub(super) unsafe fn point(
        &mut self,
        plan: &Plan,
        inputs: &[F],
        outputs: *mut F,
        lanes: usize,
        start: usize,
        count: usize,
        partial: bool,
    ) {
        let mut offset = 0;
        for (k, &(size, per_lane)) in plan.inputs.iter().enumerate() {
            if per_lane {
                // SAFETY: within the buffer (promised by the caller); own room holds a block.
                unsafe {
                    let source = inputs.as_ptr().add(offset + start);
                    if partial || source.align_offset(LINE) != 0 {
                        std::ptr::copy_nonoverlapping(source, self.own[k], count);
                        self.places[k] = self.own[k];
                    } else {
                        self.places[k] = source.cast_mut();
                    }
                }
                offset += lanes;
            } else {
                offset += size;
            }
        }
        for k in plan.inputs.len()..plan.first_uniform() {
            // SAFETY: within the buffer (promised by the caller).
            let target = unsafe { outputs.add((k - plan.inputs.len()) * lanes + start) };
            self.places[k] = if partial { self.own[k] } else { target };
        }
    }

    /// Copies the outputs from the memory's own room to the buffer.
    ///
    /// # Safety
    /// As [`Memory::point`], which was called with the same arguments.
    pub(super) unsafe fn copy_out(
        &self,
        plan: &Plan,
        outputs: *mut F,
        lanes: usize,
        start: usize,
        count: usize,
    ) {
        for k in 0..plan.outputs {
            let source = self.own[plan.inputs.len() + k];
            // SAFETY: within the buffer (promised by the caller).
            unsafe { std::ptr::copy_nonoverlapping(source, outputs.add(k * lanes + start), count) };
        }
    }

    /// Reads an input along some axes of the index space, for `count` lanes from `start`.
    ///
    /// # Safety
    /// The instruction's target has room for `count` lanes; the inputs are as the plan says.
    pub(super) unsafe fn gather(
        &self,
        plan: &Plan,
        instruction: &Instruction,
        inputs: &[F],
        start: usize,
        count: usize,
    ) {
        let gather = &plan.gathers[instruction.operands[0] as usize];
        let offset: usize = plan.inputs[..gather.input].iter().map(|(size, _)| size).sum();
        for lane in 0..count {
            let (mut index, mut source) = (start + lane, offset);
            for &(length, stride) in &gather.strides {
                source += index % length * stride;
                index /= length;
            }
            // SAFETY: the target has room (promised by the caller).
            unsafe { *self.places[instruction.target as usize].add(lane) = inputs[source] };
        }
    }
}
