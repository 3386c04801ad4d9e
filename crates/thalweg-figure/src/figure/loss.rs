//! Figures of losses against iterations.

use super::{name_or, some};
use crate::{
    Error,
    data::Curve,
    palette::{self, Dash, Rgb},
    scene::{Guide, Panel, Pen, Scene, Series, finite},
    thin,
    ticks::{power_of_ten, short},
    warp::{Warp, extent},
};

/// The most points of one loss curve.
const POINTS: usize = 1500;

/// Loss against iteration on a logarithmic axis, one curve an optimiser.
///
/// Where values are not positive the axis says what was done: a value of zero is drawn below the smallest positive one,
/// negative values make the axis a symmetric logarithm. With `minimum` given its difference to the values is drawn.
///
/// ```
/// use thalweg_figure::{Curve, Figure, Losses};
/// let curves = vec![Curve::over_steps("sgd", vec![1.0, 0.1, 0.0])];
/// let svg = Figure::from(Losses { curves, ..Losses::default() }).to_svg(600, 400)?;
/// assert!(svg.contains("0 drawn at 0.01"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Losses {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The name of the horizontal axis; "iteration" when empty.
    pub x_name: String,
    /// What is lost; "f" when empty.
    pub y_name: String,
    /// The curves, one colour each.
    pub curves: Vec<Curve>,
    /// The known minimum, subtracted from every value.
    pub minimum: Option<f64>,
}

impl Losses {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("losses", "curves", &self.curves)?;
        self.curves.iter().try_for_each(Curve::check)?;
        let name = name_or(&self.y_name, "f");
        let (name, curves) = match self.minimum {
            None | Some(0.0) => (name, self.curves.clone()),
            Some(minimum) => {
                let name = format!("{name} − ({})", short(minimum));
                (name, self.curves.iter().map(|curve| above(curve, minimum)).collect())
            }
        };
        let axis = LossAxis::logarithmic(name, &curves);
        let series = curves.iter().enumerate().map(|(k, curve)| {
            let (colour, dash) = palette::series(k);
            axis.line(curve, Pen { colour, width: 2.0, dash })
        });
        let series = series.collect();
        Ok(scene(&self.title, &self.x_name, axis.guide, series))
    }
}

/// The losses of a quadratic's eigen-components, λᵢ cᵢ² / 2, and their sum, on a logarithmic axis as for [`Losses`].
///
/// ```
/// use thalweg_figure::{Components, Curve, Figure};
/// let slow: Vec<f64> = (0..50).map(|k| 0.9f64.powi(2 * k)).collect();
/// let fast: Vec<f64> = (0..50).map(|k| 6.0 * 0.4f64.powi(2 * k)).collect();
/// let sum = slow.iter().zip(&fast).map(|(a, b)| a + b).collect();
/// let figure = Figure::from(Components {
///     curves: vec![Curve::over_steps("λ = 1", slow), Curve::over_steps("λ = 6", fast)],
///     total: Some(Curve::over_steps("total", sum)),
///     ..Components::default()
/// });
/// assert!(figure.to_svg(600, 400)?.contains("λ = 6"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Components {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The name of the horizontal axis; "iteration" when empty.
    pub x_name: String,
    /// What is lost; "f" when empty.
    pub y_name: String,
    /// A curve for each component.
    pub curves: Vec<Curve>,
    /// Their sum, in black.
    pub total: Option<Curve>,
}

impl Components {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("components", "curves", &self.curves)?;
        let all: Vec<Curve> = self.curves.iter().chain(&self.total).cloned().collect();
        all.iter().try_for_each(Curve::check)?;
        let axis = LossAxis::logarithmic(name_or(&self.y_name, "f"), &all);
        // The total first, under the components that it hides.
        let total = self
            .total
            .iter()
            .map(|curve| axis.line(curve, Pen { colour: Rgb::BLACK, width: 3.5, dash: Dash::Solid }));
        let parts = self.curves.iter().enumerate().map(|(k, curve)| {
            let (colour, dash) = palette::series(k);
            axis.line(curve, Pen { colour, width: 2.0, dash })
        });
        let series = total.chain(parts).collect();
        Ok(scene(&self.title, &self.x_name, axis.guide, series))
    }
}

fn scene<'a>(title: &str, x_name: &str, y: Guide, series: Vec<Series>) -> Scene<'a> {
    let panel = loss_panel(String::new(), x_name, y, series);
    Scene { title: title.into(), columns: 1, panels: vec![panel], frames: Vec::new() }
}

