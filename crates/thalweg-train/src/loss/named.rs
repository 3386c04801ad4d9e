//! Losses as text.

use super::{BinaryCrossEntropy, CrossEntropy, Huber, Loss, MeanSquaredError};
use std::sync::Arc;
use thalweg_spec::{Options, SpecError, parse_call, unknown_name};

/// The names that [`parse`] knows.
pub const NAMES: [&str; 4] = ["cross_entropy", "bce", "mse", "huber"];

/// A loss from its name with options: `cross_entropy(label_smoothing=0, factor=1)`, `bce`, `mse`, `huber(delta=1)`.
///
/// # Errors
/// There is no such loss or option, or a number is out of its range; the error says where and what would be right.
///
/// ```
/// use thalweg_train::loss;
///
/// assert_eq!(format!("{:?}", loss::parse("huber(delta=0.5)")?), "Huber { delta: 0.5 }");
/// let error = loss::parse("cross_entropy(factr=0.1)").unwrap_err().to_string();
/// assert!(error.contains("did you mean `factor`?"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse(text: &str) -> Result<Arc<dyn Loss>, SpecError> {
    let call = parse_call(text)?;
    let options = |known: &'static [&'static str]| Options::of(&call, "loss", known);
    Ok(match call.name.as_str() {
        "cross_entropy" => {
            let options = options(&["label_smoothing", "factor"])?;
            let share = |x: f64| (0.0..=1.0).contains(&x);
            Arc::new(CrossEntropy {
                label_smoothing: options.number_where("label_smoothing", 0.0, "from 0 to 1", share)?,
                factor: options.number_where("factor", 1.0, "above 0", |x| x > 0.0 && x.is_finite())?,
            })
        }
        "bce" => {
            options(&[])?;
            Arc::new(BinaryCrossEntropy)
        }
        "mse" => {
            options(&[])?;
            Arc::new(MeanSquaredError)
        }
        "huber" => {
            let options = options(&["delta"])?;
            Arc::new(Huber {
                delta: options.number_where("delta", 1.0, "above 0", |x| x > 0.0 && x.is_finite())?,
            })
        }
        other => return Err(unknown_name("loss", other, &NAMES)),
    })
}
