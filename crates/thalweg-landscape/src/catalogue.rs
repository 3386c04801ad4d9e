//! The list of landscapes.

use std::sync::LazyLock;

use thalweg_spec::{Call, SpecError};

use crate::family::{ackley, bowl, polynomial, quadratic, rastrigin, rosenbrock, wells};
use crate::landscape::Parts;
use crate::more::{banded, fits, four, gulf, linear, many, penalty, three, two};
use crate::set::Set;
use crate::{hock_schittkowski, nist};

/// One line of the catalogue.
#[derive(Debug, Clone, Copy)]
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
    /// The set of test problems that it was added for.
    pub set: Set,
    pub(crate) build: fn(&Call) -> Result<Parts, SpecError>,
}

/// The landscapes that are a formula each.
const FORMULAS: [Entry; 41] = [
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
    two::FREUDENSTEIN_ROTH,
    two::POWELL_BADLY_SCALED,
    two::BROWN_BADLY_SCALED,
    two::JENNRICH_SAMPSON,
    three::HELICAL_VALLEY,
    three::BARD,
    three::GAUSSIAN,
    three::MEYER,
    gulf::GULF,
    three::BOX3D,
    four::POWELL_SINGULAR,
    four::WOOD,
    four::KOWALIK_OSBORNE,
    four::BROWN_DENNIS,
    fits::OSBORNE1,
    fits::BIGGS_EXP6,
    fits::OSBORNE2,
    fits::WATSON,
    penalty::PENALTY1,
    penalty::PENALTY2,
    penalty::VARIABLY_DIMENSIONED,
    many::TRIGONOMETRIC,
    many::BROWN_ALMOST_LINEAR,
    banded::DISCRETE_BOUNDARY_VALUE,
    banded::DISCRETE_INTEGRAL_EQUATION,
    banded::BROYDEN_TRIDIAGONAL,
    banded::BROYDEN_BANDED,
    linear::LINEAR_FULL_RANK,
    linear::LINEAR_RANK_ONE,
    linear::LINEAR_RANK_ONE_ZEROS,
    many::CHEBYQUAD,
];

/// All landscapes, the simple ones first.
///
/// ```
/// for entry in thalweg_landscape::entries() {
///     println!("{:<50} {}", entry.signature, entry.summary);
/// }
/// ```
pub fn entries() -> &'static [Entry] {
    static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        FORMULAS.into_iter().chain(nist::ENTRIES).chain(hock_schittkowski::entries()).collect()
    });
    &ENTRIES
}
