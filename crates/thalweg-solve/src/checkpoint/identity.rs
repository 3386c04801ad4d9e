//! [`Identity`]: which run a checkpoint belongs to.

use serde_json::{Map, Value};

use super::wrong;
use crate::{Options, Scalar, SolveError};

/// What must be the same for a run to go on as if it had never stopped, in words. Steps, tolerances and time may be others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity(Vec<(&'static str, String)>);

impl Identity {
    /// Of a run with these options, whose method has been chosen.
    pub(crate) fn of<F: Scalar>(options: &Options, dim: usize) -> Self {
        let none = || "none".to_owned();
        let constraints: Vec<_> = options.constraints.iter().map(ToString::to_string).collect();
        Identity(vec![
            ("number type", if size_of::<F>() == 4 { "f32".to_owned() } else { "f64".to_owned() }),
            ("number of variables", dim.to_string()),
            ("method", options.method.to_string()),
            ("bounds", options.bounds.as_ref().map_or_else(none, ToString::to_string)),
            ("constraints", constraints.join("; ")),
            ("penalty", options.penalty.as_ref().map_or_else(none, ToString::to_string)),
            ("noise", options.noise.to_string()),
            ("seed", options.seed.to_string()),
            ("number of the start", options.first_start.to_string()),
        ])
    }

    pub(crate) fn to_json(&self) -> Value {
        self.0
            .iter()
            .map(|(what, is)| ((*what).to_owned(), Value::from(is.as_str())))
            .collect::<Map<_, _>>()
            .into()
    }

    /// Whether a checkpoint's identity is this one.
    pub(crate) fn check(&self, found: &Value) -> Result<(), SolveError> {
        for (what, is) in &self.0 {
            match found.get(*what).and_then(Value::as_str) {
                Some(found) if found == is => {}
                Some(found) => {
                    return wrong(format!(
                        "is of a run whose {what} is {found}, but here it is {is}; give this run the same {what}"
                    ));
                }
                None => return wrong(format!("does not say what the run's {what} is")),
            }
        }
        Ok(())
    }
}
