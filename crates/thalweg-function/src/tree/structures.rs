//! The structures of the standard library that are trees: vectors, arrays, options, tuples.
//!
//! `Box` is not among them: other crates may make a `Box` of theirs a [`Leaf`], so it cannot be both. A tree of unknown
//! depth holds its subtrees in a `Vec`.

use std::marker::PhantomData;

use super::{Leaf, Path, Tree};

impl<C: Tree> Tree for Vec<C> {
    type Leaf = C::Leaf;
    type With<U: Leaf> = Vec<C::With<U>>;

    fn map_at<'a, U: Leaf>(
        &'a self,
        path: &mut Path,
        map: &mut dyn FnMut(&str, &'a C::Leaf) -> U,
    ) -> Vec<C::With<U>> {
        self.iter().enumerate().map(|(i, part)| path.within(i, |path| part.map_at(path, map))).collect()
    }
}

impl<C: Tree, const N: usize> Tree for [C; N] {
    type Leaf = C::Leaf;
    type With<U: Leaf> = [C::With<U>; N];

    fn map_at<'a, U: Leaf>(
        &'a self,
        path: &mut Path,
        map: &mut dyn FnMut(&str, &'a C::Leaf) -> U,
    ) -> [C::With<U>; N] {
        std::array::from_fn(|i| path.within(i, |path| self[i].map_at(path, map)))
    }
}

impl<C: Tree> Tree for Option<C> {
    type Leaf = C::Leaf;
    type With<U: Leaf> = Option<C::With<U>>;

    fn map_at<'a, U: Leaf>(
        &'a self,
        path: &mut Path,
        map: &mut dyn FnMut(&str, &'a C::Leaf) -> U,
    ) -> Option<C::With<U>> {
        self.as_ref().map(|part| part.map_at(path, map))
    }
}

/// A tree without leaves, for layers that have no parameters among layers that have.
impl<C: Tree> Tree for PhantomData<C> {
    type Leaf = C::Leaf;
    type With<U: Leaf> = PhantomData<C::With<U>>;

    fn map_at<'a, U: Leaf>(
        &'a self,
        _: &mut Path,
        _: &mut dyn FnMut(&str, &'a C::Leaf) -> U,
    ) -> PhantomData<C::With<U>> {
        PhantomData
    }
}

macro_rules! tuple {
    ($first:ident 0 $($other:ident $i:tt)*) => {
        impl<$first: Tree, $($other: Tree<Leaf = $first::Leaf>),*> Tree for ($first, $($other,)*) {
            type Leaf = $first::Leaf;
            type With<U: Leaf> = ($first::With<U>, $($other::With<U>,)*);

            fn map_at<'a, U: Leaf>(
                &'a self,
                path: &mut Path,
                map: &mut dyn FnMut(&str, &'a $first::Leaf) -> U,
            ) -> Self::With<U> {
                (
                    path.within(0, |path| self.0.map_at(path, map)),
                    $(path.within($i, |path| self.$i.map_at(path, map)),)*
                )
            }
        }
    };
}
tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);
tuple!(A 0 B 1 C 2 D 3 E 4);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5);
