//! The primitives on whole arrays: structure, reductions, indices, products, factorisations.
//!
//! An [`ArrayOp`] carries what it needs beside its operands (axes, strides, windows); the shape of its result stands in
//! its node. Each family has a file with the constructors (methods of [`Builder`], which compute shapes and apply
//! identities) and the two derivatives. `forward` gives the tangent of the result for the tangent `t` of an operand,
//! `reverse` the cotangent of the operand for the cotangent `t` of the result; `t` always has the full shape. The
//! derivative of each is made of these operations again, so that derivatives of any order exist.
//!
//! What never lives here: checks of what a user wrote (`trace` does that, and names the line), and how arrays are
//! computed (`execute::array`).

mod factor;
mod indexing;
mod product;
mod reduction;
mod scan;
mod structure;
mod window;

use std::fmt;

pub(crate) use product::ProductDims;
pub(crate) use scan::Loop;
pub(crate) use window::{Side, composition};

use crate::program::{Builder, NodeId, Shape};

/// A set of axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Axes(pub(crate) u8);

impl Axes {
    pub(crate) fn of(axes: impl IntoIterator<Item = usize>) -> Self {
        Axes(axes.into_iter().fold(0, |set, axis| set | (1 << axis)))
    }

    /// The first `rank` axes.
    pub(crate) fn all(rank: usize) -> Self {
        Axes(((1_u16 << rank) - 1) as u8)
    }

    pub(crate) fn contains(self, axis: usize) -> bool {
        self.0 & (1 << axis) != 0
    }

    pub(crate) fn without(self, other: Axes) -> Self {
        Axes(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        (0..8).filter(move |&axis| self.contains(axis))
    }
}

/// Places along one axis: the `i`-th is `start + i·step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) axis: u8,
    pub(crate) start: u32,
    pub(crate) step: i32,
}

/// A window that slides over the last two axes of an array, which counts as surrounded by `padding` zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    pub(crate) size: [u8; 2],
    pub(crate) stride: [u8; 2],
    pub(crate) padding: [u8; 2],
}

impl Window {
    /// How many places the window has over `height` and `width`, or `None` if it does not fit.
    pub(crate) fn places(self, extent: [usize; 2]) -> Option<[usize; 2]> {
        let mut places = [0; 2];
        for k in 0..2 {
            let room =
                (extent[k] + 2 * usize::from(self.padding[k])).checked_sub(usize::from(self.size[k]))?;
            places[k] = room / usize::from(self.stride[k].max(1)) + 1;
        }
        Some(places)
    }
}

