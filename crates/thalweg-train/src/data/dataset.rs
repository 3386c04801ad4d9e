//! Examples of one shape with their targets, and how some of them become a batch.

use super::{
    array::Array, error::DataError, normalize::Normalizer, sampler::Position, sampler::shuffle, source::count,
};

/// The inputs of all examples, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Bytes, a quarter of the memory; a batch receives them as `f32`.
    U8(Vec<u8>),
}

impl Values {
    /// How many numbers there are, over all examples.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::U8(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is to be learnt of each example.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// One class each.
    Classes {
        /// The class of each example, below `classes`.
        labels: Vec<u32>,
        /// How many classes there are.
        classes: usize,
    },
    /// `width` numbers each, one example after the other.
    Values {
        /// The numbers.
        values: Vec<f32>,
        /// How many belong to one example.
        width: usize,
    },
}

/// Examples of one shape, the last index running fastest, each with its target.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    shape: Vec<usize>,
    len: usize,
    values: Values,
    targets: Targets,
    normalizer: Normalizer,
    class_names: Vec<String>,
}

impl Dataset {
    /// Joins inputs, as many numbers as examples times the product of `shape`, with targets.
    ///
    /// # Errors
    /// The counts do not agree, or a label is not below the number of classes.
    ///
    /// ```
    /// use thalweg_train::data::{Dataset, Targets, Values};
    /// let targets = Targets::Classes { labels: vec![0, 1, 1], classes: 2 };
    /// let data = Dataset::new(&[2], Values::F32(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), targets)?;
    /// assert_eq!((data.len(), data.width()), (3, 2));
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn new(shape: &[usize], values: Values, targets: Targets) -> Result<Self, DataError> {
        let invalid = |what: &str, found: String, wanted: String| {
            Err(DataError::invalid("data set", what, found, wanted))
        };
        let len = match &targets {
            Targets::Classes { labels, classes } => {
                if let Some(label) = labels.iter().find(|&&label| label as usize >= *classes) {
                    return invalid(
                        "a label",
                        label.to_string(),
                        format!("below the number of classes, {classes}"),
                    );
                }
                labels.len()
            }
            Targets::Values { values, width } => {
                if *width == 0 || values.len() % width != 0 {
                    let wanted =
                        format!("a multiple of the targets' width, {width}, which must be at least 1");
                    return invalid("the number of target values", values.len().to_string(), wanted);
                }
                values.len() / width
            }
        };
        if count(shape).and_then(|width| width.checked_mul(len)) != Some(values.len()) {
            let wanted = format!("{len} examples times the product of the shape {shape:?}");
            return invalid("the number of input values", values.len().to_string(), wanted);
        }
        let shape = shape.to_vec();
        Ok(Self { shape, len, values, targets, normalizer: Normalizer::default(), class_names: Vec::new() })
    }

    /// Joins two arrays whose first index counts examples. Whole numbers, one each, become classes, as many as the largest
    /// label says; floating-point numbers become target values. `names` stand for inputs and targets in errors.
    ///
    /// # Errors
    /// The arrays have different numbers of examples, or a label is negative.
    pub fn from_arrays(names: [&str; 2], inputs: Array, targets: &Array) -> Result<Self, DataError> {
        let [examples, labels] = [&inputs, targets].map(|array| array.shape().first().copied());
        let (Some(examples), Some(labels)) = (examples, labels) else {
            let place = if examples.is_none() { names[0] } else { names[1] };
            return Err(DataError::invalid(
                place,
                "the shape",
                "[]",
                "at least one size, the number of examples",
            ));
        };
        if examples != labels {
            let [inputs, targets] = names.map(String::from);
            return Err(DataError::Mismatch { inputs, examples, targets, labels });
        }
        let shape = inputs.shape()[1..].to_vec();
        let width = count(&targets.shape()[1..]).unwrap_or(0);
        let targets = if targets.elements().are_integers() && width == 1 {
            let labels = targets.to_classes(names[1])?;
            let classes = labels.iter().max().map_or(0, |&most| most as usize + 1);
            Targets::Classes { labels, classes }
        } else {
            let values = match targets.clone().into_values() {
                Values::F32(values) => values,
                Values::U8(values) => values.into_iter().map(f32::from).collect(),
            };
            Targets::Values { values, width }
        };
        Self::new(&shape, inputs.into_values(), targets)
    }

