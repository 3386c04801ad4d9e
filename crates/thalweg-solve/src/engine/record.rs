//! What is kept of a run: how each problem ended, and the iterates if asked for.

use crate::checkpoint::Keeper;
use crate::scalar::norm;
use crate::{Evaluations, History, Kkt, Scalar, Status};

/// How each problem ended; points one after the other.
#[derive(Debug)]
pub(crate) struct Ends<F> {
    pub(crate) status: Vec<Option<Status>>,
    pub(crate) steps: Vec<usize>,
    pub(crate) evaluations: Vec<Evaluations>,
    pub(crate) x: Vec<F>,
    pub(crate) value: Vec<F>,
    pub(crate) gradient_norm: Vec<F>,
    pub(crate) best_x: Vec<F>,
    pub(crate) best_value: Vec<F>,
    pub(crate) multiplier: Vec<Option<F>>,
    pub(crate) kkt: Vec<Option<Kkt<F>>>,
}

impl<F: Scalar> Ends<F> {
    pub(crate) fn new(dim: usize, lanes: usize) -> Self {
        Ends {
            status: vec![None; lanes],
            steps: vec![0; lanes],
            evaluations: vec![Evaluations::default(); lanes],
            x: vec![F::default(); dim * lanes],
            value: vec![F::default(); lanes],
            gradient_norm: vec![F::default(); lanes],
            best_x: vec![F::default(); dim * lanes],
            best_value: vec![F::default(); lanes],
            multiplier: vec![None; lanes],
            kkt: vec![None; lanes],
        }
    }
}

/// Iterates of problems side by side: for each step `dim` rows of coordinates, a row of values, a row of gradient norms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Iterates<F> {
    dim: usize,
    lanes: usize,
    rows: Vec<F>,
}

/// Room is set aside for at most this many numbers; longer histories grow as they come.
const RESERVED: usize = 1 << 24;

impl<F: Scalar> Iterates<F> {
    pub(crate) fn new(dim: usize, lanes: usize, steps: usize) -> Self {
        let numbers = steps.saturating_add(1).saturating_mul((dim + 2) * lanes);
        Iterates { dim, lanes, rows: Vec::with_capacity(numbers.min(RESERVED)) }
    }

    pub(crate) fn push(&mut self, x: &[F], out: &[F]) {
        let (values, gradients) = out.split_at(self.lanes);
        self.rows.extend_from_slice(x);
        self.rows.extend_from_slice(values);
        self.rows.extend((0..self.lanes).map(|lane| norm(gradients, self.lanes, lane)));
    }

    /// Shows the iterates of `steps` steps.
    pub(crate) fn memory(&mut self, steps: usize, keeper: &mut Keeper<F>) {
        let numbers = (steps as u128 + 1) * ((self.dim + 2) * self.lanes) as u128;
        keeper.rows("history", &mut self.rows, |length| length as u128 == numbers);
    }

    /// The iterates of one problem up to `steps` steps.
    pub(crate) fn of(&self, lane: usize, steps: usize, seed: u64) -> History<F> {
        let entry = (self.dim + 2) * self.lanes;
        let at = |step: usize, row: usize| self.rows[step * entry + row * self.lanes + lane];
        let column = |row| (0..=steps).map(|step| at(step, row)).collect();
        History {
            dim: self.dim,
            x: (0..=steps).flat_map(|step| (0..self.dim).map(move |j| at(step, j))).collect(),
            value: column(self.dim),
            gradient_norm: column(self.dim + 1),
            seed,
        }
    }
}
