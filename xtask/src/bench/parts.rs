//! Programs that print a line for each of several parts of their work: what all peers found of a part.

use super::measurement::{Measurement, Part, median, range};
use super::report::digits;

/// One peer's measurements of one part, a round each; or why there are none.
pub(super) type Outcome = Result<Vec<Measurement>, String>;

/// A part of the work, as all peers did it, in their order; the first is Thalweg.
pub(super) struct Row {
    pub(super) part: String,
    pub(super) outcomes: Vec<Outcome>,
}

/// Takes up what one of `peers` peers printed in one round.
///
/// # Errors
/// A line that is not a part.
pub(super) fn take_up(
    rows: &mut Vec<Row>,
    printed: &str,
    peer: usize,
    peers: usize,
    threads: usize,
) -> Result<(), String> {
    for line in printed.lines() {
        let part = Part::read(line, threads)?;
        let at = rows.iter().position(|row| row.part == part.name).unwrap_or_else(|| {
            let outcomes = (0..peers).map(|_| Ok(Vec::new())).collect();
            rows.push(Row { part: part.name.clone(), outcomes });
            rows.len() - 1
        });
        match (&mut rows[at].outcomes[peer], part.outcome) {
            (Ok(before), Ok(measurement)) => before.push(measurement),
            (outcome, Err(reason)) => *outcome = Err(reason),
            (Err(_), Ok(_)) => {}
        }
    }
    Ok(())
}

fn nanoseconds(outcome: &Outcome) -> Option<f64> {
    let times = outcome.as_ref().ok()?.iter().map(Measurement::nanoseconds).collect();
    Some(median(times)).filter(|time| time.is_finite())
}

impl Row {
    /// That all measurements found the same numbers.
    ///
    /// # Errors
    /// What differs.
    pub(super) fn agree(&self, names: &[&str], tolerance: f64) -> Result<(), String> {
        let all = self
            .outcomes
            .iter()
            .zip(names)
            .filter_map(|(outcome, peer)| Some((outcome.as_ref().ok()?, peer)));
        let mut all = all.flat_map(|(measurements, peer)| measurements.iter().map(move |m| (m, peer)));
        let Some((first, one)) = all.next() else { return Ok(()) };
        match all.find(|(other, _)| !first.agrees_with(other, tolerance)) {
            None => Ok(()),
            Some((other, peer)) => Err(format!(
                "{}, n = {}: {peer} found {:?}, {one} {:?}",
                self.part, first.n, other.check, first.check
            )),
        }
    }

    /// A peer's time in nanoseconds.
    pub(super) fn time(&self, peer: usize) -> Option<f64> {
        nanoseconds(self.outcomes.get(peer)?)
    }

    /// Thalweg's time in nanoseconds.
    pub(super) fn own(&self) -> Option<f64> {
        self.time(0)
    }

    pub(super) fn own_cell(&self) -> String {
        let times = self.outcomes[0].as_ref().map(|all| all.iter().map(Measurement::nanoseconds).collect());
        match times {
            Err(reason) => reason.clone(),
            Ok(times) => {
                let times: Vec<f64> = times;
                let (low, high) = range(&times);
                format!("{}, {}–{}", digits(median(times)), digits(low), digits(high))
            }
        }
    }

    pub(super) fn peer_cell(&self, peer: usize) -> String {
        match (&self.outcomes[peer], self.time(peer), self.own()) {
            (Err(reason), ..) => reason.clone(),
            (_, Some(time), Some(own)) => format!("{} ({}×)", digits(time), digits(time / own)),
            (_, Some(time), None) => digits(time),
            (_, None, _) => "–".to_owned(),
        }
    }

    /// The fraction of the machine's limit that Thalweg reaches.
    pub(super) fn of_the_floor(&self) -> Option<f64> {
        let all = self.outcomes[0].as_ref().ok()?;
        let fractions: Option<Vec<f64>> = all.iter().map(|one| Some(one.floor? / one.seconds)).collect();
        fractions.map(median).filter(|fraction| fraction.is_finite())
    }
}
