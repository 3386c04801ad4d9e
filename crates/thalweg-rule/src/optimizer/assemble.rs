//! How descriptions become rules: pieces side by side in one pipeline, wrappers around what follows them.

use super::links::Link;
use crate::pass::{Piece, Pipeline, Problem, Stage};
use crate::wrap::Behind;
use crate::{Real, Rule, RuleError};

/// A description's work to do.
pub(crate) enum Part<F> {
    /// Links of a chain.
    Pieces(Vec<Box<dyn Piece<F>>>),
    /// A rule around the one that the rest of the chain makes.
    Wrapper(Box<Wrap<F>>),
    /// The same, which looks on only; at the end of a chain it is around all that comes before it.
    Onlooker(Box<Wrap<F>>),
    /// A whole rule, behind which nothing can stand.
    Rule(Box<Build<F>>),
}

/// Makes a rule, from what makes the one that it is around.
pub(crate) type Wrap<F> = dyn FnOnce(&Inner<'_, F>, &Problem) -> Result<Box<dyn Rule<F>>, RuleError>;

/// Makes the rule that a wrapper is around.
pub(crate) type Inner<'a, F> = dyn Fn(&Problem) -> Result<Box<dyn Rule<F>>, RuleError> + 'a;

/// Makes a rule.
pub(crate) type Build<F> = dyn FnOnce(&Problem) -> Result<Box<dyn Rule<F>>, RuleError>;

/// How a description becomes work to do: one of the two must be given.
pub(crate) trait Assemble {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        Vec::new()
    }
    fn part<F: Real>(&self) -> Part<F> {
        Part::Pieces(self.pieces())
    }
}

/// The rule that some links make.
pub(super) fn assemble<F: Real>(links: &[Link], problem: &Problem) -> Result<Box<dyn Rule<F>>, RuleError> {
    if let Some((last, before)) = links.split_last()
        && !before.is_empty()
        && let Part::Onlooker(wrap) = last.part()
    {
        return wrap(&|problem| assemble(before, problem), problem);
    }
    let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
    for (i, link) in links.iter().enumerate() {
        let rule = match link.part() {
            Part::Pieces(own) => {
                pieces.extend(own);
                continue;
            }
            Part::Wrapper(_) | Part::Onlooker(_) if i + 1 == links.len() => {
                let name = link.name();
                return Err(RuleError::Chain(format!(
                    "`{name}` holds what follows it in the chain, and nothing does: write it before a rule, as in `{name}(...) | adam()`"
                )));
            }
            Part::Wrapper(wrap) | Part::Onlooker(wrap) => {
                wrap(&|problem| assemble(&links[i + 1..], problem), problem)?
            }
            Part::Rule(build) if i + 1 == links.len() => build(problem)?,
            Part::Rule(_) => {
                let (name, next) = (link.name(), links[i + 1].name());
                return Err(RuleError::Chain(format!(
                    "`{name}` moves the parameters itself, so `{next}` cannot follow it: write `{next}` before it"
                )));
            }
        };
        if pieces.is_empty() {
            return Ok(rule);
        }
        return Ok(Box::new(Behind::new(stages(pieces, problem)?, rule, problem)?));
    }
    if pieces.len() == 1
        && let Some(piece) = pieces.pop()
    {
        return piece.rule(problem);
    }
    Ok(Box::new(Pipeline::new(stages(pieces, problem)?, problem)?))
}

fn stages<F: Real>(
    pieces: Vec<Box<dyn Piece<F>>>,
    problem: &Problem,
) -> Result<Vec<Box<dyn Stage<F>>>, RuleError> {
    pieces.into_iter().map(|piece| piece.stage(problem)).collect()
}
