//! Fewer points for long traces and curves, with the same look.

/// Indices of the points of a path to keep, at most about `most` besides those in `always`: a point stays when it lies
/// farther than a tolerance from the one kept before; the tolerance doubles until few enough stay. `spans` are the
/// sizes of the picture, in which distance is measured. First and last points stay.
pub(crate) fn path(points: &[[f64; 2]], spans: [f64; 2], most: usize, always: &[usize]) -> Vec<usize> {
    if points.len() <= most {
        return (0..points.len()).collect();
    }
    let mut tolerance = 1e-4;
    loop {
        let kept = walk(points, spans, tolerance, always);
        // Past a thousand picture widths only jumps between gaps are left to keep.
        if kept.len() <= most + always.len() + 2 || tolerance > 1e3 {
            return kept;
        }
        tolerance *= 1.5;
    }
}

fn walk(points: &[[f64; 2]], spans: [f64; 2], tolerance: f64, always: &[usize]) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut wanted = always.iter().copied().peekable();
    for (k, p) in points.iter().enumerate() {
        let asked = wanted.next_if_eq(&k).is_some();
        let far = kept.last().is_none_or(|&last| {
            let q = points[last];
            let gone = ((p[0] - q[0]) / spans[0]).hypot((p[1] - q[1]) / spans[1]);
            // A gap begins or ends: keep one point of it.
            gone > tolerance || (gone.is_nan() && p[0].is_finite() != q[0].is_finite())
        });
        if asked || far || k + 1 == points.len() {
            kept.push(k);
        }
    }
    kept
}

/// Indices of the points of a curve to keep, at most about `most`: of each of equally long pieces the first, the
/// lowest and the highest, so that no spike is lost; besides, the last.
pub(crate) fn curve(y: &[f64], most: usize) -> Vec<usize> {
    if y.len() <= most {
        return (0..y.len()).collect();
    }
    let pieces = (most / 3).max(1);
    let mut kept = Vec::with_capacity(most + 1);
    for piece in 0..pieces {
        let range = piece * y.len() / pieces..(piece + 1) * y.len() / pieces;
        let finite = || range.clone().filter(|&k| y[k].is_finite());
        let lowest = finite().min_by(|&a, &b| y[a].total_cmp(&y[b]));
        let highest = finite().max_by(|&a, &b| y[a].total_cmp(&y[b]));
        let mut three = [Some(range.start), lowest, highest];
        three.sort_unstable();
        kept.extend(three.into_iter().flatten());
    }
    kept.push(y.len() - 1);
    kept.dedup();
    kept
}

/// At most `most` of the numbers `0..count`, evenly spread, the first and the last among them.
pub(crate) fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most.max(2) {
        return (0..count).collect();
    }
    (0..most).map(|k| k * (count - 1) / (most - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_spiral_keeps_its_ends_and_its_shape_in_few_points() {
        let spiral: Vec<[f64; 2]> = (0..100_000)
            .map(|k| f64::from(k) / 1000.0)
            .map(|t| [(-0.02 * t).exp() * t.cos(), (-0.02 * t).exp() * t.sin()])
            .collect();
        let kept = path(&spiral, [2.0, 2.0], 2000, &[5, 777]);
        assert!(kept.len() <= 2004);
        assert!([0, 5, 777, 99_999].iter().all(|k| kept.contains(k)));
        let gap = kept.windows(2).map(|w| {
            let (a, b) = (spiral[w[0]], spiral[w[1]]);
            (a[0] - b[0]).hypot(a[1] - b[1])
        });
        assert!(gap.fold(0.0, f64::max) < 0.1);
    }

    #[test]
    fn a_single_spike_survives_thinning() {
        let mut y: Vec<f64> = (0..50_000).map(|k| f64::from(50_000 - k)).collect();
        y[31_234] = 1e9;
        y[31_235] = f64::NAN;
        let kept = curve(&y, 1000);
        assert!(kept.len() <= 1001 && kept.contains(&31_234) && kept.contains(&49_999) && kept[0] == 0);
        assert!(kept.is_sorted());
    }

    #[test]
    fn spread_numbers_include_both_ends() {
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
        assert_eq!(spread(3, 100), [0, 1, 2]);
    }
}
