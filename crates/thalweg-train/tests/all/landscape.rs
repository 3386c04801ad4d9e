//! Planes through the weights, and the curvature there.

use std::{ops::ControlFlow, sync::Arc};
use thalweg_function::{Executable, hvp, select_outputs};
use thalweg_rule::Layout;
use thalweg_train::{
    data::{Batch, Dataset},
    landscape::{Grid, Plane, Probing, hessian_spectrum, surface},
    layer::{Activation, Dense, Flatten, Sequential},
    learn::Evaluator,
    loss::CrossEntropy,
    network::Network,
    run::Task,
};

fn task() -> Task {
    let layers = Sequential::default().then(Flatten).then(Dense::new(4)).then(Activation::Tanh);
    let network = Network::new(&[8, 8], layers.then(Dense::new(10))).unwrap();
    Task::new(network, CrossEntropy::default(), Dataset::digits())
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn random_directions_are_filter_by_filter_as_long_as_the_weights() {
    let layout = Layout::new([("0.weight", vec![3, 2, 2, 2]), ("0.bias", vec![3]), ("1.weight", vec![2, 3])]);
    let weights: Vec<f32> = (0..33).map(|i| 1.0 + i as f32).collect();
    let plane = Plane::random(&layout, &weights, 4);
    for direction in &plane.directions {
        for filter in [0..8, 8..16, 16..24, 27..30, 30..33] {
            let (found, wanted) = (norm(&direction[filter.clone()]), norm(&weights[filter]));
            assert!((found / wanted - 1.0).abs() < 1e-6, "{found} {wanted}");
        }
        assert_eq!(direction[24..27], [0.0; 3]);
    }
    assert_ne!(plane.directions[0], plane.directions[1]);
    let mut point = vec![0.0; 33];
    plane.point([0.25, -2.0], &mut point).unwrap();
    let [a, b] = plane.project(&point);
    assert!((a - 0.25).abs() < 1e-5 && (b + 2.0).abs() < 1e-5, "{a} {b}");
}

#[test]
fn principal_directions_are_those_in_which_the_run_has_moved_most() {
    // An arc of an ellipse in a plane of a space of six dimensions, whose axes are (1, 1, 0, …)/√2 and (0, 0, 1, 0, …).
    let at = |i: i32| {
        let angle = f64::from(i) * std::f64::consts::PI / 10.0;
        let (u, w) = ((4.0 * angle.cos() / 2.0_f64.sqrt()) as f32, angle.sin() as f32);
        vec![u, u, 2.0 + w, 0.0, -1.0, 0.5]
    };
    let points: Vec<Vec<f32>> = (0..=10).map(at).collect();
    let plane = Plane::principal(&points).unwrap();
    let half = 0.5_f32.sqrt();
    let wanted = [[half, half, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]];
    for (direction, wanted) in plane.directions.iter().zip(wanted) {
        let along: f32 = direction.iter().zip(wanted).map(|(a, b)| a * b).sum();
        assert!((along.abs() - 1.0).abs() < 1e-5, "{direction:?}");
    }
    let [first, second] = plane.explained.unwrap();
    assert!((first + second - 1.0).abs() < 1e-6 && first > 0.9);
    let [a, b] = plane.project(&points[0]);
    // From the end, (−4, 0), to the start, (4, 0).
    assert!((a - 8.0).abs() < 1e-4 && b.abs() < 1e-4, "{a} {b}");
    assert!(Plane::principal(&points[..2]).is_err());
    let line: Vec<Vec<f32>> = (0..5).map(|i| vec![i as f32, 2.0 * i as f32]).collect();
    assert!(Plane::principal(&line).unwrap_err().to_string().contains("on one line"));
}

#[test]
fn the_middle_of_a_surface_is_the_loss_of_the_network() {
    let task = task();
    let weights = task.network.initialize(3);
    let plane = Plane::random(task.network.parameters(), &weights, 1);
    let grid = Grid { points: [5, 3], examples: None, ..Grid::default() };
    let mut last = 0;
    let surface = surface(&task, &plane, &[], &grid, &mut |done, all| {
        last = done;
        assert_eq!(all, 15);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((last, surface.a.len(), surface.b.len()), (15, 5, 3));
    assert_eq!((surface.a[2], surface.b[1]), (0.0, 0.0));
    let mut evaluator = Evaluator::new(&task.network, &*task.loss, 256).unwrap();
    let there = evaluator.evaluate(&weights, &[], &task.train).unwrap();
    assert_eq!(surface.loss[7], there.loss);
    assert_eq!(surface.accuracy.unwrap()[7], there.accuracy.unwrap());
}

#[test]
fn extreme_eigenvalues_are_those_of_the_hessian_in_double_precision() {
    let mut task = task();
    // Whole batches, so that both take the same examples.
    let all = 512;
    task.train = Arc::new(task.train.subset(&(0..all).collect::<Vec<_>>()).unwrap());
    let weights = task.network.initialize(0);
    let dim = weights.len();
    let probing = Probing { steps: 60, examples: None, batch: 256, ..Probing::default() };
    let spectrum =
        hessian_spectrum(&task, &weights, &[], &probing, &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!(spectrum.dim, dim);

    let loss = task.network.loss_program(&*task.loss, None, all, false).unwrap();
    let product = hvp(&select_outputs(&loss, &[0]).unwrap()).unwrap();
    let leaves: Vec<usize> = (0..task.network.parameters().leaves().len()).collect();
    let mut product = Executable::<f64>::new(&select_outputs(&product, &leaves).unwrap()).unwrap();
    let mut batch = Batch::default();
    task.train.gather(&(0..all).collect::<Vec<_>>(), &mut batch).unwrap();
    let mut inputs: Vec<f64> = weights.iter().chain(&batch.inputs).map(|&x| f64::from(x)).collect();
    inputs.extend(batch.classes.iter().map(|&class| f64::from(class)));
    let start = inputs.len();
    inputs.resize(2 * start, 0.0);
    let mut hessian = |x: &[f64], out: &mut [f64]| {
        inputs[start..start + dim].copy_from_slice(x);
        product.run(&inputs, out).unwrap();
    };
    // The power method, on H and then on H less its largest eigenvalue.
    let mut power = |shift: f64| {
        let mut x: Vec<f64> = (0..dim).map(|i| 1.0 + (i % 7) as f64).collect();
        let (mut y, mut value) = (vec![0.0; dim], 0.0);
        for _ in 0..400 {
            let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            for x in &mut x {
                *x /= length;
            }
            hessian(&x, &mut y);
            y.iter_mut().zip(&x).for_each(|(y, x)| *y -= shift * x);
            value = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>();
            x.copy_from_slice(&y);
        }
        value + shift
    };
    let first = power(0.0);
    let second = power(first);
    let (largest, smallest) = if first > second { (first, second) } else { (second, first) };
    assert!((spectrum.largest / largest - 1.0).abs() < 1e-3, "{} {largest}", spectrum.largest);
    assert!((spectrum.smallest - smallest).abs() < 1e-2 * largest, "{} {smallest}", spectrum.smallest);
    let at: Vec<f64> = (0..4000).map(|i| -2.0 * largest + f64::from(i) * largest / 1000.0).collect();
    let mass: f64 = spectrum.density(&at, 0.05 * largest).iter().sum::<f64>() * largest / 1000.0;
    assert!((mass - 1.0).abs() < 1e-3, "{mass}");
}