    /// Says that there are more classes than the labels show, as where a small part lacks some.
    ///
    /// # Errors
    /// Targets are numbers, or a label is not below `classes`.
    ///
    /// ```
    /// use thalweg_train::data::{Dataset, Targets, Values};
    /// let targets = Targets::Classes { labels: vec![0, 1], classes: 2 };
    /// let data = Dataset::new(&[1], Values::U8(vec![3, 4]), targets)?;
    /// assert_eq!(data.with_classes(10)?.classes(), Some(10));
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn with_classes(mut self, wanted: usize) -> Result<Self, DataError> {
        let Targets::Classes { labels, classes } = &mut self.targets else {
            return Err(DataError::invalid("data set", "the kind of targets", "numbers", "classes"));
        };
        let most = labels.iter().max().map_or(0, |&most| most as usize + 1);
        if wanted < most {
            let least = format!("at least {most}, to cover the labels");
            return Err(DataError::invalid("data set", "the number of classes", wanted, least));
        }
        *classes = wanted;
        Ok(self)
    }

    /// Names the classes, in the order of their numbers.
    pub(crate) fn named(mut self, class_names: Vec<String>) -> Self {
        self.class_names = class_names;
        self
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shape of one example.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many numbers one example has.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many classes there are, if targets are classes.
    pub fn classes(&self) -> Option<usize> {
        match self.targets {
            Targets::Classes { classes, .. } => Some(classes),
            Targets::Values { .. } => None,
        }
    }

    /// The classes' names, in the order of their numbers; empty where the file had numbers.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The inputs as stored, before normalisation.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    pub(super) fn scaling(&self) -> &Normalizer {
        &self.normalizer
    }

    /// Scales the inputs of every batch from now on; replaces an earlier scaling.
    ///
    /// # Errors
    /// The scaling is neither empty, nor one number, nor one per feature.
    pub fn normalize(&mut self, normalizer: &Normalizer) -> Result<(), DataError> {
        let found = normalizer.shift.len();
        if normalizer.factor.len() != found || ![0, 1, self.width()].contains(&found) {
            let found = format!("{found} shifts and {} factors", normalizer.factor.len());
            let wanted = format!("none, 1 or {} of both", self.width());
            return Err(DataError::invalid("normalize", "the scaling", found, wanted));
        }
        self.normalizer = normalizer.clone();
        Ok(())
    }

    /// The examples at these indices, in this order, copied.
    ///
    /// # Errors
    /// An index is not below the number of examples.
    pub fn subset(&self, indices: &[usize]) -> Result<Self, DataError> {
        fn rows<T: Copy>(values: &[T], width: usize, indices: &[usize]) -> Vec<T> {
            indices.iter().flat_map(|&index| &values[index * width..][..width]).copied().collect()
        }
        self.check(indices)?;
        let values = match &self.values {
            Values::F32(values) => Values::F32(rows(values, self.width(), indices)),
            Values::U8(values) => Values::U8(rows(values, self.width(), indices)),
        };
        let targets = match &self.targets {
            Targets::Classes { labels, classes } => {
                Targets::Classes { labels: rows(labels, 1, indices), classes: *classes }
            }
            Targets::Values { values, width } => {
                Targets::Values { values: rows(values, *width, indices), width: *width }
            }
        };
        let (shape, normalizer, class_names) =
            (self.shape.clone(), self.normalizer.clone(), self.class_names.clone());
        Ok(Self { shape, len: indices.len(), values, targets, normalizer, class_names })
    }

    /// Parts the examples at random into training and validation, a fraction `validation` of them rounded to whole examples.
    /// The same seed gives the same parts; within a part the examples keep their order.
    ///
    /// # Errors
    /// The fraction would leave one of the parts empty.
    ///
    /// ```
    /// let (train, validation) = thalweg_train::data::Dataset::digits().split(0.1, 0)?;
    /// assert_eq!((train.len(), validation.len()), (1617, 180));
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn split(&self, validation: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let held = self.held(validation)?;
        let mut order = Vec::new();
        shuffle(seed, *b"split   ", 0, self.len, &mut order);
        let (held, kept) = order.split_at_mut(held);
        kept.sort_unstable();
        held.sort_unstable();
        Ok((self.subset(kept)?, self.subset(held)?))
    }

