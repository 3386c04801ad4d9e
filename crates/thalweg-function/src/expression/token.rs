//! Text to tokens.

use super::ParseError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    Symbol(char),
    End,
}

impl Token {
    pub(super) fn describe(&self) -> String {
        match self {
            Token::Number(number) => format!("`{}`", thalweg_spec::Number(*number)),
            Token::Name(name) => format!("`{}`", name.chars().take(24).collect::<String>()),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_owned(),
        }
    }
}

/// The tokens with their columns, `End` last.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, usize)>, ParseError> {
    let text: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        let column = at + 1;
        let run = |from: usize, belongs: &dyn Fn(char) -> bool| {
            text[from..].iter().position(|&c| !belongs(c)).map_or(text.len(), |n| from + n)
        };
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        if c.is_ascii_digit() || (c == '.' && text.get(at + 1).is_some_and(char::is_ascii_digit)) {
            let mut end = run(at, &|c| c.is_ascii_digit() || c == '.');
            if matches!(text.get(end), Some('e' | 'E')) {
                let sign = usize::from(matches!(text.get(end + 1), Some('+' | '-')));
                let digits = run(end + 1 + sign, &|c| c.is_ascii_digit());
                end = if digits > end + 1 + sign { digits } else { end };
            }
            let number: String = text[at..end].iter().collect();
            let value = number.parse().map_err(|_| ParseError {
                column,
                problem: format!("found `{number}`, expected a number such as 0.1 or 1e-8"),
            })?;
            tokens.push((Token::Number(value), column));
            at = end;
        } else if c.is_alphabetic() || c == '_' {
            let end = run(at, &|c| c.is_alphanumeric() || c == '_');
            tokens.push((Token::Name(text[at..end].iter().collect()), column));
            at = end;
        } else if "+-*/^(),".contains(c) {
            if c == '*' && text.get(at + 1) == Some(&'*') {
                return Err(ParseError { column, problem: "found `**`; a power is written `^`".to_owned() });
            }
            tokens.push((Token::Symbol(c), column));
            at += 1;
        } else {
            let problem =
                format!("found `{c}`, expected a number, a name, a parenthesis or one of + - * / ^");
            return Err(ParseError { column, problem });
        }
    }
    tokens.push((Token::End, text.len() + 1));
    Ok(tokens)
}
