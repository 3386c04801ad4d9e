//! Which inputs each element of each array depends on.

use std::rc::Rc;

use super::super::elements::{combined, indexed, places, sources};
use crate::primitive::{ArrayOp, Op, ProductDims, composition, evaluate};
use crate::program::{Node, Program, Shape};

/// Numbers of elements of the inputs, in rising order.
type Set = Rc<[u32]>;

/// What is known of one element.
#[derive(Debug, Clone)]
struct Element {
    depends: Set,
    /// Its value, if that does not depend on the inputs and is known.
    value: Option<f64>,
}

impl Element {
    fn is_zero(&self) -> bool {
        self.value == Some(0.0)
    }
}

/// For each element of all results, the elements of the inputs that it depends on.
pub(super) fn of_outputs(program: &Program) -> Vec<Set> {
    let sweep = Sweep { none: Rc::from([]) };
    let mut next = 0;
    let mut argument = |shape: Shape| -> Vec<Element> {
        let first = next;
        next += shape.size() as u32;
        (first..next).map(|k| Element { depends: Rc::from([k]), value: None }).collect()
    };
    let arguments: Vec<_> = program.input_shapes().map(&mut argument).collect();
    sweep.program(program, &arguments).into_iter().flatten().map(|element| element.depends).collect()
}

struct Sweep {
    none: Set,
}

impl Sweep {
    fn constant(&self, value: f64) -> Element {
        Element { depends: self.none.clone(), value: Some(value) }
    }

    /// Something computed that has no derivative.
    fn unknown(&self) -> Element {
        Element { depends: self.none.clone(), value: None }
    }

