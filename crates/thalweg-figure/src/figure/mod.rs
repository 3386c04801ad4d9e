//! The figures: what each shows, as a struct of plain data, and its way to a scene.

mod curves;
mod images;
mod loss;
mod plane;
mod regression;
mod starts;

use std::path::Path;

pub use curves::{Fit, OneDimension};
pub use images::{Confusion, Image, Images};
pub use loss::{Components, Losses};
pub use plane::{Contours, GradientField, Map, Surface};
pub use regression::Regression;
pub use starts::Starts;

use crate::{Error, Page, draw, scene::Scene};

/// Any figure.
///
/// ```
/// use thalweg_figure::{Curve, Figure, Losses};
///
/// let curves = vec![Curve::over_steps("sgd", vec![10.0, 1.0, 0.1]), Curve::over_steps("adam", vec![10.0, 4.0, 2.0])];
/// let figure = Figure::from(Losses { curves, ..Losses::default() });
/// let png = figure.to_png(600, 400)?;
/// assert_eq!(&png[1..4], b"PNG");
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Figure {
    /// Level lines with traces.
    Contours(Contours),
    /// A surface in space with traces on it.
    Surface(Surface),
    /// Arrows over level lines.
    GradientField(GradientField),
    /// A function of the plane by colour.
    Map(Map),
    /// Many runs from many starts.
    Starts(Starts),
    /// Loss against iteration.
    Losses(Losses),
    /// The parts of a quadratic's loss.
    Components(Components),
    /// A function of one variable and its derivative.
    OneDimension(OneDimension),
    /// Data and the curves fitted to them.
    Fit(Fit),
    /// Data, a curve with its band, and residuals.
    Regression(Regression),
    /// Small pictures with captions.
    Images(Images),
    /// How often one class was taken for another.
    Confusion(Confusion),
}

impl Figure {
    /// The width and height that suit the figure, in CSS pixels.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Contours(_) | Self::Map(_) | Self::GradientField(_) | Self::OneDimension(_) => (760, 640),
            Self::Surface(_) => (820, 640),
            Self::Confusion(_) => (760, 700),
            Self::Images(figure) => figure.size(),
            Self::Starts(_) => (1100, 960),
            Self::Regression(_) => (800, 700),
            Self::Losses(_) | Self::Components(_) | Self::Fit(_) => (800, 520),
        }
    }

    /// The figure as an SVG image of the given size.
    ///
    /// # Errors
    /// When the figure's data do not fit together, or a side is not between 200 and 8000.
    pub fn to_svg(&self, width: u32, height: u32) -> Result<String, Error> {
        draw::svg(&[self.scene()?], "", 1, width, height)
    }

    /// The figure as a PNG image laid out like the SVG of the same size, at twice its density: `2 width` by
    /// `2 height` pixels.
    ///
    /// # Errors
    /// As for [`to_svg`](Self::to_svg).
    pub fn to_png(&self, width: u32, height: u32) -> Result<Vec<u8>, Error> {
        draw::png(&[self.scene()?], "", 1, width, height)
    }

    /// The figure as an HTML file on its own.
    ///
    /// # Errors
    /// When the figure's data do not fit together.
    pub fn to_html(&self) -> Result<String, Error> {
        Page::from(self.clone()).to_html()
    }

    /// Writes the figure in its own size as the file's ending says: `.html`, `.svg` or `.png`.
    ///
    /// # Errors
    /// As for [`to_svg`](Self::to_svg); [`Error::Ending`] for another ending; [`Error::Write`] when the file cannot be
    /// written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let (width, height) = self.size();
        crate::write::by_ending(
            path.as_ref(),
            || self.to_html(),
            || self.to_svg(width, height),
            || self.to_png(width, height),
        )
    }

    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        match self {
            Self::Contours(figure) => figure.scene(),
            Self::Surface(figure) => figure.scene(),
            Self::GradientField(figure) => figure.scene(),
            Self::Map(figure) => figure.scene(),
            Self::Starts(figure) => figure.scene(),
            Self::Losses(figure) => figure.scene(),
            Self::Components(figure) => figure.scene(),
            Self::OneDimension(figure) => figure.scene(),
            Self::Fit(figure) => figure.scene(),
            Self::Regression(figure) => figure.scene(),
            Self::Images(figure) => figure.scene(),
            Self::Confusion(figure) => figure.scene(),
        }
    }
}

macro_rules! figure_from {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Figure {
            fn from(figure: $kind) -> Self {
                Self::$kind(figure)
            }
        }
    )*};
}

figure_from!(
    Contours,
    Surface,
    GradientField,
    Map,
    Starts,
    Losses,
    Components,
    OneDimension,
    Fit,
    Regression,
    Images,
    Confusion
);

/// An error unless a figure's list has an entry.
fn some<T>(figure: &'static str, what: &str, list: &[T]) -> Result<(), Error> {
    if list.is_empty() {
        return Err(Error::Empty { figure, what: what.into(), least: 1 });
    }
    Ok(())
}

/// A name, or what stands in its place when it is empty.
fn name_or(name: &str, instead: &str) -> String {
    if name.is_empty() { instead.into() } else { name.into() }
}
