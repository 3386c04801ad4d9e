//! The list of NIST's regressions, in its order: what they are, how difficult, and their models. The numbers are in `data/nist`.

use super::build;
use super::regression::{Difficulty, Regression};
use crate::catalogue::Entry;
use crate::set::Set;

/// A regression as it is listed.
struct Listed {
    name: &'static str,
    difficulty: Difficulty,
    model: &'static str,
    text: &'static str,
}

macro_rules! regressions {
    ($($name:literal $lower:literal $difficulty:ident $model:literal, $what:literal, $source:literal;)*) => {
        const LISTED: [Listed; [$($name),*].len()] = [$(
            Listed {
                name: $name,
                difficulty: Difficulty::$difficulty,
                model: $model,
                text: include_str!(concat!("../../data/nist/", $name, ".txt")),
            },
        )*];

        /// A landscape for each.
        pub(crate) const ENTRIES: [Entry; LISTED.len()] = [$(
            Entry {
                name: $lower,
                signature: concat!($lower, "(start=1)"),
                formula: concat!("sum (y - m)^2, m = ", $model),
                summary: concat!("NIST regression ", $name, ": ", $what, "."),
                source: concat!("NIST Statistical Reference Datasets, ", $name, "; ", $source),
                set: Set::Nist,
                build,
            },
        )*];
    };
}

/// The regression with this name, in lower case; it is one of the list.
pub(super) fn read(name: &str) -> Regression {
    let listed = LISTED.iter().find(|listed| listed.name.eq_ignore_ascii_case(name));
    let Listed { name, difficulty, model, text } = listed.expect("an entry is made of each in the list");
    let mut regression = Regression::read(name, *difficulty, model, text);
    if *name == "Nelson" {
        regression.response.iter_mut().for_each(|y| *y = y.ln());
    }
    regression
}