/// An operation on whole arrays. `x`, `y`, `z` are the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ArrayOp {
    /// The program's constant array with this number.
    Table(u32),
    /// Each element's index along the axis.
    Iota(u8),
    /// The same numbers, row by row, along other axes.
    Reshape,
    /// Axis `k` of the result is axis `p[k]` of `x`.
    Permute([u8; Shape::MAX_RANK]),
    /// The elements of `x` at the places of the span.
    Slice(Span),
    /// Zeros, but `x` at the places of the span.
    Pad(Span),
    /// `x`, then `y`, along the axis.
    Concat(u8),
    /// Sums over axes, which the result lacks.
    Sum(Axes),
    /// Largest elements over axes, which the result lacks; NaN if one is.
    Largest(Axes),
    /// Smallest elements over axes, which the result lacks; NaN if one is.
    Smallest(Axes),
    /// Index of the first largest element along the axis, which the result lacks.
    ArgMax(u8),
    /// Sums of all elements up to and with each one along the axis; `backwards`, from each one on.
    CumSum { axis: u8, backwards: bool },
    /// For each place along the axis, the index of the element that belongs there in rising order (stable, NaN last).
    ArgSort(u8),
    /// `x` at the indices `y` along the axis: the axes of `y` stand in its place.
    Take(u8),
    /// The transpose of `Take`: zeros of the result's shape, to which `x` is added at the indices `y` along the axis.
    ScatterAdd(u8),
    /// `result[…, i, …] = x[…, y[…, i, …], …]` along the axis; all other axes agree.
    TakeAlong(u8),
    /// The transpose of `TakeAlong`: `result[…, y[…, i, …], …] += x[…, i, …]`.
    ScatterAlong(u8),
    /// Matrix products over the last two axes, of `x` or its transpose with `y` or its; all other axes agree.
    Product { transpose: [bool; 2] },
    /// The lower triangular L with L·Lᵀ = `x` (its lower triangle is read), over the last two axes.
    Cholesky,
    /// L⁻¹·`y`, or L⁻ᵀ·`y` if `transposed`, for the lower triangle L of `x`, over the last two axes.
    TriangularSolve { transposed: bool },
    /// The eigenvalues of symmetric `x` (its lower triangle is read) in rising order, over the last two axes.
    EigenValues,
    /// Its eigenvectors in the columns, in the same order.
    EigenVectors,
    /// `x`, as if it were constant.
    StopGradient,
    /// Numbers in [0, 1) drawn with the keys `x` (whole numbers), along whose axes further axes follow; the number tells
    /// draws with the same key apart.
    Uniform(u32),
    /// `[…, c, h, w]` to `[…, c·size, places]`: what the window covers at each of its places.
    Patches(Window),
    /// The transpose of `Patches`: sums what covers each element.
    Unpatch(Window),
    /// One side of a convolution from the other two: of `[N, C, H, W]`, `[O, C, kh, kw]` and `[N, O, oh, ow]`.
    Convolve(Window, Side),
    /// The largest element under a window (without padding) at each of its places over the last two axes; NaN if one is.
    MaxPool(Window),
    /// The mean of `x` over the places under a window where `y` is largest.
    PoolGather(Window),
    /// The transpose of `PoolGather`: `x` in equal shares to the places under a window where `y` is largest.
    PoolSpread(Window),
    /// The sum under a window (without padding) at each of its places over the last two axes.
    SumPool(Window),
    /// The transpose of `SumPool`: `x` of each place to all elements under the window there.
    SumSpread(Window),
    /// A loop of fixed length: see [`Loop`]. `x` is the first carry, `y` what every step sees, `z` a row for each step.
    Scan(u32),
}

impl ArrayOp {
    pub(crate) fn name(self) -> &'static str {
        match self {
            ArrayOp::Table(_) => "table",
            ArrayOp::Iota(_) => "iota",
            ArrayOp::Reshape => "reshape",
            ArrayOp::Permute(_) => "permute",
            ArrayOp::Slice(_) => "slice",
            ArrayOp::Pad(_) => "pad",
            ArrayOp::Concat(_) => "concat",
            ArrayOp::Sum(_) => "sum",
            ArrayOp::Largest(_) => "largest",
            ArrayOp::Smallest(_) => "smallest",
            ArrayOp::ArgMax(_) => "argmax",
            ArrayOp::CumSum { .. } => "cumsum",
            ArrayOp::ArgSort(_) => "argsort",
            ArrayOp::Take(_) => "take",
            ArrayOp::ScatterAdd(_) => "scatter_add",
            ArrayOp::TakeAlong(_) => "take_along",
            ArrayOp::ScatterAlong(_) => "scatter_along",
            ArrayOp::Product { .. } => "matmul",
            ArrayOp::Cholesky => "cholesky",
            ArrayOp::TriangularSolve { .. } => "triangular_solve",
            ArrayOp::EigenValues => "eigenvalues",
            ArrayOp::EigenVectors => "eigenvectors",
            ArrayOp::StopGradient => "stop_gradient",
            ArrayOp::Uniform(_) => "uniform",
            ArrayOp::Patches(_) => "patches",
            ArrayOp::Unpatch(_) => "unpatch",
            ArrayOp::Convolve(_, Side::Results) => "convolve",
            ArrayOp::Convolve(_, Side::Images) => "convolve_images",
            ArrayOp::Convolve(_, Side::Kernel) => "convolve_kernel",
            ArrayOp::MaxPool(_) => "max_pool",
            ArrayOp::PoolGather(_) => "pool_gather",
            ArrayOp::PoolSpread(_) => "pool_spread",
            ArrayOp::SumPool(_) => "sum_pool",
            ArrayOp::SumSpread(_) => "sum_spread",
            ArrayOp::Scan(_) => "scan",
        }
    }

    pub(crate) fn arity(self) -> usize {
        use ArrayOp::{
            Concat, Convolve, Iota, PoolGather, PoolSpread, Product, Scan, ScatterAdd, ScatterAlong, Table,
            Take, TakeAlong, TriangularSolve,
        };
        match self {
            Table(_) | Iota(_) => 0,
            Concat(_)
            | Take(_)
            | ScatterAdd(_)
            | TakeAlong(_)
            | ScatterAlong(_)
            | Product { .. }
            | TriangularSolve { .. }
            | Convolve(..)
            | PoolGather(_)
            | PoolSpread(_) => 2,
            Scan(_) => 3,
            _ => 1,
        }
    }
}

