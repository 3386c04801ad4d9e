//! Gaussian wells, drawn at random.
//!
//! f = −Σⱼ cⱼ exp(−‖x − μⱼ‖²/wⱼ²), with what NumPy draws after `np.random.seed(seed)`, in this order: depths c uniform on
//! [0, 1) and then divided by their sum, centres μ standard normal, widths w uniform on [0, 1). Box ±3. The minima depend on the
//! draw; none are listed. The start is the first of those that `6 * np.random.random(size=(n, dim)) - 3` draws after
//! `np.random.seed(0)`.
//!
//! Source: the class RandomLossLandscape of the lecture notebook *Optimization in many dimensions*.

use thalweg_function::{Program, Var};
use thalweg_spec::{Call, Options, SpecError};

use super::{around_zero, trace};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::random_state::{RandomState, numpy_sum};
use crate::set::Set;

pub(crate) const WELLS: Entry = Entry {
    name: "wells",
    signature: "wells(wells=8, dim=2, seed=0)",
    formula: "-sum c_j exp(-|x - m_j|^2 / w_j^2), with c, m, w as NumPy draws them after np.random.seed(seed)",
    summary: "Gaussian wells of random depth, place and width, with plains between them.",
    source: "lecture notebook Optimization in many dimensions, class RandomLossLandscape",
    set: Set::Classic,
    build: wells,
};

struct Well {
    depth: f64,
    centre: Vec<f64>,
    width: f64,
}

fn wells(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["wells", "dim", "seed"])?;
    let count = options.whole("wells", 1, 1000)?.unwrap_or(8) as usize;
    let dim = options.whole("dim", 1, 1000)?.unwrap_or(2) as usize;
    let seed = options.whole("seed", 0, u32::MAX.into())?.unwrap_or(0) as u32;
    Ok(Parts {
        call: Call::new("wells")
            .with("wells", count as f64)
            .with("dim", dim as f64)
            .with("seed", f64::from(seed)),
        program: landscape(dim, &draw(count, dim, seed)),
        bounds: around_zero(3.0, dim),
        minima: Vec::new(),
        start: RandomState::seed(0).uniform(-3.0, 3.0, dim),
        known: Known::default(),
    })
}

fn draw(count: usize, dim: usize, seed: u32) -> Vec<Well> {
    let mut random = RandomState::seed(seed);
    let depths = random.uniform(0.0, 1.0, count);
    let total = numpy_sum(&depths);
    let centres: Vec<f64> = (0..count * dim).map(|_| random.randn()).collect();
    let widths = random.uniform(0.0, 1.0, count);
    let draws = depths.iter().zip(centres.chunks(dim)).zip(widths);
    draws
        .map(|((depth, centre), width)| Well { depth: depth / total, centre: centre.to_vec(), width })
        .collect()
}

/// The wells as a program whose gradient is as short as can be: seven instructions a well in two dimensions.
///
/// With s = 1/w, u = s (x − μ) and E = 2cs exp(−‖u‖²) a well is −E/(2s) and its gradient Eu. So the factor 2cs moves into the
/// exponent, and the factors 1/(2s), 2 and s, which the chain rule collects, cancel.
fn landscape(dim: usize, wells: &[Well]) -> Program {
    trace(dim, |x| wells.iter().filter(|well| well.width > 0.0).map(|well| well.trace(x)).sum())
}

impl Well {
    fn trace(&self, x: &[Var]) -> Var {
        let s = cancelling(1.0 / self.width);
        let u = x.iter().zip(&self.centre).map(|(&x, centre)| s * x - s * centre);
        let height = Var::constant((2.0 * self.depth * s).ln());
        let exponent = u.fold(height, |exponent, u| exponent - u * u);
        -0.5 / s * exponent.exp()
    }
}

/// The next number whose reciprocal, rounded, times itself is exactly 1; at most a few last places away.
fn cancelling(mut s: f64) -> f64 {
    while s * (1.0 / s) != 1.0 {
        s = s.next_up();
    }
    s
}
