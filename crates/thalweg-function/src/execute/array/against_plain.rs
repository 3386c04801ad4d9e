//! Fused programs against plain ones: random programs, their gradients, large reductions.

use super::Fused;
use super::plain::Plain;
use crate::execute::Precision;
use crate::program::{Program, Shape};
use crate::trace::trace;
use crate::transform::gradient;

/// A program of random operations on small arrays, directed by `choices`, with some of its values as results.
fn random_program(choices: &[(u8, u8, u8, u8)]) -> Program {
    let shapes: [Shape; 4] = [[3, 4].into(), [4].into(), Shape::SCALAR, [2, 3, 4].into()];
    trace(shapes, |inputs| {
        let mut pool = inputs.to_vec();
        for &(op, a, b, c) in choices {
            let (x, y) = (pool[a as usize % pool.len()], pool[b as usize % pool.len()]);
            let rank = x.shape().rank();
            let axis = if rank == 0 { 0 } else { i32::from(c) % rank as i32 };
            let length = if rank == 0 { 1 } else { x.shape().axes().nth(axis as usize).unwrap_or(1) };
            let agree = |x: crate::Var, y: crate::Var| {
                let (x, y) = (x.shape(), y.shape());
                x.axes().rev_pairs(&y).all(|(m, n)| m == n || m == 1 || n == 1)
            };
            let z = match op % 20 {
                0 if agree(x, y) => x + y,
                1 if agree(x, y) => x * y,
                2 if agree(x, y) => x.max(y),
                3 if agree(x, y) => crate::select(x.less(y), x, 0.5 * y),
                4 => x.tanh(),
                5 => (x * x + 1.0).sqrt(),
                6 => x.sin() - 0.25,
                7 if rank > 0 => x.sum(axis),
                8 if rank > 0 => x.max_over(axis),
                9 => x.mean(..),
                10 if rank > 0 => x - x.mean(crate::keep(axis)),
                11 if rank > 1 => x.t(),
                12 if rank > 0 && length > 1 => x.slice(axis, 1..),
                13 if rank > 0 => x.flip(axis),
                14 if rank > 0 && x.shape().size() < 200 => {
                    x.pad(axis, usize::from(b % 3), usize::from(b % 2))
                }
                15 if rank > 0 && x.shape().size() < 200 => crate::Var::concat(&[x, x.sin()], axis),
                16 => x.flatten() * 0.5,
                17 if rank > 0 && rank < 4 && x.shape().size() < 200 => {
                    crate::Var::stack(&[x, 1.0 - x], axis)
                }
                18 if rank == 2 => x.matmul(x.t()).tanh(),
                19 if rank > 0 => x.sum([0]).relu(),
                _ => x * 0.75,
            };
            pool.push(z);
        }
        pool.into_iter().rev().take(3).collect::<Vec<_>>()
    })
    .unwrap()
}

/// Pairs of axes from the last one on.
trait RevPairs {
    fn rev_pairs(self, other: &Shape) -> std::vec::IntoIter<(usize, usize)>;
}

impl<I: ExactSizeIterator<Item = usize>> RevPairs for I {
    fn rev_pairs(self, other: &Shape) -> std::vec::IntoIter<(usize, usize)> {
        let mut mine: Vec<_> = self.collect();
        let mut theirs: Vec<_> = other.axes().collect();
        mine.reverse();
        theirs.reverse();
        mine.into_iter().zip(theirs).collect::<Vec<_>>().into_iter()
    }
}

fn assert_fused_is_plain(program: &Program) {
    let program = crate::simplify(program);
    let mut plain = Plain::<f64>::new(&program).unwrap();
    // Half of the inputs in a buffer of their own.
    let first = program.input_shapes().count() / 2;
    let head = program.input_shapes().take(first).map(|shape| shape.size()).sum();
    let mut fused = Fused::<f64>::new(program.clone(), first, Precision::Full).unwrap();
    let inputs: Vec<_> = (0..plain.input_len()).map(|k| ((k * 37 + 11) % 23) as f64 / 8.0 - 1.4).collect();
    let mut expected = vec![f64::NAN; plain.output_len()];
    let mut found = vec![f64::NAN; fused.output_len()];
    plain.run(&inputs, &mut expected).unwrap();
    for _ in 0..2 {
        fused.run(&inputs[..head], &inputs[head..], &mut found).unwrap();
        for (k, (x, y)) in found.iter().zip(&expected).enumerate() {
            let near = (x - y).abs() <= 1e-10 * (1.0 + y.abs()) || x == y || (x.is_nan() && y.is_nan());
            assert!(near, "output {k}: {x} instead of {y} in\n{program}");
        }
    }
}

