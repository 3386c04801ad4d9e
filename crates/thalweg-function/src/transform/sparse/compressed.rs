//! [`SparseDerivative`]: a program for the directions of all colours, and where in its results the nonzeros are.

use super::{Pattern, sparsity};
use crate::error::FunctionError;
use crate::execute::Float;
use crate::program::{Builder, NodeId, Program, Shape};
use crate::transform::forward::push_forward;
use crate::transform::{InputAxis, batch, gradient, jvp, select_outputs, simplified_copy, vjp};

/// A sparse matrix of derivatives: a program that computes its nonzeros, several columns (or rows) at once.
#[derive(Debug, Clone)]
pub struct SparseDerivative {
    program: Program,
    pattern: Pattern,
    colours: usize,
    places: Vec<u32>,
}

impl SparseDerivative {
    /// The program, with the inputs of the function. [`SparseDerivative::gather`] finds the nonzeros in its results.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Where the nonzeros are.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The number of directions that the program computes.
    pub fn colours(&self) -> usize {
        self.colours
    }

    /// For each nonzero of the pattern, column by column, its place in the program's results.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// The values of the nonzeros, column by column, from the program's results.
    ///
    /// # Errors
    /// A buffer has the wrong length.
    pub fn gather<F: Float>(&self, results: &[F], values: &mut [F]) -> Result<(), FunctionError> {
        let expected = self.program.output_shapes().map(|shape| shape.size()).sum();
        let lengths = [("input", results.len(), expected), ("output", values.len(), self.places.len())];
        for (buffer, found, expected) in lengths {
            if found != expected {
                return Err(FunctionError::BufferLength { buffer, found, expected });
            }
        }
        for (value, &place) in values.iter_mut().zip(&self.places) {
            *value = results[place as usize];
        }
        Ok(())
    }
}

/// The Jacobian of a function whose Jacobian is sparse: its columns by forward mode or its rows by reverse mode, whichever
/// needs fewer colours. Rows are the elements of all results, columns those of all inputs.
///
/// # Errors
/// As [`batch`].
pub fn compressed_jacobian(program: &Program) -> Result<SparseDerivative, FunctionError> {
    let pattern = sparsity(program);
    let (by_column, by_row) = (pattern.colours(), pattern.transposed().colours());
    if count(&by_column) <= count(&by_row) {
        return along_columns(program, pattern, &by_column);
    }
    let results = program.output_count();
    let cotangents: Vec<_> = (results..results + program.input_count()).collect();
    let back = select_outputs(&vjp(program)?, &cotangents)?;
    let width = pattern.columns();
    let seeds: Vec<_> = program.output_shapes().collect();
    compressed(&back, &seeds, pattern, &by_row, |row, column, colour| colour[row] as usize * width + column)
}

/// The Hessian of a scalar function whose Hessian is sparse. Rows and columns are the elements of all inputs.
///
/// ```
/// use thalweg_function::{Executable, Shape, sparse_hessian, trace};
///
/// // Each term couples neighbours only.
/// let chain = trace([Shape::from([100])], |x| {
///     let (left, right) = (x[0].slice(0, ..99), x[0].slice(0, 1..));
///     (right - left * left).pow(2.0).sum(..)
/// })?;
/// let second = sparse_hessian(&chain)?;
/// assert_eq!((second.colours(), second.pattern().nonzeros()), (3, 298));
///
/// let mut executable = Executable::<f64>::new(second.program())?;
/// let mut results = vec![0.0; executable.output_len()];
/// let mut values = vec![0.0; 298];
/// executable.run(&[1.0; 100], &mut results)?;
/// second.gather(&results, &mut values)?;
/// assert_eq!(values[..5], [8.0, -4.0, -4.0, 10.0, -4.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// As [`gradient`] and [`batch`].
pub fn sparse_hessian(program: &Program) -> Result<SparseDerivative, FunctionError> {
    let slope = gradient(program)?;
    let pattern = sparsity(&slope);
    let colours = pattern.colours();
    along_columns(&slope, pattern, &colours)
}

fn count(colours: &[u32]) -> usize {
    colours.iter().map(|&colour| colour as usize + 1).max().unwrap_or(0)
}

