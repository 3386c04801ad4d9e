//! Figures of what a classifier was shown and what it took it for.

use super::{name_or, some};
use crate::{
    Error,
    data::matching,
    palette::{Ramp, Rgb},
    scene::{Guide, Panel, Scene, Tiles, Word},
    warp::Warp,
};

/// A small picture in shades of grey.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Pixels in a row.
    pub width: usize,
    /// Row by row from the top, from 0 (white) to 1 (black); what lies outside is cut off, what is not a number is white.
    pub pixels: Vec<f32>,
    /// Written below.
    pub caption: String,
    /// Whether the caption is red.
    pub wrong: bool,
}

/// Small pictures of one size with captions, in rows.
///
/// ```
/// use thalweg_figure::{Figure, Image, Images};
/// let stroke = |k: usize| Image {
///     width: 8,
///     pixels: (0..64).map(|i| if i % 8 == k { 1.0 } else { 0.0 }).collect(),
///     caption: format!("{k} for 1"),
///     wrong: k != 1,
/// };
/// let figure = Figure::from(Images { images: (0..8).map(stroke).collect(), ..Images::default() });
/// assert!(figure.to_svg(600, 400)?.contains("7 for 1"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The pictures, all of one size.
    pub images: Vec<Image>,
    /// Pictures in a row; 0 for about as many rows as columns, a little wider than high.
    pub columns: usize,
}

const RED: Rgb = Rgb(190, 20, 20);

impl Images {
    fn columns(&self) -> usize {
        let count = self.images.len().max(1);
        let wanted =
            if self.columns > 0 { self.columns } else { (count as f64 * 1.6).sqrt().ceil() as usize };
        wanted.min(count)
    }

    pub(super) fn size(&self) -> (u32, u32) {
        let columns = self.columns();
        let rows = self.images.len().div_ceil(columns).max(1);
        (800, (60 + 740 * rows / columns * 5 / 4).clamp(200, 1600) as u32)
    }

    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("images", "images", &self.images)?;
        let (width, count) = (self.images[0].width, self.images[0].pixels.len());
        for (k, image) in self.images.iter().enumerate() {
            some("images", &format!("pixels of image {k}"), &image.pixels)?;
            matching(&format!("images: image {k}: a row"), image.width, width, || {
                "as the first image".into()
            })?;
            matching(&format!("images: image {k}: pixels"), image.pixels.len(), count, || {
                "as the first image".into()
            })?;
        }
        if width == 0 || count % width != 0 {
            return Err(Error::Mismatch {
                what: "images: pixels".into(),
                found: count,
                expected: count.next_multiple_of(width.max(1)),
                because: format!("whole rows of {width}"),
            });
        }
        let height = count / width;
        // A margin around each picture, and room for its caption below.
        let (gap, foot) = ((width / 8).max(1), (height / 4).max(2));
        let (step_x, step_y) = (width + 2 * gap, height + gap + foot);
        let columns = self.columns();
        let rows = self.images.len().div_ceil(columns);
        let mut tiles =
            Tiles { columns: columns * step_x, colours: vec![Rgb::WHITE; columns * step_x * rows * step_y] };
        let mut words = Vec::new();
        let across = tiles.columns;
        for (k, image) in self.images.iter().enumerate() {
            let (left, top) = ((k % columns) * step_x + gap, (k / columns) * step_y + gap);
            for (i, &shade) in image.pixels.iter().enumerate() {
                let shade = if shade.is_nan() { 0.0 } else { f64::from(shade.clamp(0.0, 1.0)) };
                tiles.colours[(top + i / width) * across + left + i % width] =
                    Rgb::WHITE.mix(Rgb::BLACK, shade);
            }
            let below = top as f64 + height as f64 + foot as f64 / 2.0;
            words.push(Word {
                text: image.caption.clone(),
                at: [left as f64 + width as f64 / 2.0, (rows * step_y) as f64 - below],
                size: 11.5,
                colour: if image.wrong { RED } else { Rgb::INK },
            });
        }
        let side = |length: usize| Guide {
            names: Some(Vec::new()),
            ..Guide::new("", 0.0, length as f64, Warp::Linear)
        };
        let (x, y) = (side(across), side(rows * step_y));
        let panel = Panel { equal: true, tiles: Some(tiles), words, ..Panel::new(x, y) };
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel], frames: Vec::new() })
    }
}

/// How often members of each class were taken for each class.
///
/// Counts are written into the cells; a cell's colour is its share of its row's class.
///
/// ```
/// use thalweg_figure::{Confusion, Figure};
/// let figure = Figure::from(Confusion {
///     classes: vec!["cat".into(), "dog".into()],
///     counts: vec![vec![48, 2], vec![5, 45]],
///     ..Confusion::default()
/// });
/// assert!(figure.to_svg(600, 560)?.contains("predicted class"));
/// # Ok::<(), thalweg_figure::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Confusion {
    /// Written above the figure; may be empty.
    pub title: String,
    /// The classes' names.
    pub classes: Vec<String>,
    /// `counts[true class][predicted class]`.
    pub counts: Vec<Vec<u64>>,
}

impl Confusion {
    pub(crate) fn scene(&self) -> Result<Scene<'_>, Error> {
        some("confusion matrix", "classes", &self.classes)?;
        let n = self.classes.len();
        matching("confusion matrix: rows", self.counts.len(), n, || "one for each class".into())?;
        let mut tiles = Tiles { columns: n, colours: Vec::with_capacity(n * n) };
        let mut words = Vec::new();
        let size = (150.0 / n as f64).clamp(6.0, 14.0);
        for (j, row) in self.counts.iter().enumerate() {
            matching(&format!("confusion matrix: row {j}"), row.len(), n, || "one for each class".into())?;
            let of_class: u64 = row.iter().sum();
            for (i, &count) in row.iter().enumerate() {
                let share = if of_class == 0 { 0.0 } else { count as f64 / of_class as f64 };
                // Few mistakes are what one looks for: the root lifts them from the white of none.
                let place = share.sqrt();
                let colour =
                    if count == 0 { Rgb::WHITE } else { Rgb::WHITE.mix(Ramp::Diverging.at(0.0), place) };
                tiles.colours.push(colour);
                if count > 0 && n <= 40 {
                    words.push(Word {
                        text: count.to_string(),
                        at: [i as f64 + 0.5, (n - 1 - j) as f64 + 0.5],
                        size,
                        colour: if place > 0.5 { Rgb::WHITE } else { Rgb::INK },
                    });
                }
            }
        }
        let places = |downwards: bool| {
            let at = move |k: usize| if downwards { n - 1 - k } else { k } as f64 + 0.5;
            Some(self.classes.iter().enumerate().map(|(k, name)| (at(k), name_or(name, "·"))).collect())
        };
        let guide = |name: &str| Guide::new(name, 0.0, n as f64, Warp::Linear);
        let x = Guide { names: places(false), ..guide("predicted class") };
        let y = Guide { names: places(true), ..guide("true class") };
        let panel = Panel { equal: true, tiles: Some(tiles), words, ..Panel::new(x, y) };
        Ok(Scene { title: self.title.clone(), columns: 1, panels: vec![panel], frames: Vec::new() })
    }
}
