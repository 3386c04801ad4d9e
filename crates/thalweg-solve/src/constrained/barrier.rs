//! [`Iterate`]: a point in the interior with its slacks and multipliers, and what the barrier says of it.

use std::sync::Arc;

use super::problem::{Duals, Point, Problem, add_transposed, along};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::{Scalar, SolveError};

/// μ, and how points are brought into the interior.
#[derive(Debug, Clone)]
pub(super) struct Barrier {
    pub(super) μ: f64,
}

/// Multipliers of the lower and of the upper bounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
}

/// A point in the interior.
#[derive(Debug, Clone)]
pub(super) struct Iterate<F> {
    pub(super) point: Point<F>,
    /// A slack for each function; of an equation its end.
    pub(super) s: Vec<f64>,
    /// Multipliers of c − s = 0, with the other sign than λ.
    pub(super) y: Vec<f64>,
    /// Of the variables' bounds.
    pub(super) z: Pair,
    /// Of the slacks' bounds.
    pub(super) v: Pair,
    /// Bounds of the slacks: the functions' ends, a little apart so that there is an interior.
    pub(super) ends: Arc<[(f64, f64)]>,
}

impl<F: Scalar> Iterate<F> {
    /// A place for an iterate.
    pub(super) fn blank(dim: usize, count: usize) -> Self {
        let zeros = |n| vec![0.0; n];
        let pair = |n| Pair { low: zeros(n), high: zeros(n) };
        Iterate {
            point: Point::blank(dim, count),
            s: zeros(count),
            y: zeros(count),
            z: pair(dim),
            v: pair(count),
            ends: vec![(0.0, 0.0); count].into(),
        }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.within("point", |keeper| self.point.memory(keeper));
        keeper.numbers("s", &mut self.s);
        keeper.numbers("y", &mut self.y);
        for (name, pair) in [("z", &mut self.z), ("v", &mut self.v)] {
            keeper.within(name, |keeper| {
                keeper.numbers("low", &mut pair.low);
                keeper.numbers("high", &mut pair.high);
            });
        }
        let mut ends: Vec<f64> = self.ends.iter().flat_map(|ends| [ends.0, ends.1]).collect();
        keeper.numbers("ends", &mut ends);
        self.ends = ends.chunks_exact(2).map(|ends| (ends[0], ends[1])).collect();
    }
}

/// A step of everything that an iterate holds.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) x: Vec<f64>,
    pub(super) s: Vec<f64>,
    pub(super) y: Vec<f64>,
    pub(super) z: Pair,
    pub(super) v: Pair,
}

impl Step {
    pub(super) fn new(dim: usize, count: usize) -> Self {
        let zeros = |n| vec![0.0; n];
        let pair = |n| Pair { low: zeros(n), high: zeros(n) };
        Step { x: zeros(dim), s: zeros(count), y: zeros(count), z: pair(dim), v: pair(count) }
    }
}

/// How far from a bound a start is moved: κ₁ and κ₂.
const PUSH: f64 = 1e-2;

/// Multipliers of bounds stay within this factor of μ / distance: κ_Σ.
const NEAR: f64 = 1e10;

impl Barrier {
    pub(super) fn new(μ: f64) -> Self {
        Barrier { μ }
    }

    /// The next, smaller μ.
    pub(super) fn lower(&mut self, least: f64) {
        self.μ = (0.2 * self.μ).min(self.μ.powf(1.5)).max(least);
    }

    /// The values, moved into the interior of their intervals.
    pub(super) fn inside(values: &[f64], ends: &[(f64, f64)]) -> Vec<f64> {
        let moved = |(value, &(low, high)): (&f64, &(f64, f64))| {
            if low == high {
                return low;
            }
            let push = |end: f64| (PUSH * end.abs().max(1.0)).min(PUSH * (high - low));
            let least = if low.is_finite() { low + push(low) } else { low };
            let most = if high.is_finite() { high - push(high) } else { high };
            value.max(least).min(most)
        };
        values.iter().zip(ends).map(moved).collect()
    }

    pub(super) fn begin<F: Scalar>(problem: &Problem<F>, point: Point<F>, tolerance: f64) -> Iterate<F> {
        let apart = |&(low, high): &(f64, f64)| {
            let by = |end: f64| 0.5 * tolerance * end.abs().max(1.0);
            if low == high { (low, high) } else { (low - by(low), high + by(high)) }
        };
        let ends: Arc<[(f64, f64)]> = problem.ends.iter().map(apart).collect();
        let one = |ends: &[(f64, f64)]| {
            let of = |end: fn(&(f64, f64)) -> f64| {
                ends.iter()
                    .map(|ends| if ends.0 < ends.1 && end(ends).is_finite() { 1.0 } else { 0.0 })
                    .collect()
            };
            Pair { low: of(|ends| ends.0), high: of(|ends| ends.1) }
        };
        Iterate {
            s: Self::inside(&point.c, &ends),
            y: vec![0.0; ends.len()],
            z: one(&problem.bounds),
            v: one(&ends),
            point,
            ends,
        }
    }

