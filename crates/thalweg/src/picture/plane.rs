//! [`Plane`]: two directions in a space of any dimension, on which functions and runs can be drawn.

/// A point and two orthonormal directions: where (a, b) of a drawing lies among the variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// The point at (0, 0).
    pub origin: Vec<f64>,
    /// The direction of a.
    pub across: Vec<f64>,
    /// The direction of b.
    pub up: Vec<f64>,
}

/// Points beyond this number are left out evenly when main directions are sought.
const MOST_POINTS: usize = 2000;

impl Plane {
    /// The plane of two variables themselves.
    pub fn of_two_variables() -> Self {
        Plane { origin: vec![0.0; 2], across: vec![1.0, 0.0], up: vec![0.0, 1.0] }
    }

    /// The plane through the points' mean along the two directions in which they vary most (principal components), by
    /// power iteration. Points that lie on a line, or in one place, get the first coordinate axes that complete the plane.
    ///
    /// ```
    /// use thalweg::picture::Plane;
    ///
    /// let points: Vec<[f64; 3]> = (0..50).map(|k| f64::from(k) / 8.0).map(|t| [t.cos(), 3.0 * t.sin(), 1.0]).collect();
    /// let plane = Plane::through(3, points.iter().map(|p| p.as_slice()));
    /// assert!(plane.across[1].abs() > 0.999 && plane.up[0].abs() > 0.999);
    /// let [a, b] = plane.project(&points[7]);
    /// assert!(plane.at(a, b).iter().zip(&points[7]).all(|(p, q)| (p - q).abs() < 1e-9));
    /// ```
    pub fn through<'a>(dim: usize, points: impl Iterator<Item = &'a [f64]>) -> Self {
        let all: Vec<&[f64]> = points.collect();
        let stride = all.len().div_ceil(MOST_POINTS).max(1);
        let kept: Vec<&[f64]> = all.into_iter().step_by(stride).collect();
        let mut origin = vec![0.0; dim];
        for point in &kept {
            origin.iter_mut().zip(*point).for_each(|(mean, x)| *mean += x / kept.len() as f64);
        }
        let mut centred: Vec<Vec<f64>> =
            kept.iter().map(|point| point.iter().zip(&origin).map(|(x, mean)| x - mean).collect()).collect();
        let across = main_direction(&centred, &[], dim);
        for point in &mut centred {
            remove(point, &across);
        }
        let up = main_direction(&centred, &[&across], dim);
        Plane { origin, across, up }
    }

    /// Where a point is seen on the plane.
    pub fn project(&self, point: &[f64]) -> [f64; 2] {
        let along = |direction: &[f64]| {
            let parts = point.iter().zip(&self.origin).zip(direction);
            parts.map(|((x, origin), d)| if *d == 0.0 { 0.0 } else { (x - origin) * d }).sum()
        };
        [along(&self.across), along(&self.up)]
    }

    /// The point at (a, b).
    pub fn at(&self, a: f64, b: f64) -> Vec<f64> {
        (0..self.origin.len()).map(|j| self.coordinate(j, a, b)).collect()
    }

    pub(super) fn coordinate(&self, j: usize, a: f64, b: f64) -> f64 {
        self.origin[j] + a * self.across[j] + b * self.up[j]
    }
}

/// The unit vector along which the points vary most, orthogonal to others.
fn main_direction(points: &[Vec<f64>], others: &[&[f64]], dim: usize) -> Vec<f64> {
    let farthest = points.iter().max_by(|a, b| norm(a).total_cmp(&norm(b)));
    let mut direction = farthest.cloned().unwrap_or_default();
    if !unit(&mut direction) {
        return axis_beside(others, dim);
    }
    for _ in 0..100 {
        let mut next = vec![0.0; dim];
        for point in points {
            let along = dot(point, &direction);
            next.iter_mut().zip(point).for_each(|(n, x)| *n += along * x);
        }
        for other in others {
            remove(&mut next, other);
        }
        if !unit(&mut next) {
            return axis_beside(others, dim);
        }
        let turned = 1.0 - dot(&next, &direction).abs();
        direction = next;
        if turned < 1e-14 {
            break;
        }
    }
    direction
}

/// The first coordinate axis with a good part orthogonal to the others.
fn axis_beside(others: &[&[f64]], dim: usize) -> Vec<f64> {
    for j in 0..dim {
        let mut axis = vec![0.0; dim];
        axis[j] = 1.0;
        for other in others {
            remove(&mut axis, other);
        }
        if norm(&axis) > 0.5 && unit(&mut axis) {
            return axis;
        }
    }
    vec![0.0; dim]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    a.iter().fold(0.0_f64, |sum, x| sum.hypot(*x))
}

/// Takes away the part along a unit vector.
fn remove(point: &mut [f64], direction: &[f64]) {
    let along = dot(point, direction);
    point.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
}

/// Scales to length 1; `false` if there is no length to scale.
fn unit(direction: &mut [f64]) -> bool {
    let length = norm(direction);
    if !(length > 1e-150 && length.is_finite()) {
        return false;
    }
    for x in direction {
        *x /= length;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_or_in_one_place_still_span_a_plane() {
        for points in [vec![[1.0, 2.0, 3.0]; 4], vec![[0.0; 3], [0.0, 2.0, 0.0]]] {
            let plane = Plane::through(3, points.iter().map(<[f64; 3]>::as_slice));
            assert!((norm(&plane.across) - 1.0).abs() < 1e-12 && (norm(&plane.up) - 1.0).abs() < 1e-12);
            assert!(dot(&plane.across, &plane.up).abs() < 1e-12);
        }
    }
}
