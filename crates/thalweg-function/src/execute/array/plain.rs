//! [`Plain`]: a program run operation by operation, each array in memory of its own. Nothing is clever here, so that other
//! ways to run a program can be held against it.

use std::sync::Arc;

use super::kernels::{self, Kernel};
use crate::error::FunctionError;
use crate::execute::{Float, Precision, check};
use crate::primitive::{ArrayOp, Axes, Op, ProductDims, Span, evaluate};
use crate::program::{Node, Program, Shape};

/// The places of an array, row by row.
type Place = [usize; Shape::MAX_RANK];

#[derive(Debug)]
pub(in crate::execute) struct Plain<F> {
    program: Arc<Program>,
    /// The array of each node.
    values: Vec<Vec<F>>,
    /// The kernel of each node that has one.
    kernels: Vec<Option<Kernel<F>>>,
    /// The terms of a sum.
    terms: Vec<f64>,
}

impl<F: Float> Plain<F> {
    pub(in crate::execute) fn new(program: &Program) -> Result<Self, FunctionError> {
        let kernel = |node: &Node| {
            let shapes = node.operands.map(|id| program.node(id).shape);
            match node.op {
                Op::Array(op) if Kernel::<F>::exists(op) => {
                    Kernel::new(op, program, shapes, node.shape, Precision::Full).map(Some)
                }
                _ => Ok(None),
            }
        };
        let sizes = || program.nodes.iter().map(|node| node.shape.size());
        Ok(Plain {
            values: sizes().map(|size| vec![F::default(); size]).collect(),
            kernels: program.nodes.iter().map(kernel).collect::<Result<_, _>>()?,
            terms: Vec::with_capacity(sizes().max().unwrap_or(0)),
            program: Arc::new(program.clone()),
        })
    }

    pub(in crate::execute) fn input_len(&self) -> usize {
        self.program.input_shapes().map(|shape| shape.size()).sum()
    }

    pub(in crate::execute) fn output_len(&self) -> usize {
        self.program.output_shapes().map(|shape| shape.size()).sum()
    }

    pub(in crate::execute) fn run(&mut self, inputs: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        check("input", inputs.len(), self.input_len())?;
        check("output", outputs.len(), self.output_len())?;
        let mut rest = inputs;
        for input in &self.program.inputs {
            let value = &mut self.values[input.node.index()];
            let (given, others) = rest.split_at(value.len());
            value.copy_from_slice(given);
            rest = others;
        }
        for k in 0..self.program.nodes.len() {
            self.compute(k)?;
        }
        let mut rest = outputs;
        for id in &self.program.outputs {
            let value = &self.values[id.index()];
            let (result, others) = rest.split_at_mut(value.len());
            result.copy_from_slice(value);
            rest = others;
        }
        Ok(())
    }

    fn compute(&mut self, k: usize) -> Result<(), FunctionError> {
        let node = self.program.nodes[k];
        let (earlier, here) = self.values.split_at_mut(k);
        let y = here[0].as_mut_slice();
        let (mut x, mut shapes) = ([[].as_slice(); 3], [Shape::SCALAR; 3]);
        for (i, id) in node.operands().iter().enumerate() {
            (x[i], shapes[i]) = (earlier[id.index()].as_slice(), self.program.node(*id).shape);
        }
        if let Some(kernel) = &mut self.kernels[k] {
            return kernel.run(x, y, kernels::threads());
        }
        let (from, to) = (shapes[0], node.shape);
        match node.op {
            Op::Input(_) => {}
            Op::Constant(bits) => y.fill(F::from_f64(f64::from_bits(bits))),
            Op::Broadcast(mask) => {
                debug_assert_eq!(
                    Axes(mask).iter().count(),
                    from.rank(),
                    "one place for each axis of the operand"
                );
                let axis_of = |k| Axes(mask).iter().nth(k).unwrap_or_default();
                for (place, y) in places(to).zip(y) {
                    *y = x[0][at(from, |k| place[axis_of(k)])];
                }
            }
            Op::Array(op) => array(op, x, shapes, y, to, &mut self.terms),
            op => {
                for (i, y) in y.iter_mut().enumerate() {
                    let mut operands = [0.0; 3];
                    for (k, operand) in operands[..op.arity()].iter_mut().enumerate() {
                        *operand = x[k][if shapes[k].is_scalar() { 0 } else { i }].to_f64();
                    }
                    *y = F::from_f64(evaluate(op, operands));
                }
            }
        }
        Ok(())
    }
}

