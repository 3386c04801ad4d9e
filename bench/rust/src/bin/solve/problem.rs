//! What is solved: functions with derivatives by hand, the same functions traced, and where they start. `bench/python/solving.py` makes the
//! same ones.

use std::error::Error;

use rayon::prelude::*;
use thalweg_function::{Program, Shape, Var, trace};
use thalweg_landscape::RandomState;

/// Rows and columns of the logistic regression, and the weight of its ridge.
const ROWS: usize = 100_000;
const COLUMNS: usize = 100;
const RIDGE: f64 = 1e-4;

/// Elements that a thread works on at once, where a function by hand is worth threads.
const PART: usize = 8192;

/// Pairs of variables, each a Rosenbrock function; or a logistic regression.
pub(crate) enum Function {
    Valley,
    Logistic(Data),
}

/// Numbers row by row, and a class, 0 or 1, for each row.
pub(crate) struct Data {
    rows: Vec<f64>,
    classes: Vec<f64>,
}

/// A function, where to start, and the box to stay in.
pub(crate) struct Task {
    pub(crate) function: Function,
    pub(crate) start: Vec<f64>,
    pub(crate) bounds: Option<(Vec<f64>, Vec<f64>)>,
}

/// (−1.2, 1) for every pair.
fn customary(n: usize) -> Vec<f64> {
    [-1.2, 1.0].repeat(n / 2)
}

/// Every pair elsewhere, within half a unit of (−1.2, 1): multiples of the golden ratio.
fn varied(n: usize) -> Vec<f64> {
    let shift = |i: usize| (i as f64 * 0.618_033_988_749_895).fract() - 0.5;
    customary(n).iter().enumerate().map(|(i, x)| x + shift(i)).collect()
}

impl Task {
    pub(crate) fn of(case: &str, n: usize) -> Result<Self, Box<dyn Error>> {
        let valley = |start| Task { function: Function::Valley, start, bounds: None };
        Ok(match case {
            "rosenbrock" | "standard" => valley(customary(n)),
            "varied" => valley(varied(n)),
            "bounded" => {
                // The first of every other pair meets its upper bound before its minimum.
                let high: Vec<f64> = (0..n).map(|i| if i % 4 == 0 { 0.8 } else { 2.0 }).collect();
                Task { bounds: Some((vec![-2.0; n], high)), ..valley(varied(n)) }
            }
            "logistic, L-BFGS" | "logistic, Newton-CG" => {
                let data = Data::draw();
                Task { function: Function::Logistic(data), start: vec![0.0; COLUMNS], bounds: None }
            }
            _ => return Err(format!("no case `{case}`").into()),
        })
    }

    /// The function as a program.
    pub(crate) fn program(&self) -> Result<Program, Box<dyn Error>> {
        let n = self.start.len();
        Ok(match &self.function {
            Function::Valley if n == 2 => {
                trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0] * x[0]).pow(2.0))?
            }
            Function::Valley => trace([Shape::from([n])], |x| {
                let pairs = x[0].reshape(Shape::from([n / 2, 2]));
                let (a, b) = (pairs.slice(1, 0..1), pairs.slice(1, 1..2));
                ((1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)).sum(..)
            })?,
            Function::Logistic(data) => trace([Shape::from([COLUMNS])], |w| {
                let scores = Var::array([ROWS, COLUMNS], &data.rows).matmul(w[0]);
                let losses = scores.softplus() - Var::array([ROWS], &data.classes) * scores;
                losses.mean(..) + 0.5 * RIDGE * (w[0] * w[0]).sum(..)
            })?,
        })
    }

    /// f(x), with its gradient by hand.
    pub(crate) fn slope(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        match &self.function {
            Function::Valley if x.len() <= PART => valley(x, gradient),
            Function::Valley => {
                let parts = x.par_chunks(PART).zip(gradient.par_chunks_mut(PART));
                parts.map(|(x, gradient)| valley(x, gradient)).sum()
            }
            Function::Logistic(data) => data.slope(x, gradient),
        }
    }

    /// The Hessian times a vector, by hand; of the regression.
    pub(crate) fn hessian_vector(&self, x: &[f64], v: &[f64], product: &mut [f64]) {
        match &self.function {
            Function::Valley => product.fill(f64::NAN),
            Function::Logistic(data) => data.hessian_vector(x, v, product),
        }
    }

    /// The Hessian by hand; of the regression.
    pub(crate) fn hessian(&self, x: &[f64]) -> Vec<Vec<f64>> {
        match &self.function {
            Function::Valley => Vec::new(),
            Function::Logistic(data) => data.hessian(x),
        }
    }

    /// max |gᵢ|, without what the bounds take back.
    pub(crate) fn residual(&self, x: &[f64], gradient: &[f64]) -> f64 {
        let left = |(i, (&x, &g)): (usize, (&f64, &f64))| match &self.bounds {
            Some((low, high)) => (x - (x - g).clamp(low[i], high[i])).abs(),
            None => g.abs(),
        };
        x.iter().zip(gradient).enumerate().map(left).fold(0.0, f64::max)
    }

    /// Numbers that all who have found the minimum agree on.
    pub(crate) fn check(&self, x: &[f64]) -> Vec<f64> {
        let value = self.slope(x, &mut vec![0.0; x.len()]);
        let n = x.len() as f64;
        let square = x.iter().map(|x| x * x).sum::<f64>() / n;
        let weighted = x.iter().enumerate().map(|(i, x)| (1 + i % 7) as f64 * x).sum::<f64>() / n;
        vec![1.0 + value, square.sqrt(), weighted]
    }
}

