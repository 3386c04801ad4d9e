//! Systems of equations in which a variable meets its neighbours, and an integral equation; of any size.
//!
//! | | residuals, with x₀ = xₙ₊₁ = 0, h = 1/(n + 1), tᵢ = ih | start | minima |
//! |---|---|---|---|
//! | `discrete_boundary_value(dim=10)` (28) | 2xᵢ − xᵢ₋₁ − xᵢ₊₁ + h² (xᵢ + tᵢ + 1)³/2 | tᵢ (tᵢ − 1) | 0 |
//! | `discrete_integral_equation(dim=10)` (29) | xᵢ + h ((1 − tᵢ) Σ_{j≤i} tⱼ (xⱼ + tⱼ + 1)³ + tᵢ Σ_{j>i} (1 − tⱼ)(xⱼ + tⱼ + 1)³)/2 | tᵢ (tᵢ − 1) | 0 |
//! | `broyden_tridiagonal(dim=10)` (30) | (3 − 2xᵢ) xᵢ − xᵢ₋₁ − 2xᵢ₊₁ + 1 | (−1, …) | 0 |
//! | `broyden_banded(dim=10)` (31) | xᵢ (2 + 5xᵢ²) + 1 − Σ xⱼ (1 + xⱼ), over j ≠ i from i − 5 to i + 1 | (−1, …) | 0 |

use thalweg_function::Var;
use thalweg_spec::{Call, SpecError};

use super::{At, count, sized, squares};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const DISCRETE_BOUNDARY_VALUE: Entry = Entry {
    name: "discrete_boundary_value",
    signature: "discrete_boundary_value(dim=10)",
    formula: "sum (2 x_i - x_{i-1} - x_{i+1} + h^2 (x_i + t_i + 1)^3/2)^2, h = 1/(n + 1), t_i = i h",
    summary: "A boundary value problem on a grid: starts near its solution, conditioned worse with every point.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 28; Moré and Cosnard, ACM TOMS 5 (1979)",
    set: Set::MoreGarbowHillstrom,
    build: discrete_boundary_value,
};

pub(crate) const DISCRETE_INTEGRAL_EQUATION: Entry = Entry {
    name: "discrete_integral_equation",
    signature: "discrete_integral_equation(dim=10)",
    formula: "sum (x_i + h/2 ((1 - t_i) sum_{j<=i} t_j (x_j + t_j + 1)^3 + t_i sum_{j>i} (1 - t_j) (x_j + t_j + 1)^3))^2, h = 1/(n + 1), t_i = i h",
    summary: "The same equation as an integral: dense and well conditioned.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 29; Moré and Cosnard, ACM TOMS 5 (1979)",
    set: Set::MoreGarbowHillstrom,
    build: discrete_integral_equation,
};

pub(crate) const BROYDEN_TRIDIAGONAL: Entry = Entry {
    name: "broyden_tridiagonal",
    signature: "broyden_tridiagonal(dim=10)",
    formula: "sum ((3 - 2 x_i) x_i - x_{i-1} - 2 x_{i+1} + 1)^2",
    summary: "Equations of three neighbours.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 30; Broyden, Math. Comp. 19 (1965)",
    set: Set::MoreGarbowHillstrom,
    build: broyden_tridiagonal,
};

pub(crate) const BROYDEN_BANDED: Entry = Entry {
    name: "broyden_banded",
    signature: "broyden_banded(dim=10)",
    formula: "sum (x_i (2 + 5 x_i^2) + 1 - sum x_j (1 + x_j))^2, the inner sum over j != i from i - 5 to i + 1",
    summary: "Equations of seven neighbours.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 31; Broyden (1971)",
    set: Set::MoreGarbowHillstrom,
    build: broyden_banded,
};

