//! Every problem of Hock and Schittkowski with every method for functions: evaluations, and where it ended if not at the published minimum.
//!
//! `cargo run --release -p thalweg-solve --example hock_schittkowski [METHOD …]`

use std::fmt::Write as _;

use thalweg_landscape::{Landscape, Set, entries};
use thalweg_solve::{Bounds, Constraint, Options, Relation, Traced, minimize};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let usual = [
        "sqp",
        "sqp(hessian=bfgs)",
        "interior_point",
        "interior_point(hessian=bfgs)",
        "augmented_lagrangian",
        "augmented_lagrangian(inner=lbfgs)",
    ];
    let methods = if given.is_empty() { usual.map(str::to_owned).to_vec() } else { given };
    println!("problem  {}", methods.join("  "));
    let (mut solved, mut sums) = (vec![0; methods.len()], vec![0; methods.len()]);
    for entry in entries().iter().filter(|entry| entry.set == Set::HockSchittkowski) {
        let problem = Landscape::parse(entry.name)?;
        let known = problem.constraints().ok_or("a constrained problem")?;
        let mut constraints: Vec<Constraint> = Vec::new();
        constraints.extend(known.equalities.iter().map(|c| Relation::traced(c).into()));
        constraints.extend(known.inequalities.iter().map(|c| Relation::traced(c).at_least(0.0).into()));
        let mut line = format!("{:8}", entry.name);
        for (k, method) in methods.iter().enumerate() {
            let options = Options {
                method: method.parse()?,
                constraints: constraints.clone(),
                bounds: Some(Bounds::each(&known.limits)?),
                steps: 2000,
                ..Options::default()
            };
            let solution = minimize(&mut Traced::<f64>::new(problem.program())?, problem.start(), &options)?;
            let least = problem.minima()[0].value;
            let kkt = solution.kkt.as_ref().ok_or("multipliers")?;
            let same = (solution.value - least).abs() <= 1e-6 * least.abs().max(1.0);
            if same && solution.status.converged() && kkt.violation <= 1e-6 {
                solved[k] += 1;
                sums[k] += solution.evaluations.value;
                write!(line, "  {:4}", solution.evaluations.value)?;
            } else {
                write!(
                    line,
                    "  [{} {} evaluations: {:.9} not {:.9}, violation {:.1e}]",
                    solution.status, solution.evaluations.value, solution.value, least, kkt.violation
                )?;
            }
        }
        println!("{line}");
    }
    println!("solved   {solved:?}, evaluations {sums:?}");
    Ok(())
}
