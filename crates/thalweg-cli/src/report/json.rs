//! Results as JSON. Numbers read back to the same bits; what is not finite is `null`.

use std::io::Write;

use serde::Serialize;

use super::{Hops, Minimum, Run};
use crate::failure::Failure;
use crate::numbers::Constants;
use crate::problem::Problem;

/// The result of one optimiser on one function.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    thalweg: &'static str,
    function: &'a str,
    variables: &'a [String],
    optimizer: String,
    seed: u64,
    runs: &'a [Run],
    #[serde(skip_serializing_if = "Constants::is_empty", serialize_with = "as_object")]
    constants: Constants,
    best: Option<Best<'a>>,
    /// The distinct minima of many starts, or of hops, the lowest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    minima: Option<&'a [Minimum]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hops: Option<&'a Hops>,
}

/// The lowest point seen in any run.
#[derive(Debug, Serialize)]
pub(crate) struct Best<'a> {
    pub(crate) run: usize,
    pub(crate) x: &'a [f64],
    pub(crate) value: f64,
}

/// The results of several optimisers on one function.
#[derive(Debug, Serialize)]
pub(crate) struct Documents<'a> {
    pub(crate) function: &'a str,
    pub(crate) results: Vec<Document<'a>>,
}

impl<'a> Best<'a> {
    pub(crate) fn of(runs: &'a [Run]) -> Option<Self> {
        let finite = runs.iter().enumerate().filter(|(_, run)| run.best_value.is_finite());
        let lowest = finite.min_by(|(_, a), (_, b)| a.best_value.total_cmp(&b.best_value));
        lowest.map(|(index, run)| Best { run: index, x: &run.best_x, value: run.best_value })
    }
}

impl<'a> Document<'a> {
    pub(crate) fn new(problem: &'a Problem, optimizer: String, seed: u64, runs: &'a [Run]) -> Self {
        Document {
            thalweg: env!("CARGO_PKG_VERSION"),
            function: &problem.name,
            variables: &problem.variables,
            optimizer,
            seed,
            runs,
            constants: problem.constants.clone(),
            best: Best::of(runs),
            minima: None,
            hops: None,
        }
    }

    pub(crate) fn found(self, minima: Option<&'a [Minimum]>, hops: Option<&'a Hops>) -> Self {
        Document { minima, hops, ..self }
    }
}

fn as_object<S: serde::Serializer>(constants: &Constants, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(constants.iter().map(|(name, value)| (name, value)))
}

/// The JSON of a result, a line break at the end.
pub(crate) fn to_json<T: Serialize>(result: &T) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec(result)?;
    text.push(b'\n');
    Ok(text)
}

/// Prints a result to standard output.
pub(crate) fn print_json<T: Serialize>(result: &T) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(&to_json(result)?)?;
    Ok(out.flush()?)
}
