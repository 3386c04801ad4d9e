//! The expression grammar: what text means, and what is said of text that means nothing.

use proptest::prelude::*;
use thalweg_function::{Executable, Expression, gradient};

use crate::support::{at, parsed};

fn value(text: &str) -> f64 {
    at(&parsed(text, &[]), &[])[0]
}

fn value_at(text: &str, x: f64) -> f64 {
    at(&parsed(text, &["x"]), &[x])[0]
}

#[test]
fn powers_bind_tighter_than_signs_and_to_the_right() {
    assert_eq!(value_at("-x^2", 3.0), -9.0);
    assert_eq!(value("2^3^2"), 512.0);
    assert_eq!(value("2^-1"), 0.5);
    assert_eq!(value("-2^2"), -4.0);
    assert_eq!(value("(-2)^2"), 4.0);
    assert_eq!(value_at("x^-2^2", 2.0), 1.0 / 16.0);
    assert_eq!(value("2^-x^2".replace('x', "2").as_str()), 1.0 / 16.0);
    assert_eq!(value("2^+3"), 8.0);
    assert_eq!(value("2^--3"), 8.0);
    assert_eq!(value("2^(1+2)*3"), 24.0);
    assert_eq!(value("2*3^2"), 18.0);
    assert_eq!(value("--2"), 2.0);
    assert_eq!(value("3 - -2"), 5.0);
    assert_eq!(value("2*-3"), -6.0);
    assert_eq!(value("+5"), 5.0);
}

#[test]
fn the_other_operators_group_from_the_left() {
    assert_eq!(value("10-4-3"), 3.0);
    assert_eq!(value("10-(4-3)"), 9.0);
    assert_eq!(value("100/5/2"), 10.0);
    assert_eq!(value("100/5*2"), 40.0);
    assert_eq!(value("1+2*3-4/2"), 5.0);
    assert_eq!(value("-2*3+1"), -5.0);
}

#[test]
fn numbers_and_constants_read_as_they_do_elsewhere() {
    assert_eq!(value("1e-8"), 1e-8);
    assert_eq!(value("2.5E+3"), 2500.0);
    assert_eq!(value(".5 + 5."), 5.5);
    assert_eq!(value("0.1"), 0.1);
    assert_eq!(value("pi"), std::f64::consts::PI);
    assert_eq!(value("e"), std::f64::consts::E);
    assert_eq!(value("1e400"), f64::INFINITY);
    assert_eq!(value(" 1\t+\n2 "), 3.0);
}

