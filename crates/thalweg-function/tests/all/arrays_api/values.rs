//! Array functions at the edges of what they are made for, beside closed forms.

use thalweg_function::{
    Executable, FunctionError, Program, Shape, Var, einsum, fold, gradient, keep, scan, trace,
};

use crate::support::{assert_close, at, run};

const INFINITY: f64 = f64::INFINITY;

fn program<const N: usize>(shapes: [&[usize]; N], function: impl FnOnce(&[Var]) -> Var) -> Program {
    trace(shapes.map(|axes| Shape::new(axes).unwrap()), function).unwrap()
}

/// The value of a function of one array, and the gradient of the sum of its elements.
fn with_slope(x: &[f64], function: impl Fn(Var) -> Var) -> (Vec<f64>, Vec<f64>) {
    let shape: &[usize] = &[x.len()];
    let value = program([shape], |x| function(x[0]));
    let sum = program([shape], |x| function(x[0]).sum(..));
    (at(&value, x), at(&gradient(&sum).unwrap(), x))
}

#[test]
fn a_product_of_no_elements_is_one() {
    assert_eq!(at(&program([&[2, 0]], |x| x[0].prod(1)), &[]), [1.0, 1.0]);
    assert_eq!(at(&program([&[]], |x| x[0].prod(..)), &[3.0]), [3.0]);
}

#[test]
fn every_product_of_length_one_to_nine_is_the_factorial() {
    for n in 1..=9_usize {
        let numbers: Vec<_> = (1..=n).map(|k| k as f64).collect();
        let factorial: f64 = numbers.iter().product();
        let (value, slope) = with_slope(&numbers, |x| x.prod(..));
        assert_eq!(value, [factorial]);
        assert_eq!(slope, numbers.iter().map(|k| factorial / k).collect::<Vec<_>>());
    }
}

#[test]
fn a_variance_keeps_its_digits_far_from_zero() {
    let far = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
    assert_eq!(with_slope(&far, |x| x.var(..)).0, [22.5]);
    assert!(at(&program([&[0]], |x| x[0].var(..)), &[])[0].is_nan());
}

#[test]
fn a_norm_of_zero_has_the_derivative_nan_as_in_jax() {
    let (value, slope) = with_slope(&[0.0; 3], |x| x.norm(..));
    assert!(value == [0.0] && slope.iter().all(|d| d.is_nan()), "{slope:?}");
}

#[test]
fn logsumexp_is_exact_where_elements_are_infinite() {
    let (value, slope) = with_slope(&[-INFINITY, 0.0, 0.0, -INFINITY], |x| x.logsumexp(..));
    assert_close(&value, &[2.0_f64.ln()], 1e-16);
    assert_eq!(slope, [0.0, 0.5, 0.5, 0.0]);
    assert_eq!(with_slope(&[-INFINITY; 2], |x| x.logsumexp(..)).0, [-INFINITY]);
    assert_eq!(with_slope(&[INFINITY, 1.0], |x| x.logsumexp(..)).0, [INFINITY]);
    assert_eq!(at(&program([&[2, 0]], |x| x[0].logsumexp(1)), &[]), [-INFINITY; 2]);
    assert!(with_slope(&[f64::NAN, 1.0], |x| x.logsumexp(..)).0[0].is_nan());
    let huge = with_slope(&[-800.0, -800.0], |x| x.logsumexp(keep(0))).0;
    assert_close(&huge, &[-800.0 + 2.0_f64.ln()], 1e-15);
}

#[test]
fn softmax_does_not_overflow() {
    let (value, slope) = with_slope(&[1e4, 1e4, -1e4, -INFINITY], |x| x.softmax(0));
    assert_eq!(value, [0.5, 0.5, 0.0, 0.0]);
    assert_eq!(slope, [0.0; 4]);
    assert_eq!(with_slope(&[-2000.0, 0.0], |x| x.log_softmax(0)).0, [-2000.0, 0.0]);
}

#[test]
fn cross_entropy_of_a_sure_answer_keeps_its_digits() {
    let loss = program([&[2], &[]], |x| x[0].softmax_cross_entropy(x[1]));
    // −log of 1/(1 + e⁻⁴⁰⁰) and of e⁻⁴⁰⁰/(1 + e⁻⁴⁰⁰).
    assert_eq!(at(&loss, &[300.0, -100.0, 0.0]), [0.0]);
    assert_eq!(at(&loss, &[300.0, -100.0, 1.0]), [400.0]);
}

