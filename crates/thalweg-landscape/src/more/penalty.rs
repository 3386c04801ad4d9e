//! Sums of squares where a penalty outweighs the rest, of any size.
//!
//! | | residuals | start | minima |
//! |---|---|---|---|
//! | `penalty1(dim=4)` (23) | √a (xᵢ − 1), i ≤ n; Σ xⱼ² − ¼; a = 10⁻⁵ | (1, 2, …, n) | 2.24997…·10⁻⁵ (4), 7.08765…·10⁻⁵ (10) |
//! | `penalty2(dim=4)` (24) | x₁ − 0.2; √a (e^(xᵢ/10) + e^(xᵢ₋₁/10) − e^(i/10) − e^((i−1)/10)), 2 ≤ i ≤ n; √a (e^(xᵢ/10) − e^(−1/10)), 2 ≤ i ≤ n; Σ (n − j + 1) xⱼ² − 1 | (½, …) | 9.37629…·10⁻⁶ (4), 2.93660…·10⁻⁴ (10) |
//! | `variably_dimensioned(dim=10)` (25) | xᵢ − 1, i ≤ n; s; s², with s = Σ j (xⱼ − 1) | xⱼ = 1 − j/n | 0 at (1, …, 1) |

use thalweg_function::Var;
use thalweg_spec::{Call, SpecError};

use super::{At, count, sized, squares};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const PENALTY1: Entry = Entry {
    name: "penalty1",
    signature: "penalty1(dim=4)",
    formula: "1e-5 sum (x_i - 1)^2 + (sum x_i^2 - 1/4)^2",
    summary: "A sphere held by a strong penalty, and a weak pull along it.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 23; Gill, Murray and Pitfield (1972)",
    set: Set::MoreGarbowHillstrom,
    build: penalty1,
};

pub(crate) const PENALTY2: Entry = Entry {
    name: "penalty2",
    signature: "penalty2(dim=4)",
    formula: "(x1 - 0.2)^2 + 1e-5 sum_{i>1} ((exp(x_i/10) + exp(x_{i-1}/10) - exp(i/10) - exp((i-1)/10))^2 + (exp(x_i/10) - exp(-1/10))^2) + (sum (n - i + 1) x_i^2 - 1)^2",
    summary: "An ellipsoid held by a strong penalty, and weak exponentials along it.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 24; Gill, Murray and Pitfield (1972)",
    set: Set::MoreGarbowHillstrom,
    build: penalty2,
};

pub(crate) const VARIABLY_DIMENSIONED: Entry = Entry {
    name: "variably_dimensioned",
    signature: "variably_dimensioned(dim=10)",
    formula: "sum (x_i - 1)^2 + s^2 + s^4, s = sum i (x_i - 1)",
    summary: "A quartic wall across a bowl.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 25",
    set: Set::MoreGarbowHillstrom,
    build: variably_dimensioned,
};

const WEIGHT: f64 = 1e-5;

const PENALTY1_MINIMA: [At<'_>; 2] =
    [(2.249977500899937e-05, &[0.2500074995875379; 4]), (7.087651467090369e-05, &[0.15812230111311634; 10])];

const PENALTY2_MINIMA: [At<'_>; 2] = [
    (
        9.376293007355446e-06,
        &[0.1999993333503804, 0.19131670099277245, 0.4801014853326232, 0.5188454043902005],
    ),
    (
        0.00029366053745674594,
        &[
            0.1999836051978236,
            0.0103506484712923,
            0.01960493448043841,
            0.032089067220685656,
            0.0499326773996413,
            0.07651399515399361,
            0.11862407286950419,
            0.1921448723355767,
            0.3473205869418436,
            0.3691643741593508,
        ],
    ),
];

fn penalty1(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 4, 100_000), |call, dim| {
        squares(call, count(dim).collect(), &PENALTY1_MINIMA, |x| {
            let penalty = x.iter().map(|x| x.pow(2.0)).sum::<Var>() - 0.25;
            x.iter().map(|&x| WEIGHT.sqrt() * (x - 1.0)).chain([penalty]).collect()
        })
    })
}

fn penalty2(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 4, 10_000), |call, dim| {
        squares(call, vec![0.5; dim], &PENALTY2_MINIMA, |x| {
            let e: Vec<_> = x.iter().map(|&x| (x / 10.0).exp()).collect();
            let neighbours = (1..dim).map(|i| {
                let target = (i as f64 / 10.0).exp() + ((i + 1) as f64 / 10.0).exp();
                WEIGHT.sqrt() * (e[i] + e[i - 1] - target)
            });
            let singles = e[1..].iter().map(|&e| WEIGHT.sqrt() * (e - (-0.1_f64).exp()));
            let penalty = x.iter().zip(count(dim).rev()).map(|(x, j)| j * x.pow(2.0)).sum::<Var>() - 1.0;
            [x[0] - 0.2].into_iter().chain(neighbours).chain(singles).chain([penalty]).collect()
        })
    })
}

fn variably_dimensioned(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 10, 100_000), |call, dim| {
        let start = count(dim).map(|j| 1.0 - j / dim as f64).collect();
        squares(call, start, &[(0.0, &vec![1.0; dim])], |x| {
            let s = x.iter().zip(count(dim)).map(|(&x, j)| j * (x - 1.0)).sum::<Var>();
            x.iter().map(|&x| x - 1.0).chain([s, s.pow(2.0)]).collect()
        })
    })
}
