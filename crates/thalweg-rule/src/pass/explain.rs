//! How a step goes over memory: the passes and the bytes that each of them moves.

use std::fmt;

use crate::Real;

/// One pass over memory, or one piece of work of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub name: String,
    /// Vectors as long as the parameters that are read.
    pub reads: usize,
    /// Vectors as long as the parameters that are written.
    pub writes: usize,
}

impl Step {
    /// An element-wise pass from so many vectors beside the parameters: reads them, the parameters and the slots, writes parameters
    /// and slots.
    pub(crate) fn pass(name: &str, from: usize, slots: usize) -> Self {
        Step { name: name.to_owned(), reads: 1 + from + slots, writes: 1 + slots }
    }
}

/// How a step goes over memory: [`Rule::explain`](crate::Rule::explain).
///
/// ```
/// use thalweg_rule::{Optimizer, Rule};
///
/// let chain = Optimizer::parse("clip_by_value(1) | adam(lr=0.01) | add_decayed_weights(0.1) | scale(0.5)")?;
/// let rule = chain.rule::<f32>(1000, 1)?;
/// // One pass: parameters, gradient and two averages read, parameters and averages written.
/// assert_eq!(rule.explain().steps.len(), 1);
/// assert_eq!(rule.explain().bytes(), 1000 * 4 * (4 + 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Parameters, of all problems.
    pub size: usize,
    /// Bytes of an element.
    pub element: usize,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is done with parts of the parameters, by their names, before or after that.
    pub parts: Vec<(String, Explanation)>,
}

impl Explanation {
    pub(crate) fn new<F: Real>(size: usize, steps: Vec<Step>) -> Self {
        Explanation { size, element: size_of::<F>(), steps, parts: Vec::new() }
    }

    /// Bytes moved from and to memory by one step, if nothing stays in a cache between passes.
    pub fn bytes(&self) -> usize {
        let own = self.steps.iter().map(|step| (step.reads + step.writes) * self.size * self.element);
        own.chain(self.parts.iter().map(|(_, part)| part.bytes())).sum()
    }
}

impl fmt::Display for Explanation {
    /// A line for each pass.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Step { name, reads, writes } in &self.steps {
            let bytes = (reads + writes) * self.element;
            writeln!(f, "{name}: reads {reads} and writes {writes} vectors, {bytes} bytes a parameter")?;
        }
        for (name, part) in &self.parts {
            writeln!(f, "{name}:")?;
            part.to_string().lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        write!(f, "in all {} bytes for {} parameters", self.bytes(), self.size)
    }
}
