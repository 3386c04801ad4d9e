//! Starts spread over a box, the minima found from them, and hops between minima.

use thalweg_function::{Program, Var, trace};
use thalweg_landscape::Landscape;
use thalweg_solve::{
    BasinHopping, Bounds, Closeness, Handwritten, Minima, Options, Sampling, SolveError, Status, Traced,
    basin_hopping, minimize_each, minimize_many,
};

fn bits(points: &[f64]) -> Vec<u64> {
    points.iter().map(|v| v.to_bits()).collect()
}

fn with(method: &str) -> Options {
    Options { method: method.parse().unwrap(), ..Options::default() }
}

/// Runs with so many threads.
fn in_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

#[test]
fn a_latin_hypercube_has_one_point_in_each_stratum_of_every_variable() {
    let bounds: Bounds = "-1..1, 0..10, 5..6".parse().unwrap();
    for count in [1, 7, 100] {
        let points = Sampling::LatinHypercube.starts::<f64>(&bounds, 3, count, 3).unwrap();
        for j in 0..3 {
            let (low, high) = bounds.interval(j);
            let mut seen = vec![false; count];
            for point in points.iter() {
                seen[((point[j] - low) / (high - low) * count as f64) as usize] = true;
            }
            assert!(seen.iter().all(|seen| *seen), "variable {j} of {count} points");
        }
    }
}

#[test]
fn more_points_of_sobols_sequence_are_the_same_points_and_more_and_another_seed_gives_others() {
    let bounds = Bounds::all(-2.0, 3.0).unwrap();
    let of = |count, seed| Sampling::Sobol.starts::<f64>(&bounds, 5, count, seed).unwrap();
    let (few, many, other) = (of(10, 1), of(1000, 1), of(10, 2));
    assert_eq!(bits(few.as_flat()), bits(&many.as_flat()[..50]));
    assert!(few.iter().zip(other.iter()).all(|(a, b)| a != b));
    assert!(many.as_flat().iter().all(|x| (-2.0..=3.0).contains(x)));
}

/// Warnock's formula for the square of the L2-star discrepancy of points in the unit cube.
fn discrepancy(points: &[f64], dim: usize) -> f64 {
    let n = (points.len() / dim) as f64;
    let rows = || points.chunks(dim);
    let single: f64 = rows().map(|x| x.iter().map(|x| 1.0 - x * x).product::<f64>()).sum();
    let pairs = rows()
        .flat_map(|x| rows().map(move |y| x.iter().zip(y).map(|(a, b)| 1.0 - a.max(*b)).product::<f64>()));
    3.0_f64.powi(-(dim as i32)) - 2.0_f64.powi(1 - dim as i32) / n * single + pairs.sum::<f64>() / (n * n)
}

#[test]
fn sobols_points_are_more_even_than_random_ones_whatever_the_seed() {
    let bounds = Bounds::all(0.0, 1.0).unwrap();
    let of = |sampling: Sampling, seed| {
        discrepancy(sampling.starts::<f64>(&bounds, 4, 256, seed).unwrap().as_flat(), 4)
    };
    // The mean over random points is (2⁻⁴ − 3⁻⁴)/256.
    let random = (0.0625 - 1.0 / 81.0) / 256.0;
    for seed in 0..10 {
        assert!(of(Sampling::Sobol, seed) < random / 8.0, "{}", of(Sampling::Sobol, seed) / random);
        assert!(of(Sampling::LatinHypercube, seed) < random);
    }
}

#[test]
fn sampling_refuses_what_it_cannot_do_and_says_what_would_be_right() {
    let says = |error: SolveError| error.to_string();
    let cube = Bounds::all(0.0, 1.0).unwrap();
    let many = says(Sampling::Sobol.starts::<f64>(&cube, 257, 2, 0).unwrap_err());
    assert!(many.contains("256") && many.contains("Latin hypercube"), "{many}");
    let endless =
        says(Sampling::LatinHypercube.starts::<f64>(&"0..inf".parse().unwrap(), 1, 2, 0).unwrap_err());
    assert!(endless.contains("infinite"), "{endless}");
    let unknown = "sobl".parse::<Sampling>().unwrap_err().to_string();
    assert!(unknown.contains("did you mean `sobol`?"), "{unknown}");
    for sampling in Sampling::ALL {
        assert!(sampling.starts::<f64>(&cube, 2, 0, 0).is_err());
        assert_eq!(sampling.to_string().parse::<Sampling>().unwrap(), sampling);
    }
}

