//! Scaling of inputs.

use thalweg_train::data::{Batch, Dataset, Normalization, Normalizer, Over, Targets, Values};

/// Columns 1, 2, 3, 4 and 10, 10, 10, 30.
fn table() -> Dataset {
    let values = vec![1.0, 10.0, 2.0, 10.0, 3.0, 10.0, 4.0, 30.0];
    Dataset::new(&[2], Values::F32(values), Targets::Values { values: vec![0.0; 4], width: 1 }).unwrap()
}

fn scaled(mut data: Dataset, kind: Normalization, over: Over) -> Vec<f32> {
    data.normalize(&data.normalizer(kind, over).unwrap()).unwrap();
    let mut batch = Batch::default();
    data.gather(&[0, 1, 2, 3], &mut batch).unwrap();
    batch.inputs
}

#[test]
fn none_leaves_inputs_as_stored() {
    assert_eq!(
        scaled(table(), Normalization::None, Over::Whole),
        [1.0, 10.0, 2.0, 10.0, 3.0, 10.0, 4.0, 30.0]
    );
}

#[test]
fn unit_brings_each_column_or_the_whole_from_zero_to_one() {
    let columns = scaled(table(), Normalization::Unit, Over::Feature);
    let wanted = [0.0, 0.0, 1.0 / 3.0, 0.0, 2.0 / 3.0, 0.0, 1.0, 1.0];
    columns.iter().zip(wanted).for_each(|(x, wanted)| assert!((x - wanted).abs() < 1e-6));
    let whole = scaled(table(), Normalization::Unit, Over::Whole);
    whole
        .iter()
        .zip([0.0, 9.0, 1.0, 9.0, 2.0, 9.0, 3.0, 29.0])
        .for_each(|(x, y)| assert!((x - y / 29.0).abs() < 1e-6));
}

#[test]
fn standard_gives_mean_zero_and_population_deviation_one() {
    // Column 1: mean 2.5, variance 5/4. Column 2: mean 15, variance 75.
    let columns = scaled(table(), Normalization::Standard, Over::Feature);
    let (a, b) = (1.25_f32.sqrt(), 75_f32.sqrt());
    let wanted = [-1.5 / a, -5.0 / b, -0.5 / a, -5.0 / b, 0.5 / a, -5.0 / b, 1.5 / a, 15.0 / b];
    columns.iter().zip(wanted).for_each(|(x, wanted)| assert!((x - wanted).abs() < 1e-6));
}

#[test]
fn a_constant_feature_becomes_zero_and_stays_finite() {
    let digits = Dataset::digits();
    for kind in [Normalization::Unit, Normalization::Standard] {
        let scale = digits.normalizer(kind, Over::Feature).unwrap();
        // The upper left pixel is never on.
        assert_eq!((scale.shift[0], scale.factor[0]), (0.0, 1.0));
        assert!(scale.factor.iter().all(|x| x.is_finite()));
        // 0.1 is no binary fraction, so that rounding in the mean would show.
        let targets = Targets::Values { values: vec![0.0; 1000], width: 1 };
        let tenths = Dataset::new(&[1], Values::F32(vec![0.1; 1000]), targets).unwrap();
        assert_eq!(
            tenths.normalizer(kind, Over::Feature).unwrap(),
            Normalizer { shift: vec![0.1], factor: vec![1.0] }
        );
    }
}

#[test]
fn values_that_are_not_finite_and_scalings_that_do_not_fit_are_refused() {
    for bad in [f32::NAN, f32::INFINITY] {
        let targets = Targets::Values { values: vec![0.0; 2], width: 1 };
        let data = Dataset::new(&[2], Values::F32(vec![1.0, bad, 2.0, 3.0]), targets).unwrap();
        for kind in [Normalization::Unit, Normalization::Standard] {
            let message = data.normalizer(kind, Over::Feature).unwrap_err().to_string();
            assert!(message.starts_with("normalizer: a value of feature 1 is not finite"), "{message}");
            let message = data.normalizer(kind, Over::Whole).unwrap_err().to_string();
            assert!(message.starts_with("normalizer: a value is not finite"), "{message}");
        }
    }
    let scale = Normalizer { shift: vec![0.0; 3], factor: vec![1.0; 3] };
    assert!(table().normalize(&scale).is_err());
}

#[test]
fn validation_is_scaled_by_the_numbers_of_training() {
    let (train, mut validation) = table().split(0.25, 0).unwrap();
    let scale = train.normalizer(Normalization::Standard, Over::Whole).unwrap();
    validation.normalize(&scale).unwrap();
    let mut batch = Batch::default();
    validation.gather(&[0], &mut batch).unwrap();
    let Values::F32(stored) = validation.values() else { unreachable!() };
    assert_eq!(batch.inputs[0], (stored[0] - scale.shift[0]) * scale.factor[0]);
}
