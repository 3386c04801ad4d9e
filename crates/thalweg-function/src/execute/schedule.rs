//! The last touches before planning: shorter chains of dependent operations, products merged into sums.

use crate::primitive::Op;
use crate::program::{Builder, Node, NodeId, Program};
use crate::transform::simplify;

/// The program as an [`Executable`](crate::Executable) computes it: simplified, products that feed a single sum merged into it
/// (`mul_add`, one rounding less).
///
/// An [`Iteration`](crate::Iteration) runs what it is given as it is; a program passed through `fuse` before has there the same
/// bits as in an executable.
///
/// ```
/// use thalweg_function::{fuse, trace};
///
/// let program = fuse(&trace(2, |x| x[0] * x[1] + x[0])?);
/// assert!(program.to_string().contains("mul_add"));
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
pub fn fuse(program: &Program) -> Program {
    contract(&balance(&simplify(program)))
}

/// The program built anew, node by node: `rewrite` may replace a node, given where the earlier ones went.
fn rebuilt(
    program: &Program,
    mut rewrite: impl FnMut(&mut Builder, &Node, &[NodeId]) -> Option<NodeId>,
) -> Program {
    let mut builder = Builder::verbatim();
    let mut placed: Vec<NodeId> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let id = match node.op {
            Op::Input(k) => builder.input(&program.inputs[k as usize].name, node.shape),
            Op::Constant(bits) => builder.constant(f64::from_bits(bits)),
            Op::Broadcast(axes) => builder.broadcast(placed[node.operands[0].index()], axes, node.shape),
            op => rewrite(&mut builder, node, &placed).unwrap_or_else(|| {
                let operands: Vec<_> = node.operands().iter().map(|id| placed[id.index()]).collect();
                builder.apply(op, &operands)
            }),
        };
        placed.push(id);
    }
    let outputs: Vec<_> = program.outputs.iter().map(|id| placed[id.index()]).collect();
    builder.finish(&outputs)
}

fn use_counts(program: &Program) -> Vec<u32> {
    let mut uses = vec![0; program.nodes.len()];
    for id in program.nodes.iter().flat_map(Node::operands).chain(&program.outputs) {
        uses[id.index()] += 1;
    }
    uses
}

/// When each node's value is ready, in cycles from the start, were there no limit but the operations' latency.
fn ready_times(program: &Program) -> Vec<u32> {
    let mut ready: Vec<u32> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let latency = match node.op {
            // A broadcast counts as the input it repeats: a batch must make the same choices as its members alone.
            Op::Input(_) | Op::Constant(_) | Op::Broadcast(_) => 0,
            Op::Add | Op::Sub | Op::Mul | Op::MulAdd | Op::MulSub | Op::NegMulAdd | Op::Select => 4,
            Op::Neg | Op::Abs => 1,
            Op::Div | Op::Sqrt => 16,
            _ => 60,
        };
        let operands = node.operands().iter().map(|id| ready[id.index()]).max().unwrap_or(0);
        ready.push(operands + latency);
    }
    ready
}

/// `c·(a·b)` as `(c·a)·b` where `b` is ready last: the constant factor is out of the way by then, and the outer product can
/// merge into a sum.
fn balance(program: &Program) -> Program {
    let (uses, ready) = (use_counts(program), ready_times(program));
    rebuilt(program, |builder, node, placed| {
        let [constant, product, _] = node.operands;
        let inner = program.node(product);
        let is_constant = matches!(program.node(constant).op, Op::Constant(_));
        if node.op != Op::Mul || !is_constant || inner.op != Op::Mul || uses[product.index()] > 1 {
            return None;
        }
        let [a, b, _] = inner.operands;
        let (early, late) = if ready[a.index()] <= ready[b.index()] { (a, b) } else { (b, a) };
        let scaled = builder.mul(placed[constant.index()], placed[early.index()]);
        Some(builder.mul(scaled, placed[late.index()]))
    })
}

/// Products that feed one sum only, merged into it: one rounding and one operation less. Of two such products the one ready
/// last is merged, since the other has time to be computed alone.
fn contract(program: &Program) -> Program {
    let (uses, ready) = (use_counts(program), ready_times(program));
    rebuilt(program, |builder, node, placed| {
        let product = |i: usize| {
            let id = node.operands[i];
            (program.node(id).op == Op::Mul && uses[id.index()] == 1).then(|| (i, program.node(id).operands))
        };
        let first = match (product(0), product(1)) {
            (Some(a), Some(b)) => {
                let when = |i: usize| ready[node.operands[i].index()];
                if when(0) > when(1) { a } else { b }
            }
            (a, b) => a.or(b)?,
        };
        let (i, [a, b, _]) = first;
        let op = match (node.op, i) {
            (Op::Add, _) => Op::MulAdd,
            (Op::Sub, 0) => Op::MulSub,
            (Op::Sub, _) => Op::NegMulAdd,
            _ => return None,
        };
        Some(builder.apply(op, &[a, b, node.operands[1 - i]].map(|id| placed[id.index()])))
    })
}
