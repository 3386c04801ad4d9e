//! Which parameters belong together: all of a problem, a leaf, a row of a matrix, the inputs of an output. A number for each such
//! group of each problem is element `group · lanes + problem` of a vector.

use std::ops::Range;
use std::sync::Arc;

use super::Problem;
use crate::{Layout, Leaf};

/// What makes a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// All parameters of a problem.
    Problem,
    /// Those of a leaf.
    Leaf,
    /// The rows of leaves with two axes or more, all axes but the first in one; others belong to no group.
    Rows,
    /// Those that one output of a layer depends on, outputs along the first axis; a vector is one group.
    FirstAxis,
    /// The same with outputs along the last axis, or all but the first of two or three.
    LastAxis,
}

/// A leaf's groups.
#[derive(Debug, Clone)]
struct Part {
    /// Its parameters.
    params: Range<usize>,
    kind: Kind,
    /// The number of its first group.
    first: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// So many neighbours are a group.
    Runs(usize),
    /// Every so many-th parameter is of the same group.
    Columns(usize),
}

/// A problem's groups, in order.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    parts: Arc<[Part]>,
    pub(crate) lanes: usize,
    /// Parameters of each.
    sizes: Arc<[usize]>,
}

/// What a group consists of.
pub(crate) enum Members {
    /// Neighbours.
    Run(Range<usize>),
    /// All groups of a leaf at once, whose parameters take turns.
    Columns { params: Range<usize>, groups: Range<usize> },
}

impl Groups {
    pub(crate) fn new(problem: &Problem, unit: Unit) -> Self {
        let layout: &Layout = &problem.layout;
        let (mut parts, mut sizes) = (Vec::new(), Vec::new());
        let mut add = |params: Range<usize>, kind| {
            let first = sizes.len();
            let (count, size) = match kind {
                Kind::Runs(run) => (params.len() / run, run),
                Kind::Columns(count) => (count, params.len() / count),
            };
            sizes.extend(std::iter::repeat_n(size, count));
            parts.push(Part { params, kind, first });
        };
        if unit == Unit::Problem {
            if problem.shape.dim > 0 {
                add(0..problem.shape.dim, Kind::Runs(problem.shape.dim));
            }
        } else {
            for leaf in layout.leaves().iter().filter(|leaf| !leaf.range.is_empty()) {
                if let Some(kind) = kind(leaf, unit) {
                    add(leaf.range.clone(), kind);
                }
            }
        }
        Groups { parts: parts.into(), lanes: problem.shape.lanes, sizes: sizes.into() }
    }

    /// Parameters of each group.
    pub(crate) fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Whether every group consists of neighbours.
    pub(crate) fn are_runs(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.kind, Kind::Runs(_)))
    }

    /// All groups, with the number of the first one each time.
    pub(crate) fn members(&self) -> impl Iterator<Item = (usize, Members)> + '_ {
        self.parts.iter().flat_map(|part| {
            let Part { params, kind, first } = part.clone();
            let count = match kind {
                Kind::Runs(run) => params.len() / run,
                Kind::Columns(_) => 1,
            };
            (0..count).map(move |i| match kind {
                Kind::Runs(run) => {
                    (first + i, Members::Run(params.start + i * run..params.start + (i + 1) * run))
                }
                Kind::Columns(columns) => {
                    (first, Members::Columns { params: params.clone(), groups: first..first + columns })
                }
            })
        })
    }

    /// Goes through a range of elements, piece by piece. With each piece goes a range of numbers of groups and problems, which stand
    /// for its elements in turn, beginning with the one at the place that is given.
    #[inline]
    pub(crate) fn each(
        &self,
        elements: Range<usize>,
        mut work: impl FnMut(Range<usize>, usize, Range<usize>),
    ) {
        let lanes = self.lanes;
        let before = self.parts.partition_point(|part| part.params.end * lanes <= elements.start);
        for part in &self.parts[before..] {
            let origin = part.params.start * lanes;
            let (mut at, end) = (origin.max(elements.start), (part.params.end * lanes).min(elements.end));
            if at >= end {
                return;
            }
            match part.kind {
                Kind::Columns(columns) => {
                    let numbers = part.first * lanes..(part.first + columns) * lanes;
                    work(at..end, (at - origin) % numbers.len(), numbers);
                }
                Kind::Runs(run) => {
                    let run = run * lanes;
                    while at < end {
                        let within = (at - origin) / run;
                        let until = end.min(origin + (within + 1) * run);
                        let number = (part.first + within) * lanes;
                        work(at..until, at % lanes, number..number + lanes);
                        at = until;
                    }
                }
            }
        }
    }
}

