//! Looking everywhere: starts spread over a box, the distinct minima that runs from them have found, and basin hopping.
//!
//! A global search is made of three parts that know nothing of each other: [`Sampling`] spreads starts over a box, any run goes down from
//! each ([`minimize_many`](crate::minimize_many) all at once, [`minimize_each`](crate::minimize_each) one by one for functions that are not traced), and
//! [`Minima`] says which of the ends are the same. [`basin_hopping`] goes from minimum to minimum instead;
//! [`grid_search`](crate::grid_search) looks at every point of a grid.
//!
//! How a single run goes down never lives here.

mod hopping;
mod minima;
mod sampling;
mod sobol;

pub use hopping::{BasinHopping, Hop, Hopping, basin_hopping, basin_hopping_observed};
pub use minima::{Closeness, LocalMinimum, Minima};
pub use sampling::Sampling;

/// Which draw of `Purpose::Starts` a random number belongs to: the step of its counter.
mod draw {
    /// Words that shift Sobol's points.
    pub(super) const SHIFT: u64 = 1;
    /// The order of the strata of a Latin hypercube.
    pub(super) const ORDER: u64 = 2;
    /// The place within a stratum.
    pub(super) const PLACE: u64 = 3;
    /// The first of the hops.
    pub(super) const HOPS: u64 = 16;
}
