//! From functions and solutions to figures: [`Picture`] chooses what shows a run best, by the number of variables.
//!
//! One variable: the function, its derivative and the iterates. Two: contours, surface and downhill field with the runs on
//! them. More: the same on the plane along which the runs vary most. Always: the loss over the steps, and for quadratics its
//! parts along the eigenvectors. What never lives here: drawing (`figure`) and running (`solve`).

mod around;
mod components;
mod error;
mod fit;
mod frame;
mod plane;
mod regression;
mod run;
mod sample;
mod training;

pub use around::{plane_figures, spectrum_figure};
pub use error::PictureError;
pub use fit::{fit_figures, loss_field};
pub use plane::Plane;
pub use regression::regression_figure;
pub use run::Path;
pub use sample::{curve, derivative, downhill, field, field_on};
pub use training::{training_figures, training_page, training_table};

use crate::figure::{
    Axis, Contours, Curve, Figure, GradientField, Losses, Mark, MarkKind, OneDimension, Page, Starts,
    Surface, Table, Trace,
};
use crate::function::Program;
use crate::landscape::{Landscape, Minimum};
use crate::solve::{Bounds, Scalar, Solution, Solutions};

/// Paths of at most this many starts are drawn.
pub const MOST_STARTS: usize = 200;

/// A function and the runs on it, to be shown.
///
/// ```
/// use thalweg::prelude::*;
///
/// let rosenbrock = Landscape::parse("rosenbrock")?;
/// let mut picture = Picture::of(&rosenbrock);
/// for method in ["sgd(lr=0.001)", "adam(lr=0.1)"] {
///     let options = Options { method: method.parse()?, steps: 100, history: true, ..Options::default() };
///     let solution = minimize(&mut Traced::<f64>::new(rosenbrock.program())?, rosenbrock.start(), &options)?;
///     picture = picture.run(method, &solution);
/// }
/// let html = picture.page()?.to_html()?;
/// assert!(html.contains("sgd(lr=0.001)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Picture {
    title: String,
    text: String,
    table: Option<Table>,
    program: Program,
    variables: Vec<String>,
    bounds: Option<Vec<(f64, f64)>>,
    minima: Vec<Minimum>,
    runs: Vec<Path>,
    /// Whether the runs differ by their starts rather than by their optimisers.
    many: bool,
}

impl Picture {
    /// The picture of a function; the part that is shown follows from the runs, unless [`within`](Self::within) says it.
    pub fn new(program: &Program) -> Self {
        Picture {
            title: String::new(),
            text: String::new(),
            table: None,
            program: program.clone(),
            variables: program.input_names().map(str::to_owned).collect(),
            bounds: None,
            minima: Vec::new(),
            runs: Vec::new(),
            many: false,
        }
    }

    /// The picture of a landscape: over its box, with its minima.
    pub fn of(landscape: &Landscape) -> Self {
        Picture {
            title: landscape.to_string(),
            bounds: Some(landscape.bounds().to_vec()),
            minima: landscape.minima().to_vec(),
            ..Picture::new(landscape.program())
        }
    }

    /// With this title.
    pub fn titled(self, title: impl Into<String>) -> Self {
        Picture { title: title.into(), ..self }
    }

    /// With a paragraph below the title.
    pub fn text(self, text: impl Into<String>) -> Self {
        Picture { text: text.into(), ..self }
    }

    /// With a table below the text.
    pub fn table(self, table: Table) -> Self {
        Picture { table: Some(table), ..self }
    }

    /// Showing this box; an infinite one is no box.
    pub fn within(self, bounds: &Bounds) -> Self {
        let intervals: Vec<_> = (0..self.variables.len()).map(|j| bounds.interval(j)).collect();
        let finite = intervals.iter().all(|(low, high)| low.is_finite() && high.is_finite() && low < high);
        if finite { Picture { bounds: Some(intervals), ..self } } else { self }
    }

    /// With one more run, which must have kept its history.
    pub fn run<F: Scalar>(self, label: impl Into<String>, solution: &Solution<F>) -> Self {
        self.path(Path::of(label, solution))
    }

    /// With one more run, by its path.
    pub fn path(mut self, path: Path) -> Self {
        self.runs.push(path);
        self
    }

    /// With runs from many starts, which must have kept their histories: the first [`MOST_STARTS`] of them.
    pub fn starts<F: Scalar>(self, solutions: &Solutions<F>) -> Self {
        let first = solutions.len().min(MOST_STARTS);
        self.start_paths((0..first).map(|i| Path::of("", &solutions.solution(i))))
    }

    /// With the paths of runs that differ by their starts only.
    pub fn start_paths(mut self, paths: impl IntoIterator<Item = Path>) -> Self {
        self.runs.extend(paths.into_iter().map(|path| Path { label: String::new(), ..path }));
        self.many = true;
        self
    }

    /// The runs so far.
    pub fn paths(&self) -> &[Path] {
        &self.runs
    }

    /// Everything there is to see: for HTML.
    ///
    /// # Errors
    /// A run has no history, or the function cannot be sampled.
    pub fn figures(&self) -> Result<Vec<Figure>, PictureError> {
        let mut figures = self.on_the_function(true)?;
        figures.extend(self.losses());
        if let ([path], false) = (self.runs.as_slice(), self.many) {
            figures.extend(components::components(&self.program, path)?);
        }
        Ok(figures)
    }

    /// What suits a still image: the function with the runs, and the losses.
    ///
    /// # Errors
    /// As [`figures`](Self::figures).
    pub fn stills(&self) -> Result<Vec<Figure>, PictureError> {
        let mut figures = self.on_the_function(false)?;
        figures.extend(self.losses());
        Ok(figures)
    }

