//! The notation of [`einsum`](super::einsum), read and compared with the operands' shapes.

use std::collections::BTreeMap;

use crate::program::Shape;

/// What an axis is called: a letter, or a digit for an axis under `...`, counted from the last.
pub(super) type Label = u8;

/// The labels of each operand's axes and of the result's.
#[derive(Debug, PartialEq)]
pub(super) struct Subscripts {
    pub(super) operands: Vec<Vec<Label>>,
    pub(super) result: Vec<Label>,
    lengths: BTreeMap<Label, usize>,
}

impl Subscripts {
    /// The length of the axes called so.
    pub(super) fn length(&self, label: Label) -> usize {
        self.lengths.get(&label).copied().unwrap_or(1)
    }

    pub(super) fn parse(text: &str, shapes: &[Shape]) -> Result<Subscripts, String> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) = match compact.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (compact.as_str(), None),
        };
        let parts: Vec<_> = left.split(',').collect();
        if parts.len() != shapes.len() {
            return Err(format!("`{text}` describes {} operands, {} are given", parts.len(), shapes.len()));
        }
        let mut subscripts =
            Subscripts { operands: Vec::new(), result: Vec::new(), lengths: BTreeMap::new() };
        let mut under = 0;
        for (part, &shape) in parts.iter().zip(shapes) {
            let letters = Letters::read(part, text)?;
            let further = letters.further(part, shape)?;
            under = under.max(further);
            let labels = letters.labels(further);
            for (&label, length) in labels.iter().zip(shape.axes()) {
                subscripts.note(label, length, part)?;
            }
            subscripts.operands.push(labels);
        }
        subscripts.result = match right {
            Some(right) => subscripts.told(&Letters::read(right, text)?, under, text)?,
            None => subscripts.implied(under),
        };
        Ok(subscripts)
    }

    /// Letters have one length; axes under `...` may also have length 1.
    fn note(&mut self, label: Label, length: usize, part: &str) -> Result<(), String> {
        let known = self.lengths.entry(label).or_insert(length);
        let is_broadcast = label.is_ascii_digit();
        if *known == length || (is_broadcast && length == 1) {
            return Ok(());
        }
        if is_broadcast && *known == 1 {
            *known = length;
            return Ok(());
        }
        let name =
            if is_broadcast { "an axis under `...`".to_owned() } else { format!("`{}`", char::from(label)) };
        Err(format!("{name} is {length} long in `{part}` and {known} before; it can have one length only"))
    }

    fn told(&self, letters: &Letters, under: usize, text: &str) -> Result<Vec<Label>, String> {
        if letters.dots.is_none() && under > 0 {
            return Err(format!("`{text}` sums over the axes under `...`; write `...` on the right too"));
        }
        let result = letters.labels(under);
        for (k, &label) in result.iter().enumerate() {
            let name = char::from(label);
            if !self.lengths.contains_key(&label) {
                return Err(format!("`{name}` on the right of `{text}` is in no operand"));
            }
            if result[..k].contains(&label) {
                return Err(format!("`{name}` is twice on the right of `{text}`; once would be right"));
            }
        }
        Ok(result)
    }

    /// The axes under `...`, then the letters that occur once.
    fn implied(&self, under: usize) -> Vec<Label> {
        let count = |label| self.operands.iter().flatten().filter(|&&other| other == label).count();
        let once = self.lengths.keys().filter(|label| label.is_ascii_alphabetic() && count(**label) == 1);
        digits(under).chain(once.copied()).collect()
    }
}

/// The labels of `count` axes under `...`: the last is 0.
fn digits(count: usize) -> impl Iterator<Item = Label> {
    (0..count).rev().map(|k| b'0' + k as u8)
}

/// The letters of one operand or of the result, and how many come before `...`.
struct Letters {
    letters: Vec<Label>,
    dots: Option<usize>,
}

impl Letters {
    fn read(part: &str, text: &str) -> Result<Letters, String> {
        let mut letters = Vec::new();
        let mut dots = None;
        let mut rest = part;
        while let Some(next) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("...") {
                if dots.replace(letters.len()).is_some() {
                    return Err(format!("`...` is twice in `{part}`; once would be right"));
                }
                rest = after;
            } else if next.is_ascii_alphabetic() {
                letters.push(next as Label);
                rest = &rest[1..];
            } else {
                return Err(format!("`{next}` in `{text}`; axes are letters a to z and A to Z, or `...`"));
            }
        }
        Ok(Letters { letters, dots })
    }

    /// How many axes of the operand are under `...`.
    fn further(&self, part: &str, shape: Shape) -> Result<usize, String> {
        let (named, rank) = (self.letters.len(), shape.rank());
        match rank.checked_sub(named) {
            Some(0) => Ok(0),
            Some(further) if self.dots.is_some() => Ok(further),
            _ => Err(format!("`{part}` names {named} axes, its operand {shape} has {rank}")),
        }
    }

    fn labels(&self, further: usize) -> Vec<Label> {
        let Some(dots) = self.dots else { return self.letters.clone() };
        let (before, after) = self.letters.split_at(dots);
        before.iter().copied().chain(digits(further)).chain(after.iter().copied()).collect()
    }
}
