//! Runs and weights in files.

use std::fs;
use thalweg_rule::{Checkpoint, Layout, Optimizer};
use thalweg_train::{
    checkpoint::{Best, Folder, Saved, Tally, Weights},
    data::{Elements, Npz, Position},
    history::Record,
};

fn layout() -> Layout {
    Layout::new([("0.weight", vec![2, 3]), ("0.bias", vec![2])])
}

/// A run after `steps` steps of Adam, with numbers in every part.
fn saved(steps: u64) -> Saved {
    let mut rule = Optimizer::parse("clip_by_global_norm(1) | adam(lr=0.1)").unwrap();
    rule = rule.then(Optimizer::parse("parameter_ema(0.9)").unwrap());
    let mut rule = rule.rule_for::<f32>(&layout()).unwrap();
    let mut parameters = vec![0.5; 8];
    for step in 0..steps {
        rule.step(&mut parameters, &[step as f32; 8]).unwrap();
    }
    let best = Best { step: 2, loss: 0.1, parameters: vec![-0.0; 8], buffers: vec![f32::NAN.abs(); 1] };
    let record = |step| Record { step, loss: 1.0 / step as f64, lr: Some(0.1), ..Record::default() };
    Saved {
        identity: vec![("seed".into(), "7".into()), ("network".into(), "mlp(2)".into())],
        rule: Checkpoint::of(&mut *rule, &parameters).unwrap(),
        buffers: vec![1.5],
        position: Position { epoch: 3, step: 4 },
        steps,
        batches: u64::MAX,
        tally: Tally { loss: 0.1 + 0.2, right: 3.0, examples: 64.0, seconds: f64::MIN_POSITIVE },
        seconds: 12.5,
        best: (steps > 2).then_some((best, 1)),
        history: (1..=steps).map(record).collect(),
    }
}

#[test]
fn a_saved_run_reads_back_to_the_same() {
    for steps in [1, 5] {
        let run = saved(steps);
        let bytes = run.to_bytes().unwrap();
        let again = Saved::from_bytes(&bytes).unwrap();
        assert_eq!(format!("{again:?}"), format!("{run:?}"));
        assert_eq!(again.to_bytes().unwrap(), bytes);
        // The file is a rule's checkpoint too.
        assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), run.rule);
    }
}

#[test]
fn a_changed_bit_or_a_missing_end_is_found() {
    let bytes = saved(5).to_bytes().unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(Saved::from_bytes(&changed).is_err(), "byte {at} of {}", bytes.len());
    }
    for length in 0..bytes.len() {
        assert!(Saved::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn the_first_difference_between_two_runs_is_told() {
    let (run, mut other) = (saved(1), saved(1).identity);
    assert_eq!(run.differs(&other), None);
    other[1].1 = "mlp(3)".into();
    assert_eq!(run.differs(&other), Some(["network", "mlp(2)", "mlp(3)"]));
    other.truncate(1);
    assert_eq!(run.differs(&other), Some(["network", "mlp(2)", "unknown"]));
}

fn names(dir: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> =
        dir.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_keeps_the_last_checkpoints_and_nothing_unfinished() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path().join("runs/a"), 2);
    assert!(folder.is_empty().unwrap());
    for steps in 1..=4 {
        folder.save(&saved(steps)).unwrap();
    }
    fs::write(folder.dir().join("step-0000000005.tmp"), b"half").unwrap();
    fs::write(folder.dir().join("notes.txt"), b"mine").unwrap();
    let found = folder.newest().unwrap();
    assert_eq!(found.newest.unwrap().1.step(), 4);
    assert!(found.damaged.is_empty());
    let wanted = ["notes.txt", "step-0000000003.safetensors", "step-0000000004.safetensors"];
    assert_eq!(names(folder.dir()), wanted);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_out_of_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path(), 3);
    for steps in 1..=3 {
        folder.save(&saved(steps)).unwrap();
    }
    let newest = dir.path().join("step-0000000003.safetensors");
    let bytes = fs::read(&newest).unwrap();
    fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    let found = folder.newest().unwrap();
    assert_eq!(found.newest.unwrap().1.step(), 2);
    let message = found.damaged[0].to_string();
    assert!(message.starts_with(&newest.display().to_string()) && message.contains("not all of it"));
    assert!(names(dir.path()).contains(&"step-0000000003.safetensors.damaged".to_owned()));
    assert!(folder.newest().unwrap().damaged.is_empty());
}

#[test]
fn weights_have_pytorch_names_in_both_formats() {
    let buffers = Layout::new([("1.running_mean", vec![2]), ("1.running_var", vec![2])]);
    let values: Vec<f32> = (0..8).map(|i| i as f32).collect();
    let weights = Weights::new(&layout(), &values, &buffers, &[0.5, 0.25, 1.0, 2.0]).unwrap();
    let bytes = weights.to_safetensors().unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("0.weight").unwrap().shape(), [2, 3]);
    assert_eq!(tensors.tensor("1.num_batches_tracked").unwrap().dtype(), safetensors::Dtype::I64);
    let again = Weights::read_safetensors(&bytes, &layout(), &buffers).unwrap();
    assert_eq!(again, (values, vec![0.5, 0.25, 1.0, 2.0]));
    let npz = weights.to_npz().unwrap();
    let array = Npz::from_bytes("weights.npz", &npz).unwrap().array("0.bias").unwrap();
    assert_eq!(array.elements(), &Elements::F32(vec![6.0, 7.0]));
    let error = Weights::read_safetensors(&bytes, &Layout::new([("0.bias", [3])]), &buffers).unwrap_err();
    assert_eq!(error.to_string(), "weights: `0.bias` is F32 of shape [2], must be F32 of [3]");
}
