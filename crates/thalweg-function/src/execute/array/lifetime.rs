//! Places in the workspace by lifetime: arrays that do not live at the same time share them.

use super::group::{Load, Target};
use super::plan::Region;
use super::planner::{Draft, GRAIN, Planner, Storage};

impl Planner {
    /// Gives the workspace's arrays their places; returns how many elements that takes.
    pub(super) fn place_workspace(&mut self) -> usize {
        for (step, (_, touched)) in self.drafts.iter().enumerate() {
            for &storage in touched {
                let storage = &mut self.storages[storage];
                if storage.place.region == Region::Workspace {
                    let first = storage.life.map_or(step, |(first, _)| first);
                    storage.life = Some((first, step));
                }
            }
        }
        let mut begins: Vec<Vec<usize>> = vec![Vec::new(); self.drafts.len()];
        let mut ends: Vec<Vec<usize>> = vec![Vec::new(); self.drafts.len()];
        for (number, storage) in self.storages.iter().enumerate() {
            if let Some((first, last)) = storage.life {
                begins[first].push(number);
                ends[last].push(number);
            }
        }
        let mut free = Free::default();
        for step in 0..self.drafts.len() {
            let mut inherited = Vec::new();
            for &number in &begins[step] {
                let count = self.storages[number].count.next_multiple_of(GRAIN) + GRAIN;
                let heir = self.dying_source(step, number, &inherited);
                inherited.extend(heir);
                self.storages[number].place.offset = match heir {
                    Some(source) => self.storages[source].place.offset,
                    None => free.take(count),
                };
            }
            for &number in ends[step].iter().filter(|number| !inherited.contains(number)) {
                let storage = &self.storages[number];
                free.give(storage.place.offset, storage.count.next_multiple_of(GRAIN) + GRAIN);
            }
        }
        free.end
    }

    /// A storage that the pass reads for the last time, element by element in the order in which it writes `number`, which may
    /// take its place.
    fn dying_source(&self, step: usize, number: usize, inherited: &[usize]) -> Option<usize> {
        let (Draft::Pass(group), _) = &self.drafts[step] else { return None };
        let written =
            |target: &Target| matches!(target, Target::Store(id) if self.storage_of[id.index()] == number);
        let whole = group.size > 1 && self.storages[number].count == group.size;
        if !whole || group.storage.is_some() || group.into.is_some() || !group.targets.iter().any(written) {
            return None;
        }
        let storage = |load: &Load| self.storage_of[load.view.base.index()];
        let dies = |load: &&Load| {
            let Storage { place, count, life } = self.storages[storage(load)];
            place.region == Region::Workspace
                && life.is_some_and(|(first, last)| first < step && last == step)
                && count == group.size
                && load.padded.is_none()
                && load.view.offset == 0
                && load.view.is_contiguous()
                && load.view.shape.size() == count
                && !inherited.contains(&storage(load))
                && group.loads.iter().filter(|other| storage(other) == storage(load)).count() == 1
        };
        group.loads.iter().find(dies).map(storage)
    }
}

/// The free stretches of the workspace.
#[derive(Default)]
struct Free {
    /// (offset, length), by offset.
    stretches: Vec<(usize, usize)>,
    /// How many elements the workspace has so far.
    end: usize,
}

impl Free {
    /// The smallest stretch that is long enough, else one at the end.
    fn take(&mut self, count: usize) -> usize {
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
    fn give(&mut self, offset: usize, count: usize) {
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
