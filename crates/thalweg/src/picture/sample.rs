//! A function on a grid: the fields, curves and arrows that figures draw.

use super::{PictureError, Plane};
use crate::figure::{Arrows, Axis, Curve, Field};
use crate::function::{Executable, Program, gradient, value_and_gradient};

/// The values of a function of two variables over a rectangle.
///
/// ```
/// use thalweg::{figure::Axis, function::trace, picture};
///
/// let f = trace(2, |x| x[0] + 10.0 * x[1])?;
/// let field = picture::field(&f, Axis::new("x", 0.0, 1.0, 2), Axis::new("y", 0.0, 2.0, 3))?;
/// assert_eq!(field.values, [0.0, 1.0, 10.0, 11.0, 20.0, 21.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The function is not one of two variables.
pub fn field(program: &Program, x: Axis, y: Axis) -> Result<Field, PictureError> {
    field_on(program, &Plane::of_two_variables(), x, y)
}

/// The values of a function of any number of variables over a rectangle of a plane.
///
/// # Errors
/// The function has another number of variables than the plane's points.
pub fn field_on(program: &Program, plane: &Plane, x: Axis, y: Axis) -> Result<Field, PictureError> {
    let mut f = executable(program, program, plane.origin.len())?;
    let lanes = x.count;
    let mut points = vec![0.0; plane.origin.len() * lanes];
    let mut values = vec![0.0; lanes * y.count];
    for (j, row) in values.chunks_exact_mut(lanes).enumerate() {
        for (k, component) in points.chunks_exact_mut(lanes).enumerate() {
            for (i, value) in component.iter_mut().enumerate() {
                *value = plane.coordinate(k, x.at(i), y.at(j));
            }
        }
        f.run_lanes(lanes, &points, row)?;
    }
    Ok(Field { name: "f".into(), x, y, values })
}

/// The downhill directions −∇f of a function of two variables, and its values, at the points of a grid.
///
/// # Errors
/// The function is not one of two variables.
pub fn downhill(program: &Program, x: &Axis, y: &Axis) -> Result<Arrows, PictureError> {
    let mut slope = executable(program, &value_and_gradient(program)?, 2)?;
    let points: Vec<[f64; 2]> =
        (0..y.count).flat_map(|j| (0..x.count).map(move |i| [x.at(i), y.at(j)])).collect();
    let lanes = points.len();
    let flat: Vec<f64> = (0..2).flat_map(|k| points.iter().map(move |p| p[k])).collect();
    let mut out = vec![0.0; 3 * lanes];
    slope.run_lanes(lanes, &flat, &mut out)?;
    let directions = (0..lanes).map(|i| [-out[lanes + i], -out[2 * lanes + i]]).collect();
    out.truncate(lanes);
    Ok(Arrows { points, directions, values: out })
}

/// A function of one variable as a curve.
///
/// # Errors
/// The function is not one of one variable.
pub fn curve(program: &Program, label: &str, axis: &Axis) -> Result<Curve, PictureError> {
    let mut f = executable(program, program, 1)?;
    let x: Vec<f64> = (0..axis.count).map(|i| axis.at(i)).collect();
    let mut y = vec![0.0; x.len()];
    f.run_lanes(x.len(), &x, &mut y)?;
    Ok(Curve { label: label.into(), x, y })
}

/// The derivative of a function of one variable as a curve.
///
/// # Errors
/// The function is not one of one variable.
pub fn derivative(program: &Program, label: &str, axis: &Axis) -> Result<Curve, PictureError> {
    curve(&gradient(program)?, label, axis)
}

fn executable(
    function: &Program,
    program: &Program,
    expected: usize,
) -> Result<Executable<f64>, PictureError> {
    let found = function.input_count();
    if found != expected {
        return Err(PictureError::Variables { found, expected });
    }
    Ok(Executable::new(program)?)
}
