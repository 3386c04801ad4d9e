//! Which examples a step sees.

use proptest::prelude::*;
use std::collections::HashMap;
use thalweg_train::data::{Normalization, Position, Sampler, Sampling};

fn epoch(sampler: &mut Sampler) -> Vec<usize> {
    (0..sampler.steps()).flat_map(|_| sampler.next_indices().to_vec()).collect()
}

#[test]
fn a_shuffled_epoch_has_every_example_once_and_the_next_has_another_order() {
    let mut sampler = Sampler::new(100, 7, Sampling::Shuffled, 3).unwrap();
    let (first, second) = (epoch(&mut sampler), epoch(&mut sampler));
    assert_ne!(first, second);
    for mut order in [first, second] {
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}

#[test]
fn all_orders_of_four_examples_are_equally_likely() {
    let mut sampler = Sampler::new(4, 4, Sampling::Shuffled, 11).unwrap();
    let mut counts = HashMap::new();
    for _ in 0..24_000 {
        *counts.entry(epoch(&mut sampler)).or_insert(0) += 1;
    }
    // χ² with 23 degrees of freedom stays below 49.73 with probability 0.999.
    let chi: f64 = counts.values().map(|&count: &i32| f64::from(count - 1000).powi(2) / 1000.0).sum();
    assert!(counts.len() == 24 && chi < 49.73, "{} orders, {chi}", counts.len());
}

#[test]
fn draws_with_replacement_are_uniform_and_repeat_examples() {
    let mut sampler = Sampler::new(10, 10, Sampling::WithReplacement, 2).unwrap();
    let mut counts = [0; 10];
    let mut repeated = 0;
    for _ in 0..1000 {
        let mut drawn = epoch(&mut sampler);
        for &index in &drawn {
            counts[index] += 1;
        }
        drawn.sort_unstable();
        drawn.dedup();
        repeated += usize::from(drawn.len() < 10);
    }
    // χ² with 9 degrees of freedom stays below 27.88 with probability 0.999; 10!/10¹⁰ of the epochs repeat nothing.
    let chi: f64 = counts.iter().map(|&count| f64::from(count - 1000).powi(2) / 1000.0).sum();
    assert!(chi < 27.88 && repeated >= 995, "{chi}, {repeated}");
}

#[test]
fn dropping_the_last_batch_leaves_only_full_ones() {
    let mut sampler = Sampler::new(10, 4, Sampling::Shuffled, 0).unwrap().drop_last();
    assert_eq!(sampler.steps(), 2);
    assert!((0..6).all(|_| sampler.next_indices().len() == 4));
    assert_eq!(sampler.position(), Position { epoch: 3, step: 0 });
}

#[test]
fn impossible_batches_and_positions_are_refused() {
    assert!(Sampler::new(0, 1, Sampling::Shuffled, 0).is_err());
    assert!(Sampler::new(5, 0, Sampling::Shuffled, 0).is_err());
    let message = Sampler::new(5, 6, Sampling::Shuffled, 0).unwrap_err().to_string();
    assert_eq!(message, "sampler: the size of a batch is 6, must be from 1 to the number of examples, 5");
    let mut sampler = Sampler::new(5, 2, Sampling::Shuffled, 0).unwrap();
    let message = sampler.seek(Position { epoch: 0, step: 3 }).unwrap_err().to_string();
    assert_eq!(message, "sampler: the step is 3, must be below 3, the steps of an epoch");
}

#[test]
fn orders_are_those_of_chacha_with_eight_rounds_written_anew_in_python() {
    // Key: seed, little-endian, then "shuffle " or "replace "; nonce: epoch; words of 64 bits, the lower half first.
    // The Python code gives the first block of ChaCha20 for key and nonce 0 as RFC 8439, appendix A.1, has it.
    let mut sampler = Sampler::new(12, 12, Sampling::Shuffled, 42).unwrap();
    assert_eq!(sampler.next_indices(), [2, 9, 5, 11, 10, 6, 1, 4, 7, 8, 3, 0]);
    sampler.seek(Position { epoch: 3, step: 0 }).unwrap();
    assert_eq!(sampler.next_indices(), [5, 10, 0, 3, 1, 11, 6, 8, 7, 4, 2, 9]);
    let mut sampler = Sampler::new(1000, 4, Sampling::WithReplacement, 42).unwrap();
    sampler.seek(Position { epoch: 5, step: 2 }).unwrap();
    assert_eq!(sampler.next_indices(), [78, 632, 132, 710]);
}

proptest! {
    #[test]
    fn a_run_resumed_anywhere_sees_what_it_would_have_seen(
        len in 1_usize..40, batch in 1_usize..40, seed: u64, steps in 0_usize..60, mode in 0_usize..3
    ) {
        let batch = batch.min(len);
        let mut whole = Sampler::new(len, batch, Sampling::ALL[mode], seed).unwrap();
        for _ in 0..steps {
            whole.next_indices();
        }
        let mut resumed = Sampler::new(len, batch, Sampling::ALL[mode], seed).unwrap();
        resumed.seek(whole.position()).unwrap();
        for _ in 0..10 {
            prop_assert_eq!(whole.next_indices(), resumed.next_indices());
        }
        whole.seek(Position::default()).unwrap();
        let mut fresh = Sampler::new(len, batch, Sampling::ALL[mode], seed).unwrap();
        prop_assert_eq!(whole.next_indices(), fresh.next_indices());
    }
}

#[test]
fn choices_read_what_they_print_and_name_what_is_known() {
    for sampling in Sampling::ALL {
        assert_eq!(sampling.to_string().parse(), Ok(sampling));
    }
    for kind in Normalization::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    let error = "random".parse::<Sampling>().unwrap_err().to_string();
    assert!(error.ends_with("`random`, must be one of in_order, shuffled, with_replacement"), "{error}");
}