#[test]
fn functions_take_their_arguments_in_the_usual_order() {
    assert_eq!(value("pow(2, 3)"), 8.0);
    assert_eq!(value("atan2(1, 0)"), std::f64::consts::FRAC_PI_2);
    assert_eq!(value("hypot(3, 4)"), 5.0);
    assert_eq!(value("min(3, 1, 2)"), 1.0);
    assert_eq!(value("max(3, 1, 2, 7, 5)"), 7.0);
    assert_eq!(value("sign(-3) + abs(-3) + relu(-3)"), 2.0);
    assert_eq!(value("log1p(expm1(2))"), 2.0);
    let many = (0..1000).map(|k| (k * 7919 % 1000).to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(value(&format!("max({many}) - min({many})")), 999.0);
}

#[test]
fn variables_come_in_order_of_appearance_or_of_their_numbers() {
    let variables = |text: &str| Expression::parse(text).unwrap().variables().to_vec();
    assert_eq!(variables("y + x*y"), ["y", "x"]);
    assert_eq!(variables("x10 + x2 + x1"), ["x1", "x2", "x10"]);
    assert_eq!(variables("x10 + y + x2"), ["x10", "y", "x2"]);
    assert_eq!(variables("e + pi*sin(a)"), ["a"]);
    assert_eq!(variables("_a1 + größe"), ["_a1", "größe"]);
    assert!(variables("1 + 2").is_empty());
    let given = Expression::parse_with("x - y", Some(&["y", "z", "x"]), &[]).unwrap();
    assert_eq!(given.variables(), ["y", "z", "x"]);
    assert_eq!(at(given.program(), &[1.0, 100.0, 5.0]), [4.0]);
    assert_eq!(given.source(), "x - y");
}

#[test]
fn constants_can_be_set() {
    let f = Expression::parse_with("(a-x)^2 + b*(y-x^2)^2", None, &[("a", 1.5), ("b", -2.0)]).unwrap();
    assert_eq!(f.variables(), ["x", "y"]);
    assert_eq!(at(f.program(), &[1.0, 3.0]), [0.25 - 8.0]);
    let unused = Expression::parse_with("x", None, &[("a", 1.5)]).unwrap();
    assert_eq!(unused.variables(), ["x"]);
}

fn error(text: &str) -> String {
    Expression::parse(text).expect_err(text).to_string()
}

#[test]
fn broken_text_is_answered_with_the_column_what_was_found_and_what_would_be_right() {
    let operand = "expected a number, a name, a function or `(`";
    for (text, column, found) in [
        ("", 1, "the end"),
        ("   ", 4, "the end"),
        ("1 +", 4, "the end"),
        ("()", 2, "`)`"),
        ("* 2", 1, "`*`"),
        ("1 + / 2", 5, "`/`"),
        ("x^", 3, "the end"),
        ("x^*2", 3, "`*`"),
        ("sin(", 5, "the end"),
        ("max(1,)", 7, "`)`"),
        ("-", 2, "the end"),
        (")", 1, "`)`"),
    ] {
        assert_eq!(error(text), format!("column {column}: found {found}, {operand}"), "{text}");
    }
    for (text, message) in [
        ("(1 + 2", "column 7: found the end, expected `)` or an operator"),
        ("1 + 2)", "column 6: found `)`, expected an operator or the end"),
        ("((x)", "column 5: found the end, expected `)` or an operator"),
        ("sin(x", "column 6: found the end, expected `,`, `)` or an operator"),
        ("x, y", "column 2: found `,`, expected an operator or the end"),
        ("2x", "column 2: found `x`, expected an operator or the end"),
        ("2(x)", "column 2: found `(`, expected an operator or the end"),
        ("x y", "column 3: found `y`, expected an operator or the end"),
        ("x**2", "column 2: found `**`; a power is written `^`"),
        ("x # y", "column 3: found `#`, expected a number, a name, a parenthesis or one of + - * / ^"),
        ("größe = 1", "column 7: found `=`, expected a number, a name, a parenthesis or one of + - * / ^"),
        ("1.2.3", "column 1: found `1.2.3`, expected a number such as 0.1 or 1e-8"),
        ("1e5.5", "column 4: found `0.5`, expected an operator or the end"),
        ("sin", "column 1: the function `sin` needs its arguments in parentheses: sin(...)"),
        ("2*sin x", "column 3: the function `sin` needs its arguments in parentheses: sin(...)"),
        ("1 + sin()", "column 5: `sin` takes one argument, found 0"),
        ("1 + sin(x, y)", "column 5: `sin` takes one argument, found 2"),
        ("atan2(x)", "column 1: `atan2` takes 2 arguments, found 1"),
        ("pow(1, 2, 3)", "column 1: `pow` takes 2 arguments, found 3"),
        ("max(x)", "column 1: `max` takes 2 arguments or more, found 1"),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
}

#[test]
fn misspelt_functions_are_answered_with_a_suggestion() {
    let message = error("1 + sine(x)");
    assert!(
        message.starts_with("column 5: unknown function `sine` (did you mean `sin`?); known: abs sign"),
        "{message}"
    );
    assert!(error("qqqq(x)").starts_with("column 1: unknown function `qqqq`; known: "));
    assert!(error("ln(x)").contains("`log`"), "{}", error("ln(x)"));
    assert!(error("arcsin(x)").contains("`asin`"), "{}", error("arcsin(x)"));
}

#[test]
fn unknown_variables_are_answered_with_those_there_are() {
    let with = |text: &str, variables: &[&str]| {
        Expression::parse_with(text, Some(variables), &[("rate", 1.0)]).expect_err(text).to_string()
    };
    assert_eq!(with("x + z", &["x", "y"]), "column 5: unknown variable `z`; the variables are x, y");
    assert_eq!(
        with("x + widht", &["x", "width"]),
        "column 5: unknown variable `widht` (did you mean `width`?); the variables are x, width"
    );
    assert!(with("rat*x", &["x"]).contains("(did you mean `rate`?)"));
    assert!(with("x(2)", &["x"]).ends_with("`x` is a variable; a product is written `x*(...)`"));
    assert_eq!(with("x", &[]), "column 1: unknown variable `x`; there are none");
}

#[test]
fn names_may_not_collide() {
    let with = |variables: &[&str], constants: &[(&str, f64)]| {
        Expression::parse_with("1", Some(variables), constants).unwrap_err().to_string()
    };
    assert_eq!(with(&["x", "x"], &[]), "column 1: the variable or constant `x` is named twice");
    assert_eq!(with(&["x"], &[("x", 1.0)]), "column 1: the variable or constant `x` is named twice");
    for taken in ["sin", "pi", "e"] {
        let message = format!(
            "column 1: the variable or constant `{taken}` is already the name of a function or constant"
        );
        assert_eq!(with(&[taken], &[]), message);
        assert_eq!(with(&[], &[(taken, 1.0)]), message);
    }
    for wrong in ["", "1x", "a b", "x+y", "a-b"] {
        let message = format!(
            "column 1: the variable or constant `{wrong}` is not a name: a letter, then letters, digits or _"
        );
        assert_eq!(with(&[wrong], &[]), message);
    }
}

#[test]
fn columns_count_characters_not_bytes() {
    assert!(error("äöü + + * 1").starts_with("column 9: "));
    assert!(error("α^2 + β$").starts_with("column 8: "));
}

/// Runs on a thread with the stack that test threads have, whatever `RUST_MIN_STACK` says.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap();
    thread.join().unwrap();
}

#[test]
fn an_expression_of_a_million_operations_is_parsed_differentiated_and_run() {
    on_a_small_stack(|| {
        let terms: Vec<_> = (0..200_000).map(|k| format!("{}*x^2", f64::from(k) * 0.5)).collect();
        let f = Expression::parse(&terms.join(" + ")).unwrap();
        assert!(f.program().len() >= 999_999, "{}", f.program().len());
        let mut slope = [0.0];
        let program = gradient(f.program()).unwrap();
        Executable::<f64>::new(&program).unwrap().run(&[3.0], &mut slope).unwrap();
        // Σ k/2·2x for k below n is x·n(n − 1)/2.
        let expected = 3.0 * 199_999.0 * 100_000.0;
        assert!((slope[0] / expected - 1.0).abs() < 1e-9, "{} {expected}", slope[0]);
    });
}

#[test]
fn deep_nesting_is_refused_not_a_stack_overflow() {
    on_a_small_stack(|| {
        let n = 100_000;
        let deep = |message: String| assert!(message.contains("nested more than"), "{message}");
        deep(error(&("(".repeat(n) + "x" + &")".repeat(n))));
        deep(error(&"(".repeat(n)));
        deep(error(&("sin(".repeat(n) + "x" + &")".repeat(n))));
        deep(error(&(vec!["2"; n].join("^"))));
        deep(error(&(vec!["2"; n].join("^-"))));
        deep(error(&"max(1, ".repeat(n)));
        deep(error(&"(x+".repeat(n)));
        assert_eq!(value_at(&("-".repeat(n) + "x"), 2.0), 2.0);
        assert_eq!(value_at(&("-".repeat(n + 1) + "x"), 2.0), -2.0);
        assert_eq!(value_at(&("x^".to_owned() + &"-".repeat(n) + "2"), 3.0), 9.0);
        assert_eq!(value_at(&vec!["x"; n].join("-"), 1.0), 2.0 - n as f64);
        assert_eq!(value_at(&vec!["x"; n].join("/"), 1.0), 1.0);
    });
}

#[test]
fn nesting_as_people_write_it_is_allowed() {
    let n = 200;
    assert_eq!(value_at(&("(".repeat(n) + "x" + &")".repeat(n)), 2.0), 2.0);
    assert_eq!(value_at(&vec!["x"; n].join("^"), 1.0), 1.0);
    assert_eq!(value_at(&("abs(-".repeat(n) + "x" + &")".repeat(n)), 2.0), 2.0);
}

/// Reads the text, and where that works also differentiates and runs it: none of it may panic.
fn survive(text: &str) {
    let Ok(expression) = Expression::parse(text) else { return };
    let program = expression.program();
    let x = vec![0.5; program.input_count()];
    assert_eq!(at(program, &x).len(), 1);
    assert_eq!(at(&gradient(program).unwrap(), &x).len(), x.len());
    assert!(program.to_string().ends_with('\n'));
}

proptest! {
    #![proptest_config(crate::support::cases(2000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn no_sequence_of_grammar_pieces_makes_anything_panic(pieces in prop::collection::vec(piece(), 0..24)) {
        survive(&pieces.concat());
        survive(&pieces.join(" "));
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "x", "y", "x1", "x2", "0", "1", "2", "0.5", "1e300", "1e-320", "1e", "1.", ".", "pi", "e", "+", "-",
        "-", "*", "/", "^", "^", "(", "(", ")", ")", ",", "sin(", "log(", "sqrt(", "max(", "min(", "atan2(",
        "pow(", "abs", "nosuch(", " ", "**", "#", "ä",
    ])
}
