//! The plain data that figures are made of, and the checks that it is whole.

use crate::Error;

/// One side of a rectangular grid: `count` equally spaced points from `min` to `max`, both included.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The variable's name, written along the axis.
    pub name: String,
    /// The first point.
    pub min: f64,
    /// The last point.
    pub max: f64,
    /// The number of points, at least 2.
    pub count: usize,
}

impl Axis {
    /// An axis from its name, ends and number of points.
    ///
    /// ```
    /// let axis = thalweg_figure::Axis::new("x", -1.0, 1.0, 5);
    /// assert_eq!(axis.at(1), -0.5);
    /// ```
    pub fn new(name: impl Into<String>, min: f64, max: f64, count: usize) -> Self {
        Self { name: name.into(), min, max, count }
    }

    /// The `i`-th point; the last one is `max` exactly.
    pub fn at(&self, i: usize) -> f64 {
        let last = self.count.saturating_sub(1).max(1);
        if i == last { self.max } else { self.min + (self.max - self.min) * i as f64 / last as f64 }
    }

    pub(crate) fn span(&self) -> f64 {
        self.max - self.min
    }

    fn check(&self) -> Result<(), Error> {
        if self.min.is_finite() && self.max.is_finite() && self.min < self.max && self.count >= 2 {
            return Ok(());
        }
        Err(Error::Axis { name: self.name.clone(), min: self.min, max: self.max, count: self.count })
    }
}

impl Default for Axis {
    /// From 0 to 1 in 101 points, without a name.
    fn default() -> Self {
        Self::new("", 0.0, 1.0, 101)
    }
}

/// A function of two variables sampled on a grid. Values that are not finite are drawn as gaps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    /// What the values are, written at the colour bar.
    pub name: String,
    /// The first variable, along a row.
    pub x: Axis,
    /// The second variable, from row to row.
    pub y: Axis,
    /// Row-major, y outer: the value at (`x.at(i)`, `y.at(j)`) is `values[j * x.count + i]`.
    pub values: Vec<f64>,
}

impl Field {
    /// Samples a function on the grid of two axes; the field is named "f".
    ///
    /// ```
    /// use thalweg_figure::{Axis, Field};
    /// let field = Field::sample(Axis::new("x", 0.0, 1.0, 2), Axis::new("y", 0.0, 2.0, 3), |x, y| x + 10.0 * y);
    /// assert_eq!(field.values, [0.0, 1.0, 10.0, 11.0, 20.0, 21.0]);
    /// ```
    pub fn sample(x: Axis, y: Axis, mut f: impl FnMut(f64, f64) -> f64) -> Self {
        let mut values = Vec::with_capacity(x.count * y.count);
        for j in 0..y.count {
            values.extend((0..x.count).map(|i| f(x.at(i), y.at(j))));
        }
        Self { name: "f".into(), x, y, values }
    }

    /// The same field under another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The lines on which the bilinear surface through the samples has the given level: closed where first and last
    /// point agree, otherwise ending at the grid's border or at a gap. The higher side lies to the left.
    ///
    /// ```
    /// use thalweg_figure::{Axis, Field};
    /// let axis = |name| Axis::new(name, -2.0, 2.0, 101);
    /// let lines = Field::sample(axis("x"), axis("y"), |x, y| x * x + y * y).level_lines(1.0);
    /// assert_eq!(lines.len(), 1);
    /// assert!(lines[0].iter().all(|p| (p[0].hypot(p[1]) - 1.0).abs() < 1e-3));
    /// ```
    pub fn level_lines(&self, level: f64) -> Vec<Vec<[f64; 2]>> {
        if self.check("field").is_err() { Vec::new() } else { crate::isolines::lines(self, level) }
    }

    pub(crate) fn value(&self, i: usize, j: usize) -> f64 {
        self.values[j * self.x.count + i]
    }

    /// Bilinear interpolation; NaN outside the grid or next to a gap.
    pub(crate) fn interpolate(&self, [x, y]: [f64; 2]) -> f64 {
        let cell = |axis: &Axis, v: f64| {
            let t = (v - axis.min) / axis.span() * (axis.count - 1) as f64;
            let i = (t.max(0.0) as usize).min(axis.count - 2);
            (i, t - i as f64)
        };
        let ((i, s), (j, t)) = (cell(&self.x, x), cell(&self.y, y));
        if !(-1e-9..=1.0 + 1e-9).contains(&s) || !(-1e-9..=1.0 + 1e-9).contains(&t) {
            return f64::NAN;
        }
        let row = |j| self.value(i, j) * (1.0 - s) + self.value(i + 1, j) * s;
        row(j) * (1.0 - t) + row(j + 1) * t
    }

    /// At most `most` points a side, by leaving out rows and columns evenly.
    pub(crate) fn coarser(&self, most: usize) -> Self {
        let pick = |axis: &Axis| -> Vec<usize> {
            let n = axis.count.min(most.max(2));
            (0..n).map(|k| k * (axis.count - 1) / (n - 1)).collect()
        };
        let (columns, rows) = (pick(&self.x), pick(&self.y));
        let values = rows.iter().flat_map(|&j| columns.iter().map(move |&i| self.value(i, j))).collect();
        Self {
            name: self.name.clone(),
            x: Axis { count: columns.len(), ..self.x.clone() },
            y: Axis { count: rows.len(), ..self.y.clone() },
            values,
        }
    }

    pub(crate) fn check(&self, what: &str) -> Result<(), Error> {
        self.x.check()?;
        self.y.check()?;
        matching(&format!("{what}: values"), self.values.len(), self.x.count * self.y.count, || {
            format!("{} columns times {} rows", self.x.count, self.y.count)
        })
    }
}

