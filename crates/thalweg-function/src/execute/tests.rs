//! Machine code, interpreter and instruction sets against one another, bit for bit.

use std::fmt::Debug;

use proptest::prelude::*;

use std::sync::OnceLock;

use super::Float;
use super::lanes::{LaneExecutable, Planned};
use super::native::Native;
use crate::kernel::isa::Isa;
use crate::primitive::Op;
use crate::program::{Builder, Program, Shape};
use crate::trace::{Var, select, trace};
use crate::transform::{gradient, hessian};

/// The program on this instruction set; interpreted throughout if asked.
fn executable<F: Float>(program: &Program, isa: Isa, interpreted: bool) -> LaneExecutable<F> {
    let mut executable = LaneExecutable::<F>::for_isa(crate::execute::Plan::new(program), isa);
    if interpreted {
        let plan = crate::execute::Plan::new(program);
        let everything = [plan.prologue.as_slice(), &plan.body].concat();
        let planned = Planned {
            single: OnceLock::from(Native::single::<F>(&plan, &everything, Isa::Portable)),
            lanes: OnceLock::from(Native::lanes::<F>(&plan, &plan.body, Isa::Portable)),
            everything,
            plan,
        };
        executable = LaneExecutable::planned(std::sync::Arc::new(planned), isa);
    }
    executable
}

fn bits<F: Float>(numbers: &[F]) -> Vec<u64> {
    numbers.iter().map(|x| if x.to_f64().is_nan() { u64::MAX } else { x.to_f64().to_bits() }).collect()
}

/// Every way of running the program gives the same bits.
fn agree<F: Float + Debug>(program: &Program) {
    let lanes = 37;
    let columns = program.input_count();
    let inputs: Vec<F> =
        (0..columns * lanes).map(|i| F::from_f64(((i * 7919 + 13) % 1009) as f64 / 251.0 - 2.0)).collect();
    let mut expected: Option<Vec<u64>> = None;
    for isa in Isa::available() {
        for interpreted in [true, false] {
            let mut executable = executable::<F>(program, isa, interpreted);
            let mut outputs = vec![F::default(); program.output_count() * lanes];
            executable.run_lanes(lanes, &inputs, &mut outputs).unwrap();
            let found = bits(&outputs);
            assert_eq!(
                &found,
                expected.get_or_insert(found.clone()),
                "{isa:?}, interpreted: {interpreted}\n{program}"
            );
            for lane in [0, 36] {
                let point: Vec<F> = (0..columns).map(|j| inputs[j * lanes + lane]).collect();
                let mut one = vec![F::default(); program.output_count()];
                executable.run(&point, &mut one).unwrap();
                let there: Vec<_> = (0..one.len()).map(|j| found[j * lanes + lane]).collect();
                assert_eq!(bits(&one), there, "single, {isa:?}, interpreted: {interpreted}\n{program}");
            }
        }
    }
}

fn wells(x: &[Var]) -> Var {
    (0..8)
        .map(|k| {
            let k = f64::from(k);
            let (a, b) = (x[0] - (k * 0.3 - 1.0), x[1] - (k * k * 0.05 - 0.7));
            -(-(a * a + b * b) / (0.1 + 0.07 * k)).exp() * (0.1 + 0.01 * k)
        })
        .sum()
}

#[test]
fn wells_and_their_derivatives_have_the_same_bits_however_they_run() {
    let f = trace(2, wells).unwrap();
    for program in [f.clone(), gradient(&f).unwrap(), hessian(&f).unwrap()] {
        agree::<f64>(&program);
        agree::<f32>(&program);
    }
}

#[test]
fn any_number_of_lanes_anywhere_in_memory_has_the_bits_of_single_runs_and_nothing_else_is_written() {
    let program = gradient(&trace(2, wells).unwrap()).unwrap();
    for isa in Isa::available() {
        let mut executable = executable::<f64>(&program, isa, false);
        for (lanes, offset) in (1..40).flat_map(|lanes| [(lanes, 0), (lanes, 3)]) {
            let numbers: Vec<f64> = (0..offset + 2 * lanes).map(|i| (i as f64 * 0.61).sin() * 2.0).collect();
            let mut buffer = vec![7.0; offset + 2 * lanes + 16];
            let (before, rest) = buffer.split_at_mut(offset);
            let (outputs, behind) = rest.split_at_mut(2 * lanes);
            executable.run_lanes(lanes, &numbers[offset..], outputs).unwrap();
            assert!(before.iter().chain(behind.iter()).all(|&x| x == 7.0));
            for lane in 0..lanes {
                let point = [numbers[offset + lane], numbers[offset + lanes + lane]];
                let mut one = [0.0; 2];
                executable.run(&point, &mut one).unwrap();
                let there = [outputs[lane], outputs[lanes + lane]];
                assert_eq!(bits(&one), bits(&there), "{isa:?}, {lanes} lanes");
            }
        }
    }
}

