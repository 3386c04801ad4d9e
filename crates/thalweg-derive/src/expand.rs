//! From the tokens of a struct to its implementation of `Tree`, or to what is wrong with it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, GenericParam, Index, Member, Path, Result};

/// The implementation; `root` is the path of the crate with the trait.
pub(crate) fn expand(input: &DeriveInput, root: Path) -> Result<TokenStream> {
    let fields = fields_of(input)?;
    let parameters = parameters_of(input)?;
    let root = crate_option(&input.attrs)?.unwrap_or(root);

    let mut errors: Option<Error> = None;
    let mut mapped = Vec::new();
    for (place, field) in fields.iter().enumerate() {
        match field_value(place, field, &parameters, &root) {
            Ok(value) => mapped.push(value),
            Err(error) => match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }

    let name = &input.ident;
    let first = parameters[0];
    let bounded = input.generics.params.iter().map(|parameter| match parameter {
        GenericParam::Type(parameter) if parameter.ident == *first => quote!(#first: #root::tree::Tree),
        GenericParam::Type(parameter) => {
            let other = &parameter.ident;
            quote!(#other: #root::tree::Tree<Leaf = <#first as #root::tree::Tree>::Leaf>)
        }
        GenericParam::Const(parameter) => {
            let (ident, ty) = (&parameter.ident, &parameter.ty);
            quote!(const #ident: #ty)
        }
        GenericParam::Lifetime(parameter) => parameter.to_token_stream(),
    });
    let leaf = format_ident!("__Leaf");
    let exchanged = input.generics.params.iter().map(|parameter| match parameter {
        GenericParam::Type(parameter) => {
            let ident = &parameter.ident;
            quote!(<#ident as #root::tree::Tree>::With<#leaf>)
        }
        GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
        GenericParam::Lifetime(parameter) => parameter.lifetime.to_token_stream(),
    });
    let (_, arguments, _) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl<#(#bounded),*> #root::tree::Tree for #name #arguments {
            type Leaf = <#first as #root::tree::Tree>::Leaf;
            type With<#leaf: #root::tree::Leaf> = #name<#(#exchanged),*>;

            fn map_at<'__tree, #leaf: #root::tree::Leaf>(
                &'__tree self,
                path: &mut #root::tree::Path,
                map: &mut dyn ::core::ops::FnMut(&str, &'__tree Self::Leaf) -> #leaf,
            ) -> Self::With<#leaf> {
                #name { #(#mapped),* }
            }
        }
    })
}

fn fields_of(input: &DeriveInput) -> Result<&Fields> {
    let keyword: &dyn ToTokens = match &input.data {
        Data::Struct(data) => return Ok(&data.fields),
        Data::Enum(data) => &data.enum_token,
        Data::Union(data) => &data.union_token,
    };
    let problem = "`Tree` can be derived for structs only: which leaves there are must not depend on a value; \
                   use `Option` for a part that may be missing";
    Err(Error::new_spanned(keyword, problem))
}

/// The type parameters, at least one; none has bounds.
fn parameters_of(input: &DeriveInput) -> Result<Vec<&Ident>> {
    let name = &input.ident;
    let generics = &input.generics;
    for parameter in generics.type_params() {
        if !parameter.bounds.is_empty() {
            let ident = &parameter.ident;
            let problem = format!(
                "`{name}` must exist for every type of leaf, so `{ident}` cannot have bounds; \
                 put them on the functions that need them"
            );
            return Err(Error::new_spanned(&parameter.bounds, problem));
        }
    }
    if let Some(clause) = &generics.where_clause {
        let problem = format!(
            "`{name}` must exist for every type of leaf, so it cannot have a `where` clause; \
             put the bounds on the functions that need them"
        );
        return Err(Error::new_spanned(clause, problem));
    }
    let parameters: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
    if parameters.is_empty() {
        let problem = format!(
            "`Tree` needs a type parameter that stands for the leaves: `struct {name}<T>`, with `T` in the place of \
             the arrays"
        );
        return Err(Error::new_spanned(name, problem));
    }
    Ok(parameters)
}

/// What `#[tree(crate = …)]` on the struct says.
fn crate_option(attributes: &[Attribute]) -> Result<Option<Path>> {
    let mut root = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("tree")) {
        attribute.parse_nested_meta(|option| {
            if option.path.is_ident("crate") {
                root = Some(option.value()?.call(Path::parse_mod_style)?);
                Ok(())
            } else if option.path.is_ident("skip") {
                Err(option.error("`skip` belongs before the field that holds no leaves"))
            } else {
                Err(option.error("unknown option; a struct has one: `crate = path`"))
            }
        })?;
    }
    Ok(root)
}

fn skipped(attributes: &[Attribute]) -> Result<bool> {
    let mut skip = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("tree")) {
        attribute.parse_nested_meta(|option| {
            if option.path.is_ident("skip") {
                skip = true;
                Ok(())
            } else {
                Err(option.error("unknown option; a field has one: `skip`"))
            }
        })?;
    }
    Ok(skip)
}

