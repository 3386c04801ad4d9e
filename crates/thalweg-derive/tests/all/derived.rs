//! What `#[derive(Tree)]` makes of structs: names, order, round trips, skipped fields.

use std::marker::PhantomData;

use thalweg_function::tree::{Layout, Leaf, Parameters, Tree, trace_tree};
use thalweg_function::{Executable, FunctionError, Shape, Var, gradient};

#[derive(Tree, Debug, Clone, PartialEq)]
struct Dense<T> {
    weight: T,
    bias: T,
}

#[derive(Tree, Debug, Clone, PartialEq)]
struct Network<T> {
    layers: Vec<Dense<T>>,
    scale: Option<T>,
    head: [Dense<T>; 2],
    #[tree(skip)]
    dropout: f64,
    pair: (T, Vec<T>),
}

fn network() -> Network<f64> {
    let dense = |weight| Dense { weight, bias: weight + 0.5 };
    Network {
        layers: vec![dense(1.0), dense(2.0)],
        scale: Some(3.0),
        head: [dense(4.0), dense(5.0)],
        dropout: 0.1,
        pair: (6.0, vec![7.0, 8.0]),
    }
}

fn names<S: Tree>(tree: &S) -> Vec<String> {
    tree.leaves().into_iter().map(|(name, _)| name).collect()
}

/// As `torch.nn.Module.state_dict` calls them: attributes and positions in a `ModuleList` joined by dots
/// (<https://docs.pytorch.org/docs/2.9/generated/torch.nn.Module.html#torch.nn.Module.state_dict>).
#[test]
fn leaves_are_called_as_in_a_state_dictionary() {
    let expected = [
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
        "scale",
        "head.0.weight",
        "head.0.bias",
        "head.1.weight",
        "head.1.bias",
        "pair.0",
        "pair.1.0",
        "pair.1.1",
    ];
    assert_eq!(names(&network()), expected);
}

#[test]
fn a_tree_of_names_and_back_is_the_tree() {
    let network = network();
    let leaves = network.leaves();
    let value = |wanted: &str| leaves.iter().find(|(name, _)| name == wanted).map(|(_, leaf)| **leaf);
    let there = network.map(|name, _| name.to_owned());
    let back = there.map(|_, name| value(name).unwrap_or(f64::NAN));
    assert_eq!(back, network);
}

#[test]
fn an_absent_part_has_no_leaves_and_stays_absent() {
    let sparse = Network { layers: Vec::new(), scale: None, ..network() };
    assert_eq!(names(&sparse)[0], "head.0.weight");
    let doubled = sparse.map(|_, leaf| 2.0 * leaf);
    assert_eq!((doubled.layers, doubled.scale, doubled.dropout), (vec![], None, 0.1));
    assert_eq!(doubled.head[1].bias, 11.0);
}

#[test]
fn offsets_follow_the_declaration_without_gaps() {
    let mut axes = (1..).map(|length| Shape::new(&[length, 2]).expect("few and short axes"));
    let shapes = network().map(|_, _| axes.next().unwrap_or_default());
    let layout = Layout::of(&shapes);
    let starts: Vec<_> = layout.entries().iter().map(|entry| entry.range.start).collect();
    assert_eq!(starts, [0, 2, 6, 12, 20, 30, 42, 56, 72, 90, 110, 132]);
    assert_eq!(layout.len(), 12 * 13);
    assert_eq!((layout.range("head"), layout.range("head.1")), (Some(30..90), Some(56..90)));
}

#[test]
fn views_reach_into_nested_structs() {
    let rows = |name: &str| if name.ends_with("weight") { 3 } else { 1 };
    let shapes = network().map(|name, _| Shape::new(&[rows(name), 2]).unwrap_or_default());
    let mut parameters = Parameters::<f32, _>::zeros(shapes);
    for dense in &mut parameters.tree_mut().head {
        dense.weight.fill(1.0);
    }
    assert_eq!(parameters.as_slice().iter().sum::<f32>(), 12.0);
    assert_eq!(parameters.view("head.1.weight"), Some(parameters.tree().head[1].weight));
    assert_eq!(parameters.tree().dropout, 0.1);
}

