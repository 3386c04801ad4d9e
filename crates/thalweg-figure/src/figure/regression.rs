//! The figure of a regression: data with the curve through them, and what is left of the data below.

use super::{name_or, some};
use crate::{
    Error,
    data::{Curve, matching},
    palette::{self, Dash, Rgb},
    scene::{Guide, Panel, Pen, Scene, Series, Shape, Symbol, finite},
    thin,
    warp::{Warp, extent},
};

/// The most data points drawn, and the most points of a curve.
const DATA: usize = 5000;
const POINTS: usize = 2000;

/// Data, the curve fitted to them with the band in which it may lie, and the residuals below.
///
/// ```
/// use thalweg_figure::{Axis, Curve, Figure, Regression};
/// let axis = Axis::new("x", 0.0, 1.0, 50);
/// let line = Curve::sample("line", &axis, |x| 2.0 * x);
/// let figure = Figure::from(Regression {
///     data: vec![[0.2, 0.5], [0.5, 0.9], [0.9, 1.8]],
///     band: Some([line.y.iter().map(|y| y - 0.2).collect(), line.y.iter().map(|y| y + 0.2).collect()]),
///     curve: line,
///     residuals: vec![[0.2, 0.1], [0.5, -0.1], [0.9, 0.0]],
///     ..Regression::default()
/// });
/// assert!(figure.to_svg(600, 500)?.contains("residual"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Regression {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The name of the horizontal axis; "x" when empty.
    pub x_name: String,
    /// The name of the upper vertical axis; "y" when empty.
    pub y_name: String,
    /// The observations.
    pub data: Vec<[f64; 2]>,
    /// The fitted curve.
    pub curve: Curve,
    /// The lower and the upper end of the band at each point of the curve.
    pub band: Option<[Vec<f64>; 2]>,
    /// What the band is, for the legend; "band" when empty.
    pub band_name: String,
    /// The name of the axis below; that of the horizontal axis above when empty.
    pub residual_x_name: String,
    /// The residuals over the lower horizontal axis.
    pub residuals: Vec<[f64; 2]>,
}

impl Regression {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("regression", "data", &self.data)?;
        some("regression", "curve", &self.curve.x)?;
        some("regression", "residuals", &self.residuals)?;
        self.curve.check()?;
        for (k, end) in self.band.iter().flatten().enumerate() {
            let what = format!("regression: end {} of the band", k + 1);
            matching(&what, end.len(), self.curve.x.len(), || "one for each point of the curve".into())?;
        }
        let x_name = name_or(&self.x_name, "x");
        let xs = self.data.iter().map(|p| p[0]).chain(self.curve.x.iter().copied());
        let x = Guide::around(&x_name, xs);
        let mut y = Guide::around(
            name_or(&self.y_name, "y"),
            self.data.iter().map(|p| p[1]).chain(self.curve.y.iter().copied()),
        );
        if let Some((low, high)) = self.band.as_ref().and_then(|band| extent(band.iter().flatten().copied()))
        {
            // A band far wider than the data would leave nothing to see of them.
            let span = y.high - y.low;
            (y.low, y.high) = (y.low.min(low.max(y.low - span)), y.high.max(high.min(y.high + span)));
        }
        let mut above: Vec<Series> = self.band.iter().map(|band| self.filled(band, &y)).collect();
        above.push(dots("data", &self.data, Rgb(120, 120, 120)));
        above.push(self.line());

        let (colour, _) = palette::series(0);
        let below_x = if self.residual_x_name.is_empty() {
            Guide::new(&x_name, x.low, x.high, Warp::Linear)
        } else {
            Guide::around(&self.residual_x_name, self.residuals.iter().map(|p| p[0]))
        };
        let largest = self.residuals.iter().map(|p| p[1].abs()).filter(|r| r.is_finite()).fold(0.0, f64::max);
        let reach = if largest > 0.0 { 1.08 * largest } else { 1.0 };
        let zero = Series {
            points: [below_x.low, below_x.high].map(|x| [x, 0.0, f64::NAN]).into(),
            pen: Some(Pen { colour: Rgb::GREY, width: 1.5, dash: Dash::Long }),
            ..Series::default()
        };
        let residuals = Series { legend: false, ..dots("residual", &self.residuals, colour) };
        let own_axis = !self.residual_x_name.is_empty();
        let panels = vec![
            Panel {
                series: above,
                ..Panel::new(if own_axis { x } else { Guide { name: String::new(), ..x } }, y)
            },
            Panel {
                series: vec![zero, residuals],
                ..Panel::new(below_x, Guide::new("residual", -reach, reach, Warp::Linear))
            },
        ];
        Ok(Scene { title: self.title.clone(), columns: 1, panels, frames: Vec::new() })
    }

    fn line(&self) -> Series {
        let kept = thin::curve(&self.curve.y, POINTS);
        let (colour, dash) = palette::series(0);
        Series {
            name: self.curve.label.clone(),
            legend: !self.curve.label.is_empty(),
            points: kept.into_iter().map(|k| finite([self.curve.x[k], self.curve.y[k]], f64::NAN)).collect(),
            pen: Some(Pen { colour, width: 2.5, dash }),
            ..Series::default()
        }
    }

    /// The band as a closed outline: to the right along its upper end, back along its lower, both within the axis.
    fn filled(&self, [low, high]: &[Vec<f64>; 2], axis: &Guide) -> Series {
        let whole: Vec<usize> =
            (0..self.curve.x.len()).filter(|&k| low[k].is_finite() && high[k].is_finite()).collect();
        let kept: Vec<usize> = thin::spread(whole.len(), POINTS).into_iter().map(|k| whole[k]).collect();
        let at = |k: usize, y: f64| [self.curve.x[k], y.clamp(axis.low, axis.high), f64::NAN];
        let there = kept.iter().map(|&k| at(k, high[k]));
        let back = kept.iter().rev().map(|&k| at(k, low[k]));
        Series {
            name: name_or(&self.band_name, "band"),
            legend: true,
            points: there.chain(back).collect(),
            fill: Some(palette::series(0).0.mix(Rgb::WHITE, 0.75)),
            ..Series::default()
        }
    }
}

fn dots(name: &str, points: &[[f64; 2]], fill: Rgb) -> Series {
    let kept = thin::spread(points.len(), DATA).into_iter();
    Series {
        name: name.into(),
        legend: true,
        points: kept.map(|k| finite(points[k], f64::NAN)).collect(),
        dots: Some(Symbol { shape: Shape::Disc, size: 5.0, fill, edge: Rgb::WHITE }),
        ..Series::default()
    }
}
