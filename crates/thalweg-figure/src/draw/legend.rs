//! Symbols, and the legend in rows above the panels, where it covers no data.

use plotters::backend::DrawingBackend;

use super::{
    canvas::{Anchor, Canvas},
    clip::Area,
};
use crate::{
    palette::{Dash, Rgb},
    scene::{Scene, Series, Shape, Symbol},
};

const SIZE: f64 = 12.0;
const ROW: f64 = 19.0;
const SAMPLE: f64 = 26.0;
const GAP: f64 = 18.0;

/// Draws the legend at the top of an area and returns its height.
pub(super) fn draw<DB: DrawingBackend>(canvas: &mut Canvas<DB>, scene: &Scene, area: Area) -> f64 {
    let mut entries: Vec<&Series> = Vec::new();
    for series in scene.panels.iter().flat_map(|panel| &panel.series).filter(|s| s.legend) {
        if entries.iter().all(|other| other.name != series.name) {
            entries.push(series);
        }
    }
    if entries.is_empty() {
        return 0.0;
    }
    let room = area.width() - 2.0 * GAP;
    let mut rows: Vec<(f64, Vec<(f64, &Series)>)> = Vec::new();
    for series in entries {
        let width = SAMPLE + 6.0 + canvas.width(&series.name, SIZE);
        match rows.last_mut() {
            Some((used, row)) if *used + GAP + width <= room => {
                row.push((*used + GAP, series));
                *used += GAP + width;
            }
            _ => rows.push((width, vec![(0.0, series)])),
        }
    }
    let count = rows.len();
    for (k, (used, row)) in rows.into_iter().enumerate() {
        let left = area.left + (area.width() - used) / 2.0;
        let y = area.top + (k as f64 + 0.5) * ROW;
        for (offset, series) in row {
            entry(canvas, series, [left + offset, y]);
        }
    }
    count as f64 * ROW + 5.0
}

fn entry<DB: DrawingBackend>(canvas: &mut Canvas<DB>, series: &Series, [x, y]: [f64; 2]) {
    if let Some(fill) = series.fill {
        canvas.rectangle([x, y - 5.0], [x + SAMPLE, y + 5.0], fill);
    }
    if let Some(pen) = series.pen {
        canvas.line(&[[x, y], [x + SAMPLE, y]], pen.colour, pen.width, pen.dash);
    }
    if let Some(dots) = series.dots {
        symbol(canvas, [x + SAMPLE / 2.0, y], dots);
    }
    canvas.text(&series.name, [x + SAMPLE + 6.0, y], SIZE, Anchor::Start);
}

/// A symbol with its edge.
pub(super) fn symbol<DB: DrawingBackend>(canvas: &mut Canvas<DB>, at: [f64; 2], symbol: Symbol) {
    let radius = symbol.size / 2.0;
    let plain = symbol.edge == symbol.fill;
    match symbol.shape {
        Shape::Disc => {
            if !plain {
                canvas.disc(at, radius + 1.0, symbol.edge);
            }
            canvas.disc(at, radius, symbol.fill);
        }
        Shape::Star => {
            outlined(canvas, at, &corners(10, |k| if k % 2 == 0 { radius } else { 0.42 * radius }), symbol);
        }
        Shape::Triangle => outlined(canvas, at, &corners(3, |_| radius), symbol),
        Shape::Diamond => outlined(canvas, at, &corners(4, |_| radius), symbol),
        Shape::Cross => {
            for (colour, width) in [(symbol.edge, 4.5), (symbol.fill, 2.0)] {
                for side in [1.0, -1.0] {
                    let (dx, dy) = (0.7 * radius, 0.7 * radius * side);
                    let stroke = [[at[0] - dx, at[1] - dy], [at[0] + dx, at[1] + dy]];
                    canvas.line(&stroke, colour, width, Dash::Solid);
                }
            }
        }
    }
}

/// Corners around the origin, the first on top.
fn corners(count: usize, radius: impl Fn(usize) -> f64) -> Vec<[f64; 2]> {
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / count as f64;
    (0..count).map(|k| [radius(k) * angle(k).sin(), -radius(k) * angle(k).cos()]).collect()
}

fn outlined<DB: DrawingBackend>(canvas: &mut Canvas<DB>, at: [f64; 2], corners: &[[f64; 2]], symbol: Symbol) {
    let mut points: Vec<[f64; 2]> = corners.iter().map(|c| [at[0] + c[0], at[1] + c[1]]).collect();
    canvas.polygon(&points, symbol.fill);
    points.push(points[0]);
    let edge = if symbol.edge == Rgb::WHITE { 0.8 } else { 1.2 };
    canvas.line(&points, symbol.edge, edge, Dash::Solid);
}
