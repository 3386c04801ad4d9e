//! How fast methods converge at a point: the best ones for its curvature, and predictions beside measurements.

use serde::Serialize;
use thalweg::solve::{
    Bounds, Method, Options, Rate, State, Traced, measured_order, measured_rate, minimize_observed,
    predicted_rate, random_starts, tuned_methods,
};

use crate::failure::Failure;
use crate::interrupt::Watch;
use crate::problem::Problem;
use crate::report::{Table, digits};
use crate::runner::method;

/// Runs to be measured begin so far from the point, for coordinates up to 1.
const ASIDE: f64 = 1e-3;

/// As many digits a measured run is to win.
const DIGITS: f64 = 12.0;

/// What theory says of a method and what a run did.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    optimizer: String,
    /// The share of the distance that a step leaves, `superlinear` or `quadratic`; null where no theory says it.
    predicted: Option<Predicted>,
    /// Whether the prediction is a bound for the unluckiest start.
    bound: bool,
    /// The share that a step left of the gradient's norm in the long run.
    measured: Option<f64>,
    /// The power of the norm that the last steps left.
    order: Option<f64>,
    steps: usize,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Predicted {
    Factor(f64),
    Word(&'static str),
}

/// A method with the best hyperparameters for the curvature.
#[derive(Debug, Serialize)]
pub(super) struct Best {
    optimizer: String,
    rate: f64,
}

/// The best methods of two terms; none unless all eigenvalues are positive.
pub(super) fn best(smallest: f64, largest: f64) -> Vec<Best> {
    let tuned = tuned_methods(smallest, largest).into_iter();
    tuned.map(|tuned| Best { optimizer: brief(&tuned.method), rate: tuned.rate.factor() }).collect()
}

pub(super) fn best_text(best: &[Best]) -> String {
    let mut table = Table::with_header(&["best for this curvature", "rate", "steps for a digit"]);
    for Best { optimizer, rate } in best {
        table.row([
            optimizer.clone(),
            digits(*rate),
            format!("{:.1}", Rate::Linear(*rate).steps_for_a_digit()),
        ]);
    }
    table.text()
}

/// Runs every method from beside the point and compares it with its prediction.
pub(super) fn measure(
    problem: &Problem,
    at: &[f64],
    ends: (f64, f64),
    optimizers: &[String],
    seed: u64,
) -> Result<Vec<Compared>, Failure> {
    optimizers.iter().map(|text| measure_one(problem, at, ends, text, seed)).collect()
}

fn measure_one(
    problem: &Problem,
    at: &[f64],
    (smallest, largest): (f64, f64),
    text: &str,
    seed: u64,
) -> Result<Compared, Failure> {
    let method = method(text)?;
    let rate = predicted_rate(&method, smallest, largest);
    let few = rate.map_or(1000.0, |rate| DIGITS * rate.steps_for_a_digit().abs());
    let steps = few.clamp(100.0, 100_000.0) as usize;
    let reach = ASIDE * at.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
    let aside = random_starts::<f64>(&Bounds::all(-reach, reach)?, at.len(), 1, seed)?;
    let start: Vec<f64> = at.iter().zip(aside.point(0)).map(|(x, aside)| x + aside).collect();
    let options = Options { method: method.clone(), steps, ..Options::default() };
    let (watch, mut norms) = (Watch::new(steps as u64), Vec::new());
    let mut look = watch.one();
    let mut observer = |state: &State<'_, f64>| {
        norms.push(state.gradient_norm);
        look(state)
    };
    let mut objective = Traced::<f64>::new(&problem.program)?;
    minimize_observed(&mut objective, &start, &options, &mut observer)?;
    let order = measured_order(&norms);
    // A run of few steps has no long run; only its order can be told.
    let fast = matches!(rate, Some(Rate::Quadratic | Rate::Superlinear));
    Ok(Compared {
        optimizer: brief(&method),
        predicted: rate.map(|rate| match rate {
            Rate::Linear(factor) | Rate::AtMost(factor) => Predicted::Factor(factor),
            Rate::Superlinear => Predicted::Word("superlinear"),
            Rate::Quadratic => Predicted::Word("quadratic"),
        }),
        bound: matches!(rate, Some(Rate::AtMost(_))),
        measured: if fast { None } else { measured_rate(&norms) },
        order: if fast { order } else { None },
        steps: norms.len().saturating_sub(1),
    })
}

pub(super) fn measured_text(rates: &[Compared]) -> String {
    let mut table = Table::with_header(&["optimizer", "predicted rate", "measured", "steps"]);
    for rate in rates {
        let predicted = match &rate.predicted {
            None => "-".to_owned(),
            Some(Predicted::Word(word)) => (*word).to_owned(),
            Some(Predicted::Factor(factor)) if rate.bound => format!("at most {}", digits(*factor)),
            Some(Predicted::Factor(factor)) => digits(*factor),
        };
        let measured = match (rate.measured, rate.order) {
            (Some(factor), _) => digits(factor),
            (None, Some(order)) => format!("order {order:.2}"),
            (None, None) => "-".to_owned(),
        };
        table.row([rate.optimizer.clone(), predicted, measured, rate.steps.to_string()]);
    }
    table.text()
}

fn brief(method: &Method) -> String {
    match method {
        Method::Rule(rule) => rule.brief(),
        other => other.to_string(),
    }
}
