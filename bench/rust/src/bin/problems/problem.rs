//! [`Problem`]: a test problem with the exact answers to all that a method may ask of it, and the judgement on where a run ended.

use std::error::Error;

use thalweg_function::{Executable, Program, Var, hessian, jacobian, select_outputs, trace};
use thalweg_landscape::{Landscape, Set};
use thalweg_solve::{Objective, Residuals, Traced, TracedResiduals};

/// Known minima that are not the lowest and not published with the problems: of the banded function both places where all curvatures are
/// positive; of Hock and Schittkowski's problem 2 the one where x₁ < 0; of the others vertices where all multipliers have the right sign.
const OTHER: [(&str, f64); 10] = [
    ("broyden_banded", 2.680_220),
    ("broyden_banded", 3.057_278),
    ("hs2", 4.941_229_318),
    ("hs16", 23.144_66),
    ("hs20", 40.198_729_81),
    ("hs33", -4.0),
    ("hs44", -13.0),
    ("hs55", 6.666_666_667),
    ("hs108", -0.674_981_4),
    ("hs108", -0.5),
];

/// How near to a published value is near: relative to it, and to what there was to gain.
const NEAR: f64 = 1e-6;
const GAINED: f64 = 1e-8;

/// How far outside of a constraint is still inside.
const VIOLATION: f64 = 1e-6;

/// How often what was asked for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Values, or residuals.
    pub(crate) values: u64,
    /// Gradients, or Jacobians of the residuals.
    pub(crate) gradients: u64,
    pub(crate) hessians: u64,
    pub(crate) products: u64,
}

impl Counts {
    /// Gradients and products.
    pub(crate) fn slopes(self) -> u64 {
        self.gradients + self.products
    }
}

/// The gradients that a run took before it first asked for the value at the published minimum, and at another known one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Needed([Option<u64>; 2]);

impl Needed {
    /// For where the run ended.
    pub(crate) fn until(self, end: Verdict) -> Option<u64> {
        self.0.get(end as usize).copied().flatten()
    }
}

/// Looks at the points that a run asks for.
pub(crate) struct Watch {
    problem: Problem,
    pub(crate) needed: Needed,
}

impl Watch {
    pub(crate) fn new(problem: Problem) -> Self {
        Watch { problem, needed: Needed::default() }
    }

    /// The value at x is asked for, after so many gradients.
    pub(crate) fn see(&mut self, x: &[f64], gradients: u64) {
        if self.needed.0[0].is_none()
            && let Ok((verdict, _)) = self.problem.judge(x)
            && let Some(needed) = self.needed.0.get_mut(verdict as usize)
        {
            needed.get_or_insert(gradients);
        }
    }
}

/// What a method may ask for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Ask {
    Value,
    Gradient,
    Hessian,
    /// The Hessian times a vector.
    Product,
    Residuals,
    /// Of the residuals, row by row.
    Jacobian,
    /// What is to be 0, then what is to be at least 0.
    Functions,
    /// The Jacobian of the functions, row by row.
    Slopes,
    /// The sum of the functions' Hessians, each times a number.
    Curvature,
}

/// What is said of the end of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The published minimum.
    Solved,
    /// Another known minimum, or a value that a valley comes near to on its way to infinity.
    Other,
    Failed,
}

impl Verdict {
    pub(crate) fn name(self) -> &'static str {
        ["solved", "other", "failed"][self as usize]
    }
}

/// The problems of a set, NIST's from both starts.
pub(crate) fn names(set: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let own = |set: Set| set.problems().into_iter().map(str::to_owned);
    Ok(match set {
        "mgh" => own(Set::MoreGarbowHillstrom).collect(),
        "hs" => own(Set::HockSchittkowski).collect(),
        "nist" => {
            own(Set::Nist).flat_map(|name| [1, 2].map(|start| format!("{name}(start={start})"))).collect()
        }
        _ => return Err(format!("no set `{set}`; there are mgh, hs and nist").into()),
    })
}

pub(crate) struct Problem {
    pub(crate) landscape: Landscape,
    objective: Traced<f64>,
    residuals: Option<TracedResiduals>,
    pub(crate) functions: Option<Functions>,
    /// The lowest and highest value of each variable, ±∞ where there is none.
    pub(crate) limits: Vec<(f64, f64)>,
}

/// The functions that constrain a problem.
pub(crate) struct Functions {
    /// How many are to be 0; they come first.
    pub(crate) equalities: usize,
    pub(crate) count: usize,
    values: Executable<f64>,
    slopes: Executable<f64>,
    curvature: Executable<f64>,
}

