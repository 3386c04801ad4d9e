//! Arrays put together in their place: concatenations, and sums of padded arrays that do not overlap. Whoever computes a part
//! writes it where it belongs.

use super::partition::Partition;
use crate::primitive::{ArrayOp, Op, Span};
use crate::program::{Node, NodeId};

/// The deepest tree of sums that is looked through for parts of one array.
const MOST_PARTS: usize = 16;

impl Partition {
    /// Concatenations, and sums of padded arrays that do not overlap, whose parts can be computed in place.
    pub(super) fn find_assemblies(&mut self) {
        let mut uses = vec![0_u32; self.program.nodes.len()];
        for id in self.program.nodes.iter().flat_map(Node::operands).chain(&self.program.outputs) {
            uses[id.index()] += 1;
        }
        for k in (0..self.program.nodes.len()).rev() {
            let node = self.program.nodes[k];
            match node.op {
                Op::Array(ArrayOp::Concat(axis)) => {
                    let second = self.node(node.operands[0]).shape.axis(usize::from(axis)) as u32;
                    let span = |start| Span { axis, start, step: 1 };
                    self.parts[k] = vec![(node.operands[0], span(0)), (node.operands[1], span(second))];
                }
                Op::Add => {
                    let mut parts = Vec::new();
                    let padded = self.pads_of(NodeId(k as u32), &uses, 0, &mut parts);
                    if padded && are_disjoint(self, &parts) {
                        self.parts[k] = parts;
                    }
                }
                _ => {}
            }
        }
    }

    /// Collects the padded arrays that a tree of sums adds.
    fn pads_of(&self, id: NodeId, uses: &[u32], depth: usize, parts: &mut Vec<(NodeId, Span)>) -> bool {
        let node = self.node(id);
        match node.op {
            Op::Array(ArrayOp::Pad(span)) if depth > 0 => {
                parts.push((node.operands[0], span));
                true
            }
            Op::Add if depth == 0 || (uses[id.index()] == 1 && depth < MOST_PARTS) => {
                let same = node.operands().iter().all(|&x| self.node(x).shape == node.shape);
                same && node.operands().iter().all(|&x| self.pads_of(x, uses, depth + 1, parts))
            }
            _ => false,
        }
    }
}

/// Whether no place belongs to two parts, all along the same axis.
fn are_disjoint(partition: &Partition, parts: &[(NodeId, Span)]) -> bool {
    let Some(&(_, first)) = parts.first() else { return false };
    let axis = usize::from(first.axis);
    let places = |&(id, span): &(NodeId, Span)| (span, partition.node(id).shape.axis(axis) as i64);
    parts.iter().all(|(_, span)| span.axis == first.axis && span.step > 0)
        && parts.iter().enumerate().all(|(k, a)| {
            parts[k + 1..].iter().all(|b| {
                let ((s, m), (t, n)) = (places(a), places(b));
                let last =
                    |span: Span, length: i64| i64::from(span.start) + (length - 1) * i64::from(span.step);
                let apart = last(s, m) < i64::from(t.start) || last(t, n) < i64::from(s.start);
                let interleaved =
                    s.step == t.step && (i64::from(s.start) - i64::from(t.start)) % i64::from(s.step) != 0;
                m == 0 || n == 0 || apart || interleaved
            })
        })
}
