//! Histories as CSV and JSON.

use super::{COLUMNS, History, Record};
use serde_json::{Map, Value};
use std::fmt::Write;

impl History {
    /// Comma-separated values with a header; an empty cell where nothing was computed. Numbers read back to the same bits.
    ///
    /// ```
    /// use thalweg_train::history::{History, Record};
    /// let history: History = [Record { step: 1, loss: 0.5, lr: Some(1e-3), ..Record::default() }].into_iter().collect();
    /// assert_eq!(history.to_csv().lines().nth(1), Some("1,0,0.5,,,,0.001,0,0"));
    /// ```
    pub fn to_csv(&self) -> String {
        let mut text = String::from("step");
        for (name, ..) in COLUMNS {
            text.push(',');
            text.push_str(name);
        }
        text.push('\n');
        for record in self.records() {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", record.step);
            for (_, get, _) in COLUMNS {
                text.push(',');
                if let Some(value) = get(record) {
                    let _ = write!(text, "{value}");
                }
            }
            text.push('\n');
        }
        text
    }

    /// One object a record, with the columns of [`to_csv`](Self::to_csv); `null` where nothing was computed or the number is not finite.
    ///
    /// ```
    /// use thalweg_train::history::{History, Record};
    /// let history: History = [Record { step: 1, loss: f64::NAN, ..Record::default() }].into_iter().collect();
    /// let json = history.to_json();
    /// assert_eq!((&json[0]["step"], &json[0]["loss"]), (&1.into(), &serde_json::Value::Null));
    /// ```
    pub fn to_json(&self) -> Value {
        let record = |record: &Record| {
            let mut object = Map::new();
            object.insert("step".into(), record.step.into());
            for (name, get, _) in COLUMNS {
                object.insert(name.into(), Value::from(get(record)));
            }
            Value::Object(object)
        };
        self.records().iter().map(record).collect()
    }
}
