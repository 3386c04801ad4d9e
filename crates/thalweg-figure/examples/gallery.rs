//! Draws one figure of each kind to a folder: `cargo run --example gallery -- FOLDER [ENDING]...`.
//!
//! The functions and the plain descents are written out here, since this crate knows nothing of either.

use std::{env, error::Error, fs, path::PathBuf};

use thalweg_figure::{
    Arrows, Axis, Components, Confusion, Contours, Curve, Field, Figure, Fit, Fitted, GradientField, Image,
    Images, Losses, Map, Mark, MarkKind, OneDimension, Page, Scale, Starts, Surface, Table, Trace,
};

type Gradient = fn([f64; 2]) -> [f64; 2];
type Value = fn([f64; 2]) -> f64;

fn rosenbrock([x, y]: [f64; 2]) -> f64 {
    (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
}

fn rosenbrock_gradient([x, y]: [f64; 2]) -> [f64; 2] {
    [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)]
}

fn quadratic([x, y]: [f64; 2]) -> f64 {
    0.5 * (x * x + 6.0 * y * y)
}

fn quadratic_gradient([x, y]: [f64; 2]) -> [f64; 2] {
    [x, 6.0 * y]
}

const WELLS: [[f64; 3]; 4] = [[-1.2, 0.9, 1.0], [1.1, 1.3, 0.7], [0.8, -1.1, 1.3], [-1.5, -1.4, 0.5]];

fn wells([x, y]: [f64; 2]) -> f64 {
    WELLS.iter().map(|[a, b, depth]| -depth * (-((x - a).powi(2) + (y - b).powi(2)) / 0.7).exp()).sum()
}

fn wells_gradient(p: [f64; 2]) -> [f64; 2] {
    let h = 1e-6;
    let slope =
        |d: [f64; 2]| (wells([p[0] + d[0], p[1] + d[1]]) - wells([p[0] - d[0], p[1] - d[1]])) / (2.0 * h);
    [slope([h, 0.0]), slope([0.0, h])]
}

/// Gradient descent with heavy-ball momentum.
fn descend(
    label: &str,
    f: Value,
    gradient: Gradient,
    start: [f64; 2],
    steps: usize,
    lr: f64,
    momentum: f64,
) -> Trace {
    let (mut p, mut velocity) = (start, [0.0; 2]);
    let mut points = vec![p];
    for _ in 0..steps {
        let g = gradient(p);
        for i in 0..2 {
            velocity[i] = momentum * velocity[i] + g[i];
            p[i] -= lr * velocity[i];
        }
        points.push(p);
    }
    Trace { label: label.into(), values: points.iter().map(|&p| f(p)).collect(), points }
}

fn adam(label: &str, f: Value, gradient: Gradient, start: [f64; 2], steps: i32, lr: f64) -> Trace {
    let (mut p, mut m, mut v) = (start, [0.0; 2], [0.0; 2]);
    let mut points = vec![p];
    for t in 1..=steps {
        let g = gradient(p);
        for i in 0..2 {
            m[i] = 0.9 * m[i] + 0.1 * g[i];
            v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
            let (mean, square) = (m[i] / (1.0 - 0.9f64.powi(t)), v[i] / (1.0 - 0.999f64.powi(t)));
            p[i] -= lr * mean / (square.sqrt() + 1e-8);
        }
        points.push(p);
    }
    Trace { label: label.into(), values: points.iter().map(|&p| f(p)).collect(), points }
}

fn field(f: Value, x: [f64; 2], y: [f64; 2], count: usize) -> Field {
    Field::sample(Axis::new("x₁", x[0], x[1], count), Axis::new("x₂", y[0], y[1], count), |x, y| {
        f([x, y])
    })
}

