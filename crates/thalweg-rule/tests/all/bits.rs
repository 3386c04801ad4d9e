//! What must not change a single bit: how a chain is run, how many problems stand side by side, how many threads there are, and
//! whether a run was interrupted.

use thalweg_rule::{Optimizer, Rule, Snapshot};

use crate::functions::{SPECS, descend, looks_ahead, quartic, rule, scattered};

/// Runs `steps` steps along a fixed sequence of gradients.
fn run(rule: &mut dyn Rule<f64>, x: &mut [f64], steps: u64) {
    for step in 0..steps {
        let g = scattered(x.len(), step + 1);
        rule.step(x, &g).unwrap();
    }
}

fn state(rule: &mut dyn Rule<f64>) -> Vec<Vec<f64>> {
    Snapshot::of(rule).slots().map(|(_, slot)| slot.to_vec()).collect()
}

#[test]
fn one_loop_and_a_chain_of_blocks_give_the_same_bits() {
    for spec in SPECS {
        for size in [1, 2, 15, 17, 1023, 1024, 5000] {
            let mut alone = rule(spec, size, 1);
            let mut chained = rule(&format!("scale(1) | {spec}"), size, 1);
            let (mut x, mut y) = (scattered(size, 99), scattered(size, 99));
            run(&mut *alone, &mut x, 5);
            run(&mut *chained, &mut y, 5);
            assert_eq!(x, y, "{spec} of size {size}");
            assert_eq!(state(&mut *alone), state(&mut *chained), "{spec} of size {size}");
            let (mut here, mut there) = (vec![0.0; size], vec![0.0; size]);
            let looked = alone.evaluation_point(&x, &mut here);
            assert_eq!(looked, looks_ahead(spec), "{spec}");
            assert_eq!((looked, here), (chained.evaluation_point(&y, &mut there), there), "{spec}");
        }
    }
}

/// `lanes` problems side by side against as many rules of their own.
fn side_by_side(spec: &str, dim: usize, lanes: usize) {
    let mut together = rule(spec, dim, lanes);
    let mut x = scattered(dim * lanes, 99);
    let alone: Vec<Vec<f64>> = (0..lanes)
        .map(|i| {
            let mut rule = Optimizer::parse(spec).unwrap().rule_from(dim, 1, i as u64).unwrap();
            let mut x: Vec<f64> = (0..dim).map(|j| x[j * lanes + i]).collect();
            for step in 0..6 {
                let g = scattered(dim * lanes, step + 1);
                let own: Vec<f64> = (0..dim).map(|j| g[j * lanes + i]).collect();
                rule.step(&mut x, &own).unwrap();
            }
            x
        })
        .collect();
    run(&mut *together, &mut x, 6);
    for (i, alone) in alone.iter().enumerate() {
        for j in 0..dim {
            assert_eq!(x[j * lanes + i], alone[j], "{spec}, {dim} × {lanes}, problem {i}, parameter {j}");
        }
    }
}

#[test]
fn problems_side_by_side_go_as_each_would_alone() {
    for spec in SPECS {
        for (dim, lanes) in [(2, 7), (5, 7), (2, 40), (40, 16)] {
            side_by_side(spec, dim, lanes);
        }
    }
    for (dim, lanes) in [(2, 7), (2, 40)] {
        side_by_side("preconditioned(lr=0.1, diagonal=[2, 1])", dim, lanes);
        side_by_side("preconditioned(lr=0.1, matrix=[[2, 0.5], [-0.25, 1]])", dim, lanes);
    }
}

#[test]
fn norms_of_long_problems_are_summed_alike_in_any_company() {
    side_by_side("clip_by_global_norm(0.5) | sgd(lr=0.1)", 20_000, 18);
}

#[cfg(feature = "threads")]
#[test]
fn one_thread_and_two_give_the_same_bits_for_a_million_parameters() {
    let with_threads = |count: usize, spec: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| {
            let size = 1_000_003;
            let (mut rule, mut x) = (rule(spec, size, 1), scattered(size, 99));
            run(&mut *rule, &mut x, 2);
            (x, state(&mut *rule))
        })
    };
    for spec in SPECS {
        assert!(with_threads(1, spec) == with_threads(2, spec), "{spec}");
    }
}

#[test]
fn a_restored_run_continues_with_the_same_bits() {
    for spec in SPECS {
        let mut straight = rule(spec, 5, 1);
        let mut x = scattered(5, 99);
        run(&mut *straight, &mut x, 4);
        let (middle, saved) = (x.clone(), Snapshot::of(&mut *straight));
        for _ in 0..6 {
            descend(&mut *straight, quartic, &mut x);
        }

        let mut resumed = rule(spec, 5, 1);
        saved.restore(&mut *resumed).unwrap();
        let mut y = middle;
        for _ in 0..6 {
            descend(&mut *resumed, quartic, &mut y);
        }
        assert_eq!((x, straight.steps()), (y, resumed.steps()), "{spec}");
    }
}

#[test]
fn a_reset_rule_is_a_new_one() {
    for spec in SPECS {
        let mut used = rule(spec, 20, 1);
        run(&mut *used, &mut scattered(20, 5), 3);
        used.reset();
        let (mut x, mut y, mut new) = (scattered(20, 99), scattered(20, 99), rule(spec, 20, 1));
        run(&mut *used, &mut x, 4);
        run(&mut *new, &mut y, 4);
        assert_eq!((x, used.steps()), (y, new.steps()), "{spec}");
    }
}

#[test]
fn single_precision_follows_double_precision() {
    for spec in SPECS {
        let (mut single, mut double) = (rule::<f32>(spec, 33, 1), rule::<f64>(spec, 33, 1));
        let mut y = scattered(33, 99);
        let mut x: Vec<f32> = y.iter().map(|&y| y as f32).collect();
        for step in 0..5 {
            let g = scattered(33, step + 1);
            let narrow: Vec<f32> = g.iter().map(|&g| g as f32).collect();
            single.step(&mut x, &narrow).unwrap();
            double.step(&mut y, &g).unwrap();
        }
        for (x, y) in x.iter().zip(&y) {
            assert!((f64::from(*x) - y).abs() < 2e-5, "{spec}: {x}, {y}");
        }
    }
}
