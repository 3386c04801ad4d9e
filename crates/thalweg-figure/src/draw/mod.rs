//! SVG and PNG: scenes laid out and drawn by one code on plotters' vector and bitmap backends.

mod canvas;
mod clip;
mod frame;
mod legend;
mod plane;
mod sheet;
mod space;

use canvas::{Anchor, Canvas, Manner};
use clip::Area;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};

use crate::{Error, palette::Rgb, scene::Scene};

/// Backend pixels in a unit of an SVG, whose coordinates plotters writes as whole numbers.
const FINE: u32 = 10;
/// Pixels of a PNG in a unit.
const DENSITY: u32 = 2;
/// Drawn pixels in a pixel of a PNG, along each side; their mean smooths the edges. Very large pictures, whose samples
/// would take gigabytes, go without.
const SAMPLES: u32 = 2;
const LARGE: u32 = 6_000_000;

/// Scenes in a grid as an SVG image.
pub(crate) fn svg(
    scenes: &[Scene],
    title: &str,
    columns: usize,
    width: u32,
    height: u32,
) -> Result<String, Error> {
    check(width, height)?;
    let mut text = String::new();
    let size = (width * FINE, height * FINE);
    let manner = Manner { scale: f64::from(FINE), whole_lines: true, em: 1.24, baseline: 0.76 };
    let backend = SVGBackend::with_string(&mut text, size);
    draw(Canvas::new(backend, manner)?, scenes, title, columns, width, height)?;
    // The picture's own size and smooth corners; attributes at their defaults only take room.
    let head = text.find('>').map_or(0, |end| end + 1);
    let opening = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\" stroke-linecap=\"round\">",
        size.0, size.1
    );
    let body = text[head..].replace(" opacity=\"1\"", "").replace(" \"/>", "\"/>");
    Ok(format!("{opening}{body}"))
}

/// Scenes in a grid as a PNG image.
pub(crate) fn png(
    scenes: &[Scene],
    title: &str,
    columns: usize,
    width: u32,
    height: u32,
) -> Result<Vec<u8>, Error> {
    check(width, height)?;
    let samples = if width * height > LARGE { 1 } else { SAMPLES };
    let scale = DENSITY * samples;
    let (w, h) = (width * scale, height * scale);
    let mut fine = vec![255u8; w as usize * h as usize * 3];
    let manner = Manner { scale: f64::from(scale), whole_lines: false, em: 1.164, baseline: 0.582 };
    let backend = BitMapBackend::with_buffer(&mut fine, (w, h));
    draw(Canvas::new(backend, manner)?, scenes, title, columns, width, height)?;
    encode(&smooth(&fine, w as usize, samples as usize), width * DENSITY, height * DENSITY)
}

fn check(width: u32, height: u32) -> Result<(), Error> {
    let sides = 200..=8000;
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(());
    }
    Err(Error::Size { width, height })
}

/// Each pixel as the mean of its samples.
fn smooth(fine: &[u8], width: usize, n: usize) -> Vec<u8> {
    let rows = fine.chunks_exact(width * 3 * n);
    let mut coarse = Vec::with_capacity(fine.len() / (n * n));
    for row in rows {
        for x in 0..width / n {
            for channel in 0..3 {
                let samples =
                    (0..n * n).map(|k| u32::from(row[((k / n) * width + x * n + k % n) * 3 + channel]));
                coarse.push((samples.sum::<u32>() / (n * n) as u32) as u8);
            }
        }
    }
    coarse
}

/// Rows of red, green and blue as a PNG file.
pub(crate) fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    let failed = |error: png::EncodingError| Error::Draw(error.to_string());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // 192 dots an inch: readers show the picture in its intended size.
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: 7559, yppu: 7559, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn draw<DB: DrawingBackend>(
    mut canvas: Canvas<DB>,
    scenes: &[Scene],
    title: &str,
    columns: usize,
    width: u32,
    height: u32,
) -> Result<(), Error> {
    let (width, height) = (f64::from(width), f64::from(height));
    canvas.rectangle([0.0, 0.0], [width, height], Rgb::WHITE);
    let mut page = Area { left: 0.0, top: 0.0, right: width, bottom: height };
    if !title.is_empty() {
        canvas.text(title, [width / 2.0, 24.0], 18.0, Anchor::Middle);
        page.top += 40.0;
    }
    for (scene, area) in scenes.iter().zip(grid(page, scenes.len(), columns)) {
        draw_scene(&mut canvas, scene, area);
    }
    canvas.finish()
}

/// Equal areas row by row.
fn grid(page: Area, count: usize, columns: usize) -> impl Iterator<Item = Area> {
    let rows = count.div_ceil(columns).max(1);
    let (width, height) = (page.width() / columns as f64, page.height() / rows as f64);
    (0..count).map(move |k| {
        let left = page.left + (k % columns) as f64 * width;
        let top = page.top + (k / columns) as f64 * height;
        Area { left, top, right: left + width, bottom: top + height }
    })
}

fn draw_scene<DB: DrawingBackend>(canvas: &mut Canvas<DB>, scene: &Scene, mut area: Area) {
    area.left += 8.0;
    area.right -= 8.0;
    area.top += 8.0;
    area.bottom -= 6.0;
    if !scene.title.is_empty() {
        canvas.text(
            &scene.title,
            [f64::midpoint(area.left, area.right), area.top + 10.0],
            15.0,
            Anchor::Middle,
        );
        area.top += 26.0;
    }
    area.top += legend::draw(canvas, scene, area);
    let places: Vec<Area> = grid(area, scene.panels.len(), scene.columns).collect();
    // One margin for all, so that axes stand one below the other.
    let flat = scene.panels.iter().zip(&places).filter(|(panel, _)| panel.z.is_none());
    let labels = flat.map(|(panel, &area)| frame::label_width(canvas, panel, area)).fold(0.0, f64::max);
    for (panel, area) in scene.panels.iter().zip(places) {
        match &panel.z {
            Some(z) => space::draw(canvas, panel, z, area),
            None => plane::draw(canvas, panel, area, labels),
        }
    }
}
