//! [`Fused`]: a program of arrays in as few passes over memory as its structure allows.

use std::sync::Arc;

use super::kernels::{Kernel, threads};
use super::pass::{Bases, Pass};
use super::plan::{ArrayPlan, KernelPlan, Matrices, Place, ProductPlan, Step};
use crate::error::FunctionError;
use crate::execute::memory::Aligned;
use crate::execute::{ExplainedStep, Explanation, Float, Precision, check};
use crate::kernel::half::Half;
use crate::kernel::isa::Isa;
use crate::primitive::{ArrayOp, ProductDims};
use crate::product::{self, How, View, ViewMut, Workspace};
use crate::program::{Program, Shape};

#[derive(Debug)]
pub(in crate::execute) struct Fused<F> {
    program: Arc<Program>,
    work: Vec<Work<F>>,
    constants: Aligned<F>,
    workspace: Aligned<F>,
    /// What matrix products work in.
    packed: Workspace,
    /// Of the workspace, and of what the steps have beside it.
    workspace_bytes: usize,
    /// How many of the program's inputs come in the first buffer, and how many numbers the two buffers hold.
    first: usize,
    inputs: [usize; 2],
    outputs: usize,
    isa: Isa,
    precision: Precision,
    /// Whether there are steps that threads share.
    #[cfg(feature = "threads")]
    shares: bool,
}

/// Operations or bytes of a step from which on threads may share it.
#[cfg(feature = "threads")]
const SHARED_FROM: f64 = 1e5;

/// A step with what it works in.
#[derive(Debug)]
enum Work<F> {
    Fill {
        place: Place,
        count: usize,
        value: F,
    },
    Pass(Box<Pass<F>>),
    Product(ProductPlan),
    /// A product, and a pass over each part of it while the part is in the cache.
    ProductThen(ProductPlan, Box<Pass<F>>),
    Kernel(KernelPlan, Kernel<F>),
}

impl<F: Float> Fused<F> {
    /// Inputs after the first `first` come in a buffer of their own.
    pub(in crate::execute) fn new(
        program: Program,
        first: usize,
        precision: Precision,
    ) -> Result<Self, FunctionError> {
        Self::shared(Arc::new(program), first, precision)
    }

    fn shared(program: Arc<Program>, first: usize, precision: Precision) -> Result<Self, FunctionError> {
        let numbers = program.nodes.iter().fold(0, |sum: usize, node| sum.saturating_add(node.shape.size()));
        if numbers > isize::MAX as usize / 64 {
            return Err(FunctionError::Memory { bytes: numbers.saturating_mul(size_of::<F>()) });
        }
        let plan = ArrayPlan::new(&program, first);
        let bytes = plan.workspace.saturating_mul(size_of::<F>());
        let no_memory = || FunctionError::Memory { bytes };
        let workspace = Aligned::zeros(plan.workspace).ok_or_else(no_memory)?;
        let mut constants = Aligned::<F>::zeros(plan.constants.len()).ok_or_else(no_memory)?;
        for (k, &value) in plan.constants.iter().enumerate() {
            // SAFETY: there is room for all constants.
            unsafe { *constants.as_mut_ptr().add(k) = F::from_f64(value) };
        }
        let work = plan.steps.into_iter().map(|step| {
            Ok(match step {
                Step::Fill { place, count, value } => Work::Fill { place, count, value: F::from_f64(value) },
                Step::Pass(pass) => Work::Pass(Box::new(Pass::new(pass))),
                Step::Product(product) => Work::Product(product),
                Step::Kernel(kernel) => {
                    let mut shapes = [Shape::SCALAR; 3];
                    for (shape, operand) in shapes.iter_mut().zip(&kernel.operands) {
                        *shape = operand.1;
                    }
                    let made = Kernel::new(kernel.op, &program, shapes, kernel.shape, precision)?;
                    Work::Kernel(kernel, made)
                }
            })
        });
        let work = joined(work.collect::<Result<Vec<_>, FunctionError>>()?);
        let (inputs, outputs) = (plan.inputs, plan.outputs);
        let isa = Isa::detect();
        let packed_bytes = packed_bytes::<F>(&work, isa, precision.half::<F>());
        let packed = Workspace::with_bytes(packed_bytes);
        let partials: usize = work
            .iter()
            .map(|work| match work {
                Work::Pass(pass) | Work::ProductThen(_, pass) => pass.bytes(),
                Work::Kernel(_, kernel) => kernel.bytes(),
                Work::Fill { .. } | Work::Product(_) => 0,
            })
            .sum();
        let workspace_bytes = bytes + packed_bytes + partials;
        let fused = Fused {
            program,
            work,
            constants,
            workspace,
            packed,
            workspace_bytes,
            first,
            inputs,
            outputs,
            isa,
            precision,
            #[cfg(feature = "threads")]
            shares: false,
        };
        #[cfg(feature = "threads")]
        let fused = {
            let shared = |step: &ExplainedStep| step.flops.max(step.bytes) >= SHARED_FROM;
            Fused { shares: fused.explain().steps.iter().any(shared), ..fused }
        };
        Ok(fused)
    }

