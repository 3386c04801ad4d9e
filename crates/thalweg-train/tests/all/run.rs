//! The loop: what it does, how it ends, and that it ends with the same bits whatever happens on the way.

use std::{
    fs,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use thalweg_rule::{Kind, Named, Optimizer, names};
use thalweg_train::{
    data::{Dataset, Normalization, Over, Sampling},
    layer::{Activation, BatchNorm, Dense, Dropout, Flatten, Sequential},
    loss::{CrossEntropy, L2},
    network::Network,
    run::{
        Checkpoints, Length, LrTest, Options, Run, State, Status, Task, TrainError, Trained, compare,
        find_lr, train,
    },
};

/// The digits with pixels from 0 to 1, a fifth of them for validation.
fn digits() -> (Dataset, Dataset) {
    let (mut train, mut validation) = Dataset::digits().split(0.2, 1).unwrap();
    let scale = train.normalizer(Normalization::Unit, Over::Whole).unwrap();
    train.normalize(&scale).unwrap();
    validation.normalize(&scale).unwrap();
    (train, validation)
}

fn task_of(layers: Sequential) -> Task {
    let (train, validation) = digits();
    let network = Network::new(train.shape(), layers).unwrap();
    Task::new(network, CrossEntropy::default(), train).with_validation(validation)
}

/// `mlp(width)`
pub(crate) fn task(width: usize) -> Task {
    let layers = Sequential::default().then(Flatten).then(Dense::new(width)).then(Activation::Relu);
    task_of(layers.then(Dense::new(10)))
}

/// A network with buffers and random layers.
pub(crate) fn lively() -> Task {
    let layers = Sequential::default().then(Flatten).then(Dense::new(24)).then(BatchNorm::default());
    task_of(layers.then(Activation::Relu).then(Dropout { rate: 0.2 }).then(Dense::new(10)))
}

pub(crate) fn options(optimizer: &str, steps: u64) -> Options {
    let optimizer = optimizer.parse().unwrap_or_else(|error| panic!("{optimizer}: {error}"));
    Options { length: Length::Steps(steps), ..Options::new(optimizer) }
}

fn go_on(_: usize, _: &State<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(crate) fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// All that must not depend on interruptions and threads.
pub(crate) fn facts(end: &Trained) -> impl PartialEq + std::fmt::Debug + use<> {
    let numbers = |x: Option<f64>| x.map(f64::to_bits);
    let records: Vec<_> = end
        .history
        .records()
        .iter()
        .map(|r| (r.step, r.loss.to_bits(), numbers(r.validation_loss), numbers(r.lr), numbers(r.accuracy)))
        .collect();
    let best = end.best.as_ref().map(|best| (best.step, bits(&best.parameters), bits(&best.buffers)));
    let averaged = end.averaged.as_deref().map(bits);
    (bits(&end.parameters), averaged, bits(&end.buffers), records, best, end.steps, end.status.clone())
}

/// The name as an optimiser that learns the digits.
fn spec(named: &Named) -> String {
    let call = match named.name {
        "groups" => "groups([\"*\", clip_by_global_norm(1), adam(lr=0.01)])".to_owned(),
        "clip_by_value" | "clip_by_global_norm" | "clip_by_norm" | "clip_by_block_rms" => {
            format!("{}(1)", named.name)
        }
        "muon" => "muon(lr=0.01, adam_lr=0.01)".to_owned(),
        "l1" | "proximal_l1" => format!("{}(0.0001)", named.name),
        "adaptive_clip" => "adaptive_clip(0.1)".to_owned(),
        // At its own temperature it would draw from a distribution instead of going downhill.
        "sgld" => "sgld(lr=0.05, temperature=1e-6)".to_owned(),
        "add_decayed_weights" => "add_decayed_weights(0.001)".to_owned(),
        "ema" | "parameter_ema" => format!("{}(0.9)", named.name),
        "accumulate" | "apply_every" => format!("{}(2)", named.name),
        "sgd" | "heavy_ball" | "nesterov" | "schedule_free_sgd" | "gradient_descent" => {
            format!("{}(lr=0.05)", named.name)
        }
        name => format!("{name}()"),
    };
    match named.kind {
        Kind::Transform => format!("{call} | scale(0.05)"),
        Kind::Wrapper => format!("{call} | adam(lr=0.01)"),
        _ => call,
    }
}

#[test]
fn every_rule_of_the_catalogue_lowers_the_loss_of_the_digits() {
    // `freeze` moves nothing, and `preconditioned` is given as many numbers as there are parameters.
    let left_out = ["freeze", "preconditioned"];
    let specs: Vec<_> = names().iter().filter(|named| !left_out.contains(&named.name)).map(spec).collect();
    let optimizers: Vec<Optimizer> =
        specs.iter().map(|spec| spec.parse().unwrap_or_else(|error| panic!("{spec}: {error}"))).collect();
    let options = Options { record_every: 10, ..options("sgd", 80) };
    let runs = compare(&task(32), &options, &optimizers, &mut go_on).unwrap();
    assert_eq!(runs.len(), optimizers.len());
    let mut worse = Vec::new();
    for (spec, end) in specs.iter().zip(&runs) {
        let records = end.history.records();
        assert_eq!((&end.status, end.steps, records.len()), (&Status::Finished, 80, 8), "{spec}");
        let (first, last) = (records[0].loss, records[7].loss);
        if !matches!(last.partial_cmp(&first), Some(std::cmp::Ordering::Less)) {
            worse.push(format!("{spec}: {last} from {first}"));
        }
    }
    assert_eq!(worse, Vec::<String>::new());
}

#[test]
fn runs_that_are_compared_see_the_same_batches_from_the_same_start_and_are_as_if_alone() {
    let task = lively();
    let options = Options { validate_every: 10, sampling: Sampling::WithReplacement, ..options("sgd", 25) };
    let texts = ["sgd(lr=0.1)", "adam(lr=0.01)", "sgd(lr=0.1)"];
    let optimizers = texts.map(|text| text.parse().unwrap());
    let mut seen = Vec::new();
    let mut watch = |number: usize, state: &State<'_>| {
        seen.push((number, state.step));
        ControlFlow::Continue(())
    };
    let runs = compare(&task, &options, &optimizers, &mut watch).unwrap();
    assert_eq!(seen, (0..3).flat_map(|n| (1..=25).map(move |step| (n, step))).collect::<Vec<_>>());
    assert_eq!(facts(&runs[0]), facts(&runs[2]));
    for (end, optimizer) in runs.iter().zip(optimizers) {
        let alone = train(&task, &Options { optimizer, ..options.clone() }).unwrap();
        assert_eq!(facts(end), facts(&alone));
    }
    let first = |end: &Trained| end.history.records()[0].loss;
    assert_eq!(first(&runs[0]), first(&runs[1]));
    assert_ne!(facts(&runs[0]), facts(&runs[1]));
}

#[test]
fn bits_depend_neither_on_threads_nor_on_batches_prepared_ahead() {
    let task = task(64);
    let with = |threads: usize, ahead: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = Options { ahead, validate_every: 15, ..options("adam(lr=0.01)", 40) };
        facts(&pool.install(|| train(&task, &options)).unwrap())
    };
    let one = with(1, 0);
    assert_eq!(one, with(2, 0));
    assert_eq!(one, with(3, 4));
}

