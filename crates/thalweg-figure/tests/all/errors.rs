//! What is said about bad input.

use thalweg_figure::{
    Arrows, Axis, Confusion, Contours, Curve, Error, Field, Figure, Fit, Fitted, GradientField, Image,
    Images, Losses, Page, Starts, Table, Trace,
};

use crate::samples::{field, rosenbrock};

fn message(figure: impl Into<Figure>) -> String {
    figure.into().to_svg(400, 400).unwrap_err().to_string()
}

fn losses() -> Losses {
    Losses { curves: vec![Curve::over_steps("run", vec![2.0, 1.0])], ..Losses::default() }
}

#[test]
fn lists_of_different_lengths_are_named_with_both_lengths() {
    let short = Trace { label: "sgd".into(), points: vec![[0.0; 2]; 5], values: vec![0.0; 4] };
    let contours = Contours { field: field(rosenbrock), traces: vec![short], ..Contours::default() };
    assert_eq!(
        message(contours),
        "trace 'sgd': values has 4 entries where 5 are needed (one for each point)"
    );
    let mut torn = field(rosenbrock);
    torn.values.pop();
    assert_eq!(
        message(Contours { field: torn, ..Contours::default() }),
        "contours: field: values has 1270 entries where 1271 are needed (41 columns times 31 rows)"
    );
    let arrows = Arrows { points: vec![[0.0; 2]], directions: vec![[1.0; 2]; 2], values: vec![0.0] };
    assert!(
        message(GradientField { field: field(rosenbrock), arrows, ..GradientField::default() })
            .starts_with("arrows: directions has 2 entries where 1 are needed")
    );
    let fits =
        vec![Fitted { label: "line".into(), x: vec![0.0, 1.0], iterations: vec![3], y: vec![vec![0.0]] }];
    assert_eq!(
        message(Fit { data: vec![[0.0; 2]], fits, ..Fit::default() }),
        "fitted curve 'line': y of iteration 3 has 1 entries where 2 are needed (one for each x)"
    );
    let curve = Curve { label: "run".into(), x: vec![0.0], y: vec![] };
    assert!(
        message(Losses { curves: vec![curve], ..Losses::default() }).contains("curve 'run': y has 0 entries")
    );
}

#[test]
fn empty_data_and_axes_without_length_are_refused() {
    assert_eq!(message(Losses::default()), "losses: curves is empty; give at least 1");
    let starts = Starts { field: field(rosenbrock), runs: vec![Trace::default()], ..Starts::default() };
    assert_eq!(message(starts), "starts: run 0 is empty; give at least 1");
    assert!(matches!(Page::default().to_html(), Err(Error::Empty { figure: "page", .. })));
    let flat = Field::sample(Axis::new("x", 1.0, 1.0, 5), Axis::new("y", 0.0, 1.0, 5), |x, _| x);
    assert_eq!(
        message(Contours { field: flat, ..Contours::default() }),
        "axis 'x' goes from 1 to 1 in 5 points; it needs finite ends with min < max and at least 2 points"
    );
}

#[test]
fn pictures_of_another_size_and_matrices_that_are_not_square_are_refused() {
    let image = |width, count| Image { width, pixels: vec![0.5; count], ..Image::default() };
    let images = |images| message(Images { images, ..Images::default() });
    assert_eq!(
        images(vec![image(4, 16), image(4, 12)]),
        "images: image 1: pixels has 12 entries where 16 are needed (as the first image)"
    );
    assert_eq!(
        images(vec![image(4, 15)]),
        "images: pixels has 15 entries where 16 are needed (whole rows of 4)"
    );
    assert_eq!(
        images(vec![image(0, 1)]),
        "images: pixels has 1 entries where 1 are needed (whole rows of 0)"
    );
    let counts = vec![vec![1, 2], vec![3]];
    assert_eq!(
        message(Confusion { classes: vec!["a".into(), "b".into()], counts, ..Confusion::default() }),
        "confusion matrix: row 1 has 1 entries where 2 are needed (one for each class)"
    );
}

#[test]
fn a_table_s_row_must_be_as_long_as_its_header() {
    let table = Table { header: vec!["a".into(), "b".into()], rows: vec![vec!["1".into()]] };
    let page = Page { table: Some(table), ..Page::from(Figure::from(losses())) };
    let message = page.to_html().unwrap_err().to_string();
    assert_eq!(message, "table: row 1 has 1 entries where 2 are needed (one for each column of the header)");
}

#[test]
fn sizes_out_of_bounds_are_refused_before_anything_is_drawn() {
    let figure = Figure::from(losses());
    assert!(matches!(figure.to_png(100, 500), Err(Error::Size { width: 100, height: 500 })));
    assert!(matches!(figure.to_svg(500, u32::MAX), Err(Error::Size { .. })));
}

#[test]
fn files_are_written_by_their_ending_and_failures_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let figure = Figure::from(losses());
    for (name, start) in [("a.html", "<!DOCTYPE"), ("a.SVG", "<svg")] {
        figure.write(folder.path().join(name)).unwrap();
        assert!(std::fs::read_to_string(folder.path().join(name)).unwrap().starts_with(start));
    }
    figure.write(folder.path().join("a.png")).unwrap();
    let message = figure.write("picture.jpeg").unwrap_err().to_string();
    assert_eq!(message, "picture.jpeg: the file's ending must be .html, .svg or .png");
    let path = folder.path().join("missing").join("a.svg");
    let error = Page::from(figure).write(&path).unwrap_err();
    assert!(matches!(error, Error::Write { .. }));
    assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
}
