//! What a minimiser asks of a function: [`Objective`].
//!
//! [`Traced`] has every derivative, [`Handwritten`] and [`Closure`] what their author wrote. What never lives here: which way to go from the answers.

mod closure;
mod handwritten;
mod traced;

pub use closure::Closure;
pub use handwritten::Handwritten;
pub use traced::Traced;
pub(crate) use traced::{parts_of, ready};

use thalweg_function::Program;
use thalweg_rule::Layout;

use crate::{Evaluations, Scalar, SolveError};

/// Which second derivatives an [`Objective`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Derivatives {
    /// [`Objective::hessian`] works.
    pub hessian: bool,
    /// [`Objective::hessian_vector`] works.
    pub hessian_vector: bool,
}

/// A scalar function of `dim` variables with its gradient, and perhaps more.
///
/// The methods take `&mut self` so that an implementation can keep buffers. Slices have `dim` elements, Hessians `dim²`, row by
/// row; a value that is not finite is an answer, not an error.
pub trait Objective<F: Scalar> {
    /// The number of variables.
    fn dim(&self) -> usize;

    /// f(x).
    ///
    /// # Errors
    /// What the implementation reports.
    fn value(&mut self, x: &[F]) -> Result<F, SolveError>;

    /// Whether [`value`](Self::value) costs less than [`value_and_gradient`](Self::value_and_gradient): then trials that may be refused ask for
    /// the value first. It does unless the implementation says otherwise.
    fn has_value_alone(&self) -> bool {
        true
    }

    /// f(x), with ∇f(x) written to `gradient`.
    ///
    /// # Errors
    /// What the implementation reports.
    fn value_and_gradient(&mut self, x: &[F], gradient: &mut [F]) -> Result<F, SolveError>;

