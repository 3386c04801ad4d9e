//! Scaling of inputs, by numbers taken from the training part.

use super::{
    dataset::{Dataset, Values},
    error::DataError,
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
        let groups = if over == Over::Whole { 1 } else { self.width() };
        let (shift, factor) = match self.values() {
            Values::F32(values) => scaling(kind, groups, values, f64::from),
            Values::U8(values) => scaling(kind, groups, values, f64::from),
        };
        match shift.iter().chain(&factor).position(|x| !x.is_finite()) {
            None => Ok(Normalizer { shift, factor }),
            Some(at) => {
                let what = format!("a value of feature {}", at % groups);
                Err(DataError::invalid("normalizer", what, "not finite or too large", "a finite number"))
            }
        }
    }
}

/// Shifts and factors of values whose index modulo `groups` is their group.
fn scaling<T: Copy>(
    kind: Normalization,
    groups: usize,
    values: &[T],
    read: impl Fn(T) -> f64,
) -> (Vec<f32>, Vec<f32>) {
    let count = (values.len() / groups) as f64;
    let each = |start: f64, fold: &dyn Fn(f64, f64, usize) -> f64| {
        let mut state = vec![start; groups];
        for example in values.chunks_exact(groups) {
            for (group, (state, &x)) in state.iter_mut().zip(example).enumerate() {
                *state = fold(*state, read(x), group);
            }
        }
        state
    };
    let (shift, spread) = if kind == Normalization::Unit {
        // A plain comparison would pass over NaN, which must reach the caller.
        let low = each(f64::INFINITY, &|low, x, _| if x.is_nan() || x < low { x } else { low });
        let high = each(f64::NEG_INFINITY, &|high, x, _| if x.is_nan() || x > high { x } else { high });
        let spread = low.iter().zip(&high).map(|(low, high)| high - low).collect::<Vec<_>>();
        (low, spread)
    } else {
        let mut mean = each(0.0, &|sum, x, _| sum + x);
        mean.iter_mut().for_each(|sum| *sum /= count);
        let mut spread = each(0.0, &|sum, x, group| sum + (x - mean[group]).powi(2));
        spread.iter_mut().for_each(|sum| *sum = (*sum / count).sqrt());
        (mean, spread)
    };
    let factor = |&spread: &f64| if spread == 0.0 { 1.0 } else { (1.0 / spread) as f32 };
    (shift.iter().map(|&x| x as f32).collect(), spread.iter().map(factor).collect())
}