fn valley(x: &[f64], gradient: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for (x, g) in x.chunks_exact(2).zip(gradient.chunks_exact_mut(2)) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        g[0] = -2.0 * a - 400.0 * x[0] * b;
        g[1] = 200.0 * b;
        sum += a * a + 100.0 * b * b;
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

impl Data {
    /// Normal numbers, column j times exp(−j/25); classes by a model whose coefficients are normal numbers.
    fn draw() -> Self {
        let mut random = RandomState::seed(0);
        let mut rows: Vec<f64> = (0..ROWS * COLUMNS).map(|_| random.randn()).collect();
        let model: Vec<f64> = (0..COLUMNS).map(|_| random.randn()).collect();
        for row in rows.chunks_exact_mut(COLUMNS) {
            for (j, x) in row.iter_mut().enumerate() {
                *x *= (-(j as f64) / 25.0).exp();
            }
        }
        let uniform = random.uniform(0.0, 1.0, ROWS);
        let class = |(row, u): (&[f64], f64)| f64::from(u8::from(u < sigmoid(dot(row, &model))));
        let classes = rows.chunks_exact(COLUMNS).zip(uniform).map(class).collect();
        Data { rows, classes }
    }

    /// Sums of terms that each row adds to, divided among threads.
    fn sums(&self, width: usize, add: impl Fn(&[f64], f64, &mut [f64]) + Sync) -> Vec<f64> {
        let part = ROWS / 64;
        let chunks = self.rows.par_chunks(part * COLUMNS).zip(self.classes.par_chunks(part));
        let partial: Vec<Vec<f64>> = chunks
            .map(|(rows, classes)| {
                let mut sums = vec![0.0; width];
                for (row, &class) in rows.chunks_exact(COLUMNS).zip(classes) {
                    add(row, class, &mut sums);
                }
                sums
            })
            .collect();
        let mut total = vec![0.0; width];
        for sums in partial {
            for (total, sum) in total.iter_mut().zip(sums) {
                *total += sum / ROWS as f64;
            }
        }
        total
    }

    fn slope(&self, w: &[f64], gradient: &mut [f64]) -> f64 {
        let sums = self.sums(COLUMNS + 1, |row, class, sums| {
            let z = dot(row, w);
            sums[COLUMNS] += z.max(0.0) + (-z.abs()).exp().ln_1p() - class * z;
            let error = sigmoid(z) - class;
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += error * x;
            }
        });
        for ((g, sum), w) in gradient.iter_mut().zip(&sums).zip(w) {
            *g = sum + RIDGE * w;
        }
        sums[COLUMNS] + 0.5 * RIDGE * dot(w, w)
    }

    fn hessian_vector(&self, w: &[f64], v: &[f64], product: &mut [f64]) {
        let sums = self.sums(COLUMNS, |row, _, sums| {
            let p = sigmoid(dot(row, w));
            let factor = p * (1.0 - p) * dot(row, v);
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += factor * x;
            }
        });
        for ((product, sum), v) in product.iter_mut().zip(&sums).zip(v) {
            *product = sum + RIDGE * v;
        }
    }

    fn hessian(&self, w: &[f64]) -> Vec<Vec<f64>> {
        let sums = self.sums(COLUMNS * COLUMNS, |row, _, sums| {
            let p = sigmoid(dot(row, w));
            for (sums, x) in sums.chunks_exact_mut(COLUMNS).zip(row) {
                let factor = p * (1.0 - p) * x;
                for (sum, x) in sums.iter_mut().zip(row) {
                    *sum += factor * x;
                }
            }
        });
        let mut matrix: Vec<Vec<f64>> = sums.chunks_exact(COLUMNS).map(<[f64]>::to_vec).collect();
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] += RIDGE;
        }
        matrix
    }
}
