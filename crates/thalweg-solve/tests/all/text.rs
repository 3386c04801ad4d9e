//! What is printed parses again to the same thing.

use thalweg_solve::{Bounds, Constraint, Method, Status};

#[test]
fn printed_methods_parse_to_themselves() {
    for text in [
        "newton",
        "newton(lr=0.01, damping=1e-12)",
        "newton(absolute=true)",
        "curvature_scaled",
        "curvature_scaled(lr=0.2, by=sum, estimate=power, iterations=7, eps=1e-9)",
        "curvature_scaled(by=condition, estimate=power)",
        "adam(lr=0.1)",
        "sqp(hessian=bfgs)",
        "interior_point(mu=1)",
        "interior_point(update=monotone)",
        "augmented_lagrangian(inner=lbfgs, penalty=10)",
        "clip_by_global_norm(1.0) | sgd(lr=0.1, momentum=0.9)",
    ] {
        let method: Method = text.parse().unwrap();
        assert_eq!(method.to_string().parse::<Method>().unwrap(), method, "{text}");
    }
    assert_eq!(Method::default().to_string().parse::<Method>().unwrap(), Method::default());
}

#[test]
fn every_listed_method_has_a_name_that_begins_its_signature() {
    let entries = Method::entries();
    assert!(entries.iter().any(|e| e.name == "adam") && entries.iter().any(|e| e.name == "newton"));
    for entry in entries.iter().chain(&Constraint::entries()) {
        assert!(entry.signature.starts_with(entry.name) && !entry.summary.is_empty());
    }
}

#[test]
fn suggestions_come_from_rules_and_methods_alike() {
    for (wrong, right) in [("newtn", "newton"), ("curvature_scale", "curvature_scaled"), ("adm", "adam")] {
        let error = wrong.parse::<Method>().unwrap_err().to_string();
        assert!(error.contains(&format!("did you mean `{right}`?")), "{error}");
        assert!(error.contains("sgd") && error.contains("newton"), "{error}");
    }
}

#[test]
fn bad_methods_are_pointed_at() {
    for (text, part) in [
        ("newton(damping=-1)", "damping must be finite and at least 0, found -1"),
        ("newton(dampning=1)", "did you mean `damping`?"),
        ("curvature_scaled(by=min)", "must be one of max, sum, condition, found min"),
        ("clip_by_global_norm(1.0) | newton", "column 28"),
        ("clip_by_global_norm(1.0) | newton", "stands alone"),
        ("curvature_scaled(iterations=0)", "whole number from 1"),
    ] {
        let error = text.parse::<Method>().unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn printed_constraints_and_bounds_parse_to_themselves() {
    let variables = ["x".to_owned(), "y".to_owned()];
    for text in [
        "box(-1, 1)",
        "box(low=[-1, 0], high=[1, inf])",
        "box(low=0)",
        "sphere",
        "sphere(radius=2.5)",
        "multiplier(\"x + y - 1\", init=0.5, lr=0.2)",
        "x*y >= 25",
        "1 <= x + y <= 3",
        "x^2 + y^2 = 1",
    ] {
        let constraint = Constraint::parse(text, &variables).unwrap();
        assert_eq!(Constraint::parse(&constraint.to_string(), &variables).unwrap(), constraint, "{text}");
    }
    for text in ["-1..1", "-inf..inf", " 0.5 .. 1e3 ,-2..-1"] {
        let bounds: Bounds = text.parse().unwrap();
        assert_eq!(bounds.to_string().parse::<Bounds>().unwrap(), bounds, "{text}");
    }
}

#[test]
fn bad_bounds_are_pointed_at() {
    for (text, column, found) in
        [("1", 1, "`1`"), ("0..1, 2..1", 7, "`2..1`"), ("0..1,", 6, "nothing"), ("a..b", 1, "`a..b`")]
    {
        let error = text.parse::<Bounds>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("column {column}: found {found}")), "{error}");
    }
}

#[test]
fn constants_of_the_caller_reach_a_multiplier() {
    let held = Constraint::parse_with("multiplier(\"x - a\")", &["x".to_owned()], &[("a", 1.5)]).unwrap();
    let Constraint::Multiplier(held) = held else { panic!("not a multiplier") };
    let mut c = thalweg_function::Executable::<f64>::new(&held.function).unwrap();
    let mut value = [0.0];
    c.run(&[2.0], &mut value).unwrap();
    assert_eq!(value, [0.5]);
}

#[test]
fn statuses_have_the_names_of_the_contract() {
    let names = [
        Status::ConvergedGradient,
        Status::ConvergedValue,
        Status::ConvergedStep,
        Status::MaxSteps,
        Status::MaxSeconds,
        Status::Diverged,
        Status::LineSearchFailed,
        Status::Interrupted,
        Status::Infeasible,
    ]
    .map(Status::as_str);
    assert_eq!(
        names.join(" "),
        "converged_gradient converged_value converged_step max_steps max_seconds diverged line_search_failed interrupted infeasible"
    );
}
