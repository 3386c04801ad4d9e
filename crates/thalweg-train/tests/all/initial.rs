//! What parameters are before training.

use thalweg_train::initializer::{Distribution, Fan, Initializer};

fn filled(initializer: Initializer, shape: &[usize]) -> Vec<f64> {
    let mut array = vec![0.0; shape.iter().product()];
    initializer.fill(5, 2, shape, &mut array);
    array.into_iter().map(f64::from).collect()
}

/// Mean, variance and fourth moment divided by the squared variance.
fn moments(array: &[f64]) -> [f64; 3] {
    let mean_of = |f: &dyn Fn(f64) -> f64| array.iter().map(|&x| f(x)).sum::<f64>() / array.len() as f64;
    let mean = mean_of(&|x| x);
    let variance = mean_of(&|x| (x - mean).powi(2));
    [mean, variance, mean_of(&|x| (x - mean).powi(4)) / variance.powi(2)]
}

#[test]
fn variances_are_those_of_the_papers() {
    let dense: &[usize] = &[300, 500];
    let conv: &[usize] = &[64, 32, 5, 5];
    for (initializer, of_dense, of_conv) in [
        (Initializer::LECUN_NORMAL, 1.0 / 500.0, 1.0 / 800.0),
        (Initializer::LECUN_UNIFORM, 1.0 / 500.0, 1.0 / 800.0),
        (Initializer::GLOROT_NORMAL, 2.0 / 800.0, 2.0 / 2400.0),
        (Initializer::GLOROT_UNIFORM, 2.0 / 800.0, 2.0 / 2400.0),
        (Initializer::HE_NORMAL, 2.0 / 500.0, 2.0 / 800.0),
        (Initializer::HE_UNIFORM, 2.0 / 500.0, 2.0 / 800.0),
        (Initializer::TORCH, 1.0 / 1500.0, 1.0 / 2400.0),
        (Initializer::Normal { std: 0.5 }, 0.25, 0.25),
        (Initializer::Uniform { limit: 0.5 }, 1.0 / 12.0, 1.0 / 12.0),
    ] {
        for (shape, wanted) in [(dense, of_dense), (conv, of_conv)] {
            let [mean, variance, _] = moments(&filled(initializer, shape));
            // Of 50 000 numbers and more the variance has a standard error below 0.7 %.
            assert!((variance / wanted - 1.0).abs() < 0.03, "{initializer:?} {shape:?}: {variance}");
            assert!(mean.abs() < 0.02 * wanted.sqrt(), "{initializer:?} {shape:?}: {mean}");
        }
    }
}

#[test]
fn fourth_moments_tell_the_distributions_apart() {
    // Of a normal number 3, of an even one 9/5, of one truncated at two standard deviations 2.36554
    // (SciPy 1.17: truncnorm(-2, 2).stats("k") + 3).
    let scaled = |distribution| Initializer::Scaled { scale: 1.0, fan: Fan::In, distribution };
    for (distribution, wanted) in
        [(Distribution::Normal, 3.0), (Distribution::Uniform, 1.8), (Distribution::Truncated, 2.36554)]
    {
        let [_, _, fourth] = moments(&filled(scaled(distribution), &[500, 400]));
        assert!((fourth - wanted).abs() < 0.05, "{distribution:?}: {fourth}");
    }
    let largest = filled(Initializer::LECUN_NORMAL, &[500, 400]).into_iter().fold(0.0, f64::max);
    let bound = 2.0 / 400.0_f64.sqrt() / 0.879_625_661;
    assert!(largest <= bound * (1.0 + 1e-6) && largest > 0.99 * bound, "{largest} of {bound}");
}

#[test]
fn an_orthogonal_matrix_keeps_lengths() {
    for shape in [&[20, 50][..], &[50, 20], &[30, 30], &[8, 3, 3, 3]] {
        let gain = 1.5;
        let matrix = filled(Initializer::Orthogonal { gain }, shape);
        let rows = shape[0];
        let columns = matrix.len() / rows;
        let few = rows.min(columns);
        let entry = |i: usize, k: usize| {
            if rows <= columns { matrix[i * columns + k] } else { matrix[k * columns + i] }
        };
        for i in 0..few {
            for j in 0..few {
                let product: f64 = (0..rows.max(columns)).map(|k| entry(i, k) * entry(j, k)).sum();
                let wanted = if i == j { gain * gain } else { 0.0 };
                assert!((product - wanted).abs() < 1e-6, "{shape:?} {i} {j}: {product}");
            }
        }
    }
}

#[test]
fn seeds_and_streams_choose_the_numbers() {
    let draw = |seed, stream| {
        let mut array = [0.0; 4];
        Initializer::LECUN_NORMAL.fill(seed, stream, &[2, 2], &mut array);
        array
    };
    assert_eq!(draw(1, 0), draw(1, 0));
    assert_ne!(draw(1, 0), draw(2, 0));
    assert_ne!(draw(1, 0), draw(1, 1));
    let mut ones = [0.0; 3];
    Initializer::Constant(1.0).fill(0, 0, &[3], &mut ones);
    assert_eq!(ones, [1.0; 3]);
}
