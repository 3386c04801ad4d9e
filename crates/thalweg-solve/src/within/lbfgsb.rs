//! [`Lbfgsb`]: limited-memory BFGS within a box.

use thalweg_spec::{Call, Options, SpecError};

use super::cauchy::{Cauchy, meets};
use super::compact::Compact;
use super::first_step;
use crate::checkpoint::Keeper;
use crate::constraint::{Projection, within};
use crate::descent::{Pair, Stepped};
use crate::objective::Oracle;
use crate::scalar::{copy, is_finite, narrow, wide};
use crate::search::line::{From, Room, Walk, walk_within};
use crate::search::{MoreThuente, Search};
use crate::vector::{Measured, dot_block, pass};
use crate::{Scalar, SolveError};

pub(crate) const NAME: &str = "lbfgsb";
pub(crate) const SUMMARY: &str =
    "limited-memory BFGS within a box: bounds met on the way become part of the model";

/// L-BFGS-B: limited-memory BFGS with bounds on the variables, for any number of them.
///
/// A step first follows the projected gradient's way to the first minimum of the model (the generalized Cauchy point). The variables that are
/// at a bound there stay; over the others the model is minimised, the minimiser brought back into the box (if that is no way down, the step
/// towards it is shortened until it is within). A search along the line there ends at the latest where a further bound is met.
///
/// Byrd, Lu, Nocedal and Zhu, *A limited memory algorithm for bound constrained optimization*, SIAM J. Scientific Computing 16, 1995; Morales
/// and Nocedal, *Remark on "Algorithm 778: L-BFGS-B"*, ACM TOMS 38, 2011.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Options, Traced, minimize};
///
/// let rosenbrock = Expression::parse("(1-x)^2 + 100*(y-x^2)^2")?;
/// let bounds = Some("-2..0.5, -2..2".parse()?);
/// let options = Options { method: "lbfgsb".parse()?, bounds, ..Options::default() };
/// let solution = minimize(&mut Traced::<f64>::new(rosenbrock.program())?, &[-1.2, 1.0], &options)?;
/// assert!(solution.x[0] == 0.5 && (solution.x[1] - 0.25).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lbfgsb {
    /// The number of steps remembered.
    pub memory: usize,
    /// How far to go: `more_thuente`, `backtracking` or `nonmonotone`.
    pub search: Search,
}

impl Default for Lbfgsb {
    fn default() -> Self {
        Lbfgsb { memory: 10, search: MoreThuente::default().into() }
    }
}

/// More pairs would make the small systems the larger work.
const MOST: u64 = 100;

impl Lbfgsb {
    pub(crate) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["memory", "search"])?;
        let blank = Lbfgsb::default();
        Ok(Lbfgsb {
            memory: options.whole("memory", 1, MOST)?.map_or(blank.memory, |n| n as usize),
            search: Search::read(&options, blank.search)?,
        })
    }

    pub(crate) fn call(&self) -> Call {
        Call::new(NAME).with("memory", self.memory as f64).with("search", self.search.call())
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        let fits = |n: f64| (1.0..=MOST as f64).contains(&n);
        crate::search::within("lbfgsb's memory", self.memory as f64, "from 1 to 100", fits)
    }
}

/// The method at work.
pub(crate) struct Quasi<F> {
    search: Search,
    low: Vec<F>,
    high: Vec<F>,
    compact: Compact<F>,
    cauchy: Cauchy,
    /// Where the model wants to go.
    target: Vec<F>,
    direction: Vec<F>,
    /// Coefficients of a row of W.
    coefficients: Vec<f64>,
    scratch: Vec<f64>,
    largest: Option<f64>,
    promised: f64,
    values: Option<crate::search::Values>,
}

/// Where to go, as a search sees it.
struct Aim {
    slope: f64,
    longest: f64,
}

impl<F: Scalar> Quasi<F> {
    pub(super) fn new(settings: &Lbfgsb, options: &crate::Options, dim: usize) -> Result<Self, SolveError> {
        let everywhere = (narrow(f64::NEG_INFINITY), narrow(f64::INFINITY));
        let (low, high) = match Projection::<F>::of(options, dim)? {
            Projection::Box(intervals) => intervals.into_iter().unzip(),
            _ => (vec![everywhere.0; dim], vec![everywhere.1; dim]),
        };
        let compact = Compact::new(settings.memory, dim);
        let width = compact.width();
        Ok(Quasi {
            search: settings.search,
            low,
            high,
            cauchy: Cauchy::new(dim, width),
            compact,
            target: vec![F::default(); dim],
            direction: vec![F::default(); dim],
            coefficients: vec![0.0; width],
            scratch: vec![0.0; width],
            largest: None,
            promised: f64::INFINITY,
            values: match &settings.search {
                Search::Nonmonotone(search) => Some(crate::search::Values::new(search)),
                _ => None,
            },
        })
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.compact.memory(keeper);
        keeper.maybe("largest", &mut self.largest);
        if let Some(values) = &mut self.values {
            values.memory(keeper);
        }
    }

