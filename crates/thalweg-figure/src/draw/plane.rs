//! A panel in the plane: its field, then its series in order.

use plotters::backend::DrawingBackend;

use super::{
    canvas::Canvas,
    clip::{Area, clipped},
    frame::{self, Frame},
    legend::symbol,
    sheet,
};
use crate::{
    palette::{Dash, Rgb},
    scene::{Motion, Panel, Pen, Series, Tiles},
};

pub(super) fn draw<DB: DrawingBackend>(canvas: &mut Canvas<DB>, panel: &Panel, area: Area, labels: f64) {
    let frame = frame::draw(canvas, panel, area, labels);
    if let Some(field) = &panel.sheet {
        sheet::draw(canvas, field, &frame);
        sheet::arrows(canvas, &panel.arrows, field, &frame);
    }
    if let Some(tiles) = &panel.tiles {
        draw_tiles(canvas, tiles, frame.area);
    }
    for series in &panel.series {
        draw_series(canvas, series, &frame, panel.sheet.is_some());
    }
    for word in &panel.words {
        canvas.word(&word.text, frame.place(word.at[0], word.at[1]), word.size, word.colour);
    }
    frame::border(canvas, frame.area);
}

/// Draws rows of equal rectangles, neighbours of one colour as one, each up to the right so that no seam shows.
fn draw_tiles<DB: DrawingBackend>(canvas: &mut Canvas<DB>, tiles: &Tiles, area: Area) {
    let (width, height) = (area.width() / tiles.columns as f64, area.height() / tiles.rows() as f64);
    for (j, row) in tiles.colours.chunks_exact(tiles.columns).enumerate() {
        let (top, bottom) = (area.top + j as f64 * height, area.top + (j + 1) as f64 * height);
        let mut i = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] != Rgb::WHITE {
                let (left, right) =
                    (area.left + i as f64 * width, area.left + (i + run.len()) as f64 * width);
                canvas.rectangle([left, top], [right, bottom], run[0]);
            }
            i += run.len();
        }
    }
}

fn draw_series<DB: DrawingBackend>(
    canvas: &mut Canvas<DB>,
    series: &Series,
    frame: &Frame,
    over_field: bool,
) {
    if let (Some(pen), Motion::Replace(states)) = (series.pen, &series.motion) {
        ghosts(canvas, states, pen, frame);
    }
    let places: Vec<[f64; 2]> = series.points.iter().map(|p| frame.place(p[0], p[1])).collect();
    if let Some(fill) = series.fill {
        canvas.polygon(&places, fill);
    }
    if let Some(pen) = series.pen {
        let pieces = clipped(places.iter().copied(), frame.area);
        // A white rim keeps a path apart from the field below it.
        if over_field && series.legend {
            for piece in &pieces {
                canvas.line_through(piece, Rgb::WHITE, 0.999, pen.width + 1.6, Dash::Solid);
            }
        }
        for piece in &pieces {
            canvas.line(piece, pen.colour, pen.width, pen.dash);
        }
    }
    if let Some(dots) = series.dots {
        for &at in places.iter().filter(|p| frame.area.holds(**p)) {
            symbol(canvas, at, dots);
        }
    }
    if let (Some(head), Some(&at)) = (series.head, places.last())
        && frame.area.holds(at)
    {
        symbol(canvas, at, head);
    }
}

/// A few earlier states of a series, the earliest the palest: the first, and those at doubled distances from it.
fn ghosts<DB: DrawingBackend>(canvas: &mut Canvas<DB>, states: &[Vec<[f64; 2]>], pen: Pen, frame: &Frame) {
    let chosen: Vec<usize> =
        std::iter::once(0).chain((0..16).map(|k| 1 << k)).take_while(|&k| k + 1 < states.len()).collect();
    for (rank, &k) in chosen.iter().enumerate() {
        let share = 0.8 - 0.45 * rank as f64 / chosen.len() as f64;
        let places = states[k].iter().map(|p| frame.place(p[0], p[1]));
        for piece in clipped(places, frame.area) {
            canvas.line(&piece, pen.colour.mix(Rgb::WHITE, share), 1.1, Dash::Solid);
        }
    }
}
