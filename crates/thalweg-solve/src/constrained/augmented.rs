//! [`AugmentedLagrangian`]: a price on the violation, made exact by multipliers.

use thalweg_spec::{Call, Options, SpecError, Value};

use super::problem::{Duals, Point, Problem, add_transposed, along, dot, largest};
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
/// projection: the inner method steps on the variables that no bound holds, and searches along the projected path. A step of a run is a step
/// of the inner method.
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
    pairs: Vec<Pair>,
    matrix: Vec<f64>,
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

impl Work {
    pub(super) fn new(settings: AugmentedLagrangian, count: usize, exact: bool, tolerance: f64) -> Self {
        Work {
            settings,
            exact,
            multipliers: vec![0.0; count],
            penalty: 0.0,
            inner_tolerance: 0.1,
            last_tolerance: 0.5 * tolerance,
            violation: f64::INFINITY,
            pairs: Vec::new(),
            matrix: Vec::new(),
        }
    }

    pub(super) fn memory<F: Scalar>(&mut self, dim: usize, keeper: &mut Keeper<F>) {
        keeper.numbers("shifts", &mut self.multipliers);
        keeper.number("penalty", &mut self.penalty);
        keeper.number("inner_tolerance", &mut self.inner_tolerance);
        keeper.number("last_tolerance", &mut self.last_tolerance);
        keeper.number("violation", &mut self.violation);
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

    /// One step from `at`.
    pub(super) fn step<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        duals: &mut Duals,
    ) -> Result<Went<F>, SolveError> {
        if self.penalty == 0.0 {
            let outside = problem.outside(&at.c);
            let own = 10.0 * at.f.abs().max(1.0) / (0.5 * dot(&outside, &outside)).max(1.0);
            self.penalty = if self.settings.penalty > 0.0 { self.settings.penalty } else { own };
            self.penalty = self.penalty.clamp(1e-6, 1e8);
        }
        loop {
            let now = self.value(problem, at);
            let free = free(problem, at, &now.gradient);
            let left: Vec<f64> =
                now.gradient.iter().zip(&free).map(|(g, free)| if *free { *g } else { 0.0 }).collect();
            if largest(&left) > self.inner_tolerance
                && let Some(after) = self.descend(problem, oracle, at, &now, &free)?
            {
                duals.λ = self.value(problem, &after).λ;
                return Ok(Went::To(Box::new(after)));
            }
            // At a minimum of the inner problem, or as near as numbers allow.
            if !self.raise(problem, at, &now.λ) {
                duals.λ = now.λ;
                return Ok(Went::Nowhere { flat: true });
            }
        }
    }

