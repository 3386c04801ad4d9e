//! The innermost loop with tiles of AMX: sixteen rows of 64 bytes, sixteen numbers of C or sixteen pairs of A or B.
//!
//! An element is summed block after block of 32 numbers along k, the even and the odd ones of a block apart, as the instruction does;
//! so its bits do not depend on the tile's place. Sums and products too small to be normal are zero.

use core::arch::asm;

use super::{Columns, Rows, Target};

/// What `ldtilecfg` reads: sizes of the eight tiles.
#[repr(C, align(64))]
struct Sizes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row.
    bytes: [u16; 16],
    rows: [u8; 16],
}

static SIZES: Sizes = {
    let mut sizes = Sizes { palette: 1, start_row: 0, reserved: [0; 14], bytes: [0; 16], rows: [0; 16] };
    let mut tile = 0;
    while tile < 8 {
        sizes.bytes[tile] = 64;
        sizes.rows[tile] = 16;
        tile += 1;
    }
    sizes
};

/// While it lives, the thread that made it has its tiles.
pub(in super::super) struct Ready(());

impl Ready {
    /// # Safety
    /// The machine has tiles, and this process may use them.
    pub(super) unsafe fn new() -> Self {
        // SAFETY: as promised by the caller; the sizes are valid, and the compiler keeps nothing in tiles.
        unsafe {
            asm!(
                "ldtilecfg [{}]",
                in(reg) &raw const SIZES,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, preserves_flags),
            );
        }
        Ready(())
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // SAFETY: the thread that has loaded the sizes gives its tiles back.
        unsafe {
            asm!(
                "tilerelease",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Writes a loop for some tiles of C: what brings them in, clears them, adds a block of k to them and writes them back. Places: `c` is
/// that of C, `below` that of its second sixteen rows; `a` and `next` are sixteen rows of A each, `b` is a panel of B.
macro_rules! tiles {
    ($name:ident, load: [$($load:literal),*], clear: [$($clear:literal),*], add: [$($add:literal),*], store: [$($store:literal),*]) => {
        /// # Safety
        /// As [`super::tiles`] for a part of as many tiles; this thread is [`Ready`].
        pub(super) unsafe fn $name(blocks: usize, a: Rows, b: Columns, c: Target) {
            // SAFETY: as promised by the caller; there is at least one block.
            unsafe {
                asm!(
                    "# {below} {next}",
                    "test {old}, {old}",
                    "jz 2f",
                    $($load,)*
                    "jmp 3f",
                    "2:",
                    $($clear,)*
                    "3:",
                    $($add,)*
                    "add {a}, {a_step}",
                    "add {next}, {a_step}",
                    "add {b}, {b_step}",
                    "dec {blocks}",
                    "jnz 3b",
                    $($store,)*
                    c = in(reg) c.ptr,
                    below = in(reg) c.ptr.wrapping_add(16 * c.row_stride),
                    c_row = in(reg) c.row_stride * size_of::<f32>(),
                    a = inout(reg) a.ptr => _,
                    next = inout(reg) a.ptr.wrapping_add(a.tile) => _,
                    a_row = in(reg) a.row * size_of::<u16>(),
                    a_step = in(reg) a.step * size_of::<u16>(),
                    b = inout(reg) b.ptr => _,
                    b_row = in(reg) b.width * size_of::<u32>(),
                    b_step = in(reg) b.width * 16 * size_of::<u32>(),
                    blocks = inout(reg) blocks => _,
                    old = in(reg) usize::from(c.accumulate),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

tiles!(two_by_two,
    load: [
        "tileloadd tmm0, [{c} + {c_row}*1]",
        "tileloadd tmm1, [{c} + {c_row}*1 + 64]",
        "tileloadd tmm2, [{below} + {c_row}*1]",
        "tileloadd tmm3, [{below} + {c_row}*1 + 64]"
    ],
    clear: ["tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3"],
    add: [
        "tileloadd tmm6, [{b} + {b_row}*1]",
        "tileloadd tmm4, [{a} + {a_row}*1]",
        "tdpbf16ps tmm0, tmm4, tmm6",
        "tileloadd tmm7, [{b} + {b_row}*1 + 64]",
        "tdpbf16ps tmm1, tmm4, tmm7",
        "tileloadd tmm5, [{next} + {a_row}*1]",
        "tdpbf16ps tmm2, tmm5, tmm6",
        "tdpbf16ps tmm3, tmm5, tmm7"
    ],
    store: [
        "tilestored [{c} + {c_row}*1], tmm0",
        "tilestored [{c} + {c_row}*1 + 64], tmm1",
        "tilestored [{below} + {c_row}*1], tmm2",
        "tilestored [{below} + {c_row}*1 + 64], tmm3"
    ]
);

tiles!(two_by_one,
    load: ["tileloadd tmm0, [{c} + {c_row}*1]", "tileloadd tmm2, [{below} + {c_row}*1]"],
    clear: ["tilezero tmm0", "tilezero tmm2"],
    add: [
        "tileloadd tmm6, [{b} + {b_row}*1]",
        "tileloadd tmm4, [{a} + {a_row}*1]",
        "tdpbf16ps tmm0, tmm4, tmm6",
        "tileloadd tmm5, [{next} + {a_row}*1]",
        "tdpbf16ps tmm2, tmm5, tmm6"
    ],
    store: ["tilestored [{c} + {c_row}*1], tmm0", "tilestored [{below} + {c_row}*1], tmm2"]
);

tiles!(one_by_two,
    load: ["tileloadd tmm0, [{c} + {c_row}*1]", "tileloadd tmm1, [{c} + {c_row}*1 + 64]"],
    clear: ["tilezero tmm0", "tilezero tmm1"],
    add: [
        "tileloadd tmm6, [{b} + {b_row}*1]",
        "tileloadd tmm4, [{a} + {a_row}*1]",
        "tdpbf16ps tmm0, tmm4, tmm6",
        "tileloadd tmm7, [{b} + {b_row}*1 + 64]",
        "tdpbf16ps tmm1, tmm4, tmm7"
    ],
    store: ["tilestored [{c} + {c_row}*1], tmm0", "tilestored [{c} + {c_row}*1 + 64], tmm1"]
);

tiles!(one_by_one,
    load: ["tileloadd tmm0, [{c} + {c_row}*1]"],
    clear: ["tilezero tmm0"],
    add: ["tileloadd tmm6, [{b} + {b_row}*1]", "tileloadd tmm4, [{a} + {a_row}*1]", "tdpbf16ps tmm0, tmm4, tmm6"],
    store: ["tilestored [{c} + {c_row}*1], tmm0"]
);
