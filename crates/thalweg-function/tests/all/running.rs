//! Running programs: no allocations, the same bits however it is run, batches against loops, and wrong buffers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use thalweg_function::InputAxis::{Batched, Shared};
use thalweg_function::{
    Executable, FunctionError, InputAxis, Program, Var, batch, gradient, jvp, simplify, trace,
    value_and_gradient,
};

use crate::support::{at, parsed, points, run};

/// The system's allocator, counting the calls of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn wavy() -> Program {
    value_and_gradient(&parsed("exp(-x^2)*sin(3*y) + log(1+x^2*y^2)*cosh(0.1*x) - x/(2+cos(y))", &["x", "y"]))
        .unwrap()
}

#[test]
fn nothing_is_allocated_after_the_first_run() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8; 100]))), 1);

    let mut single = Executable::<f64>::new(&wavy()).unwrap();
    let mut y = [0.0; 3];
    single.run(&[0.5, 1.5], &mut y).unwrap();
    assert_eq!(allocations(|| (0..100).for_each(|_| single.run(&[0.25, 2.5], &mut y).unwrap())), 0);

    // Few enough lanes for one thread.
    let (x, mut y) = (vec![0.5; 2 * 1001], vec![0.0; 3 * 1001]);
    single.run_lanes(1001, &x, &mut y).unwrap();
    assert_eq!(allocations(|| (0..10).for_each(|_| single.run_lanes(1001, &x, &mut y).unwrap())), 0);
    // A smaller number of lanes fits into the same memory.
    assert_eq!(allocations(|| single.run_lanes(7, &x[..14], &mut y[..21]).unwrap()), 0);

    let grid = batch(&batch(&wavy(), 30, &[Batched, Shared]).unwrap(), 20, &[Shared, Batched]).unwrap();
    let mut grid = Executable::<f32>::new(&grid).unwrap();
    let (x, mut y) = (vec![0.5; 50], vec![0.0; 3 * 600]);
    grid.run(&x, &mut y).unwrap();
    assert_eq!(allocations(|| grid.run(&x, &mut y).unwrap()), 0);
}

#[test]
fn wrong_buffers_are_reported_with_both_lengths_and_left_alone() {
    let mut f = Executable::<f64>::new(&wavy()).unwrap();
    assert_eq!((f.input_len(), f.output_len()), (2, 3));
    let mut y = [7.0; 3];
    let message = |result: Result<(), FunctionError>| result.unwrap_err().to_string();
    assert_eq!(message(f.run(&[1.0], &mut y)), "the input buffer holds 1 numbers, this program needs 2");
    assert_eq!(
        message(f.run(&[1.0; 2], &mut y[..2])),
        "the output buffer holds 2 numbers, this program needs 3"
    );
    assert_eq!(
        message(f.run_lanes(5, &[1.0; 9], &mut [0.0; 15])),
        "the input buffer holds 9 numbers, this program needs 10"
    );
    assert_eq!(
        message(f.run_lanes(5, &[1.0; 10], &mut [0.0; 16])),
        "the output buffer holds 16 numbers, this program needs 15"
    );
    assert_eq!(y, [7.0; 3]);
    let mut many = Executable::<f64>::new(&batch(&wavy(), 4, &[Batched, Shared]).unwrap()).unwrap();
    assert_eq!((many.input_len(), many.output_len()), (5, 12));
    assert_eq!(
        message(many.run(&[0.0; 4], &mut [0.0; 12])),
        "the input buffer holds 4 numbers, this program needs 5"
    );
    assert_eq!(
        message(many.run_lanes(2, &[0.0; 10], &mut [0.0; 24])),
        "run_lanes needs a program of scalars, found an array of shape [4]; use `run`"
    );
}

#[test]
fn absurd_numbers_of_lanes_are_refused() {
    let mut f = Executable::<f64>::new(&wavy()).unwrap();
    assert!(f.run_lanes(usize::MAX, &[1.0; 2], &mut [0.0; 3]).is_err());
    assert!(f.run_lanes(usize::MAX / 2 + 2, &[1.0; 2], &mut [0.0; 3]).is_err());
    assert_eq!(f.run_lanes(0, &[], &mut []), Ok(()));
}

#[test]
fn batches_that_cannot_be_are_refused() {
    let f = wavy();
    let message = |result: Result<Program, FunctionError>| result.unwrap_err().to_string();
    assert_eq!(
        message(batch(&f, 3, &[Batched])),
        "`batch` was given 1 input axes for a program with 2 inputs"
    );
    let size = "cannot be made: from 1 to 4294967295 members, at most 8 axes";
    assert_eq!(message(batch(&f, 0, &[Batched; 2])), format!("a batch of 0 arrays of shape [] {size}"));
    assert_eq!(
        message(batch(&f, 1 << 32, &[Batched; 2])),
        format!("a batch of 4294967296 arrays of shape [] {size}")
    );
    let mut deep = f;
    for _ in 0..8 {
        deep = batch(&deep, 1, &[Batched, Shared]).unwrap();
    }
    assert_eq!(
        message(batch(&deep, 2, &[Batched; 2])),
        format!("a batch of 2 arrays of shape [1, 1, 1, 1, 1, 1, 1, 1] {size}")
    );
}

