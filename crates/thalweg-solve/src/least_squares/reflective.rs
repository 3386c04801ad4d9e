//! The reflective trust region: least squares within bounds, from strictly inside.
//!
//! Source: Branch, Coleman and Li, *A subspace, interior, and conjugate gradient method for large-scale bound-constrained minimization
//! problems*, SIAM J. Sci. Comput. 21 (1999). Each variable is scaled by the root of its distance to the bound that the gradient
//! pushes it to; a step that would leave the box is compared with its reflection and with the scaled gradient.

use super::LeastSquaresOptions;
use super::factor::{times, trust_step};
use super::problem::{Problem, State, moved};
use crate::{Bounds, SolveError, Status};

/// A step stops this short of the bounds, as a share of its length, at least.
const SHORT: f64 = 0.995;

/// The lowest and highest values of the parameters.
pub(super) struct Limits {
    each: Vec<(f64, f64)>,
}

pub(super) fn limits(dim: usize, bounds: Option<&Bounds>) -> Result<Limits, SolveError> {
    let Some(bounds) = bounds else {
        return Ok(Limits { each: vec![(f64::NEG_INFINITY, f64::INFINITY); dim] });
    };
    bounds.check(dim)?;
    let each: Vec<_> = (0..dim).map(|i| bounds.interval(i)).collect();
    if let Some(variable) = each.iter().position(|(low, high)| low >= high) {
        let (low, high) = each[variable];
        let problem = "has no inside; leave the variable out of the residuals instead";
        return Err(SolveError::Interval { variable, low, high, problem });
    }
    Ok(Limits { each })
}

impl Limits {
    /// The nearest point strictly inside.
    pub(super) fn inside(&self, x: &[f64]) -> Vec<f64> {
        let inside = |(&x, &(low, high)): (&f64, &(f64, f64))| {
            let margin = |bound: f64| 1e-10 * f64::max(1.0, bound.abs());
            let middle = 0.5 * (low + high);
            let x = if x <= low { low + margin(low) } else { x };
            let x = if x >= high { high - margin(high) } else { x };
            if middle.is_finite() && !(low < x && x < high) { middle } else { x }
        };
        x.iter().zip(&self.each).map(inside).collect()
    }

    /// x, moved to the next number inside where rounding took it to a bound.
    fn strictly(&self, mut x: Vec<f64>) -> Vec<f64> {
        for (x, &(low, high)) in x.iter_mut().zip(&self.each) {
            if *x <= low {
                *x = low.next_up();
            }
            if *x >= high {
                *x = high.next_down();
            }
        }
        x
    }

    /// How often the step fits before the first bound, and which variables meet theirs then.
    fn stride(&self, x: &[f64], p: &[f64]) -> (f64, Vec<bool>) {
        let room = |((&x, &p), &(low, high)): ((&f64, &f64), &(f64, f64))| match p {
            p if p > 0.0 => (high - x) / p,
            p if p < 0.0 => (low - x) / p,
            _ => f64::INFINITY,
        };
        let rooms: Vec<f64> = x.iter().zip(p).zip(&self.each).map(room).collect();
        let least = rooms.iter().copied().fold(f64::INFINITY, f64::min);
        (least, rooms.into_iter().map(|room| room == least).collect())
    }

    /// The distances v to the bounds that the gradient pushes to, 1 where there is none, and how they change with x.
    fn distances(&self, x: &[f64], g: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let distance = |((&x, &g), &(low, high)): ((&f64, &f64), &(f64, f64))| match g {
            g if g < 0.0 && high.is_finite() => (high - x, -1.0),
            g if g > 0.0 && low.is_finite() => (x - low, 1.0),
            _ => (1.0, 0.0),
        };
        x.iter().zip(g).zip(&self.each).map(distance).unzip()
    }
}

/// The quadratic ½ sᵀ(JᵀJ + C)s + gᵀs in scaled variables.
struct Model {
    jacobian: Vec<f64>,
    diagonal: Vec<f64>,
    gradient: Vec<f64>,
}

