//! [`Set`]: which collection of test problems a landscape was added for, and each collection in its own order.

/// A collection of test problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Set {
    /// Functions that pictures and teaching use.
    Classic,
    /// The unconstrained problems of Moré, Garbow and Hillstrom.
    MoreGarbowHillstrom,
    /// The nonlinear regressions of NIST's Statistical Reference Datasets, the easier ones first.
    Nist,
    /// Constrained problems of Hock and Schittkowski, by number.
    HockSchittkowski,
}

/// The 35 problems of Moré, Garbow and Hillstrom in their order, with the dimensions that are customary where they leave a choice.
const MORE_GARBOW_HILLSTROM: [&str; 35] = [
    "rosenbrock",
    "freudenstein_roth",
    "powell_badly_scaled",
    "brown_badly_scaled",
    "beale",
    "jennrich_sampson",
    "helical_valley",
    "bard",
    "gaussian",
    "meyer",
    "gulf",
    "box3d",
    "powell_singular",
    "wood",
    "kowalik_osborne",
    "brown_dennis",
    "osborne1",
    "biggs_exp6",
    "osborne2",
    "watson",
    "rosenbrock(dim=10, variant=even)",
    "powell_singular(dim=12)",
    "penalty1",
    "penalty2",
    "variably_dimensioned",
    "trigonometric",
    "brown_almost_linear",
    "discrete_boundary_value",
    "discrete_integral_equation",
    "broyden_tridiagonal",
    "broyden_banded",
    "linear_full_rank",
    "linear_rank_one",
    "linear_rank_one_zeros",
    "chebyquad",
];

impl Set {
    /// All sets, in the order of [`entries`](crate::entries).
    pub const ALL: [Set; 4] = [Set::Classic, Set::MoreGarbowHillstrom, Set::Nist, Set::HockSchittkowski];

    /// The set's name, for headings.
    pub fn title(self) -> &'static str {
        match self {
            Set::Classic => "classic landscapes",
            Set::HockSchittkowski => "constrained problems of Hock and Schittkowski (1981)",
            Set::Nist => "nonlinear regressions of NIST (1999)",
            Set::MoreGarbowHillstrom => "unconstrained problems of Moré, Garbow and Hillstrom (1981)",
        }
    }

    /// The problems of the set in their published order, as [`Landscape::parse`](crate::Landscape::parse) reads them. A problem
    /// may be a landscape of another set: what is the same function is one landscape.
    ///
    /// ```
    /// use thalweg_landscape::{Landscape, Set};
    ///
    /// // Problem 7.
    /// let problem = Set::MoreGarbowHillstrom.problems()[7 - 1];
    /// assert_eq!(Landscape::parse(problem)?.start(), [-1.0, 0.0, 0.0]);
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    pub fn problems(self) -> Vec<&'static str> {
        match self {
            Set::MoreGarbowHillstrom => MORE_GARBOW_HILLSTROM.to_vec(),
            Set::Classic | Set::Nist | Set::HockSchittkowski => {
                crate::entries().iter().filter(|entry| entry.set == self).map(|entry| entry.name).collect()
            }
        }
    }
}
