//! The frame of a panel: where its plot lies, its ticks, names and colour bar.

use plotters::backend::DrawingBackend;

use super::{
    canvas::{Anchor, Canvas},
    clip::Area,
};
use crate::{
    palette::{Dash, Rgb},
    scene::{Guide, Panel, Sheet},
    ticks::Tick,
};

pub(super) const SMALL: f64 = 11.5;
pub(super) const NAME: f64 = 13.0;
const BAR: f64 = 14.0;

/// A panel's plot and the map of data onto it.
pub(super) struct Frame<'a> {
    pub(super) area: Area,
    x: &'a Guide,
    y: &'a Guide,
}

impl Frame<'_> {
    /// Where a point of the data lies in the picture.
    pub(super) fn place(&self, x: f64, y: f64) -> [f64; 2] {
        let share = |guide: &Guide, v: f64| {
            let (low, high) = guide.ends();
            (guide.warp.apply(v) - low) / (high - low)
        };
        [
            self.area.left + share(self.x, x) * self.area.width(),
            self.area.bottom - share(self.y, y) * self.area.height(),
        ]
    }
}

/// The width of the widest label of a panel's vertical axis.
pub(super) fn label_width<DB: DrawingBackend>(canvas: &Canvas<DB>, panel: &Panel, area: Area) -> f64 {
    widest(canvas, &y_ticks(panel, area.height()))
}

fn y_ticks(panel: &Panel, height: f64) -> Vec<Tick> {
    panel.y.ticks((height / 42.0) as usize + 1)
}

/// Lays the plot out in a panel's area and draws what stands around it, with so much room for the labels of the
/// vertical axis.
pub(super) fn draw<'a, DB: DrawingBackend>(
    canvas: &mut Canvas<DB>,
    panel: &'a Panel,
    mut area: Area,
    labels: f64,
) -> Frame<'a> {
    if !panel.title.is_empty() {
        canvas.text(
            &panel.title,
            [f64::midpoint(area.left, area.right), area.top + 9.0],
            NAME,
            Anchor::Middle,
        );
        area.top += 20.0;
    }
    area.top += 6.0;
    area.bottom -= 22.0 + if panel.x.name.is_empty() { 0.0 } else { 20.0 };
    let y_ticks = y_ticks(panel, area.height());
    area.left += labels + 10.0 + if panel.y.name.is_empty() { 0.0 } else { 22.0 };
    let bar = panel.sheet.as_ref().filter(|sheet| sheet.bar);
    area.right -= bar.map_or(14.0, |sheet| bar_width(canvas, sheet, area));
    if panel.equal {
        shrink(&mut area, (panel.x.high - panel.x.low) / (panel.y.high - panel.y.low));
    }
    let x_ticks = x_ticks(canvas, &panel.x, area.width());
    let frame = Frame { area, x: &panel.x, y: &panel.y };
    axes(canvas, panel, &frame, &x_ticks, &y_ticks, labels);
    if let Some(sheet) = bar {
        draw_bar(canvas, sheet, area);
    }
    frame
}

/// The largest area of a given ratio of width to height in the middle of another.
fn shrink(area: &mut Area, ratio: f64) {
    let width = area.width().min(area.height() * ratio);
    let height = width / ratio;
    let (spare_x, spare_y) = ((area.width() - width) / 2.0, (area.height() - height) / 2.0);
    *area = Area {
        left: area.left + spare_x,
        right: area.right - spare_x,
        top: area.top + spare_y,
        bottom: area.bottom - spare_y,
    };
}

fn widest<DB: DrawingBackend>(canvas: &Canvas<DB>, ticks: &[Tick]) -> f64 {
    ticks.iter().map(|(_, label)| canvas.width(label, SMALL)).fold(0.0, f64::max)
}

/// As many ticks as stand side by side without touching.
fn x_ticks<DB: DrawingBackend>(canvas: &Canvas<DB>, guide: &Guide, width: f64) -> Vec<Tick> {
    let mut target = (width / 60.0) as usize + 1;
    loop {
        let ticks = guide.ticks(target);
        let room = width / ticks.len().max(1) as f64;
        if target <= 1 || widest(canvas, &ticks) + 8.0 <= room {
            return ticks;
        }
        target -= 1;
    }
}

