//! Parameters in bfloat16: rules that step in `f32`, and how what they write is rounded.

mod convert;

pub use half::bf16;

#[cfg(feature = "checkpoints")]
use crate::Checkpoint;
use crate::pass::Shape;
use crate::{Evaluation, Explanation, Layout, Needs, Optimizer, Rule, RuleError, Step};
use convert::{Coins, round_at_random, round_to_nearest, widen};

/// How small updates survive in parameters that have eight bits of precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Master {
    /// The rule steps copies in `f32`, made from the parameters at the first step; the parameters are the copies rounded to nearest,
    /// ties to even. Four bytes a parameter more.
    ///
    /// Source: Micikevicius, Narang, Alben, Diamos, Elsen, Garcia, Ginsburg, Houston, Kuchaiev, Venkatesh and Wu, "Mixed precision
    /// training", 2018.
    Copies,
    /// No copies: parameters are widened, stepped in `f32`, and rounded up or down at random, such that the mean is what the rule wrote.
    /// With `a ≤ x ≤ b` next to each other in bfloat16, `P(b) = (x − a) / (b − a)`, exactly. Numbers that bfloat16 has stay as they
    /// are; what is beyond the largest may become infinite.
    ///
    /// The random bits are a function of the seed, the step and the element, whatever the number of threads.
    ///
    /// Source: Gupta, Agrawal, Gopalakrishnan and Narayanan, "Deep learning with limited numerical precision", 2015.
    StochasticRounding {
        /// Which random bits.
        seed: u64,
    },
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for half::bf16 {}
    impl Sealed for f32 {}
}

/// What a gradient for [`MixedPrecision`] may consist of: [`bf16`] or `f32`.
pub trait GradientElement: sealed::Sealed + Copy {
    /// Bytes moved by one element on its way to `f32`.
    #[doc(hidden)]
    const MOVED: usize;

    /// The same numbers in `f32`, in the room if need be.
    #[doc(hidden)]
    fn widened<'a>(gradient: &'a [Self], room: &'a mut Vec<f32>) -> &'a [f32];
}

impl GradientElement for bf16 {
    const MOVED: usize = size_of::<bf16>() + size_of::<f32>();

    fn widened<'a>(gradient: &'a [Self], room: &'a mut Vec<f32>) -> &'a [f32] {
        room.resize(gradient.len(), 0.0);
        widen(gradient, room);
        room
    }
}

impl GradientElement for f32 {
    const MOVED: usize = 0;

    fn widened<'a>(gradient: &'a [Self], _: &'a mut Vec<f32>) -> &'a [f32] {
        gradient
    }
}

/// A rule at work on parameters in bfloat16.
///
/// Everything that the rule remembers and computes is in `f32`; only parameters, and gradients if they are so given, are in bfloat16.
/// Between two steps with [`Master::Copies`] the copies are what counts: a change made to the parameters by hand is overwritten, unless
/// it is made to the copies too ([`set_master`](MixedPrecision::set_master)).
///
/// Conversions are passes of their own, before and after those of the rule: beside what the rule moves, a step with gradients in
/// bfloat16 moves 12 bytes a parameter with copies (the gradient read and its widening written, the copy read and the parameter
/// written) and 18 with stochastic rounding, where parameters are widened too; gradients in `f32` save 6 of them. The room: copies,
/// or the widened parameters, 4 bytes a parameter, and the same for widened gradients. It is made at the first step and stays.
///
/// ```
/// use thalweg_rule::{Layout, Master, MixedPrecision, Optimizer, bf16};
///
/// let layout = Layout::new([("weight", vec![2])]);
/// let mut rule = MixedPrecision::new(&Optimizer::parse("sgd(lr=0.001)")?, &layout, Master::Copies)?;
/// let mut params = [bf16::from_f32(1.0), bf16::from_f32(-1.0)];
/// for _ in 0..1000 {
///     // A step of 1/1000 is less than half the distance to the next number, 1/256: without copies nothing would move.
///     rule.step(&mut params, &[bf16::ONE, -bf16::ONE])?;
/// }
/// assert!(params.iter().all(|x| x.to_f32().abs() < 1e-4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MixedPrecision {
    rule: Box<dyn Rule<f32>>,
    shape: Shape,
    master: Master,
    /// The copies, or the room for widened parameters.
    full: Vec<f32>,
    /// Whether `full` holds copies.
    held: bool,
    /// Room for widened gradients.
    room: Vec<f32>,
}

