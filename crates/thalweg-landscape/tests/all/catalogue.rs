//! What parses, what is printed, what is refused and how.

use proptest::prelude::*;
use thalweg_landscape::{Landscape, entries};

use crate::{SPECS, landscape, value_at};

fn refusal(spec: &str) -> String {
    Landscape::parse(spec).expect_err(spec).to_string()
}

#[test]
fn a_printed_spec_is_the_one_that_was_read() {
    for spec in SPECS {
        assert_eq!(landscape(spec).to_string(), spec);
    }
}

#[test]
fn a_printed_default_parses_to_the_same_function() {
    for entry in entries() {
        let default = landscape(entry.name);
        let again = landscape(&default.to_string());
        assert_eq!(default.program(), again.program(), "{}", entry.name);
        assert_eq!(default.to_string(), again.to_string());
        assert_eq!(landscape(entry.signature).to_string(), default.to_string());
    }
}

#[test]
fn every_entry_is_described_and_has_a_name_of_its_own() {
    for (i, entry) in entries().iter().enumerate() {
        let texts = [entry.signature, entry.formula, entry.summary, entry.source];
        assert!(texts.iter().all(|text| !text.is_empty() && !text.contains('\n')), "{}", entry.name);
        assert!(entries()[..i].iter().all(|other| other.name != entry.name), "{}", entry.name);
    }
}

#[test]
fn box_start_minima_and_variables_have_one_dimension() {
    for spec in SPECS {
        let landscape = landscape(spec);
        let dim = landscape.dim();
        assert_eq!(landscape.bounds().len(), dim, "{spec}");
        assert_eq!(landscape.program().input_count(), dim, "{spec}");
        assert_eq!(landscape.variables().last(), Some(&format!("x{dim}")), "{spec}");
        let inside = |x: &[f64]| {
            x.len() == dim && x.iter().zip(landscape.bounds()).all(|(x, (low, high))| low < x && x < high)
        };
        assert!(inside(landscape.start()), "{spec}: start");
        assert!(landscape.minima().iter().all(|minimum| inside(&minimum.x)), "{spec}: minima");
    }
}

#[test]
fn options_may_be_given_by_position() {
    assert_eq!(landscape("rosenbrock(4, even)").to_string(), "rosenbrock(dim=4, variant=even)");
    assert_eq!(landscape("wells(3, 4, 5)").to_string(), "wells(wells=3, dim=4, seed=5)");
    assert_eq!(landscape("rosenbrock(variant=chained)").to_string(), "rosenbrock(dim=2)");
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_one() {
    assert_eq!(
        refusal("rosenbrok"),
        "unknown function `rosenbrok` (did you mean `rosenbrock`?); known: sphere, ellipse, saddle, quadratic, rosenbrock, \
         beale, himmelblau, rastrigin, ackley, wells, and the sets of test problems"
    );
    assert_eq!(
        refusal("ackley(dims=3)"),
        "column 8: `ackley` has no option `dims` (did you mean `dim`?); its options: dim"
    );
    assert_eq!(refusal("beale(dim=2)"), "column 7: `beale` has no option `dim`; its options: none");
}

#[test]
fn a_dimension_out_of_range_is_answered_with_the_range() {
    let range = "must be a whole number from 1 to 100000, found 0";
    assert_eq!(refusal("sphere(dim=0)"), format!("column 8: `sphere`: dim {range}"));
    assert!(refusal("rosenbrock(dim=1)").ends_with("from 2 to 100000, found 1"));
    assert!(refusal("ackley(dim=2.5)").ends_with("found 2.5"));
    assert!(refusal("rastrigin(dim=inf)").ends_with("found inf"));
    assert!(refusal("wells(wells=0)").ends_with("wells must be a whole number from 1 to 1000, found 0"));
    assert!(
        refusal("wells(seed=-1)").ends_with("seed must be a whole number from 0 to 4294967295, found -1")
    );
    assert_eq!(
        refusal("rosenbrock(dim=3, variant=even)"),
        "column 12: `rosenbrock`: dim must be even for variant=even, found 3"
    );
    assert!(refusal("rosenbrock(variant=odd)").ends_with("variant must be one of chained, even, found odd"));
}

#[test]
fn a_matrix_that_makes_no_quadratic_is_refused_with_the_reason() {
    assert_eq!(
        refusal("quadratic(matrix=[[1, 2], [3, 4]])"),
        "column 11: `quadratic`: matrix must be symmetric, found 2 in row 1, column 2 and 3 in row 2, column 1"
    );
    assert!(refusal("quadratic(matrix=[[1, 2]])").ends_with("matrix must be square, found 1 row of 2"));
    assert!(refusal("quadratic(matrix=[[]])").ends_with("matrix must be square, found 1 row of 0"));
    assert!(
        refusal("quadratic(matrix=[[inf]])").ends_with("matrix must be finite, found inf in row 1, column 1")
    );
    assert!(
        refusal("quadratic(matrix=[1])").ends_with("must be a matrix such as [[1, 0], [0, 2]], found [1]")
    );
    assert!(refusal("quadratic(angle=1, matrix=[[1]])").contains("angle says what matrix says already"));
    assert!(refusal("quadratic(eigenvalues=[1], matrix=[[1]])").contains("eigenvalues says"));
}

#[test]
fn eigenvalues_that_make_no_quadratic_are_refused_with_the_reason() {
    assert!(refusal("quadratic(eigenvalues=[])").ends_with("at least one number, as in [1, 6], found []"));
    assert!(refusal("quadratic(eigenvalues=[1, inf])").ends_with("eigenvalues must be finite, found inf"));
    assert!(
        refusal("quadratic(eigenvalues=[1, 2, 3], angle=1)")
            .contains("with 3 eigenvalues it must be 0, found 1")
    );
    assert!(refusal("quadratic(angle=inf)").ends_with("angle must be finite, found inf"));
}

#[test]
fn a_hundred_variables_work() {
    assert_eq!(value_at(&landscape("rosenbrock(dim=100)"), &[0.0; 100]), 99.0);
    let ackley = landscape("ackley(dim=100)");
    // All cosines are 1 at whole numbers: 20 (1 − exp(−0.2)).
    assert!((value_at(&ackley, &[1.0; 100]) - 3.6253849384403627).abs() < 1e-14);
    assert_eq!(ackley.variables()[99], "x100");
}

proptest! {
    #[test]
    fn arbitrary_text_is_read_or_refused_without_a_panic(text in ".{0,60}") {
        let _ = Landscape::parse(&text);
    }

    #[test]
    fn what_looks_like_a_landscape_is_refused_or_printed_as_it_parses(
        name in prop::sample::select(entries().iter().map(|entry| entry.name).collect::<Vec<_>>()),
        options in prop::collection::vec(
            "(dim|wells|seed|variant|angle|eigenvalues|matrix|)=?(even|-?[0-9]{1,3}|0\\.5|inf|\\[\\]|\\[\\[1, 0\\], \\[0, -?2\\]\\]|\\[1, 2, 3\\])",
            0..3,
        ),
    ) {
        if let Ok(landscape) = Landscape::parse(&format!("{name}({})", options.join(", "))) {
            let printed = landscape.to_string();
            prop_assert_eq!(Landscape::parse(&printed).unwrap().to_string(), printed);
        }
    }
}
