//! Newton's method on eight Gaussian wells in the plane from many starts: every start goes to a stationary point of its own.

use std::convert::Infallible;
use std::error::Error;

use basin::{
    ApplicationStop, CostFunction, Executor, FirstOrderState, Gradient, GradientState, HessianProduct,
    TrustRegion,
};
use rayon::prelude::*;
use thalweg_bench::{Measurement, time};
use thalweg_landscape::{Landscape, RandomState};
use thalweg_solve::{Options, Points, minimize_many};

use super::{STEPS, TOLERANCE};

/// Depth, centre, 1/width² of each well.
#[derive(Clone)]
struct Wells(Vec<[f64; 4]>);

impl Wells {
    fn draw() -> Self {
        let mut random = RandomState::seed(0);
        let depths = random.uniform(0.0, 1.0, 8);
        let centres: Vec<f64> = (0..16).map(|_| random.randn()).collect();
        let widths = random.uniform(0.0, 1.0, 8);
        let total: f64 = depths.iter().sum();
        let well = |k: usize| [depths[k] / total, centres[2 * k], centres[2 * k + 1], widths[k].powi(-2)];
        Wells((0..8).map(well).collect())
    }

    fn slope(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for &[depth, a, b, sharp] in &self.0 {
            let (u, v) = (x[0] - a, x[1] - b);
            let well = depth * (-(u * u + v * v) * sharp).exp();
            sum -= well;
            gradient[0] += 2.0 * sharp * well * u;
            gradient[1] += 2.0 * sharp * well * v;
        }
        sum
    }

    fn hessian_vector(&self, x: &[f64], d: &[f64], product: &mut [f64]) {
        product.fill(0.0);
        for &[depth, a, b, sharp] in &self.0 {
            let (u, v) = (x[0] - a, x[1] - b);
            let factor = 2.0 * sharp * depth * (-(u * u + v * v) * sharp).exp();
            let along = 2.0 * sharp * (u * d[0] + v * d[1]);
            product[0] += factor * (d[0] - along * u);
            product[1] += factor * (d[1] - along * v);
        }
    }
}

impl CostFunction for Wells {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Infallible> {
        Ok(self.slope(x, &mut [0.0; 2]))
    }
}

impl Gradient for Wells {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        let mut gradient = vec![0.0; 2];
        self.slope(x, &mut gradient);
        Ok(gradient)
    }

    fn cost_and_gradient_into(&self, x: &Vec<f64>, out: &mut Vec<f64>) -> Result<f64, Infallible> {
        Ok(self.slope(x, out))
    }
}

impl HessianProduct for Wells {
    fn hessian_product(&self, x: &Vec<f64>, v: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        let mut product = vec![0.0; 2];
        self.hessian_vector(x, v, &mut product);
        Ok(product)
    }
}

fn small(state: &FirstOrderState<Vec<f64>>) -> Option<ApplicationStop> {
    let largest = state.gradient()?.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
    (largest <= TOLERANCE).then(|| ApplicationStop::new("gradient"))
}

fn thalweg(starts: &Points<f64>) -> Result<Vec<f64>, Box<dyn Error>> {
    let landscape = Landscape::parse("wells(wells=8, dim=2, seed=0)")?;
    let options = Options {
        method: "trust_newton".parse()?,
        grad_tol: Some(TOLERANCE),
        steps: STEPS,
        ..Options::default()
    };
    let ends = minimize_many(landscape.program(), starts, &options)?;
    Ok((0..ends.len()).flat_map(|i| ends.x(i).to_vec()).collect())
}

fn basin(wells: &Wells, starts: &Points<f64>) -> Result<Vec<f64>, Box<dyn Error>> {
    let ends: Result<Vec<Vec<f64>>, Infallible> = (0..starts.len())
        .into_par_iter()
        .map(|i| {
            let state = FirstOrderState::new(starts.point(i).to_vec());
            let run = Executor::new(wells.clone(), TrustRegion::matrix_free(), state);
            Ok(run.stop_when(small).max_iter(STEPS as u64).run()?.param().clone())
        })
        .collect();
    Ok(ends?.concat())
}

pub(crate) fn measure(peer: &str, n: usize) -> Result<(), Box<dyn Error>> {
    let wells = Wells::draw();
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 2 * n))?;
    let (seconds, ends) = match peer {
        "thalweg" => time(|| thalweg(&starts))?,
        "basin" => time(|| basin(&wells, &starts))?,
        _ => return Err("not run".into()),
    };
    let mut gradient = [0.0; 2];
    let unfinished = ends.chunks_exact(2).filter(|x| {
        wells.slope(x, &mut gradient);
        !gradient.iter().all(|g| g.abs() <= TOLERANCE)
    });
    let unfinished = unfinished.count();
    if unfinished > 0 {
        return Err(format!("{unfinished} of {n} starts do not end").into());
    }
    Measurement { peer, case: "wells", n: 1, steps: 1, seconds, check: &[], floor: None }.print();
    Ok(())
}
