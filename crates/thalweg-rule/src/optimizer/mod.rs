//! Descriptions of chains: text to rule and back. The list of all that chains are made of is in `links.rs`, how they become rules in
//! `assemble.rs`.

mod assemble;
mod links;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thalweg_spec::{Argument, Call, SpecError, parse_chain, unknown_name};

use crate::pass::{Problem, Shape};
use crate::wrap::Running;
use crate::{Layout, Real, Rule, RuleError, Snapshot};
use assemble::assemble;
pub(crate) use assemble::{Assemble, Part};
pub use links::names;
use links::{KIND, Link, NAMES};

/// An optimiser described: one rule, or a chain of them applied left to right.
///
/// The first link gets the gradient, each link's result is the next one's gradient, and the last result is subtracted from the
/// parameters. Prints every hyperparameter, and parses what it prints.
///
/// ```
/// use thalweg_rule::{Adam, ClipByGlobalNorm, Optimizer};
///
/// let text: Optimizer = "clip_by_global_norm(1) | adam(lr=0.1)".parse()?;
/// let typed = Optimizer::from(ClipByGlobalNorm::new(1.0)).then(Adam { lr: 0.1.into(), ..Adam::default() });
/// assert_eq!(text, typed);
/// assert_eq!(text.to_string().parse::<Optimizer>()?, text);
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Optimizer {
    links: Vec<Link>,
}

/// A rule's hyperparameters, typed; can be made a rule or a link of a chain.
pub trait Recipe: Clone + Into<Optimizer> {
    /// The rule for `lanes` problems of `dim` parameters each; see [`Optimizer::rule`].
    ///
    /// # Errors
    /// As [`Optimizer::rule`].
    fn rule<F: Real>(&self, dim: usize, lanes: usize) -> Result<Box<dyn Rule<F>>, RuleError> {
        self.clone().into().rule(dim, lanes)
    }

    /// The rule for parameters of named, shaped parts; see [`Optimizer::rule_for`].
    ///
    /// # Errors
    /// As [`Optimizer::rule_for`].
    fn rule_for<F: Real>(&self, layout: &Layout) -> Result<Box<dyn Rule<F>>, RuleError> {
        self.clone().into().rule_for(layout)
    }
}

