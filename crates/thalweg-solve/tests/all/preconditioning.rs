//! Preconditioned descents on functions whose scales differ by many orders of magnitude.

use thalweg_function::{Program, Shape, Var, trace};
use thalweg_solve::{
    Closure, Descent, Handwritten, Lbfgs, Method, Options, Preconditioner, Solution, SolveError, Status,
    Traced, TrustNewton, minimize,
};

use crate::functions::rosenbrock;

const DIM: usize = 40;

/// ½ yᵀTy for y = Dx, T tridiagonal with 2 on the diagonal and −0.9 beside it, D from 10⁻ˢ to 10ˢ, so that curvatures go from 10⁻²ˢ to 10²ˢ.
fn chain(s: f64) -> Program {
    let scales: Vec<f64> =
        (0..DIM).map(|i| 10.0_f64.powf(-s + 2.0 * s * i as f64 / (DIM - 1) as f64)).collect();
    trace([Shape::from([DIM])], |x| {
        let y = x[0] * Var::array([DIM], &scales);
        (y * y).sum(..) - 0.9 * (y.slice(0, 1..) * y.slice(0, ..DIM - 1)).sum(..)
    })
    .unwrap()
}

/// From where every term counts the same, until the value is 10⁻¹⁶ of what it was.
fn solve(s: f64, method: &str) -> Solution<f64> {
    let scales = (0..DIM).map(|i| 10.0_f64.powf(-s + 2.0 * s * i as f64 / (DIM - 1) as f64));
    let start: Vec<f64> = scales.enumerate().map(|(i, d)| (1.0 + 0.3 * (i as f64).sin()) / d).collect();
    let options = Options {
        method: method.parse().unwrap(),
        grad_tol: Some(0.0),
        steps: 3000,
        history: true,
        ..Options::default()
    };
    minimize(&mut Traced::<f64>::new(&chain(s)).unwrap(), &start, &options).unwrap()
}

/// The first step at which the value is 10⁻¹² of the first one.
fn steps(solution: &Solution<f64>) -> usize {
    let values = &solution.history.as_ref().unwrap().value;
    values.iter().position(|value| *value <= 1e-12 * values[0]).unwrap_or(usize::MAX)
}

#[test]
fn badly_scaled_quadratics_take_about_as_many_steps_as_well_scaled_ones() {
    for method in [
        "cg(preconditioner=diagonal(every=1000))",
        "cg(preconditioner=full(every=1000))",
        "cg(preconditioner=hutchinson(samples=300, every=1000))",
        "steepest(preconditioner=diagonal(every=1000))",
        "steepest(preconditioner=full(every=1000))",
    ] {
        let (well, badly) = (steps(&solve(0.0, method)), steps(&solve(3.0, method)));
        assert!(well < 1000 && badly <= well + well / 4 + 3, "{method}: {well} {badly}");
    }
}

#[test]
fn conjugate_gradients_learn_their_scales_from_the_steps() {
    let (plain, taught) =
        (steps(&solve(1.0, "cg")), steps(&solve(1.0, "cg(preconditioner=limited_memory(20))")));
    assert!(taught < plain, "{plain} {taught}");
}

#[test]
fn every_preconditioner_goes_down_rosenbrocks_valley_and_prints_what_parses() {
    for preconditioner in ["none", "diagonal", "full(every=1)", "hutchinson(5)", "limited_memory(memory=5)"] {
        for text in [
            format!("cg(preconditioner={preconditioner})"),
            format!("cg(beta=fletcher_reeves, preconditioner={preconditioner})"),
            format!("steepest(search=more_thuente, preconditioner={preconditioner})"),
            format!("barzilai_borwein(preconditioner={preconditioner})"),
            format!("lbfgs(preconditioner={preconditioner})"),
            format!("newton_cg(preconditioner={preconditioner})"),
            format!("trust_newton(subproblem=steihaug, preconditioner={preconditioner})"),
        ] {
            if text.contains("limited") && ["lbfgs(", "barzilai"].iter().any(|name| text.contains(name)) {
                continue;
            }
            if text.contains("reeves") && text.contains("limited") {
                assert!(text.parse::<Method>().unwrap_err().to_string().contains("beta=pr_plus only"));
                continue;
            }
            let method: Method = text.parse().unwrap();
            assert_eq!(method.to_string().parse::<Method>().unwrap(), method);
            let options = Options { method, grad_tol: Some(1e-6), steps: 30_000, ..Options::default() };
            let mut objective = Traced::<f64>::new(&rosenbrock()).unwrap();
            let solution = minimize(&mut objective, &[-1.2, 1.0], &options).unwrap();
            assert_eq!(solution.status, Status::ConvergedGradient, "{text}: {solution:?}");
        }
    }
}

