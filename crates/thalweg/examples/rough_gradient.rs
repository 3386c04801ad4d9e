//! A gradient too rough for its line search: the run ends with its best point and says why, and an exact gradient goes on.
//!
//! `cargo run -p thalweg --example rough_gradient`
//!
//! Forward differences over 10⁻⁹ leave about seven digits of a gradient, and near a minimum none. Directions that a quasi-Newton method
//! learns from them may point uphill. Then what was learnt is forgotten and the search goes once more against the gradient; when that
//! finds nothing either, the status says so.

use thalweg::prelude::*;

const STEP: f64 = 1e-9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wood = Landscape::parse("wood")?;
    let mut value = Executable::<f64>::new(wood.program())?;
    let mut f = move |x: &[f64]| -> f64 {
        let mut out = [f64::NAN];
        // The function has no poles, so it has a value everywhere.
        let _ = value.run(x, &mut out);
        out[0]
    };
    let mut again = f.clone();
    let mut rough = Closure::new(
        4,
        move |x: &[f64]| f(x),
        move |x: &[f64], gradient: &mut [f64]| {
            let here = again(x);
            for i in 0..4 {
                let mut aside = x.to_vec();
                aside[i] += STEP;
                gradient[i] = (again(&aside) - here) / STEP;
            }
        },
    );
    for search in ["more_thuente", "hager_zhang", "backtracking"] {
        let method = format!("lbfgs(search={search})");
        // No gradient from differences becomes so small: every run has to end in another way.
        let options = Options { method: method.parse()?, grad_tol: Some(1e-12), ..Options::default() };
        let solution = minimize(&mut rough, wood.start(), &options)?;
        println!(
            "{method:28} rough: {}, f = {:.1e} after {} steps",
            solution.status, solution.value, solution.steps
        );
        assert!(solution.value < 1e-6 && solution.x.iter().all(|x| (x - 1.0).abs() < 1e-2));

        let exact = minimize(&mut Traced::<f64>::new(wood.program())?, wood.start(), &options)?;
        println!("{method:28} exact: {}, f = {:.1e} after {} steps", exact.status, exact.value, exact.steps);
        assert!(exact.value < 1e-20 && exact.value <= solution.value);
    }
    Ok(())
}
