//! "Did you mean": the nearest known name to a misspelt one.

use crate::SpecError;

/// The candidate nearest to `name`, if it is near enough to be a slip of the fingers.
///
/// Nearness is the Damerau–Levenshtein distance (restricted form); a third of the length, at least one and at most
/// three, may be wrong. A name that the candidate starts with, or the reverse, also counts.
///
/// ```
/// assert_eq!(thalweg_spec::suggest("rosenbrok", ["ackley", "rosenbrock"]), Some("rosenbrock"));
/// assert_eq!(thalweg_spec::suggest("xyz", ["ackley", "rosenbrock"]), None);
/// ```
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let d = distance(&name, candidate);
            let prefix = name.len() >= 3 && (candidate.starts_with(&name) || name.starts_with(candidate));
            (d <= allowed || prefix).then_some((d, candidate))
        })
        .min_by_key(|&(d, _)| d)
        .map(|(_, candidate)| candidate)
}

/// The error for a name that is not in the list, with the nearest one as a suggestion.
pub fn unknown_name(kind: &str, name: &str, known: &[&str]) -> SpecError {
    SpecError::UnknownName {
        kind: kind.to_owned(),
        name: name.to_owned(),
        suggestion: suggest(name, known.iter().copied()).map(str::to_owned),
        known: known.join(", "),
    }
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 8 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substitute = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitute.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
