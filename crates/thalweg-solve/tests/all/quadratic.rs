//! Gradient descent on a quadratic, whose iterates are known in closed form: each component along an eigenvector shrinks by
//! the factor 1 − αλ a step.

use thalweg_solve::{Status, eigen_losses};

use crate::functions::{components, quadratic, rotation, run};

const START: [f64; 2] = [9.5, -1.0];

fn descend(lr: f64) -> thalweg_solve::Solution<f64> {
    run(&quadratic(), &START, &format!("sgd(lr={lr})"), 49)
}

#[test]
fn each_component_contracts_by_one_minus_lr_times_its_eigenvalue() {
    let start = components(&START);
    for lr in [0.02, 0.1, 0.28, 2.0 / 7.0, 0.325, 0.34] {
        let history = descend(lr).history.unwrap();
        for (step, x) in history.points().enumerate() {
            for ((y, start), eigenvalue) in components(x).iter().zip(start).zip([1.0, 6.0]) {
                let exact = start * (1.0_f64 - lr * eigenvalue).powi(step as i32);
                assert!((y - exact).abs() < 1e-12 * (1.0 + exact.abs()), "lr {lr}, step {step}: {y} {exact}");
            }
        }
    }
}

#[test]
fn descent_converges_slowly_at_a_low_rate_and_fastest_at_two_over_seven() {
    let [slow, plain, fast] = [0.02, 0.1, 2.0 / 7.0].map(|lr| descend(lr).value);
    assert!(slow > 1.0, "{slow}");
    assert!(plain < 2e-3 && plain > 1e-4, "{plain}");
    assert!(fast < 1e-12, "{fast}");
}

#[test]
fn at_0_325_the_steep_component_changes_sign_every_step_and_still_converges() {
    let history = descend(0.325).history.unwrap();
    let steep: Vec<f64> = history.points().map(|x| components(x)[1]).collect();
    assert!(steep.windows(2).all(|pair| pair[0] * pair[1] < 0.0));
    assert!(steep.windows(2).all(|pair| pair[1].abs() < pair[0].abs()));
}

#[test]
fn at_0_34_descent_grows_without_bound_and_ends_as_diverged_at_its_best_point() {
    assert!(descend(0.34).value > 100.0);
    let long = run(&quadratic(), &START, "sgd(lr=0.34)", 100_000);
    assert_eq!(long.status, Status::Diverged);
    assert!(long.steps < 20_000);
    let history = long.history.unwrap();
    assert_eq!(history.len(), long.steps + 1);
    let lowest = history.value.iter().copied().filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min);
    assert_eq!((long.value, long.best_value), (lowest, lowest));
    assert_eq!(long.x, long.best_x);
    assert!(long.x.iter().all(|x| x.is_finite()) && long.gradient_norm.is_finite());
    assert!(!history.value[long.steps].is_finite());
}

#[test]
fn the_inverse_of_q_as_preconditioner_arrives_in_one_step() {
    let r = rotation();
    let entry = |i: usize, j: usize| r[i][0] * r[j][0] + r[i][1] * r[j][1] / 6.0;
    let matrix = format!("[[{}, {}], [{}, {}]]", entry(0, 0), entry(0, 1), entry(1, 0), entry(1, 1));
    let solution = run(&quadratic(), &START, &format!("preconditioned(lr=1, matrix={matrix})"), 1);
    assert!(solution.x.iter().all(|x| x.abs() < 1e-14), "{:?}", solution.x);
}

#[test]
fn losses_along_eigenvectors_follow_the_closed_form_and_add_up() {
    let history = descend(0.1).history.unwrap();
    let r = rotation();
    let losses = eigen_losses(&[1.0, 6.0], &[r[0][0], r[0][1], r[1][0], r[1][1]], history.points()).unwrap();
    let y = components(&START);
    for (step, pair) in losses.chunks_exact(2).enumerate() {
        let exact = [1.0, 6.0].map(|λ: f64| 0.5 * λ * (1.0 - 0.1 * λ).powi(2 * step as i32));
        assert!((pair[0] - exact[0] * y[0] * y[0]).abs() < 1e-12 * (1.0 + pair[0]));
        assert!((pair[1] - exact[1] * y[1] * y[1]).abs() < 1e-12 * (1.0 + pair[1]));
        assert!((pair[0] + pair[1] - history.value[step]).abs() < 1e-12 * (1.0 + history.value[step]));
    }
}
