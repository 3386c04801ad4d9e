//! What hyperparameters are: the types that they may have, and what is done with each of them by a visitor.

use super::{Range, WHOLE};
use crate::Schedule;

/// A hyperparameter's name, and what is asked of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) key: &'static str,
    pub(crate) need: Need,
    /// Of each of its numbers, where it has some that may be any.
    pub(crate) range: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Optional,
    Required,
}

impl Place {
    /// Of a struct's field, with the last of the ranges.
    pub(crate) fn of(field: &'static str, need: Need, ranges: &[Range]) -> Self {
        Place { key: field.trim_start_matches("r#"), need, range: ranges[ranges.len() - 1] }
    }

    /// Whether numbers may be there; the problem, worded, if not.
    pub(super) fn holds(&self, number: f64) -> Result<(), String> {
        let Range { wanted, holds } = self.range;
        if holds(number) {
            Ok(())
        } else {
            Err(format!("must be {wanted}, found {}", thalweg_spec::Number(number)))
        }
    }

    /// As [`holds`](Place::holds), of whole numbers.
    pub(super) fn holds_whole(&self, number: f64) -> Result<(), String> {
        Place { range: Range { wanted: self.range.wanted, ..WHOLE }, ..*self }.holds(number)?;
        self.holds(number)
    }

    /// Whether all of a list may be there; the problem, worded, if not.
    pub(super) fn holds_each(&self, numbers: &[f64]) -> Result<(), String> {
        let Range { wanted, .. } = self.range;
        numbers.iter().try_for_each(|number| {
            let found = thalweg_spec::Number(*number);
            self.holds(*number)
                .map_err(|_| format!("must be a list of numbers, each {wanted}, found {found}"))
        })
    }
}

/// A hyperparameter's value, to be read or written. `None` is left out.
pub(crate) enum Held<'a> {
    Number(&'a mut f64),
    NumberOrNone(&'a mut Option<f64>),
    /// A whole number from 0.
    Whole(&'a mut u64),
    Numbers(&'a mut Vec<f64>),
    Schedule(&'a mut Schedule),
    ScheduleOrNone(&'a mut Option<Schedule>),
    Schedules(&'a mut Vec<Schedule>),
    Flag(&'a mut bool),
    /// One of the names beside it.
    Choice(&'a mut &'static str, &'static [&'static str]),
    /// Text that is not empty.
    Text(&'a mut String),
    TextOrNone(&'a mut Option<String>),
    /// A list of finite numbers.
    ListOrNone(&'a mut Option<Vec<f64>>),
    /// A square matrix of finite numbers, by rows.
    MatrixOrNone(&'a mut Option<Vec<Vec<f64>>>),
    /// Rows of three finite numbers, at least one.
    Triples(&'a mut Vec<[f64; 3]>),
}

/// Does something to every hyperparameter.
pub(crate) trait Visitor {
    type Error;
    fn visit(&mut self, place: Place, held: Held<'_>) -> Result<(), Self::Error>;
}

/// A type that a hyperparameter may have.
pub(crate) trait Hyperparameter {
    /// The range of one that must be given, unless another is named.
    const NEEDED: Range = super::FINITE;

    fn visit<V: Visitor>(&mut self, place: Place, visitor: &mut V) -> Result<(), V::Error>;
}

macro_rules! hyperparameters {
    ($($type:ty => $held:ident,)*) => {$(
        impl Hyperparameter for $type {
            fn visit<V: Visitor>(&mut self, place: Place, visitor: &mut V) -> Result<(), V::Error> {
                visitor.visit(place, Held::$held(self))
            }
        }
    )*};
}
hyperparameters! {
    f64 => Number,
    Option<f64> => NumberOrNone,
    Vec<f64> => Numbers,
    Schedule => Schedule,
    Option<Schedule> => ScheduleOrNone,
    Vec<Schedule> => Schedules,
    bool => Flag,
    String => Text,
    Option<String> => TextOrNone,
    Option<Vec<f64>> => ListOrNone,
    Option<Vec<Vec<f64>>> => MatrixOrNone,
    Vec<[f64; 3]> => Triples,
}

impl Hyperparameter for u64 {
    const NEEDED: Range = super::COUNT;

    fn visit<V: Visitor>(&mut self, place: Place, visitor: &mut V) -> Result<(), V::Error> {
        visitor.visit(place, Held::Whole(self))
    }
}

impl Hyperparameter for Option<u64> {
    fn visit<V: Visitor>(&mut self, place: Place, visitor: &mut V) -> Result<(), V::Error> {
        let mut number = self.map(|whole| whole as f64);
        visitor.visit(place, Held::NumberOrNone(&mut number))?;
        *self = number.map(|number| number as u64);
        Ok(())
    }
}

impl Hyperparameter for Vec<u64> {
    const NEEDED: Range = super::COUNT;

    fn visit<V: Visitor>(&mut self, place: Place, visitor: &mut V) -> Result<(), V::Error> {
        let mut numbers = self.iter().map(|whole| *whole as f64).collect();
        visitor.visit(place, Held::Numbers(&mut numbers))?;
        *self = numbers.into_iter().map(|number| number as u64).collect();
        Ok(())
    }
}
