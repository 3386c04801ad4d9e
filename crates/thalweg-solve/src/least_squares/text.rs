//! Methods and losses as text: `levenberg_marquardt`, `huber(scale=1.5)`.

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{Call, Options, SpecError, parse_call, unknown_name};

use super::{LeastSquaresMethod, Loss};

const METHODS: [(LeastSquaresMethod, &str); 4] = [
    (LeastSquaresMethod::Automatic, "automatic"),
    (LeastSquaresMethod::GaussNewton, "gauss_newton"),
    (LeastSquaresMethod::LevenbergMarquardt, "levenberg_marquardt"),
    (LeastSquaresMethod::Reflective, "reflective"),
];

const LOSSES: [&str; 4] = ["squares", "huber", "soft_l1", "cauchy"];

impl fmt::Display for LeastSquaresMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = METHODS.iter().find(|(method, _)| method == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

impl FromStr for LeastSquaresMethod {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let call = parse_call(text)?;
        Options::of(&call, "method", &[])?;
        METHODS.iter().find(|(_, name)| *name == call.name).map(|(method, _)| *method).ok_or_else(|| {
            unknown_name("method of least squares", &call.name, &METHODS.map(|(_, name)| name))
        })
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = match self {
            Loss::Squares => Call::new("squares"),
            Loss::Huber(scale) => Call::new("huber").with("scale", *scale),
            Loss::SoftL1(scale) => Call::new("soft_l1").with("scale", *scale),
            Loss::Cauchy(scale) => Call::new("cauchy").with("scale", *scale),
        };
        call.fmt(f)
    }
}

/// ```
/// use thalweg_solve::Loss;
///
/// assert_eq!("huber(1.5)".parse::<Loss>()?, Loss::Huber(1.5));
/// assert_eq!(Loss::Cauchy(2.0).to_string(), "cauchy(scale=2)");
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
impl FromStr for Loss {
    type Err = SpecError;

    /// A name with its scale, which is 1 unless given.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let call = parse_call(text)?;
        let scale = || {
            let options = Options::of(&call, "loss", &["scale"])?;
            options.number_where("scale", 1.0, "above 0", |scale| scale > 0.0 && scale.is_finite())
        };
        match call.name.as_str() {
            "squares" => Options::of(&call, "loss", &[]).map(|_| Loss::Squares),
            "huber" => scale().map(Loss::Huber),
            "soft_l1" => scale().map(Loss::SoftL1),
            "cauchy" => scale().map(Loss::Cauchy),
            _ => Err(unknown_name("loss", &call.name, &LOSSES)),
        }
    }
}
