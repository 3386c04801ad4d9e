//! Three variables: a helix and four fits.
//!
//! | | residuals | start | minima |
//! |---|---|---|---|
//! | `helical_valley` (7) | 10 (x₃ − 10 θ), 10 (√(x₁² + x₂²) − 1), x₃, with θ the angle of (x₁, x₂) in turns, from −¼ to ¾ | (−1, 0, 0) | 0 at (1, 0, 0) |
//! | `bard` (8) | yᵢ − (x₁ + i/((16 − i) x₂ + min(i, 16 − i) x₃)), i ≤ 15 | (1, 1, 1) | 8.21487…·10⁻³; 17.4286… at (0.8406…, −∞, −∞) |
//! | `gaussian` (9) | x₁ exp(−x₂ (tᵢ − x₃)²/2) − yᵢ, tᵢ = (8 − i)/2, i ≤ 15 | (0.4, 1, 0) | 1.12793…·10⁻⁸ |
//! | `meyer` (10) | x₁ exp(x₂/(tᵢ + x₃)) − yᵢ, tᵢ = 45 + 5i, i ≤ 16 | (0.02, 4000, 250) | 87.9458… |
//! | `box3d` (12) | e^−tᵢx₁ − e^−tᵢx₂ − x₃ (e^−tᵢ − e^−10tᵢ), tᵢ = i/10, i ≤ 10 | (0, 10, 20) | 0 at (1, 10, 1), (10, 1, −1) and wherever x₁ = x₂, x₃ = 0 |

use std::f64::consts::TAU;

use thalweg_spec::{Call, SpecError};

use super::{count, fixed};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;

pub(crate) const HELICAL_VALLEY: Entry = Entry {
    name: "helical_valley",
    signature: "helical_valley",
    formula: "100 (x3 - 10 t)^2 + 100 (sqrt(x1^2 + x2^2) - 1)^2 + x3^2, t the angle of (x1, x2) in turns, from -1/4 to 3/4",
    summary: "A valley that winds around the third axis.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 7; Fletcher and Powell, The Computer Journal 6 (1963)",
    set: Set::MoreGarbowHillstrom,
    build: helical_valley,
};

pub(crate) const BARD: Entry = Entry {
    name: "bard",
    signature: "bard",
    formula: "sum (y_i - (x1 + i/((16 - i) x2 + min(i, 16 - i) x3)))^2, i = 1 ... 15",
    summary: "A rational fit that also falls towards infinity.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 8; Bard, SIAM J. Numer. Anal. 7 (1970)",
    set: Set::MoreGarbowHillstrom,
    build: bard,
};

pub(crate) const GAUSSIAN: Entry = Entry {
    name: "gaussian",
    signature: "gaussian",
    formula: "sum (x1 exp(-x2 (t_i - x3)^2/2) - y_i)^2, t_i = (8 - i)/2, i = 1 ... 15",
    summary: "A bell curve fitted to rounded values of itself: the start is almost the minimum.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 9",
    set: Set::MoreGarbowHillstrom,
    build: gaussian,
};

pub(crate) const MEYER: Entry = Entry {
    name: "meyer",
    signature: "meyer",
    formula: "sum (x1 exp(x2/(t_i + x3)) - y_i)^2, t_i = 45 + 5 i, i = 1 ... 16",
    summary: "A thermistor's resistance: nearly dependent parameters of very different size.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 10; Meyer (1970)",
    set: Set::MoreGarbowHillstrom,
    build: meyer,
};

pub(crate) const BOX3D: Entry = Entry {
    name: "box3d",
    signature: "box3d",
    formula: "sum (exp(-t_i x1) - exp(-t_i x2) - x3 (exp(-t_i) - exp(-10 t_i)))^2, t_i = i/10, i = 1 ... 10",
    summary: "A difference of exponentials; beside two isolated minima a whole line of them.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 12; Box, The Computer Journal 9 (1966)",
    set: Set::MoreGarbowHillstrom,
    build: box3d,
};

const BARD_Y: [f64; 15] =
    [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39];

const GAUSSIAN_Y: [f64; 15] = [
    0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175,
    0.0044, 0.0009,
];

const MEYER_Y: [f64; 16] = [
    34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0, 8261.0, 7030.0, 6005.0, 5147.0,
    4427.0, 3820.0, 3307.0, 2872.0,
];

fn helical_valley(call: &Call) -> Result<Parts, SpecError> {
    fixed(call, [-1.0, 0.0, 0.0], &[(0.0, &[1.0, 0.0, 0.0])], |&[x, y, z]| {
        // The angle turned by a quarter, so that the jump of atan2 comes to lie on the negative second axis.
        let turns = 0.25 + (-x).atan2(y) / TAU;
        vec![10.0 * (z - 10.0 * turns), 10.0 * (x.hypot(y) - 1.0), z]
    })
}

fn bard(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(0.008214877306578975, &[0.08241055974978893, 1.1330360920297216, 2.343695178642537][..])];
    let parts = fixed(call, [1.0; 3], &minima, |&[x, y, z]| {
        let residual = |(i, target): (f64, f64)| {
            let j = 16.0 - i;
            target - (x + i / (j * y + i.min(j) * z))
        };
        count(15).zip(BARD_Y).map(residual).collect()
    })?;
    Ok(Parts { known: Known { infima: vec![17.4286], ..parts.known }, ..parts })
}

fn gaussian(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(1.127932769618648e-08, &[0.39895613783875666, 1.0000190844878056, 0.0][..])];
    fixed(call, [0.4, 1.0, 0.0], &minima, |&[x, y, z]| {
        let residual =
            |(i, target): (f64, f64)| x * (-y * ((8.0 - i) / 2.0 - z).pow(2.0) / 2.0).exp() - target;
        count(15).zip(GAUSSIAN_Y).map(residual).collect()
    })
}

fn meyer(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(87.94585517085112, &[0.005609636471028053, 6181.346346286372, 345.2236346241365][..])];
    fixed(call, [0.02, 4000.0, 250.0], &minima, |&[x, y, z]| {
        let residual = |(i, target): (f64, f64)| x * (y / (45.0 + 5.0 * i + z)).exp() - target;
        count(16).zip(MEYER_Y).map(residual).collect()
    })
}

fn box3d(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(0.0, &[1.0, 10.0, 1.0][..]), (0.0, &[10.0, 1.0, -1.0]), (0.0, &[1.0, 1.0, 0.0])];
    fixed(call, [0.0, 10.0, 20.0], &minima, |&[x, y, z]| {
        let residual = |i: f64| {
            let t = i / 10.0;
            (-t * x).exp() - (-t * y).exp() - z * ((-t).exp() - (-10.0 * t).exp())
        };
        count(10).map(residual).collect()
    })
}
