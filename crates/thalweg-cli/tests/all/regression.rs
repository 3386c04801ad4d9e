//! `thalweg fit` of all rows at once: parameters with their errors.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use thalweg::landscape::{Landscape, Set};

use crate::support::{Ran, folder, numbers, run_in};

fn with_file(text: &str) -> TempDir {
    let folder = folder();
    fs::write(folder.path().join("data.csv"), text).expect("a file");
    folder
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.out))
}

fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found / expected - 1.0).abs() <= tolerance
}

/// Eight measurements of a decay, the fifth an outlier.
const OUTLIER: &str = "t,y\n0,2.9\n1,2.1\n2,1.3\n3,1.1\n4,9.0\n5,0.6\n6,0.45\n7,0.2\n";

#[test]
fn nists_certified_parameters_and_deviations_are_found_to_six_digits() {
    for name in Set::Nist.problems() {
        let problem = Landscape::parse(name).expect("a regression");
        let certified = problem.regression().expect("a regression");
        let mut file = format!("y,{}\n", certified.names.join(","));
        for (row, y) in certified.response.iter().enumerate() {
            let predictors: Vec<String> = certified.predictors.iter().map(|x| x[row].to_string()).collect();
            let _ = writeln!(file, "{y},{}", predictors.join(","));
        }
        let folder = with_file(&file);
        let start: Vec<String> =
            certified.starts[1].iter().enumerate().map(|(i, b)| format!("b{}={b:e}", i + 1)).collect();
        let arguments = ["fit", certified.model, "data.csv", "--start", &start.join(","), "--json"];
        let result = json(&run_in(folder.path(), &arguments));
        for (i, (found, truth)) in numbers(&result["x"]).iter().zip(&certified.parameters).enumerate() {
            assert!(near(*found, *truth, 0.5e-6), "{name}, b{}: {found} {truth}", i + 1);
        }
        // The residuals of Lanczos1 are the rounding errors of its data.
        let tolerance = if name == "lanczos1" { 2e-3 } else { 0.5e-6 };
        for (found, truth) in numbers(&result["standard_errors"]).iter().zip(&certified.deviations) {
            assert!(near(*found, *truth, tolerance), "{name}: {}", result["standard_errors"]);
        }
        let deviation = result["residual_deviation"].as_f64().expect("a number");
        assert!(near(deviation, certified.residual_deviation, tolerance), "{name}: {deviation}");
        assert_eq!(result["degrees_of_freedom"], certified.degrees_of_freedom());
    }
}

#[test]
fn a_line_has_the_errors_and_intervals_of_the_textbook() {
    // y = a + b x through five points: b = Sxy/Sxx, its variance s²/Sxx, and t = 3.182446 for three degrees of freedom.
    let folder = with_file("x;y\n1;2.1\n2;3.9\n3;6.2\n4;7.8\n5;10.1\n");
    let arguments = ["fit", "a + b*x", "data.csv", "--start", "a=0,b=0"];
    let result = json(&run_in(folder.path(), &[&arguments[..], &["--json"]].concat()));
    let (x, y) = ([1.0, 2.0, 3.0, 4.0, 5.0], [2.1, 3.9, 6.2, 7.8, 10.1]);
    let mean = y.iter().sum::<f64>() / 5.0;
    let across: f64 = x.iter().zip(&y).map(|(x, y)| (x - 3.0) * (y - mean)).sum();
    let (b, total) = (across / 10.0, y.iter().map(|y| (y - mean).powi(2)).sum::<f64>());
    let squares = total - b * across;
    let error = (squares / 3.0 / 10.0).sqrt();
    assert!(near(numbers(&result["x"])[1], b, 1e-12), "{result}");
    assert!(near(numbers(&result["standard_errors"])[1], error, 1e-10), "{result}");
    let interval = numbers(&result["intervals"][1]);
    let t = 3.182_446_305_283_708;
    assert!(near(interval[0], b - t * error, 1e-10) && near(interval[1], b + t * error, 1e-10), "{result}");
    assert!(near(result["r_squared"].as_f64().expect("a number"), 1.0 - squares / total, 1e-12), "{result}");
    // corr(a, b) = −x̄ / √(mean of x²)
    assert!(near(numbers(&result["correlation"][0])[1], -3.0 / 11.0_f64.sqrt(), 1e-10), "{result}");

    let ran = run_in(folder.path(), &[&arguments[..], &["--correlation"]].concat());
    for words in ["y = a + b*x", "standard error", "1.99", "R squared", "converged", "correlation", "-0.9045"]
    {
        assert!(ran.out.contains(words), "{words} is not in\n{}", ran.out);
    }
}

