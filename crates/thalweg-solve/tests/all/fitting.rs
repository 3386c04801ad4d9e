//! Least squares by mini-batches.

use thalweg_function::{Executable, Expression};
use thalweg_solve::{Bounds, Fit, FitOptions, Status, fit, random_starts};

fn expression(text: &str, names: &[&str]) -> Expression {
    Expression::parse_with(text, Some(names), &[]).unwrap()
}

/// 4x³ + 3 at 0, 0.1, …, 9.9.
fn cubic() -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.1).collect();
    let y = x.iter().map(|x| 4.0 * x.powi(3) + 3.0).collect();
    (x, y)
}

#[test]
fn full_batch_descent_on_a_line_through_the_origin_follows_the_closed_form() {
    // θ ← θ − 0.01·2(θ·mean(x²) − mean(xy)): the distance to θ* = Σxy/Σx² shrinks by 1 − 0.02·mean(x²) a step.
    let (x, y) = cubic();
    let line = expression("theta*x", &["theta", "x"]);
    let columns = [x.clone()];
    let problem = Fit { prediction: line.program(), columns: &columns, target: &y, start: &[0.5] };
    let options = FitOptions { method: "sgd(lr=0.01)".parse().unwrap(), steps: 20, ..FitOptions::default() };
    let fitted = fit(&problem, &options).unwrap();
    let square: f64 = x.iter().map(|x| x * x).sum();
    let optimum = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / square;
    let factor = 1.0 - 0.02 * square / 100.0;
    assert_eq!((fitted.trajectory.len(), fitted.losses.len(), fitted.steps), (21, 21, 20));
    for (step, theta) in fitted.trajectory.iter().enumerate() {
        let exact = optimum + (0.5 - optimum) * factor.powi(step as i32);
        assert!((theta[0] - exact).abs() < 1e-9 * exact, "{step}: {theta:?} {exact}");
        let loss = x.iter().zip(&y).map(|(x, y)| (exact * x - y).powi(2)).sum::<f64>() / 100.0;
        assert!((fitted.losses[step] - loss).abs() < 1e-8 * loss);
    }
    assert_eq!(fitted.loss, fitted.losses[20]);
    assert_eq!(fitted.status, Status::MaxSteps);
}

#[test]
fn a_fit_ends_when_the_loss_no_longer_changes() {
    let (x, y) = cubic();
    let line = expression("theta*x", &["theta", "x"]);
    let columns = [x];
    let problem = Fit { prediction: line.program(), columns: &columns, target: &y, start: &[0.5] };
    let options = FitOptions {
        method: "sgd(lr=0.01)".parse().unwrap(),
        value_tol: Some(1e-6),
        ..FitOptions::default()
    };
    let fitted = fit(&problem, &options).unwrap();
    assert_eq!(fitted.status, Status::ConvergedValue);
    let [.., before, now] = fitted.losses.as_slice() else { panic!("no losses") };
    assert!((now - before).abs() <= 1e-6 && fitted.steps < 100);
}

/// A hundred samples of the Ackley function as columns x, y and a target.
fn ackley_samples() -> ([Vec<f64>; 2], Vec<f64>) {
    let text = "-20*exp(-0.2*sqrt(0.5*(x^2+y^2))) - exp(0.5*(cos(2*pi*x)+cos(2*pi*y))) + e + 20";
    let mut f = Executable::<f64>::new(Expression::parse(text).unwrap().program()).unwrap();
    let points = random_starts::<f64>(&Bounds::all(-5.0, 5.0).unwrap(), 2, 100, 577).unwrap();
    let target = points.iter().map(|p| {
        let mut y = [0.0];
        f.run(p, &mut y).unwrap();
        y[0]
    });
    let target = target.collect();
    ([0, 1].map(|j| points.iter().map(|p| p[j]).collect()), target)
}

#[test]
fn every_optimiser_lowers_the_loss_on_samples_of_ackley_and_repeats_itself() {
    let (columns, target) = ackley_samples();
    let curve = expression("theta1*x^2 + theta2*y^2 + e + theta2", &["theta1", "theta2", "x", "y"]);
    let start = [0.9, 0.2];
    let problem = Fit { prediction: curve.program(), columns: &columns, target: &target, start: &start };
    for (method, batch) in [
        ("sgd(lr=1e-5)", 1),
        ("sgd(lr=1e-5)", 32),
        ("rmsprop(lr=0.01, momentum=0.9)", 1),
        ("adam(lr=0.01)", 1),
    ] {
        let options = FitOptions {
            method: method.parse().unwrap(),
            steps: 50,
            batch: Some(batch),
            replacement: true,
            ..FitOptions::default()
        };
        let fitted = fit(&problem, &options).unwrap();
        assert!(fitted.loss < fitted.losses[0], "{method}: {} {}", fitted.loss, fitted.losses[0]);
        let again = fit(&problem, &options).unwrap();
        assert_eq!((&fitted.trajectory, &fitted.losses), (&again.trajectory, &again.losses));
        let other = fit(&problem, &FitOptions { seed: 1, ..options }).unwrap();
        assert_ne!(fitted.trajectory, other.trajectory);
    }
}

#[test]
fn an_epoch_without_replacement_uses_every_example_once() {
    // The gradient of (θ − tᵢ)² at a rate that leaves θ at 0 tells which examples a batch held: its loss is their mean tᵢ².
    let constant = expression("theta + 0*x", &["theta", "x"]);
    let target: Vec<f64> = (0..10).map(|k| f64::from(1 << k).sqrt()).collect();
    let columns = [vec![0.0; 10]];
    let problem = Fit { prediction: constant.program(), columns: &columns, target: &target, start: &[0.0] };
    let options = FitOptions {
        method: "sgd(lr=0)".parse().unwrap(),
        steps: 8,
        batch: Some(3),
        full_loss: false,
        ..FitOptions::default()
    };
    let losses = fit(&problem, &options).unwrap().losses;
    // Ten examples in batches of 3, 3, 3, 1: each sum of powers of two names its examples, an epoch's sum names all.
    let sizes = [3.0, 3.0, 3.0, 1.0];
    for epoch in losses[..8].chunks_exact(4) {
        let sums: Vec<u32> = epoch.iter().zip(sizes).map(|(loss, n)| (loss * n).round() as u32).collect();
        assert_eq!(sums.iter().sum::<u32>(), (1 << 10) - 1);
        assert_eq!(sums.iter().map(|s| s.count_ones()).collect::<Vec<_>>(), [3, 3, 3, 1]);
    }
    assert_ne!(losses[..4], losses[4..8]);
}

#[test]
fn a_fit_that_diverges_ends_at_its_last_finite_parameters() {
    let (x, y) = cubic();
    let line = expression("theta*x", &["theta", "x"]);
    let columns = [x];
    let problem = Fit { prediction: line.program(), columns: &columns, target: &y, start: &[0.5] };
    let options = FitOptions { method: "sgd(lr=10)".parse().unwrap(), ..FitOptions::default() };
    let fitted = fit(&problem, &options).unwrap();
    assert_eq!(fitted.status, Status::Diverged);
    assert!(fitted.parameters[0].is_finite() && fitted.loss.is_finite());
}
