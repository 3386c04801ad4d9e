//! Reverse mode: the gradient, at a small constant times the cost of the function.
//!
//! Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, chapter 3.

use super::{scalar_output, simplified_copy};
use crate::error::FunctionError;
use crate::primitive::{self, Op};
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
/// The program has an array among its inputs or results, or not exactly one result.
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
    let (mut builder, simple, placed) = simplified_copy(program);
    let mut outputs = Vec::with_capacity(program.inputs.len() + 1);
    if with_value {
        outputs.push(placed[simple.outputs[0].index()]);
    }
    outputs.extend(pull_back(&mut builder, &simple, &placed));
    Ok(builder.finish(&outputs))
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

/// The derivative of the program's only output with respect to each input, as nodes of the builder that holds the
/// program's nodes at `placed`.
pub(super) fn pull_back(builder: &mut Builder, program: &Program, placed: &[NodeId]) -> Vec<NodeId> {
    let depends = depends_on_inputs(program);
    let mut cotangents: Vec<Option<Cotangent>> = vec![None; program.nodes.len()];
    let one = builder.constant(1.0);
    cotangents[program.outputs[0].index()] = Some(Cotangent { value: one, guard: None });
    for (k, node) in program.nodes.iter().enumerate().rev() {
        let (Some(cotangent), true) = (cotangents[k], depends[k]) else { continue };
        let x = node.operands.map(|id| placed[id.index()]);
        for (i, operand) in node.operands().iter().enumerate().filter(|(_, id)| depends[id.index()]) {
            let Some(term) = cotangent.pulled(builder, node.op, x, placed[k], i) else { continue };
            let sum = &mut cotangents[operand.index()];
            *sum = Some(sum.map_or(term, |earlier| earlier.plus(builder, term)));
        }
    }
    let zero = builder.constant(0.0);
    let slopes = program.inputs.iter().map(|input| cotangents[input.node.index()]);
    slopes.map(|slope| slope.map_or(zero, |slope| slope.plain(builder))).collect()
}

fn depends_on_inputs(program: &Program) -> Vec<bool> {
    let mut depends = vec![false; program.nodes.len()];
    for (k, node) in program.nodes.iter().enumerate() {
        depends[k] = matches!(node.op, Op::Input(_)) || node.operands().iter().any(|id| depends[id.index()]);
    }
    depends
}
