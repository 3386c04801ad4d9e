//! What came of runs on test problems: who solved which, with how many evaluations, as tables.

use std::fmt::Write;

use serde_json::Value;

use super::measurement::median;
use super::report::{digits, table};

/// Whose methods stand side by side. The first is Thalweg.
pub(super) const LIBRARIES: [&str; 3] = ["Thalweg", "SciPy", "basin"];

/// One method by its name in each library, empty where a library has none.
pub(super) type Method = [&'static str; LIBRARIES.len()];

/// What is said of the end of a run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Verdict {
    /// The published minimum.
    Solved,
    /// Another known one.
    Other,
    Failed,
}

/// The end of a run.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) verdict: Verdict,
    /// Whether the method says that it has converged.
    claims: bool,
    end: String,
    value: String,
    gradients: u64,
    /// Those before the value at the end's minimum was first asked for.
    needed: u64,
}

impl Run {
    /// Reads `{"problem", "method", "verdict", "claims", "end", "value", "gradients", "products", "needed", …}`: problem, method, run.
    fn read(line: &str) -> Result<(String, String, Run), String> {
        let value: Value = serde_json::from_str(line).map_err(|e| format!("{e} in {line:?}"))?;
        let text =
            |key: &str| value[key].as_str().map(str::to_owned).ok_or(format!("no text {key} in {line:?}"));
        let count = |key: &str| value[key].as_u64().ok_or(format!("no count {key} in {line:?}"));
        let verdict = match text("verdict")?.as_str() {
            "solved" => Verdict::Solved,
            "other" => Verdict::Other,
            "failed" => Verdict::Failed,
            _ => return Err(format!("no verdict in {line:?}")),
        };
        let gradients = count("gradients")? + count("products")?;
        let run = Run {
            verdict,
            claims: value["claims"].as_bool().ok_or(format!("no truth claims in {line:?}"))?,
            end: text("end")?,
            value: text("value")?,
            gradients,
            // A minimum that no value was asked for at is seen by the last gradient.
            needed: value["needed"].as_u64().unwrap_or(gradients),
        };
        Ok((text("problem")?, text("method")?, run))
    }

    /// The count, marked where the run has not found the published minimum.
    fn cell(&self) -> String {
        let mark = match (self.verdict, self.claims) {
            (Verdict::Solved, _) => "",
            (Verdict::Other, _) => "*",
            (Verdict::Failed, false) => "!",
            (Verdict::Failed, true) => "!!",
        };
        format!("{}{mark}", self.gradients)
    }
}

/// All runs on the problems of a set.
pub(super) struct Runs {
    methods: &'static [Method],
    pub(super) problems: Vec<String>,
    /// For each problem and each method what came of it in each library.
    all: Vec<Vec<[Option<Run>; LIBRARIES.len()]>>,
}

impl Runs {
    pub(super) fn new(methods: &'static [Method]) -> Self {
        Runs { methods, problems: Vec::new(), all: Vec::new() }
    }

    /// Takes up what a library's program printed.
    ///
    /// # Errors
    /// A line that is no run of one of the methods.
    pub(super) fn take_up(&mut self, library: usize, printed: &str) -> Result<(), String> {
        for line in printed.lines() {
            let (problem, method, run) = Run::read(line)?;
            if !self.methods.iter().any(|names| names[library] == method) {
                return Err(format!("no method {method:?}"));
            }
            let row = self.problems.iter().position(|known| *known == problem).unwrap_or_else(|| {
                self.problems.push(problem);
                self.all.push(vec![[const { None }; LIBRARIES.len()]; self.methods.len()]);
                self.problems.len() - 1
            });
            for (names, runs) in self.methods.iter().zip(&mut self.all[row]) {
                if names[library] == method {
                    runs[library] = Some(run.clone());
                }
            }
        }
        Ok(())
    }

    /// The problem's runs by Thalweg's methods.
    pub(super) fn own(&self, problem: usize) -> impl Iterator<Item = (&'static str, &Run)> {
        let methods = self.methods.iter().zip(&self.all[problem]);
        methods.filter_map(|(names, runs)| Some((names[0], runs[0].as_ref()?)))
    }

    fn column(&self, method: usize, library: usize) -> impl Iterator<Item = &Run> {
        self.all.iter().filter_map(move |row| row[method][library].as_ref())
    }

    /// A count of a method's runs in a library, and of Thalweg's, on the problems that both solve.
    fn beside(&self, method: usize, library: usize, count: fn(&Run) -> u64) -> (Vec<f64>, Vec<f64>) {
        let solved = |run: &Option<Run>| {
            run.as_ref().filter(|run| run.verdict == Verdict::Solved).map(|run| count(run) as f64)
        };
        self.all
            .iter()
            .filter_map(|row| Some((solved(&row[method][library])?, solved(&row[method][0])?)))
            .unzip()
    }

