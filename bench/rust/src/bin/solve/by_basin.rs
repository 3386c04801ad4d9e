//! basin's L-BFGS, L-BFGS-B and trust region with Steihaug's conjugate gradients; derivatives by hand, written into the buffers that it keeps.

use std::cell::Cell;
use std::convert::Infallible;

use basin::{
    ApplicationStop, BoxBounds, ConstraintDescription, ConstraintSet, Constraints, CostFunction, Executor,
    FirstOrderState, Gradient, GradientState, HessianProduct, Lbfgs, TrustRegion,
};

use super::problem::Task;
use super::{Outcome, STEPS, TOLERANCE, tolerance};

struct Counted<'a> {
    task: &'a Task,
    gradients: &'a Cell<usize>,
}

impl CostFunction for Counted<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Infallible> {
        Ok(self.task.slope(x, &mut vec![0.0; x.len()]))
    }
}

impl Gradient for Counted<'_> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        let mut gradient = vec![0.0; x.len()];
        self.cost_and_gradient_into(x, &mut gradient)?;
        Ok(gradient)
    }

    fn cost_and_gradient_into(&self, x: &Vec<f64>, out: &mut Vec<f64>) -> Result<f64, Infallible> {
        self.gradients.set(self.gradients.get() + 1);
        Ok(self.task.slope(x, out))
    }
}

impl HessianProduct for Counted<'_> {
    fn hessian_product(&self, x: &Vec<f64>, v: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        let mut product = vec![0.0; x.len()];
        self.hessian_product_into(x, v, &mut product)?;
        Ok(product)
    }

    fn hessian_product_into(&self, x: &Vec<f64>, v: &Vec<f64>, out: &mut Vec<f64>) -> Result<(), Infallible> {
        self.gradients.set(self.gradients.get() + 1);
        self.task.hessian_vector(x, v, out);
        Ok(())
    }
}

impl Constraints for Counted<'_> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        let bounds = self.task.bounds.as_ref();
        ConstraintSet::new()
            .with_bounds(BoxBounds::new(bounds.map(|bounds| &bounds.0), bounds.map(|bounds| &bounds.1)))
    }
}

/// Ends a run where the gradient is small.
fn small(state: &FirstOrderState<Vec<f64>>) -> Option<ApplicationStop> {
    let largest = state.gradient()?.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
    (largest <= TOLERANCE).then(|| ApplicationStop::new("gradient"))
}

pub(crate) fn run(case: &str, task: &Task) -> Outcome {
    let gradients = Cell::new(0);
    let problem = Counted { task, gradients: &gradients };
    let state = FirstOrderState::new(task.start.clone());
    let steps = STEPS as u64;
    let result = match case {
        "bounded" => {
            let solver = Lbfgs::new()
                .with_absolute_projected_gradient_tolerance(tolerance(case))
                .with_relative_cost_reduction_tolerance(None);
            let result = Executor::new(problem, solver, state).max_iter(steps).run();
            result.map_err(|error| format!("{error:?}"))?
        }
        "logistic, Newton-CG" => Executor::new(problem, TrustRegion::matrix_free(), state)
            .stop_when(small)
            .max_iter(steps)
            .run()?,
        _ => {
            Executor::new(problem, Lbfgs::new().unbounded(), state).stop_when(small).max_iter(steps).run()?
        }
    };
    Ok((result.param().clone(), gradients.get()))
}
