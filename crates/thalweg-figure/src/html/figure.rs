//! A scene as Plotly's traces, and what its slider does to them.

use serde_json::{Value, json};

use super::{
    axes::{layout, place, suffix},
    escaped,
    json::{Fields, number, numbers, warp},
};
use crate::{
    palette::{Dash, Ramp, Rgb},
    scene::{Arrow, Guide, Motion, Panel, Scene, Series, Shape, Sheet, Symbol},
    warp::Warp,
};

/// The figure's entry in the page's data.
pub(super) fn figure<'a>(scene: &Scene<'a>, fields: &mut Fields<'a>) -> Value {
    let mut data: Vec<Value> = Vec::new();
    let mut motions: Vec<Value> = Vec::new();
    for (k, panel) in scene.panels.iter().enumerate() {
        let first = data.len();
        if let Some(sheet) = &panel.sheet {
            data.extend(sheet_traces(scene, k, sheet, fields));
            data.extend(arrow_traces(&panel.arrows, sheet, panel));
        }
        if panel.tiles.is_some() && panel.series.is_empty() {
            // Axes without a trace are not drawn.
            data.push(json!({ "type": "scatter", "x": [null], "y": [null], "showlegend": false }));
        }
        for series in &panel.series {
            series_traces(series, panel, &mut data, &mut motions);
        }
        let n = suffix(k);
        for trace in &mut data[first..] {
            if panel.z.is_some() {
                trace["scene"] = json!(format!("scene{n}"));
            } else {
                trace["xaxis"] = json!(format!("x{n}"));
                trace["yaxis"] = json!(format!("y{n}"));
            }
        }
    }
    let frames: Vec<String> = scene.frames.iter().map(ToString::to_string).collect();
    json!({ "data": data, "layout": layout(scene), "frames": frames, "motions": motions })
}

fn colour_scale(ramp: Ramp) -> Value {
    (0..=20).map(|k| f64::from(k) / 20.0).map(|t| json!([t, ramp.at(t).hex()])).collect()
}

/// The field's trace; where it has no colours of its own, also one that only shows the colour bar.
fn sheet_traces<'a>(scene: &Scene<'a>, k: usize, sheet: &Sheet<'a>, fields: &mut Fields<'a>) -> Vec<Value> {
    let panel = &scene.panels[k];
    let at = place(scene, k);
    let ticks = sheet.ticks(8);
    let bar = json!({
        "title": { "text": escaped(&sheet.field.name), "side": "top" }, "thickness": 14, "outlinewidth": 0.5,
        "x": at.x[1] + 0.01, "xanchor": "left", "y": f64::midpoint(at.y[0], at.y[1]), "len": at.y[1] - at.y[0],
        "tickvals": ticks.iter().map(|t| number(t.0, 8)).collect::<Vec<_>>(),
        "ticktext": ticks.iter().map(|t| t.1.as_str()).collect::<Vec<_>>(),
    });
    let step = (sheet.high - sheet.low) / sheet.bands as f64;
    let name = |guide: &Guide| if guide.name.is_empty() { "·".to_owned() } else { escaped(&guide.name) };
    let mut trace = json!({
        "field": fields.number(sheet.field), "colours": warp(sheet.warp),
        "colorscale": colour_scale(sheet.ramp), "showscale": sheet.bar && sheet.fill, "colorbar": bar,
        "showlegend": false,
        "hovertemplate": format!("{} = %{{x:.4g}}<br>{} = %{{y:.4g}}<br>{} = %{{text}}<extra></extra>",
            name(&panel.x), name(&panel.y), escaped(&sheet.field.name)),
    });
    if let Some(z) = &panel.z {
        trace["type"] = json!("surface");
        trace["heights"] = warp(z.warp);
        trace["cmin"] = number(sheet.low, 8);
        trace["cmax"] = number(sheet.high, 8);
        trace["lighting"] = json!({ "ambient": 0.85, "diffuse": 0.4, "specular": 0.03 });
        return vec![trace];
    }
    trace["zmin"] = number(sheet.low, 8);
    trace["zmax"] = number(sheet.high, 8);
    if sheet.fill && !sheet.lines {
        trace["type"] = json!("heatmap");
        return vec![trace];
    }
    trace["type"] = json!("contour");
    trace["contours"] = json!({
        "start": number(sheet.low + step, 8), "end": number(sheet.high - step, 8), "size": number(step, 8),
        "coloring": if sheet.fill { "fill" } else { "none" }, "showlines": sheet.lines,
    });
    trace["line"] = if sheet.fill {
        json!({ "width": 0.6, "color": "rgba(60,60,60,0.35)" })
    } else {
        json!({ "width": 0.8, "color": "#c4c4c4" })
    };
    if sheet.fill || !sheet.bar {
        return vec![trace];
    }
    let only_bar = json!({
        "type": "scatter", "mode": "markers", "x": [null], "y": [null], "showlegend": false, "hoverinfo": "skip",
        "marker": { "color": [number(sheet.low, 8)], "cmin": number(sheet.low, 8), "cmax": number(sheet.high, 8),
            "colorscale": colour_scale(sheet.ramp), "showscale": true, "colorbar": bar },
    });
    vec![trace, only_bar]
}

