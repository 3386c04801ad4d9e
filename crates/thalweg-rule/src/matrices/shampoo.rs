//! Shampoo at work.

use faer::MatRef;

use super::dense::Decomposer;
use super::places::{Axis, Place, zeros};
use crate::memory::{Memory, Visit, join};
use crate::pass::{Problem, Reach, Stage, Whole};
use crate::rule::Shampoo;
use crate::{Real, RuleError};

pub(crate) fn shampoo<F: Real>(rule: Shampoo, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
    let mut parts = Vec::new();
    for leaf in problem.layout.leaves() {
        let sides = Axis::all(leaf).into_iter().map(|axis| Side::new(axis, &rule, problem));
        parts.push(Part { place: Place::new(leaf, problem), sides: sides.collect::<Result<_, _>>()? });
    }
    let full = parts.iter().flat_map(|part| &part.sides).filter(|side| side.full);
    let decomposer = Decomposer::new(full.map(|side| side.axis.size));
    let largest = parts.iter().map(|part| part.place.size()).max().unwrap_or(0);
    let room = || vec![F::of(0.0); largest];
    let (g, next) = (room(), room());
    Ok(Box::new(Preconditioner { rule, parts, decomposer, g, next }))
}

struct Preconditioner<F> {
    rule: Shampoo,
    parts: Vec<Part<F>>,
    decomposer: Decomposer<F>,
    /// One part, and what comes of it.
    g: Vec<F>,
    next: Vec<F>,
}

/// A part of the parameters with a matrix for each of its axes.
struct Part<F> {
    place: Place,
    sides: Vec<Side<F>>,
}

/// A sum and its root for every problem: a matrix, or its diagonal.
struct Side<F> {
    axis: Axis,
    full: bool,
    sum: Vec<F>,
    root: Vec<F>,
}

impl<F: Real> Side<F> {
    fn new(axis: Axis, rule: &Shampoo, problem: &Problem) -> Result<Self, RuleError> {
        let size = axis.size;
        let full = size as u64 <= rule.max_size;
        let each = if full { size.checked_mul(size) } else { Some(size) };
        Ok(Side { axis, full, sum: zeros(problem, each)?, root: zeros(problem, each)? })
    }

    /// Numbers of one problem.
    fn each(&self) -> usize {
        if self.full { self.axis.size * self.axis.size } else { self.axis.size }
    }

    fn start(&mut self, eps: f64) {
        let each = self.each();
        self.root.fill(F::default());
        self.sum.fill(F::default());
        for sum in self.sum.chunks_exact_mut(each.max(1)) {
            let diagonal = if self.full { self.axis.size + 1 } else { 1 };
            sum.iter_mut().step_by(diagonal).for_each(|number| *number = F::of(eps));
        }
    }

    /// Adds the products of the gradient's fibres along the axis.
    fn add(&mut self, lane: usize, g: &[F]) {
        let (each, Axis { size, after, .. }) = (self.each(), self.axis);
        let sum = &mut self.sum[lane * each..(lane + 1) * each];
        if self.full {
            return self.axis.average(sum, 1.0, g, 1.0);
        }
        for (i, row) in g.chunks_exact(after).enumerate() {
            let squares = row.iter().map(|number| number.to_f64() * number.to_f64()).sum::<f64>();
            sum[i % size] = sum[i % size] + F::of(squares);
        }
    }

    fn renew(&mut self, lane: usize, eps: f64, power: f64, decomposer: &mut Decomposer<F>) {
        let each = self.each();
        let range = lane * each..(lane + 1) * each;
        let (sum, root) = (&self.sum[range.clone()], &mut self.root[range]);
        if self.full {
            return decomposer.power(sum, self.axis.size, eps, power, root);
        }
        for (root, sum) in root.iter_mut().zip(sum) {
            *root = F::of(sum.to_f64().powf(power));
        }
    }

    /// Every fibre along the axis times the root.
    fn multiply(&self, lane: usize, g: &[F], to: &mut [F]) {
        let (each, Axis { size, after, .. }) = (self.each(), self.axis);
        let root = &self.root[lane * each..(lane + 1) * each];
        if self.full {
            return self.axis.multiply(MatRef::from_row_major_slice(root, size, size), g, to);
        }
        for (i, (to, g)) in to.chunks_exact_mut(after).zip(g.chunks_exact(after)).enumerate() {
            to.iter_mut().zip(g).for_each(|(to, g)| *to = root[i % size] * *g);
        }
    }
}

impl<F: Real> Stage<F> for Preconditioner<F> {
    fn name(&self) -> &'static str {
        "shampoo"
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        for Part { place, sides } in &mut self.parts {
            for (axis, side) in sides.iter_mut().enumerate() {
                let name = join(&place.name, &format!("axis{axis}"));
                visit(&name, Memory::Vector(&mut side.sum));
                visit(&format!("{name}_root"), Memory::Vector(&mut side.root));
            }
        }
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            let sides = self.parts.iter_mut().flat_map(|part| &mut part.sides);
            sides.for_each(|side| side.start(self.rule.eps));
        }
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn rework(&mut self, update: &mut [F], whole: Whole<'_, F>) {
        let renew = whole.step.is_multiple_of(self.rule.update_interval);
        for Part { place, sides } in &mut self.parts {
            let (g, next) = (&mut self.g[..place.size()], &mut self.next[..place.size()]);
            let power = -0.5 / sides.len() as f64;
            if g.is_empty() {
                continue;
            }
            for lane in 0..place.lanes {
                place.gather(lane, update, g);
                for side in &mut *sides {
                    side.add(lane, g);
                    if renew {
                        side.renew(lane, self.rule.eps, power, &mut self.decomposer);
                    }
                }
                for side in &*sides {
                    side.multiply(lane, g, next);
                    g.copy_from_slice(next);
                }
                place.scatter(lane, g, update);
            }
        }
    }
}
