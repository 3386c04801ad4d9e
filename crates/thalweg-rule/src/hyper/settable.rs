//! The hyperparameters that are numbers: their values at a step, and setting one.

use std::convert::Infallible;

use super::{Range, Visitor};
use crate::Schedule;

/// The hyperparameters that are numbers, at a step.
pub(super) struct Numbers {
    pub(super) step: u64,
    pub(super) found: Vec<(&'static str, f64)>,
}

/// Sets the number with this key.
pub(super) struct Setter<'a> {
    pub(super) key: &'a str,
    pub(super) value: f64,
}

/// A visitor of numbers; all else it passes by.
macro_rules! number_visitor {
    ($visitor:ty: |$this:ident, $key:ident, $number:ident| $on_number:expr, |$schedule:ident| $on_schedule:expr) => {
        impl Visitor for $visitor {
            type Error = Infallible;
            fn number(&mut self, $key: &'static str, $number: &mut f64, _: Range) -> Result<(), Infallible> {
                let $this = self;
                $on_number;
                Ok(())
            }
            fn required(
                &mut self,
                key: &'static str,
                value: &mut f64,
                range: Range,
            ) -> Result<(), Infallible> {
                self.number(key, value, range)
            }
            fn optional(
                &mut self,
                key: &'static str,
                value: &mut Option<f64>,
                range: Range,
            ) -> Result<(), Infallible> {
                value.as_mut().map_or(Ok(()), |number| self.number(key, number, range))
            }
            fn schedule(
                &mut self,
                $key: &'static str,
                $schedule: &mut Schedule,
                _: Range,
            ) -> Result<(), Infallible> {
                let $this = self;
                $on_schedule;
                Ok(())
            }
            fn optional_schedule(
                &mut self,
                key: &'static str,
                value: &mut Option<Schedule>,
                range: Range,
            ) -> Result<(), Infallible> {
                value.as_mut().map_or(Ok(()), |schedule| self.schedule(key, schedule, range))
            }
            fn triples(&mut self, _: &'static str, _: &mut Vec<[f64; 3]>) -> Result<(), Infallible> {
                Ok(())
            }
            fn whole(&mut self, _: &'static str, _: &mut u64, _: Range) -> Result<(), Infallible> {
                Ok(())
            }
            fn count(&mut self, _: &'static str, _: &mut u64, _: Range) -> Result<(), Infallible> {
                Ok(())
            }
            fn required_schedule(
                &mut self,
                key: &'static str,
                value: &mut Schedule,
                range: Range,
            ) -> Result<(), Infallible> {
                self.schedule(key, value, range)
            }
            fn schedules(
                &mut self,
                _: &'static str,
                _: &mut Vec<Schedule>,
                _: Range,
            ) -> Result<(), Infallible> {
                Ok(())
            }
            fn numbers(&mut self, _: &'static str, _: &mut Vec<f64>, _: Range) -> Result<(), Infallible> {
                Ok(())
            }
            fn flag(&mut self, _: &'static str, _: &mut bool) -> Result<(), Infallible> {
                Ok(())
            }
            fn choice(
                &mut self,
                _: &'static str,
                _: &mut &'static str,
                _: &'static [&'static str],
            ) -> Result<(), Infallible> {
                Ok(())
            }
            fn list(&mut self, _: &'static str, _: &mut Option<Vec<f64>>) -> Result<(), Infallible> {
                Ok(())
            }
            fn text(&mut self, _: &'static str, _: &mut Option<String>) -> Result<(), Infallible> {
                Ok(())
            }
            fn matrix(&mut self, _: &'static str, _: &mut Option<Vec<Vec<f64>>>) -> Result<(), Infallible> {
                Ok(())
            }
        }
    };
}
number_visitor!(Numbers: |this, key, number| this.found.push((key, *number)),
    |schedule| this.found.push((key, schedule.at(this.step))));
number_visitor!(Setter<'_>: |this, key, number| if key == this.key { *number = this.value },
    |schedule| if key == this.key { *schedule = this.value.into() });
