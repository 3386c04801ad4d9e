//! Programs of arrays unrolled to programs of scalars.

use super::elements::{combined, indexed, sources};
use super::simplify;
use crate::primitive::{ArrayOp, Op, ProductDims, composition};
use crate::program::{Builder, Node, NodeId, Program, Shape};

/// The program with one scalar input for each element of its inputs and one scalar output for each element of its outputs,
/// in order and row by row: what [`Executable::run_lanes`](crate::Executable::run_lanes) can run for many small problems at
/// once. Buffers stay as they were.
///
/// `None` if it would have more than `limit` operations, or if it has an operation that cannot be unrolled: indices that are
/// computed from the inputs, sorting, eigenvalues, random numbers.
///
/// ```
/// use thalweg_function::{Shape, scalarize, trace};
///
/// let norm = trace([Shape::from([2])], |x| (x[0] * x[0]).sum(..))?;
/// let unrolled = scalarize(&norm, 1000).ok_or("small enough")?;
/// assert_eq!(unrolled.to_string(), "\
/// program(x1[0]: [], x1[1]: []) -> ([])
///   %0 = x1[0]
///   %1 = x1[1]
///   %2 = mul %0 %0
///   %3 = mul %1 %1
///   %4 = add %2 %3
///   return %4
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scalarize(program: &Program, limit: usize) -> Option<Program> {
    let simple = simplify(program);
    let mut unrolling = Unrolling { builder: Builder::new(), limit };
    let mut arguments = Vec::with_capacity(simple.inputs.len());
    for (input, shape) in simple.inputs.iter().zip(simple.input_shapes()) {
        unrolling.fits(shape)?;
        let strides = shape.strides();
        let name = |k: usize| {
            let index = |axis: usize| (k / strides[axis] % shape.axis(axis)).to_string();
            let place: Vec<_> = (0..shape.rank()).map(index).collect();
            if place.is_empty() { input.name.clone() } else { format!("{}[{}]", input.name, place.join(",")) }
        };
        let elements: Vec<_> =
            (0..shape.size()).map(|k| unrolling.builder.input(name(k), Shape::SCALAR)).collect();
        arguments.push(elements);
    }
    let results = unrolling.program(&simple, &arguments)?;
    let unrolled = unrolling.builder.finish(&results.concat());
    (unrolled.len() <= limit).then_some(unrolled)
}

struct Unrolling {
    builder: Builder,
    limit: usize,
}

impl Unrolling {
    /// Whether an array of this shape may be unrolled.
    fn fits(&self, shape: Shape) -> Option<()> {
        (shape.size() <= self.limit).then_some(())
    }

    /// The node, unless there are too many already.
    fn checked(&self, id: NodeId) -> Option<NodeId> {
        // Some of them may prove needless in the end.
        (id.index() / 4 <= self.limit).then_some(id)
    }

    /// The elements of each result.
    fn program(&mut self, program: &Program, arguments: &[Vec<NodeId>]) -> Option<Vec<Vec<NodeId>>> {
        let mut placed: Vec<Vec<NodeId>> = Vec::with_capacity(program.nodes.len());
        for node in &program.nodes {
            self.fits(node.shape)?;
            let operands: Vec<_> = node.operands().iter().map(|id| placed[id.index()].as_slice()).collect();
            let shapes: Vec<_> = node.operands().iter().map(|id| program.node(*id).shape).collect();
            let elements = match node.op {
                Op::Input(k) => arguments[k as usize].clone(),
                Op::Constant(bits) => vec![self.builder.constant(f64::from_bits(bits))],
                Op::Array(ArrayOp::Table(k)) => {
                    program.tables[k as usize].iter().map(|&value| self.builder.constant(value)).collect()
                }
                Op::Array(ArrayOp::Scan(k)) => {
                    let body = &program.loops[k as usize];
                    self.unrolled_loop(&body.body, body.steps, &operands)?
                }
                _ => self.elements(node, &operands, &shapes)?,
            };
            for &id in &elements {
                self.checked(id)?;
            }
            placed.push(elements);
        }
        Some(program.outputs.iter().map(|id| placed[id.index()].clone()).collect())
    }