impl Optimizer {
    /// Reads `adam(lr=0.1)` or a chain such as `clip_by_global_norm(1) | adam(lr=0.1)`.
    ///
    /// # Errors
    /// Where the text breaks the grammar, names something unknown or sets a hyperparameter outside its range.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        Self::from_calls(&parse_chain(text)?)
    }

    /// Reads a chain that has already been parsed.
    ///
    /// # Errors
    /// As [`Optimizer::parse`]; an empty chain has no optimiser in it.
    pub fn from_calls(calls: &[Call]) -> Result<Self, SpecError> {
        if calls.is_empty() {
            return Err(unknown_name(KIND, "", NAMES));
        }
        Ok(Optimizer { links: calls.iter().map(Link::read).collect::<Result<_, _>>()? })
    }

    /// The chain with one more at its end.
    #[must_use]
    pub fn then(mut self, next: impl Into<Optimizer>) -> Self {
        self.links.extend(next.into().links);
        self
    }

    /// The text with the learning rates and what differs from the defaults, for people; it parses to the same.
    ///
    /// ```
    /// let chain: thalweg_rule::Optimizer = "clip_by_value(1) | adam(beta1=0.8)".parse()?;
    /// assert_eq!(chain.brief(), "clip_by_value(limit=1) | adam(lr=0.001, beta1=0.8)");
    /// assert_eq!(chain.brief().parse::<thalweg_rule::Optimizer>()?, chain);
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    pub fn brief(&self) -> String {
        let brief = |link: &Link| {
            let mut call = link.print();
            // A link that must be given something has no defaults to leave out.
            if let Ok(plain) = Link::read(&Call::new(link.name())) {
                let plain = plain.print();
                let told = |a: &Argument| a.key.as_deref() == Some("lr") || !plain.arguments.contains(a);
                call.arguments.retain(told);
            }
            call.to_string()
        };
        self.links.iter().map(brief).collect::<Vec<_>>().join(" | ")
    }

    /// A copy with one hyperparameter set, by the keys of [`Rule::hyperparameters`].
    pub(crate) fn with(&self, key: &str, value: f64) -> Result<Self, RuleError> {
        let mut changed = self.clone();
        if !changed.put(key, value) {
            let known: Vec<String> = self.keys(0).into_iter().map(|key| key.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(RuleError::UnknownKey { key: key.to_owned(), known });
        }
        changed.check()?;
        Ok(changed)
    }

    /// Sets a hyperparameter without looking at its range; whether there is one of this name.
    pub(crate) fn put(&mut self, key: &str, value: f64) -> bool {
        let Some(found) = self.keys(0).into_iter().find(|known| known.name == key) else { return false };
        self.links[found.link].set(&found.inner, value);
        true
    }

    /// As calls that read back to the same thing.
    pub(crate) fn to_calls(&self) -> Vec<Call> {
        self.links.iter().map(Link::print).collect()
    }

    /// The hyperparameters that are numbers at a step, with their keys.
    pub(crate) fn numbers(&self, step: u64) -> Vec<(String, f64)> {
        self.keys(step).into_iter().map(|key| (key.name, key.value)).collect()
    }

    /// Whether every hyperparameter is in its range. Parsed optimisers always are.
    ///
    /// # Errors
    /// [`RuleError::Hyperparameter`] for the first that is not.
    pub fn check(&self) -> Result<(), RuleError> {
        self.links.iter().try_for_each(Link::check)
    }

    /// The rule for `lanes` problems of `dim` parameters each, component by component: parameter `j` of problem `i` is
    /// element `j · lanes + i`. Norms are per problem. `lanes` = 1 is the ordinary flat vector.
    ///
    /// # Errors
    /// A hyperparameter outside its range, or sized for another number of parameters; a chain whose links do not fit together;
    /// more elements than fit in memory.
    pub fn rule<F: Real>(&self, dim: usize, lanes: usize) -> Result<Box<dyn Rule<F>>, RuleError> {
        self.rule_from(dim, lanes, 0)
    }

    /// As [`rule`](Optimizer::rule), for the problems from number `first` on of a greater set: a rule that draws random numbers
    /// draws them by the problem's number, so they do not depend on how the set is divided.
    ///
    /// # Errors
    /// As [`rule`](Optimizer::rule).
    pub fn rule_from<F: Real>(
        &self,
        dim: usize,
        lanes: usize,
        first: u64,
    ) -> Result<Box<dyn Rule<F>>, RuleError> {
        F::rule_of(self, Layout::flat(dim), lanes, first)
    }

    /// The rule for parameters that consist of named, shaped parts. Rules that treat layers, rows or matrices in their own way need
    /// this; patterns of names refer to it.
    ///
    /// # Errors
    /// As [`rule`](Optimizer::rule).
    ///
    /// ```
    /// use thalweg_rule::{Layout, Optimizer, Rule};
    ///
    /// let layout = Layout::new([("weight", vec![2, 3]), ("bias", vec![2])]);
    /// let mut rule = Optimizer::parse("sgd(lr=0.5)")?.rule_for::<f32>(&layout)?;
    /// let mut params = [1.0; 8];
    /// rule.step(&mut params, &[1.0; 8])?;
    /// assert_eq!(params, [0.5; 8]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rule_for<F: Real>(&self, layout: &Layout) -> Result<Box<dyn Rule<F>>, RuleError> {
        F::rule_of(self, layout.clone(), 1, 0)
    }

    /// As [`rule_from`](Optimizer::rule_from), for named, shaped parts.
    ///
    /// # Errors
    /// As [`rule`](Optimizer::rule).
    pub fn rule_with<F: Real>(
        &self,
        layout: &Layout,
        lanes: usize,
        first: u64,
    ) -> Result<Box<dyn Rule<F>>, RuleError> {
        F::rule_of(self, layout.clone(), lanes, first)
    }

    /// Whether a link picks parts of the parameters by their names, as `groups`, `freeze` and masks do: such a chain needs a
    /// [`Layout`] that has these names.
    ///
    /// ```
    /// use thalweg_rule::Optimizer;
    ///
    /// assert!(Optimizer::parse("freeze(\"*.bias\") | adam()")?.picks_parts());
    /// assert!(!Optimizer::parse("lamb()")?.picks_parts());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn picks_parts(&self) -> bool {
        self.links.iter().any(Link::picks_parts)
    }

    /// How many numbers the rule remembers for each parameter of a matrix of 64 rows and 64 columns: 2 for Adam, little more than 0
    /// for rules that keep rows and columns only.
    ///
    /// # Errors
    /// As [`rule`](Optimizer::rule).
    ///
    /// ```
    /// use thalweg_rule::Optimizer;
    ///
    /// assert_eq!(Optimizer::parse("adam")?.state_per_parameter()?, 2.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state_per_parameter(&self) -> Result<f64, RuleError> {
        let layout = Layout::new([("weight", [64, 64])]);
        let numbers = Snapshot::of(&mut *self.rule_for::<f32>(&layout)?).numbers();
        Ok(numbers as f64 / layout.len() as f64)
    }

    /// What [`Real::rule_of`] does.
    pub(crate) fn build<F: Real>(
        &self,
        layout: Layout,
        lanes: usize,
        first: u64,
    ) -> Result<Box<dyn Rule<F>>, RuleError> {
        let problem = Problem { shape: Shape::new(layout.len(), lanes)?, layout: layout.into(), first };
        let rule = self.part_of(&problem)?;
        Ok(Box::new(Running { optimizer: self.clone(), problem, rule }))
    }

    /// The rule without the means to change hyperparameters; for rules inside others.
    pub(crate) fn part_of<F: Real>(&self, problem: &Problem) -> Result<Box<dyn Rule<F>>, RuleError> {
        self.check()?;
        assemble(&self.links, problem)
    }

    /// The links' hyperparameters that are numbers: by the name alone where it is the only one, otherwise by `link.name`, the link
    /// being its name or, where that too is not the only one, its place from 0. A key that has a place in it already gets the
    /// link's name where there are several links.
    fn keys(&self, step: u64) -> Vec<Key> {
        let of = |(i, link): (usize, &Link)| {
            link.numbers(step).into_iter().map(move |(key, value)| (i, key, value))
        };
        let all: Vec<(usize, Cow<'static, str>, f64)> = self.links.iter().enumerate().flat_map(of).collect();
        let name = |(i, key, value): &(usize, Cow<'static, str>, f64)| {
            let same = all.iter().filter(|(_, other, _)| other == key).count();
            let link = self.links[*i].name();
            let same_link = self.links.iter().filter(|other| other.name() == link).count();
            let placed = key.contains('.') && self.links.len() > 1;
            let name = match (same, same_link) {
                (1, _) if !placed => key.to_string(),
                (_, 1) => format!("{link}.{key}"),
                _ => format!("{i}.{key}"),
            };
            Key { name, link: *i, inner: key.clone(), value: *value }
        };
        all.iter().map(name).collect()
    }
}

/// A hyperparameter that can be set.
struct Key {
    /// What it is called from outside.
    name: String,
    /// Its link's place.
    link: usize,
    /// What its link calls it.
    inner: Cow<'static, str>,
    value: f64,
}

impl FromStr for Optimizer {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::parse(text)
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, link) in self.links.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            link.print().fmt(f)?;
        }
        Ok(())
    }
}
