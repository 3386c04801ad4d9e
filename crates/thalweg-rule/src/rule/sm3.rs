//! SM3.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, UP_TO_ONE, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::Assemble;
use crate::pass::{Isa, Kernel, Piece, Problem, Reach, SlotRange, Stage, Whole, no_slots};
use crate::transform::{Average, Rate};
use crate::{Arithmetic, Chain, Real, RuleError, Schedule};

recipe! {
    /// SM3: Adagrad that remembers one number for every row and column, the largest of the sums there.
    ///
    /// ```text
    /// v = beta2 · min over the axes a of μₐ + (1 − beta2) · g²             (beta2 = 1: min of μₐ + g²)
    /// μₐ ← max of v over all axes but a
    /// u = g / √(v + eps)                                                   (0 where v is 0)
    /// m ← momentum · m + (1 − momentum) · u
    /// x ← x − lr · m
    /// ```
    ///
    /// For a vector `μ` is `v`. A matrix of n by m is remembered in n + m numbers, beside the momentum, which takes nothing if it is 0.
    /// Needs the layout of the parameters ([`rule_for`](crate::Recipe::rule_for)).
    ///
    /// Source: Anil, Gupta, Koren and Singer, "Memory-efficient adaptive optimization", 2019 (SM3-II).
    ///
    /// Conventions: Optax's `sm3`; `beta2` and `eps` are those of its `scale_by_sm3`.
    ///
    /// ```
    /// use thalweg_rule::{Layout, Recipe, Rule, Sm3};
    ///
    /// let mut rule = Sm3 { lr: 1.0.into(), momentum: 0.0, ..Sm3::default() }
    ///     .rule_for(&Layout::new([("weight", vec![2, 2])]))?;
    /// let mut x = [0.0_f64; 4];
    /// rule.step(&mut x, &[2.0, 0.0, 0.0, 1.0])?;
    /// rule.step(&mut x, &[0.0, 1.0, 0.0, 0.0])?;
    /// // Beside the 2 of its row there is the 1 of its column.
    /// assert!((x[1] + 1.0 / 2.0_f64.sqrt()).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Sm3 = sm3("Adagrad with one number for every row and every column") {
        /// The learning rate.
        lr: Schedule = 0.1.into(), NOT_NEGATIVE;
        /// How much of the mean direction is kept.
        momentum: f64 = 0.9, BELOW_ONE;
        /// How much of the sum of squares is kept; less than 1 makes it a mean.
        beta2: f64 = 1.0, UP_TO_ONE;
        /// Added inside the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
    }
}

impl Assemble for Sm3 {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Sm3 { momentum, beta2, eps, .. } = *self;
        let covered = Box::new(Covers { beta2, eps });
        let rate = Rate::new(self.lr.clone());
        if momentum == 0.0 {
            return vec![covered, Box::new(rate)];
        }
        vec![covered, Box::new(Chain(Average::new(momentum), rate))]
    }
}

recipe! {
    /// The direction of [`Sm3`]: `sm3` is `scale_by_sm3() | scale(lr)`.
    ///
    /// ```text
    /// v = beta2 · min over the axes a of μₐ + (1 − beta2) · u²             (beta2 = 1: min of μₐ + u²)
    /// μₐ ← max of v over all axes but a
    /// d = u / √(v + eps)                                                   (0 where v is 0)
    /// u ← m ← momentum · m + (1 − momentum) · d
    /// ```
    ///
    /// Source: Anil, Gupta, Koren and Singer, "Memory-efficient adaptive optimization", 2019.
    ///
    /// Conventions: Optax's `scale_by_sm3`, whose `b1` is `momentum`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_sm3(momentum=0) | scale(0.1)")?.rule(2, 1)?;
    /// let mut x = [1.0, 1.0];
    /// rule.step(&mut x, &[200.0, -0.03])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-6 && (x[1] - 1.1_f64).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleBySm3 = scale_by_sm3("the update divided by roots kept for rows and columns, and averaged") {
        /// How much of the mean direction is kept.
        momentum: f64 = 0.9, BELOW_ONE;
        /// How much of the sum of squares is kept; less than 1 makes it a mean.
        beta2: f64 = 1.0, UP_TO_ONE;
        /// Added inside the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleBySm3 {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let covered = Box::new(Covers { beta2: self.beta2, eps: self.eps });
        if self.momentum == 0.0 {
            return vec![covered];
        }
        vec![covered, Box::new(Average::new(self.momentum))]
    }
}

/// The part before the momentum.
struct Covers {
    beta2: f64,
    eps: f64,
}

impl<F: Real> Piece<F> for Covers {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let lanes = problem.shape.lanes;
        let axes = |shape: &[usize]| if shape.is_empty() { vec![1] } else { shape.to_vec() };
        let parts: Vec<Vec<usize>> = problem.layout.leaves().iter().map(|leaf| axes(&leaf.shape)).collect();
        let length = |axes: &Vec<usize>| axes.iter().sum::<usize>() * lanes;
        let zeros = |length| vec![F::default(); length];
        Ok(Box::new(Covered {
            rule: *self,
            maxima: zeros(parts.iter().map(length).sum()),
            next: zeros(parts.iter().map(length).max().unwrap_or(0)),
            lower: zeros(lanes),
            upper: zeros(lanes),
            place: vec![0; parts.iter().map(Vec::len).max().unwrap_or(0)],
            parts,
            lanes,
            isa: Isa::detect(),
        }))
    }
}