impl Functions {
    fn new(dim: usize, equal: Option<&Program>, least: Option<&Program>) -> Result<Self, Box<dyn Error>> {
        let programs = || equal.into_iter().chain(least);
        let all = trace(dim, |x| programs().flat_map(|program| program.call(x)).collect::<Vec<_>>())?;
        let count = all.output_count();
        let weighted = trace(dim + count, |v| {
            let (x, weights) = v.split_at(dim);
            all.call(x).into_iter().zip(weights).map(|(c, weight)| c * *weight).sum::<Var>()
        })?;
        let block: Vec<usize> = (0..dim).flat_map(|i| (0..dim).map(move |j| i * (dim + count) + j)).collect();
        Ok(Functions {
            equalities: equal.map_or(0, Program::output_count),
            count,
            values: Executable::new(&all)?,
            slopes: Executable::new(&jacobian(&all)?)?,
            curvature: Executable::new(&select_outputs(&hessian(&weighted)?, &block)?)?,
        })
    }
}

impl Problem {
    pub(crate) fn read(name: &str) -> Result<Self, Box<dyn Error>> {
        let landscape = Landscape::parse(name)?;
        let dim = landscape.dim();
        let (mut functions, mut limits) = (None, vec![(f64::NEG_INFINITY, f64::INFINITY); dim]);
        if let Some(known) = landscape.constraints() {
            limits.clone_from(&known.limits);
            if known.equalities.is_some() || known.inequalities.is_some() {
                functions =
                    Some(Functions::new(dim, known.equalities.as_ref(), known.inequalities.as_ref())?);
            }
        }
        Ok(Problem {
            objective: Traced::new(landscape.program())?,
            residuals: landscape.residuals().map(TracedResiduals::new).transpose()?,
            functions,
            limits,
            landscape,
        })
    }

    /// The numbers asked for at x; products and curvatures take more than x.
    pub(crate) fn answer(&mut self, ask: Ask, x: &[f64], more: &[f64]) -> Result<Vec<f64>, Box<dyn Error>> {
        let mut out = vec![0.0; self.length(ask)];
        let (objective, missing) = (&mut self.objective, || format!("{} has none", self.landscape));
        match ask {
            Ask::Value => out[0] = objective.value(x)?,
            Ask::Gradient => drop(objective.value_and_gradient(x, &mut out)?),
            Ask::Hessian => objective.hessian(x, &mut out)?,
            Ask::Product => objective.hessian_vector(x, more, &mut out)?,
            Ask::Residuals => self.residuals.as_mut().ok_or_else(missing)?.residuals(x, &mut out)?,
            Ask::Jacobian => self.residuals.as_mut().ok_or_else(missing)?.jacobian(x, &mut out)?,
            Ask::Functions => self.functions.as_mut().ok_or_else(missing)?.values.run(x, &mut out)?,
            Ask::Slopes => self.functions.as_mut().ok_or_else(missing)?.slopes.run(x, &mut out)?,
            Ask::Curvature => {
                let functions = self.functions.as_mut().ok_or_else(missing)?;
                functions.curvature.run(&[x, more].concat(), &mut out)?;
            }
        }
        Ok(out)
    }

    /// How many numbers an answer has.
    pub(crate) fn length(&self, ask: Ask) -> usize {
        let (dim, functions) = (self.limits.len(), self.functions.as_ref().map_or(0, |all| all.count));
        let residuals = self.residuals.as_ref().map_or(0, Residuals::count);
        match ask {
            Ask::Value => 1,
            Ask::Gradient | Ask::Product => dim,
            Ask::Hessian | Ask::Curvature => dim * dim,
            Ask::Residuals => residuals,
            Ask::Jacobian => residuals * dim,
            Ask::Functions => functions,
            Ask::Slopes => functions * dim,
        }
    }

