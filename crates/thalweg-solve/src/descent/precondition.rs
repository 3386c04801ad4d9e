//! [`Preconditioner`]: what takes the scales of a function away before a direction is chosen.

use thalweg_spec::{Call, Options, SpecError, Value, unknown_name};

use super::lbfgs::Memory;
use super::{Aim, Beta, Lbfgs, Moved};
use crate::checkpoint::Keeper;
use crate::cholesky::Cholesky;
use crate::lanczos::random_direction;
use crate::objective::{Derivatives, Oracle};
use crate::scalar::{narrow, wide};
use crate::search::within;
use crate::vector::{dot, recur};
use crate::{Scalar, SolveError};

/// A matrix M like the Hessian, easy to divide by: directions are made of M⁻¹∇f instead of ∇f.
///
/// Written as an option of `cg` and `steepest`: `cg(preconditioner=hutchinson(samples=10))`. M is made anew every so many steps
/// (`every`). Of a matrix whose diagonal is what makes it badly scaled, the diagonal is enough.
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., section 5.1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Preconditioner {
    /// `none`: the gradient as it is.
    #[default]
    None,
    /// `diagonal(every=10)`: the absolute values of the Hessian's diagonal.
    Diagonal {
        /// Steps from one Hessian to the next.
        every: u32,
    },
    /// `full(every=10)`: the Hessian, made positive definite, by its Cholesky factor.
    Full {
        /// Steps from one Hessian to the next.
        every: u32,
    },
    /// `hutchinson(samples=10, every=10)`: the absolute values of an estimate of the Hessian's diagonal from so many Hessian-vector
    /// products with random signs. Bekas, Kokiopoulou and Saad, *An estimator for the diagonal of a matrix*, 2007.
    Hutchinson {
        /// Products for an estimate.
        samples: u32,
        /// Steps from one estimate to the next.
        every: u32,
    },
    /// `limited_memory(memory=10)`: the matrix that L-BFGS learns from the steps.
    LimitedMemory {
        /// How many steps are remembered.
        memory: u32,
    },
}

const NAMES: [&str; 5] = ["none", "diagonal", "full", "hutchinson", "limited_memory"];
const MOST: u32 = 1_000_000;

/// An entry of the diagonal counts for at least this share of the largest.
const LEAST: f64 = 1e-20;

impl Preconditioner {
    pub(super) fn read(options: &Options<'_>) -> Result<Self, SpecError> {
        let call = match options.value("preconditioner") {
            None => return Ok(Preconditioner::None),
            Some(Value::Call(call)) => call,
            Some(other) => {
                let problem = format!("must be one of {}, found {other}", NAMES.join(", "));
                return Err(options.error("preconditioner", problem));
            }
        };
        let whole = |options: &Options<'_>, key: &str| -> Result<u32, SpecError> {
            Ok(options.whole(key, 1, u64::from(MOST))?.map_or(10, |n| n as u32))
        };
        let of = |known: &[&'static str]| Options::of(call, "preconditioner", known);
        Ok(match call.name.as_str() {
            "none" => of(&[]).map(|_| Preconditioner::None)?,
            "diagonal" => Preconditioner::Diagonal { every: whole(&of(&["every"])?, "every")? },
            "full" => Preconditioner::Full { every: whole(&of(&["every"])?, "every")? },
            "hutchinson" => {
                let options = of(&["samples", "every"])?;
                Preconditioner::Hutchinson {
                    samples: whole(&options, "samples")?,
                    every: whole(&options, "every")?,
                }
            }
            "limited_memory" => {
                let memory = of(&["memory"])?.whole("memory", 1, 500)?.map_or(10, |n| n as u32);
                Preconditioner::LimitedMemory { memory }
            }
            other => return Err(unknown_name("preconditioner", other, &NAMES)),
        })
    }

    /// How it is written.
    pub(super) fn call(self) -> Call {
        match self {
            Preconditioner::None => Call::new("none"),
            Preconditioner::Diagonal { every } => Call::new("diagonal").with("every", f64::from(every)),
            Preconditioner::Full { every } => Call::new("full").with("every", f64::from(every)),
            Preconditioner::Hutchinson { samples, every } => {
                Call::new("hutchinson").with("samples", f64::from(samples)).with("every", f64::from(every))
            }
            Preconditioner::LimitedMemory { memory } => {
                Call::new("limited_memory").with("memory", f64::from(memory))
            }
        }
    }

