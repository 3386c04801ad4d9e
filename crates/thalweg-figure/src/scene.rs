//! What every figure becomes before it is drawn: panels with axes, a coloured field and series of points.
//!
//! Figures know what to show, the two renderers (HTML, and SVG or PNG) know how; a scene is all that passes between
//! them.

use crate::{
    data::{Axis, Field, Mark, MarkKind, Trace},
    palette::{self, Dash, Ramp, Rgb},
    thin,
    ticks::Tick,
    warp::{Scale, Warp, extent},
};

/// The most positions of a slider.
const FRAMES: usize = 100;
/// The most points kept of all traces of a panel together, and of one of them.
const POINTS: usize = 24_000;
const POINTS_OF_ONE: usize = 2_000;

pub(crate) struct Scene<'a> {
    pub(crate) title: String,
    /// Panels in a row.
    pub(crate) columns: usize,
    pub(crate) panels: Vec<Panel<'a>>,
    /// The iterations at which the slider stops; empty without one.
    pub(crate) frames: Vec<usize>,
}

pub(crate) struct Panel<'a> {
    pub(crate) title: String,
    pub(crate) x: Guide,
    pub(crate) y: Guide,
    /// The third axis, which makes the panel a surface.
    pub(crate) z: Option<Guide>,
    /// Whether a unit is equally long on both axes.
    pub(crate) equal: bool,
    pub(crate) sheet: Option<Sheet<'a>>,
    pub(crate) tiles: Option<Tiles>,
    pub(crate) arrows: Vec<Arrow>,
    pub(crate) series: Vec<Series>,
    pub(crate) words: Vec<Word>,
}

impl Panel<'_> {
    /// A panel with axes and nothing on it.
    pub(crate) fn new(x: Guide, y: Guide) -> Self {
        Self {
            title: String::new(),
            x,
            y,
            z: None,
            equal: false,
            sheet: None,
            tiles: None,
            arrows: Vec::new(),
            series: Vec::new(),
            words: Vec::new(),
        }
    }
}

/// Equal rectangles of one colour each that fill a panel.
pub(crate) struct Tiles {
    pub(crate) columns: usize,
    /// Row by row, the uppermost first.
    pub(crate) colours: Vec<Rgb>,
}

impl Tiles {
    pub(crate) fn rows(&self) -> usize {
        self.colours.len() / self.columns
    }
}

/// A short text centred at a point of the data.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: [f64; 2],
    pub(crate) size: f64,
    pub(crate) colour: Rgb,
}

/// An axis: its name, its ends in the data's units, and the map onto it.
#[derive(Clone, Debug)]
pub(crate) struct Guide {
    pub(crate) name: String,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) warp: Warp,
    /// Places with names in the place of numbers.
    pub(crate) names: Option<Vec<Tick>>,
}

impl Guide {
    pub(crate) fn new(name: impl Into<String>, low: f64, high: f64, warp: Warp) -> Self {
        Self { name: name.into(), low, high, warp, names: None }
    }

    pub(crate) fn of(axis: &Axis) -> Self {
        Self::new(&axis.name, axis.min, axis.max, Warp::Linear)
    }

    /// About so many ticks, placed by the map; all of them where they have names.
    pub(crate) fn ticks(&self, target: usize) -> Vec<Tick> {
        self.names.clone().unwrap_or_else(|| self.warp.ticks(self.low, self.high, target))
    }

    /// A linear axis around some values, with a margin.
    pub(crate) fn around(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let margin = if high > low { 0.04 * (high - low) } else { 0.5 * low.abs().max(1.0) };
        Self::new(name, low - margin, high + margin, Warp::Linear)
    }

    /// The ends as the map places them.
    pub(crate) fn ends(&self) -> (f64, f64) {
        (self.warp.apply(self.low), self.warp.apply(self.high))
    }
}

/// A field as colours, level lines or both; in a panel with a third axis as a surface.
pub(crate) struct Sheet<'a> {
    pub(crate) field: &'a Field,
    pub(crate) warp: Warp,
    pub(crate) ramp: Ramp,
    /// The mapped values at the two ends of the ramp.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Into how many colours the ramp is cut.
    pub(crate) bands: usize,
    pub(crate) fill: bool,
    pub(crate) lines: bool,
    pub(crate) bar: bool,
}

impl<'a> Sheet<'a> {
    /// Filled bands with lines between them.
    pub(crate) fn new(field: &'a Field, scale: Scale, ramp: Ramp) -> Self {
        let warp = Warp::of(scale, &field.values);
        let (mut low, mut high) = extent(field.values.iter().map(|&v| warp.apply(v))).unwrap_or((0.0, 1.0));
        if scale == Scale::SignedLog && warp != Warp::Linear {
            high = high.abs().max(low.abs());
            low = -high;
        }
        if low == high {
            (low, high) = (low - 0.5, high + 0.5);
        }
        Self { field, warp, ramp, low, high, bands: 18, fill: true, lines: true, bar: true }
    }

    /// The share of the ramp at which a value lies.
    pub(crate) fn place(&self, value: f64) -> f64 {
        (self.warp.apply(value) - self.low) / (self.high - self.low)
    }

    /// The mapped levels between the bands.
    pub(crate) fn levels(&self) -> impl Iterator<Item = f64> {
        let (low, step) = (self.low, (self.high - self.low) / self.bands as f64);
        (1..self.bands).map(move |k| low + k as f64 * step)
    }

