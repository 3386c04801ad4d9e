//! [`Ball`]: the points within a distance of a centre, in one of three norms.

use thalweg_spec::{Call, Options};

use super::KIND;
use super::projection::Nearest;
use super::simplex::threshold;
use crate::SolveError;

/// How the length of a vector is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// Σ|xᵢ|.
    One,
    /// √Σxᵢ².
    Two,
    /// max |xᵢ|.
    Infinity,
}

/// `ball(radius=1, norm=2)`: the points with ‖x − centre‖ ≤ radius.
///
/// The nearest one is, of d = x − centre: for the norm 2 `d·min(1, radius/‖d‖)`, for ∞ every dᵢ clipped to ±radius, for 1
/// `sign(dᵢ)·max(|dᵢ| − τ, 0)` with the τ that brings Σ|dᵢ| to the radius.
///
/// Duchi, Shalev-Shwartz, Singer and Chandra, *Efficient projections onto the ℓ₁-ball for learning in high dimensions*, ICML 2008.
///
/// ```
/// use thalweg_solve::{Ball, Constraint, Norm};
///
/// let diamond = Constraint::parse("ball(radius=2, norm=1)", &[])?;
/// assert_eq!(diamond, Constraint::Ball(Ball { radius: 2.0, norm: Norm::One, centre: None }));
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ball {
    /// The radius.
    pub radius: f64,
    /// The norm.
    pub norm: Norm,
    /// The centre; the origin unless given.
    pub centre: Option<Vec<f64>>,
}

impl Ball {
    pub(super) fn read(call: &Call) -> Result<Self, SolveError> {
        let options = Options::of(call, KIND, &["radius", "norm", "centre"])?;
        let radius =
            options.number_where("radius", 1.0, "positive and finite", |r| r > 0.0 && r.is_finite())?;
        let norm = match options.number("norm")? {
            Some(1.0) => Norm::One,
            None | Some(2.0) => Norm::Two,
            Some(f64::INFINITY) => Norm::Infinity,
            Some(_) => return Err(options.error("norm", "must be 1, 2 or inf").into()),
        };
        Ok(Ball { radius, norm, centre: options.numbers("centre")? })
    }

    pub(super) fn call(&self) -> Call {
        let norm = match self.norm {
            Norm::One => 1.0,
            Norm::Two => 2.0,
            Norm::Infinity => f64::INFINITY,
        };
        let call = Call::new("ball").with("radius", self.radius).with("norm", norm);
        match &self.centre {
            Some(centre) => call.with("centre", centre.as_slice()),
            None => call,
        }
    }

    pub(super) fn check(&self, dim: usize) -> Result<(), SolveError> {
        super::positive("ball's radius", self.radius)?;
        match &self.centre {
            Some(centre) => super::check_vector("the centre of the ball", centre, dim),
            None => Ok(()),
        }
    }
}

/// A ball and room for finding τ.
pub(super) struct Work {
    ball: Ball,
    scratch: Vec<f64>,
    waiting: Vec<f64>,
}

impl Work {
    pub(super) fn new(ball: &Ball, dim: usize) -> Self {
        let room = || Vec::with_capacity(if ball.norm == Norm::One { dim } else { 0 });
        Work { ball: ball.clone(), scratch: room(), waiting: room() }
    }

    fn shrink(&mut self, d: &mut [f64]) {
        let radius = self.ball.radius;
        match self.ball.norm {
            Norm::Two => {
                let length = crate::vector::norm(d);
                if length > radius {
                    for d in d {
                        *d *= radius / length;
                    }
                }
            }
            Norm::Infinity => {
                for d in d {
                    *d = d.clamp(-radius, radius);
                }
            }
            Norm::One => {
                if d.iter().map(|d| d.abs()).sum::<f64>() > radius {
                    let tau =
                        threshold(d.iter().map(|d| d.abs()), radius, &mut self.scratch, &mut self.waiting);
                    for d in d {
                        *d = (d.abs() - tau).max(0.0).copysign(*d);
                    }
                }
            }
        }
    }
}

impl Nearest for Work {
    fn nearest(&mut self, x: &mut [f64]) {
        let Some(centre) = self.ball.centre.take() else { return self.shrink(x) };
        x.iter_mut().zip(&centre).for_each(|(x, c)| *x -= c);
        self.shrink(x);
        x.iter_mut().zip(&centre).for_each(|(x, c)| *x += c);
        self.ball.centre = Some(centre);
    }
}
