//! A transform as a rule: one loop over parameters, gradient and state.

use super::isa::Isa;
use super::loops::Descend;
use super::state::{Shared, Slots};
use super::threads;
use super::{Explanation, Rule, Shape, Step, average, check_coefficients, look_ahead};
use crate::formula::{self, Formula, MAX_COEFFICIENTS};
use crate::memory::{Memory, Visit};
use crate::transform::MAX_SLOTS;
use crate::{Evaluation, Real, RuleError, Transform};

/// A statically composed transform, compiled into one loop: one pass over memory per step.
///
/// ```
/// use thalweg_rule::{Chain, Fused, Rule, transform::{Rate, Trace}};
///
/// let heavy_ball = Chain(Rate::new(0.1), Trace::new(0.5));
/// let mut rule = Fused::new(heavy_ball, 1, 1)?;
/// let mut x = [1.0];
/// rule.step(&mut x, &[2.0])?;
/// rule.step(&mut x, &[2.0])?;
/// assert!((x[0] - 0.5_f64).abs() < 1e-15);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug)]
pub struct Fused<T, F> {
    transform: T,
    state: Slots<F>,
    steps: u64,
    shape: Shape,
    isa: Isa,
    /// How many numbers the formula has that change from step to step, if there is a formula.
    coefficients: Option<usize>,
}

impl<T: Transform, F: Real> Fused<T, F> {
    /// A rule for `lanes` problems of `dim` parameters each, component by component: parameter `j` of problem `i` is
    /// element `j · lanes + i`.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`].
    pub fn new(mut transform: T, dim: usize, lanes: usize) -> Result<Self, RuleError> {
        const { assert!(T::SLOTS <= MAX_SLOTS, "a transform may keep at most MAX_SLOTS slots") };
        let shape = Shape::new(dim, lanes)?;
        let slots = (0..T::SLOTS).map(|slot| (T::slot_name(slot), transform.slot_start(slot))).collect();
        let state = Slots::new(shape.size, slots).ok_or(RuleError::TooLarge { dim, lanes })?;
        transform.begin(0);
        let coefficients = formula::numbers(&transform, &mut []);
        let elsewhere = transform.look_ahead().is_some() || transform.average().is_some();
        let simple = !elsewhere && coefficients <= MAX_COEFFICIENTS;
        let coefficients = simple.then_some(coefficients);
        let mut fused = Fused { transform, state, steps: 0, shape, isa: Isa::detect(), coefficients };
        if fused.formula().is_none() {
            fused.coefficients = None;
        }
        Ok(fused)
    }
}

impl<T: Transform, F: Real> Rule<F> for Fused<T, F> {
    #[inline]
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        let grads = at.gradient;
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", grads.len())?;
        self.transform.begin(self.steps);
        self.steps += 1;
        let (transform, isa, state) = (&self.transform, self.isa, self.state.shared());
        let far = threads::far::<F>(params.len(), 2 + T::SLOTS);
        if threads::pay(params.len()) {
            let params = Shared::new(params);
            threads::cover(grads.len(), &|range| {
                // SAFETY: `cover` hands out disjoint ranges.
                let (x, slots) =
                    unsafe { (params.slice(range.clone()), state.slots(0, T::SLOTS, range.clone())) };
                isa.run(Descend { transform, far }, x, &grads[range], slots);
            });
        } else {
            // SAFETY: all slots are borrowed once.
            let slots = unsafe { state.slots(0, T::SLOTS, 0..grads.len()) };
            isa.run(Descend { transform, far }, params, grads, slots);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.steps = 0;
        self.state.reset();
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        let Some((slot, factor)) = self.transform.look_ahead() else { return false };
        look_ahead(params, self.state.slot(slot), factor, point);
        true
    }

    fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
        let _ = params;
        let Some((slot, factor)) = self.transform.average().filter(|_| self.steps > 0) else { return false };
        average(self.state.slot(slot), factor, out);
        true
    }

    fn formula(&self) -> Option<Formula> {
        let coefficients = self.coefficients?;
        let update = |u, x, slots: &mut [_]| formula::through(&self.transform, u, x, slots);
        formula::record(self.state.starts(), update).filter(|formula| formula.coefficients == coefficients)
    }

    fn coefficients(&mut self, out: &mut [f64]) -> Result<(), RuleError> {
        check_coefficients(self.coefficients, out.len())?;
        for row in out.chunks_mut(self.coefficients.unwrap_or_default().max(1)) {
            self.transform.begin(self.steps);
            self.steps += 1;
            formula::numbers(&self.transform, row);
        }
        Ok(())
    }

    fn skip(&mut self, steps: u64) -> Result<(), RuleError> {
        for _ in 0..steps {
            self.transform.begin(self.steps);
            self.steps += 1;
        }
        Ok(())
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("steps", Memory::Count(&mut self.steps));
        self.transform
            .numbers(&mut |name, number| visit(name, Memory::Numbers(std::slice::from_mut(number))));
        visit("", Memory::Slots(&mut self.state));
    }

    fn explain(&self) -> Explanation {
        Explanation::new::<F>(self.shape.size, vec![Step::pass("all transforms", 1, T::SLOTS)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::{Gradient, Rate, ScaleByAdam};
    use crate::{Adam, Chain};

    fn run(isa: Isa, size: usize) -> Vec<f64> {
        let gradient = Gradient { weight_decay: 0.1, maximize: false };
        let adam = Adam { amsgrad: true, ..Adam::default() };
        let chain = Chain(gradient, Chain(ScaleByAdam::<true>::new(&adam), Rate::new(0.1)));
        let mut rule = Fused::new(chain, size, 1).unwrap();
        rule.isa = isa;
        let mut x: Vec<f64> = (0..size).map(|i| (i as f64).sin()).collect();
        for step in 0..10 {
            let gradient: Vec<f64> = x.iter().map(|x| x.powi(3) - f64::from(step) * 0.1).collect();
            rule.step(&mut x, &gradient).unwrap();
        }
        x
    }

    #[test]
    fn every_instruction_set_computes_the_same() {
        for size in [1, 3, 100] {
            let baseline = run(Isa::Baseline, size);
            for isa in Isa::all() {
                for (x, y) in run(isa, size).iter().zip(&baseline) {
                    assert!((x - y).abs() <= 1e-13, "{isa:?}, size {size}: {x}, {y}");
                }
            }
            let fused: Vec<_> = Isa::all().into_iter().skip(1).map(|isa| run(isa, size)).collect();
            assert!(fused.iter().all(|x| *x == fused[0]), "size {size}");
        }
    }
}
