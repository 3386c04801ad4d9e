//! Reading hyperparameters from a call.

use thalweg_spec::{Options, SpecError, Value};

use super::held::{Held, Need, Place, Visitor};
use super::visitors::{FINITE_LIST, SQUARE, TRIPLES, are_triples, is_finite_list, is_square};
use crate::Schedule;

const SCHEDULES: &str = "a list of schedules such as [0.1, cosine(0.1, 100)]";

/// Reads what is given; the rest stays as it is.
pub(super) struct Reader<'a>(pub(super) &'a Options<'a>);

/// Whether a value is the bare name `none`.
fn is_none(value: &Value) -> bool {
    matches!(value, Value::Call(call) if call.name == "none" && call.arguments.is_empty())
}

impl Visitor for Reader<'_> {
    type Error = SpecError;

    fn visit(&mut self, place: Place, held: Held<'_>) -> Result<(), SpecError> {
        let (key, options) = (place.key, self.0);
        let Some(found) = options.value(key) else {
            return match place.need {
                Need::Optional => Ok(()),
                Need::Required => Err(options.error(key, "must be given")),
            };
        };
        let wrong = |problem: String| options.error(key, problem);
        match held {
            Held::Number(value) => *value = self.number(place)?,
            Held::NumberOrNone(value) => {
                *value = if is_none(found) { None } else { Some(self.number(place)?) };
            }
            Held::Whole(value) => {
                let number = options.number(key)?.unwrap_or_default();
                place.holds_whole(number).map_err(wrong)?;
                *value = number as u64;
            }
            Held::Numbers(value) => {
                *value = options.numbers(key)?.unwrap_or_default();
                place.holds_each(value).map_err(wrong)?;
            }
            Held::Schedule(value) => *value = self.schedule(place, found)?,
            Held::ScheduleOrNone(value) => {
                *value = if is_none(found) { None } else { Some(self.schedule(place, found)?) };
            }
            Held::Schedules(value) => *value = self.schedules(place, found)?,
            Held::Flag(value) => *value = options.flag(key)?.unwrap_or(*value),
            Held::Choice(value, among) => {
                let name = match found {
                    Value::Call(call) if call.arguments.is_empty() => &*call.name,
                    _ => "",
                };
                let chosen = among.iter().find(|choice| **choice == name);
                let unknown = || wrong(format!("must be one of {}, found {found}", among.join(", ")));
                *value = chosen.ok_or_else(unknown)?;
            }
            Held::Text(value) => match options.text(key)? {
                Some(text) if !text.is_empty() => text.clone_into(value),
                _ => return Err(options.error(key, "must be given")),
            },
            Held::TextOrNone(value) => *value = options.text(key)?.map(str::to_owned),
            Held::ListOrNone(value) => {
                *value = options.numbers(key)?;
                if !value.as_deref().is_none_or(is_finite_list) {
                    return Err(wrong(format!("must be {FINITE_LIST}")));
                }
            }
            Held::MatrixOrNone(value) => {
                *value = options.matrix(key)?;
                if !value.as_deref().is_none_or(is_square) {
                    return Err(wrong(format!("must be {SQUARE}")));
                }
            }
            Held::Triples(value) => {
                let nested =
                    matches!(found, Value::List(rows) if matches!(rows.first(), Some(Value::List(_))));
                let rows =
                    if nested { options.matrix(key)? } else { options.numbers(key)?.map(|row| vec![row]) };
                let rows =
                    rows.into_iter().flatten().map(<[f64; 3]>::try_from).collect::<Result<Vec<_>, _>>();
                *value = rows
                    .ok()
                    .filter(|rows| are_triples(rows))
                    .ok_or_else(|| wrong(format!("must be {TRIPLES}")))?;
            }
        }
        Ok(())
    }
}

impl Reader<'_> {
    fn number(&self, place: Place) -> Result<f64, SpecError> {
        self.0.number_where(place.key, 0.0, place.range.wanted, place.range.holds)
    }

    fn schedule(&self, place: Place, found: &Value) -> Result<Schedule, SpecError> {
        let Value::Call(call) = found else { return self.number(place).map(Schedule::Constant) };
        let schedule = Schedule::from_call(call)?;
        schedule.check(place.range).map_err(|problem| self.0.error(place.key, problem))?;
        Ok(schedule)
    }

    fn schedules(&self, place: Place, given: &Value) -> Result<Vec<Schedule>, SpecError> {
        let wrong = |found: &Value| self.0.error(place.key, format!("must be {SCHEDULES}, found {found}"));
        let Value::List(items) = given else { return Err(wrong(given)) };
        let read = |item: &Value| {
            let schedule = match item {
                Value::Number(number) => Schedule::Constant(*number),
                Value::Call(call) => Schedule::from_call(call)?,
                _ => return Err(wrong(item)),
            };
            schedule.check(place.range).map_err(|problem| self.0.error(place.key, problem))?;
            Ok(schedule)
        };
        items.iter().map(read).collect()
    }
}
