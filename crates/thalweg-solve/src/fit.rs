//! [`fit`]: least squares of a parametric curve to data, by mini-batches.

use thalweg_function::{Executable, InputAxis, Program, batch, select_outputs, value_and_gradient};
use thalweg_rule::{Adam, Evaluation, Optimizer, Rule};

use crate::clock::Clock;
use crate::error::check_point;
use crate::objective::parts_of;
use crate::random::{Purpose, below, words};
use crate::scalar::{all_finite, narrow, wide};
use crate::{Method, Scalar, SolveError, Status};

/// A curve to be fitted: predictions as a function of parameters and of one example's data.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<'a, F> {
    /// The prediction: inputs are first the parameters, then the data columns.
    pub prediction: &'a Program,
    /// The data columns, each with one number an example.
    pub columns: &'a [Vec<F>],
    /// What the prediction should be, for each example.
    pub target: &'a [F],
    /// Where the parameters start.
    pub start: &'a [F],
}

impl<F: Scalar> Fit<'_, F> {
    /// Whether prediction, columns, target and start belong together.
    pub(crate) fn check(&self) -> Result<(), SolveError> {
        let count = self.target.len();
        let data = |message: String| Err(SolveError::Data(message));
        if count == 0 {
            return data("there is no example".to_owned());
        }
        for (i, column) in self.columns.iter().enumerate() {
            if column.len() != count {
                return data(format!(
                    "column {} has {} numbers, the target has {count}",
                    i + 1,
                    column.len()
                ));
            }
        }
        let (inputs, parameters, columns) =
            (self.prediction.input_count(), self.start.len(), self.columns.len());
        if inputs != parameters + columns {
            return data(format!(
                "the prediction has {inputs} inputs; {parameters} parameters and {columns} columns were given"
            ));
        }
        check_point(|| "start".to_owned(), self.start, self.start.len())?;
        if parameters == 0 {
            let (name, wanted, found) = ("the number of parameters", "at least 1", "0".to_owned());
            return Err(SolveError::Option { name, wanted, found });
        }
        Ok(())
    }
}

/// How a fit goes.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// The rule. `adam(lr=0.01)` unless set.
    pub method: Optimizer,
    /// The most steps: at least 1; 1000 unless set. Of a rule that takes several gradients to a step, those that move the parameters.
    pub steps: usize,
    /// Examples a gradient; all of them if `None`. The gradients that `sam` takes for one step are of the same examples.
    pub batch: Option<usize>,
    /// Whether each example of a batch is drawn anew from all. Otherwise every epoch goes once through the examples in a random
    /// order; its last batch may be smaller.
    pub replacement: bool,
    /// The seed of the batches.
    pub seed: u64,
    /// Stop when the loss changes by at most this from one step to the next.
    pub value_tol: Option<f64>,
    /// What [`Fitted::losses`] are taken over: all examples (`true`, one more evaluation of all data a step), or the batch that
    /// the step was made with (`false`).
    pub full_loss: bool,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions {
            method: Adam { lr: 0.01.into(), ..Adam::default() }.into(),
            steps: 1000,
            batch: None,
            replacement: false,
            seed: 0,
            value_tol: None,
            full_loss: true,
        }
    }
}

/// The end of a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted<F> {
    /// The parameters at the end; the last finite ones if the fit diverged. Of a rule that has better parameters than the last ones,
    /// such as their average, those, unless `value_tol` was met before.
    pub parameters: Vec<F>,
    /// The mean squared error over all examples there.
    pub loss: F,
    /// The parameters before the first step and after each: `steps + 1` rows.
    pub trajectory: Vec<Vec<F>>,
    /// The loss at each row of `trajectory`, over all examples with [`FitOptions::full_loss`]. Without it: at each row but
    /// the last the mean loss over the batches that the next step was made with, at the last row over all examples.
    pub losses: Vec<F>,
    /// Why the fit ended: [`Status::MaxSteps`], [`Status::ConvergedValue`] or [`Status::Diverged`].
    pub status: Status,
    /// The steps made.
    pub steps: usize,
    /// Wall time.
    pub seconds: f64,
}

