//! [`Half`]: with which instructions products of bf16 numbers are computed.

use std::sync::OnceLock;

use super::isa::Isa;

/// A way to multiply numbers rounded to bf16 and to sum in `f32`, the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "other processors only round"))]
pub(crate) enum Half {
    /// Tiles of 16×32 numbers (AMX-BF16); conversions as with [`Half::Dots`].
    Tiles,
    /// Dot products of pairs in 512-bit registers (AVX512-BF16).
    Dots,
    /// Operands are rounded; products are those of `f32`, on any machine.
    Rounded,
}

impl Half {
    /// The fastest way of this machine, or a slower one if the environment variable `THALWEG_ISA` says so: `avx512bf16` leaves tiles
    /// out, `avx512` and what is narrower also dot products. Asked once; the answer is kept.
    pub(crate) fn detect() -> Self {
        static DETECTED: OnceLock<Half> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let wish = std::env::var("THALWEG_ISA").ok();
            let fastest = if Isa::detect() == Isa::Avx512 { Half::fastest() } else { Half::Rounded };
            fastest.lowered(wish.as_deref())
        })
    }

    /// The way called `wish` if it is slower than this one.
    fn lowered(self, wish: Option<&str>) -> Self {
        match wish {
            Some("avx512bf16") => self.max(Half::Dots),
            Some("avx512" | "avx2" | "portable") => Half::Rounded,
            _ => self,
        }
    }

    /// Every way of this machine, the fastest first.
    #[cfg(test)]
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        let fastest = Half::fastest();
        [Half::Tiles, Half::Dots, Half::Rounded].into_iter().filter(move |&half| half >= fastest)
    }

    #[cfg(target_arch = "x86_64")]
    fn fastest() -> Self {
        let dots = is_x86_feature_detected!("avx512bf16")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq");
        match (dots, tiles()) {
            (true, true) => Half::Tiles,
            (true, false) => Half::Dots,
            _ => Half::Rounded,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn fastest() -> Self {
        Half::Rounded
    }
}

/// Whether the processor has tiles of bf16, and the system lets this process use them.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn tiles() -> bool {
    use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    /// Of leaf 1: the system manages extended states.
    const OSXSAVE: u32 = 1 << 27;
    /// Of leaf 7: AMX-BF16 and AMX-TILE.
    const TILES: u32 = 1 << 22 | 1 << 24;
    /// The states of the tiles' configuration and data.
    const STATES: u64 = 1 << 17 | 1 << 18;
    let processor =
        || __cpuid(0).eax >= 7 && __cpuid(1).ecx & OSXSAVE != 0 && __cpuid_count(7, 0).edx & TILES == TILES;
    // SAFETY: OSXSAVE says that the instruction may be used.
    let system = || unsafe { _xgetbv(0) } & STATES == STATES;
    processor() && system() && permitted()
}

#[cfg(all(target_arch = "x86_64", not(target_os = "linux")))]
fn tiles() -> bool {
    false
}

/// Asks the system for room to save this process's tiles in, without which their first use would end it.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let mut result = ARCH_PRCTL;
    // SAFETY: a call of the system that takes two numbers and touches no memory of the process.
    unsafe {
        core::arch::asm!(
            "syscall",
            inout("rax") result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    result == 0
}

#[cfg(test)]
mod tests {
    use super::Half::{self, Dots, Rounded, Tiles};

    #[test]
    fn the_environment_may_choose_slower_products_but_never_faster_ones() {
        for (machine, wish, expected) in [
            (Tiles, None, Tiles),
            (Tiles, Some("avx512bf16"), Dots),
            (Tiles, Some("avx512"), Rounded),
            (Dots, Some("avx2"), Rounded),
            (Rounded, Some("avx512bf16"), Rounded),
            (Dots, Some("no such set"), Dots),
        ] {
            assert_eq!(Half::lowered(machine, wish), expected, "{machine:?} asked for {wish:?}");
        }
    }
}
