//! How far a model of the function is believed: steps within a trust region.
//!
//! A model m(p) = f + gᵀp + ½pᵀBp is minimised where ‖p‖ ≤ Δ; the step is taken if the function falls, and Δ grows or shrinks with
//! how well the model foretold by how much. Three ways to minimise the model: `exact` from the eigenvalues of B, `steihaug`
//! by conjugate gradients from products with B alone, `dogleg` along two straight lines. Where B comes from is the descent's matter
//! (`trust_newton`, `sr1`). With a preconditioner M the region is a ball in the norm √(pᵀMp) (`metric.rs`).

pub(crate) mod dogleg;
pub(crate) mod exact;
mod metric;
mod solver;
pub(crate) mod steihaug;

use std::fmt;

use thalweg_spec::{Call, Options, SpecError};

pub(crate) use metric::Metric;
pub(crate) use solver::{Model, Trust};

use crate::SolveError;
use crate::search::{positive, within};

/// How the model is minimised within the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subproblem {
    /// To working precision, whatever the eigenvalues (Moré and Sorensen, *Computing a trust region step*, 1983).
    Exact,
    /// By conjugate gradients up to the border or the first direction of negative curvature (Steihaug 1983, Toint 1981): no matrix.
    Steihaug,
    /// Along the gradient and then towards the model's minimiser (Powell 1970); B is made positive definite where it is not.
    Dogleg,
}

impl Subproblem {
    const NAMES: [&'static str; 3] = ["exact", "steihaug", "dogleg"];

    fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A trust region: how the model is minimised in it, and how it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// How the model is minimised.
    pub subproblem: Subproblem,
    /// Δ at the start; 0 for the length of x there, at the origin for that of (1, …, 1): √n. In the norm √(pᵀMp) where there is a
    /// preconditioner M.
    pub radius: f64,
    /// The most trials for a step.
    pub trials: u32,
}

impl Region {
    pub(crate) fn with(subproblem: Subproblem) -> Self {
        Region { subproblem, radius: 0.0, trials: 60 }
    }

    pub(crate) const KEYS: [&'static str; 3] = ["subproblem", "radius", "trials"];

    pub(crate) fn read(options: &Options<'_>, blank: Region) -> Result<Self, SpecError> {
        let subproblem = match options.choice("subproblem", &Subproblem::NAMES)? {
            Some("exact") => Subproblem::Exact,
            Some("steihaug") => Subproblem::Steihaug,
            Some("dogleg") => Subproblem::Dogleg,
            _ => blank.subproblem,
        };
        let wanted = "finite and at least 0";
        Ok(Region {
            subproblem,
            radius: options.number_where("radius", blank.radius, wanted, |r| r == 0.0 || positive(r))?,
            trials: options.whole("trials", 1, 1000)?.map_or(blank.trials, |n| n as u32),
        })
    }

    pub(crate) fn call(&self, name: &str) -> Call {
        Call::new(name)
            .with("subproblem", Call::new(self.subproblem.name()))
            .with("radius", self.radius)
            .with("trials", f64::from(self.trials))
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        within("the trust region's radius", self.radius, "finite and at least 0", |r| {
            r == 0.0 || positive(r)
        })?;
        within("the trust region's trials", f64::from(self.trials), "at least 1", |n| n >= 1.0)
    }
}

/// A step within the region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Within {
    /// By how much the model falls: f − m(p).
    pub(crate) promised: f64,
    /// Whether the step ends at the border.
    pub(crate) at_border: bool,
}

impl fmt::Display for Subproblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
