//! Figures of a function of two variables: contours, surface, gradient field, map.

use crate::{
    Error,
    data::{Arrows, Field, Mark, Trace, matching},
    palette::Ramp,
    scene::{Arrow, Guide, Panel, Scene, Series, Sheet, comparable, frames, marks, path},
    warp::{Scale, Warp, extent},
};

/// A function's contours with the traces of runs over them; in HTML with a slider and a play button over the
/// iterations.
///
/// ```
/// use thalweg_figure::{Axis, Contours, Field, Figure};
/// let axis = |name| Axis::new(name, -1.0, 1.0, 41);
/// let field = Field::sample(axis("x"), axis("y"), |x, y| x * x - y * y);
/// let html = Figure::from(Contours { field, ..Contours::default() }).to_html()?;
/// assert!(html.starts_with("<!DOCTYPE html>"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Contours {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The function.
    pub field: Field,
    /// The runs, one colour each.
    pub traces: Vec<Trace>,
    /// Which iteration each entry of the longest trace is of, rising; counted from 0 when empty.
    pub iterations: Vec<u64>,
    /// Minima, starts and the like.
    pub marks: Vec<Mark>,
    /// How values become colours and where the level lines are drawn.
    pub colours: Scale,
}

impl Contours {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        check("contours", &self.field, &self.traces)?;
        numbered("contours", &self.iterations, &self.traces)?;
        let frames = frames(longest(&self.traces));
        let mut panel = panel(Sheet::new(&self.field, self.colours, Ramp::Pale));
        panel.series = paths(&self.traces, &frames, &self.field);
        panel.series.extend(marks(&self.marks, &self.field));
        let frames = renamed(&mut panel.series, frames, &self.iterations);
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel], frames })
    }
}

/// A function's graph in space with the traces of runs on it; in HTML it can be turned, with a slider and a play button
/// over the iterations.
///
/// ```
/// use thalweg_figure::{Axis, Field, Figure, Surface};
/// let axis = |name| Axis::new(name, -1.0, 1.0, 41);
/// let field = Field::sample(axis("x"), axis("y"), |x, y| x * x - y * y);
/// let svg = Figure::from(Surface { field, ..Surface::default() }).to_svg(600, 500)?;
/// assert!(svg.contains("polygon"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Surface {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The function.
    pub field: Field,
    /// The runs, one colour each; left out where they leave the field.
    pub traces: Vec<Trace>,
    /// Which iteration each entry of the longest trace is of, rising; counted from 0 when empty.
    pub iterations: Vec<u64>,
    /// Minima, starts and the like, on the surface.
    pub marks: Vec<Mark>,
    /// How values become colours.
    pub colours: Scale,
    /// How values become heights.
    pub heights: Scale,
}

impl Surface {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        check("surface", &self.field, &self.traces)?;
        numbered("surface", &self.iterations, &self.traces)?;
        let frames = frames(longest(&self.traces));
        let sheet = Sheet::new(&self.field, self.colours, Ramp::Pale);
        let (low, high) = extent(self.field.values.iter().copied()).unwrap_or((0.0, 1.0));
        let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
        let warp = Warp::of_heights(self.heights, &self.field.values);
        let mut panel = panel(sheet);
        panel.z = Some(Guide::new(&self.field.name, low, high, warp));
        panel.series = paths(&self.traces, &frames, &self.field);
        panel.series.extend(marks(&self.marks, &self.field));
        let (x, y) = (&self.field.x, &self.field.y);
        for [px, py, pz] in panel.series.iter_mut().flat_map(|s| &mut s.points) {
            let outside = *px < x.min || *px > x.max || *py < y.min || *py > y.max || *pz > high;
            // A run may find values below every sample: it stays visible on the floor of the box.
            *pz = if outside { f64::NAN } else { pz.max(low) };
        }
        let frames = renamed(&mut panel.series, frames, &self.iterations);
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel], frames })
    }
}

/// A vector field, such as the gradient, over a function's level lines. Arrows are coloured by the function's value;
/// their lengths grow with a weak power of the vector's, so that flat and steep places both show.
///
/// ```
/// use thalweg_figure::{Arrows, Axis, Field, Figure, GradientField};
/// let axis = |count| Axis::new("x", -1.0, 1.0, count);
/// let field = Field::sample(axis(41), axis(41), |x, y| x * x + y * y);
/// let arrows = Arrows::sample(&axis(9), &axis(9), |x, y| ([2.0 * x, 2.0 * y], x * x + y * y));
/// let figure = Figure::from(GradientField { field, arrows, ..GradientField::default() });
/// assert!(figure.to_svg(600, 500).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct GradientField {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The function.
    pub field: Field,
    /// The vectors.
    pub arrows: Arrows,
    /// The runs, one colour each.
    pub traces: Vec<Trace>,
    /// Minima, starts and the like.
    pub marks: Vec<Mark>,
    /// How values become colours.
    pub colours: Scale,
}

