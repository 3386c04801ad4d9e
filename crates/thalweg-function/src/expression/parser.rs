//! Tokens to a program, by recursive descent.
//!
//! ```text
//! sum     = product (("+" | "-") product)*
//! product = sign (("*" | "/") sign)*
//! sign    = ("+" | "-") sign | power
//! power   = atom ("^" exponent)?        exponent = ("+" | "-") exponent | power
//! atom    = number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
//! ```

use thalweg_spec::suggest;

use super::ParseError;
use super::token::{Token, tokens};
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Program, Shape};

/// Parentheses, signs and powers may nest this deep.
const MAX_DEPTH: usize = 256;

/// Functions with the fewest and the most arguments they take.
const FUNCTIONS: [(&str, Op, usize, usize); 24] = [
    ("abs", Op::Abs, 1, 1),
    ("sign", Op::Sign, 1, 1),
    ("sqrt", Op::Sqrt, 1, 1),
    ("exp", Op::Exp, 1, 1),
    ("log", Op::Log, 1, 1),
    ("log1p", Op::Log1p, 1, 1),
    ("expm1", Op::Expm1, 1, 1),
    ("sin", Op::Sin, 1, 1),
    ("cos", Op::Cos, 1, 1),
    ("tan", Op::Tan, 1, 1),
    ("asin", Op::Asin, 1, 1),
    ("acos", Op::Acos, 1, 1),
    ("atan", Op::Atan, 1, 1),
    ("atan2", Op::Atan2, 2, 2),
    ("sinh", Op::Sinh, 1, 1),
    ("cosh", Op::Cosh, 1, 1),
    ("tanh", Op::Tanh, 1, 1),
    ("sigmoid", Op::Sigmoid, 1, 1),
    ("softplus", Op::Softplus, 1, 1),
    ("relu", Op::Relu, 1, 1),
    ("min", Op::Min, 2, usize::MAX),
    ("max", Op::Max, 2, usize::MAX),
    ("pow", Op::Pow, 2, 2),
    ("hypot", Op::Hypot, 2, 2),
];

/// What other notations call a function, and its name here.
const ELSEWHERE: [(&str, &str); 5] =
    [("ln", "log"), ("arcsin", "asin"), ("arccos", "acos"), ("arctan", "atan"), ("sgn", "sign")];

const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];

pub(super) fn parse(
    source: &str,
    variables: Option<&[&str]>,
    constants: &[(&str, f64)],
) -> Result<(Vec<String>, Program), ParseError> {
    let tokens = tokens(source)?;
    check_names(variables.unwrap_or_default(), constants)?;
    let given = variables.is_some();
    let variables = variables.map_or_else(
        || occurring(&tokens, constants),
        |names| names.iter().map(|&name| name.to_owned()).collect(),
    );
    let mut builder = Builder::verbatim();
    let inputs = variables.iter().map(|name| builder.input(name, Shape::SCALAR)).collect();
    let mut parser =
        Parser { tokens, at: 0, depth: 0, builder, variables: &variables, inputs, constants, given };
    let result = parser.sum()?;
    if *parser.peek() != Token::End {
        return parser.unexpected("an operator or the end");
    }
    let program = parser.builder.finish(&[result]);
    Ok((variables, program))
}

fn check_names(variables: &[&str], constants: &[(&str, f64)]) -> Result<(), ParseError> {
    let names: Vec<_> = variables.iter().copied().chain(constants.iter().map(|(name, _)| *name)).collect();
    for (i, name) in names.iter().enumerate() {
        let mut characters = name.chars();
        let is_name = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_');
        let taken = FUNCTIONS.iter().any(|(f, ..)| f == name) || CONSTANTS.iter().any(|(c, _)| c == name);
        let problem = if !is_name {
            "is not a name: a letter, then letters, digits or _"
        } else if taken {
            "is already the name of a function or constant"
        } else if names[..i].contains(name) {
            "is named twice"
        } else {
            continue;
        };
        return Err(ParseError {
            column: 1,
            problem: format!("the variable or constant `{name}` {problem}"),
        });
    }
    Ok(())
}

/// The names that are not functions or constants, in order of first appearance, or by number if all are `x` with a number.
fn occurring(tokens: &[(Token, usize)], constants: &[(&str, f64)]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut names: Vec<String> = Vec::new();
    for (i, (token, _)) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let call = tokens.get(i + 1).is_some_and(|(next, _)| *next == Token::Symbol('('));
        let constant = constants.iter().chain(&CONSTANTS).any(|(c, _)| c == name);
        let function = FUNCTIONS.iter().any(|(f, ..)| f == name);
        if !call && !constant && !function && seen.insert(name.clone()) {
            names.push(name.clone());
        }
    }
    let number = |name: &String| name.strip_prefix('x').and_then(|digits| digits.parse::<u64>().ok());
    if names.iter().all(|name| number(name).is_some()) {
        names.sort_by_key(number);
    }
    names
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

