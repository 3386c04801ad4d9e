//! Numbers, points and constants as people write them on the command line.

use thalweg::function::{Executable, Expression};
use thalweg::solve::Bounds;

use crate::failure::Failure;

/// Constants by name, as set with `--let`.
pub(crate) type Constants = Vec<(String, f64)>;

pub(crate) fn borrowed(constants: &Constants) -> Vec<(&str, f64)> {
    constants.iter().map(|(name, value)| (name.as_str(), *value)).collect()
}

/// A whole number, also as `1e6`.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let wanted = || format!("found `{text}`, expected a whole number such as 1000 or 1e6");
    text.trim().parse::<usize>().or_else(|_| match text.trim().parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && (0.0..=1e15).contains(&number) => Ok(number as usize),
        _ => Err(wanted()),
    })
}

/// A finite number, or a constant expression such as `pi/2`.
fn number(what: &str, text: &str) -> Result<f64, Failure> {
    let word = text.trim();
    let value = match word.parse::<f64>() {
        Ok(value) => Some(value),
        Err(_) => constant_expression(word),
    };
    match value {
        Some(value) if value.is_finite() => Ok(value),
        Some(value) => Failure::wrong(format!("{what}: {word} is {value}, a finite number is needed")),
        None if word.is_empty() => Failure::wrong(format!("{what}: found nothing, expected a number")),
        None => Failure::wrong(format!("{what}: found `{word}`, expected a number such as -1.2 or 1e-3")),
    }
}

fn constant_expression(text: &str) -> Option<f64> {
    let expression = Expression::parse_with(text, Some(&[]), &[]).ok()?;
    let mut value = [0.0];
    Executable::<f64>::new(expression.program()).ok()?.run(&[], &mut value).ok()?;
    Some(value[0])
}

/// `a=1.5,b=2`, any number of times.
pub(crate) fn constants(texts: &[String]) -> Result<Constants, Failure> {
    let mut constants = Constants::new();
    for part in texts.iter().flat_map(|text| text.split(',')) {
        let Some((name, value)) = part.split_once('=') else {
            return Failure::wrong(format!(
                "--let: found `{}`, expected name=number such as a=1.5",
                part.trim()
            ));
        };
        constants.push((name.trim().to_owned(), number(&format!("--let {}", name.trim()), value)?));
    }
    Ok(constants)
}

/// `x,y`.
pub(crate) fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).collect()
}

/// A point as `1,2` or as `x=1,y=2` in any order.
pub(crate) fn point(what: &str, text: &str, variables: &[String]) -> Result<Vec<f64>, Failure> {
    let parts: Vec<&str> = text.split(',').collect();
    if parts.iter().any(|part| part.contains('=')) {
        return named_point(what, &parts, variables);
    }
    if parts.len() != variables.len() {
        return Failure::wrong(format!(
            "{what}: found {} coordinates in `{text}`, expected {}: {}",
            parts.len(),
            variables.len(),
            list(variables)
        ));
    }
    parts.iter().zip(variables).map(|(part, variable)| number(&format!("{what}, {variable}"), part)).collect()
}

fn named_point(what: &str, parts: &[&str], variables: &[String]) -> Result<Vec<f64>, Failure> {
    let mut values: Vec<Option<f64>> = vec![None; variables.len()];
    for part in parts {
        let Some((name, value)) = part.split_once('=') else {
            return Failure::wrong(format!(
                "{what}: `{}` has no name among named ones, as in x=1",
                part.trim()
            ));
        };
        let name = name.trim();
        let Some(at) = variables.iter().position(|variable| variable == name) else {
            let hint = thalweg::spec::suggest(name, variables.iter().map(String::as_str))
                .map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
            let known = list(variables);
            return Failure::wrong(format!(
                "{what}: no variable is called `{name}`{hint}; the variables are {known}"
            ));
        };
        if values[at].is_some() {
            return Failure::wrong(format!("{what}: `{name}` is given twice"));
        }
        values[at] = Some(number(&format!("{what}, {name}"), value)?);
    }
    let missing: Vec<&String> =
        variables.iter().zip(&values).filter(|(_, v)| v.is_none()).map(|(n, _)| n).collect();
    match missing.as_slice() {
        [] => Ok(values.into_iter().flatten().collect()),
        missing => Failure::wrong(format!(
            "{what}: no value for {}",
            missing.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", ")
        )),
    }
}

/// `a=1,b=2` as names with values, in the order written.
pub(crate) fn named_values(what: &str, text: &str) -> Result<Constants, Failure> {
    let mut values = Constants::new();
    for part in text.split(',') {
        let Some((name, value)) = part.split_once('=') else {
            return Failure::wrong(format!(
                "{what}: found `{}`, expected name=number such as a=1",
                part.trim()
            ));
        };
        let name = name.trim();
        if values.iter().any(|(other, _)| other == name) {
            return Failure::wrong(format!("{what}: `{name}` is given twice"));
        }
        values.push((name.to_owned(), number(&format!("{what}, {name}"), value)?));
    }
    Ok(values)
}

/// `-1..1`, or one interval a variable; for `dim` variables.
pub(crate) fn bounds(what: &str, text: &str, dim: usize) -> Result<Bounds, Failure> {
    let bounds: Bounds = text.parse().map_err(|error| Failure::spec(what, text, &error))?;
    if bounds.len() != 1 && bounds.len() != dim {
        return Failure::wrong(format!(
            "{what}: found {} intervals in `{text}`, expected one for all or one for each of {dim} variables",
            bounds.len()
        ));
    }
    Ok(bounds)
}

/// Names one after the other; of many the first few.
fn list(names: &[String]) -> String {
    match names {
        [first, second, .., last] if names.len() > 8 => format!("{first}, {second}, ..., {last}"),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xy() -> Vec<String> {
        names("x, y")
    }

    #[test]
    fn points_are_read_by_position_by_name_and_as_constant_expressions() {
        assert_eq!(point("--start", "-1.2,1", &xy()).ok(), Some(vec![-1.2, 1.0]));
        assert_eq!(point("--start", "y=1, x=-2e3", &xy()).ok(), Some(vec![-2e3, 1.0]));
        assert_eq!(point("--start", "-pi/2,2^3", &xy()).ok(), Some(vec![-std::f64::consts::FRAC_PI_2, 8.0]));
    }

    #[test]
    fn wrong_points_are_refused_with_the_variable_named() {
        for (text, says) in [
            ("1", "found 1 coordinates"),
            ("1,2,3", "found 3 coordinates"),
            ("1,NaN", "y: NaN is NaN"),
            ("inf,2", "x: inf is inf"),
            ("1,two", "found `two`"),
            ("1,", "y: found nothing"),
            ("x=1,z=2", "no variable is called `z`"),
            ("x=1", "no value for y"),
            ("x=1,x=2", "given twice"),
        ] {
            match point("--start", text, &xy()) {
                Err(Failure::Wrong(message)) => assert!(message.contains(says), "{message}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn counts_may_be_written_with_an_exponent() {
        assert_eq!(count("1e6"), Ok(1_000_000));
        assert!(count("1.5").is_err() && count("-1").is_err() && count("many").is_err());
    }
}
