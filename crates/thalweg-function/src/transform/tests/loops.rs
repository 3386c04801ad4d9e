//! Derivatives of loops against the same steps written out.

use std::sync::Arc;

use super::{Case, all_cases, assert_close, run};
use crate::primitive::{Axes, Loop, Op, Span};
use crate::program::{Builder, Program, Shape};
use crate::trace;
use crate::transform::{checkpointed, gradient, hessian, jacobian, jvp, scalarize, value_and_gradient, vjp};

fn the_loop() -> Case {
    all_cases().into_iter().find(|case| case.name == "scan").unwrap()
}

/// Σ y² over the carry and all records.
fn energy(program: &Program) -> Program {
    let shapes: Vec<_> = program.input_shapes().collect();
    trace(shapes, |x| {
        let y = program.call(x)[0];
        (y * y).sum(..)
    })
    .unwrap()
}

#[test]
fn a_loop_of_multiplications_has_the_derivatives_of_a_power() {
    let steps = 7;
    let mut b = Builder::new();
    let [carry, factor, row] = [1, 1, 1].map(|n| b.input("v", Shape::of([n])));
    let next = b.mul(carry, factor);
    let body = Loop { body: Arc::new(b.finish(&[next, row])), steps };
    let mut b = Builder::new();
    let [start, factor, rows] = [1, 1, steps].map(|n| b.input("x", Shape::of([n])));
    let result = b.scan(body, start, factor, rows);
    let last = b.slice(result, Span { axis: 0, start: 0, step: 1 }, 1);
    let last = b.reshape(last, Shape::SCALAR);
    let f = b.finish(&[last]);

    // f = c·aⁿ.
    let (c, a, n) = (1.5_f64, 0.8_f64, steps as i32);
    let x = [&[c, a], [0.0; 7].as_slice()].concat();
    let slopes = run(&gradient(&f).unwrap(), &x);
    assert_close("gradient", &slopes[..2], &[a.powi(n), c * f64::from(n) * a.powi(n - 1)], 1e-14);
    let second = run(&hessian(&f).unwrap(), &x);
    let mixed = f64::from(n) * a.powi(n - 1);
    let twice = c * f64::from(n * (n - 1)) * a.powi(n - 2);
    assert_close("by start", &second[..2], &[0.0, mixed], 1e-14);
    assert_close("by factor", &second[9..11], &[mixed, twice], 1e-14);
}

#[test]
fn derivatives_of_a_loop_are_those_of_its_steps_written_out() {
    let case = the_loop();
    let (f, x) = (energy(&case.program), case.point());
    let unrolled = scalarize(&f, 10_000).unwrap();
    assert_close("value", &run(&f, &x), &run(&unrolled, &x), 1e-13);
    let (slope, unrolled_slope) = (gradient(&f).unwrap(), gradient(&unrolled).unwrap());
    assert_close("gradient", &run(&slope, &x), &run(&unrolled_slope, &x), 1e-12);
}

#[test]
fn second_derivatives_of_a_loop_are_those_of_its_steps_written_out() {
    let case = the_loop();
    let (f, x) = (energy(&case.program), case.point());
    let unrolled = hessian(&scalarize(&f, 10_000).unwrap()).unwrap();
    let whole = run(&unrolled, &x);
    // The blocks of the three arguments.
    let (n, sizes) = (x.len(), [3, 12, 15]);
    let mut expected = Vec::new();
    let mut top = 0;
    for rows in sizes {
        let mut left = 0;
        for columns in sizes {
            for row in top..top + rows {
                expected.extend(&whole[row * n + left..][..columns]);
            }
            left += columns;
        }
        top += rows;
    }
    assert_close("hessian", &run(&hessian(&f).unwrap(), &x), &expected, 1e-11);
}

#[test]
fn loops_in_segments_have_the_same_values_and_derivatives() {
    let case = the_loop();
    let x = case.point();
    let (values, slopes) = (run(&case.program, &x), run(&jacobian(&case.program).unwrap(), &x));
    for segment in [None, Some(1), Some(2), Some(3), Some(4), Some(5), Some(9)] {
        let cut = checkpointed(&case.program, segment);
        assert_eq!(run(&cut, &x), values, "{segment:?}");
        assert_close("jacobian", &run(&jacobian(&cut).unwrap(), &x), &slopes, 1e-13);
        let (f, g) = (energy(&case.program), energy(&cut));
        let (f, g) = (gradient(&f).unwrap(), gradient(&g).unwrap());
        assert_close("gradient", &run(&g, &x), &run(&f, &x), 1e-13);
        let direction: Vec<_> = (0..x.len()).map(|k| (k as f64).cos()).collect();
        let tangents = [x.clone(), direction].concat();
        let (f, g) = (jvp(&f).unwrap(), jvp(&g).unwrap());
        assert_close("second", &run(&g, &tangents), &run(&f, &tangents), 1e-12);
    }
}

#[test]
fn a_gradient_runs_each_loop_once_forward_and_once_back() {
    let f = energy(&the_loop().program);
    let loops = |f: &Program| f.nodes.iter().filter(|node| node.op.name() == "scan").count();
    assert_eq!(loops(&value_and_gradient(&f).unwrap()), 2);
    assert_eq!(loops(&vjp(&the_loop().program).unwrap()), 2);
}

/// The length of the longest array in a program and in the bodies of its loops.
fn longest(program: &Program) -> usize {
    let own = program.nodes.iter().map(|node| node.shape.size()).max().unwrap_or(0);
    program.loops.iter().map(|body| longest(&body.body)).fold(own, usize::max)
}

#[test]
fn segments_keep_the_square_root_of_the_carries() {
    let [width, steps] = [50, 100];
    let mut b = Builder::new();
    let [carry, _, row] = [width, 1, 1].map(|n| b.input("v", Shape::of([n])));
    let row = b.reshape(row, Shape::SCALAR);
    let sum = b.add(carry, row);
    let next = b.apply(Op::Sin, &[sum]);
    let record = b.slice(carry, Span { axis: 0, start: 0, step: 1 }, 0);
    let body = Loop { body: Arc::new(b.finish(&[next, record])), steps };
    let mut b = Builder::new();
    let [carry, shared, rows] = [width, 1, steps].map(|n| b.input("x", Shape::of([n])));
    let result = b.scan(body, carry, shared, rows);
    let total = b.sum(result, Axes::of([0]));
    let f = b.finish(&[total]);

    let (whole, cut) = (gradient(&f).unwrap(), gradient(&checkpointed(&f, None)).unwrap());
    assert!(longest(&whole) >= width * steps, "{}", longest(&whole));
    assert!(longest(&cut) <= 2 * width * steps.isqrt(), "{}", longest(&cut));
    let x: Vec<_> = (0..width + 1 + steps).map(|k| (k as f64).sin()).collect();
    assert_close("gradient", &run(&cut, &x), &run(&whole, &x), 1e-13);
}
