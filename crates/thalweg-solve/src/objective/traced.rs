//! [`Traced`]: a program as an objective, with every derivative.

use thalweg_function::{
    Executable, FunctionError, Program, Shape, hessian, hvp, scalarize, trace, value_and_gradient,
};
use thalweg_rule::Layout;

use super::{Derivatives, Objective};
use crate::{Scalar, SolveError};

/// A traced or parsed function with all its derivatives, each made ready when it is first asked for.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Objective, Traced};
///
/// let mut f = Traced::<f64>::new(Expression::parse("x^2*y")?.program())?;
/// let mut gradient = [0.0; 2];
/// assert_eq!(f.value_and_gradient(&[3.0, 5.0], &mut gradient)?, 45.0);
/// assert_eq!(gradient, [30.0, 9.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A function of arrays is a function of all their elements, one array after the other and row by row:
///
/// ```
/// use thalweg_function::{Shape, trace};
/// use thalweg_solve::{Objective, Traced};
///
/// let f = trace([Shape::from([1000]), Shape::SCALAR], |x| (x[0] * x[0]).sum(..) * x[1])?;
/// assert_eq!(Traced::<f64>::new(&f)?.dim(), 1001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Traced<F> {
    program: Program,
    /// Of the function as it was given.
    parts: Layout,
    slope: Executable<F>,
    value: Option<Executable<F>>,
    hessian: Option<Executable<F>>,
    product: Option<Executable<F>>,
    out: Vec<F>,
    pair: Vec<F>,
}

impl<F: Scalar> Traced<F> {
    /// Differentiates the program and makes value and gradient ready.
    ///
    /// # Errors
    /// The program has not exactly one result, or one that is no scalar.
    pub fn new(program: &Program) -> Result<Self, SolveError> {
        let parts = parts_of(program, program.input_count());
        let program = of_one_point(program)?;
        let dim: usize = program.input_shapes().map(|shape| shape.size()).sum();
        Ok(Traced {
            slope: Executable::new(&value_and_gradient(&program)?)?,
            value: None,
            hessian: None,
            product: None,
            out: vec![F::default(); dim + 1],
            pair: Vec::new(),
            parts,
            program,
        })
    }

    /// The function.
    pub fn program(&self) -> &Program {
        &self.program
    }

    fn dimension(&self) -> usize {
        self.out.len() - 1
    }

    /// Whether the function has arrays among its inputs, so that it runs at one point at a time.
    pub(crate) fn has_arrays(&self) -> bool {
        self.program.input_shapes().any(|shape| !shape.is_scalar())
    }

    /// Makes second derivatives ready, so that clones share them.
    pub(crate) fn prepare(&mut self, needs: Derivatives) -> Result<(), SolveError> {
        if needs.hessian {
            ready(&mut self.hessian, &self.program, hessian)?;
        }
        if needs.hessian_vector {
            ready(&mut self.product, &self.program, hvp)?;
        }
        Ok(())
    }

    pub(crate) fn slope_lanes(
        &mut self,
        lanes: usize,
        points: &[F],
        out: &mut [F],
    ) -> Result<(), SolveError> {
        run(&mut self.slope, lanes, points, out)
    }

    pub(crate) fn hessian_lanes(
        &mut self,
        lanes: usize,
        points: &[F],
        out: &mut [F],
    ) -> Result<(), SolveError> {
        run(ready(&mut self.hessian, &self.program, hessian)?, lanes, points, out)
    }

    pub(crate) fn hessian_vector_lanes(
        &mut self,
        lanes: usize,
        points: &[F],
        directions: &[F],
        out: &mut [F],
    ) -> Result<(), SolveError> {
        self.pair.clear();
        self.pair.extend_from_slice(points);
        self.pair.extend_from_slice(directions);
        run(ready(&mut self.product, &self.program, hvp)?, lanes, &self.pair, out)
    }
}

/// The first inputs of a program, by their names and shapes.
pub(crate) fn parts_of(program: &Program, count: usize) -> Layout {
    let shapes = program.input_shapes().map(|shape| shape.axes().collect::<Vec<_>>());
    Layout::new(program.input_names().zip(shapes).take(count))
}

