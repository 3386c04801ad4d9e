//! Reductions over axes that do not lie side by side, done one run of axes after the other.

use crate::primitive::{ArrayOp, Axes, Op};
use crate::program::{Builder, NodeId, Program, Shape};

/// The program with each reduction over axes that do not lie side by side done one run of axes after the other.
pub(super) fn with_contiguous_reductions(program: &Program) -> Program {
    let mut builder = Builder::verbatim();
    let mut placed: Vec<NodeId> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let operands: Vec<_> = node.operands().iter().map(|id| placed[id.index()]).collect();
        placed.push(match node.op {
            Op::Input(k) => builder.input(&program.inputs[k as usize].name, node.shape),
            Op::Constant(bits) => builder.constant(f64::from_bits(bits)),
            Op::Broadcast(axes) => builder.broadcast(operands[0], axes, node.shape),
            Op::Array(ArrayOp::Sum(axes)) => by_runs(&mut builder, operands[0], axes, ArrayOp::Sum),
            Op::Array(ArrayOp::Largest(axes)) => by_runs(&mut builder, operands[0], axes, ArrayOp::Largest),
            Op::Array(ArrayOp::Smallest(axes)) => by_runs(&mut builder, operands[0], axes, ArrayOp::Smallest),
            Op::Array(op) => {
                let op = builder.adopted(op, program);
                builder.array(op, &operands, node.shape)
            }
            op => builder.apply(op, &operands),
        });
    }
    let outputs: Vec<_> = program.outputs.iter().map(|id| placed[id.index()]).collect();
    builder.finish_whole(&outputs)
}

fn by_runs(builder: &mut Builder, mut x: NodeId, axes: Axes, op: fn(Axes) -> ArrayOp) -> NodeId {
    let mut left: Vec<usize> = axes.iter().collect();
    while let Some(last) = left.pop() {
        let mut run = vec![last];
        while left.last().is_some_and(|&axis| axis + 1 == run[run.len() - 1]) {
            run.extend(left.pop());
        }
        let run = Axes::of(run);
        let shape: Shape = builder.shape(x).without(run);
        x = builder.array(op(run), &[x], shape);
    }
    x
}
