//! [`Room`]: memory that begins with a cache line.

/// The bytes of a cache line, which is also the widest register of any machine.
pub(crate) const LINE: usize = 64;

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "only its size and alignment matter")] [u8; LINE]);

/// Whole cache lines of memory, all zero until they are written.
#[derive(Debug, Default)]
pub(crate) struct Room {
    lines: Vec<Line>,
}

impl Room {
    /// At least so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        let mut room = Room::default();
        room.grow(bytes);
        room
    }

    /// As [`of`](Room::of), or `None` if there is not as much memory.
    pub(crate) fn try_of(bytes: usize) -> Option<Self> {
        let mut room = Room::default();
        room.lines.try_reserve_exact(bytes.div_ceil(LINE)).ok()?;
        room.grow(bytes);
        Some(room)
    }

    /// Makes it at least so many bytes. It may move; what it holds stays.
    pub(crate) fn grow(&mut self, bytes: usize) {
        let lines = bytes.div_ceil(LINE);
        if self.lines.len() < lines {
            self.lines.resize(lines, Line([0; LINE]));
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lines.len() * LINE
    }

    pub(crate) fn as_mut_ptr<T>(&mut self) -> *mut T {
        self.lines.as_mut_ptr().cast()
    }
}