/// Functions of arrays of at most so many operations are unrolled: they run in registers.
const UNROLLED: usize = 2048;

/// The function with scalars for inputs, or with all its inputs as one vector.
fn of_one_point(program: &Program) -> Result<Program, SolveError> {
    let shapes: Vec<Shape> = program.input_shapes().collect();
    if shapes.iter().all(Shape::is_scalar) {
        return Ok(program.clone());
    }
    if let Some(unrolled) = scalarize(program, UNROLLED) {
        return Ok(unrolled);
    }
    if let [shape] = shapes.as_slice()
        && shape.rank() == 1
    {
        return Ok(program.clone());
    }
    let length = shapes.iter().map(Shape::size).sum();
    let flat = trace([Shape::from([length])], |x| {
        let mut start = 0;
        let arguments: Vec<_> = shapes
            .iter()
            .map(|&shape| {
                start += shape.size();
                x[0].slice(0, start - shape.size()..start).reshape(shape)
            })
            .collect();
        program.call(&arguments)
    })?;
    Ok(flat)
}

/// Runs at one point, or at several of scalars.
fn run<F: Scalar>(
    executable: &mut Executable<F>,
    lanes: usize,
    points: &[F],
    out: &mut [F],
) -> Result<(), SolveError> {
    if lanes == 1 {
        executable.run(points, out)?;
    } else {
        executable.run_lanes(lanes, points, out)?;
    }
    Ok(())
}

/// The executable of a derivative, built if this is the first time it is asked for.
pub(crate) fn ready<'a, F: Scalar>(
    place: &'a mut Option<Executable<F>>,
    program: &Program,
    derivative: impl Fn(&Program) -> Result<Program, FunctionError>,
) -> Result<&'a mut Executable<F>, SolveError> {
    if place.is_none() {
        *place = Some(Executable::new(&derivative(program)?)?);
    }
    place.as_mut().ok_or(SolveError::Missing { needs: "this", what: "a derivative" })
}

impl<F: Scalar> Objective<F> for Traced<F> {
    fn program(&self) -> Option<&Program> {
        (!self.has_arrays()).then_some(&self.program)
    }

    fn dim(&self) -> usize {
        self.dimension()
    }

    fn parts(&self) -> Layout {
        self.parts.clone()
    }

    fn value(&mut self, x: &[F]) -> Result<F, SolveError> {
        let mut y = [F::default()];
        ready(&mut self.value, &self.program, |program| Ok(program.clone()))?.run(x, &mut y)?;
        Ok(y[0])
    }

    #[inline]
    fn value_and_gradient(&mut self, x: &[F], gradient: &mut [F]) -> Result<F, SolveError> {
        self.slope.run(x, &mut self.out)?;
        if gradient.len() != self.dimension() {
            let (found, expected) = (gradient.len(), self.dimension());
            return Err(SolveError::Dimension { what: "the gradient".to_owned(), found, expected });
        }
        gradient.copy_from_slice(&self.out[1..]);
        Ok(self.out[0])
    }

    #[inline]
    fn value_then_gradient(&mut self, x: &[F], out: &mut [F]) -> Result<(), SolveError> {
        Ok(self.slope.run(x, out)?)
    }

    fn derivatives(&self) -> Derivatives {
        Derivatives { hessian: true, hessian_vector: true }
    }

    fn hessian(&mut self, x: &[F], hessian: &mut [F]) -> Result<(), SolveError> {
        self.hessian_lanes(1, x, hessian)
    }

    fn hessian_vector(&mut self, x: &[F], v: &[F], product: &mut [F]) -> Result<(), SolveError> {
        self.hessian_vector_lanes(1, x, v, product)
    }
}

impl<F: Scalar> Clone for Traced<F> {
    /// Another objective with buffers of its own; what is ready is shared.
    fn clone(&self) -> Self {
        Traced {
            program: self.program.clone(),
            parts: self.parts.clone(),
            slope: self.slope.clone(),
            value: self.value.clone(),
            hessian: self.hessian.clone(),
            product: self.product.clone(),
            out: self.out.clone(),
            pair: Vec::new(),
        }
    }
}
