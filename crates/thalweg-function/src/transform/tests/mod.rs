//! Every operation on arrays through every transformation: one list of programs for all tests.

mod batching;
mod derivatives;
mod loops;

use std::sync::Arc;

use super::{checkpointed, scalarize, simplify};
use crate::execute::Executable;
use crate::primitive::{ArrayOp, Axes, Loop, Op, Side, Span, Window};
use crate::program::{Builder, NodeId, Program, Shape};

/// What an input may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Real,
    /// Whole numbers below this.
    Index(usize),
}

struct Case {
    name: &'static str,
    program: Program,
    kinds: Vec<Kind>,
}

impl Case {
    fn new<const N: usize>(
        name: &'static str,
        inputs: [(Shape, Kind); N],
        build: impl FnOnce(&mut Builder, [NodeId; N]) -> NodeId,
    ) -> Self {
        let mut b = Builder::new();
        let arguments = inputs.map(|(shape, _)| b.input("x", shape));
        let result = build(&mut b, arguments);
        let kinds = inputs.iter().map(|(_, kind)| *kind).collect();
        Case { name, program: b.finish(&[result]), kinds }
    }

    /// Numbers for inputs of these sizes, the same every time.
    fn numbers(&self, sizes: &[usize]) -> Vec<Vec<f64>> {
        let mut next = 0.0_f64;
        let mut number = |kind| {
            next += 1.0;
            let part = (0.5 + next * 0.754_877_666_246_692_7).fract();
            match kind {
                Kind::Real => 4.0 * part - 2.0,
                Kind::Index(below) => (part * below as f64).floor(),
            }
        };
        sizes
            .iter()
            .zip(&self.kinds)
            .map(|(&size, &kind)| (0..size).map(|_| number(kind)).collect())
            .collect()
    }

    fn point(&self) -> Vec<f64> {
        let sizes: Vec<_> = self.program.input_shapes().map(|shape| shape.size()).collect();
        self.numbers(&sizes).concat()
    }
}

fn run(program: &Program, inputs: &[f64]) -> Vec<f64> {
    let mut executable = Executable::<f64>::new(program).unwrap();
    let mut outputs = vec![f64::NAN; executable.output_len()];
    executable.run(inputs, &mut outputs).unwrap();
    outputs
}

#[track_caller]
fn assert_close(name: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (k, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{name}: {k}: found {f}, expected {e}");
    }
}

fn real(axes: &[usize]) -> (Shape, Kind) {
    (Shape::new(axes).unwrap(), Kind::Real)
}

fn index(axes: &[usize], below: usize) -> (Shape, Kind) {
    (Shape::new(axes).unwrap(), Kind::Index(below))
}

/// A symmetric positive definite matrix (or many) made of any.
fn definite(b: &mut Builder, x: NodeId) -> NodeId {
    let square = b.matmul(x, x, [false, true]);
    let eye = b.eye(b.shape(x));
    let shift = b.scale(2.0, eye);
    b.add(square, shift)
}

/// cₜ₊₁ = tanh(W·cₜ + s∘rₜ), with the sum and the products cₜ∘rₜ as records.
fn recurrent() -> Loop {
    let mut b = Builder::new();
    let [carry, shared, row] = [3, 12, 3].map(|n| b.input("v", Shape::of([n])));
    let weights = b.slice(shared, Span { axis: 0, start: 0, step: 1 }, 9);
    let weights = b.reshape(weights, Shape::of([3, 3]));
    let scale = b.slice(shared, Span { axis: 0, start: 9, step: 1 }, 3);
    let column = b.reshape(carry, Shape::of([3, 1]));
    let product = b.matmul(weights, column, [false, false]);
    let product = b.reshape(product, Shape::of([3]));
    let drive = b.mul(scale, row);
    let sum = b.add(product, drive);
    let next = b.apply(Op::Tanh, &[sum]);
    let total = b.sum(sum, Axes::of([0]));
    let total = b.reshape(total, Shape::of([1]));
    let products = b.mul(carry, row);
    let record = b.concat(total, products, 0);
    Loop { body: Arc::new(b.finish(&[next, record])), steps: 5 }
}

