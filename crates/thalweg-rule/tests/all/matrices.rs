//! Rules that treat matrices as such: what they remember, and that matrices do as vectors must.

use thalweg_rule::{Layout, Optimizer, Real, Rule, Saved, Snapshot};

fn rule_for<F: Real>(text: &str, shapes: &[&[usize]]) -> Box<dyn Rule<F>> {
    let leaves = shapes.iter().enumerate().map(|(i, shape)| (i.to_string(), shape.to_vec()));
    let optimizer = Optimizer::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    optimizer.rule_for(&Layout::new(leaves)).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Numbers remembered, counts left out.
fn remembered(rule: &mut dyn Rule<f64>) -> usize {
    let length = |(_, saved): &(_, Saved<f64>)| match saved {
        Saved::Slot(values) | Saved::Vector(values) => values.len(),
        Saved::Numbers(numbers) => numbers.len(),
        Saved::Count(_) => 0,
    };
    Snapshot::of(rule).entries.iter().map(length).sum()
}

#[test]
fn adafactor_and_sm3_remember_rows_and_columns_where_adam_remembers_matrices() {
    let shapes: &[&[usize]] = &[&[640, 480], &[640]];
    for (spec, numbers) in [
        ("adafactor()", 640 + 480 + 640),
        ("adafactor_optax()", 640 + 480 + 640),
        ("adafactor_optax(factored=false)", 640 * 480 + 640),
        ("adafactor_optax(momentum=0.9)", 640 * 480 + 640 + 640 + 480 + 640),
        ("sm3(momentum=0)", 640 + 480 + 640),
        ("sm3()", 640 * 480 + 640 + 640 + 480 + 640),
        ("rmsprop()", 640 * 480 + 640),
        ("adam(bias_correction=none)", 2 * (640 * 480 + 640) + 2),
    ] {
        assert_eq!(remembered(&mut *rule_for(spec, shapes)), numbers, "{spec}");
    }
}

#[test]
fn adafactor_factors_the_two_longest_axes_or_the_last_two() {
    let shapes: &[&[usize]] = &[&[30, 2, 20]];
    let lengths = |spec: &str| {
        let length = |(_, saved): (_, Saved<f64>)| match saved {
            Saved::Vector(values) => Some(values.len()),
            _ => None,
        };
        Snapshot::of(&mut *rule_for(spec, shapes)).entries.into_iter().filter_map(length).collect::<Vec<_>>()
    };
    assert_eq!(lengths("adafactor()"), [30 * 2, 30 * 20, 0]);
    assert_eq!(lengths("adafactor_optax(min_dim_size_to_factor=20)"), [30 * 2, 2 * 20, 0]);
    assert_eq!(lengths("adafactor_optax(min_dim_size_to_factor=21)"), [0, 0, 30 * 2 * 20]);
}

#[cfg(feature = "matrices")]
mod dense {
    use super::*;
    use crate::functions::scattered;

    /// Everything that multiplies or decomposes.
    const DENSE: &[&str] = &[
        "muon(lr=0.02, adam_lr=0.01)",
        "muon_optax(lr=0.01, adaptive=true)",
        "muon_optax(lr=0.01, preconditioning=spectral)",
        "muon_optax(lr=0.01, preconditioning=aol)",
        "muon_optax(lr=0.01, preconditioning=schatten)",
        "shampoo(lr=0.1, momentum=0.5, eps=0.1, update_interval=3)",
        "shampoo(lr=0.1, eps=0.1, max_size=4)",
        "soap(lr=0.01, precondition_frequency=2)",
        "soap(lr=0.01, precondition_frequency=2, max_size=4)",
    ];

    const SHAPES: &[&[usize]] = &[&[3, 4], &[5], &[5, 3], &[2, 3, 4], &[], &[6, 6]];
    const SIZE: usize = 12 + 5 + 15 + 24 + 1 + 36;

    fn run(rule: &mut dyn Rule<f64>, x: &mut [f64], steps: std::ops::Range<u64>) {
        for step in steps {
            rule.step(x, &scattered(x.len(), step + 1)).unwrap();
        }
    }

    #[test]
    fn muon_brings_singular_values_near_one_and_leaves_singular_vectors_alone() {
        // G = U · diag(s) · Vᵀ with planes turned by known angles.
        let turn = |angles: [f64; 3]| {
            let mut u = [[0.0; 4]; 4];
            (0..4).for_each(|i| u[i][i] = 1.0);
            for (k, angle) in angles.into_iter().enumerate() {
                let (sin, cos) = angle.sin_cos();
                for row in &mut u {
                    (row[k], row[k + 1]) = (cos * row[k] - sin * row[k + 1], sin * row[k] + cos * row[k + 1]);
                }
            }
            u
        };
        let (u, v, s) = (turn([0.3, 1.1, -0.7]), turn([-0.4, 0.2, 0.9]), [3.0, 1.0, 0.3, 0.05]);
        for (spec, least, most) in [
            ("muon(lr=1, weight_decay=0, momentum=0)", 0.65, 1.25),
            ("muon_optax(lr=1, beta=0)", 0.65, 1.25),
            ("muon_optax(lr=1, beta=0, preconditioning=spectral)", 0.65, 1.25),
            ("muon_optax(lr=1, beta=0, preconditioning=schatten)", 0.65, 1.25),
            (
                "muon(lr=1, weight_decay=0, momentum=0, ns_coefficients=[1.875, -1.25, 0.375], ns_steps=30)",
                1.0,
                1.0,
            ),
        ] {
            // Columns of zeros add nothing to a wide matrix, rows of zeros nothing to a tall one.
            for (rows, columns) in [(4, 4), (4, 6), (6, 4)] {
                let mut g = vec![0.0; rows * columns];
                for i in 0..4 {
                    for j in 0..4 {
                        g[i * columns + j] = (0..4).map(|k| u[i][k] * s[k] * v[j][k]).sum();
                    }
                }
                let mut x = vec![0.0; rows * columns];
                rule_for(spec, &[&[rows, columns]]).step(&mut x, &g).unwrap();
                let longer = if spec.starts_with("muon_optax") { columns > rows } else { rows > columns };
                let scale = if longer { 1.5_f64.sqrt() } else { 1.0 };
                let column = |matrix: &[[f64; 4]; 4], k: usize| matrix.map(|row| row[k]);
                for (k, l) in (0..16).map(|place| (place / 4, place % 4)) {
                    let (left, right) = (column(&u, k), column(&v, l));
                    let along = |i: usize| (0..4).map(|j| x[i * columns + j] * right[j]).sum::<f64>();
                    let value = -(0..4).map(|i| left[i] * along(i)).sum::<f64>() / scale;
                    let right = if k == l {
                        (least - 1e-12..=most + 1e-12).contains(&value)
                    } else {
                        value.abs() < 1e-13
                    };
                    assert!(right, "{spec}, {rows} by {columns}, ({k}, {l}): {value}");
                }
            }
        }
    }

    #[test]
    fn matrices_restored_go_on_with_the_same_bits_and_reset_ones_begin_anew() {
        for spec in DENSE {
            let mut straight = rule_for(spec, SHAPES);
            let mut x = scattered(SIZE, 99);
            run(&mut *straight, &mut x, 0..5);
            let (mut y, saved) = (x.clone(), Snapshot::of(&mut *straight));
            run(&mut *straight, &mut x, 5..10);
            let mut resumed = rule_for(spec, SHAPES);
            saved.restore(&mut *resumed).unwrap();
            run(&mut *resumed, &mut y, 5..10);
            assert_eq!(x, y, "{spec}");

            straight.reset();
            let (mut x, mut y) = (scattered(SIZE, 98), scattered(SIZE, 98));
            run(&mut *straight, &mut x, 0..5);
            run(&mut *rule_for(spec, SHAPES), &mut y, 0..5);
            assert_eq!(x, y, "{spec}");
            assert!(x.iter().all(|x| x.is_finite()), "{spec}: {x:?}");
        }
    }

    #[test]
    fn matrices_in_single_precision_follow_those_in_double_precision() {
        for spec in DENSE {
            // Few gradients leave eigenvectors open along the longer side of a matrix, where SOAP has to choose.
            let shapes: &[&[usize]] = if spec.contains("soap") { &[&[6, 6], &[5]] } else { SHAPES };
            let size = shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
            let (mut single, mut double) = (rule_for::<f32>(spec, shapes), rule_for::<f64>(spec, shapes));
            let mut y = scattered(size, 99);
            let mut x: Vec<f32> = y.iter().map(|&y| y as f32).collect();
            for step in 0..5 {
                let g = scattered(size, step + 1);
                let narrow: Vec<f32> = g.iter().map(|&g| g as f32).collect();
                single.step(&mut x, &narrow).unwrap();
                double.step(&mut y, &g).unwrap();
            }
            for (x, y) in x.iter().zip(&y) {
                assert!((f64::from(*x) - y).abs() < 1e-4, "{spec}: {x}, {y}");
            }
        }
    }

    #[test]
    fn steps_of_matrices_allocate_nothing() {
        for spec in DENSE {
            let mut rule = rule_for(spec, &[&[40, 70], &[70], &[3, 4, 5]]);
            let (mut x, g) = (scattered(2930, 1), scattered(2930, 2));
            let count = crate::allocation::allocations(|| {
                for _ in 0..5 {
                    rule.step(&mut x, &g).unwrap();
                }
            });
            assert_eq!(count, 0, "{spec}");
        }
    }

    #[cfg(feature = "threads")]
    #[test]
    fn one_thread_and_three_give_the_same_bits_for_products_that_are_divided() {
        let (rows, columns) = (330, 290);
        let with_threads = |count: usize, spec: &str| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
            pool.install(|| {
                let mut rule = rule_for(spec, &[&[rows, columns], &[40, 9]]);
                let mut x = scattered(rows * columns + 360, 99);
                run(&mut *rule, &mut x, 0..3);
                x
            })
        };
        for spec in ["muon()", "shampoo(eps=0.1)", "soap(precondition_frequency=1)"] {
            assert!(with_threads(1, spec) == with_threads(3, spec), "{spec}");
        }
    }

    #[test]
    fn gradients_that_are_not_numbers_reach_the_parameters_of_matrices() {
        for spec in DENSE {
            let mut rule = rule_for(spec, &[&[3, 3]]);
            let mut x = [1.0; 9];
            rule.step(&mut x, &[1.0; 9]).unwrap();
            let mut g = [0.5; 9];
            g[4] = f64::NAN;
            rule.step(&mut x, &g).unwrap();
            assert!(x[4].is_nan(), "{spec}: {x:?}");
        }
    }

    #[test]
    fn muon_says_which_part_is_no_matrix() {
        let optimizer = Optimizer::parse("muon()").unwrap();
        let layout = Layout::new([("0.weight", vec![3, 4]), ("0.bias", vec![3])]);
        let message = optimizer.rule_for::<f64>(&layout).err().unwrap().to_string();
        let expected =
            "`muon`: adam_lr must be given: `0.bias` of shape [3] is no matrix, and would go by AdamW";
        assert_eq!(message, expected);
    }

    #[test]
    fn matrices_beyond_memory_are_refused() {
        let optimizer = Optimizer::parse("shampoo(max_size=1e12)").unwrap();
        let layout = Layout::new([("x", vec![1 << 35])]);
        assert!(optimizer.rule_for::<f64>(&layout).is_err());
    }
}

