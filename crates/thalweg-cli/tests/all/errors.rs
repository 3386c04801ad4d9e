//! What is wrong is said with its place, what was found and what would be right; exit code 2 or 1.

use crate::support::{folder, run, run_in};

/// The command line is refused with code 2, and standard error says these things.
fn refused(arguments: &[&str], says: &[&str]) {
    let ran = run(arguments);
    assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
    assert_eq!(ran.out, "", "{arguments:?}");
    for text in says {
        assert!(ran.err.contains(text), "{arguments:?}: `{text}` is not in\n{}", ran.err);
    }
}

#[test]
fn misspelt_names_get_a_suggestion() {
    refused(&["minimize", "rosenbrok"], &["did you mean `rosenbrock`?", "known:"]);
    refused(&["minimize", "akley(dim=3)"], &["did you mean `ackley`?"]);
    refused(&["minimize", "quadratic(eigenvals=[1, 2])"], &["did you mean `eigenvalues`?", "column 11"]);
    refused(
        &["minimize", "x^2", "--start", "1", "--optimizer", "adm"],
        &["--optimizer", "did you mean `adam`?"],
    );
    refused(&["minimize", "sphere", "--optimizer", "adam(bta1=0.5)"], &["column 6", "did you mean `beta1`?"]);
    refused(
        &["minimize", "sphere", "--optimizer", "sgd(lr=cosin(init=1, steps=2))"],
        &["did you mean `cosine`?"],
    );
    refused(&["minimize", "sphere", "--constraint", "sphre"], &["did you mean `sphere`?"]);
    refused(&["minimize", "snh(x)+1", "--start", "1"], &["column 1", "did you mean `sinh`?"]);
    refused(&["minimize", "alpha^2", "--vars", "alpha", "--start", "alpa=1"], &["did you mean `alpha`?"]);
    refused(&["minimze", "sphere"], &["minimize"]);
    refused(&["minimize", "sphere", "--optimiser", "adam"], &["--optimizer"]);
    refused(&["list", "optimisers"], &["optimizers"]);
    refused(&["plot", "cosin(init=0.1, steps=9)"], &["unknown schedule `cosin`", "did you mean `cosine`?"]);
    refused(&["plot", "cosine(inti=0.1, steps=9)"], &["column 8", "did you mean `init`?"]);
    refused(&["plot", "warmup(5, linaer(1, 9))"], &["did you mean `linear`?"]);
}

#[test]
fn broken_expressions_are_refused_with_the_column_and_a_caret_under_it() {
    refused(&["minimize", "(x^2 + 1", "--start", "1"], &["column 9", "expected `)`", "\n          ^\n"]);
    refused(&["minimize", "x^2)", "--start", "1"], &["column 4", "  x^2)\n     ^"]);
    refused(&["minimize", "", "--start", "1"], &["found nothing"]);
    refused(&["minimize", "   "], &["found nothing"]);
    refused(&["minimize", "x + * y", "--start", "1,2"], &["column 5", "found `*`"]);
    refused(&["minimize", "2 + 3"], &["no variables"]);
    refused(&["minimize", "rosenbrock + x", "--start", "1,2"], &["`rosenbrock` is a landscape"]);
    refused(&["minimize", "x*z", "--vars", "x,y", "--start", "1,2"], &["unknown variable `z`"]);
    refused(&["minimize", "x^2", "--let", "a", "--start", "1"], &["--let", "expected name=number"]);
    refused(&["minimize", "rosenbrock", "--let", "a=1"], &["--let is for expressions"]);
}

#[test]
fn options_of_functions_and_of_schedules_are_not_mixed() {
    refused(&["plot", "cosine(0.1, 9)", "--box", "0..1"], &["--box is for functions"]);
    refused(&["plot", "cosine(0.1, 9)", "--let", "a=1"], &["--let is for functions"]);
    refused(&["plot", "x^2", "--steps", "9"], &["--steps is for schedules"]);
    refused(&["plot", "x^2", "--out", "x.csv"], &["one of .html .svg .png"]);
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
    let deep = format!("{}x{}", "(".repeat(50_000), ")".repeat(50_000));
    refused(&["minimize", &deep, "--start", "1"], &["nested more than"]);
    let lists = format!("quadratic(matrix={}1{})", "[".repeat(40_000), "]".repeat(40_000));
    refused(&["minimize", &lists], &["nesting"]);
}