/// One program for each operation, several where it works in different ways.
fn all_cases() -> Vec<Case> {
    [structure(), reductions(), indexing(), products(), factors(), others()].into_iter().flatten().collect()
}

fn structure() -> Vec<Case> {
    let span = |axis, start, step| Span { axis, start, step };
    vec![
        Case::new("reshape", [real(&[2, 3])], |b, [x]| b.reshape(x, Shape::of([3, 2]))),
        Case::new("permute", [real(&[2, 3, 4])], |b, [x]| b.permute(x, &[2, 0, 1])),
        Case::new("slice", [real(&[2, 5])], |b, [x]| b.slice(x, span(1, 1, 2), 2)),
        Case::new("flip", [real(&[5, 2])], |b, [x]| b.slice(x, span(0, 4, -1), 5)),
        Case::new("pad", [real(&[2, 3])], |b, [x]| b.pad(x, span(1, 1, 2), 7)),
        Case::new("concat", [real(&[2, 3]), real(&[2, 1])], |b, [x, y]| b.concat(x, y, 1)),
        Case::new("broadcast", [real(&[3])], |b, [x]| b.broadcast(x, 0b10, Shape::of([2, 3]))),
        Case::new("outer product", [real(&[2]), real(&[3]), real(&[])], |b, [x, y, z]| {
            let shape = Shape::of([2, 3]);
            let column = b.broadcast(x, 0b01, shape);
            let row = b.broadcast(y, 0b10, shape);
            let product = b.mul(column, row);
            let scaled = b.mul(z, product);
            b.apply(Op::Sin, &[scaled])
        }),
        Case::new("table and iota", [real(&[2, 3])], |b, [x]| {
            let table = b.table([1.0, -2.0, 3.0, 0.5, 0.0, 7.0].into(), Shape::of([2, 3]));
            let iota = b.array(ArrayOp::Iota(1), &[], Shape::of([2, 3]));
            let product = b.mul(table, x);
            b.add(product, iota)
        }),
    ]
}

fn reductions() -> Vec<Case> {
    let reduced = |op: ArrayOp, axes: Axes| {
        move |b: &mut Builder, [x]: [NodeId; 1]| {
            let shape = b.shape(x).without(axes);
            b.array(op, &[x], shape)
        }
    };
    let same = |op: ArrayOp| move |b: &mut Builder, [x]: [NodeId; 1]| b.array(op, &[x], b.shape(x));
    let [first, last, outer] = [Axes::of([0]), Axes::of([1]), Axes::of([0, 2])];
    vec![
        Case::new("sum", [real(&[2, 3, 2])], reduced(ArrayOp::Sum(outer), outer)),
        Case::new("largest", [real(&[4, 3])], reduced(ArrayOp::Largest(first), first)),
        Case::new("smallest", [real(&[4, 3])], reduced(ArrayOp::Smallest(last), last)),
        Case::new("argmax", [real(&[4, 3])], reduced(ArrayOp::ArgMax(0), first)),
        Case::new("cumsum", [real(&[4, 3])], same(ArrayOp::CumSum { axis: 0, backwards: false })),
        Case::new("cumsum back", [real(&[4, 3])], same(ArrayOp::CumSum { axis: 1, backwards: true })),
        Case::new("argsort", [real(&[2, 5])], same(ArrayOp::ArgSort(1))),
    ]
}

