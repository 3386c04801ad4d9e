//! What came of runs, ready to be printed: as JSON, as CSV, as tables.

mod csv;
mod json;
mod minima;
mod table;

use serde::Serialize;

pub(crate) use csv::{csv_number, runs_csv, to_csv};
pub(crate) use json::{Document, Documents, print_json, to_json};
pub(crate) use minima::{Hops, MinimaTable, Minimum, spread};
pub(crate) use table::{
    Table, choice_of_many, digits, duration, labelled, point_text, run_table, short, signed, status_in_words,
    summary_table,
};

/// How often the function was asked for what.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Evaluations {
    value: u64,
    pub(crate) gradient: u64,
    pub(crate) hessian: u64,
    pub(crate) hessian_vector: u64,
}

impl From<thalweg::solve::Evaluations> for Evaluations {
    fn from(counts: thalweg::solve::Evaluations) -> Self {
        let thalweg::solve::Evaluations { value, gradient, hessian, hessian_vector } = counts;
        Evaluations { value, gradient, hessian, hessian_vector }
    }
}

/// One run, its fields as they stand in JSON.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    pub(crate) start: Vec<f64>,
    pub(crate) status: &'static str,
    pub(crate) x: Vec<f64>,
    pub(crate) value: f64,
    pub(crate) gradient_norm: f64,
    pub(crate) steps: usize,
    pub(crate) evaluations: Evaluations,
    pub(crate) seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) history: Option<RunHistory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) multiplier: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) multipliers: Option<Multipliers>,
    /// By how much a function is outside of its ends, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) violation: Option<f64>,
    /// max |∇f − Jᵀλ − z|.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kkt_residual: Option<f64>,
    /// The method that `auto` stood for, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chosen: Option<Chosen>,
    #[serde(skip)]
    pub(crate) best_x: Vec<f64>,
    #[serde(skip)]
    pub(crate) best_value: f64,
}

/// Multipliers of functions and bounds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Multipliers {
    /// A list for each constraint; of a box it is empty.
    pub(crate) constraints: Vec<Vec<f64>>,
    /// One for each variable.
    pub(crate) bounds: Vec<f64>,
}

/// A method that was chosen for the function.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Chosen {
    pub(crate) optimizer: String,
    pub(crate) reason: String,
}

/// Every iterate of a run, the start first.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunHistory {
    pub(crate) x: Vec<Vec<f64>>,
    pub(crate) value: Vec<f64>,
    pub(crate) gradient_norm: Vec<f64>,
}

/// Warns of runs that diverged, in one line.
pub(crate) fn warn_of_divergence(runs: &[Run], whose: &str) {
    let diverged: Vec<&Run> = runs.iter().filter(|run| run.status == "diverged").collect();
    let Some(first) = diverged.first() else { return };
    let of_many =
        if runs.len() > 1 { format!("{} of {} runs: ", diverged.len(), runs.len()) } else { String::new() };
    if first.steps == 0 {
        crate::warn(&format!(
            "{whose}{of_many}the function or its gradient is not a finite number at the start {}; choose another",
            point_text(&first.start)
        ));
    } else {
        crate::warn(&format!(
            "{whose}{of_many}diverged after {} steps; the last finite best point is given, a smaller learning rate may help",
            first.steps
        ));
    }
}
