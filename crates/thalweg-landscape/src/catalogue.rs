//! The list of landscapes.

use thalweg_spec::{Call, SpecError};

use crate::family::{ackley, bowl, polynomial, quadratic, rastrigin, rosenbrock, wells};
use crate::landscape::Parts;

/// One line of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// The name, as in [`Landscape::parse`](crate::Landscape::parse).
    pub name: &'static str,
    /// The name with all options and their defaults; parses to the default landscape.
    pub signature: &'static str,
    /// The formula.
    pub formula: &'static str,
    /// What makes it worth minimising.
    pub summary: &'static str,
    /// Where it was published.
    pub source: &'static str,
    pub(crate) build: fn(&Call) -> Result<Parts, SpecError>,
}

static ENTRIES: [Entry; 10] = [
    bowl::SPHERE,
    bowl::ELLIPSE,
    bowl::SADDLE,
    quadratic::QUADRATIC,
    rosenbrock::ROSENBROCK,
    polynomial::BEALE,
    polynomial::HIMMELBLAU,
    rastrigin::RASTRIGIN,
    ackley::ACKLEY,
    wells::WELLS,
];

/// All landscapes, the simple ones first.
///
/// ```
/// for entry in thalweg_landscape::entries() {
///     println!("{:<50} {}", entry.signature, entry.summary);
/// }
/// ```
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}