    fn elements(&mut self, node: &Node, x: &[&[NodeId]], shapes: &[Shape]) -> Option<Vec<NodeId>> {
        if let Op::Array(op) = node.op
            && let Some(program) = composition(op, shapes, node.shape)
        {
            let arguments: Vec<_> = x.iter().map(|elements| elements.to_vec()).collect();
            return Some(self.program(&program, &arguments)?.concat());
        }
        let b = &mut self.builder;
        if let Some(moved) = sources(node.op, shapes, node.shape) {
            let zero = b.constant(0.0);
            return Some(moved.into_iter().map(|source| source.map_or(zero, |(i, k)| x[i][k])).collect());
        }
        let Op::Array(op) = node.op else {
            let element = |k| {
                let operands: Vec<_> = x.iter().map(|x| x[if x.len() == 1 { 0 } else { k }]).collect();
                b.apply(node.op, &operands)
            };
            return Some((0..node.shape.size()).map(element).collect());
        };
        match op {
            ArrayOp::Iota(axis) => {
                let (axis, strides) = (usize::from(axis), node.shape.strides());
                let index = |k: usize| b.constant((k / strides[axis] % node.shape.axis(axis)) as f64);
                Some((0..node.shape.size()).map(index).collect())
            }
            ArrayOp::Product { transpose } => self.product(transpose, [x[0], x[1]], [shapes[0], shapes[1]]),
            ArrayOp::CumSum { axis, backwards } => {
                Some(self.running_sums(x[0], shapes[0], usize::from(axis), backwards))
            }
            ArrayOp::Cholesky => Some(self.cholesky(x[0], shapes[0])),
            ArrayOp::TriangularSolve { transposed } => {
                Some(self.triangular_solve([x[0], x[1]], node.shape, transposed))
            }
            ArrayOp::Take(_) | ArrayOp::TakeAlong(_) | ArrayOp::ScatterAdd(_) | ArrayOp::ScatterAlong(_) => {
                let indices: Option<Vec<_>> = x[1].iter().map(|&id| b.as_constant(id)).collect();
                let element_of = indexed(op, &indices?, [shapes[0], shapes[1]], node.shape)?;
                if matches!(op, ArrayOp::Take(_) | ArrayOp::TakeAlong(_)) {
                    return Some(element_of.into_iter().map(|k| x[0][k]).collect());
                }
                let mut terms = vec![Vec::new(); node.shape.size()];
                for (&id, k) in x[0].iter().zip(element_of) {
                    terms[k].push(id);
                }
                Some(terms.iter().map(|terms| self.sum(terms)).collect())
            }
            _ => {
                let groups = combined(op, shapes[0], node.shape)?;
                let terms = groups.into_iter().map(|group| group.into_iter().map(|k| x[0][k]).collect());
                let terms: Vec<Vec<_>> = terms.collect();
                Some(terms.iter().map(|terms| self.combination(op, terms)).collect())
            }
        }
    }

    fn combination(&mut self, op: ArrayOp, terms: &[NodeId]) -> NodeId {
        match op {
            ArrayOp::Largest(_) => self.tree(Op::Max, terms),
            ArrayOp::Smallest(_) => self.tree(Op::Min, terms),
            ArrayOp::ArgMax(_) => self.first_largest(terms),
            _ => self.sum(terms),
        }
    }

    /// Combines the terms by pairs, so that rounding errors grow with the logarithm of their number only.
    fn tree(&mut self, op: Op, terms: &[NodeId]) -> NodeId {
        match terms {
            [] => self.builder.constant(0.0),
            [one] => *one,
            _ => {
                let (left, right) = terms.split_at(terms.len() / 2);
                let halves = [self.tree(op, left), self.tree(op, right)];
                self.builder.apply(op, &halves)
            }
        }
    }

    fn sum(&mut self, terms: &[NodeId]) -> NodeId {
        self.tree(Op::Add, terms)
    }

    /// The number of the first of the largest terms; a NaN counts as largest.
    fn first_largest(&mut self, terms: &[NodeId]) -> NodeId {
        let b = &mut self.builder;
        let (zero, one) = (b.constant(0.0), b.constant(1.0));
        let (mut largest, mut index) = (terms[0], zero);
        for (k, &term) in terms.iter().enumerate().skip(1) {
            let less = b.apply(Op::Less, &[largest, term]);
            let is_number = b.apply(Op::Equal, &[term, term]);
            let beats = b.select(is_number, less, one);
            let can_be_beaten = b.apply(Op::Equal, &[largest, largest]);
            let wins = b.select(can_be_beaten, beats, zero);
            let number = b.constant(k as f64);
            index = b.select(wins, number, index);
            largest = b.select(wins, term, largest);
        }
        index
    }