#[test]
fn preconditioners_that_cannot_be_are_refused() {
    let message = |text: &str| text.parse::<Method>().unwrap_err().to_string();
    assert!(message("cg(preconditioner=diagnal)").contains("did you mean `diagonal`?"));
    assert!(message("cg(preconditioner=diagonal(every=0))").contains("every"));
    assert!(message("steepest(preconditioner=3)").contains("must be one of none, diagonal"));
    for subproblem in ["exact", "dogleg"] {
        let text = format!("trust_newton(subproblem={subproblem}, preconditioner=diagonal)");
        assert!(message(&text).contains("goes with subproblem=steihaug only"));
    }
    let exact = TrustNewton { preconditioner: Preconditioner::Full { every: 1 }, ..TrustNewton::default() };
    assert!(Descent::from(exact).check().unwrap_err().to_string().contains("steihaug"));
    assert!(message("cg(beta=hager_zhang, search=hager_zhang, preconditioner=full)").contains("pr_plus"));
    let mut blind = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    let options = Options { method: "cg(preconditioner=full)".parse().unwrap(), ..Options::default() };
    assert!(matches!(minimize(&mut blind, &[1.0], &options), Err(SolveError::Missing { .. })));
}

#[test]
fn the_exact_matrix_makes_one_step_of_a_quadratic() {
    for method in [
        "lbfgs(preconditioner=full)",
        "barzilai_borwein(preconditioner=full)",
        "newton_cg(preconditioner=full)",
        "trust_newton(subproblem=steihaug, preconditioner=full)",
        "cg(preconditioner=full)",
        "steepest(preconditioner=full)",
    ] {
        let solution = solve(3.0, method);
        assert_eq!(steps(&solution), 1, "{method}");
    }
    // And conjugate gradients need but one product for it.
    for method in ["newton_cg(preconditioner=full)", "trust_newton(subproblem=steihaug, preconditioner=full)"]
    {
        let options = Options { method: method.parse().unwrap(), steps: 1, ..Options::default() };
        let solution =
            minimize(&mut Traced::<f64>::new(&chain(3.0)).unwrap(), &[1.0; DIM], &options).unwrap();
        assert_eq!(solution.evaluations.hessian_vector, 1);
    }
}

#[test]
fn a_region_in_the_norm_of_the_hessian_cuts_newtons_step_where_that_is_as_long_as_its_radius() {
    // min gᵀp + ½pᵀHp where pᵀHp ≤ Δ²: p = −H⁻¹g·min(1, Δ/√(gᵀH⁻¹g)). Here −H⁻¹g = −x and gᵀH⁻¹g = xᵀHx = 2f(x).
    let start: Vec<f64> = (0..DIM).map(|i| (i as f64).cos()).collect();
    let scale = |i: usize| 10.0_f64.powf(-1.0 + 2.0 * i as f64 / (DIM - 1) as f64);
    let y: Vec<f64> = start.iter().enumerate().map(|(i, x)| scale(i) * x).collect();
    let beside: f64 = y.windows(2).map(|y| y[0] * y[1]).sum();
    let length = (2.0 * (y.iter().map(|y| y * y).sum::<f64>() - 0.9 * beside)).sqrt();
    for part in [0.01, 0.5] {
        let method =
            format!("trust_newton(subproblem=steihaug, radius={:e}, preconditioner=full)", part * length);
        let options = Options { method: method.parse().unwrap(), steps: 1, ..Options::default() };
        let solution = minimize(&mut Traced::<f64>::new(&chain(1.0)).unwrap(), &start, &options).unwrap();
        for (x, start) in solution.x.iter().zip(&start) {
            assert!((x - (1.0 - part) * start).abs() < 1e-10, "{part}: {x} from {start}");
        }
    }
}

