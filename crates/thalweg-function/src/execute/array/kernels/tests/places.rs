//! Axes, indices and windows.

use super::{computed, in_program, same_bits_on_three_threads, scattered};
use crate::primitive::{ArrayOp, Loop, Window};
use crate::program::{Builder, Shape};
use crate::trace::{Var, trace};

#[test]
fn iota_counts_along_its_axis() {
    assert_eq!(computed::<f64>(ArrayOp::Iota(0), &[], [2, 3]).unwrap(), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(computed::<f64>(ArrayOp::Iota(1), &[], [2, 3]).unwrap(), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
}

#[test]
fn tables_are_rounded_to_the_type() {
    let mut builder = Builder::new();
    let table = builder.table(vec![0.1, 0.2].into(), [2].into());
    let program = builder.finish(&[table]);
    let found = in_program::<f32>(ArrayOp::Table(0), &program, &[], [2].into(), 1).unwrap();
    assert_eq!(found, [0.1_f32, 0.2]);
}

#[test]
fn argmax_is_the_first_largest_and_a_nan_is_larger_than_all() {
    let x = [1.0, 5.0, 5.0, 2.0, f64::NAN, 9.0];
    assert_eq!(computed(ArrayOp::ArgMax(1), &[(&x, [2, 3].into())], [2]).unwrap(), [1.0, 1.0]);
    let columns = [1.0, 5.0, 7.0, 2.0, 5.0, 9.0];
    assert_eq!(computed(ArrayOp::ArgMax(0), &[(&columns, [2, 3].into())], [3]).unwrap(), [1.0, 0.0, 1.0]);
}

#[test]
fn running_sums_go_either_way_along_any_axis() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let sums = |axis, backwards| {
        computed(ArrayOp::CumSum { axis, backwards }, &[(&x, [2, 3].into())], [2, 3]).unwrap()
    };
    assert_eq!(sums(1, false), [1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
    assert_eq!(sums(1, true), [6.0, 5.0, 3.0, 15.0, 11.0, 6.0]);
    assert_eq!(sums(0, false), [1.0, 2.0, 3.0, 5.0, 7.0, 9.0]);
    assert_eq!(sums(0, true), [5.0, 7.0, 9.0, 4.0, 5.0, 6.0]);
}

#[test]
fn order_is_stable_with_nan_last() {
    let x = [2.0, f64::NAN, 0.0, -0.0, -1.0, 2.0, f64::NEG_INFINITY];
    let found = computed(ArrayOp::ArgSort(0), &[(&x, [7].into())], [7]).unwrap();
    assert_eq!(found, [6.0, 4.0, 2.0, 3.0, 0.0, 5.0, 1.0]);
    let columns = [3.0, 1.0, 2.0, 2.0, 1.0, 3.0];
    let found = computed(ArrayOp::ArgSort(0), &[(&columns, [3, 2].into())], [3, 2]).unwrap();
    assert_eq!(found, [2.0, 0.0, 1.0, 1.0, 0.0, 2.0]);
}

#[test]
fn taking_along_the_middle_axis_puts_the_axes_of_the_indices_there() {
    let x: Vec<f64> = (0..24).map(f64::from).collect();
    let indices = [2.0, 0.0];
    let operands = [(x.as_slice(), Shape::from([2, 3, 4])), (indices.as_slice(), Shape::from([2]))];
    let found = computed(ArrayOp::Take(1), &operands, [2, 2, 4]).unwrap();
    let expected: Vec<f64> = [[8, 9, 10, 11], [0, 1, 2, 3], [20, 21, 22, 23], [12, 13, 14, 15]]
        .concat()
        .into_iter()
        .map(f64::from)
        .collect();
    assert_eq!(found, expected);
}

/// Σᵢ aᵢ·bᵢ.
fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn scatters_are_the_transposes_of_takes() {
    // ⟨S(t), x⟩ = ⟨t, T(x)⟩ for all x and t. Whole numbers make both exact.
    let whole = |count| scattered(count).iter().map(|x| (x * 50.0).round()).collect::<Vec<_>>();
    let shape = Shape::from([2, 5, 3]);
    let (x, indices) = (whole(30), [4.0, 0.0, 4.0, 1.0]);
    let (taken, places) = (Shape::from([2, 4, 3]), Shape::from([4]));
    let t = whole(24);
    let forward = computed(ArrayOp::Take(1), &[(&x, shape), (&indices, places)], taken).unwrap();
    let back = computed(ArrayOp::ScatterAdd(1), &[(&t, taken), (&indices, places)], shape).unwrap();
    assert_eq!(inner(&forward, &t), inner(&x, &back));

    let along: Vec<f64> = whole(24).iter().map(|i| i.abs() % 5.0).collect();
    let forward = computed(ArrayOp::TakeAlong(1), &[(&x, shape), (&along, taken)], taken).unwrap();
    for (i, &found) in forward.iter().enumerate() {
        let (outer, column) = (i / 12, i % 3);
        assert_eq!(found, x[outer * 15 + along[i] as usize * 3 + column]);
    }
    let back = computed(ArrayOp::ScatterAlong(1), &[(&t, taken), (&along, taken)], shape).unwrap();
    assert_eq!(inner(&forward, &t), inner(&x, &back));
}

#[test]
fn what_is_no_index_is_reported_with_the_allowed_ones() {
    let x = scattered(10);
    let message = |op, index: f64| {
        let index = [index];
        let operands = [(x.as_slice(), Shape::from([10])), (index.as_slice(), Shape::from([1]))];
        let operands = if op == ArrayOp::ScatterAdd(0) { [operands[1], operands[1]] } else { operands };
        computed(op, &operands, [if op == ArrayOp::ScatterAdd(0) { 10 } else { 1 }]).unwrap_err().to_string()
    };
    assert_eq!(message(ArrayOp::Take(0), 12.0), "`take`: index 12 is outside 0..10");
    assert_eq!(message(ArrayOp::Take(0), -1.0), "`take`: index -1 is outside 0..10");
    assert_eq!(message(ArrayOp::ScatterAdd(0), 10.0), "`scatter_add`: index 10 is outside 0..10");
    let whole = "`take_along`: index 2.5 is not one of the whole numbers 0..10";
    assert_eq!(message(ArrayOp::TakeAlong(0), 2.5), whole);
    assert_eq!(
        message(ArrayOp::Take(0), f64::NAN),
        "`take`: index NaN is not one of the whole numbers 0..10"
    );
}

/// `Patches` by its definition.
fn patches_by_hand(window: Window, x: &[f64], [c, h, w]: [usize; 3]) -> Vec<f64> {
    let [kh, kw] = window.size.map(usize::from);
    let [rows, columns] = window.places([h, w]).unwrap();
    let mut y = Vec::new();
    for (plane, i, j) in (0..c * kh * kw).map(|row| (row / (kh * kw), row / kw % kh, row % kw)) {
        for (row, column) in (0..rows * columns).map(|place| (place / columns, place % columns)) {
            let at = |place: usize, k: usize, i: usize| {
                (place * usize::from(window.stride[k]) + i).checked_sub(usize::from(window.padding[k]))
            };
            let covered = at(row, 0, i).zip(at(column, 1, j)).filter(|&(y, x)| y < h && x < w);
            y.push(covered.map_or(0.0, |(v, u)| x[(plane * h + v) * w + u]));
        }
    }
    y
}

#[test]
fn patches_are_what_the_window_covers_and_unpatch_is_their_transpose() {
    let windows = [
        ([3, 3], [1, 1], [0, 0]),
        ([3, 2], [2, 1], [1, 1]),
        ([2, 5], [3, 2], [0, 3]),
        ([1, 1], [2, 2], [0, 0]),
        ([5, 3], [1, 4], [4, 2]),
    ];
    for (size, stride, padding) in windows {
        let window = Window { size, stride, padding };
        let (shape, x) = (Shape::from([2, 3, 5, 7]), scattered(2 * 3 * 5 * 7));
        let [rows, columns] = window.places([5, 7]).unwrap();
        let covered = usize::from(size[0]) * usize::from(size[1]);
        let result = Shape::from([2, 3 * covered, rows * columns]);
        let found = computed(ArrayOp::Patches(window), &[(&x, shape)], result).unwrap();
        let expected = x.chunks(105).flat_map(|x| patches_by_hand(window, x, [3, 5, 7])).collect::<Vec<_>>();
        assert_eq!(found, expected, "{window:?}");
        let t: Vec<_> = scattered(result.size()).iter().map(|t| (t * 64.0).round()).collect();
        let x: Vec<_> = x.iter().map(|x| (x * 64.0).round()).collect();
        let found = computed(ArrayOp::Patches(window), &[(&x, shape)], result).unwrap();
        let back = computed(ArrayOp::Unpatch(window), &[(&t, result)], shape).unwrap();
        assert_eq!(inner(&found, &t), inner(&x, &back), "{window:?}");
    }
}

#[test]
fn a_loop_carries_sees_and_records() {
    // carry ← carry·shared + row; records carry² and the row.
    let shapes: [Shape; 3] = [[1].into(), [1].into(), [1].into()];
    let body = trace(shapes, |v| {
        let next = v[0] * v[1] + v[2];
        [next, Var::concat(&[next * next, v[2]], 0)]
    })
    .unwrap();
    let mut builder = Builder::new();
    builder.add_loop(Loop { body: body.into(), steps: 3 });
    let program = builder.finish(&[]);
    let one = Shape::from([1]);
    let operands = [(&[1.0][..], one), (&[2.0][..], one), (&[10.0, 20.0, 30.0][..], [3, 1].into())];
    let found = in_program::<f64>(ArrayOp::Scan(0), &program, &operands, [7].into(), 1).unwrap();
    // 12, 44, 118.
    assert_eq!(found, [118.0, 144.0, 10.0, 1936.0, 20.0, 13924.0, 30.0]);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let shape = Shape::from([50, 60, 70]);
    let x = scattered(shape.size());
    let lines = Shape::from([50, 70]);
    let indices: Vec<f64> = scattered(90).iter().map(|x| (x.abs() * 59.0).floor()).collect();
    let taken = Shape::from([50, 90, 70]);
    let t = scattered(taken.size());
    let along: Vec<f64> = t.iter().map(|x| (x.abs() * 59.0).floor()).collect();
    let places = Shape::from([90]);
    let window = Window { size: [3, 3], stride: [2, 1], padding: [1, 1] };
    let [rows, columns] = window.places([60, 70]).unwrap();
    let covered = Shape::from([50 * 9, rows * columns]);
    let patches = scattered(covered.size());
    let of_x = [(x.as_slice(), shape)];
    same_bits_on_three_threads(ArrayOp::ArgMax(1), &of_x, lines);
    same_bits_on_three_threads(ArrayOp::CumSum { axis: 1, backwards: true }, &of_x, shape);
    same_bits_on_three_threads(ArrayOp::ArgSort(1), &of_x, shape);
    same_bits_on_three_threads(ArrayOp::Take(1), &[of_x[0], (&indices, places)], taken);
    same_bits_on_three_threads(ArrayOp::ScatterAdd(1), &[(&t, taken), (&indices, places)], shape);
    same_bits_on_three_threads(ArrayOp::TakeAlong(1), &[of_x[0], (&along, taken)], taken);
    same_bits_on_three_threads(ArrayOp::ScatterAlong(1), &[(&t, taken), (&along, taken)], shape);
    same_bits_on_three_threads(ArrayOp::Patches(window), &of_x, covered);
    same_bits_on_three_threads(ArrayOp::Unpatch(window), &[(&patches, covered)], shape);
}
