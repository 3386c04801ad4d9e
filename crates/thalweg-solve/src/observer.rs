//! Watching a run, and ending it.

use std::ops::ControlFlow;

/// What is shown to an [`Observer`] after each step.
#[derive(Debug, Clone, Copy)]
pub struct State<'a, F> {
    /// Steps made so far; 0 at the start.
    pub step: usize,
    /// The iterate.
    pub x: &'a [F],
    /// f(x).
    pub value: F,
    /// ‖∇f(x)‖.
    pub gradient_norm: F,
}

/// Watches a run from one start. Closures `FnMut(&State<F>) -> ControlFlow<()>` are observers.
pub trait Observer<F> {
    /// Called at the start and after each step; [`ControlFlow::Break`] ends the run as
    /// [`Interrupted`](crate::Status::Interrupted).
    fn observe(&mut self, state: &State<'_, F>) -> ControlFlow<()>;
}

impl<F, T: FnMut(&State<'_, F>) -> ControlFlow<()>> Observer<F> for T {
    fn observe(&mut self, state: &State<'_, F>) -> ControlFlow<()> {
        self(state)
    }
}

/// Watches a run from many starts, from several threads. Closures `Fn(u64) -> ControlFlow<()> + Sync` are such.
pub trait Progress: Sync {
    /// Called now and then with the number of steps made since the last call, counted over all starts: in all, starts × steps.
    /// [`ControlFlow::Break`] ends the run as [`Interrupted`](crate::Status::Interrupted).
    fn advanced(&self, steps: u64) -> ControlFlow<()>;
}

impl<T: Fn(u64) -> ControlFlow<()> + Sync> Progress for T {
    fn advanced(&self, steps: u64) -> ControlFlow<()> {
        self(steps)
    }
}
