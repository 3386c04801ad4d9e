//! The parser: text to [`Call`]s.

use crate::{Argument, Call, SpecError, Value};

/// Lists and calls may nest this deep; specs of people never do, hostile input stops here.
const MAX_DEPTH: usize = 32;

/// Reads one `name` or `name(key=value, ...)`.
///
/// # Errors
/// [`SpecError::Syntax`] with the column, what was found and what was expected.
pub fn parse_call(text: &str) -> Result<Call, SpecError> {
    let mut parser = Parser::new(text);
    let call = parser.call(0)?;
    parser.end("the end")?;
    Ok(call)
}

/// Reads a chain of calls separated by `|`, in the order in which they apply.
///
/// # Errors
/// [`SpecError::Syntax`] with the column, what was found and what was expected.
pub fn parse_chain(text: &str) -> Result<Vec<Call>, SpecError> {
    let mut parser = Parser::new(text);
    let mut calls = vec![parser.call(0)?];
    while parser.take('|') {
        calls.push(parser.call(0)?);
    }
    parser.end("`|` or the end")?;
    Ok(calls)
}

struct Parser {
    text: Vec<char>,
    at: usize,
}

impl Parser {
    fn new(text: &str) -> Self {
        Parser { text: text.chars().collect(), at: 0 }
    }

    fn peek(&mut self) -> Option<char> {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn error<T>(&mut self, expected: &str) -> Result<T, SpecError> {
        let found = if self.peek().is_none() {
            "the end".to_owned()
        } else {
            let rest = &self.text[self.at..];
            let word = rest.iter().take_while(|c| is_word(**c)).count().max(1);
            format!("`{}`", rest[..word.min(24)].iter().collect::<String>())
        };
        Err(SpecError::Syntax { column: self.at + 1, found, expected: expected.to_owned() })
    }

    fn end(&mut self, expected: &str) -> Result<(), SpecError> {
        if self.peek().is_some() { self.error(expected) } else { Ok(()) }
    }

    fn word(&mut self) -> Option<String> {
        self.peek().filter(|c| c.is_alphabetic() || *c == '_')?;
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| is_word(*c)) {
            self.at += 1;
        }
        Some(self.text[start..self.at].iter().collect())
    }

    fn call(&mut self, depth: usize) -> Result<Call, SpecError> {
        self.peek();
        let column = self.at + 1;
        let Some(name) = self.word() else { return self.error("a name") };
        let mut arguments = Vec::new();
        if self.take('(') && !self.take(')') {
            loop {
                arguments.push(self.argument(depth + 1)?);
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return self.error("`,` or `)`");
                }
            }
        }
        Ok(Call { name, arguments, column })
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, SpecError> {
        self.peek();
        let start = self.at;
        let column = start + 1;
        if let Some(key) = self.word() {
            if self.take('=') {
                return Ok(Argument { key: Some(key), value: self.value(depth)?, column });
            }
            self.at = start;
        }
        Ok(Argument { key: None, value: self.value(depth)?, column })
    }

    fn value(&mut self, depth: usize) -> Result<Value, SpecError> {
        if depth > MAX_DEPTH {
            return self.error(&format!("at most {MAX_DEPTH} levels of nesting"));
        }
        match self.peek() {
            Some('[') => self.list(depth),
            Some('"') => self.quoted(),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => {
                let call = self.call(depth)?;
                Ok(match (call.name.as_str(), call.arguments.is_empty()) {
                    ("true", true) => Value::Flag(true),
                    ("false", true) => Value::Flag(false),
                    ("inf", true) => Value::Number(f64::INFINITY),
                    ("NaN" | "nan", true) => Value::Number(f64::NAN),
                    _ => Value::Call(call),
                })
            }
            _ => self.error("a number, true, false, a list, a name or quoted text"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, SpecError> {
        self.take('[');
        let mut items = Vec::new();
        if !self.take(']') {
            loop {
                items.push(self.value(depth + 1)?);
                if self.take(']') {
                    break;
                }
                if !self.take(',') {
                    return self.error("`,` or `]`");
                }
            }
        }
        Ok(Value::List(items))
    }

    fn quoted(&mut self) -> Result<Value, SpecError> {
        let rest = &self.text[self.at + 1..];
        if let Some(end) = rest.iter().position(|&c| c == '"') {
            let text = rest[..end].iter().collect();
            self.at += end + 2;
            Ok(Value::Text(text))
        } else {
            self.at = self.text.len();
            self.error("a closing `\"`")
        }
    }

    fn number(&mut self) -> Result<Value, SpecError> {
        let start = self.at;
        let mut previous = ' ';
        while let Some(&c) = self.text.get(self.at) {
            let sign = matches!(c, '+' | '-') && (self.at == start || matches!(previous, 'e' | 'E'));
            if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || sign) {
                break;
            }
            previous = c;
            self.at += 1;
        }
        let text: String = self.text[start..self.at].iter().collect();
        // Rust also reads "nan" and "infinity" with a sign; only `-inf` is part of this grammar.
        let digits = text.contains(|c: char| c.is_ascii_digit()) || matches!(text.as_str(), "-inf" | "+inf");
        match text.parse::<f64>() {
            Ok(number) if digits => Ok(Value::Number(number)),
            _ => Err(SpecError::Syntax {
                column: start + 1,
                found: format!("`{text}`"),
                expected: "a number such as 0.1 or 1e-8".to_owned(),
            }),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
