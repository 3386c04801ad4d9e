//! Parsed specs, and how they are printed: what is printed parses again to the same thing.

use std::fmt;

/// A value given to an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `0.1`, `-3`, `1e-8`, `inf`.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
    /// `[1, 6]`, `[[1, 0], [0, 2]]`.
    List(Vec<Value>),
    /// `"x^2 + y^2 = 1"`: text in double quotes.
    Text(String),
    /// A bare name or a name with options: `sum`, `cosine(init=0.1, steps=100)`.
    Call(Call),
}

/// One argument: `0.1` or `lr=0.1`.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The option's name, unless given by position.
    pub key: Option<String>,
    /// What it is set to.
    pub value: Value,
    /// Where the argument starts in the text, in characters from 1.
    pub column: usize,
}

/// A name with its arguments: `adam(lr=0.1)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The name before the parenthesis.
    pub name: String,
    /// The arguments in the order written; empty for a bare name.
    pub arguments: Vec<Argument>,
    /// Where the name starts in the text, in characters from 1.
    pub column: usize,
}

impl Call {
    /// A call to be printed: a name without arguments, to which [`Call::with`] adds.
    pub fn new(name: &str) -> Self {
        Call { name: name.to_owned(), arguments: Vec::new(), column: 1 }
    }

    /// The call with one more named argument.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.arguments.push(Argument { key: Some(key.to_owned()), value: value.into(), column: 1 });
        self
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<&[f64]> for Value {
    fn from(numbers: &[f64]) -> Self {
        Value::List(numbers.iter().map(|&n| Value::Number(n)).collect())
    }
}

impl From<Call> for Value {
    fn from(call: Call) -> Self {
        Value::Call(call)
    }
}

/// Prints a number as briefly as reads back to the same bits: `1`, `0.1`, `1e-8`, `inf`.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => Number(*number).fmt(f),
            Value::Flag(flag) => flag.fmt(f),
            Value::Text(text) => write!(f, "\"{text}\""),
            Value::Call(call) => call.fmt(f),
            Value::List(items) => {
                f.write_str("[")?;
                separated(f, items, |f, item| item.fmt(f))?;
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.arguments.is_empty() {
            return Ok(());
        }
        f.write_str("(")?;
        separated(f, &self.arguments, |f, argument| {
            if let Some(key) = &argument.key {
                write!(f, "{key}=")?;
            }
            argument.value.fmt(f)
        })?;
        f.write_str(")")
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    print: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        print(f, item)?;
    }
    Ok(())
}
