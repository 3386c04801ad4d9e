//! From solutions to figures.

use thalweg::figure::{Axis, Figure};
use thalweg::picture::{self, MOST_STARTS, Path, PictureError, Plane};
use thalweg::prelude::*;

fn run(landscape: &Landscape, method: &str, steps: usize) -> Solution<f64> {
    let options =
        Options { method: method.parse().expect("a method"), steps, history: true, ..Options::default() };
    let mut objective = Traced::new(landscape.program()).expect("a function");
    minimize(&mut objective, landscape.start(), &options).expect("a run")
}

fn kinds(figures: &[Figure]) -> Vec<&'static str> {
    let kind = |figure: &Figure| match figure {
        Figure::Contours(_) => "contours",
        Figure::Surface(_) => "surface",
        Figure::GradientField(_) => "gradient field",
        Figure::Starts(_) => "starts",
        Figure::Losses(_) => "losses",
        Figure::Components(_) => "components",
        Figure::OneDimension(_) => "one dimension",
        _ => "other",
    };
    figures.iter().map(kind).collect()
}

fn landscape(text: &str) -> Landscape {
    text.parse().expect("a landscape")
}

#[test]
fn the_figures_follow_from_the_number_of_variables() {
    let of = |text: &str| {
        let landscape = landscape(text);
        let picture = Picture::of(&landscape).run("sgd", &run(&landscape, "sgd(lr=1e-4)", 20));
        kinds(&picture.figures().expect("figures"))
    };
    assert_eq!(of("wells(dim=1)"), ["one dimension", "losses"]);
    assert_eq!(of("rosenbrock"), ["contours", "surface", "gradient field", "losses"]);
    assert_eq!(of("rosenbrock(dim=4)"), ["contours", "surface", "losses"]);
    assert_eq!(of("quadratic"), ["contours", "surface", "gradient field", "losses", "components"]);
    assert_eq!(of("sphere(dim=3)"), ["contours", "surface", "losses", "components"]);
}

#[test]
fn stills_are_the_function_with_the_runs_and_the_losses() {
    let rosenbrock = landscape("rosenbrock");
    let picture = Picture::of(&rosenbrock).run("sgd", &run(&rosenbrock, "sgd(lr=1e-4)", 20));
    assert_eq!(kinds(&picture.stills().expect("figures")), ["contours", "losses"]);
}

#[test]
fn fields_hold_the_values_of_the_function_itself() {
    let f = Expression::parse("x^2 + 3*x*y").expect("an expression");
    let field = picture::field(f.program(), Axis::new("x", -1.0, 2.0, 7), Axis::new("y", 0.0, 5.0, 11));
    let field = field.expect("a field");
    for j in 0..11 {
        for i in 0..7 {
            let (x, y) = (field.x.at(i), field.y.at(j));
            assert!((field.values[j * 7 + i] - (x * x + 3.0 * x * y)).abs() < 1e-12);
        }
    }
}

#[test]
fn arrows_point_downhill() {
    let f = Expression::parse("x^2 + 3*y^2").expect("an expression");
    let axis = Axis::new("", -1.0, 1.0, 5);
    let arrows = picture::downhill(f.program(), &axis, &axis).expect("arrows");
    for (point, direction) in arrows.points.iter().zip(&arrows.directions) {
        assert_eq!(*direction, [-2.0 * point[0], -6.0 * point[1]]);
    }
}

#[test]
fn on_a_plane_of_many_variables_the_field_passes_through_the_function_there() {
    let f = landscape("rosenbrock(dim=5)");
    let solution = run(&f, "adam(lr=0.05)", 100);
    let path = Path::of("adam", &solution);
    let plane = Plane::through(5, path.points.chunks_exact(5));
    let field =
        picture::field_on(f.program(), &plane, Axis::new("a", -1.0, 1.0, 3), Axis::new("b", -1.0, 1.0, 3));
    let mut value = [0.0];
    let mut executable = Executable::<f64>::new(f.program()).expect("a program");
    executable.run(&plane.at(1.0, -1.0), &mut value).expect("a value");
    assert!((field.expect("a field").values[2] - value[0]).abs() <= 1e-12 * value[0].abs());
}

#[test]
fn the_parts_of_a_quadratics_loss_sum_to_its_distance_from_the_minimum() {
    let f = Expression::parse("(x-1)^2 + 3*(y+2)^2 + x*y + 7").expect("an expression");
    let options =
        Options { method: "sgd(lr=0.1)".parse().expect("a method"), history: true, ..Options::default() };
    let mut objective = Traced::<f64>::new(f.program()).expect("a function");
    let solution =
        minimize(&mut objective, &[3.0, 4.0], &Options { steps: 10, ..options.clone() }).expect("a run");
    let lowest = minimize(
        &mut objective,
        &[3.0, 4.0],
        &Options { method: "newton".parse().expect("a method"), ..options },
    )
    .expect("a run")
    .value;
    let figures = Picture::new(f.program()).run("sgd", &solution).figures().expect("figures");
    let Some(Figure::Components(components)) = figures.last() else { panic!("no components") };
    let total = components.total.as_ref().expect("a sum");
    for (sum, value) in total.y.iter().zip(&solution.history.expect("a history").value) {
        assert!((sum - (value - lowest)).abs() < 1e-10 * value.abs(), "{sum} {value}");
    }
}

#[test]
fn a_run_without_history_is_refused_by_name() {
    let sphere = landscape("sphere");
    let mut objective = Traced::<f64>::new(sphere.program()).expect("a function");
    let solution = minimize(&mut objective, &[1.0, 1.0], &Options::default()).expect("a run");
    match Picture::of(&sphere).run("adam", &solution).page() {
        Err(PictureError::NoHistory(label)) => assert_eq!(label, "adam"),
        other => panic!("{other:?}"),
    }
    let alone = Picture::of(&landscape("sphere(dim=3)")).page();
    assert!(matches!(alone, Err(PictureError::NoPlane(3))));
}

#[test]
fn of_many_starts_the_first_two_hundred_are_drawn() {
    let f = landscape("himmelblau");
    let starts = random_starts::<f64>(&Bounds::all(-5.0, 5.0).expect("a box"), 2, 300, 0).expect("starts");
    let options = Options {
        method: "sgd(lr=0.01)".parse().expect("a method"),
        steps: 30,
        history: true,
        ..Options::default()
    };
    let ends = minimize_many(f.program(), &starts, &options).expect("runs");
    let figures = Picture::of(&f).starts(&ends).figures().expect("figures");
    let Some(Figure::Starts(drawn)) = figures.first() else { panic!("no starts") };
    assert_eq!(drawn.runs.len(), MOST_STARTS);
    assert_eq!(drawn.runs[7].points[0], [starts.point(7)[0], starts.point(7)[1]]);
}

#[test]
fn a_picture_is_written_as_the_ending_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let f = landscape("rosenbrock");
    let picture = Picture::of(&f).run("newton", &run(&f, "newton", 10));
    for (name, start) in [("p.html", "<!DOCTYPE html>"), ("p.svg", "<svg")] {
        picture.write(folder.path().join(name)).expect("a file");
        let text = std::fs::read_to_string(folder.path().join(name)).expect("the file");
        assert!(text.starts_with(start), "{name}");
    }
    assert!(picture.write(folder.path().join("p.txt")).is_err());
}
