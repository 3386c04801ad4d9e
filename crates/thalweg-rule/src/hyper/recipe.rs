//! The macro that rules are written down with: documentation, hyperparameters, defaults and ranges in one place.

use super::{COUNT, FINITE, Range, Visitor};
use crate::Schedule;

/// A struct of hyperparameters with its name in specs, its summary, and for every hyperparameter its default and its range:
/// `key: Type = default, RANGE;`. Makes the struct, `Default` (unless some hyperparameters are required) and `Describe`.
///
/// The documentation is kept with the struct. Its first paragraph says what it is, the first block of text is the formula, the
/// paragraph that starts with `Source:` names the paper, that with `Conventions:` what other libraries do differently.
macro_rules! recipe {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident = $spec:ident($summary:literal) $(requires { $(
            $(#[doc = $needed_doc:literal])*
            $needed:ident: $needed_type:ty = $stand_in:expr $(, $needed_range:expr)?;
        )* })? {
            $(
                $(#[doc = $field_doc:literal])*
                $field:ident: $type:ty = $default:expr $(, $range:expr)?;
            )*
        }
        $(conflict |$this:ident| $conflict:expr;)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($($(#[doc = $needed_doc])* pub $needed: $needed_type,)*)?
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $crate::hyper::Describe for $name {
            const NAME: &'static str = stringify!($spec);
            const SUMMARY: &'static str = $summary;
            const DOC: &'static str = concat!($($doc, "\n"),*);

            fn blank() -> Self {
                $name {
                    $($($needed: $stand_in,)*)?
                    $($field: $default,)*
                }
            }

            fn visit<V: $crate::hyper::Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
                let _ = &visitor;
                $($(
                    let range = [<$needed_type as $crate::hyper::Needed>::RANGE $(, $needed_range)?];
                    let key = $crate::hyper::key(stringify!($needed));
                    $crate::hyper::Needed::visit(&mut self.$needed, key, range[range.len() - 1], visitor)?;
                )*)?
                $(
                    let range = [$crate::hyper::FINITE $(, $range)?];
                    let key = $crate::hyper::key(stringify!($field));
                    $crate::hyper::Hyperparameter::visit(&mut self.$field, key, range[range.len() - 1], visitor)?;
                )*
                let _ = visitor;
                Ok(())
            }

            $(fn conflict(&self) -> Option<(&'static str, String)> {
                let $this = self;
                $conflict
            })?
        }

        $crate::hyper::default_of!($name, [$($($needed)*)?]);
    };
}
pub(crate) use recipe;

/// `Default` for a struct none of whose hyperparameters are required.
macro_rules! default_of {
    ($name:ident, []) => {
        impl Default for $name {
            fn default() -> Self {
                <$name as $crate::hyper::Describe>::blank()
            }
        }
    };
    ($name:ident, [$($needed:ident)+]) => {};
}
pub(crate) use default_of;

/// An enumeration that a hyperparameter may be, with its names in specs.
macro_rules! choices {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            $($(#[$variant_attribute:meta])* $variant:ident = $spec:literal,)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_attribute])* $variant,)*
        }

        impl $crate::hyper::Hyperparameter for $name {
            fn visit<V: $crate::hyper::Visitor>(
                &mut self,
                key: &'static str,
                _: $crate::hyper::Range,
                visitor: &mut V,
            ) -> Result<(), V::Error> {
                const NAMES: &[&str] = &[$($spec),*];
                const ALL: &[$name] = &[$($name::$variant),*];
                let mut name = NAMES[*self as usize];
                visitor.choice(key, &mut name, NAMES)?;
                if let Some(chosen) = NAMES.iter().position(|known| *known == name) {
                    *self = ALL[chosen];
                }
                Ok(())
            }
        }
    };
}
pub(crate) use choices;

/// The key as it is written in specs.
pub(crate) fn key(field: &'static str) -> &'static str {
    field.trim_start_matches("r#")
}

/// A type that a hyperparameter with a default may have.
pub(crate) trait Hyperparameter {
    fn visit<V: Visitor>(&mut self, key: &'static str, range: Range, visitor: &mut V)
    -> Result<(), V::Error>;
}

/// A type that a required hyperparameter may have.
pub(crate) trait Needed {
    /// The range unless one is given.
    const RANGE: Range;
    fn visit<V: Visitor>(&mut self, key: &'static str, range: Range, visitor: &mut V)
    -> Result<(), V::Error>;
}

macro_rules! hyperparameters {
    ($($trait:ident for $type:ty $(= $default:ident)?: |$value:ident, $key:ident, $range:ident, $visitor:ident| $call:expr;)*) => {$(
        impl $trait for $type {
            $(const RANGE: Range = $default;)?

            fn visit<V: Visitor>(
                &mut self,
                $key: &'static str,
                $range: Range,
                $visitor: &mut V,
            ) -> Result<(), V::Error> {
                let ($value, _) = (self, $range);
                $call
            }
        }
    )*};
}
hyperparameters! {
    Hyperparameter for f64: |value, key, range, visitor| visitor.number(key, value, range);
    Hyperparameter for Option<f64>: |value, key, range, visitor| visitor.optional(key, value, range);
    Hyperparameter for Schedule: |value, key, range, visitor| visitor.schedule(key, value, range);
    Hyperparameter for Option<Schedule>: |value, key, range, visitor| visitor.optional_schedule(key, value, range);
    Hyperparameter for Vec<[f64; 3]>: |value, key, range, visitor| visitor.triples(key, value);
    Hyperparameter for bool: |value, key, range, visitor| visitor.flag(key, value);
    Hyperparameter for u64: |value, key, range, visitor| visitor.whole(key, value, range);
    Hyperparameter for Option<u64>: |value, key, range, visitor| {
        let mut number = value.map(|whole| whole as f64);
        visitor.optional(key, &mut number, range)?;
        *value = number.map(|number| number as u64);
        Ok(())
    };
    Hyperparameter for Option<Vec<f64>>: |value, key, range, visitor| visitor.list(key, value);
    Hyperparameter for Option<Vec<Vec<f64>>>: |value, key, range, visitor| visitor.matrix(key, value);
    Hyperparameter for Option<String>: |value, key, range, visitor| visitor.text(key, value);
    Needed for f64 = FINITE: |value, key, range, visitor| visitor.required(key, value, range);
    Needed for u64 = COUNT: |value, key, range, visitor| visitor.count(key, value, range);
    Needed for Schedule = FINITE: |value, key, range, visitor| visitor.required_schedule(key, value, range);
    Needed for Vec<Schedule> = FINITE: |value, key, range, visitor| visitor.schedules(key, value, range);
    Needed for Vec<f64> = FINITE: |value, key, range, visitor| visitor.numbers(key, value, range);
    Needed for Vec<u64> = COUNT: |value, key, range, visitor| {
        let mut numbers = value.iter().map(|whole| *whole as f64).collect();
        visitor.numbers(key, &mut numbers, range)?;
        *value = numbers.into_iter().map(|number| number as u64).collect();
        Ok(())
    };
    Needed for String = FINITE: |value, key, range, visitor| visitor.required_text(key, value);
}