#[test]
fn preconditioned_conjugate_gradients_take_as_many_products_as_there_are_distinct_eigenvalues() {
    // ½(x − 1)ᵀ(D + vvᵀ)(x − 1), scales from 10⁻³ to 10³ in D: of I + D^(−½)vvᵀD^(−½) all eigenvalues but one are 1.
    let scales: Vec<f64> =
        (0..DIM).map(|i| 10.0_f64.powf(-3.0 + 6.0 * i as f64 / (DIM - 1) as f64)).collect();
    let (for_gradient, for_product, for_hessian) = (scales.clone(), scales.clone(), scales);
    let times = |scales: &[f64], x: &[f64], out: &mut [f64]| {
        let along: f64 = scales.iter().zip(x).map(|(d, x)| d.sqrt() * x).sum();
        for i in 0..DIM {
            out[i] = scales[i] * x[i] + scales[i].sqrt() * along;
        }
    };
    let mut objective = Handwritten::new(DIM, move |x: &[f64], g: &mut [f64]| {
        let from: Vec<f64> = x.iter().map(|x| x - 1.0).collect();
        times(&for_gradient, &from, g);
        0.5 * from.iter().zip(g).map(|(x, g)| x * *g).sum::<f64>()
    })
    .with_hessian_vector(move |_: &[f64], v: &[f64], out: &mut [f64]| times(&for_product, v, out))
    .with_hessian(move |_: &[f64], hessian: &mut [f64]| {
        hessian.fill(0.0);
        for i in 0..DIM {
            hessian[i * DIM + i] = for_hessian[i];
        }
    });
    let method: Method = "newton_cg(accuracy=1e-9, preconditioner=diagonal)".parse().unwrap();
    let options = Options { method, steps: 1, ..Options::default() };
    let start: Vec<f64> = (0..DIM).map(|i| (i as f64).sin()).collect();
    let solution = minimize(&mut objective, &start, &options).unwrap();
    assert_eq!((solution.steps, solution.evaluations.hessian_vector), (1, 2));
    assert!(solution.x.iter().all(|x| (x - 1.0).abs() < 1e-6), "{:?}", solution.x);
}

#[test]
fn badly_scaled_quadratics_are_no_harder_for_preconditioned_quasi_newton_and_spectral_steps() {
    for method in [
        "lbfgs(preconditioner=diagonal(every=1000))",
        "lbfgs(memory=3, preconditioner=hutchinson(samples=300, every=1000))",
        "barzilai_borwein(preconditioner=diagonal(every=1000))",
        "newton_cg(preconditioner=diagonal(every=1000))",
        "newton_cg(preconditioner=hutchinson(samples=300, every=1000))",
        "trust_newton(subproblem=steihaug, preconditioner=diagonal(every=1000))",
        "trust_newton(subproblem=steihaug, preconditioner=hutchinson(samples=300, every=1000))",
    ] {
        let (well, badly) = (steps(&solve(0.0, method)), steps(&solve(3.0, method)));
        assert!(well < 1000 && badly <= well + well / 4 + 3, "{method}: {well} {badly}");
    }
}

