//! The data of a fit: named columns of a file, and the [`Model`] that is fitted to them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{Reader, ReaderBuilder, Trim};
use thalweg::function::{Expression, Program};
use thalweg::solve::Fit;
use thalweg::spec::suggest;

use crate::arguments::FitArguments;
use crate::failure::Failure;
use crate::numbers;

/// A model, its parameters and the data.
pub(super) struct Model {
    pub(super) text: String,
    pub(super) program: Program,
    pub(super) parameters: Vec<String>,
    pub(super) start: Vec<f64>,
    /// The names of the columns that the model uses.
    pub(super) columns: Vec<String>,
    pub(super) data: Vec<Vec<f64>>,
    pub(super) target: Vec<f64>,
    pub(super) target_name: String,
    /// What the rows count, if not all the same.
    pub(super) weights: Option<Vec<f64>>,
    /// The line of the file that each row stands in.
    pub(super) lines: Vec<u64>,
    path: PathBuf,
}

impl Model {
    pub(super) fn read(arguments: &FitArguments) -> Result<Self, Failure> {
        let constants = numbers::constants(&arguments.constants)?;
        let constants = numbers::borrowed(&constants);
        let text = arguments.model.trim();
        let wrong = |error| Failure::expression("EXPRESSION", text, &error);
        let names = Expression::parse_with(text, None, &constants).map_err(wrong)?.variables().to_vec();
        let start = numbers::named_values("--start", &arguments.start)?;
        if let Some((unused, _)) = start.iter().find(|(name, _)| !names.contains(name)) {
            return Failure::wrong(format!(
                "--start: the parameter `{unused}` does not occur in the expression; its names are {}",
                names.join(", ")
            ));
        }
        let parameters: Vec<String> = start.iter().map(|(name, _)| name.clone()).collect();
        let columns: Vec<String> = names.into_iter().filter(|name| !parameters.contains(name)).collect();
        let order: Vec<&str> = parameters.iter().chain(&columns).map(String::as_str).collect();
        let program =
            Expression::parse_with(text, Some(&order), &constants).map_err(wrong)?.program().clone();

        let sheet = Sheet::open(&arguments.data)?;
        let of_weights = arguments.weights.as_ref().or(arguments.sigma.as_ref());
        let used: Vec<&String> = parameters.iter().chain(&columns).chain(of_weights).collect();
        let target_name = match &arguments.target {
            Some(name) => name.clone(),
            None => sheet.target(&used)?,
        };
        let wanted: Vec<String> = columns.iter().chain([&target_name]).chain(of_weights).cloned().collect();
        let (mut data, lines) = sheet.read(&wanted)?;
        let weights = of_weights.and_then(|_| data.pop());
        let target = data.pop().unwrap_or_default();
        let mut model = Model {
            text: text.to_owned(),
            program,
            parameters,
            start: start.into_iter().map(|(_, value)| value).collect(),
            columns,
            data,
            target,
            target_name,
            weights: None,
            lines,
            path: arguments.data.clone(),
        };
        if let (Some(name), Some(weights)) = (of_weights, weights) {
            model.weights = Some(model.weighed(name, weights, arguments.sigma.is_some())?);
        }
        Ok(model)
    }

    /// The weights that a column stands for: itself, or as deviations σ, 1/σ².
    fn weighed(&self, name: &str, column: Vec<f64>, deviations: bool) -> Result<Vec<f64>, Failure> {
        let weight = |(row, number): (usize, f64)| {
            let weight = if deviations { 1.0 / (number * number) } else { number };
            if number > 0.0 && weight > 0.0 && weight.is_finite() {
                return Ok(weight);
            }
            let place = self.place(row);
            Failure::wrong(format!("{place}, column {name}: found {number}, expected a number above 0"))
        };
        column.into_iter().enumerate().map(weight).collect()
    }

    /// Where a row stands: `data.csv: line 3`.
    pub(super) fn place(&self, row: usize) -> String {
        format!("{}: line {}", self.path.display(), self.lines[row])
    }

