//! Plotly's layout: axes, panels side by side, slider and buttons.

use serde_json::{Map, Value, json};

use super::{escaped, json::number, tiles};
use crate::{
    palette::Rgb,
    scene::{Guide, Panel, Scene},
    view,
    warp::Warp,
};

/// A panel's place, as shares of the figure's width and height from the lower left.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: [f64; 2],
    pub(super) y: [f64; 2],
}

/// The place of panel `k` in the scene's grid.
pub(super) fn place(scene: &Scene, k: usize) -> Place {
    let columns = scene.columns;
    let rows = scene.panels.len().div_ceil(columns);
    let (column, row) = (k % columns, k / columns);
    // Room for tick labels, titles and a colour bar between the panels.
    let (gap_x, gap_y) = (0.17, 0.13);
    let width = (1.0 - gap_x * (columns - 1) as f64) / columns as f64;
    let height = (1.0 - gap_y * (rows - 1) as f64) / rows as f64;
    let left = column as f64 * (width + gap_x);
    let top = 1.0 - row as f64 * (height + gap_y);
    Place { x: [left, left + width], y: [top - height, top] }
}

/// Plotly's number in the name of a panel's axes: nothing for the first.
pub(super) fn suffix(k: usize) -> String {
    if k == 0 { String::new() } else { (k + 1).to_string() }
}

pub(super) fn layout(scene: &Scene) -> Value {
    let mut layout = Map::new();
    let (mut annotations, mut images) = (Vec::new(), Vec::new());
    for (k, panel) in scene.panels.iter().enumerate() {
        let (place, n) = (place(scene, k), suffix(k));
        images.extend(panel.tiles.as_ref().map(|tiles| {
            json!({
                "source": tiles::data_address(tiles), "layer": "below", "sizing": "stretch",
                "xref": format!("x{n}"), "yref": format!("y{n}"),
                "x": panel.x.low, "y": panel.y.high,
                "sizex": panel.x.high - panel.x.low, "sizey": panel.y.high - panel.y.low,
            })
        }));
        for word in &panel.words {
            annotations.push(json!({
                "text": escaped(&word.text), "showarrow": false,
                "font": { "size": word.size, "color": word.colour.hex() },
                "x": number(word.at[0], 8), "xref": format!("x{n}"), "y": number(word.at[1], 8), "yref": format!("y{n}"),
            }));
        }
        if !panel.title.is_empty() {
            annotations.push(json!({
                "text": escaped(title(scene, panel)), "showarrow": false, "font": { "size": 14 },
                "x": f64::midpoint(place.x[0], place.x[1]), "xref": "paper", "xanchor": "center",
                "y": place.y[1], "yref": "paper", "yanchor": "bottom",
            }));
        }
        if let Some(z) = &panel.z {
            layout.insert(format!("scene{n}"), space(panel, z, place));
            continue;
        }
        let mut x = axis(&panel.x);
        let mut y = axis(&panel.y);
        x["domain"] = json!(place.x);
        x["anchor"] = json!(format!("y{n}"));
        y["domain"] = json!(place.y);
        y["anchor"] = json!(format!("x{n}"));
        if panel.equal {
            x["constrain"] = json!("domain");
            y["constrain"] = json!("domain");
            y["scaleanchor"] = json!(format!("x{n}"));
        }
        layout.insert(format!("xaxis{n}"), x);
        layout.insert(format!("yaxis{n}"), y);
    }
    let titled = scene.panels.iter().any(|panel| !panel.title.is_empty());
    let above = if titled { 1.05 } else { 1.01 };
    layout.insert("annotations".into(), annotations.into());
    if !images.is_empty() {
        layout.insert("images".into(), images.into());
    }
    layout.insert(
        "font".into(),
        json!({ "family": "DejaVu Sans, sans-serif", "size": 13, "color": Rgb::INK.hex() }),
    );
    layout.insert("paper_bgcolor".into(), json!("#ffffff"));
    layout.insert("plot_bgcolor".into(), json!("#ffffff"));
    layout.insert("margin".into(), json!({ "l": 70, "r": 30, "t": 40 + 22 * legend_rows(scene), "b": 60 }));
    layout.insert("hovermode".into(), json!("closest"));
    layout.insert(
        "legend".into(),
        json!({ "orientation": "h", "x": 0, "xanchor": "left", "y": above, "yanchor": "bottom" }),
    );
    if !scene.frames.is_empty() {
        slider(scene, &mut layout);
    }
    Value::Object(layout)
}

/// About how many rows the legend takes, so that it stays below Plotly's buttons.
fn legend_rows(scene: &Scene) -> usize {
    let named = scene.panels.iter().flat_map(|panel| &panel.series).filter(|s| s.legend);
    let letters: usize = named.map(|s| s.name.chars().count() + 6).sum();
    letters.div_ceil(70)
}