    fn product(
        &mut self,
        transpose: [bool; 2],
        x: [&[NodeId]; 2],
        shapes: [Shape; 2],
    ) -> Option<Vec<NodeId>> {
        let d = ProductDims::new(shapes[0], shapes[1], transpose);
        let mut elements = Vec::with_capacity(d.count * d.rows * d.columns);
        for count in 0..d.count {
            let (a, b) = (&x[0][count * d.rows * d.inner..], &x[1][count * d.inner * d.columns..]);
            for i in 0..d.rows {
                for j in 0..d.columns {
                    let mut terms = Vec::with_capacity(d.inner);
                    for k in 0..d.inner {
                        let left = if transpose[0] { a[k * d.rows + i] } else { a[i * d.inner + k] };
                        let right = if transpose[1] { b[j * d.inner + k] } else { b[k * d.columns + j] };
                        terms.push(self.builder.mul(left, right));
                    }
                    let sum = self.sum(&terms);
                    elements.push(self.checked(sum)?);
                }
            }
        }
        Some(elements)
    }

    fn running_sums(&mut self, x: &[NodeId], shape: Shape, axis: usize, backwards: bool) -> Vec<NodeId> {
        let (stride, length) = (shape.strides()[axis], shape.axis(axis));
        let mut sums = x.to_vec();
        for step in 1..length {
            for k in (0..x.len())
                .filter(|k| k / stride % length == if backwards { length - 1 - step } else { step })
            {
                let previous = if backwards { k + stride } else { k - stride };
                sums[k] = self.builder.add(sums[previous], x[k]);
            }
        }
        sums
    }

    /// The rows of L with L·Lᵀ = A, from the first to the last.
    fn cholesky(&mut self, a: &[NodeId], shape: Shape) -> Vec<NodeId> {
        let n = shape.axis(shape.rank() - 1);
        let zero = self.builder.constant(0.0);
        let mut all = Vec::with_capacity(a.len());
        for a in a.chunks((n * n).max(1)) {
            let mut l = vec![zero; n * n];
            for i in 0..n {
                for j in 0..=i {
                    let products: Vec<_> =
                        (0..j).map(|k| self.builder.mul(l[i * n + k], l[j * n + k])).collect();
                    let sum = self.sum(&products);
                    let rest = self.builder.sub(a[i * n + j], sum);
                    l[i * n + j] = if i == j {
                        self.builder.apply(Op::Sqrt, &[rest])
                    } else {
                        self.builder.div(rest, l[j * n + j])
                    };
                }
            }
            all.extend(l);
        }
        all
    }

    /// Forward substitution with L, or backward with Lᵀ.
    fn triangular_solve(&mut self, x: [&[NodeId]; 2], shape: Shape, transposed: bool) -> Vec<NodeId> {
        let (n, columns) = (shape.axis(shape.rank() - 2), shape.axis(shape.rank() - 1));
        let mut all = Vec::with_capacity(x[1].len());
        for (l, y) in x[0].chunks((n * n).max(1)).zip(x[1].chunks((n * columns).max(1))) {
            let mut solution = y.to_vec();
            for step in 0..n {
                let i = if transposed { n - 1 - step } else { step };
                for j in 0..columns {
                    let known: Vec<_> = if transposed { (i + 1..n).collect() } else { (0..i).collect() };
                    let entry = |k: usize| if transposed { l[k * n + i] } else { l[i * n + k] };
                    let products: Vec<_> = known
                        .into_iter()
                        .map(|k| self.builder.mul(entry(k), solution[k * columns + j]))
                        .collect();
                    let sum = self.sum(&products);
                    let rest = self.builder.sub(y[i * columns + j], sum);
                    solution[i * columns + j] = self.builder.div(rest, l[i * n + i]);
                }
            }
            all.extend(solution);
        }
        all
    }

    fn unrolled_loop(&mut self, body: &Program, steps: usize, x: &[&[NodeId]]) -> Option<Vec<NodeId>> {
        let mut carry = x[0].to_vec();
        let mut records = Vec::new();
        let row = x[2].len() / steps.max(1);
        for step in 0..steps {
            let arguments = [carry, x[1].to_vec(), x[2][step * row..][..row].to_vec()];
            let mut results = self.program(body, &arguments)?.into_iter();
            carry = results.next()?;
            records.extend(results.flatten());
        }
        carry.extend(records);
        Some(carry)
    }
}
