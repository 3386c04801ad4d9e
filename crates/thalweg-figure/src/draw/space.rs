//! A panel in space: a surface in a box, seen from above one corner, painted from back to front.

use plotters::backend::DrawingBackend;

use super::{
    canvas::{Anchor, Canvas},
    clip::Area,
    frame::{NAME, SMALL, bar_width, draw_bar},
    legend::symbol,
};
use crate::{
    palette::{Dash, Rgb},
    scene::{Guide, Panel, Pen, Sheet, Symbol},
    view::{self, HALF},
};

/// The most points of the surface's grid along each side.
const GRID: usize = 61;
/// Something to paint, behind whatever has a smaller depth.
struct Item {
    depth: f64,
    shape: Paint,
}

enum Paint {
    Cell([[f64; 2]; 4], Rgb),
    Stroke([[f64; 2]; 2], Pen),
    Spot([f64; 2], Symbol),
}

/// The map of the data's box onto the picture.
struct View<'a> {
    guides: [&'a Guide; 3],
    /// The signs of x and y in the corner below the eye.
    near: [f64; 2],
    eye: [f64; 3],
    right: [f64; 3],
    up: [f64; 3],
    centre: [f64; 2],
    scale: f64,
}

impl<'a> View<'a> {
    fn new(panel: &'a Panel, z: &'a Guide, area: Area) -> Self {
        let eye = view::eye(panel);
        let near = [eye[0].signum(), eye[1].signum()];
        let [ex, ey, ez] = eye;
        let (flat, full) = (ex.hypot(ey), ex.hypot(ey).hypot(ez));
        let right = [-ey / flat, ex / flat, 0.0];
        let up = [-ez * ex / (flat * full), -ez * ey / (flat * full), flat / full];
        let mut view =
            Self { guides: [&panel.x, &panel.y, z], near, eye, right, up, centre: [0.0; 2], scale: 1.0 };
        let reach = |of: fn([f64; 2]) -> f64| {
            let corners = [-1.0, 1.0].into_iter().flat_map(|x| [-1.0, 1.0].map(|y| (x, y)));
            let places = corners.flat_map(|(x, y)| [-HALF, HALF].map(|z| [x, y, z]));
            places.map(|p| of(view.flat(p)).abs()).fold(0.0, f64::max)
        };
        let (half_width, half_height) = (reach(|p| p[0]), reach(|p| p[1]));
        // Room for the labels left, right and below.
        let (width, height) = (area.width() - 120.0, area.height() - 60.0);
        view.scale = (width / (2.0 * half_width)).min(height / (2.0 * half_height));
        view.centre =
            [f64::midpoint(area.left, area.right) + 12.0, f64::midpoint(area.top, area.bottom) - 14.0];
        view
    }

    /// The distance from the eye's plane: larger is farther.
    fn depth(&self, p: [f64; 3]) -> f64 {
        let size = self.eye.iter().map(|e| e * e).sum::<f64>().sqrt();
        -self.eye.iter().zip(p).map(|(e, x)| e * x / size).sum::<f64>()
    }

    /// The corner of the floor below the eye's right and left, where the box ends in the picture.
    fn sides(&self) -> [[f64; 2]; 2] {
        let [sx, sy] = self.near;
        if sx * sy > 0.0 { [[-sx, sy], [sx, -sy]] } else { [[sx, -sy], [-sx, sy]] }
    }

    fn flat(&self, p: [f64; 3]) -> [f64; 2] {
        let along = |axis: [f64; 3]| axis.iter().zip(p).map(|(a, b)| a * b).sum::<f64>();
        [self.centre[0] + self.scale * along(self.right), self.centre[1] - self.scale * along(self.up)]
    }

    /// The place in the box, whose sides are from -1 to 1 (upwards, `-HALF` to `HALF`).
    fn boxed(&self, p: [f64; 3]) -> [f64; 3] {
        let mut q = [0.0; 3];
        for k in 0..3 {
            let (low, high) = self.guides[k].ends();
            q[k] = 2.0 * (self.guides[k].warp.apply(p[k]) - low) / (high - low) - 1.0;
        }
        q[2] *= HALF;
        q
    }
}

