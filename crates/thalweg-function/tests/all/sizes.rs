//! How large programs and their derivatives are, in operations (arguments and constants included).
//!
//! The bounds are what the transformations reach today: a derivative that outgrows its bound has lost a simplification.

use thalweg_function::tree::{Tree, trace_tree};
use thalweg_function::{
    Program, Shape, Var, gradient, hessian, hvp, select_outputs, simplify, trace, value_and_gradient_of,
};

/// The sizes of a scalar function, its gradient, its Hessian-vector product and its Hessian.
fn sizes(function: &Program) -> [usize; 4] {
    let derivatives = [gradient(function), hvp(function), hessian(function)];
    let [slope, product, matrix] = derivatives.map(|program| program.expect("a scalar function").len());
    [simplify(function).len(), slope, product, matrix]
}

fn assert_at_most<const N: usize>(found: [usize; N], bounds: [usize; N]) {
    assert!(found.iter().zip(&bounds).all(|(size, bound)| size <= bound), "{found:?} exceeds {bounds:?}");
}

/// Σ 100(x₂ᵢ − x₂ᵢ₋₁²)² + (1 − x₂ᵢ₋₁)² (Moré, Garbow and Hillstrom, ACM TOMS 7, 1981, problem 21).
fn rosenbrock(n: usize) -> Program {
    let program = trace([[n].into()], |x| {
        let (odd, even) = (x[0].slice_by(0, .., 2), x[0].slice_by(0, 1.., 2));
        (100.0 * (even - odd * odd).pow(2.0) + (1.0 - odd).pow(2.0)).sum(..)
    });
    program.expect("the shapes fit")
}

/// Depth, width and the two coordinates of the centre of well `i`, no two alike.
fn well(i: usize) -> [f64; 4] {
    [0, 1, 2, 3].map(|k| 0.1 + (0.618_033_988_75 * (4 * i + k) as f64).fract())
}

/// −Σ cⱼ exp(−‖(x − μⱼ)/wⱼ‖²) over arrays of the wells.
fn wells_of_arrays(count: usize) -> Program {
    let column = |k: usize| (0..count).map(|i| well(i)[k]).collect::<Vec<_>>();
    let centres: Vec<_> = (0..count).flat_map(|i| [well(i)[2], well(i)[3]]).collect();
    let program = trace([[2].into()], |x| {
        let (depth, width) = (Var::array([count], &column(0)), Var::array([count, 1], &column(1)));
        let distance = (x[0] - Var::array([count, 2], &centres)) / width;
        -depth.dot((-(distance * distance).sum(1)).exp())
    });
    program.expect("the shapes fit")
}

/// The same, well by well and coordinate by coordinate.
fn wells_of_scalars(count: usize) -> Program {
    let program = trace(2, |x| {
        let one = |i: usize| {
            let [depth, width, first, second] = well(i);
            let square = ((x[0] - first) / width).pow(2.0) + ((x[1] - second) / width).pow(2.0);
            -depth * (-square).exp()
        };
        (0..count).map(one).sum::<Var>()
    });
    program.expect("scalars fit")
}

#[derive(Tree)]
struct Dense<T> {
    weight: T,
    bias: T,
}

/// The sizes of a classifier's mean loss, its gradient and its Hessian-vector product by the parameters.
fn network_sizes(widths: &[usize], examples: usize) -> [usize; 3] {
    let layer = |w: &[usize]| Dense { weight: Shape::from([w[0], w[1]]), bias: [w[1]].into() };
    let shapes: Vec<_> = widths.windows(2).map(layer).collect();
    let data = [("images", [examples, widths[0]].into()), ("labels", [examples].into())];
    let loss = trace_tree(&shapes, &data, |layers, data| {
        let [hidden @ .., last] = layers.as_slice() else { return Var::constant(0.0) };
        let before = hidden.iter().fold(data[0], |x, layer| (x.matmul(layer.weight) + layer.bias).relu());
        (before.matmul(last.weight) + last.bias).softmax_cross_entropy(data[1]).mean(..)
    });
    let loss = loss.expect("the shapes fit");
    let parameters: Vec<_> = (0..2 * shapes.len()).collect();
    let slope = value_and_gradient_of(&loss, &parameters).expect("a scalar function");
    let product = select_outputs(&hvp(&loss).expect("a scalar function"), &parameters);
    [simplify(&loss).len(), slope.len(), product.expect("one result for each input").len()]
}

#[test]
fn derivatives_of_rosenbrock_with_a_hundred_variables_have_at_most_thirty_operations() {
    assert_at_most(sizes(&rosenbrock(100)), [13, 19, 26, 30]);
}

#[test]
fn derivatives_of_rosenbrock_are_as_large_for_a_million_variables_as_for_four() {
    assert_eq!(sizes(&rosenbrock(1_000_000)), sizes(&rosenbrock(4)));
}

#[test]
fn derivatives_of_eight_wells_in_arrays_have_at_most_43_operations() {
    assert_at_most(sizes(&wells_of_arrays(8)), [18, 26, 37, 43]);
}

#[test]
fn derivatives_of_wells_in_arrays_are_as_large_for_a_thousand_wells_as_for_two() {
    assert_eq!(sizes(&wells_of_arrays(1000)), sizes(&wells_of_arrays(2)));
}

#[test]
fn derivatives_of_eight_wells_in_scalars_have_at_most_279_operations_and_eight_exponentials() {
    let wells = wells_of_scalars(8);
    assert_at_most(sizes(&wells), [121, 168, 267, 279]);
    let program = hessian(&wells).expect("a scalar function").to_string();
    assert_eq!(program.matches("= exp ").count(), 8);
}

#[test]
fn a_training_step_of_a_network_of_three_layers_has_at_most_57_operations() {
    assert_at_most(network_sizes(&[784, 512, 512, 10], 256), [38, 57, 99]);
}

#[test]
fn a_network_has_as_many_operations_whatever_its_widths_and_the_number_of_examples() {
    // Both numbers of examples are powers of two: other divisors are divided by, these multiplied with.
    assert_eq!(network_sizes(&[784, 512, 512, 10], 256), network_sizes(&[9, 6, 6, 4], 8));
}

#[test]
fn each_further_layer_of_a_network_adds_at_most_eleven_operations_to_its_gradient() {
    let [three, nine] = [3, 9].map(|hidden| {
        let widths = [&[784][..], &vec![512; hidden], &[10]].concat();
        network_sizes(&widths, 256)
    });
    let each = [0, 1, 2].map(|k| (nine[k] - three[k]).div_ceil(6));
    assert_at_most(each, [6, 11, 25]);
}
