//! SOAP at work.

use std::ops::Range;

use faer::MatRef;

use super::dense::Decomposer;
use super::places::{Axis, Place, zeros};
use crate::memory::{Memory, Visit, join};
use crate::pass::{Isa, Problem, Reach, Refine, Stage, Whole};
use crate::rule::Soap;
use crate::{Arithmetic, Real, RuleError, Transform};

pub(crate) fn soap<F: Real>(rule: Soap, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
    let mut parts = Vec::new();
    for leaf in problem.layout.leaves() {
        let mut bases = Vec::new();
        for (number, axis) in Axis::all(leaf).into_iter().enumerate() {
            if leaf.is_matrix() && axis.size as u64 <= rule.max_size {
                bases.push(Basis::new(number, axis, problem)?);
            }
        }
        parts.push(Part { place: Place::new(leaf, problem), bases });
    }
    let sizes = parts.iter().flat_map(|part| &part.bases).map(|basis| basis.axis.size);
    let decomposer = Decomposer::new(sizes);
    let largest = parts.iter().map(|part| part.place.size()).max().unwrap_or(0);
    let room = || vec![F::of(0.0); largest];
    let rooms = Rooms { part: room(), next: room() };
    let adam = Adam { rule: rule.clone(), rate: 0.0 };
    Ok(Box::new(Rotated { rule, adam, parts, decomposer, rooms, isa: Isa::detect() }))
}

struct Rotated<F> {
    rule: Soap,
    adam: Adam,
    parts: Vec<Part<F>>,
    decomposer: Decomposer<F>,
    rooms: Rooms<F>,
    isa: Isa,
}

/// One part, and what comes of it.
struct Rooms<F> {
    part: Vec<F>,
    next: Vec<F>,
}

/// A part of the parameters with the bases of its axes.
struct Part<F> {
    place: Place,
    bases: Vec<Basis<F>>,
}

/// An orthonormal basis along an axis, for every problem.
struct Basis<F> {
    number: usize,
    axis: Axis,
    /// The mean products, by rows.
    mean: Vec<F>,
    /// The basis vectors, one after the other.
    vectors: Vec<F>,
    /// Numbers that the vectors had before.
    order: Vec<usize>,
}

impl<F: Real> Basis<F> {
    fn new(number: usize, axis: Axis, problem: &Problem) -> Result<Self, RuleError> {
        let each = axis.size.checked_mul(axis.size);
        let (mean, vectors) = (zeros(problem, each)?, zeros(problem, each)?);
        Ok(Basis { number, axis, mean, vectors, order: vec![0; axis.size] })
    }

    fn of(&self, lane: usize) -> (Range<usize>, usize) {
        let each = self.axis.size * self.axis.size;
        (lane * each..(lane + 1) * each, self.axis.size)
    }

    fn average(&mut self, lane: usize, keep: f64, g: &[F]) {
        let (range, _) = self.of(lane);
        self.axis.average(&mut self.mean[range], keep, g, 1.0 - keep);
    }

    /// The eigenvectors, by falling eigenvalues.
    fn decompose(&mut self, lane: usize, decomposer: &mut Decomposer<F>) {
        let (range, n) = self.of(lane);
        let vectors = &mut self.vectors[range.clone()];
        decomposer.eigen(&self.mean[range], n, vectors);
        for k in 0..n / 2 {
            let (front, back) = vectors.split_at_mut((n - 1 - k) * n);
            front[k * n..(k + 1) * n].swap_with_slice(&mut back[..n]);
        }
    }

    fn refine(&mut self, lane: usize, decomposer: &mut Decomposer<F>) {
        let (range, n) = self.of(lane);
        decomposer.refine(&self.mean[range.clone()], n, &mut self.vectors[range], &mut self.order);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Into,
    Back,
}

impl<F: Real> Part<F> {
    /// The part in `rooms` from its own basis into another, or back.
    fn rotate(&self, lane: usize, way: Way, rooms: &mut Rooms<F>) {
        let size = self.place.size();
        for basis in &self.bases {
            let (range, n) = basis.of(lane);
            let rows = MatRef::from_row_major_slice(&basis.vectors[range], n, n);
            let matrix = if way == Way::Into { rows } else { rows.transpose() };
            basis.axis.multiply(matrix, &rooms.part[..size], &mut rooms.next[..size]);
            std::mem::swap(&mut rooms.part, &mut rooms.next);
        }
    }