/// A bowl with a gentle wave, whose Hessian is said to be the identity, and a start that is as far from the origin as its gradient is long.
fn masked(dim: usize) -> (Handwritten<'static, f64>, Vec<f64>) {
    let slope = move |x: &[f64], g: &mut [f64]| {
        let mut value = 0.0;
        for i in 0..dim {
            let curvature = 0.3 + 1.4 * i as f64 / dim as f64;
            value += 0.5 * curvature * x[i] * x[i] + 0.02 * (3.0 * x[i]).cos();
            g[i] = curvature * x[i] - 0.06 * (3.0 * x[i]).sin();
        }
        value
    };
    let objective = Handwritten::new(dim, slope)
        .with_hessian(move |_: &[f64], hessian: &mut [f64]| {
            for (at, h) in hessian.iter_mut().enumerate() {
                *h = if at.is_multiple_of(dim + 1) { 1.0 } else { 0.0 };
            }
        })
        .with_hessian_vector(move |x: &[f64], v: &[f64], out: &mut [f64]| {
            for i in 0..dim {
                out[i] = (0.3 + 1.4 * i as f64 / dim as f64 - 0.18 * (3.0 * x[i]).cos()) * v[i];
            }
        });
    // The share of the stiff half, by halving.
    let start = |share: f64| -> Vec<f64> {
        (0..dim)
            .map(|i| if 2 * i < dim { 1.0 - share } else { share } * (1.0 + 0.1 * (i as f64).sin()))
            .collect()
    };
    let longer = |share: f64| {
        let (x, mut g) = (start(share), vec![0.0; dim]);
        slope(&x, &mut g);
        let norm = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
        norm(&g) > norm(&x)
    };
    let (mut low, mut high) = (0.0, 1.0);
    assert!(!longer(low) && longer(high));
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if longer(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    (objective, start(low))
}

#[test]
fn the_identity_as_preconditioner_changes_nothing() {
    for dim in [5, 40] {
        for method in ["lbfgs(memory=4", "barzilai_borwein(search=fixed(step=1)", "newton_cg(accuracy=0.1"] {
            let run = |preconditioner: &str| {
                let text = format!("{method}, preconditioner={preconditioner})");
                let options = Options {
                    method: text.parse().unwrap(),
                    steps: 12,
                    grad_tol: Some(1e-9),
                    history: true,
                    ..Options::default()
                };
                let (mut objective, start) = masked(dim);
                minimize(&mut objective, &start, &options).unwrap()
            };
            let plain = run("none");
            for preconditioner in ["diagonal(every=1000)", "full(every=1000)"] {
                let same = run(preconditioner);
                assert_eq!(same.steps, plain.steps, "{method}, {preconditioner}");
                assert_eq!(
                    same.evaluations.gradient, plain.evaluations.gradient,
                    "{method}, {preconditioner}"
                );
                let (a, b) = (same.history.unwrap().x, plain.history.as_ref().unwrap().x.clone());
                let apart = a.iter().zip(&b).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
                assert!(plain.steps > 2 && apart < 1e-7, "{method}, {preconditioner}, {dim}: {apart}");
            }
        }
    }
}

#[test]
fn preconditioners_that_teach_nothing_new_are_refused() {
    let message = |text: &str| text.parse::<Method>().unwrap_err().to_string();
    assert!(message("lbfgs(preconditioner=limited_memory)").contains("learns by itself"));
    assert!(message("barzilai_borwein(preconditioner=limited_memory)").contains("changes at every step"));
    let lbfgs = Lbfgs { preconditioner: Preconditioner::LimitedMemory { memory: 5 }, ..Lbfgs::default() };
    let options = Options { method: lbfgs.into(), ..Options::default() };
    let error =
        minimize(&mut Traced::<f64>::new(&rosenbrock()).unwrap(), &[-1.2, 1.0], &options).unwrap_err();
    assert!(error.to_string().starts_with("the preconditioner of lbfgs is what"), "{error}");
    let mut blind = Closure::new(1, |x: &[f64]| x[0] * x[0], |x: &[f64], g: &mut [f64]| g[0] = 2.0 * x[0]);
    for method in ["lbfgs(preconditioner=diagonal)", "barzilai_borwein(preconditioner=hutchinson)"] {
        let options = Options { method: method.parse().unwrap(), ..Options::default() };
        assert!(matches!(minimize(&mut blind, &[1.0], &options), Err(SolveError::Missing { .. })));
    }
}