pub(super) fn draw<DB: DrawingBackend>(canvas: &mut Canvas<DB>, panel: &Panel, z: &Guide, mut area: Area) {
    let Some(sheet) = &panel.sheet else { return };
    if sheet.bar {
        area.right -= bar_width(canvas, sheet, area);
        let margin = 0.12 * area.height();
        draw_bar(canvas, sheet, Area { top: area.top + margin, bottom: area.bottom - margin, ..area });
    }
    let view = View::new(panel, z, area);
    walls(canvas, &view);
    let mut items = cells(sheet, &view);
    for series in &panel.series {
        let places: Vec<[f64; 3]> = series.points.iter().map(|&p| view.boxed(p)).collect();
        let whole = |p: &[f64; 3]| p.iter().all(|v| v.is_finite());
        // What lies on the surface goes before the cells around it.
        let nearer = |p: [f64; 3]| view.depth(p) - 0.08;
        if let Some(pen) = series.pen {
            for pair in places.windows(2).filter(|pair| pair.iter().all(whole)) {
                let depth = f64::midpoint(nearer(pair[0]), nearer(pair[1]));
                let shape = Paint::Stroke([view.flat(pair[0]), view.flat(pair[1])], pen);
                items.push(Item { depth, shape });
            }
        }
        let dots = series.dots.iter().flat_map(|&dots| places.iter().map(move |&p| (p, dots)));
        let head = series.head.iter().filter_map(|&head| places.last().map(|&p| (p, head)));
        for (p, symbol) in dots.chain(head).filter(|(p, _)| whole(p)) {
            // Marks before the paths' ends.
            let before = if series.pen.is_some() { 0.04 } else { 0.08 };
            items.push(Item { depth: nearer(p) - before, shape: Paint::Spot(view.flat(p), symbol) });
        }
    }
    items.sort_by(|a, b| b.depth.total_cmp(&a.depth));
    for item in &items {
        match &item.shape {
            Paint::Cell(corners, colour) => {
                canvas.polygon(corners, *colour);
                let [a, b, c, d] = *corners;
                canvas.line(&[a, b, c, d, a], colour.mix(Rgb::BLACK, 0.1), 0.35, Dash::Solid);
            }
            Paint::Stroke(ends, pen) => canvas.line(ends, pen.colour, pen.width + 0.4, Dash::Solid),
            Paint::Spot(at, spot) => symbol(canvas, *at, *spot),
        }
    }
    labels(canvas, &view);
}

fn cells(sheet: &Sheet, view: &View) -> Vec<Item> {
    let field = sheet.field.coarser(GRID);
    let mut items = Vec::new();
    for j in 0..field.y.count - 1 {
        for i in 0..field.x.count - 1 {
            let nodes = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let corners = nodes.map(|(i, j)| view.boxed([field.x.at(i), field.y.at(j), field.value(i, j)]));
            let place = nodes.map(|(i, j)| sheet.place(field.value(i, j))).iter().sum::<f64>() / 4.0;
            if !place.is_finite() || corners.iter().flatten().any(|v| !v.is_finite()) {
                continue;
            }
            let colour = shaded(sheet.ramp.at(place), corners);
            let depth = corners.map(|p| view.depth(p)).iter().sum::<f64>() / 4.0;
            items.push(Item { depth, shape: Paint::Cell(corners.map(|p| view.flat(p)), colour) });
        }
    }
    items
}

/// Lighter where the cell faces the light, which comes from the left above, darker where it turns away.
fn shaded(colour: Rgb, [a, b, c, d]: [[f64; 3]; 4]) -> Rgb {
    let (p, q) = ([0, 1, 2].map(|k| c[k] - a[k]), [0, 1, 2].map(|k| d[k] - b[k]));
    let normal = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
    let light = [-0.55, 0.1, 0.83];
    let size = normal.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-300);
    let cosine = normal.iter().zip(light).map(|(n, l)| n * l).sum::<f64>() / size;
    if cosine > 0.7 {
        colour.mix(Rgb::WHITE, 0.35 * (cosine - 0.7))
    } else {
        colour.mix(Rgb::BLACK, 0.3 * (0.7 - cosine).min(1.0))
    }
}

