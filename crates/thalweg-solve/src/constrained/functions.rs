//! [`Functions`]: all functions of all relations at work: values, Jacobian, and second derivatives times multipliers.

use std::sync::Arc;

use thalweg_function::{Executable, Program, Shape, hessian, jacobian, scalarize, select_outputs, trace};

use crate::constraint::{Curvature, Relation, Slopes, Source};
use crate::objective::ready;
use crate::{Constraint, SolveError};

/// Programs of at most so many operations are unrolled.
const UNROLLED: usize = 4096;

/// The functions of one relation.
#[expect(clippy::large_enum_variant, reason = "there are as many as constraints were written")]
enum Part {
    Traced {
        program: Program,
        /// Values alone, once they were asked for.
        values: Option<Executable<f64>>,
        /// Values, then the Jacobian row by row.
        slopes: Executable<f64>,
        out: Vec<f64>,
        /// Σ λᵢ∇²cᵢ from x and λ, once it was made ready.
        curvature: Option<Executable<f64>>,
    },
    Hand {
        slopes: Arc<Slopes>,
        curvature: Option<Arc<Curvature>>,
    },
}

/// All functions, one relation after the other.
pub(crate) struct Functions {
    dim: usize,
    parts: Vec<(usize, Part)>,
    pub(crate) ends: Vec<(f64, f64)>,
    /// Whether all second derivatives are known.
    pub(crate) has_hessian: bool,
    pair: Vec<f64>,
    matrix: Vec<f64>,
}

impl Functions {
    pub(crate) fn new(constraints: &[Constraint], dim: usize) -> Result<Self, SolveError> {
        let mut all = Functions {
            dim,
            parts: Vec::new(),
            ends: Vec::new(),
            has_hessian: true,
            pair: Vec::new(),
            matrix: Vec::new(),
        };
        for constraint in constraints {
            let Constraint::Function(relation) = constraint else { continue };
            relation.check_dim(dim)?;
            let part = match relation.source() {
                Source::Program(program) => traced(program, dim)?,
                Source::Hand { slopes, curvature, .. } => {
                    Part::Hand { slopes: slopes.clone(), curvature: curvature.clone() }
                }
            };
            all.has_hessian &= relation.has_hessian();
            all.parts.push((relation.count(), part));
            all.ends.extend_from_slice(relation.all_ends());
        }
        Ok(all)
    }

    /// c; where the Jacobian comes with it, its rows too.
    pub(crate) fn values(&mut self, x: &[f64], c: &mut [f64], j: &mut [f64]) -> Result<(), SolveError> {
        self.each(c, j, |part, c, j| {
            match part {
                Part::Traced { program, values, .. } => {
                    ready(values, program, |program| Ok(program.clone()))?.run(x, c)?;
                }
                Part::Hand { slopes, .. } => slopes(x, c, j),
            }
            Ok(())
        })
    }

    /// The rows of the Jacobian that did not come with c.
    pub(crate) fn slopes(&mut self, x: &[f64], c: &mut [f64], j: &mut [f64]) -> Result<(), SolveError> {
        self.each(c, j, |part, c, j| {
            if let Part::Traced { slopes, out, .. } = part {
                slopes.run(x, out)?;
                j.copy_from_slice(&out[c.len()..]);
            }
            Ok(())
        })
    }

    /// c and its Jacobian, row by row.
    pub(crate) fn evaluate(&mut self, x: &[f64], c: &mut [f64], j: &mut [f64]) -> Result<(), SolveError> {
        self.each(c, j, |part, c, j| {
            match part {
                Part::Traced { slopes, out, .. } => {
                    slopes.run(x, out)?;
                    let (values, jacobian) = out.split_at(c.len());
                    c.copy_from_slice(values);
                    j.copy_from_slice(jacobian);
                }
                Part::Hand { slopes, .. } => slopes(x, c, j),
            }
            Ok(())
        })
    }

    /// Calls with each relation's own functions, and their rows of c and of the Jacobian.
    fn each(
        &mut self,
        c: &mut [f64],
        j: &mut [f64],
        mut call: impl FnMut(&mut Part, &mut [f64], &mut [f64]) -> Result<(), SolveError>,
    ) -> Result<(), SolveError> {
        let mut first = 0;
        for (count, part) in &mut self.parts {
            let rows = first..first + *count;
            call(part, &mut c[rows.clone()], &mut j[rows.start * self.dim..rows.end * self.dim])?;
            first += *count;
        }
        Ok(())
    }