/// What a program batched once for each entry of `axes`, the innermost first, should give: a loop over all members.
fn looped(f: &Program, sizes: &[usize], axes: &[Vec<InputAxis>], x: &[f64]) -> Vec<f64> {
    let members: usize = sizes.iter().product();
    let mut results = vec![0.0; f.output_count() * members];
    for member in 0..members {
        let (mut offset, mut point) = (0, Vec::new());
        for k in 0..f.input_count() {
            // The innermost axis varies fastest.
            let (mut rest, mut index, mut stride) = (member, 0, 1);
            for (&size, axes) in sizes.iter().zip(axes) {
                if axes[k] == Batched {
                    index += rest % size * stride;
                    stride *= size;
                }
                rest /= size;
            }
            point.push(x[offset + index]);
            offset += stride;
        }
        for (k, value) in at(f, &point).into_iter().enumerate() {
            results[k * members + member] = value;
        }
    }
    results
}

fn check_nested(f: &Program, sizes: &[usize], axes: &[Vec<InputAxis>]) {
    let nested = sizes.iter().zip(axes).fold(f.clone(), |f, (&n, axes)| batch(&f, n, axes).unwrap());
    let length: usize = nested.input_shapes().map(|shape| shape.size()).sum();
    let x: Vec<_> = points(length, &[(-2.0, 2.0)]).concat();
    let (found, expected) = (at(&nested, &x), looped(f, sizes, axes, &x));
    // What members share is computed once, where other sums may be contracted: the last bit may differ.
    let wrong = found.iter().zip(&expected).position(|(f, e)| (f - e).abs() > 1e-14 * (1.0 + e.abs()));
    assert_eq!(wrong.map(|i| (i, found[i], expected[i])), None, "{sizes:?} {axes:?}\n{nested}");
    let members: Vec<_> = sizes.iter().rev().copied().collect();
    assert!(nested.output_shapes().all(|shape| shape.axes().eq(members.iter().copied())), "{nested}");
}

#[test]
fn nested_batches_of_every_mix_of_shared_and_batched_inputs_are_loops() {
    let mixes: Vec<Vec<InputAxis>> =
        [[Batched, Batched], [Batched, Shared], [Shared, Batched], [Shared, Shared]].map(Vec::from).to_vec();
    for inner in &mixes {
        check_nested(&wavy(), &[13], std::slice::from_ref(inner));
        check_nested(&wavy(), &[1], std::slice::from_ref(inner));
        for outer in &mixes {
            check_nested(&wavy(), &[3, 5], &[inner.clone(), outer.clone()]);
            check_nested(&wavy(), &[1, 9], &[inner.clone(), outer.clone()]);
            for outermost in &mixes {
                check_nested(&wavy(), &[3, 4, 2], &[inner.clone(), outer.clone(), outermost.clone()]);
            }
        }
    }
}

/// Results that are inputs, constants, copies of each other, or do not depend on all inputs.
fn odd_results() -> Program {
    trace(2, |x| {
        let square = x[0] * x[0];
        [x[1], square, Var::constant(2.5), square, x[0], x[1], square + 1.0, x[1].exp(), Var::constant(2.5)]
    })
    .unwrap()
}

#[test]
fn results_may_be_inputs_constants_and_copies_of_each_other() {
    let expected = [3.0, 4.0, 2.5, 4.0, 2.0, 3.0, 5.0, 3.0_f64.exp(), 2.5];
    assert_eq!(at(&odd_results(), &[2.0, 3.0]), expected);
    assert_eq!(at(&simplify(&odd_results()), &[2.0, 3.0]), expected);
    let mixes = [[Batched, Batched], [Batched, Shared], [Shared, Batched], [Shared, Shared]].map(Vec::from);
    for inner in &mixes {
        check_nested(&odd_results(), &[11], std::slice::from_ref(inner));
        for outer in &mixes {
            check_nested(&odd_results(), &[3, 4], &[inner.clone(), outer.clone()]);
            check_nested(&odd_results(), &[3, 1, 2], &[inner.clone(), outer.clone(), inner.clone()]);
        }
    }
}