struct Parser<'a> {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    builder: Builder,
    variables: &'a [String],
    inputs: Vec<NodeId>,
    constants: &'a [(&'a str, f64)],
    /// Whether the variables were named beforehand.
    given: bool,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn take(&mut self, symbol: char) -> bool {
        let found = *self.peek() == Token::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn fail<T>(&self, problem: String) -> Result<T, ParseError> {
        Err(ParseError { column: self.tokens[self.at].1, problem })
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, ParseError> {
        self.fail(format!("found {}, expected {expected}", self.peek().describe()))
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth == MAX_DEPTH {
            return self.fail(format!(
                "nested more than {MAX_DEPTH} levels deep; name a part with --let or simplify"
            ));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn sum(&mut self) -> Result<NodeId, ParseError> {
        let mut left = self.product()?;
        loop {
            let op = if self.take('+') {
                Op::Add
            } else if self.take('-') {
                Op::Sub
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.builder.apply(op, &[left, right]);
        }
    }

    fn product(&mut self) -> Result<NodeId, ParseError> {
        let mut left = self.sign()?;
        loop {
            let op = if self.take('*') {
                Op::Mul
            } else if self.take('/') {
                Op::Div
            } else {
                return Ok(left);
            };
            let right = self.sign()?;
            left = self.builder.apply(op, &[left, right]);
        }
    }

    fn sign(&mut self) -> Result<NodeId, ParseError> {
        let mut negative = false;
        loop {
            if self.take('-') {
                negative = !negative;
            } else if !self.take('+') {
                break;
            }
        }
        let operand = self.power()?;
        Ok(if negative { self.builder.neg(operand) } else { operand })
    }

    fn power(&mut self) -> Result<NodeId, ParseError> {
        let base = self.atom()?;
        if !self.take('^') {
            return Ok(base);
        }
        let exponent = self.nested(Self::exponent)?;
        Ok(self.builder.apply(Op::Pow, &[base, exponent]))
    }

    /// The right side of `^`, which may carry a sign: `x^-2`. A signed number is one constant.
    fn exponent(&mut self) -> Result<NodeId, ParseError> {
        if let (Token::Symbol('-'), Some((Token::Number(number), _))) =
            (self.peek(), self.tokens.get(self.at + 1))
        {
            let number = *number;
            if !matches!(self.tokens.get(self.at + 2), Some((Token::Symbol('^'), _))) {
                self.at += 2;
                return Ok(self.builder.constant(-number));
            }
        }
        self.sign()
    }

    fn atom(&mut self) -> Result<NodeId, ParseError> {
        match self.peek().clone() {
            Token::Number(number) => {
                self.at += 1;
                Ok(self.builder.constant(number))
            }
            Token::Symbol('(') => {
                self.at += 1;
                let inner = self.nested(Self::sum)?;
                if self.take(')') { Ok(inner) } else { self.unexpected("`)` or an operator") }
            }
            Token::Name(name) => {
                if self.tokens[self.at + 1].0 == Token::Symbol('(') {
                    return self.call(&name);
                }
                self.name(&name)
            }
            _ => self.unexpected("a number, a name, a function or `(`"),
        }
    }

    fn name(&mut self, name: &str) -> Result<NodeId, ParseError> {
        if let Some(i) = self.variables.iter().position(|v| v == name) {
            self.at += 1;
            return Ok(self.inputs[i]);
        }
        if let Some(&(_, value)) = self.constants.iter().chain(&CONSTANTS).find(|(c, _)| *c == name) {
            self.at += 1;
            return Ok(self.builder.constant(value));
        }
        if FUNCTIONS.iter().any(|(f, ..)| *f == name) {
            return self
                .fail(format!("the function `{name}` needs its arguments in parentheses: {name}(...)"));
        }
        debug_assert!(self.given, "without given variables every other name is one");
        let known = self.variables.iter().map(String::as_str).chain(self.constants.iter().map(|(c, _)| *c));
        // Of a single letter, no other letter is a likely slip.
        let hint = if name.chars().count() > 1 { did_you_mean(suggest(name, known)) } else { String::new() };
        let known = match self.variables {
            [] => "there are none".to_owned(),
            names => format!("the variables are {}", names.join(", ")),
        };
        self.fail(format!("unknown variable `{name}`{hint}; {known}"))
    }

    fn call(&mut self, name: &str) -> Result<NodeId, ParseError> {
        let Some(&(_, op, fewest, most)) = FUNCTIONS.iter().find(|(f, ..)| *f == name) else {
            if self.variables.iter().any(|v| v == name) {
                return self.fail(format!("`{name}` is a variable; a product is written `{name}*(...)`"));
            }
            let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == name).map(|(_, ours)| *ours);
            let hint = did_you_mean(elsewhere.or_else(|| suggest(name, FUNCTIONS.iter().map(|(f, ..)| *f))));
            let known: Vec<_> = FUNCTIONS.iter().map(|(f, ..)| *f).collect();
            return self.fail(format!("unknown function `{name}`{hint}; known: {}", known.join(" ")));
        };
        let start = self.at;
        self.at += 2;
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                arguments.push(self.nested(Self::sum)?);
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return self.unexpected("`,`, `)` or an operator");
                }
            }
        }
        if arguments.len() < fewest || arguments.len() > most {
            self.at = start;
            let wanted = match (fewest, most) {
                (1, _) => "one argument".to_owned(),
                (fewest, usize::MAX) => format!("{fewest} arguments or more"),
                (fewest, _) => format!("{fewest} arguments"),
            };
            return self.fail(format!("`{name}` takes {wanted}, found {}", arguments.len()));
        }
        let mut result = arguments[0];
        if arguments.len() == 1 {
            return Ok(self.builder.apply(op, &[result]));
        }
        for &argument in &arguments[1..] {
            result = self.builder.apply(op, &[result, argument]);
        }
        Ok(result)
    }
}