fn on_rosenbrock() -> Vec<Figure> {
    let sheet = field(rosenbrock, [-2.0, 2.0], [-1.0, 3.0], 201);
    let start = [-1.2, 1.0];
    let traces = vec![
        descend("sgd(lr=0.001)", rosenbrock, rosenbrock_gradient, start, 2000, 0.001, 0.0),
        descend("sgd(lr=0.001, momentum=0.9)", rosenbrock, rosenbrock_gradient, start, 2000, 0.001, 0.9),
        adam("adam(lr=0.1)", rosenbrock, rosenbrock_gradient, start, 2000, 0.1),
    ];
    let marks = vec![Mark::new(MarkKind::Minimum, [1.0, 1.0]), Mark::new(MarkKind::Start, start)];
    let curves = traces.iter().map(|t| Curve::over_steps(t.label.as_str(), t.values.clone())).collect();
    let small = |count| (Axis::new("x₁", -2.0, 2.0, count), Axis::new("x₂", -1.0, 3.0, count));
    let (x, y) = small(24);
    let arrows = Arrows::sample(&x, &y, |x, y| (rosenbrock_gradient([x, y]).map(|g| -g), rosenbrock([x, y])));
    let (x, y) = small(161);
    let curvature = Field::sample(x, y, |x, y| {
        let (a, b, d) = (1200.0 * x * x - 400.0 * y + 2.0, -400.0 * x, 200.0f64);
        f64::midpoint(a, d) - ((a - d) / 2.0).hypot(b)
    });
    vec![
        Contours {
            title: "Three optimisers on Rosenbrock's function".into(),
            field: sheet.clone(),
            traces: traces.clone(),
            marks: marks.clone(),
            ..Contours::default()
        }
        .into(),
        Surface {
            title: "The same in space".into(),
            field: sheet.clone(),
            traces,
            marks: marks.clone(),
            ..Surface::default()
        }
        .into(),
        Losses { title: "Loss".into(), curves, ..Losses::default() }.into(),
        GradientField {
            title: "Downhill on Rosenbrock's function".into(),
            field: sheet,
            arrows,
            marks: marks.clone(),
            ..GradientField::default()
        }
        .into(),
        Map {
            title: "Smallest eigenvalue of the Hessian".into(),
            field: curvature.named("smallest eigenvalue"),
            marks,
            colours: Scale::SignedLog,
        }
        .into(),
    ]
}

fn on_a_quadratic() -> Vec<Figure> {
    let run = |lr: f64, steps| {
        descend(&format!("sgd(lr={lr})"), quadratic, quadratic_gradient, [1.8, 1.5], steps, lr, 0.0)
    };
    let trace = run(0.3, 40);
    let part = |i: usize, eigenvalue: f64| {
        trace.points.iter().map(|p| 0.5 * eigenvalue * p[i] * p[i]).collect::<Vec<f64>>()
    };
    let components = Components {
        title: "Components of a quadratic's loss".into(),
        curves: vec![Curve::over_steps("λ = 1", part(0, 1.0)), Curve::over_steps("λ = 6", part(1, 6.0))],
        total: Some(Curve::over_steps("total", trace.values.clone())),
        ..Components::default()
    };
    let contours = Contours {
        title: "Gradient descent on a quadratic".into(),
        field: field(quadratic, [-2.0, 2.0], [-2.0, 2.0], 121),
        traces: vec![trace, run(0.05, 40)],
        marks: vec![Mark::new(MarkKind::Minimum, [0.0, 0.0])],
        ..Contours::default()
    };
    vec![components.into(), contours.into()]
}

fn on_wells() -> Vec<Figure> {
    let mut state = 12345u64;
    let mut uniform = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64 * 6.0 - 3.0
    };
    let runs: Vec<Trace> = (0..300)
        .map(|_| descend("", wells, wells_gradient, [uniform(), uniform()], 200, 0.02, 0.9))
        .collect();
    let sheet = field(wells, [-3.0, 3.0], [-3.0, 3.0], 121);
    let holed = Field::sample(sheet.x.clone(), sheet.y.clone(), |x, y| {
        if (x - 0.5).hypot(y) < 0.4 { f64::NAN } else { wells([x, y]) }
    });
    vec![
        Starts {
            title: "300 starts among four wells".into(),
            field: sheet,
            runs: runs.clone(),
            ..Starts::default()
        }
        .into(),
        Surface {
            title: "Wells, with a gap".into(),
            field: holed,
            traces: runs[..9]
                .iter()
                .zip(1..)
                .map(|(r, k)| Trace { label: format!("run {k}"), ..r.clone() })
                .collect(),
            marks: vec![Mark::new(MarkKind::Minimum, [0.8, -1.1])],
            ..Surface::default()
        }
        .into(),
        Losses {
            title: "Negative losses".into(),
            curves: runs[..9]
                .iter()
                .zip(1..)
                .map(|(r, k)| Curve::over_steps(format!("run {k}"), r.values.clone()))
                .collect(),
            ..Losses::default()
        }
        .into(),
    ]
}

