//! Tables as text: comma-separated values with a column to be learnt.

use super::{
    dataset::{Dataset, Targets, Values},
    error::DataError,
    source::Source,
};
use csv::{ReaderBuilder, StringRecord};
use std::{collections::BTreeSet, path::Path};

/// Which column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Column {
    /// The last.
    #[default]
    Last,
    /// By number, from 0.
    Index(usize),
    /// By its name in the header.
    Name(String),
}

/// What a column is learnt as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Learnt {
    /// Classes, given as numbers or names.
    #[default]
    Classes,
    /// Target values.
    Values,
    /// What its cells look like: classes if one is no number, or if all are whole numbers from 0 to 99 on more than 20 lines; else target
    /// values.
    Apparent,
}

/// How a table is written and what is to be learnt from it.
///
/// ```
/// use thalweg_train::data::{Column, CsvOptions, csv_from_bytes};
/// let table = b"length;kind\n5.1;setosa\n7.0;versicolor\n4.9;setosa\n";
/// let options = CsvOptions { delimiter: b';', label: Column::Name("kind".into()), ..CsvOptions::default() };
/// let flowers = csv_from_bytes("flowers", table, &options)?;
/// assert_eq!((flowers.len(), flowers.class_names()), (3, &["setosa".to_string(), "versicolor".into()][..]));
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// Whether the first line names the columns.
    pub header: bool,
    /// What stands between two cells.
    pub delimiter: u8,
    /// The column to be learnt; all others are inputs.
    pub label: Column,
    /// What that column holds.
    pub learnt: Learnt,
}

impl Default for CsvOptions {
    /// Commas, a header, and classes in the last column.
    fn default() -> Self {
        Self { header: true, delimiter: b',', label: Column::Last, learnt: Learnt::Classes }
    }
}

/// Reads a table from a file, gzipped or plain by its content. Classes that are not all whole numbers from 0 are numbered in
/// the order of their names.
///
/// # Errors
/// The file cannot be read, has no line, lines of different lengths, no such column, or a cell that is no number.
///
/// ```no_run
/// let iris = thalweg_train::data::read_csv("iris.csv", &Default::default())?;
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn read_csv(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Dataset, DataError> {
    read(Source::open(path.as_ref())?, options)
}

/// Reads a table from memory; `name` stands for the file in errors.
///
/// # Errors
/// As [`read_csv`].
pub fn csv_from_bytes(name: &str, bytes: &[u8], options: &CsvOptions) -> Result<Dataset, DataError> {
    read(Source::bytes(name, bytes)?, options)
}

fn read(source: Source, options: &CsvOptions) -> Result<Dataset, DataError> {
    let file = source.name().to_string();
    let failed = |error: csv::Error| unreadable(&file, &error);
    let mut reader = ReaderBuilder::new()
        .has_headers(options.header)
        .delimiter(options.delimiter)
        .trim(csv::Trim::All)
        .from_reader(source.into_reader());
    let header = if options.header { reader.headers().map_err(failed)?.clone() } else { StringRecord::new() };
    let (mut values, mut labels, mut width, mut label) = (Vec::new(), Vec::new(), 0, None);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(failed)? {
        let line = record.position().map_or(0, csv::Position::line);
        let label = match label {
            Some(label) => label,
            None => *label.insert(options.label.find(&file, &header, record.len())?),
        };
        width = record.len() - 1;
        for (column, cell) in record.iter().enumerate() {
            if column == label {
                labels.push(cell.to_string());
            } else {
                values.push(number(&file, line, column, &header, cell)?);
            }
        }
        if options.learnt == Learnt::Values {
            number(&file, line, label, &header, record.get(label).unwrap_or(""))?;
        }
    }
    if labels.is_empty() {
        return Err(DataError::invalid(file, "the number of lines with data", 0, "at least 1"));
    }
    let learnt = || labels.iter().map(|label| label.parse().ok()).collect::<Option<Vec<f32>>>();
    let told = match options.learnt {
        Learnt::Classes => None,
        Learnt::Values => learnt(),
        Learnt::Apparent => learnt().filter(|values| !look_like_classes(values)),
    };
    let (targets, names) = match told {
        Some(values) => (Targets::Values { values, width: 1 }, Vec::new()),
        None => classes(&labels),
    };
    Ok(Dataset::new(&[width], Values::F32(values), targets)?.named(names))
}

impl Column {
    fn find(&self, file: &str, header: &StringRecord, columns: usize) -> Result<usize, DataError> {
        match self {
            Self::Last => Ok(columns - 1),
            Self::Index(index) if *index < columns => Ok(*index),
            Self::Index(index) => Err(DataError::invalid(
                file,
                "the label's column",
                index,
                format!("below the number of columns, {columns}"),
            )),
            Self::Name(name) => header.iter().position(|known| known == name).ok_or_else(|| {
                let wanted =
                    format!("one of the header's names: {}", header.iter().collect::<Vec<_>>().join(", "));
                DataError::invalid(file, "the label's column", name, wanted)
            }),
        }
    }
}

fn number(file: &str, line: u64, column: usize, header: &StringRecord, cell: &str) -> Result<f32, DataError> {
    cell.parse().map_err(|_| {
        let column = header
            .get(column)
            .map_or_else(|| format!("column {}", column + 1), |name| format!("column {name}"));
        DataError::invalid(format!("{file}, line {line}"), column, format!("{cell:?}"), "a number")
    })
}

fn look_like_classes(values: &[f32]) -> bool {
    const LINES: usize = 20;
    const CLASSES: f32 = 100.0;
    values.len() > LINES && values.iter().all(|x| x.fract() == 0.0 && (0.0..CLASSES).contains(x))
}

/// Numbers the classes, and names them where they have names.
fn classes(labels: &[String]) -> (Targets, Vec<String>) {
    // Numbers far beyond the number of lines are names, such as postal codes.
    let most = labels.len().max(1 << 16);
    let numbers =
        labels.iter().map(|label| label.parse::<u32>().ok().filter(|&class| (class as usize) < most));
    if let Some(labels) = numbers.collect::<Option<Vec<u32>>>() {
        let classes = labels.iter().max().map_or(0, |&most| most as usize + 1);
        return (Targets::Classes { labels, classes }, Vec::new());
    }
    let names: Vec<_> = labels.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let labels =
        labels.iter().filter_map(|label| names.binary_search(label).ok()).map(|class| class as u32).collect();
    (Targets::Classes { labels, classes: names.len() }, names)
}

fn unreadable(file: &str, error: &csv::Error) -> DataError {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let place =
                pos.as_ref().map_or_else(|| file.into(), |pos| format!("{file}, line {}", pos.line()));
            DataError::invalid(
                place,
                "the number of cells",
                len,
                format!("{expected_len}, as in the lines before"),
            )
        }
        csv::ErrorKind::Utf8 { pos, .. } => {
            let place =
                pos.as_ref().map_or_else(|| file.into(), |pos| format!("{file}, line {}", pos.line()));
            DataError::invalid(place, "the text", "not UTF-8", "UTF-8")
        }
        csv::ErrorKind::Io(error) => DataError::io(file, error),
        _ => DataError::invalid(file, "the table", error, "comma-separated values"),
    }
}
