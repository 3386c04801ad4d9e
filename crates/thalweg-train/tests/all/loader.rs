//! Preparing batches ahead.

use std::{collections::HashSet, sync::Arc};
use thalweg_train::data::{Dataset, Loader, Sampler, Sampling};

fn loader(ahead: usize) -> Loader {
    let digits = Arc::new(Dataset::digits());
    let sampler = Sampler::new(digits.len(), 100, Sampling::Shuffled, 9).unwrap();
    Loader::new(digits, sampler, ahead).unwrap()
}

#[test]
fn batches_prepared_ahead_are_the_batches_prepared_when_asked_for() {
    let mut plain = loader(0);
    let mut others = [loader(1), loader(2), loader(7)];
    for _ in 0..3 * plain.steps() {
        let batch = plain.next_batch().clone();
        for other in &mut others {
            assert_eq!(other.position(), batch.position);
            assert_eq!(other.next_batch(), &batch);
        }
    }
}

#[test]
fn a_loader_that_resumes_at_the_position_of_another_goes_on_alike() {
    let mut first = loader(4);
    for _ in 0..25 {
        first.next_batch();
    }
    let digits = Arc::new(Dataset::digits());
    let mut sampler = Sampler::new(digits.len(), 100, Sampling::Shuffled, 9).unwrap();
    sampler.seek(first.position()).unwrap();
    let mut second = Loader::new(digits, sampler, 3).unwrap();
    for _ in 0..25 {
        assert_eq!(first.next_batch(), second.next_batch());
    }
}

#[test]
fn buffers_come_back_into_use() {
    let mut loader = loader(2);
    // The first buffer of the loader itself joins the three that the thread starts with.
    let places: HashSet<_> = (0..100).map(|_| loader.next_batch().inputs.as_ptr()).collect();
    assert!(places.len() <= 4, "{} buffers", places.len());
}

#[test]
fn a_sampler_of_another_length_is_refused() {
    let sampler = Sampler::new(5, 1, Sampling::InOrder, 0).unwrap();
    let message = Loader::new(Arc::new(Dataset::digits()), sampler, 1).unwrap_err().to_string();
    assert_eq!(
        message,
        "loader: the sampler's number of examples is 5, must be 1797, the length of the data set"
    );
}
