//! What happened in a run: one record a step, and its ways into files.
//!
//! - [`History`] holds the [`Record`]s and answers questions such as "from which step on was the validation loss below 0.15?".
//! - [`History::to_csv`] and [`History::to_json`] make text of it, `History::to_parquet` a table (feature `parquet`).
//! - [`EventWriter`] writes what TensorBoard reads, record by record while a run goes on.
//!
//! ```
//! use thalweg_train::history::{History, Record};
//!
//! let mut history = History::default();
//! history.push(Record { step: 1, loss: 2.25, ..Record::default() });
//! history.push(Record { step: 2, loss: 1.5, validation_loss: Some(1.75), ..Record::default() });
//! assert_eq!(history.first_below(2.0), Some(2));
//! assert!(history.to_csv().starts_with("step,epoch,loss,accuracy,validation_loss"));
//! ```
//!
//! How numbers come about never lives here, nor how they are drawn.

#[cfg(feature = "parquet")]
mod parquet;
mod tensorboard;
mod text;

pub use tensorboard::EventWriter;

/// What is known after a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Record {
    /// Steps made so far; a step is one change of the parameters.
    pub step: u64,
    /// Passes over the training data so far, as a fraction.
    pub epoch: f64,
    /// The mean of the batches' losses since the last record. A batch's loss is that before its step.
    pub loss: f64,
    /// The fraction of those batches' examples whose class was found, if targets are classes.
    pub accuracy: Option<f64>,
    /// The loss on validation data, where it was computed.
    pub validation_loss: Option<f64>,
    /// The fraction of validation examples whose class was found.
    pub validation_accuracy: Option<f64>,
    /// The learning rate of the step, if the optimiser has one of that name.
    pub lr: Option<f64>,
    /// Training examples a second since the last record, without the time of validation and of checkpoints.
    pub examples_per_second: f64,
    /// Seconds since the run began, those before an interruption included.
    pub seconds: f64,
}

/// A column: its name and how a record has it. `step` is the first, and is no column of this kind.
type Column = (&'static str, fn(&Record) -> Option<f64>, fn(&mut Record, Option<f64>));

/// All columns behind `step`, in the order of all formats.
const COLUMNS: [Column; 8] = [
    ("epoch", |r| Some(r.epoch), |r, x| r.epoch = x.unwrap_or_default()),
    ("loss", |r| Some(r.loss), |r, x| r.loss = x.unwrap_or_default()),
    ("accuracy", |r| r.accuracy, |r, x| r.accuracy = x),
    ("validation_loss", |r| r.validation_loss, |r, x| r.validation_loss = x),
    ("validation_accuracy", |r| r.validation_accuracy, |r, x| r.validation_accuracy = x),
    ("lr", |r| r.lr, |r, x| r.lr = x),
    (
        "examples_per_second",
        |r| Some(r.examples_per_second),
        |r, x| r.examples_per_second = x.unwrap_or_default(),
    ),
    ("seconds", |r| Some(r.seconds), |r, x| r.seconds = x.unwrap_or_default()),
];

/// The records of a run, in the order of its steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    records: Vec<Record>,
}

impl History {
    /// Adds what is known after a step.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// All records.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The last record.
    pub fn last(&self) -> Option<&Record> {
        self.records.last()
    }

    /// The last record with a validation loss.
    pub fn last_validation(&self) -> Option<&Record> {
        self.records.iter().rev().find(|record| record.validation_loss.is_some())
    }

    /// The record with the lowest validation loss, the earliest of several.
    ///
    /// ```
    /// use thalweg_train::history::{History, Record};
    /// let mut history = History::default();
    /// for (step, loss) in [(0, 0.5), (10, 0.25), (20, f64::NAN), (30, 0.25)] {
    ///     history.push(Record { step, validation_loss: Some(loss), ..Record::default() });
    /// }
    /// assert_eq!(history.best_validation().map(|record| record.step), Some(10));
    /// ```
    pub fn best_validation(&self) -> Option<&Record> {
        let known = self.records.iter().filter(|record| record.validation_loss.is_some_and(|x| !x.is_nan()));
        known.min_by(|a, b| a.validation_loss.partial_cmp(&b.validation_loss).expect("no NaN is left"))
    }

    /// The first step whose validation loss is below `threshold`.
    pub fn first_below(&self, threshold: f64) -> Option<u64> {
        let below = |record: &&Record| record.validation_loss.is_some_and(|loss| loss < threshold);
        self.records.iter().find(below).map(|record| record.step)
    }

    /// The columns as numbers, what is absent as NaN with payload-free bits: steps first.
    pub(crate) fn to_columns(&self) -> Vec<(&'static str, Vec<f64>)> {
        let column = |(name, get, _): Column| {
            (name, self.records.iter().map(|record| get(record).unwrap_or(ABSENT)).collect())
        };
        COLUMNS.into_iter().map(column).collect()
    }

    /// What [`to_columns`](Self::to_columns) has made, with the steps.
    pub(crate) fn from_columns(steps: &[u64], column: impl Fn(&str) -> Option<Vec<f64>>) -> Option<Self> {
        let mut records: Vec<_> = steps.iter().map(|&step| Record { step, ..Record::default() }).collect();
        for (name, _, set) in COLUMNS {
            let values = column(name)?;
            if values.len() != records.len() {
                return None;
            }
            for (record, value) in records.iter_mut().zip(values) {
                set(record, (value.to_bits() != ABSENT.to_bits()).then_some(value));
            }
        }
        Some(Self { records })
    }
}

impl Extend<Record> for History {
    fn extend<I: IntoIterator<Item = Record>>(&mut self, records: I) {
        self.records.extend(records);
    }
}

impl FromIterator<Record> for History {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        Self { records: records.into_iter().collect() }
    }
}

/// A NaN that arithmetic does not make: stands for what is absent in columns.
const ABSENT: f64 = f64::from_bits(0x7ff8_5448_414c_5745);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_back_every_bit_of_the_records() {
        let history: History = [
            Record { step: 3, loss: f64::NAN, validation_loss: Some(-0.0), ..Record::default() },
            Record { step: u64::MAX, lr: Some(0.1), accuracy: Some(f64::INFINITY), ..Record::default() },
        ]
        .into_iter()
        .collect();
        let columns = history.to_columns();
        let find =
            |name: &str| columns.iter().find(|(own, _)| *own == name).map(|(_, values)| values.clone());
        let steps: Vec<u64> = history.records().iter().map(|record| record.step).collect();
        let again = History::from_columns(&steps, find).unwrap();
        // Debug tells -0.0 from 0.0 and NaN from None, which == does not.
        assert_eq!(format!("{again:?}"), format!("{history:?}"));
    }
}
