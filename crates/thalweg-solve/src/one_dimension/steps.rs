//! [`Sole`]: the methods of one variable at work within a run, a lower point a step.

use super::bracket::Bracketing;
use super::brent::{Brent, golden_point};
use super::downhill::{Downhill, Told};
use super::golden::Golden;
use super::{OneDimension, Probe, ScalarMethod, ScalarOptions};
use crate::checkpoint::Keeper;
use crate::constraint::within;
use crate::descent::Stepped;
use crate::objective::Oracle;
use crate::scalar::{abs, narrow, wide};
use crate::search::line::epsilon;
use crate::{Constraint, Options, Scalar, SolveError, Status};

/// What says where to look.
enum Work {
    /// Before an interval is known.
    Bracketing(Bracketing),
    Brent(Brent),
    Golden(Golden),
    Downhill(Downhill),
}

pub(crate) struct Sole {
    method: OneDimension,
    /// Where x may be.
    edges: (f64, f64),
    tolerances: ScalarOptions,
    /// None before the first step.
    work: Option<Work>,
}

impl Sole {
    pub(crate) fn new<F: Scalar>(method: OneDimension, options: &Options) -> Result<Self, SolveError> {
        let edges = match options.set()? {
            Some(Constraint::Box(bounds)) => bounds.interval(0),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let blank = ScalarOptions::default();
        let rtol = match method {
            OneDimension::Values(_) => epsilon::<F>().sqrt(),
            OneDimension::NewtonRoot => 0.0,
        };
        let tolerances = ScalarOptions {
            rtol: options.step_rtol.unwrap_or(rtol),
            atol: options.step_tol.unwrap_or(blank.atol),
            ..blank
        };
        Ok(Sole { method, edges, tolerances, work: None })
    }

    /// One step from x, where value and gradient are `out`, to `x_after` and `out_after`.
    pub(crate) fn step<F: Scalar>(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let here = wide(x[0]);
        let mut work = match self.work.take() {
            Some(work) => work,
            None => self.begin(oracle, x, out)?,
        };
        let stepped = loop {
            if let Work::Bracketing(search) = &work
                && let Some(interval) = search.interval()
            {
                work = self.between(interval, here);
            }
            let Some(to) = work.next() else {
                let still = self.left(x, out) == 0.0;
                let status = if still { Status::ConvergedGradient } else { Status::ConvergedStep };
                break Stepped::Ended { moved: false, status };
            };
            if !to.is_finite() {
                break Stepped::Diverged;
            }
            x_after[0] = narrow(to);
            if x_after[0] == x[0] {
                if matches!(work, Work::Downhill(_)) {
                    break Stepped::Ended { moved: false, status: Status::ConvergedStep };
                }
                work.tell(to, wide(out[0]));
                continue;
            }
            oracle.slope(x_after, out_after)?;
            let value = wide(out_after[0]);
            if value == f64::NEG_INFINITY {
                break Stepped::Diverged;
            }
            let lower = match &mut work {
                Work::Downhill(search) if search.is_lower(value) => {
                    search.advance(wide(x_after[0]), told(oracle, x_after, out_after)?);
                    true
                }
                work => work.tell(to, value) && value <= wide(out[0]),
            };
            if lower {
                break Stepped::Moved { largest: self.left(x_after, out_after) };
            }
        };
        self.work = Some(work);
        Ok(stepped)
    }

    /// What a descent from x has left within the edges.
    fn left<F: Scalar>(&self, x: &[F], out: &[F]) -> f64 {
        wide(abs(within(x[0], out[1], (narrow(self.edges.0), narrow(self.edges.1)))))
    }

    fn begin<F: Scalar>(&self, oracle: &mut impl Oracle<F>, x: &[F], out: &[F]) -> Result<Work, SolveError> {
        let (at, value, slope) = (wide(x[0]), wide(out[0]), wide(out[1]));
        let (low, high) = self.edges;
        if self.method == OneDimension::NewtonRoot {
            let ScalarOptions { rtol, atol, .. } = self.tolerances;
            let told = told(oracle, x, out)?;
            return Ok(Work::Downhill(Downhill::new(at, told, self.edges, epsilon::<F>(), (rtol, atol))));
        }
        if (high - low).is_finite() {
            return Ok(self.between(self.edges, at));
        }
        let length = if at == 0.0 { 1.0 } else { at.abs() };
        let (step, end) = if slope > 0.0 { (-length, low) } else { (length, high) };
        Ok(Work::Bracketing(Bracketing::new(at, (at, value), step, end)))
    }

    /// The search of an interval, from a point if that is inside.
    fn between(&self, interval: (f64, f64), from: f64) -> Work {
        let inside = interval.0 < from && from < interval.1;
        let first = if inside { from } else { golden_point(interval) };
        match self.method {
            OneDimension::Values(ScalarMethod::GoldenSection) => {
                Work::Golden(Golden::new(interval, first, &self.tolerances))
            }
            _ => Work::Brent(Brent::new(interval, first, &self.tolerances)),
        }
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        let mut kind = self.work.as_ref().map_or(0, Work::kind);
        keeper.place("work", &mut kind, 4);
        if keeper.restores() {
            let (zero, interval) = (Told { value: 0.0, slope: 0.0, curvature: 0.0 }, (0.0, 1.0));
            let ScalarOptions { rtol, atol, .. } = self.tolerances;
            self.work = match kind {
                0 => None,
                1 => Some(Work::Bracketing(Bracketing::new(0.0, (0.0, 0.0), 1.0, 1.0))),
                2 => Some(Work::Brent(Brent::new(interval, 0.5, &self.tolerances))),
                3 => Some(Work::Golden(Golden::new(interval, 0.5, &self.tolerances))),
                _ => Some(Work::Downhill(Downhill::new(0.0, zero, interval, epsilon::<F>(), (rtol, atol)))),
            };
        }
        match &mut self.work {
            None => {}
            Some(Work::Bracketing(search)) => search.memory(keeper),
            Some(Work::Brent(search)) => search.memory(keeper),
            Some(Work::Golden(search)) => search.memory(keeper),
            Some(Work::Downhill(search)) => search.memory(keeper),
        }
    }
}

impl Work {
    /// Which one it is, from 1.
    fn kind(&self) -> usize {
        match self {
            Work::Bracketing(_) => 1,
            Work::Brent(_) => 2,
            Work::Golden(_) => 3,
            Work::Downhill(_) => 4,
        }
    }

    fn next(&mut self) -> Option<f64> {
        match self {
            Work::Bracketing(search) => Some(search.next()),
            Work::Brent(search) => search.next(),
            Work::Golden(search) => search.next(),
            Work::Downhill(search) => search.next(),
        }
    }

    /// Tells a value; whether the point is the lowest that is known.
    fn tell(&mut self, at: f64, value: f64) -> bool {
        match self {
            Work::Bracketing(search) => search.tell(at, value),
            Work::Brent(search) => {
                search.tell(value);
                search.found().0 == at
            }
            Work::Golden(search) => {
                search.tell(value);
                search.found().0 == at
            }
            Work::Downhill(search) => {
                search.block(at);
                false
            }
        }
    }
}

/// Value, slope and curvature at a point.
fn told<F: Scalar>(oracle: &mut impl Oracle<F>, x: &[F], out: &[F]) -> Result<Told, SolveError> {
    let mut curvature = [F::default()];
    oracle.hessian(x, &mut curvature)?;
    Ok(Told { value: wide(out[0]), slope: wide(out[1]), curvature: wide(curvature[0]) })
}
