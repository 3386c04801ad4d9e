//! [`extreme_eigenvalues`] and [`spectral_density`]: the Hessian of many variables, by its products with vectors.

use super::{CRITICAL, Kind, SINGULAR};
use crate::error::check_point;
use crate::lanczos::{Lanczos, Ritz, random_direction};
use crate::{Objective, SolveError};

/// How the ends of a spectrum are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The most Hessian-vector products; 20 000 unless set.
    pub products: usize,
    /// How near both ends have to be known, as a share of each; 10⁻⁴ unless set. That is the error that is certain; the likely one is
    /// near its square.
    pub tolerance: f64,
    /// Of the first vector, which is random.
    pub seed: u64,
}

impl Default for Extremes {
    fn default() -> Self {
        Extremes { products: 20_000, tolerance: 1e-4, seed: 0 }
    }
}

/// The ends of a Hessian's spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spectrum {
    /// The smallest eigenvalue, never below it.
    pub smallest: Ritz,
    /// The largest, never above it.
    pub largest: Ritz,
    /// Hessian-vector products made.
    pub products: usize,
    /// Whether both are known as well as was asked for.
    pub converged: bool,
}

impl Spectrum {
    /// max|λ| / min|λ| if the eigenvalues are of one sign; none otherwise, as some in between may be near zero.
    pub fn condition_number(&self) -> Option<f64> {
        let (low, high) = (self.smallest.value, self.largest.value);
        (low * high > 0.0).then(|| (high / low).max(low / high))
    }

    /// What kind of point this is, with its gradient: [`Kind::Degenerate`] also where an end is not known to lie on its side of zero.
    pub fn kind(&self, gradient: &[f64]) -> Kind {
        let (low, high) = (self.smallest, self.largest);
        let scale = low.value.abs().max(high.value.abs());
        if !gradient.iter().all(|g| g.abs() <= CRITICAL * scale.max(1.0)) {
            return Kind::NotCritical;
        }
        let zero = SINGULAR * scale;
        if low.value < -zero && high.value > zero {
            Kind::Saddle
        } else if low.value - low.error > zero {
            Kind::Minimum
        } else if high.value + high.error < -zero {
            Kind::Maximum
        } else {
            Kind::Degenerate
        }
    }

    /// 2/λmax, below which gradient descent converges on the quadratic that fits; none unless the Hessian is positive definite.
    pub fn lr_max(&self) -> Option<f64> {
        (self.smallest.value > 0.0).then(|| 2.0 / self.largest.value)
    }

    /// 2/(λmax + λmin), with which it converges fastest.
    pub fn lr_optimal(&self) -> Option<f64> {
        (self.smallest.value > 0.0).then(|| 2.0 / (self.largest.value + self.smallest.value))
    }
}

/// Rounding of the products: no end is known better than this share of the largest eigenvalue.
const ROUNDING: f64 = 1e-15;

/// The smallest and the largest eigenvalue of the Hessian at x, by Lanczos' method with three vectors.
///
/// As many products are made as the ends need: some tens where they stand apart from the others, in the order of √κ for a condition
/// number κ.
///
/// ```
/// use thalweg_function::{Shape, Var, trace};
/// use thalweg_solve::{Extremes, Traced, extreme_eigenvalues};
///
/// // Σ ½ i xᵢ² for i = 1 … 1000
/// let weights: Vec<f64> = (1..=1000).map(f64::from).collect();
/// let bowl = trace([Shape::from([1000])], |x| {
///     (0.5 * Var::array([1000], &weights) * x[0] * x[0]).sum(..)
/// })?;
/// let spectrum = extreme_eigenvalues(&mut Traced::<f64>::new(&bowl)?, &[1.0; 1000], &Extremes::default())?;
/// assert!(spectrum.converged && spectrum.products < 1000);
/// assert!((spectrum.condition_number().unwrap() / 1000.0 - 1.0).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A point of the wrong length or not finite, no product allowed, an objective without Hessian-vector products.
pub fn extreme_eigenvalues(
    objective: &mut dyn Objective<f64>,
    x: &[f64],
    options: &Extremes,
) -> Result<Spectrum, SolveError> {
    check(objective, x, "products", options.products)?;
    let mut lanczos = Lanczos::new(&random_direction(x.len(), options.seed, 0), false);
    let mut look = 4;
    loop {
        let more = options.products > lanczos.steps()
            && lanczos.step(|v, product: &mut [f64]| objective.hessian_vector(x, v, product))?;
        if more && lanczos.steps() < look {
            continue;
        }
        look = look + look / 4 + 1;
        let [smallest, largest] = lanczos.ends();
        let rounding = ROUNDING * smallest.value.abs().max(largest.value.abs());
        let known = |ritz: Ritz| ritz.error <= rounding.max(options.tolerance * ritz.value.abs());
        let converged = known(smallest) && known(largest);
        if converged || !more {
            return Ok(Spectrum { smallest, largest, products: lanczos.steps(), converged });
        }
    }
}

