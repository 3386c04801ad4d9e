//! Layouts, buffers, views and traces of trees made by hand.

use proptest::prelude::*;

use super::buffer::{Aligned, LINE};
use super::{Layout, Parameters, Tree, trace_tree};
use crate::error::FunctionError;
use crate::execute::Executable;
use crate::program::Shape;

fn shape(axes: &[usize]) -> Shape {
    Shape::new(axes).expect("few and short axes")
}

fn names<S: Tree>(tree: &S) -> Vec<String> {
    tree.leaves().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn names_join_positions_by_dots_and_options_add_nothing() {
    let tree = (vec![[1.0, 2.0], [3.0, 4.0]], Some((5.0,)), None::<f64>, 6.0);
    assert_eq!(names(&tree), ["0.0.0", "0.0.1", "0.1.0", "0.1.1", "1.0", "3"]);
    assert_eq!(names(&7.0), [""]);
}

#[test]
fn every_size_of_tuple_keeps_its_order() {
    fn numbers(tree: &impl Tree<Leaf = f64>) -> Vec<f64> {
        tree.leaves().into_iter().map(|(_, &leaf)| leaf).collect()
    }
    assert_eq!(numbers(&(1.0,)), [1.0]);
    assert_eq!(numbers(&(1.0, 2.0)), [1.0, 2.0]);
    assert_eq!(numbers(&(1.0, 2.0, 3.0)), [1.0, 2.0, 3.0]);
    assert_eq!(numbers(&(1.0, 2.0, 3.0, 4.0)), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(numbers(&(1.0, 2.0, 3.0, 4.0, 5.0)), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(numbers(&(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn ten_positions_do_not_change_the_order() {
    let tree: Vec<f64> = (0..12).map(f64::from).collect();
    assert_eq!(names(&tree)[9..], ["9", "10", "11"]);
    assert_eq!(tree.map(|_, &leaf| leaf), tree);
}

#[test]
fn a_tree_without_leaves_has_no_numbers() {
    let layout = Layout::of(&(Vec::<Shape>::new(), None::<Shape>, std::marker::PhantomData::<Shape>));
    assert!(layout.is_empty() && layout.entries().is_empty());
    assert_eq!((layout.range(""), layout.range("0")), (None, None));
    assert_eq!(layout.to_string(), "name   shape  numbers\ntotal               0\n");
    let parameters = Parameters::<f64, _>::zeros(Vec::<Shape>::new());
    assert!(parameters.as_slice().is_empty() && parameters.tree().is_empty());
}

#[test]
fn an_array_with_an_empty_axis_takes_no_room() {
    let layout = Layout::of(&[shape(&[2]), shape(&[0, 3]), Shape::SCALAR]);
    let ranges: Vec<_> = layout.entries().iter().map(|entry| entry.range.clone()).collect();
    assert_eq!(ranges, [0..2, 2..2, 2..3]);
}

#[test]
fn a_path_finds_its_own_subtree_only() {
    let layout = Layout::of(&vec![shape(&[2]); 12]);
    assert_eq!(layout.range("1"), Some(2..4));
    assert_eq!(layout.range(""), Some(0..24));
    assert_eq!((layout.range("12"), layout.range("1.0"), layout.find("")), (None, None, None));
    let nested = Layout::of(&[[Shape::SCALAR; 3]; 2]);
    assert_eq!((nested.range("1"), nested.range("1.1")), (Some(3..6), Some(4..5)));
}

#[test]
fn views_by_name_and_by_tree_see_the_same_numbers() {
    let shapes = (vec![shape(&[2, 3]), shape(&[3])], Shape::SCALAR);
    let mut parameters = Parameters::<f64, _>::zeros(shapes);
    for (i, number) in parameters.as_mut_slice().iter_mut().enumerate() {
        *number = i as f64;
    }
    parameters.view_mut("0.1").expect("a leaf")[2] = -1.0;
    *parameters.tree_mut().0[0].at_mut(&[1, 0]).expect("an element") = -2.0;
    assert_eq!(parameters.as_slice(), [0.0, 1.0, 2.0, -2.0, 4.0, 5.0, 6.0, 7.0, -1.0, 9.0]);
    let (matrices, scalar) = parameters.tree();
    for (name, view) in [("0.0", matrices[0]), ("0.1", matrices[1]), ("1", scalar)] {
        let by_name = parameters.view(name).expect("a leaf");
        assert_eq!(by_name, view);
        assert!(std::ptr::eq(by_name.as_slice(), view.as_slice()));
    }
    assert_eq!(parameters.view("0"), None);
}

#[test]
fn positions_outside_of_an_array_have_no_element() {
    let parameters = Parameters::<f32, _>::zeros([shape(&[2, 3]), Shape::SCALAR]);
    let mut changed = parameters.clone();
    let [matrix, scalar] = parameters.tree();
    assert_eq!((matrix.at(&[1, 2]), scalar.at(&[])), (Some(&0.0), Some(&0.0)));
    for position in [&[0, 3][..], &[2, 0], &[0], &[0, 0, 0], &[]] {
        assert_eq!(matrix.at(position), None);
        assert_eq!(changed.tree_mut()[0].at_mut(position), None);
    }
}

#[test]
fn copies_have_their_own_numbers() {
    let mut parameters = Parameters::<f32, _>::init([shape(&[3])], |_, _, numbers| numbers.fill(1.0));
    let (copy, zeros) = (parameters.clone(), parameters.zeros_like());
    assert_eq!(copy, parameters);
    parameters.as_mut_slice()[0] = 5.0;
    assert_eq!(copy.as_slice(), [1.0; 3]);
    assert_eq!(zeros.as_slice(), [0.0; 3]);
    assert_ne!(copy, parameters);
}

#[test]
fn names_and_shapes_are_part_of_equality() {
    let column = Parameters::<f64, _>::zeros(vec![shape(&[2, 1])]);
    let row = Parameters::<f64, _>::zeros(vec![shape(&[1, 2])]);
    let two = Parameters::<f64, _>::zeros(vec![shape(&[1]); 2]);
    assert_ne!(column, row);
    assert_ne!(column, two);
}

proptest! {
    #[test]
    fn buffers_begin_at_a_line_and_keep_their_numbers(f32s in prop::collection::vec(-1e3_f32..1e3, 0..200)) {
        let mut singles = Aligned::<f32>::zeros(f32s.len());
        singles.copy_from_slice(&f32s);
        let mut doubles = Aligned::<f64>::zeros(f32s.len());
        doubles.iter_mut().zip(&f32s).for_each(|(double, &single)| *double = f64::from(single));
        let (moved_singles, moved_doubles) = (Box::new(singles.clone()), Box::new(doubles.clone()));
        for address in [singles.as_ptr().addr(), doubles.as_ptr().addr(), moved_singles.as_ptr().addr(),
                        moved_doubles.as_ptr().addr()] {
            prop_assert_eq!(address % LINE, 0);
        }
        prop_assert_eq!(&**moved_singles, &f32s);
        prop_assert!(moved_doubles.iter().zip(&f32s).all(|(&double, &single)| double == f64::from(single)));
    }
}

#[test]
fn a_traced_tree_takes_its_leaves_and_then_the_further_inputs() -> Result<(), FunctionError> {
    let shapes = (vec![Shape::SCALAR; 2], Shape::SCALAR);
    let program = trace_tree(&shapes, &[("x", Shape::SCALAR), ("y", Shape::SCALAR)], |(c, power), data| {
        (c[0] + c[1] * data[0]).pow(power) - data[1]
    })?;
    assert_eq!(program.input_names().collect::<Vec<_>>(), ["0.0", "0.1", "1", "x", "y"]);
    let mut result = [0.0];
    Executable::<f64>::new(&program)?.run(&[1.0, 2.0, 3.0, 0.5, 1.0], &mut result)?;
    assert_eq!(result, [7.0]);
    Ok(())
}

#[test]
fn a_traced_tree_reports_what_the_closure_did_wrong() {
    let empty = trace_tree(&[Shape::SCALAR], &[], |_, _| Vec::new());
    assert_eq!(empty, Err(FunctionError::Returned { problem: "no value" }));
}
