//! `thalweg train`: networks on data.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Ran, folder, run, run_in};

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

#[test]
fn the_digits_are_learnt_without_any_file() {
    let result = json(&run(&["train", "--epochs", "8", "-o", "adam(lr=0.01)", "--json"]));
    assert_eq!((result["data"].as_str(), result["model"].as_str()), (Some("digits"), Some("mlp(128)")));
    assert_eq!(
        result["examples"].as_u64().zip(result["validation_examples"].as_u64()).map(|(a, b)| a + b),
        Some(1797)
    );
    assert_eq!(result["parameters"], 64 * 128 + 128 + 128 * 10 + 10);
    let run = &result["runs"][0];
    assert_eq!((run["status"].as_str(), run["history"].as_array()), (Some("finished"), None));
    // Logistic regression reaches 95 to 96 % on this split of sizes.
    assert!(run["validation_accuracy"].as_f64().unwrap() > 0.95, "{run}");
}

#[test]
fn optimisers_share_start_and_batches_and_seeds_give_medians() {
    let folder = folder();
    let arguments = "train --model mlp(16) --steps 40 --validate-every 10 --threshold 1.9 --seeds 3 --history -o sgd(lr=0.01) -o adam(lr=0.01) \
                     --out runs.csv --out report.html --json";
    let ran = run_in(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>());
    let result = json(&ran);
    let runs = result["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 6);
    let first = |run: &Value| run["history"][0]["loss"].as_f64().unwrap();
    for seed in 0..3 {
        // The first loss is that of the initial parameters.
        assert_eq!(first(&runs[seed]), first(&runs[3 + seed]));
        assert!(runs[seed]["first_below"].is_null() && runs[3 + seed]["first_below"].is_u64());
    }
    assert_ne!(first(&runs[0]), first(&runs[1]));
    let csv = fs::read_to_string(folder.path().join("runs.csv")).unwrap();
    assert!(csv.starts_with("optimizer,seed,step,epoch,loss,accuracy,validation_loss"), "{csv:.80}");
    assert_eq!(csv.lines().count(), 1 + 6 * 40);
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for words in [
        "mlp(16) on digits",
        "3 runs for each optimiser",
        "Validation loss",
        "predicted class",
        "Mistakes, the surest first",
    ] {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn a_run_that_is_resumed_ends_with_the_weights_of_one_that_was_not() {
    let folder = folder();
    let train = |more: &str| {
        let arguments = format!("train --model mlp(16,dropout=0.2) -o adam(lr=0.01) --batch 100 {more}");
        let ran = run_in(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran
    };
    train("--steps 30 --export whole.npz");
    train("--steps 30 --checkpoints run --checkpoint-every 7");
    // As after a crash: the last checkpoint is gone, the one before is the newest.
    let newest =
        fs::read_dir(folder.path().join("run")).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    fs::remove_file(newest).unwrap();
    let ran = train("--steps 30 --checkpoints run --checkpoint-every 7 --resume --export resumed.npz");
    assert!(ran.err.contains("going on from"), "{}", ran.err);
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("whole.npz"), read("resumed.npz"));

    let other = "train --model mlp(16) --batch 100 --steps 30 --checkpoints run --resume";
    let ran = run_in(folder.path(), &other.split_whitespace().collect::<Vec<_>>());
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is a checkpoint of a run whose"), "{}", ran.err);
}

#[test]
fn a_loss_that_is_no_number_is_a_result_with_a_warning() {
    let ran = run(&["train", "--model", "mlp(16)", "--steps", "50", "-o", "sgd(lr=1e30)", "--json"]);
    assert_eq!(ran.code, 0);
    assert_eq!(json(&ran)["runs"][0]["status"], "non_finite");
    assert!(ran.err.contains("warning") && ran.err.contains("the loss of the batch of step"), "{}", ran.err);
}

#[test]
fn tables_of_classes_and_of_numbers_are_told_apart() {
    let folder = folder();
    let rows = |target: &dyn Fn(f64) -> String| -> String {
        let row = |x: f64| format!("{x},{},{}", x * x, target(x));
        (0..80).map(|k| row(f64::from(k) / 40.0 - 1.0)).collect::<Vec<_>>().join("\n")
    };
    let kinds = rows(&|x| if x > 0.0 { "right".into() } else { "left".into() });
    let numbers = rows(&|x| format!("{}", 0.5 * x + 0.1));
    for (name, text, loss) in [("kinds.csv", kinds, "cross_entropy"), ("numbers.csv", numbers, "mse")] {
        fs::write(folder.path().join(name), format!("x,square,y\n{text}")).unwrap();
        let arguments = [
            "train",
            "--data",
            name,
            "--model",
            "mlp",
            "--batch",
            "16",
            "--steps",
            "300",
            "-o",
            "adam(lr=0.05)",
            "--json",
        ];
        let result = json(&run_in(folder.path(), &arguments));
        assert_eq!(result["loss"].as_str(), Some(loss));
        assert!(result["runs"][0]["validation_loss"].as_f64().unwrap() < 0.2, "{result}");
    }
}

#[test]
fn a_learning_rate_is_suggested_between_too_small_and_too_large() {
    let folder = folder();
    let ran = run_in(
        folder.path(),
        &["train", "--model", "mlp(32)", "--find-lr", "-o", "adam", "--out", "rates.svg", "--json"],
    );
    let suggestion = json(&ran)["suggestion"].as_f64().unwrap();
    assert!((1e-4..1.0).contains(&suggestion), "{suggestion}");
    assert!(
        fs::read_to_string(folder.path().join("rates.svg")).unwrap().contains("log10 of the learning rate")
    );
}

#[test]
fn a_run_stops_at_its_threshold_if_that_is_wanted() {
    let arguments = "train --model mlp(16) --steps 300 --validate-every 5 --threshold 1.5 --stop-at-threshold -o adam(lr=0.01) \
                     -o sgd(lr=1e-9) --json";
    let result = json(&run(&arguments.split_whitespace().collect::<Vec<_>>()));
    let [adam, sgd] = [0, 1].map(|k| &result["runs"][k]);
    assert_eq!((adam["status"].as_str(), &adam["first_below"]), (Some("reached"), &adam["steps"]));
    assert!(adam["validation_loss"].as_f64() < Some(1.5) && adam["steps"].as_u64() < Some(300));
    assert_eq!((sgd["status"].as_str(), sgd["steps"].as_u64()), (Some("finished"), Some(300)));
}

#[test]
fn the_loss_around_the_weights_is_in_the_report_and_in_json() {
    let folder = folder();
    let train = |more: &str| {
        let arguments =
            format!("train --model mlp(8) --steps 60 -o sgd(lr=0.001) -o adam(lr=0.01) --json {more}");
        json(&run_in(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>()))
    };
    let result = train("--plane principal --spectrum --out report.html");
    let run = result["plane"]["run"].as_array().unwrap();
    assert!((3..=51).contains(&run.len()), "{run:?}");
    assert!(run.last().unwrap().as_array().unwrap().iter().all(|x| x.as_f64().unwrap().abs() < 1e-5));
    let steps: Vec<u64> =
        result["plane"]["steps"].as_array().unwrap().iter().map(|step| step.as_u64().unwrap()).collect();
    assert_eq!((steps.len(), steps.first(), steps.last()), (run.len(), Some(&0), Some(&60)));
    assert!(steps.is_sorted_by(|a, b| a < b), "{steps:?}");
    let [first, second] = [0, 1].map(|k| result["plane"]["explained"][k].as_f64().unwrap());
    assert!(first > second && first + second < 1.0 + 1e-9);
    assert_eq!(result["plane"]["loss"].as_array().unwrap().len(), 25 * 25);
    let [largest, mean, smallest] =
        ["largest", "mean", "smallest"].map(|name| result["hessian"][name].as_f64().unwrap());
    assert!(largest > mean && mean > smallest && largest > 0.0);
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for words in
        ["Loss around the weights of adam(lr=0.01)", "first direction (", "Eigenvalues of the Hessian"]
    {
        assert!(report.contains(words), "{words}");
    }

    let result = train("--plane");
    let loss: Vec<f64> =
        result["plane"]["loss"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!((result["plane"]["directions"].as_str(), &result["hessian"]), (Some("random"), &Value::Null));
    // At the corners the weights have been replaced by noise as large as they are.
    assert!([0, 24, 600, 624].iter().all(|&corner| loss[corner] > loss[312]), "{loss:?}");
}

#[test]
fn what_cannot_be_is_refused_with_what_would_be_right() {
    let cases = [
        ("--data digit", "--data: there is no `digit`; give digits, mnist"),
        ("--model mpl(16)", "did you mean `mlp`?"),
        ("--model cnn(8,kernel=4)", "must be odd, found 4"),
        ("-o adm", "did you mean `adam`?"),
        ("--loss cross_entropy(label_smoothing=2)", "from 0 to 1"),
        ("--loss huber", "classes"),
        ("--sampling random", "--sampling must be shuffled, with_replacement or in_order, found random"),
        ("--normalize max", "--normalize must be none, unit or standard, found max"),
        ("--validation 1.5", "--validation must be from 0 to below 1, found 1.5"),
        ("--batch 5000", "--batch: 5000 examples, but there are only"),
        ("--ema 1", "--ema must be from 0 to below 1, found 1"),
        ("--resume", "--checkpoints"),
        ("--out model.txt", "must be one of .html .svg .png .json .csv .parquet"),
        ("--export weights.bin", "must be one of .safetensors .npz"),
        ("--find-lr -o adam -o sgd", "--find-lr: give one --optimizer"),
        ("--stop-at-threshold", "--threshold"),
        ("--plane sideways", "--plane must be random or principal, found sideways"),
    ];
    for (arguments, wanted) in cases {
        let all: Vec<&str> = ["train"].into_iter().chain(arguments.split_whitespace()).collect();
        let ran = run(&all);
        assert_eq!(ran.code, 2, "{arguments}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(wanted), "{arguments}: {}", ran.err);
    }
}

#[test]
fn data_that_cannot_be_fetched_are_said_to_be_so_with_what_helps() {
    let folder = folder();
    let mut command = crate::support::command(folder.path());
    // Nobody listens at the port for discarding.
    command.args(["train", "--data", "fashion-mnist", "--data-url", "http://127.0.0.1:9/fashion"]);
    let output = command.env("XDG_CACHE_HOME", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    let wanted = ["error: http://127.0.0.1:9/fashion/train-images-idx3-ubyte.gz: ", "fashion-mnist by hand"];
    assert!(wanted.iter().all(|words| said.contains(words)), "{said}");
}

/// The second document's experiment in short: MNIST as it is, where its files are at hand.
#[test]
fn adam_is_ahead_of_momentum_ahead_of_plain_descent_on_mnist() {
    let Some(dir) = std::env::var_os("THALWEG_MNIST") else {
        eprintln!("skipped: THALWEG_MNIST does not name a folder with MNIST's files");
        return;
    };
    assert!(Path::new(&dir).is_dir(), "THALWEG_MNIST is {}: no folder", dir.display());
    let arguments = "train --data mnist --normalize none --model mlp(64) --loss cross_entropy(factor=0.1) --batch 128 --sampling with_replacement \
                     --steps 60 --validate-every 5 --validate-on 1024 --threshold 1.5 --json -o sgd(lr=0.001) -o heavy_ball(lr=0.001) -o adam(eps=1e-6)";
    let result = json(&run(&arguments.split_whitespace().collect::<Vec<_>>()));
    let losses: Vec<f64> = (0..3).map(|k| result["runs"][k]["validation_loss"].as_f64().unwrap()).collect();
    assert!(losses[2] < losses[1] && losses[1] < losses[0], "{losses:?}");
}

#[test]
fn the_precision_is_chosen_said_and_kept() {
    let folder = folder();
    let train = |more: &str| {
        let arguments = format!("train --model mlp(32) --steps 20 {more}");
        run_in(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>())
    };
    let half = json(&train("--precision bf16 --checkpoints run --json --history"));
    let full = json(&train("--json --history"));
    assert_eq!((half["precision"].as_str(), full["precision"].as_str()), (Some("bf16"), Some("f32")));
    let first = |result: &Value| result["runs"][0]["history"][0]["loss"].as_f64().unwrap();
    assert!(first(&half) != first(&full) && (first(&half) - first(&full)).abs() < 0.01 * first(&full));
    assert!(train("--precision bf16").out.contains("shuffled, products in bf16"));
    let resumed = train("--checkpoints run --resume");
    assert_eq!(resumed.code, 2);
    assert!(resumed.err.contains("a run whose precision is bf16, but here it is f32"), "{}", resumed.err);
    let wrong = train("--precision f16");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("--precision must be f32 or bf16, found f16"), "{}", wrong.err);
}
