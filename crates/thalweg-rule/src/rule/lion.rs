//! Lion.

use super::decayed::decayed_where;
use crate::hyper::{BELOW_ONE, Describe, FINITE, NOT_NEGATIVE, choices, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{ClipByValue, Framed, Sign};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

recipe! {
    /// Lion: every parameter goes the same length, by the sign of the gradient mixed with its mean.
    ///
    /// ```text
    /// c ← beta1 · m + (1 − beta1) · g
    /// x ← x − lr · (s(c) + weight_decay · x)
    /// m ← beta2 · m + (1 − beta2) · g
    /// mode=hard: s(c) = sign(c);   smooth: s(c) = tanh(smooth_beta · c);   refined: s(c) = c, cut off at ±1
    /// ```
    ///
    /// Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023.
    ///
    /// Conventions: Optax's `lion`, weight decay included; the authors' default has none. The sign of 0 is 0.
    ///
    /// ```
    /// use thalweg_rule::{Lion, Recipe, Rule};
    ///
    /// let mut rule = Lion { lr: 0.25.into(), weight_decay: 1.0, ..Lion::default() }.rule(2, 1)?;
    /// let mut x = [1.0, -2.0];
    /// rule.step(&mut x, &[1e-9, 1e9])?;
    /// assert_eq!(x, [0.5, -1.75]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Lion = lion("steps of one length by the sign of the gradient mixed with its mean") {
        /// The learning rate.
        lr: Schedule = 1e-4.into(), NOT_NEGATIVE;
        /// How much of the mean goes into the direction.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean is kept.
        beta2: f64 = 0.99, BELOW_ONE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 1e-3, NOT_NEGATIVE;
        /// What is made of the mixture.
        mode: LionMode = LionMode::Hard;
        /// How steep `smooth` is at 0.
        smooth_beta: f64 = 1.0, FINITE;
        /// Which leaves decay: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

recipe! {
    /// The direction of [`Lion`]: `lion(weight_decay=0)` is `scale_by_lion() | scale(lr)`.
    ///
    /// ```text
    /// c ← beta1 · m + (1 − beta1) · u
    /// m ← beta2 · m + (1 − beta2) · u
    /// u ← s(c)                                       (s: sign, tanh(smooth_beta · c), or c within ±1)
    /// ```
    ///
    /// Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023.
    ///
    /// Conventions: Optax's `scale_by_lion`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_lion(mode=refined) | scale(2)")?.rule(2, 1)?;
    /// let mut x = [0.0, 0.0];
    /// rule.step(&mut x, &[2.5, -50.0])?;
    /// assert!((x[0] + 0.5_f64).abs() < 1e-12 && x[1] == 2.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByLion = scale_by_lion("the sign of the update mixed with its mean") {
        /// How much of the mean goes into the direction.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean is kept.
        beta2: f64 = 0.99, BELOW_ONE;
        /// What is made of the mixture.
        mode: LionMode = LionMode::Hard;
        /// How steep `smooth` is at 0.
        smooth_beta: f64 = 1.0, FINITE;
    }
}

choices! {
    /// What Lion makes of the mixture of gradient and mean.
    pub enum LionMode {
        /// Its sign.
        Hard = "hard",
        /// Its hyperbolic tangent.
        Smooth = "smooth",
        /// The mixture itself, cut off at ±1.
        Refined = "refined",
    }
}

impl Assemble for Lion {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Lion { beta1, beta2, mode, smooth_beta, .. } = *self;
        let mixture = Mixture { betas: [beta1, beta2] };
        let frame = Framed::with(&self.lr).decayed(self.weight_decay);
        if let Some(mask) = &self.mask {
            let direction = ScaleByLion { beta1, beta2, mode, smooth_beta }.direction();
            return decayed_where(Self::NAME, frame, mask, direction);
        }
        match mode {
            LionMode::Hard => frame.around(Chain(mixture, Sign)),
            LionMode::Smooth => frame.around(Chain(mixture, Tanh { slope: smooth_beta })),
            LionMode::Refined => frame.around(Chain(mixture, ClipByValue::new(1.0))),
        }
    }
}

