//! What a wrong array operation says: the line, the shapes, and what would be right.

use thalweg_function::{FunctionError, Shape, Var, einsum, fold, scan, trace};

/// The message of a trace of arrays of these shapes, without the place, which has to be in this file.
fn message<const N: usize>(shapes: [&[usize]; N], function: impl FnOnce(&[Var]) -> Var) -> String {
    let shapes = shapes.map(|axes| Shape::new(axes).unwrap());
    let error = trace(shapes, function).unwrap_err();
    let FunctionError::Operation { location, .. } = &error else { panic!("{error}") };
    assert!(location.file().ends_with("arrays_api/messages.rs"), "{error}");
    let text = error.to_string();
    text.strip_prefix(&format!("{location}: ")).unwrap().to_owned()
}

#[test]
fn an_array_operation_names_the_line_of_its_caller() {
    let line = line!() + 1;
    let error = trace([[3].into()], |x| x[0].cholesky()).unwrap_err();
    assert!(error.to_string().contains(&format!("messages.rs:{line}:")), "{error}");
    let line = line!() + 1;
    let error = trace([[3].into()], |x| fold(2, x[0], None, &[], |y, _, _| y.sum(..))).unwrap_err();
    assert!(error.to_string().contains(&format!("messages.rs:{line}:")), "{error}");
}

#[test]
fn reductions_name_the_axis_that_is_not_there() {
    let found = message([&[2, 3]], |x| x[0].prod(2));
    assert_eq!(found, "`prod` of [2, 3]: there is no axis 2: axes are 0 to 1 (or −1 to −2)");
    let found = message([&[2, 3]], |x| x[0].var([0, -2]));
    assert_eq!(found, "`var` of [2, 3]: axis -2 is named twice");
    let found = message([&[]], |x| x[0].logsumexp(0));
    assert_eq!(found, "`logsumexp` of []: there is no axis 0: it is a scalar");
    let found = message([&[2, 0]], |x| x[0].softmax(-1));
    assert_eq!(found, "`softmax` of [2, 0]: axis 1 has no elements; one or more are needed");
}

#[test]
fn labels_need_the_shape_of_the_logits_without_classes() {
    let found = message([&[4, 3], &[3]], |x| x[0].softmax_cross_entropy(x[1]));
    assert_eq!(
        found,
        "`softmax_cross_entropy` of [4, 3] and [3]: logits [4, 3] need labels of shape [4], one for each row"
    );
    let found = message([&[], &[]], |x| x[0].softmax_cross_entropy(x[1]));
    assert!(found.ends_with("logits [..., classes] are needed, of one class or more"), "{found}");
    let found = message([&[1; 8]], |x| x[0].one_hot(3));
    assert!(
        found.ends_with("a further axis of 3: at most 8 axes of 4294967295 elements are possible"),
        "{found}"
    );
}

#[test]
fn indices_have_to_fit_the_array() {
    let found = message([&[1; 6], &[1; 4]], |x| x[0].take(x[1], 0));
    assert!(found.ends_with("the result would have 9 axes; an array has at most 8"), "{found}");
    let found = message([&[2, 3], &[3, 3]], |x| x[0].take_along(x[1], 1));
    assert_eq!(
        found,
        "`take_along` of [2, 3] and [3, 3]: the indices need the axes of the array, all but axis 1 of its length"
    );
    let found = message([&[2, 3], &[3]], |x| x[0].scatter_add(x[1], 0, 5));
    assert_eq!(
        found,
        "`scatter_add` of [2, 3] and [3]: the axes of the indices have to be among the array's, from the named axis on"
    );
    let found = message([&[2, 3]], |x| x[0].sort(5));
    assert!(found.starts_with("`sort` of [2, 3]: there is no axis 5"), "{found}");
}

#[test]
fn matrices_have_to_be_matrices() {
    let found = message([&[3]], |x| x[0].trace());
    assert_eq!(found, "`trace` of [3]: a matrix (or many) is needed: at least two axes");
    let found = message([&[]], |x| x[0].diag());
    assert_eq!(found, "`diag` of []: a vector (or many) is needed: at least one axis");
    let found = message([&[2, 3]], |x| x[0].log_determinant());
    assert_eq!(
        found,
        "`log_determinant` of [2, 3]: a square matrix is needed, this one has 2 rows, 3 columns"
    );
}

#[test]
fn right_hand_sides_have_to_fit_the_matrix() {
    let found = message([&[5, 3, 3], &[3]], |x| x[0].solve_symmetric(x[1]));
    assert_eq!(
        found,
        "`solve_symmetric` of [5, 3, 3] and [3]: the right-hand side has to be [..., 3] with 2 axes, \
         or [..., 3, m] with 3 or more"
    );
    let found = message([&[3, 3], &[4]], |x| x[0].solve_lower(x[1]));
    assert!(found.contains("has to be [..., 3] with 1 axes"), "{found}");
    let found = message([&[5, 3, 3], &[4, 3, 1]], |x| x[0].solve_upper(x[1]));
    assert!(found.ends_with("the axes before the last do not agree"), "{found}");
}

