//! How runs end before they have made all their steps, and what is left then.

use crate::run::{bits, facts, options, task};
use std::{fs, path::Path, sync::Arc};
use thalweg_train::{
    checkpoint::Saved,
    data::{Dataset, Sampling, Targets, Values},
    layer::{Activation, Dense, Flatten, Sequential},
    loss::CrossEntropy,
    network::Network,
    run::{Checkpoints, Length, NonFinite, Options, Run, Status, Task, TrainError, Trained, train},
};

/// At the fifth step the rate is infinite in single precision.
const EXPLODING: &str = "sgd(lr=piecewise(0.01, [4], [1e302]))";

fn into(dir: &Path, every: u64) -> Checkpoints {
    Checkpoints { dir: dir.into(), every, keep: 9 }
}

fn run_on(mut run: Run) -> Trained {
    while run.status().is_none() {
        run.step().unwrap();
    }
    run.finish()
}

fn non_finite(end: &Trained) -> &NonFinite {
    match &end.status {
        Status::NonFinite(end) => end,
        status => panic!("{status:?}"),
    }
}

fn steps(end: &Trained) -> Vec<u64> {
    end.history.records().iter().map(|record| record.step).collect()
}

fn losses(end: &Trained) -> Vec<u64> {
    end.history.records().iter().map(|record| record.loss.to_bits()).collect()
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_at_its_step_and_nothing_before_is_lost() {
    let task = task(16);
    let dir = tempfile::tempdir().unwrap();
    let options_of = |text| Options { checkpoints: Some(into(dir.path(), 2)), ..options(text, 100) };
    let end = run_on(Run::new(&task, &options_of(EXPLODING)).unwrap());
    let last = dir.path().join("step-0000000004.safetensors");
    // The first pixel is black in all digits: its gradients are 0, and 0 · ∞ is no number.
    let wanted = format!(
        "the loss of the batch of step 6 is NaN; the parameter `1.weight` was the first that is not finite (number 0 is NaN); \
         the last checkpoint before is {}",
        last.display()
    );
    assert_eq!(non_finite(&end).to_string(), wanted);
    let calm = |steps| train(&task, &options("sgd(lr=0.01)", steps)).unwrap();
    assert_eq!((end.steps, steps(&end)), (5, vec![1, 2, 3, 4, 5]));
    assert_eq!(losses(&end), losses(&calm(5)));
    let saved = Saved::from_bytes(&fs::read(&last).unwrap()).unwrap();
    assert_eq!(bits(saved.rule.params()), bits(&calm(4).parameters));
    assert_eq!(saved.history.records().len(), 4);
    let (run, resumed) = Run::resume(&task, &options_of(EXPLODING)).unwrap();
    assert_eq!((resumed.from, run.state().step), (Some(last), 4));
    let again = run_on(run);
    assert_eq!((non_finite(&again).to_string(), losses(&again)), (wanted, losses(&end)));
}

#[test]
fn parameters_that_are_no_numbers_are_in_no_checkpoint_and_no_good_end() {
    let task = task(16);
    let dir = tempfile::tempdir().unwrap();
    let saving = Options { checkpoints: Some(into(dir.path(), 1)), ..options(EXPLODING, 100) };
    let end = run_on(Run::new(&task, &saving).unwrap());
    let found = non_finite(&end);
    assert_eq!((found.step, found.loss.is_finite()), (5, true));
    assert_eq!(
        found.place.as_ref().map(|place| (place.what, place.leaf.as_str())),
        Some(("the parameter", "1.weight"))
    );
    assert_eq!(found.checkpoint, Some(dir.path().join("step-0000000004.safetensors")));
    assert!(!dir.path().join("step-0000000005.safetensors").exists());
    // It is the last step of this run, which is not finished all the same.
    let end = train(&task, &options(EXPLODING, 5)).unwrap();
    assert_eq!((non_finite(&end).step, &non_finite(&end).checkpoint), (5, &None));
    assert_eq!(steps(&end), [1, 2, 3, 4, 5]);
}

/// 300 examples, of which number 130 has a value that is no number.
fn spoilt() -> Task {
    let values = |k: usize| if k == 130 * 4 + 1 { f32::NAN } else { ((k * 37) % 19) as f32 / 19.0 - 0.5 };
    let labels = (0..300).map(|k| k % 3).collect();
    let values = Values::F32((0..300 * 4).map(values).collect());
    let data = Dataset::new(&[4], values, Targets::Classes { labels, classes: 3 }).unwrap();
    let layers = Sequential::default().then(Flatten).then(Dense::new(5)).then(Activation::Tanh);
    Task::new(Network::new(&[4], layers.then(Dense::new(3))).unwrap(), CrossEntropy::default(), data)
}

#[test]
fn a_bad_example_ends_the_run_at_its_batch_unless_the_rule_leaves_such_out() {
    let dir = tempfile::tempdir().unwrap();
    let with = |text| Options { batch: 50, sampling: Sampling::InOrder, ..options(text, 12) };
    let stopping = Options { checkpoints: Some(into(dir.path(), 2)), ..with("adam(lr=0.01)") };
    let end = run_on(Run::new(&spoilt(), &stopping).unwrap());
    let found = non_finite(&end);
    assert_eq!((found.step, found.loss.is_nan()), (3, true));
    assert_eq!(found.place.as_ref().map(|place| place.what), Some("the gradient of"));
    assert_eq!(found.checkpoint, Some(dir.path().join("step-0000000002.safetensors")));
    assert!(end.parameters.iter().all(|x| x.is_finite()));
    for text in
        ["skip_nonfinite(1) | adam(lr=0.01)", "clip_by_global_norm(1) | skip_nonfinite(1) | sgd(lr=0.01)"]
    {
        let end = train(&spoilt(), &with(text)).unwrap();
        assert_eq!((end.status.as_str(), end.steps), ("finished", 12));
        assert!(end.parameters.iter().all(|x| x.is_finite()), "{text}");
    }
    // More in succession than are allowed end it too.
    let mut few = spoilt();
    few.train = Arc::new(few.train.subset(&(100..150).collect::<Vec<_>>()).unwrap());
    let end = train(&few, &with("skip_nonfinite(2) | adam(lr=0.01)")).unwrap();
    assert_eq!((non_finite(&end).step, end.steps), (1, 0));
}

#[test]
fn a_run_stops_once_the_validation_loss_is_low_enough() {
    let task = task(32);
    let dir = tempfile::tempdir().unwrap();
    let until = |threshold| Options {
        stop_below: Some(threshold),
        validate_every: 5,
        checkpoints: Some(into(dir.path(), 1000)),
        ..options("adam(lr=0.01)", 500)
    };
    let end = run_on(Run::new(&task, &until(1.0)).unwrap());
    assert_eq!((end.status.as_str(), end.history.first_below(1.0)), ("reached", Some(end.steps)));
    assert!(end.steps < 500 && end.steps.is_multiple_of(5));
    let as_long = Options { validate_every: 5, ..options("adam(lr=0.01)", end.steps) };
    assert_eq!(bits(&end.parameters), bits(&train(&task, &as_long).unwrap().parameters));
    // What was reached is reached when the run is taken up again; less is not.
    let (run, _) = Run::resume(&task, &until(1.0)).unwrap();
    assert_eq!(run.status(), Some(&Status::Reached));
    let (run, _) = Run::resume(&task, &until(0.5)).unwrap();
    let on = run_on(run);
    assert!(on.steps > end.steps && on.history.first_below(0.5) == Some(on.steps));
    let whole = Options { length: Length::Steps(on.steps), ..as_long };
    assert_eq!(bits(&on.parameters), bits(&train(&task, &whole).unwrap().parameters));

    let blind = Options { stop_below: Some(1.0), ..options("sgd", 5) };
    match train(&task, &blind) {
        Err(TrainError::Option { what, .. }) => assert_eq!(what, "stop_below"),
        other => panic!("{:?}", other.map(|end| facts(&end))),
    }
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_an_error_of_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let options =
        Options { checkpoints: Some(into(&dir.path().join("run"), 2)), ..options("sgd(lr=0.01)", 9) };
    let mut run = Run::new(&task(8), &options).unwrap();
    // A file where the folder should be.
    fs::write(dir.path().join("run"), b"").unwrap();
    let failed = (0..9).find_map(|_| run.step().err()).expect("the run cannot end well");
    assert!(matches!(failed, TrainError::Checkpoint(_)), "{failed}");
    assert!(failed.to_string().starts_with(&dir.path().join("run").display().to_string()), "{failed}");
}