/// `member: value` in the struct that `map_at` returns.
fn field_value(place: usize, field: &Field, parameters: &[&Ident], root: &Path) -> Result<TokenStream> {
    let (member, segment) = match &field.ident {
        Some(ident) => (Member::Named(ident.clone()), ident.unraw().to_string()),
        None => (Member::Unnamed(Index::from(place)), place.to_string()),
    };
    let ty = &field.ty;
    let mentioned = mentioned(ty.to_token_stream(), parameters);
    let span = ty.span().resolved_at(Span::call_site());
    match (skipped(&field.attrs)?, mentioned) {
        (true, None) => Ok(quote_spanned!(span=> #member: ::core::clone::Clone::clone(&self.#member))),
        (false, Some(_)) => Ok(quote_spanned! {span=>
            #member: path.within(#segment, |path| #root::tree::Tree::map_at(&self.#member, path, map))
        }),
        (true, Some(parameter)) => {
            let problem = format!(
                "`{segment}` has leaves, since its type mentions `{parameter}`: it cannot be skipped, the tree of \
                 another type of leaf would have another field"
            );
            Err(Error::new_spanned(ty, problem))
        }
        (false, None) => {
            let leaf = parameters[0];
            let problem = format!(
                "`{segment}` has no leaves, since its type does not mention `{leaf}`: mark it `#[tree(skip)]` to copy \
                 it from tree to tree, or give it a type with `{leaf}`"
            );
            Err(Error::new_spanned(ty, problem))
        }
    }
}

/// The first of the parameters that occurs in these tokens.
fn mentioned<'a>(tokens: TokenStream, parameters: &[&'a Ident]) -> Option<&'a Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => parameters.iter().copied().find(|parameter| **parameter == ident),
        TokenTree::Group(group) => mentioned(group.stream(), parameters),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::parse_quote;

    use super::expand;

    fn errors(item: TokenStream) -> Vec<String> {
        let input = syn::parse2(item).expect("an item");
        let error = expand(&input, parse_quote!(::thalweg_function)).expect_err("no tree");
        error.into_iter().map(|error| error.to_string()).collect()
    }

    /// The item has this one mistake.
    #[track_caller]
    fn refused(item: TokenStream, problem: &str) {
        let found = errors(item);
        assert!(found.len() == 1 && found[0].contains(problem), "{found:?}");
    }

    #[test]
    fn enums_and_unions_are_refused() {
        let problem =
            "`Tree` can be derived for structs only: which leaves there are must not depend on a value";
        refused(
            quote!(
                enum Choice<T> {
                    This(T),
                }
            ),
            problem,
        );
        refused(quote!(union Choice<T> { this: T }), problem);
    }

    #[test]
    fn a_struct_without_type_parameter_is_told_to_have_one() {
        let problem = "`Tree` needs a type parameter that stands for the leaves: `struct Dense<T>`";
        refused(
            quote!(
                struct Dense {
                    weight: f64,
                }
            ),
            problem,
        );
        refused(
            quote!(
                struct Dense<'a, const N: usize> {
                    weight: &'a [f64; N],
                }
            ),
            problem,
        );
        refused(
            quote!(
                struct Dense;
            ),
            problem,
        );
    }

    #[test]
    fn bounds_are_refused_wherever_they_are_written() {
        refused(
            quote!(
                struct Dense<T: Copy> {
                    weight: T,
                }
            ),
            "so `T` cannot have bounds",
        );
        refused(
            quote!(
                struct Dense<T>
                where
                    T: Copy,
                {
                    weight: T,
                }
            ),
            "so it cannot have a `where` clause",
        );
    }

    #[test]
    fn every_field_without_leaves_is_told_of_skip() {
        let found = errors(quote! {
            struct Dense<T> { dropout: f64, weight: T, sizes: (usize, Vec<f64>) }
        });
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with("`dropout` has no leaves, since its type does not mention `T`"),
            "{found:?}"
        );
        assert!(found[1].starts_with("`sizes`") && found[1].contains("mark it `#[tree(skip)]`"), "{found:?}");
    }

    #[test]
    fn a_field_with_leaves_cannot_be_skipped() {
        let problem = "`0` has leaves, since its type mentions `T`: it cannot be skipped";
        refused(
            quote!(
                struct Dense<T>(#[tree(skip)] Vec<(T, T)>);
            ),
            problem,
        );
    }

    #[test]
    fn unknown_options_name_the_known_ones() {
        refused(
            quote!(
                struct Dense<T> {
                    #[tree(frozen)]
                    weight: T,
                }
            ),
            "unknown option; a field has one: `skip`",
        );
        refused(
            quote!(
                #[tree(rename)]
                struct Dense<T> {
                    weight: T,
                }
            ),
            "unknown option; a struct has one: `crate = path`",
        );
        refused(
            quote!(
                #[tree(skip)]
                struct Dense<T> {
                    weight: T,
                }
            ),
            "`skip` belongs before the field that holds no leaves",
        );
    }

    #[test]
    fn the_crate_option_replaces_the_root() {
        let input = parse_quote!(
            #[tree(crate = a::b)]
            struct Scale<T>(T);
        );
        let code = expand(&input, parse_quote!(::thalweg_function)).expect("a tree").to_string();
        assert!(code.contains("a :: b :: tree :: Tree for Scale"), "{code}");
        assert!(!code.contains("thalweg_function"), "{code}");
    }
}
