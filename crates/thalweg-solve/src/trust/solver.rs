//! [`Trust`]: steps within a trust region, whatever the model's matrix comes from.

use super::dogleg::Dogleg;
use super::exact::Exact;
use super::steihaug::{Conjugate, Divide, Limit};
use super::{Metric, Region, Subproblem, Within};
use crate::checkpoint::Keeper;
use crate::descent::{Moved, Secant, Stepped};
use crate::objective::Oracle;
use crate::scalar::{narrow, wide};
use crate::search::line::{ULPS, epsilon};
use crate::vector::{largest, norm, place};
use crate::{Scalar, SolveError};

/// Where the model's matrix comes from.
pub(crate) enum Model<F> {
    /// The objective's Hessian.
    Hessian(Vec<F>),
    /// Its products with vectors.
    Products,
    /// What was learnt from the steps.
    Secant(Secant),
}

/// Who minimises the model.
enum Minimiser<F> {
    Exact(Box<Exact>),
    Dogleg(Box<Dogleg>),
    Conjugate(Conjugate<F>),
}

pub(crate) struct Trust<F> {
    region: Region,
    radius: Option<f64>,
    first_radius: f64,
    model: Model<F>,
    by: Minimiser<F>,
    /// What lengths are measured by, if not by ‖p‖.
    metric: Option<Metric<F>>,
    /// Whether `by` knows the model at the point where the run is.
    ready: bool,
    matrix: Vec<f64>,
    gradient: Vec<f64>,
    step: Vec<f64>,
    direction: Vec<F>,
    largest: Option<f64>,
    /// ‖∇f‖ at the start.
    at_start: f64,
}

/// A model that is believed so many times as far as the first has no minimum.
const LONGEST: f64 = 1e100;

/// A step is taken if the function falls by this part of what the model promised.
const ENOUGH: f64 = 1e-4;

impl<F: Scalar> Trust<F> {
    /// `size`: the elements of the model's matrix, 0 if there is none.
    pub(crate) fn new(region: Region, model: Model<F>, dim: usize, size: usize) -> Self {
        let dense = region.subproblem != Subproblem::Steihaug;
        let by = match region.subproblem {
            Subproblem::Exact => Minimiser::Exact(Box::new(Exact::new(dim))),
            Subproblem::Dogleg => Minimiser::Dogleg(Box::new(Dogleg::new(dim))),
            Subproblem::Steihaug => Minimiser::Conjugate(Conjugate::new(dim)),
        };
        let copy = dense && matches!(model, Model::Hessian(_));
        Trust {
            region,
            radius: None,
            first_radius: 1.0,
            model,
            by,
            metric: None,
            ready: false,
            matrix: vec![0.0; if copy { size } else { 0 }],
            gradient: vec![0.0; if dense { dim } else { 0 }],
            step: vec![0.0; if dense { dim } else { 0 }],
            direction: vec![F::default(); dim],
            largest: None,
            at_start: 0.0,
        }
    }

    /// With lengths measured like this.
    pub(crate) fn measured(self, metric: Option<Metric<F>>) -> Self {
        Trust { metric, ..self }
    }

