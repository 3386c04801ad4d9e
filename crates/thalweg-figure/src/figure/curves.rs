//! Figures of curves over a variable: a function of one variable, a fit to data.

use super::{name_or, some};
use crate::{
    Error,
    data::{Curve, Fitted, Trace},
    palette::{self, Dash, Rgb},
    scene::{Guide, Motion, Panel, Pen, Scene, Series, Shape, Symbol, finite, frames, path},
    thin,
    warp::{Warp, extent},
};

/// The most points of one curve.
const POINTS: usize = 2000;

/// A function of one variable with the iterates of runs on it and, below, its derivative; in HTML with a slider and a
/// play button over the iterations.
///
/// ```
/// use thalweg_figure::{Axis, Curve, Figure, OneDimension};
/// let axis = Axis::new("x", -2.0, 2.0, 200);
/// let x: Vec<f64> = (0..20).map(|k| 1.8 * 0.8f64.powi(k)).collect();
/// let figure = Figure::from(OneDimension {
///     x_name: "x".into(),
///     value: Curve::sample("f", &axis, |x| x * x),
///     derivative: Some(Curve::sample("f′", &axis, |x| 2.0 * x)),
///     iterates: vec![Curve { label: "sgd(lr=0.1)".into(), y: x.iter().map(|x| x * x).collect(), x }],
///     ..OneDimension::default()
/// });
/// assert!(figure.to_svg(600, 500)?.contains("f′"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OneDimension {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The variable's name; "x" when empty.
    pub x_name: String,
    /// The function; its label names the vertical axis.
    pub value: Curve,
    /// Its derivative; the label names the vertical axis.
    pub derivative: Option<Curve>,
    /// Runs: the iterates and the function's values at them.
    pub iterates: Vec<Curve>,
}

impl OneDimension {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("one dimension", "value", &self.value.x)?;
        for curve in self.iterates.iter().chain([&self.value]).chain(&self.derivative) {
            curve.check()?;
        }
        let (low, high) = extent(self.value.x.iter().copied()).unwrap_or((0.0, 1.0));
        let high = if high > low { high } else { low + 1.0 };
        let x = |name: &str| Guide::new(name, low, high, Warp::Linear);
        let x_name = name_or(&self.x_name, "x");
        let frames = frames(self.iterates.iter().map(|c| c.x.len()).max().unwrap_or(0));

        let y = Guide::around(name_or(&self.value.label, "f"), self.value.y.iter().copied());
        let mut series = vec![unnamed(line(&self.value, INK, Dash::Solid))];
        for (k, run) in self.iterates.iter().enumerate() {
            let points = run.x.iter().zip(&run.y).map(|(&x, &y)| [x, y]).collect();
            let trace = Trace { label: run.label.clone(), points, values: run.y.clone() };
            let mut run = path(&trace, k, self.iterates.len(), &frames, [x("").high - low, y.high - y.low]);
            if let Some(pen) = &mut run.pen {
                pen.width = 1.2;
            }
            series.push(run);
        }
        let below = self.derivative.as_ref();
        let name = if below.is_some() { "" } else { x_name.as_str() };
        let mut panels = vec![panel(x(name), y, series)];
        if let Some(derivative) = below {
            let y = Guide::around(
                name_or(&derivative.label, "derivative"),
                derivative.y.iter().copied().chain([0.0]),
            );
            let zero = Curve { label: String::new(), x: vec![low, high], y: vec![0.0, 0.0] };
            let zero = line(&zero, Rgb::GREY, Dash::Long);
            panels.push(panel(x(&x_name), y, vec![zero, unnamed(line(derivative, INK, Dash::Solid))]));
        }
        Ok(Scene { title: self.title.clone(), columns: 1, panels, frames })
    }
}

