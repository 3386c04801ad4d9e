//! [`Layout`]: which leaf of a tree lies where in a flat buffer.

use std::fmt;
use std::ops::Range;

use super::Tree;
use crate::program::Shape;

/// A leaf's place in a flat buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path that leads to the leaf, such as `layers.0.weight`.
    pub name: String,
    /// The lengths of its axes.
    pub shape: Shape,
    /// Its numbers, counted from the start of the buffer.
    pub range: Range<usize>,
}

/// The leaves of a tree in a flat buffer, one after the other in the tree's order and without gaps: as
/// [`Executable::run`](crate::Executable::run) takes the inputs of a program.
///
/// ```
/// use thalweg_function::Shape;
/// use thalweg_function::tree::{Layout, Tree};
///
/// #[derive(Tree)]
/// struct Dense<T> {
///     weight: T,
///     bias: T,
/// }
///
/// let shape = |axes: &[usize]| Shape::new(axes).expect("few and short axes");
/// let dense = |inputs, outputs| Dense { weight: shape(&[outputs, inputs]), bias: shape(&[outputs]) };
/// let layout = Layout::of(&vec![dense(4, 16), dense(16, 3)]);
/// assert_eq!(layout.find("1.weight").map(|entry| entry.range.clone()), Some(80..128));
/// assert_eq!(layout.range("1"), Some(80..131));
/// assert_eq!(layout.to_string(), "\
/// name      shape    numbers
/// 0.weight  [16, 4]       64
/// 0.bias    [16]          16
/// 1.weight  [3, 16]       48
/// 1.bias    [3]            3
/// total                  131
/// ");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    entries: Vec<Entry>,
}

impl Layout {
    /// The layout of a tree of shapes.
    pub fn of<S: Tree<Leaf = Shape>>(shapes: &S) -> Self {
        let mut start = 0;
        let entry = |(name, &shape): (String, &Shape)| {
            let range = start..start + shape.size();
            start = range.end;
            Entry { name, shape, range }
        };
        Layout { entries: shapes.leaves().into_iter().map(entry).collect() }
    }

    /// The leaves in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The names of the leaves, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The leaf with this name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Where the subtree at this path lies, be it a single leaf or, for the empty path, the whole: the leaves of a subtree
    /// are neighbours. `None` if it has no leaves.
    pub fn range(&self, path: &str) -> Option<Range<usize>> {
        let belongs = |entry: &&Entry| match entry.name.strip_prefix(path) {
            Some(rest) => path.is_empty() || rest.is_empty() || rest.starts_with('.'),
            None => false,
        };
        let first = self.entries.iter().find(belongs)?;
        let last = self.entries.iter().rfind(belongs)?;
        Some(first.range.start..last.range.end)
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.entries.last().map_or(0, |entry| entry.range.end)
    }

    /// Whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Layout {
    /// A table of names, shapes and numbers, with their total.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.len().to_string();
        let mut rows = vec![["name".to_owned(), "shape".to_owned(), "numbers".to_owned()]];
        rows.extend(
            self.entries.iter().map(|e| [e.name.clone(), e.shape.to_string(), e.range.len().to_string()]),
        );
        rows.push(["total".to_owned(), String::new(), total]);
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (names, shapes, numbers) = (width(0), width(1), width(2));
        for [name, shape, size] in &rows {
            writeln!(f, "{name:names$}  {shape:shapes$}  {size:>numbers$}")?;
        }
        Ok(())
    }
}
