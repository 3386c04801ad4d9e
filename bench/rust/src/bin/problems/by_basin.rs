//! basin's methods by their names; derivatives are Thalweg's, counted where they are asked for.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use basin::{
    ApplicationStop, Bfgs, BoxBounds, ConstraintDescription, ConstraintJacobian, ConstraintSet,
    ConstraintSolveError, Constraints, CostFunction, DenseMatrix, Executor, FirstOrderState, Gradient,
    GradientState, Hessian, HessianProduct, Jacobian, Lbfgs, LevenbergMarquardtQr, MoreSorensen,
    NoLinearConstraints, NonlinearBlock, NonlinearBlocks, NonlinearCg, NonlinearEqualityValues,
    NonlinearInequalityValues, OptimizationResult, PointState, Residual, SelectedFirstOrderState, Slsqp,
    State, Termination, TrustRegion, TrustRegionReflective,
};

use super::problem::{Ask, Counts, Problem, Watch};
use super::{COSINE_TOLERANCE, End, MOST, Outcome, STEP_TOLERANCE, TOLERANCE, VALUE_TOLERANCE};

/// More evaluations were asked for than allowed.
#[derive(Debug)]
struct Spent;

/// A problem that counts.
struct Counted {
    problem: RefCell<Problem>,
    watch: RefCell<Watch>,
    counts: Cell<Counts>,
    limits: (Vec<f64>, Vec<f64>),
    equalities: usize,
    functions: usize,
}

impl Counted {
    fn new(problem: Problem, watch: Watch) -> Self {
        let functions = problem.functions.as_ref();
        Counted {
            counts: Cell::default(),
            limits: problem.limits.iter().copied().unzip(),
            equalities: functions.map_or(0, |all| all.equalities),
            functions: functions.map_or(0, |all| all.count),
            problem: RefCell::new(problem),
            watch: RefCell::new(watch),
        }
    }

    fn ask(&self, ask: Ask, x: &[f64], more: &[f64]) -> Result<Vec<f64>, Spent> {
        let mut counts = self.counts.get();
        let count = match ask {
            Ask::Value | Ask::Residuals => Some(&mut counts.values),
            Ask::Gradient | Ask::Jacobian => Some(&mut counts.gradients),
            Ask::Hessian => Some(&mut counts.hessians),
            Ask::Product => Some(&mut counts.products),
            Ask::Functions | Ask::Slopes | Ask::Curvature => None,
        };
        if let Some(count) = count {
            if *count == MOST {
                return Err(Spent);
            }
            *count += 1;
        }
        self.counts.set(counts);
        if matches!(ask, Ask::Value | Ask::Residuals) {
            self.watch.borrow_mut().see(x, counts.slopes());
        }
        self.problem.borrow_mut().answer(ask, x, more).map_err(|_| Spent)
    }

    fn matrix(&self, ask: Ask, x: &[f64]) -> Result<DenseMatrix, Spent> {
        let numbers = self.ask(ask, x, &[])?;
        Ok(DenseMatrix::from_row_slice(numbers.len() / x.len(), x.len(), &numbers))
    }

    /// The functions in basin's order and sign: what is to be 0, or what is to be at most 0.
    fn functions(&self, x: &[f64], equal: bool) -> Result<Vec<f64>, ConstraintSolveError<Spent>> {
        let mut all = self.ask(Ask::Functions, x, &[]).map_err(ConstraintSolveError::Evaluation)?;
        let least = all.split_off(self.equalities);
        Ok(if equal { all } else { least.into_iter().map(|c| -c).collect() })
    }
}

/// A problem without constraints, within a box, or under functions.
struct Asked<'a, Kind>(&'a Counted, PhantomData<Kind>);

struct Free;
struct Boxed;
struct Held;

impl<K> CostFunction for Asked<'_, K> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Spent;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Spent> {
        Ok(self.0.ask(Ask::Value, x, &[])?[0])
    }
}

impl<K> Gradient for Asked<'_, K> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Spent> {
        self.0.ask(Ask::Gradient, x, &[])
    }
}

impl<K> Hessian for Asked<'_, K> {
    type Hessian = DenseMatrix;

    fn hessian(&self, x: &Vec<f64>) -> Result<DenseMatrix, Spent> {
        self.0.matrix(Ask::Hessian, x)
    }
}

impl<K> HessianProduct for Asked<'_, K> {
    fn hessian_product(&self, x: &Vec<f64>, v: &Vec<f64>) -> Result<Vec<f64>, Spent> {
        self.0.ask(Ask::Product, x, v)
    }
}

impl<K> Residual for Asked<'_, K> {
    type Param = Vec<f64>;
    type Output = Vec<f64>;
    type Error = Spent;

    fn residual(&self, x: &Vec<f64>) -> Result<Vec<f64>, Spent> {
        self.0.ask(Ask::Residuals, x, &[])
    }
}

impl<K> Jacobian for Asked<'_, K> {
    type Jacobian = DenseMatrix;

    fn jacobian(&self, x: &Vec<f64>) -> Result<DenseMatrix, Spent> {
        self.0.matrix(Ask::Jacobian, x)
    }
}

impl Constraints for Asked<'_, Boxed> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        let (low, high) = &self.0.limits;
        ConstraintSet::new().with_bounds(BoxBounds::new(Some(low), Some(high)))
    }
}

