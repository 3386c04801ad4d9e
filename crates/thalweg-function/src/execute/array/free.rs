//! [`Free`]: which stretches of the workspace nobody uses.

/// The free stretches of the workspace.
#[derive(Default)]
pub(super) struct Free {
    /// (offset, length), by offset.
    stretches: Vec<(usize, usize)>,
    /// How many elements the workspace has so far.
    pub(super) end: usize,
}

impl Free {
    /// The smallest stretch that is long enough, else one at the end.
    pub(super) fn take(&mut self, count: usize) -> usize {
        let fitting = self.stretches.iter().enumerate().filter(|(_, (_, length))| *length >= count);
        if let Some((k, &(offset, length))) = fitting.min_by_key(|(_, (_, length))| *length) {
            if length == count {
                self.stretches.remove(k);
            } else {
                self.stretches[k] = (offset + count, length - count);
            }
            return offset;
        }
        self.end += count;
        self.end - count
    }

    /// Frees a stretch that was taken.
    pub(super) fn give(&mut self, offset: usize, count: usize) {
        let k = self.stretches.partition_point(|&(other, _)| other < offset);
        self.stretches.insert(k, (offset, count));
        if k + 1 < self.stretches.len() && offset + count == self.stretches[k + 1].0 {
            self.stretches[k].1 += self.stretches.remove(k + 1).1;
        }
        if k > 0 && self.stretches[k - 1].0 + self.stretches[k - 1].1 == offset {
            self.stretches[k - 1].1 += self.stretches.remove(k).1;
        }
    }
}
