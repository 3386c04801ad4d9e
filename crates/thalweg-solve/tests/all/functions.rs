//! Functions used by several tests.

use thalweg_function::{Program, Var, trace};
use thalweg_solve::{Options, Solution, Traced, minimize};

/// ½ xᵀQx with eigenvalues 1 and 6 turned by π/16.
pub(crate) const Q: [[f64; 2]; 2] = {
    // cos²(π/16) = (1 + cos(π/8))/2, and cos·sin(π/16) = sin(π/8)/2.
    const COS: f64 = 0.923_879_532_511_286_7;
    const SIN: f64 = 0.382_683_432_365_089_8;
    let (c2, s2, cs) = (0.5 + COS / 2.0, 0.5 - COS / 2.0, SIN / 2.0);
    [[c2 + 6.0 * s2, -5.0 * cs], [-5.0 * cs, s2 + 6.0 * c2]]
};

/// The eigenvectors of `Q` as columns: (cos, sin) and (−sin, cos) of π/16.
pub(crate) fn rotation() -> [[f64; 2]; 2] {
    let (sin, cos) = (std::f64::consts::PI / 16.0).sin_cos();
    [[cos, -sin], [sin, cos]]
}

/// Rᵀx: the components of a point along the eigenvectors.
pub(crate) fn components(x: &[f64]) -> [f64; 2] {
    let r = rotation();
    [0, 1].map(|k| r[0][k] * x[0] + r[1][k] * x[1])
}

pub(crate) fn quadratic() -> Program {
    trace(2, |x| 0.5 * (Q[0][0] * x[0].pow(2.0) + Q[1][1] * x[1].pow(2.0)) + Q[0][1] * x[0] * x[1]).unwrap()
}

pub(crate) fn rosenbrock() -> Program {
    trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0)).unwrap()
}

/// Three Gaussian wells.
pub(crate) fn wells() -> Program {
    trace(2, |x| {
        let well =
            |[c, a, b, w]: [f64; 4]| -c * (-((x[0] - a).pow(2.0) + (x[1] - b).pow(2.0)) / (w * w)).exp();
        [[0.5, 0.4, 0.1, 0.7], [0.3, -1.0, 1.2, 0.5], [0.2, 1.5, -1.0, 0.4]]
            .into_iter()
            .map(well)
            .sum::<Var>()
    })
    .unwrap()
}

/// A run with everything not named at its default.
pub(crate) fn run(program: &Program, start: &[f64], method: &str, steps: usize) -> Solution<f64> {
    let options = options(method, steps);
    minimize(&mut Traced::new(program).unwrap(), start, &options).unwrap()
}

pub(crate) fn options(method: &str, steps: usize) -> Options {
    Options { method: method.parse().unwrap(), steps, history: true, ..Options::default() }
}
