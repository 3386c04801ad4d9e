//! [`Uses`]: which values are read again, and when.

use std::ops::Range;

use super::action::Action;
use super::places::Places;

/// When the values that an action touches are read again within its segment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Uses {
    pub(super) operands: [Option<usize>; 3],
    pub(super) target: Option<usize>,
    /// Whether the target's value is read behind the segment.
    pub(super) escapes: bool,
}

/// The uses of each action; of places there are `count`.
pub(super) fn uses(
    actions: &[Action],
    segments: &[Range<usize>],
    places: &Places,
    count: usize,
) -> Vec<Uses> {
    let mut uses = vec![Uses::default(); actions.len()];
    // The next action that reads each place, and the last one that reads its present value.
    let mut next: Vec<Option<usize>> = vec![None; count];
    let mut last: Vec<Option<usize>> = vec![None; count];
    let mut segments = segments.iter().rev().peekable();
    for (k, action) in actions.iter().enumerate().rev() {
        while segments.next_if(|segment| segment.start > k).is_some() {}
        let end = segments.peek().filter(|segment| segment.contains(&k)).map_or(k + 1, |segment| segment.end);
        let here = |read: Option<usize>| read.filter(|&at| at < end);
        if !action.is_compare() {
            let target = action.target as usize;
            let is_result = action.target < places.first_slot;
            uses[k].escapes = is_result || last[target].is_some_and(|at| at >= end);
            uses[k].target = here(next[target].take());
            last[target] = None;
        }
        for (operand, &place) in uses[k].operands.iter_mut().zip(&action.operands) {
            *operand = here(next.get(place as usize).copied().flatten());
        }
        for &place in action.reads() {
            next[place as usize] = Some(k);
            last[place as usize].get_or_insert(k);
        }
    }
    uses
}
