//! Traces, fields and curves as self-contained HTML, SVG and PNG.
//!
//! Here live the pictures of a minimisation: what the function looks like, where the iterates went, how fast the
//! loss fell. Functions and solvers never do: the caller samples the function and hands over plain numbers.
//!
//! - Data: [`Field`] (a sampled function of two variables), [`Trace`] (iterates), [`Curve`] (y over x), [`Mark`]
//!   (a point with a meaning), [`Arrows`] (a vector field).
//! - Figures: a struct each ([`Contours`], [`Surface`], [`GradientField`], [`Map`], [`Starts`], [`Losses`],
//!   [`Components`], [`OneDimension`], [`Fit`], [`Regression`], [`Images`], [`Confusion`]), gathered in the enum [`Figure`].
//! - A [`Page`] stacks figures under a title, some text and a table.
//!
//! HTML files are interactive (sliders, play buttons, legends that toggle a series), carry plotly.js once, and load
//! nothing from anywhere. SVG and PNG come from one drawing code with an embedded font. The same input gives the
//! same bytes.
//!
//! ```
//! use thalweg_figure::{Axis, Contours, Field, Figure, Mark, MarkKind, Trace};
//!
//! let bowl = |x: f64, y: f64| x * x + 6.0 * y * y;
//! let field = Field::sample(Axis::new("x", -2.0, 2.0, 81), Axis::new("y", -2.0, 2.0, 81), bowl);
//! let points: Vec<[f64; 2]> = (0..20).map(|k| [1.8 * 0.8f64.powi(k), 1.5 * (-0.2f64).powi(k)]).collect();
//! let values = points.iter().map(|p| bowl(p[0], p[1])).collect();
//!
//! let figure = Figure::from(Contours {
//!     title: "Gradient descent on a quadratic".into(),
//!     field,
//!     traces: vec![Trace { label: "sgd(lr=0.1)".into(), points, values }],
//!     marks: vec![Mark::new(MarkKind::Minimum, [0.0, 0.0])],
//!     ..Contours::default()
//! });
//! let svg = figure.to_svg(720, 600)?;
//! assert!(svg.starts_with("<svg"));
//! # Ok::<(), thalweg_figure::Error>(())
//! ```

mod data;
mod draw;
mod error;
mod figure;
mod html;
mod isolines;
mod page;
mod palette;
mod scene;
mod thin;
mod ticks;
mod view;
mod warp;
mod write;

pub use data::{Arrows, Axis, Curve, Field, Fitted, Mark, MarkKind, Trace};
pub use error::Error;
pub use figure::{
    Components, Confusion, Contours, Figure, Fit, GradientField, Image, Images, Losses, Map, OneDimension,
    Regression, Starts, Surface,
};
pub use page::{Page, Table};
pub use warp::Scale;
