//! Peers at the same task, run in turn.

use super::measurement::{Measurement, median, range};
use super::peers::{Peers, Program};

/// How closely peers must agree.
const TOLERANCE: f64 = 1e-9;

/// A peer in a contest.
#[derive(Clone)]
pub(super) struct Peer {
    /// The name in the table.
    pub(super) name: &'static str,
    pub(super) program: Program,
    pub(super) arguments: Vec<String>,
    /// How many times Thalweg's time its time should be, at least.
    pub(super) goal: Option<f64>,
    /// What is said of it in any case.
    pub(super) note: String,
    /// What is said if the goal is missed or Thalweg is not ahead.
    pub(super) limit: &'static str,
}

/// Peers at the same task; the first is Thalweg.
pub(super) struct Contest {
    /// The task's cells in the table.
    pub(super) task: String,
    pub(super) threads: usize,
    pub(super) rounds: usize,
    pub(super) peers: Vec<Peer>,
}

/// A peer's times, one for each round, in nanoseconds.
pub(super) struct Standing(Vec<f64>);

impl Contest {
    /// Runs all peers, round after round.
    ///
    /// # Errors
    /// A peer fails, or its numbers are not Thalweg's.
    pub(super) fn run(&self, peers: &Peers) -> Result<Vec<Standing>, String> {
        let mut standings: Vec<Standing> = self.peers.iter().map(|_| Standing(Vec::new())).collect();
        let mut own: Option<Measurement> = None;
        for round in 1..=self.rounds {
            for (peer, standing) in self.peers.iter().zip(&mut standings) {
                let measurement = peers.measure(peer.program, &peer.arguments, self.threads)?;
                standing.0.push(measurement.nanoseconds());
                eprintln!("{} | {round} | {} | {:.2} ns", self.task, peer.name, measurement.nanoseconds());
                let own = own.get_or_insert_with(|| measurement.clone());
                if !own.agrees_with(&measurement, TOLERANCE) {
                    let (expected, found) = (&own.check, &measurement.check);
                    return Err(format!(
                        "{}: {} found {found:?}, Thalweg {expected:?}",
                        self.task, peer.name
                    ));
                }
            }
        }
        Ok(standings)
    }
}

impl Standing {
    /// The median.
    pub(super) fn nanoseconds(&self) -> f64 {
        median(self.0.clone())
    }

    /// The lowest and the highest time.
    pub(super) fn range(&self) -> (f64, f64) {
        range(&self.0)
    }
}