#[test]
fn outliers_count_less_under_other_losses_as_scipy_says() {
    // scipy.optimize.least_squares of SciPy 1.17.1 with f_scale=0.1.
    let folder = with_file(OUTLIER);
    for (loss, expected) in [
        ("huber(0.1)", [2.920455396898806, 0.31100486019419443, -0.04314683471988247]),
        ("cauchy(scale=0.1)", [2.907868856991878, 0.32230672033544755, -0.013680259983833355]),
    ] {
        let start = "a=2,b=0.5,c=0";
        let arguments = ["fit", "a*exp(-b*t)+c", "data.csv", "--start", start, "--loss", loss, "--json"];
        let result = json(&run_in(folder.path(), &arguments));
        for (found, truth) in numbers(&result["x"]).iter().zip(expected) {
            assert!(near(*found, truth, 1e-5), "{loss}: {}", result["x"]);
        }
    }
}

#[test]
fn bounds_hold_and_say_so() {
    let folder = with_file(OUTLIER);
    let arguments =
        ["fit", "a*exp(-b*t)+c", "data.csv", "--start", "a=2,b=0.5,c=0", "--bounds", "c=-1..0.1,a=0..inf"];
    let result = json(&run_in(folder.path(), &[&arguments[..], &["--json"]].concat()));
    assert!(numbers(&result["x"])[2] <= 0.1, "{}", result["x"]);
    assert_eq!(result["method"], "reflective");
    let ran = run_in(folder.path(), &arguments);
    assert!(ran.out.contains("at a bound") && ran.out.contains("c; errors"), "{}", ran.out);
}

#[test]
fn weights_count_rows_and_deviations_are_weights_of_one_over_their_squares() {
    // A row that counts twice is a row that stands there twice, as far as the parameters go.
    let twice = with_file("x,y\n0,1\n1,3\n1,3\n2,4\n3,8\n");
    let weighed = with_file("x,y,w,s\n0,1,1,1\n1,3,2,0.7071067811865476\n2,4,1,1\n3,8,1,1\n");
    let fit = |folder: &TempDir, more: &[&str]| {
        let arguments = ["fit", "a + b*x", "data.csv", "--start", "a=0,b=0", "--target", "y", "--json"];
        json(&run_in(folder.path(), &[&arguments[..], more].concat()))
    };
    let expected = numbers(&fit(&twice, &[])["x"]);
    for more in [["--weights", "w"], ["--sigma", "s"]] {
        let found = fit(&weighed, &more);
        for (found, expected) in numbers(&found["x"]).iter().zip(&expected) {
            assert!(near(*found, *expected, 1e-10), "{more:?}: {found} {expected}");
        }
    }
}

