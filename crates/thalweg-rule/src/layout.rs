//! [`Layout`]: the named, shaped parts of a flat parameter vector.

use std::ops::Range;

/// A part of the parameters: a weight matrix, a bias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The path that leads to it, such as `layers.0.weight`.
    pub name: String,
    /// The lengths of its axes, the last one running fastest.
    pub shape: Vec<usize>,
    /// Its numbers, counted from the start of the vector.
    pub range: Range<usize>,
}

impl Leaf {
    /// Its matrix form: the first axis by all others; a vector is one row per element, a single number one by one.
    pub fn matrix(&self) -> (usize, usize) {
        let rows = self.shape.first().copied().unwrap_or(1);
        (rows, self.range.len().checked_div(rows).unwrap_or(0))
    }

    /// Whether it has two axes or more.
    pub fn is_matrix(&self) -> bool {
        self.shape.len() >= 2
    }
}

/// The parts of a flat parameter vector, one after the other without gaps.
///
/// Rules that treat layers, rows or matrices in their own way (`lars`, `muon`, masks by name) need one; all others need only the
/// length. Without one, all parameters are a single vector called `x`.
///
/// ```
/// use thalweg_rule::Layout;
///
/// let layout = Layout::new([("0.weight", vec![16, 4]), ("0.bias", vec![16])]);
/// assert_eq!(layout.len(), 80);
/// assert_eq!(layout.leaves()[1].range, 64..80);
/// assert_eq!(layout.matching("*.bias").collect::<Vec<_>>(), [1]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    leaves: Vec<Leaf>,
}

impl Layout {
    /// Parts with their names and shapes, in order.
    pub fn new<N: Into<String>, S: Into<Vec<usize>>>(parts: impl IntoIterator<Item = (N, S)>) -> Self {
        let mut start = 0_usize;
        let leaf = |(name, shape): (N, S)| {
            let shape = shape.into();
            let size = shape.iter().fold(1_usize, |size, axis| size.saturating_mul(*axis));
            let range = start..start.saturating_add(size);
            start = range.end;
            Leaf { name: name.into(), shape, range }
        };
        Layout { leaves: parts.into_iter().map(leaf).collect() }
    }

    /// One vector called `x`.
    pub fn flat(dim: usize) -> Self {
        Layout::new([("x", vec![dim])])
    }

    /// The parts, in order.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.leaves.last().map_or(0, |leaf| leaf.range.end)
    }

    /// Whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers of the parts whose names match a pattern, in which `*` stands for any text and `?` for one character. Several patterns are
    /// separated by commas.
    pub fn matching<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = usize> + 'a {
        let any = move |name: &str| pattern.split(',').any(|one| matches(one.trim(), name));
        self.leaves.iter().enumerate().filter(move |(_, leaf)| any(&leaf.name)).map(|(i, _)| i)
    }
}

/// Whether a name fits a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // The last star and the end of what it stands for so far.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_one_character() {
        for (pattern, name) in
            [("*", ""), ("*.bias", "a.b.bias"), ("?.w*", "0.weight"), ("a*b*c", "aXbbYc"), ("w", "w")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("", "x"), ("*.bias", "bias"), ("?.w", "10.w"), ("a*b", "abc"), ("w", "W")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
