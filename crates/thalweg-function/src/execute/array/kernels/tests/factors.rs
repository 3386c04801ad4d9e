//! Cholesky factors, triangular systems, eigenvalues and eigenvectors.

use std::f64::consts::PI;

use super::{computed, same_bits_on_three_threads, scattered};
use crate::execute::Float;
use crate::primitive::ArrayOp;
use crate::program::Shape;

const FORWARD: ArrayOp = ArrayOp::TriangularSolve { transposed: false };
const BACKWARD: ArrayOp = ArrayOp::TriangularSolve { transposed: true };

fn square(n: usize) -> Shape {
    Shape::from([n, n])
}

/// A·B, or A·Bᵀ.
fn product(a: &[f64], b: &[f64], [rows, inner, columns]: [usize; 3], transposed: bool) -> Vec<f64> {
    let element = |k: usize, j: usize| if transposed { b[j * inner + k] } else { b[k * columns + j] };
    (0..rows * columns)
        .map(|i| (0..inner).map(|k| a[i / columns * inner + k] * element(k, i % columns)).sum())
        .collect()
}

fn transpose(a: &[f64], n: usize) -> Vec<f64> {
    (0..n * n).map(|i| a[i % n * n + i / n]).collect()
}

fn lower(n: usize) -> Vec<f64> {
    let mut l = scattered(n * n);
    for (i, row) in l.chunks_mut(n).enumerate() {
        row[..i].iter_mut().for_each(|x| *x /= (n as f64).sqrt());
        row[i] = 1.5 + row[i].abs();
        row[i + 1..].fill(0.0);
    }
    l
}

fn widest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |most, x| if x <= most { most } else { x })
}

#[test]
fn the_factor_of_a_product_is_what_was_multiplied() {
    for n in [1, 2, 3, 7, 8, 9, 63, 64, 65, 130, 200] {
        let l = lower(n);
        let mut a = product(&l, &l, [n, n, n], true);
        // Only the lower triangle is read.
        (0..n).for_each(|i| a[i * n + i + 1..(i + 1) * n].fill(f64::NAN));
        let found = computed(ArrayOp::Cholesky, &[(&a, square(n))], square(n)).unwrap();
        assert!(widest(&found, &l) < 1e-12, "{n}: {}", widest(&found, &l));
        let narrow: Vec<f32> = a.iter().map(|&x| x as f32).collect();
        let found = computed(ArrayOp::Cholesky, &[(&narrow, square(n))], square(n)).unwrap();
        let found: Vec<f64> = found.iter().map(|x| x.to_f64()).collect();
        assert!(widest(&found, &l) < 1e-4, "{n}: {}", widest(&found, &l));
    }
}

#[test]
fn a_matrix_that_is_not_positive_definite_has_a_factor_of_nan() {
    let pair = [4.0, 0.0, 2.0, 5.0, 1.0, 0.0, 2.0, 1.0];
    let found: Vec<f64> = computed(ArrayOp::Cholesky, &[(&pair, [2, 2, 2].into())], [2, 2, 2]).unwrap();
    assert_eq!(found[..4], [2.0, 0.0, 1.0, 2.0]);
    assert!(found[4..].iter().all(|x| x.is_nan()));
    let mut large: Vec<f64> = (0..100 * 100).map(|i| f64::from(i % 101 == 0)).collect();
    large[80 * 101] = 0.0;
    let found = computed(ArrayOp::Cholesky, &[(&large, square(100))], square(100)).unwrap();
    assert!(found.iter().all(|x: &f64| x.is_nan()));
}

#[test]
fn triangular_systems_are_solved_from_either_side() {
    for n in [1, 2, 5, 8, 9, 33, 100] {
        for columns in [1, 2, 3, 15, 16, 17, 40] {
            let (mut l, x) = (lower(n), scattered(n * columns));
            let shape = Shape::from([n, columns]);
            let sizes = [n, n, columns];
            let forward = product(&l, &x, sizes, false);
            let backward = product(&transpose(&l, n), &x, sizes, false);
            // Only the lower triangle is read.
            (0..n).for_each(|i| l[i * n + i + 1..(i + 1) * n].fill(f64::NAN));
            for (op, right) in [(FORWARD, forward), (BACKWARD, backward)] {
                let found = computed(op, &[(&l, square(n)), (&right, shape)], shape).unwrap();
                assert!(widest(&found, &x) < 1e-12, "{op} {n} {columns}: {}", widest(&found, &x));
            }
        }
    }
}

#[test]
fn the_second_difference_matrix_has_its_known_eigenvalues_and_vectors() {
    for n in [1, 2, 3, 10, 32, 33, 101] {
        let entry = |i: usize| match (i / n).abs_diff(i % n) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        };
        let a: Vec<f64> = (0..n * n).map(entry).collect();
        let angle = |k: usize| (k + 1) as f64 * PI / (n + 1) as f64;
        let expected: Vec<_> = (0..n).map(|k| 2.0 - 2.0 * angle(k).cos()).collect();
        let values = computed(ArrayOp::EigenValues, &[(&a, square(n))], [n]).unwrap();
        assert!(widest(&values, &expected) < 1e-14 * n as f64 + 4e-15, "{n}: {values:?}");
        let vectors = computed(ArrayOp::EigenVectors, &[(&a, square(n))], square(n)).unwrap();
        for k in 0..n {
            let found: Vec<_> = (0..n).map(|i| vectors[i * n + k]).collect();
            let scale = (2.0 / (n + 1) as f64).sqrt();
            let expected: Vec<_> = (0..n).map(|i| scale * ((i + 1) as f64 * angle(k)).sin()).collect();
            let turned: Vec<_> = expected.iter().map(|x| -x).collect();
            let off = widest(&found, &expected).min(widest(&found, &turned));
            assert!(off < 1e-11, "{n} {k}: {off}");
            let largest = found.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            let first = found.iter().find(|x| x.abs() >= largest * (1.0 - 1e-9)).unwrap();
            assert!(*first > 0.0, "{n} {k}: {found:?}");
        }
    }
}