#[test]
fn functions_have_the_same_bits_interpreted_and_translated() {
    let f = trace(2, |x| {
        let a = x[0] * x[1];
        let mut all =
            vec![a.exp(), a.expm1(), a.tanh(), a.sinh(), a.cosh(), a.sigmoid(), a.softplus(), a.relu()];
        all.extend([x[0].max(x[1]), x[0].min(a), (x[0] * 800.0).exp(), a.log(), a.sin()]);
        let sum: Var = all.iter().copied().sum();
        all.push(sum);
        all
    })
    .unwrap();
    agree::<f64>(&f);
    agree::<f32>(&f);
}

#[test]
fn more_values_alive_than_registers_are_spilled_and_come_back() {
    let f = trace(3, |x| {
        let terms: Vec<_> =
            (0..80).map(|k| x[0] * f64::from(k) + x[1] / (x[2] + 3.0 + f64::from(k))).collect();
        let products: Vec<_> = (0..80).map(|k| terms[k] * terms[79 - k] - terms[(k * 7) % 80]).collect();
        let sum: Var = products.iter().copied().sum();
        vec![sum, sum.sin() + terms[3] * products[9], terms[40], -products[2].abs().sqrt()]
    })
    .unwrap();
    agree::<f64>(&f);
    agree::<f32>(&f);
}

#[test]
fn outputs_that_are_inputs_constants_or_the_same_are_copied() {
    let f = trace(2, |x| {
        let sum = x[0] + x[1];
        [x[0], Var::constant(3.0), sum, sum, select(x[0].less(x[1]), 1.0, x[1]), sum * 2.0]
    })
    .unwrap();
    agree::<f64>(&f);
}

#[test]
fn iterations_have_the_same_bits_as_runs_one_after_the_other() {
    let step = trace(4, |x| {
        let g = [2.0 * (x[0] - 1.0) + x[1], x[0] + 6.0 * x[1]];
        [x[0] - x[2] * g[0], x[1] - x[2] * g[1] * x[3], g[0] * g[0] + g[1] * g[1]]
    })
    .unwrap();
    let with_function = trace(3, |x| [x[0] - x[2] * x[1].sin(), x[1] - x[2] * x[0].exp()]).unwrap();
    for program in [step, with_function] {
        let (inputs, outputs) = (program.input_count(), program.output_count());
        let times = 50;
        let rows: Vec<f64> = (0..times * (inputs - 2)).map(|i| 0.01 * (i % 7) as f64).collect();
        let mut records = vec![0.0; times * outputs];
        let mut iteration = super::Iteration::<f64>::new(&program, 2).unwrap();
        iteration.run(&[3.0, -2.0], &rows, &mut records).unwrap();
        let mut one = LaneExecutable::<f64>::for_isa(crate::execute::Plan::verbatim(&program), Isa::detect());
        let mut state = vec![3.0, -2.0];
        for (row, record) in rows.chunks(inputs - 2).zip(records.chunks(outputs)) {
            let mut expected = vec![0.0; outputs];
            one.run(&[&state, row].concat(), &mut expected).unwrap();
            assert_eq!(bits(record), bits(&expected));
            state.copy_from_slice(&expected[..2]);
        }
    }
}

/// A random straight-line program out of arithmetic with a few functions in between.
fn random_program(choices: &[(u8, u8, u8, u8)]) -> Program {
    let ops = [
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Div,
        Op::Neg,
        Op::Abs,
        Op::Sqrt,
        Op::MulAdd,
        Op::MulSub,
        Op::NegMulAdd,
        Op::Mul,
        Op::Add,
        Op::Sub,
        Op::Exp,
        Op::Sin,
        Op::Select,
    ];
    let mut builder = Builder::verbatim();
    let mut nodes: Vec<_> = (0..3).map(|k| builder.input(format!("x{k}"), Shape::SCALAR)).collect();
    nodes.push(builder.constant(0.75));
    nodes.push(builder.constant(-1.5));
    for &(op, a, b, c) in choices {
        let pick = |i: u8| nodes[nodes.len() - 1 - usize::from(i) % nodes.len()];
        let op = ops[usize::from(op) % ops.len()];
        let operands = [pick(a), pick(b), pick(c)];
        let node = builder.apply(op, &operands[..op.arity()]);
        nodes.push(node);
    }
    let outputs: Vec<_> = nodes.iter().rev().step_by(5).copied().collect();
    builder.finish(&outputs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn random_programs_have_the_same_bits_however_they_run(
        choices in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 1..120)
    ) {
        agree::<f64>(&random_program(&choices));
        agree::<f32>(&random_program(&choices));
    }
}