impl Model {
    fn value(&self, s: &[f64]) -> f64 {
        0.5 * self.bend(s, s) + dot(&self.gradient, s)
    }

    fn bend(&self, a: &[f64], b: &[f64]) -> f64 {
        let diagonal: f64 = self.diagonal.iter().zip(a).zip(b).map(|((c, a), b)| c * a * b).sum();
        dot(&times(&self.jacobian, a), &times(&self.jacobian, b)) + diagonal
    }

    /// The share t in [low, high] of `s`, gone from `from`, with the least value.
    fn along(&self, from: &[f64], s: &[f64], low: f64, high: f64) -> f64 {
        let (a, b) = (0.5 * self.bend(s, s), dot(&self.gradient, s) + self.bend(from, s));
        let at = |t: f64| t * (a * t + b);
        let inner = if a > 0.0 { (-0.5 * b / a).clamp(low, high) } else { low };
        [low, high, inner].into_iter().min_by(|&s, &t| at(s).total_cmp(&at(t))).unwrap_or(low)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |norm, a| f64::hypot(norm, *a))
}

fn scaled(d: &[f64], s: &[f64]) -> Vec<f64> {
    d.iter().zip(s).map(|(d, s)| d * s).collect()
}

fn stretched(s: &[f64], t: f64) -> Vec<f64> {
    s.iter().map(|s| t * s).collect()
}

/// The t > 0 for which ‖a + t b‖ is the radius, a inside.
fn to_sphere(a: &[f64], b: &[f64], radius: f64) -> f64 {
    let (square, mixed, rest) = (dot(b, b), dot(a, b), dot(a, a) - radius * radius);
    (-mixed + (mixed * mixed - square * rest).max(0.0).sqrt()) / square
}

