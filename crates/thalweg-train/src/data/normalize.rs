//! Scaling of inputs, by numbers taken from the training part.

use super::{
    dataset::{Dataset, Values},
    error::DataError,
    names::named,
};

/// What scaled inputs look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Normalization {
    /// As they are stored.
    #[default]
    None,
    /// Smallest value 0, largest 1: (x − min) / (max − min).
    Unit,
    /// Mean 0, standard deviation 1: (x − μ) / σ, with σ² = Σ(x − μ)² / n.
    Standard,
}

impl Normalization {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Unit, Self::Standard];

    /// The name: `none`, `unit` or `standard`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unit => "unit",
            Self::Standard => "standard",
        }
    }
}

named!(Normalization, "the normalisation");

/// Over what the numbers of a normalisation are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Over {
    /// Over all values of all examples: for images, whose pixels are of one kind.
    #[default]
    Whole,
    /// Over each feature apart: for tables, whose columns have units of their own.
    Feature,
}

/// A scaling x ↦ (x − shift) · factor, of all values alike or feature by feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Normalizer {
    /// Subtracted first: nothing, one number, or one per feature.
    pub shift: Vec<f32>,
    /// Multiplied then, as many as there are shifts.
    pub factor: Vec<f32>,
}

impl Normalizer {
    /// Scales whole examples of `width` values each, in place.
    pub(crate) fn apply(&self, width: usize, values: &mut [f32]) {
        match (&self.shift[..], &self.factor[..]) {
            ([], _) | (_, []) => {}
            ([shift], [factor]) => values.iter_mut().for_each(|x| *x = (*x - shift) * factor),
            (shift, factor) => {
                for example in values.chunks_exact_mut(width) {
                    for ((x, shift), factor) in example.iter_mut().zip(shift).zip(factor) {
                        *x = (*x - shift) * factor;
                    }
                }
            }
        }
    }
}

impl Dataset {
    /// The numbers that normalise this data set, to be given to [`Dataset::normalize`] of every part.
    ///
    /// A feature with one value throughout is shifted to 0 and not scaled.
    ///
    /// # Errors
    /// There is no example, or a value is not finite.
    ///
    /// ```
    /// use thalweg_train::data::{Dataset, Normalization, Over};
    /// let scale = Dataset::digits().normalizer(Normalization::Unit, Over::Whole)?;
    /// assert_eq!((scale.shift[0], scale.factor[0]), (0.0, 1.0 / 16.0));
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn normalizer(&self, kind: Normalization, over: Over) -> Result<Normalizer, DataError> {
        if kind == Normalization::None {
            return Ok(Normalizer::default());
        }
        if self.is_empty() || self.width() == 0 {
            return Err(DataError::invalid("normalizer", "the number of values", 0, "at least 1"));
        }
        let (shift, factor) = match self.values() {
            Values::F32(values) => scaling(kind, over, self.width(), values),
            Values::U8(values) => scaling(kind, over, self.width(), values),
        };
        match shift.iter().chain(&factor).position(|x| !x.is_finite()) {
            None => Ok(Normalizer { shift, factor }),
            Some(at) => {
                let what = match over {
                    Over::Whole => "a value".into(),
                    Over::Feature => format!("a value of feature {}", at % shift.len()),
                };
                Err(DataError::invalid(
                    "normalizer",
                    what,
                    "not finite, or the spread too small",
                    "finite, with a spread whose inverse is finite",
                ))
            }
        }
    }
}

/// Shifts and factors, one of each or one per column.
fn scaling(
    kind: Normalization,
    over: Over,
    width: usize,
    values: &[impl Copy + Into<f64>],
) -> (Vec<f32>, Vec<f32>) {
    let join = |columns: Vec<f64>, join: fn(f64, f64) -> f64| match over {
        Over::Whole => columns.into_iter().reduce(join).into_iter().collect(),
        Over::Feature => columns,
    };
    let (shift, spread) = if kind == Normalization::Unit {
        // A plain comparison would pass over NaN, which must reach the caller.
        let least = |low: f64, x: f64| if x.is_nan() || x < low { x } else { low };
        let most = |high: f64, x: f64| if x.is_nan() || x > high { x } else { high };
        let low = join(columns(width, values, f64::INFINITY, |low, x, _| least(low, x)), least);
        let high = join(columns(width, values, f64::NEG_INFINITY, |high, x, _| most(high, x)), most);
        let spread = low.iter().zip(&high).map(|(low, high)| high - low).collect();
        (low, spread)
    } else {
        // Sums of up to 2²⁹ equal f32 are exact in f64, so what is constant has a deviation of exactly 0.
        let sum = join(columns(width, values, 0.0, |sum, x, _| sum + x), |a, b| a + b);
        let count = (values.len() / sum.len()) as f64;
        let mean: Vec<_> = sum.iter().map(|sum| sum / count).collect();
        let centre: Vec<_> = mean.iter().copied().cycle().take(width).collect();
        let square = |sum: f64, x: f64, column: usize| sum + (x - centre[column]).powi(2);
        let squares = join(columns(width, values, 0.0, square), |a, b| a + b);
        (mean, squares.iter().map(|sum| (sum / count).sqrt()).collect::<Vec<_>>())
    };
    let factor = |&spread: &f64| match spread {
        0.0 => 1.0,
        spread if spread.is_finite() => (1.0 / spread) as f32,
        _ => f32::NAN,
    };
    (shift.iter().map(|&x| x as f32).collect(), spread.iter().map(factor).collect())
}

/// Folds each column of a table; columns side by side, so that no addition waits for the one before.
fn columns(
    width: usize,
    values: &[impl Copy + Into<f64>],
    start: f64,
    fold: impl Fn(f64, f64, usize) -> f64,
) -> Vec<f64> {
    let mut state = vec![start; width];
    for example in values.chunks_exact(width) {
        for (column, (state, &x)) in state.iter_mut().zip(example).enumerate() {
            *state = fold(*state, x.into(), column);
        }
    }
    state
}
