//! One figure of each kind.

use thalweg_figure::{
    Arrows, Axis, Components, Confusion, Contours, Curve, Field, Figure, Fit, Fitted, GradientField, Image,
    Images, Losses, Map, Mark, MarkKind, OneDimension, Regression, Scale, Starts, Surface, Trace,
};

pub(crate) fn rosenbrock(x: f64, y: f64) -> f64 {
    (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
}

pub(crate) fn field(f: impl FnMut(f64, f64) -> f64) -> Field {
    Field::sample(Axis::new("first <&> x₁", -2.0, 2.0, 41), Axis::new("second x₂", -1.0, 3.0, 31), f)
}

pub(crate) fn trace(label: &str, steps: usize) -> Trace {
    let t = |k: usize| k as f64 / steps as f64;
    let points: Vec<[f64; 2]> =
        (0..=steps).map(|k| [-1.2 + 2.2 * t(k), 1.0 + 0.3 * (9.0 * t(k)).sin()]).collect();
    Trace { label: label.into(), values: points.iter().map(|p| rosenbrock(p[0], p[1])).collect(), points }
}

pub(crate) fn image(k: usize) -> Image {
    let pixels = (0..24).map(|i| if i % 4 == k { 1.0 } else { 0.25 }).collect();
    Image { width: 4, pixels, caption: format!("image {k}"), wrong: k == 1 }
}

/// Each figure on the given field, with the names of its axes.
pub(crate) fn all(field: &Field) -> Vec<(Figure, [&'static str; 2])> {
    let plane = ["first <&> x₁", "second x₂"];
    let field = field.clone();
    let title = String::from("A <title> & more");
    let traces = vec![trace("sgd(lr=0.1) <b>", 30), trace("adam", 200)];
    let kinds = [MarkKind::Minimum, MarkKind::Maximum, MarkKind::Saddle, MarkKind::Start, MarkKind::End];
    let marks: Vec<Mark> =
        kinds.into_iter().enumerate().map(|(k, kind)| Mark::new(kind, [k as f64 / 3.0 - 1.0, 1.0])).collect();
    let curves: Vec<Curve> = (1..=3)
        .map(|k| Curve::over_steps(format!("run {k}"), (0..50).map(|n| 0.5f64.powi(k * n)).collect()))
        .collect();
    let arrows = Arrows::sample(&Axis::new("x", -2.0, 2.0, 9), &Axis::new("y", -1.0, 3.0, 9), |x, y| {
        ([-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)], rosenbrock(x, y))
    });
    let axis = Axis::new("x", -1.0, 1.0, 50);
    let states = (0..20).map(|k| Curve::sample("", &axis, |x| x * f64::from(k)).y).collect();
    let runs = (0..12).map(|k| trace("", 10 + k)).collect();
    vec![
        (
            Contours {
                title: title.clone(),
                field: field.clone(),
                traces: traces.clone(),
                marks: marks.clone(),
                ..Contours::default()
            }
            .into(),
            plane,
        ),
        (
            Surface {
                title: title.clone(),
                field: field.clone(),
                traces,
                marks: marks.clone(),
                ..Surface::default()
            }
            .into(),
            plane,
        ),
        (GradientField { field: field.clone(), arrows, ..GradientField::default() }.into(), plane),
        (
            Map { field: field.clone(), marks: marks.clone(), colours: Scale::SignedLog, ..Map::default() }
                .into(),
            plane,
        ),
        (Starts { field, runs, marks, ..Starts::default() }.into(), plane),
        (Losses { title, curves: curves.clone(), ..Losses::default() }.into(), ["iteration", "f"]),
        (
            Components { curves: curves.clone(), total: Some(curves[0].clone()), ..Components::default() }
                .into(),
            ["iteration", "f"],
        ),
        (
            OneDimension {
                x_name: "angle".into(),
                value: Curve::sample("energy", &axis, |x| x * x),
                derivative: Some(Curve::sample("force", &axis, |x| 2.0 * x)),
                iterates: vec![Curve {
                    label: "sgd".into(),
                    x: vec![0.9, 0.5, 0.1],
                    y: vec![0.81, 0.25, 0.01],
                }],
                ..OneDimension::default()
            }
            .into(),
            ["angle", "energy"],
        ),
        (
            Fit {
                x_name: "dose".into(),
                y_name: "answer".into(),
                data: vec![[0.0, 0.1], [0.5, 0.4]],
                truth: Some(Curve::sample("truth", &axis, |x| x)),
                fits: vec![Fitted {
                    label: "line".into(),
                    x: Curve::sample("", &axis, |x| x).x,
                    iterations: (0..20).collect(),
                    y: states,
                }],
                ..Fit::default()
            }
            .into(),
            ["dose", "answer"],
        ),
        (
            Regression {
                x_name: "dose".into(),
                y_name: "answer".into(),
                data: vec![[0.0, 0.1], [0.5, 0.4], [0.9, 1.0]],
                curve: Curve::sample("line", &axis, |x| x),
                band: Some([-0.1, 0.1].map(|off| Curve::sample("", &axis, |x| x + off).y)),
                band_name: "95 % band".into(),
                residuals: vec![[0.0, 0.1], [0.5, -0.1], [0.9, 0.1]],
                ..Regression::default()
            }
            .into(),
            ["dose", "answer"],
        ),
        (
            Confusion {
                classes: vec!["cat".into(), "<dog>".into()],
                counts: vec![vec![48, 2], vec![0, 50]],
                ..Confusion::default()
            }
            .into(),
            ["predicted class", "true class"],
        ),
        (Images { images: (0..5).map(image).collect(), ..Images::default() }.into(), ["image 0", "image 4"]),
    ]
}
