//! Choices as words, written and read.

/// Prints a choice as its `as_str` and reads it back; what it `is` stands in the error.
macro_rules! named {
    ($choice:ty, $is:literal) => {
        impl std::fmt::Display for $choice {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $choice {
            type Err = $crate::data::DataError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|choice| choice.as_str() == text).ok_or_else(|| {
                    let known = Self::ALL.map(Self::as_str).join(", ");
                    $crate::data::DataError::invalid(
                        "option",
                        $is,
                        format!("`{text}`"),
                        format!("one of {known}"),
                    )
                })
            }
        }
    };
}
pub(crate) use named;
