//! What several subjects need: running a program once, at a point or at many.

use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use thalweg_function::{Executable, Expression, Float, Program};

/// The results of the program at one point.
pub(crate) fn at(program: &Program, x: &[f64]) -> Vec<f64> {
    run::<f64>(program, x)
}

/// The results of the program for one input buffer, in either precision.
pub(crate) fn run<F: Float>(program: &Program, x: &[F]) -> Vec<F> {
    let mut executable = Executable::<F>::new(program).expect("every program can be planned");
    let mut results = vec![F::default(); executable.output_len()];
    executable.run(x, &mut results).expect("the buffers have the right lengths");
    results
}

/// The program of an expression in `variables`.
pub(crate) fn parsed(text: &str, variables: &[&str]) -> Program {
    let expression = Expression::parse_with(text, Some(variables), &[]);
    expression.unwrap_or_else(|error| panic!("{text}: {error}")).program().clone()
}

/// Fails unless each pair differs by at most `tolerance·max(1, |expected|)`.
pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= tolerance * expected.abs().max(1.0), "found {found}, expected {expected}");
    }
}

/// `count` points of a box, from a Weyl sequence: well spread, and the same every time.
pub(crate) fn points(count: usize, bounds: &[(f64, f64)]) -> Vec<Vec<f64>> {
    let steps = [0.754_877_666_246_692_7, 0.569_840_290_998_053_2, 0.438_744_875_602_3, 0.341_2];
    let coordinate = |i: usize, k: usize| {
        let (low, high) = bounds[k];
        low + (high - low) * (0.5 + (i + 1) as f64 * steps[k % steps.len()]).fract()
    };
    (0..count).map(|i| (0..bounds.len()).map(|k| coordinate(i, k)).collect()).collect()
}

/// ∂f/∂x_k by central differences of fourth order.
pub(crate) fn difference(f: &Program, output: usize, x: &[f64], k: usize, h: f64) -> f64 {
    let value = |step: f64| {
        let mut x = x.to_vec();
        x[k] += step;
        at(f, &x)[output]
    };
    (8.0 * (value(h) - value(-h)) - (value(2.0 * h) - value(-2.0 * h))) / (12.0 * h)
}

/// How many random cases to try. The same cases every time, unless `PROPTEST_RNG_SEED` asks for others.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    let mut config = ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}