    /// [`figures`](Self::figures) as a page.
    ///
    /// # Errors
    /// As [`figures`](Self::figures).
    pub fn page(&self) -> Result<Page, PictureError> {
        Ok(self.page_of(self.figures()?))
    }

    /// Writes the picture as the file's ending says: `.html` with everything, `.svg` and `.png` with the [`stills`](Self::stills).
    ///
    /// # Errors
    /// As [`figures`](Self::figures); another ending; a file that cannot be written.
    pub fn write(&self, path: impl AsRef<std::path::Path>) -> Result<(), PictureError> {
        let path = path.as_ref();
        let html = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("html"));
        let figures = if html { self.figures()? } else { self.stills()? };
        Ok(self.page_of(figures).write(path)?)
    }

    fn page_of(&self, figures: Vec<Figure>) -> Page {
        Page { title: self.title.clone(), text: self.text.clone(), table: self.table.clone(), figures }
    }

    /// The loss over the steps: of each run, or of many starts the spread.
    fn losses(&self) -> Option<Figure> {
        let planar = self.variables.len() >= 2;
        if self.runs.is_empty() || (self.many && planar) {
            return None;
        }
        let curves =
            if self.many { frame::spread(&self.runs) } else { self.runs.iter().map(Path::losses).collect() };
        let lowest = self.minima.iter().map(|minimum| minimum.value).min_by(f64::total_cmp);
        let below =
            curves.iter().flat_map(|c| &c.y).any(|value| lowest.is_some_and(|lowest| *value < lowest));
        let title = "loss over the steps".into();
        Some(Losses { title, curves, minimum: lowest.filter(|_| !below), ..Losses::default() }.into())
    }

    fn on_the_function(&self, everything: bool) -> Result<Vec<Figure>, PictureError> {
        if let Some(path) = self.runs.iter().find(|path| path.points.is_empty()) {
            return Err(PictureError::NoHistory(path.label.clone()));
        }
        match self.variables.len() {
            1 => Ok(vec![self.one_dimension()?.into()]),
            2 => self.on_a_plane(&Plane::of_two_variables(), everything),
            n if self.runs.is_empty() => Err(PictureError::NoPlane(n)),
            n => {
                let points = self.runs.iter().flat_map(Path::worth_showing);
                self.on_a_plane(&Plane::through(n, points), everything)
            }
        }
    }

    fn one_dimension(&self) -> Result<OneDimension, PictureError> {
        let (low, high) = frame::interval(self.bounds.as_deref().map(|b| b[0]), self.worth_showing(0));
        let axis = Axis::new(self.variables[0].clone(), low, high, 801);
        let shown = if self.many { 20 } else { self.runs.len() };
        Ok(OneDimension {
            title: String::new(),
            x_name: self.variables[0].clone(),
            value: curve(&self.program, "f", &axis)?,
            derivative: Some(derivative(&self.program, "f′", &axis)?),
            iterates: self.runs.iter().take(shown).map(Path::over_x).collect::<Vec<Curve>>(),
        })
    }

    /// The first coordinates of the points that must be seen; of the marks too.
    fn worth_showing(&self, j: usize) -> impl Iterator<Item = f64> {
        self.runs.iter().flat_map(Path::worth_showing).map(move |point| point[j])
    }

    fn on_a_plane(&self, plane: &Plane, everything: bool) -> Result<Vec<Figure>, PictureError> {
        let own = self.variables.len() == 2;
        let boxed = |k: usize| self.bounds.as_deref().filter(|_| own).map(|bounds| bounds[k]);
        let seen: Vec<[f64; 2]> =
            self.runs.iter().flat_map(Path::worth_showing).map(|point| plane.project(point)).collect();
        let axis = |k: usize, count: usize| {
            let (low, high) = frame::interval(boxed(k), seen.iter().map(|point| point[k]));
            let name = if own {
                self.variables[k].clone()
            } else {
                ["main direction", "second direction"][k].into()
            };
            Axis::new(name, low, high, count)
        };
        let field = field_on(&self.program, plane, axis(0, 201), axis(1, 201))?;
        let traces: Vec<Trace> = self.runs.iter().map(|path| path.on(plane)).collect();
        let minima =
            self.minima.iter().filter(|_| own).map(|m| Mark::new(MarkKind::Minimum, [m.x[0], m.x[1]]));
        let marks: Vec<Mark> = minima.collect();
        let where_ = if own { "" } else { " on the plane of the runs' main directions" };

        let mut figures: Vec<Figure> = Vec::new();
        if self.many {
            let (runs, marks) = (traces.clone(), marks.clone());
            let title = format!("{} starts{where_}", runs.len());
            figures.push(Starts { title, field: field.clone(), runs, marks, ..Starts::default() }.into());
        } else {
            let title = format!("contours{where_}");
            let (traces, marks) = (traces.clone(), marks.clone());
            figures
                .push(Contours { title, field: field.clone(), traces, marks, ..Contours::default() }.into());
        }
        if everything || self.runs.is_empty() {
            // The paths of many starts would hide the surface.
            let traces = if self.many { Vec::new() } else { traces };
            let title = format!("surface{where_}");
            let surface = Surface {
                title,
                field: field.clone(),
                traces: traces.clone(),
                marks: marks.clone(),
                ..Surface::default()
            };
            figures.push(surface.into());
            if own {
                let arrows = downhill(&self.program, &axis(0, 23), &axis(1, 23))?;
                let title = "downhill directions".into();
                figures.push(
                    GradientField { title, field, arrows, traces, marks, ..GradientField::default() }.into(),
                );
            }
        }
        Ok(figures)
    }
}
