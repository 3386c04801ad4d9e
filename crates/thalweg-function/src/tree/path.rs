//! [`Path`]: where in a tree a walk has arrived.

use std::fmt::{Display, Write};

/// The name of the subtree that a walk has arrived at: fields and positions joined by dots, as in PyTorch's state
/// dictionaries. Empty at the root.
#[derive(Debug, Clone, Default)]
pub struct Path {
    name: String,
}

impl Path {
    /// The name so far, such as `layers.0.weight`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `walk` returns for the part called `segment`.
    ///
    /// ```
    /// use thalweg_function::tree::Path;
    ///
    /// let name = Path::default().within("layers", |path| path.within(0, |path| path.name().to_owned()));
    /// assert_eq!(name, "layers.0");
    /// ```
    pub fn within<R>(&mut self, segment: impl Display, walk: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.name.len();
        let dot = if outer == 0 { "" } else { "." };
        // Writing to a String fails only if the segment's Display does; the segments are names and numbers.
        let _ = write!(self.name, "{dot}{segment}");
        let result = walk(self);
        self.name.truncate(outer);
        result
    }
}