/// The arrows as lines, one trace for each of a few shades.
fn arrow_traces(arrows: &[Arrow], sheet: &Sheet, panel: &Panel) -> Vec<Value> {
    const SHADES: usize = 16;
    let mut shades = vec![(Vec::new(), Vec::new()); SHADES];
    for arrow in arrows {
        let shade = ((arrow.place.clamp(0.0, 1.0) * SHADES as f64) as usize).min(SHADES - 1);
        let (x, y) = &mut shades[shade];
        let gap = [f64::NAN; 2];
        let [left, right] = barbs(arrow, panel);
        for [px, py] in [arrow.from, arrow.to, gap, left, arrow.to, right, gap] {
            x.push(px);
            y.push(py);
        }
    }
    let lines = shades.into_iter().enumerate().filter(|(_, (x, _))| !x.is_empty());
    lines
        .map(|(k, (x, y))| {
            let colour = sheet.ramp.at((k as f64 + 0.5) / SHADES as f64).mix(Rgb::BLACK, 0.12);
            json!({
                "type": "scatter", "mode": "lines", "x": numbers(x, 6), "y": numbers(y, 6), "showlegend": false,
                "hoverinfo": "skip", "line": { "color": colour.hex(), "width": 1.6 },
            })
        })
        .collect()
}

/// The ends of the two strokes of an arrow's head, in the data's units.
fn barbs(arrow: &Arrow, panel: &Panel) -> [[f64; 2]; 2] {
    let spans = [panel.x.high - panel.x.low, panel.y.high - panel.y.low];
    let [dx, dy] = [0, 1].map(|i| (arrow.from[i] - arrow.to[i]) / spans[i] * 0.34);
    [0.45f64, -0.45].map(|angle| {
        let (sin, cos) = angle.sin_cos();
        [arrow.to[0] + (dx * cos - dy * sin) * spans[0], arrow.to[1] + (dx * sin + dy * cos) * spans[1]]
    })
}

fn series_traces(series: &Series, panel: &Panel, data: &mut Vec<Value>, motions: &mut Vec<Value>) {
    let mut trace = points(series, panel);
    let number_of = data.len();
    let (lines, dots) = (series.pen.is_some(), series.dots.is_some());
    trace["mode"] = json!(match (lines, dots) {
        (true, true) => "lines+markers",
        (true, false) => "lines",
        _ => "markers",
    });
    if let Some(pen) = series.pen {
        // In space Plotly draws thin lines, and dashes too fine to see.
        let (width, dash) =
            if panel.z.is_some() { (pen.width * 2.5, Dash::Solid) } else { (pen.width, pen.dash) };
        trace["line"] = json!({ "color": pen.colour.hex(), "width": width, "dash": dash.name() });
    }
    if let Some(fill) = series.fill {
        trace["mode"] = json!("lines");
        trace["line"] = json!({ "width": 0 });
        trace["fill"] = json!("toself");
        trace["fillcolor"] = json!(fill.hex());
        trace["hoverinfo"] = json!("skip");
    }
    if let Some(dots) = series.dots {
        trace["marker"] = marker(dots, panel);
    }
    trace["name"] = json!(escaped(&series.name));
    trace["legendgroup"] = trace["name"].clone();
    trace["showlegend"] = json!(series.legend);
    data.push(trace);
    let head = series.head.map(|head| {
        json!({
            "type": kind(panel), "mode": "markers", "marker": marker(head, panel), "showlegend": false,
            "legendgroup": escaped(&series.name), "name": escaped(&series.name), "hoverinfo": "skip",
        })
    });
    match &series.motion {
        Motion::Grow(counts) if !counts.is_empty() => {
            motions.push(json!({ "kind": "grow", "trace": number_of, "counts": counts }));
            if let Some(head) = head {
                motions.push(json!({
                    "kind": "head", "trace": data.len(), "of": number_of, "counts": counts
                }));
                data.push(head);
            }
        }
        Motion::Replace(states) if !states.is_empty() => {
            let state = |state: &Vec<[f64; 2]>| json!({ "x": numbers(state.iter().map(|p| p[0]), 5), "y": numbers(state.iter().map(|p| p[1]), 5) });
            let states: Vec<Value> = states.iter().map(state).collect();
            motions.push(json!({ "kind": "replace", "trace": number_of, "states": states }));
        }
        _ => {
            if let (Some(mut head), Some(last)) = (head, series.points.last()) {
                let last = Series { points: vec![*last], ..Series::default() };
                for (key, value) in points(&last, panel).as_object().into_iter().flatten() {
                    head[key] = value.clone();
                }
                data.push(head);
            }
        }
    }
}