    /// Parts the examples as [`Dataset::split`] does, each class in the same proportion as far as whole examples allow: what is left
    /// over goes to the classes that were rounded down the most.
    ///
    /// # Errors
    /// Targets are numbers, or the fraction would leave one of the parts empty.
    ///
    /// ```
    /// use thalweg_train::data::{Dataset, Targets, Values};
    /// let targets = Targets::Classes { labels: vec![0, 0, 0, 0, 1, 1], classes: 2 };
    /// let data = Dataset::new(&[1], Values::U8((0..6).collect()), targets)?;
    /// let (_, validation) = data.split_stratified(0.5, 0)?;
    /// assert_eq!(validation.targets(), &Targets::Classes { labels: vec![0, 0, 1], classes: 2 });
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn split_stratified(&self, validation: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let Targets::Classes { labels, classes } = &self.targets else {
            return Err(DataError::invalid("stratified split", "the kind of targets", "numbers", "classes"));
        };
        let held = self.held(validation)?;
        let mut order = Vec::new();
        shuffle(seed, *b"split   ", 0, self.len, &mut order);
        let mut members = vec![Vec::new(); *classes];
        for index in order {
            members[labels[index] as usize].push(index);
        }
        let exact = |class: &Vec<usize>| class.len() as f64 * held as f64 / self.len as f64;
        let mut quotas: Vec<usize> = members.iter().map(|class| exact(class) as usize).collect();
        let mut by_rest: Vec<usize> = (0..*classes).collect();
        by_rest.sort_by(|&a, &b| exact(&members[b]).fract().total_cmp(&exact(&members[a]).fract()));
        let left = held - quotas.iter().sum::<usize>();
        by_rest.iter().take(left).for_each(|&class| quotas[class] += 1);
        let (mut kept, mut held) = (Vec::new(), Vec::new());
        for (class, quota) in members.iter().zip(quotas) {
            held.extend_from_slice(&class[..quota]);
            kept.extend_from_slice(&class[quota..]);
        }
        kept.sort_unstable();
        held.sort_unstable();
        Ok((self.subset(&kept)?, self.subset(&held)?))
    }

    /// How many examples a fraction for validation is.
    fn held(&self, validation: f64) -> Result<usize, DataError> {
        let held = (self.len as f64 * validation).round();
        if held >= 1.0 && held < self.len as f64 {
            return Ok(held as usize);
        }
        let wanted = format!("a fraction that leaves both parts some of the {} examples", self.len);
        Err(DataError::invalid("split", "validation", validation, wanted))
    }

    /// Copies the inputs of these examples, scaled, into `out`; allocates nothing.
    ///
    /// # Errors
    /// An index is not below the number of examples, or `out` has another length than examples times [`Dataset::width`].
    pub fn gather_inputs(&self, indices: &[usize], out: &mut [f32]) -> Result<(), DataError> {
        let width = self.width();
        self.check(indices)?;
        fits(indices.len() * width, out.len())?;
        if width == 0 {
            return Ok(());
        }
        for (&index, example) in indices.iter().zip(out.chunks_exact_mut(width)) {
            match &self.values {
                Values::F32(values) => example.copy_from_slice(&values[index * width..][..width]),
                Values::U8(values) => {
                    example
                        .iter_mut()
                        .zip(&values[index * width..][..width])
                        .for_each(|(x, &byte)| *x = byte.into());
                }
            }
            self.normalizer.apply(width, example);
        }
        Ok(())
    }

    /// Fills a batch with these examples. A batch that has held as many before allocates nothing.
    ///
    /// # Errors
    /// An index is not below the number of examples.
    ///
    /// ```
    /// use thalweg_train::data::{Batch, Dataset};
    /// let mut batch = Batch::default();
    /// Dataset::digits().gather(&[0, 1, 2], &mut batch)?;
    /// assert_eq!(batch.classes, [0, 1, 2]);
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn gather(&self, indices: &[usize], batch: &mut Batch) -> Result<(), DataError> {
        self.check(indices)?;
        batch.indices.clear();
        batch.indices.extend_from_slice(indices);
        batch.inputs.resize(indices.len() * self.width(), 0.0);
        self.gather_inputs(indices, &mut batch.inputs)?;
        batch.classes.clear();
        batch.targets.clear();
        match &self.targets {
            Targets::Classes { labels, .. } => {
                batch.classes.extend(indices.iter().map(|&index| labels[index]));
            }
            Targets::Values { values, width } => {
                for &index in indices {
                    batch.targets.extend_from_slice(&values[index * width..][..*width]);
                }
            }
        }
        Ok(())
    }

    fn check(&self, indices: &[usize]) -> Result<(), DataError> {
        match indices.iter().find(|&&index| index >= self.len) {
            None => Ok(()),
            Some(index) => {
                Err(DataError::invalid("data set", "an index", index, format!("below {}", self.len)))
            }
        }
    }
}

fn fits(wanted: usize, found: usize) -> Result<(), DataError> {
    if wanted == found {
        return Ok(());
    }
    Err(DataError::invalid(
        "gather",
        "the length of the buffer",
        found,
        format!("{wanted}, the batch's number of values"),
    ))
}

/// Some examples, ready to be computed with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Where in the run this batch belongs.
    pub position: Position,
    /// Which examples these are.
    pub indices: Vec<usize>,
    /// Their inputs, scaled, one example after the other.
    pub inputs: Vec<f32>,
    /// Their classes; empty where targets are numbers.
    pub classes: Vec<u32>,
    /// Their targets, one example after the other; empty where targets are classes.
    pub targets: Vec<f32>,
}

impl Batch {
    /// How many examples it has.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}
