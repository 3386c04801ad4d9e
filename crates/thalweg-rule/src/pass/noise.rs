//! Adding normal noise to the update, a number for every place: problem, parameter and step.

use super::Problem;
use super::isa::{Isa, Kernel};
use super::stage::{Piece, Stage};
use super::state::{SlotRange, no_slots};
use crate::random::Normals;
use crate::{Arithmetic, Real, RuleError};

/// `u ← u + amplitude(t) · ξ`, ξ of mean 0 and variance 1, t counting steps from 0.
pub(crate) struct Noise<D> {
    pub(crate) name: &'static str,
    pub(crate) seed: u64,
    pub(crate) amplitude: D,
}

struct SizedNoise<D> {
    noise: Noise<D>,
    lanes: usize,
    /// The number of the first problem.
    first: u64,
    /// Of the step at hand.
    normals: Normals,
    amplitude: f64,
    isa: Isa,
}

impl<F: Real, D: Fn(u64) -> f64 + Send + Sync + 'static> Piece<F> for Noise<D> {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let normals = Normals::new(self.seed, 0);
        let (lanes, first) = (problem.shape.lanes, problem.first);
        Ok(Box::new(SizedNoise { noise: *self, lanes, first, normals, amplitude: 0.0, isa: Isa::detect() }))
    }
}

impl<F: Real, D: Fn(u64) -> f64 + Send + Sync> Stage<F> for SizedNoise<D> {
    fn name(&self) -> &'static str {
        self.noise.name
    }

    fn begin(&mut self, step: u64) {
        self.normals = Normals::new(self.noise.seed, step);
        self.amplitude = (self.noise.amplitude)(step);
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        let mut rest = update;
        let mut at = at;
        while !rest.is_empty() {
            let (parameter, lane) = (at / self.lanes, at % self.lanes);
            let count = if self.lanes == 1 { rest.len() } else { rest.len().min(self.lanes - lane) };
            let (row, after) = rest.split_at_mut(count);
            let kernel = Add {
                normals: self.normals,
                amplitude: self.amplitude,
                problem: self.first.wrapping_add(lane as u64),
                parameter: parameter as u64,
                along: self.lanes == 1,
            };
            self.isa.run(kernel, row, &[], no_slots());
            (rest, at) = (after, at + count);
        }
    }
}

/// Noise for a row of places.
struct Add {
    normals: Normals,
    amplitude: f64,
    problem: u64,
    parameter: u64,
    /// Whether the row is of parameters of one problem; otherwise of one parameter of several problems.
    along: bool,
}

impl<F: Real> Kernel<F> for Add {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        let Add { normals, amplitude, problem, parameter, along } = self;
        let [across, along] = if along { [0, u64::MAX] } else { [u64::MAX, 0] };
        for (i, u) in (0_u64..).zip(update) {
            let xi = normals.at(problem.wrapping_add(i & across), parameter.wrapping_add(i & along));
            *u = (A::load(*u) + A::of(amplitude * xi)).store();
        }
    }
}