fn on_a_line() -> Vec<Figure> {
    let f = |x: f64| x.powi(4) - 3.0 * x * x + x;
    let slope = |x: f64| 4.0 * x.powi(3) - 6.0 * x + 1.0;
    let run = |start: f64| {
        let x: Vec<f64> =
            std::iter::successors(Some(start), |x| Some(x - 0.03 * slope(*x))).take(30).collect();
        Curve { label: format!("sgd from {start}"), y: x.iter().map(|&x| f(x)).collect(), x }
    };
    let axis = Axis::new("x", -2.0, 2.0, 300);
    let noise = |k: i32| (f64::from(k) * 12.9898).sin() * 0.5;
    let data: Vec<[f64; 2]> =
        (0..60).map(|k| f64::from(k) / 10.0 - 3.0).zip(0..).map(|(x, k)| [x, x.sin() + noise(k)]).collect();
    let model = |w: [f64; 2], x: f64| w[0] * x + w[1] * x.powi(3);
    let mut w = [0.0, 0.0];
    let (mut iterations, mut states) = (Vec::new(), Vec::new());
    let over = Axis::new("x", -3.0, 3.0, 100);
    for iteration in 0..=300 {
        iterations.push(iteration);
        states.push(Curve::sample("", &over, |x| model(w, x)).y);
        let mut g = [0.0; 2];
        for [x, y] in &data {
            let residual = (model(w, *x) - y) / data.len() as f64;
            g[0] += residual * x;
            g[1] += residual * x.powi(3);
        }
        w = [w[0] - 0.012 * g[0], w[1] - 0.012 * g[1]];
    }
    vec![
        OneDimension {
            title: "Two starts, two minima".into(),
            value: Curve::sample("f", &axis, f),
            derivative: Some(Curve::sample("f′", &axis, slope)),
            iterates: vec![run(-0.2), run(1.9)],
            ..OneDimension::default()
        }
        .into(),
        Fit {
            title: "A cubic fitted to noisy data".into(),
            data,
            truth: Some(Curve::sample("sin x", &over, f64::sin)),
            fits: vec![Fitted {
                label: "w₁ x + w₂ x³".into(),
                x: Curve::sample("", &over, |x| x).x,
                iterations,
                y: states,
            }],
            ..Fit::default()
        }
        .into(),
    ]
}

/// Rings that are taken for strokes now and then.
fn of_a_classifier() -> Vec<Figure> {
    let picture = |k: usize| {
        let (ring, size) = (!k.is_multiple_of(3), 20.0f32);
        let pixel = |i: usize| {
            let (x, y) = ((i % 20) as f32 - size / 2.0, (i / 20) as f32 - size / 2.0);
            let away = if ring {
                (x.hypot(y) - 3.0 - (k % 5) as f32).abs()
            } else {
                (x + 0.3 * y - (k % 4) as f32).abs()
            };
            (1.4 - away / 1.5).clamp(0.0, 1.0)
        };
        let wrong = k % 7 == 3;
        let name = |ring| if ring { "ring" } else { "stroke" };
        let caption = if wrong { format!("{}, not {}", name(!ring), name(ring)) } else { name(ring).into() };
        Image { width: 20, pixels: (0..400).map(pixel).collect(), caption, wrong }
    };
    let classes: Vec<String> = (0..10).map(|k| k.to_string()).collect();
    let count =
        |i: usize, j: usize| if i == j { 970 + 3 * i as u64 } else { ((7 * i + 3 * j) % 11) as u64 / 2 };
    let counts = (0..10).map(|i| (0..10).map(|j| count(i, j)).collect()).collect();
    vec![
        Images {
            title: "Rings and strokes".into(),
            images: (0..30).map(picture).collect(),
            ..Images::default()
        }
        .into(),
        Confusion { title: "What was taken for what".into(), classes, counts }.into(),
    ]
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("a folder is needed")?);
    let endings: Vec<String> = arguments.collect();
    let endings =
        if endings.is_empty() { ["html", "svg", "png"].map(String::from).to_vec() } else { endings };
    fs::create_dir_all(&folder)?;
    let rosenbrock = on_rosenbrock();
    let page = Page {
        title: "Three optimisers on Rosenbrock's function".into(),
        text: "All start at (−1.2, 1) and take 2000 steps.".into(),
        table: Some(Table {
            header: ["optimiser", "value", "steps"].map(String::from).to_vec(),
            rows: vec![["adam(lr=0.1)", "1.2e-12", "2000"].map(String::from).to_vec()],
        }),
        figures: rosenbrock.clone(),
    };
    let mut figures = rosenbrock;
    figures
        .extend(on_a_quadratic().into_iter().chain(on_wells()).chain(on_a_line()).chain(of_a_classifier()));
    for ending in &endings {
        for (k, figure) in figures.iter().enumerate() {
            figure.write(folder.join(format!("{k:02}.{ending}")))?;
        }
        page.write(folder.join(format!("page.{ending}")))?;
    }
    Ok(())
}