    /// Refuses data that cannot determine the parameters.
    pub(super) fn check_rows(&self) -> Result<(), Failure> {
        let (rows, parameters) = (self.target.len(), self.parameters.len());
        if rows >= parameters {
            return Ok(());
        }
        Failure::wrong(format!(
            "{}: {rows} {} of data cannot determine {parameters} parameters ({}); at least {parameters} are needed, and more for \
             their errors",
            self.path.display(),
            if rows == 1 { "row" } else { "rows" },
            self.parameters.join(", ")
        ))
    }

    pub(super) fn problem(&self) -> Fit<'_, f64> {
        Fit { prediction: &self.program, columns: &self.data, target: &self.target, start: &self.start }
    }
}

/// A file whose first line names its columns.
struct Sheet {
    path: PathBuf,
    header: Vec<String>,
    reader: Reader<Box<dyn Read>>,
}

impl Sheet {
    /// Columns are divided by what the first line has most of: commas, semicolons or tabs.
    fn open(path: &Path) -> Result<Self, Failure> {
        let unreadable = |error: std::io::Error| Failure::file(path, &error);
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut first = Vec::new();
        file.read_until(b'\n', &mut first).map_err(unreadable)?;
        // Some programs begin a file with the mark of its encoding.
        let head = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first).to_vec();
        let count = |byte: u8| head.split(|b| *b == byte).count();
        let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',');
        let whole: Box<dyn Read> = Box::new(std::io::Cursor::new(head).chain(file));
        let mut reader = ReaderBuilder::new().delimiter(delimiter).trim(Trim::All).from_reader(whole);
        let header = reader.headers().map_err(|error| unreadable_csv(path, &error))?;
        Ok(Sheet { path: path.to_owned(), header: header.iter().map(str::to_owned).collect(), reader })
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Failure> {
        Failure::wrong(format!("{}: {message}", self.path.display()))
    }

    /// The column that the model is to give, if nothing was said: `y`, or the only one that is not used.
    fn target(&self, used: &[&String]) -> Result<String, Failure> {
        let free: Vec<&String> = self.header.iter().filter(|name| !used.contains(name)).collect();
        match free.as_slice() {
            [] => self.wrong(
                "the expression uses every column, so none is left for it to give; name one by --target",
            ),
            [only] => Ok((*only).clone()),
            several if several.iter().any(|name| *name == "y") => Ok("y".to_owned()),
            several => self.wrong(&format!(
                "which column is the expression to give? Name one by --target: {}",
                several.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    fn column(&self, name: &String) -> Result<usize, Failure> {
        if let Some(place) = self.header.iter().position(|column| column == name) {
            return Ok(place);
        }
        let hint = suggest(name, self.header.iter().map(String::as_str));
        let hint = hint.map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
        self.wrong(&format!(
            "there is no column `{name}`{hint}; the columns are {}. A name of the expression that is no column is a parameter and \
             needs a start, such as --start {name}=1",
            self.header.join(", ")
        ))
    }

    /// The columns, and the line of each row.
    fn read(mut self, wanted: &[String]) -> Result<(Vec<Vec<f64>>, Vec<u64>), Failure> {
        let places: Vec<usize> = wanted.iter().map(|name| self.column(name)).collect::<Result<_, _>>()?;
        let (mut columns, mut lines) = (vec![Vec::new(); wanted.len()], Vec::new());
        let mut record = csv::StringRecord::new();
        while self.reader.read_record(&mut record).map_err(|error| unreadable_csv(&self.path, &error))? {
            let line = record.position().map_or(0, csv::Position::line);
            for ((column, place), name) in columns.iter_mut().zip(&places).zip(wanted) {
                let cell = record.get(*place).unwrap_or_default();
                match cell.parse::<f64>() {
                    Ok(number) if number.is_finite() => column.push(number),
                    _ => {
                        return self.wrong(&format!(
                            "line {line}, column {name}: found `{cell}`, expected a finite number"
                        ));
                    }
                }
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return self.wrong("there is no row of data below the columns' names");
        }
        Ok((columns, lines))
    }
}

fn unreadable_csv(path: &Path, error: &csv::Error) -> Failure {
    match error.kind() {
        csv::ErrorKind::Io(_) => Failure::file(path, error),
        _ => Failure::Wrong(format!("{}: {error}", path.display())),
    }
}
