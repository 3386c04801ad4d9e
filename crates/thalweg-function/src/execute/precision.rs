//! [`Precision`]: what products are computed of.

use std::fmt;
use std::str::FromStr;

use super::Float;
use crate::error::FunctionError;
use crate::kernel::half::Half;

/// What the matrix products and convolutions of a program on `f32` are computed of.
///
/// All else, the sums of the products included, is in `f32` in any case, and programs on `f64` know one precision only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Precision {
    /// Of the operands as they are.
    #[default]
    Full,
    /// Of the operands rounded to bf16, eight bits of precision with the range of `f32`: to nearest, ties to even, while they are brought to
    /// where they are multiplied. Nothing is stored in bf16.
    ///
    /// Products with a vector (or of two), and those with no dimension above 16, stay as they are: nothing would be faster. The processor's
    /// instructions for bf16 take numbers below 2⁻¹²⁶ for zero, operands as well as results; where it has none, operands are rounded to
    /// the same numbers and multiplied as those of `f32` are. So the bits depend on the instruction set, but not on the number of threads.
    Bf16,
}

impl Precision {
    /// Every precision, the default first.
    pub const ALL: [Precision; 2] = [Precision::Full, Precision::Bf16];

    /// `f32` or `bf16`.
    pub fn as_str(self) -> &'static str {
        match self {
            Precision::Full => "f32",
            Precision::Bf16 => "bf16",
        }
    }

    /// How products on numbers of type `F` are computed on this machine, if of rounded operands.
    pub(in crate::execute) fn half<F: Float>(self) -> Option<Half> {
        (self == Precision::Bf16 && size_of::<F>() == size_of::<f32>()).then(Half::detect)
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Precision {
    type Err = FunctionError;

    /// What [`Precision::as_str`] gives.
    fn from_str(text: &str) -> Result<Self, FunctionError> {
        let found = Precision::ALL.into_iter().find(|precision| precision.as_str() == text);
        found.ok_or_else(|| FunctionError::Precision { found: text.to_owned() })
    }
}
