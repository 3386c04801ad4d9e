//! Four variables: a singular minimum, two joined valleys and two fits.
//!
//! | | residuals | start | minima |
//! |---|---|---|---|
//! | `powell_singular(dim=4)` (13, 22) | x₁ + 10x₂, √5 (x₃ − x₄), (x₂ − 2x₃)², √10 (x₁ − x₄)², for every four variables | (3, −1, 0, 1), … | 0 at 0 |
//! | `wood` (14) | 10 (x₂ − x₁²), 1 − x₁, √90 (x₄ − x₃²), 1 − x₃, √10 (x₂ + x₄ − 2), (x₂ − x₄)/√10 | (−3, −1, −3, −1) | 0 at (1, 1, 1, 1) |
//! | `kowalik_osborne` (15) | yᵢ − x₁ (uᵢ² + uᵢx₂)/(uᵢ² + uᵢx₃ + x₄), i ≤ 11 | (0.25, 0.39, 0.415, 0.39) | 3.07505…·10⁻⁴; 1.02734…·10⁻³ at (∞, −14.07…, −∞, −∞) |
//! | `brown_dennis` (16) | (x₁ + tᵢx₂ − e^tᵢ)² + (x₃ + x₄ sin tᵢ − cos tᵢ)², tᵢ = i/5, i ≤ 20 | (25, 5, −5, −1) | 85822.2… |

use thalweg_function::Var;
use thalweg_spec::{Call, Options, SpecError};

use super::{count, fixed, squares};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;

pub(crate) const POWELL_SINGULAR: Entry = Entry {
    name: "powell_singular",
    signature: "powell_singular(dim=4)",
    formula: "sum over every four variables of (x1 + 10 x2)^2 + 5 (x3 - x4)^2 + (x2 - 2 x3)^4 + 10 (x1 - x4)^4",
    summary: "A minimum with a singular Hessian: quadratic convergence ends.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problems 13 and 22; Powell, The Computer Journal 5 (1962)",
    set: Set::MoreGarbowHillstrom,
    build: powell_singular,
};

pub(crate) const WOOD: Entry = Entry {
    name: "wood",
    signature: "wood",
    formula: "100 (x2 - x1^2)^2 + (1 - x1)^2 + 90 (x4 - x3^2)^2 + (1 - x3)^2 + 10 (x2 + x4 - 2)^2 + (x2 - x4)^2/10",
    summary: "Two curved valleys joined, with a saddle point where a descent likes to rest.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 14; Colville (1968)",
    set: Set::MoreGarbowHillstrom,
    build: wood,
};

pub(crate) const KOWALIK_OSBORNE: Entry = Entry {
    name: "kowalik_osborne",
    signature: "kowalik_osborne",
    formula: "sum (y_i - x1 (u_i^2 + u_i x2)/(u_i^2 + u_i x3 + x4))^2, i = 1 ... 11",
    summary: "A rational fit that also falls towards infinity.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 15; Kowalik and Osborne, Elsevier (1968)",
    set: Set::MoreGarbowHillstrom,
    build: kowalik_osborne,
};

pub(crate) const BROWN_DENNIS: Entry = Entry {
    name: "brown_dennis",
    signature: "brown_dennis",
    formula: "sum ((x1 + t_i x2 - exp(t_i))^2 + (x3 + x4 sin t_i - cos t_i)^2)^2, t_i = i/5, i = 1 ... 20",
    summary: "Large residuals: Gauss-Newton's picture of the curvature is wrong.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 16; Brown and Dennis (1971)",
    set: Set::MoreGarbowHillstrom,
    build: brown_dennis,
};

const KOWALIK_Y: [f64; 11] =
    [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246];

const KOWALIK_U: [f64; 11] = [4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625];

fn powell_singular(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim"])?;
    let dim = options.whole("dim", 4, 100_000)?.unwrap_or(4) as usize;
    if !dim.is_multiple_of(4) {
        return Err(options.error("dim", format!("must be a multiple of 4, found {dim}")));
    }
    let call = Call::new("powell_singular").with("dim", dim as f64);
    let start = [3.0, -1.0, 0.0, 1.0].repeat(dim / 4);
    Ok(squares(call, start, &[(0.0, &vec![0.0; dim])], |x| {
        let (fours, _) = x.as_chunks::<4>();
        let residuals = |&[a, b, c, d]: &[Var; 4]| {
            let (square, fourth) = ((b - 2.0 * c).pow(2.0), (a - d).pow(2.0));
            [a + 10.0 * b, 5_f64.sqrt() * (c - d), square, 10_f64.sqrt() * fourth]
        };
        fours.iter().flat_map(residuals).collect()
    }))
}

fn wood(call: &Call) -> Result<Parts, SpecError> {
    fixed(call, [-3.0, -1.0, -3.0, -1.0], &[(0.0, &[1.0; 4])], |&[a, b, c, d]| {
        vec![
            10.0 * (b - a.pow(2.0)),
            1.0 - a,
            90_f64.sqrt() * (d - c.pow(2.0)),
            1.0 - c,
            10_f64.sqrt() * (b + d - 2.0),
            (b - d) / 10_f64.sqrt(),
        ]
    })
}

fn kowalik_osborne(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(
        0.00030750560384923745,
        &[0.19280693457903786, 0.19128232873436696, 0.12305650692632064, 0.13606233068379484][..],
    )];
    let parts = fixed(call, [0.25, 0.39, 0.415, 0.39], &minima, |&[a, b, c, d]| {
        let residual = |(u, target): (f64, f64)| target - a * (u * u + u * b) / (u * u + u * c + d);
        KOWALIK_U.into_iter().zip(KOWALIK_Y).map(residual).collect()
    })?;
    Ok(Parts { known: Known { infima: vec![1.02734e-3], ..parts.known }, ..parts })
}

fn brown_dennis(call: &Call) -> Result<Parts, SpecError> {
    let minima = [(
        85822.2016263563,
        &[-11.594439904762163, 13.203630051207202, -0.4034394881768595, 0.23677877445573625][..],
    )];
    fixed(call, [25.0, 5.0, -5.0, -1.0], &minima, |&[a, b, c, d]| {
        let residual = |i: f64| {
            let t = i / 5.0;
            (a + t * b - t.exp()).pow(2.0) + (c + d * t.sin() - t.cos()).pow(2.0)
        };
        count(20).map(residual).collect()
    })
}