#[test]
fn an_index_that_is_not_there_is_an_error_of_the_run_but_no_class() {
    let take = program([&[3], &[2]], |x| x[0].take(x[1], 0));
    for index in [3.0, -1.0, 0.5, f64::NAN] {
        let result = Executable::<f64>::new(&take).unwrap().run(&[1.0, 2.0, 3.0, 0.0, index], &mut [0.0; 2]);
        assert!(matches!(result, Err(FunctionError::Index { .. })), "{index}: {result:?}");
    }
    assert_eq!(at(&program([&[2]], |x| x[0].one_hot(2)), &[5.0, 1.0]), [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn sorting_puts_nan_last_and_keeps_the_order_of_equals() {
    let x = [3.0, f64::NAN, -1.0, 3.0, -INFINITY];
    let (sorted, _) = with_slope(&x, |x| x.sort(0));
    assert_eq!(sorted[..4], [-INFINITY, -1.0, 3.0, 3.0]);
    assert!(sorted[4].is_nan());
    assert_eq!(with_slope(&x, |x| x.argsort(0)).0, [4.0, 2.0, 0.0, 3.0, 1.0]);
    assert_eq!(with_slope(&[2.0, 1.0, 3.0], |x| x.sort(0) * Var::iota(3)).1, [1.0, 0.0, 2.0]);
}

#[test]
fn scattering_adds_what_meets_and_may_insert_an_axis() {
    let scatter = program([&[2, 3], &[3]], |x| x[0].scatter_add(x[1], -1, 2));
    assert_eq!(at(&scatter, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 0.0, 1.0]), [2.0, 4.0, 5.0, 10.0]);
    let insert = program([&[2], &[]], |x| x[0].scatter_add(x[1], 1, 3));
    assert_eq!(at(&insert, &[7.0, 8.0, 2.0]), [0.0, 0.0, 7.0, 0.0, 0.0, 8.0]);
}

#[test]
fn diagonals_triangles_and_the_identity_have_their_zeros() {
    assert_eq!(at(&program([&[2]], |x| x[0].diag()), &[INFINITY, 5.0]), [INFINITY, 0.0, 0.0, 5.0]);
    let x = [1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0];
    assert_eq!(at(&program([&[2, 3]], |x| x[0].diagonal()), &x), [1.0, 5.0]);
    assert_eq!(at(&program([&[3, 2]], |x| x[0].diagonal()), &x), [1.0, 4.0]);
    assert_eq!(at(&program([&[2, 3]], |x| x[0].lower_triangle()), &x), [1.0, 0.0, 0.0, 4.0, 5.0, 0.0]);
    let upper = at(&program([&[2, 3]], |x| x[0].upper_triangle()), &x);
    assert_eq!((&upper[..2], &upper[3..]), (&[1.0, 2.0][..], &[0.0, 5.0, 6.0][..]));
    assert_eq!(at(&trace(0, |_| Var::eye(2)).unwrap(), &[]), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn the_factor_of_a_known_matrix_is_its_known_factor() {
    // L = [2 0; 1 3], det = 36, solution (1, 2).
    let a = [4.0, 2.0, 2.0, 10.0];
    assert_close(&at(&program([&[2, 2]], |x| x[0].cholesky()), &a), &[2.0, 0.0, 1.0, 3.0], 1e-15);
    assert_close(&at(&program([&[2, 2]], |x| x[0].log_determinant()), &a), &[36.0_f64.ln()], 1e-15);
    let solve = program([&[2, 2], &[2]], |x| x[0].solve_symmetric(x[1]));
    assert_close(&at(&solve, &[4.0, 2.0, 2.0, 10.0, 8.0, 22.0]), &[1.0, 2.0], 1e-15);
    assert!(at(&program([&[2, 2]], |x| x[0].log_determinant()), &[1.0, 2.0, 2.0, 1.0])[0].is_nan());
}

#[test]
fn a_triangular_system_reads_its_triangle_only() {
    let l = [2.0, f64::NAN, 1.0, 3.0];
    let right = [2.0, 7.0];
    let lower = program([&[2, 2], &[2]], |x| x[0].solve_lower(x[1]));
    assert_close(&at(&lower, &[&l[..], &right].concat()), &[1.0, 2.0], 1e-15);
    let upper = program([&[2, 2], &[2]], |x| x[0].t().solve_upper(x[1]));
    assert_close(&at(&upper, &[&l[..], &right].concat()), &[(2.0 - 7.0 / 3.0) / 2.0, 7.0 / 3.0], 1e-15);
}

#[test]
fn eigenvectors_make_the_matrix_diagonal() {
    let a = [2.0, 1.0, 0.0, 1.0, 3.0, -1.0, 0.0, -1.0, 1.0];
    let again = program([&[3, 3]], |x| {
        let (values, vectors) = (x[0].eigenvalues(), x[0].eigenvectors());
        einsum("ij,j,kj->ik", &[vectors, values, vectors])
    });
    assert_close(&at(&again, &a), &a, 1e-14);
    // 2 − √2·cos and so on: the eigenvalues of the path with three nodes.
    let path = [2.0, -1.0, 0.0, -1.0, 2.0, -1.0, 0.0, -1.0, 2.0];
    let values = at(&program([&[3, 3]], |x| x[0].eigenvalues()), &path);
    let root = 2.0_f64.sqrt();
    assert_close(&values, &[2.0 - root, 2.0, 2.0 + root], 1e-15);
}

#[test]
fn a_symmetric_function_has_the_same_slope_in_both_triangles() {
    // ∂ log det A / ∂A = A⁻¹.
    let slope = gradient(&program([&[2, 2]], |x| x[0].log_determinant())).unwrap();
    let inverse = [10.0 / 36.0, -2.0 / 36.0, -2.0 / 36.0, 4.0 / 36.0];
    assert_close(&at(&slope, &[4.0, 2.0, 2.0, 10.0]), &inverse, 1e-15);
    // What is not symmetric counts by its symmetric part.
    assert_close(&at(&slope, &[4.0, 1.0, 3.0, 10.0]), &inverse, 1e-15);
}

#[test]
fn windows_see_padding_as_zeros_and_the_largest_of_equals_share() {
    let image: Vec<_> = (1..=9).map(f64::from).collect();
    let sum = program([&[1, 1, 3, 3]], |x| {
        x[0].conv2d(Var::array([1, 1, 2, 2], &[1.0, 0.0, 0.0, -1.0]), [2, 2], [1, 1])
    });
    assert_eq!(at(&sum, &image), [-1.0, -3.0, -7.0, -4.0]);
    let mean = program([&[1, 1, 3, 3]], |x| x[0].avg_pool([3, 3], [1, 1]));
    assert_eq!(at(&mean, &image), [5.0]);
    let slope = gradient(&program([&[1, 1, 2, 2]], |x| x[0].max_pool([2, 2], [1, 1]).sum(..))).unwrap();
    assert_eq!(at(&slope, &[3.0, 1.0, 3.0, 0.0]), [0.5, 0.0, 0.5, 0.0]);
}

#[test]
fn einsum_contracts_the_smallest_product_first() {
    let chain = |text| program([&[50, 2], &[2, 50], &[50, 2]], |x| einsum(text, x)).to_string();
    // (i×j)·((j×k)·(k×l)) makes a 2×2 matrix, the other way a 50×50 one.
    assert!(!chain("ij,jk,kl->il").contains("[50, 50]"));
}

#[test]
fn a_loop_of_no_steps_returns_its_first_carry() {
    let f = trace([[2].into()], |x| {
        let (last, records) = scan(0, x[0], None, &[], |carry, _, _| (carry * 2.0, carry.sum(..)));
        [last, records, records.sum(..)]
    })
    .unwrap();
    assert_eq!(f.output_shapes().collect::<Vec<_>>(), [[2].into(), [0].into(), Shape::SCALAR]);
    assert_eq!(at(&f, &[3.0, 4.0]), [3.0, 4.0, 0.0]);
}

#[test]
fn loops_nest_and_arrays_keep_their_shapes_in_them() {
    // Σ_{i<3} Σ_{j<4} (i·j)·A.
    let f = program([&[2, 2]], |x| {
        fold(3, x[0] * 0.0, None, x, |sum, i, a| {
            assert_eq!((sum.shape(), i.shape(), a[0].shape()), ([2, 2].into(), Shape::SCALAR, [2, 2].into()));
            fold(4, sum, None, &[i, a[0]], |sum, j, outer| sum + outer[0] * j * outer[1])
        })
    });
    assert_eq!(at(&f, &[1.0, 2.0, 3.0, 4.0]), [18.0, 36.0, 54.0, 72.0]);
}

#[test]
fn a_program_with_a_loop_can_be_called_in_a_trace() {
    let power = trace(1, |x| fold(5, Var::constant(1.0), None, x, |y, _, x| y * x[0])).unwrap();
    let sum = trace(2, |x| power.call(&[x[0]])[0] + power.call(&[x[1]])[0]).unwrap();
    assert_eq!(at(&sum, &[2.0, 3.0]), [32.0 + 243.0]);
}

#[test]
fn single_precision_computes_the_same_functions() {
    let f = program([&[3, 3], &[3]], |x| {
        let a = x[0].matmul(x[0].t()) + Var::eye(3);
        a.solve_symmetric(x[1].softmax(0)).norm(..) + a.log_determinant() + a.eigenvalues().prod(..)
    });
    let x = [0.5, -1.0, 2.0, 1.5, 0.25, -0.5, 0.0, 1.0, 1.0, 0.1, 0.2, 0.3];
    let single = run::<f32>(&f, &x.map(|x| x as f32))[0];
    assert_close(&[f64::from(single)], &at(&f, &x), 1e-5);
}
