//! Random numbers: what belongs to a key, and the distributions.

use thalweg_function::{Program, Var, fold, gradient, scan, trace};

use crate::support::at;

fn moments(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

fn drawn(function: impl Fn(Var) -> Var, key: f64) -> Vec<f64> {
    at(&trace(1, |x| function(x[0])).unwrap(), &[key])
}

#[test]
fn a_key_draws_the_same_numbers_each_time_and_another_key_others() {
    let draw = |key| drawn(|key| Var::uniform(key, [2, 3]), key);
    assert_eq!(draw(7.0), draw(7.0));
    assert!(draw(7.0).iter().zip(draw(8.0)).all(|(a, b)| *a != b));
}

#[test]
fn each_draw_of_a_trace_is_another_also_in_loops() {
    let draws = trace(1, |key| {
        let in_loop = fold(1, Var::constant(0.0), None, key, |_, _, key| Var::uniform(key[0], []));
        [Var::uniform(key[0], []), in_loop, Var::normal(key[0], []), Var::uniform(key[0], [])]
    });
    let before: Program = trace(1, |key| {
        let first = Var::uniform(key[0], []);
        let second = fold(1, Var::constant(0.0), None, key, |_, _, key| Var::uniform(key[0], []));
        [first, second, Var::uniform(key[0], [])]
    })
    .unwrap();
    for program in [draws.unwrap(), before] {
        let mut y = at(&program, &[3.0]);
        y.sort_by(f64::total_cmp);
        assert!(y.windows(2).all(|pair| pair[0] != pair[1]), "{y:?}");
    }
}

#[test]
fn a_loop_draws_with_the_keys_it_is_given() {
    let walk = trace([[4].into()], |keys| {
        scan(4, Var::constant(0.0), Some(keys[0]), &[], |x, key, _| {
            let next = x + Var::uniform(key, []);
            (next, next)
        })
        .1
    });
    let at_once = trace([[4].into()], |keys| Var::uniform(keys[0], []).cumsum(0)).unwrap();
    let keys = [5.0, 6.0, 5.0, 9.0];
    let (walked, expected) = (at(&walk.unwrap(), &keys), at(&at_once, &keys));
    crate::support::assert_close(&walked, &expected, 1e-15);
}

#[test]
fn draws_have_the_moments_of_their_distribution() {
    let n = 40_000.0_f64;
    let uniform = drawn(|key| Var::uniform(key, [40_000]), 1.0);
    assert!(uniform.iter().all(|u| (0.0..1.0).contains(u)));
    let (mean, variance) = moments(&uniform);
    // Five standard errors: σ/√n of the mean, √(E(x − m)⁴ − σ⁴)/√n of the variance.
    assert!((mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / n).sqrt(), "{mean}");
    assert!((variance - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / n).sqrt(), "{variance}");
    let normal = drawn(|key| Var::normal(key, [40_000]), 1.0);
    let (mean, variance) = moments(&normal);
    assert!(mean.abs() < 5.0 / n.sqrt() && (variance - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
    let fourth = normal.iter().map(|x| x.powi(4)).sum::<f64>() / n;
    assert!((fourth - 3.0).abs() < 5.0 * (96.0 / n).sqrt(), "{fourth}");
}

#[test]
fn dropout_drops_its_share_and_keeps_the_mean() {
    let f = trace([[10_000].into(), [].into()], |x| x[0].dropout(x[1], 0.2)).unwrap();
    let y = at(&f, &[vec![2.0; 10_000], vec![5.0]].concat());
    assert!(y.iter().all(|&y| y == 0.0 || y == 2.5));
    let dropped = y.iter().filter(|&&y| y == 0.0).count() as f64;
    assert!((dropped - 2000.0).abs() < 5.0 * (10_000.0 * 0.16_f64).sqrt(), "{dropped}");
    let slope = gradient(&trace([[100].into(), [].into()], |x| x[0].dropout(x[1], 0.2).sum(..)).unwrap());
    let slope = at(&slope.unwrap(), &[vec![f64::INFINITY; 100], vec![5.0]].concat());
    assert!(slope[..100].iter().all(|&d| d == 0.0 || d == 1.25) && slope[100] == 0.0);
    let whole = trace([[3].into(), [].into()], |x| x[0].dropout(x[1], 0.0)).unwrap();
    assert_eq!(at(&whole, &[1.0, 2.0, 3.0, 9.0]), [1.0, 2.0, 3.0]);
}