    /// Multipliers of bounds as the barrier has them, after a time without.
    pub(super) fn refresh<F: Scalar>(&self, problem: &Problem<F>, now: &mut Iterate<F>) {
        let most = |dual: f64| dual.min(1e3);
        for (i, ends) in problem.bounds.iter().enumerate() {
            let (low, high) = gaps(now.point.x[i], *ends);
            (now.z.low[i], now.z.high[i]) = (most(self.μ / low), most(self.μ / high));
        }
        for (i, ends) in now.ends.iter().enumerate() {
            let (low, high) = gaps(now.s[i], *ends);
            (now.v.low[i], now.v.high[i]) = (most(self.μ / low), most(self.μ / high));
        }
    }
}

/// The distances to both ends; infinite where there is none, or where both are the same.
pub(super) fn gaps(value: f64, (low, high): (f64, f64)) -> (f64, f64) {
    if low == high {
        return (f64::INFINITY, f64::INFINITY);
    }
    let gap = |distance: f64, end: f64| {
        if end.is_finite() { distance.max(1e-15 * end.abs().max(1e-5)) } else { f64::INFINITY }
    };
    (gap(value - low, low), gap(high - value, high))
}

impl<F: Scalar> Iterate<F> {
    /// c − s.
    pub(super) fn equations(&self) -> impl Iterator<Item = f64> {
        self.point.c.iter().zip(&self.s).map(|(c, s)| c - s)
    }

    /// θ = Σ|c − s|.
    pub(super) fn violation(&self) -> f64 {
        self.equations().map(f64::abs).sum()
    }

    /// Every bounded value with its ends: variables, then slacks.
    fn bounded<'a>(&'a self, problem: &'a Problem<F>) -> impl Iterator<Item = (f64, (f64, f64))> + 'a {
        let variables = self.point.x.iter().copied().zip(problem.bounds.iter().copied());
        variables.chain(self.s.iter().copied().zip(self.ends.iter().copied()))
    }

    /// φ = f − μΣ log(distance).
    pub(super) fn barrier_value(&self, problem: &Problem<F>, μ: f64) -> f64 {
        let log = |gap: f64| if gap.is_finite() { gap.ln() } else { 0.0 };
        let logs = self.bounded(problem).map(|(value, ends)| {
            let (low, high) = gaps(value, ends);
            log(low) + log(high)
        });
        self.point.f - μ * logs.sum::<f64>()
    }

    /// ∇φᵀd.
    pub(super) fn barrier_slope(&self, problem: &Problem<F>, step: &Step, μ: f64) -> f64 {
        let own: f64 = self.point.g.iter().zip(&step.x).map(|(g, d)| g * d).sum();
        let all = self.bounded(problem).zip(step.x.iter().chain(&step.s));
        let barrier = all.map(|((value, ends), d)| {
            let (low, high) = gaps(value, ends);
            d * (μ / high - μ / low)
        });
        own + barrier.sum::<f64>()
    }

    /// `to ← ∇f + Jᵀy`.
    pub(super) fn gradient(&self, y: &[f64], to: &mut [f64]) {
        to.copy_from_slice(&self.point.g);
        add_transposed(&self.point.j, y, 1.0, to);
    }

