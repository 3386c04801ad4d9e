//! Loops of fixed length in traces: [`scan`] and [`fold`].

use std::panic::Location;
use std::sync::Arc;

use super::structure::joined;
use super::{TAPES, Var, record_array, trace_from};
use crate::primitive::{Loop, Span};
use crate::program::{Builder, NodeId, Shape};
use crate::transform::simplify;

/// A loop of `length` steps: `body(carry, row, shared)` gives the next carry and a record. Returns the last carry and all
/// records, `[length, …]`.
///
/// The body is traced once, whatever the length. Step `k` sees `rows[k]`, where `rows` is `[length, …]`; without rows it sees `k`.
/// Of the variables outside it sees those in `shared`. Carry, rows, records and what is shared have any shapes; that of the carry
/// stays. [`fold`] is a loop without records.
///
/// ```
/// use thalweg_function::{Executable, scan, trace};
///
/// // Compound interest: the balance after each year.
/// let balances = trace(2, |x| scan(3, x[0], None, &[x[1]], |balance, _, rate| {
///     let next = balance * (1.0 + rate[0]);
///     (next, next)
/// }).1)?;
/// let mut y = [0.0; 3];
/// Executable::<f64>::new(&balances)?.run(&[100.0, 0.5], &mut y)?;
/// assert_eq!(y, [150.0, 225.0, 337.5]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// Another number of rows, another shape of the next carry, and a variable from outside that is not in `shared` make the trace
/// an error.
#[track_caller]
pub fn scan(
    length: usize,
    carry: Var,
    rows: Option<Var>,
    shared: &[Var],
    body: impl FnOnce(Var, Var, &[Var]) -> (Var, Var),
) -> (Var, Var) {
    let location = Location::caller();
    run(
        "scan",
        location,
        length,
        [carry, rows.unwrap_or(carry)],
        rows.is_some(),
        shared,
        |carry, row, shared| {
            let (next, record) = body(carry, row, shared);
            (next, Some(record))
        },
    )
}

/// A loop of `length` steps: `body(carry, row, shared)` gives the next carry. Returns the last one. Otherwise as [`scan`].
///
/// ```
/// use thalweg_function::{Executable, fold, gradient, trace};
///
/// // The square root by Newton's method.
/// let root = trace(1, |x| fold(6, x[0], None, x, |y, _, x| 0.5 * (y + x[0] / y)))?;
/// let mut y = [0.0];
/// Executable::<f64>::new(&root)?.run(&[2.0], &mut y)?;
/// assert!((y[0] - 2.0_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[track_caller]
pub fn fold(
    length: usize,
    carry: Var,
    rows: Option<Var>,
    shared: &[Var],
    body: impl FnOnce(Var, Var, &[Var]) -> Var,
) -> Var {
    let location = Location::caller();
    let operands = [carry, rows.unwrap_or(carry)];
    run("fold", location, length, operands, rows.is_some(), shared, |carry, row, shared| {
        (body(carry, row, shared), None)
    })
    .0
}

/// `operands` are the carry and the rows; where there are none, the carry stands in their place.
fn run(
    name: &'static str,
    location: &'static Location<'static>,
    length: usize,
    [carry, rows]: [Var; 2],
    has_rows: bool,
    shared: &[Var],
    body: impl FnOnce(Var, Var, &[Var]) -> (Var, Option<Var>),
) -> (Var, Var) {
    let poisoned = (Var::POISON, Var::POISON);
    let rows = if has_rows { rows } else { Var::iota(length) };
    let operands = [&[carry, rows], shared].concat();
    let (carry_shape, rows_shape) = (carry.shape(), rows.shape());
    let checked = record_array(name, &operands, location, |b, x| {
        if rows_shape.rank() == 0 || rows_shape.axis(0) != length {
            return Err(format!("{length} steps need rows of shape [{length}, ...], found {rows_shape}"));
        }
        let parts: Vec<_> = x[2..].iter().map(|&id| flat(b, id)).collect();
        Ok(chained(b, &parts))
    });
    if checked.tape == 0 {
        return poisoned;
    }
    let row_shape = Shape::of(rows_shape.axes().skip(1));
    let shapes: Vec<_> = shared.iter().map(|var| var.shape()).collect();
    let mut record_shape = None;
    let vectors =
        [carry_shape.size(), checked.shape().size(), row_shape.size()].map(|size| Shape::from([size]));
    let streams = TAPES.with_borrow(|tapes| tapes.last().map_or(0, |tape| tape.streams));
    let traced = trace_from(streams, vectors, |x| {
        let mut start = 0;
        let mut inner = Vec::with_capacity(shapes.len());
        for shape in &shapes {
            inner.push(x[1].slice(0, start..start + shape.size()).reshape(*shape));
            start += shape.size();
        }
        let (next, record) = body(x[0].reshape(carry_shape), x[2].reshape(row_shape), &inner);
        let checked = record_array(name, &[next], location, |b, x| {
            let found = b.shape(x[0]);
            if found != carry_shape {
                return Err(format!("the next carry has to have the shape of the first, {carry_shape}"));
            }
            Ok(flat(b, x[0]))
        });
        record_shape = record.map(Var::shape);
        let record = record_array(name, record.as_slice(), location, |b, x| {
            let parts: Vec<_> = x.iter().map(|&id| flat(b, id)).collect();
            Ok(chained(b, &parts))
        });
        [checked, record]
    });
    let body = TAPES.with_borrow_mut(|tapes| {
        let tape = tapes.last_mut()?;
        match traced {
            Ok((program, streams)) => {
                tape.streams = streams;
                Some(Loop { body: Arc::new(simplify(&program)), steps: length })
            }
            Err(error) => {
                tape.error.get_or_insert(error);
                None
            }
        }
    });
    let Some(body) = body else { return poisoned };
    let both = record_array(name, &[carry, checked, rows], location, |b, x| {
        let total = length.saturating_mul(body.record()).saturating_add(body.carry());
        if u32::try_from(total).is_err() {
            return Err(format!("{total} numbers to return; at most {} are possible", u32::MAX));
        }
        let (carry, rows) = (flat(b, x[0]), flat(b, x[2]));
        Ok(b.scan(body, carry, x[1], rows))
    });
    let last = both.slice(0, ..carry_shape.size()).reshape(carry_shape);
    let Some(record) = record_shape else { return (last, Var::POISON) };
    let records = record_array(name, &[both], location, |b, x| {
        let shape =
            record.batched(length).ok_or_else(|| super::indexing::too_many_axes(record.rank() + 1))?;
        let span = Span { axis: 0, start: carry_shape.size() as u32, step: 1 };
        let records = b.slice(x[0], span, shape.size());
        Ok(b.reshape(records, shape))
    });
    (last, records)
}

fn flat(b: &mut Builder, x: NodeId) -> NodeId {
    let size = b.shape(x).size();
    b.reshape(x, Shape::of([size]))
}

/// Vectors one behind the other.
fn chained(b: &mut Builder, parts: &[NodeId]) -> NodeId {
    if parts.is_empty() { b.table([].into(), Shape::of([0])) } else { joined(b, parts, 0) }
}
