//! [`Problem`]: what FUNCTION means, a landscape or an expression.

use std::path::Path;

use thalweg::function::{Expression, Program};
use thalweg::landscape::{Landscape, entries};
use thalweg::picture::Picture;
use thalweg::solve::{Bounds, Constraint, Relation};
use thalweg::spec::{Value, parse_call, suggest};

use crate::arguments::FunctionArguments;
use crate::failure::Failure;
use crate::numbers::{self, Constants};

/// The function a command works on.
#[derive(Debug)]
pub(crate) struct Problem {
    /// How it is written; parses to the same function.
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) variables: Vec<String>,
    pub(crate) landscape: Option<Landscape>,
    pub(crate) constants: Constants,
}

impl Problem {
    pub(crate) fn read(arguments: &FunctionArguments) -> Result<Self, Failure> {
        let constants = numbers::constants(&arguments.constants)?;
        let names = arguments.vars.as_deref().map(numbers::names);
        let text = match arguments.function.strip_prefix('@') {
            Some(file) => {
                let path = Path::new(file);
                std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?
            }
            None => arguments.function.clone(),
        };
        let text = text.trim();
        if text.is_empty() {
            return Failure::wrong(
                "FUNCTION: found nothing, expected a landscape such as rosenbrock or an expression such as \"x^2 + y^2\"",
            );
        }
        let named: Vec<&str> = names
            .iter()
            .flatten()
            .map(String::as_str)
            .chain(constants.iter().map(|(name, _)| name.as_str()))
            .collect();
        if !means_landscape(text, &named) {
            return Self::expression(text, names.as_deref(), constants);
        }
        let landscape = Landscape::parse(text).map_err(|error| Failure::spec("FUNCTION", text, &error))?;
        for (flag, given) in [("--vars", names.is_some()), ("--let", !constants.is_empty())] {
            if given {
                let variables = landscape.variables();
                return Failure::wrong(format!(
                    "{flag} is for expressions; {landscape} has the variables {} and its own options",
                    variables[..variables.len().min(4)].join(", ")
                ));
            }
        }
        Ok(Problem {
            name: landscape.to_string(),
            program: landscape.program().clone(),
            variables: landscape.variables(),
            landscape: Some(landscape),
            constants,
        })
    }

    fn expression(text: &str, names: Option<&[String]>, constants: Constants) -> Result<Self, Failure> {
        let names: Option<Vec<&str>> = names.map(|names| names.iter().map(String::as_str).collect());
        let expression = Expression::parse_with(text, names.as_deref(), &numbers::borrowed(&constants))
            .map_err(|error| Failure::expression("FUNCTION", text, &error))?;
        let variables = expression.variables().to_vec();
        if variables.is_empty() {
            return Failure::wrong(format!(
                "FUNCTION: `{text}` has no variables, so there is nothing to vary"
            ));
        }
        if names.is_none()
            && let Some(entry) = entries().iter().find(|entry| variables.iter().any(|v| v == entry.name))
        {
            return Failure::wrong(format!(
                "FUNCTION: `{0}` is a landscape and stands alone, it cannot be part of an expression; its formula is {1}",
                entry.name, entry.formula
            ));
        }
        Ok(Problem {
            name: text.to_owned(),
            program: expression.program().clone(),
            variables,
            landscape: None,
            constants,
        })
    }

    pub(crate) fn dim(&self) -> usize {
        self.variables.len()
    }

    /// The box to draw starts from or to show: as given, else the landscape's.
    pub(crate) fn sampling_box(&self, given: Option<&str>) -> Result<Option<Bounds>, Failure> {
        if let Some(text) = given {
            return numbers::bounds("--box", text, self.dim()).map(Some);
        }
        let own = self.landscape.as_ref().map(|landscape| Bounds::each(landscape.bounds()));
        Ok(own.transpose()?)
    }

    /// The limits of the variables that the landscape has of its own.
    pub(crate) fn limits(&self) -> Option<Result<Bounds, Failure>> {
        let constraints = self.landscape.as_ref()?.constraints()?;
        Some(Bounds::each(&constraints.limits).map_err(Failure::from))
    }

    /// The equations and inequalities that the landscape has of its own.
    pub(crate) fn functions(&self) -> impl Iterator<Item = Constraint> {
        let own = self.landscape.as_ref().and_then(Landscape::constraints);
        let named = |program: &Program, what: &str| {
            Relation::traced(program).named(&format!("{}'s {what}", self.name))
        };
        let equal = own.and_then(|own| own.equalities.as_ref()).map(|c| named(c, "equations").equal_to(0.0));
        let least =
            own.and_then(|own| own.inequalities.as_ref()).map(|c| named(c, "inequalities").at_least(0.0));
        equal.into_iter().chain(least).map(Constraint::Function)
    }

    pub(crate) fn point(&self, what: &str, text: &str) -> Result<Vec<f64>, Failure> {
        numbers::point(what, text, &self.variables)
    }

    /// A picture of the function alone.
    pub(crate) fn picture(&self) -> Picture {
        match &self.landscape {
            Some(landscape) => Picture::of(landscape),
            None => Picture::new(&self.program).titled(self.title()),
        }
    }

    /// The name, shortened if it is very long.
    pub(crate) fn title(&self) -> String {
        shortened(&self.name, 100)
    }
}

/// The text, or its first characters if it has more.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(" ...".chars()).collect()
}

/// Whether the text is a landscape, right or misspelt, rather than an expression.
pub(crate) fn means_landscape(text: &str, named: &[&str]) -> bool {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = text[name.len()..].trim();
    let known = entries().iter().any(|entry| entry.name == name);
    let of_the_grammar = Expression::parse_with("0", Some(&[name.as_str()]), &[]).is_err();
    if name.is_empty() || named.contains(&name.as_str()) || (of_the_grammar && !known) {
        return false;
    }
    match parse_call(text) {
        // A bare name: short ones are variables.
        Ok(call) if rest.is_empty() => known || call.name.chars().count() > 3 || near(&name),
        Ok(call) => {
            let is_option = |value: &Value| matches!(value, Value::List(_) | Value::Text(_));
            known || near(&name) || call.arguments.iter().any(|a| a.key.is_some() || is_option(&a.value))
        }
        // An expression has neither `=` nor brackets.
        Err(_) => rest.starts_with('(') && (known || text.contains(['=', '['])),
    }
}

pub(crate) fn near(name: &str) -> bool {
    suggest(name, entries().iter().map(|entry| entry.name)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_landscapes_right_or_misspelt_mean_landscapes_and_formulas_expressions() {
        for text in [
            "rosenbrock",
            "rosenbrok",
            "ackley(dim=10)",
            "akley(dim=10)",
            "wels(2, 3)",
            "ackley(dim=",
            "zzzz",
            "foo(a=1)",
        ] {
            assert!(means_landscape(text, &[]), "{text}");
        }
        for text in [
            "x",
            "x1",
            "x^2",
            "sin(x)",
            "exp(-x^2)",
            "(x)",
            "-x",
            "foo + 1",
            "foo(x)*2",
            "2*x",
            "pow(x, 2)",
            "e",
            "x y",
        ] {
            assert!(!means_landscape(text, &[]), "{text}");
        }
        assert!(!means_landscape("theta", &["theta"]));
    }

    #[test]
    fn every_landscape_is_recognised_by_its_signature() {
        for entry in entries() {
            assert!(means_landscape(entry.signature, &[]), "{}", entry.signature);
        }
    }
}