pub(super) fn loss_panel<'a>(title: String, x_name: &str, y: Guide, series: Vec<Series>) -> Panel<'a> {
    let (low, high) = extent(series.iter().flat_map(|s| s.points.iter().map(|p| p[0]))).unwrap_or((0.0, 1.0));
    let high = if high > low { high } else { low + 1.0 };
    let x = Guide::new(name_or(x_name, "iteration"), low, high, Warp::Linear);
    Panel { title, series, ..Panel::new(x, y) }
}

/// A curve less a known minimum. What falls below it by rounding alone is zero.
fn above(curve: &Curve, minimum: f64) -> Curve {
    let rounding = 1e-12 * minimum.abs().max(1e-3);
    let less = |&v: &f64| if (v - minimum).abs() <= rounding { 0.0 } else { v - minimum };
    Curve { y: curve.y.iter().map(less).collect(), ..curve.clone() }
}

/// The vertical axis of losses, and where it puts a zero.
pub(super) struct LossAxis {
    pub(super) guide: Guide,
    zero: f64,
    /// Values up to this are drawn as zero.
    nothing: f64,
}

/// What is this much less than the largest value is as good as zero: an axis of three hundred decades shows nothing.
const NOTHING: f64 = 1e-80;

impl LossAxis {
    /// A logarithmic axis, symmetric where values are negative.
    pub(super) fn logarithmic(name: String, curves: &[Curve]) -> Self {
        let values = || curves.iter().flat_map(|c| c.y.iter().copied());
        let Some((low, high)) = extent(values()) else {
            return Self { guide: Guide::new(name, 0.1, 10.0, LOG), zero: f64::NAN, nothing: 0.0 };
        };
        if low < 0.0 {
            let warp = Warp::signed(values());
            let Warp::SignedLog { unit } = warp else {
                return Self { guide: Guide::around(name, [low, high]), zero: 0.0, nothing: 0.0 };
            };
            let name = format!("{name} (symmetric log, linear within ±{})", short(unit));
            let (low, high) = (1.3 * low, if high > 0.0 { 1.3 * high } else { 0.3 * unit });
            return Self { guide: Guide::new(name, low, high, warp), zero: 0.0, nothing: 0.0 };
        }
        let Some((_, largest)) = extent(values().filter(|v| *v > 0.0)) else {
            return Self { guide: Guide::around(name, [0.0]), zero: 0.0, nothing: 0.0 };
        };
        let nothing = largest * NOTHING;
        let smallest = extent(values().filter(|v| *v > nothing)).map_or(largest, |(smallest, _)| smallest);
        if low > nothing {
            let margin = (largest / smallest).powf(0.04).max(1.05);
            let (low, high) = (smallest / margin, largest * margin);
            return Self { guide: Guide::new(name, low, high, LOG), zero: f64::NAN, nothing };
        }
        let decade = (smallest.log10() - 1e-9).floor().max(-306.0) as i32;
        let decade = if smallest.log10() - f64::from(decade) > 0.999 { decade } else { decade - 1 };
        let zero = 10f64.powi(decade);
        let less = if values().any(|v| v > 0.0 && v <= nothing) { "less" } else { "0" };
        let name = format!("{name} ({less} drawn at {})", power_of_ten(decade));
        Self { guide: Guide::new(name, zero / 1.5, largest * 1.5, LOG), zero, nothing }
    }

    /// A linear axis, or a logarithmic one where positive values span more than two decades.
    pub(super) fn linear_if_narrow(name: String, curves: &[Curve]) -> Self {
        let values = || curves.iter().flat_map(|c| c.y.iter().copied());
        match extent(values()) {
            Some((low, high)) if low > 0.0 && high > 100.0 * low => Self::logarithmic(name, curves),
            _ => Self { guide: Guide::around(name, values()), zero: 0.0, nothing: 0.0 },
        }
    }

    /// A thinned curve on this axis.
    pub(super) fn line(&self, curve: &Curve, pen: Pen) -> Series {
        let kept = thin::curve(&curve.y, POINTS);
        let place = |k: usize| {
            let y = if (0.0..=self.nothing).contains(&curve.y[k]) { self.zero } else { curve.y[k] };
            let [x, y, _] = finite([curve.x[k], y], f64::NAN);
            [x, y, curve.y[k]]
        };
        Series {
            name: curve.label.clone(),
            legend: !curve.label.is_empty(),
            points: kept.into_iter().map(place).collect(),
            pen: Some(pen),
            ..Series::default()
        }
    }
}

const LOG: Warp = Warp::Log { origin: 0.0, floor: 0.0 };
