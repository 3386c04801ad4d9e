//! Functions written as text: `(1-x)^2 + 100*(y-x^2)^2`.
//!
//! The parser turns text into the same [`Program`] that tracing a closure gives. What never lives here: what an operation
//! means (`primitive`).

mod parser;
mod token;

use thiserror::Error;

use crate::program::Program;

/// A function given as text: its program and the names of its variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    source: String,
    variables: Vec<String>,
    program: Program,
}

/// Why an expression cannot be read: where, what was found, what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("column {column}: {problem}")]
pub struct ParseError {
    /// Character position in the text, from 1.
    pub column: usize,
    /// What was found and what would be right.
    pub problem: String,
}

impl Expression {
    /// Reads an expression, its variables being the names that occur in it: in order of first appearance, or in numeric
    /// order if they are `x1`, `x2`, ….
    ///
    /// Operators `+ - * / ^` (`^` binds tighter than a minus sign and to the right), parentheses, numbers, the constants `pi`
    /// and `e`, and the functions `abs sign sqrt exp log log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh sigmoid
    /// softplus relu min max pow hypot`.
    ///
    /// ```
    /// let f = thalweg_function::Expression::parse("(1-x)^2 + 100*(y-x^2)^2")?;
    /// assert_eq!(f.variables(), ["x", "y"]);
    /// assert_eq!(f.program().input_count(), 2);
    /// # Ok::<(), thalweg_function::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// The text breaks the grammar or names an unknown function.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_with(source, None, &[])
    }

    /// Reads an expression with the variables given, in that order (all names that occur, if `None`), and further
    /// constants by name.
    ///
    /// # Errors
    /// As [`Expression::parse`]; and a name that is neither a variable nor a constant, a variable or constant named twice, with
    /// the name of a function or built-in constant, or with one that is no name.
    pub fn parse_with(
        source: &str,
        variables: Option<&[&str]>,
        constants: &[(&str, f64)],
    ) -> Result<Self, ParseError> {
        let (variables, program) = parser::parse(source, variables, constants)?;
        Ok(Expression { source: source.to_owned(), variables, program })
    }

    /// The text as given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The variables in the order of the program's inputs.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The function: one input a variable, one result.
    pub fn program(&self) -> &Program {
        &self.program
    }
}
