//! Which place's value is in which register: straight-line allocation, evicting what is needed last (Belady 1966).

use std::collections::HashMap;

/// A register's content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content {
    pub(super) place: u32,
    /// The next instruction that reads it, if any.
    pub(super) next_use: Option<usize>,
    /// Whether memory does not have the value yet.
    pub(super) dirty: bool,
}

#[derive(Debug)]
pub(super) struct Registers {
    content: Vec<Option<Content>>,
    of_place: HashMap<u32, u8>,
    pinned: Vec<u8>,
}

impl Registers {
    pub(super) fn new(count: usize) -> Self {
        Registers { content: vec![None; count], of_place: HashMap::new(), pinned: Vec::new() }
    }

    pub(super) fn find(&self, place: u32) -> Option<u8> {
        self.of_place.get(&place).copied()
    }

    /// Keeps a register from being evicted until [`Registers::unpin`].
    pub(super) fn pin(&mut self, register: u8) {
        self.pinned.push(register);
    }

    pub(super) fn unpin(&mut self) {
        self.pinned.clear();
    }

    /// A register to write to, and what has to be stored before that.
    pub(super) fn vacate(&mut self) -> (u8, Option<Content>) {
        if let Some(free) = (0..self.content.len()).find(|&r| self.content[r].is_none() && !self.is_pinned(r))
        {
            return (free as u8, None);
        }
        let last_needed = (0..self.content.len())
            .filter(|&r| !self.is_pinned(r))
            .max_by_key(|&r| self.content[r].and_then(|c| c.next_use).unwrap_or(usize::MAX))
            .unwrap_or_default();
        let evicted = self.content[last_needed].take();
        if let Some(content) = evicted {
            self.of_place.remove(&content.place);
        }
        (last_needed as u8, evicted.filter(|content| content.dirty && content.next_use.is_some()))
    }

    fn is_pinned(&self, register: usize) -> bool {
        self.pinned.contains(&(register as u8))
    }

    pub(super) fn put(&mut self, register: u8, content: Content) {
        self.of_place.insert(content.place, register);
        self.content[usize::from(register)] = Some(content);
    }

    /// Notes when a place is read next; one that is never read again gives its register free.
    pub(super) fn used(&mut self, place: u32, next_use: Option<usize>) {
        let Some(register) = self.find(place) else { return };
        if next_use.is_none() {
            self.forget(place);
        } else if let Some(content) = &mut self.content[usize::from(register)] {
            content.next_use = next_use;
        }
    }

    /// Drops a place's value.
    pub(super) fn forget(&mut self, place: u32) {
        if let Some(register) = self.of_place.remove(&place) {
            self.content[usize::from(register)] = None;
        }
    }
}
