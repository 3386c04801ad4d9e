//! Lines cut to a rectangle, and lines cut into dashes.

/// A rectangle in the picture, y downwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Whether a point lies inside, with a tolerance for rounding.
    pub(super) fn holds(&self, [x, y]: [f64; 2]) -> bool {
        let near = 1e-6 * (self.width() + self.height());
        x >= self.left - near && x <= self.right + near && y >= self.top - near && y <= self.bottom + near
    }
}

/// The parts of a line inside an area; a point that is not finite interrupts the line.
pub(super) fn clipped(points: impl IntoIterator<Item = [f64; 2]>, area: Area) -> Vec<Vec<[f64; 2]>> {
    let mut pieces: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut before: Option<[f64; 2]> = None;
    for point in points {
        let here = point.iter().all(|v| v.is_finite()).then_some(point);
        if let (Some(a), Some(b)) = (before, here)
            && let Some((from, to)) = segment(a, b, area)
        {
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&from) => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
        }
        before = here;
    }
    pieces
}

/// The part of a segment inside an area (Liang and Barsky 1984).
fn segment(a: [f64; 2], b: [f64; 2], area: Area) -> Option<([f64; 2], [f64; 2])> {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let sides =
        [(-dx, a[0] - area.left), (dx, area.right - a[0]), (-dy, a[1] - area.top), (dy, area.bottom - a[1])];
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (step, room) in sides {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    let at = |t: f64| [a[0] + t * dx, a[1] + t * dy];
    let from = if enter == 0.0 { a } else { at(enter) };
    let to = if leave == 1.0 { b } else { at(leave) };
    (enter <= leave).then_some((from, to))
}

/// A line cut into strokes of the lengths at even places of a pattern, with gaps of those at odd ones.
pub(super) fn dashed(points: &[[f64; 2]], pattern: &[f64]) -> Vec<Vec<[f64; 2]>> {
    if pattern.is_empty() {
        return vec![points.to_vec()];
    }
    let (mut pieces, mut piece) = (Vec::new(), points.first().copied().into_iter().collect::<Vec<_>>());
    let (mut turn, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to[0] - from[0]).hypot(to[1] - from[1]);
            if length <= left {
                left -= length;
                piece.push(to);
                break;
            }
            let t = left / length;
            from = [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
            piece.push(from);
            if turn % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            piece = vec![from];
            turn = (turn + 1) % pattern.len();
            left = pattern[turn];
        }
    }
    if turn % 2 == 0 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Area = Area { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

    #[test]
    fn a_line_through_the_area_is_cut_at_both_sides() {
        let pieces = clipped([[-1.0, 0.5], [0.5, 0.5], [0.5, 2.0]], UNIT);
        assert_eq!(pieces, [[[0.0, 0.5], [0.5, 0.5], [0.5, 1.0]]]);
    }

    #[test]
    fn a_gap_and_a_detour_outside_make_pieces() {
        let gap = clipped([[0.1, 0.1], [0.2, 0.2], [f64::NAN; 2], [0.3, 0.3], [0.4, 0.4]], UNIT);
        assert_eq!(gap.len(), 2);
        assert!(clipped([[-1.0, -1.0], [-1.0, 2.0], [2.0, 2.0]], UNIT).is_empty());
    }

    #[test]
    fn dashes_have_the_lengths_of_the_pattern_around_corners() {
        let pieces = dashed(&[[0.0, 0.0], [5.0, 0.0], [5.0, 5.0]], &[4.0, 2.0]);
        assert_eq!(pieces, [vec![[0.0, 0.0], [4.0, 0.0]], vec![[5.0, 1.0], [5.0, 5.0]]]);
    }
}