/// Least squares by mini-batches: each step goes along the gradient of the mean over a batch of (prediction − target)².
///
/// Examples lie along the lanes, parameters are shared; sums are taken in a fixed order, so the same seed gives the same bits.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Fit, FitOptions, fit};
///
/// let line = Expression::parse_with("a*x + b", Some(&["a", "b", "x"]), &[])?;
/// let x: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
/// let target: Vec<f64> = x.iter().map(|x| 3.0 * x - 1.0).collect();
/// let problem = Fit { prediction: line.program(), columns: &[x], target: &target, start: &[0.0, 0.0] };
/// let options = FitOptions { method: "sgd(lr=0.5)".parse()?, batch: Some(10), ..FitOptions::default() };
/// let fitted = fit(&problem, &options)?;
/// assert!((fitted.parameters[0] - 3.0).abs() < 1e-6 && (fitted.parameters[1] + 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Columns of different lengths, a prediction with another number of inputs than there are parameters and columns, no example,
/// a start that is not finite, an option outside its range, a rule that needs Hessian-vector products.
pub fn fit<F: Scalar>(problem: &Fit<'_, F>, options: &FitOptions) -> Result<Fitted<F>, SolveError> {
    let clock = Clock::start();
    problem.check()?;
    check(problem, options)?;
    let count = problem.target.len();
    let size = options.batch.unwrap_or(count);
    let mut residuals = Residuals::new(problem)?;
    let method = Method::from(options.method.clone());
    let mut rule =
        options.method.rule_for::<F>(&method.layout(parts_of(problem.prediction, problem.start.len())))?;
    if rule.needs().hessian_vector {
        return Err(SolveError::Missing { needs: "this rule", what: "Hessian-vector products" });
    }
    let mut parameters = problem.start.to_vec();
    let mut turns = Turns {
        batches: Batches::new(options, count, size),
        drawn: 0,
        point: parameters.clone(),
        last: parameters.clone(),
        gradient: vec![F::default(); parameters.len()],
    };
    let everything: Vec<usize> = (0..count).collect();
    let mut fitted = Fitted {
        parameters: parameters.clone(),
        loss: narrow(f64::NAN),
        trajectory: vec![parameters.clone()],
        losses: Vec::new(),
        status: Status::MaxSteps,
        steps: 0,
        seconds: 0.0,
    };
    if options.full_loss {
        fitted.losses.push(residuals.loss(&parameters, &everything, None)?);
    }
    for step in 0..options.steps {
        let loss = turns.step(&mut *rule, &mut parameters, &mut residuals)?;
        if !options.full_loss {
            fitted.losses.push(loss);
        }
        fitted.steps = step + 1;
        fitted.trajectory.push(parameters.clone());
        if options.full_loss {
            fitted.losses.push(residuals.loss(&parameters, &everything, None)?);
        }
        if !(all_finite(&parameters) && fitted.losses.last().is_some_and(|loss| all_finite(&[*loss]))) {
            fitted.status = Status::Diverged;
            break;
        }
        fitted.parameters.copy_from_slice(&parameters);
        if let (Some(tolerance), [.., before, now]) = (options.value_tol, fitted.losses.as_slice())
            && (wide(*now) - wide(*before)).abs() <= tolerance
        {
            fitted.status = Status::ConvergedValue;
            break;
        }
    }
    fitted.loss = residuals.loss(&fitted.parameters, &everything, None)?;
    if !options.full_loss {
        fitted.losses.push(fitted.loss);
    }
    if fitted.status == Status::MaxSteps && rule.averaged(&parameters, &mut turns.point) {
        let loss = residuals.loss(&turns.point, &everything, None)?;
        if all_finite(&turns.point) && all_finite(&[loss]) {
            (fitted.parameters, fitted.loss) = (turns.point, loss);
        }
    }
    fitted.seconds = clock.seconds();
    Ok(fitted)
}

fn check<F: Scalar>(problem: &Fit<'_, F>, options: &FitOptions) -> Result<(), SolveError> {
    let count = problem.target.len();
    let option = |name, wanted, found: String| Err(SolveError::Option { name, wanted, found });
    if options.steps == 0 {
        return option("steps", "at least 1", "0".to_owned());
    }
    if let Some(size) = options.batch.filter(|size| *size == 0 || (*size > count && !options.replacement)) {
        return option("batch", "from 1 to the number of examples", size.to_string());
    }
    if let Some(tolerance) = options.value_tol.filter(|v| !(v.is_finite() && *v >= 0.0)) {
        return option("value_tol", "finite and at least 0", tolerance.to_string());
    }
    Ok(())
}

/// What goes on from step to step.
struct Turns<F> {
    batches: Batches,
    /// Batches drawn so far.
    drawn: usize,
    /// Where the rule wants its gradient, and where it wanted the last one.
    point: Vec<F>,
    last: Vec<F>,
    gradient: Vec<F>,
}

impl<F: Scalar> Turns<F> {
    /// One step of the rule, with as many gradients as it takes; the mean loss over the batches. Each gradient is of another batch,
    /// unless the rule goes elsewhere for another gradient of the same step.
    fn step(
        &mut self,
        rule: &mut dyn Rule<F>,
        parameters: &mut [F],
        residuals: &mut Residuals<'_, F>,
    ) -> Result<F, SolveError> {
        let (made, mut losses, mut batches) = (rule.steps(), 0.0, 0);
        loop {
            if !rule.evaluation_point(parameters, &mut self.point) {
                self.point.copy_from_slice(parameters);
            }
            let again = batches > 0 && self.point != self.last;
            if !again {
                self.drawn += 1;
            }
            let loss =
                residuals.loss(&self.point, self.batches.next(self.drawn - 1), Some(&mut self.gradient))?;
            if !again {
                losses += wide(loss);
                batches += 1;
            }
            rule.advance(parameters, &Evaluation::of(&self.gradient).with_values(&[loss]))?;
            if rule.steps() != made {
                return Ok(narrow(losses / f64::from(batches)));
            }
            self.last.copy_from_slice(&self.point);
        }
    }
}

