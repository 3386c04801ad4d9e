//! What there is to do: steps with places in memory. Made by `planner`.

use super::kernels;
use crate::primitive::{ArrayOp, ProductDims};
use crate::program::{Program, Shape};

/// A piece of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    Inputs,
    /// The inputs that come in a buffer of their own.
    Further,
    Outputs,
    Constants,
    /// What is needed between steps.
    Workspace,
}

/// Where an array begins: so many elements into a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) region: Region,
    pub(super) offset: usize,
}

/// Elements of one region, visited in the order of the axes (length, stride).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strided {
    pub(super) region: Region,
    pub(super) offset: isize,
    pub(super) axes: Vec<(usize, isize)>,
}

impl Strided {
    /// The distance between neighbours, if all are as far apart (0 if there is but one element or all are the same).
    pub(super) fn step(&self) -> Option<isize> {
        match self.axes.as_slice() {
            [] => Some(0),
            &[(_, step)] => Some(step),
            _ => None,
        }
    }
}

/// An input of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) elements: Strided,
    /// How many elements the array has at least from its first on, for reads of whole registers.
    pub(super) room: usize,
    /// If set, `elements` stand in an array of these (outer, length, inner) elements, zero elsewhere, at `start` and every `step`.
    pub(super) padded: Option<Padding>,
    pub(super) uniform: bool,
    /// Whether the pass writes its result in the same place: then nothing may be read ahead.
    pub(super) overwritten: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Padding {
    pub(super) length: usize,
    pub(super) inner: usize,
    pub(super) start: isize,
    pub(super) step: isize,
    /// How many elements there are along the padded axis.
    pub(super) count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Sum,
    Largest,
    Smallest,
}

/// An output of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sink {
    Store(Strided),
    Reduce(Reduction, Place),
}

/// A group with its places.
#[derive(Debug)]
pub(super) struct PassPlan {
    pub(super) program: Program,
    pub(super) sources: Vec<Source>,
    pub(super) sinks: Vec<Sink>,
    pub(super) size: usize,
    pub(super) geometry: [usize; 3],
}

/// Matrix products; strides of rows and columns, then where each of the products' operands begins.
#[derive(Debug)]
pub(super) struct ProductPlan {
    pub(super) dims: ProductDims,
    pub(super) left: Matrices,
    pub(super) right: Matrices,
    pub(super) target: Place,
}

#[derive(Debug)]
pub(super) struct Matrices {
    pub(super) region: Region,
    pub(super) rows: isize,
    pub(super) columns: isize,
    pub(super) offsets: Vec<isize>,
}

/// An operation with a kernel of its own, on arrays stored row by row.
#[derive(Debug)]
pub(super) struct KernelPlan {
    pub(super) op: ArrayOp,
    pub(super) operands: Vec<(Place, Shape)>,
    pub(super) target: Place,
    pub(super) shape: Shape,
}

impl KernelPlan {
    /// Floating-point operations, in the highest power of the matrices' size.
    pub(super) fn flops(&self) -> f64 {
        let shape = self.operands.first().map_or(Shape::SCALAR, |operand| operand.1);
        let size = shape.size() as f64;
        let n = shape.axes().last().unwrap_or(1) as f64;
        match self.op {
            ArrayOp::Cholesky => size * n / 3.0,
            ArrayOp::TriangularSolve { .. } => self.shape.size() as f64 * n,
            ArrayOp::EigenValues => size * n * 4.0 / 3.0,
            ArrayOp::EigenVectors => size * n * 9.0,
            ArrayOp::Convolve(window, side) => {
                let shapes = [shape, self.operands[1].1];
                2.0 * kernels::sliding(window, side, shapes, self.shape).products() as f64
            }
            ArrayOp::Take(_) | ArrayOp::TakeAlong(_) | ArrayOp::Table(_) | ArrayOp::Iota(_) => 0.0,
            _ => size,
        }
    }
}

#[derive(Debug)]
pub(super) enum Step {
    Fill { place: Place, count: usize, value: f64 },
    Pass(PassPlan),
    Product(ProductPlan),
    Kernel(KernelPlan),
}

/// What has to be done, in order, and the memory it needs (in elements).
#[derive(Debug)]
pub(super) struct ArrayPlan {
    pub(super) steps: Vec<Step>,
    pub(super) constants: Vec<f64>,
    pub(super) workspace: usize,
    /// In the caller's first buffer, and in the further one.
    pub(super) inputs: [usize; 2],
    pub(super) outputs: usize,
}
