//! Different chains for different parts of the parameters.

use std::borrow::Cow;
use std::ops::Range;

use thalweg_spec::{Argument, Call, SpecError, Value};

use crate::hyper::{Describe, Visitor};
use crate::memory::{Visit, within};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Problem, Shape};
use crate::wrap::selected::{self, Selected, Selection, Shared, Sharing};
use crate::{Evaluation, Explanation, Layout, Optimizer, Real, Rule, RuleError};

#[doc = include_str!("groups.md")]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Groups {
    /// The entries, in the order in which they are tried.
    pub entries: Vec<Group>,
}

/// An entry of [`Groups`].
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Patterns of names, separated by commas; without double quotes.
    pub pattern: String,
    /// The chain for parts that match; `None` leaves them as they are.
    pub chain: Option<Optimizer>,
}

const FROZEN: &str = "frozen";

impl Groups {
    /// Without entries, to which others are added.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a chain for the parts that match, and that no earlier entry matches.
    #[must_use]
    pub fn with(self, pattern: impl Into<String>, chain: impl Into<Optimizer>) -> Self {
        self.and(pattern.into(), Some(chain.into()))
    }

    /// With the parts that match, and that no earlier entry matches, left as they are.
    #[must_use]
    pub fn frozen(self, pattern: impl Into<String>) -> Self {
        self.and(pattern.into(), None)
    }

    /// With a chain for all other parts.
    #[must_use]
    pub fn otherwise(self, chain: impl Into<Optimizer>) -> Self {
        self.with("*", chain)
    }

    fn and(mut self, pattern: String, chain: Option<Optimizer>) -> Self {
        self.entries.push(Group { pattern, chain });
        self
    }
}

impl Group {
    fn read(argument: &Argument) -> Result<Self, SpecError> {
        let wrong = |problem: String| {
            let (name, key) = (Groups::NAME.to_owned(), "each entry".to_owned());
            SpecError::BadOption { column: argument.column, name, key, problem }
        };
        let wanted = "must be a pattern and the links of a chain such as [\"*.bias\", sgd(lr=0.1)]";
        let unlike = || wrong(format!("{wanted}, found {}", argument.value));
        let (None, Value::List(items)) = (&argument.key, &argument.value) else { return Err(unlike()) };
        let Some((Value::Text(pattern), links)) = items.split_first() else { return Err(unlike()) };
        let call = |item: &Value| match item {
            Value::Call(call) => Ok(call.clone()),
            _ => Err(unlike()),
        };
        let calls: Vec<Call> = links.iter().map(call).collect::<Result<_, _>>()?;
        let chain = match calls.as_slice() {
            [] => return Err(unlike()),
            [call] if call.name == FROZEN && call.arguments.is_empty() => None,
            calls if calls.iter().any(|call| call.name == FROZEN) => {
                return Err(wrong("is either `frozen`, which takes nothing, or a chain".to_owned()));
            }
            calls => Some(Optimizer::from_calls(calls)?),
        };
        Ok(Group { pattern: pattern.clone(), chain })
    }

    fn print(&self) -> Value {
        let links = match &self.chain {
            Some(chain) => chain.to_calls(),
            None => vec![Call::new(FROZEN)],
        };
        let pattern = Value::Text(self.pattern.clone());
        Value::List([pattern].into_iter().chain(links.into_iter().map(Value::Call)).collect())
    }
}

impl Describe for Groups {
    const NAME: &'static str = "groups";
    const SUMMARY: &'static str = "different chains for different parts of the parameters, by their names";
    const DOC: &'static str = include_str!("groups.md");

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, _: &mut V) -> Result<(), V::Error> {
        Ok(())
    }

    fn read(call: &Call, _: &str) -> Result<Self, SpecError> {
        let entries = call.arguments.iter().map(Group::read).collect::<Result<Vec<_>, _>>()?;
        let groups = Groups { entries };
        match Describe::check(&groups) {
            Ok(()) => Ok(groups),
            Err(RuleError::Hyperparameter { rule, name, problem }) => {
                Err(SpecError::BadOption { column: call.column, name: rule, key: name, problem })
            }
            Err(other) => Err(SpecError::BadOption {
                column: call.column,
                name: Self::NAME.to_owned(),
                key: "a chain".to_owned(),
                problem: other.to_string(),
            }),
        }
    }

    fn print(&self) -> Call {
        let argument = |group: &Group| Argument { key: None, value: group.print(), column: 1 };
        Call { arguments: self.entries.iter().map(argument).collect(), ..Call::new(Self::NAME) }
    }

    fn signature() -> String {
        format!("{}([pattern, chain...], ...)", Self::NAME)
    }

    fn picks_parts(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), RuleError> {
        if self.entries.is_empty() {
            return Err(wrong("entries", "must be given, such as [\"*.bias\", sgd(lr=0.1)]".to_owned()));
        }
        if self.entries.iter().all(|group| group.chain.is_none()) {
            return Err(wrong("entries", "must not all be frozen: give one a chain".to_owned()));
        }
        for Group { pattern, chain } in &self.entries {
            if pattern.contains('"') {
                return Err(wrong("pattern", format!("cannot have a double quote in it, found {pattern}")));
            }
            chain.as_ref().map_or(Ok(()), Optimizer::check)?;
        }
        Ok(())
    }

    fn numbers(&self, step: u64) -> Vec<(Cow<'static, str>, f64)> {
        let of = |(i, group): (usize, &Group)| {
            let numbers = group.chain.as_ref().map_or_else(Vec::new, |chain| chain.numbers(step));
            numbers.into_iter().map(move |(key, value)| (format!("{i}.{key}").into(), value))
        };
        self.entries.iter().enumerate().flat_map(of).collect()
    }

    fn set(&mut self, key: &str, value: f64) {
        let Some((entry, key)) = key.split_once('.') else { return };
        let group = entry.parse().ok().and_then(|entry: usize| self.entries.get_mut(entry));
        if let Some(chain) = group.and_then(|group| group.chain.as_mut()) {
            chain.put(key, value);
        }
    }
}