/// The operations that have no kernel.
fn array<F: Float>(
    op: ArrayOp,
    x: [&[F]; 3],
    shapes: [Shape; 3],
    y: &mut [F],
    to: Shape,
    terms: &mut Vec<f64>,
) {
    let from = shapes[0];
    match op {
        ArrayOp::Permute(order) => {
            let mut axis_of = [0; Shape::MAX_RANK];
            for (k, &axis) in order[..to.rank()].iter().enumerate() {
                axis_of[usize::from(axis)] = k;
            }
            for (place, y) in places(to).zip(y) {
                *y = x[0][at(from, |k| place[axis_of[k]])];
            }
        }
        ArrayOp::Slice(span) => {
            for (place, y) in places(to).zip(y) {
                *y = x[0][at(from, |k| along(span, place, k))];
            }
        }
        ArrayOp::Pad(span) => {
            y.fill(F::default());
            for (place, x) in places(from).zip(x[0]) {
                y[at(to, |k| along(span, place, k))] = *x;
            }
        }
        ArrayOp::Concat(axis) => {
            let axis = usize::from(axis);
            let first = from.axis(axis);
            for (mut place, y) in places(to).zip(y) {
                let i = usize::from(place[axis] >= first);
                place[axis] -= i * first;
                *y = x[i][at(shapes[i], |k| place[k])];
            }
        }
        ArrayOp::Sum(axes) | ArrayOp::Largest(axes) | ArrayOp::Smallest(axes) => {
            let reduced = Shape::of(axes.iter().map(|k| from.axis(k)));
            for (outer, y) in places(to).zip(y) {
                terms.clear();
                terms.extend(places(reduced).map(|inner| {
                    // Axis k is one of the reduced ones or one of the others, after those of its kind before it.
                    let before = |k| (0..k).filter(|&other| axes.contains(other) == axes.contains(k)).count();
                    let index = |k| if axes.contains(k) { inner[before(k)] } else { outer[before(k)] };
                    x[0][at(from, index)].to_f64()
                }));
                *y = F::from_f64(match op {
                    ArrayOp::Sum(_) => pairwise(terms),
                    ArrayOp::Largest(_) => terms.iter().copied().fold(f64::NEG_INFINITY, f64::maximum_or_nan),
                    _ => terms.iter().copied().fold(f64::INFINITY, f64::minimum_or_nan),
                });
            }
        }
        ArrayOp::Product { transpose } => {
            let d = ProductDims::new(from, shapes[1], transpose);
            let element =
                |x: &[F], [rows, columns]: [usize; 2], transposed: bool, count: usize, i: usize, j: usize| {
                    let (i, j, width) = if transposed { (j, i, rows) } else { (i, j, columns) };
                    x[count * rows * columns + i * width + j].to_f64()
                };
            for (place, y) in places(Shape::of([d.count, d.rows, d.columns])).zip(y) {
                let [count, i, j, ..] = place;
                let a = |k| element(x[0], [d.rows, d.inner], transpose[0], count, i, k);
                let b = |k| element(x[1], [d.inner, d.columns], transpose[1], count, k, j);
                *y = F::from_f64((0..d.inner).map(|k| a(k) * b(k)).sum());
            }
        }
        // The same numbers: `Reshape` and `StopGradient`.
        _ => y.copy_from_slice(x[0]),
    }
}

trait OrNan {
    fn maximum_or_nan(self, other: Self) -> Self;
    fn minimum_or_nan(self, other: Self) -> Self;
}

impl OrNan for f64 {
    fn maximum_or_nan(self, other: f64) -> f64 {
        if self.is_nan() || other.is_nan() { f64::NAN } else { self.max(other) }
    }

    fn minimum_or_nan(self, other: f64) -> f64 {
        if self.is_nan() || other.is_nan() { f64::NAN } else { self.min(other) }
    }
}

fn pairwise(terms: &[f64]) -> f64 {
    if terms.len() <= 8 {
        return terms.iter().sum();
    }
    let (left, right) = terms.split_at(terms.len() / 2);
    pairwise(left) + pairwise(right)
}

/// All places of an array, in the order in which its elements are stored.
fn places(shape: Shape) -> impl Iterator<Item = Place> {
    let mut next = [0; Shape::MAX_RANK];
    (0..shape.size()).map(move |_| {
        let place = next;
        for axis in (0..shape.rank()).rev() {
            next[axis] += 1;
            if next[axis] < shape.axis(axis) {
                break;
            }
            next[axis] = 0;
        }
        place
    })
}

/// Where the element is whose index along axis `k` is `index(k)`.
fn at(shape: Shape, index: impl Fn(usize) -> usize) -> usize {
    (0..shape.rank()).fold(0, |offset, k| offset * shape.axis(k) + index(k))
}

/// The index along axis `k` at a place of a span's result.
fn along(span: Span, place: Place, k: usize) -> usize {
    if usize::from(span.axis) == k {
        (i64::from(span.start) + place[k] as i64 * i64::from(span.step)) as usize
    } else {
        place[k]
    }
}