pub(super) fn reflective(
    problem: &mut Problem<'_>,
    mut state: State,
    limits: &Limits,
    options: &LeastSquaresOptions,
) -> Result<(State, Status, usize), SolveError> {
    let n = state.x.len();
    let positive = |d: f64| if d > 0.0 { d } else { 1.0 };
    let mut columns: Vec<f64> = state.column_norms().into_iter().map(positive).collect();
    let mut radius = f64::NAN;
    let mut lambda = 0.0;
    for steps in 0..options.steps {
        if problem.interrupted(steps, &state) {
            return Ok((state, Status::Interrupted, steps));
        }
        let (v, change) = limits.distances(&state.x, &state.half_gradient);
        // Variables are measured by √v and by the lengths of their columns.
        let d: Vec<f64> = v.iter().zip(&columns).map(|(v, column)| v.sqrt() / column).collect();
        if radius.is_nan() {
            let x: Vec<f64> = state.x.iter().zip(&d).map(|(x, d)| x / d).collect();
            radius = if norm(&x) > 0.0 { norm(&x) } else { 1.0 };
        }
        let lengths = state.column_norms();
        let residual = state.value.sqrt();
        let cosine = (0..n).filter(|&i| lengths[i] > 0.0 && residual > 0.0).fold(0.0, |most, i| {
            f64::max(most, (state.half_gradient[i] * v[i].min(1.0) / lengths[i] / residual).abs())
        });
        if cosine <= options.grad_tol || residual == 0.0 {
            return Ok((state, Status::ConvergedGradient, steps));
        }
        let gradient = scaled(&d, &state.half_gradient);
        let diagonal: Vec<f64> =
            (0..n).map(|i| state.half_gradient[i] * change[i] / (columns[i] * columns[i])).collect();
        let jacobian: Vec<f64> = state.jacobian.chunks_exact(n).flat_map(|row| scaled(row, &d)).collect();
        let mut stacked = jacobian.clone();
        for (i, c) in diagonal.iter().enumerate() {
            stacked.extend((0..n).map(|j| if i == j { c.max(0.0).sqrt() } else { 0.0 }));
        }
        let mut targets = state.residuals.clone();
        targets.resize(targets.len() + n, 0.0);
        let model = Model { jacobian, diagonal, gradient };
        let push = scaled(&v, &state.half_gradient).into_iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        let short = SHORT.max(1.0 - push);
        loop {
            let (s, multiplier) = trust_step(&stacked, &targets, &vec![1.0; n], radius, lambda);
            lambda = multiplier;
            let s = select(&model, &state.x, &d, s, radius, short, limits);
            let predicted = -model.value(&s);
            let p = scaled(&d, &s);
            let x = limits.strictly(moved(&state.x, &p));
            let (value, residuals) = problem.value(&x)?;
            let actual = if value.is_finite() { 0.5 * (state.value - value) } else { -f64::INFINITY };
            let correction = 0.5 * model.diagonal.iter().zip(&s).map(|(c, s)| c * s * s).sum::<f64>();
            let ratio = if predicted > 0.0 { (actual - correction) / predicted } else { 0.0 };
            let length = norm(&s);
            if ratio < 0.25 {
                radius = 0.25 * length;
                lambda *= 4.0;
            } else if ratio > 0.75 && length > 0.95 * radius {
                radius *= 2.0;
                lambda *= 0.5;
            }
            let value_met = actual >= 0.0 && actual < 0.5 * options.value_tol * state.value && ratio > 0.25;
            let step_met = p
                .iter()
                .zip(&state.x)
                .all(|(p, x)| p.abs() <= options.step_tol * x.abs().max(f64::MIN_POSITIVE));
            let accepted = actual > 0.0;
            if accepted {
                state = problem.state(x, value, residuals)?;
                if !state.is_finite() {
                    return Ok((state, Status::Diverged, steps + 1));
                }
                for (column, norm) in columns.iter_mut().zip(state.column_norms()) {
                    *column = column.max(norm);
                }
            }
            if value_met {
                return Ok((state, Status::ConvergedValue, steps + 1));
            }
            if step_met || length == 0.0 {
                return Ok((state, Status::ConvergedStep, steps + 1));
            }
            if accepted {
                break;
            }
            if problem.evaluations >= options.evaluations {
                return Ok((state, Status::MaxSteps, steps + 1));
            }
        }
    }
    Ok((state, Status::MaxSteps, options.steps))
}

/// The best of three steps that stay inside: the step shortened to the box, its reflection at the first bound, the gradient.
fn select(
    model: &Model,
    x: &[f64],
    d: &[f64],
    s: Vec<f64>,
    radius: f64,
    short: f64,
    limits: &Limits,
) -> Vec<f64> {
    let (stride, hits) = limits.stride(x, &scaled(d, &s));
    if stride > 1.0 {
        return s;
    }
    let to_bound = stretched(&s, stride);
    let mirrored: Vec<f64> = s.iter().zip(&hits).map(|(s, &hit)| if hit { -s } else { *s }).collect();
    let on_bound = moved(x, &scaled(d, &to_bound));
    let room = to_sphere(&to_bound, &mirrored, radius);
    let (wall, _) = limits.stride(&on_bound, &scaled(d, &mirrored));
    let reach = room.min(wall);
    let mut best = stretched(&to_bound, short);
    let mut consider = |step: Vec<f64>| {
        if model.value(&step) < model.value(&best) {
            best = step;
        }
    };
    if reach > 0.0 {
        let low = (1.0 - short) * stride / reach;
        let high = if reach == wall { short * wall } else { room };
        if low <= high {
            let t = model.along(&to_bound, &mirrored, low, high);
            consider(moved(&to_bound, &stretched(&mirrored, t)));
        }
    }
    let down = stretched(&model.gradient, -1.0);
    let length = norm(&down);
    if length > 0.0 {
        let (wall, _) = limits.stride(x, &scaled(d, &down));
        let most = if wall < radius / length { short * wall } else { radius / length };
        let t = model.along(&vec![0.0; down.len()], &down, 0.0, most);
        consider(stretched(&down, t));
    }
    best
}