fn axes<DB: DrawingBackend>(
    canvas: &mut Canvas<DB>,
    panel: &Panel,
    frame: &Frame,
    x_ticks: &[Tick],
    y_ticks: &[Tick],
    labels: f64,
) {
    let Area { left, top, right, bottom } = frame.area;
    let grid = panel.sheet.is_none() && panel.tiles.is_none();
    for (place, label) in x_ticks {
        let (low, high) = panel.x.ends();
        let x = left + (place - low) / (high - low) * (right - left);
        if grid {
            canvas.line(&[[x, top], [x, bottom]], Rgb::FAINT, 0.8, Dash::Solid);
        }
        canvas.line(&[[x, bottom], [x, bottom + 4.5]], Rgb::INK, 1.0, Dash::Solid);
        canvas.text(label, [x, bottom + 13.5], SMALL, Anchor::Middle);
    }
    for (place, label) in y_ticks {
        let (low, high) = panel.y.ends();
        let y = bottom - (place - low) / (high - low) * (bottom - top);
        if grid {
            canvas.line(&[[left, y], [right, y]], Rgb::FAINT, 0.8, Dash::Solid);
        }
        canvas.line(&[[left - 4.5, y], [left, y]], Rgb::INK, 1.0, Dash::Solid);
        canvas.text(label, [left - 8.0, y], SMALL, Anchor::End);
    }
    canvas.text(&panel.x.name, [f64::midpoint(left, right), bottom + 32.0], NAME, Anchor::Middle);
    canvas.text_upwards(&panel.y.name, [left - labels - 22.0, f64::midpoint(top, bottom)], NAME);
}

/// The border, drawn last so that no colour lies on it.
pub(super) fn border<DB: DrawingBackend>(canvas: &mut Canvas<DB>, Area { left, top, right, bottom }: Area) {
    let corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
    canvas.line(&corners, Rgb::INK, 1.0, Dash::Solid);
}

/// The room a colour bar with its labels needs to the right of a plot.
pub(super) fn bar_width<DB: DrawingBackend>(canvas: &Canvas<DB>, sheet: &Sheet, area: Area) -> f64 {
    12.0 + BAR
        + 9.0
        + widest(canvas, &bar_ticks(sheet, area))
        + if sheet.field.name.is_empty() { 6.0 } else { 26.0 }
}

/// Ticks at least a line of text apart; of two too close the later gives way.
fn bar_ticks(sheet: &Sheet, area: Area) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    let least = 15.0 / area.height() * (sheet.high - sheet.low);
    for tick in sheet.ticks((area.height() / 45.0) as usize + 1) {
        if ticks.last().is_none_or(|last| tick.0 - last.0 >= least) {
            ticks.push(tick);
        }
    }
    ticks
}

/// The colour bar to the right of a plot.
pub(super) fn draw_bar<DB: DrawingBackend>(canvas: &mut Canvas<DB>, sheet: &Sheet, area: Area) {
    let left = area.right + 12.0;
    let bar = Area { left, right: left + BAR, ..area };
    for band in 0..sheet.bands {
        let edge = |k: usize| bar.bottom - bar.height() * k as f64 / sheet.bands as f64;
        let colour = sheet.ramp.at((band as f64 + 0.5) / sheet.bands as f64);
        // Up to the top each, so that no seam shows between them.
        canvas.rectangle([bar.left, bar.top], [bar.right, edge(band)], colour);
    }
    border(canvas, bar);
    let ticks = bar_ticks(sheet, area);
    for (place, label) in &ticks {
        let y = bar.bottom - (place - sheet.low) / (sheet.high - sheet.low) * bar.height();
        canvas.line(&[[bar.right, y], [bar.right + 4.0, y]], Rgb::INK, 1.0, Dash::Solid);
        canvas.text(label, [bar.right + 8.0, y], SMALL, Anchor::Start);
    }
    let x = bar.right + 8.0 + widest(canvas, &ticks) + 13.0;
    canvas.text_upwards(&sheet.field.name, [x, f64::midpoint(bar.top, bar.bottom)], NAME);
}
