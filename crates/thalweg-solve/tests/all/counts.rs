//! Gradients taken on published test problems, beside SciPy's: bench/problems.md has the runs these are from.

use thalweg_landscape::Landscape;
use thalweg_solve::{Objective, Options, Solution, Traced, minimize};

/// Descends until max |∂f/∂xᵢ| ≤ 1e-8, as the runs of the benchmark do.
fn descend(problem: &Landscape, method: &str) -> Solution<f64> {
    let options = Options {
        method: method.parse().unwrap(),
        grad_tol: Some(1e-8),
        steps: 10_000,
        max_evaluations: Some(10_000),
        ..Options::default()
    };
    minimize(&mut Traced::new(problem.program()).unwrap(), problem.start(), &options).unwrap()
}

/// Whether the value is the published minimum's, to 1e-6 of it and 1e-8 of what there was to gain.
fn is_solved(problem: &Landscape, value: f64) -> bool {
    let start = Traced::<f64>::new(problem.program()).unwrap().value(problem.start()).unwrap();
    let known = problem.minima()[0].value;
    (value - known).abs() <= 1e-6 * known.abs() + 1e-8 * start.min(1.0)
}

/// Of Moré, Garbow and Hillstrom's problems those that SciPy 1.17.1's CG (gtol 1e-8) solves, with its gradients.
const CONJUGATE: [(&str, u64); 29] = [
    ("rosenbrock", 79),
    ("powell_badly_scaled", 374),
    ("brown_badly_scaled", 71),
    ("beale", 66),
    ("jennrich_sampson", 59),
    ("helical_valley", 107),
    ("bard", 57),
    ("gaussian", 13),
    ("gulf", 281),
    ("box3d", 65),
    ("powell_singular", 307),
    ("wood", 141),
    ("kowalik_osborne", 160),
    ("brown_dennis", 60),
    ("osborne1", 6910),
    ("osborne2", 1361),
    ("watson", 1038),
    ("rosenbrock(dim=10, variant=even)", 65),
    ("powell_singular(dim=12)", 214),
    ("penalty1", 390),
    ("penalty2", 831),
    ("brown_almost_linear", 41),
    ("discrete_boundary_value", 473),
    ("discrete_integral_equation", 15),
    ("broyden_tridiagonal", 64),
    ("linear_full_rank", 7),
    ("linear_rank_one", 3),
    ("linear_rank_one_zeros", 3),
    ("chebyquad", 69),
];

#[test]
fn conjugate_gradients_solve_what_scipys_do_with_fewer_gradients() {
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for (name, gradients) in CONJUGATE {
        let problem = Landscape::parse(name).unwrap();
        let solution = descend(&problem, "cg");
        println!("{name:34} {:5} beside {gradients}", solution.evaluations.gradient);
        assert!(is_solved(&problem, solution.value), "{name}: {} {}", solution.status, solution.value);
        own.push(solution.evaluations.gradient);
        theirs.push(gradients);
    }
    let sums: [u64; 2] = [own.iter().sum(), theirs.iter().sum()];
    own.sort_unstable();
    theirs.sort_unstable();
    let middle = own.len() / 2;
    assert!(own[middle] <= theirs[middle], "{} beside {}", own[middle], theirs[middle]);
    assert!(2 * sums[0] <= sums[1], "{sums:?}");
}

#[test]
fn sr1_solves_what_is_badly_scaled() {
    // By conjugate gradients within the region it ends before the minimum of the first two.
    for name in ["powell_badly_scaled", "meyer", "osborne1", "brown_badly_scaled", "watson"] {
        let problem = Landscape::parse(name).unwrap();
        let solution = descend(&problem, "sr1");
        println!("{name:34} {:5} {}", solution.evaluations.gradient, solution.status);
        assert!(is_solved(&problem, solution.value), "{name}: {} {}", solution.status, solution.value);
    }
}
