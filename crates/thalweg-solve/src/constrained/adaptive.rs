//! [`Adaptive`]: the barrier's weight from one step to the next, by what a step with it would leave.
//!
//! As the right-hand side of Newton's system is affine in μ, so is the step: p(σ) = p₀ + σ(p₁ − p₀), with p₀ that for μ = 0 and p₁ that for μ the
//! mean of all distances times their multipliers. Taken as far as the bounds allow, it would leave
//!
//! ```text
//! q(σ) = (1 − α_dual)²·‖∇f + Jᵀy − z‖²/n + (1 − α)²·‖c − s‖²/m + ‖(distance + α·d)(multiplier + α_dual·dz)‖²/k
//! ```
//!
//! and μ is σ times the mean for the σ where that is least. That lets μ rise, and need not converge: where the sum of squares of what is left of the
//! conditions has not become smaller than one of the last few, μ is set to a part of the mean and falls as in Fiacco and McCormick's method, until it
//! has.
//!
//! Nocedal, Wächter and Waltz, *Adaptive barrier update strategies for nonlinear interior methods*, SIAM Journal on Optimization 19, 2009.

use super::barrier::{Iterate, Step, gaps};
use super::newton::Newton;
use super::problem::Problem;
use crate::Scalar;
use crate::checkpoint::Keeper;

/// The sums of squares that one is compared with, and by what part it must be smaller.
const KEPT: usize = 8;
const SMALLER: f64 = 0.9999;

/// μ as a part of the mean product where it begins to fall steadily.
const STEADY: f64 = 0.8;

/// The interval of σ, and how often it is cut.
const LEAST: f64 = 1e-4;
const MOST: f64 = 1.0;
const CUTS: u32 = 12;

/// How a step's length is cut by bounds while μ is chosen.
const TAU: f64 = 0.99;

/// What is left of the conditions, without μ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rest {
    /// Sums of squares, each divided by how many there are.
    stationarity: f64,
    violation: f64,
    products: f64,
    /// The mean of distances times multipliers.
    pub(super) mean: f64,
}

impl Rest {
    fn sum(&self) -> f64 {
        self.stationarity + self.violation + self.products
    }
}

/// Who says what μ is at an iterate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Says {
    /// The step to come.
    Step,
    /// Itself, as before.
    Before,
    /// Itself from now on, beginning here.
    Beginning(f64),
}

pub(super) struct Adaptive {
    /// Whether μ falls steadily.
    steady: bool,
    /// The last sums of squares that were small enough, the oldest first.
    sums: Vec<f64>,
    /// p₀, p₁ and p(σ).
    affine: Step,
    centred: Step,
    mixed: Step,
}

impl Adaptive {
    pub(super) fn new(dim: usize, count: usize) -> Self {
        let step = || Step::new(dim, count);
        Adaptive {
            steady: false,
            sums: Vec::with_capacity(KEPT + 1),
            affine: step(),
            centred: step(),
            mixed: step(),
        }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.flag("steady", &mut self.steady);
        keeper.list("sums", &mut self.sums, KEPT);
    }

    /// Who says what μ is where so much is left.
    pub(super) fn hear(&mut self, rest: &Rest) -> Says {
        let sum = rest.sum();
        if self.sums.len() < KEPT || self.sums.iter().any(|before| sum <= SMALLER * before) {
            self.steady = false;
            self.sums.push(sum);
            if self.sums.len() > KEPT {
                self.sums.remove(0);
            }
            Says::Step
        } else if self.steady {
            Says::Before
        } else {
            self.steady = true;
            Says::Beginning(STEADY * rest.mean)
        }
    }

    /// μ for the step from here, with functions at `e`; none where the system has no solution.
    pub(super) fn choose<F: Scalar>(
        &mut self,
        problem: &Problem<F>,
        now: &Iterate<F>,
        newton: &mut Newton,
        e: &[f64],
        rest: &Rest,
    ) -> Option<f64> {
        let solved = newton.solve(problem, now, e, 0.0, &mut self.affine)
            && newton.solve(problem, now, e, rest.mean, &mut self.centred);
        if !solved {
            return None;
        }
        let Adaptive { affine, centred, mixed, .. } = self;
        let left = |σ: f64| {
            mixed.between(affine, centred, σ);
            let primal = now.longest(problem, (&mixed.x, &mixed.s), TAU);
            let dual = now.longest_dual(mixed, TAU);
            let (_, products) = now.products(problem, Some((mixed, primal, dual)));
            (1.0 - dual).powi(2) * rest.stationarity + (1.0 - primal).powi(2) * rest.violation + products
        };
        let μ = least(left, LEAST, MOST) * rest.mean;
        μ.is_finite().then_some(μ)
    }
}

