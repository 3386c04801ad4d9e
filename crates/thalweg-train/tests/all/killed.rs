//! A run whose process is killed, again and again.

use crate::run::{facts, lively, options};
use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};
use thalweg_train::run::{Checkpoints, Options, Run, Status, train};

/// Names the folder to the process that trains.
const FOLDER: &str = "THALWEG_KILLED_RUN";
const STEPS: u64 = 400;

fn plain() -> Options {
    Options {
        batch: 50,
        ema: Some(0.9),
        validate_every: 20,
        patience: Some(1000),
        ..options("adam(lr=0.01)", STEPS)
    }
}

fn with(dir: &Path) -> Options {
    Options { checkpoints: Some(Checkpoints { dir: dir.into(), every: 3, keep: 2 }), ..plain() }
}

/// This test again, as another process, which trains.
fn start(dir: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::a_run_killed_at_any_moment_resumes_to_the_same_bits"])
        .env(FOLDER, dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn newest(dir: &Path) -> Option<String> {
    let names = dir.read_dir().ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.ends_with(".safetensors")).max()
}

#[test]
fn a_run_killed_at_any_moment_resumes_to_the_same_bits() {
    if let Some(dir) = env::var_os(FOLDER) {
        let (mut run, resumed) = Run::resume(&lively(), &with(Path::new(&dir))).unwrap();
        assert!(resumed.damaged.is_empty());
        while run.status().is_none() {
            run.step().unwrap();
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut killed = 0;
    for milliseconds in [0, 3, 1, 11, 6, 2, 17, 4] {
        let before = newest(dir.path());
        let mut child = start(dir.path());
        // Until it has written something, for it may take its time to begin.
        while newest(dir.path()) == before && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(milliseconds));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(killed > 0);
    assert!(start(dir.path()).wait().unwrap().success());
    let (run, resumed) = Run::resume(&lively(), &with(dir.path())).unwrap();
    assert!(resumed.from.is_some() && run.status() == Some(&Status::Finished));
    assert_eq!(facts(&run.finish()), facts(&train(&lively(), &plain()).unwrap()));
}