struct Covered<F> {
    rule: Covers,
    /// The lengths of every part's axes.
    parts: Vec<Vec<usize>>,
    lanes: usize,
    /// Of every part, for every axis, for every place on it, for every problem.
    maxima: Vec<F>,
    /// What one part's will be.
    next: Vec<F>,
    /// For every problem: the least of the maxima along all axes but the last, and the new maximum there.
    lower: Vec<F>,
    upper: Vec<F>,
    /// Where the row at hand lies on all axes but the last.
    place: Vec<usize>,
    isa: Isa,
}

impl<F: Real> Covered<F> {
    /// One part, row by row along its last axis.
    fn part(&mut self, part: usize, update: &mut [F], start: usize) {
        let (axes, lanes) = (&self.parts[part], self.lanes);
        let Some((last, others)) = axes.split_last() else { return };
        let length = axes.iter().sum::<usize>() * lanes;
        let (now, next) = (&mut self.maxima[start..start + length], &mut self.next[..length]);
        next.fill(F::default());
        let (run, along) = (last * lanes, others.iter().sum::<usize>() * lanes);
        self.place.fill(0);
        for row in update.chunks_exact_mut(run.max(1)) {
            self.lower.fill(F::of(f64::INFINITY));
            let mut axis_start = 0;
            for (axis, place) in others.iter().zip(&self.place) {
                let maxima = &now[(axis_start + place) * lanes..][..lanes];
                self.lower.iter_mut().zip(maxima).for_each(|(lower, new)| *lower = lower.min(*new));
                axis_start += axis;
            }
            self.upper.fill(F::default());
            let kernel = Row { rule: &self.rule, lower: &self.lower, upper: &mut self.upper };
            let [_, b, c, d] = no_slots();
            self.isa.run(kernel, row, &now[along..], [&mut next[along..], b, c, d]);
            let mut axis_start = 0;
            for (axis, place) in others.iter().zip(&self.place) {
                let maxima = &mut next[(axis_start + place) * lanes..][..lanes];
                maxima
                    .iter_mut()
                    .zip(&self.upper)
                    .for_each(|(maximum, new)| *maximum = larger(*maximum, *new));
                axis_start += axis;
            }
            for (place, axis) in self.place[..others.len()].iter_mut().zip(others).rev() {
                *place = (*place + 1) % axis;
                if *place > 0 {
                    break;
                }
            }
        }
        now.copy_from_slice(next);
    }
}

/// The larger number; NaN if one is.
#[inline(always)]
fn larger<A: Arithmetic>(a: A, b: A) -> A {
    if a > b { a } else { b }
}

/// A row along the last axis.
struct Row<'a, F> {
    rule: &'a Covers,
    lower: &'a [F],
    upper: &'a mut [F],
}

impl<F: Real> Kernel<F> for Row<'_, F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, u: &mut [F], now: &[F], [next, ..]: SlotRange<'_, F>) {
        let Covers { beta2, eps } = *self.rule;
        let [keep, new, eps] = [beta2, if beta2 == 1.0 { 1.0 } else { 1.0 - beta2 }, eps].map(A::of);
        let zero = A::of(0.0);
        let each = |u: &mut F, now: F, next: &mut F, lower: F, upper: &mut F| {
            let g = A::load(*u);
            let v = keep.mul_add(A::load(now).min(A::load(lower)), new * (g * g));
            *u = (g * v.if_positive(A::of(1.0) / (v + eps).sqrt(), zero)).store();
            *next = larger(A::load(*next), v).store();
            *upper = larger(A::load(*upper), v).store();
        };
        if let ([lower], [upper]) = (self.lower, &mut *self.upper) {
            let mut most = *upper;
            for ((u, now), next) in u.iter_mut().zip(now).zip(next) {
                each(u, *now, next, *lower, &mut most);
            }
            *upper = most;
            return;
        }
        let lanes = self.lower.len().max(1);
        let rows = u.chunks_exact_mut(lanes).zip(now.chunks_exact(lanes)).zip(next.chunks_exact_mut(lanes));
        for ((u, now), next) in rows {
            let numbers = u.iter_mut().zip(now).zip(next).zip(self.lower).zip(&mut *self.upper);
            for ((((u, now), next), lower), upper) in numbers {
                each(u, *now, next, *lower, upper);
            }
        }
    }
}

impl<F: Real> Stage<F> for Covered<F> {
    fn name(&self) -> &'static str {
        "sm3"
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("maxima", Memory::Vector(&mut self.maxima));
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            self.maxima.fill(F::default());
        }
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn rework(&mut self, update: &mut [F], _: Whole<'_, F>) {
        let (mut rest, mut start) = (update, 0);
        for part in 0..self.parts.len() {
            let axes = &self.parts[part];
            let (size, length) = (axes.iter().product::<usize>(), axes.iter().sum::<usize>());
            let (own, after) = rest.split_at_mut(size * self.lanes);
            self.part(part, own, start);
            (rest, start) = (after, start + length * self.lanes);
        }
    }
}