    /// The ticks of the colour bar, placed by the map.
    pub(crate) fn ticks(&self, target: usize) -> Vec<(f64, String)> {
        let values = extent(self.field.values.iter().copied()).unwrap_or((0.0, 1.0));
        let (low, high) = match self.warp {
            Warp::SignedLog { .. } => {
                let largest = values.0.abs().max(values.1.abs());
                (-largest, largest)
            }
            _ => values,
        };
        self.warp.ticks(low, high, target)
    }
}

/// An arrow in the data's units and its place on the sheet's ramp.
pub(crate) struct Arrow {
    pub(crate) from: [f64; 2],
    pub(crate) to: [f64; 2],
    pub(crate) place: f64,
}

/// Points joined by a line, marked by symbols, or both; or the corners of an area. NaN interrupts the line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) legend: bool,
    /// x, y and the function's value (NaN where there is none), which is the height over a surface.
    pub(crate) points: Vec<[f64; 3]>,
    /// The iteration of each point, or nothing.
    pub(crate) steps: Vec<usize>,
    pub(crate) pen: Option<Pen>,
    /// The colour of the area that the points enclose.
    pub(crate) fill: Option<Rgb>,
    pub(crate) dots: Option<Symbol>,
    /// A symbol at the last point shown.
    pub(crate) head: Option<Symbol>,
    pub(crate) motion: Motion,
}

/// What the slider does to a series.
#[derive(Clone, Debug, Default)]
pub(crate) enum Motion {
    #[default]
    Still,
    /// For each frame how many points are shown.
    Grow(Vec<usize>),
    /// For each frame the points that take the place of the others.
    Replace(Vec<Vec<[f64; 2]>>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) colour: Rgb,
    pub(crate) width: f64,
    pub(crate) dash: Dash,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol {
    pub(crate) shape: Shape,
    pub(crate) size: f64,
    pub(crate) fill: Rgb,
    pub(crate) edge: Rgb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Disc,
    Star,
    Triangle,
    Cross,
    Diamond,
}

/// Where the slider stops for runs whose longest has `longest` entries.
pub(crate) fn frames(longest: usize) -> Vec<usize> {
    if longest < 2 { Vec::new() } else { thin::spread(longest, FRAMES) }
}

/// A path over the plane, or over a surface, that grows with the slider.
pub(crate) fn path(trace: &Trace, k: usize, among: usize, frames: &[usize], spans: [f64; 2]) -> Series {
    let most = (POINTS / among.max(1)).clamp(40, POINTS_OF_ONE);
    let steps = thin::path(&trace.points, spans, most, frames);
    let points = steps.iter().map(|&i| finite(trace.points[i], trace.values[i])).collect();
    let (colour, dash) = palette::series(k);
    let dots = Symbol { shape: Shape::Disc, size: 4.5, fill: colour, edge: colour };
    Series {
        name: trace.label.clone(),
        legend: !trace.label.is_empty(),
        points,
        pen: Some(Pen { colour, width: 2.0, dash }),
        fill: None,
        dots: (trace.points.len() <= 60).then_some(dots),
        head: Some(Symbol { size: 9.0, edge: Rgb::WHITE, ..dots }),
        motion: Motion::Grow(frames.iter().map(|&f| steps.partition_point(|&s| s <= f)).collect()),
        steps,
    }
}

/// A point with NaN for what is not finite.
pub(crate) fn finite([x, y]: [f64; 2], value: f64) -> [f64; 3] {
    let only = |v: f64| if v.is_finite() { v } else { f64::NAN };
    [only(x), only(y), only(value)]
}

/// The marks over a field, those of one name and kind together.
pub(crate) fn marks(marks: &[Mark], field: &Field) -> Vec<Series> {
    let mut all: Vec<(MarkKind, Series)> = Vec::new();
    for mark in marks {
        let point = finite(mark.point, field.interpolate(mark.point));
        if let Some((_, series)) =
            all.iter_mut().find(|(kind, s)| *kind == mark.kind && s.name == mark.name())
        {
            series.points.push(point);
            continue;
        }
        let (shape, size, fill, edge) = match mark.kind {
            MarkKind::Minimum => (Shape::Star, 15.0, Rgb(255, 221, 0), Rgb::BLACK),
            MarkKind::Maximum => (Shape::Triangle, 12.0, Rgb::WHITE, Rgb::BLACK),
            MarkKind::Saddle => (Shape::Cross, 11.0, Rgb::WHITE, Rgb::BLACK),
            MarkKind::Start => (Shape::Disc, 9.0, Rgb::WHITE, Rgb::BLACK),
            MarkKind::End => (Shape::Diamond, 11.0, Rgb::BLACK, Rgb::WHITE),
        };
        let series = Series {
            name: mark.name().to_owned(),
            legend: true,
            points: vec![point],
            dots: Some(Symbol { shape, size, fill, edge }),
            ..Series::default()
        };
        all.push((mark.kind, series));
    }
    all.into_iter().map(|(_, series)| series).collect()
}

/// Whether two spans are alike enough to draw them to one scale.
pub(crate) fn comparable(x: &Axis, y: &Axis) -> bool {
    (0.4..=2.5).contains(&(x.span() / y.span()))
}
