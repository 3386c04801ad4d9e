//! How much to show: intervals around what matters, and curves that stand for many.

use super::Path;
use crate::figure::Curve;

/// An interval that shows a box, or without one the points with a margin; and every point not far outside the box.
pub(super) fn interval(bounds: Option<(f64, f64)>, points: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = points.filter(|x| x.is_finite());
    let Some((low, high)) = bounds else {
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        if low > high {
            return (-3.0, 3.0);
        }
        let margin =
            if high - low > 1e-9 * (1.0 + high.abs()) { 0.5 * (high - low) } else { 1.0 + 0.1 * high.abs() };
        return (low - margin, high + margin);
    };
    let width = high - low;
    let near = finite.filter(|x| *x > low - 2.0 * width && *x < high + 2.0 * width);
    near.fold((low, high), |(l, h), x| {
        (
            if x < low { l.min(x - 0.05 * width) } else { l },
            if x > high { h.max(x + 0.05 * width) } else { h },
        )
    })
}

/// The lowest, the median and the highest loss of many runs at each step; a run that has ended stays at its last value.
pub(super) fn spread(runs: &[Path]) -> Vec<Curve> {
    let longest = runs.iter().map(|run| run.values.len()).max().unwrap_or(0);
    let mut curves = [("lowest", Vec::new()), ("median", Vec::new()), ("highest", Vec::new())];
    for step in 0..longest {
        let mut values: Vec<f64> =
            runs.iter().filter_map(|run| run.values.get(step).or(run.values.last()).copied()).collect();
        values.sort_by(f64::total_cmp);
        for ((_, curve), at) in curves.iter_mut().zip([0, values.len() / 2, values.len() - 1]) {
            curve.push(values[at]);
        }
    }
    curves.into_iter().map(|(label, y)| Curve::over_steps(label, y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_a_little_outside_the_box_is_shown_and_one_far_outside_is_not() {
        assert_eq!(interval(Some((0.0, 10.0)), [12.0].into_iter()), (0.0, 12.5));
        assert_eq!(interval(Some((0.0, 10.0)), [1e6].into_iter()), (0.0, 10.0));
    }

    #[test]
    fn without_a_box_the_points_get_a_margin_and_one_point_gets_a_neighbourhood() {
        assert_eq!(interval(None, [0.0, 10.0].into_iter()), (-5.0, 15.0));
        assert_eq!(interval(None, [0.0].into_iter()), (-1.0, 1.0));
        assert_eq!(interval(None, [f64::NAN].into_iter()), (-3.0, 3.0));
    }
}