    /// The next multipliers, and perhaps a higher price; `false` if nothing more can come of it.
    fn raise<F: Scalar>(&mut self, problem: &Problem<F>, at: &Point<F>, λ: &[f64]) -> bool {
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
            self.pairs.clear();
        }
        self.violation = violation;
        self.inner_tolerance = (0.1 * self.inner_tolerance).max(self.last_tolerance);
        true
    }

    fn value<F: Scalar>(&self, problem: &Problem<F>, at: &Point<F>) -> Level {
        let (mut value, mut gradient) = (at.f, at.g.clone());
        let shifted: Vec<f64> =
            at.c.iter().zip(&self.multipliers).map(|(c, λ)| c - λ / self.penalty).collect();
        let mut λ = problem.outside(&shifted);
        for distance in &mut λ {
            value += 0.5 * self.penalty * *distance * *distance;
            *distance *= -self.penalty;
        }
        add_transposed(&at.j, &λ, -1.0, &mut gradient);
        Level { value, gradient, λ }
    }

    /// A lower point along the projected path of a direction; against the gradient where a better one leads nowhere.
    fn descend<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        now: &Level,
        free: &[bool],
    ) -> Result<Option<Point<F>>, SolveError> {
        for steepest in [false, true] {
            let mut d: Vec<f64> =
                now.gradient.iter().zip(free).map(|(g, free)| if *free { -g } else { 0.0 }).collect();
            let mut length = 1.0_f64.min(largest(&at.x).max(1.0) / largest(&d));
            if !steepest {
                let better = if self.exact {
                    self.newton(problem, oracle, at, now, free)?
                } else {
                    self.recall(&d, free)
                };
                let Some(better) = better else { continue };
                let slope = dot(&now.gradient, &better);
                if !(slope < 0.0 && slope.is_finite()) {
                    continue;
                }
                d = better;
                length = 1.0;
            }
            if let Some(after) = self.search(problem, oracle, at, now, &d, length)? {
                if !self.exact {
                    self.learn(problem, at, now, &after);
                }
                return Ok(Some(after));
            }
            self.pairs.clear();
        }
        Ok(None)
    }

    fn search<F: Scalar>(
        &self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        now: &Level,
        d: &[f64],
        first: f64,
    ) -> Result<Option<Point<F>>, SolveError> {
        let rounding = 4.0 * f64::EPSILON * now.value.abs().max(1e-3);
        let mut length = first;
        for _ in 0..TRIALS {
            let Some(trial) = problem.visit(oracle, &along(&at.x, length, d))? else {
                length *= 0.1;
                continue;
            };
            let moved: Vec<f64> = trial.x.iter().zip(&at.x).map(|(a, b)| a - b).collect();
            let slope = dot(&now.gradient, &moved);
            if largest(&moved) <= f64::EPSILON * largest(&at.x) {
                return Ok(None);
            }
            let then = self.value(problem, &trial);
            let lower = then.value <= now.value + 1e-4 * slope && slope < 0.0;
            // Where values are rounding, gradients still say something.
            let flat = (then.value - now.value).abs() <= rounding
                && largest(&then.gradient) <= 0.5 * largest(&now.gradient);
            if lower || flat {
                return Ok(Some(trial));
            }
            let guess = -0.5 * slope * length / (then.value - now.value - slope);
            length = if guess.is_finite() { guess.clamp(0.1 * length, 0.5 * length) } else { 0.3 * length };
        }
        Ok(None)
    }

    /// −(H + E)⁻¹g on the free variables, H the Hessian of the augmented Lagrangian.
    fn newton<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        now: &Level,
        free: &[bool],
    ) -> Result<Option<Vec<f64>>, SolveError> {
        let n = free.len();
        self.matrix.resize(n * n, 0.0);
        if !problem.hessian(oracle, &at.x, &now.λ, &mut self.matrix)? {
            return Ok(None);
        }
        let places: Vec<usize> = (0..n).filter(|&i| free[i]).collect();
        let size = places.len();
        if size == 0 {
            return Ok(None);
        }
        let mut reduced = vec![0.0; size * size];
        for (a, &i) in places.iter().enumerate() {
            for (b, &k) in places.iter().enumerate() {
                reduced[a * size + b] = self.matrix[i * n + k];
            }
        }
        for (row, λ) in at.j.chunks_exact(n).zip(&now.λ) {
            if *λ == 0.0 {
                continue;
            }
            for (a, &i) in places.iter().enumerate() {
                let factor = self.penalty * row[i];
                for (b, &k) in places.iter().enumerate() {
                    reduced[a * size + b] += factor * row[k];
                }
            }
        }
        let mut cholesky = Cholesky::new(size);
        if !cholesky.factorise(&reduced) {
            return Ok(None);
        }
        let mut solved: Vec<f64> = places.iter().map(|&i| -now.gradient[i]).collect();
        cholesky.solve(&mut solved);
        let mut d = vec![0.0; n];
        for (&i, solved) in places.iter().zip(solved) {
            d[i] = solved;
        }
        Ok(Some(d))
    }

    /// The two-loop recursion of limited-memory BFGS on the free variables; `d` is −g there.
    fn recall(&self, d: &[f64], free: &[bool]) -> Option<Vec<f64>> {
        let last = self.pairs.last()?;
        let inner = |a: &[f64], b: &[f64]| -> f64 {
            a.iter().zip(b).zip(free).filter(|(_, free)| **free).map(|((a, b), _)| a * b).sum()
        };
        let mut q = d.to_vec();
        let mut factors = vec![0.0; self.pairs.len()];
        for (factor, pair) in factors.iter_mut().zip(&self.pairs).rev() {
            *factor = inner(&pair.s, &q) / pair.curvature;
            for (q, y) in q.iter_mut().zip(&pair.y) {
                *q -= *factor * y;
            }
        }
        let scale = last.curvature / dot(&last.y, &last.y);
        for q in &mut q {
            *q *= scale;
        }
        for (factor, pair) in factors.iter().zip(&self.pairs) {
            let back = factor - inner(&pair.y, &q) / pair.curvature;
            for (q, s) in q.iter_mut().zip(&pair.s) {
                *q += back * s;
            }
        }
        for (q, free) in q.iter_mut().zip(free) {
            *q = if *free { *q } else { 0.0 };
        }
        Some(q)
    }

    fn learn<F: Scalar>(&mut self, problem: &Problem<F>, at: &Point<F>, now: &Level, after: &Point<F>) {
        let then = self.value(problem, after);
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let (s, y) = (difference(&after.x, &at.x), difference(&then.gradient, &now.gradient));
        let curvature = dot(&s, &y);
        if curvature > 1e-10 * dot(&s, &s).sqrt() * dot(&y, &y).sqrt() {
            if self.pairs.len() == self.settings.memory {
                self.pairs.remove(0);
            }
            self.pairs.push(Pair { s, y, curvature });
        }
    }
}

/// Which variables may go against the gradient: all but those that a bound holds.
fn free<F: Scalar>(problem: &Problem<F>, at: &Point<F>, gradient: &[f64]) -> Vec<bool> {
    let held = |((x, g), &(low, high)): ((&f64, &f64), &(f64, f64))| {
        low < high && !(*x <= low && *g > 0.0) && !(*x >= high && *g < 0.0)
    };
    at.x.iter().zip(gradient).zip(&problem.bounds).map(held).collect()
}
