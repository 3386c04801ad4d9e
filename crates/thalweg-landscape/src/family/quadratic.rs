//! The quadratic form f = ½ xᵀQx: where learning rates, conditioning and momentum are understood.
//!
//! Q is symmetric, given as it is or by its eigenvalues λ: Q = R diag(λ) Rᵀ with R the rotation by `angle`, in two dimensions;
//! Q = diag(λ) in others. The gradient is Qx. Box ±10 × ±4 in two dimensions, ±10 in others; minimum 0 at the origin if Q is
//! positive definite. Start 9.5, −1, 9.5, −1, …. Source for what steps do on it: Goh, *Why Momentum Really Works*, Distill (2017).

use std::f64::consts::PI;

use thalweg_spec::{Call, Number, Options, SpecError, Value};

use super::{alternating, around_zero, trace, zero_at};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;

pub(crate) const QUADRATIC: Entry = Entry {
    name: "quadratic",
    signature: "quadratic(eigenvalues=[1, 6], angle=0.19634954084936207)",
    formula: "1/2 x'Qx with Q = R diag(eigenvalues) R', R the rotation by angle; or quadratic(matrix=Q)",
    summary: "A bowl of any eigenvalues and axes: what a learning rate does, in closed form.",
    source: "as in Goh, Why Momentum Really Works, Distill (2017)",
    set: Set::Classic,
    build: quadratic,
};

/// Q as its upper triangle, row by row, without the zeros off the diagonal.
struct Form {
    dim: usize,
    entries: Vec<(usize, usize, f64)>,
    positive_definite: bool,
}

fn quadratic(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["eigenvalues", "angle", "matrix"])?;
    let (call, q) = match options.matrix("matrix")? {
        Some(matrix) => from_matrix(&options, &matrix)?,
        None => from_eigenvalues(&options)?,
    };
    let mut bounds = around_zero(10.0, q.dim);
    if q.dim == 2 {
        bounds[1] = (-4.0, 4.0);
    }
    Ok(Parts {
        call,
        program: trace(q.dim, |x| {
            let term = |&(i, j, q): &(usize, usize, f64)| if i == j { 0.5 * q } else { q } * x[i] * x[j];
            q.entries.iter().map(term).sum()
        }),
        bounds,
        minima: if q.positive_definite { zero_at(0.0, q.dim) } else { Vec::new() },
        start: alternating(9.5, -1.0, q.dim),
        known: Known::default(),
    })
}

fn from_matrix(options: &Options, q: &[Vec<f64>]) -> Result<(Call, Form), SpecError> {
    if let Some(other) = ["eigenvalues", "angle"].into_iter().find(|key| options.value(key).is_some()) {
        return Err(options.error(other, "says what matrix says already; give one of the two"));
    }
    let bad = |problem: String| Err(options.error("matrix", problem));
    let (dim, columns) = (q.len(), q[0].len());
    if dim != columns {
        let plural = if dim == 1 { "" } else { "s" };
        return bad(format!("must be square, found {dim} row{plural} of {columns}"));
    }
    let mut entries = Vec::new();
    for (i, j) in (0..dim).flat_map(|i| (i..dim).map(move |j| (i, j))) {
        let (upper, lower) = (Number(q[i][j]), Number(q[j][i]));
        let (row, column) = (i + 1, j + 1);
        if upper.0 != lower.0 {
            return bad(format!(
                "must be symmetric, found {upper} in row {row}, column {column} and {lower} in row {column}, column {row}"
            ));
        }
        if !upper.0.is_finite() {
            return bad(format!("must be finite, found {upper} in row {row}, column {column}"));
        }
        if i == j || upper.0 != 0.0 {
            entries.push((i, j, upper.0));
        }
    }
    let rows = q.iter().map(|row| Value::from(row.as_slice())).collect();
    let call = Call::new("quadratic").with("matrix", Value::List(rows));
    Ok((call, Form { dim, entries, positive_definite: is_positive_definite(q) }))
}

fn from_eigenvalues(options: &Options) -> Result<(Call, Form), SpecError> {
    let eigenvalues = options.numbers("eigenvalues")?.unwrap_or_else(|| vec![1.0, 6.0]);
    let dim = eigenvalues.len();
    if dim == 0 {
        return Err(options.error("eigenvalues", "must have at least one number, as in [1, 6], found []"));
    }
    if let Some(&number) = eigenvalues.iter().find(|number| !number.is_finite()) {
        return Err(options.error("eigenvalues", format!("must be finite, found {}", Number(number))));
    }
    let default = if dim == 2 { PI / 16.0 } else { 0.0 };
    let angle = options.number_where("angle", default, "finite", f64::is_finite)?;
    if dim != 2 && angle != 0.0 {
        let plural = if dim == 1 { "" } else { "s" };
        let problem =
            format!("turns a plane; with {dim} eigenvalue{plural} it must be 0, found {}", Number(angle));
        return Err(options.error("angle", problem));
    }
    let entries = match *eigenvalues.as_slice() {
        [first, second] if angle != 0.0 => {
            let (sin, cos) = angle.sin_cos();
            vec![
                (0, 0, first * cos * cos + second * sin * sin),
                (0, 1, (first - second) * cos * sin),
                (1, 1, first * sin * sin + second * cos * cos),
            ]
        }
        _ => eigenvalues.iter().enumerate().map(|(i, &eigenvalue)| (i, i, eigenvalue)).collect(),
    };
    let call = Call::new("quadratic").with("eigenvalues", eigenvalues.as_slice()).with("angle", angle);
    let positive_definite = eigenvalues.iter().all(|&eigenvalue| eigenvalue > 0.0);
    Ok((call, Form { dim, entries, positive_definite }))
}

/// Whether Cholesky's factorisation Q = LLᵀ goes through.
fn is_positive_definite(q: &[Vec<f64>]) -> bool {
    let n = q.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest = q[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            if i == j && (rest <= 0.0 || rest.is_nan()) {
                return false;
            }
            l[i][j] = if i == j { rest.sqrt() } else { rest / l[j][j] };
        }
    }
    true
}