impl GradientField {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        check("gradient field", &self.field, &self.traces)?;
        self.arrows.check()?;
        super::some("gradient field", "arrows", &self.arrows.points)?;
        let frames = frames(longest(&self.traces));
        let mut sheet = Sheet::new(&self.field, self.colours, Ramp::Viridis);
        sheet.fill = false;
        let arrows = shafts(&self.arrows, &sheet);
        let mut panel = panel(sheet);
        panel.arrows = arrows;
        panel.series = paths(&self.traces, &frames, &self.field);
        panel.series.extend(marks(&self.marks, &self.field));
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel], frames })
    }
}

/// Arrows with drawn lengths: the longest as long as the spacing of the points, the others by the 0.3rd power of their
/// share, none shorter than a quarter of it.
fn shafts(arrows: &Arrows, sheet: &Sheet) -> Vec<Arrow> {
    let spans = [sheet.field.x.span(), sheet.field.y.span()];
    let length = |d: &[f64; 2]| (d[0] / spans[0]).hypot(d[1] / spans[1]);
    let longest = arrows.directions.iter().map(length).filter(|l| l.is_finite()).fold(0.0, f64::max);
    let spacing = 0.95 / (arrows.points.len() as f64).sqrt();
    let each = arrows.points.iter().zip(&arrows.directions).zip(&arrows.values);
    each.filter_map(|((&from, direction), &value)| {
        let own = length(direction);
        let place = sheet.place(value);
        if own == 0.0 || !own.is_finite() || !place.is_finite() || !from.iter().all(|v| v.is_finite()) {
            return None;
        }
        let stretch = spacing * (own / longest).powf(0.3).max(0.25) / own;
        // Centred on its point, an arrow does not seem to belong to its neighbour.
        let half = [direction[0] * stretch / 2.0, direction[1] * stretch / 2.0];
        let tail = [from[0] - half[0], from[1] - half[1]];
        Some(Arrow { from: tail, to: [from[0] + half[0], from[1] + half[1]], place })
    })
    .collect()
}

/// A function of the plane by colour alone, such as the largest eigenvalue of a Hessian by its signed logarithm.
///
/// ```
/// use thalweg_figure::{Axis, Field, Figure, Map, Scale};
/// let axis = |name| Axis::new(name, -2.0, 2.0, 41);
/// let field = Field::sample(axis("x"), axis("y"), |x, y| 1200.0 * x * x - 400.0 * y + 2.0).named("curvature");
/// let svg = Figure::from(Map { field, colours: Scale::SignedLog, ..Map::default() }).to_svg(600, 500)?;
/// assert!(svg.contains("curvature"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The function.
    pub field: Field,
    /// Minima, starts and the like.
    pub marks: Vec<Mark>,
    /// How values become colours.
    pub colours: Scale,
}

impl Map {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        check("map", &self.field, &[])?;
        let ramp = if self.colours == Scale::SignedLog { Ramp::Diverging } else { Ramp::Viridis };
        let mut sheet = Sheet::new(&self.field, self.colours, ramp);
        sheet.lines = false;
        sheet.bands = 48;
        let mut panel = panel(sheet);
        panel.series = marks(&self.marks, &self.field);
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel], frames: Vec::new() })
    }
}

/// The panel of a field, nothing on it yet.
pub(super) fn panel(sheet: Sheet) -> Panel {
    let (x, y) = (&sheet.field.x, &sheet.field.y);
    let (equal, x, y) = (comparable(x, y), Guide::of(x), Guide::of(y));
    Panel { equal, sheet: Some(sheet), ..Panel::new(x, y) }
}

pub(super) fn longest(traces: &[Trace]) -> usize {
    traces.iter().map(|t| t.points.len()).max().unwrap_or(0)
}

/// The slider's stops and the points of paths by their iterations instead of their places in the traces.
fn renamed(series: &mut [Series], frames: Vec<usize>, iterations: &[u64]) -> Vec<usize> {
    let name = |k: usize| iterations.get(k).map_or(k, |&iteration| iteration as usize);
    series.iter_mut().flat_map(|series| &mut series.steps).for_each(|step| *step = name(*step));
    frames.into_iter().map(name).collect()
}

fn paths(traces: &[Trace], frames: &[usize], field: &Field) -> Vec<Series> {
    let spans = [field.x.span(), field.y.span()];
    traces.iter().enumerate().map(|(k, trace)| path(trace, k, traces.len(), frames, spans)).collect()
}

/// An error unless every entry of the longest trace has its iteration, if there are any.
fn numbered(figure: &str, iterations: &[u64], traces: &[Trace]) -> Result<(), Error> {
    let expected = if iterations.is_empty() { 0 } else { longest(traces) };
    let what = format!("{figure}: iterations");
    matching(&what, iterations.len(), expected, || "one for each entry of the longest trace".into())
}

pub(super) fn check(figure: &str, field: &Field, traces: &[Trace]) -> Result<(), Error> {
    field.check(&format!("{figure}: field"))?;
    traces.iter().try_for_each(Trace::check)
}