impl MixedPrecision {
    /// The optimiser's rule for parameters that consist of named, shaped parts.
    ///
    /// # Errors
    /// As [`Optimizer::rule_for`].
    pub fn new(optimizer: &Optimizer, layout: &Layout, master: Master) -> Result<Self, RuleError> {
        let shape = Shape::new(layout.len(), 1)?;
        Ok(Self::around(optimizer.rule_for(layout)?, shape, master))
    }

    fn around(rule: Box<dyn Rule<f32>>, shape: Shape, master: Master) -> Self {
        MixedPrecision { rule, shape, master, full: Vec::new(), held: false, room: Vec::new() }
    }

    /// One step from the gradient alone, in bfloat16 or `f32`: changes `params` in place.
    ///
    /// # Errors
    /// As [`Rule::step`]; nothing is changed then.
    pub fn step<G: GradientElement>(&mut self, params: &mut [bf16], grads: &[G]) -> Result<(), RuleError> {
        self.advance(params, grads, None)
    }

    /// As [`step`](MixedPrecision::step), with the function's value if it is known.
    ///
    /// # Errors
    /// As [`Rule::advance`]; nothing is changed then.
    pub fn advance<G: GradientElement>(
        &mut self,
        params: &mut [bf16],
        grads: &[G],
        values: Option<&[f32]>,
    ) -> Result<(), RuleError> {
        self.shape.check("gradient", grads.len())?;
        let mut room = std::mem::take(&mut self.room);
        let gradient = G::widened(grads, &mut room);
        let done = self.step_at(params, &Evaluation { gradient, values, hessian_vector: None });
        self.room = room;
        done
    }

    /// As [`step`](MixedPrecision::step), from all that can be told to a rule, in `f32`.
    ///
    /// # Errors
    /// As [`Rule::advance`]; nothing is changed then.
    pub fn step_at(&mut self, params: &mut [bf16], at: &Evaluation<'_, f32>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        if !self.held {
            self.full.resize(params.len(), 0.0);
            widen(params, &mut self.full);
        }
        self.rule.advance(&mut self.full, at)?;
        match self.master {
            Master::Copies => {
                self.held = true;
                round_to_nearest(&self.full, params);
            }
            Master::StochasticRounding { seed } => {
                round_at_random(Coins::new(seed, self.rule.steps()), &self.full, params);
            }
        }
        Ok(())
    }

    /// Where the next gradient must be taken, rounded to nearest; see [`Rule::evaluation_point`].
    ///
    /// # Errors
    /// [`RuleError::Length`].
    pub fn evaluation_point(&mut self, params: &[bf16], point: &mut [bf16]) -> Result<bool, RuleError> {
        self.written(params, point, |rule, full, to| rule.evaluation_point(full, to))
    }

    /// Whether there are better parameters for use after training, rounded to nearest then; see [`Rule::averaged`].
    ///
    /// # Errors
    /// [`RuleError::Length`].
    pub fn averaged(&mut self, params: &[bf16], out: &mut [bf16]) -> Result<bool, RuleError> {
        self.written(params, out, |rule, full, to| rule.averaged(full, to))
    }

    /// What the rule makes of the parameters, rounded.
    fn written(
        &mut self,
        params: &[bf16],
        out: &mut [bf16],
        make: impl FnOnce(&dyn Rule<f32>, &[f32], &mut [f32]) -> bool,
    ) -> Result<bool, RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("what is to be written", out.len())?;
        if !self.held {
            self.full.resize(params.len(), 0.0);
            widen(params, &mut self.full);
        }
        self.room.resize(params.len(), 0.0);
        let written = make(&*self.rule, &self.full, &mut self.room);
        if written {
            round_to_nearest(&self.room, out);
        }
        Ok(written)
    }

    /// What the rule needs beside gradients.
    pub fn needs(&self) -> Needs {
        self.rule.needs()
    }

    /// Whether the next step goes on with the last: see [`Rule::within_step`].
    pub fn within_step(&self) -> bool {
        self.rule.within_step()
    }

    /// Whether the rule sees to what is not finite: see [`Rule::takes_nonfinite`].
    pub fn takes_nonfinite(&self) -> bool {
        self.rule.takes_nonfinite()
    }

    /// The copies in `f32`, from the first step on; `None` with stochastic rounding.
    pub fn master(&self) -> Option<&[f32]> {
        self.held.then_some(&self.full)
    }

    /// Sets the copies, and the parameters to their roundings; with stochastic rounding the parameters alone, at nearest.
    ///
    /// # Errors
    /// [`RuleError::Length`]; nothing is changed then.
    pub fn set_master(&mut self, params: &mut [bf16], master: &[f32]) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("copies", master.len())?;
        if self.master == Master::Copies {
            self.full.clear();
            self.full.extend_from_slice(master);
            self.held = true;
        }
        round_to_nearest(master, params);
        Ok(())
    }

    /// The rule that steps in `f32`, to look at or to restore; its memory, the [copies](MixedPrecision::master) and the parameters are
    /// all that there is.
    pub fn inner_mut(&mut self) -> &mut dyn Rule<f32> {
        &mut *self.rule
    }

    /// Steps made so far.
    pub fn steps(&self) -> u64 {
        self.rule.steps()
    }

    /// Forgets everything, the copies too: the next step makes new ones from the parameters.
    pub fn reset(&mut self) {
        self.rule.reset();
        self.held = false;
    }

    /// As [`Rule::hyperparameters`].
    pub fn hyperparameters(&self) -> Vec<(String, f64)> {
        self.rule.hyperparameters()
    }

    /// As [`Rule::set`].
    ///
    /// # Errors
    /// As [`Rule::set`].
    pub fn set(&mut self, key: &str, value: f64) -> Result<(), RuleError> {
        self.rule.set(key, value)
    }

    /// How a step with gradients of this type goes over memory. The conversions stand under `bf16`, counted in vectors of two bytes an
    /// element, of which one in `f32` is two.
    pub fn explain<G: GradientElement>(&self) -> Explanation {
        let widening = |what: &str| Step { name: format!("{what} to f32"), reads: 1, writes: 2 };
        let mut steps = Vec::new();
        if G::MOVED > 0 {
            steps.push(widening("gradient"));
        }
        let name = match self.master {
            Master::Copies => "copies to bf16, to nearest",
            Master::StochasticRounding { .. } => {
                steps.push(widening("parameters"));
                "parameters to bf16, at random"
            }
        };
        steps.push(Step { name: name.to_owned(), reads: 2, writes: 1 });
        let (size, element) = (self.shape.size, size_of::<bf16>());
        let mut explanation = self.rule.explain();
        explanation.parts.push(("bf16".to_owned(), Explanation { size, element, steps, parts: Vec::new() }));
        explanation
    }
}

