//! Fits with five variables and more: sums of exponentials, of bells, and a polynomial.
//!
//! | | residuals | start | minima |
//! |---|---|---|---|
//! | `osborne1` (17) | yᵢ − (x₁ + x₂ e^−tᵢx₄ + x₃ e^−tᵢx₅), tᵢ = 10 (i − 1), i ≤ 33 | (0.5, 1.5, −1, 0.01, 0.02) | 5.46489…·10⁻⁵ |
//! | `biggs_exp6(residuals=13)` (18) | x₃ e^−tᵢx₁ − x₄ e^−tᵢx₂ + x₆ e^−tᵢx₅ − yᵢ, tᵢ = i/10, yᵢ = e^−tᵢ − 5 e^−10tᵢ + 3 e^−4tᵢ | (1, 2, 1, 1, 1, 1) | 0 at (1, 10, 1, 5, 4, 3); 5.65565…·10⁻³ |
//! | `osborne2` (19) | yᵢ − (x₁ e^−tx₅ + x₂ e^−(t−x₉)²x₆ + x₃ e^−(t−x₁₀)²x₇ + x₄ e^−(t−x₁₁)²x₈), t = (i − 1)/10, i ≤ 65 | (1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5) | 4.01377…·10⁻² |
//! | `watson(dim=6)` (20) | Σ (j − 1) xⱼ t^(j−2) − (Σ xⱼ t^(j−1))² − 1 for t = i/29, i ≤ 29; x₁; x₂ − x₁² − 1 | 0 | 2.28767…·10⁻³ (6), 1.39976…·10⁻⁶ (9), 4.72238…·10⁻¹⁰ (12) |

use thalweg_function::Var;
use thalweg_spec::{Call, Options, SpecError};

use super::{At, count, fixed, sized, squares};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const OSBORNE1: Entry = Entry {
    name: "osborne1",
    signature: "osborne1",
    formula: "sum (y_i - (x1 + x2 exp(-t_i x4) + x3 exp(-t_i x5)))^2, t_i = 10 (i - 1), i = 1 ... 33",
    summary: "Two exponentials and a constant, fitted to measurements.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 17; Osborne (1972)",
    set: Set::MoreGarbowHillstrom,
    build: osborne1,
};

pub(crate) const BIGGS_EXP6: Entry = Entry {
    name: "biggs_exp6",
    signature: "biggs_exp6(residuals=13)",
    formula: "sum (x3 exp(-t_i x1) - x4 exp(-t_i x2) + x6 exp(-t_i x5) - y_i)^2, t_i = i/10, y_i = exp(-t_i) - 5 exp(-10 t_i) + 3 exp(-4 t_i)",
    summary: "Three exponentials; a minimum that is not the lowest lies nearer.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 18; Biggs (1971)",
    set: Set::MoreGarbowHillstrom,
    build: biggs_exp6,
};

pub(crate) const OSBORNE2: Entry = Entry {
    name: "osborne2",
    signature: "osborne2",
    formula: "sum (y_i - (x1 exp(-t x5) + x2 exp(-(t - x9)^2 x6) + x3 exp(-(t - x10)^2 x7) + x4 exp(-(t - x11)^2 x8)))^2, t = (i - 1)/10, i = 1 ... 65",
    summary: "An exponential and three bells, fitted to measurements.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 19; Osborne (1972)",
    set: Set::MoreGarbowHillstrom,
    build: osborne2,
};

pub(crate) const WATSON: Entry = Entry {
    name: "watson",
    signature: "watson(dim=6)",
    formula: "sum (p'(t_i) - p(t_i)^2 - 1)^2 + x1^2 + (x2 - x1^2 - 1)^2, p(t) = sum x_j t^(j - 1), t_i = i/29, i = 1 ... 29",
    summary: "A differential equation's solution as a polynomial: ever worse conditioned with every coefficient.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 20; Kowalik and Osborne, Elsevier (1968)",
    set: Set::MoreGarbowHillstrom,
    build: watson,
};

const OSBORNE1_Y: [f64; 33] = [
    0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628,
    0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420,
    0.414, 0.411, 0.406,
];

const OSBORNE2_Y: [f64; 65] = [
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616,
    0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495,
    0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672,
    0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581,
    0.428, 0.292, 0.162, 0.098, 0.054,
];

const OSBORNE1_MINIMA: [At<'_>; 1] = [(
    5.464894697482907e-05,
    &[0.37541005210695205, 1.9358469127123674, -1.464687136613423, 0.012867534640057288, 0.02212269966167261],
)];

