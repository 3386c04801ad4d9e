//! What one thread works in: room for a block of every slot, and pointers to where each place's lanes are.

use std::ops::Range;

use super::plan::{Instruction, Plan};
use crate::execute::Float;
use crate::kernel::room::{LINE, Room};

/// A block's values should fit the first-level data cache beside the inputs and outputs.
const CACHE: usize = 24 * 1024;

/// Room for so many intermediate values of a function that is translated to machine code.
pub(super) const TEMPORARIES: usize = 96;

/// Numbers that start with a cache line.
#[derive(Debug)]
pub(super) struct Aligned<F> {
    room: Room,
    numbers: std::marker::PhantomData<F>,
}

impl<F> Aligned<F> {
    /// Room for `count` numbers, all zero, or `None` if there is not as much memory.
    pub(super) fn zeros(count: usize) -> Option<Self> {
        let room = Room::try_of(count.checked_mul(size_of::<F>())?)?;
        Some(Aligned { room, numbers: std::marker::PhantomData })
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [F]
    where
        F: Float,
    {
        let count = self.room.bytes() / size_of::<F>();
        // SAFETY: the room holds so many numbers, all bits zero or written since.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), count) }
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut F {
        self.room.as_mut_ptr()
    }
}

/// How the working memory of a plan is divided. Sizes and offsets in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// From one row of lanes to the next.
    pub(super) row: usize,
    /// Where the slots' rows begin; those for inputs and outputs come before.
    pub(super) slots: usize,
    /// Where the uniform values begin, a line each; then one for each input.
    pub(super) uniforms: usize,
    /// Where the lines for values within a function begin.
    pub(super) temporaries: usize,
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
        let temporaries = uniforms + (plan.uniforms + plan.inputs.len()) * LINE;
        Layout { row, slots: arguments * row, uniforms, temporaries, block }
    }

    fn bytes(&self) -> usize {
        self.temporaries + TEMPORARIES * LINE
    }
}

/// How many registers a block has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Registers that [`Tables::places`] holds for.
    pub(super) whole: usize,
    /// Whether there is one more, for which [`Tables::last`] holds.
    pub(super) last: bool,
    /// Whether inputs and outputs are in the memory's own room.
    pub(super) in_own_room: bool,
}

impl Extent {
    pub(super) fn registers(self) -> usize {
        self.whole + usize::from(self.last)
    }
}

/// Where each place's lanes begin; see [`Plan`] for the numbering.
#[derive(Debug)]
pub(super) struct Tables<'a, F> {
    /// For whole registers.
    pub(super) places: &'a [*mut F],
    /// For the register behind them. Lanes that do not fill a register are computed together with the ones before them, once
    /// more: its inputs and outputs overlap those of the register before.
    pub(super) last: &'a [*mut F],
}

impl<F> Clone for Tables<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Tables<'_, F> {}

/// The working memory of one thread.
#[derive(Debug)]
pub(super) struct Memory<F> {
    room: Room,
    /// See [`Tables`].
    pub(super) places: Vec<*mut F>,
    last: Vec<*mut F>,
    /// The most lanes in a block.
    pub(super) block: usize,
    /// Own room for inputs and outputs, for lanes that cannot be used where they are.
    pub(super) own: Vec<*mut F>,
}

// SAFETY: the pointers lead into `room`, which the same value owns, or are set anew at the start of each block.
unsafe impl<F: Send> Send for Memory<F> {}
// SAFETY: nothing is written through a shared reference.
unsafe impl<F: Sync> Sync for Memory<F> {}

impl<F: Float> Memory<F> {
    pub(super) fn new(plan: &Plan) -> Self {
        let layout = Layout::new::<F>(plan);
        let mut room = Room::of(layout.bytes());
        let base = room.as_mut_ptr::<u8>();
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
        Memory { room, last: places.clone(), places, block: layout.block, own }
    }

    pub(super) fn tables(&self) -> Tables<'_, F> {
        Tables { places: &self.places, last: &self.last }
    }

    /// The most lanes in a block of this plan.
    pub(super) fn block_of(plan: &Plan) -> usize {
        Layout::new::<F>(plan).block
    }

    /// Where the memory starts.
    pub(super) fn base(&mut self) -> *mut u8 {
        self.room.as_mut_ptr()
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

    /// Points the inputs and outputs at these lanes, in registers of `width`: where they are, or at the memory's own room, filled
    /// for inputs, if there are fewer lanes than a register has. Inputs that are `read_often` and not aligned are copied too.
    ///
    /// # Safety
    /// The buffers hold `lanes` numbers for each input that has one a lane, and for each output; the range lies below `lanes`
    /// and is no longer than `block`.
    #[expect(clippy::too_many_arguments, reason = "the buffers and the place in them")]
    pub(super) unsafe fn point(
        &mut self,
        plan: &Plan,
        inputs: &[F],
        outputs: *mut F,
        lanes: usize,
        range: Range<usize>,
        width: usize,
        read_often: bool,
    ) -> Extent {
        let Range { start, .. } = range;
        let count = range.len();
        let in_own_room = count < width;
        // From the registers' end back to the lanes' end.
        let overlap = if in_own_room { 0 } else { count.next_multiple_of(width) - count };
        let mut offset = 0;
        for (k, &(size, per_lane)) in plan.inputs.iter().enumerate() {
            if per_lane {
                // SAFETY: within the buffer (promised by the caller); own room holds a block.
                unsafe {
                    let source = inputs.as_ptr().add(offset + start);
                    self.places[k] = source.cast_mut();
                    if in_own_room || read_often && source.align_offset(LINE) != 0 {
                        std::ptr::copy_nonoverlapping(source, self.own[k], count);
                        self.places[k] = self.own[k];
                    }
                }
                self.last[k] = self.places[k].wrapping_sub(overlap);
                offset += lanes;
            } else {
                offset += size;
            }
        }
        for k in plan.inputs.len()..plan.first_uniform() {
            // SAFETY: within the buffer (promised by the caller).
            let target = unsafe { outputs.add((k - plan.inputs.len()) * lanes + start) };
            self.places[k] = if in_own_room { self.own[k] } else { target };
            self.last[k] = self.places[k].wrapping_sub(overlap);
        }
        let last = overlap > 0;
        Extent { whole: count.div_ceil(width) - usize::from(last), last, in_own_room }
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

    /// Reads an input along some axes of the index space, for these lanes.
    ///
    /// # Safety
    /// [`Memory::point`] was called for these lanes and this width, and said `extent`; the inputs are as the plan says.
    pub(super) unsafe fn gather(
        &self,
        plan: &Plan,
        instruction: &Instruction,
        inputs: &[F],
        lanes: Range<usize>,
        extent: Extent,
        width: usize,
    ) {
        let gather = &plan.gathers[instruction.operands[0] as usize];
        let offset: usize = plan.inputs[..gather.input].iter().map(|(size, _)| size).sum();
        let target = instruction.target as usize;
        let fill = |target: *mut F, lanes: Range<usize>| {
            for (k, lane) in lanes.enumerate() {
                let (mut index, mut source) = (lane, offset);
                for &(length, stride) in &gather.strides {
                    source += index % length * stride;
                    index /= length;
                }
                // SAFETY: the target has room (promised by the caller).
                unsafe { *target.add(k) = inputs[source] };
            }
        };
        let whole = (extent.whole * width).min(lanes.len());
        fill(self.places[target], lanes.start..lanes.start + whole);
        if extent.last {
            fill(self.last[target].wrapping_add(whole), lanes.end - width..lanes.end);
        }
    }
}
