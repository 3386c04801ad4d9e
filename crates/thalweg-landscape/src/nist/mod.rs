//! The nonlinear regressions of NIST's Statistical Reference Datasets, as sums of squared residuals.
//!
//! Source: National Institute of Standards and Technology, *StRD Nonlinear Least Squares Regression*, 1999,
//! <https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml>; a work of the United States' government, in the public domain. The
//! residuals are responses less the model's values. The files of `data/nist` hold the numbers as published; the degrees of freedom
//! that NIST prints for Rat43 (9) are a slip, as its own residual standard deviation shows (11).

mod regression;
mod sets;

pub use regression::{Difficulty, Regression};
pub(crate) use sets::ENTRIES;

use thalweg_function::{Expression, Var};
use thalweg_spec::{Call, Options, SpecError};

use crate::landscape::{Known, Minimum, Parts};
use crate::squares::{around, sum_of_squares};

/// The landscape of a regression; the call has its name.
fn build(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["start"])?;
    let number = options.whole("start", 1, 2)?.unwrap_or(1);
    let regression = sets::read(&call.name);
    let start = regression.starts[number as usize - 1].clone();
    let (program, residuals) = sum_of_squares(start.len(), |b| regression.residuals(b));
    let minima = vec![Minimum { x: regression.parameters.clone(), value: regression.sum_of_squares }];
    Ok(Parts {
        call: Call::new(&call.name).with("start", number as f64),
        program,
        bounds: around(&start, &minima),
        minima,
        start,
        known: Known {
            residuals: Some(residuals),
            regression: Some(Box::new(regression)),
            ..Known::default()
        },
    })
}

impl Regression {
    /// Response less model, for each observation.
    fn residuals(&self, b: &[Var]) -> Vec<Var> {
        let parameters: Vec<_> = (1..=b.len()).map(|i| format!("b{i}")).collect();
        let names: Vec<_> = parameters.iter().map(String::as_str).chain(self.names.iter().copied()).collect();
        let model =
            Expression::parse_with(self.model, Some(&names), &[]).expect("the models here are well formed");
        let residual = |(k, response): (usize, &f64)| {
            let predictors = self.predictors.iter().map(|values| Var::constant(values[k]));
            let arguments: Vec<_> = b.iter().copied().chain(predictors).collect();
            *response - model.program().call(&arguments)[0]
        };
        self.response.iter().enumerate().map(residual).collect()
    }
}
