//! Linear least squares of full rank and of rank one.
//!
//! | | residuals | start | minima |
//! |---|---|---|---|
//! | `linear_full_rank(dim=10, residuals=20)` (32) | xᵢ − (2/m) Σ xⱼ − 1, i ≤ n; −(2/m) Σ xⱼ − 1, n < i ≤ m | (1, …) | m − n at (−1, …, −1) |
//! | `linear_rank_one(dim=10, residuals=20)` (33) | i s − 1, s = Σ j xⱼ | (1, …) | m (m − 1)/(2 (2m + 1)) wherever s = 3/(2m + 1) |
//! | `linear_rank_one_zeros(dim=10, residuals=20)` (34) | −1; (i − 1) s − 1, 1 < i < m, s = Σ j xⱼ over 1 < j < n; −1 | (1, …) | (m² + 3m − 6)/(2 (2m − 3)) wherever s = 3/(2m − 3) |
//!
//! Of the minimisers of rank one that is listed which has equal coordinates where they matter, and zeros elsewhere.

use std::iter::repeat_n;

use thalweg_function::Var;
use thalweg_spec::{Call, Options, SpecError};

use super::{count, squares};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const LINEAR_FULL_RANK: Entry = Entry {
    name: "linear_full_rank",
    signature: "linear_full_rank(dim=10, residuals=20)",
    formula: "sum_{i<=n} (x_i - 2/m sum x_j - 1)^2 + (m - n) (2/m sum x_j + 1)^2, m = residuals",
    summary: "Linear least squares, perfectly conditioned.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 32",
    set: Set::MoreGarbowHillstrom,
    build: linear_full_rank,
};

pub(crate) const LINEAR_RANK_ONE: Entry = Entry {
    name: "linear_rank_one",
    signature: "linear_rank_one(dim=10, residuals=20)",
    formula: "sum (i s - 1)^2, s = sum j x_j, i = 1 ... residuals",
    summary: "Linear least squares of rank one: minimisers fill a hyperplane.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 33",
    set: Set::MoreGarbowHillstrom,
    build: linear_rank_one,
};

pub(crate) const LINEAR_RANK_ONE_ZEROS: Entry = Entry {
    name: "linear_rank_one_zeros",
    signature: "linear_rank_one_zeros(dim=10, residuals=20)",
    formula: "2 + sum ((i - 1) s - 1)^2, s = sum_{1<j<n} j x_j, i = 2 ... residuals - 1",
    summary: "Linear least squares of rank one with columns and rows of zeros.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 34",
    set: Set::MoreGarbowHillstrom,
    build: linear_rank_one_zeros,
};

/// Reads n and m ≥ n, and builds the problem from its minimum and residuals.
fn linear(
    call: &Call,
    lowest: u64,
    minimum: impl FnOnce(usize, f64) -> (f64, Vec<f64>),
    residuals: impl FnOnce(&[Var], usize) -> Vec<Var>,
) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim", "residuals"])?;
    let dim = options.whole("dim", lowest, 10_000)?.unwrap_or(10);
    let m = options.whole("residuals", dim, 100_000)?.unwrap_or(2 * dim);
    let call = Call::new(&call.name).with("dim", dim as f64).with("residuals", m as f64);
    let (value, x) = minimum(dim as usize, m as f64);
    Ok(squares(call, vec![1.0; dim as usize], &[(value, &x)], |x| residuals(x, m as usize)))
}

fn linear_full_rank(call: &Call) -> Result<Parts, SpecError> {
    let minimum = |n: usize, m: f64| (m - n as f64, vec![-1.0; n]);
    linear(call, 1, minimum, |x, m| {
        let rest = 2.0 / m as f64 * x.iter().copied().sum::<Var>() + 1.0;
        x.iter().map(|&x| x - rest).chain(repeat_n(-rest, m - x.len())).collect()
    })
}

fn linear_rank_one(call: &Call) -> Result<Parts, SpecError> {
    let minimum = |n: usize, m: f64| {
        let x = 3.0 / (2.0 * m + 1.0) / count(n).sum::<f64>();
        (m * (m - 1.0) / (2.0 * (2.0 * m + 1.0)), vec![x; n])
    };
    linear(call, 1, minimum, |x, m| {
        let s = x.iter().zip(count(x.len())).map(|(&x, j)| j * x).sum::<Var>();
        count(m).map(|i| i * s - 1.0).collect()
    })
}

fn linear_rank_one_zeros(call: &Call) -> Result<Parts, SpecError> {
    let minimum = |n: usize, m: f64| {
        let mut x = vec![3.0 / (2.0 * m - 3.0) / count(n - 1).skip(1).sum::<f64>(); n];
        (x[0], x[n - 1]) = (0.0, 0.0);
        ((m * m + 3.0 * m - 6.0) / (2.0 * (2.0 * m - 3.0)), x)
    };
    linear(call, 3, minimum, |x, m| {
        let inner = x.iter().zip(count(x.len() - 1)).skip(1);
        let s = inner.map(|(&x, j)| j * x).sum::<Var>();
        let alone = Var::constant(-1.0);
        [alone].into_iter().chain(count(m - 2).map(|i| i * s - 1.0)).chain([alone]).collect()
    })
}
