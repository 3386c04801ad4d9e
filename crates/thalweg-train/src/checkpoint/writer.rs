//! [`Writer`]: checkpoints on their way to the disk, while the run goes on.

use super::{CheckpointError, Folder, Saved};
use crate::history::{History, Record};
use std::{
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel},
    thread::{Builder, JoinHandle},
};

/// Writes checkpoints on a thread of its own, one at a time: who has the next while one is being written waits for it. What happened so far
/// is kept there too, so that a checkpoint comes with the records since the last one only.
#[derive(Debug)]
pub(crate) struct Writer {
    folder: Folder,
    at_work: Option<Thread>,
    /// Checkpoints handed over of which nothing is known yet.
    pending: usize,
    /// Records handed over.
    known: usize,
}

#[derive(Debug)]
struct Thread {
    jobs: Option<SyncSender<(Saved, Vec<Record>)>>,
    ends: Receiver<Result<PathBuf, CheckpointError>>,
    handle: Option<JoinHandle<()>>,
}

impl Writer {
    /// Into this folder. The thread begins with the first checkpoint.
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, at_work: None, pending: 0, known: 0 }
    }

    /// Hands a checkpoint over, whose own history is none: it is what is known from earlier ones with what `history` has beyond.
    ///
    /// # Errors
    /// The thread cannot begin, or has come to an end.
    pub(crate) fn save(&mut self, saved: Saved, history: &History) -> Result<(), CheckpointError> {
        if self.at_work.is_none() {
            let thread = Thread::new(self.folder.clone());
            self.at_work = Some(thread.map_err(|error| CheckpointError::io(self.folder.dir(), &error))?);
        }
        let new = history.records().get(self.known..).unwrap_or_default().to_vec();
        let jobs = self.at_work.as_ref().and_then(|thread| thread.jobs.as_ref());
        if jobs.is_none_or(|jobs| jobs.send((saved, new)).is_err()) {
            return Err(self.gone());
        }
        self.known = history.records().len();
        self.pending += 1;
        Ok(())
    }

    /// The newest checkpoint that has come to the disk since the last call, if one has. With `wait` none is on its way afterwards.
    ///
    /// # Errors
    /// A checkpoint could not be written: the last such error. Newer ones may have been.
    pub(crate) fn written(&mut self, wait: bool) -> Result<Option<PathBuf>, CheckpointError> {
        let (mut newest, mut failed) = (None, None);
        while self.pending > 0 {
            let Some(thread) = &self.at_work else { break };
            let end = if wait {
                thread.ends.recv().ok()
            } else {
                match thread.ends.try_recv() {
                    Ok(end) => Some(end),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => None,
                }
            };
            self.pending -= 1;
            match end {
                Some(Ok(path)) => newest = Some(path),
                Some(Err(error)) => failed = Some(error),
                None => {
                    self.pending = 0;
                    failed = Some(self.gone());
                }
            }
        }
        failed.map_or(Ok(newest), Err)
    }

    fn gone(&self) -> CheckpointError {
        let problem = "the thread that writes checkpoints has ended";
        CheckpointError::io(self.folder.dir(), &io::Error::other(problem))
    }
}

impl Thread {
    fn new(folder: Folder) -> io::Result<Self> {
        // Nothing waits between the two: memory holds one checkpoint that is written and one that is to be.
        let (jobs, to_do) = sync_channel(0);
        let (done, ends) = channel();
        let work = move || write(&folder, &to_do, &done);
        let handle = Builder::new().name("checkpoints".into()).spawn(work)?;
        Ok(Self { jobs: Some(jobs), ends, handle: Some(handle) })
    }
}

fn write(
    folder: &Folder,
    to_do: &Receiver<(Saved, Vec<Record>)>,
    done: &Sender<Result<PathBuf, CheckpointError>>,
) {
    let mut history = History::default();
    for (saved, new) in to_do {
        history.extend(new);
        let saved = Saved { history, ..saved };
        // Who has gone without waiting for the end does not want to know it.
        let _ = done.send(folder.save(&saved));
        history = saved.history;
    }
}

/// What was handed over is written before the thread ends.
impl Drop for Thread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checkpoint::Tally, data::Position};
    use std::fs;
    use thalweg_rule::{Checkpoint, Optimizer};

    fn saved(steps: u64) -> Saved {
        let mut rule = Optimizer::parse("adam").unwrap().rule::<f32>(2, 1).unwrap();
        Saved {
            identity: vec![("seed".into(), "7".into())],
            rule: Checkpoint::of(&mut *rule, &[1.0, 2.0]).unwrap(),
            buffers: Vec::new(),
            position: Position { epoch: 0, step: steps },
            steps,
            batches: steps,
            tally: Tally::default(),
            seconds: 1.0,
            best: None,
            history: History::default(),
        }
    }

    fn history(steps: u64) -> History {
        (1..=steps).map(|step| Record { step, loss: 1.0 / step as f64, ..Record::default() }).collect()
    }

    #[test]
    fn every_checkpoint_has_the_whole_history_though_only_new_records_are_handed_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::new(Folder::new(dir.path(), 9));
        // A run that is resumed begins with a history.
        for steps in [3, 4, 9] {
            writer.save(saved(steps), &history(steps)).unwrap();
            assert_eq!(writer.known, steps as usize);
        }
        let newest = writer.written(true).unwrap().unwrap();
        assert!(newest.ends_with("step-0000000009.safetensors"));
        assert_eq!(writer.written(true), Ok(None));
        for steps in [3, 4, 9] {
            let bytes = fs::read(dir.path().join(format!("step-{steps:010}.safetensors"))).unwrap();
            assert_eq!(Saved::from_bytes(&bytes).unwrap(), Saved { history: history(steps), ..saved(steps) });
        }
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_is_told_and_the_next_one_is_written_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("run");
        // A file where the folder should be.
        fs::write(&place, b"").unwrap();
        let mut writer = Writer::new(Folder::new(&place, 2));
        writer.save(saved(1), &history(1)).unwrap();
        let error = writer.written(true).unwrap_err().to_string();
        assert!(error.starts_with(&place.display().to_string()), "{error}");
        fs::remove_file(&place).unwrap();
        writer.save(saved(2), &history(2)).unwrap();
        let path = writer.written(true).unwrap().unwrap();
        assert_eq!(Saved::from_bytes(&fs::read(path).unwrap()).unwrap().history, history(2));
    }

    #[test]
    fn what_was_handed_over_is_on_the_disk_when_the_writer_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::new(Folder::new(dir.path(), 2));
        writer.save(saved(1), &history(1)).unwrap();
        drop(writer);
        assert_eq!(Folder::new(dir.path(), 2).newest().unwrap().newest.unwrap().1.step(), 1);
    }
}
