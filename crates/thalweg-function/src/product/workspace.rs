//! [`Workspace`]: the memory that packed blocks live in.

use super::blocked::Blocks;
use super::{Number, half, vector};
use crate::kernel::half::Half;
use crate::kernel::isa::Isa;
use crate::kernel::room::Room;

/// Memory for products to work in, kept from one to the next. It grows when a product needs more.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    room: Room,
}

impl Workspace {
    /// With room for so many bytes.
    pub(crate) fn with_bytes(bytes: usize) -> Self {
        Workspace { room: Room::of(bytes) }
    }

    /// The bytes that a product of `m×k` by `k×n` needs at most, whatever the strides, in this precision.
    pub(crate) fn bytes_for<F: Number>(
        isa: Isa,
        half: Option<Half>,
        [m, n, k]: [usize; 3],
        threads: usize,
    ) -> usize {
        let numbers = |count: usize| count * size_of::<F>();
        let blocked = |m, n| match half::packing(half) {
            Some(_) => Blocks::of_tiles(m, n, k, threads).room() * size_of::<u16>(),
            None => numbers(Blocks::new::<F>(isa, m, n, k, threads).room()),
        };
        blocked(m, n).max(blocked(n, m)).max(numbers(vector::room(m, n, k)))
    }

    /// How much memory there is.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.room.bytes()
    }

    /// Memory for `len` numbers, aligned to cache lines, their values unspecified.
    pub(super) fn room<F>(&mut self, len: usize) -> *mut F {
        self.room.grow(len * size_of::<F>());
        self.room.as_mut_ptr()
    }
}