#[test]
fn a_million_node_expression_is_minimised() {
    let folder = folder();
    let terms = vec!["x^2"; 330_000];
    std::fs::write(folder.path().join("long.txt"), terms.join("+")).expect("a file");
    let ran =
        run_in(folder.path(), &["minimize", "@long.txt", "--start", "1", "-o", "newton", "--steps", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("x^2+x^2"));
}

#[test]
fn points_must_have_as_many_finite_coordinates_as_there_are_variables() {
    refused(&["minimize", "x^2+y^2", "--start", "1"], &["found 1 coordinates", "expected 2: x, y"]);
    refused(&["minimize", "x^2+y^2", "--start", "1,2,3"], &["found 3 coordinates"]);
    refused(&["minimize", "x^2+y^2", "--start", "1,NaN"], &["y: NaN is NaN"]);
    refused(&["minimize", "x^2+y^2", "--start", "inf,0"], &["x: inf is inf"]);
    refused(&["minimize", "x^2+y^2", "--start", "1,z"], &["found `z`"]);
    refused(&["analyze", "rosenbrock", "--at", "1"], &["--at", "found 1 coordinates"]);
    refused(&["minimize", "x^2"], &["--start 1"]);
    refused(&["minimize", "x^2", "--starts", "5"], &["--box -3..3"]);
    refused(&["minimize", "sphere", "--starts", "0"], &["--starts must be at least 1"]);
    refused(&["minimize", "sphere", "--starts", "5", "--start", "1,1"], &["cannot be used with"]);
}

#[test]
fn boxes_and_bounds_must_be_intervals() {
    refused(&["minimize", "sphere", "--bounds", "1..-1"], &["--bounds", "the lower end first"]);
    refused(&["minimize", "sphere", "--bounds", "-1..1,0..1,0..1"], &["found 3 intervals", "2 variables"]);
    refused(
        &["minimize", "sphere", "--starts", "3", "--box", "-3:3"],
        &["--box", "an interval such as -1..1"],
    );
    refused(&["minimize", "sphere", "--starts", "3", "--box", "0..inf"], &["infinite"]);
    refused(&["plot", "sphere", "--box", "0..inf"], &["finite ends"]);
}

#[test]
fn options_outside_their_range_are_refused() {
    refused(
        &["minimize", "sphere", "--optimizer", "sgd(lr=-0.1)"],
        &["lr must be finite and at least 0, found -0.1"],
    );
    refused(
        &["minimize", "sphere", "--optimizer", "adam(beta1=1)"],
        &["beta1 must be at least 0 and below 1"],
    );
    refused(&["minimize", "sphere", "--optimizer", "adam(beta2=1.5)"], &["beta2", "found 1.5"]);
    refused(&["minimize", "sphere", "--optimizer", "adam(lr=0.1"], &["column 12", "expected `,` or `)`"]);
    refused(&["minimize", "sphere", "--optimizer", ""], &["expected a name"]);
    refused(&["minimize", "sphere", "--steps", "0"], &["--steps must be at least 1"]);
    refused(&["minimize", "sphere", "--steps", "-5"], &["whole number"]);
    refused(&["minimize", "sphere", "--grad-tol", "-1"], &["--grad-tol must be finite and at least 0"]);
    refused(&["minimize", "sphere", "--noise", "NaN"], &["--noise"]);
    refused(&["minimize", "sphere", "--threads", "0"], &["--threads must be at least 1"]);
    refused(
        &["minimize", "sphere", "--bounds", "-1..1", "--constraint", "sphere"],
        &["cannot be kept together"],
    );
    refused(&["plot", "rosenbrock(dim=3)"], &["3 variables"]);
}

#[test]
fn files_that_cannot_be_written_end_with_code_1_the_path_and_the_reason_before_the_run() {
    for ending in ["json", "csv", "html", "svg", "png"] {
        let path = format!("nowhere/result.{ending}");
        let ran = run(&["minimize", "rosenbrock", "--steps", "1e12", "--out", &path]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
        assert!(ran.err.contains(&path) && ran.err.contains("No such file or directory"), "{}", ran.err);
    }
    refused(&["minimize", "sphere", "--out", "result.txt"], &["result.txt", ".json .csv .html .svg .png"]);
    refused(&["minimize", "sphere", "--out", "result"], &["ending"]);
    refused(&["plot", "sphere", "--out", "plot.csv"], &[".html .svg .png"]);
    let ran = run(&["minimize", "@nowhere.txt", "--start", "1"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nowhere.txt: No such file"), "{}", ran.err);
}

#[test]
fn a_file_that_was_there_is_kept_when_the_command_line_is_wrong() {
    let folder = folder();
    let path = folder.path().join("old.json");
    std::fs::write(&path, "old").expect("a file");
    assert_eq!(run_in(folder.path(), &["minimize", "sphere", "--steps", "0", "--out", "old.json"]).code, 2);
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "old");
}

#[test]
fn a_run_that_diverges_is_a_result_with_a_warning() {
    let ran = run(&["minimize", "x^4", "--start", "10", "--optimizer", "sgd(lr=1)", "--json"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("\"status\":\"diverged\""));
    assert!(ran.err.starts_with("warning: ") && ran.err.contains("diverged after"), "{}", ran.err);
}

#[test]
fn a_start_where_the_function_is_not_a_number_is_said_to_be_one() {
    let ran = run(&["minimize", "sqrt(x)", "--start", "-4"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("not a finite number at the start (-4)"), "{}", ran.err);
}

#[test]
fn a_grid_beyond_the_limit_is_refused_with_its_cost() {
    refused(
        &["grid", "rosenbrock(dim=8)", "--points", "100"],
        &["100^8 = 10000000000000000 points", "--force"],
    );
    let small = run(&["grid", "rosenbrock", "--points", "11"]);
    assert!(small.err.contains("11^2 = 121 points"), "{}", small.err);
}