#[test]
fn the_tangent_of_a_batch_is_the_batch_of_tangents() {
    let f = parsed("exp(x)*sin(y)", &["x", "y"]);
    let (x, y, dx, dy) = ([0.5, 1.0, 1.5], [0.25], [1.0, -1.0, 0.5], [2.0]);
    let input = [&x[..], &y[..], &dx[..], &dy[..]].concat();
    let one_way = at(&jvp(&batch(&f, 3, &[Batched, Shared]).unwrap()).unwrap(), &input);
    let other_way = batch(&jvp(&f).unwrap(), 3, &[Batched, Shared, Batched, Shared]).unwrap();
    assert_eq!(one_way, at(&other_way, &input));
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    let n = 100_001;
    let f = wavy();
    let x: Vec<_> = points(2 * n, &[(-3.0, 3.0)]).concat();
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut results = vec![0.0; 3 * n];
        pool.install(|| Executable::<f64>::new(&f).unwrap().run_lanes(n, &x, &mut results)).unwrap();
        results.into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    let alone = with_threads(1);
    assert!(alone == with_threads(2), "two threads give other bits");
    assert!(alone == with_threads(3), "three threads give other bits");
    let one_by_one = at(&f, &[x[n - 1], x[2 * n - 1]]);
    assert_eq!(one_by_one[0].to_bits(), alone[n - 1]);
}

#[test]
fn lanes_may_start_anywhere_in_memory() {
    let f = wavy();
    let mut executable = Executable::<f64>::new(&f).unwrap();
    let n = 100;
    let x: Vec<_> = points(2 * n + 9, &[(-3.0, 3.0)]).concat();
    for shift in 0..9 {
        let input = &x[shift..shift + 2 * n];
        let mut buffer = vec![0.0; 3 * n + 9];
        executable.run_lanes(n, input, &mut buffer[shift..shift + 3 * n]).unwrap();
        let alone = at(&f, &[input[41], input[n + 41]]);
        assert_eq!([0, 1, 2].map(|k| buffer[shift + k * n + 41]).as_slice(), alone);
        assert!(buffer[..shift].iter().chain(&buffer[shift + 3 * n..]).all(|&v| v == 0.0));
    }
}

#[test]
fn a_clone_runs_on_its_own() {
    let mut first = Executable::<f64>::new(&wavy()).unwrap();
    let (mut a, mut b) = ([0.0; 3], [0.0; 3]);
    first.run(&[0.5, 0.5], &mut a).unwrap();
    let mut second = first.clone();
    let there = std::thread::spawn(move || {
        let mut results = vec![0.0; 3 * 500];
        second.run_lanes(500, &[1.25; 1000], &mut results).unwrap();
        results[499]
    });
    first.run(&[0.5, 0.5], &mut b).unwrap();
    assert_eq!(a, b);
    drop(first);
    assert_eq!(there.join().unwrap(), at(&wavy(), &[1.25, 1.25])[0]);
}

#[test]
fn a_program_without_inputs_runs() {
    let f = trace(0, |_| [Var::constant(1.5), Var::constant(1.0).exp() * 2.0]).unwrap();
    let expected = [1.5, 2.0 * std::f64::consts::E];
    assert_eq!(at(&f, &[]), expected);
    let mut lanes = [0.0; 6];
    Executable::<f64>::new(&f).unwrap().run_lanes(3, &[], &mut lanes).unwrap();
    assert_eq!(lanes, [1.5, 1.5, 1.5, expected[1], expected[1], expected[1]]);
    let many = batch(&batch(&f, 3, &[]).unwrap(), 2, &[]).unwrap();
    assert_eq!(at(&many, &[]), [[expected[0]; 6], [expected[1]; 6]].concat());
}

#[test]
fn single_precision_rounds_once_at_the_end_of_each_operation() {
    let f = trace(2, |x| [x[0] + x[1], x[0] * x[1], x[0] / x[1], x[0].sqrt(), 0.1 * x[0]]).unwrap();
    let (x, y) = (1.7_f32, 0.3_f32);
    assert_eq!(run::<f32>(&f, &[x, y]), [x + y, x * y, x / y, x.sqrt(), 0.1 * x]);
}

#[test]
fn many_inputs_and_results_are_no_trouble() {
    let n = 3000;
    let f = trace(n, |x| x.windows(2).map(|p| (p[1] - p[0] * p[0]).pow(2.0)).sum::<Var>()).unwrap();
    let slope = gradient(&f).unwrap();
    let mut executable = Executable::<f64>::new(&slope).unwrap();
    let x: Vec<_> = points(n, &[(-1.0, 1.0)]).concat();
    let alone = at(&slope, &x);
    let spread: Vec<_> = x.iter().flat_map(|&x| [x; 9]).collect();
    let mut lanes = vec![0.0; 9 * n];
    executable.run_lanes(9, &spread, &mut lanes).unwrap();
    assert!(lanes.chunks(9).zip(&alone).all(|(lanes, alone)| lanes.iter().all(|lane| lane == alone)));
}