    /// What the end of a run is, and the value there.
    pub(crate) fn judge(&mut self, x: &[f64]) -> Result<(Verdict, f64), Box<dyn Error>> {
        if x.len() != self.limits.len() || !x.iter().all(|x| x.is_finite()) {
            return Ok((Verdict::Failed, f64::NAN));
        }
        let value = self.answer(Ask::Value, x, &[])?[0];
        if let Some(regression) = self.landscape.regression() {
            let digits = |(x, known): (&f64, &f64)| (x - known).abs() <= NEAR * known.abs();
            let all = x.iter().zip(&regression.parameters).all(digits);
            return Ok((if all { Verdict::Solved } else { Verdict::Failed }, value));
        }
        let inside = self.violation(x)? <= VIOLATION;
        if !inside {
            return Ok((Verdict::Failed, value));
        }
        let start = self.landscape.start().to_vec();
        let at_start = self.answer(Ask::Value, &start, &[])?[0];
        let constrained = self.landscape.constraints().is_some();
        let near = |known: f64| {
            let most = match constrained {
                true => NEAR * known.abs().max(1.0),
                false => NEAR * known.abs() + GAINED * at_start.min(1.0),
            };
            (value - known).abs() <= most
        };
        let minima = self.landscape.minima();
        let others = OTHER.iter().filter(|(name, _)| *name == self.landscape.name());
        let others = others.map(|(_, known)| *known).chain(self.landscape.infima().iter().copied());
        let verdict = if near(minima[0].value) {
            Verdict::Solved
        } else if others.chain(minima.iter().map(|minimum| minimum.value)).any(near) {
            Verdict::Other
        } else {
            Verdict::Failed
        };
        Ok((verdict, value))
    }

    /// By how much a constraint is not satisfied, at most.
    fn violation(&mut self, x: &[f64]) -> Result<f64, Box<dyn Error>> {
        let outside = |(&x, &(low, high)): (&f64, &(f64, f64))| (low - x).max(x - high);
        let mut worst = x.iter().zip(&self.limits).map(outside).fold(0.0, f64::max);
        let Some(equalities) = self.functions.as_ref().map(|all| all.equalities) else { return Ok(worst) };
        for (row, c) in self.answer(Ask::Functions, x, &[])?.into_iter().enumerate() {
            let violation = if row < equalities { c.abs() } else { -c };
            worst = if violation.is_nan() { f64::NAN } else { f64::max(worst, violation) };
        }
        Ok(worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_minima_are_solved_and_the_starts_are_not() {
        for set in ["mgh", "hs", "nist"] {
            for name in names(set).unwrap() {
                let mut problem = Problem::read(&name).unwrap();
                let minimum = problem.landscape.minima()[0].x.clone();
                assert_eq!(problem.judge(&minimum).unwrap().0, Verdict::Solved, "{name}");
                let start = problem.landscape.start().to_vec();
                assert_eq!(problem.judge(&start).unwrap().0, Verdict::Failed, "{name}");
            }
        }
    }

    #[test]
    fn a_minimum_that_is_not_the_lowest_is_another() {
        let mut problem = Problem::read("freudenstein_roth").unwrap();
        let other = problem.landscape.minima()[1].x.clone();
        assert_eq!(problem.judge(&other).unwrap().0, Verdict::Other);
        assert_eq!(problem.judge(&[f64::NAN, 0.0]).unwrap().0, Verdict::Failed);
    }

    #[test]
    fn what_a_run_needed_is_what_it_took_before_it_first_looked_there() {
        let minima = Problem::read("freudenstein_roth").unwrap().landscape.minima().to_vec();
        let mut watch = Watch::new(Problem::read("freudenstein_roth").unwrap());
        watch.see(&[0.5, -2.0], 1);
        assert_eq!(watch.needed.until(Verdict::Solved), None);
        for (minimum, gradients) in [(1, 4), (0, 7), (0, 9)] {
            watch.see(&minima[minimum].x, gradients);
        }
        assert_eq!(watch.needed.until(Verdict::Other), Some(4));
        assert_eq!(watch.needed.until(Verdict::Solved), Some(7));
        assert_eq!(watch.needed.until(Verdict::Failed), None);
    }

    #[test]
    fn a_low_value_outside_of_the_constraints_is_no_solution() {
        // The product x1 x2 x3 x4 is to be at least 25.
        let mut problem = Problem::read("hs71").unwrap();
        let minimum = problem.landscape.minima()[0].x.clone();
        assert!(problem.violation(&minimum).unwrap() < 1e-12);
        assert!((problem.violation(&[1.0; 4]).unwrap() - 36.0).abs() < 1e-12);
    }

    #[test]
    fn the_curvature_is_the_functions_hessian_times_the_numbers() {
        // x1² + x2² + x3² + x4² − 40 first, then x1 x2 x3 x4 − 25.
        let mut problem = Problem::read("hs71").unwrap();
        assert_eq!(problem.answer(Ask::Functions, &[1.0, 2.0, 3.0, 4.0], &[]).unwrap(), [-10.0, -1.0]);
        let matrix = problem.answer(Ask::Curvature, &[1.0, 2.0, 3.0, 4.0], &[0.5, 2.0]).unwrap();
        assert_eq!(&matrix[..4], [1.0, 24.0, 16.0, 12.0]);
    }
}