    /// Another basis: the mean is the same one in it, the mean squares go with the vectors they belong to.
    fn turn(
        &mut self,
        lane: usize,
        [mean, squares]: [&mut [F]; 2],
        rooms: &mut Rooms<F>,
        decomposer: &mut Decomposer<F>,
    ) {
        let size = self.place.size();
        self.place.gather(lane, mean, &mut rooms.part[..size]);
        self.rotate(lane, Way::Back, rooms);
        self.bases.iter_mut().for_each(|basis| basis.refine(lane, decomposer));
        self.rotate(lane, Way::Into, rooms);
        self.place.scatter(lane, &rooms.part[..size], mean);

        self.place.gather(lane, squares, &mut rooms.part[..size]);
        for Basis { axis, order, .. } in &self.bases {
            for (i, to) in rooms.next[..size].chunks_exact_mut(axis.after).enumerate() {
                let from = i - i % axis.size + order[i % axis.size];
                to.copy_from_slice(&rooms.part[from * axis.after..(from + 1) * axis.after]);
            }
            std::mem::swap(&mut rooms.part, &mut rooms.next);
        }
        self.place.scatter(lane, &rooms.part[..size], squares);
    }
}

impl<F: Real> Stage<F> for Rotated<F> {
    fn name(&self) -> &'static str {
        "soap"
    }

    fn slots(&self) -> Vec<(&'static str, f64)> {
        vec![("exp_avg", 0.0), ("exp_avg_sq", 0.0)]
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        for Part { place, bases } in &mut self.parts {
            for basis in bases {
                let name = join(&place.name, &format!("axis{}", basis.number));
                visit(&name, Memory::Vector(&mut basis.mean));
                visit(&format!("{name}_basis"), Memory::Vector(&mut basis.vectors));
            }
        }
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            for basis in self.parts.iter_mut().flat_map(|part| &mut part.bases) {
                basis.mean.fill(F::default());
                basis.vectors.fill(F::default());
            }
        }
        let Soap { lr, beta1, beta2, .. } = &self.rule;
        let steps = step as f64;
        let corrections = (1.0 - beta2.powf(steps)).sqrt() / (1.0 - beta1.powf(steps));
        self.adam.rate = lr.at(step) * corrections;
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn rework(&mut self, update: &mut [F], whole: Whole<'_, F>) {
        let (first, rooms) = (whole.step == 0, &mut self.rooms);
        let keep = self.rule.shampoo_beta.unwrap_or(self.rule.beta2);
        let decay = self.rule.lr.at(whole.step) * self.rule.weight_decay;
        let turns = whole.step.is_multiple_of(self.rule.precondition_frequency) && !first;
        let [mean, squares, ..] = whole.slots;
        for part in &mut self.parts {
            let (range, size) = (part.place.range.clone(), part.place.size());
            let rotates = !part.bases.is_empty() && size > 0;
            let lanes = if rotates { 0..part.place.lanes } else { 0..0 };
            for lane in lanes.clone() {
                part.place.gather(lane, update, &mut rooms.part[..size]);
                for basis in &mut part.bases {
                    basis.average(lane, keep, &rooms.part[..size]);
                    if first {
                        basis.decompose(lane, &mut self.decomposer);
                    }
                }
                if !first {
                    part.rotate(lane, Way::Into, rooms);
                    part.place.scatter(lane, &rooms.part[..size], update);
                }
            }
            if first {
                update[range].fill(F::default());
                continue;
            }
            let x = &whole.x[range.clone()];
            let slots = [&mut mean[range.clone()], &mut squares[range.clone()], &mut [], &mut []];
            self.isa.run(Refine(&self.adam), &mut update[range.clone()], x, slots);
            for lane in lanes {
                part.place.gather(lane, update, &mut rooms.part[..size]);
                part.rotate(lane, Way::Back, rooms);
                part.place.scatter(lane, &rooms.part[..size], update);
                if turns {
                    part.turn(lane, [&mut *mean, &mut *squares], rooms, &mut self.decomposer);
                }
            }
            // x − u, and of that the share that decays.
            let update = &mut update[range];
            if decay != 0.0 {
                self.isa.scale(update, F::of(1.0 - decay));
                self.isa.add_multiple(update, F::of(decay), x);
            }
        }
    }
}

/// `u ← rate · m / (√v + eps)`
#[derive(Clone)]
struct Adam {
    rule: Soap,
    rate: f64,
}

impl Transform for Adam {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 6];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 6] {
        let Soap { beta1, beta2, eps, .. } = self.rule;
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, self.rate].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 6], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, eps, rate] = *c;
        let m = beta1.mul_add(slots[0], new1 * u);
        let v = beta2.mul_add(slots[1], new2 * (u * u));
        [slots[0], slots[1]] = [m, v];
        rate * m / (v.sqrt() + eps)
    }
}