    /// The model itself is made anew at every point; only a learnt matrix is remembered.
    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("radius", &mut self.radius);
        keeper.number("first_radius", &mut self.first_radius);
        keeper.maybe("largest", &mut self.largest);
        keeper.number("at_start", &mut self.at_start);
        if let Model::Secant(secant) = &mut self.model {
            secant.memory(keeper);
        }
        if let Some(metric) = &mut self.metric {
            metric.memory(keeper);
            keeper.vector("direction", &mut self.direction);
        }
    }

    /// The first radius: as long as the point is far from the origin.
    fn radius(&mut self, x: &[F], gradient: &[F]) -> f64 {
        if let Some(radius) = self.radius {
            return radius;
        }
        let length = self.length_of(x);
        let own = if length > 0.0 { length } else { self.length_of(&vec![narrow(1.0); x.len()]) };
        let radius = if self.region.radius > 0.0 { self.region.radius } else { own };
        self.at_start = norm(gradient);
        if let Model::Secant(secant) = &mut self.model {
            secant.begin(self.at_start / radius);
        }
        self.radius = Some(radius);
        self.first_radius = radius;
        radius
    }

    fn length_of(&mut self, v: &[F]) -> f64 {
        self.metric.as_mut().and_then(|metric| metric.norm(v)).unwrap_or_else(|| norm(v))
    }

    /// The length of the last trial.
    fn length(&self) -> f64 {
        match (&self.by, &self.metric) {
            (Minimiser::Conjugate(conjugate), Some(_)) => conjugate.length,
            _ => norm(&self.direction),
        }
    }

    /// Measures the region in a norm that has changed by so much along the last step.
    fn rescale(&mut self, factor: f64) {
        self.radius = self.radius.map(|radius| radius * factor);
        self.first_radius *= factor;
    }

    /// One step from x, where value and gradient are `out`, to `x_after` and `out_after`.
    pub(crate) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let gradient = &out[1..];
        let before = *self.largest.get_or_insert_with(|| largest(gradient));
        if let Some(metric) = &mut self.metric {
            let factor = metric.refresh(oracle, x, &self.direction)?;
            self.rescale(factor);
        }
        let mut radius = self.radius(x, gradient);
        let mut fresh = false;
        for _ in 0..self.region.trials {
            let within = self.within(oracle, x, gradient, radius)?;
            if !(within.promised > 0.0 && place(x, 1.0, &self.direction, x_after)) {
                if self.start_again(radius, &mut fresh) {
                    continue;
                }
                return Ok(Stepped::Stuck { flat: within.promised.is_finite() });
            }
            oracle.slope(x_after, out_after)?;
            let (now, then) = (wide(out_after[0]), wide(out[0]));
            if now == f64::NEG_INFINITY {
                return Ok(Stepped::Diverged);
            }
            let after = largest(&out_after[1..]);
            let length = self.length();
            if !(now.is_finite() && crate::scalar::all_finite(out_after)) {
                radius = 0.1 * length;
                self.radius = Some(radius);
                continue;
            }
            if let Model::Secant(secant) = &mut self.model {
                let moved = Moved { x, out, x_after, out_after, direction: &self.direction, step: 1.0 };
                secant.learn(&moved);
                self.ready = false;
            }
            let fall = then - now;
            let rounding = ULPS * epsilon::<F>() * then.abs().max(now.abs());
            let flat = within.promised <= rounding && fall.abs() <= rounding;
            let ratio = fall / within.promised;
            if flat {
                if after > 0.5 * before {
                    return Ok(Stepped::Stuck { flat: true });
                }
            } else if ratio < 0.25 || ratio.is_nan() {
                radius = (if ratio < 0.0 { 0.1 } else { 0.25 }) * length;
            } else if ratio > 0.75 && within.at_border {
                radius = radius.max(if ratio > 0.9 { 4.0 } else { 2.0 } * length);
            }
            if radius > LONGEST * self.first_radius {
                return Ok(Stepped::Diverged);
            }
            self.radius = Some(radius);
            if flat || (fall > 0.0 && ratio > ENOUGH) {
                self.ready = false;
                self.largest = Some(after);
                if let Some(metric) = &mut self.metric {
                    let moved = Moved { x, out, x_after, out_after, direction: &self.direction, step: 1.0 };
                    let factor = metric.learn(&moved, length);
                    self.rescale(factor);
                }
                return Ok(Stepped::Moved { largest: after });
            }
        }
        Ok(Stepped::Stuck { flat: false })
    }

    /// Forgets a model that was learnt, once for a step.
    fn start_again(&mut self, radius: f64, done: &mut bool) -> bool {
        let Model::Secant(secant) = &mut self.model else { return false };
        let again = !*done && !secant.is_blank();
        if again {
            secant.begin(self.at_start / radius);
            self.ready = false;
            *done = true;
        }
        again
    }

    /// The model's minimiser within the radius, in `direction`.
    fn within(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        radius: f64,
    ) -> Result<Within, SolveError> {
        if !self.ready && !self.gradient.is_empty() {
            self.model(oracle, x, gradient)?;
        }
        self.ready = true;
        let within = match &mut self.by {
            Minimiser::Exact(exact) => exact.step(radius, &mut self.step),
            Minimiser::Dogleg(dogleg) => dogleg.step(radius, &mut self.step),
            Minimiser::Conjugate(conjugate) => {
                let accuracy = (norm(gradient) / self.at_start).sqrt().min(0.5);
                let model = &self.model;
                let multiply = |v: &[F], out: &mut [F]| match model {
                    Model::Secant(secant) => {
                        secant.multiply(v, out);
                        Ok(())
                    }
                    _ => oracle.hessian_vector(x, v, out),
                };
                let mut divide =
                    self.metric.as_mut().map(|metric| move |v: &[F], out: &mut [F]| metric.divide(v, out));
                let divide = divide.as_mut().map(|divide| divide as Divide<'_, F>);
                let border = Limit::Border(radius);
                return Ok(conjugate
                    .solve(gradient, accuracy, border, &mut self.direction, divide, multiply)?
                    .0);
            }
        };
        for (d, &own) in self.direction.iter_mut().zip(&self.step) {
            *d = narrow(own);
        }
        Ok(within)
    }

    /// Tells the model at x to who minimises it.
    fn model(&mut self, oracle: &mut impl Oracle<F>, x: &[F], gradient: &[F]) -> Result<(), SolveError> {
        for (own, &g) in self.gradient.iter_mut().zip(gradient) {
            *own = wide(g);
        }
        let matrix = match &mut self.model {
            Model::Hessian(hessian) => {
                oracle.hessian(x, hessian)?;
                for (own, &h) in self.matrix.iter_mut().zip(&*hessian) {
                    *own = wide(h);
                }
                &self.matrix
            }
            Model::Secant(secant) => secant.matrix(),
            Model::Products => return Ok(()),
        };
        match &mut self.by {
            Minimiser::Exact(exact) => exact.model(matrix, &self.gradient),
            Minimiser::Dogleg(dogleg) => dogleg.model(matrix, &self.gradient),
            Minimiser::Conjugate(_) => {}
        }
        Ok(())
    }
}