impl fmt::Display for ArrayOp {
    /// The name and what belongs to it: `slice(axis 0 from 1 by 2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match *self {
            ArrayOp::Table(k) | ArrayOp::Uniform(k) | ArrayOp::Scan(k) => write!(f, "({k})"),
            ArrayOp::Permute(p) => write!(f, "({p:?})"),
            ArrayOp::Slice(span) | ArrayOp::Pad(span) => {
                write!(f, "(axis {} from {} by {})", span.axis, span.start, span.step)
            }
            ArrayOp::Sum(axes) | ArrayOp::Largest(axes) | ArrayOp::Smallest(axes) => {
                let axes: Vec<_> = axes.iter().map(|axis| axis.to_string()).collect();
                write!(f, "(axes {})", axes.join(" "))
            }
            ArrayOp::Iota(axis)
            | ArrayOp::Concat(axis)
            | ArrayOp::ArgMax(axis)
            | ArrayOp::ArgSort(axis)
            | ArrayOp::Take(axis)
            | ArrayOp::ScatterAdd(axis)
            | ArrayOp::TakeAlong(axis)
            | ArrayOp::ScatterAlong(axis)
            | ArrayOp::CumSum { axis, backwards: false } => write!(f, "(axis {axis})"),
            ArrayOp::CumSum { axis, backwards: true } => write!(f, "(axis {axis} backwards)"),
            ArrayOp::Product { transpose: [a, b] } => {
                let mark = |transposed| if transposed { "'" } else { "" };
                write!(f, "(a{} b{})", mark(a), mark(b))
            }
            ArrayOp::TriangularSolve { transposed: true } => f.write_str("(transposed)"),
            ArrayOp::Patches(w)
            | ArrayOp::Unpatch(w)
            | ArrayOp::Convolve(w, _)
            | ArrayOp::MaxPool(w)
            | ArrayOp::PoolGather(w)
            | ArrayOp::PoolSpread(w)
            | ArrayOp::SumPool(w)
            | ArrayOp::SumSpread(w) => {
                write!(f, "(size {:?} stride {:?} padding {:?})", w.size, w.stride, w.padding)
            }
            _ => Ok(()),
        }
    }
}

/// What a derivative is taken along: from operand `x[i]` of an operation to its result `y`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) op: ArrayOp,
    pub(crate) x: [NodeId; 3],
    pub(crate) y: NodeId,
    pub(crate) i: usize,
}

/// Where the derivatives of an operation stand.
enum Family {
    Structure,
    Windows,
    Reduction,
    Indexing,
    Product {
        transpose: [bool; 2],
    },
    Factor,
    /// No derivative but zero, or, of loops, one that takes all operands at once.
    Flat,
}