    /// f(x) and then ∇f(x) in one buffer of `dim + 1` numbers: what a run asks for at each step. Provided.
    ///
    /// # Errors
    /// What the implementation reports.
    #[inline]
    fn value_then_gradient(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError> {
        if let Some((value, gradient)) = out.split_first_mut() {
            *value = self.value_and_gradient(x, gradient)?;
        }
        Ok(())
    }

    /// The function as a program, if it is one. Steps of a rule are then compiled together with it.
    fn program(&self) -> Option<&Program> {
        None
    }

    /// The variables' names and shapes: what patterns in rules refer to, and what rules treat as layers. One vector called `x` unless
    /// the implementation says otherwise.
    fn parts(&self) -> Layout {
        Layout::flat(self.dim())
    }

    /// Which second derivatives there are; none unless the implementation says otherwise.
    fn derivatives(&self) -> Derivatives {
        Derivatives::default()
    }

    /// ∇²f(x).
    ///
    /// # Errors
    /// [`SolveError::Missing`] unless the implementation has it.
    fn hessian(&mut self, x: &[F], hessian: &mut [F]) -> Result<(), SolveError> {
        let _ = (x, hessian);
        Err(SolveError::Missing { needs: "this", what: "the Hessian" })
    }

    /// ∇²f(x)·v.
    ///
    /// # Errors
    /// [`SolveError::Missing`] unless the implementation has it.
    fn hessian_vector(&mut self, x: &[F], v: &[F], product: &mut [F]) -> Result<(), SolveError> {
        let _ = (x, v, product);
        Err(SolveError::Missing { needs: "this", what: "Hessian-vector products" })
    }
}

/// Answers for several points at once, component by component: component `j` of point `i` is element `j · lanes + i`.
pub(crate) trait Source<F> {
    /// As [`Objective::program`].
    fn program(&self) -> Option<&Program>;
    /// As [`Objective::parts`].
    fn parts(&self) -> Layout;
    /// As [`Objective::derivatives`].
    fn derivatives(&self) -> Derivatives;
    /// Values in row 0, gradients in rows 1 to `dim`.
    fn slope(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError>;
    /// Values in row 0, and whether gradients are below them: where values cost no less without.
    fn value(&mut self, points: &[F], out: &mut [F]) -> Result<bool, SolveError> {
        self.slope(points, out).map(|()| true)
    }
    /// Entry (r, c) in row `r · dim + c`.
    fn hessian(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError>;
    fn hessian_vector(&mut self, points: &[F], directions: &[F], out: &mut [F]) -> Result<(), SolveError>;
}

/// A source asked for one point, with a count of what it was asked.
pub(crate) trait Oracle<F> {
    /// The value, then the gradient.
    fn slope(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError>;
    /// The value, and whether the gradient came with it.
    fn value(&mut self, x: &[F], out: &mut [F]) -> Result<bool, SolveError>;
    /// As [`slope`](Self::slope), where the value was asked for before.
    fn gradient(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError>;
    fn hessian(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError>;
    fn hessian_vector(&mut self, x: &[F], v: &[F], out: &mut [F]) -> Result<(), SolveError>;
}

/// A source and the count.
pub(crate) struct Counted<'a, S> {
    pub(crate) source: &'a mut S,
    pub(crate) evaluations: &'a mut Evaluations,
}

impl<F, S: Source<F>> Oracle<F> for Counted<'_, S> {
    #[inline]
    fn slope(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.evaluations.value += 1;
        self.evaluations.gradient += 1;
        self.source.slope(x, out)
    }

    fn value(&mut self, x: &[F], out: &mut [F]) -> Result<bool, SolveError> {
        let with_gradient = self.source.value(x, out)?;
        self.evaluations.value += 1;
        self.evaluations.gradient += u64::from(with_gradient);
        Ok(with_gradient)
    }

    fn gradient(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.evaluations.gradient += 1;
        self.source.slope(x, out)
    }

    fn hessian(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.evaluations.hessian += 1;
        self.source.hessian(x, out)
    }

    fn hessian_vector(&mut self, x: &[F], v: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.evaluations.hessian_vector += 1;
        self.source.hessian_vector(x, v, out)
    }
}

/// Any objective, asked for one point.
pub(crate) struct Single<'a, O>(pub(crate) &'a mut O);

impl<F: Scalar, O: Objective<F>> Source<F> for Single<'_, O> {
    fn program(&self) -> Option<&Program> {
        self.0.program()
    }

    fn parts(&self) -> Layout {
        self.0.parts()
    }

    fn derivatives(&self) -> Derivatives {
        self.0.derivatives()
    }

    #[inline]
    fn slope(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.0.value_then_gradient(points, out)
    }

    fn value(&mut self, points: &[F], out: &mut [F]) -> Result<bool, SolveError> {
        if !self.0.has_value_alone() {
            return self.slope(points, out).map(|()| true);
        }
        out[0] = self.0.value(points)?;
        Ok(false)
    }

    fn hessian(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.0.hessian(points, out)
    }

    fn hessian_vector(&mut self, points: &[F], directions: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.0.hessian_vector(points, directions, out)
    }
}

/// A traced function, asked for `lanes` points.
pub(crate) struct Many<F> {
    pub(crate) traced: Traced<F>,
    pub(crate) lanes: usize,
}

impl<F: Scalar> Source<F> for Many<F> {
    fn program(&self) -> Option<&Program> {
        None
    }

    fn parts(&self) -> Layout {
        self.traced.parts()
    }

    fn derivatives(&self) -> Derivatives {
        self.traced.derivatives()
    }

    fn slope(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.traced.slope_lanes(self.lanes, points, out)
    }

    fn value(&mut self, points: &[F], out: &mut [F]) -> Result<bool, SolveError> {
        if self.lanes != 1 {
            return self.slope(points, out).map(|()| true);
        }
        out[0] = self.traced.value(points)?;
        Ok(false)
    }

    fn hessian(&mut self, points: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.traced.hessian_lanes(self.lanes, points, out)
    }

    fn hessian_vector(&mut self, points: &[F], directions: &[F], out: &mut [F]) -> Result<(), SolveError> {
        self.traced.hessian_vector_lanes(self.lanes, points, directions, out)
    }
}