fn indexing() -> Vec<Case> {
    let scatter = |op: ArrayOp, axes: &[usize]| {
        let shape = Shape::new(axes).unwrap();
        move |b: &mut Builder, [x, i]: [NodeId; 2]| b.array(op, &[x, i], shape)
    };
    vec![
        Case::new("take", [real(&[2, 5, 3]), index(&[4], 5)], |b, [x, i]| b.take(x, i, 1)),
        Case::new("take matrix", [real(&[5, 2]), index(&[3, 2], 5)], |b, [x, i]| b.take(x, i, 0)),
        Case::new("take one", [real(&[2, 5]), index(&[], 5)], |b, [x, i]| b.take(x, i, 1)),
        Case::new("take fixed", [real(&[4, 2])], |b, [x]| {
            let i = b.table([3.0, 0.0, 3.0].into(), Shape::of([3]));
            b.take(x, i, 0)
        }),
        Case::new("scatter", [real(&[2, 4, 3]), index(&[4], 5)], scatter(ArrayOp::ScatterAdd(1), &[2, 5, 3])),
        Case::new(
            "scatter matrix",
            [real(&[3, 2, 2]), index(&[3, 2], 4)],
            scatter(ArrayOp::ScatterAdd(0), &[4, 2]),
        ),
        Case::new("take along", [real(&[5, 2]), index(&[3, 2], 5)], |b, [x, i]| b.take_along(x, i, 0)),
        Case::new(
            "scatter along",
            [real(&[2, 3]), index(&[2, 3], 4)],
            scatter(ArrayOp::ScatterAlong(1), &[2, 4]),
        ),
        Case::new("sorted", [real(&[2, 5])], |b, [x]| {
            let order = b.array(ArrayOp::ArgSort(1), &[x], b.shape(x));
            b.take_along(x, order, 1)
        }),
    ]
}

fn products() -> Vec<Case> {
    let product =
        |transpose: [bool; 2]| move |b: &mut Builder, [x, y]: [NodeId; 2]| b.matmul(x, y, transpose);
    vec![
        Case::new("product", [real(&[2, 3]), real(&[3, 4])], product([false, false])),
        Case::new("product a'", [real(&[3, 2]), real(&[3, 4])], product([true, false])),
        Case::new("product b'", [real(&[2, 3]), real(&[4, 3])], product([false, true])),
        Case::new("product a'b'", [real(&[3, 2]), real(&[4, 3])], product([true, true])),
        Case::new("product of vectors", [real(&[9, 3]), real(&[3, 1])], product([false, false])),
        Case::new("product with a row", [real(&[1, 3]), real(&[3, 9])], product([false, false])),
        Case::new("large product", [real(&[3, 9]), real(&[3, 10])], product([true, false])),
        Case::new("many products", [real(&[2, 3, 4]), real(&[2, 4, 3])], product([false, false])),
        Case::new("many large products", [real(&[2, 9, 2]), real(&[2, 9, 2])], product([false, true])),
        Case::new(
            "many products with vectors",
            [real(&[2, 3, 4]), real(&[2, 4, 1])],
            product([false, false]),
        ),
    ]
}

fn factors() -> Vec<Case> {
    let solve = |transposed: bool| {
        move |b: &mut Builder, [x, y]: [NodeId; 2]| {
            let lower = definite(b, x);
            b.triangular_solve(lower, y, transposed)
        }
    };
    vec![
        Case::new("cholesky", [real(&[3, 3])], |b, [x]| {
            let a = definite(b, x);
            b.array(ArrayOp::Cholesky, &[a], b.shape(a))
        }),
        Case::new("solve", [real(&[3, 3]), real(&[3, 2])], solve(false)),
        Case::new("solve transposed", [real(&[3, 3]), real(&[3, 1])], solve(true)),
        Case::new("many solves", [real(&[2, 3, 3]), real(&[2, 3, 2])], solve(true)),
        Case::new("eigenvalues", [real(&[3, 3])], |b, [x]| {
            let a = definite(b, x);
            b.array(ArrayOp::EigenValues, &[a], Shape::of([3]))
        }),
        Case::new("eigenvectors", [real(&[3, 3])], |b, [x]| {
            let a = definite(b, x);
            let vectors = b.array(ArrayOp::EigenVectors, &[a], b.shape(a));
            // Their signs are nobody's business.
            b.mul(vectors, vectors)
        }),
    ]
}

