//! Averages of the parameters beside the parameters.

use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Isa, Shape, Slots, together};
use crate::wrap::pass_on;
use crate::{Evaluation, Explanation, Real, Rule, RuleError, Step};

recipe! {
    /// A decaying average of the parameters, beside them.
    ///
    /// ```text
    /// after each step of the chain:   e ← decay · e + (1 − decay) · x          (at first e is x)
    /// with debias:   e starts from 0, and the average is e / (1 − decayᵗ)       (t counts from 1)
    /// ```
    ///
    /// The chain steps as if this link were not there, wherever it stands; the average is handed out by
    /// [`averaged`](crate::Rule::averaged). Calls that do not move the parameters, as under [`Accumulate`](crate::Accumulate), do not
    /// count.
    ///
    /// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992, with decaying weights.
    ///
    /// Conventions: PyTorch's `AveragedModel` with `get_ema_multi_avg_fn(decay)` where it is first updated before the first step;
    /// `debias` is `optax.ema` applied to the parameters.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sgd(lr=1) | parameter_ema(0.5)")?.rule(1, 1)?;
    /// let (mut x, mut average) = ([4.0], [0.0]);
    /// rule.step(&mut x, &[2.0])?;
    /// assert!(rule.averaged(&x, &mut average));
    /// assert_eq!((x, average), ([2.0], [3.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ParameterEma = parameter_ema("a decaying average of the parameters, beside them") requires {
        /// How much of the average is kept at a step.
        decay: f64 = 0.0, BELOW_ONE;
    } {
        /// Starts the average from zero and divides by the sum of weights, so that the start has no part in it.
        debias: bool = false;
    }
}

recipe! {
    /// The mean of the parameters at some steps, beside them.
    ///
    /// ```text
    /// after step t, if t ≥ start and t − start is a multiple of every:   n ← n + 1;   a ← a + (x − a) / n
    /// ```
    ///
    /// Steps count from 0. The chain steps as if this link were not there, wherever it stands; the mean is handed out by
    /// [`averaged`](crate::Rule::averaged) as soon as there is one.
    ///
    /// Source: Izmailov, Podoprikhin, Garipov, Vetrov and Wilson, "Averaging weights leads to wider optima and better
    /// generalization", 2018; Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    ///
    /// Conventions: PyTorch's `AveragedModel`, updated after the steps named.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sgd(lr=1) | parameter_swa(start=1)")?.rule(1, 1)?;
    /// let (mut x, mut mean) = ([0.0], [0.0]);
    /// for _ in 0..3 {
    ///     rule.step(&mut x, &[-2.0])?;
    /// }
    /// assert!(rule.averaged(&x, &mut mean));
    /// // Of 4 and 6, the parameters after the steps 1 and 2.
    /// assert_eq!(mean, [5.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ParameterSwa = parameter_swa("the mean of the parameters at some steps, beside them") {
        /// The first step that counts.
        start: u64 = 0, NOT_NEGATIVE;
        /// Every how many steps from there one counts.
        every: u64 = 1, FROM_ONE;
    }
}

/// Which average.
#[derive(Clone, Copy)]
enum Weights {
    Decaying { decay: f64, debias: bool },
    Equal { start: u64, every: u64 },
}

impl Weights {
    fn name(self) -> &'static str {
        match self {
            Weights::Decaying { .. } => "parameter_ema",
            Weights::Equal { .. } => "parameter_swa",
        }
    }

    fn around<F: Real>(self) -> Part<F> {
        Part::Onlooker(Box::new(move |inner, problem| {
            let (inner, shape) = (inner(problem)?, problem.shape);
            let average = Slots::single(shape, self.name())?;
            let (steps, count, isa) = (0, 0, Isa::detect());
            Ok(Box::new(Averaging { weights: self, steps, count, average, inner, shape, isa }))
        }))
    }
}

impl Assemble for ParameterEma {
    fn part<F: Real>(&self) -> Part<F> {
        Weights::Decaying { decay: self.decay, debias: self.debias }.around()
    }
}

impl Assemble for ParameterSwa {
    fn part<F: Real>(&self) -> Part<F> {
        Weights::Equal { start: self.start, every: self.every }.around()
    }
}

struct Averaging<F> {
    weights: Weights,
    steps: u64,
    /// Parameters in the average.
    count: u64,
    average: Slots<F>,
    inner: Box<dyn Rule<F>>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Averaging<F> {
    /// The weight of the newest parameters, if they count.
    fn weight(&self) -> Option<f64> {
        match self.weights {
            Weights::Decaying { decay, .. } => Some(1.0 - decay),
            Weights::Equal { start, every } => {
                let counts = self.steps >= start && (self.steps - start).is_multiple_of(every);
                counts.then(|| 1.0 / (self.count + 1) as f64)
            }
        }
    }
}

impl<F: Real> Rule<F> for Averaging<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        let average = self.average.slot_mut(0);
        match self.weights {
            _ if self.count > 0 => {}
            Weights::Decaying { debias: false, .. } => average.copy_from_slice(params),
            _ => average.fill(F::default()),
        }
        let before = self.inner.steps();
        self.inner.advance(params, at)?;
        if self.inner.steps() == before {
            return Ok(());
        }
        if let Some(weight) = self.weight() {
            let (isa, weight) = (self.isa, F::of(weight));
            together(self.average.slot_mut(0), params, |average, x| isa.average_in(average, weight, x));
            self.count += 1;
        }
        self.steps += 1;
        Ok(())
    }

    fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
        if self.count == 0 {
            return self.inner.averaged(params, out);
        }
        out.copy_from_slice(self.average.slot(0));
        if let Weights::Decaying { decay, debias: true } = self.weights {
            let known = -(self.count as f64 * decay.ln()).exp_m1();
            self.isa.scale(out, F::of(1.0 / known));
        }
        true
    }

    fn reset(&mut self) {
        (self.steps, self.count) = (0, 0);
        self.inner.reset();
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let name = self.weights.name();
        visit(&format!("{name}.steps"), Memory::Count(&mut self.steps));
        visit(&format!("{name}.count"), Memory::Count(&mut self.count));
        visit("", Memory::Slots(&mut self.average));
        self.inner.memory(visit);
    }

    fn explain(&self) -> Explanation {
        let mut explanation = self.inner.explain();
        explanation.steps.push(Step { name: self.weights.name().to_owned(), reads: 2, writes: 1 });
        explanation
    }

    pass_on!(inner: steps needs probe evaluation_point again takes_nonfinite);
}
