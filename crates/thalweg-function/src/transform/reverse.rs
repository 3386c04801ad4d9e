//! Reverse mode: the gradient, at a small constant times the cost of the function.
//!
//! Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, chapter 3.

use super::{recording_copy, scalar_output, scan};
use crate::error::FunctionError;
use crate::primitive::{self, ArrayOp, Axes, Edge, Op};
use crate::program::{Builder, NodeId, Program};

/// The gradient ∇f of a scalar function: a program with the same inputs and one output per input.
///
/// ```
/// use thalweg_function::{Executable, gradient, trace};
///
/// let f = trace(2, |x| x[0].pow(2.0) * x[1])?;
/// let mut df = Executable::<f64>::new(&gradient(&f)?)?;
/// let mut g = [0.0; 2];
/// df.run(&[3.0, 5.0], &mut g)?;
/// assert_eq!(g, [30.0, 9.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// The program has not exactly one result, or an array as its result.
pub fn gradient(program: &Program) -> Result<Program, FunctionError> {
    build(program, "gradient", false)
}

/// The value and the gradient of a scalar function: outputs `f, ∂f/∂x₁, ∂f/∂x₂, …`.
///
/// # Errors
/// As [`gradient`].
pub fn value_and_gradient(program: &Program) -> Result<Program, FunctionError> {
    build(program, "value_and_gradient", true)
}

fn build(program: &Program, name: &'static str, with_value: bool) -> Result<Program, FunctionError> {
    scalar_output(program, name)?;
    let (mut builder, simple, placed) = recording_copy(program);
    let mut outputs = Vec::with_capacity(program.inputs.len() + 1);
    if with_value {
        outputs.push(placed[simple.outputs[0].index()]);
    }
    outputs.extend(pull_back(&mut builder, &simple, &placed));
    Ok(builder.finish(&outputs))
}

/// The cotangents of all inputs for one of output `output` alone: inputs `x₁, x₂, …` and that cotangent.
pub(super) fn cotangents_from(program: &Program, output: usize) -> Program {
    let (mut builder, simple, placed) = recording_copy(program);
    let id = simple.outputs[output];
    let seed = builder.input("c", simple.node(id).shape);
    let slopes = pull_back_from(&mut builder, &simple, &placed, &[(id, seed)]);
    builder.finish(&slopes)
}

/// Where a [`Cotangent`] counts: where `condition` is not 0 if `holds`, where it is 0 if not.
#[derive(Clone, Copy, PartialEq)]
struct Guard {
    condition: NodeId,
    holds: bool,
}

impl Guard {
    /// `inside` where the guard lets through, else `outside`.
    fn choose(self, b: &mut Builder, inside: NodeId, outside: NodeId) -> NodeId {
        let (if_true, if_false) = if self.holds { (inside, outside) } else { (outside, inside) };
        b.select(self.condition, if_true, if_false)
    }

    /// A node that is not 0 where the guard lets through.
    fn truth(self, b: &mut Builder) -> NodeId {
        let zero = b.constant(0.0);
        if self.holds { self.condition } else { b.apply(Op::Equal, &[self.condition, zero]) }
    }

    fn and(self, b: &mut Builder, other: Guard) -> Guard {
        let (zero, truth) = (b.constant(0.0), other.truth(b));
        Guard { condition: self.choose(b, truth, zero), holds: true }
    }

    fn or(self, b: &mut Builder, other: Guard) -> Guard {
        let (one, truth) = (b.constant(1.0), other.truth(b));
        Guard { condition: self.choose(b, one, truth), holds: true }
    }
}

/// The derivative of the result with respect to a node: `value` where the guard lets through, else 0.
///
/// A choice does not multiply the side not taken by 0, which would make NaN of an infinity on that side: it guards it,
/// and the guard is applied where the side ends.
#[derive(Clone, Copy)]
struct Cotangent {
    value: NodeId,
    guard: Option<Guard>,
}

impl Cotangent {
    fn plain(self, b: &mut Builder) -> NodeId {
        let zero = b.constant(0.0);
        self.guard.map_or(self.value, |guard| guard.choose(b, self.value, zero))
    }

    fn plus(self, b: &mut Builder, other: Cotangent) -> Cotangent {
        match (self.guard, other.guard) {
            (g, h) if g == h => Cotangent { value: b.add(self.value, other.value), guard: g },
            (Some(g), Some(h)) if g.condition == h.condition => {
                Cotangent { value: g.choose(b, self.value, other.value), guard: None }
            }
            (g, h) => {
                let (x, y) = (self.plain(b), other.plain(b));
                Cotangent { value: b.add(x, y), guard: g.zip(h).map(|(g, h)| g.or(b, h)) }
            }
        }
    }

    /// What operand `i` of a node with this cotangent receives from it.
    fn pulled(self, b: &mut Builder, op: Op, x: [NodeId; 3], y: NodeId, i: usize) -> Option<Cotangent> {
        if op == Op::Select && i > 0 {
            let side = Guard { condition: x[0], holds: i == 1 };
            let guard = self.guard.map_or(side, |guard| guard.and(b, side));
            return Some(Cotangent { guard: Some(guard), ..self });
        }
        primitive::derivative(op, b, x, y, i, self.value).map(|value| Cotangent { value, ..self })
    }
}