/// The local minima of `wells` from every local minimum of its values on a grid of 1501² points, by SciPy 1.17.1's BFGS to
/// gradients below 1e-8: value, x, y.
const WELLS: [[f64; 3]; 5] = [
    [-0.2753910024141607, 0.6567446645529333, -0.7522396355227654],
    [-0.26361228433041783, 0.7609191607432655, 0.12153034242337639],
    [-0.18602750564834789, 0.07618077900078023, 0.38665042486847384],
    [-0.15285579813384936, 0.1491403098012735, 1.4226571659626612],
    [-0.09096390916135937, -2.5529898151378356, 0.6536185954762043],
];

#[test]
fn every_minimum_of_the_wells_is_found_and_every_run_counted() {
    let wells = Landscape::parse("wells").unwrap();
    let bounds = Bounds::each(wells.bounds()).unwrap();
    for sampling in Sampling::ALL {
        // The narrowest well is 0.02 wide.
        let starts = sampling.starts::<f64>(&bounds, 2, 20_000, 0).unwrap();
        let options = Options { steps: 5000, grad_rtol: Some(1e-6), ..with("adam(lr=0.01)") };
        let ends = minimize_many(wells.program(), &starts, &options).unwrap();
        let minima = Minima::of(&ends, &bounds, Closeness { x: 1e-3, value: 1e-6 }).unwrap();
        let found: Vec<_> = minima.iter().filter(|minimum| minimum.gradient_norm < 1e-5).collect();
        for [value, x, y] in WELLS {
            let at = |m: &&&thalweg_solve::LocalMinimum<f64>| {
                (m.value - value).abs() < 1e-7 && (m.x[0] - x).hypot(m.x[1] - y) < 1e-3
            };
            assert_eq!(found.iter().filter(at).count(), 1, "{sampling}: {value} at ({x}, {y})");
        }
        let ended = (0..ends.len()).filter(|&i| minima.of_run(i).is_some()).count();
        assert_eq!(minima.iter().map(|minimum| minimum.runs).sum::<usize>(), ended);
        assert!(minima.iter().map(|minimum| minimum.value).is_sorted());
    }
}

/// Eight wells too far apart to feel each other, so that their minima are their centres.
fn eight_wells() -> (Program, Vec<[f64; 2]>) {
    let centre = |k: usize| {
        let (sin, cos) = (k as f64 * std::f64::consts::FRAC_PI_4).sin_cos();
        [4.0 * cos, 4.0 * sin]
    };
    let centres: Vec<_> = (0..8).map(centre).collect();
    let well = |x: &[Var], k: usize| {
        let [a, b] = centre(k);
        -(1.0 + k as f64) * (-((x[0] - a).pow(2.0) + (x[1] - b).pow(2.0)) / 0.16).exp()
    };
    (trace(2, |x| (0..8).map(|k| well(x, k)).sum::<Var>()).unwrap(), centres)
}

#[test]
fn eight_wells_are_eight_minima_from_the_deepest_up_with_the_runs_of_each() {
    let (program, centres) = eight_wells();
    let bounds = Bounds::all(-5.0, 5.0).unwrap();
    // Eight runs into the k-th well from points around it, k + 1 of them; the order of runs is mixed.
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for (k, [a, b]) in centres.iter().enumerate() {
        rows.extend((0..=k).map(|i| vec![a + 0.1, b + 0.02 * i as f64]));
    }
    rows.reverse();
    rows.swap(3, 30);
    let starts = thalweg_solve::Points::from_rows(&rows).unwrap();
    let ends = minimize_many(&program, &starts, &with("lbfgs")).unwrap();
    let minima = Minima::of(&ends, &bounds, Closeness::default()).unwrap();
    assert_eq!(minima.len(), 8);
    for (minimum, k) in minima.iter().zip((0..8).rev()) {
        assert_eq!(minimum.runs, k + 1);
        assert_eq!(minimum.converged, k + 1);
        assert!((minimum.share - (k + 1) as f64 / 36.0).abs() < 1e-15);
        assert!((minimum.value + 1.0 + k as f64).abs() < 1e-9);
        let [a, b] = centres[k];
        assert!((minimum.x[0] - a).hypot(minimum.x[1] - b) < 1e-6);
        assert!(minimum.gradient_norm < 1e-6);
        assert_eq!(minima.of_run(minimum.run), Some(7 - k));
    }
}