    pub(super) fn check(self) -> Result<(), SolveError> {
        let at_least_one = |name, n: u32| within(name, f64::from(n), "at least 1", |n| n >= 1.0);
        match self {
            Preconditioner::None => Ok(()),
            Preconditioner::Diagonal { every } | Preconditioner::Full { every } => {
                at_least_one("the preconditioner's every", every)
            }
            Preconditioner::Hutchinson { samples, every } => {
                at_least_one("the preconditioner's samples", samples)?;
                at_least_one("the preconditioner's every", every)
            }
            Preconditioner::LimitedMemory { memory } => at_least_one("the preconditioner's memory", memory),
        }
    }

    /// What it asks of an objective.
    pub(super) fn needs(self) -> Derivatives {
        Derivatives {
            hessian: matches!(self, Preconditioner::Diagonal { .. } | Preconditioner::Full { .. }),
            hessian_vector: matches!(self, Preconditioner::Hutchinson { .. }),
        }
    }

    fn every(self) -> u32 {
        match self {
            Preconditioner::Diagonal { every }
            | Preconditioner::Full { every }
            | Preconditioner::Hutchinson { every, .. } => every,
            Preconditioner::None | Preconditioner::LimitedMemory { .. } => u32::MAX,
        }
    }
}

/// M⁻¹, as it is kept.
enum Inverse<F> {
    Diagonal(Vec<f64>),
    /// Of the Hessian with ones on its diagonal, and what it was scaled by.
    Factor {
        cholesky: Cholesky,
        scales: Vec<f64>,
        right: Vec<f64>,
    },
    Memory(Memory<F>),
}

/// Steepest descent or conjugate gradients with a preconditioner, at work.
pub(crate) struct Preconditioned<F> {
    kind: Preconditioner,
    /// How much of the last direction is kept; nothing in steepest descent.
    beta: Option<Beta>,
    inverse: Inverse<F>,
    hessian: Vec<F>,
    /// Steps since M was made; none before.
    age: Option<u32>,
    /// How often M was made.
    made: u64,
    /// M⁻¹g.
    z: Vec<F>,
    /// g and gᵀM⁻¹g of the last direction, to be conjugate to.
    last: Option<(Vec<F>, f64)>,
}

impl<F: Scalar> Preconditioned<F> {
    pub(crate) fn new(kind: Preconditioner, beta: Option<Beta>, dim: usize) -> Result<Self, SolveError> {
        let size = if kind.needs().hessian { super::dense(dim)? } else { 0 };
        let inverse = match kind {
            Preconditioner::Full { .. } => Inverse::Factor {
                cholesky: Cholesky::new(dim),
                scales: vec![1.0; dim],
                right: vec![0.0; dim],
            },
            Preconditioner::LimitedMemory { memory } => {
                Inverse::Memory(Memory::new(&Lbfgs { memory: memory as usize, ..Lbfgs::default() }, dim))
            }
            _ => Inverse::Diagonal(vec![1.0; dim]),
        };
        let hessian = vec![F::default(); size];
        let z = vec![F::default(); dim];
        Ok(Preconditioned { kind, beta, inverse, hessian, age: None, made: 0, z, last: None })
    }

    pub(crate) fn forget(&mut self) {
        (self.age, self.last) = (None, None);
        if let Inverse::Memory(memory) = &mut self.inverse {
            memory.forget();
        }
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.count("made", &mut self.made, u64::MAX >> 1);
        let mut age: Option<f64> = self.age.map(f64::from);
        keeper.maybe("age", &mut age);
        self.age = age.map(|age| age as u32);
        let dim = self.z.len();
        keeper.option(
            "last",
            &mut self.last,
            || (vec![F::default(); dim], 0.0),
            |last, keeper| {
                keeper.vector("gradient", &mut last.0);
                keeper.number("square", &mut last.1);
            },
        );
        match &mut self.inverse {
            Inverse::Diagonal(inverse) => keeper.numbers("inverse", inverse),
            Inverse::Factor { cholesky, scales, .. } => {
                cholesky.memory(keeper);
                keeper.numbers("scales", scales);
            }
            Inverse::Memory(memory) => memory.memory(keeper),
        }
    }

