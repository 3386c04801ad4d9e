//! The lightest spring that carries its load: functions that hold, their multipliers, and what the multipliers are worth.
//!
//! `cargo run -p thalweg --example held_functions`
//!
//! A helical spring of wire of diameter d in n active coils of diameter D weighs (n + 2) D d². It must deflect enough (the first function), its shear
//! stress stay below a limit (the second), its surge frequency lie above one (the third), and it must fit (the fourth): Belegundu, *A study
//! of mathematical programming methods for structural optimization*, 1982; Arora, *Introduction to Optimum Design*, 1989. The best design
//! known, d = 0.051689, D = 0.356718, n = 11.288966, weighs 0.012665233.

use thalweg::prelude::*;
use thalweg::solve::Solution;

const FUNCTIONS: [(&str, &str); 4] = [
    ("deflection", "D^3*n/(71785*d^4) >= 1"),
    ("shear stress", "(4*D^2 - d*D)/(12566*(D*d^3 - d^4)) + 1/(5108*d^2) <= limit"),
    ("surge frequency", "140.45*d/(D^2*n) >= 1"),
    ("outer diameter", "D + d <= 1.5"),
];

/// The lightest spring whose shear stress is at most this many times the usual limit.
fn lightest(method: &str, limit: f64) -> Result<Solution<f64>, Box<dyn std::error::Error>> {
    let weight = Expression::parse_with("(n + 2)*D*d^2", Some(&["d", "D", "n"]), &[])?;
    let mut constraints = Vec::new();
    for (_, text) in FUNCTIONS {
        constraints.push(Constraint::parse_with(text, weight.variables(), &[("limit", limit)])?);
    }
    let options = Options {
        method: method.parse()?,
        bounds: Some("0.05..2, 0.25..1.3, 2..15".parse()?),
        constraints,
        ..Options::default()
    };
    Ok(minimize(&mut Traced::<f64>::new(weight.program())?, &[0.06, 0.5, 8.0], &options)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for method in ["sqp", "interior_point", "augmented_lagrangian"] {
        let spring = lightest(method, 1.0)?;
        let kkt = spring.kkt.as_ref().ok_or("methods for functions know the multipliers")?;
        println!("{method}: {} after {} evaluations", spring.status, spring.evaluations.value);
        println!("  d, D, n = {:.6?}, weight {:.9}", spring.x, spring.value);
        for ((name, _), multiplier) in FUNCTIONS.iter().zip(&kkt.multipliers) {
            let held = if multiplier[0].abs() > 1e-6 { "holds the weight up" } else { "has room left" };
            println!("  {name:16} λ = {:11.8}, {held}", multiplier[0]);
        }
        println!("  violation {:.1e}, max |∇f − Jᵀλ − z| {:.1e}", kkt.violation, kkt.stationarity);
        assert!(spring.status.converged() && (spring.value - 0.012665233).abs() < 1e-8);
        assert!(kkt.violation < 1e-7 && kkt.stationarity < 1e-6);

        // A multiplier is a price: wire that bears one per mille more saves as much weight as λ says.
        let stronger = lightest(method, 1.001)?;
        let (saved, promised) = (stronger.value - spring.value, 0.001 * kkt.multipliers[1][0]);
        println!("  a stress limit of 1.001 changes the weight by {saved:.3e}, promised {promised:.3e}\n");
        assert!(saved < 0.0 && (saved / promised - 1.0).abs() < 0.01);
    }
    Ok(())
}