/// The derivative along the sum of the unit vectors of each colour of columns.
fn along_columns(
    program: &Program,
    pattern: Pattern,
    colours: &[u32],
) -> Result<SparseDerivative, FunctionError> {
    let height = pattern.rows();
    let place = |row: usize, column: usize, colour: &[u32]| colour[column] as usize * height + row;
    if program.input_shapes().all(|shape| shape.is_scalar()) {
        return Ok(of_scalars(program, pattern, colours));
    }
    let results = program.output_count();
    let tangents: Vec<_> = (results..2 * results).collect();
    let forward = select_outputs(&jvp(program)?, &tangents)?;
    let seeds: Vec<_> = program.input_shapes().collect();
    compressed(&forward, &seeds, pattern, colours, place)
}

/// As [`along_columns`], with a pass of its own for each colour: each leaves out what its direction does not reach.
fn of_scalars(program: &Program, pattern: Pattern, colours: &[u32]) -> SparseDerivative {
    let (mut builder, simple, placed) = simplified_copy(program);
    let (zero, one) = (builder.constant(0.0), builder.constant(1.0));
    let number = count(colours).max(1);
    let mut outputs = Vec::new();
    for colour in 0..number {
        let direction: Vec<_> = colours.iter().map(|&c| (c as usize == colour).then_some(one)).collect();
        let pushed = push_forward(&mut builder, &simple, &placed, &direction);
        for &id in &simple.outputs {
            outputs.push(builder.filled(pushed[id.index()].unwrap_or(zero), simple.node(id).shape));
        }
    }
    let height = pattern.rows();
    let places = places_of(&pattern, |row, column| colours[column] as usize * height + row);
    SparseDerivative { program: builder.finish(&outputs), pattern, colours: number, places }
}

/// A `directional` program (inputs of the function, then a direction of the shapes `seeds`) for all colours at once, as one
/// result: a row for each colour.
fn compressed(
    directional: &Program,
    seeds: &[Shape],
    pattern: Pattern,
    colours: &[u32],
    place: impl Fn(usize, usize, &[u32]) -> usize,
) -> Result<SparseDerivative, FunctionError> {
    let number = count(colours).max(1);
    let given = directional.inputs.len() - seeds.len();
    let mut axes = vec![InputAxis::Shared; given];
    axes.resize(directional.inputs.len(), InputAxis::Batched);
    let many = batch(directional, number, &axes)?;

    let mut builder = Builder::new();
    let mut arguments: Vec<_> = directional.inputs[..given]
        .iter()
        .map(|input| builder.input(&input.name, directional.node(input.node).shape))
        .collect();
    let mut first = 0;
    for shape in seeds {
        let own = &colours[first..first + shape.size()];
        let rows = (0..number).flat_map(|row| own.iter().map(move |&c| f64::from(c as usize == row)));
        let table: Vec<f64> = rows.collect();
        let wide = Shape::of([number].into_iter().chain(shape.axes()));
        arguments.push(builder.table(table.into(), wide));
        first += shape.size();
    }
    let placed = builder.inline(&many, &arguments);
    let flat: Vec<_> = many
        .outputs
        .iter()
        .map(|id| {
            let width = many.node(*id).shape.size() / number;
            builder.reshape(placed[id.index()], Shape::of([number, width]))
        })
        .collect();
    let whole = side_by_side(&mut builder, &flat);
    let places = places_of(&pattern, |row, column| place(row, column, colours));
    Ok(SparseDerivative { program: builder.finish(&[whole]), pattern, colours: number, places })
}

fn side_by_side(builder: &mut Builder, parts: &[NodeId]) -> NodeId {
    if let [one] = parts {
        return *one;
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    let (left, right) = (side_by_side(builder, left), side_by_side(builder, right));
    builder.concat(left, right, 1)
}

fn places_of(pattern: &Pattern, place: impl Fn(usize, usize) -> usize) -> Vec<u32> {
    (0..pattern.columns())
        .flat_map(|column| pattern.column(column).iter().map(move |&row| (row as usize, column)))
        .map(|(row, column)| place(row, column) as u32)
        .collect()
}