#[cfg(not(feature = "matrices"))]
#[test]
fn rules_that_were_left_out_say_which_feature_has_them() {
    for name in ["muon", "muon_optax", "shampoo", "soap"] {
        let optimizer = Optimizer::parse(&format!("{name}()")).unwrap();
        let message = optimizer.rule::<f64>(3, 1).err().unwrap().to_string();
        let expected = format!(
            "`{name}` needs the feature `matrices` of the crate thalweg-rule, without which it was built"
        );
        assert_eq!(message, expected);
    }
}

#[test]
fn what_can_be_left_out_is_printed_where_it_is_not_by_default() {
    for (text, part) in [
        ("adafactor_optax()", "clipping_threshold=1"),
        ("adafactor_optax(clipping_threshold=none, lr=none)", "clipping_threshold=none"),
        ("muon_optax(adam_lr=cosine(0.1, 7))", "adam_lr=cosine(init=0.1, steps=7"),
        ("muon()", "ns_coefficients=[3.4445, -4.775, 2.0315]"),
        (
            "muon(ns_steps=2, ns_coefficients=[[1, 0, 0], [2, -1, 0]])",
            "ns_coefficients=[[1, 0, 0], [2, -1, 0]]",
        ),
    ] {
        let optimizer = Optimizer::parse(text).unwrap();
        let printed = optimizer.to_string();
        assert!(printed.contains(part), "{printed}");
        assert!(!printed.contains(" lr=none"), "{printed}");
        assert_eq!(Optimizer::parse(&printed).unwrap(), optimizer);
    }
}

#[test]
fn coefficients_that_are_no_triples_are_refused() {
    for (text, message) in [
        (
            "muon(ns_coefficients=[1, 2])",
            "`muon`: ns_coefficients must be three finite numbers such as [1.5, -0.5, 0], or a list of such triples",
        ),
        (
            "muon(ns_coefficients=[[1, 0, 0], [2, -1, 0]])",
            "`muon`: ns_coefficients must be one triple, or 5 for as many ns_steps, found 2",
        ),
    ] {
        let found = Optimizer::parse(text).unwrap_err().to_string();
        assert!(found.ends_with(message), "{found}");
    }
}