    /// `d ← βd − M⁻¹g`.
    pub(crate) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Aim, SolveError> {
        if self.age.is_none_or(|age| age >= self.kind.every()) {
            self.make(oracle, x)?;
            (self.age, self.last) = (Some(0), None);
        }
        self.divide(gradient);
        let along = dot(gradient, &self.z);
        let beta = self.last.as_ref().map_or(0.0, |(before, square)| match self.beta {
            Some(Beta::FletcherReeves) => along / square,
            Some(_) => ((along - dot(before, &self.z)) / square).max(0.0),
            None => 0.0,
        });
        recur(if beta.is_finite() { beta } else { 0.0 }, &self.z, d);
        let mut slope = dot(gradient, d);
        if beta > 0.0 && slope >= 0.0 {
            recur(0.0, &self.z, d);
            slope = -along;
        }
        if self.beta.is_some() {
            let mut before = self.last.take().map_or_else(|| gradient.to_vec(), |(before, _)| before);
            before.copy_from_slice(gradient);
            self.last = Some((before, along));
        }
        let untaught = matches!(&self.inverse, Inverse::Memory(memory) if memory.is_empty());
        Ok(Aim { slope, first: if beta > 0.0 || untaught { None } else { Some(1.0) } })
    }

    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        self.age = self.age.map(|age| age.saturating_add(1));
        if let Inverse::Memory(memory) = &mut self.inverse {
            memory.learn(moved);
        }
    }

    /// `z ← M⁻¹g`.
    fn divide(&mut self, gradient: &[F]) {
        match &mut self.inverse {
            Inverse::Diagonal(inverse) => {
                for ((z, &g), inverse) in self.z.iter_mut().zip(gradient).zip(inverse) {
                    *z = narrow(wide(g) * *inverse);
                }
            }
            Inverse::Factor { cholesky, scales, right } => {
                right.iter_mut().zip(gradient).zip(&*scales).for_each(|((b, &g), s)| *b = wide(g) * s);
                cholesky.solve(right);
                self.z.iter_mut().zip(right).zip(scales).for_each(|((z, b), s)| *z = narrow(*b * *s));
            }
            Inverse::Memory(memory) if memory.is_empty() => self.z.copy_from_slice(gradient),
            Inverse::Memory(memory) => {
                memory.aim(gradient, &mut self.z);
                // Its direction goes down.
                for z in &mut self.z {
                    *z = narrow(-wide(*z));
                }
            }
        }
    }

    /// M at x.
    fn make(&mut self, oracle: &mut impl Oracle<F>, x: &[F]) -> Result<(), SolveError> {
        self.made += 1;
        let dim = x.len();
        match (&mut self.inverse, self.kind) {
            (Inverse::Diagonal(inverse), Preconditioner::Diagonal { .. }) => {
                oracle.hessian(x, &mut self.hessian)?;
                for (i, inverse) in inverse.iter_mut().enumerate() {
                    *inverse = wide(self.hessian[i * dim + i]);
                }
                invert(inverse);
            }
            (Inverse::Diagonal(inverse), Preconditioner::Hutchinson { samples, .. }) => {
                inverse.fill(0.0);
                let mut product = vec![F::default(); dim];
                for sample in 0..u64::from(samples) {
                    let mut signs = random_direction::<F>(dim, self.made, sample);
                    for v in &mut signs {
                        *v = narrow(1.0_f64.copysign(wide(*v)));
                    }
                    oracle.hessian_vector(x, &signs, &mut product)?;
                    for ((sum, &sign), &p) in inverse.iter_mut().zip(&signs).zip(&product) {
                        *sum += wide(sign) * wide(p);
                    }
                }
                invert(inverse);
            }
            (Inverse::Factor { cholesky, scales, .. }, _) => {
                oracle.hessian(x, &mut self.hessian)?;
                for (i, scale) in scales.iter_mut().enumerate() {
                    *scale = wide(self.hessian[i * dim + i]);
                }
                invert(scales);
                for scale in scales.iter_mut() {
                    *scale = scale.sqrt();
                }
                let entry = |(at, &h): (usize, &F)| wide(h) * scales[at / dim] * scales[at % dim];
                let matrix: Vec<f64> = self.hessian.iter().enumerate().map(entry).collect();
                if !cholesky.factorise(&matrix) {
                    let one = |at: usize| if at.is_multiple_of(dim + 1) { 1.0 } else { 0.0 };
                    cholesky.factorise(&(0..dim * dim).map(one).collect::<Vec<_>>());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Makes of a diagonal the inverses of its absolute values; small ones are taken for larger, for they may be noise.
fn invert(diagonal: &mut [f64]) {
    let largest = diagonal.iter().fold(0.0_f64, |most, h| most.max(h.abs()));
    let least = LEAST * largest;
    for entry in diagonal {
        let size = entry.abs().max(least);
        *entry = if size > 0.0 && size.is_finite() { 1.0 / size } else { 1.0 };
    }
}
