//! Exhaustive search.

use thalweg_function::trace;
use thalweg_solve::{Bounds, GRID_LIMIT, SolveError, grid_cost, grid_search};

use crate::functions::wells;

#[test]
fn the_grid_minimum_is_the_one_found_by_looking_at_every_point() {
    let best = grid_search::<f64>(&wells(), &Bounds::all(-3.0, 3.0).unwrap(), 100, GRID_LIMIT).unwrap();
    let mut f = thalweg_function::Executable::<f64>::new(&wells()).unwrap();
    let mut lowest = (f64::INFINITY, [0.0; 2]);
    let axis = |k: u32| if k == 99 { 3.0 } else { -3.0 + 6.0 * (f64::from(k) / 99.0) };
    for i in 0..100 {
        for j in 0..100 {
            let (x, mut y) = ([axis(i), axis(j)], [0.0]);
            f.run(&x, &mut y).unwrap();
            if y[0] < lowest.0 {
                lowest = (y[0], x);
            }
        }
    }
    assert_eq!((best.value, best.x.as_slice(), best.evaluations), (lowest.0, &lowest.1[..], 10_000));
}

#[test]
fn ends_of_the_box_are_on_the_grid_and_each_variable_has_its_own() {
    let f = trace(2, |x| x[0] - x[1]).unwrap();
    let best = grid_search::<f32>(&f, &"-1..2, 0..0.7".parse().unwrap(), 3, 9).unwrap();
    assert_eq!((best.x, best.evaluations), (vec![-1.0, 0.7], 9));
}

#[test]
fn a_grid_above_the_limit_is_refused_with_its_cost() {
    let f = trace(7, |x| x.iter().copied().sum::<thalweg_function::Var>()).unwrap();
    let bounds = Bounds::all(-3.0, 3.0).unwrap();
    let error = grid_search::<f64>(&f, &bounds, 100, GRID_LIMIT).unwrap_err();
    assert!(matches!(error, SolveError::Grid { points: 100_000_000_000_000, limit: GRID_LIMIT, .. }));
    assert!(error.to_string().starts_with("a grid of 100000000000000 points would take about "), "{error}");
    let cost = grid_cost::<f64>(&f, &bounds, 100).unwrap();
    assert!(cost.points == 100_000_000_000_000 && cost.seconds > 100.0);
}

#[test]
fn points_where_the_function_is_no_number_are_passed_over() {
    let f = trace(1, |x| x[0].log().pow(2.0)).unwrap();
    let best = grid_search::<f64>(&f, &Bounds::all(-1.0, 1.0).unwrap(), 5, 5).unwrap();
    assert_eq!((best.x, best.value), (vec![1.0], 0.0));
    let nowhere = grid_search::<f64>(&f, &Bounds::all(-2.0, -1.0).unwrap(), 5, 5).unwrap();
    assert!(nowhere.value.is_nan());
}

#[test]
fn grids_without_two_points_an_axis_or_with_infinite_sides_are_refused() {
    assert!(grid_search::<f64>(&wells(), &Bounds::all(0.0, 1.0).unwrap(), 1, 10).is_err());
    assert!(grid_search::<f64>(&wells(), &"0..inf".parse().unwrap(), 2, 10).is_err());
    assert!(grid_search::<f64>(&wells(), &"0..1, 0..1, 0..1".parse().unwrap(), 2, 10).is_err());
}
