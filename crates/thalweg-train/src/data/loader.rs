//! Batches prepared ahead on another thread, the same as without it.

use super::{
    dataset::{Batch, Dataset},
    error::DataError,
    sampler::{Position, Sampler},
};
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel, sync_channel},
    },
    thread::{Builder, JoinHandle},
};

/// An endless run of batches, epoch after epoch.
///
/// A thread fills buffers while the caller computes with an earlier one; used buffers go back to it. Where no thread can be
/// had, batches are prepared when they are asked for.
#[derive(Debug)]
pub struct Loader {
    data: Arc<Dataset>,
    /// Stands at the batch that is next for the caller, however far ahead the thread is.
    sampler: Sampler,
    current: Batch,
    worker: Option<Worker>,
}

#[derive(Debug)]
struct Worker {
    filled: Receiver<Batch>,
    used: Sender<Batch>,
    thread: JoinHandle<()>,
}

impl Loader {
    /// Batches of `data` from where `sampler` stands, up to `ahead` of them prepared in advance; 0 starts no thread.
    ///
    /// # Errors
    /// The sampler draws from another number of examples than there are.
    pub fn new(data: Arc<Dataset>, sampler: Sampler, ahead: usize) -> Result<Self, DataError> {
        if sampler.len() != data.len() {
            let wanted = format!("{}, the length of the data set", data.len());
            return Err(DataError::invalid(
                "loader",
                "the sampler's number of examples",
                sampler.len(),
                wanted,
            ));
        }
        let worker = (ahead > 0).then(|| Worker::start(data.clone(), sampler.clone(), ahead)).flatten();
        Ok(Self { data, sampler, current: Batch::default(), worker })
    }

    /// Where the next batch belongs: what a checkpoint keeps, and [`Sampler::seek`] restores.
    pub fn position(&self) -> Position {
        self.sampler.position()
    }

    /// Batches in an epoch.
    pub fn steps(&self) -> u64 {
        self.sampler.steps()
    }

    /// The next batch.
    pub fn next_batch(&mut self) -> &Batch {
        let received = self.worker.as_ref().and_then(|worker| worker.filled.recv().ok());
        if let (Some(batch), Some(worker)) = (received, &self.worker) {
            let used = std::mem::replace(&mut self.current, batch);
            // Fails only when the thread has ended, and then nobody wants the buffer.
            let _ = worker.used.send(used);
            self.sampler.skip();
        } else {
            self.worker = None;
            fill(&self.data, &mut self.sampler, &mut self.current);
        }
        &self.current
    }
}

impl Worker {
    fn start(data: Arc<Dataset>, mut sampler: Sampler, ahead: usize) -> Option<Self> {
        let (filled, received) = sync_channel(ahead);
        let (used, buffers) = channel();
        // The thread holds one buffer while the channel is full.
        for _ in 0..=ahead {
            used.send(Batch::default()).ok()?;
        }
        let work = move || {
            for mut batch in buffers {
                fill(&data, &mut sampler, &mut batch);
                if filled.send(batch).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("thalweg-loader".into()).spawn(work).ok()?;
        Some(Self { filled: received, used, thread })
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        if let Some(Worker { filled, used, thread }) = self.worker.take() {
            // Without its channels the thread ends after the batch in hand.
            drop((filled, used));
            let _ = thread.join();
        }
    }
}

fn fill(data: &Dataset, sampler: &mut Sampler, batch: &mut Batch) {
    batch.position = sampler.position();
    data.gather(sampler.next_indices(), batch)
        .expect("a sampler stays below its length, which is the data set's");
}