    /// Something that depends on all that these depend on.
    fn union<'a>(&self, elements: impl IntoIterator<Item = &'a Element>) -> Element {
        let mut elements = elements.into_iter().map(|element| &element.depends).filter(|set| !set.is_empty());
        let Some(first) = elements.next() else { return self.unknown() };
        let rest: Vec<_> = elements.filter(|set| !Rc::ptr_eq(set, first)).collect();
        if rest.is_empty() {
            return Element { depends: first.clone(), value: None };
        }
        let mut all: Vec<u32> = rest.into_iter().chain([first]).flat_map(|set| set.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        Element { depends: all.into(), value: None }
    }

    fn program(&self, program: &Program, arguments: &[Vec<Element>]) -> Vec<Vec<Element>> {
        let mut placed: Vec<Vec<Element>> = Vec::with_capacity(program.nodes.len());
        for node in &program.nodes {
            let x: Vec<_> = node.operands().iter().map(|id| placed[id.index()].as_slice()).collect();
            let shapes: Vec<_> = node.operands().iter().map(|id| program.node(*id).shape).collect();
            let elements = match node.op {
                Op::Input(k) => arguments[k as usize].clone(),
                Op::Constant(bits) => vec![self.constant(f64::from_bits(bits))],
                Op::Array(ArrayOp::Table(k)) => {
                    program.tables[k as usize].iter().map(|&value| self.constant(value)).collect()
                }
                Op::Array(ArrayOp::Scan(k)) => {
                    let body = &program.loops[k as usize];
                    self.through_loop(&body.body, body.steps, &x)
                }
                Op::Array(ArrayOp::StopGradient) => vec![self.unknown(); node.shape.size()],
                _ => self.elements(node, &x, &shapes),
            };
            placed.push(elements);
        }
        program.outputs.iter().map(|id| placed[id.index()].clone()).collect()
    }

    fn elements(&self, node: &Node, x: &[&[Element]], shapes: &[Shape]) -> Vec<Element> {
        let to = node.shape;
        if let Some(moved) = sources(node.op, shapes, to) {
            let element = |source: Option<(usize, usize)>| {
                source.map_or_else(|| self.constant(0.0), |(i, k)| x[i][k].clone())
            };
            return moved.into_iter().map(element).collect();
        }
        if let Op::Array(op) = node.op
            && let Some(program) = composition(op, shapes, to)
        {
            let arguments: Vec<_> = x.iter().map(|elements| elements.to_vec()).collect();
            return self.program(&program, &arguments).concat();
        }
        let Op::Array(op) = node.op else {
            let operand = |i: usize, k: usize| &x[i][if x[i].len() == 1 { 0 } else { k }];
            let element = |k| {
                let operands: Vec<_> = (0..x.len()).map(|i| operand(i, k)).collect();
                self.element_wise(node.op, &operands)
            };
            return (0..to.size()).map(element).collect();
        };
        match op {
            ArrayOp::Iota(axis) => {
                places(to).map(|place| self.constant(place[usize::from(axis)] as f64)).collect()
            }
            ArrayOp::ArgMax(_) | ArrayOp::ArgSort(_) | ArrayOp::Uniform(_) => vec![self.unknown(); to.size()],
            ArrayOp::Product { transpose } => self.product(transpose, [x[0], x[1]], [shapes[0], shapes[1]]),
            ArrayOp::CumSum { axis, backwards } => self.running(x[0], to, usize::from(axis), backwards),
            ArrayOp::Take(_) | ArrayOp::TakeAlong(_) | ArrayOp::ScatterAdd(_) | ArrayOp::ScatterAlong(_) => {
                self.indexing(op, x, [shapes[0], shapes[1]], to)
            }
            op => match combined(op, shapes[0], to) {
                Some(groups) => {
                    groups.iter().map(|group| self.union(group.iter().map(|&k| &x[0][k]))).collect()
                }
                // Factorisations and the like: anything may depend on anything.
                None => vec![self.union(x.iter().flat_map(|x| x.iter())); to.size()],
            },
        }
    }

    fn element_wise(&self, op: Op, x: &[&Element]) -> Element {
        let known: Option<Vec<_>> = x.iter().map(|element| element.value).collect();
        if let Some(values) = known {
            let mut operands = [values[0]; 3];
            operands[..values.len()].copy_from_slice(&values);
            return self.constant(evaluate(op, operands));
        }
        match op {
            Op::Sign | Op::Less | Op::LessEqual | Op::Equal => self.unknown(),
            Op::Mul if x.iter().any(|element| element.is_zero()) => self.constant(0.0),
            Op::Div if x[0].is_zero() => self.constant(0.0),
            Op::Select => match x[0].value {
                Some(condition) => x[if condition == 0.0 { 2 } else { 1 }].clone(),
                None => self.union([x[1], x[2]]),
            },
            _ => self.union(x.iter().copied()),
        }
    }

    fn product(&self, transpose: [bool; 2], x: [&[Element]; 2], shapes: [Shape; 2]) -> Vec<Element> {
        let d = ProductDims::new(shapes[0], shapes[1], transpose);
        let mut elements = Vec::with_capacity(d.count * d.rows * d.columns);
        for count in 0..d.count {
            let (a, b) = (&x[0][count * d.rows * d.inner..], &x[1][count * d.inner * d.columns..]);
            for i in 0..d.rows {
                for j in 0..d.columns {
                    let pair = |k: usize| {
                        let left = &a[if transpose[0] { k * d.rows + i } else { i * d.inner + k }];
                        let right = &b[if transpose[1] { j * d.inner + k } else { k * d.columns + j }];
                        [left, right]
                    };
                    let terms = (0..d.inner).map(pair).filter(|pair| !pair.iter().any(|x| x.is_zero()));
                    elements.push(self.union(terms.flatten()));
                }
            }
        }
        elements
    }

    fn running(&self, x: &[Element], shape: Shape, axis: usize, backwards: bool) -> Vec<Element> {
        let (stride, length) = (shape.strides()[axis], shape.axis(axis));
        let mut sums = x.to_vec();
        let mut order: Vec<_> = (0..x.len()).collect();
        if backwards {
            order.reverse();
        }
        for k in order {
            let at = k / stride % length;
            if backwards && at + 1 < length {
                sums[k] = self.union([&x[k], &sums[k + stride]]);
            } else if !backwards && at > 0 {
                sums[k] = self.union([&x[k], &sums[k - stride]]);
            }
        }
        sums
    }

    fn indexing(&self, op: ArrayOp, x: &[&[Element]], shapes: [Shape; 2], to: Shape) -> Vec<Element> {
        let indices: Option<Vec<_>> = x[1].iter().map(|index| index.value).collect();
        let element_of = indices.and_then(|indices| indexed(op, &indices, shapes, to));
        match (op, element_of) {
            (ArrayOp::Take(_) | ArrayOp::TakeAlong(_), Some(element_of)) => {
                element_of.into_iter().map(|k| x[0][k].clone()).collect()
            }
            (_, Some(element_of)) => {
                let mut groups = vec![Vec::new(); to.size()];
                for (element, k) in x[0].iter().zip(element_of) {
                    groups[k].push(element);
                }
                groups
                    .into_iter()
                    .map(|group| if group.is_empty() { self.constant(0.0) } else { self.union(group) })
                    .collect()
            }
            (_, None) => vec![self.union(x[0]); to.size()],
        }
    }

    fn through_loop(&self, body: &Program, steps: usize, x: &[&[Element]]) -> Vec<Element> {
        let mut carry = x[0].to_vec();
        let mut records = Vec::new();
        let row = x[2].len() / steps.max(1);
        for step in 0..steps {
            let arguments = [carry, x[1].to_vec(), x[2][step * row..][..row].to_vec()];
            let mut results = self.program(body, &arguments).into_iter();
            carry = results.next().unwrap_or_default();
            records.extend(results.flatten());
        }
        carry.extend(records);
        carry
    }
}