fn others() -> Vec<Case> {
    let window = Window { size: [2, 3], stride: [1, 2], padding: [1, 0] };
    let pool = Window { size: [2, 2], stride: [1, 2], padding: [0, 0] };
    vec![
        Case::new("stop gradient", [real(&[3])], |b, [x]| {
            let fixed = b.array(ArrayOp::StopGradient, &[x], b.shape(x));
            b.mul(fixed, x)
        }),
        Case::new("uniform", [real(&[2, 3]), index(&[2], 1000)], |b, [x, key]| {
            let noise = b.array(ArrayOp::Uniform(7), &[key], Shape::of([2, 3]));
            b.mul(noise, x)
        }),
        Case::new("patches", [real(&[2, 3, 5])], move |b, [x]| {
            b.array(ArrayOp::Patches(window), &[x], Shape::of([12, 8]))
        }),
        Case::new("unpatch", [real(&[12, 8])], move |b, [x]| {
            b.array(ArrayOp::Unpatch(window), &[x], Shape::of([2, 3, 5]))
        }),
        Case::new("convolve", [real(&[2, 2, 3, 5]), real(&[3, 2, 2, 3])], move |b, x| {
            b.array(ArrayOp::Convolve(window, Side::Results), &x, Shape::of([2, 3, 4, 2]))
        }),
        Case::new("convolve images", [real(&[2, 3, 4, 2]), real(&[3, 2, 2, 3])], move |b, x| {
            b.array(ArrayOp::Convolve(window, Side::Images), &x, Shape::of([2, 2, 3, 5]))
        }),
        Case::new("convolve kernel", [real(&[2, 2, 3, 5]), real(&[2, 3, 4, 2])], move |b, x| {
            b.array(ArrayOp::Convolve(window, Side::Kernel), &x, Shape::of([3, 2, 2, 3]))
        }),
        Case::new("max pool", [real(&[2, 5, 7])], move |b, [x]| {
            b.array(ArrayOp::MaxPool(pool), &[x], Shape::of([2, 4, 3]))
        }),
        Case::new("pool gather", [real(&[1, 4, 5]), real(&[1, 4, 5])], move |b, x| {
            b.array(ArrayOp::PoolGather(pool), &x, Shape::of([1, 3, 2]))
        }),
        Case::new("pool spread", [real(&[1, 3, 2]), real(&[1, 4, 5])], move |b, x| {
            b.array(ArrayOp::PoolSpread(pool), &x, Shape::of([1, 4, 5]))
        }),
        Case::new("sum pool", [real(&[2, 5, 7])], move |b, [x]| {
            b.array(ArrayOp::SumPool(pool), &[x], Shape::of([2, 4, 3]))
        }),
        Case::new("sum spread", [real(&[1, 3, 2])], move |b, [x]| {
            b.array(ArrayOp::SumSpread(pool), &[x], Shape::of([1, 4, 5]))
        }),
        Case::new("scan", [real(&[3]), real(&[12]), real(&[5, 3])], |b, [carry, shared, rows]| {
            b.scan(recurrent(), carry, shared, rows)
        }),
        Case::new("scan in segments", [real(&[3]), real(&[12]), real(&[5, 3])], |b, arguments| {
            let mut inner = Builder::new();
            let [carry, shared, rows] = arguments.map(|id| inner.input("x", b.shape(id)));
            let result = inner.scan(recurrent(), carry, shared, rows);
            let cut = checkpointed(&inner.finish(&[result]), Some(2));
            b.inline(&cut, &arguments)[cut.outputs[0].index()]
        }),
    ]
}

#[test]
fn simplified_and_unrolled_programs_have_the_same_values() {
    let cannot = ["argsort", "sorted", "eigenvalues", "eigenvectors", "uniform"];
    for case in all_cases() {
        let (name, x) = (case.name, case.point());
        let expected = run(&case.program, &x);
        assert_close(name, &run(&simplify(&case.program), &x), &expected, 1e-14);
        let indices = case.kinds.iter().any(|&kind| kind != Kind::Real);
        match scalarize(&case.program, 10_000) {
            Some(unrolled) => {
                assert!(unrolled.input_shapes().chain(unrolled.output_shapes()).all(|s| s.is_scalar()));
                assert_close(name, &run(&unrolled, &x), &expected, 1e-12);
            }
            None => assert!(indices || cannot.contains(&name), "{name} can be unrolled"),
        }
    }
}
