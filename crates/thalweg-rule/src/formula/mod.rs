//! A rule's update as recorded arithmetic. How it is recorded lives in the files beside; who compiles it lives elsewhere.

mod probe;
mod symbol;

pub(crate) use probe::{MAX_COEFFICIENTS, numbers};
pub(crate) use symbol::{Symbol, fail, record, through};

/// A rule's update of one parameter as plain arithmetic, for those who compile it together with the gradient.
///
/// The same formula holds for every parameter of every problem and at every step; what changes from step to step are the
/// coefficients, which [`Rule::coefficients`](crate::Rule::coefficients) gives. Numbers are 64-bit, whatever the rule stores.
///
/// ```
/// use thalweg_rule::{Operation, Recipe, Rule, Sgd};
///
/// let mut rule = Sgd { lr: 0.1.into(), ..Sgd::default() }.rule::<f64>(2, 1)?;
/// let formula = rule.formula().expect("gradient descent is one formula");
/// let [gradient, x, lr, u, new] = [0, 1, 2, 3, 4];
/// assert_eq!(
///     formula.operations,
///     [
///         Operation::Gradient,
///         Operation::Parameter,
///         Operation::Coefficient(0),
///         Operation::Mul(lr, gradient),
///         Operation::Sub(x, u),
///     ]
/// );
/// assert_eq!((formula.result, formula.slots.len(), formula.coefficients), (new, 0, 1));
///
/// let mut coefficients = [0.0];
/// rule.coefficients(&mut coefficients)?;
/// assert_eq!(coefficients, [0.1]);
/// assert_eq!(rule.steps(), 1);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// What is computed, in order; operands are indices of earlier operations.
    pub operations: Vec<Operation>,
    /// The index of the parameter's new value, the update already subtracted.
    pub result: usize,
    /// The index of each slot's new value.
    pub slots: Vec<usize>,
    /// What each slot holds before the first step.
    pub slot_starts: Vec<f64>,
    /// How many numbers change from step to step.
    pub coefficients: usize,
}

/// One operation of a [`Formula`]. Operands are indices of earlier operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operation {
    /// The gradient with respect to the parameter.
    Gradient,
    /// The parameter's value before the step.
    Parameter,
    /// A slot's value before the step.
    Slot(usize),
    /// One of the numbers that change from step to step.
    Coefficient(usize),
    /// A number that never changes.
    Constant(f64),
    /// `a + b`
    Add(usize, usize),
    /// `a − b`
    Sub(usize, usize),
    /// `a · b`
    Mul(usize, usize),
    /// `a / b`
    Div(usize, usize),
    /// `−a`
    Neg(usize),
    /// `a · b + c`, rounded once where the machine has the instruction.
    MulAdd(usize, usize, usize),
    /// `√a`
    Sqrt(usize),
    /// `|a|`
    Abs(usize),
    /// `b` if `a > 0`, otherwise `c`, hence `c` if `a` is NaN.
    IfPositive(usize, usize, usize),
    /// The larger of `a` and `b`: `a` if `a > b`, otherwise `b`, hence `b` if either is NaN.
    Max(usize, usize),
    /// The smaller of `a` and `b`: `a` if `a < b`, otherwise `b`, hence `b` if either is NaN.
    Min(usize, usize),
}

/// The five operators of a type, each by one expression of the operands.
macro_rules! operators {
    ($number:ident: $($operator:ident $method:ident($a:ident, $b:ident) $result:expr;)* -$c:ident $negated:expr) => {
        $(
            impl std::ops::$operator for $number {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    let ($a, $b) = (self.0, other.0);
                    $result
                }
            }
        )*
        impl std::ops::Neg for $number {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                let $c = self.0;
                $negated
            }
        }
    };
}
use operators;
