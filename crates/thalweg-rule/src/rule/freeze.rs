//! Layers that stay as they are.

use crate::Real;
use crate::hyper::{Describe, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Masked, Piece, Treatment};

recipe! {
    /// Some layers stay as they are: their update becomes zero.
    ///
    /// ```text
    /// u ← 0      (of the leaves whose names match)
    /// ```
    ///
    /// Written behind a rule: what follows it may move the layers again, and what stands before it still sees their gradients.
    /// Patterns are those of [`Layout::matching`](crate::Layout::matching); one that matches nothing is an error.
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `transforms.freeze`, by names.
    ///
    /// ```
    /// use thalweg_rule::{Layout, Optimizer, Rule};
    ///
    /// let layout = Layout::new([("0.weight", vec![2]), ("1.weight", vec![1])]);
    /// let mut rule = Optimizer::parse("sgd(lr=1) | freeze(\"0.*\")")?.rule_for(&layout)?;
    /// let mut x = [0.0; 3];
    /// rule.step(&mut x, &[1.0; 3])?;
    /// assert_eq!(x, [0.0, 0.0, -1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Freeze = freeze("layers whose names match stay as they are") requires {
        /// Patterns of names, with `*` and `?`, separated by commas.
        names: String = String::new();
    } {}
}

impl Assemble for Freeze {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Masked {
            rule: Self::NAME,
            key: "names",
            pattern: self.names.clone(),
            treatment: Treatment::Freeze,
        })]
    }
}
