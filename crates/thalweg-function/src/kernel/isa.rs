//! [`Isa`]: which instruction set to compute with, and the calls that switch it on.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::avx2::{F32x8, F64x4};
#[cfg(target_arch = "x86_64")]
use super::avx512::{F32x16, F64x8};
use super::math::MathLanes;

/// An instruction set with lanes of its own, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Isa {
    /// 512-bit registers (AVX-512 F, DQ, VL and BW).
    Avx512,
    /// 256-bit registers (AVX2 and FMA).
    Avx2,
    /// One number at a time, on any machine.
    Portable,
}

impl Isa {
    /// The widest set this machine has, or a narrower one if the environment variable `THALWEG_ISA`
    /// (`avx512`, `avx2` or `portable`) says so. Asked once; the answer is kept.
    pub(crate) fn detect() -> Self {
        static DETECTED: OnceLock<Isa> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let wish = std::env::var("THALWEG_ISA").ok();
            Isa::widest().lowered(wish.as_deref())
        })
    }

    /// The set called `wish` if it is narrower than this one.
    fn lowered(self, wish: Option<&str>) -> Self {
        match wish {
            Some("portable") => Isa::Portable,
            Some("avx2") => self.max(Isa::Avx2),
            _ => self,
        }
    }

    /// Every set this machine has, the widest first.
    #[cfg(test)]
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        let widest = Isa::widest();
        [Isa::Avx512, Isa::Avx2, Isa::Portable].into_iter().filter(move |&isa| isa >= widest)
    }

    #[cfg(target_arch = "x86_64")]
    fn widest() -> Self {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw");
        match (avx2, avx512) {
            (true, true) => Isa::Avx512,
            (true, false) => Isa::Avx2,
            _ => Isa::Portable,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn widest() -> Self {
        Isa::Portable
    }
}

/// Work that can be done in lanes of any width. Mark `call`, and what it calls, `#[inline(always)]`: only what
/// is inlined is compiled for the chosen instruction set.
pub(crate) trait WithLanes<F> {
    type Output;
    fn call<V: MathLanes<Elem = F>>(self) -> Self::Output;
}

/// A type of number with lanes: `f32` or `f64`.
pub(crate) trait Element: MathLanes<Elem = Self> + PartialOrd + Send + Sync + 'static {
    /// Calls `work` with the widest lanes of `isa`, which must be available on this machine: what
    /// [`Isa::detect`] gives, or one that sorts after it.
    fn dispatch<W: WithLanes<Self>>(isa: Isa, work: W) -> W::Output;
    /// Calls `work` with one number at a time, yet with the instructions of `isa`: the same bits as
    /// [`Element::dispatch`], without the cost of idle lanes.
    fn dispatch_single<W: WithLanes<Self>>(isa: Isa, work: W) -> W::Output;
}

macro_rules! element {
    ($Elem:ident, $Avx2:ident, $Avx512:ident) => {
        impl Element for $Elem {
            #[inline]
            fn dispatch<W: WithLanes<Self>>(isa: Isa, work: W) -> W::Output {
                debug_assert!(isa >= Isa::widest(), "{isa:?} is not available on this machine");
                match isa {
                    // SAFETY: `isa` is available.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => unsafe { with_avx512::<$Elem, $Avx512, W>(work) },
                    // SAFETY: `isa` is available.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => unsafe { with_avx2::<$Elem, $Avx2, W>(work) },
                    _ => work.call::<$Elem>(),
                }
            }

            #[inline]
            fn dispatch_single<W: WithLanes<Self>>(isa: Isa, work: W) -> W::Output {
                debug_assert!(isa >= Isa::widest(), "{isa:?} is not available on this machine");
                match isa {
                    // SAFETY: `isa` is available, and AVX-512 is never without AVX2 here.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 | Isa::Avx2 => unsafe { with_avx2::<$Elem, $Elem, W>(work) },
                    _ => work.call::<$Elem>(),
                }
            }
        }
    };
}

element!(f64, F64x4, F64x8);
element!(f32, F32x8, F32x16);

/// # Safety
/// The machine has AVX-512 F, DQ, VL, BW and what [`with_avx2`] needs.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
unsafe fn with_avx512<F, V: MathLanes<Elem = F>, W: WithLanes<F>>(work: W) -> W::Output {
    work.call::<V>()
}

/// # Safety
/// The machine has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2<F, V: MathLanes<Elem = F>, W: WithLanes<F>>(work: W) -> W::Output {
    work.call::<V>()
}

#[cfg(test)]
mod tests {
    use super::Isa::{self, Avx2, Avx512, Portable};

    #[test]
    fn the_environment_may_lower_the_instruction_set_but_never_raise_it() {
        for (machine, wish, expected) in [
            (Avx512, None, Avx512),
            (Avx512, Some("avx2"), Avx2),
            (Avx512, Some("portable"), Portable),
            (Avx2, Some("avx512"), Avx2),
            (Portable, Some("avx2"), Portable),
            (Avx2, Some("no such set"), Avx2),
        ] {
            assert_eq!(Isa::lowered(machine, wish), expected, "{machine:?} asked for {wish:?}");
        }
    }
}