/// Saving and resuming.
#[cfg(feature = "checkpoints")]
impl MixedPrecision {
    /// A copy of the run as it is now: the copies, or the widened parameters, and all that the rule remembers.
    ///
    /// ```
    /// use thalweg_rule::{Checkpoint, Layout, Master, MixedPrecision, Optimizer, bf16};
    ///
    /// let master = Master::StochasticRounding { seed: 7 };
    /// let mut rule = MixedPrecision::new(&Optimizer::parse("adam(lr=0.1)")?, &Layout::flat(3), master)?;
    /// let (mut params, grads) = ([bf16::ONE; 3], [bf16::ONE; 3]);
    /// rule.step(&mut params, &grads)?;
    /// let bytes = rule.checkpoint(&params)?.to_bytes()?;
    ///
    /// let (mut resumed, mut resumed_params) = MixedPrecision::resume(Checkpoint::from_bytes(&bytes)?, master)?;
    /// rule.step(&mut params, &grads)?;
    /// resumed.step(&mut resumed_params, &grads)?;
    /// assert_eq!(params[..], resumed_params[..]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RuleError::Length`].
    pub fn checkpoint(&mut self, params: &[bf16]) -> Result<Checkpoint<f32>, RuleError> {
        self.shape.check("parameters", params.len())?;
        if !self.held {
            self.full.resize(params.len(), 0.0);
            widen(params, &mut self.full);
        }
        Checkpoint::of(&mut *self.rule, &self.full)
    }

    /// The rule as it was, and the parameters. Continues with the same bits if it is given the same `master`, which a checkpoint
    /// does not hold. A checkpoint of a run in `f32` will do too.
    ///
    /// # Errors
    /// As [`Checkpoint::resume`].
    pub fn resume(checkpoint: Checkpoint<f32>, master: Master) -> Result<(Self, Vec<bf16>), RuleError> {
        let (dim, (rule, full)) = (checkpoint.layout().len(), checkpoint.resume()?);
        let shape = Shape { dim, lanes: full.len().checked_div(dim).unwrap_or(1), size: full.len() };
        let mut params = vec![bf16::ZERO; full.len()];
        let mut mixed = Self::around(rule, shape, master);
        mixed.set_master(&mut params, &full)?;
        Ok((mixed, params))
    }
}