/// The iterates of one run in the plane, the start first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Whose run it is, for the legend.
    pub label: String,
    /// The iterates.
    pub points: Vec<[f64; 2]>,
    /// The function's value at each of them.
    pub values: Vec<f64>,
}

impl Trace {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let what = format!("trace '{}': values", self.label);
        matching(&what, self.values.len(), self.points.len(), || "one for each point".into())
    }
}

/// A line of y over x.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub label: String,
    /// Abscissas, ascending for a function, in order of time for iterates.
    pub x: Vec<f64>,
    /// Ordinates, as many as abscissas.
    pub y: Vec<f64>,
}

impl Curve {
    /// A curve over its own index: the loss of iteration 0, 1, 2, …
    ///
    /// ```
    /// let curve = thalweg_figure::Curve::over_steps("adam", vec![3.0, 2.0, 1.5]);
    /// assert_eq!(curve.x, [0.0, 1.0, 2.0]);
    /// ```
    pub fn over_steps(label: impl Into<String>, y: Vec<f64>) -> Self {
        Self { label: label.into(), x: (0..y.len()).map(|k| k as f64).collect(), y }
    }

    /// Samples a function of one variable on an axis.
    ///
    /// ```
    /// use thalweg_figure::{Axis, Curve};
    /// let curve = Curve::sample("square", &Axis::new("x", -1.0, 1.0, 3), |x| x * x);
    /// assert_eq!(curve.y, [1.0, 0.0, 1.0]);
    /// ```
    pub fn sample(label: impl Into<String>, axis: &Axis, f: impl FnMut(f64) -> f64) -> Self {
        let x: Vec<f64> = (0..axis.count).map(|i| axis.at(i)).collect();
        let y = x.iter().copied().map(f).collect();
        Self { label: label.into(), x, y }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let what = format!("curve '{}': y", self.label);
        matching(&what, self.y.len(), self.x.len(), || "one for each x".into())
    }
}

/// What a marked point is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkKind {
    /// A minimum: a star.
    #[default]
    Minimum,
    /// A maximum: a triangle.
    Maximum,
    /// A saddle point: a cross.
    Saddle,
    /// Where a run began: a disc.
    Start,
    /// Where a run ended: a diamond.
    End,
}

/// A point with a meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// Its name in the legend; marks of one name share an entry. Empty: the kind's own name.
    pub label: String,
    /// Where it is.
    pub point: [f64; 2],
    /// What it is, and so its symbol.
    pub kind: MarkKind,
}

impl Mark {
    /// A mark under its kind's own name.
    pub fn new(kind: MarkKind, point: [f64; 2]) -> Self {
        Self { label: String::new(), point, kind }
    }

    pub(crate) fn name(&self) -> &str {
        match (self.label.as_str(), self.kind) {
            ("", MarkKind::Minimum) => "minimum",
            ("", MarkKind::Maximum) => "maximum",
            ("", MarkKind::Saddle) => "saddle",
            ("", MarkKind::Start) => "start",
            ("", MarkKind::End) => "end",
            (label, _) => label,
        }
    }
}

/// A vector field in the plane: an arrow at each point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrows {
    /// Where the arrows stand.
    pub points: Vec<[f64; 2]>,
    /// Where they point; only the ratio of lengths matters.
    pub directions: Vec<[f64; 2]>,
    /// The function's value at each point, which colours the arrow.
    pub values: Vec<f64>,
}

impl Arrows {
    /// Samples a vector and a value on a grid; 20 to 25 points a side read well.
    ///
    /// ```
    /// use thalweg_figure::{Arrows, Axis};
    /// let axis = |name| Axis::new(name, -1.0, 1.0, 3);
    /// let arrows = Arrows::sample(&axis("x"), &axis("y"), |x, y| ([2.0 * x, 2.0 * y], x * x + y * y));
    /// assert_eq!(arrows.directions[0], [-2.0, -2.0]);
    /// ```
    pub fn sample(x: &Axis, y: &Axis, mut f: impl FnMut(f64, f64) -> ([f64; 2], f64)) -> Self {
        let mut arrows = Self::default();
        for j in 0..y.count {
            for i in 0..x.count {
                let point = [x.at(i), y.at(j)];
                let (direction, value) = f(point[0], point[1]);
                arrows.points.push(point);
                arrows.directions.push(direction);
                arrows.values.push(value);
            }
        }
        arrows
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let each = || "one for each point".into();
        matching("arrows: directions", self.directions.len(), self.points.len(), each)?;
        matching("arrows: values", self.values.len(), self.points.len(), each)
    }
}

/// A model's curve as it changes with the iterations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// Its name in the legend.
    pub label: String,
    /// The abscissas at which the model was evaluated.
    pub x: Vec<f64>,
    /// The iterations at which it was, ascending.
    pub iterations: Vec<usize>,
    /// For each of those iterations the model's values at `x`.
    pub y: Vec<Vec<f64>>,
}

impl Fitted {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let what = format!("fitted curve '{}': y", self.label);
        matching(&what, self.y.len(), self.iterations.len(), || "one list for each iteration".into())?;
        for (y, iteration) in self.y.iter().zip(&self.iterations) {
            let what = format!("{what} of iteration {iteration}");
            matching(&what, y.len(), self.x.len(), || "one for each x".into())?;
        }
        Ok(())
    }
}

/// An error unless a list has the length it should have.
pub(crate) fn matching(
    what: &str,
    found: usize,
    expected: usize,
    because: impl Fn() -> String,
) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Mismatch { what: what.into(), found, expected, because: because() })
}
