//! How fast methods come nearer to a minimum: predicted from the ends of the Hessian's spectrum, and measured.

use thalweg_rule::{HeavyBall, Nesterov, Optimizer, Sgd};
use thalweg_spec::{Call, Value, parse_chain};

use crate::{Beta, Cg, Descent, Method, Preconditioner, Steepest};

/// How a method comes nearer to a minimum whose Hessian is positive definite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// In the long run each step leaves this share of the distance; at 1 or above the method does not converge.
    Linear(f64),
    /// No more than this share, however unlucky the start, in the norm √(dᵀHd) of the distance d.
    AtMost(f64),
    /// The share that a step leaves goes to 0.
    Superlinear,
    /// A step leaves about the square of the distance.
    Quadratic,
}

impl Rate {
    /// The share of the distance that a step leaves in the long run; 0 where it goes to 0.
    pub fn factor(self) -> f64 {
        match self {
            Rate::Linear(factor) | Rate::AtMost(factor) => factor,
            Rate::Superlinear | Rate::Quadratic => 0.0,
        }
    }

    /// The steps that make the distance ten times smaller.
    pub fn steps_for_a_digit(self) -> f64 {
        -1.0 / self.factor().log10()
    }
}

/// The rate of a method near a minimum whose Hessian has these smallest and largest eigenvalues, both positive. None where no theory
/// says it, as for rules that scale each component by itself and for preconditioned descents, or where a hyperparameter follows a schedule.
///
/// ```
/// use thalweg_solve::{Method, Rate, predicted_rate};
///
/// let descent: Method = "sgd(lr=0.25)".parse()?;
/// assert_eq!(predicted_rate(&descent, 1.0, 6.0), Some(Rate::Linear(0.75)));
/// assert_eq!(predicted_rate(&"newton".parse()?, 1.0, 6.0), Some(Rate::Quadratic));
/// assert_eq!(predicted_rate(&"adam".parse()?, 1.0, 6.0), None);
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
///
/// Gradient descent with learning rate α leaves max |1 − αλ|; with momentum β the larger root of z² − (1 + β − αλ) z + β, with
/// Nesterov's of z² − (1 + β)(1 − αλ) z + β(1 − αλ): Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964;
/// Lessard, Recht and Packard, *Analysis and design of optimization algorithms via integral quadratic constraints*, 2016. Steepest
/// descent with exact searches leaves at most (κ − 1)/(κ + 1), conjugate gradients at most (√κ − 1)/(√κ + 1): Nocedal and Wright,
/// *Numerical Optimization*, 2nd ed., theorem 3.3 and equation 5.36.
pub fn predicted_rate(method: &Method, smallest: f64, largest: f64) -> Option<Rate> {
    if !(smallest > 0.0 && largest >= smallest && largest.is_finite()) {
        return None;
    }
    let ends = [smallest, largest];
    let most = |factor: &dyn Fn(f64) -> f64| Rate::Linear(ends.into_iter().map(factor).fold(0.0, f64::max));
    let condition = largest / smallest;
    match method {
        Method::Rule(rule) => {
            let text = rule.to_string();
            let [call] = <[Call; 1]>::try_from(parse_chain(&text).ok()?).ok()?;
            let steps = Steps::of(&call)?;
            Some(most(&|eigenvalue| steps.factor(eigenvalue)))
        }
        Method::Newton(newton) => {
            let left = |eigenvalue: f64| 1.0 - newton.lr * eigenvalue / (eigenvalue + newton.damping);
            match most(&|eigenvalue| left(eigenvalue).abs()) {
                Rate::Linear(0.0) => Some(Rate::Quadratic),
                rate => Some(rate),
            }
        }
        Method::Descent(descent) => match descent {
            Descent::Steepest(Steepest { preconditioner: Preconditioner::None, .. }) => {
                Some(Rate::AtMost((condition - 1.0) / (condition + 1.0)))
            }
            Descent::Cg(Cg {
                beta: Beta::DaiYuan | Beta::PrPlus | Beta::HagerZhang,
                preconditioner: Preconditioner::None,
                ..
            }) => {
                let root = condition.sqrt();
                Some(Rate::AtMost((root - 1.0) / (root + 1.0)))
            }
            Descent::Bfgs(_) | Descent::Sr1(_) | Descent::NewtonCg(_) => Some(Rate::Superlinear),
            Descent::NewtonCholesky(_) | Descent::TrustNewton(_) => Some(Rate::Quadratic),
            _ => None,
        },
        _ => None,
    }
}

/// A method of two terms: what it does to a component with curvature λ.
struct Steps {
    lr: f64,
    momentum: f64,
    nesterov: bool,
}

impl Steps {
    /// Of a rule that is one, with numbers that stay.
    fn of(call: &Call) -> Option<Self> {
        let value =
            |key: &str| call.arguments.iter().find(|a| a.key.as_deref() == Some(key)).map(|a| &a.value);
        let number = |key: &str, instead: f64| match value(key) {
            None => Some(instead),
            Some(Value::Number(number)) => Some(*number),
            Some(_) => None,
        };
        let flag = |key: &str| matches!(value(key), Some(Value::Flag(true)));
        let (lr, momentum) = (number("lr", f64::NAN)?, number("momentum", 0.0)?);
        let steps = match call.name.as_str() {
            "sgd" if number("weight_decay", 0.0)? == 0.0 && !flag("maximize") => {
                let nesterov = flag("nesterov");
                Steps { lr: lr * (1.0 - number("dampening", 0.0)?), momentum, nesterov }
            }
            "heavy_ball" => Steps { lr, momentum, nesterov: false },
            "nesterov" => Steps { lr, momentum, nesterov: true },
            _ => return None,
        };
        lr.is_finite().then_some(steps)
    }

