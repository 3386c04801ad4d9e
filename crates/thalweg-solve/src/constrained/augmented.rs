//! [`AugmentedLagrangian`]: a price on the violation, made exact by multipliers.

use thalweg_spec::{Call, Options, SpecError, Value};

use super::problem::{Duals, Point, Problem, add_transposed, along, dot, largest, norm};
use super::solver::{Curvature, Went};
use crate::checkpoint::Keeper;
use crate::cholesky::Cholesky;
use crate::objective::Oracle;
use crate::search::within;
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "augmented_lagrangian";
pub(super) const SUMMARY: &str =
    "minima of f and a price on the violation of functions, with multipliers; also for many variables";

/// Who minimises within the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inner {
    /// `newton` where there are Hessians, else `lbfgs`.
    Auto,
    /// Newton's method on the variables that no bound holds.
    Newton,
    /// Limited-memory BFGS on these.
    Lbfgs,
}

impl Inner {
    const NAMES: [&'static str; 3] = ["auto", "newton", "lbfgs"];
}

/// The augmented Lagrangian of Powell, Hestenes and Rockafellar: minima, one after the other, of
///
/// ```text
/// f(x) + ½ρ Σ dist²(cᵢ(x) − λᵢ/ρ, [lowᵢ, highᵢ])   where   lowest ≤ x ≤ highest
/// ```
///
/// after each of which `λᵢ ← −ρ·(signed distance)`, kept within ±10⁹, and ρ grows tenfold unless the violation halved. Bounds are held by
/// projection: the inner method steps on the variables that no bound holds, and searches along the projected path. Newton's method adds a
/// multiple of the identity to the Hessian where a step would be far longer than the last ones that were good: along what the functions
/// leave free the Hessian may be singular. A step of a run is a step of the inner method.
///
/// Andreani, Birgin, Martínez and Schuverdt, *On augmented Lagrangian methods with general lower-level constraints*, SIAM Journal on
/// Optimization 18, 2008; Conn, Gould and Toint, *LANCELOT*, 1992.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AugmentedLagrangian {
    /// Who minimises within the bounds.
    pub inner: Inner,
    /// ρ at the start; 0 for one that weighs value and violation there alike.
    pub penalty: f64,
    /// By how much ρ grows.
    pub growth: f64,
    /// Pairs that `lbfgs` remembers.
    pub memory: usize,
}

impl Default for AugmentedLagrangian {
    fn default() -> Self {
        AugmentedLagrangian { inner: Inner::Auto, penalty: 0.0, growth: 10.0, memory: 10 }
    }
}

impl AugmentedLagrangian {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["inner", "penalty", "growth", "memory"])?;
        let blank = AugmentedLagrangian::default();
        Ok(AugmentedLagrangian {
            inner: match options.choice("inner", &Inner::NAMES)? {
                Some("newton") => Inner::Newton,
                Some("lbfgs") => Inner::Lbfgs,
                _ => blank.inner,
            },
            penalty: options.number_where("penalty", blank.penalty, "finite and at least 0", at_least_0)?,
            growth: options.number_where("growth", blank.growth, "finite and above 1", above_1)?,
            memory: options.whole("memory", 1, 500)?.map_or(blank.memory, |n| n as usize),
        })
    }

    pub(super) fn call(&self) -> Call {
        let inner: Value = Call::new(Inner::NAMES[self.inner as usize]).into();
        Call::new(NAME)
            .with("inner", inner)
            .with("penalty", self.penalty)
            .with("growth", self.growth)
            .with("memory", self.memory as f64)
    }

    pub(super) fn curvature(&self) -> Curvature {
        match self.inner {
            Inner::Auto => Curvature::Auto,
            Inner::Newton => Curvature::Exact,
            Inner::Lbfgs => Curvature::Bfgs,
        }
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("augmented_lagrangian's penalty", self.penalty, "finite and at least 0", at_least_0)?;
        within("augmented_lagrangian's growth", self.growth, "finite and above 1", above_1)?;
        within("augmented_lagrangian's memory", self.memory as f64, "at least 1", |n| n >= 1.0)
    }
}