impl ScaleByLion {
    fn direction<F: Real>(&self) -> Box<dyn Piece<F>> {
        let mixture = Mixture { betas: [self.beta1, self.beta2] };
        match self.mode {
            LionMode::Hard => Box::new(Chain(mixture, Sign)),
            LionMode::Smooth => Box::new(Chain(mixture, Tanh { slope: self.smooth_beta })),
            LionMode::Refined => Box::new(Chain(mixture, ClipByValue::new(1.0))),
        }
    }
}

impl Assemble for ScaleByLion {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![self.direction()]
    }
}

/// `c = beta1 · m + (1 − beta1) · u;  m ← beta2 · m + (1 − beta2) · u;  u ← c`
#[derive(Clone)]
struct Mixture {
    betas: [f64; 2],
}

impl Transform for Mixture {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 4];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 4] {
        let [beta1, beta2] = self.betas;
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([beta1, new1, beta2, new2]: &[A; 4], u: A, _: A, slots: &mut [A]) -> A {
        let m = slots[0];
        slots[0] = beta2.mul_add(m, *new2 * u);
        beta1.mul_add(m, *new1 * u)
    }

    fn slot_name(_: usize) -> &'static str {
        "exp_avg"
    }
}

/// `u ← tanh(slope · u)`
#[derive(Clone)]
struct Tanh {
    slope: f64,
}

impl Transform for Tanh {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.slope)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(slope: &A, u: A, _: A, _: &mut [A]) -> A {
        tanh(*slope * u)
    }
}

/// Beyond ±`FLAT`, the hyperbolic tangent is ±1 to the last place.
const FLAT: f64 = 20.0;

/// Halvings after which `FLAT` is within the reach of the continued fraction.
const HALVINGS: i32 = 6;

/// The hyperbolic tangent to within some units in the last place, of arithmetic that can be vectorised and written down: the
/// beginning of Lambert's continued fraction `y / (1 + y² / (3 + y² / (5 + …)))` near 0, then `tanh 2y = 2 tanh y / (1 + tanh² y)`.
#[inline(always)]
fn tanh<A: Arithmetic>(x: A) -> A {
    let flat = A::of(FLAT);
    let y = (-flat).max(flat.min(x)) * A::of(0.5_f64.powi(HALVINGS));
    let square = y * y;
    // The six levels of the fraction as one: y · over / under.
    let over = square.mul_add(square.mul_add(A::of(21.0), A::of(1260.0)), A::of(10395.0));
    let under = square.mul_add(square.mul_add(square + A::of(210.0), A::of(4725.0)), A::of(10395.0));
    // Divided last: `sinh` and `cosh` times the same number.
    let scale = A::of(1.0 / 10395.0);
    let (mut sinh, mut cosh) = (y * (over * scale), under * scale);
    for _ in 0..HALVINGS {
        let product = sinh * cosh;
        (sinh, cosh) = (product + product, sinh.mul_add(sinh, cosh * cosh));
    }
    sinh / cosh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hyperbolic_tangent_is_right_to_some_units_in_the_last_place() {
        let wide = (-4000..=4000).map(|i| f64::from(i) * 0.007);
        let small = (-300..=0).flat_map(|i| [10_f64.powi(i), -1.7 * 10_f64.powi(i)]);
        for x in wide.chain(small) {
            let (double, single) = (tanh(x), tanh(x as f32));
            assert!((double - x.tanh()).abs() <= 1e-14 * x.tanh().abs(), "{x}: {double}");
            let expected = f64::from(x as f32).tanh();
            let tiny = f64::from(f32::MIN_POSITIVE);
            assert!((f64::from(single) - expected).abs() <= 3e-6 * expected.abs() + tiny, "{x}: {single}");
        }
        assert_eq!([tanh(f64::INFINITY), tanh(f64::NEG_INFINITY), tanh(1e300)], [1.0, -1.0, 1.0]);
        assert!(tanh(f64::NAN).is_nan());
    }
}