/// Where a function of a positive number that falls and then rises is least in an interval, by golden section of its logarithm.
fn least(mut of: impl FnMut(f64) -> f64, low: f64, high: f64) -> f64 {
    let part = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut a, mut b) = (low.ln(), high.ln());
    let (mut x, mut y) = (b - part * (b - a), a + part * (b - a));
    let (mut at_x, mut at_y) = (of(x.exp()), of(y.exp()));
    for _ in 0..CUTS {
        if at_x < at_y {
            (b, y, at_y) = (y, x, at_x);
            x = b - part * (b - a);
            at_x = of(x.exp());
        } else {
            (a, x, at_x) = (x, y, at_y);
            y = a + part * (b - a);
            at_y = of(y.exp());
        }
    }
    // The ends are not approached beyond a cut.
    let inner = (0.5 * (a + b)).exp();
    [low, high]
        .into_iter()
        .fold((of(inner), inner), |best, end| {
            let there = of(end);
            if there < best.0 { (there, end) } else { best }
        })
        .1
}

impl Step {
    /// a + t(b − a).
    fn between(&mut self, a: &Self, b: &Self, t: f64) {
        let parts = [
            (&mut self.x, &a.x, &b.x),
            (&mut self.s, &a.s, &b.s),
            (&mut self.z.low, &a.z.low, &b.z.low),
            (&mut self.z.high, &a.z.high, &b.z.high),
            (&mut self.v.low, &a.v.low, &b.v.low),
            (&mut self.v.high, &a.v.high, &b.v.high),
        ];
        for (to, a, b) in parts {
            for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
                *to = a + t * (b - a);
            }
        }
    }
}

impl<F: Scalar> Iterate<F> {
    /// The mean of all distances times their multipliers, and of their squares; after a step, if one is given with its lengths.
    fn products(&self, problem: &Problem<F>, after: Option<(&Step, f64, f64)>) -> (f64, f64) {
        let (mut count, mut sum, mut squares) = (0.0_f64, 0.0, 0.0);
        let mut add = |gap: f64, dual: f64| {
            if gap.is_finite() {
                count += 1.0;
                sum += gap * dual;
                squares += (gap * dual).powi(2);
            }
        };
        for (i, ends) in problem.bounds.iter().enumerate() {
            let (low, high) = gaps(self.point.x[i], *ends);
            let (d, of_low, of_high) = after.map_or((0.0, 0.0, 0.0), |(step, primal, dual)| {
                (primal * step.x[i], dual * step.z.low[i], dual * step.z.high[i])
            });
            add(low + d, self.z.low[i] + of_low);
            add(high - d, self.z.high[i] + of_high);
        }
        for (i, ends) in self.ends.iter().enumerate() {
            let (low, high) = gaps(self.s[i], *ends);
            let (d, of_low, of_high) = after.map_or((0.0, 0.0, 0.0), |(step, primal, dual)| {
                (primal * step.s[i], dual * step.v.low[i], dual * step.v.high[i])
            });
            add(low + d, self.v.low[i] + of_low);
            add(high - d, self.v.high[i] + of_high);
        }
        (sum / count, squares / count)
    }

    /// What is left of the conditions; none without bounds. `room` is for a number of each variable.
    pub(super) fn rest(&self, problem: &Problem<F>, room: &mut [f64]) -> Option<Rest> {
        let (mean, products) = self.products(problem, None);
        if mean.is_nan() {
            return None;
        }
        self.gradient(&self.y, room);
        let (mut count, mut squares) = (room.len() as f64, 0.0);
        for (i, rest) in room.iter().enumerate() {
            if problem.bounds[i].0 < problem.bounds[i].1 {
                squares += (rest - self.z.low[i] + self.z.high[i]).powi(2);
            }
        }
        for (i, ends) in self.ends.iter().enumerate() {
            if ends.0 < ends.1 {
                count += 1.0;
                squares += (-self.y[i] - self.v.low[i] + self.v.high[i]).powi(2);
            }
        }
        let violation = self.equations().map(|e| e * e).sum::<f64>() / (self.s.len() as f64).max(1.0);
        Some(Rest { stationarity: squares / count, violation, products, mean })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_section_finds_the_least_of_a_parabola_in_the_logarithm_and_the_ends() {
        for (wanted, bottom) in [(0.01, 0.01), (3e-4, 3e-4), (1.0, 5.0), (1e-4, 1e-7)] {
            let found = least(|σ| (σ.ln() - f64::ln(bottom)).powi(2), 1e-4, 1.0);
            assert!((found / wanted).ln().abs() < 0.02, "{found} {wanted}");
        }
    }

    #[test]
    fn without_progress_beyond_the_last_few_sums_the_barrier_falls_steadily_until_there_is() {
        let rest = |products: f64| Rest { stationarity: 0.0, violation: 0.0, products, mean: 2.0 };
        let mut adaptive = Adaptive::new(1, 1);
        for _ in 0..KEPT {
            assert_eq!(adaptive.hear(&rest(1.0)), Says::Step);
        }
        assert_eq!(adaptive.hear(&rest(1.0)), Says::Beginning(1.6));
        assert_eq!(adaptive.hear(&rest(1.0)), Says::Before);
        assert_eq!(adaptive.hear(&rest(0.5)), Says::Step);
        // Still smaller than one of the last eight.
        assert_eq!(adaptive.hear(&rest(0.9)), Says::Step);
    }
}