    pub(super) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let gradient = &out[1..];
        let largest = match self.largest {
            Some(largest) => largest,
            None => self.room(f64::INFINITY).measure(x, gradient, gradient).largest,
        };
        let reference = match &mut self.values {
            Some(values) => values.reference_from(wide(out[0])),
            None => wide(out[0]),
        };
        let mut flat = false;
        loop {
            if let Some(aim) = self.aim(x, gradient) {
                let (direction, slope) = (&self.direction, aim.slope);
                let from = From { x, out, largest, direction, slope, reference };
                let room = self.room(aim.longest);
                match walk_within(&self.search, oracle, &from, 1.0, &room, x_after, out_after)? {
                    Walk::Arrived { largest, .. } => {
                        self.largest = Some(largest);
                        self.promised = if self.compact.count == 0 { f64::INFINITY } else { -slope };
                        self.learn(x, gradient, x_after, &out_after[1..]);
                        return Ok(Stepped::Moved { largest });
                    }
                    Walk::Diverged => return Ok(Stepped::Diverged),
                    Walk::Stuck { flat: by_rounding } => flat = by_rounding,
                }
            } else {
                flat |= largest == 0.0;
            }
            // Once more without what was learnt.
            if self.compact.count == 0 {
                return Ok(Stepped::Stuck { flat });
            }
            self.compact.forget();
        }
    }

    /// How much lower the last step would have been, to first order, where the target is the minimum of a model that was learnt.
    pub(super) fn promised(&self) -> f64 {
        self.promised
    }

    fn room(&self, longest: f64) -> Inside<'_, F> {
        Inside { low: &self.low, high: &self.high, target: &self.target, longest }
    }

    /// θ before anything is learnt. In a box that ends everywhere a step of −g cannot go far, and its ends tell more than lengths do; elsewhere
    /// the first step is about as long as x.
    fn first_theta(&self, x: &[F], g: &[F]) -> f64 {
        let ends = |(&low, &high): (&F, &F)| is_finite(low) && is_finite(high);
        if self.low.iter().zip(&self.high).all(ends) { 1.0 } else { 1.0 / first_step(x, g) }
    }

    /// Writes the direction; none if rounding leaves no way down.
    fn aim(&mut self, x: &[F], g: &[F]) -> Option<Aim> {
        let blank = self.compact.count == 0;
        let theta = if blank { self.first_theta(x, g) } else { self.compact.theta };
        if !self.cauchy.find(x, g, &self.low, &self.high, &self.compact, theta) {
            return None;
        }
        self.compact.follow(&self.cauchy.at_edge);
        let (t, mut stay) = (self.cauchy.t, false);
        self.coefficients.fill(0.0);
        if !blank && self.cauchy.free > 0 {
            // Over the free variables (K⁻¹ − N/θ) q = Wᵀr, with r = (1 − θt)g − W K c; Wᵀg over them is −p.
            let (p, c) = (&self.cauchy.p, &self.cauchy.c);
            self.compact.multiply(c, &mut self.coefficients);
            self.compact.multiply_free(&self.coefficients, &mut self.scratch);
            for (v, p) in self.scratch.iter_mut().zip(p) {
                *v = (theta * t - 1.0) * p - *v;
            }
            if self.compact.solve_free(&mut self.scratch) {
                for (u, q) in self.coefficients.iter_mut().zip(&self.scratch) {
                    *u = *u / theta - q / (theta * theta);
                }
            } else {
                stay = true;
            }
        }
        let mut aim = self.towards(x, g, theta, |own: Own| {
            let to = if stay { own.cauchy } else { own.minimum };
            to.clamp(own.low, own.high)
        });
        if !stay && aim.slope >= 0.0 {
            // The projection has spoilt the way down: from the Cauchy point as far as the box goes.
            let mut most = 1.0_f64;
            self.each_free(x, g, theta, |own| {
                let by = own.minimum - own.cauchy;
                if by > 0.0 {
                    most = most.min((own.high - own.cauchy) / by);
                } else if by < 0.0 {
                    most = most.min((own.low - own.cauchy) / by);
                }
            });
            let most = most.max(0.0);
            aim = self.towards(x, g, theta, |own: Own| {
                (own.cauchy + most * (own.minimum - own.cauchy)).clamp(own.low, own.high)
            });
        }
        (aim.slope < 0.0 && aim.slope.is_finite()).then_some(aim)
    }

    /// Writes target and direction, with what `to` says of free variables.
    fn towards(&mut self, x: &[F], g: &[F], theta: f64, to: impl Fn(Own) -> f64 + Sync) -> Aim {
        let (low, high, t) = (&self.low, &self.high, self.cauchy.t);
        let (at_edge, compact, u) = (&self.cauchy.at_edge, &self.compact, &self.coefficients);
        let blank = compact.count == 0;
        let work = |range: std::ops::Range<usize>, [target, direction]: [&mut [F]; 2]| {
            let mut slope = 0.0;
            for (k, i) in range.enumerate() {
                let (own_x, own_g) = (wide(x[i]), wide(g[i]));
                let (own_low, own_high) = (wide(low[i]), wide(high[i]));
                let place = if at_edge[i] {
                    // Where it is, unless it has met the bound on the way.
                    if own_g > 0.0 {
                        low[i]
                    } else if own_g < 0.0 {
                        high[i]
                    } else {
                        x[i]
                    }
                } else {
                    let through = if blank { 0.0 } else { row_product(compact.row(i), u) };
                    let own = Own {
                        cauchy: own_x - t * own_g,
                        minimum: own_x - own_g / theta + through,
                        low: own_low,
                        high: own_high,
                    };
                    narrow(to(own))
                };
                target[k] = place;
                let d = place - x[i];
                direction[k] = d;
                slope += own_g * wide(d);
            }
            [slope]
        };
        let [slope] = pass(0..x.len(), [&mut self.target, &mut self.direction], &work);
        Aim { slope, longest: self.longest(x) }
    }

    /// The step along the direction that meets the first bound: 1 at least, for the target is in the box.
    fn longest(&self, x: &[F]) -> f64 {
        let mut longest = f64::INFINITY;
        for (((&x, &d), &low), &high) in x.iter().zip(&self.direction).zip(&self.low).zip(&self.high) {
            let (x, d) = (wide(x), wide(d));
            let room = if d > 0.0 { wide(high) - x } else { x - wide(low) };
            if d != 0.0 && room < longest * d.abs() {
                longest = room / d.abs();
            }
        }
        longest.max(1.0)
    }

    /// Shows every free variable.
    fn each_free(&self, x: &[F], g: &[F], theta: f64, mut look: impl FnMut(Own)) {
        for i in (0..x.len()).filter(|&i| !self.cauchy.at_edge[i]) {
            let (own_x, own_g) = (wide(x[i]), wide(g[i]));
            let through = row_product(self.compact.row(i), &self.coefficients);
            look(Own {
                cauchy: own_x - self.cauchy.t * own_g,
                minimum: own_x - own_g / theta + through,
                low: wide(self.low[i]),
                high: wide(self.high[i]),
            });
        }
    }

    /// Takes the pair of a step, if it is sound.
    fn learn(&mut self, x: &[F], g: &[F], x_after: &[F], g_after: &[F]) {
        let [sy, yy, along, ss] = pass::<F, 0, 4>(0..x.len(), [], &|range, []| {
            let mut sums = [0.0; 4];
            for i in range {
                let s = wide(x_after[i]) - wide(x[i]);
                let y = wide(g_after[i]) - wide(g[i]);
                sums[0] += s * y;
                sums[1] += y * y;
                sums[2] += s * wide(g_after[i]);
                sums[3] += s * s;
            }
            sums
        });
        let keep =
            Pair { curvature: sy, squares: [ss, yy], along, first: self.compact.count == 0 }.is_sound();
        if !keep && self.compact.count == 0 {
            return;
        }
        let (low, high) = (&self.low, &self.high);
        let pair = |i: usize| {
            let (x_after, g_after) = (wide(x_after[i]), wide(g_after[i]));
            let blocked = meets(x_after, g_after, wide(low[i]), wide(high[i])) <= 0.0;
            let d = if blocked { 0.0 } else { -g_after };
            (x_after - wide(x[i]), g_after - wide(g[i]), d)
        };
        self.compact.learn(keep, &pair);
        if keep {
            self.compact.theta = yy / sy;
            if !self.compact.prepare() {
                self.compact.forget();
            }
        }
    }
}