#[test]
fn minima_depend_neither_on_threads_nor_on_the_order_of_runs() {
    let rastrigin = Landscape::parse("rastrigin").unwrap();
    let bounds = Bounds::each(rastrigin.bounds()).unwrap();
    for method in ["lbfgs", "adam(lr=0.01)"] {
        let found = |threads| {
            in_threads(threads, || {
                let starts = Sampling::Sobol.starts::<f64>(&bounds, 2, 500, 7).unwrap();
                let ends = minimize_many(rastrigin.program(), &starts, &with(method)).unwrap();
                Minima::of(&ends, &bounds, Closeness::default()).unwrap()
            })
        };
        assert_eq!(found(1), found(2));
    }
    let start = Sampling::Uniform.starts::<f64>(&bounds, 2, 200, 7).unwrap();
    let reversed: Vec<Vec<f64>> = (0..start.len()).rev().map(|i| start.point(i).to_vec()).collect();
    let ends = |starts: &thalweg_solve::Points<f64>| {
        let ends = minimize_many(rastrigin.program(), starts, &with("lbfgs")).unwrap();
        let minima = Minima::of(&ends, &bounds, Closeness::default()).unwrap();
        minima.iter().map(|m| (m.value.to_bits(), m.runs)).collect::<Vec<_>>()
    };
    assert_eq!(ends(&start), ends(&thalweg_solve::Points::from_rows(&reversed).unwrap()));
}

#[test]
fn one_by_one_runs_have_the_bits_of_a_batch_for_any_number_of_threads() {
    let himmelblau = Landscape::parse("himmelblau").unwrap();
    let bounds = Bounds::each(himmelblau.bounds()).unwrap();
    let starts = Sampling::LatinHypercube.starts::<f64>(&bounds, 2, 40, 0).unwrap();
    for method in ["bfgs", "adam(lr=0.05)", "newton(damping=0.1)"] {
        let options =
            Options { steps: 50, noise: f64::from(u8::from(method.starts_with("adam"))), ..with(method) };
        let batch = minimize_many(himmelblau.program(), &starts, &options).unwrap();
        for threads in [1, 2] {
            let make = || Traced::<f64>::new(himmelblau.program()).unwrap();
            let each = in_threads(threads, || minimize_each(make, &starts, &options).unwrap());
            for i in 0..40 {
                assert_eq!(bits(each.x(i)), bits(batch.x(i)), "{method}, run {i}");
                assert_eq!(each.statuses()[i], batch.statuses()[i]);
            }
        }
    }
}

#[test]
fn diverged_runs_and_a_flat_box_are_no_trouble() {
    let starts = thalweg_solve::Points::from_rows(&[vec![1.0], vec![-1.0]]).unwrap();
    let make = || {
        Handwritten::new(1, |x: &[f64], g: &mut [f64]| {
            g[0] = 1.0 / x[0];
            x[0].ln()
        })
    };
    let ends = minimize_each(make, &starts, &Options { steps: 5, ..with("sgd(lr=0.1)") }).unwrap();
    let minima = Minima::of(&ends, &Bounds::all(2.0, 2.0).unwrap(), Closeness::default()).unwrap();
    assert_eq!((minima.len(), minima.of_run(0), minima.of_run(1)), (1, Some(0), None));
    let negative = Minima::of(&ends, &Bounds::all(0.0, 1.0).unwrap(), Closeness { x: -1.0, value: 0.0 });
    assert!(negative.unwrap_err().to_string().contains("closeness of x"));
}