/// Data points, the curve they came from where it is known, and fitted curves; in HTML with a slider and a play button
/// over the iterations, in SVG and PNG with some earlier fits in a lighter line.
///
/// ```
/// use thalweg_figure::{Figure, Fit, Fitted};
/// let x = vec![0.0, 1.0];
/// let slope = |w: f64| vec![0.0, w];
/// let figure = Figure::from(Fit {
///     data: vec![[0.2, 0.5], [0.5, 1.1], [0.9, 1.7]],
///     fits: vec![Fitted { label: "w·x".into(), x, iterations: vec![0, 1], y: vec![slope(0.0), slope(1.9)] }],
///     ..Fit::default()
/// });
/// assert!(figure.to_svg(600, 400)?.contains("w·x"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fit {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The name of the horizontal axis; "x" when empty.
    pub x_name: String,
    /// The name of the vertical axis; "y" when empty.
    pub y_name: String,
    /// The observations.
    pub data: Vec<[f64; 2]>,
    /// The curve without noise.
    pub truth: Option<Curve>,
    /// The fits, one colour each.
    pub fits: Vec<Fitted>,
}

impl Fit {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("fit", "data", &self.data)?;
        self.truth.iter().try_for_each(Curve::check)?;
        self.fits.iter().try_for_each(Fitted::check)?;
        let mut moments: Vec<usize> =
            self.fits.iter().flat_map(|fit| fit.iterations.iter().copied()).collect();
        moments.sort_unstable();
        moments.dedup();
        let moments: Vec<usize> = thin::spread(moments.len(), 100).into_iter().map(|k| moments[k]).collect();
        let frames = if moments.len() < 2 { Vec::new() } else { moments };

        let dots = Symbol { shape: Shape::Disc, size: 5.0, fill: Rgb(120, 120, 120), edge: Rgb::WHITE };
        let data = thin::spread(self.data.len(), 5000).into_iter();
        let mut series = vec![Series {
            name: "data".into(),
            legend: true,
            points: data.map(|k| finite(self.data[k], f64::NAN)).collect(),
            dots: Some(dots),
            ..Series::default()
        }];
        series.extend(self.truth.iter().map(|truth| line(truth, INK, Dash::Long)));
        series.extend(self.fits.iter().enumerate().map(|(k, fit)| fitted(fit, k, &frames)));
        let over = |axis: usize| {
            series.iter().flat_map(move |s| s.points.iter().map(move |p| p[axis])).collect::<Vec<_>>()
        };
        let x = Guide::around(name_or(&self.x_name, "x"), over(0));
        let y = Guide::around(name_or(&self.y_name, "y"), over(1));
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel(x, y, series)], frames })
    }
}

fn fitted(fit: &Fitted, k: usize, frames: &[usize]) -> Series {
    let kept = thin::spread(fit.x.len(), 300);
    let state = |number: usize| -> Vec<[f64; 2]> {
        let y = fit.y.get(number);
        kept.iter().filter_map(|&i| y.map(|y| [fit.x[i], y[i]])).collect()
    };
    // The fit as it was last known at a frame's iteration.
    let known = |frame: usize| fit.iterations.partition_point(|&i| i <= frame).saturating_sub(1);
    let (colour, dash) = palette::series(k);
    let last = state(fit.y.len().saturating_sub(1));
    Series {
        name: fit.label.clone(),
        legend: !fit.label.is_empty(),
        points: last.into_iter().map(|p| finite(p, f64::NAN)).collect(),
        pen: Some(Pen { colour, width: 2.5, dash }),
        motion: Motion::Replace(frames.iter().map(|&frame| state(known(frame))).collect()),
        ..Series::default()
    }
}

const INK: Rgb = Rgb(70, 70, 70);

fn line(curve: &Curve, colour: Rgb, dash: Dash) -> Series {
    let kept = thin::curve(&curve.y, POINTS);
    Series {
        name: curve.label.clone(),
        legend: !curve.label.is_empty(),
        points: kept.into_iter().map(|k| finite([curve.x[k], curve.y[k]], f64::NAN)).collect(),
        pen: Some(Pen { colour, width: 2.0, dash }),
        ..Series::default()
    }
}

/// Without a legend entry: the axis says it all.
fn unnamed(series: Series) -> Series {
    Series { legend: false, ..series }
}

fn panel<'a>(x: Guide, y: Guide, series: Vec<Series>) -> Panel<'a> {
    Panel { series, ..Panel::new(x, y) }
}