    /// How far the conditions with μ are from holding; `rest` is room for a number of each variable.
    pub(super) fn error(&self, problem: &Problem<F>, μ: f64, rest: &mut [f64]) -> f64 {
        self.gradient(&self.y, rest);
        let mut stationarity = 0.0_f64;
        for (i, rest) in rest.iter().enumerate() {
            if problem.bounds[i].0 < problem.bounds[i].1 {
                stationarity = stationarity.max((rest - self.z.low[i] + self.z.high[i]).abs());
            }
        }
        for (i, ends) in self.ends.iter().enumerate() {
            if ends.0 < ends.1 {
                stationarity = stationarity.max((-self.y[i] - self.v.low[i] + self.v.high[i]).abs());
            }
        }
        let duals = [&self.z.low, &self.z.high, &self.v.low, &self.v.high];
        let bounds: f64 = duals.iter().flat_map(|duals| duals.iter()).sum();
        let count = (2 * (self.point.x.len() + self.s.len())) as f64;
        let all = bounds + self.y.iter().map(|y| y.abs()).sum::<f64>();
        let unit = (all / (count + self.y.len() as f64) / 100.0).max(1.0);
        let bound_unit = (bounds / count / 100.0).max(1.0);
        let lows = self.z.low.iter().chain(&self.v.low);
        let pairs = lows.zip(self.z.high.iter().chain(&self.v.high));
        let products = self.bounded(problem).zip(pairs).map(|((value, ends), (dual_low, dual_high))| {
            let (low, high) = gaps(value, ends);
            let off = |gap: f64, dual: f64| if gap.is_finite() { (gap * dual - μ).abs() } else { 0.0 };
            off(low, *dual_low).max(off(high, *dual_high))
        });
        let product = products.fold(0.0, f64::max);
        let violation = self.equations().fold(0.0_f64, |most, e| most.max(e.abs()));
        (stationarity / unit).max(violation).max(product / bound_unit)
    }

    /// The longest step ≤ 1 that leaves the part 1 − τ of every distance.
    pub(super) fn longest(&self, problem: &Problem<F>, (x, s): (&[f64], &[f64]), τ: f64) -> f64 {
        let all = self.bounded(problem).zip(x.iter().chain(s));
        all.fold(1.0, |longest, ((value, ends), d)| {
            let (low, high) = gaps(value, ends);
            let gap = if *d < 0.0 { low } else { high };
            if gap.is_finite() && *d != 0.0 { longest.min(τ * gap / d.abs()) } else { longest }
        })
    }

    /// The same for the multipliers of the bounds.
    pub(super) fn longest_dual(&self, step: &Step, τ: f64) -> f64 {
        let values = [&self.z.low, &self.z.high, &self.v.low, &self.v.high];
        let steps = [&step.z.low, &step.z.high, &step.v.low, &step.v.high];
        let pairs = values.into_iter().zip(steps).flat_map(|(values, steps)| values.iter().zip(steps));
        pairs.fold(1.0, |longest, (dual, d)| if *d < 0.0 { longest.min(-τ * dual / d) } else { longest })
    }

    /// `to ←` the iterate with point and slacks further along a step, its multipliers as they are; `false` if something is not finite there.
    /// Gradient and Jacobian stay unknown until the problem learns them.
    pub(super) fn moved(
        &self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        (length, x, s): (f64, &[f64], &[f64]),
        to: &mut Self,
    ) -> Result<bool, SolveError> {
        let finite = problem.look(oracle, (&self.point.x, length, x), &mut to.point)?;
        along(&self.s, length, s, &mut to.s);
        to.y.copy_from_slice(&self.y);
        for (to, from) in [(&mut to.z, &self.z), (&mut to.v, &self.v)] {
            to.low.copy_from_slice(&from.low);
            to.high.copy_from_slice(&from.high);
        }
        to.ends.clone_from(&self.ends);
        Ok(finite)
    }

    /// The multipliers after a step.
    pub(super) fn advance_duals(
        &mut self,
        problem: &Problem<F>,
        before: &Self,
        step: &Step,
        length: f64,
        dual: f64,
        μ: f64,
    ) {
        along(&before.y, length, &step.y, &mut self.y);
        let near = |dual: f64, gap: f64| {
            if gap.is_finite() { dual.max(μ / gap / NEAR).min(μ / gap * NEAR) } else { 0.0 }
        };
        for (i, ends) in problem.bounds.iter().enumerate() {
            let (low, high) = gaps(self.point.x[i], *ends);
            self.z.low[i] = near(before.z.low[i] + dual * step.z.low[i], low);
            self.z.high[i] = near(before.z.high[i] + dual * step.z.high[i], high);
        }
        for (i, ends) in self.ends.iter().enumerate() {
            let (low, high) = gaps(self.s[i], *ends);
            self.v.low[i] = near(before.v.low[i] + dual * step.v.low[i], low);
            self.v.high[i] = near(before.v.high[i] + dual * step.v.high[i], high);
        }
    }

    /// The multipliers as all methods know them; of a fixed variable what the gradient has left.
    pub(super) fn duals(&self, problem: &Problem<F>, duals: &mut Duals) {
        duals.λ.iter_mut().zip(&self.y).for_each(|(λ, y)| *λ = -y);
        self.gradient(&self.y, &mut duals.z);
        for (i, ends) in problem.bounds.iter().enumerate() {
            if ends.0 < ends.1 {
                duals.z[i] = self.z.low[i] - self.z.high[i];
            }
        }
    }
}
