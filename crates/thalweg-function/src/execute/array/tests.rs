//! Whole programs of arrays against numbers worked out by hand.

use crate::execute::Executable;
use crate::primitive::{ArrayOp, Axes, Op, Span};
use crate::program::{Builder, NodeId, Program, Shape};
use crate::trace::trace;
use crate::transform::gradient;

fn run(program: &Program, inputs: &[f64]) -> Vec<f64> {
    let mut executable = Executable::<f64>::new(program).unwrap();
    let mut outputs = vec![f64::NAN; executable.output_len()];
    executable.run(inputs, &mut outputs).unwrap();
    outputs
}

/// What `build` makes of arrays of these shapes that hold 0, 1, 2, … one after the other.
fn of_counted<const N: usize>(
    shapes: [Shape; N],
    build: impl FnOnce(&mut Builder, [NodeId; N]) -> NodeId,
) -> Vec<f64> {
    let mut builder = Builder::verbatim();
    let inputs = shapes.map(|shape| builder.input("x", shape));
    let result = build(&mut builder, inputs);
    let count: usize = shapes.iter().map(Shape::size).sum();
    run(&builder.finish(&[result]), &(0..count).map(|i| i as f64).collect::<Vec<_>>())
}

#[test]
fn arrays_are_repeated_along_the_axes_they_lack() {
    let found = of_counted([[2].into()], |b, [x]| b.broadcast(x, 0b010, [2, 2, 2].into()));
    assert_eq!(found, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn numbers_change_places() {
    let matrix = Shape::from([2, 3]);
    let turned = of_counted([[2, 3, 2].into()], |b, [x]| b.permute(x, &[2, 0, 1]));
    assert_eq!(turned, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0]);
    let back = Span { axis: 1, start: 2, step: -2 };
    assert_eq!(of_counted([matrix], |b, [x]| b.slice(x, back, 2)), [2.0, 0.0, 5.0, 3.0]);
    let apart = Span { axis: 1, start: 1, step: 2 };
    let padded = of_counted([[2, 2].into()], |b, [x]| b.pad(x, apart, 5));
    assert_eq!(padded, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 3.0, 0.0]);
    let joined = of_counted([[2, 1].into(), [2, 2].into()], |b, [x, y]| b.concat(x, y, 1));
    assert_eq!(joined, [0.0, 2.0, 3.0, 1.0, 4.0, 5.0]);
    let flat = of_counted([matrix], |b, [x]| b.reshape(x, [3, 2].into()));
    assert_eq!(flat, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn axes_are_summed_up_and_searched_for_extremes() {
    let shape = Shape::from([2, 3, 2]);
    let over = |b: &mut Builder, x, op, axes| {
        let reduced = shape.without(axes);
        b.array(op, &[x], reduced)
    };
    let axes = Axes::of([0, 2]);
    assert_eq!(of_counted([shape], |b, [x]| over(b, x, ArrayOp::Sum(axes), axes)), [14.0, 22.0, 30.0]);
    assert_eq!(of_counted([shape], |b, [x]| over(b, x, ArrayOp::Largest(axes), axes)), [7.0, 9.0, 11.0]);
    assert_eq!(of_counted([shape], |b, [x]| over(b, x, ArrayOp::Smallest(axes), axes)), [0.0, 2.0, 4.0]);
    let mut builder = Builder::verbatim();
    let x = builder.input("x", [3].into());
    let largest = builder.array(ArrayOp::Largest(Axes::of([0])), &[x], Shape::SCALAR);
    assert!(run(&builder.finish(&[largest]), &[1.0, f64::NAN, 2.0])[0].is_nan());
}

#[test]
fn products_are_of_matrices_or_their_transposes() {
    // A = [0 1; 2 3], B = [4 5; 6 7].
    let square = Shape::from([2, 2]);
    let of = |transpose| of_counted([square; 2], |b, [x, y]| b.matmul(x, y, transpose));
    assert_eq!(of([false, false]), [6.0, 7.0, 26.0, 31.0]);
    assert_eq!(of([true, false]), [12.0, 14.0, 22.0, 26.0]);
    assert_eq!(of([false, true]), [5.0, 7.0, 23.0, 33.0]);
    assert_eq!(of([true, true]), [10.0, 14.0, 19.0, 27.0]);
    let many = of_counted([[2, 1, 2].into(), [2, 3, 2].into()], |b, [x, y]| b.matmul(x, y, [false, true]));
    assert_eq!(
        many,
        [5.0, 7.0, 9.0, 2.0 * 10.0 + 3.0 * 11.0, 2.0 * 12.0 + 3.0 * 13.0, 2.0 * 14.0 + 3.0 * 15.0]
    );
}

#[test]
fn scalars_serve_every_element() {
    let found = of_counted([Shape::SCALAR, [3].into()], |b, [x, y]| {
        let one = b.constant(1.0);
        let shifted = b.add(x, one);
        b.apply(Op::Sub, &[shifted, y])
    });
    assert_eq!(found, [0.0, -1.0, -2.0]);
}

#[test]
fn an_index_that_is_none_is_an_error_of_the_run() {
    let mut builder = Builder::verbatim();
    let (x, i) = (builder.input("x", [3].into()), builder.input("i", [2].into()));
    let taken = builder.take(x, i, 0);
    let program = builder.finish(&[taken]);
    assert_eq!(run(&program, &[5.0, 6.0, 7.0, 2.0, 0.0]), [7.0, 5.0]);
    let mut executable = Executable::<f64>::new(&program).unwrap();
    let error = executable.run(&[5.0, 6.0, 7.0, 3.0, 0.0], &mut [0.0; 2]).unwrap_err();
    assert_eq!(error.to_string(), "`take`: index 3 is outside 0..3");
}

#[test]
fn a_line_fitted_to_points_has_the_gradient_of_least_squares() {
    let shapes: [Shape; 3] = [[3, 2].into(), [2].into(), [3].into()];
    let loss = trace(shapes, |v| {
        let misfit = v[0].matmul(v[1]) - v[2];
        (misfit * misfit).sum(..)
    })
    .unwrap();
    let inputs = [1.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.5, 2.0, 1.0, 2.0, 4.0];
    // The misfits are −0.5, 0.5, 0.5.
    assert_eq!(run(&loss, &inputs), [0.75]);
    let slopes = run(&gradient(&loss).unwrap(), &inputs);
    assert_eq!(slopes[6..8], [1.0, 3.0]);
}

#[test]
fn programs_of_arrays_along_several_axes_cannot_run_in_lanes() {
    let shapes: [Shape; 2] = [[2].into(), [3].into()];
    let outer = trace(shapes, |v| v[0].outer(v[1])).unwrap();
    let mut outer = Executable::<f64>::new(&outer).unwrap();
    let message = outer.run_lanes(1, &[0.0; 5], &mut [0.0; 6]).unwrap_err().to_string();
    assert!(message.starts_with("run_lanes needs a program of scalars"), "{message}");
}

#[test]
fn a_program_beyond_all_memory_is_refused_with_the_bytes_it_needs() {
    let long = Shape::from([u32::MAX as usize, u32::MAX as usize]);
    let program = trace([long], |x| (x[0].sin() * x[0].sum(..)).t()).unwrap();
    let message = Executable::<f64>::new(&program).unwrap_err().to_string();
    assert!(
        message.starts_with("the program needs") && message.contains("bytes of working memory"),
        "{message}"
    );
}
