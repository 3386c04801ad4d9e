//! The Gulf research and development function (11): a Weibull-like fit with an absolute value inside.
//!
//! f = Σ (exp(−|yᵢ − x₂|^x₃ / x₁) − tᵢ)², tᵢ = i/100, yᵢ = 25 + (−50 ln tᵢ)^⅔, i ≤ m. Start (5, 2.5, 0.15), minimum 0 at (50, 25, 1.5).
//! The paper prints yᵢ m i x₂ inside the absolute value, where the minus of its own minimum has to stand.

use thalweg_spec::{Call, Options, SpecError};

use super::{count, squares};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const GULF: Entry = Entry {
    name: "gulf",
    signature: "gulf(residuals=99)",
    formula: "sum (exp(-|y_i - x2|^x3/x1) - t_i)^2, t_i = i/100, y_i = 25 + (-50 log t_i)^(2/3), i = 1 ... residuals",
    summary: "A fit with an absolute value inside, where steps that are too long meet a plain.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 11; Cox (1969)",
    set: Set::MoreGarbowHillstrom,
    build: gulf,
};

fn gulf(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["residuals"])?;
    let m = options.whole("residuals", 3, 100)?.unwrap_or(99);
    let call = Call::new("gulf").with("residuals", m as f64);
    Ok(squares(call, vec![5.0, 2.5, 0.15], &[(0.0, &[50.0, 25.0, 1.5])], |x| {
        let residual = |i: f64| {
            let t = i / 100.0;
            let y = 25.0 + (-50.0 * t.ln()).powf(2.0 / 3.0);
            (-(y - x[1]).abs().pow(x[2]) / x[0]).exp() - t
        };
        count(m as usize).map(residual).collect()
    }))
}