fn kind(panel: &Panel) -> &'static str {
    if panel.z.is_some() { "scatter3d" } else { "scatter" }
}

/// A trace with its coordinates and what is shown when the pointer is over one of its points.
fn points(series: &Series, panel: &Panel) -> Value {
    let at = |k: usize, guide: &Guide| {
        // Without a name nobody asks for a point's numbers: what the eye can tell apart is enough.
        let digits = if series.name.is_empty() { 5 } else { 7 };
        // Plotly takes the logarithm itself.
        let plain = matches!(guide.warp, Warp::Log { .. }) && panel.z.is_none();
        numbers(series.points.iter().map(|p| if plain { p[k] } else { guide.warp.apply(p[k]) }), digits)
    };
    let mut trace = json!({ "type": kind(panel), "x": at(0, &panel.x), "y": at(1, &panel.y) });
    let mut hover = String::from("%{x:.5g}, %{y:.5g}");
    if let Some(z) = &panel.z {
        // A little above the surface, which would hide half of the line otherwise.
        let (low, high) = z.ends();
        let lift = 0.006 * (high - low);
        trace["z"] = numbers(series.points.iter().map(|p| z.warp.apply(p[2]) + lift), 7);
    }
    if series.name.is_empty() {
        trace["hoverinfo"] = json!("skip");
        return trace;
    }
    if series.points.iter().any(|p| p[2].is_finite()) {
        trace["customdata"] = numbers(series.points.iter().map(|p| p[2]), 7);
        let over_plane = panel.sheet.as_ref().map(|sheet| escaped(&sheet.field.name));
        let value = over_plane.unwrap_or_else(|| "value".into());
        hover = if panel.sheet.is_some() {
            format!("({hover})<br>{value} = %{{customdata:.6g}}")
        } else {
            format!("{} = %{{x:.6g}}<br>{value} = %{{customdata:.6g}}", escaped(&panel.x.name))
        };
    }
    if !series.steps.is_empty() {
        trace["text"] = series.steps.iter().map(|&s| json!(s)).collect();
        hover = format!("iteration %{{text}}<br>{hover}");
    }
    trace["hovertemplate"] = json!(format!("{hover}<extra>{}</extra>", escaped(&series.name)));
    trace
}

fn marker(symbol: Symbol, panel: &Panel) -> Value {
    let space = panel.z.is_some();
    let name = match symbol.shape {
        Shape::Disc => "circle",
        // Plotly has no star or triangle in space.
        Shape::Star | Shape::Triangle if space => "diamond",
        Shape::Star => "star",
        Shape::Triangle => "triangle-up",
        Shape::Cross => "x",
        Shape::Diamond => "diamond",
    };
    let size = if space { symbol.size * 0.6 } else { symbol.size };
    let edge = if symbol.edge == symbol.fill { 0.0 } else { 1.0 };
    let edge_colour = if symbol.edge == symbol.fill { Rgb::WHITE } else { symbol.edge };
    json!({
        "symbol": name, "size": size, "color": symbol.fill.hex(), "opacity": 1,
        "line": { "color": edge_colour.hex(), "width": edge },
    })
}
