//! How values become places along an axis or colours along a bar.

use crate::ticks::{self, Tick, short};

/// How the values of a field become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Logarithmic above the minimum where the values crowd near it (as in a narrow valley), linear otherwise.
    #[default]
    Auto,
    /// Equal differences of value are equal differences of colour.
    Linear,
    /// `log(value − minimum + ε)`: shows the floor of a valley with steep walls.
    Log,
    /// `sign(value) · log(1 + |value| / u)`: for values of both signs over many decades, such as eigenvalues; the
    /// colours diverge from white at zero.
    SignedLog,
}

/// Smaller constants would vanish in a division.
const SMALLEST: f64 = 1e-300;

/// A monotone map of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Warp {
    Linear,
    /// `log10(v − origin + floor)`.
    Log {
        origin: f64,
        floor: f64,
    },
    /// `sign(v) · log10(1 + |v| / unit)`.
    SignedLog {
        unit: f64,
    },
}

impl Warp {
    /// The map for the colours of some values.
    pub(crate) fn of(scale: Scale, values: &[f64]) -> Self {
        let sorted = sorted_finite(values.iter().copied());
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else { return Self::Linear };
        let median = sorted[sorted.len() / 2];
        let crowded = (max - min) > 6.0 * (median - min);
        if max == min {
            return Self::Linear;
        }
        if !(max - min).is_finite() {
            return Self::signed(values.iter().copied());
        }
        match scale {
            Scale::Linear => Self::Linear,
            Scale::Auto if !crowded => Self::Linear,
            Scale::Auto | Scale::Log => {
                // A ten-thousandth of the median height: enough decades for the valley's floor, not so many that one
                // sample next to the minimum takes them all.
                let floor = (1e-4 * (median - min)).max(1e-7 * (max - min)).max(SMALLEST);
                Self::Log { origin: min, floor: 10f64.powf(floor.log10().round()) }
            }
            Scale::SignedLog => Self::signed(values.iter().copied()),
        }
    }

    /// The map for the heights of a surface: a gentler logarithm than the colours', since a steep one shows where a
    /// narrow valley happens to be sampled rather than the valley.
    pub(crate) fn of_heights(scale: Scale, values: &[f64]) -> Self {
        match Self::of(scale, values) {
            Self::Log { origin, floor } => Self::Log { origin, floor: 1e3 * floor },
            other => other,
        }
    }

    /// The signed logarithm whose linear part is as wide as the smallest tenth of the values, over 8 decades at most.
    pub(crate) fn signed(values: impl Iterator<Item = f64>) -> Self {
        let sizes = sorted_finite(values.map(f64::abs).filter(|v| *v > 0.0));
        let Some(largest) = sizes.last() else { return Self::SignedLog { unit: 1.0 } };
        let unit = sizes[sizes.len() / 10].max(largest * 1e-8).min(largest * 0.1).max(SMALLEST);
        Self::SignedLog { unit: 10f64.powf(unit.log10().floor()) }
    }

    pub(crate) fn apply(self, v: f64) -> f64 {
        match self {
            Self::Linear => v,
            Self::Log { origin, floor } => {
                let above = v - origin + floor;
                if above > 0.0 { above.log10() } else { f64::NAN }
            }
            Self::SignedLog { unit } => v.signum() * (v.abs() / unit).ln_1p() / std::f64::consts::LN_10,
        }
    }

    /// Ticks between two values, placed by the map.
    pub(crate) fn ticks(self, low: f64, high: f64, target: usize) -> Vec<Tick> {
        match self {
            Self::Linear => ticks::linear(low, high, target),
            Self::Log { origin: 0.0, floor: 0.0 } => {
                ticks::log(low, high, target).into_iter().map(|(v, label)| (v.log10(), label)).collect()
            }
            Self::Log { origin, floor } => {
                let plain = origin.abs() <= floor * 0.1;
                let label = |(height, label): Tick| {
                    let text = if plain { label } else { short(origin + height) };
                    (self.apply(origin + height), text)
                };
                let mut all = Vec::new();
                if low <= origin {
                    all.push((self.apply(origin), short(origin)));
                }
                let decades = ticks::log(floor * 10.0, high - origin, target.saturating_sub(1));
                all.extend(decades.into_iter().map(label));
                all
            }
            Self::SignedLog { unit } => {
                let largest = low.abs().max(high.abs()).max(unit);
                let sizes = ticks::log(
                    unit,
                    largest,
                    if low < -unit && high > unit { target.div_ceil(2) } else { target },
                );
                let mut all: Vec<Tick> = Vec::new();
                let negative = sizes.iter().rev().map(|(v, label)| (-v, format!("−{label}")));
                for (v, label) in negative.chain([(0.0, "0".to_owned())]).chain(sizes.iter().cloned()) {
                    if v >= low && v <= high {
                        all.push((self.apply(v), label));
                    }
                }
                all
            }
        }
    }
}

/// The finite values in ascending order.
pub(crate) fn sorted_finite(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut finite: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    finite.sort_unstable_by(f64::total_cmp);
    finite
}

/// The smallest and largest finite value.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| v.is_finite()).fold(None, |range, v| {
        let (low, high) = range.unwrap_or((v, v));
        Some((v.min(low), v.max(high)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_linear_and_the_fourth_power_of_a_valley_is_logarithmic() {
        let over = |f: fn(f64) -> f64| (0..=400).map(|k| f(f64::from(k) / 100.0 - 2.0)).collect::<Vec<_>>();
        assert_eq!(Warp::of(Scale::Auto, &over(|x| x * x)), Warp::Linear);
        assert!(matches!(Warp::of(Scale::Auto, &over(|x| 100.0 * x.powi(8))), Warp::Log { origin: 0.0, .. }));
    }

    #[test]
    fn the_signed_logarithm_is_odd_and_keeps_its_linear_unit() {
        let warp = Warp::signed([-1000.0, -1.0, 0.5, 20.0].into_iter());
        assert_eq!(warp, Warp::SignedLog { unit: 0.1 });
        assert_eq!(warp.apply(-3.0), -warp.apply(3.0));
        assert_eq!(warp.apply(0.9), 1.0);
    }

    #[test]
    fn values_all_alike_or_not_finite_are_linear() {
        assert_eq!(Warp::of(Scale::Log, &[2.0, 2.0]), Warp::Linear);
        assert_eq!(Warp::of(Scale::SignedLog, &[f64::NAN, f64::INFINITY]), Warp::Linear);
    }
}
