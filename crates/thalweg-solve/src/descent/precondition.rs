//! [`Preconditioner`]: what takes the scales of a function away before a direction is chosen.

mod conjugate;
mod inverse;

use thalweg_spec::{Call, Options, SpecError, Value, unknown_name};

use crate::SolveError;
use crate::objective::Derivatives;
use crate::search::within;

pub(crate) use conjugate::Preconditioned;
pub(crate) use inverse::Inverse;

/// A matrix M like the Hessian, easy to divide by: directions are made of M⁻¹∇f instead of ∇f.
///
/// Written as an option of `steepest`, `cg`, `barzilai_borwein`, `lbfgs`, `newton_cg` and `trust_newton`: `cg(preconditioner=hutchinson(samples=10))`.
/// For L-BFGS M⁻¹ is the matrix that pairs are added to, for Newton's methods by conjugate gradients it preconditions these. M is made anew
/// every so many steps (`every`). Of a matrix whose diagonal is what makes it badly scaled, the diagonal is enough.
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., section 5.1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Preconditioner {
    /// `none`: the gradient as it is.
    #[default]
    None,
    /// `diagonal(every=10)`: the absolute values of the Hessian's diagonal.
    Diagonal {
        /// Steps from one Hessian to the next.
        every: u32,
    },
    /// `full(every=10)`: the Hessian, made positive definite, by its Cholesky factor.
    Full {
        /// Steps from one Hessian to the next.
        every: u32,
    },
    /// `hutchinson(samples=10, every=10)`: the absolute values of an estimate of the Hessian's diagonal from so many Hessian-vector
    /// products with random signs. Bekas, Kokiopoulou and Saad, *An estimator for the diagonal of a matrix*, 2007.
    Hutchinson {
        /// Products for an estimate.
        samples: u32,
        /// Steps from one estimate to the next.
        every: u32,
    },
    /// `limited_memory(memory=10)`: the matrix that L-BFGS learns from the steps.
    LimitedMemory {
        /// How many steps are remembered.
        memory: u32,
    },
}

const NAMES: [&str; 5] = ["none", "diagonal", "full", "hutchinson", "limited_memory"];
const MOST: u32 = 1_000_000;

impl Preconditioner {
    pub(super) fn read(options: &Options<'_>) -> Result<Self, SpecError> {
        let call = match options.value("preconditioner") {
            None => return Ok(Preconditioner::None),
            Some(Value::Call(call)) => call,
            Some(other) => {
                let problem = format!("must be one of {}, found {other}", NAMES.join(", "));
                return Err(options.error("preconditioner", problem));
            }
        };
        let whole = |options: &Options<'_>, key: &str| -> Result<u32, SpecError> {
            Ok(options.whole(key, 1, u64::from(MOST))?.map_or(10, |n| n as u32))
        };
        let of = |known: &[&'static str]| Options::of(call, "preconditioner", known);
        Ok(match call.name.as_str() {
            "none" => of(&[]).map(|_| Preconditioner::None)?,
            "diagonal" => Preconditioner::Diagonal { every: whole(&of(&["every"])?, "every")? },
            "full" => Preconditioner::Full { every: whole(&of(&["every"])?, "every")? },
            "hutchinson" => {
                let options = of(&["samples", "every"])?;
                Preconditioner::Hutchinson {
                    samples: whole(&options, "samples")?,
                    every: whole(&options, "every")?,
                }
            }
            "limited_memory" => {
                let memory = of(&["memory"])?.whole("memory", 1, 500)?.map_or(10, |n| n as u32);
                Preconditioner::LimitedMemory { memory }
            }
            other => return Err(unknown_name("preconditioner", other, &NAMES)),
        })
    }

    /// How it is written.
    pub(super) fn call(self) -> Call {
        match self {
            Preconditioner::None => Call::new("none"),
            Preconditioner::Diagonal { every } => Call::new("diagonal").with("every", f64::from(every)),
            Preconditioner::Full { every } => Call::new("full").with("every", f64::from(every)),
            Preconditioner::Hutchinson { samples, every } => {
                Call::new("hutchinson").with("samples", f64::from(samples)).with("every", f64::from(every))
            }
            Preconditioner::LimitedMemory { memory } => {
                Call::new("limited_memory").with("memory", f64::from(memory))
            }
        }
    }

    pub(super) fn check(self) -> Result<(), SolveError> {
        let at_least_one = |name, n: u32| within(name, f64::from(n), "at least 1", |n| n >= 1.0);
        match self {
            Preconditioner::None => Ok(()),
            Preconditioner::Diagonal { every } | Preconditioner::Full { every } => {
                at_least_one("the preconditioner's every", every)
            }
            Preconditioner::Hutchinson { samples, every } => {
                at_least_one("the preconditioner's samples", samples)?;
                at_least_one("the preconditioner's every", every)
            }
            Preconditioner::LimitedMemory { memory } => at_least_one("the preconditioner's memory", memory),
        }
    }

    /// What it asks of an objective.
    pub(super) fn needs(self) -> Derivatives {
        Derivatives {
            hessian: matches!(self, Preconditioner::Diagonal { .. } | Preconditioner::Full { .. }),
            hessian_vector: matches!(self, Preconditioner::Hutchinson { .. }),
        }
    }

    fn every(self) -> u32 {
        match self {
            Preconditioner::Diagonal { every }
            | Preconditioner::Full { every }
            | Preconditioner::Hutchinson { every, .. } => every,
            Preconditioner::None | Preconditioner::LimitedMemory { .. } => u32::MAX,
        }
    }
}