    /// A row for each method in each library.
    pub(super) fn summary(&self) -> String {
        let header = [
            "method",
            "library",
            "solved",
            "other minima",
            "false claims",
            "both solve",
            "gradients, median",
            "in all",
            "× Thalweg",
            "until there, median",
            "× Thalweg",
            "goal",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for (method, names) in self.methods.iter().enumerate() {
            for (library, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                rows.push(self.summary_row(method, library, name));
            }
        }
        table(&rows)
    }

    fn summary_row(&self, method: usize, library: usize, name: &str) -> Vec<String> {
        let count = |wanted: fn(&Run) -> bool| self.column(method, library).filter(|run| wanted(run)).count();
        let mut cells = vec![
            name.to_owned(),
            LIBRARIES[library].to_owned(),
            format!("{} of {}", count(|run| run.verdict == Verdict::Solved), count(|_| true)),
            count(|run| run.verdict == Verdict::Other).to_string(),
            count(|run| run.verdict == Verdict::Failed && run.claims).to_string(),
        ];
        let (theirs, own) = self.beside(method, library, |run| run.gradients);
        let (their_way, own_way) = self.beside(method, library, |run| run.needed);
        let (their_way, own_way) = (median(their_way), median(own_way));
        let both = own.len();
        let (in_all, own_in_all) = (theirs.iter().sum::<f64>(), own.iter().sum::<f64>());
        let (theirs, own) = (median(theirs), median(own));
        if library == 0 {
            let dash = || "–".to_owned();
            let [own, in_all, way] = [own, own_in_all, own_way].map(|count| format!("{count:.0}"));
            cells.extend([dash(), own, in_all, dash(), way, dash(), dash()]);
            return cells;
        }
        cells.extend([
            both.to_string(),
            format!("{theirs:.0} ({own:.0})"),
            format!("{in_all:.0} ({own_in_all:.0})"),
            digits(theirs / own),
            format!("{their_way:.0} ({own_way:.0})"),
            digits(their_way / own_way),
        ]);
        let goal = match LIBRARIES[library] {
            "SciPy" if theirs >= own => "at most SciPy's: reached",
            "SciPy" if their_way >= own_way => "at most SciPy's: **missed**, until there reached",
            "SciPy" => "at most SciPy's: **missed**",
            _ => "–",
        };
        cells.push(goal.to_owned());
        cells
    }

    /// A row for each problem, with a column for each method.
    pub(super) fn each(&self) -> String {
        let used = |names: &Method| names.iter().filter(|name| !name.is_empty()).copied().collect::<Vec<_>>();
        let header = self.methods.iter().map(|names| used(names).join(" / "));
        let mut rows = vec![["problem".to_owned()].into_iter().chain(header).collect::<Vec<_>>()];
        for (problem, runs) in self.problems.iter().zip(&self.all) {
            let cell = |(names, runs): (&Method, &[Option<Run>; LIBRARIES.len()])| {
                let there = names.iter().zip(runs).filter(|(name, _)| !name.is_empty());
                let cells = there.map(|(_, run)| run.as_ref().map_or("–".to_owned(), Run::cell));
                cells.collect::<Vec<_>>().join(" / ")
            };
            let cells = self.methods.iter().zip(runs).map(cell);
            rows.push([problem.clone()].into_iter().chain(cells).collect());
        }
        table(&rows)
    }

    /// Of each method the problems that it has not solved, why the runs ended, and at which value.
    pub(super) fn unsolved(&self) -> String {
        let mut text = String::new();
        for (method, names) in self.methods.iter().enumerate() {
            for (library, name) in names.iter().enumerate() {
                let runs = self.problems.iter().zip(&self.all);
                let failed = runs.filter_map(|(problem, row)| {
                    let run = row[method][library].as_ref().filter(|run| run.verdict == Verdict::Failed)?;
                    Some(format!("{problem} ({}, {})", run.value, run.end))
                });
                let failed: Vec<_> = failed.collect();
                if !failed.is_empty() {
                    let _ = writeln!(text, "- *{name}* ({}): {}.", LIBRARIES[library], failed.join("; "));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: &[Method] = &[["lbfgs", "L-BFGS-B", ""], ["sr1", "", ""]];

    fn line(problem: &str, method: &str, verdict: &str, claims: bool, gradients: u64) -> String {
        format!(
            r#"{{"problem": "{problem}", "method": "{method}", "verdict": "{verdict}", "claims": {claims}, "end": "why", "value": "1e0", "gradients": {gradients}, "products": 1, "needed": {}}}"#,
            gradients / 2
        )
    }

    fn runs() -> Runs {
        let mut runs = Runs::new(METHODS);
        let own = [
            ("a", "solved", true, 9),
            ("b", "failed", true, 99),
            ("c", "solved", false, 19),
            ("d", "other", true, 5),
        ];
        let theirs = [("a", "solved", 19), ("b", "solved", 9), ("c", "solved", 39), ("d", "failed", 5)];
        let own = own.map(|(problem, verdict, claims, count)| line(problem, "lbfgs", verdict, claims, count));
        let theirs = theirs.map(|(problem, verdict, count)| line(problem, "L-BFGS-B", verdict, false, count));
        runs.take_up(0, &own.join("\n")).unwrap();
        runs.take_up(1, &theirs.join("\n")).unwrap();
        runs
    }

    #[test]
    fn medians_and_totals_are_over_the_problems_that_both_solve() {
        let runs = runs();
        assert_eq!(
            runs.summary_row(0, 1, "L-BFGS-B"),
            [
                "L-BFGS-B",
                "SciPy",
                "3 of 4",
                "0",
                "0",
                "2",
                "40 (20)",
                "60 (30)",
                "2.00",
                "19 (9)",
                "2.11",
                "at most SciPy's: reached"
            ]
        );
        assert_eq!(runs.summary_row(0, 0, "lbfgs")[2..5], ["2 of 4", "1", "1"]);
    }

    #[test]
    fn a_cell_says_what_came_of_each_library() {
        let table = runs().each();
        let row =
            |problem: &str| table.lines().find(|line| line.starts_with(&format!("| {problem} "))).unwrap();
        assert!(
            row("a").contains("10 / 20 ")
                && row("b").contains("100!! / 10 ")
                && row("d").contains("6* / 6! ")
        );
        assert_eq!(
            runs().unsolved(),
            "- *lbfgs* (Thalweg): b (1e0, why).\n- *L-BFGS-B* (SciPy): d (1e0, why).\n"
        );
    }

    #[test]
    fn a_method_that_nobody_asked_for_is_an_error() {
        assert!(runs().take_up(0, &line("a", "adam", "solved", true, 1)).is_err());
    }
}
