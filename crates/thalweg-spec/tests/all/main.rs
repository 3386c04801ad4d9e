//! The grammar from outside: what it reads, what it prints, what it says of wrong text.

use proptest::prelude::*;
use thalweg_spec::{Options, SpecError, Value, parse_call, parse_chain};

fn message(result: Result<impl std::fmt::Debug, SpecError>) -> String {
    result.expect_err("should be refused").to_string()
}

#[test]
fn a_chain_keeps_names_arguments_and_order() {
    let chain = parse_chain("clip(1) | adam(lr=cosine(init=0.1, steps=100), amsgrad=true)").unwrap();
    assert_eq!(chain.len(), 2);
    assert_eq!(chain[0].arguments[0].value, Value::Number(1.0));
    let Value::Call(schedule) = &chain[1].arguments[0].value else { panic!("a nested call") };
    assert_eq!(schedule.name, "cosine");
    assert_eq!(chain[1].arguments[1].value, Value::Flag(true));
    assert_eq!(chain[1].column, 11);
}

#[test]
fn numbers_print_as_briefly_as_they_read_back() {
    for (text, printed) in [("f(1.0)", "f(1)"), ("f(1E-8)", "f(1e-8)"), ("f([1.50, -inf])", "f([1.5, -inf])")]
    {
        assert_eq!(parse_call(text).unwrap().to_string(), printed);
    }
}

#[test]
fn syntax_errors_name_column_found_and_expected() {
    assert_eq!(message(parse_call("")), "column 1: found the end, expected a name");
    assert_eq!(message(parse_call("adam(lr=0.1")), "column 12: found the end, expected `,` or `)`");
    assert_eq!(
        message(parse_call("adam(lr=1.2.3)")),
        "column 9: found `1.2.3`, expected a number such as 0.1 or 1e-8"
    );
    assert_eq!(message(parse_chain("adam)")), "column 5: found `)`, expected `|` or the end");
}

#[test]
fn unknown_options_come_with_a_suggestion() {
    let call = parse_call("adam(bta1=0.9)").unwrap();
    let text = message(Options::of(&call, "optimiser", &["lr", "beta1"]));
    assert_eq!(text, "column 6: `adam` has no option `bta1` (did you mean `beta1`?); its options: lr, beta1");
}

#[test]
fn wrong_types_and_ranges_are_named() {
    let call = parse_call("adam(lr=-1, beta1=[0.9])").unwrap();
    let options = Options::of(&call, "optimiser", &["lr", "beta1"]).unwrap();
    assert_eq!(
        message(options.number_where("lr", 0.1, "at least 0", |x| x >= 0.0)),
        "column 6: `adam`: lr must be at least 0, found -1"
    );
    assert_eq!(message(options.number("beta1")), "column 13: `adam`: beta1 must be a number, found [0.9]");
}

#[test]
fn deep_nesting_is_refused_not_overflowed() {
    let text = format!("f({}", "[".repeat(100_000));
    assert!(message(parse_call(&text)).contains("levels of nesting"));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<f64>().prop_filter("NaN is not equal to itself", |x| !x.is_nan()).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Flag),
        "[ -!#-~]{0,12}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::List))
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        let _ = parse_chain(&text);
    }

    #[test]
    fn text_of_grammar_pieces_never_panics(pieces in prop::collection::vec(
        prop::sample::select(vec!["adam", "(", ")", "[", "]", ",", "=", "|", "1", "-", "e", ".", "\"", "true", " "]), 0..40)) {
        let _ = parse_chain(&pieces.concat());
    }

    #[test]
    fn what_is_printed_parses_to_the_same_thing(values in prop::collection::vec(value(), 0..5)) {
        let mut call = thalweg_spec::Call::new("thing");
        for (i, value) in values.into_iter().enumerate() {
            call = call.with(&format!("key{i}"), value);
        }
        let again = parse_call(&call.to_string()).unwrap();
        prop_assert_eq!(again.to_string(), call.to_string());
        for (a, b) in again.arguments.iter().zip(&call.arguments) {
            prop_assert_eq!(&a.value, &b.value);
        }
    }
}
