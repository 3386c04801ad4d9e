//! Thalweg's methods, each as it is written without options.

use thalweg_solve::{
    Bounds, Constraint, LeastSquaresMethod, LeastSquaresOptions, Method, Options, Relation, Traced,
    TracedResiduals, least_squares, minimize,
};

use super::problem::{Counts, Problem};
use super::{COSINE_TOLERANCE, End, MOST, Outcome, STEP_TOLERANCE, TOLERANCE, VALUE_TOLERANCE};

pub(crate) fn run(problem: &mut Problem, method: &str) -> Outcome {
    match method.parse() {
        Ok(method) => fit(problem, method),
        Err(_) => descend(problem, method),
    }
}

fn fit(problem: &Problem, method: LeastSquaresMethod) -> Outcome {
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
    let mut residuals = TracedResiduals::new(residuals)?;
    let fit = least_squares(&mut residuals, problem.landscape.start(), &options)?;
    Ok(Some(End {
        x: fit.x,
        claims: fit.status.converged(),
        reason: fit.status.to_string(),
        counts: Counts { values: fit.evaluations, gradients: fit.jacobians, ..Counts::default() },
    }))
}

fn descend(problem: &Problem, method: &str) -> Outcome {
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
    let mut objective = Traced::<f64>::new(problem.landscape.program())?;
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
    }))
}
