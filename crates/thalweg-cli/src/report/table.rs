//! Results as tables of aligned text.

use std::fmt::Write as _;

use super::{MinimaTable, Minimum, Run};
use crate::problem::Problem;

/// Rows of cells under a header, in aligned columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn with_header(header: &[&str]) -> Self {
        Table { header: header.iter().map(|h| (*h).to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text: words to the left, numbers to the right.
    pub(crate) fn text(&self) -> String {
        let columns = self.rows.iter().chain([&self.header]).map(Vec::len).max().unwrap_or(0);
        let cell = |row: &'_ Vec<String>, k: usize| row.get(k).cloned().unwrap_or_default();
        let width = |k| {
            self.rows.iter().chain([&self.header]).map(|row| cell(row, k).chars().count()).max().unwrap_or(0)
        };
        let numeric = |k| self.rows.iter().all(|row| is_number(&cell(row, k)));
        let shape: Vec<(usize, bool)> = (0..columns).map(|k| (width(k), numeric(k))).collect();
        let mut text = String::new();
        let header = (!self.header.is_empty()).then_some(&self.header);
        for row in header.into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (k, (width, numeric)) in shape.iter().enumerate() {
                let cell = cell(row, k);
                let _ = if *numeric {
                    write!(line, "  {cell:>width$}")
                } else {
                    write!(line, "  {cell:<width$}")
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty()
        || cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'))
        || matches!(cell, "inf" | "NaN" | "nan")
}

/// Eight significant digits, aligned on the sign.
pub(crate) fn digits(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if !number.is_finite() {
        return number.to_string();
    }
    let size = number.abs();
    if !(1e-4..1e7).contains(&size) {
        return format!("{number:.7e}");
    }
    let places = (7 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{number:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A point as it may be given to `--start`; of a long one the first coordinates.
pub(crate) fn point_text(x: &[f64]) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = x.iter().take(MOST).map(|x| digits(*x)).collect();
    let more = if x.len() > MOST { format!(", ... ({} in all)", x.len()) } else { String::new() };
    format!("({}{more})", shown.join(", "))
}

/// A time span as people say it.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} us", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.2} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s if s < 63_115_200.0 => format!("{:.0} days", s / 86_400.0),
        s if s < 3e13 => format!("{:.0} years", s / 31_557_600.0),
        s => format!("{:.1e} years", s / 31_557_600.0),
    }
}

pub(crate) fn status_in_words(status: &str) -> &'static str {
    match status {
        "converged_gradient" => "converged: the gradient is small enough",
        "converged_value" => "converged: the value no longer changes",
        "converged_step" => "converged: the point no longer moves",
        "max_steps" => "all steps made",
        "max_evaluations" => "all evaluations made",
        "max_seconds" => "time is up",
        "diverged" => "diverged: no longer finite",
        "line_search_failed" => "no step lowers the value",
        "infeasible" => "infeasible: the constraints contradict each other near this point",
        _ => "interrupted",
    }
}

/// Everything about one run.
pub(crate) fn run_table(problem: &Problem, run: &Run) -> String {
    const MOST: usize = 20;
    let mut lines: Vec<(&str, String)> = vec![
        ("status", format!(" {}", status_in_words(run.status))),
        ("from", format!(" {}", point_text(&run.start))),
        ("value", signed(run.value)),
        ("|gradient|", signed(run.gradient_norm)),
    ];
    lines
        .extend(problem.variables.iter().zip(&run.x).take(MOST).map(|(name, x)| (name.as_str(), signed(*x))));
    if run.x.len() > MOST {
        lines.push(("...", format!(" {} more variables; --json has all", run.x.len() - MOST)));
    }
    lines.extend(choice(run));
    if let Some(multiplier) = run.multiplier {
        lines.push(("multiplier", signed(multiplier)));
    }
    if let Some(multipliers) = &run.multipliers {
        let all: Vec<f64> = multipliers.constraints.concat();
        if !all.is_empty() {
            lines.push(("multipliers", format!(" {}", point_text(&all))));
        }
        if multipliers.bounds.iter().any(|z| *z != 0.0) {
            lines.push(("of the bounds", format!(" {}", point_text(&multipliers.bounds))));
        }
    }
    if let Some(violation) = run.violation {
        lines.push(("violation", format!(" {}", short(violation))));
    }
    if run.best_value < run.value && run.violation.is_none() {
        lines.push(("best seen", format!("{} at {}", signed(run.best_value), point_text(&run.best_x))));
    }
    let counts = run.evaluations;
    let mut asked = format!("{} gradients", counts.gradient);
    for (count, of) in [(counts.hessian, "Hessians"), (counts.hessian_vector, "Hessian-vector products")] {
        if count > 0 {
            let _ = write!(asked, ", {count} {of}");
        }
    }
    lines.push(("steps", format!(" {} ({asked}) in {}", run.steps, duration(run.seconds))));
    labelled(&lines)
}

/// What `auto` stood for, and why.
fn choice(run: &Run) -> impl Iterator<Item = (&str, String)> {
    run.chosen.iter().flat_map(|chosen| {
        [("chosen", format!(" {}", chosen.optimizer)), ("because", format!(" {}", chosen.reason))]
    })
}

/// What `auto` stood for in many runs, of which each chooses alike; empty without it.
pub(crate) fn choice_of_many(runs: &[Run]) -> String {
    let lines: Vec<_> = runs.first().into_iter().flat_map(choice).collect();
    if lines.is_empty() { String::new() } else { labelled(&lines) + "\n" }
}

/// A line for each label, the texts one below the other.
pub(crate) fn labelled(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, (label, line)| {
        let _ = writeln!(text, "  {label:<width$}  {line}");
        text
    })
}

/// A number behind its sign or a blank, so that the digits stand in line.
pub(crate) fn signed(number: f64) -> String {
    let text = digits(number);
    if text.starts_with('-') { text } else { format!(" {text}") }
}

/// Many runs summed up: how they ended, how low, and in which minima.
pub(crate) fn summary_table(runs: &[Run], minima: &[Minimum], seconds: f64) -> String {
    let mut text = String::new();
    let mut statuses: Vec<(&str, usize)> = Vec::new();
    for run in runs {
        match statuses.iter_mut().find(|(status, _)| *status == run.status) {
            Some((_, count)) => *count += 1,
            None => statuses.push((run.status, 1)),
        }
    }
    let mut ended = Table::with_header(&["runs", "ended"]);
    for (status, count) in statuses {
        ended.row([count.to_string(), format!("{} ({status})", status_in_words(status))]);
    }
    text.push_str(&ended.text());

    let mut values: Vec<f64> = runs.iter().map(|run| run.value).filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    if let (Some(lowest), Some(highest)) = (values.first(), values.last()) {
        let quantile = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
        let mut table = Table::with_header(&["value", "lowest", "10 %", "median", "90 %", "highest"]);
        table.row(
            [String::new()]
                .into_iter()
                .chain([*lowest, quantile(0.1), quantile(0.5), quantile(0.9), *highest].map(short)),
        );
        text.push('\n');
        text.push_str(&table.text());
    }
    if let Some(found) = MinimaTable::of(minima) {
        text.push('\n');
        text.push_str(&found.text());
    }
    let gradients: u64 = runs.iter().map(|run| run.evaluations.gradient).sum();
    let _ = writeln!(text, "\n  {gradients} gradients in {}", duration(seconds));
    text
}

pub(crate) fn short(number: f64) -> String {
    let text = digits(number);
    if text.len() > 9 { format!("{number:.3e}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_eight_digits_and_lose_only_zeros() {
        for (number, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-1.2, "-1.2"),
            (1e-12, "1.0000000e-12"),
            (123456.789, "123456.79"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(digits(number), text);
        }
    }

    #[test]
    fn columns_of_numbers_stand_to_the_right_and_words_to_the_left() {
        let mut table = Table::with_header(&["name", "n"]);
        table.row(["a".to_owned(), "10".to_owned()]);
        table.row(["long".to_owned(), "9".to_owned()]);
        assert_eq!(table.text(), "  name   n\n  a     10\n  long   9\n");
    }
}
