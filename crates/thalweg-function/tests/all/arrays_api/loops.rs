//! Derivatives through loops that hold other loops, draws and factorisations.

use thalweg_function::{Var, fold, gradient, hvp, scan, trace};

use crate::support::{assert_close, at, difference};

/// A random walk through matrices, with a loop in each step.
fn walk(x: &[Var]) -> Var {
    let (start, matrix, keys) = (x[0], x[1], x[2]);
    let (last, records) = scan(3, start, Some(keys), &[matrix], |y, key, shared| {
        let spread = shared[0].matmul(shared[0].t()) + Var::eye(2);
        let solved = fold(2, y, None, &[spread], |y, k, a| a[0].solve_symmetric((y * (1.0 + k)).sin()));
        let next = solved + 0.1 * Var::normal(key, [2]) * y;
        (next, next.logsumexp(..))
    });
    last.norm(..) + records.prod(..)
}

#[test]
fn gradients_and_hessians_of_nested_loops_agree_with_differences() {
    let f = trace([[2].into(), [2, 2].into(), [3].into()], walk).unwrap();
    let x = [0.5, -1.5, 0.75, 0.25, -0.5, 1.25, 1.0, 2.0, 3.0];
    let slope = gradient(&f).unwrap();
    let by_difference: Vec<_> = (0..6).map(|k| difference(&f, 0, &x, k, 1e-3)).collect();
    assert_close(&at(&slope, &x)[..6], &by_difference, 1e-9);
    let product = hvp(&f).unwrap();
    for k in 0..6 {
        let mut direction = [0.0; 9];
        direction[k] = 1.0;
        let column: Vec<_> = (0..6).map(|i| difference(&slope, i, &x, k, 1e-3)).collect();
        assert_close(&at(&product, &[x, direction].concat())[..6], &column, 1e-9);
    }
}