/// A symmetric matrix; above the diagonal nothing that may be read.
fn symmetric(n: usize) -> (Vec<f64>, Vec<f64>) {
    let x = scattered(n * n);
    let whole: Vec<f64> = x.iter().zip(&transpose(&x, n)).map(|(a, b)| a + b).collect();
    let mut triangle = whole.clone();
    (0..n).for_each(|i| triangle[i * n + i + 1..(i + 1) * n].fill(f64::NAN));
    (whole, triangle)
}

fn assert_decomposes(a: &[f64], read: &[f64], n: usize) {
    let values = computed(ArrayOp::EigenValues, &[(read, square(n))], [n]).unwrap();
    let vectors = computed(ArrayOp::EigenVectors, &[(read, square(n))], square(n)).unwrap();
    assert!(values.is_sorted());
    let scale = a.iter().map(|x| x.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let left = product(a, &vectors, [n; 3], false);
    let right: Vec<f64> = vectors.iter().enumerate().map(|(i, x)| x * values[i % n]).collect();
    assert!(widest(&left, &right) / scale < 1e-13 * n as f64, "{n}: {}", widest(&left, &right));
    let columns = transpose(&vectors, n);
    let identity: Vec<f64> = (0..n * n).map(|i| f64::from(i % (n + 1) == 0)).collect();
    let gram = product(&columns, &columns, [n; 3], true);
    assert!(widest(&gram, &identity) < 1e-13 * n as f64, "{n}: {}", widest(&gram, &identity));
}

#[test]
fn the_matrix_times_its_eigenvectors_is_the_eigenvectors_times_the_eigenvalues() {
    for n in [1, 2, 3, 4, 17, 64, 150] {
        let (a, triangle) = symmetric(n);
        assert_decomposes(&a, &triangle, n);
        for scale in [1e-160, 1e150] {
            let [a, triangle] = [&a, &triangle].map(|x| x.iter().map(|x| x * scale).collect::<Vec<_>>());
            assert_decomposes(&a, &triangle, n);
        }
    }
}

#[test]
fn repeated_eigenvalues_and_zeros_are_no_trouble() {
    let n = 40;
    let identity: Vec<f64> = (0..n * n).map(|i| f64::from(i % (n + 1) == 0)).collect();
    assert_decomposes(&identity, &identity, n);
    assert_decomposes(&vec![0.0; n * n], &vec![0.0; n * n], n);
    // One eigenvalue n, all others 0.
    assert_decomposes(&vec![1.0; n * n], &vec![1.0; n * n], n);
    // Eigenvalues over sixteen orders of magnitude (the Hilbert matrix).
    let hilbert: Vec<f64> = (0..n * n).map(|i| 1.0 / (i / n + i % n + 1) as f64).collect();
    assert_decomposes(&hilbert, &hilbert, n);
}

#[test]
fn wilkinsons_matrix_has_its_published_pair_of_nearly_equal_eigenvalues() {
    // W21+: λ = 10.746194182903322, 10.746194182903393 (Wilkinson, The Algebraic Eigenvalue Problem, 1965, p. 309).
    let entry = |i: usize| match (i / 21).abs_diff(i % 21) {
        0 => (10 - (i / 21) as i32).abs().into(),
        1 => 1.0,
        _ => 0.0,
    };
    let a: Vec<f64> = (0..21 * 21).map(entry).collect();
    let values = computed(ArrayOp::EigenValues, &[(&a, square(21))], [21]).unwrap();
    assert!(widest(&values[19..], &[10.746194182903322, 10.746194182903393]) < 2e-14, "{values:?}");
}

#[test]
fn a_matrix_that_is_not_finite_has_no_eigenvalues() {
    let a = [1.0, 0.0, f64::INFINITY, 1.0];
    let values = computed(ArrayOp::EigenValues, &[(&a, square(2))], [2]).unwrap();
    let vectors = computed(ArrayOp::EigenVectors, &[(&a, square(2))], square(2)).unwrap();
    assert!(values.iter().chain(&vectors).all(|x| x.is_nan()));
}

#[test]
fn factors_do_not_depend_on_the_number_of_threads() {
    let n = 40;
    let l = lower(n);
    let many: Vec<f64> = (1..=7)
        .flat_map(|k| product(&l, &l, [n; 3], true).into_iter().map(move |x| x * f64::from(k)))
        .collect();
    let shape = Shape::from([7, n, n]);
    same_bits_on_three_threads(ArrayOp::Cholesky, &[(&many, shape)], shape);
    same_bits_on_three_threads(FORWARD, &[(&many, shape), (&many, shape)], shape);
    same_bits_on_three_threads(BACKWARD, &[(&many, shape), (&many, shape)], shape);
    same_bits_on_three_threads(ArrayOp::EigenValues, &[(&many, shape)], [7, n].into());
    same_bits_on_three_threads(ArrayOp::EigenVectors, &[(&many, shape)], shape);
    let (_, one) = symmetric(150);
    same_bits_on_three_threads(ArrayOp::EigenVectors, &[(&one, square(150))], square(150));
}