fn at_least_0(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

fn above_1(number: f64) -> bool {
    number.is_finite() && number > 1.0
}

/// Multipliers are kept within this.
const MOST: f64 = 1e9;

/// No price is higher.
const DEAREST: f64 = 1e16;

/// Shares of what makes any step short enough: the least that does is added to the Hessian's diagonal.
const RAISED: [f64; 5] = [0.0, 1e-6, 1e-4, 1e-2, 1.0];

/// Trials for a step.
const TRIALS: u32 = 50;

/// The method at work.
pub(super) struct Work {
    settings: AugmentedLagrangian,
    exact: bool,
    /// λ, as they were set last.
    multipliers: Vec<f64>,
    penalty: f64,
    /// How small the inner gradient must become.
    inner_tolerance: f64,
    last_tolerance: f64,
    /// The violation at the last minimum.
    violation: f64,
    /// No step of Newton's method is longer.
    reach: f64,
    pairs: Vec<Pair>,
    /// Room for pairs to come.
    spare: Vec<Pair>,
    matrix: Vec<f64>,
    /// The augmented Lagrangian where the step begins, and at the last trial.
    now: Level,
    then: Level,
    /// Which variables may go against the gradient: all but those that a bound holds; and their places.
    free: Vec<bool>,
    places: Vec<usize>,
    direction: Vec<f64>,
    /// What each pair finds of a direction along its step.
    factors: Vec<f64>,
    /// The Hessian on the free variables, its factors, and what they solve.
    reduced: Vec<f64>,
    cholesky: Cholesky,
    solved: Vec<f64>,
}

/// A step, the change of the gradient, and their product.
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    curvature: f64,
}

/// The augmented Lagrangian at a point.
struct Level {
    value: f64,
    gradient: Vec<f64>,
    /// −ρ times the distances: the next multipliers.
    λ: Vec<f64>,
}

impl Level {
    fn new(dim: usize, count: usize) -> Self {
        Level { value: 0.0, gradient: vec![0.0; dim], λ: vec![0.0; count] }
    }

    /// Looks at a point with these multipliers and this price.
    fn measure<F: Scalar>(&mut self, problem: &Problem<F>, at: &Point<F>, multipliers: &[f64], penalty: f64) {
        self.value = at.f;
        self.gradient.copy_from_slice(&at.g);
        for (own, (c, λ)) in self.λ.iter_mut().zip(at.c.iter().zip(multipliers)) {
            *own = c - λ / penalty;
        }
        for (own, (low, high)) in self.λ.iter_mut().zip(&problem.ends) {
            let distance = *own - own.max(*low).min(*high);
            self.value += 0.5 * penalty * distance * distance;
            *own = distance * -penalty;
        }
        add_transposed(&at.j, &self.λ, -1.0, &mut self.gradient);
    }
}

impl Work {
    pub(super) fn new(
        settings: AugmentedLagrangian,
        dim: usize,
        count: usize,
        exact: bool,
        tolerance: f64,
    ) -> Self {
        let zeros = |n| vec![0.0; n];
        let (kept, dense) = if exact { (0, dim) } else { (settings.memory, 0) };
        let pair = |_| Pair { s: zeros(dim), y: zeros(dim), curvature: 0.0 };
        Work {
            settings,
            exact,
            multipliers: zeros(count),
            penalty: 0.0,
            inner_tolerance: 0.1,
            last_tolerance: 0.5 * tolerance,
            violation: f64::INFINITY,
            reach: 0.0,
            pairs: Vec::with_capacity(kept + 1),
            // One more than are kept: it is looked at before it takes the oldest one's place.
            spare: (0..=kept).map(pair).collect(),
            matrix: zeros(dense * dense),
            now: Level::new(dim, count),
            then: Level::new(dim, count),
            free: vec![true; dim],
            places: Vec::with_capacity(dim),
            direction: zeros(dim),
            factors: zeros(kept),
            reduced: zeros(dense * dense),
            cholesky: Cholesky::new(dense),
            solved: zeros(dense),
        }
    }

    pub(super) fn memory<F: Scalar>(&mut self, dim: usize, keeper: &mut Keeper<F>) {
        keeper.numbers("shifts", &mut self.multipliers);
        keeper.number("penalty", &mut self.penalty);
        keeper.number("inner_tolerance", &mut self.inner_tolerance);
        keeper.number("last_tolerance", &mut self.last_tolerance);
        keeper.number("violation", &mut self.violation);
        keeper.number("reach", &mut self.reach);
        let row = |pair: &Pair| [&pair.s[..], &pair.y, &[pair.curvature]].concat();
        let mut rows: Vec<f64> = self.pairs.iter().flat_map(row).collect();
        keeper.list("pairs", &mut rows, (2 * dim + 1) * self.settings.memory);
        let pair = |row: &[f64]| Pair {
            s: row[..dim].to_vec(),
            y: row[dim..2 * dim].to_vec(),
            curvature: row[2 * dim],
        };
        self.pairs = rows.chunks_exact(2 * dim + 1).map(pair).collect();
    }

