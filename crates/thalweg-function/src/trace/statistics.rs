//! Products, variances, norms and logarithms of sums over axes of a [`Var`].

use super::reduction::{against, count, mean_over, sum_over};
use super::{IntoAxes, Var};
use crate::primitive::{ArrayOp, Axes, Op, Span};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The product over `axes`; 1 for no elements. Its derivatives hold also where elements are 0.
    ///
    /// ```
    /// use thalweg_function::{Executable, gradient, trace};
    ///
    /// let product = trace([[3].into()], |x| x[0].prod(..))?;
    /// let mut slope = [0.0; 3];
    /// Executable::<f64>::new(&gradient(&product)?)?.run(&[2.0, 0.0, 5.0], &mut slope)?;
    /// assert_eq!(slope, [0.0, 10.0, 0.0]);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// An axis that the array does not have makes the trace an error, here and in the other reductions.
    #[track_caller]
    pub fn prod(self, axes: impl IntoAxes) -> Var {
        self.reduced("prod", axes, |b, x, set| Ok(product_over(b, x, set)))
    }

    /// The variance of a whole population over `axes`: Σ(x − mean)²/n, the mean taken first; NaN for no elements.
    #[track_caller]
    pub fn var(self, axes: impl IntoAxes) -> Var {
        self.reduced("var", axes, |b, x, set| {
            let mean = mean_over(b, x, set);
            let mean = against(b, mean, set, b.shape(x));
            let deviation = b.sub(x, mean);
            let square = b.mul(deviation, deviation);
            Ok(mean_over(b, square, set))
        })
    }

    /// The Euclidean norm over `axes`: √Σx².
    ///
    /// Where it is 0 its derivative is NaN, ∞·0 by the chain rule, as in JAX; `(x * x).sum(..)` is smooth there.
    #[track_caller]
    pub fn norm(self, axes: impl IntoAxes) -> Var {
        self.reduced("norm", axes, |b, x, set| {
            let square = b.mul(x, x);
            let sum = sum_over(b, square, set);
            Ok(b.apply(Op::Sqrt, &[sum]))
        })
    }

    /// log Σeˣ over `axes`, without overflow; elements of −∞ add nothing, and no elements give −∞.
    ///
    /// ```
    /// use thalweg_function::{Executable, trace};
    ///
    /// let f = trace([[3].into()], |x| x[0].logsumexp(..))?;
    /// let mut y = [0.0];
    /// Executable::<f64>::new(&f)?.run(&[1000.0, 1000.0, f64::NEG_INFINITY], &mut y)?;
    /// assert!((y[0] - (1000.0 + 2.0_f64.ln())).abs() < 1e-12);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    #[track_caller]
    pub fn logsumexp(self, axes: impl IntoAxes) -> Var {
        self.reduced("logsumexp", axes, |b, x, set| {
            let shape = b.shape(x);
            if count(shape, set) == 0 {
                let none = b.constant(f64::NEG_INFINITY);
                return Ok(b.filled(none, shape.without(set)));
            }
            let (shifted, shift) = shifted(b, x, set);
            let logarithm = log_sum(b, shifted, set);
            Ok(b.add(logarithm, shift))
        })
    }
}

/// Multiplies the halves of what is left, so that no derivative divides by an element.
fn product_over(b: &mut Builder, x: NodeId, axes: Axes) -> NodeId {
    let shape = b.shape(x);
    if axes.is_empty() {
        return x;
    }
    let kept = Axes::all(shape.rank()).without(axes);
    let order: Vec<_> = kept.iter().chain(axes.iter()).collect();
    let rest = shape.without(axes);
    let mut length = count(shape, axes);
    if length == 0 {
        let one = b.constant(1.0);
        return b.filled(one, rest);
    }
    let last = b.permute(x, &order);
    let mut factors = b.reshape(last, Shape::of([rest.size(), length]));
    while length > 1 {
        let half = length / 2;
        let mut part = |start: usize, length: usize| {
            b.slice(factors, Span { axis: 1, start: start as u32, step: 1 }, length)
        };
        let (first, second, odd) = (part(0, half), part(half, half), part(2 * half, length % 2));
        let products = b.mul(first, second);
        factors = if length % 2 == 1 { b.concat(products, odd, 1) } else { products };
        length = half + length % 2;
    }
    b.reshape(factors, rest)
}

/// x − m, of which no element is large, and m: the largest element over `axes`, as if it were constant, or 0 if that is not
/// finite.
pub(super) fn shifted(b: &mut Builder, x: NodeId, axes: Axes) -> (NodeId, NodeId) {
    let shape = b.shape(x);
    let rest = shape.without(axes);
    let largest = if axes.is_empty() { x } else { b.array(ArrayOp::Largest(axes), &[x], rest) };
    let largest = b.array(ArrayOp::StopGradient, &[largest], rest);
    let (size, infinity, zero) = (b.apply(Op::Abs, &[largest]), b.constant(f64::INFINITY), b.constant(0.0));
    let finite = b.apply(Op::Less, &[size, infinity]);
    let shift = b.select(finite, largest, zero);
    let whole = against(b, shift, axes, shape);
    (b.sub(x, whole), shift)
}

/// log Σeˣ for elements that are not large.
pub(super) fn log_sum(b: &mut Builder, x: NodeId, axes: Axes) -> NodeId {
    let exponential = b.apply(Op::Exp, &[x]);
    let sum = sum_over(b, exponential, axes);
    b.apply(Op::Log, &[sum])
}