    /// The larger root of z² − bz + c.
    fn factor(&self, eigenvalue: f64) -> f64 {
        let left = 1.0 - self.lr * eigenvalue;
        let (b, c) = if self.nesterov {
            ((1.0 + self.momentum) * left, self.momentum * left)
        } else {
            (self.momentum + left, self.momentum)
        };
        let discriminant = b * b - 4.0 * c;
        // A double root comes out of rounding as two near ones.
        if discriminant > 1e-14 * b * b {
            f64::midpoint(b.abs(), discriminant.sqrt())
        } else if discriminant < -1e-14 * b * b {
            c.sqrt()
        } else {
            0.5 * b.abs()
        }
    }
}

/// A method with the hyperparameters that are best for a quadratic, and its rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The method.
    pub method: Method,
    /// Its rate.
    pub rate: Rate,
}

/// Gradient descent, the heavy ball and Nesterov's method, each with the learning rate and momentum that are best for a quadratic with
/// these smallest and largest eigenvalues; empty unless both are positive.
///
/// Their rates are (κ − 1)/(κ + 1), (√κ − 1)/(√κ + 1) and 1 − 2/√(3κ + 1).
///
/// ```
/// use thalweg_solve::{Rate, tuned_methods};
///
/// let [descent, ball, _] = &tuned_methods(1.0, 9.0)[..] else { panic!() };
/// assert_eq!(descent.method, "sgd(lr=0.2)".parse()?);
/// assert_eq!(ball.rate, Rate::Linear(0.5));
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
///
/// Lessard, Recht and Packard, *Analysis and design of optimization algorithms via integral quadratic constraints*, 2016, proposition 1.
pub fn tuned_methods(smallest: f64, largest: f64) -> Vec<Tuned> {
    if !(smallest > 0.0 && largest >= smallest && largest.is_finite()) {
        return Vec::new();
    }
    let condition = largest / smallest;
    let (root, third) = (condition.sqrt(), (3.0 * condition + 1.0).sqrt());
    let tuned = |rule: Optimizer, factor: f64| Tuned { method: rule.into(), rate: Rate::Linear(factor) };
    let ball = (root - 1.0) / (root + 1.0);
    vec![
        tuned(
            Sgd { lr: (2.0 / (largest + smallest)).into(), ..Sgd::default() }.into(),
            (condition - 1.0) / (condition + 1.0),
        ),
        tuned(
            HeavyBall {
                lr: (4.0 / (largest.sqrt() + smallest.sqrt()).powi(2)).into(),
                momentum: ball * ball,
            }
            .into(),
            ball,
        ),
        tuned(
            Nesterov {
                lr: (4.0 / (3.0 * largest + smallest)).into(),
                momentum: (third - 2.0) / (third + 2.0),
                ..Nesterov::default()
            }
            .into(),
            1.0 - 2.0 / third,
        ),
    ]
}

/// The share that a step left in the long run, from distances or gradient norms after each step: the slope of their logarithms over the
/// second half of those that rounding does not rule. None of fewer than eight such numbers.
///
/// ```
/// let norms: Vec<f64> = (0..100).map(|k| 3.0 * 0.8_f64.powi(k)).collect();
/// assert!((thalweg_solve::measured_rate(&norms).unwrap() - 0.8).abs() < 1e-12);
/// ```
pub fn measured_rate(norms: &[f64]) -> Option<f64> {
    let norms = above_rounding(norms, 1e-12);
    let half = &norms[norms.len() / 2..];
    if half.len() < 4 {
        return None;
    }
    let middle = (half.len() - 1) as f64 / 2.0;
    let (mut across, mut square) = (0.0, 0.0);
    for (k, norm) in half.iter().enumerate() {
        let from = k as f64 - middle;
        across += from * norm.ln();
        square += from * from;
    }
    Some((across / square).exp())
}

/// The order at which a run converged: q where the last steps left about the q-th power of the distance, from the last three norms that
/// rounding does not rule. About 1 for linear convergence, 2 for quadratic.
pub fn measured_order(norms: &[f64]) -> Option<f64> {
    let norms = above_rounding(norms, 1e-13);
    let [.., a, b, c] = norms else { return None };
    Some((c / b).ln() / (b / a).ln()).filter(|order| order.is_finite())
}

/// The numbers before the first one that is not finite or has fallen to this share of the largest before it.
fn above_rounding(norms: &[f64], share: f64) -> &[f64] {
    let mut largest = 0.0_f64;
    let fallen = norms.iter().position(|norm| {
        largest = largest.max(*norm);
        !(norm.is_finite() && *norm > share * largest)
    });
    &norms[..fallen.unwrap_or(norms.len())]
}
