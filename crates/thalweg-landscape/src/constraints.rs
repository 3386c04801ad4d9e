//! [`Constraints`]: what restricts the points of a constrained problem.

use thalweg_function::Program;

/// The constraints of a problem: limits of its variables, functions that are 0 and functions that are at least 0.
///
/// ```
/// use thalweg_function::Executable;
/// use thalweg_landscape::Landscape;
///
/// let problem = Landscape::parse("hs71")?;
/// let constraints = problem.constraints().expect("Hock and Schittkowski's problems have some");
/// assert_eq!(constraints.limits, [(1.0, 5.0); 4]);
///
/// // x1 x2 x3 x4 >= 25 holds with equality at the minimum.
/// let mut product = [1.0];
/// let inequalities = constraints.inequalities.as_ref().expect("there is one");
/// Executable::<f64>::new(inequalities)?.run(&problem.minima()[0].x, &mut product)?;
/// assert!(product[0].abs() < 1e-13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Constraints {
    /// The lowest and the highest value of each variable; −∞ and ∞ where there is none.
    pub limits: Vec<(f64, f64)>,
    /// Functions that are 0, one result each.
    pub equalities: Option<Program>,
    /// Functions that are at least 0, one result each.
    pub inequalities: Option<Program>,
}