impl Constraints for Asked<'_, Held> {
    type Set = ConstraintSet<
        BoxBounds<Vec<f64>>,
        NoLinearConstraints,
        NonlinearBlocks<NonlinearBlock, NonlinearBlock>,
    >;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        let (low, high) = &self.0.limits;
        ConstraintSet::new()
            .with_bounds(BoxBounds::new(Some(low), Some(high)))
            .with_nonlinear_equalities(self.0.equalities)
            .with_nonlinear_inequalities(self.0.functions - self.0.equalities)
    }
}

impl NonlinearEqualityValues for Asked<'_, Held> {
    type Param = Vec<f64>;
    type Values = Vec<f64>;
    type Error = Spent;

    fn nonlinear_equalities(&self, x: &Vec<f64>) -> Result<Vec<f64>, ConstraintSolveError<Spent>> {
        self.0.functions(x, true)
    }
}

impl NonlinearInequalityValues for Asked<'_, Held> {
    type Param = Vec<f64>;
    type Values = Vec<f64>;
    type Error = Spent;

    fn nonlinear_inequalities(&self, x: &Vec<f64>) -> Result<Vec<f64>, ConstraintSolveError<Spent>> {
        self.0.functions(x, false)
    }
}

impl ConstraintJacobian for Asked<'_, Held> {
    type Param = Vec<f64>;
    type Jacobian = DenseMatrix;
    type Error = Spent;

    fn constraint_jacobian(&self, x: &Vec<f64>) -> Result<DenseMatrix, ConstraintSolveError<Spent>> {
        let mut slopes = self.0.ask(Ask::Slopes, x, &[]).map_err(ConstraintSolveError::Evaluation)?;
        slopes[self.0.equalities * x.len()..].iter_mut().for_each(|slope| *slope = -*slope);
        Ok(DenseMatrix::from_row_slice(self.0.functions, x.len(), &slopes))
    }
}

/// Ends a run where the gradient is small.
fn small(state: &FirstOrderState<Vec<f64>>) -> Option<ApplicationStop> {
    let largest = state.gradient()?.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
    (largest <= TOLERANCE).then(|| ApplicationStop::new("gradient"))
}

fn ended<S, E>(
    counted: &Counted,
    result: Result<OptimizationResult<S>, E>,
) -> Result<End, Box<dyn std::error::Error>>
where
    S: State<Param = Vec<f64>, Float = f64>,
    E: std::fmt::Debug,
{
    let result = result.map_err(|error| format!("{error:?}"))?;
    Ok(End {
        x: result.param().clone(),
        claims: matches!(result.report.termination, Termination::Converged(_) | Termination::Application(_)),
        reason: format!("{:?}", result.report.code()),
        counts: counted.counts.get(),
        needed: counted.watch.borrow().needed,
    })
}

pub(crate) fn run(problem: Problem, watch: Watch, method: &str) -> Outcome {
    let start = problem.landscape.start().to_vec();
    let counted = &Counted::new(problem, watch);
    let free = Asked(counted, PhantomData::<Free>);
    let first_order = FirstOrderState::new(start.clone());
    macro_rules! descend {
        ($solver:expr) => {
            ended(counted, Executor::new(free, $solver, first_order).stop_when(small).max_iter(MOST).run())?
        };
    }
    Ok(Some(match method {
        "Lbfgs" if counted.functions > 0 => return Ok(None),
        "Lbfgs" if counted.limits.0.iter().chain(&counted.limits.1).any(|limit| limit.is_finite()) => {
            let solver = Lbfgs::new()
                .with_absolute_projected_gradient_tolerance(TOLERANCE)
                .with_relative_cost_reduction_tolerance(None);
            let boxed = Asked(counted, PhantomData::<Boxed>);
            ended(counted, Executor::new(boxed, solver, first_order).max_iter(MOST).run())?
        }
        "Lbfgs" => descend!(Lbfgs::new().unbounded()),
        "Bfgs" => descend!(Bfgs::new()),
        "NonlinearCg" => descend!(NonlinearCg::new()),
        "TrustRegion, Steihaug" => descend!(TrustRegion::matrix_free()),
        "TrustRegion, MoreSorensen" => descend!(TrustRegion::with_subproblem(MoreSorensen::new())),
        "LevenbergMarquardtQr" => {
            let solver = LevenbergMarquardtQr::new()
                .with_absolute_gradient_tolerance(None)
                .with_gradient_orthogonality_tolerance(COSINE_TOLERANCE)
                .with_relative_model_reduction_tolerance(VALUE_TOLERANCE)
                .with_relative_trust_radius_tolerance(STEP_TOLERANCE);
            ended(counted, Executor::new(free, solver, PointState::new(start)).max_iter(MOST).run())?
        }
        "TrustRegionReflective" => {
            let solver = TrustRegionReflective::new()
                .with_absolute_scaled_gradient_tolerance(COSINE_TOLERANCE)
                .with_relative_cost_change_tolerance(VALUE_TOLERANCE)
                .with_relative_step_tolerance(STEP_TOLERANCE);
            let boxed = Asked(counted, PhantomData::<Boxed>);
            ended(counted, Executor::new(boxed, solver, PointState::new(start)).max_iter(MOST).run())?
        }
        "Slsqp" => {
            let solver = Slsqp::new().with_absolute_accuracy_tolerance(TOLERANCE);
            let held = Asked(counted, PhantomData::<Held>);
            let state = SelectedFirstOrderState::new(start);
            ended(counted, Executor::new(held, solver, state).max_iter(MOST).run())?
        }
        _ => return Err(format!("basin has no `{method}`").into()),
    }))
}
