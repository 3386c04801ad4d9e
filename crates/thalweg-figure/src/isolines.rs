//! Level lines and filled level sets of a sampled field by marching squares.
//!
//! The grid is framed by a ring of nodes lower than every level, and gaps count as such nodes, so that every chain of
//! crossings closes. A closed ring can be filled; its true level line is what remains without the crossings on the
//! frame. In a cell whose diagonal corners agree (a saddle) the mean of the corners decides.

use crate::data::Field;

/// A closed ring around a level set, the higher side to the left: anticlockwise rings enclose a hill,
/// clockwise ones a hollow.
pub(crate) struct Ring {
    pub(crate) points: Vec<[f64; 2]>,
    /// For each point whether it lies on the frame or at a gap, not on the level line.
    framed: Vec<bool>,
}

impl Ring {
    /// The signed area (shoelace formula), positive for a hill.
    pub(crate) fn area(&self) -> f64 {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().zip(next).map(|(a, b)| (a[0] * b[1] - b[0] * a[1]) / 2.0).sum()
    }

    /// The parts of the ring that are level line.
    pub(crate) fn lines(&self) -> Vec<Vec<[f64; 2]>> {
        let n = self.points.len();
        let Some(first) = self.framed.iter().position(|&framed| framed) else {
            let mut closed = self.points.clone();
            closed.extend(self.points.first());
            return vec![closed];
        };
        let mut lines = vec![Vec::new()];
        for k in (first..first + n).map(|k| k % n) {
            if self.framed[k] {
                lines.push(Vec::new());
            } else if let Some(line) = lines.last_mut() {
                line.push(self.points[k]);
            }
        }
        lines.retain(|line| line.len() > 1);
        lines
    }
}

/// The level lines of a field.
pub(crate) fn lines(field: &Field, level: f64) -> Vec<Vec<[f64; 2]>> {
    rings(field, level).iter().flat_map(Ring::lines).collect()
}

/// The rings around the set where the field is at least `level`.
pub(crate) fn rings(field: &Field, level: f64) -> Vec<Ring> {
    let frame = Framed { field, level, width: field.x.count + 2, height: field.y.count + 2 };
    let mut next = vec![NONE; 2 * frame.width * frame.height];
    for j in 0..frame.height - 1 {
        for i in 0..frame.width - 1 {
            frame.link(i, j, &mut next);
        }
    }
    let mut rings = Vec::new();
    for start in 0..next.len() {
        let mut ring = Ring { points: Vec::new(), framed: Vec::new() };
        let mut edge = start;
        while next[edge] != NONE {
            let (point, framed) = frame.crossing(edge);
            ring.points.push(point);
            ring.framed.push(framed);
            edge = std::mem::replace(&mut next[edge], NONE);
        }
        if ring.points.len() > 2 {
            rings.push(ring);
        }
    }
    rings
}

const NONE: usize = usize::MAX;

struct Framed<'a> {
    field: &'a Field,
    level: f64,
    width: usize,
    height: usize,
}

impl Framed<'_> {
    /// The value at a framed node; `None` on the frame and at gaps.
    fn value(&self, i: usize, j: usize) -> Option<f64> {
        let inside = (1..self.width - 1).contains(&i) && (1..self.height - 1).contains(&j);
        inside.then(|| self.field.value(i - 1, j - 1)).filter(|v| v.is_finite())
    }

    /// Joins the crossings of one cell: from each edge where the level is left (walking anticlockwise) to one where it
    /// is reached.
    fn link(&self, i: usize, j: usize, next: &mut [usize]) {
        let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| self.value(i, j));
        let high = corners.map(|v| v.is_some_and(|v| v >= self.level));
        let vertical = self.width * self.height;
        let row = j * self.width + i;
        let edges = [row, vertical + row + 1, row + self.width, vertical + row];
        let leaves = |k: usize| high[k] && !high[(k + 1) % 4];
        let enters = |k: usize| !high[k] && high[(k + 1) % 4];
        let saddle = high[0] == high[2] && high[1] == high[3] && high[0] != high[1];
        // A corner without a value pulls the mean down for good: the saddle's hills stay apart at a gap.
        let mean = corners.iter().map(|v| v.unwrap_or(f64::NEG_INFINITY)).sum::<f64>() / 4.0;
        for k in (0..4).filter(|&k| leaves(k)) {
            let to = match (saddle, mean >= self.level) {
                (true, true) => Some((k + 1) % 4),
                (true, false) => Some((k + 3) % 4),
                (false, _) => (0..4).find(|&k| enters(k)),
            };
            if let Some(to) = to {
                next[edges[k]] = edges[to];
            }
        }
    }

    /// Where the level crosses an edge, and whether that edge leads to the frame or a gap.
    fn crossing(&self, edge: usize) -> ([f64; 2], bool) {
        let nodes = self.width * self.height;
        let (i, j) = (edge % nodes % self.width, edge % nodes / self.width);
        let (k, l) = if edge < nodes { (i + 1, j) } else { (i, j + 1) };
        let at = |i: usize, j: usize| {
            let inner = |i: usize, count: usize| i.clamp(1, count) - 1;
            let (x, y) = (&self.field.x, &self.field.y);
            [x.at(inner(i, x.count)), y.at(inner(j, y.count))]
        };
        match (self.value(i, j), self.value(k, l)) {
            (Some(a), Some(b)) => {
                let t = (self.level - a) / (b - a);
                let ([x0, y0], [x1, y1]) = (at(i, j), at(k, l));
                ([x0 + t * (x1 - x0), y0 + t * (y1 - y0)], false)
            }
            (Some(_), None) => (at(i, j), true),
            (None, _) => (at(k, l), true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Axis;

    fn plane(f: impl FnMut(f64, f64) -> f64) -> Field {
        Field::sample(Axis::new("x", -2.0, 2.0, 81), Axis::new("y", -2.0, 2.0, 81), f)
    }

    #[test]
    fn the_ring_of_a_half_plane_has_the_area_of_the_half_plane() {
        let rings = rings(&plane(|x, _| x), 0.5);
        assert_eq!(rings.len(), 1);
        assert!((rings[0].area() - 1.5 * 4.0).abs() < 1e-12);
    }

    #[test]
    fn the_hole_of_a_bowl_is_a_clockwise_ring() {
        let areas: Vec<f64> = rings(&plane(|x, y| x * x + y * y), 1.0).iter().map(Ring::area).collect();
        assert_eq!(areas.len(), 2);
        assert!((areas[0] - 16.0).abs() < 1e-12, "the frame");
        assert!((areas[1] + std::f64::consts::PI).abs() < 5e-3, "the disc of radius 1");
    }

    #[test]
    fn both_branches_of_a_hyperbola_are_found_apart() {
        assert_eq!(lines(&plane(|x, y| x * y), 0.1).len(), 2);
    }

    #[test]
    fn a_gap_interrupts_the_line_and_nothing_else() {
        let whole = lines(&plane(|x, y| x * x + y * y), 1.0);
        let cut = lines(&plane(|x, y| if x > 0.9 { f64::NAN } else { x * x + y * y }), 1.0);
        assert_eq!(cut.len(), 1);
        assert!(cut[0].len() < whole[0].len());
        assert!(cut[0].iter().all(|p| p[0] <= 0.9));
    }
}