/// The second value is taken wherever x₁ = x₅ and x₃ + x₆ is this sum. Where x₃ and x₆ have the same sign, among them the
/// point that equal steps in both lead to from the start, such a point is a saddle.
const BIGGS_MINIMA: [At<'_>; 2] = [
    (0.0, &[1.0, 10.0, 1.0, 5.0, 4.0, 3.0]),
    (
        0.005655649925499949,
        &[
            1.7114159947195877,
            17.68319818094906,
            3.326287321837785,
            5.186561551993449,
            1.7114159947195877,
            -1.0,
        ],
    ),
];

const OSBORNE2_MINIMA: [At<'_>; 1] = [(
    0.040137736293547735,
    &[
        1.3099771546273005,
        0.4315537946029889,
        0.633661698960724,
        0.5994305347859163,
        0.7541832263280113,
        0.9042885798596336,
        1.3658118352370285,
        4.8236988172271555,
        2.3986848661317546,
        4.568874597667672,
        5.6753414705806415,
    ],
)];

const WATSON_MINIMA: [At<'_>; 3] = [
    (
        0.0022876700535524454,
        &[
            -0.015725086401458484,
            1.0124348693691099,
            -0.2329916259567376,
            1.2604300877996077,
            -1.5137289227222783,
            0.9929964324311338,
        ],
    ),
    (
        1.399760138096511e-06,
        &[
            -1.5307036521367776e-05,
            0.9997897039319483,
            0.014763963693560887,
            0.1463423282993207,
            1.0008211030049017,
            -2.617731140519476,
            4.104403164479452,
            -3.1436122785568363,
            1.0526264080102714,
        ],
    ),
    (
        4.722381109136714e-10,
        &[
            -6.63806046728413e-09,
            1.0000016441178623,
            -0.0005639322104407543,
            0.3478205405065599,
            -0.15673150412276277,
            1.052815177357344,
            -3.2472711539633563,
            7.288434898990092,
            -10.271848242702953,
            9.074113648183214,
            -4.5413754671883755,
            1.0120118886476739,
        ],
    ),
];

fn osborne1(call: &Call) -> Result<Parts, SpecError> {
    fixed(call, [0.5, 1.5, -1.0, 0.01, 0.02], &OSBORNE1_MINIMA, |&[a, b, c, d, e]| {
        let residual = |(i, target): (usize, f64)| {
            let t = 10.0 * i as f64;
            target - (a + b * (-t * d).exp() + c * (-t * e).exp())
        };
        OSBORNE1_Y.into_iter().enumerate().map(residual).collect()
    })
}

fn biggs_exp6(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["residuals"])?;
    let m = options.whole("residuals", 6, 1000)?.unwrap_or(13) as usize;
    let call = Call::new("biggs_exp6").with("residuals", m as f64);
    // The second one depends on the number of residuals.
    let minima = if m == 13 { &BIGGS_MINIMA[..] } else { &BIGGS_MINIMA[..1] };
    Ok(squares(call, vec![1.0, 2.0, 1.0, 1.0, 1.0, 1.0], minima, |x| {
        let residual = |i: f64| {
            let t = i / 10.0;
            let target = (-t).exp() - 5.0 * (-10.0 * t).exp() + 3.0 * (-4.0 * t).exp();
            x[2] * (-t * x[0]).exp() - x[3] * (-t * x[1]).exp() + x[5] * (-t * x[4]).exp() - target
        };
        count(m).map(residual).collect()
    }))
}

fn osborne2(call: &Call) -> Result<Parts, SpecError> {
    let start = [1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5];
    fixed(call, start, &OSBORNE2_MINIMA, |x| {
        let residual = |(i, target): (usize, f64)| {
            let t = i as f64 / 10.0;
            let bell = |j: usize| x[j] * (-(t - x[j + 7]).pow(2.0) * x[j + 4]).exp();
            target - (x[0] * (-t * x[4]).exp() + bell(1) + bell(2) + bell(3))
        };
        OSBORNE2_Y.into_iter().enumerate().map(residual).collect()
    })
}

fn watson(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (2, 6, 31), |call, dim| {
        squares(call, vec![0.0; dim], &WATSON_MINIMA, |x| {
            let equation = |i: f64| {
                let t = i / 29.0;
                let slope = (1..dim).map(|j| j as f64 * t.powi(j as i32 - 1) * x[j]).sum::<Var>();
                let value = (0..dim).map(|j| t.powi(j as i32) * x[j]).sum::<Var>();
                slope - value.pow(2.0) - 1.0
            };
            count(29).map(equation).chain([x[0], x[1] - x[0].pow(2.0) - 1.0]).collect()
        })
    })
}