#[test]
fn the_gradient_of_a_traced_struct_is_such_a_struct() -> Result<(), FunctionError> {
    let shapes = network().map(|_, _| Shape::SCALAR);
    let loss = trace_tree(&shapes, &[], |network: Network<Var>, _| {
        let mut x = network.pair.0;
        for layer in network.layers.iter().chain(&network.head) {
            x = layer.weight * x + layer.bias;
        }
        x * network.dropout
    })?;
    let mut values = Parameters::<f64, _>::zeros(shapes);
    let leaves = network();
    let mut numbers = leaves.leaves().into_iter().map(|(_, &leaf)| leaf);
    values.fill(|_, _, array| array.fill(numbers.next().unwrap_or(f64::NAN)));
    let mut slopes = values.zeros_like();
    Executable::new(&gradient(&loss)?)?.run(values.as_slice(), slopes.as_mut_slice())?;
    // By hand: the loss is dropout·(5(4(2(1·6 + 1.5) + 2.5) + 4.5) + 5.5).
    let slopes = slopes.tree();
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    close(slopes.head[1].bias[0], 0.1);
    close(slopes.head[1].weight[0], 0.1 * (4.0 * 17.5 + 4.5));
    close(slopes.layers[0].bias[0], 0.1 * 40.0);
    close(slopes.pair.0[0], 0.1 * 40.0);
    assert_eq!((slopes.scale.map(|scale| scale[0]), slopes.pair.1[1][0]), (Some(0.0), 0.0));
    Ok(())
}

/// Every kind of field at once: raw names, tuple structs, constants, lifetimes, a second parameter.
#[derive(Tree, Debug, PartialEq)]
struct Labelled<'a, T, B, const N: usize> {
    r#type: Scale<T>,
    body: [B; N],
    #[tree(skip)]
    label: &'a str,
    nothing: PhantomData<B>,
}

#[derive(Tree, Debug, PartialEq)]
#[tree(crate = ::thalweg_function)]
struct Scale<T>(T, #[tree(skip)] bool, T);

#[test]
fn all_kinds_of_structs_and_parameters_are_trees() {
    let dense = || Dense { weight: 1.0, bias: 2.0 };
    let labelled = Labelled {
        r#type: Scale(3.0, true, 4.0),
        body: [dense(), dense()],
        label: "both",
        nothing: PhantomData,
    };
    assert_eq!(
        names(&labelled),
        ["type.0", "type.2", "body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias"]
    );
    let doubled: Labelled<'_, f64, Dense<f64>, 2> = labelled.map(|_, leaf| 2.0 * leaf);
    assert_eq!((doubled.r#type, doubled.label), (Scale(6.0, true, 8.0), "both"));
    assert_eq!(doubled.body[1], Dense { weight: 2.0, bias: 4.0 });
}

/// A tree of any depth.
#[derive(Tree)]
struct Branch<T> {
    value: T,
    children: Vec<Branch<T>>,
}

#[test]
fn a_struct_may_contain_itself() {
    let leaf = |value| Branch { value, children: vec![] };
    let root = Branch { value: 1, children: vec![leaf(2), Branch { value: 3, children: vec![leaf(4)] }] };
    assert_eq!(
        names(&root),
        ["value", "children.0.value", "children.1.value", "children.1.children.0.value"]
    );
    assert_eq!(root.map(|_, leaf| 10 * leaf).children[1].children[0].value, 40);
}

#[test]
fn a_subtree_in_the_place_of_a_leaf_continues_the_path() {
    let nested = Dense { weight: vec![1.0, 2.0], bias: vec![3.0] };
    assert_eq!(names(&nested), ["weight.0", "weight.1", "bias.0"]);
    let exchanged: Dense<Vec<String>> = nested.map(|name, _| name.to_owned());
    assert_eq!(exchanged.bias, ["bias.0"]);
}

/// A leaf of the caller's own, and a struct made by a macro.
#[derive(Debug, PartialEq)]
struct Interval(f64, f64);
impl Leaf for Interval {}

macro_rules! two {
    ($name:ident $field:ident $ty:ty) => {
        #[derive(Tree)]
        struct $name<T> {
            $field: T,
            other: Vec<T>,
            #[tree(skip)]
            size: $ty,
        }
    };
}
two!(Made first u8);

#[test]
fn structs_made_by_macros_and_own_leaves_work() {
    let made = Made { first: 1.0, other: vec![2.0], size: 3 };
    let intervals = made.map(|_, &leaf| Interval(leaf, leaf + 1.0));
    assert_eq!((intervals.first, intervals.size), (Interval(1.0, 2.0), 3));
    assert_eq!(intervals.other, [Interval(2.0, 3.0)]);
}
