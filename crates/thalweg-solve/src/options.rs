//! [`Options`]: everything about a run but the function and the start.

use std::borrow::Cow;

use crate::constraint::{self, Constraint};
use crate::{Bounds, Choice, Derivatives, Method, Penalty, SolveError};

/// What to do at each step, when to stop, and what to keep.
///
/// ```
/// use thalweg_solve::Options;
///
/// let options = Options { method: "newton".parse()?, grad_tol: Some(1e-8), ..Options::default() };
/// assert_eq!(options.steps, 1000);
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How to go from one point to the next. Unless set, what suits the objective.
    pub method: Method,
    /// The most steps: at least 1; 1000 unless set. A step of a rule that takes several gradients to one, such as `accumulate` and
    /// `sam`, is one that moves the point.
    pub steps: usize,
    /// Stop when max |∂f/∂xᵢ| ≤ this. Under a constraint, what the constraint takes back does not count; held by a multiplier, the
    /// gradient is that of f + λc, and |c| must be as small too. Of the methods for functions: max |∇f − Jᵀλ − z|, while violations
    /// must be as small as without a tolerance. Unless one is given, these end at 10⁻⁸ (`f32`: 10⁻⁴) of the scaled problem.
    pub grad_tol: Option<f64>,
    /// Stop when a step changes f by at most this.
    pub value_tol: Option<f64>,
    /// Stop when a step changes every coordinate by at most this.
    pub step_tol: Option<f64>,
    /// Stop when max |∂f/∂xᵢ| ≤ this times what it was at the start; residuals as for `grad_tol`.
    ///
    /// A [`Descent`](crate::Descent) without any tolerance stops at 10⁻⁹ (`f32`: 10⁻⁴), or where rounding hides all further progress: a
    /// step changed f by no more, and its direction promised no more; or several steps did so.
    pub grad_rtol: Option<f64>,
    /// Stop when a step changes f by at most this times |f|.
    pub value_rtol: Option<f64>,
    /// Stop when a step changes every coordinate by at most this times its size.
    pub step_rtol: Option<f64>,
    /// Stop after this many seconds; the clock is read every 64 steps of a rule, at every step of a descent.
    pub max_seconds: Option<f64>,
    /// Stop after so many gradients: looked at after each step, so that a step whose search takes several trials may go beyond.
    pub max_evaluations: Option<u64>,
    /// Where to save the run, and how often.
    #[cfg(feature = "checkpoints")]
    pub checkpoint: Option<crate::Checkpoint>,
    /// The seed of the noise.
    pub seed: u64,
    /// The number of the first start. The noise of a start depends on the seed and its number only, so a sweep can be split
    /// into parts and give the same bits.
    pub first_start: u64,
    /// The standard deviation of normal noise added to each component of the gradient at each step (Langevin dynamics with
    /// plain gradient descent). Tolerances look at the gradient without noise.
    pub noise: f64,
    /// Intervals to stay in, by projection; short for a [`Constraint::Box`].
    pub bounds: Option<Bounds>,
    /// Sets to stay in and functions to hold: any number of functions together with boxes, or convex sets, of which points are kept in the
    /// [`Intersection`](crate::Intersection), and one multiplier. A sphere stands alone.
    pub constraints: Vec<Constraint>,
    /// A convex function without a gradient that is added to the one to be minimised; values are those of the sum. For `fista` and
    /// `proximal_gradient`.
    pub penalty: Option<Penalty>,
    /// Whether to keep every iterate.
    pub history: bool,
    /// Whether to remember the point with the lowest value. `None`: yes for one start, no for many, where it costs up to a tenth of
    /// the time; a start that diverges then ends at its last finite point.
    pub track_best: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            method: Method::default(),
            steps: 1000,
            grad_tol: None,
            value_tol: None,
            step_tol: None,
            grad_rtol: None,
            value_rtol: None,
            step_rtol: None,
            max_seconds: None,
            max_evaluations: None,
            #[cfg(feature = "checkpoints")]
            checkpoint: None,
            seed: 0,
            first_start: 0,
            noise: 0.0,
            bounds: None,
            constraints: Vec::new(),
            penalty: None,
            history: false,
            track_best: None,
        }
    }
}

