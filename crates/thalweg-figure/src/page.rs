//! Several figures under one title.

use std::path::Path;

use crate::{Error, data::matching, draw, figure::Figure, html, write};

/// A table of words and numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns' names.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// Figures one below the other under a title, with a text and a table; as an image, figures in a grid.
///
/// ```
/// use thalweg_figure::{Curve, Losses, Page, Table};
/// let losses = Losses { curves: vec![Curve::over_steps("sgd", vec![1.0, 0.5])], ..Losses::default() };
/// let page = Page {
///     title: "A small comparison".into(),
///     text: "Two steps on a quadratic.".into(),
///     table: Some(Table {
///         header: vec!["optimiser".into(), "value".into()],
///         rows: vec![vec!["sgd".into(), "0.5".into()]],
///     }),
///     figures: vec![losses.into()],
/// };
/// assert!(page.to_html()?.contains("A small comparison"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The heading.
    pub title: String,
    /// A paragraph below it; an empty line begins another.
    pub text: String,
    /// A table below the text; left out of images.
    pub table: Option<Table>,
    /// The figures.
    pub figures: Vec<Figure>,
}

impl<F: Into<Figure>> From<F> for Page {
    fn from(figure: F) -> Self {
        Self { figures: vec![figure.into()], ..Self::default() }
    }
}

impl Page {
    /// The page as one HTML file that loads nothing from elsewhere: plotly.js is in it once.
    ///
    /// # Errors
    /// When there is no figure, a figure's data do not fit together, or a row of the table is not as long as its header.
    pub fn to_html(&self) -> Result<String, Error> {
        if let Some(table) = &self.table {
            for (k, row) in table.rows.iter().enumerate() {
                let what = format!("table: row {}", k + 1);
                matching(&what, row.len(), table.header.len(), || {
                    "one for each column of the header".into()
                })?;
            }
        }
        let scenes = self.scenes()?;
        let sizes: Vec<_> = self.figures.iter().map(Figure::size).collect();
        Ok(html::page(self, &scenes, &sizes))
    }

    /// The width and height that suit the page's figures in a grid, in CSS pixels, each side at most 8000.
    pub fn size(&self) -> (u32, u32) {
        let sizes: Vec<_> = self.figures.iter().map(Figure::size).collect();
        let width = sizes.iter().map(|s| s.0).max().unwrap_or(800);
        let height = sizes.iter().map(|s| s.1).max().unwrap_or(600);
        let (columns, rows) = (self.columns(), sizes.len().div_ceil(self.columns()).max(1));
        let heading = if self.title.is_empty() { 0 } else { 40 };
        ((width * columns as u32).min(8000), (height * rows as u32 + heading).min(8000))
    }

    /// The figures in a grid as one SVG image.
    ///
    /// # Errors
    /// When there is no figure, a figure's data do not fit together, or a side is not between 200 and 8000.
    pub fn to_svg(&self, width: u32, height: u32) -> Result<String, Error> {
        draw::svg(&self.scenes()?, &self.title, self.columns(), width, height)
    }

    /// The figures in a grid as one PNG image of `2 width` by `2 height` pixels.
    ///
    /// # Errors
    /// As for [`to_svg`](Self::to_svg).
    pub fn to_png(&self, width: u32, height: u32) -> Result<Vec<u8>, Error> {
        draw::png(&self.scenes()?, &self.title, self.columns(), width, height)
    }

    /// Writes the page as the file's ending says: `.html`, `.svg` or `.png`, images in the page's own size.
    ///
    /// # Errors
    /// As for [`to_html`](Self::to_html); [`Error::Ending`] for another ending; [`Error::Write`] when the file cannot be
    /// written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let (width, height) = self.size();
        write::by_ending(
            path.as_ref(),
            || self.to_html(),
            || self.to_svg(width, height),
            || self.to_png(width, height),
        )
    }

    fn columns(&self) -> usize {
        match self.figures.len() {
            0 | 1 => 1,
            2..=4 => 2,
            _ => 3,
        }
    }

    fn scenes(&self) -> Result<Vec<crate::scene::Scene<'_>>, Error> {
        if self.figures.is_empty() {
            return Err(Error::Empty { figure: "page", what: "figures".into(), least: 1 });
        }
        self.figures.iter().map(Figure::scene).collect()
    }
}
