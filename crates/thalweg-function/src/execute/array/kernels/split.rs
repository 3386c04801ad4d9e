//! Work shared by threads.

use super::THREADING_PAYS;
use crate::error::FunctionError;

/// For kernels that need no memory of their own.
pub(super) type Nothing = [(); 1 << 10];

/// Runs `work(first, part, space)` for consecutive parts of `y`, of whole units each, `first` being the number of the part's
/// first unit: one part if that is all `operations` are worth, else one for each thread. The error is that of the first part
/// that has one.
pub(super) fn split<F: Send, W: Send>(
    y: &mut [F],
    unit: usize,
    operations: usize,
    threads: usize,
    spaces: &mut [W],
    work: impl Fn(usize, &mut [F], &mut W) -> Result<(), FunctionError> + Sync,
) -> Result<(), FunctionError> {
    if y.is_empty() {
        return Ok(());
    }
    let units = y.len() / unit;
    let parts = if operations < THREADING_PAYS { 1 } else { threads.min(spaces.len()).min(units) };
    #[cfg(feature = "threads")]
    if parts > 1 {
        use rayon::prelude::*;
        let share = units.div_ceil(parts);
        return y
            .par_chunks_mut(share * unit)
            .zip(spaces)
            .enumerate()
            .map(|(k, (part, space))| work(k * share, part, space))
            .reduce(|| Ok(()), Result::and);
    }
    let _ = parts;
    work(0, y, &mut spaces[0])
}

/// As [`split`], for work that needs no memory of its own and cannot fail.
pub(super) fn share<F: Send>(
    y: &mut [F],
    unit: usize,
    operations: usize,
    threads: usize,
    work: impl Fn(usize, &mut [F]) + Sync,
) {
    let done = split(y, unit, operations, threads, &mut [(); 1 << 10], |first, part, ()| {
        work(first, part);
        Ok(())
    });
    debug_assert!(done.is_ok());
}
