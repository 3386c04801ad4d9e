//! Which place's value is in which register: straight-line allocation, evicting what is needed last (Belady 1966).

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
    /// The register of each place, or `NOWHERE`.
    of_place: Vec<u8>,
    /// Bit `r`: register `r` is not to be evicted.
    pinned: u32,
}

const NOWHERE: u8 = u8::MAX;

impl Registers {
    pub(super) fn new(count: usize, places: usize) -> Self {
        Registers { content: vec![None; count], of_place: vec![NOWHERE; places], pinned: 0 }
    }

    /// Empties all registers.
    pub(super) fn clear(&mut self) {
        for content in self.content.iter_mut().filter_map(Option::take) {
            self.of_place[content.place as usize] = NOWHERE;
        }
        self.pinned = 0;
    }

    pub(super) fn find(&self, place: u32) -> Option<u8> {
        Some(self.of_place[place as usize]).filter(|&register| register != NOWHERE)
    }

    /// Keeps a register from being evicted until [`Registers::unpin`].
    pub(super) fn pin(&mut self, register: u8) {
        self.pinned |= 1 << register;
    }

    pub(super) fn unpin(&mut self) {
        self.pinned = 0;
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
            self.of_place[content.place as usize] = NOWHERE;
        }
        (last_needed as u8, evicted.filter(|content| content.dirty && content.next_use.is_some()))
    }

    fn is_pinned(&self, register: usize) -> bool {
        self.pinned >> register & 1 != 0
    }

    pub(super) fn put(&mut self, register: u8, content: Content) {
        self.of_place[content.place as usize] = register;
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
        if let Some(register) = self.find(place) {
            self.of_place[place as usize] = NOWHERE;
            self.content[usize::from(register)] = None;
        }
    }
}
