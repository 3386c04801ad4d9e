//! Each kernel against a formula of its own.

mod factors;
mod places;
mod pools;
mod random;

use super::{Kernel, threads};
use crate::error::FunctionError;
use crate::execute::{Float, Precision};
use crate::primitive::ArrayOp;
use crate::program::{Builder, Program, Shape};

fn nothing() -> Program {
    Builder::new().finish(&[])
}

/// The result of an operation on operands, each an array and its shape.
fn computed<F: Float>(
    op: ArrayOp,
    operands: &[(&[F], Shape)],
    shape: impl Into<Shape>,
) -> Result<Vec<F>, FunctionError> {
    in_program(op, &nothing(), operands, shape.into(), threads())
}

fn in_program<F: Float>(
    op: ArrayOp,
    program: &Program,
    operands: &[(&[F], Shape)],
    shape: Shape,
    threads: usize,
) -> Result<Vec<F>, FunctionError> {
    let (mut x, mut shapes) = ([[].as_slice(); 3], [Shape::SCALAR; 3]);
    for (i, &(operand, shape)) in operands.iter().enumerate() {
        (x[i], shapes[i]) = (operand, shape);
    }
    let mut kernel = Kernel::new(op, program, shapes, shape, Precision::Full)?;
    let mut y = vec![F::from_f64(f64::NAN); shape.size()];
    kernel.run(x, &mut y, threads)?;
    let first = y.clone();
    kernel.run(x, &mut y, threads)?;
    assert_eq!(bits(&first), bits(&y), "the second run differs from the first");
    Ok(y)
}

fn bits<F: Float>(numbers: &[F]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_f64().to_bits()).collect()
}

/// Numbers in (−1, 1) without a pattern that matters.
fn scattered(count: usize) -> Vec<f64> {
    (0..count as u64)
        .map(|i| {
            (i.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23) >> 11) as f64 * 2.0_f64.powi(-52) - 1.0
        })
        .collect()
}

/// The operation has the same bits whether one thread works on it or three.
fn same_bits_on_three_threads(op: ArrayOp, operands: &[(&[f64], Shape)], shape: Shape) {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        bits(&pool.install(|| in_program(op, &nothing(), operands, shape, threads)).unwrap())
    };
    assert!(on(1) == on(3), "{op}: three threads give other bits");
}
