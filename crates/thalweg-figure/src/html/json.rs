//! Numbers, maps and fields as JSON.

use serde_json::{Value, json};

use crate::{data::Field, warp::Warp};

/// The most rows and columns of a field in a file.
const FIELD: usize = 201;

/// A number in so many significant digits; `null` when it is not finite.
pub(super) fn number(v: f64, digits: usize) -> Value {
    if !v.is_finite() {
        return Value::Null;
    }
    let rounded: f64 = format!("{v:.*e}", digits - 1).parse().unwrap_or(v);
    // Whole numbers are shorter without ".0".
    if rounded.fract() == 0.0 && rounded.abs() < 1e9 { json!(rounded as i64) } else { json!(rounded) }
}

pub(super) fn numbers(values: impl IntoIterator<Item = f64>, digits: usize) -> Value {
    values.into_iter().map(|v| number(v, digits)).collect()
}

pub(super) fn warp(warp: Warp) -> Value {
    match warp {
        Warp::Linear => json!({ "kind": "linear" }),
        Warp::Log { origin, floor } => json!({ "kind": "log", "origin": origin, "floor": floor }),
        Warp::SignedLog { unit } => json!({ "kind": "signed_log", "unit": unit }),
    }
}

/// The fields of a page, each once.
#[derive(Default)]
pub(super) struct Fields<'a> {
    all: Vec<&'a Field>,
}

impl<'a> Fields<'a> {
    /// The number of a field in the page.
    pub(super) fn number(&mut self, field: &'a Field) -> usize {
        let same = |other: &&Field| std::ptr::eq(*other, field) || same(other, field);
        self.all.iter().position(same).unwrap_or_else(|| {
            self.all.push(field);
            self.all.len() - 1
        })
    }

    pub(super) fn into_json(self) -> Value {
        self.all.into_iter().map(|field| json_of(&field.coarser(FIELD))).collect()
    }
}

/// Bitwise, since gaps are not equal to themselves.
fn same(a: &Field, b: &Field) -> bool {
    let bits = |field: &Field| field.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    a.x == b.x && a.y == b.y && a.values.len() == b.values.len() && bits(a) == bits(b)
}

fn json_of(field: &Field) -> Value {
    let row = |j| numbers((0..field.x.count).map(|i| field.value(i, j)), 6);
    json!({
        "x": numbers((0..field.x.count).map(|i| field.x.at(i)), 7),
        "y": numbers((0..field.y.count).map(|j| field.y.at(j)), 7),
        "rows": (0..field.y.count).map(row).collect::<Vec<_>>(),
    })
}