#[test]
fn a_fit_is_drawn_over_one_column_and_over_several() {
    let folder = with_file("x1,x2,y\n0,0,1\n1,0,2.9\n0,1,4.2\n1,1,6\n2,1,8.1\n");
    let one = with_file(OUTLIER);
    for (folder, model, start, words) in [
        (&folder, "a + b*x1 + c*x2", "a=0,b=0,c=0", &["fitted value", "residual"][..]),
        (&one, "a*exp(-b*t)", "a=2,b=0.5", &["95 % band", "residual", "a*exp(-b*t)"]),
    ] {
        let mut arguments = vec!["fit", model, "data.csv", "--start", start];
        for out in ["f.json", "f.csv", "f.html", "f.svg", "f.png"] {
            arguments.extend(["--out", out]);
        }
        let ran = run_in(folder.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let read = |name: &str| fs::read(folder.path().join(name)).expect("the file");
        let svg = String::from_utf8(read("f.svg")).expect("text");
        for word in words {
            assert!(svg.contains(word), "{word}");
        }
        assert_eq!(read("f.png")[1..4], *b"PNG");
        assert!(read("f.html").starts_with(b"<!DOCTYPE html>"));
        let csv = String::from_utf8(read("f.csv")).expect("text");
        assert!(csv.starts_with("parameter,value,standard_error,low,high\na,"), "{csv}");
        let json: Value = serde_json::from_slice(&read("f.json")).expect("JSON");
        assert_eq!(json["covariance"].as_array().map(Vec::len), Some(start.split(',').count()));
    }
}

#[test]
fn the_history_begins_at_the_start_and_ends_at_the_fit() {
    let folder = with_file(OUTLIER);
    let arguments = ["fit", "a*exp(-b*t)", "data.csv", "--start", "a=2,b=0.5", "--history", "--json"];
    let result = json(&run_in(folder.path(), &arguments));
    let way = result["history"]["x"].as_array().expect("an array");
    assert_eq!(numbers(&way[0]), [2.0, 0.5]);
    assert_eq!(way.last(), Some(&result["x"]));
    let values = numbers(&result["history"]["value"]);
    assert!(values.windows(2).all(|pair| pair[1] <= pair[0]), "{values:?}");
}

#[test]
fn data_that_do_not_determine_the_parameters_are_refused() {
    let refused = |file: &str, model: &str, start: &str, says: &[&str]| {
        let folder = with_file(file);
        let ran = run_in(folder.path(), &["fit", model, "data.csv", "--start", start]);
        assert_eq!(ran.code, 2, "{model}: {}{}", ran.out, ran.err);
        for text in says {
            assert!(ran.err.contains(text), "{model}: `{text}` is not in\n{}", ran.err);
        }
    };
    refused("x,y\n1,2\n", "a + b*x", "a=0,b=0", &["1 row of data cannot determine 2 parameters (a, b)"]);
    let line = "x,y\n1,2\n2,3\n3,5\n";
    refused(line, "a*b*x", "a=1,b=1", &["do not determine a, b", "singular", "--let b=1"]);
    refused(line, "a*x + 0*c", "a=1,c=1", &["do not determine c: whatever it is"]);
    refused(
        "x,y\n1,2\n-1,3\n3,5\n",
        "a*log(x)",
        "a=1",
        &["line 3 (x = -1)", "not a finite number", "--start"],
    );
    refused("x,y\n1,2\n2,\n", "a*x", "a=1", &["line 3, column y: found ``"]);
    refused(line, "a*x + q", "a=1", &["no column `q`", "--start q=1"]);
    refused("x,u,v\n1,2,3\n", "a*x", "a=1", &["--target: u, v"]);
    refused("x\n1\n", "a*x", "a=1", &["uses every column"]);
}

#[test]
fn options_of_the_two_ways_to_fit_are_not_mixed() {
    let folder = with_file(OUTLIER);
    for (more, says) in [
        (&["--loss", "huber(1)", "-o", "adam"][..], "cannot be used with"),
        (&["--batch", "2", "--method", "gauss_newton"], "cannot be used with"),
        (&["--f32"], "--f32 is for fits by the steps of an optimiser"),
        (&["--seed", "1"], "--seed is for fits"),
        (&["--loss", "hubert(1)"], "did you mean `huber`?"),
        (&["--loss", "huber(-1)"], "above 0"),
        (&["--method", "levenberg"], "did you mean `levenberg_marquardt`?"),
        (&["--method", "gauss_newton", "--bounds", "0..1"], "cannot be kept together"),
        (&["--bounds", "d=0..1"], "no parameter is called `d`"),
        (&["--bounds", "0..1,0..1,0..1"], "3 intervals"),
        (&["--weights", "w"], "no column `w`"),
        (&["--sigma", "t"], "line 2, column t: found 0, expected a number above 0"),
        (&["--steps", "0"], "--steps"),
    ] {
        let arguments = ["fit", "a*exp(-b*t)", "data.csv", "--start", "a=2,b=0.5", "--target", "y"];
        let ran = run_in(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(ran.code, 2, "{more:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{more:?}: `{says}` is not in\n{}", ran.err);
    }
}