/// Where points move with the slider the panel is not only about the last ones.
fn title<'a>(scene: &Scene, panel: &'a Panel) -> &'a str {
    let moves = !scene.frames.is_empty() && panel.title == "final points";
    if moves { "points at the iteration of the slider" } else { &panel.title }
}

fn axis(guide: &Guide) -> Value {
    let (low, high) = guide.ends();
    let mut axis = json!({
        "title": { "text": escaped(&guide.name), "standoff": 10 },
        "range": [number(low, 8), number(high, 8)],
        "showline": true, "mirror": true, "linecolor": Rgb::INK.hex(), "ticks": "outside",
        "gridcolor": "#eeeeee", "zeroline": false, "automargin": true, "showgrid": guide.names.is_none(),
    });
    match guide.warp {
        _ if guide.names.is_some() => set_ticks(&mut axis, guide, 0, 0.0),
        Warp::Linear => {}
        Warp::Log { .. } => {
            axis["type"] = json!("log");
            let decades = high - low;
            if (1.0..4.0).contains(&decades) && low > -5.0 && high < 5.0 {
                // So many that Plotly puts ticks at 1, 2 and 5, and writes all of them alike.
                axis["nticks"] = json!((2.0 * decades).ceil());
                axis["tickformat"] = json!("~g");
            } else {
                axis["exponentformat"] = json!("power");
            }
        }
        Warp::SignedLog { .. } => set_ticks(&mut axis, guide, 9, 0.0),
    }
    axis
}

/// Ticks by the guide's own map, for maps that Plotly does not know. The lowest share of the axis stays free.
fn set_ticks(axis: &mut Value, guide: &Guide, target: usize, free: f64) {
    let (low, high) = guide.ends();
    let mut ticks = guide.ticks(target);
    ticks.retain(|tick| tick.0 >= low + free * (high - low));
    axis["tickvals"] = ticks.iter().map(|t| number(t.0, 8)).collect();
    axis["ticktext"] = ticks.iter().map(|t| t.1.as_str()).collect();
}

fn space(panel: &Panel, z: &Guide, place: Place) -> Value {
    let [ex, ey, ez] = view::eye(panel);
    // Plotly's eye is not at infinity: this far away all of the box is in sight.
    let near = 2.15 / ex.hypot(ey).hypot(ez);
    let side = |guide: &Guide| {
        let (low, high) = guide.ends();
        json!({
            "title": { "text": escaped(&guide.name) }, "range": [number(low, 8), number(high, 8)],
            "zeroline": false, "backgroundcolor": "#ffffff", "gridcolor": "#dddddd", "showbackground": true,
        })
    };
    let mut up = side(z);
    // Where a colour bar has the same name beside it, another would only stand in the way of the floor's.
    if panel.sheet.as_ref().is_some_and(|sheet| sheet.bar && sheet.fill && sheet.field.name == z.name) {
        up["title"] = json!({ "text": "" });
    }
    // The lowest would stand in the label of the floor's corner.
    set_ticks(&mut up, z, 7, 0.05);
    json!({
        "domain": { "x": place.x, "y": place.y },
        "xaxis": side(&panel.x), "yaxis": side(&panel.y), "zaxis": up,
        "aspectmode": "manual", "aspectratio": { "x": 1, "y": 1, "z": 0.7 },
        "camera": { "eye": { "x": near * ex, "y": near * ey, "z": near * ez }, "center": { "x": 0, "y": 0, "z": -0.2 } },
    })
}

fn slider(scene: &Scene, layout: &mut Map<String, Value>) {
    let still = json!({ "duration": 0 });
    // Without a redraw Plotly drops what does not move, level lines among it.
    let at_once =
        json!({ "mode": "immediate", "frame": { "duration": 0, "redraw": true }, "transition": still });
    let play =
        json!({ "mode": "immediate", "frame": { "duration": 70, "redraw": true }, "transition": still });
    let steps: Value = scene
        .frames
        .iter()
        .map(|frame| {
            let name = frame.to_string();
            json!({ "label": name, "method": "animate", "args": [[name], at_once] })
        })
        .collect();
    layout["margin"]["b"] = json!(140);
    layout.insert(
        "sliders".into(),
        json!([{
            "active": scene.frames.len() - 1, "steps": steps,
            "x": 0.14, "len": 0.86, "y": 0, "pad": { "t": 62, "b": 0 },
            "currentvalue": { "prefix": "iteration ", "xanchor": "left" },
            "tickcolor": "#999999", "minorticklen": 2,
        }]),
    );
    layout.insert(
        "updatemenus".into(),
        json!([{
            "type": "buttons", "direction": "left", "showactive": false,
            "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": { "t": 84, "r": 0 },
            "buttons": [
                { "label": "▶", "method": "animate", "args": [null, play] },
                { "label": "❚❚", "method": "animate", "args": [[null], at_once] },
            ],
        }]),
    );
}
