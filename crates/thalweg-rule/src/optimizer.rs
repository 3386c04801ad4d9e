//! Descriptions of chains: text to rule and back.

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{Call, SpecError, parse_chain, unknown_name};

use crate::hyper::{self, Describe};
use crate::pass::{Piece, Pipeline, Shape};
use crate::rule::{
    AMSGrad, Adagrad, Adam, AdamW, AddDecayedWeights, ClipByGlobalNorm, ClipByValue, HeavyBall, Nesterov,
    Preconditioned, RmsProp, Scale, Sgd,
};
use crate::{Named, Real, Rule, RuleError};

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
}

/// How a description becomes work to do.
pub(crate) trait Assemble {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>>;
}

macro_rules! links {
    ($($rule:ident),*) => {
        #[derive(Debug, Clone, PartialEq)]
        enum Link {
            $($rule($rule)),*
        }

        const NAMES: &[&str] = &[$(<$rule as Describe>::NAME),*];

        /// Every optimiser and every transform that chains are made of: name, summary and signature.
        ///
        /// ```
        /// let adam = thalweg_rule::names().into_iter().find(|named| named.name == "adam").unwrap();
        /// assert!(adam.signature.starts_with("adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8"));
        /// ```
        pub fn names() -> Vec<Named> {
            vec![$(hyper::named::<$rule>()),*]
        }

        impl Link {
            fn read(call: &Call) -> Result<Self, SpecError> {
                match call.name.as_str() {
                    "gradient_descent" => Ok(Link::Sgd(hyper::read(call, KIND)?)),
                    $(<$rule as Describe>::NAME => Ok(Link::$rule(hyper::read(call, KIND)?)),)*
                    other => Err(unknown_name(KIND, other, NAMES)),
                }
            }

            fn print(&self) -> Call {
                match self {
                    $(Link::$rule(rule) => hyper::print(rule)),*
                }
            }

            fn check(&self) -> Result<(), RuleError> {
                match self {
                    $(Link::$rule(rule) => hyper::check(rule)),*
                }
            }

            fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
                match self {
                    $(Link::$rule(rule) => rule.pieces()),*
                }
            }
        }

        $(
            impl From<$rule> for Optimizer {
                fn from(rule: $rule) -> Self {
                    Optimizer { links: vec![Link::$rule(rule)] }
                }
            }

            impl Recipe for $rule {}
        )*
    };
}
links!(
    Sgd,
    HeavyBall,
    Nesterov,
    Adagrad,
    RmsProp,
    Adam,
    AdamW,
    AMSGrad,
    Preconditioned,
    ClipByValue,
    ClipByGlobalNorm,
    AddDecayedWeights,
    Scale
);

const KIND: &str = "optimizer";

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
    /// A hyperparameter outside its range, or sized for another number of parameters; more elements than fit in memory.
    pub fn rule<F: Real>(&self, dim: usize, lanes: usize) -> Result<Box<dyn Rule<F>>, RuleError> {
        self.check()?;
        let shape = Shape::new(dim, lanes)?;
        let mut pieces: Vec<Box<dyn Piece<F>>> = self.links.iter().flat_map(Link::pieces).collect();
        if pieces.len() == 1
            && let Some(piece) = pieces.pop()
        {
            return piece.rule(shape);
        }
        let stages = pieces.into_iter().map(|piece| piece.stage(shape)).collect::<Result<_, _>>()?;
        Ok(Box::new(Pipeline::new(stages, shape)?))
    }
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