/// How a leaf is divided, if it is.
fn kind(leaf: &Leaf, unit: Unit) -> Option<Kind> {
    let (size, shape) = (leaf.range.len(), &leaf.shape);
    let vector = shape.iter().filter(|axis| **axis != 1).count() <= 1;
    let row = size / shape.first().copied().unwrap_or(1);
    match unit {
        Unit::Rows => leaf.is_matrix().then_some(Kind::Runs(row)),
        Unit::FirstAxis if !vector => Some(Kind::Runs(row)),
        Unit::LastAxis if !vector && shape.len() <= 3 => Some(Kind::Columns(row)),
        Unit::LastAxis if !vector => Some(Kind::Columns(shape[shape.len() - 1])),
        _ => Some(Kind::Runs(size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::Shape;

    fn problem(parts: &[(&str, Vec<usize>)], lanes: usize) -> Problem {
        let layout = Layout::new(parts.iter().cloned());
        Problem { shape: Shape::new(layout.len(), lanes).unwrap(), layout: layout.into(), first: 0 }
    }

    /// For every element the number of its group and problem, found block by block.
    fn numbers(groups: &Groups, size: usize, block: usize) -> Vec<Option<usize>> {
        let mut found = vec![None; size];
        for at in (0..size).step_by(block) {
            groups.each(at..size.min(at + block), |elements, phase, numbers| {
                for (i, e) in elements.enumerate() {
                    assert_eq!(found[e], None);
                    found[e] = Some(numbers.start + (phase + i) % numbers.len());
                }
            });
        }
        found
    }

    /// The group of a parameter.
    type GroupOf = fn(usize) -> Option<usize>;

    #[test]
    fn every_element_belongs_to_the_group_that_its_indices_say() {
        let parts = [
            ("empty", vec![0, 3]),
            ("scalar", vec![]),
            ("kernel", vec![2, 2, 3, 2]),
            ("matrix", vec![3, 4]),
            ("nothing", vec![0]),
            ("bias", vec![5]),
        ];
        let expected: &[(Unit, GroupOf)] = &[
            (Unit::Problem, |_| Some(0)),
            (Unit::Leaf, |p| Some(usize::from(p >= 1) + usize::from(p >= 25) + usize::from(p >= 37))),
            (Unit::Rows, |p| match p {
                1..25 => Some((p - 1) / 12),
                25..37 => Some(2 + (p - 25) / 4),
                _ => None,
            }),
            (Unit::FirstAxis, |p| match p {
                0 => Some(0),
                1..25 => Some(1 + (p - 1) / 12),
                25..37 => Some(3 + (p - 25) / 4),
                _ => Some(6),
            }),
            (Unit::LastAxis, |p| match p {
                0 => Some(0),
                1..25 => Some(1 + (p - 1) % 2),
                25..37 => Some(3 + (p - 25) % 4),
                _ => Some(7),
            }),
        ];
        for lanes in [1, 3] {
            let problem = problem(&parts, lanes);
            for &(unit, group) in expected {
                let groups = Groups::new(&problem, unit);
                let expected: Vec<Option<usize>> =
                    (0..42 * lanes).map(|e| group(e / lanes).map(|g| g * lanes + e % lanes)).collect();
                for block in [1, 5, 7, 1000] {
                    assert_eq!(numbers(&groups, 42 * lanes, block), expected, "{unit:?}, {lanes}, {block}");
                }
                let mut sizes = vec![0; groups.sizes().len()];
                (0..42).filter_map(group).for_each(|g| sizes[g] += 1);
                assert_eq!(groups.sizes(), sizes, "{unit:?}");
            }
        }
    }
}