#[test]
fn reductions_of_large_arrays_have_the_values_of_plain_ones_on_any_number_of_threads() {
    for shape in [[130, 70, 33], [2, 40_000, 3], [3, 2, 40_001], [20_011, 7, 2], [1, 300, 800]] {
        for axes in [&[0][..], &[1], &[2], &[0, 1], &[1, 2], &[0, 2], &[0, 1, 2]] {
            let shape = Shape::from(shape);
            let program = trace([shape], |x| {
                let y = x[0] * 2.0 - 0.5;
                let over = |x: crate::Var| match *axes {
                    [a] => (x.sum(a), x.max_over(a)),
                    [a, b] => (x.sum([a, b]), x.max_over([a, b])),
                    _ => (x.sum(..), x.max_over(..)),
                };
                let (sum, largest) = over(y);
                vec![sum, largest, y.sin()]
            })
            .unwrap();
            let program = crate::simplify(&program);
            let inputs: Vec<_> = (0..shape.size()).map(|k| (k as f64 * 0.7).sin()).collect();
            let mut plain = Plain::<f64>::new(&program).unwrap();
            let mut expected = vec![f64::NAN; plain.output_len()];
            plain.run(&inputs, &mut expected).unwrap();
            let run = |threads| {
                let mut found = vec![f64::NAN; expected.len()];
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let mut fused = Fused::<f64>::new(program.clone(), 0, Precision::Full).unwrap();
                pool.install(|| fused.run(&[], &inputs, &mut found)).unwrap();
                found
            };
            let found = run(1);
            for (k, (x, y)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (x - y).abs() <= 1e-9 * (1.0 + y.abs()),
                    "{shape} over {axes:?}, {k}: {x} instead of {y}"
                );
            }
            assert!(found == run(2) && found == run(3), "{shape} over {axes:?} depends on the threads");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, ..Default::default() })]

    #[test]
    fn fused_programs_have_the_values_of_plain_ones(
        choices in proptest::collection::vec(proptest::prelude::any::<(u8, u8, u8, u8)>(), 1..14)
    ) {
        assert_fused_is_plain(&random_program(&choices));
    }

    #[test]
    fn fused_gradients_have_the_values_of_plain_ones(
        choices in proptest::collection::vec(proptest::prelude::any::<(u8, u8, u8, u8)>(), 1..10)
    ) {
        let program = random_program(&choices);
        let shapes: Vec<_> = program.input_shapes().collect();
        let total = trace(shapes, |x| {
            program.call(x).into_iter().map(|y| y.sum(..)).sum::<crate::Var>()
        }).unwrap();
        assert_fused_is_plain(&gradient(&total).unwrap());
    }
}

#[test]
fn a_pass_writes_over_the_array_that_it_reads_for_the_last_time() {
    let shapes: [Shape; 3] = [[300, 40].into(), [40, 70].into(), [70, 9].into()];
    let program = crate::simplify(&trace(shapes, |v| v[0].matmul(v[1]).sin().matmul(v[2]).tanh()).unwrap());
    let one = (300 * 70_usize).next_multiple_of(16) + 16;
    let last = (300 * 9_usize).next_multiple_of(16) + 16;
    assert_eq!(super::plan::ArrayPlan::new(&program, usize::MAX).workspace, one + last);

    let count: usize = program.input_shapes().map(|shape| shape.size()).sum();
    let inputs: Vec<_> = (0..count).map(|k| (k as f64 * 0.37).sin()).collect();
    let mut expected = vec![f64::NAN; 300 * 9];
    Plain::<f64>::new(&program).unwrap().run(&inputs, &mut expected).unwrap();
    for threads in 1..4 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut fused = Fused::<f64>::new(program.clone(), usize::MAX, Precision::Full).unwrap();
        let mut found = vec![f64::NAN; expected.len()];
        for _ in 0..2 {
            pool.install(|| fused.run(&inputs, &[], &mut found)).unwrap();
            assert!(found.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-12));
        }
    }
}
