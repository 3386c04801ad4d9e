//! Lanczos' method: a symmetric matrix, known by its products with vectors, as a small tridiagonal one.

use super::plane::{dot, norm};
use crate::initializer::Initializer;
use faer::{Mat, Side};

/// Eigenvalues of the tridiagonal matrix, ascending, each with its weight: the square of its eigenvector's first component. The weights
/// add up to 1. They are the nodes and weights of a Gauss quadrature for the distribution of the matrix's eigenvalues as the first vector
/// sees it (Golub and Welsch 1969).
pub(super) type Nodes = Vec<(f64, f64)>;

/// `steps` products with the matrix, from a random unit vector on. Every new vector is made orthogonal to all before it, twice, as rounding
/// would otherwise bring found eigenvalues back. Ends early where the vectors span all that the first one leads to.
pub(super) fn lanczos<E>(
    dim: usize,
    steps: usize,
    seed: u64,
    mut product: impl FnMut(&[f32], &mut [f32]) -> Result<(), E>,
) -> Result<Nodes, E> {
    let mut vector = vec![0.0; dim];
    Initializer::Normal { std: 1.0 }.fill(seed, 0, &[dim], &mut vector);
    let length = norm(&vector);
    scale(&mut vector, 1.0 / length);
    let (mut basis, mut diagonal, mut beside) = (vec![vector], Vec::new(), Vec::new());
    let mut next = vec![0.0; dim];
    for step in 0..steps.min(dim) {
        product(&basis[step], &mut next)?;
        let length = norm(&next);
        diagonal.push(dot(&next, &basis[step]));
        for _ in 0..2 {
            for known in &basis {
                let along = dot(&next, known);
                subtract(&mut next, along, known);
            }
        }
        let rest = norm(&next);
        // What is left of f32 products after so much has been taken away is rounding.
        if step + 1 == steps.min(dim) || rest <= 1e-6 * length {
            break;
        }
        beside.push(rest);
        let mut vector = next.clone();
        scale(&mut vector, 1.0 / rest);
        basis.push(vector);
    }
    Ok(nodes(&diagonal, &beside))
}

fn nodes(diagonal: &[f64], beside: &[f64]) -> Nodes {
    let n = diagonal.len();
    let matrix = Mat::<f64>::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    let Ok(eigen) = matrix.self_adjoint_eigen(Side::Lower) else { return Vec::new() };
    let (values, vectors) = (eigen.S().column_vector(), eigen.U());
    (0..n).map(|k| (values[k], vectors[(0, k)].powi(2))).collect()
}

fn scale(vector: &mut [f32], factor: f64) {
    for x in vector {
        *x = (f64::from(*x) * factor) as f32;
    }
}

fn subtract(vector: &mut [f32], factor: f64, other: &[f32]) {
    vector.iter_mut().zip(other).for_each(|(x, &y)| *x = (f64::from(*x) - factor * f64::from(y)) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_a_diagonal_matrix_are_its_extreme_entries_and_its_moments() {
        let entries: Vec<f32> = (0..200).map(|i| if i == 7 { -3.0 } else { 0.01 * i as f32 }).collect();
        let product = |x: &[f32], out: &mut [f32]| {
            out.iter_mut().zip(x).zip(&entries).for_each(|((out, x), entry)| *out = x * entry);
            Ok::<(), ()>(())
        };
        let nodes = lanczos(200, 40, 3, product).unwrap();
        assert!((nodes[0].0 + 3.0).abs() < 1e-5, "{nodes:?}");
        assert!((nodes.last().unwrap().0 - 1.99).abs() < 1e-3, "{nodes:?}");
        assert!((nodes.iter().map(|node| node.1).sum::<f64>() - 1.0).abs() < 1e-12);
        // The first moment is that of the first vector, which is drawn here as there.
        let mut first = vec![0.0; 200];
        Initializer::Normal { std: 1.0 }.fill(3, 0, &[200], &mut first);
        let of = |power: i32| {
            let all = first.iter().zip(&entries);
            all.map(|(x, entry)| f64::from(x * x) * f64::from(*entry).powi(power)).sum::<f64>()
                / dot(&first, &first)
        };
        for power in 1..6 {
            let found: f64 = nodes.iter().map(|(value, weight)| weight * value.powi(power)).sum();
            assert!(
                (found - of(power)).abs() < 1e-4 * of(power).abs().max(1.0),
                "{power}: {found} {}",
                of(power)
            );
        }
    }

    #[test]
    fn a_space_of_few_dimensions_ends_the_method_early() {
        let product = |x: &[f32], out: &mut [f32]| {
            out.copy_from_slice(x);
            out[0] *= 2.0;
            Ok::<(), ()>(())
        };
        let nodes = lanczos(50, 20, 0, product).unwrap();
        assert_eq!(nodes.len(), 2);
        assert!((nodes[0].0 - 1.0).abs() < 1e-6 && (nodes[1].0 - 2.0).abs() < 1e-6);
    }
}
