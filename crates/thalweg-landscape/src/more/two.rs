//! Two variables: curved valleys, bad scales and a double exponential.
//!
//! | | formula | start | minima |
//! |---|---|---|---|
//! | `freudenstein_roth` (2) | (x₁ − 13 + ((5 − x₂) x₂ − 2) x₂)² + (x₁ − 29 + ((x₂ + 1) x₂ − 14) x₂)² | (0.5, −2) | 0 at (5, 4), 48.9842… |
//! | `powell_badly_scaled` (3) | (10⁴ x₁x₂ − 1)² + (e^−x₁ + e^−x₂ − 1.0001)² | (0, 1) | 0 |
//! | `brown_badly_scaled` (4) | (x₁ − 10⁶)² + (x₂ − 2·10⁻⁶)² + (x₁x₂ − 2)² | (1, 1) | 0 at (10⁶, 2·10⁻⁶) |
//! | `jennrich_sampson` (6) | Σ (2 + 2i − (e^ix₁ + e^ix₂))², i ≤ 10 | (0.3, 0.4) | 124.362… at x₁ = x₂ |

use thalweg_spec::{Call, SpecError};

use super::{count, fixed};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const FREUDENSTEIN_ROTH: Entry = Entry {
    name: "freudenstein_roth",
    signature: "freudenstein_roth",
    formula: "(x1 - 13 + ((5 - x2) x2 - 2) x2)^2 + (x1 - 29 + ((x2 + 1) x2 - 14) x2)^2",
    summary: "A valley whose nearer end is not the lowest.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 2; Freudenstein and Roth, J. ACM 10 (1963)",
    set: Set::MoreGarbowHillstrom,
    build: freudenstein_roth,
};

pub(crate) const POWELL_BADLY_SCALED: Entry = Entry {
    name: "powell_badly_scaled",
    signature: "powell_badly_scaled",
    formula: "(1e4 x1 x2 - 1)^2 + (exp(-x1) + exp(-x2) - 1.0001)^2",
    summary: "A minimum whose coordinates are a million times apart.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 3; Powell (1970)",
    set: Set::MoreGarbowHillstrom,
    build: powell_badly_scaled,
};

pub(crate) const BROWN_BADLY_SCALED: Entry = Entry {
    name: "brown_badly_scaled",
    signature: "brown_badly_scaled",
    formula: "(x1 - 1e6)^2 + (x2 - 2e-6)^2 + (x1 x2 - 2)^2",
    summary: "A minimum whose coordinates are twelve orders of magnitude apart.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 4; Brown, unpublished",
    set: Set::MoreGarbowHillstrom,
    build: brown_badly_scaled,
};

pub(crate) const JENNRICH_SAMPSON: Entry = Entry {
    name: "jennrich_sampson",
    signature: "jennrich_sampson",
    formula: "sum (2 + 2 i - (exp(i x1) + exp(i x2)))^2, i = 1 ... 10",
    summary: "Exponentials that explode on one side, with large residuals at the minimum.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 6; Jennrich and Sampson, Technometrics 10 (1968)",
    set: Set::MoreGarbowHillstrom,
    build: jennrich_sampson,
};

fn freudenstein_roth(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(0.0, &[5.0, 4.0][..]), (48.98425367924002, &[11.412778986902094, -0.8968052532744765])];
    fixed(call, [0.5, -2.0], &minima, |&[x, y]| {
        vec![x - 13.0 + ((5.0 - y) * y - 2.0) * y, x - 29.0 + ((y + 1.0) * y - 14.0) * y]
    })
}

fn powell_badly_scaled(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(0.0, &[1.0981593296998175e-05, 9.106146739866524][..])];
    fixed(call, [0.0, 1.0], &minima, |&[x, y]| vec![1e4 * x * y - 1.0, (-x).exp() + (-y).exp() - 1.0001])
}

fn brown_badly_scaled(call: &Call) -> Result<Parts, SpecError> {
    fixed(call, [1.0, 1.0], &[(0.0, &[1e6, 2e-6])], |&[x, y]| vec![x - 1e6, y - 2e-6, x * y - 2.0])
}

fn jennrich_sampson(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(124.36218235561485, &[0.2578252136703641, 0.2578252136703641][..])];
    fixed(call, [0.3, 0.4], &minima, |&[x, y]| {
        count(10).map(|i| 2.0 + 2.0 * i - ((i * x).exp() + (i * y).exp())).collect()
    })
}