regressions! {
    "Misra1a" "misra1a" Lower
        "b1 * (1 - exp(-b2 * x))",
        "dental research: monomolecular adsorption", "Misra, NIST (1978)";
    "Chwirut2" "chwirut2" Lower
        "exp(-b1 * x) / (b2 + b3 * x)",
        "ultrasonic response of reference blocks", "Chwirut, NIST (197?)";
    "Chwirut1" "chwirut1" Lower
        "exp(-b1 * x) / (b2 + b3 * x)",
        "ultrasonic response of reference blocks, all observations", "Chwirut, NIST (197?)";
    "Lanczos3" "lanczos3" Lower
        "b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)",
        "generated from three exponentials, five digits", "Lanczos, Applied Analysis, Prentice Hall (1956)";
    "Gauss1" "gauss1" Lower
        "b1 * exp(-b2 * x) + b3 * exp(-(x - b4)^2 / b5^2) + b6 * exp(-(x - b7)^2 / b8^2)",
        "generated: two bells well apart on a decaying exponential", "Rust, NIST (1996)";
    "Gauss2" "gauss2" Lower
        "b1 * exp(-b2 * x) + b3 * exp(-(x - b4)^2 / b5^2) + b6 * exp(-(x - b7)^2 / b8^2)",
        "generated: two bells that touch on a decaying exponential", "Rust, NIST (1996)";
    "DanWood" "danwood" Lower
        "b1 * x^b2",
        "energy radiated by a carbon filament", "Daniel and Wood, Fitting Equations to Data, Wiley (1980)";
    "Misra1b" "misra1b" Lower
        "b1 * (1 - (1 + b2 * x / 2)^(-2))",
        "dental research: monomolecular adsorption", "Misra, NIST (1978)";
    "Kirby2" "kirby2" Average
        "(b1 + b2 * x + b3 * x^2) / (1 + b4 * x + b5 * x^2)",
        "line widths under a scanning electron microscope", "Kirby, NIST (197?)";
    "Hahn1" "hahn1" Average
        "(b1 + b2 * x + b3 * x^2 + b4 * x^3) / (1 + b5 * x + b6 * x^2 + b7 * x^3)",
        "thermal expansion of copper", "Hahn, NIST (197?)";
    "Nelson" "nelson" Average
        "b1 - b2 * x1 * exp(-b3 * x2)",
        "logarithm of the breakdown strength in accelerated tests", "Nelson, IEEE Transactions on Reliability R-30 (1981)";
    "MGH17" "mgh17" Average
        "b1 + b2 * exp(-x * b4) + b3 * exp(-x * b5)",
        "osborne1 from farther starts", "Osborne (1972); Moré, Garbow and Hillstrom, ACM TOMS 7 (1981)";
    "Lanczos1" "lanczos1" Average
        "b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)",
        "generated from three exponentials, fourteen digits", "Lanczos, Applied Analysis, Prentice Hall (1956)";
    "Lanczos2" "lanczos2" Average
        "b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)",
        "generated from three exponentials, six digits", "Lanczos, Applied Analysis, Prentice Hall (1956)";
    "Gauss3" "gauss3" Average
        "b1 * exp(-b2 * x) + b3 * exp(-(x - b4)^2 / b5^2) + b6 * exp(-(x - b7)^2 / b8^2)",
        "generated: two bells that blend on a decaying exponential", "Rust, NIST (1996)";
    "Misra1c" "misra1c" Average
        "b1 * (1 - (1 + 2 * b2 * x)^(-0.5))",
        "dental research: monomolecular adsorption", "Misra, NIST (1978)";
    "Misra1d" "misra1d" Average
        "b1 * b2 * x / (1 + b2 * x)",
        "dental research: monomolecular adsorption", "Misra, NIST (1978)";
    "Roszman1" "roszman1" Average
        "b1 - b2 * x - atan(b3 / (x - b4)) / pi",
        "quantum defects of sulphur", "Roszman, NIST (19??)";
    "ENSO" "enso" Average
        "b1 + b2 * cos(2 * pi * x / 12) + b3 * sin(2 * pi * x / 12) + b5 * cos(2 * pi * x / b4) + b6 * sin(2 * pi * x / b4) + b8 * cos(2 * pi * x / b7) + b9 * sin(2 * pi * x / b7)",
        "cycles of the pressure difference that drives the trade winds", "Kahaner, Moler and Nash, Numerical Methods and Software, Prentice Hall (1989)";
    "MGH09" "mgh09" Higher
        "b1 * (x^2 + x * b2) / (x^2 + x * b3 + b4)",
        "kowalik_osborne from farther starts", "Kowalik and Osborne (1978); Moré, Garbow and Hillstrom, ACM TOMS 7 (1981)";
    "Thurber" "thurber" Higher
        "(b1 + b2 * x + b3 * x^2 + b4 * x^3) / (1 + b5 * x + b6 * x^2 + b7 * x^3)",
        "electron mobility in semiconductors", "Thurber, NIST (197?)";
    "BoxBOD" "boxbod" Higher
        "b1 * (1 - exp(-b2 * x))",
        "biochemical oxygen demand", "Box, Hunter and Hunter, Statistics for Experimenters, Wiley (1978)";
    "Rat42" "rat42" Higher
        "b1 / (1 + exp(b2 - b3 * x))",
        "growth of a pasture, logistic", "Ratkowsky, Nonlinear Regression Modeling, Dekker (1983)";
    "MGH10" "mgh10" Higher
        "b1 * exp(b2 / (x + b3))",
        "meyer from farther starts", "Meyer (1970); Moré, Garbow and Hillstrom, ACM TOMS 7 (1981)";
    "Eckerle4" "eckerle4" Higher
        "b1 / b2 * exp(-0.5 * ((x - b3) / b2)^2)",
        "circular interference transmittance", "Eckerle, NIST (197?)";
    "Rat43" "rat43" Higher
        "b1 / (1 + exp(b2 - b3 * x))^(1 / b4)",
        "growth of onions", "Ratkowsky, Nonlinear Regression Modeling, Dekker (1983)";
    "Bennett5" "bennett5" Higher
        "b1 * (b2 + x)^(-1 / b3)",
        "superconductivity magnetization", "Bennett, Swartzendruber and Brown, NIST (1994)";
}
