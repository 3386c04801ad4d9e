//! Thalweg's methods, each as it is written without options.

use thalweg_solve::{
    Bounds, Constraint, Derivatives, LeastSquaresMethod, LeastSquaresOptions, Method, Objective, Options,
    Relation, Residuals, SolveError, Traced, TracedResiduals, least_squares, minimize,
};

use super::problem::{Counts, Problem, Watch};
use super::{COSINE_TOLERANCE, End, MOST, Outcome, STEP_TOLERANCE, TOLERANCE, VALUE_TOLERANCE};

/// A function or residuals, and who looks at what they are asked for.
struct Watched<Function> {
    function: Function,
    watch: Watch,
    /// The gradients and Hessian-vector products that were taken, or the Jacobians.
    slopes: u64,
}

impl Objective<f64> for Watched<Traced<f64>> {
    fn dim(&self) -> usize {
        self.function.dim()
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, SolveError> {
        self.watch.see(x, self.slopes);
        self.function.value(x)
    }

    fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, SolveError> {
        self.watch.see(x, self.slopes);
        self.slopes += 1;
        self.function.value_and_gradient(x, gradient)
    }

    fn derivatives(&self) -> Derivatives {
        self.function.derivatives()
    }

    fn hessian(&mut self, x: &[f64], hessian: &mut [f64]) -> Result<(), SolveError> {
        self.function.hessian(x, hessian)
    }

    fn hessian_vector(&mut self, x: &[f64], v: &[f64], product: &mut [f64]) -> Result<(), SolveError> {
        self.slopes += 1;
        self.function.hessian_vector(x, v, product)
    }
}

impl Residuals for Watched<TracedResiduals> {
    fn dim(&self) -> usize {
        self.function.dim()
    }

    fn count(&self) -> usize {
        self.function.count()
    }

    fn residuals(&mut self, x: &[f64], residuals: &mut [f64]) -> Result<(), SolveError> {
        self.watch.see(x, self.slopes);
        self.function.residuals(x, residuals)
    }

    fn jacobian(&mut self, x: &[f64], jacobian: &mut [f64]) -> Result<(), SolveError> {
        self.slopes += 1;
        self.function.jacobian(x, jacobian)
    }
}

pub(crate) fn run(problem: &Problem, watch: Watch, method: &str) -> Outcome {
    match method.parse() {
        Ok(method) => fit(problem, watch, method),
        Err(_) => descend(problem, watch, method),
    }
}

fn fit(problem: &Problem, watch: Watch, method: LeastSquaresMethod) -> Outcome {
    let Some(residuals) = problem.landscape.residuals() else { return Ok(None) };
    let options = LeastSquaresOptions {
        method,
        steps: MOST as usize,
        evaluations: MOST,
        value_tol: VALUE_TOLERANCE,
        step_tol: STEP_TOLERANCE,
        grad_tol: COSINE_TOLERANCE,
        ..LeastSquaresOptions::default()
    };
    let mut residuals = Watched { function: TracedResiduals::new(residuals)?, watch, slopes: 0 };
    let fit = least_squares(&mut residuals, problem.landscape.start(), &options)?;
    Ok(Some(End {
        x: fit.x,
        claims: fit.status.converged(),
        reason: fit.status.to_string(),
        counts: Counts { values: fit.evaluations, gradients: fit.jacobians, ..Counts::default() },
        needed: residuals.watch.needed,
    }))
}

fn descend(problem: &Problem, watch: Watch, method: &str) -> Outcome {
    let method: Method = method.parse()?;
    let constraints: Vec<Constraint> = problem.landscape.constraints().map_or_else(Vec::new, |known| {
        let equal = known.equalities.iter().map(|c| Relation::traced(c).into());
        equal.chain(known.inequalities.iter().map(|c| Relation::traced(c).at_least(0.0).into())).collect()
    });
    // The methods for functions have 1e-8 for the scaled conditions.
    let scaled = !constraints.is_empty() || matches!(method, Method::Constrained(_));
    if matches!(method, Method::Descent(_)) && !constraints.is_empty() {
        return Ok(None);
    }
    let bounded = problem.limits.iter().any(|(low, high)| low.is_finite() || high.is_finite());
    let options = Options {
        method,
        constraints,
        bounds: bounded.then(|| Bounds::each(&problem.limits)).transpose()?,
        steps: MOST as usize,
        max_evaluations: Some(MOST),
        grad_tol: (!scaled).then_some(TOLERANCE),
        ..Options::default()
    };
    let function = Traced::<f64>::new(problem.landscape.program())?;
    let mut objective = Watched { function, watch, slopes: 0 };
    let solution = minimize(&mut objective, problem.landscape.start(), &options)?;
    let asked = solution.evaluations;
    Ok(Some(End {
        x: solution.x,
        claims: solution.status.converged(),
        reason: solution.status.to_string(),
        counts: Counts {
            values: asked.value,
            gradients: asked.gradient,
            hessians: asked.hessian,
            products: asked.hessian_vector,
        },
        needed: objective.watch.needed,
    }))
}