/// The derivative of a scalar output with respect to each input, as nodes of the builder that holds the program's nodes at
/// `placed`.
pub(super) fn pull_back(builder: &mut Builder, program: &Program, placed: &[NodeId]) -> Vec<NodeId> {
    let one = builder.constant(1.0);
    pull_back_from(builder, program, placed, &[(program.outputs[0], one)])
}

/// The cotangent of each input, in its full shape, for cotangents of some nodes.
pub(super) fn pull_back_from(
    builder: &mut Builder,
    program: &Program,
    placed: &[NodeId],
    seeds: &[(NodeId, NodeId)],
) -> Vec<NodeId> {
    let depends = depends_on_inputs(program);
    let mut sweep = Sweep { builder, program, placed, cotangents: vec![None; program.nodes.len()] };
    for &(id, seed) in seeds {
        sweep.receive(id, Cotangent { value: seed, guard: None });
    }
    for (k, node) in program.nodes.iter().enumerate().rev() {
        let (Some(cotangent), true) = (sweep.cotangents[k], depends[k]) else { continue };
        let wanted = |i: usize| depends[node.operands[i].index()];
        match node.op {
            Op::Input(_) | Op::Constant(_) => {}
            Op::Broadcast(_) | Op::Array(_) => sweep.through_array(k, cotangent, wanted),
            _ => sweep.through_elements(k, cotangent, wanted),
        }
    }
    let zero = sweep.builder.constant(0.0);
    let slopes: Vec<_> = program.inputs.iter().map(|input| sweep.cotangents[input.node.index()]).collect();
    let whole = program.inputs.iter().zip(slopes).map(|(input, slope)| {
        let slope = slope.map_or(zero, |slope| slope.plain(sweep.builder));
        sweep.builder.filled(slope, program.node(input.node).shape)
    });
    whole.collect()
}

/// One pass from the results to the inputs. The cotangent of an array may be a scalar, which serves every element.
struct Sweep<'a> {
    builder: &'a mut Builder,
    program: &'a Program,
    placed: &'a [NodeId],
    cotangents: Vec<Option<Cotangent>>,
}

impl Sweep<'_> {
    fn receive(&mut self, id: NodeId, term: Cotangent) {
        let sum = &mut self.cotangents[id.index()];
        *sum = Some(match *sum {
            Some(earlier) => earlier.plus(self.builder, term),
            None => term,
        });
    }

    fn operands(&self, k: usize) -> [NodeId; 3] {
        self.program.nodes[k].operands.map(|id| self.placed[id.index()])
    }

    /// Through an element-wise operation. A scalar operand served every element: it receives the sum.
    fn through_elements(&mut self, k: usize, cotangent: Cotangent, wanted: impl Fn(usize) -> bool) {
        let node = &self.program.nodes[k];
        let x = self.operands(k);
        for (i, operand) in node.operands().iter().enumerate().filter(|&(i, _)| wanted(i)) {
            let Some(mut term) = cotangent.pulled(self.builder, node.op, x, self.placed[k], i) else {
                continue;
            };
            if !node.shape.is_scalar() && self.program.node(*operand).shape.is_scalar() {
                let plain = term.plain(self.builder);
                let whole = self.builder.filled(plain, node.shape);
                let value = self.builder.sum(whole, Axes::all(node.shape.rank()));
                term = Cotangent { value, guard: None };
            }
            self.receive(*operand, term);
        }
    }

    /// Through an operation on whole arrays.
    fn through_array(&mut self, k: usize, cotangent: Cotangent, wanted: impl Fn(usize) -> bool) {
        let node = &self.program.nodes[k];
        let x = self.operands(k);
        let plain = cotangent.plain(self.builder);
        let t = self.builder.filled(plain, node.shape);
        if let Op::Array(ArrayOp::Scan(number)) = node.op {
            let body = &self.program.loops[number as usize];
            let terms = scan::reverse(self.builder, body, x, t, [0, 1, 2].map(&wanted));
            for (operand, term) in node.operands.iter().zip(terms) {
                if let Some(value) = term {
                    self.receive(*operand, Cotangent { value, guard: None });
                }
            }
            return;
        }
        for (i, operand) in node.operands().iter().enumerate().filter(|&(i, _)| wanted(i)) {
            let term = match node.op {
                Op::Broadcast(kept) => {
                    let repeated = Axes::all(node.shape.rank()).without(Axes(kept));
                    Some(self.builder.sum(t, repeated))
                }
                Op::Array(op) => {
                    primitive::array_reverse(Edge { op, x, y: self.placed[k], i }, self.builder, t)
                }
                _ => None,
            };
            if let Some(value) = term {
                self.receive(*operand, Cotangent { value, guard: None });
            }
        }
    }
}

/// Which nodes depend on an input through a derivative.
fn depends_on_inputs(program: &Program) -> Vec<bool> {
    let mut depends = vec![false; program.nodes.len()];
    for (k, node) in program.nodes.iter().enumerate() {
        depends[k] = match node.op {
            Op::Input(_) => true,
            Op::Array(ArrayOp::StopGradient) => false,
            _ => node.operands().iter().any(|id| depends[id.index()]),
        };
    }
    depends
}