impl Options {
    /// Whether every option is in its range, for a function of `dim` variables.
    ///
    /// # Errors
    /// The first option that is not, with what would be right.
    pub fn check(&self, dim: usize) -> Result<(), SolveError> {
        let option = |name, wanted, found: String| Err(SolveError::Option { name, wanted, found });
        if dim == 0 {
            return option("the number of variables", "at least 1", "0".to_owned());
        }
        if self.steps == 0 {
            return option("steps", "at least 1", "0".to_owned());
        }
        if self.max_evaluations == Some(0) {
            return option("max_evaluations", "at least 1", "0".to_owned());
        }
        #[cfg(feature = "checkpoints")]
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.check()?;
        }
        let tolerances = [
            ("grad_tol", self.grad_tol),
            ("value_tol", self.value_tol),
            ("step_tol", self.step_tol),
            ("grad_rtol", self.grad_rtol),
            ("value_rtol", self.value_rtol),
            ("step_rtol", self.step_rtol),
            ("max_seconds", self.max_seconds),
            ("noise", Some(self.noise)),
        ];
        for (name, value) in tolerances {
            if let Some(value) = value.filter(|v| !(v.is_finite() && *v >= 0.0)) {
                return option(name, "finite and at least 0", value.to_string());
            }
        }
        if self.max_seconds.is_some() && !crate::clock::AVAILABLE {
            return option("max_seconds", "unset where there is no clock", "a number".to_owned());
        }
        if !matches!(self.method, Method::Auto | Method::Constrained(_)) {
            self.check_functions(self.method.name())?;
        }
        match &self.method {
            Method::Auto => {}
            Method::Rule(optimizer) => optimizer.check()?,
            Method::Newton(newton) => newton.check()?,
            Method::CurvatureScaled(scaled) => scaled.check()?,
            Method::OneDimension(method) => method.check(dim, self)?,
            Method::Descent(descent) => {
                descent.check()?;
                crate::within::check(descent, self)?;
            }
            Method::Constrained(constrained) => {
                constrained.check()?;
                self.check_constrained(constrained.name())?;
            }
        }
        self.check_constraints(dim)
    }

    /// The same with a method, if none was asked for, and why it is that one.
    pub(crate) fn with_method(&self, dim: usize, has: Derivatives) -> (Cow<'_, Self>, Option<Choice>) {
        if self.method != Method::Auto {
            return (Cow::Borrowed(self), None);
        }
        let choice = Choice::of(dim, has, self);
        let options = Options { method: choice.method.clone(), ..self.clone() };
        (Cow::Owned(options), Some(choice))
    }

    /// Whether the run is to end before all steps are made where little changes any more.
    pub(crate) fn any_tolerance(&self) -> bool {
        let absolute = [self.grad_tol, self.value_tol, self.step_tol];
        let relative = [self.grad_rtol, self.value_rtol, self.step_rtol];
        absolute.into_iter().chain(relative).any(|tolerance| tolerance.is_some())
    }

    /// Whether any functions are to be held by a method for that.
    pub(crate) fn has_functions(&self) -> bool {
        self.constraints.iter().any(|constraint| matches!(constraint, Constraint::Function(_)))
    }

    /// The set to stay in: of the bounds and all sets among the constraints.
    pub(crate) fn set(&self) -> Result<Option<Constraint>, SolveError> {
        constraint::together(self.bounds.as_ref(), &self.constraints)
    }

    /// Functions are for the methods that hold them.
    fn check_functions(&self, method: &'static str) -> Result<(), SolveError> {
        if !self.has_functions() {
            return Ok(());
        }
        let remedy = "use sqp, interior_point or augmented_lagrangian, which hold them";
        Err(SolveError::Refused { method, what: "functions to hold", remedy })
    }

    /// What the methods for functions cannot do.
    fn check_constrained(&self, method: &'static str) -> Result<(), SolveError> {
        let refused = |what, remedy| Err(SolveError::Refused { method, what, remedy });
        if self.noise > 0.0 {
            return refused(
                "noise",
                "it would take it for the shape of the function; use a rule such as sgd",
            );
        }
        let refuses = |constraint: &&Constraint| {
            !matches!(constraint, Constraint::Box(_) | Constraint::Nonnegative | Constraint::Function(_))
        };
        match self.constraints.iter().find(refuses) {
            Some(Constraint::Multiplier(_)) => refused(
                "multipliers with a learning rate",
                "write the function as an equation, such as x1 + x2 = 1",
            ),
            Some(_) => refused(
                "sets other than a box",
                "write the set as a function, such as x1^2 + x2^2 = 1 for a sphere, or use a rule such as sgd, whose steps are projected",
            ),
            None => Ok(()),
        }
    }

    fn check_constraints(&self, dim: usize) -> Result<(), SolveError> {
        if let Some(bounds) = &self.bounds {
            bounds.check(dim)?;
        }
        for constraint in &self.constraints {
            constraint.check(dim)?;
        }
        if let Some(penalty) = &self.penalty {
            penalty.check(dim)?;
            if !matches!(self.method, Method::Descent(_) | Method::Auto) {
                let (method, what) = (self.method.name(), "a penalty");
                let remedy = "use fista or proximal_gradient, which step by its proximal points";
                return Err(SolveError::Refused { method, what, remedy });
            }
        }
        self.set()?;
        let multipliers = self.constraints.iter().filter(|c| matches!(c, Constraint::Multiplier(_)));
        if multipliers.count() > 1 {
            return Err(SolveError::Conflict { first: "a multiplier", second: "another multiplier" });
        }
        Ok(())
    }
}
