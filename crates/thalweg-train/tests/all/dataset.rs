//! Holding examples, parting them, and gathering batches.

use thalweg_train::data::{Array, Batch, DataError, Dataset, Elements, Targets, Values};

/// Ten examples of two numbers, whose first is ten times the example's index.
fn tens() -> Dataset {
    let values = (0..10).flat_map(|i| [10.0 * i as f32, 1.0]).collect();
    let targets = (0..10).flat_map(|i| [i as f32, -(i as f32), 0.5]).collect();
    Dataset::new(&[2], Values::F32(values), Targets::Values { values: targets, width: 3 }).unwrap()
}

#[test]
fn the_digits_have_the_class_counts_that_uci_publishes_for_the_test_part() {
    let digits = Dataset::digits();
    let Targets::Classes { labels, classes: 10 } = digits.targets() else { panic!("ten classes") };
    let mut counts = [0; 10];
    for &label in labels {
        counts[label as usize] += 1;
    }
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    // First rows of scikit-learn 1.9.1's load_digits().images[0].
    let Values::U8(pixels) = digits.values() else { panic!("bytes") };
    assert_eq!(pixels[..16], [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]);
    assert_eq!(pixels.iter().max(), Some(&16));
}

#[test]
fn a_split_parts_every_example_once_and_again_alike_for_the_same_seed() {
    let data = tens();
    let (train, validation) = data.split(0.3, 5).unwrap();
    assert_eq!((train.len(), validation.len()), (7, 3));
    let first = |data: &Dataset| match data.values() {
        Values::F32(values) => values.iter().step_by(2).map(|x| *x as usize / 10).collect::<Vec<_>>(),
        Values::U8(_) => unreachable!(),
    };
    let mut all = [first(&train), first(&validation)].concat();
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
    assert!(first(&train).is_sorted() && first(&validation).is_sorted());
    assert_eq!(data.split(0.3, 5).unwrap(), (train, validation));
    assert!((0..20).any(|seed| data.split(0.3, seed).unwrap() != data.split(0.3, 5).unwrap()));
}

#[test]
fn a_split_that_leaves_a_part_empty_is_refused() {
    for fraction in [0.0, 0.04, 0.96, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(tens().split(fraction, 0), Err(DataError::Invalid { .. })), "{fraction}");
    }
}

#[test]
fn a_batch_has_inputs_and_targets_of_its_examples_in_the_order_asked_for() {
    let mut batch = Batch::default();
    tens().gather(&[7, 0, 7], &mut batch).unwrap();
    assert_eq!(batch.inputs, [70.0, 1.0, 0.0, 1.0, 70.0, 1.0]);
    assert_eq!(batch.targets, [7.0, -7.0, 0.5, 0.0, 0.0, 0.5, 7.0, -7.0, 0.5]);
    assert!(batch.classes.is_empty());
}

#[test]
fn a_batch_filled_again_keeps_its_memory() {
    let digits = Dataset::digits();
    let mut batch = Batch::default();
    digits.gather(&[1; 32], &mut batch).unwrap();
    let places = |batch: &Batch| (batch.inputs.as_ptr(), batch.classes.as_ptr(), batch.indices.as_ptr());
    let before = places(&batch);
    for size in [32, 5, 32, 1] {
        digits.gather(&vec![3; size], &mut batch).unwrap();
        assert_eq!((batch.len(), places(&batch)), (size, before));
    }
}

#[test]
fn indices_and_buffers_that_do_not_fit_are_refused() {
    let data = tens();
    let message = data.gather(&[3, 10], &mut Batch::default()).unwrap_err().to_string();
    assert_eq!(message, "data set: an index is 10, must be below 10");
    let message = data.gather_inputs(&[3], &mut [0.0; 3]).unwrap_err().to_string();
    assert_eq!(message, "gather: the length of the buffer is 3, must be 2, the batch's number of values");
    assert!(data.subset(&[10]).is_err());
}

#[test]
fn counts_that_differ_between_inputs_and_labels_name_both_files() {
    let inputs = Array::new(&[3, 1], Elements::U8(vec![0; 3])).unwrap();
    let labels = Array::new(&[2], Elements::U8(vec![0; 2])).unwrap();
    assert_eq!(
        Dataset::from_arrays(["images", "labels"], inputs, &labels).unwrap_err().to_string(),
        "images has 3 examples but labels has 2 labels, must be equally many"
    );
}

#[test]
fn labels_that_are_no_classes_are_refused() {
    let inputs = Array::new(&[2, 1], Elements::F32(vec![0.0; 2])).unwrap();
    let labels = Array::new(&[2], Elements::I64(vec![1, -1])).unwrap();
    assert_eq!(
        Dataset::from_arrays(["x", "y"], inputs, &labels).unwrap_err().to_string(),
        "y: label 1 is -1, must be a whole number from 0 to 4294967294"
    );
    let targets = Targets::Classes { labels: vec![0, 3], classes: 3 };
    assert!(Dataset::new(&[1], Values::U8(vec![0, 0]), targets).is_err());
    let message = Dataset::digits().with_classes(9).unwrap_err().to_string();
    assert_eq!(message, "data set: the number of classes is 9, must be at least 10, to cover the labels");
    assert!(tens().with_classes(9).is_err());
}

#[test]
fn a_stratified_split_takes_the_same_share_of_every_class() {
    let digits = Dataset::digits();
    let (train, validation) = digits.split_stratified(0.2, 3).unwrap();
    assert_eq!((train.len(), validation.len()), (1438, 359));
    let count = |data: &Dataset| {
        let Targets::Classes { labels, .. } = data.targets() else { panic!("classes") };
        let mut counts = [0_i32; 10];
        for &label in labels {
            counts[label as usize] += 1;
        }
        counts
    };
    for (all, held) in count(&digits).into_iter().zip(count(&validation)) {
        assert!((f64::from(held) - f64::from(all) * 359.0 / 1797.0).abs() < 1.0, "{held} of {all}");
    }
    assert_eq!(digits.split_stratified(0.2, 3).unwrap(), (train, validation));
    let error = tens().split_stratified(0.5, 0).unwrap_err().to_string();
    assert!(error.contains("numbers, must be classes"), "{error}");
}
