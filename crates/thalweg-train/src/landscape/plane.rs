//! [`Plane`]: two directions in the space of the weights.

use crate::{initializer::Initializer, run::TrainError};
use faer::{Mat, Side};
use thalweg_rule::Layout;

/// The points `origin + a·d₁ + b·d₂` in the space of a network's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// The parameters at a = b = 0.
    pub origin: Vec<f32>,
    /// d₁ and d₂.
    pub directions: [Vec<f32>; 2],
    /// Which part of a run's variance lies along each direction, if they are those of a run.
    pub explained: Option<[f64; 2]>,
}

impl Plane {
    /// Two random directions, filter by filter as long as the weights at `origin`: each direction is drawn from a normal distribution,
    /// and the part of it that belongs to one output (a row of a dense layer, a filter of a convolution) is scaled to the norm
    /// that the weights have there. Biases and what else has one axis only stays as it is. So networks whose weights differ in scale alone
    /// look alike.
    ///
    /// Source: Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss landscape of neural nets", 2018, section 4.
    pub fn random(layout: &Layout, origin: &[f32], seed: u64) -> Self {
        let direction = |which: u64| {
            let mut direction = vec![0.0; origin.len()];
            for (leaf, number) in layout.leaves().iter().zip(0..) {
                if !leaf.is_matrix() {
                    continue;
                }
                let (part, weights) = (&mut direction[leaf.range.clone()], &origin[leaf.range.clone()]);
                Initializer::Normal { std: 1.0 }.fill(seed, 2 * number + which, &leaf.shape, part);
                let (_, columns) = leaf.matrix();
                for (part, weights) in
                    part.chunks_exact_mut(columns.max(1)).zip(weights.chunks_exact(columns.max(1)))
                {
                    let factor = norm(weights) / norm(part).max(f64::MIN_POSITIVE);
                    for x in part {
                        *x = (f64::from(*x) * factor) as f32;
                    }
                }
            }
            direction
        };
        Self { origin: origin.to_vec(), directions: [0, 1].map(direction), explained: None }
    }

    /// The two directions in which a run has moved most: the first principal components of its points, less their mean. They have length
    /// 1, are orthogonal, and point to the side from which the run came. The origin is the last point.
    ///
    /// Source: as [`random`](Self::random), section 7.
    ///
    /// # Errors
    /// There are fewer than three points, they have different lengths, or they lie on one line.
    pub fn principal(points: &[Vec<f32>]) -> Result<Self, TrainError> {
        let (Some(last), count) = (points.last(), points.len()) else { return Err(few(0)) };
        if count < 3 {
            return Err(few(count));
        }
        if points.iter().any(|point| point.len() != last.len()) {
            return Err(TrainError::option(
                "the length of a point",
                "another than the last one's",
                "the same",
            ));
        }
        let mut mean = vec![0.0_f64; last.len()];
        for point in points {
            mean.iter_mut().zip(point).for_each(|(mean, &x)| *mean += f64::from(x) / count as f64);
        }
        let rows: Vec<Vec<f32>> = points
            .iter()
            .map(|point| point.iter().zip(&mean).map(|(&x, mean)| (f64::from(x) - mean) as f32).collect())
            .collect();
        // The products of the rows are few; those of the columns would be as many as weights, squared.
        let mut gram = Mat::<f64>::zeros(count, count);
        for i in 0..count {
            for j in 0..=i {
                gram[(i, j)] = dot(&rows[i], &rows[j]);
                gram[(j, i)] = gram[(i, j)];
            }
        }
        let line =
            || TrainError::option("a run's points", "all on one line", "such that a plane goes through them");
        let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|_| line())?;
        let (values, vectors) = (eigen.S().column_vector(), eigen.U());
        let total: f64 = (0..count).map(|i| values[i].max(0.0)).sum();
        // Eigenvalues ascend.
        let chosen = [count - 1, count - 2];
        if values[chosen[1]].is_nan() || values[chosen[1]] <= 1e-9 * total {
            return Err(line());
        }
        let directions = chosen.map(|k| {
            let mut direction = vec![0.0_f64; last.len()];
            for (i, row) in rows.iter().enumerate() {
                let weight = vectors[(i, k)] / values[k].sqrt();
                direction.iter_mut().zip(row).for_each(|(d, &x)| *d += weight * f64::from(x));
            }
            let mut direction: Vec<f32> = direction.iter().map(|&d| d as f32).collect();
            let length = norm(&direction);
            let from = points[0].iter().zip(last).zip(&direction);
            let side: f64 = from.map(|((&a, &b), &d)| (f64::from(a) - f64::from(b)) * f64::from(d)).sum();
            let factor = if side < 0.0 { -1.0 } else { 1.0 } / length;
            for d in &mut direction {
                *d = (f64::from(*d) * factor) as f32;
            }
            direction
        });
        let explained = Some(chosen.map(|k| values[k] / total));
        Ok(Self { origin: last.clone(), directions, explained })
    }

    /// The parameters at a and b.
    ///
    /// # Errors
    /// `out` has another length than the origin.
    pub fn point(&self, [a, b]: [f64; 2], out: &mut [f32]) -> Result<(), TrainError> {
        if out.len() != self.origin.len() {
            let wanted = self.origin.len().to_string();
            return Err(TrainError::option("the number of parameters", out.len(), wanted));
        }
        let [first, second] = &self.directions;
        for (((out, &x), &d), &e) in out.iter_mut().zip(&self.origin).zip(first).zip(second) {
            *out = (f64::from(x) + a * f64::from(d) + b * f64::from(e)) as f32;
        }
        Ok(())
    }

    /// The a and b whose point is nearest to these parameters.
    pub fn project(&self, parameters: &[f32]) -> [f64; 2] {
        let away: Vec<f32> = parameters.iter().zip(&self.origin).map(|(x, origin)| x - origin).collect();
        let [d, e] = &self.directions;
        let [dd, de, ee] = [dot(d, d), dot(d, e), dot(e, e)];
        let [da, ea] = [dot(d, &away), dot(e, &away)];
        let determinant = dd * ee - de * de;
        [(ee * da - de * ea) / determinant, (dd * ea - de * da) / determinant]
    }
}

fn few(count: usize) -> TrainError {
    TrainError::option("the number of a run's points", count, "at least 3")
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    // Four sums, so that additions do not wait for each other.
    let mut sums = [0.0_f64; 4];
    for (a, b) in a.chunks(4).zip(b.chunks(4)) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += f64::from(a) * f64::from(b);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

pub(super) fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}
