//! From where a surface is seen best.

use crate::{data::Field, scene::Panel, warp::Warp};

/// Half the height of the box a surface is drawn in; half its width and depth are one.
pub(crate) const HALF: f64 = 0.68;
/// Where the eye is, over the corner where x and y are positive, in the box's units: as a rule, and where too little is
/// seen from there.
const EYE: [f64; 3] = [1.15, 1.35, 1.9];
const HIGH: f64 = 2.8;
/// The share of points that should be seen.
const ENOUGH: f64 = 0.75;

/// Into how many squares a side the plane is cut; one point in each is looked for.
const SQUARES: f64 = 16.0;
/// The steps along each line of sight.
const STEPS: usize = 40;
/// How many points of a path a mark is worth.
const MARK: usize = 4;

/// Where the eye should be, in the box's units: over the corner from which most of the paths, or of the surface where
/// there are none, is not hidden behind the surface.
pub(crate) fn eye(panel: &Panel) -> [f64; 3] {
    let over = |[sx, sy]: [f64; 2], height: f64| [sx * EYE[0], sy * EYE[1], height];
    let corners = [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
    let (Some(sheet), Some(z)) = (&panel.sheet, &panel.z) else { return over(corners[0], EYE[2]) };
    let (low, high) = z.ends();
    let space = Space { field: sheet.field, warp: z.warp, low, high };
    let of = |pen: bool| {
        let series = panel.series.iter().filter(move |s| s.pen.is_some() == pen);
        let boxed = series.flat_map(|s| &s.points).map(|&p| space.boxed(p));
        boxed.filter(|p| p.iter().all(|v| v.is_finite())).collect::<Vec<_>>()
    };
    let mut points = of(true);
    if points.is_empty() {
        let field = sheet.field.coarser(12);
        let nodes = (0..field.y.count).flat_map(|j| (0..field.x.count).map(move |i| (i, j)));
        points = nodes.map(|(i, j)| space.boxed([field.x.at(i), field.y.at(j), field.value(i, j)])).collect();
    }
    // A path that lingers in one place counts there once.
    let square = |p: &[f64; 3]| [p[0], p[1]].map(|v| (f64::midpoint(v, 1.0) * SQUARES).floor() as i64);
    points.sort_by_key(square);
    points.dedup_by_key(|p| square(p));
    for mark in of(false) {
        points.extend([mark; MARK]);
    }
    let seen = |eye: [f64; 3]| points.iter().filter(|&&p| space.sees(eye, p)).count();
    let best = |height: f64| {
        let each = corners.map(|corner| (seen(over(corner, height)), over(corner, height)));
        // Among corners nearly alike the first.
        let clear = points.len() / 20;
        each.into_iter().reduce(|best, next| if next.0 > best.0 + clear { next } else { best })
    };
    match (best(EYE[2]), best(HIGH)) {
        (Some((count, eye)), _) if count as f64 >= ENOUGH * points.len() as f64 => eye,
        (_, Some((_, eye))) => eye,
        _ => over(corners[0], EYE[2]),
    }
}

struct Space<'a> {
    field: &'a Field,
    warp: Warp,
    low: f64,
    high: f64,
}

impl Space<'_> {
    fn boxed(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let (across, along) = (&self.field.x, &self.field.y);
        [
            2.0 * (x - across.min) / across.span() - 1.0,
            2.0 * (y - along.min) / along.span() - 1.0,
            self.height(z),
        ]
    }

    fn height(&self, value: f64) -> f64 {
        HALF * (2.0 * (self.warp.apply(value) - self.low) / (self.high - self.low) - 1.0)
    }

    /// Whether the line from a point to the eye stays above the surface.
    fn sees(&self, [dx, dy, dz]: [f64; 3], [x, y, z]: [f64; 3]) -> bool {
        let top = (HALF - z) / dz;
        (1..=STEPS).map(|k| top * k as f64 / STEPS as f64).all(|t| {
            let (across, along) = (&self.field.x, &self.field.y);
            let px = across.min + (x + t * dx + 1.0) / 2.0 * across.span();
            let py = along.min + (y + t * dy + 1.0) / 2.0 * along.span();
            let surface = self.height(self.field.interpolate([px, py]));
            // Outside the field and at gaps nothing hides the point; a small rise of the surface neither.
            surface.is_nan() || surface <= z + t * dz + 0.04
        })
    }
}