/// Which examples each step looks at.
struct Batches {
    count: usize,
    size: usize,
    replacement: bool,
    seed: u64,
    /// The batch, if drawn with replacement; else all examples in the order of the epoch.
    order: Vec<usize>,
    epoch: Option<u64>,
}

impl Batches {
    fn new(options: &FitOptions, count: usize, size: usize) -> Self {
        let (replacement, seed) = (options.replacement, options.seed);
        Batches { count, size, replacement, seed, order: (0..count).collect(), epoch: None }
    }

    fn next(&mut self, step: usize) -> &[usize] {
        let Batches { count, size, replacement, seed, .. } = *self;
        if replacement {
            let draw = |k: usize| {
                let pair = words(seed, Purpose::Batches, 0, step as u64, (k / 2) as u32);
                below(pair[k % 2], count)
            };
            self.order.clear();
            self.order.extend((0..size).map(draw));
            return &self.order;
        }
        if size == count {
            return &self.order;
        }
        let in_epoch = count.div_ceil(size);
        let (epoch, part) = ((step / in_epoch) as u64, step % in_epoch);
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.shuffle(epoch);
        }
        &self.order[part * size..((part + 1) * size).min(count)]
    }

    /// Fisher and Yates, from the examples in their own order.
    fn shuffle(&mut self, epoch: u64) {
        self.order.iter_mut().enumerate().for_each(|(k, place)| *place = k);
        for k in (1..self.order.len()).rev() {
            let word = words(self.seed, Purpose::Batches, epoch + 1, 0, k as u32)[0];
            self.order.swap(k, below(word, k + 1));
        }
    }
}

/// Losses and their gradients over sets of examples.
struct Residuals<'a, F> {
    problem: &'a Fit<'a, F>,
    /// Prediction and its derivatives by the parameters, for one example.
    slope: Program,
    /// Made ready for batches of these sizes.
    ready: Vec<(usize, Executable<F>)>,
    inputs: Vec<F>,
    out: Vec<F>,
}

impl<'a, F: Scalar> Residuals<'a, F> {
    fn new(problem: &'a Fit<'a, F>) -> Result<Self, SolveError> {
        let chosen: Vec<usize> = (0..=problem.start.len()).collect();
        let slope = select_outputs(&value_and_gradient(problem.prediction)?, &chosen)?;
        Ok(Residuals { problem, slope, ready: Vec::new(), inputs: Vec::new(), out: Vec::new() })
    }

    /// The mean of (prediction − target)² over the examples, and its gradient.
    fn loss(
        &mut self,
        parameters: &[F],
        examples: &[usize],
        gradient: Option<&mut Vec<F>>,
    ) -> Result<F, SolveError> {
        let size = examples.len();
        self.inputs.clear();
        self.inputs.extend_from_slice(parameters);
        for column in self.problem.columns {
            self.inputs.extend(examples.iter().map(|&i| column[i]));
        }
        self.out.resize((parameters.len() + 1) * size, F::default());
        let slot = self.executable(size)?;
        self.ready[slot].1.run(&self.inputs, &mut self.out)?;
        let (predictions, slopes) = self.out.split_at_mut(size);
        let mut loss = 0.0;
        for (residual, &i) in predictions.iter_mut().zip(examples) {
            *residual = *residual - self.problem.target[i];
            loss += wide(*residual).powi(2);
        }
        if let Some(gradient) = gradient {
            for (g, slopes) in gradient.iter_mut().zip(slopes.chunks_exact(size)) {
                let sum: f64 = predictions.iter().zip(slopes).map(|(&r, &slope)| wide(r) * wide(slope)).sum();
                *g = narrow(2.0 * sum / size as f64);
            }
        }
        Ok(narrow(loss / size as f64))
    }

    /// The place in `ready` of the executable for this many examples.
    fn executable(&mut self, size: usize) -> Result<usize, SolveError> {
        if let Some(slot) = self.ready.iter().position(|(ready, _)| *ready == size) {
            return Ok(slot);
        }
        let mut axes = vec![InputAxis::Shared; self.problem.start.len()];
        axes.resize(self.slope.input_count(), InputAxis::Batched);
        self.ready.push((size, Executable::new(&batch(&self.slope, size, &axes)?)?));
        Ok(self.ready.len() - 1)
    }
}
