//! Rules that multiply and decompose matrices, at work: products and decompositions, and the stages that need them. Hyperparameters and
//! formulas are beside all others in `rule`.

#[cfg(feature = "matrices")]
mod dense;
#[cfg(feature = "matrices")]
mod muon;
#[cfg(feature = "matrices")]
mod newton_schulz;
#[cfg(feature = "matrices")]
mod places;
#[cfg(feature = "matrices")]
mod shampoo;
#[cfg(feature = "matrices")]
mod soap;
#[cfg(not(feature = "matrices"))]
mod without;

#[cfg(feature = "matrices")]
pub(crate) use dense::Dense;
#[cfg(not(feature = "matrices"))]
pub(crate) use without::Dense;
#[cfg(not(feature = "matrices"))]
pub(crate) use without::{muon, shampoo, soap};
#[cfg(feature = "matrices")]
pub(crate) use {muon::muon, shampoo::shampoo, soap::soap};

#[cfg(all(test, feature = "matrices"))]
mod tests {
    use crate::pass::{Problem, Shape};
    use crate::{Layout, Optimizer, Rule};

    fn problem(lanes: usize) -> Problem {
        let layout = Layout::new([("weight", vec![3, 4]), ("bias", vec![3]), ("kernel", vec![2, 3, 2])]);
        Problem { shape: Shape::new(layout.len(), lanes).unwrap(), layout: layout.into(), first: 0 }
    }

    /// Different at every step, parameter and problem.
    fn gradient(step: usize, parameter: usize, lane: usize) -> f64 {
        ((step * 31 + parameter * 7 + lane * 3) as f64).sin()
    }

    #[test]
    fn matrices_side_by_side_go_as_each_would_alone() {
        const LANES: usize = 5;
        for spec in [
            "adafactor(weight_decay=0.1)",
            "adafactor_optax(lr=0.1, min_dim_size_to_factor=2)",
            "sm3()",
            "muon(lr=0.1, adam_lr=0.1)",
            "muon_optax(lr=0.1, adaptive=true)",
            "shampoo(weight_decay=0.1, update_interval=2)",
            "shampoo(max_size=3)",
            "soap(precondition_frequency=2)",
        ] {
            let build = |lanes| Optimizer::parse(spec).unwrap().part_of::<f64>(&problem(lanes)).unwrap();
            let dim = problem(1).shape.dim;
            let run = |rule: &mut dyn Rule<f64>, x: &mut [f64], lanes: usize, lane: usize| {
                for step in 0..7 {
                    let g = |k: usize| gradient(step, k / lanes, lane + k % lanes);
                    rule.step(x, &(0..dim * lanes).map(g).collect::<Vec<_>>()).unwrap();
                }
            };
            let mut together = vec![1.0; dim * LANES];
            run(&mut *build(LANES), &mut together, LANES, 0);
            for lane in 0..LANES {
                let mut alone = vec![1.0; dim];
                run(&mut *build(1), &mut alone, 1, lane);
                let own: Vec<f64> = together[lane..].iter().step_by(LANES).copied().collect();
                assert_eq!(own, alone, "{spec}, problem {lane}");
            }
        }
    }
}