#[test]
fn hops_find_the_lowest_of_many_minima_of_rastrigin_and_ackley() {
    for (name, start) in [("rastrigin(dim=3)", [4.1, -3.2, 2.9]), ("ackley(dim=3)", [4.1, -3.2, 2.9])] {
        let landscape = Landscape::parse(name).unwrap();
        let bounds = Bounds::each(landscape.bounds()).unwrap();
        let mut objective = Traced::<f64>::new(landscape.program()).unwrap();
        let hopping = BasinHopping { hops: 300, ..BasinHopping::default() };
        let options = Options { seed: 1, ..with("lbfgs") };
        let found = basin_hopping(&mut objective, &start, &bounds, &options, &hopping).unwrap();
        assert!(found.best.value < 1e-6, "{name}: {}", found.best.value);
        assert!(found.best.x.iter().all(|x| x.abs() < 1e-4));
        assert_eq!((found.hops.len(), found.status), (300, Status::MaxSteps));
        assert_eq!(found.minima.lowest().unwrap().value, found.best.value);
        assert!(found.evaluations.gradient > 300);
        let again = basin_hopping(&mut objective, &start, &bounds, &options, &hopping).unwrap();
        assert_eq!(bits(&again.best.x), bits(&found.best.x));
        assert_eq!(again.hops, found.hops);
    }
}

#[test]
fn without_temperature_only_lower_minima_are_taken_and_patience_ends_the_search() {
    let landscape = Landscape::parse("rastrigin").unwrap();
    let bounds = Bounds::each(landscape.bounds()).unwrap();
    let mut objective = Traced::<f64>::new(landscape.program()).unwrap();
    let hopping =
        BasinHopping { hops: 10_000, temperature: 0.0, patience: Some(200), ..BasinHopping::default() };
    let found = basin_hopping(&mut objective, &[4.0, 4.0], &bounds, &with("lbfgs"), &hopping).unwrap();
    let taken: Vec<f64> = found.hops.iter().filter(|hop| hop.taken).map(|hop| hop.value).collect();
    assert!(taken.iter().rev().is_sorted());
    assert_eq!(found.status, Status::ConvergedValue);
    assert!(found.hops.len() < 10_000);
    // The lowest of its minima is 0, and the steps shrank where few hops were taken.
    assert!(found.best.value < 1e-9);
    assert!(found.hops.last().unwrap().step < hopping.step);
}

#[test]
fn hops_stay_in_the_box_even_where_the_function_is_lower_outside() {
    // −x has its lowest point at the right end; bounds are kept by projection.
    let slope = trace(1, |x| -x[0] + 0.3 * (8.0 * x[0]).sin()).unwrap();
    let bounds = Bounds::all(0.0, 2.0).unwrap();
    let options = Options { bounds: Some(bounds.clone()), steps: 300, ..with("sgd(lr=0.01)") };
    let mut objective = Traced::<f64>::new(&slope).unwrap();
    let found = basin_hopping(&mut objective, &[0.1], &bounds, &options, &BasinHopping::default()).unwrap();
    assert!((0.0..=2.0).contains(&found.best.x[0]));
    // The lowest local minimum: −1 + 2.4 cos 8x = 0 with the sine rising from below, or an end of the box.
    let lowest = (0..=200_000).map(|k| f64::from(k) * 1e-5).map(|x| -x + 0.3 * (8.0 * x).sin());
    let lowest = lowest.fold(f64::INFINITY, f64::min);
    assert!((found.best.value - lowest).abs() < 1e-6, "{} {lowest}", found.best.value);
    let endless = Bounds::all(0.0, f64::INFINITY).unwrap();
    assert!(basin_hopping(&mut objective, &[0.1], &endless, &options, &BasinHopping::default()).is_err());
    let wrong = BasinHopping { accept: 1.0, ..BasinHopping::default() };
    let error = basin_hopping(&mut objective, &[0.1], &bounds, &options, &wrong).unwrap_err();
    assert!(error.to_string().contains("between 0 and 1"), "{error}");
}