    pub(in crate::execute) fn input_lens(&self) -> [usize; 2] {
        self.inputs
    }

    pub(in crate::execute) fn output_len(&self) -> usize {
        self.outputs
    }

    pub(in crate::execute) fn explain(&self) -> Explanation {
        let width = size_of::<F>();
        let steps = self.work.iter().map(|work| match work {
            Work::Fill { count, .. } => step(format!("fill {count}"), 0.0, count * width),
            Work::Pass(pass) => pass.explain(),
            Work::Product(plan) => self.explain_product(plan),
            Work::ProductThen(plan, pass) => {
                let (product, pass) = (self.explain_product(plan), pass.explain());
                // The pass finds the product in the cache.
                let bytes = product.bytes + pass.bytes - (plan.dims.rows * plan.dims.columns * width) as f64;
                let what = format!("{}, then {}", product.what, pass.what);
                ExplainedStep { what, flops: product.flops + pass.flops, bytes, bf16: product.bf16 }
            }
            Work::Kernel(plan, _) => {
                let read: usize = plan.operands.iter().map(|(_, shape)| shape.size()).sum();
                let bytes = (read + plan.shape.size()) * width;
                let bf16 = matches!(plan.op, ArrayOp::Convolve(..)) && self.precision.half::<F>().is_some();
                let suffix = if bf16 { ", bf16" } else { "" };
                let what = format!("{} to {}{suffix}", plan.op.name(), plan.shape);
                ExplainedStep { what, flops: plan.flops(), bytes: bytes as f64, bf16 }
            }
        });
        Explanation {
            steps: steps.collect(),
            workspace: self.workspace_bytes,
            arguments: (self.inputs[0] + self.inputs[1] + self.outputs) * width,
            width,
        }
    }

    fn explain_product(&self, plan: &ProductPlan) -> ExplainedStep {
        let ProductDims { count, rows, inner, columns } = plan.dims;
        let bf16 = self.precision.half::<F>().is_some();
        let suffix = if bf16 { ", bf16" } else { "" };
        let what = match count {
            1 => format!("product {rows}×{inner} by {inner}×{columns}{suffix}"),
            _ => format!("{count} products {rows}×{inner} by {inner}×{columns}{suffix}"),
        };
        let bytes = count * (rows * inner + inner * columns + rows * columns) * size_of::<F>();
        let flops = 2.0 * (count * rows * inner * columns) as f64;
        ExplainedStep { what, flops, bytes: bytes as f64, bf16 }
    }

    /// The shape of an array of the program.
    pub(in crate::execute) fn shape(&self) -> Shape {
        super::first_array(&self.program).unwrap_or_default()
    }

    pub(in crate::execute) fn run(
        &mut self,
        inputs: &[F],
        further: &[F],
        outputs: &mut [F],
    ) -> Result<(), FunctionError> {
        check("input", inputs.len(), self.inputs[0])?;
        check("further input", further.len(), self.inputs[1])?;
        check("output", outputs.len(), self.outputs)?;
        #[cfg(feature = "threads")]
        if self.shares && rayon::current_thread_index().is_none() && threads() > 1 {
            // As one of the pool's threads: from outside every step would be handed over to them, and waited for asleep.
            return rayon::scope(|_| self.run_here(inputs, further, outputs));
        }
        self.run_here(inputs, further, outputs)
    }