/// A free variable: where it is at the Cauchy point and at the model's minimum, and its bounds.
#[derive(Clone, Copy)]
struct Own {
    cauchy: f64,
    minimum: f64,
    low: f64,
    high: f64,
}

#[inline]
fn row_product<F: Scalar>(row: &[F], u: &[f64]) -> f64 {
    row.iter().zip(u).map(|(&w, u)| wide(w) * u).sum()
}

/// The box, and the way through it.
struct Inside<'a, F> {
    low: &'a [F],
    high: &'a [F],
    target: &'a [F],
    longest: f64,
}

impl<F: Scalar> Room<F> for Inside<'_, F> {
    fn longest(&self) -> f64 {
        self.longest
    }

    fn settle(&self, step: f64, x: &mut [F]) {
        if step == 1.0 {
            return copy(x, self.target);
        }
        for ((x, &low), &high) in x.iter_mut().zip(self.low).zip(self.high) {
            *x = if *x < low { low } else { *x };
            *x = if *x > high { high } else { *x };
        }
    }

    fn measure(&self, x: &[F], g: &[F], d: &[F]) -> Measured {
        let mut largest = 0.0_f64;
        for (((&x, &g), &low), &high) in x.iter().zip(g).zip(self.low).zip(self.high) {
            let left = wide(within(x, g, (low, high))).abs();
            // A NaN stays.
            largest = if left > largest || left.is_nan() { left } else { largest };
        }
        let [slope] = pass::<F, 0, 1>(0..g.len(), [], &|range, []| [dot_block(&g[range.clone()], &d[range])]);
        Measured { slope, largest }
    }
}
