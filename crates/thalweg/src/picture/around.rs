//! The loss around trained weights: planes through them, and the eigenvalues of its Hessian.

use crate::figure::{Axis, Contours, Curve, Field, Figure, Losses, Mark, MarkKind, Scale, Surface, Trace};
use crate::train::landscape;

/// Places at which a spectrum is drawn.
const PLACES: usize = 800;
/// The width of an eigenvalue in a drawing, as a part of the whole.
const WIDTH: f64 = 0.004;

/// The loss on a plane through the weights of a network, as contours and as a surface, with the way of the run that led there, if it is
/// given: its steps, the places on the plane, and the loss at each.
///
/// ```
/// use std::ops::ControlFlow;
/// use thalweg::train::{data::Dataset, loss::CrossEntropy, network::Model, run::Task};
/// use thalweg::train::landscape::{Grid, Plane, surface};
///
/// let network = "mlp(8)".parse::<Model>()?.network(&[8, 8], 10)?;
/// let task = Task::new(network, CrossEntropy::default(), Dataset::digits());
/// let weights = task.network.initialize(0);
/// let plane = Plane::random(task.network.parameters(), &weights, 1);
/// let grid = Grid { points: [5, 5], examples: Some(100), ..Grid::default() };
/// let surface = surface(&task, &plane, &[], &grid, &mut |_, _| ControlFlow::Continue(()))?;
/// let figures = thalweg::picture::plane_figures("before training", &plane, &surface, &[]);
/// assert!(figures[0].to_svg(600, 500)?.contains("before training"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plane_figures(
    title: &str,
    plane: &landscape::Plane,
    surface: &landscape::Surface,
    way: &[(u64, [f64; 2], f64)],
) -> Vec<Figure> {
    let axis = |which: usize, at: &[f64]| {
        let ordinal = ["first", "second"][which];
        let name = match plane.explained {
            Some(parts) => format!("{ordinal} direction ({:.0} % of the way)", 100.0 * parts[which]),
            None => format!("{ordinal} random direction"),
        };
        let ends = [at.first(), at.last()].map(|end| end.copied().unwrap_or_default());
        Axis::new(name, ends[0], ends[1], at.len())
    };
    let field = Field {
        name: "training loss".into(),
        x: axis(0, &surface.a),
        y: axis(1, &surface.b),
        values: surface.loss.clone(),
    };
    let iterations: Vec<u64> = way.iter().map(|(step, ..)| *step).collect();
    let traces: Vec<Trace> = if way.is_empty() {
        Vec::new()
    } else {
        let (points, values) = way.iter().map(|&(_, place, loss)| (place, loss)).unzip();
        vec![Trace { label: "the run".into(), points, values }]
    };
    let marks = vec![Mark { label: "the weights".into(), point: [0.0, 0.0], kind: MarkKind::End }];
    let title = format!("Loss around the weights of {title}");
    // Differences of losses say more than their distance from the lowest that happens to be on the grid.
    let colours = Scale::Linear;
    vec![
        Contours {
            title: title.clone(),
            field: field.clone(),
            traces: traces.clone(),
            iterations: iterations.clone(),
            marks: marks.clone(),
            colours,
        }
        .into(),
        Surface {
            title: format!("{title}, in space"),
            field,
            traces,
            iterations,
            marks,
            colours,
            heights: Scale::Linear,
        }
        .into(),
    ]
}

/// How the eigenvalues of the loss's Hessian are distributed: how many of them there are in a unit's length, each as a narrow normal
/// distribution. Where that is less than a thousandth of one, the curve has a gap.
///
/// ```
/// use thalweg::train::landscape::Spectrum;
///
/// let spectrum = Spectrum { nodes: vec![(0.0, 0.98), (5.0, 0.02)], largest: 5.0, smallest: 0.0, dim: 100 };
/// let figure = thalweg::picture::spectrum_figure("a quadratic", &spectrum);
/// assert!(figure.to_svg(600, 400)?.contains("eigenvalue"));
/// # Ok::<(), thalweg::figure::Error>(())
/// ```
pub fn spectrum_figure(title: &str, spectrum: &landscape::Spectrum) -> Figure {
    let span = spectrum.largest - spectrum.smallest;
    let sigma = if span > 0.0 { WIDTH * span } else { spectrum.largest.abs().max(1.0) * WIDTH };
    let axis = Axis::new("", spectrum.smallest - 5.0 * sigma, spectrum.largest + 5.0 * sigma, PLACES);
    let x: Vec<f64> = (0..PLACES).map(|k| axis.at(k)).collect();
    let dim = spectrum.dim as f64;
    // The height of a single eigenvalue's bell.
    let one = 1.0 / (sigma * (2.0 * std::f64::consts::PI).sqrt());
    let count = |density: f64| Some(dim * density).filter(|count| *count > 1e-3 * one).unwrap_or(f64::NAN);
    let y = spectrum.density(&x, sigma).into_iter().map(count).collect();
    Losses {
        title: format!("Eigenvalues of the Hessian at the weights of {title}"),
        x_name: "eigenvalue".into(),
        y_name: "eigenvalues in a unit's length".into(),
        curves: vec![Curve { label: format!("{} eigenvalues", spectrum.dim), x, y }],
        minimum: None,
    }
    .into()
}