#[test]
fn a_run_resumes_to_the_same_bits_after_any_step() {
    let task = lively();
    let chains = [
        ("adam(lr=cosine(init=0.01, steps=40))", Sampling::Shuffled),
        ("lookahead(k=5) | sam(rho=0.05) | sgd(lr=0.05, momentum=0.9)", Sampling::WithReplacement),
        ("schedule_free_adamw(lr=0.01)", Sampling::InOrder),
        ("noisy_sgd(lr=0.05, seed=3)", Sampling::Shuffled),
        ("sophia(lr=0.01, update_interval=5)", Sampling::Shuffled),
    ];
    for (text, sampling) in chains {
        let plain = Options {
            sampling,
            batch: 100,
            accumulate: 2,
            clip: Some(1.0),
            ema: Some(0.9),
            penalty: Some(L2 { factor: 1e-4 }),
            record_every: 3,
            validate_every: 4,
            validate_on: Some(50),
            patience: Some(100),
            seed: 5,
            ..options(text, 19)
        };
        let undisturbed = facts(&train(&task, &plain).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let checkpoints = Some(Checkpoints { dir: dir.path().join("run"), every: 1, keep: 2 });
        let options = Options { checkpoints, ..plain };
        for at in [1, 2, 7, 8, 18, 19, 19] {
            let (mut run, resumed) = Run::resume(&task, &options).unwrap();
            assert!(resumed.damaged.is_empty());
            assert_eq!(resumed.from.is_some(), at > 1, "{text} at {at}");
            while run.state().step < at {
                run.step().unwrap();
            }
            if at == 19 {
                assert_eq!(facts(&run.finish()), undisturbed, "{text}");
            }
        }
    }
}

#[test]
fn an_interrupted_run_leaves_a_checkpoint_and_resumes_to_the_same_bits() {
    let task = task(16);
    let plain = options("adam(lr=0.01)", 30);
    let undisturbed = facts(&train(&task, &plain).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let options =
        Options { checkpoints: Some(Checkpoints { dir: dir.path().into(), every: 1000, keep: 1 }), ..plain };
    let flag = Arc::new(AtomicBool::new(false));
    let mut run = Run::new(&task, &options).unwrap();
    run.interrupt_by(flag.clone());
    let mut watch = |state: &State<'_>| {
        flag.store(state.step == 12, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    assert_eq!(run.run(&mut watch).unwrap(), &Status::Interrupted);
    // The flag is seen at the end of the step after.
    assert_eq!(run.state().step, 13);
    let (mut run, _) = Run::resume(&task, &options).unwrap();
    let mut stop = |state: &State<'_>| {
        if state.step == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert_eq!(run.run(&mut stop).unwrap(), &Status::Interrupted);
    let (mut run, resumed) = Run::resume(&task, &options).unwrap();
    assert!(resumed.from.unwrap().ends_with("step-0000000020.safetensors"));
    while run.status().is_none() {
        run.step().unwrap();
    }
    assert_eq!(facts(&run.finish()), undisturbed);
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_what_differs() {
    let task = task(16);
    let dir = tempfile::tempdir().unwrap();
    let checkpoints = Some(Checkpoints { dir: dir.path().into(), every: 5, keep: 1 });
    let options = Options { checkpoints, ..options("adam(lr=0.01)", 10) };
    train(&task, &options).unwrap();
    let refused = |task: &Task, options: &Options, what: &str| {
        let error = Run::resume(task, options).err().expect(what).to_string();
        assert!(error.contains(&format!("is a checkpoint of a run whose {what} is ")), "{error}");
    };
    refused(&task, &Options { seed: 1, ..options.clone() }, "seed");
    refused(&task, &Options { batch: 32, ..options.clone() }, "batch size");
    refused(&task, &Options { optimizer: "adam(lr=0.02)".parse().unwrap(), ..options.clone() }, "optimizer");
    refused(&lively(), &options, "network");
    let less = task.train.subset(&(0..1000).collect::<Vec<_>>()).unwrap();
    refused(&Task { train: Arc::new(less), ..task.clone() }, &options, "training data");
    let occupied = Run::new(&task, &options).err().unwrap().to_string();
    assert!(occupied.contains("has checkpoints of an earlier run"), "{occupied}");
    // More steps are no other run.
    let longer = Options { length: Length::Steps(15), ..options.clone() };
    let (mut run, _) = Run::resume(&task, &longer).unwrap();
    run.run(&mut |_: &State<'_>| ControlFlow::Continue(())).unwrap();
    let plain = Options { checkpoints: None, ..longer };
    assert_eq!(bits(run.parameters()), bits(&train(&task, &plain).unwrap().parameters));
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_the_run_ends_with_the_same_bits() {
    let task = task(16);
    let dir = tempfile::tempdir().unwrap();
    let checkpoints = Some(Checkpoints { dir: dir.path().into(), every: 5, keep: 3 });
    let options = Options { checkpoints, ..options("adam(lr=0.01)", 15) };
    let undisturbed = facts(&train(&task, &options).unwrap());
    let newest = dir.path().join("step-0000000015.safetensors");
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, bytes).unwrap();
    let (mut run, resumed) = Run::resume(&task, &options).unwrap();
    assert!(resumed.damaged[0].to_string().contains("its checksum is wrong"));
    assert_eq!(run.state().step, 10);
    while run.status().is_none() {
        run.step().unwrap();
    }
    assert_eq!(facts(&run.finish()), undisturbed);
}

#[test]
fn a_run_stops_early_with_the_best_parameters() {
    let (train_part, validation) = digits();
    // Labels that say nothing, so that what is learnt by heart is of no use.
    let few = train_part.subset(&(0..60).collect::<Vec<_>>()).unwrap();
    let mut task = task(64);
    (task.train, task.validation) = (Arc::new(few), Some(Arc::new(validation)));
    let options =
        Options { validate_every: 5, patience: Some(3), batch: 30, ..options("adam(lr=0.05)", 5000) };
    let mut run = Run::new(&task, &options).unwrap();
    while run.status().is_none() {
        run.step().unwrap();
    }
    assert_eq!(run.status(), Some(&Status::StoppedEarly));
    let end = run.finish();
    let (best, lowest) = (end.best.clone().unwrap(), end.history.best_validation().unwrap());
    assert_eq!((best.step, best.loss), (lowest.step, lowest.validation_loss.unwrap()));
    assert_eq!(end.steps, best.step + 15);
    assert_eq!(bits(end.for_use().0), bits(&best.parameters));
}

#[test]
fn two_half_batches_accumulated_are_one_whole_batch_up_to_rounding() {
    let task = task(16);
    // Rules with several gradients to a step take each of them of both halves.
    for text in ["sgd(lr=0.1)", "sam(rho=0.5) | sgd(lr=0.1)", "sam(rho=0.2, steps=2) | sgd(lr=0.1)"] {
        let of = |batch, accumulate| {
            let options = Options { batch, accumulate, sampling: Sampling::InOrder, ..options(text, 20) };
            train(&task, &options).unwrap()
        };
        let (whole, halves) = (of(64, 1), of(32, 2));
        for (a, b) in whole.parameters.iter().zip(&halves.parameters) {
            assert!((a - b).abs() < 1e-5, "{text}: {a} {b}");
        }
        let losses = |end: &Trained| end.history.records().iter().map(|r| r.loss).collect::<Vec<_>>();
        for (a, b) in losses(&whole).into_iter().zip(losses(&halves)) {
            assert!((a - b).abs() < 1e-5, "{text}: {a} {b}");
        }
        assert_eq!(whole.steps, halves.steps);
    }
}

#[test]
fn uphill_by_nothing_is_the_rule_itself_on_the_same_batches() {
    // Random layers leave out the same, and running averages see every batch once.
    let task = lively();
    for accumulate in [1, 3] {
        let of = |text| {
            let end = train(&task, &Options { accumulate, ..options(text, 10) }).unwrap();
            (bits(&end.parameters), bits(&end.buffers))
        };
        assert_eq!(of("sam(rho=0, steps=2) | sgd(lr=0.1)"), of("sgd(lr=0.1)"), "{accumulate}");
        assert_ne!(of("sam(rho=0.05) | sgd(lr=0.1)"), of("sgd(lr=0.1)"), "{accumulate}");
    }
}

#[test]
fn an_average_is_what_is_validated_and_handed_out() {
    let task = task(16);
    let options = Options { ema: Some(0.99), validate_every: 10, ..options("sgd(lr=0.5)", 30) };
    let mut run = Run::new(&task, &options).unwrap();
    while run.status().is_none() {
        run.step().unwrap();
    }
    let validation = task.validation.clone().unwrap();
    let validated = run.history().last().unwrap().validation_loss;
    assert_eq!(Some(run.evaluate(&validation).unwrap().loss), validated);
    let end = run.finish();
    let averaged = end.averaged.clone().unwrap();
    assert_ne!(bits(&averaged), bits(&end.parameters));
    assert_eq!(bits(end.for_use().0), bits(&averaged));
    let mut evaluator = thalweg_train::learn::Evaluator::new(&task.network, &*task.loss, 256).unwrap();
    assert_eq!(Some(evaluator.evaluate(&averaged, &[], &validation).unwrap().loss), validated);
}

#[test]
fn epochs_are_passes_over_all_examples_and_the_last_batch_may_be_smaller() {
    let task = task(8);
    let len = task.train.len() as u64;
    let epochs = Options { length: Length::Epochs(2), batch: 100, ..options("sgd(lr=0.1)", 1) };
    let end = train(&task, &epochs).unwrap();
    assert_eq!((end.steps, end.history.last().unwrap().epoch), (2 * len.div_ceil(100), 2.0));
    let dropped = train(&task, &Options { drop_last: true, ..epochs }).unwrap();
    assert_eq!(dropped.steps, 2 * (len / 100));
}

#[test]
fn records_come_as_often_as_asked_for_and_always_with_a_validation_and_at_the_end() {
    let options = Options { record_every: 4, validate_every: 6, ..options("adam(lr=cosine(0.1, 100))", 13) };
    let end = train(&task(8), &options).unwrap();
    let steps: Vec<_> = end.history.records().iter().map(|r| (r.step, r.validation_loss.is_some())).collect();
    assert_eq!(steps, [(4, false), (6, true), (8, false), (12, true), (13, true)]);
    let schedule: thalweg_rule::Schedule = "cosine(0.1, 100)".parse().unwrap();
    for record in end.history.records() {
        // The rate of the step that was made.
        assert_eq!(record.lr, Some(schedule.at(record.step - 1)));
    }
}

#[test]
fn a_range_test_ends_where_the_loss_grows_beyond_bounds() {
    let task = task(16);
    let test = LrTest { from: 1e-5, to: 1e5, ..LrTest::default() };
    let curve = find_lr(&task, &options("sgd(lr=0.1)", 1), test, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(curve.diverged && curve.points.len() < 100);
    assert_eq!(curve.points[0].lr, 1e-5);
    let suggestion = curve.suggestion.unwrap();
    // Smaller than where it diverged, and it trains.
    assert!(suggestion < curve.points.last().unwrap().lr);
    let end = train(&task, &options(&format!("sgd(lr={suggestion})"), 60)).unwrap();
    assert!(end.history.last().unwrap().loss < end.history.records()[0].loss);
    let error = find_lr(&task, &options("scale(0.1)", 1), test, &mut |_| ControlFlow::Continue(()));
    assert!(error.unwrap_err().to_string().contains("which has no `lr`"));
}

#[test]
fn options_out_of_range_are_errors_that_name_them() {
    let task = task(8);
    let base = options("sgd(lr=0.1)", 10);
    let error = |options: Options| match train(&task, &options) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("trained"),
    };
    assert!(error(Options { batch: 0, ..base.clone() }).contains("the size of a batch is 0"));
    assert!(error(Options { accumulate: 0, ..base.clone() }).contains("accumulate is 0"));
    assert!(error(Options { patience: Some(3), ..base.clone() }).contains("validate_every"));
    assert!(error(Options { clip: Some(-1.0), ..base.clone() }).contains("clip_by_global_norm"));
    let wrong = Task { train: Arc::new(Dataset::digits().subset(&[]).unwrap()), ..task.clone() };
    assert!(matches!(train(&wrong, &base), Err(TrainError::Data(_))));
}