/// The floor and the two walls behind the surface, with lines at the ticks.
fn walls<DB: DrawingBackend>(canvas: &mut Canvas<DB>, view: &View) {
    let mut line = |from: [f64; 3], to: [f64; 3], colour| {
        canvas.line(&[view.flat(from), view.flat(to)], colour, 0.8, Dash::Solid);
    };
    let [sx, sy] = view.near;
    let (low, high) = (-HALF, HALF);
    for axis in 0..3 {
        for (at, _) in ticks(view, axis) {
            let bends = match axis {
                0 => [[at, sy, low], [at, -sy, low], [at, -sy, high]],
                1 => [[sx, at, low], [-sx, at, low], [-sx, at, high]],
                _ => [[sx, -sy, at], [-sx, -sy, at], [-sx, sy, at]],
            };
            line(bends[0], bends[1], Rgb::FAINT);
            line(bends[1], bends[2], Rgb::FAINT);
        }
    }
    let [right, left] = view.sides();
    let ([near, far], [left, right]) = ([[sx, sy], [-sx, -sy]], [left, right]);
    let at = |[x, y]: [f64; 2], z: f64| [x, y, z];
    let grey = Rgb::GREY.mix(Rgb::WHITE, 0.4);
    for (from, to) in [(left, far), (far, right)] {
        line(at(from, low), at(to, low), grey);
        line(at(from, high), at(to, high), grey);
    }
    for corner in [far, right] {
        line(at(corner, low), at(corner, high), grey);
    }
    line(at(left, low), at(left, high), Rgb::INK);
    line(at(near, low), at(left, low), Rgb::INK);
    line(at(near, low), at(right, low), Rgb::INK);
}

/// Ticks with their places in the box.
fn ticks(view: &View, axis: usize) -> Vec<(f64, String)> {
    let guide = view.guides[axis];
    let (low, high) = guide.ends();
    let half = if axis == 2 { HALF } else { 1.0 };
    let all = guide.warp.ticks(guide.low, guide.high, if axis == 2 { 6 } else { 5 });
    all.into_iter().map(|(v, label)| ((2.0 * (v - low) / (high - low) - 1.0) * half, label)).collect()
}

/// Tick labels and names: x and y along the two edges of the floor below the eye, z at the left.
fn labels<DB: DrawingBackend>(canvas: &mut Canvas<DB>, view: &View) {
    let [sx, sy] = view.near;
    let [right, left] = view.sides();
    for axis in 0..3 {
        let edge = |at: f64| match axis {
            0 => [at, sy, -HALF],
            1 => [sx, at, -HALF],
            _ => [left[0], left[1], at],
        };
        // The edge of x ends at the right exactly when y is `sy` there.
        let to_right = axis < 2 && (right[1] == sy) == (axis == 0);
        let (anchor, outward) = match (axis, to_right) {
            (2, _) => (Anchor::End, [-8.0, 0.0]),
            (_, true) => (Anchor::Start, [6.0, 9.0]),
            (_, false) => (Anchor::End, [-6.0, 9.0]),
        };
        let mut widest: f64 = 0.0;
        let mut before = f64::INFINITY;
        for (place, label) in ticks(view, axis) {
            // The lowest height would stand in the label of the floor's corner.
            if axis == 2 && place < -0.93 * HALF {
                continue;
            }
            let at = view.flat(edge(place));
            if axis == 2 && before - at[1] < 14.0 {
                continue;
            }
            before = at[1];
            canvas.line(
                &[at, [at[0] + 0.6 * outward[0], at[1] + 0.6 * outward[1]]],
                Rgb::INK,
                1.0,
                Dash::Solid,
            );
            canvas.text(&label, [at[0] + outward[0], at[1] + outward[1]], SMALL, anchor);
            widest = widest.max(canvas.width(&label, SMALL));
        }
        let middle = view.flat(edge(0.0));
        let name = &view.guides[axis].name;
        if axis == 2 {
            canvas.text_upwards(name, [middle[0] - widest - 24.0, middle[1]], NAME);
        } else {
            let side = if to_right { 1.0 } else { -1.0 };
            canvas.text(name, [middle[0] + side * (widest + 20.0), middle[1] + 32.0], NAME, anchor);
        }
    }
}