#[test]
fn einsum_names_the_offending_part() {
    let one = |text: &str, shape: &[usize]| message([shape], |x| einsum(text, x));
    assert_eq!(one("ij->iz", &[2, 3]), "`einsum` of [2, 3]: `z` on the right of `ij->iz` is in no operand");
    assert_eq!(
        one("ij->ii", &[2, 3]),
        "`einsum` of [2, 3]: `i` is twice on the right of `ij->ii`; once would be right"
    );
    assert_eq!(one("ijk", &[2, 3]), "`einsum` of [2, 3]: `ijk` names 3 axes, its operand [2, 3] has 2");
    assert_eq!(one("i", &[2, 3]), "`einsum` of [2, 3]: `i` names 1 axes, its operand [2, 3] has 2");
    assert_eq!(
        one("i3", &[2, 3]),
        "`einsum` of [2, 3]: `3` in `i3`; axes are letters a to z and A to Z, or `...`"
    );
    assert_eq!(
        one("i..", &[2, 3]),
        "`einsum` of [2, 3]: `.` in `i..`; axes are letters a to z and A to Z, or `...`"
    );
    assert_eq!(
        one("...i...", &[2, 3]),
        "`einsum` of [2, 3]: `...` is twice in `...i...`; once would be right"
    );
    assert_eq!(
        one("...i->i", &[2, 3]),
        "`einsum` of [2, 3]: `...i->i` sums over the axes under `...`; write `...` on the right too"
    );
    assert_eq!(
        one("ii", &[2, 3]),
        "`einsum` of [2, 3]: `i` is 3 long in `ii` and 2 before; it can have one length only"
    );
    assert_eq!(one("i,j", &[2]), "`einsum` of [2]: `i,j` describes 2 operands, 1 are given");
    let two = message([&[2, 3], &[4, 2]], |x| einsum("ij,jk->ik", x));
    assert_eq!(
        two,
        "`einsum` of [2, 3] and [4, 2]: `j` is 4 long in `jk` and 3 before; it can have one length only"
    );
    let none = message([&[2]], |_| einsum("", &[]));
    assert_eq!(none, "`einsum` of nothing: `` describes 1 operands, 0 are given");
    let long = message([&[1; 5], &[1; 4]], |x| einsum("abcde,fghi->abcdefghi", x));
    assert!(long.ends_with("the result would have 9 axes; an array has at most 8"), "{long}");
}

#[test]
fn random_numbers_need_a_key_and_a_rate_in_range() {
    let found = message([&[2; 8]], |x| Var::normal(x[0], [2]));
    assert!(found.ends_with("the result would have 9 axes; an array has at most 8"), "{found}");
    for rate in [1.0, -0.1, f64::NAN] {
        let found = message([&[2], &[]], |x| x[0].dropout(x[1], rate));
        assert!(found.ends_with(&format!("a rate of {rate}; from 0 to below 1 would be right")), "{found}");
    }
    let found = message([&[2], &[2]], |x| x[0].dropout(x[1], 0.5));
    assert_eq!(found, "`dropout` of [2] and [2]: the key has to be a scalar");
}

#[test]
fn windows_have_to_fit_into_images() {
    let found = message([&[3, 4, 4], &[1, 3, 2, 2]], |x| x[0].conv2d(x[1], [1, 1], [0, 0]));
    assert_eq!(found, "`conv2d` of [3, 4, 4] and [1, 3, 2, 2]: images [N, C, H, W] are needed");
    let found = message([&[1, 3, 4, 4], &[3, 2, 2]], |x| x[0].conv2d(x[1], [1, 1], [0, 0]));
    assert!(found.ends_with("a kernel [O, C, kh, kw] is needed"), "{found}");
    let found = message([&[1, 3, 4, 4], &[1, 2, 2, 2]], |x| x[0].conv2d(x[1], [1, 1], [0, 0]));
    assert!(found.ends_with("the images have 3 channels, the kernel has 2"), "{found}");
    let found = message([&[1, 1, 2, 2], &[1, 1, 5, 5]], |x| x[0].conv2d(x[1], [1, 1], [1, 1]));
    assert!(
        found.ends_with("a window of [5, 5] does not fit into [4, 4], the image with its padding"),
        "{found}"
    );
    let found = message([&[1, 1, 4, 4]], |x| x[0].max_pool([2, 2], [0, 1]));
    assert!(found.ends_with("a stride of [0, 1]; from 1 to 255 would be right"), "{found}");
    let found = message([&[1, 1, 400, 400]], |x| x[0].avg_pool([300, 2], [1, 1]));
    assert!(found.ends_with("a window size of [300, 2]; from 1 to 255 would be right"), "{found}");
}

#[test]
fn loops_check_their_rows_and_carries() {
    let found = message([&[2], &[3, 4]], |x| scan(5, x[0], Some(x[1]), &[], |carry, _, _| (carry, carry)).0);
    assert_eq!(found, "`scan` of [2] and [3, 4]: 5 steps need rows of shape [5, ...], found [3, 4]");
    let found = message([&[2]], |x| scan(5, x[0], None, &[], |carry, _, _| (carry.sum(..), carry)).0);
    assert_eq!(found, "`scan` of []: the next carry has to have the shape of the first, [2]");
    let found = message([&[4]], |x| scan(1 << 31, x[0], None, &[], |carry, _, _| (carry, carry)).1);
    assert!(found.ends_with("8589934596 numbers to return; at most 4294967295 are possible"), "{found}");
}

#[test]
fn a_loop_sees_no_variable_from_outside_that_is_not_shared() {
    let line = line!() + 1;
    let error = trace(2, |x| fold(5, x[0], None, &[], |y, _, _| y * x[1])).unwrap_err();
    let FunctionError::ForeignVar { location } = error else { panic!("{error}") };
    assert_eq!(location.line(), line);
    assert!(trace(2, |x| fold(5, x[0], None, &[x[1]], |y, _, shared| y * shared[0])).is_ok());
    let error = trace(2, |x| fold(5, x[0], None, &[], |_, _, _| x[1])).unwrap_err();
    assert!(matches!(error, FunctionError::ForeignVar { .. }), "{error}");
}
