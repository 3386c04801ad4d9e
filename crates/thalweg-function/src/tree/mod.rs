//! Parameter trees: a struct of arrays as the argument and the gradient of a function.
//!
//! A model's parameters are a struct that is generic over its leaves, with `#[derive(Tree)]`. One struct then serves for
//! the shapes of the parameters, for the [`Var`](crate::Var)s of a traced function ([`trace_tree`]), for views of
//! the numbers ([`Parameters::tree`]). The numbers themselves, and those of the gradient, lie in one flat buffer
//! ([`Parameters`]), in the order of the function's inputs; a [`Layout`] says which leaf lies where.
//!
//! ```
//! use thalweg_function::tree::{Parameters, Tree, trace_tree};
//! use thalweg_function::{Executable, Shape, Var, value_and_gradient};
//!
//! #[derive(Tree)]
//! struct Line<T> {
//!     slope: T,
//!     intercept: T,
//! }
//!
//! let shapes = Line { slope: Shape::SCALAR, intercept: Shape::SCALAR };
//! let loss = trace_tree(&shapes, &[], |line, _| {
//!     let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)];
//!     points.map(|(x, y)| (line.slope * x + line.intercept - y).pow(2.0)).into_iter().sum::<Var>()
//! })?;
//! assert_eq!(loss.input_names().collect::<Vec<_>>(), ["slope", "intercept"]);
//!
//! let mut parameters = Parameters::<f64, _>::zeros(shapes);
//! parameters.tree_mut().slope[0] = 2.0;
//! let mut results = [0.0; 3];
//! Executable::<f64>::new(&value_and_gradient(&loss)?)?.run(parameters.as_slice(), &mut results)?;
//! assert_eq!(results, [3.0, -6.0, -6.0]);
//!
//! let mut gradient = parameters.zeros_like();
//! gradient.as_mut_slice().copy_from_slice(&results[1..]);
//! assert_eq!(gradient.tree().intercept[0], -6.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What never lives here: what is done with the parameters.

mod buffer;
mod layout;
mod parameters;
mod path;
mod structures;
#[cfg(test)]
mod tests;
mod trace;
mod view;

pub use layout::{Entry, Layout};
pub use parameters::Parameters;
pub use path::Path;
#[cfg(feature = "derive")]
pub use thalweg_derive::Tree;
pub use trace::trace_tree;
pub use view::{ArrayView, ArrayViewMut};

/// A structure whose leaves have one type, and which exists for every other type of leaf too.
///
/// A single [`Leaf`] is a tree; so are vectors, arrays, options and tuples (up to six) of trees, and structs with
/// `#[derive(Tree)]`. A leaf is called by the path that leads to it: names of fields, and positions in vectors, arrays and
/// tuples, joined by dots; an option adds nothing, and a tree that is a single leaf has the empty name. The order of the
/// leaves is that of declaration.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no parameter tree",
    note = "a struct becomes a tree by `#[derive(Tree)]`; a type that shall be a leaf implements `Leaf`"
)]
pub trait Tree: Sized {
    /// What the leaves are.
    type Leaf;

    /// The same structure with leaves of type `U`.
    type With<U: Leaf>: Tree<Leaf = U>;

    /// The same structure with each leaf replaced by what `map` makes of its name and itself, this tree being the part of
    /// a larger one that `path` leads to. [`Tree::map`] is the form for callers.
    fn map_at<'a, U: Leaf>(
        &'a self,
        path: &mut Path,
        map: &mut dyn FnMut(&str, &'a Self::Leaf) -> U,
    ) -> Self::With<U>;

    /// The same structure with each leaf replaced by what `map` makes of its name and itself, in order. (An option or an
    /// array has a `map` of its own, which comes first: `Tree::map(&array, …)` is this one.)
    ///
    /// ```
    /// use thalweg_function::tree::Tree;
    ///
    /// let (weights, bias) = (vec![1.0, 2.0], 3.0).map(|name, leaf| format!("{name}: {leaf}"));
    /// assert_eq!((weights[1].as_str(), bias.as_str()), ("0.1: 2", "1: 3"));
    /// ```
    fn map<'a, U: Leaf>(&'a self, mut map: impl FnMut(&str, &'a Self::Leaf) -> U) -> Self::With<U> {
        self.map_at(&mut Path::default(), &mut map)
    }

    /// The leaves with their names, in order.
    ///
    /// ```
    /// use thalweg_function::tree::Tree;
    ///
    /// let leaves = ([1.0, 2.0], Some(3.0)).leaves();
    /// assert_eq!(leaves[1], ("0.1".to_owned(), &2.0));
    /// assert_eq!(leaves[2], ("1".to_owned(), &3.0));
    /// ```
    fn leaves(&self) -> Vec<(String, &Self::Leaf)> {
        let mut leaves = Vec::new();
        self.map(|name, leaf| leaves.push((name.to_owned(), leaf)));
        leaves
    }
}

/// A type that ends a [`Tree`]: it is what the tree holds, not a part of the structure.
///
/// ```
/// use thalweg_function::tree::{Leaf, Tree};
///
/// struct Interval(f64, f64);
/// impl Leaf for Interval {}
///
/// let widths = vec![Interval(0.0, 1.0), Interval(2.0, 5.0)].map(|_, leaf| leaf.1 - leaf.0);
/// assert_eq!(widths, [1.0, 3.0]);
/// ```
pub trait Leaf {}

impl<T: Leaf> Tree for T {
    type Leaf = T;
    type With<U: Leaf> = U;

    fn map_at<'a, U: Leaf>(&'a self, path: &mut Path, map: &mut dyn FnMut(&str, &'a T) -> U) -> U {
        map(path.name(), self)
    }
}

macro_rules! leaves {
    ($($leaf:ty),* $(,)?) => {
        $(impl Leaf for $leaf {})*
    };
}
leaves!((), bool, f32, f64, i32, i64, u32, u64, usize, String, crate::Shape, crate::Tensor, crate::Var);

impl<T: ?Sized> Leaf for &T {}
impl<F> Leaf for ArrayView<'_, F> {}
impl<F> Leaf for ArrayViewMut<'_, F> {}