/// How a density is estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quadrature {
    /// Hessian-vector products for each random vector: 80 unless set.
    pub products: usize,
    /// Random vectors, whose estimates are averaged: 8 unless set.
    pub vectors: usize,
    /// Of the vectors.
    pub seed: u64,
}

impl Default for Quadrature {
    fn default() -> Self {
        Quadrature { products: 80, vectors: 8, seed: 0 }
    }
}

/// How the eigenvalues of a Hessian are distributed.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralDensity {
    /// Places with weights that add up to 1, ascending: the sum of the weights over a range is about the share of eigenvalues there.
    pub nodes: Vec<(f64, f64)>,
    /// How many eigenvalues there are.
    pub dim: usize,
}

impl SpectralDensity {
    /// The density at these places, each node as a normal distribution of deviation `sigma`.
    pub fn at(&self, places: &[f64], sigma: f64) -> Vec<f64> {
        let height = 1.0 / (sigma * (2.0 * std::f64::consts::PI).sqrt());
        let bell = |x: f64| height * libm::exp(-0.5 * (x / sigma).powi(2));
        places
            .iter()
            .map(|&x| self.nodes.iter().map(|&(node, weight)| weight * bell(x - node)).sum())
            .collect()
    }

    /// The mean of g(λ) over the eigenvalues λ: times `dim` it is the trace of g of the Hessian, such as its trace for g(λ) = λ and the
    /// logarithm of its determinant for g = log.
    pub fn mean(&self, g: impl Fn(f64) -> f64) -> f64 {
        self.nodes.iter().map(|&(node, weight)| weight * g(node)).sum()
    }

    /// The share of eigenvalues up to a place.
    pub fn share_up_to(&self, place: f64) -> f64 {
        self.nodes.iter().take_while(|(node, _)| *node <= place).map(|(_, weight)| weight).sum()
    }
}

/// How the eigenvalues of the Hessian at x are distributed, by stochastic Lanczos quadrature.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Quadrature, Traced, spectral_density};
///
/// let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0)))?;
/// let density = spectral_density(&mut Traced::<f64>::new(&bowl)?, &[0.0, 0.0], &Quadrature { vectors: 1, ..Quadrature::default() })?;
/// assert!((density.nodes[0].0 - 1.0).abs() < 1e-12 && (density.nodes[1].0 - 6.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Ubaru, Chen and Saad, *Fast estimation of tr(f(A)) via stochastic Lanczos quadrature*, SIAM J. Matrix Anal. Appl. 38 (2017).
///
/// # Errors
/// As [`extreme_eigenvalues`]; no vector.
pub fn spectral_density(
    objective: &mut dyn Objective<f64>,
    x: &[f64],
    options: &Quadrature,
) -> Result<SpectralDensity, SolveError> {
    check(objective, x, "products", options.products)?;
    check(objective, x, "vectors", options.vectors)?;
    let mut nodes = Vec::new();
    for vector in 0..options.vectors {
        let mut lanczos = Lanczos::new(&random_direction(x.len(), options.seed, 1 + vector as u64), true);
        while lanczos.steps() < options.products
            && lanczos.step(|v, product: &mut [f64]| objective.hessian_vector(x, v, product))?
        {}
        let share = 1.0 / options.vectors as f64;
        nodes.extend(lanczos.nodes().into_iter().map(|(node, weight)| (node, share * weight)));
    }
    nodes.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(SpectralDensity { nodes, dim: x.len() })
}

fn check(
    objective: &dyn Objective<f64>,
    x: &[f64],
    name: &'static str,
    count: usize,
) -> Result<(), SolveError> {
    check_point(|| "the point".to_owned(), x, objective.dim())?;
    if count == 0 {
        return Err(SolveError::Option { name, wanted: "at least 1", found: "0".to_owned() });
    }
    if !objective.derivatives().hessian_vector {
        return Err(SolveError::Missing { needs: "the spectrum", what: "Hessian-vector products" });
    }
    Ok(())
}
