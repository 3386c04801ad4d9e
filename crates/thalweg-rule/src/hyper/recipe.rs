//! The macro that rules are written down with: documentation, hyperparameters, defaults and ranges in one place.

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
                    let ranges = [<$needed_type as $crate::hyper::Hyperparameter>::NEEDED $(, $needed_range)?];
                    let place = $crate::hyper::Place::of(stringify!($needed), $crate::hyper::Need::Required, &ranges);
                    $crate::hyper::Hyperparameter::visit(&mut self.$needed, place, visitor)?;
                )*)?
                $(
                    let ranges = [$crate::hyper::FINITE $(, $range)?];
                    let place = $crate::hyper::Place::of(stringify!($field), $crate::hyper::Need::Optional, &ranges);
                    $crate::hyper::Hyperparameter::visit(&mut self.$field, place, visitor)?;
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
                place: $crate::hyper::Place,
                visitor: &mut V,
            ) -> Result<(), V::Error> {
                const NAMES: &[&str] = &[$($spec),*];
                const ALL: &[$name] = &[$($name::$variant),*];
                let mut name = NAMES[*self as usize];
                visitor.visit(place, $crate::hyper::Held::Choice(&mut name, NAMES))?;
                if let Some(chosen) = NAMES.iter().position(|known| *known == name) {
                    *self = ALL[chosen];
                }
                Ok(())
            }
        }
    };
}
pub(crate) use choices;
