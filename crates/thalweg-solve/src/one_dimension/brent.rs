//! [`Brent`]: a minimum by parabolas and golden section.

use super::{Probe, ScalarOptions};
use crate::Scalar;
use crate::checkpoint::Keeper;

/// (3 − √5)/2: the smaller part of an interval cut by the golden section.
pub(super) const GOLDEN: f64 = 0.381_966_011_250_105_15;

/// The point at which a search by golden section begins.
pub(super) fn golden_point((low, high): (f64, f64)) -> f64 {
    low + GOLDEN * (high - low)
}

/// The minimum lies in [a, b]; x is the lowest point, w the second lowest, v what w was before.
pub(super) struct Brent {
    rtol: f64,
    atol: f64,
    a: f64,
    b: f64,
    x: Point,
    w: Point,
    v: Point,
    /// The last step and the one before it.
    d: f64,
    e: f64,
    /// Where the function is being asked; `None` before the first time.
    asked: Option<f64>,
}

#[derive(Clone, Copy)]
struct Point {
    at: f64,
    value: f64,
}

impl Brent {
    /// Within an interval, where `first` is asked first.
    pub(super) fn new((low, high): (f64, f64), first: f64, options: &ScalarOptions) -> Self {
        let first = Point { at: first, value: f64::INFINITY };
        let (rtol, atol) = (options.rtol, options.atol);
        Brent { rtol, atol, a: low, b: high, x: first, w: first, v: first, d: 0.0, e: 0.0, asked: None }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        let Brent { a, b, x, w, v, d, e, .. } = self;
        let mut numbers = [*a, *b, x.at, x.value, w.at, w.value, v.at, v.value, *d, *e];
        keeper.numbers("brent", &mut numbers);
        [*a, *b, x.at, x.value, w.at, w.value, v.at, v.value, *d, *e] = numbers;
        keeper.maybe("asked", &mut self.asked);
    }

    /// The step to the lowest point of the parabola through x, w and v, if it is within the interval and shorter than half the
    /// step before the last.
    fn parabola(&self) -> Option<f64> {
        let (x, w, v) = (self.x, self.w, self.v);
        let r = (x.at - w.at) * (x.value - v.value);
        let q = (x.at - v.at) * (x.value - w.value);
        let p = (x.at - v.at) * q - (x.at - w.at) * r;
        let twice = 2.0 * (q - r);
        let (p, q) = if twice > 0.0 { (-p, twice) } else { (p, -twice) };
        let inside = p > q * (self.a - x.at) && p < q * (self.b - x.at);
        (p.abs() < (0.5 * q * self.e).abs() && inside).then(|| p / q)
    }
}

impl Probe for Brent {
    type Told = f64;

    fn next(&mut self) -> Option<f64> {
        if self.asked.is_none() {
            self.asked = Some(self.x.at);
            return self.asked;
        }
        let x = self.x.at;
        let middle = 0.5 * (self.a + self.b);
        let tolerance = self.rtol * x.abs() + self.atol;
        if (x - middle).abs() <= 2.0 * tolerance - 0.5 * (self.b - self.a) {
            return None;
        }
        let by_parabola = if self.e.abs() > tolerance { self.parabola() } else { None };
        if let Some(step) = by_parabola {
            self.e = self.d;
            self.d = step;
            let to = x + step;
            if to - self.a < 2.0 * tolerance || self.b - to < 2.0 * tolerance {
                self.d = if x < middle { tolerance } else { -tolerance };
            }
        } else {
            self.e = if x < middle { self.b - x } else { self.a - x };
            self.d = GOLDEN * self.e;
        }
        let step = if self.d.abs() >= tolerance { self.d } else { tolerance.copysign(self.d) };
        self.asked = Some(x + step);
        self.asked
    }

    fn tell(&mut self, value: f64) -> bool {
        let value = if value.is_nan() { f64::INFINITY } else { value };
        let Some(at) = self.asked else { return true };
        let told = Point { at, value };
        if at == self.x.at && self.x.value == f64::INFINITY {
            (self.x, self.w, self.v) = (told, told, told);
            return true;
        }
        if value <= self.x.value {
            if at < self.x.at {
                self.b = self.x.at;
            } else {
                self.a = self.x.at;
            }
            (self.v, self.w, self.x) = (self.w, self.x, told);
            return true;
        }
        if at < self.x.at {
            self.a = at;
        } else {
            self.b = at;
        }
        if value <= self.w.value || self.w.at == self.x.at {
            (self.v, self.w) = (self.w, told);
        } else if value <= self.v.value || self.v.at == self.x.at || self.v.at == self.w.at {
            self.v = told;
        }
        true
    }

    fn found(&self) -> (f64, f64, (f64, f64)) {
        (self.x.at, self.x.value, (self.a, self.b))
    }
}