impl ArrayOp {
    fn family(self) -> Family {
        match self {
            ArrayOp::Reshape
            | ArrayOp::Permute(_)
            | ArrayOp::Slice(_)
            | ArrayOp::Pad(_)
            | ArrayOp::Concat(_) => Family::Structure,
            ArrayOp::Patches(_)
            | ArrayOp::Unpatch(_)
            | ArrayOp::Convolve(..)
            | ArrayOp::MaxPool(_)
            | ArrayOp::PoolGather(_)
            | ArrayOp::PoolSpread(_)
            | ArrayOp::SumPool(_)
            | ArrayOp::SumSpread(_) => Family::Windows,
            ArrayOp::Sum(_) | ArrayOp::Largest(_) | ArrayOp::Smallest(_) | ArrayOp::CumSum { .. } => {
                Family::Reduction
            }
            ArrayOp::Take(_) | ArrayOp::ScatterAdd(_) | ArrayOp::TakeAlong(_) | ArrayOp::ScatterAlong(_) => {
                Family::Indexing
            }
            ArrayOp::Product { transpose } => Family::Product { transpose },
            ArrayOp::Cholesky
            | ArrayOp::TriangularSolve { .. }
            | ArrayOp::EigenValues
            | ArrayOp::EigenVectors => Family::Factor,
            ArrayOp::Scan(_)
            | ArrayOp::Table(_)
            | ArrayOp::Iota(_)
            | ArrayOp::ArgMax(_)
            | ArrayOp::ArgSort(_)
            | ArrayOp::StopGradient
            | ArrayOp::Uniform(_) => Family::Flat,
        }
    }
}

/// The tangent of the result for the tangent `t` of the operand, or `None` where that is zero.
pub(crate) fn forward(edge: Edge, b: &mut Builder, t: NodeId) -> Option<NodeId> {
    let Edge { op, x, y, i } = edge;
    match op.family() {
        Family::Structure => Some(structure::forward(edge, b, t)),
        Family::Windows => window::forward(edge, b, t),
        Family::Reduction => Some(reduction::forward(edge, b, t)),
        Family::Indexing => (i == 0).then(|| b.array(op, &[t, x[1]], b.shape(y))),
        Family::Product { transpose } => Some(product::forward(transpose, b, x, i, t)),
        Family::Factor => Some(factor::forward(edge, b, t)),
        Family::Flat => None,
    }
}

/// The cotangent of the operand for the cotangent `t` of the result, or `None` where that is zero.
pub(crate) fn reverse(edge: Edge, b: &mut Builder, t: NodeId) -> Option<NodeId> {
    let Edge { op, x, i, .. } = edge;
    match op.family() {
        Family::Structure => Some(structure::reverse(edge, b, t)),
        Family::Windows => window::reverse(edge, b, t),
        Family::Reduction => Some(reduction::reverse(edge, b, t)),
        Family::Indexing => (i == 0).then(|| indexing::reverse(op, b, x, t)),
        Family::Product { transpose } => Some(product::reverse(transpose, b, x, i, t)),
        Family::Factor => Some(factor::reverse(edge, b, t)),
        Family::Flat => None,
    }
}

/// A simpler node with the same value, if an identity gives one.
pub(crate) fn identity(op: ArrayOp, b: &mut Builder, x: &[NodeId], shape: Shape) -> Option<NodeId> {
    match op {
        _ if matches!(op.family(), Family::Structure) => structure::identity(op, b, x, shape),
        ArrayOp::Sum(axes) | ArrayOp::Largest(axes) | ArrayOp::Smallest(axes) => {
            reduction::identity(op, axes, b, x[0], shape)
        }
        ArrayOp::Product { transpose } => product::identity(transpose, b, x, shape),
        ArrayOp::MaxPool(_) => window::identity(op, b, x, shape),
        _ => None,
    }
}