fn wrong(name: &str, problem: String) -> RuleError {
    RuleError::Hyperparameter { rule: Groups::NAME.to_owned(), name: name.to_owned(), problem }
}

impl Assemble for Groups {
    fn part<F: Real>(&self) -> Part<F> {
        let groups = self.clone();
        Part::Rule(Box::new(move |problem| groups.build(problem)))
    }
}

/// Names for an error, not all of very many.
fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    let more = names.len().saturating_sub(8);
    names.truncate(8);
    let listed = names.join(", ");
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

impl Groups {
    /// The leaves of each entry.
    fn divide(&self, layout: &Layout) -> Result<Vec<Vec<usize>>, RuleError> {
        let leaves = layout.leaves();
        let mut owner = vec![None; leaves.len()];
        for (i, Group { pattern, .. }) in self.entries.iter().enumerate() {
            let (mut matched, mut new) = (false, false);
            for leaf in layout.matching(pattern) {
                matched = true;
                if owner[leaf].is_none() {
                    owner[leaf] = Some(i);
                    new = true;
                }
            }
            if !new {
                let problem = if matched {
                    "matches only what earlier patterns match: write it before them".to_owned()
                } else {
                    format!("matches nothing: there are {}", list(leaves.iter().map(|leaf| &*leaf.name)))
                };
                return Err(wrong(&format!("pattern \"{pattern}\""), problem));
            }
        }
        let unmatched = || leaves.iter().zip(&owner).filter(|(_, owner)| owner.is_none());
        if unmatched().next().is_some() {
            let names = list(unmatched().map(|(leaf, _)| &*leaf.name));
            let problem = format!("have no pattern for {names}: add one, such as [\"*\", frozen] at the end");
            return Err(wrong("entries", problem));
        }
        let of = |entry| (0..leaves.len()).filter(|leaf| owner[*leaf] == Some(entry)).collect();
        Ok((0..self.entries.len()).map(of).collect())
    }

    fn build<F: Real>(&self, problem: &Problem) -> Result<Box<dyn Rule<F>>, RuleError> {
        let (all, lanes) = (problem.layout.leaves(), problem.shape.lanes);
        let mut parts = Vec::new();
        for (i, (group, leaves)) in self.entries.iter().zip(self.divide(&problem.layout)?).enumerate() {
            let mut ranges: Vec<Range<usize>> = Vec::new();
            for leaf in &leaves {
                let Range { start, end } = all[*leaf].range;
                match ranges.last_mut() {
                    Some(last) if last.end == start * lanes => last.end = end * lanes,
                    _ => ranges.push(start * lanes..end * lanes),
                }
            }
            let own = leaves.iter().map(|leaf| (all[*leaf].name.clone(), all[*leaf].shape.clone()));
            let layout = Layout::new(own);
            let shape = Shape::new(layout.len(), lanes)?;
            // Problem numbers of their own, so that no two groups draw the same random numbers.
            let first = problem.first.wrapping_add((i as u64) << 48);
            let rule = match &group.chain {
                Some(chain) => chain.part_of(&Problem { shape, layout: layout.into(), first })?,
                None => Box::new(Still),
            };
            parts.push(Selected::new(Selection::Ranges(ranges), shape.size, rule));
        }
        let names = self.entries.iter().map(|group| group.pattern.clone()).collect();
        let sharing = SideBySide { names, size: problem.shape.size };
        Ok(Box::new(Shared { parts, sharing, shape: problem.shape }))
    }
}

/// Leaves everything as it is.
struct Still;

impl<F: Real> Rule<F> for Still {
    fn advance(&mut self, _: &mut [F], _: &Evaluation<'_, F>) -> Result<(), RuleError> {
        Ok(())
    }
    fn reset(&mut self) {}
    fn steps(&self) -> u64 {
        0
    }
    fn memory(&mut self, _: &mut Visit<'_, F>) {}
    fn explain(&self) -> Explanation {
        Explanation::new::<F>(0, Vec::new())
    }
}

/// Every entry's rule makes its step.
struct SideBySide {
    /// The patterns of the entries.
    names: Vec<String>,
    size: usize,
}

impl<F: Real> Sharing<F> for SideBySide {
    fn advance(
        &mut self,
        parts: &mut [Selected<F>],
        params: &mut [F],
        at: &Evaluation<'_, F>,
    ) -> Result<(), RuleError> {
        if at.values.is_none() && selected::needs(parts).values {
            let rule = Groups::NAME.to_owned();
            return Err(RuleError::Missing { rule, what: "the function's value" });
        }
        parts.iter_mut().try_for_each(|part| part.advance(params, at, at.values))
    }

    fn reset(&mut self) {}

    fn memory(&mut self, parts: &mut [Selected<F>], visit: &mut Visit<'_, F>) {
        for (i, part) in parts.iter_mut().enumerate() {
            within(&i.to_string(), &mut *part.rule, visit);
        }
    }

    fn explain(&self, parts: &[Selected<F>]) -> Explanation {
        let mut explanation = Explanation::new::<F>(self.size, Vec::new());
        let parts = self.names.iter().zip(parts);
        explanation.parts = parts.map(|(name, part)| (name.clone(), part.rule.explain())).collect();
        explanation
    }
}
