//! Which examples a step sees: a function of a seed and of where the run stands, and of nothing else.
//!
//! The generator is ChaCha with 8 rounds, whose streams and positions are counters: the epoch chooses the stream, the step the
//! position in it. So a run that resumes at any position sees the examples it would have seen, without replaying the past.

use super::{error::DataError, names::named};
use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// In which order examples come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// As they are stored, every epoch.
    InOrder,
    /// Each once per epoch, in an order of the epoch's own.
    #[default]
    Shuffled,
    /// Each drawn from all, so that some come twice in an epoch and some not at all.
    WithReplacement,
}

impl Sampling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InOrder, Self::Shuffled, Self::WithReplacement];

    /// The name: `in_order`, `shuffled` or `with_replacement`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InOrder => "in_order",
            Self::Shuffled => "shuffled",
            Self::WithReplacement => "with_replacement",
        }
    }
}

named!(Sampling, "the sampling");

/// Where a run stands: this and the seed are all a checkpoint needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Passes over the data that are complete.
    pub epoch: u64,
    /// Batches of this epoch that are complete.
    pub step: u64,
}

/// The examples of every batch, in order.
#[derive(Debug, Clone)]
pub struct Sampler {
    len: usize,
    batch: usize,
    sampling: Sampling,
    seed: u64,
    drop_last: bool,
    position: Position,
    order: Vec<usize>,
    /// The epoch whose order is at hand.
    ordered: Option<u64>,
}

impl Sampler {
    /// Batches of `batch` out of `len` examples. The last batch of an epoch is smaller where `batch` does not divide `len`.
    ///
    /// # Errors
    /// There is no example, or the batch is empty or larger than the data set.
    ///
    /// ```
    /// use thalweg_train::data::{Position, Sampler, Sampling};
    /// let mut sampler = Sampler::new(100, 32, Sampling::Shuffled, 1)?;
    /// let sizes: Vec<_> = (0..4).map(|_| sampler.next_indices().len()).collect();
    /// assert_eq!(sizes, [32, 32, 32, 4]);
    /// assert_eq!(sampler.position(), Position { epoch: 1, step: 0 });
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn new(len: usize, batch: usize, sampling: Sampling, seed: u64) -> Result<Self, DataError> {
        if batch == 0 || batch > len {
            let wanted = format!("from 1 to the number of examples, {len}");
            return Err(DataError::invalid("sampler", "the size of a batch", batch, wanted));
        }
        let position = Position::default();
        Ok(Self { len, batch, sampling, seed, drop_last: false, position, order: Vec::new(), ordered: None })
    }

    /// Leaves out the last batch of an epoch where it would be smaller than the others.
    pub fn drop_last(mut self) -> Self {
        self.drop_last = true;
        self.position.step = self.position.step.min(self.steps() - 1);
        self
    }

    /// How many examples it draws from.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it draws from none: never.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Batches in an epoch, at least 1.
    pub fn steps(&self) -> u64 {
        if self.drop_last {
            self.len as u64 / self.batch as u64
        } else {
            self.len.div_ceil(self.batch) as u64
        }
    }

    /// Where the next batch belongs.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Goes to a position, forwards or backwards.
    ///
    /// # Errors
    /// The epoch has no such step.
    pub fn seek(&mut self, position: Position) -> Result<(), DataError> {
        if position.step >= self.steps() {
            let wanted = format!("below {}, the steps of an epoch", self.steps());
            return Err(DataError::invalid("sampler", "the step", position.step, wanted));
        }
        self.position = position;
        Ok(())
    }

    /// Passes over one batch.
    pub(crate) fn skip(&mut self) {
        let Position { epoch, step } = self.position;
        self.position = if step + 1 < self.steps() {
            Position { epoch, step: step + 1 }
        } else {
            Position { epoch: epoch.wrapping_add(1), step: 0 }
        };
    }

    /// The examples of the next batch. Allocates nothing after the first.
    pub fn next_indices(&mut self) -> &[usize] {
        let Position { epoch, step } = self.position;
        self.skip();
        let start = step as usize * self.batch;
        let size = self.batch.min(self.len - start);
        match self.sampling {
            Sampling::InOrder => {
                self.order.clear();
                self.order.extend(start..start + size);
                &self.order
            }
            Sampling::Shuffled => {
                if self.ordered != Some(epoch) {
                    shuffle(self.seed, *b"shuffle ", epoch, self.len, &mut self.order);
                    self.ordered = Some(epoch);
                }
                &self.order[start..start + size]
            }
            Sampling::WithReplacement => {
                let mut random = generator(self.seed, *b"replace ", epoch);
                random.set_word_pos(2 * start as u128);
                self.order.clear();
                self.order.extend((0..size).map(|_| below(random.next_u64(), self.len)));
                &self.order
            }
        }
    }
}

/// Streams for different purposes never overlap.
fn generator(seed: u64, purpose: [u8; 8], stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&purpose);
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(stream);
    random
}

/// Uniform in 0..n by the upper half of a product; the bias is below n/2⁶⁴.
fn below(word: u64, n: usize) -> usize {
    ((u128::from(word) * n as u128) >> 64) as usize
}

/// Puts 0..len into a random order (Fisher and Yates, in Durstenfeld's form), reusing `order`.
pub(crate) fn shuffle(seed: u64, purpose: [u8; 8], stream: u64, len: usize, order: &mut Vec<usize>) {
    let mut random = generator(seed, purpose, stream);
    order.clear();
    order.extend(0..len);
    for last in (1..len).rev() {
        order.swap(last, below(random.next_u64(), last + 1));
    }
}