    /// One step from `at` to `next`.
    pub(super) fn step<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        next: &mut Point<F>,
        duals: &mut Duals,
    ) -> Result<Went, SolveError> {
        if self.penalty == 0.0 {
            let square: f64 = problem.outside(&at.c).map(|v| v * v).sum();
            let own = 10.0 * at.f.abs().max(1.0) / (0.5 * square).max(1.0);
            self.penalty = if self.settings.penalty > 0.0 { self.settings.penalty } else { own };
            self.penalty = self.penalty.clamp(1e-6, 1e8);
            self.reach = norm(&at.x).max(1.0);
        }
        loop {
            self.now.measure(problem, at, &self.multipliers, self.penalty);
            let mut left = 0.0_f64;
            for (i, free) in self.free.iter_mut().enumerate() {
                let (x, g, (low, high)) = (at.x[i], self.now.gradient[i], problem.bounds[i]);
                *free = low < high && !(x <= low && g > 0.0) && !(x >= high && g < 0.0);
                left = if *free { left.max(g.abs()) } else { left };
            }
            if left > self.inner_tolerance && self.descend(problem, oracle, at, next)? {
                duals.λ.copy_from_slice(&self.then.λ);
                return Ok(Went::On);
            }
            // At a minimum of the inner problem, or as near as numbers allow.
            if !self.raise(problem, at) {
                duals.λ.copy_from_slice(&self.now.λ);
                return Ok(Went::Nowhere { flat: true });
            }
        }
    }

    /// The next multipliers, and perhaps a higher price; `false` if nothing more can come of it.
    fn raise<F: Scalar>(&mut self, problem: &Problem<F>, at: &Point<F>) -> bool {
        let λ = &self.now.λ;
        let moved =
            λ.iter().zip(&self.multipliers).fold(0.0_f64, |most, (new, old)| most.max((new - old).abs()));
        let violation = moved / self.penalty;
        let last = self.inner_tolerance <= self.last_tolerance;
        let small = problem.violation(at) <= self.last_tolerance;
        if last && (self.penalty >= DEAREST || (small && moved <= 1e-12 * largest(λ).max(1.0))) {
            return false;
        }
        for (own, new) in self.multipliers.iter_mut().zip(λ) {
            *own = new.clamp(-MOST, MOST);
        }
        if violation > 0.5 * self.violation && violation > self.last_tolerance {
            self.penalty = (self.penalty * self.settings.growth).min(DEAREST);
            self.forget();
        }
        self.violation = violation;
        self.inner_tolerance = (0.1 * self.inner_tolerance).max(self.last_tolerance);
        true
    }

    fn forget(&mut self) {
        self.spare.append(&mut self.pairs);
    }

    /// `next ←` a lower point along the projected path of a direction, `then ←` what is there; against the gradient where a better direction
    /// leads nowhere. `false` where that does too.
    fn descend<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        next: &mut Point<F>,
    ) -> Result<bool, SolveError> {
        for steepest in [false, true] {
            let against = self.now.gradient.iter().zip(&self.free);
            for (d, (g, free)) in self.direction.iter_mut().zip(against) {
                *d = if *free { -g } else { 0.0 };
            }
            let mut length = 1.0_f64.min(largest(&at.x).max(1.0) / largest(&self.direction));
            if !steepest {
                let better = if self.exact { self.newton(problem, oracle, at)? } else { self.recall() };
                let slope = dot(&self.now.gradient, &self.direction);
                if !(better && slope < 0.0 && slope.is_finite()) {
                    continue;
                }
                length = 1.0;
            }
            if self.search(problem, oracle, at, next, length)? {
                if !self.exact {
                    self.learn(at, next);
                }
                return Ok(true);
            }
            self.forget();
        }
        Ok(false)
    }

    fn search<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        next: &mut Point<F>,
        first: f64,
    ) -> Result<bool, SolveError> {
        let rounding = 4.0 * f64::EPSILON * self.now.value.abs().max(1e-3);
        let mut length = first;
        for _ in 0..TRIALS {
            if !problem.visit(oracle, (&at.x, length, &self.direction), next)? {
                length *= 0.1;
                continue;
            }
            let moved = || next.x.iter().zip(&at.x).map(|(a, b)| a - b);
            let slope: f64 = self.now.gradient.iter().zip(moved()).map(|(g, m)| g * m).sum();
            if moved().fold(0.0_f64, |most, m| most.max(m.abs())) <= f64::EPSILON * largest(&at.x) {
                return Ok(false);
            }
            self.then.measure(problem, next, &self.multipliers, self.penalty);
            let (now, then) = (&self.now, &self.then);
            let lower = then.value <= now.value + 1e-4 * slope && slope < 0.0;
            if self.exact && lower {
                let long = length * norm(&self.direction);
                self.reach = if length < first { 2.0 * long } else { self.reach.max(4.0 * long) };
            }
            // Where values are rounding, gradients still say something.
            let flat = (then.value - now.value).abs() <= rounding
                && largest(&then.gradient) <= 0.5 * largest(&now.gradient);
            if lower || flat {
                return Ok(true);
            }
            let guess = -0.5 * slope * length / (then.value - now.value - slope);
            length = if guess.is_finite() { guess.clamp(0.1 * length, 0.5 * length) } else { 0.3 * length };
        }
        Ok(false)
    }

    /// `direction ← −(H + σI + E)⁻¹g` on the free variables, H the Hessian of the augmented Lagrangian, within reach; `false` if that is not to be
    /// had.
    fn newton<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
    ) -> Result<bool, SolveError> {
        let n = self.free.len();
        if !problem.hessian(oracle, &at.x, &self.now.λ, &mut self.matrix)? {
            return Ok(false);
        }
        self.places.clear();
        self.places.extend((0..n).filter(|&i| self.free[i]));
        let (places, size) = (&self.places, self.places.len());
        if size == 0 {
            return Ok(false);
        }
        self.reduced.resize(size * size, 0.0);
        for (a, &i) in places.iter().enumerate() {
            for (b, &k) in places.iter().enumerate() {
                self.reduced[a * size + b] = self.matrix[i * n + k];
            }
        }
        for (row, λ) in at.j.chunks_exact(n).zip(&self.now.λ) {
            if *λ == 0.0 {
                continue;
            }
            for (a, &i) in places.iter().enumerate() {
                let factor = self.penalty * row[i];
                for (b, &k) in places.iter().enumerate() {
                    self.reduced[a * size + b] += factor * row[k];
                }
            }
        }
        self.cholesky.resize(size);
        let square: f64 = places.iter().map(|&i| self.now.gradient[i] * self.now.gradient[i]).sum();
        // With this much on the diagonal no step of a convex model is longer than the reach.
        let enough = square.sqrt() / self.reach;
        let mut raised = 0.0;
        for share in RAISED {
            for entry in self.reduced.iter_mut().step_by(size + 1) {
                *entry += share * enough - raised;
            }
            raised = share * enough;
            if !self.cholesky.factorise(&self.reduced) {
                return Ok(false);
            }
            self.solved.clear();
            self.solved.extend(places.iter().map(|&i| -self.now.gradient[i]));
            self.cholesky.solve(&mut self.solved);
            if norm(&self.solved) <= self.reach {
                break;
            }
        }
        self.direction.fill(0.0);
        for (&i, solved) in places.iter().zip(&self.solved) {
            self.direction[i] = *solved;
        }
        Ok(true)
    }

    /// `direction ←` what the two-loop recursion of limited-memory BFGS makes of it on the free variables; `false` without a pair.
    fn recall(&mut self) -> bool {
        let Some(last) = self.pairs.last() else { return false };
        let free = &self.free;
        let inner = |a: &[f64], b: &[f64]| -> f64 {
            a.iter().zip(b).zip(free).filter(|(_, free)| **free).map(|((a, b), _)| a * b).sum()
        };
        let q = &mut self.direction;
        for (factor, pair) in self.factors.iter_mut().zip(&self.pairs).rev() {
            *factor = inner(&pair.s, q) / pair.curvature;
            for (q, y) in q.iter_mut().zip(&pair.y) {
                *q -= *factor * y;
            }
        }
        let scale = last.curvature / dot(&last.y, &last.y);
        for q in q.iter_mut() {
            *q *= scale;
        }
        for (factor, pair) in self.factors.iter().zip(&self.pairs) {
            let back = factor - inner(&pair.y, q) / pair.curvature;
            for (q, s) in q.iter_mut().zip(&pair.s) {
                *q += back * s;
            }
        }
        for (q, free) in q.iter_mut().zip(free) {
            *q = if *free { *q } else { 0.0 };
        }
        true
    }

    fn learn<F: Scalar>(&mut self, at: &Point<F>, after: &Point<F>) {
        let Some(mut pair) = self.spare.pop() else { return };
        along(&after.x, -1.0, &at.x, &mut pair.s);
        along(&self.then.gradient, -1.0, &self.now.gradient, &mut pair.y);
        pair.curvature = dot(&pair.s, &pair.y);
        let size = dot(&pair.s, &pair.s).sqrt() * dot(&pair.y, &pair.y).sqrt();
        if pair.curvature <= 1e-10 * size || pair.curvature.is_nan() {
            return self.spare.push(pair);
        }
        if self.pairs.len() == self.settings.memory {
            let oldest = self.pairs.remove(0);
            self.spare.push(oldest);
        }
        self.pairs.push(pair);
    }
}
