//! What a measuring program prints, and comparing the numbers that must agree.

use serde_json::Value;

/// One line of a measuring program.
#[derive(Clone)]
pub(super) struct Measurement {
    pub(super) n: usize,
    pub(super) steps: usize,
    pub(super) seconds: f64,
    pub(super) check: Vec<f64>,
    /// The shortest time that the machine allows, where the program says it.
    pub(super) floor: Option<f64>,
}

/// What a measuring program prints of one of several parts of its work: a time, or why there is none.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) outcome: Result<Measurement, String>,
}

impl Part {
    /// Reads a line as [`Measurement::read`] does, or `{"case", "refused"}`.
    pub(super) fn read(line: &str, threads: usize) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line.trim()).map_err(|e| format!("{e} in {line:?}"))?;
        let name = value["case"].as_str().ok_or(format!("no text case in {line:?}"))?.to_owned();
        let outcome = match value["refused"].as_str() {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(Measurement::read(line, threads)?),
        };
        Ok(Part { name, outcome })
    }
}

impl Measurement {
    /// Reads the line `{"peer", "case", "n", "threads", "seconds", "steps", "check"}`.
    pub(super) fn read(line: &str, threads: usize) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line.trim()).map_err(|e| format!("{e} in {line:?}"))?;
        let number = |key: &str| value[key].as_f64().ok_or(format!("no number {key} in {line:?}"));
        let check = value["check"].as_array().ok_or(format!("no list check in {line:?}"))?;
        let check = check.iter().map(|v| v.as_f64().ok_or(format!("check is not of numbers in {line:?}")));
        let measurement = Measurement {
            n: number("n")? as usize,
            steps: number("steps")? as usize,
            seconds: number("seconds")?,
            check: check.collect::<Result<_, _>>()?,
            floor: value["floor"].as_f64(),
        };
        if number("threads")? as usize != threads {
            return Err(format!("not on {threads} threads: {line}"));
        }
        Ok(measurement)
    }

    /// Nanoseconds for each start and step.
    pub(super) fn nanoseconds(&self) -> f64 {
        self.seconds * 1e9 / (self.n as f64 * self.steps as f64)
    }

    /// Whether the numbers to be checked agree; those that only one of the two has do not count.
    pub(super) fn agrees_with(&self, other: &Self, tolerance: f64) -> bool {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * a.abs().max(b.abs());
        self.check.iter().zip(&other.check).all(close)
    }
}

/// The middle number, the upper one of two; NaN of nothing.
pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The lowest and the highest number.
pub(super) fn range(numbers: &[f64]) -> (f64, f64) {
    let outer = |pick: fn(f64, f64) -> f64| numbers.iter().copied().fold(f64::NAN, pick);
    (outer(f64::min), outer(f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(check: &str) -> Result<Measurement, String> {
        let line = r#"{"peer": "p", "case": "c", "n": 4, "threads": 1, "seconds": 2e-6, "steps": 5, "check": CHECK}"#;
        Measurement::read(&line.replace("CHECK", check), 1)
    }

    #[test]
    fn time_is_shared_among_starts_and_steps() {
        assert_eq!(line("[1.0]").unwrap().nanoseconds(), 100.0);
    }

    #[test]
    fn a_difference_beyond_the_tolerance_is_a_disagreement() {
        let one = line("[1.0, 2.0]").unwrap();
        assert!(one.agrees_with(&line("[1.0000000005]").unwrap(), 1e-9));
        assert!(!one.agrees_with(&line("[1.0, 2.000000003]").unwrap(), 1e-9));
    }

    #[test]
    fn a_number_that_is_nan_is_refused() {
        assert!(line("[NaN]").is_err());
        assert!(line("3").is_err());
    }

    #[test]
    fn measurements_on_other_threads_are_refused() {
        let line = r#"{"n": 4, "threads": 2, "seconds": 1.0, "steps": 5, "check": []}"#;
        assert!(Measurement::read(line, 1).is_err());
    }

    #[test]
    fn a_part_without_a_time_says_why() {
        let part = Part::read(r#"{"case": "Hessian", "refused": "not yet"}"#, 1).unwrap();
        assert_eq!((part.name.as_str(), part.outcome.err().as_deref()), ("Hessian", Some("not yet")));
    }
}
