//! Runs that share what is compiled.

use crate::run::{facts, lively, options, task};
use thalweg_train::{
    loss::L2,
    run::{Checkpoints, Options, Run, Series, Status, Trained, train},
};

fn run_on(series: &mut Series, mut run: Run) -> Trained {
    while run.status().is_none() {
        run.step().unwrap();
    }
    series.finish(run)
}

#[test]
fn a_run_of_a_series_has_the_bits_of_a_run_alone_whatever_was_before() {
    let task = lively();
    let base = Options { validate_every: 5, batch: 100, ..options("adam(lr=0.01)", 15) };
    let all = [
        base.clone(),
        Options { seed: 4, ..base.clone() },
        Options { optimizer: "sophia(lr=0.01)".parse().unwrap(), ..base.clone() },
        Options { validate_on: Some(40), ..base.clone() },
        Options { batch: 30, ..base.clone() },
        Options { penalty: Some(L2 { factor: 0.01 }), ..base.clone() },
        base,
    ];
    let mut series = Series::new(&task);
    for options in all {
        let run = series.begin(&options).unwrap();
        assert_eq!(facts(&run_on(&mut series, run)), facts(&train(&task, &options).unwrap()));
    }
}

#[test]
fn runs_of_a_series_resume_where_they_were() {
    let task = task(16);
    let dir = tempfile::tempdir().unwrap();
    let of = |seed: u64| {
        let checkpoints = Some(Checkpoints { dir: dir.path().join(seed.to_string()), every: 4, keep: 2 });
        Options { seed, checkpoints, ..options("adam(lr=0.01)", 20) }
    };
    let mut series = Series::new(&task);
    // The first is done, the second interrupted, the third not begun.
    let run = series.begin(&of(0)).unwrap();
    let first = run_on(&mut series, run);
    let mut second = series.begin(&of(1)).unwrap();
    for _ in 0..7 {
        second.step().unwrap();
    }
    second.interrupt().unwrap();
    series.finish(second);
    let mut series = Series::new(&task);
    for (seed, step) in [(0, 20), (1, 7), (2, 0)] {
        let (run, resumed) = series.resume(&of(seed)).unwrap();
        assert_eq!((run.state().step, resumed.from.is_some()), (step, step > 0));
        assert_eq!(run.status() == Some(&Status::Finished), seed == 0);
        let end = run_on(&mut series, run);
        let alone = train(&task, &Options { checkpoints: None, ..of(seed) }).unwrap();
        assert_eq!(facts(&end), facts(&alone));
        assert!(seed > 0 || facts(&end) == facts(&first));
    }
    let error = series.begin(&of(2)).err().unwrap().to_string();
    assert!(error.contains("has checkpoints of an earlier run"), "{error}");
}