    /// The steps, on buffers of the right lengths.
    fn run_here(&mut self, inputs: &[F], further: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        let bases = Bases {
            inputs: inputs.as_ptr().cast_mut(),
            further: further.as_ptr().cast_mut(),
            outputs: outputs.as_mut_ptr(),
            constants: self.constants.as_mut_ptr(),
            workspace: self.workspace.as_mut_ptr(),
        };
        let threads = threads();
        let half = self.precision.half::<F>();
        let how = How { isa: self.isa, half, threads, accumulate: false, epilogue: None };
        for work in &mut self.work {
            // SAFETY: the planner gave every step places within the regions, whose lengths were checked or allocated, and
            // lets no step write what it reads, nor anything among the inputs and constants.
            unsafe {
                match work {
                    Work::Fill { place, count, value } => {
                        std::slice::from_raw_parts_mut(bases.at(*place), *count).fill(*value);
                    }
                    Work::Pass(pass) => pass.run(bases, self.isa, threads),
                    Work::Product(product) => {
                        multiply(product, bases, &how, &mut self.packed);
                    }
                    Work::ProductThen(product, pass) => {
                        let packed = &mut self.packed;
                        pass.run_after(bases, self.isa, threads, product.dims.columns, |then| {
                            multiply(product, bases, &How { epilogue: Some(then), ..how }, packed);
                        });
                    }
                    Work::Kernel(plan, kernel) => {
                        let mut x: [&[F]; 3] = [&[]; 3];
                        for (x, (place, shape)) in x.iter_mut().zip(&plan.operands) {
                            *x = std::slice::from_raw_parts(bases.at(*place), shape.size());
                        }
                        let y = std::slice::from_raw_parts_mut(bases.at(plan.target), plan.shape.size());
                        kernel.run(x, y, threads)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl<F: Float> Clone for Fused<F> {
    /// Another one of the same program, with memory of its own.
    fn clone(&self) -> Self {
        match Self::shared(Arc::clone(&self.program), self.first, self.precision) {
            Ok(fused) => fused,
            Err(error) => panic!("{error}"),
        }
    }
}

fn step(what: String, flops: f64, bytes: usize) -> ExplainedStep {
    ExplainedStep { what, flops, bytes: bytes as f64, bf16: false }
}

/// Products with the passes that can run on their parts joined to them.
fn joined<F: Float>(work: Vec<Work<F>>) -> Vec<Work<F>> {
    let mut all: Vec<Work<F>> = Vec::with_capacity(work.len());
    for next in work {
        match (all.pop(), next) {
            (Some(Work::Product(product)), Work::Pass(pass)) if pass.can_follow(&product) => {
                all.push(Work::ProductThen(product, pass));
            }
            (before, next) => all.extend(before.into_iter().chain([next])),
        }
    }
    all
}

/// What the largest product needs.
fn packed_bytes<F: Float>(work: &[Work<F>], isa: Isa, half: Option<Half>) -> usize {
    let products = work.iter().filter_map(|work| match work {
        Work::Product(product) | Work::ProductThen(product, _) => Some(product.dims),
        _ => None,
    });
    let bytes = products
        .map(|dims| Workspace::bytes_for::<F>(isa, half, [dims.rows, dims.columns, dims.inner], threads()));
    bytes.max().unwrap_or(0)
}

/// # Safety
/// The plan's matrices lie within the regions.
unsafe fn multiply<F: Float>(plan: &ProductPlan, bases: Bases<F>, how: &How<'_>, workspace: &mut Workspace) {
    let ProductDims { count, rows, inner, columns } = plan.dims;
    for product in 0..count {
        let view = |matrices: &Matrices, rows: usize, cols: usize| View {
            ptr: bases.of(matrices.region).wrapping_offset(matrices.offsets[product]).cast_const(),
            rows,
            cols,
            row_stride: matrices.rows as usize,
            col_stride: matrices.columns as usize,
        };
        let (a, b) = (view(&plan.left, rows, inner), view(&plan.right, inner, columns));
        // SAFETY: as promised by the caller; the planner gives no product strides below zero, nor its operands' place.
        unsafe {
            let ptr = bases.at(plan.target).add(product * rows * columns);
            let c = ViewMut { ptr, rows, cols: columns, row_stride: columns, col_stride: 1 };
            product::multiply(a, b, c, how, workspace);
        }
    }
}
