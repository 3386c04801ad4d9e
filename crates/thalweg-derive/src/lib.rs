//! `#[derive(Tree)]`: a struct of arrays as the argument and the gradient of a function.
//!
//! The trait lives in `thalweg_function::tree`, which re-exports this macro. What lives here: reading the struct, wording
//! what is wrong with it, writing the implementation.

mod expand;
mod root;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `thalweg_function::tree::Tree` for a struct whose type parameter stands for its leaves.
///
/// The fields are leaves (`T`) or trees of leaves: other such structs, vectors, arrays, tuples, options. A field that
/// holds no leaves is marked `#[tree(skip)]` and cloned from tree to tree. A leaf is called by the path of fields and
/// positions that leads to it, joined by dots: `layers.0.weight`.
///
/// ```
/// use thalweg_function::tree::Tree;
///
/// #[derive(Tree)]
/// struct Dense<T> {
///     weight: T,
///     bias: T,
/// }
///
/// #[derive(Tree)]
/// struct Network<T> {
///     layers: Vec<Dense<T>>,
///     scale: Option<T>,
///     #[tree(skip)]
///     dropout: f64,
/// }
///
/// let network = Network { layers: vec![Dense { weight: 1.0, bias: 2.0 }], scale: Some(3.0), dropout: 0.5 };
/// let named = network.map(|name, leaf| format!("{name} = {leaf}"));
/// assert_eq!(named.layers[0].bias, "layers.0.bias = 2");
/// assert_eq!(named.scale.as_deref(), Some("scale = 3"));
/// assert_eq!(named.dropout, 0.5);
/// ```
///
/// A struct may have several type parameters, each a tree with the same type of leaves, and `const` parameters. The
/// parameters have no bounds, since the struct must exist for every type of leaf.
///
/// The code refers to `::thalweg_function`, or to `::thalweg::function` in a package that depends on `thalweg` only.
/// Where neither name is right, `#[tree(crate = path::to::thalweg_function)]` on the struct says which one is.
#[proc_macro_derive(Tree, attributes(tree))]
pub fn derive_tree(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input, root::root()).unwrap_or_else(syn::Error::into_compile_error).into()
}
