//! What a rule remembers, from outside: one walk over all of it, from which saving, restoring and handing over follow.

use std::collections::VecDeque;

use crate::pass::Slots;
use crate::{Real, Rule, RuleError};

/// A piece of what a rule remembers between steps.
#[derive(Debug)]
pub enum Memory<'a, F> {
    /// Named vectors laid out as the parameters are.
    Slots(&'a mut Slots<F>),
    /// A vector of another length.
    Vector(&'a mut Vec<F>),
    /// 64-bit numbers, as many as there are.
    Numbers(&'a mut [f64]),
    /// A count of steps.
    Count(&'a mut u64),
}

/// Sees every piece of a rule's memory with its name, always in the same order.
pub type Visit<'v, F> = dyn FnMut(&str, Memory<'_, F>) + 'v;

/// A copy of what a rule remembers.
///
/// ```
/// use thalweg_rule::{Adam, Recipe, Rule, Snapshot};
///
/// let mut rule = Adam::default().rule::<f64>(1, 1)?;
/// let mut x = [1.0];
/// rule.step(&mut x, &[0.5])?;
/// let (saved, saved_x) = (Snapshot::of(&mut *rule), x);
/// rule.step(&mut x, &[0.25])?;
///
/// let mut other = Adam::default().rule::<f64>(1, 1)?;
/// saved.restore(&mut *other)?;
/// let mut resumed = saved_x;
/// other.step(&mut resumed, &[0.25])?;
/// assert_eq!(resumed, x);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<F> {
    /// Every piece with its name.
    pub entries: Vec<(String, Saved<F>)>,
}

/// A copy of a piece of memory.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved<F> {
    /// A vector laid out as the parameters are.
    Slot(Vec<F>),
    /// A vector of another length.
    Vector(Vec<F>),
    /// 64-bit numbers.
    Numbers(Vec<f64>),
    /// A count of steps.
    Count(u64),
}

impl<F> Saved<F> {
    fn piece(&self, name: &str) -> Piece {
        let (kind, length) = match self {
            Saved::Slot(values) => (SLOT, values.len()),
            Saved::Vector(values) => (VECTOR, values.len()),
            Saved::Numbers(values) => (NUMBERS, values.len()),
            Saved::Count(_) => (COUNT, 1),
        };
        Piece { name: name.to_owned(), kind, length }
    }
}

impl<F: Real> Snapshot<F> {
    /// A copy of all that the rule remembers.
    pub fn of(rule: &mut dyn Rule<F>) -> Self {
        let mut entries = Vec::new();
        rule.memory(&mut |name, memory| match memory {
            Memory::Slots(slots) => {
                let own = slots.named().into_iter();
                entries.extend(own.map(|(slot, values)| (join(name, slot), Saved::Slot(values.to_vec()))));
            }
            Memory::Vector(values) => entries.push((name.to_owned(), Saved::Vector(values.clone()))),
            Memory::Numbers(values) => entries.push((name.to_owned(), Saved::Numbers(values.to_vec()))),
            Memory::Count(count) => entries.push((name.to_owned(), Saved::Count(*count))),
        });
        Snapshot { entries }
    }

    /// How many numbers of the rule's own type there are.
    pub fn numbers(&self) -> usize {
        let count = |saved: &Saved<F>| match saved {
            Saved::Slot(values) | Saved::Vector(values) => values.len(),
            Saved::Numbers(_) | Saved::Count(_) => 0,
        };
        self.entries.iter().map(|(_, saved)| count(saved)).sum()
    }

    /// The vector laid out as the parameters are that has this name.
    pub fn slot(&self, name: &str) -> Option<&[F]> {
        self.entries.iter().find_map(|(own, saved)| match saved {
            Saved::Slot(values) if own == name => Some(&values[..]),
            _ => None,
        })
    }

    /// The vectors laid out as the parameters are, with their names.
    pub fn slots(&self) -> impl Iterator<Item = (&str, &[F])> {
        self.entries.iter().filter_map(|(name, saved)| match saved {
            Saved::Slot(values) => Some((name.as_str(), &values[..])),
            _ => None,
        })
    }

    /// The vectors laid out as the parameters are, with their names, to be changed.
    pub fn slots_mut(&mut self) -> impl Iterator<Item = (&str, &mut [F])> {
        self.entries.iter_mut().filter_map(|(name, saved)| match saved {
            Saved::Slot(values) => Some((name.as_str(), &mut values[..])),
            _ => None,
        })
    }

