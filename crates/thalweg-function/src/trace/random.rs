//! Random numbers in traces, drawn with a key that is an argument like any other.
//!
//! A program with the same key draws the same numbers, on every machine. Each call in a trace draws others, so that one key serves
//! a whole trace. A program that is [called](crate::Program::call) within a trace draws what it draws by itself: give it a key
//! of its own.

use std::f64::consts::TAU;
use std::panic::Location;

use super::indexing::too_many_axes;
use super::{TAPES, Var, record_array};
use crate::primitive::{ArrayOp, Op};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// Numbers of `shape`, evenly distributed in [0, 1), drawn with `key`, a whole number. With an array of keys the axes of `shape`
    /// follow those of the keys.
    ///
    /// Has no derivative. A key that is not whole is an error of the run ([`FunctionError::Key`](crate::FunctionError::Key)); more axes
    /// than an array can have make the trace an error.
    ///
    /// ```
    /// use thalweg_function::{Executable, Var, trace};
    ///
    /// let two = trace(1, |key| [Var::uniform(key[0], [3]), Var::uniform(key[0], [3])])?;
    /// let mut draws = [0.0; 6];
    /// Executable::<f64>::new(&two)?.run(&[42.0], &mut draws)?;
    /// assert_ne!(draws[..3], draws[3..]);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    #[track_caller]
    pub fn uniform(key: Var, shape: impl Into<Shape>) -> Var {
        let (shape, stream) = (shape.into(), next_stream());
        record_array("uniform", &[key], Location::caller(), |b, x| uniform(b, x[0], shape, stream))
    }

    /// Numbers of `shape` from the normal distribution with mean 0 and variance 1, drawn with `key` as in
    /// [`uniform`](Var::uniform).
    ///
    /// √(−2·log(1 − u₁))·cos(2π·u₂) of two even ones (Box and Muller, Ann. Math. Statist. 29, 1958).
    #[track_caller]
    pub fn normal(key: Var, shape: impl Into<Shape>) -> Var {
        let (shape, streams) = (shape.into(), [next_stream(), next_stream()]);
        record_array("normal", &[key], Location::caller(), |b, x| {
            let u = uniform(b, x[0], shape, streams[0])?;
            let v = uniform(b, x[0], shape, streams[1])?;
            let one = b.constant(1.0);
            let rest = b.sub(one, u);
            let logarithm = b.apply(Op::Log, &[rest]);
            let square = b.scale(-2.0, logarithm);
            let radius = b.apply(Op::Sqrt, &[square]);
            let angle = b.scale(TAU, v);
            let cosine = b.apply(Op::Cos, &[angle]);
            Ok(b.mul(radius, cosine))
        })
    }

    /// The array with each element set to 0 with probability `rate`, the others divided by 1 − `rate`, so that the mean stays.
    /// `key` is a single one, as in [`uniform`](Var::uniform).
    ///
    /// A rate outside [0, 1) makes the trace an error.
    #[track_caller]
    pub fn dropout(self, key: Var, rate: f64) -> Var {
        let stream = next_stream();
        record_array("dropout", &[self, key], Location::caller(), |b, x| {
            if !(0.0..1.0).contains(&rate) {
                return Err(format!("a rate of {rate}; from 0 to below 1 would be right"));
            }
            if !b.shape(x[1]).is_scalar() {
                return Err("the key has to be a scalar".to_owned());
            }
            let u = uniform(b, x[1], b.shape(x[0]), stream)?;
            let (rate, left, zero) = (b.constant(rate), b.constant(1.0 - rate), b.constant(0.0));
            let dropped = b.apply(Op::Less, &[u, rate]);
            let scaled = b.div(x[0], left);
            Ok(b.select(dropped, zero, scaled))
        })
    }
}

/// A number that no other draw of the trace in progress has.
fn next_stream() -> u32 {
    TAPES.with_borrow_mut(|tapes| {
        tapes.last_mut().map_or(0, |tape| {
            let stream = tape.streams;
            tape.streams += 1;
            stream
        })
    })
}

fn uniform(b: &mut Builder, key: NodeId, shape: Shape, stream: u32) -> Result<NodeId, String> {
    let keys = b.shape(key);
    let rank = keys.rank() + shape.rank();
    if rank > Shape::MAX_RANK {
        return Err(too_many_axes(rank));
    }
    let drawn = Shape::of(keys.axes().chain(shape.axes()));
    Ok(b.array(ArrayOp::Uniform(stream), &[key], drawn))
}
