//! Sets by name: how they are read, printed, checked and put to work.

use thalweg_rule::{Kind, Named};
use thalweg_spec::{Call, Options, Value, unknown_name};

use super::projection::Nearest;
use super::{Affine, Ball, Bounds, Constraint, Intersection, KIND, Plane};
use super::{affine, ball, intersection, isotonic, plane, simplex};
use crate::SolveError;

/// Reads a set, if the call is one.
pub(super) fn read(call: &Call) -> Result<Option<Constraint>, SolveError> {
    let wanted = "positive and finite";
    Ok(Some(match call.name.as_str() {
        "box" => Constraint::Box(super::read_box(call)?),
        "sphere" => {
            let options = Options::of(call, KIND, &["radius"])?;
            let radius = options.number_where("radius", 1.0, wanted, crate::search::positive)?;
            Constraint::Sphere { radius }
        }
        "nonnegative" => {
            Options::of(call, KIND, &[])?;
            Constraint::Nonnegative
        }
        "ball" => Constraint::Ball(Ball::read(call)?),
        "simplex" => {
            let options = Options::of(call, KIND, &["sum"])?;
            Constraint::Simplex { sum: options.number_where("sum", 1.0, wanted, crate::search::positive)? }
        }
        "halfspace" => Constraint::Halfspace(Plane::read(call)?),
        "hyperplane" => Constraint::Hyperplane(Plane::read(call)?),
        "affine" => Constraint::Affine(Affine::read(call)?),
        "isotonic" => {
            Options::of(call, KIND, &[])?;
            Constraint::Isotonic
        }
        "intersection" => Constraint::Intersection(Intersection::read(call)?),
        _ => return Ok(None),
    }))
}

/// The error for a name that is no set.
pub(super) fn unknown(name: &str) -> SolveError {
    let known: Vec<_> = entries().iter().map(|entry| entry.name).collect();
    unknown_name("set", name, &known).into()
}

/// How a set is written.
pub(super) fn call(set: &Constraint) -> Call {
    match set {
        Constraint::Box(bounds) => {
            let ends = |end: fn((f64, f64)) -> f64| -> Value {
                let ends: Vec<_> = (0..bounds.len()).map(|i| end(bounds.interval(i))).collect();
                if ends.len() == 1 { ends[0].into() } else { ends.as_slice().into() }
            };
            Call::new("box").with("low", ends(|i| i.0)).with("high", ends(|i| i.1))
        }
        Constraint::Sphere { radius } => Call::new("sphere").with("radius", *radius),
        Constraint::Ball(ball) => ball.call(),
        Constraint::Simplex { sum } => Call::new("simplex").with("sum", *sum),
        Constraint::Halfspace(plane) | Constraint::Hyperplane(plane) => plane.call(set.name()),
        Constraint::Affine(affine) => affine.call(),
        Constraint::Intersection(intersection) => intersection.call(),
        Constraint::Nonnegative
        | Constraint::Isotonic
        | Constraint::Multiplier(_)
        | Constraint::Function(_) => Call::new(set.name()),
    }
}

/// Whether a set is one of points with `dim` coordinates, and every number of it in its range.
pub(super) fn check(set: &Constraint, dim: usize) -> Result<(), SolveError> {
    match set {
        Constraint::Box(bounds) => bounds.check(dim),
        Constraint::Sphere { radius } => super::positive("sphere's radius", *radius),
        Constraint::Simplex { sum } => super::positive("simplex's sum", *sum),
        Constraint::Ball(ball) => ball.check(dim),
        Constraint::Halfspace(plane) | Constraint::Hyperplane(plane) => plane.check(dim),
        Constraint::Affine(affine) => affine.check(dim),
        Constraint::Intersection(intersection) => intersection.check(dim),
        Constraint::Nonnegative
        | Constraint::Isotonic
        | Constraint::Multiplier(_)
        | Constraint::Function(_) => Ok(()),
    }
}

/// A convex set at work.
pub(super) fn nearest(set: &Constraint, dim: usize) -> Result<Box<dyn Nearest>, SolveError> {
    Ok(match set {
        Constraint::Box(bounds) => Box::new(Interval(bounds.clone())),
        Constraint::Nonnegative => Box::new(Interval(Bounds::all(0.0, f64::INFINITY)?)),
        Constraint::Ball(settings) => Box::new(ball::Work::new(settings, dim)),
        Constraint::Simplex { sum } => Box::new(simplex::Simplex::new(*sum, dim)),
        Constraint::Halfspace(settings) => Box::new(plane::Work::new(settings, true)),
        Constraint::Hyperplane(settings) => Box::new(plane::Work::new(settings, false)),
        Constraint::Affine(settings) => Box::new(affine::Work::new(settings, dim)?),
        Constraint::Isotonic => Box::new(isotonic::Isotonic::new(dim)),
        Constraint::Intersection(settings) => Box::new(intersection::Work::new(settings, dim)?),
        Constraint::Sphere { .. } | Constraint::Multiplier(_) | Constraint::Function(_) => {
            let found = set.name().to_owned();
            return Err(SolveError::Option { name: "the set", wanted: "convex", found });
        }
    })
}

/// A box among other sets.
struct Interval(Bounds);

impl Nearest for Interval {
    fn nearest(&mut self, x: &mut [f64]) {
        for (j, x) in x.iter_mut().enumerate() {
            let (low, high) = self.0.interval(j);
            *x = x.clamp(low, high);
        }
    }
}

/// Every set: name, summary and signature.
pub(super) fn entries() -> Vec<Named> {
    let entry = |name, summary, signature: &str| Named::new(Kind::Constraint, name, summary, signature);
    vec![
        entry("box", "every variable in its interval, by projection", "box(low=-inf, high=inf)"),
        entry("nonnegative", "no variable below 0, by projection", "nonnegative"),
        entry("sphere", "a fixed Euclidean norm, by projection", "sphere(radius=1)"),
        entry("ball", "a largest norm (1, 2 or inf), by projection", "ball(radius=1, norm=2, [centre])"),
        entry("simplex", "no variable below 0 and a fixed sum, by projection", "simplex(sum=1)"),
        entry("halfspace", "normal·x at most offset, by projection", "halfspace(normal, offset=0)"),
        entry("hyperplane", "normal·x equal to offset, by projection", "hyperplane(normal, offset=0)"),
        entry("affine", "linear equations matrix·x = offset, by projection", "affine(matrix, offset=0)"),
        entry("isotonic", "variables that do not fall from one to the next, by projection", "isotonic"),
        entry(
            "intersection",
            "several convex sets at once, by Dykstra's method",
            "intersection(set, ..., tol=1e-12, sweeps=10000)",
        ),
    ]
}
