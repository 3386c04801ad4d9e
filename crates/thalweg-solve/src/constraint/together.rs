//! What bounds and sets are together.

use super::{Bounds, Constraint, Intersection};
use crate::SolveError;

/// The bounds and all sets among the constraints as one set, if there are any: boxes make a box, other convex sets with it their
/// intersection, in which the box is kept exactly.
///
/// # Errors
/// Boxes that have no point in common; a set that is not convex together with another.
pub(crate) fn together(
    bounds: Option<&Bounds>,
    constraints: &[Constraint],
) -> Result<Option<Constraint>, SolveError> {
    let mut edges = bounds.cloned();
    let mut sets = Vec::new();
    for constraint in constraints.iter().filter(|constraint| constraint.is_set()) {
        let own = match constraint {
            Constraint::Box(bounds) => bounds.clone(),
            Constraint::Nonnegative => Bounds::all(0.0, f64::INFINITY)?,
            other => {
                sets.push(other.clone());
                continue;
            }
        };
        edges = Some(match edges {
            Some(edges) => edges.meet(&own)?,
            None => own,
        });
    }
    sets.extend(edges.map(Constraint::Box));
    if sets.len() < 2 {
        return Ok(sets.pop());
    }
    if let Some(odd) = sets.iter().position(|set| !set.is_convex()) {
        let second = sets[odd].name();
        let first = match &sets[usize::from(odd == 0)] {
            Constraint::Box(_) if bounds.is_some() => "bounds",
            other => other.name(),
        };
        return Err(SolveError::Conflict { first, second });
    }
    Ok(Some(Constraint::Intersection(Intersection::of(sets))))
}
