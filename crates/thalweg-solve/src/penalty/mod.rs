//! What is added to a function to make its minimum simple: [`Penalty`].
//!
//! A penalty h has no gradient where it matters; instead it has a *proximal point* `prox(v) = argmin h(x) + ‖x − v‖²/2t`, which is known in
//! closed form: each kind has its file with value and proximal point. How a method steps with them never lives here.

mod group;
mod l1;
mod nuclear;

use std::fmt;
use std::str::FromStr;

use thalweg_rule::{Kind, Layout, Named};
use thalweg_spec::{Call, Options, SpecError, parse_call, unknown_name};

use crate::{Scalar, SolveError};

const KIND: &str = "penalty";

/// A convex function added to the one that is minimised; what is reported is the sum.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Options, Traced, minimize};
///
/// // ½(x − 3)² + ½(y − 0.5)² + |x| + |y|: every coordinate comes nearer to 0 by 1, or to 0.
/// let bowl = Expression::parse("(x - 3)^2/2 + (y - 0.5)^2/2")?;
/// let options = Options { penalty: Some("l1(1)".parse()?), ..Options::default() };
/// let solution = minimize(&mut Traced::<f64>::new(bowl.program())?, &[0.0, 0.0], &options)?;
/// assert!((solution.x[0] - 2.0).abs() < 1e-8 && solution.x[1] == 0.0);
/// assert!((solution.value - (0.5 + 0.125 + 2.0)).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Penalty {
    /// `l1(0.1)`: weight·Σ|xᵢ|, which makes many coordinates exactly 0. Its proximal point is sign(vᵢ)·max(|vᵢ| − t·weight, 0).
    ///
    /// Tibshirani, *Regression shrinkage and selection via the lasso*, 1996.
    L1 {
        /// The factor.
        weight: f64,
    },
    /// `group(0.1, size=3)`: weight·Σ‖x_G‖ over groups G of `size` neighbours, which makes whole groups 0. The proximal point of a group is
    /// v·max(1 − t·weight/‖v‖, 0). No factor √size is added.
    ///
    /// Yuan and Lin, *Model selection and estimation in regression with grouped variables*, 2006.
    Group {
        /// The factor.
        weight: f64,
        /// Variables in a group; the number of variables is a multiple of it.
        size: usize,
    },
    /// `nuclear(0.1)`: weight·Σσₖ(X), over the singular values of every variable that is a matrix, which makes their ranks small. The
    /// proximal point has the values max(σₖ − t·weight, 0) between the same singular vectors.
    ///
    /// Cai, Candès and Shen, *A singular value thresholding algorithm for matrix completion*, 2010.
    Nuclear {
        /// The factor.
        weight: f64,
    },
}

impl Penalty {
    /// Every penalty: name, summary and signature.
    pub fn entries() -> Vec<Named> {
        let entry = |name, summary, signature: &str| Named::new(Kind::Constraint, name, summary, signature);
        vec![
            entry("l1", "the sum of absolute values: many variables become 0", "l1(weight)"),
            entry("group", "the sum of the norms of groups: whole groups become 0", "group(weight, size)"),
            entry("nuclear", "the sum of singular values of matrices: ranks become small", "nuclear(weight)"),
        ]
    }

    /// The factor.
    pub fn weight(&self) -> f64 {
        match *self {
            Penalty::L1 { weight } | Penalty::Group { weight, .. } | Penalty::Nuclear { weight } => weight,
        }
    }

    pub(crate) fn check(&self, dim: usize) -> Result<(), SolveError> {
        let fits = |w: f64| w >= 0.0 && w.is_finite();
        crate::search::within("the penalty's weight", self.weight(), "finite and at least 0", fits)?;
        match *self {
            Penalty::Group { size, .. } if size == 0 || !dim.is_multiple_of(size) => {
                Err(SolveError::Option {
                    name: "group's size",
                    wanted: "one that divides the number of variables",
                    found: format!("{size} for {dim} variables"),
                })
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for Penalty {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let call = parse_call(text)?;
        let weight = |options: &Options<'_>| {
            let missing = || options.error("weight", "is missing, as in l1(0.1)");
            options.number("weight")?.ok_or_else(missing)?;
            let fits = |w: f64| w >= 0.0 && w.is_finite();
            options.number_where("weight", 0.0, "finite and at least 0", fits)
        };
        match call.name.as_str() {
            "l1" => Ok(Penalty::L1 { weight: weight(&Options::of(&call, KIND, &["weight"])?)? }),
            "group" => {
                let options = Options::of(&call, KIND, &["weight", "size"])?;
                let missing = || options.error("size", "is missing: variables in a group, as in size=3");
                let size = options.whole("size", 1, 1 << 40)?.ok_or_else(missing)? as usize;
                Ok(Penalty::Group { weight: weight(&options)?, size })
            }
            "nuclear" => Ok(Penalty::Nuclear { weight: weight(&Options::of(&call, KIND, &["weight"])?)? }),
            other => {
                let known: Vec<_> = Self::entries().iter().map(|entry| entry.name).collect();
                Err(unknown_name(KIND, other, &known))
            }
        }
    }
}

impl fmt::Display for Penalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Penalty::L1 { weight } => Call::new("l1").with("weight", weight),
            Penalty::Group { weight, size } => {
                Call::new("group").with("weight", weight).with("size", size as f64)
            }
            Penalty::Nuclear { weight } => Call::new("nuclear").with("weight", weight),
        }
        .fmt(f)
    }
}

/// A penalty at work.
pub(crate) enum Penalized {
    L1(f64),
    Group(f64, usize),
    Nuclear(nuclear::Matrices),
}

impl Penalized {
    pub(crate) fn new(penalty: &Penalty, layout: &Layout) -> Result<Self, SolveError> {
        penalty.check(layout.len())?;
        Ok(match *penalty {
            Penalty::L1 { weight } => Penalized::L1(weight),
            Penalty::Group { weight, size } => Penalized::Group(weight, size),
            Penalty::Nuclear { weight } => Penalized::Nuclear(nuclear::Matrices::new(weight, layout)?),
        })
    }

    /// h(x).
    pub(crate) fn value<F: Scalar>(&self, x: &[F]) -> f64 {
        match self {
            Penalized::L1(weight) => weight * l1::value(x),
            Penalized::Group(weight, size) => weight * group::value(x, *size),
            Penalized::Nuclear(matrices) => matrices.value(x),
        }
    }

    /// `x ← prox(x)` for a step t.
    pub(crate) fn shrink<F: Scalar>(&self, step: f64, x: &mut [F]) {
        match self {
            Penalized::L1(weight) => l1::shrink(step * weight, x),
            Penalized::Group(weight, size) => group::shrink(step * weight, x, *size),
            Penalized::Nuclear(matrices) => matrices.shrink(step, x),
        }
    }
}
