//! [`trace_tree`]: a function of a tree becomes a program.

use super::Tree;
use crate::error::FunctionError;
use crate::program::{Program, Shape};
use crate::trace::{Outputs, Var, trace};

/// Runs `function` once on a tree of variables, and on further ones, and returns what it computed as a program.
///
/// The program's first inputs are the leaves of the tree, in order and called by their names: those of
/// [`Parameters`](super::Parameters) made from the same shapes. Then come the inputs listed in `more`, by name and shape: what is
/// not to be trained, such as data.
///
/// ```
/// use thalweg_function::Shape;
/// use thalweg_function::tree::{Tree, trace_tree};
///
/// #[derive(Tree)]
/// struct Wave<T> {
///     amplitude: T,
///     phase: T,
/// }
///
/// let shapes = Wave { amplitude: Shape::SCALAR, phase: Shape::SCALAR };
/// let wave = trace_tree(&shapes, &[("t", Shape::SCALAR)], |wave, t| {
///     wave.amplitude * (t[0] + wave.phase).sin()
/// })?;
/// assert_eq!(wave.input_names().collect::<Vec<_>>(), ["amplitude", "phase", "t"]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// As [`trace`](crate::trace()).
pub fn trace_tree<S: Tree<Leaf = Shape>, R: Outputs>(
    shapes: &S,
    more: &[(&str, Shape)],
    function: impl FnOnce(S::With<Var>, &[Var]) -> R,
) -> Result<Program, FunctionError> {
    let mut inputs: Vec<_> = shapes.leaves().into_iter().map(|(name, &shape)| (name, shape)).collect();
    inputs.extend(more.iter().map(|&(name, shape)| (name.to_owned(), shape)));
    trace(inputs, |variables| {
        let mut taken = 0;
        let tree = shapes.map(|_, _| {
            taken += 1;
            variables[taken - 1]
        });
        function(tree, &variables[taken..])
    })
}
