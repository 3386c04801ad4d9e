//! The table of a benchmark with its conditions, written to `bench/RESULTS.md`.

use std::fmt::Write;
use std::process::Command;

use super::contest::{Contest, Standing};
use super::machine::Machine;
use super::peers::Peers;
use super::{folder, quick};

/// A finished benchmark.
pub(super) struct Report<'a> {
    /// Its name, also that of its place in the file.
    pub(super) name: &'a str,
    /// The columns that a contest's task fills.
    pub(super) task: &'a str,
    /// What a time is of.
    pub(super) unit: &'a str,
    /// What is said of the peers' work before the table.
    pub(super) conditions: &'a str,
}

impl Report<'_> {
    /// Prints the table, and puts it in the file in place of the last one.
    pub(super) fn publish(&self, peers: &Peers, finished: &[(Contest, Vec<Standing>)]) -> Result<(), String> {
        let rows: String =
            finished.iter().flat_map(|(contest, standings)| rows(contest, standings)).collect();
        let columns = format!("{} | peer | {} | lowest–highest | × Thalweg | note |", self.task, self.unit);
        let rule = "---|".repeat(columns.matches('|').count());
        let table = format!("{}\n\n{}\n\n| {columns}\n|{rule}\n{rows}", conditions(peers)?, self.conditions);
        put(self.name, &table)
    }
}

/// Prints the text, and puts it in the file in place of the last one of that name.
pub(super) fn put(name: &str, new: &str) -> Result<(), String> {
    println!("\n{new}");
    if quick() {
        return Ok(());
    }
    let file = folder().join("RESULTS.md");
    let shown = file.display();
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{shown}: {e}"))?;
    let text = replace(&text, name, new).ok_or(format!("{shown} has no place for {name}"))?;
    std::fs::write(&file, text).map_err(|e| format!("{shown}: {e}"))
}

fn rows(contest: &Contest, standings: &[Standing]) -> Vec<String> {
    let own = standings.first().map_or(f64::NAN, Standing::nanoseconds);
    let entries = contest.peers.iter().zip(standings);
    entries
        .map(|(peer, standing)| {
            let nanoseconds = standing.nanoseconds();
            let ratio = nanoseconds / own;
            let mut notes = Vec::from_iter((!peer.note.is_empty()).then(|| peer.note.clone()));
            if let Some(goal) = peer.goal {
                let reached = ratio >= goal;
                notes.push(format!("goal {goal}: {}", if reached { "reached" } else { "**missed**" }));
                if !reached || ratio < 1.0 {
                    notes.push(peer.limit.to_owned());
                }
            }
            let (low, high) = standing.range();
            let [nanoseconds, low, high] = [nanoseconds, low, high].map(digits);
            let [ratio, notes] = [digits(ratio), notes.join("; ")];
            format!(
                "| {} | {} | {nanoseconds} | {low}–{high} | {ratio} | {notes} |\n",
                contest.task, peer.name
            )
        })
        .collect()
}

/// Three significant digits.
pub(super) fn digits(number: f64) -> String {
    let decimals = (2 - number.abs().log10().floor() as i32).clamp(0, 3) as usize;
    format!("{number:.decimals$}")
}

/// A Markdown table whose columns are aligned in plain text too.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let length = |cell: &String| cell.chars().count();
    let widths: Vec<_> =
        (0..columns).map(|k| rows.iter().map(|row| length(&row[k])).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text += "|\n";
        if place == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text += "|\n";
        }
    }
    text
}

/// The rows, with the header, of the table that a benchmark has in the file.
pub(super) fn last_rows(name: &str) -> Result<Vec<Vec<String>>, String> {
    let file = folder().join("RESULTS.md");
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(rows_of(&text, name))
}

/// The cells of the table between a benchmark's markers.
fn rows_of(text: &str, name: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| *line != format!("<!-- {name}:begin -->"));
    let lines = lines.take_while(|line| *line != format!("<!-- {name}:end -->"));
    let rows = lines.filter(|line| line.starts_with("| "));
    let cells = |line: &str| {
        // A vertical bar within a cell has no space after it, or none before it.
        let inner = line.trim_start_matches("| ").trim_end_matches('|');
        inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// Date, machine, versions.
pub(super) fn conditions(peers: &Peers) -> Result<String, String> {
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output().map_err(|e| format!("date: {e}"))?;
    let date = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    Ok(format!("{date}. {}. {}.", Machine::read()?.describe(), peers.versions()?))
}

/// The text with what is between a benchmark's markers replaced.
fn replace(text: &str, name: &str, table: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{table}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = "a\n<!-- one:begin -->\nold\n<!-- one:end -->\nb\n<!-- two:begin -->\n<!-- two:end -->\n";
        let new = "a\n<!-- one:begin -->\nnew\n<!-- one:end -->\nb\n<!-- two:begin -->\n<!-- two:end -->\n";
        assert_eq!(replace(text, "one", "new\n").as_deref(), Some(new));
        assert_eq!(replace(text, "three", "new\n"), None);
    }

    #[test]
    fn three_digits_of_small_and_large_numbers_are_shown() {
        assert_eq!(
            [12345.6, 123.4, 12.34, 1.234, 0.1234].map(digits),
            ["12346", "123", "12.3", "1.23", "0.123"]
        );
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let rows = [["case", "goal"], ["wells", "max |g| is 1"], ["–", "reached"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let text = format!("| x | y |\n<!-- one:begin -->\n{}<!-- one:end -->\n| z | z |\n", table(&rows));
        assert_eq!(rows_of(&text, "one"), rows);
    }

    #[test]
    fn columns_of_a_table_are_aligned() {
        let rows = [["a", "b"], ["ccc", "÷"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "| a   | b |\n|-----|---|\n| ccc | ÷ |\n");
    }
}
