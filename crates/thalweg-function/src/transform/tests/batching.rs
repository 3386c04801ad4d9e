//! A batch against a loop over its members.

use super::{Kind, all_cases, assert_close, run};
use crate::InputAxis::{At, Batched, Shared};
use crate::program::Program;
use crate::{InputAxis, batch};

const SIZE: usize = 3;

/// The arguments of one member.
fn member(program: &Program, axes: &[InputAxis], inputs: &[Vec<f64>], k: usize) -> Vec<f64> {
    let mut arguments = Vec::new();
    for ((shape, axis), numbers) in program.input_shapes().zip(axes).zip(inputs) {
        let axis = match axis {
            Shared => {
                arguments.extend(numbers);
                continue;
            }
            Batched => 0,
            At(axis) => *axis,
        };
        let inner: usize = shape.axes().skip(axis).product();
        let blocks = numbers.chunks(SIZE * inner).map(|block| &block[k * inner..][..inner]);
        arguments.extend(blocks.flatten());
    }
    arguments
}

/// Every way to batch an argument, for every argument, but not all of them shared.
fn mixes(ranks: &[usize]) -> Vec<Vec<InputAxis>> {
    let mut mixes = vec![Vec::new()];
    for &rank in ranks {
        let ways = [Shared, Batched, At(rank)];
        mixes = mixes
            .into_iter()
            .flat_map(|mix: Vec<_>| ways.map(|way| [mix.as_slice(), &[way]].concat()))
            .collect();
    }
    mixes.retain(|mix| mix.iter().any(|&way| way != Shared));
    mixes
}

fn sizes(program: &Program, axes: &[InputAxis]) -> Vec<usize> {
    let sizes = program.input_shapes().zip(axes);
    sizes.map(|(shape, &axis)| shape.size() * if axis == Shared { 1 } else { SIZE }).collect()
}

#[test]
fn a_batch_is_a_loop_over_its_members_for_every_operation_and_mix_of_arguments() {
    for case in all_cases() {
        let ranks: Vec<_> = case.program.input_shapes().map(|shape| shape.rank()).collect();
        for axes in mixes(&ranks) {
            let name = format!("{} {axes:?}", case.name);
            let inputs = case.numbers(&sizes(&case.program, &axes));
            let many = batch(&case.program, SIZE, &axes).unwrap();
            let expected: Vec<_> =
                (0..SIZE).map(|k| run(&case.program, &member(&case.program, &axes, &inputs, k))).collect();
            assert_close(&name, &run(&many, &inputs.concat()), &expected.concat(), 1e-12);
        }
    }
}

#[test]
fn a_batch_of_batches_is_a_loop_of_loops() {
    for case in all_cases() {
        let count = case.kinds.len();
        for shared in 0..=count {
            let flag = |k: usize| if k == shared { Shared } else { Batched };
            let (inner, outer) = (vec![Batched; count], (0..count).map(flag).collect::<Vec<_>>());
            let once = batch(&case.program, SIZE, &inner).unwrap();
            let twice = batch(&once, SIZE, &outer).unwrap();
            let inputs = case.numbers(&sizes(&once, &outer));
            let mut expected = Vec::new();
            for k in 0..SIZE {
                let arguments = member(&once, &outer, &inputs, k);
                let mut rest = arguments.as_slice();
                let mut split = Vec::new();
                for shape in once.input_shapes() {
                    let (given, others) = rest.split_at(shape.size());
                    split.push(given.to_vec());
                    rest = others;
                }
                for j in 0..SIZE {
                    expected.extend(run(&case.program, &member(&case.program, &inner, &split, j)));
                }
            }
            assert_close(case.name, &run(&twice, &inputs.concat()), &expected, 1e-12);
        }
    }
}

#[test]
fn what_no_batched_input_reaches_is_computed_once() {
    let case = all_cases().into_iter().find(|case| case.name == "cholesky").unwrap();
    assert_eq!(case.kinds, [Kind::Real]);
    let many = batch(&case.program, SIZE, &[Shared]).unwrap();
    let factor = many.nodes.iter().find(|node| node.op.name() == "cholesky").unwrap();
    assert_eq!(factor.shape.to_string(), "[3, 3]");
}

#[test]
fn one_shared_factor_makes_one_product() {
    let shapes = |name: &str, axes: &[InputAxis]| {
        let case = all_cases().into_iter().find(|case| case.name == name).unwrap();
        let many = batch(&case.program, SIZE, axes).unwrap();
        let products = many.nodes.iter().filter(|node| node.op.name() == "matmul");
        products.map(|node| node.shape.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(shapes("product", &[Batched, Shared]), ["[6, 4]"]);
    assert_eq!(shapes("product of vectors", &[Shared, Batched]), ["[3, 9]"]);
    assert_eq!(shapes("product with a row", &[Batched, Shared]), ["[3, 9]"]);
    assert_eq!(shapes("product b'", &[Shared, Batched]), ["[12, 2]"]);
}
