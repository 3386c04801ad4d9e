//! The figure of many runs from many starts.

use super::{
    loss::{LossAxis, loss_panel},
    name_or,
    plane::{check, longest, panel},
    some,
};
use crate::{
    Error,
    data::{Curve, Field, Mark, Trace},
    palette::{Dash, Ramp, Rgb},
    scene::{Motion, Panel, Pen, Scene, Series, Shape, Sheet, Symbol, finite, marks},
    thin,
    warp::Scale,
};

/// The most points of a scatter, the most paths and loss curves drawn, and the most points of all of these together.
const SCATTER: usize = 1000;
const PATHS: usize = 600;
const POINTS: usize = 20_000;
/// The most positions of the slider and the most numbers of points in all of them.
const FRAMES: usize = 60;
const MOVING: usize = 30_000;

/// Many runs on one function: where they began, where they ended (in HTML: where they are at each iteration, by a
/// slider), all their paths, and their losses in grey with the mean in black. Where there are thousands of runs an even
/// selection of them is drawn; the mean is that of all. A run that stopped early counts with its last value.
///
/// ```
/// use thalweg_figure::{Axis, Field, Figure, Starts, Trace};
/// let axis = |name| Axis::new(name, -1.0, 1.0, 41);
/// let bowl = |x: f64, y: f64| x * x + y * y;
/// let run = |a: f64| {
///     let points: Vec<[f64; 2]> = (0..9).map(|k| [a.cos() * 0.7f64.powi(k), a.sin() * 0.7f64.powi(k)]).collect();
///     let values = points.iter().map(|p| bowl(p[0], p[1])).collect();
///     Trace { points, values, ..Trace::default() }
/// };
/// let runs = (0..30).map(|k| run(f64::from(k))).collect();
/// let figure = Figure::from(Starts { field: Field::sample(axis("x"), axis("y"), bowl), runs, ..Starts::default() });
/// assert!(figure.to_svg(900, 800)?.contains("initial points"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Starts {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The function.
    pub field: Field,
    /// The runs; their labels are not shown.
    pub runs: Vec<Trace>,
    /// Minima and the like.
    pub marks: Vec<Mark>,
    /// How values become colours.
    pub colours: Scale,
}

impl Starts {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        check("starts", &self.field, &self.runs)?;
        some("starts", "runs", &self.runs)?;
        for (k, run) in self.runs.iter().enumerate() {
            some("starts", &format!("run {k}"), &run.points)?;
        }
        let shown: Vec<&Trace> =
            thin::spread(self.runs.len(), SCATTER).into_iter().map(|k| &self.runs[k]).collect();
        let drawn: Vec<&Trace> =
            thin::spread(self.runs.len(), PATHS).into_iter().map(|k| &self.runs[k]).collect();
        let longest = longest(&self.runs);
        let moments = thin::spread(longest, FRAMES.min(MOVING / shown.len()));
        let frames = if longest < 2 { Vec::new() } else { moments };
        let at = |step: usize| -> Vec<[f64; 2]> {
            shown.iter().map(|run| run.points[step.min(run.points.len() - 1)]).collect()
        };

        let mut initial = self.panel("initial points", scatter(&at(0)));
        let moving = Motion::Replace(frames.iter().map(|&step| at(step)).collect());
        let last = Series { motion: moving, ..scatter(&at(longest - 1)) };
        let mut last = self.panel("final points", last);
        if let Some(sheet) = &mut initial.sheet {
            sheet.bar = false;
        }
        if let Some(sheet) = &mut last.sheet {
            sheet.bar = true;
        }
        let mut paths = self.panel("paths (white: start, black: end)", all_paths(&drawn, &self.field));
        for series in
            [scatter_of(&at(0), Rgb::WHITE, Rgb::BLACK), scatter_of(&at(longest - 1), Rgb::BLACK, Rgb::WHITE)]
        {
            paths.series.insert(1, series);
        }
        let panels = vec![initial, last, paths, self.losses(&drawn, longest)];
        Ok(Scene { title: self.title.clone(), columns: 2, panels, frames })
    }

    fn panel(&self, title: &str, series: Series) -> Panel<'_> {
        let mut sheet = Sheet::new(&self.field, self.colours, Ramp::Pale);
        sheet.bar = false;
        let mut panel = panel(sheet);
        panel.title = title.into();
        panel.series = vec![series];
        let mut marks = marks(&self.marks, &self.field);
        // One legend for the figure: the first panel's.
        for mark in &mut marks {
            mark.legend = title == "initial points";
        }
        panel.series.extend(marks);
        panel
    }

    fn losses(&self, drawn: &[&Trace], longest: usize) -> Panel<'_> {
        let mean: Vec<f64> = (0..longest)
            .map(|step| {
                let values = self.runs.iter().map(|run| run.values[step.min(run.values.len() - 1)]);
                let (sum, count) = values
                    .filter(|v| v.is_finite())
                    .fold((0.0, 0usize), |(sum, count), v| (sum + v, count + 1));
                sum / count as f64
            })
            .collect();
        let mean = Curve::over_steps("mean loss", mean);
        let each: Vec<Curve> = drawn.iter().map(|run| Curve::over_steps("", run.values.clone())).collect();
        let axis = LossAxis::linear_if_narrow(name_or(&self.field.name, "f"), &each);
        let most = (POINTS / drawn.len()).clamp(30, 1500);
        let mut grey = Series {
            pen: Some(Pen { colour: Rgb(200, 200, 200), width: 0.8, dash: Dash::Solid }),
            ..Series::default()
        };
        for curve in &each {
            let kept = thin::curve(&curve.y, most);
            grey.points.extend(kept.into_iter().map(|k| finite([curve.x[k], curve.y[k]], curve.y[k])));
            grey.points.push([f64::NAN; 3]);
        }
        let black = axis.line(&mean, Pen { colour: Rgb::BLACK, width: 2.5, dash: Dash::Solid });
        loss_panel("loss of each run".into(), "", axis.guide, vec![grey, black])
    }
}

fn all_paths(drawn: &[&Trace], field: &Field) -> Series {
    let spans = [field.x.span(), field.y.span()];
    let most = (POINTS / drawn.len()).clamp(30, 1000);
    let mut series = Series {
        pen: Some(Pen { colour: Rgb(190, 50, 20), width: 0.8, dash: Dash::Solid }),
        ..Series::default()
    };
    for run in drawn {
        let kept = thin::path(&run.points, spans, most, &[]);
        series.points.extend(kept.into_iter().map(|k| finite(run.points[k], run.values[k])));
        series.points.push([f64::NAN; 3]);
    }
    series
}

fn scatter(points: &[[f64; 2]]) -> Series {
    scatter_of(points, Rgb::BLACK, Rgb::WHITE)
}

fn scatter_of(points: &[[f64; 2]], fill: Rgb, edge: Rgb) -> Series {
    let size = if points.len() > 400 { 3.0 } else { 5.0 };
    Series {
        points: points.iter().map(|&p| finite(p, f64::NAN)).collect(),
        dots: Some(Symbol { shape: Shape::Disc, size, fill, edge }),
        ..Series::default()
    }
}
