//! Lines, areas, discs and words in fractions of a pixel on any of plotters' backends.
//!
//! Backends take whole pixels. A canvas draws on a backend many times finer than the picture and hides the factor.

use plotters::{
    backend::DrawingBackend,
    style::{
        FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_backend::BackendTextStyle as _;

use super::clip::dashed;
use crate::{
    Error,
    palette::{Dash, Rgb},
};

/// The family under which the embedded font is known, and which an SVG asks its reader for.
const FAMILY: &str = "DejaVu Sans, sans-serif";
static FONT: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// How a kind of backend differs from another.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Backend pixels in a unit of the picture.
    pub(super) scale: f64,
    /// Whether a bent line may be drawn in one go. Bitmaps fill its outline by the even-odd rule, which leaves holes
    /// where the line crosses itself.
    pub(super) whole_lines: bool,
    /// The backend's font size for an em of one, and the baseline's distance below the top of a text in ems.
    pub(super) em: f64,
    pub(super) baseline: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

pub(super) struct Canvas<DB> {
    backend: DB,
    manner: Manner,
    failure: Option<String>,
}

impl<DB: DrawingBackend> Canvas<DB> {
    pub(super) fn new(backend: DB, manner: Manner) -> Result<Self, Error> {
        register_font(FAMILY, FontStyle::Normal, FONT)
            .map_err(|_| Error::Draw("the embedded font is damaged".into()))?;
        Ok(Self { backend, manner, failure: None })
    }

    /// Ends the drawing; the first failure of any stroke comes out here.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        if let Err(error) = self.backend.present() {
            self.failure.get_or_insert(error.to_string());
        }
        self.failure.map_or(Ok(()), |reason| Err(Error::Draw(reason)))
    }

    fn pixel(&self, [x, y]: [f64; 2]) -> (i32, i32) {
        let whole = |v: f64| (v * self.manner.scale).round().clamp(-1e6, 1e6) as i32;
        (whole(x), whole(y))
    }

    fn note<E: std::fmt::Display>(&mut self, result: Result<(), E>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error.to_string());
        }
    }

    pub(super) fn polygon(&mut self, points: &[[f64; 2]], colour: Rgb) {
        let pixels: Vec<_> = points.iter().map(|&p| self.pixel(p)).collect();
        let result = self.backend.fill_polygon(pixels, &style(colour, 1.0, 1));
        self.note(result);
    }

    pub(super) fn rectangle(&mut self, [x0, y0]: [f64; 2], [x1, y1]: [f64; 2], colour: Rgb) {
        self.polygon(&[[x0, y0], [x1, y0], [x1, y1], [x0, y1]], colour);
    }

    pub(super) fn line(&mut self, points: &[[f64; 2]], colour: Rgb, width: f64, dash: Dash) {
        self.line_through(points, colour, 1.0, width, dash);
    }

    /// A line of which something shows through.
    pub(super) fn line_through(
        &mut self,
        points: &[[f64; 2]],
        colour: Rgb,
        alpha: f64,
        width: f64,
        dash: Dash,
    ) {
        let stroke = (width * self.manner.scale).round().max(1.0) as u32;
        let style = style(colour, alpha, stroke);
        for piece in dashed(points, dash.pattern()) {
            let mut pixels: Vec<_> = piece.iter().map(|&p| self.pixel(p)).collect();
            pixels.dedup();
            if self.manner.whole_lines {
                if pixels.len() > 1 {
                    let result = self.backend.draw_path(pixels, &style);
                    self.note(result);
                }
                continue;
            }
            for pair in pixels.windows(2) {
                let result = self.backend.draw_line(pair[0], pair[1], &style);
                self.note(result);
            }
            // Joints of thick segments are open on their outer side.
            if stroke > 2 && alpha == 1.0 && pixels.len() > 2 {
                for &joint in &pixels[1..pixels.len() - 1] {
                    let result = self.backend.draw_circle(joint, stroke / 2, &style, true);
                    self.note(result);
                }
            }
        }
    }

    pub(super) fn disc(&mut self, centre: [f64; 2], radius: f64, colour: Rgb) {
        let radius = (radius * self.manner.scale).round().max(1.0) as u32;
        let result = self.backend.draw_circle(self.pixel(centre), radius, &style(colour, 1.0, 1), true);
        self.note(result);
    }

    /// A line of text whose lower-case letters are centred on the height of `at`.
    pub(super) fn text(&mut self, text: &str, at: [f64; 2], size: f64, anchor: Anchor) {
        self.place_text(text, at, size, anchor, FontTransform::None, Rgb::INK);
    }

    /// A line of text in a colour, centred at `at`.
    pub(super) fn word(&mut self, text: &str, at: [f64; 2], size: f64, colour: Rgb) {
        self.place_text(text, at, size, Anchor::Middle, FontTransform::None, colour);
    }

    /// A line of text that reads upwards, centred at `at`.
    pub(super) fn text_upwards(&mut self, text: &str, at: [f64; 2], size: f64) {
        self.place_text(text, at, size, Anchor::Middle, FontTransform::Rotate270, Rgb::INK);
    }

    fn place_text(
        &mut self,
        text: &str,
        at: [f64; 2],
        size: f64,
        anchor: Anchor,
        turn: FontTransform,
        colour: Rgb,
    ) {
        // The baseline stands a third of an em below the middle of a capital.
        let rise = (0.36 - self.manner.baseline) * size;
        let at =
            if matches!(turn, FontTransform::None) { [at[0], at[1] + rise] } else { [at[0] + rise, at[1]] };
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let ink = color(colour, 1.0);
        let style = text_style(size * self.manner.em * self.manner.scale)
            .color(&ink)
            .transform(turn)
            .pos(Pos::new(horizontal, VPos::Top));
        let result = self.backend.draw_text(text, &style, self.pixel(at));
        self.note(result);
    }

    /// The width of a line of text.
    #[expect(clippy::unused_self, reason = "asked of a canvas, which has registered the font")]
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        // Measured large, since the answer comes in whole pixels.
        let width = text_style(116.4)
            .layout_box(text)
            .map_or(60 * text.chars().count() as i32, |(low, high)| high.0 - low.0);
        f64::from(width) / 100.0 * size
    }
}

fn text_style(size: f64) -> TextStyle<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), size, FontStyle::Normal).color(&color(Rgb::INK, 1.0))
}

fn color(colour: Rgb, alpha: f64) -> RGBAColor {
    RGBAColor(colour.0, colour.1, colour.2, alpha)
}

fn style(colour: Rgb, alpha: f64, stroke: u32) -> ShapeStyle {
    ShapeStyle { color: color(colour, alpha), filled: true, stroke_width: stroke }
}
