//! [`Affine`]: several linear equations.

use faer::Mat;
use thalweg_spec::{Call, Options, Value};

use super::KIND;
use super::projection::Nearest;
use crate::SolveError;
use crate::vector::{axpy, dot};

/// `affine([[1, 1, 1], [1, 0, -1]], [1, 0])`: the points with A x = b.
///
/// With the singular vectors of A, `A = U S Vᵀ`, as far as its values are not zero, the nearest point is `x − V(Vᵀx − S⁻¹Uᵀb)`; rows of A
/// may depend on each other as long as the equations agree.
///
/// Golub and Van Loan, *Matrix Computations*, 4th ed., section 5.5.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// A, row by row.
    pub matrix: Vec<Vec<f64>>,
    /// b.
    pub offset: Vec<f64>,
}

/// Singular values below this fraction of the largest are zero, and equations that differ by less agree.
const NEGLIGIBLE: f64 = 1e-12;

impl Affine {
    pub(super) fn read(call: &Call) -> Result<Self, SolveError> {
        let options = Options::of(call, KIND, &["matrix", "offset"])?;
        let missing = || options.error("matrix", "is missing, as in [[1, 1], [1, -1]]");
        let matrix = options.matrix("matrix")?.ok_or_else(missing)?;
        let offset = options.numbers("offset")?.unwrap_or_else(|| vec![0.0; matrix.len()]);
        if offset.len() != matrix.len() {
            let problem = format!("has {} numbers for {} equations", offset.len(), matrix.len());
            return Err(options.error("offset", problem).into());
        }
        Ok(Affine { matrix, offset })
    }

    pub(super) fn call(&self) -> Call {
        let rows = self.matrix.iter().map(|row| Value::from(row.as_slice())).collect();
        Call::new("affine").with("matrix", Value::List(rows)).with("offset", self.offset.as_slice())
    }

    pub(super) fn check(&self, dim: usize) -> Result<(), SolveError> {
        for row in &self.matrix {
            super::check_vector("a row of the affine set", row, dim)?;
        }
        if self.matrix.is_empty() || self.offset.len() != self.matrix.len() {
            let found = format!("{} numbers, {} rows", self.offset.len(), self.matrix.len());
            return Err(SolveError::Option {
                name: "affine's offset",
                wanted: "a number for each row",
                found,
            });
        }
        super::check_vector("the offset of the affine set", &self.offset, self.matrix.len())
    }
}

/// An orthonormal basis of the rows of A, and how far the set is from the origin along each.
pub(super) struct Work {
    dim: usize,
    basis: Vec<f64>,
    distance: Vec<f64>,
    along: Vec<f64>,
}

impl Work {
    pub(super) fn new(affine: &Affine, dim: usize) -> Result<Self, SolveError> {
        let (rows, b) = (affine.matrix.len(), &affine.offset);
        let failed = |found: &str| {
            let (wanted, found) = ("equations that some point solves", found.to_owned());
            SolveError::Option { name: "the affine set", wanted, found }
        };
        let matrix = Mat::from_fn(rows, dim, |i, j| affine.matrix[i][j]);
        let svd = matrix.thin_svd().map_err(|_| failed("a matrix without singular values"))?;
        let least = NEGLIGIBLE * svd.S()[0];
        let rank = (0..rows.min(dim)).take_while(|&k| svd.S()[k] > least).count();
        let (mut basis, mut distance) = (Vec::with_capacity(rank * dim), Vec::with_capacity(rank));
        for k in 0..rank {
            basis.extend((0..dim).map(|j| svd.V()[(j, k)]));
            distance.push((0..rows).map(|i| svd.U()[(i, k)] * b[i]).sum::<f64>() / svd.S()[k]);
        }
        let size = b.iter().fold(0.0_f64, |most, b| most.max(b.abs()));
        for (i, b) in b.iter().enumerate() {
            let reached: f64 = (0..rank).map(|k| svd.U()[(i, k)] * svd.S()[k] * distance[k]).sum();
            if (reached - b).abs() > NEGLIGIBLE.sqrt() * size {
                return Err(failed(&format!("equation {} against the others", i + 1)));
            }
        }
        Ok(Work { dim, basis, distance, along: vec![0.0; rank] })
    }
}

impl Nearest for Work {
    fn nearest(&mut self, x: &mut [f64]) {
        let rows = || self.basis.chunks_exact(self.dim);
        for ((along, row), distance) in self.along.iter_mut().zip(rows()).zip(&self.distance) {
            *along = dot(row, x) - distance;
        }
        for (along, row) in self.along.iter().zip(rows()) {
            axpy(-along, row, x);
        }
    }
}
