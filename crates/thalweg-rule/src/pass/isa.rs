//! The instruction set, chosen when a rule is built.

use super::state::SlotRange;
use crate::{Arithmetic, Real};

/// A loop over a vector that is written, one that is read and the state, compiled once for every instruction set.
pub(crate) trait Kernel<F: Real> {
    /// The loop. Must be `#[inline(always)]`, with all that it calls, to be compiled for the caller's instruction set.
    fn run<A: Arithmetic<Element = F>>(self, to: &mut [F], from: &[F], slots: SlotRange<'_, F>);
}

/// The instruction sets that loops are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the whole program is compiled for.
    Baseline,
}

impl Isa {
    /// The widest that this machine has.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let fma = is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if fma && avx512 {
                return Isa::Avx512;
            }
            if fma && is_x86_feature_detected!("avx2") {
                return Isa::Avx2;
            }
        }
        Isa::Baseline
    }

    /// Every instruction set that this machine has.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Isa::Baseline];
        #[cfg(target_arch = "x86_64")]
        match Isa::detect() {
            Isa::Avx512 => all.extend([Isa::Avx2, Isa::Avx512]),
            Isa::Avx2 => all.push(Isa::Avx2),
            Isa::Baseline => {}
        }
        all
    }

    /// Runs a loop with this instruction set.
    #[inline(always)]
    pub(crate) fn run<F: Real>(
        self,
        kernel: impl Kernel<F>,
        to: &mut [F],
        from: &[F],
        slots: SlotRange<'_, F>,
    ) {
        let [a, b, c, d] = slots;
        match self {
            // SAFETY: `detect` is the only way to get this variant, and it found these features.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { avx512(kernel, to, from, a, b, c, d) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2(kernel, to, from, a, b, c, d) },
            Isa::Baseline => baseline(kernel, to, from, a, b, c, d),
        }
    }
}

/// The functions at whose border the compiler learns that no two of the slices overlap: that is known of a function's own arguments and
/// forgotten as soon as they come out of an array or a struct, so every slot is an argument by itself.
macro_rules! border {
    ($(#[$attribute:meta])? $name:ident as $arithmetic:ty) => {
        $(#[$attribute])?
        #[inline(never)]
        fn $name<F: Real>(
            kernel: impl Kernel<F>,
            to: &mut [F],
            from: &[F],
            a: &mut [F],
            b: &mut [F],
            c: &mut [F],
            d: &mut [F],
        ) {
            kernel.run::<$arithmetic>(to, from, [a, b, c, d]);
        }
    };
}
#[cfg(target_arch = "x86_64")]
border!(
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,fma")]
    avx512 as F
);
#[cfg(target_arch = "x86_64")]
border!(
    #[target_feature(enable = "avx2,fma")]
    avx2 as F
);
#[cfg(any(target_arch = "aarch64", target_feature = "fma"))]
border!(baseline as F);
#[cfg(not(any(target_arch = "aarch64", target_feature = "fma")))]
border!(baseline as F::Unfused);