const INTEGRAL_MINIMUM: At<'_> = (
    0.0,
    &[
        -0.04316498251876487,
        -0.08157715653538689,
        -0.11448571438052928,
        -0.14097357686259668,
        -0.15990869618198314,
        -0.16987720231277492,
        -0.16908998378120835,
        -0.1552495352218318,
        -0.12535589167893496,
        -0.07541653368589203,
    ],
);
const TRIDIAGONAL_MINIMUM: At<'_> = (
    0.0,
    &[
        -0.5707221320112248,
        -0.681806949984275,
        -0.7022100760176601,
        -0.7055106298950804,
        -0.7049061557287437,
        -0.7014966070298512,
        -0.6918893223547983,
        -0.6657965144058537,
        -0.5960351090263657,
        -0.4164122575286934,
    ],
);
const BANDED_MINIMUM: At<'_> = (
    0.0,
    &[
        -0.4283028635872503,
        -0.47659642435629024,
        -0.5196524636468617,
        -0.5580993248321809,
        -0.5925061568294574,
        -0.624503682199468,
        -0.6232394714405911,
        -0.6213938417965735,
        -0.6204535966590874,
        -0.5864692707204351,
    ],
);

/// t₁, …, tₙ.
fn grid(dim: usize) -> Vec<f64> {
    let h = 1.0 / (dim as f64 + 1.0);
    count(dim).map(|i| i * h).collect()
}

fn discrete_boundary_value(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 10, 100_000), |call, dim| {
        let (t, h) = (grid(dim), 1.0 / (dim as f64 + 1.0));
        let start = t.iter().map(|t| t * (t - 1.0)).collect();
        squares(call, start, &[INTEGRAL_MINIMUM], |x| {
            let residual = |i: usize| {
                let bend = 2.0 * x[i] + h * h * (x[i] + t[i] + 1.0).pow(3.0) / 2.0;
                neighbours(x, i, 1.0).fold(bend, |sum, x| sum - x)
            };
            (0..dim).map(residual).collect()
        })
    })
}

fn discrete_integral_equation(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 10, 100_000), |call, dim| {
        let (t, h) = (grid(dim), 1.0 / (dim as f64 + 1.0));
        let start = t.iter().map(|t| t * (t - 1.0)).collect();
        squares(call, start, &[INTEGRAL_MINIMUM], |x| {
            let cubes: Vec<_> = x.iter().zip(&t).map(|(&x, t)| (x + *t + 1.0).pow(3.0)).collect();
            let left = running(cubes.iter().zip(&t).map(|(&cube, t)| *t * cube));
            let mut right = running(cubes.iter().zip(&t).skip(1).rev().map(|(&cube, t)| (1.0 - t) * cube));
            let residual = |i: usize| {
                let before = (1.0 - t[i]) * left[i];
                // The last equation has no points after it.
                let both = right.pop().map_or(before, |after| before + t[i] * after);
                x[i] + h / 2.0 * both
            };
            (0..dim).map(residual).collect()
        })
    })
}

fn broyden_tridiagonal(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 10, 100_000), |call, dim| {
        squares(call, vec![-1.0; dim], &[TRIDIAGONAL_MINIMUM], |x| {
            let residual =
                |i: usize| neighbours(x, i, 2.0).fold((3.0 - 2.0 * x[i]) * x[i], |sum, x| sum - x) + 1.0;
            (0..dim).map(residual).collect()
        })
    })
}

fn broyden_banded(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 10, 100_000), |call, dim| {
        squares(call, vec![-1.0; dim], &[BANDED_MINIMUM], |x| {
            let residual = |i: usize| {
                let band = (i.saturating_sub(5)..dim.min(i + 2)).filter(|&j| j != i);
                let own = x[i] * (2.0 + 5.0 * x[i].pow(2.0)) + 1.0;
                band.fold(own, |sum, j| sum - x[j] * (1.0 + x[j]))
            };
            (0..dim).map(residual).collect()
        })
    })
}

/// The variable before this one, and the one after it times `weight`, as far as they exist.
fn neighbours(x: &[Var], i: usize, weight: f64) -> impl Iterator<Item = Var> {
    let after = x.get(i + 1).map(|&x| weight * x);
    i.checked_sub(1).map(|i| x[i]).into_iter().chain(after)
}

/// The running sums.
fn running(terms: impl Iterator<Item = Var>) -> Vec<Var> {
    let mut sum = None;
    let add = |term| *sum.insert(sum.map_or(term, |sum: Var| sum + term));
    terms.map(add).collect()
}
