//! A field in the plane: bands of colour, gaps, level lines, arrows.

use plotters::backend::DrawingBackend;

use super::{canvas::Canvas, frame::Frame};
use crate::{
    data::Field,
    isolines::{Ring, rings},
    palette::{Dash, Rgb},
    scene::{Arrow, Sheet},
};

/// The most points a side that level lines are computed from.
const FIELD: usize = 401;

/// Draws the field.
///
/// The rings around the level sets are painted from the largest to the smallest: since they are nested or apart, each
/// ring's inside gets the colour of the band it begins (a hill) or of the one below (a hollow).
pub(super) fn draw<DB: DrawingBackend>(canvas: &mut Canvas<DB>, sheet: &Sheet, frame: &Frame) {
    let mut field = sheet.field.coarser(FIELD);
    field.values.iter_mut().for_each(|v| *v = sheet.warp.apply(*v));
    let colour = |band: usize| sheet.ramp.at((band as f64 + 0.5) / sheet.bands as f64);
    let mut all: Vec<(usize, f64, Ring)> = Vec::new();
    for (k, level) in sheet.levels().enumerate() {
        all.extend(rings(&field, level).into_iter().map(|ring| (k + 1, ring.area(), ring)));
    }
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let place = |points: &[[f64; 2]]| points.iter().map(|p| frame.place(p[0], p[1])).collect::<Vec<_>>();
    if sheet.fill {
        let area = frame.area;
        canvas.rectangle([area.left, area.top], [area.right, area.bottom], colour(0));
        for (band, area, ring) in &all {
            let inside = if *area > 0.0 { *band } else { band - 1 };
            canvas.polygon(&place(&ring.points), colour(inside));
        }
        gaps(canvas, &field, frame);
    }
    if sheet.lines {
        let (ink, alpha, width) =
            if sheet.fill { (Rgb(60, 60, 60), 0.3, 0.6) } else { (Rgb(190, 190, 190), 1.0, 0.8) };
        for line in all.iter().flat_map(|(_, _, ring)| ring.lines()) {
            canvas.line_through(&place(&line), ink, alpha, width, Dash::Solid);
        }
    }
}

/// Covers the cells with a corner that has no value, run by run.
fn gaps<DB: DrawingBackend>(canvas: &mut Canvas<DB>, field: &Field, frame: &Frame) {
    let missing = |i: usize, j: usize| !field.value(i, j).is_finite();
    for j in 0..field.y.count - 1 {
        let cell =
            |i: usize| missing(i, j) || missing(i + 1, j) || missing(i, j + 1) || missing(i + 1, j + 1);
        let mut i = 0;
        while i < field.x.count - 1 {
            let start = i;
            while i < field.x.count - 1 && cell(i) {
                i += 1;
            }
            if i > start {
                let from = frame.place(field.x.at(start), field.y.at(j));
                let to = frame.place(field.x.at(i), field.y.at(j + 1));
                canvas.rectangle(from, to, Rgb::GAP);
            }
            i += 1;
        }
    }
}

/// Draws arrows in the sheet's colours.
pub(super) fn arrows<DB: DrawingBackend>(
    canvas: &mut Canvas<DB>,
    arrows: &[Arrow],
    sheet: &Sheet,
    frame: &Frame,
) {
    for arrow in arrows {
        let colour = sheet.ramp.at(arrow.place).mix(Rgb::BLACK, 0.12);
        let (from, to) = (frame.place(arrow.from[0], arrow.from[1]), frame.place(arrow.to[0], arrow.to[1]));
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy);
        if length < 1.0 || !frame.area.holds(from) || !frame.area.holds(to) {
            continue;
        }
        let head = (0.4 * length).clamp(3.0, 8.0) / length;
        let back = [to[0] - head * dx, to[1] - head * dy];
        let wing = [0.42 * head * dy, -0.42 * head * dx];
        canvas.line(&[from, back], colour, 1.7, Dash::Solid);
        let barb = |side: f64| [back[0] + side * wing[0], back[1] + side * wing[1]];
        canvas.polygon(&[to, barb(1.0), barb(-1.0)], colour);
    }
}