    /// Makes second derivatives ready.
    pub(crate) fn prepare(&mut self) -> Result<(), SolveError> {
        self.matrix.resize(self.dim * self.dim, 0.0);
        self.pair.reserve(self.dim + self.ends.len());
        for (count, part) in &mut self.parts {
            if let Part::Traced { program, curvature, .. } = part {
                let own = curvature.insert(Executable::new(&weighted_hessian(program)?)?);
                // The first run makes room for the others.
                self.pair.clear();
                self.pair.resize(self.dim + *count, 0.0);
                own.run(&self.pair, &mut self.matrix)?;
            }
        }
        Ok(())
    }

    /// `h ← h + Σ wᵢ∇²cᵢ(x)`, of functions whose second derivatives are ready.
    pub(crate) fn add_curvature(&mut self, x: &[f64], w: &[f64], h: &mut [f64]) -> Result<(), SolveError> {
        let mut first = 0;
        for (count, part) in &mut self.parts {
            let w = &w[first..first + *count];
            first += *count;
            if w.iter().all(|w| *w == 0.0) {
                continue;
            }
            match part {
                Part::Traced { curvature, .. } => {
                    let Some(curvature) = curvature else { continue };
                    self.pair.clear();
                    self.pair.extend_from_slice(x);
                    self.pair.extend_from_slice(w);
                    curvature.run(&self.pair, &mut self.matrix)?;
                }
                Part::Hand { curvature: Some(curvature), .. } => curvature(x, w, &mut self.matrix),
                Part::Hand { .. } => continue,
            }
            for (h, own) in h.iter_mut().zip(&self.matrix) {
                *h += own;
            }
        }
        Ok(())
    }
}

impl Relation {
    /// Whether the functions are of as many variables as the objective.
    pub(crate) fn check_dim(&self, dim: usize) -> Result<(), SolveError> {
        if self.dim() == dim {
            return Ok(());
        }
        let what = format!("the constraint {self}");
        Err(SolveError::Dimension { what, found: self.dim(), expected: dim })
    }
}

/// The program with scalars for inputs and results, or with all its inputs as one vector.
fn flat(program: &Program, dim: usize) -> Result<Program, SolveError> {
    if let Some(unrolled) = scalarize(program, UNROLLED) {
        return Ok(unrolled);
    }
    let shapes: Vec<Shape> = program.input_shapes().collect();
    Ok(trace([Shape::from([dim])], |x| {
        let mut start = 0;
        let arguments: Vec<_> = shapes
            .iter()
            .map(|&shape| {
                start += shape.size();
                x[0].slice(0, start - shape.size()..start).reshape(shape)
            })
            .collect();
        program.call(&arguments)
    })?)
}

fn traced(program: &Program, dim: usize) -> Result<Part, SolveError> {
    let program = flat(program, dim)?;
    let derivatives = jacobian(&program)?;
    let shapes: Vec<Shape> = program.input_shapes().collect();
    let both = trace(shapes, |x| {
        let mut all = program.call(x);
        all.extend(derivatives.call(x));
        all
    })?;
    let slopes = Executable::new(&both)?;
    let out = vec![0.0; slopes.output_len()];
    Ok(Part::Traced { program, values: None, slopes, out, curvature: None })
}

/// Σ λᵢ∇²cᵢ as a program of x and λ.
fn weighted_hessian(program: &Program) -> Result<Program, SolveError> {
    let inputs: Vec<Shape> = program.input_shapes().collect();
    let outputs: Vec<Shape> = program.output_shapes().collect();
    let n = inputs.len();
    let all: Vec<Shape> = inputs.iter().chain(&outputs).copied().collect();
    let size = all.len();
    let sum = trace(all, |v| {
        let terms = program.call(&v[..n]).into_iter().zip(&v[n..]).map(|(c, λ)| (c * *λ).sum(..));
        terms.reduce(|sum, term| sum + term).unwrap_or_else(|| thalweg_function::Var::constant(0.0))
    })?;
    let block: Vec<usize> = (0..n).flat_map(|i| (0..n).map(move |j| i * size + j)).collect();
    Ok(select_outputs(&hessian(&sum)?, &block)?)
}
