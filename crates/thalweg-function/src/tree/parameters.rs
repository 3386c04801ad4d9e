//! [`Parameters`]: the numbers of a tree in one flat, aligned buffer.

use std::fmt;
use std::sync::Arc;

use super::buffer::Aligned;
use super::{ArrayView, ArrayViewMut, Layout, Tree};
use crate::execute::Float;
use crate::program::Shape;

/// The arrays of a tree of shapes `S`, one after the other in one buffer that begins at a multiple of 64 bytes.
///
/// As a slice it is what rules step over and executables run on; by name or as a tree it is views of the arrays. A
/// gradient, or an optimiser's state, has the same form: [`Parameters::zeros_like`].
///
/// ```
/// use thalweg_function::Shape;
/// use thalweg_function::tree::{Parameters, Tree};
///
/// #[derive(Tree)]
/// struct Dense<T> {
///     weight: T,
///     bias: T,
/// }
///
/// let shape = |axes: &[usize]| Shape::new(axes).expect("few and short axes");
/// let shapes = Dense { weight: shape(&[2, 3]), bias: shape(&[2]) };
/// let mut parameters = Parameters::<f32, _>::init(shapes, |name, _, numbers| match name {
///     "weight" => numbers.fill(0.5),
///     _ => numbers.copy_from_slice(&[1.0, 2.0]),
/// });
/// assert_eq!(parameters.as_slice(), [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 2.0]);
/// *parameters.tree_mut().weight.at_mut(&[1, 0]).expect("an element") = 7.0;
/// assert_eq!(parameters.tree().weight[3], 7.0);
/// assert_eq!(parameters.view("bias").map(|bias| bias[1]), Some(2.0));
/// ```
pub struct Parameters<F, S> {
    shapes: Arc<S>,
    layout: Arc<Layout>,
    numbers: Aligned<F>,
}

impl<F: Float, S: Tree<Leaf = Shape>> Parameters<F, S> {
    /// Arrays of these shapes, full of zeros.
    pub fn zeros(shapes: S) -> Self {
        let layout = Layout::of(&shapes);
        let numbers = Aligned::zeros(layout.len());
        Parameters { shapes: Arc::new(shapes), layout: Arc::new(layout), numbers }
    }

    /// Arrays of these shapes, each filled by `fill`, which is told its name and shape and finds zeros.
    pub fn init(shapes: S, fill: impl FnMut(&str, Shape, &mut [F])) -> Self {
        let mut parameters = Parameters::zeros(shapes);
        parameters.fill(fill);
        parameters
    }

    /// Lets `fill` write each array, told its name and shape, in order.
    pub fn fill(&mut self, mut fill: impl FnMut(&str, Shape, &mut [F])) {
        for entry in self.layout.entries() {
            fill(&entry.name, entry.shape, &mut self.numbers[entry.range.clone()]);
        }
    }

    /// Arrays of the same shapes, full of zeros.
    pub fn zeros_like(&self) -> Self {
        let numbers = Aligned::zeros(self.numbers.len());
        Parameters { shapes: Arc::clone(&self.shapes), layout: Arc::clone(&self.layout), numbers }
    }

    /// The shapes that the arrays were made with.
    pub fn shapes(&self) -> &S {
        &self.shapes
    }

    /// Which array lies where.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All numbers.
    pub fn as_slice(&self) -> &[F] {
        &self.numbers
    }

    /// All numbers, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [F] {
        &mut self.numbers
    }

    /// The array with this name.
    pub fn view(&self, name: &str) -> Option<ArrayView<'_, F>> {
        let entry = self.layout.find(name)?;
        Some(ArrayView::new(entry.shape, &self.numbers[entry.range.clone()]))
    }

    /// The array with this name, to be changed.
    pub fn view_mut(&mut self, name: &str) -> Option<ArrayViewMut<'_, F>> {
        let entry = self.layout.find(name)?;
        Some(ArrayViewMut::new(entry.shape, &mut self.numbers[entry.range.clone()]))
    }

    /// The arrays as the tree that they are.
    pub fn tree(&self) -> S::With<ArrayView<'_, F>> {
        let mut rest = self.as_slice();
        self.shapes.map(|_, &shape| {
            let (numbers, after) = rest.split_at(shape.size());
            rest = after;
            ArrayView::new(shape, numbers)
        })
    }

    /// The arrays as the tree that they are, to be changed.
    pub fn tree_mut(&mut self) -> S::With<ArrayViewMut<'_, F>> {
        let mut rest: &mut [F] = &mut self.numbers;
        self.shapes.map(|_, &shape| {
            let (numbers, after) = std::mem::take(&mut rest).split_at_mut(shape.size());
            rest = after;
            ArrayViewMut::new(shape, numbers)
        })
    }
}

impl<F: Float, S> Clone for Parameters<F, S> {
    fn clone(&self) -> Self {
        let (shapes, layout) = (Arc::clone(&self.shapes), Arc::clone(&self.layout));
        Parameters { shapes, layout, numbers: self.numbers.clone() }
    }
}

impl<F: PartialEq, S> PartialEq for Parameters<F, S> {
    /// Whether names, shapes and numbers agree.
    fn eq(&self, other: &Self) -> bool {
        self.layout == other.layout && *self.numbers == *other.numbers
    }
}

impl<F: fmt::Debug, S> fmt::Debug for Parameters<F, S> {
    /// The layout, which says all about the shapes, and the numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters")
            .field("layout", &self.layout)
            .field("numbers", &&*self.numbers)
            .finish_non_exhaustive()
    }
}

impl<F, S> fmt::Display for Parameters<F, S> {
    /// The table of the [`Layout`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layout.fmt(f)
    }
}