    /// Makes the rule remember this instead. A run continued from here has the same bits as one that was never interrupted.
    ///
    /// # Errors
    /// [`RuleError::Memory`] if the rule remembers other things; it is unchanged then.
    pub fn restore(&self, rule: &mut dyn Rule<F>) -> Result<(), RuleError> {
        let found: Vec<Piece> = self.entries.iter().map(|(name, saved)| saved.piece(name)).collect();
        compare(&found, &signature(rule))?;
        let mut saved = self.entries.iter();
        rule.memory(&mut |_, memory| match memory {
            Memory::Slots(slots) => {
                for (values, (_, saved)) in slots.values_mut().zip(&mut saved) {
                    if let Saved::Slot(saved) = saved {
                        values.copy_from_slice(saved);
                    }
                }
            }
            Memory::Vector(values) => {
                if let Some((_, Saved::Vector(saved))) = saved.next() {
                    values.copy_from_slice(saved);
                }
            }
            Memory::Numbers(values) => {
                if let Some((_, Saved::Numbers(saved))) = saved.next() {
                    values.copy_from_slice(saved);
                }
            }
            Memory::Count(count) => {
                if let Some((_, Saved::Count(saved))) = saved.next() {
                    *count = *saved;
                }
            }
        });
        Ok(())
    }
}

/// A piece's name, kind and length.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    name: String,
    kind: &'static str,
    length: usize,
}

const SLOT: &str = "a vector like the parameters";
const VECTOR: &str = "a vector";
const NUMBERS: &str = "64-bit numbers";
const COUNT: &str = "a count";

/// What a rule remembers, without what it is at the moment.
fn signature<F: Real>(rule: &mut dyn Rule<F>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    rule.memory(&mut |name, memory| {
        let mut add = |name: String, kind, length| pieces.push(Piece { name, kind, length });
        match memory {
            Memory::Slots(slots) => {
                slots
                    .named()
                    .into_iter()
                    .for_each(|(slot, values)| add(join(name, slot), SLOT, values.len()));
            }
            Memory::Vector(values) => add(name.to_owned(), VECTOR, values.len()),
            Memory::Numbers(values) => add(name.to_owned(), NUMBERS, values.len()),
            Memory::Count(_) => add(name.to_owned(), COUNT, 1),
        }
    });
    pieces
}

/// Whether two rules, or a rule and a saved one, remember the same things.
fn compare(found: &[Piece], expected: &[Piece]) -> Result<(), RuleError> {
    let describe = |piece: Option<&Piece>| match piece {
        Some(Piece { name, kind, length }) => format!("`{name}`, {kind} of length {length}"),
        None => "nothing more".to_owned(),
    };
    let unlike = (0..found.len().max(expected.len())).find(|&i| found.get(i) != expected.get(i));
    match unlike {
        Some(i) => {
            Err(RuleError::Memory { found: describe(found.get(i)), expected: describe(expected.get(i)) })
        }
        None => Ok(()),
    }
}

/// `outer.inner`, or the one that is not empty.
pub(crate) fn join(outer: &str, inner: &str) -> String {
    match (outer, inner) {
        ("", name) | (name, "") => name.to_owned(),
        _ => format!("{outer}.{inner}"),
    }
}

/// Visits the memory of a rule within another, under a name of its own.
pub(crate) fn within<F>(name: &str, rule: &mut dyn Rule<F>, visit: &mut Visit<'_, F>) {
    rule.memory(&mut |inner, memory| visit(&join(name, inner), memory));
}

/// A piece on its way from one rule to another.
enum Held<F> {
    Slots(Slots<F>),
    Vector(Vec<F>),
    Numbers(Vec<f64>),
    Count(u64),
}

/// Hands all that `from` remembers over to `to`, without copying vectors; `from` is of no use then.
///
/// # Errors
/// [`RuleError::Memory`] if they remember different things; nothing is changed then.
pub(crate) fn hand_over<F: Real>(from: &mut dyn Rule<F>, to: &mut dyn Rule<F>) -> Result<(), RuleError> {
    compare(&signature(from), &signature(to))?;
    let mut held = VecDeque::new();
    from.memory(&mut |_, memory| {
        held.push_back(match memory {
            Memory::Slots(slots) => Held::Slots(std::mem::take(slots)),
            Memory::Vector(values) => Held::Vector(std::mem::take(values)),
            Memory::Numbers(values) => Held::Numbers(values.to_vec()),
            Memory::Count(count) => Held::Count(*count),
        });
    });
    to.memory(&mut |_, memory| match (memory, held.pop_front()) {
        (Memory::Slots(slots), Some(Held::Slots(held))) => *slots = held,
        (Memory::Vector(values), Some(Held::Vector(held))) => *values = held,
        (Memory::Numbers(values), Some(Held::Numbers(held))) => values.copy_from_slice(&held),
        (Memory::Count(count), Some(Held::Count(held))) => *count = held,
        _ => {}
    });
    Ok(())
}
