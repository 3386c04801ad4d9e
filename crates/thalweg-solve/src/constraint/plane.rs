//! [`Plane`]: one linear equation, or one linear inequality.

use thalweg_spec::{Call, Options};

use super::KIND;
use super::projection::Nearest;
use crate::SolveError;
use crate::vector::dot;

/// A linear function of the variables and a number to compare it with: a·x = b, or a·x ≤ b.
///
/// The nearest point of the plane is `x − (a·x − b)/‖a‖²·a`; of the half-space the same where a·x > b, else x itself.
///
/// Boyd and Vandenberghe, *Convex Optimization*, section 8.1.1.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// a.
    pub normal: Vec<f64>,
    /// b.
    pub offset: f64,
}

impl Plane {
    pub(super) fn read(call: &Call) -> Result<Self, SolveError> {
        let options = Options::of(call, KIND, &["normal", "offset"])?;
        let missing = || options.error("normal", "is missing: the coefficients, as in [1, 1]");
        let normal = options.numbers("normal")?.ok_or_else(missing)?;
        let offset = options.number_where("offset", 0.0, "finite", f64::is_finite)?;
        let plane = Plane { normal, offset };
        plane.check(plane.normal.len())?;
        Ok(plane)
    }

    pub(super) fn call(&self, name: &str) -> Call {
        Call::new(name).with("normal", self.normal.as_slice()).with("offset", self.offset)
    }

    pub(super) fn check(&self, dim: usize) -> Result<(), SolveError> {
        super::check_vector("the normal of the plane", &self.normal, dim)?;
        let square = dot(&self.normal, &self.normal);
        if square.is_normal() && self.offset.is_finite() {
            return Ok(());
        }
        let found = format!("{:?}, {}", self.normal, self.offset);
        Err(SolveError::Option {
            name: "the plane",
            wanted: "a normal that is not zero, and a number",
            found,
        })
    }
}

/// A plane at work.
pub(super) struct Work {
    plane: Plane,
    square: f64,
    /// Whether points on one side are in the set.
    half: bool,
}

impl Work {
    pub(super) fn new(plane: &Plane, half: bool) -> Self {
        Work { plane: plane.clone(), square: dot(&plane.normal, &plane.normal), half }
    }
}

impl Nearest for Work {
    fn nearest(&mut self, x: &mut [f64]) {
        let beyond = dot(&self.plane.normal, x) - self.plane.offset;
        if !self.half || beyond > 0.0 {
            let factor = beyond / self.square;
            x.iter_mut().zip(&self.plane.normal).for_each(|(x, a)| *x -= factor * a);
        }
    }
}
