//! Parameters in bfloat16: how they are rounded, what copies keep, what chance keeps, and what must not change a bit.

use thalweg_rule::{Layout, Master, MixedPrecision, Optimizer, RuleError, Snapshot, bf16};

use crate::functions::scattered;

const CHANCE: Master = Master::StochasticRounding { seed: 5 };

fn mixed(text: &str, size: usize, master: Master) -> MixedPrecision {
    MixedPrecision::new(&Optimizer::parse(text).unwrap(), &Layout::flat(size), master).unwrap()
}

fn narrow(numbers: &[f64]) -> Vec<bf16> {
    numbers.iter().map(|x| bf16::from_f64(*x)).collect()
}

fn wide(numbers: &[bf16]) -> Vec<f32> {
    numbers.iter().map(|x| x.to_f32()).collect()
}

fn bits(numbers: &[bf16]) -> Vec<u16> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The numbers, as one step from zero leaves them.
fn written(numbers: &[f32], master: Master) -> (Vec<bf16>, MixedPrecision) {
    let mut rule = mixed("sgd(lr=1)", numbers.len(), master);
    let mut params = vec![bf16::ZERO; numbers.len()];
    let against: Vec<f32> = numbers.iter().map(|x| -x).collect();
    rule.step(&mut params, &against).unwrap();
    (params, rule)
}

#[test]
fn rounding_to_nearest_is_that_of_the_crate_half() {
    let mut numbers = Vec::new();
    // Every bfloat16 with what is next to it, next to the middle, in the middle and next to the following one: infinities, NaN and
    // subnormal numbers are among them.
    for upper in 0..=u16::MAX {
        let rest = [0, 1, 0x1234, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
        numbers.extend(rest.map(|lower| f32::from_bits(u32::from(upper) << 16 | lower)));
    }
    let mut state = 1_u32;
    numbers.extend((0..100_003).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from_bits(state)
    }));
    let (params, rule) = written(&numbers, Master::Copies);
    let master = rule.master().unwrap();
    for ((number, master), found) in numbers.iter().zip(master).zip(params) {
        // The step itself has changed nothing but the sign of zero.
        assert!(number == master || number.is_nan() && master.is_nan(), "{number:e}, {master:e}");
        assert_eq!(found.to_bits(), bf16::from_f32(*master).to_bits(), "{:#x}", master.to_bits());
    }
}

#[test]
fn copies_go_the_way_of_the_rule_in_f32_and_parameters_are_their_roundings() {
    for spec in ["sgd(lr=0.1, momentum=0.9)", "adam(lr=0.01)", "clip_by_global_norm(1) | adamw(lr=0.01)"] {
        let size = 1030;
        let mut params = narrow(&scattered(size, 99));
        let mut rule = mixed(spec, size, Master::Copies);
        let mut alone = Optimizer::parse(spec).unwrap().rule::<f32>(size, 1).unwrap();
        let mut x = wide(&params);
        for step in 0..20 {
            let g = narrow(&scattered(size, step));
            if step % 2 == 0 {
                rule.step(&mut params, &g).unwrap();
            } else {
                rule.step(&mut params, &wide(&g)).unwrap();
            }
            alone.step(&mut x, &wide(&g)).unwrap();
            assert_eq!(rule.master().unwrap(), x, "{spec}, step {step}");
            let rounded: Vec<u16> = x.iter().map(|x| bf16::from_f32(*x).to_bits()).collect();
            assert_eq!(bits(&params), rounded, "{spec}, step {step}");
        }
        assert_eq!(rule.steps(), 20);
    }
}

#[test]
fn rounding_at_random_goes_up_as_often_as_the_remainder_is_large() {
    // Chances in sixteenths of the distance of neighbours; the sign, the exponent and subnormal numbers make no difference.
    for (below, sixteenths) in [(0x3F80_u16, 5_u32), (0xBF80, 5), (0x0003, 1), (0x437F, 8), (0xC2AB, 15)] {
        let number = f32::from_bits(u32::from(below) << 16 | sixteenths << 12);
        let (count, chance) = (300_032, f64::from(sixteenths) / 16.0);
        let (params, _) = written(&vec![number; count], CHANCE);
        let up: Vec<f64> = params.iter().map(|x| f64::from(x.to_bits()) - f64::from(below)).collect();
        assert!(up.iter().all(|up| [0.0, 1.0].contains(up)), "{number:e}");
        let near = |mean: f64, count: usize, what: &str| {
            let deviation = (chance * (1.0 - chance) / count as f64).sqrt();
            assert!((mean - chance).abs() < 5.0 * deviation, "{number:e}, {what}: {mean}");
        };
        near(up.iter().sum::<f64>() / count as f64, count, "all");
        // At each place among 128 that share random words, and whatever another place has come to.
        for place in 0..128 {
            let own: Vec<f64> = up.iter().skip(place).step_by(128).copied().collect();
            near(own.iter().sum::<f64>() / own.len() as f64, own.len(), &format!("place {place}"));
        }
        for apart in [1, 16, 32, 128, 32_768] {
            let after: Vec<f64> =
                up.iter().zip(&up[apart..]).filter(|(up, _)| **up == 1.0).map(|(_, after)| *after).collect();
            near(after.iter().sum::<f64>() / after.len() as f64, after.len(), &format!("{apart} apart"));
        }
    }
}

#[test]
fn rounding_at_random_leaves_what_bfloat16_has_as_it_is() {
    let all: Vec<bf16> = (0..=u16::MAX).map(bf16::from_bits).collect();
    let mut params = all.clone();
    let mut rule = mixed("sgd(lr=1)", all.len(), CHANCE);
    rule.step(&mut params, &vec![bf16::ZERO; all.len()]).unwrap();
    for (found, expected) in params.iter().zip(all) {
        assert!(found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(), "{expected:?}");
    }
    assert_eq!(rule.master(), None);
}

#[test]
fn updates_that_rounding_to_nearest_would_lose_are_not_lost() {
    let (size, steps, update) = (4096, 1000, 1e-5_f64);
    let start = bf16::from_f32(0.75);
    let ulp = 2.0_f64.powi(-8);
    assert_eq!(bf16::from_f32(0.75 - update as f32), start);
    let moved = |master| {
        let (mut params, mut rule) = (vec![start; size], mixed("sgd(lr=1e-3)", size, master));
        for _ in 0..steps {
            rule.step(&mut params, &vec![0.01_f32; size]).unwrap();
        }
        params.iter().map(|x| 0.75 - x.to_f64()).sum::<f64>() / size as f64
    };
    let expected = update * f64::from(steps);
    // A step goes down by a whole unit with this chance, the steps being independent.
    let chance = update / ulp;
    let deviation = ulp * (f64::from(steps) * chance * (1.0 - chance) / size as f64).sqrt();
    let found = moved(CHANCE);
    assert!((found - expected).abs() < 5.0 * deviation, "{found} instead of {expected} ± {deviation}");
    let found = moved(Master::Copies);
    assert!((found - expected).abs() < ulp / 2.0, "{found} instead of {expected}");
}

#[cfg(feature = "threads")]
#[test]
fn one_thread_and_two_write_the_same_bits_in_bfloat16() {
    let size = 400_003;
    let with_threads = |count: usize, master| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| {
            let (mut rule, mut params) = (mixed("adam(lr=0.01)", size, master), narrow(&scattered(size, 99)));
            for step in 0..3 {
                rule.step(&mut params, &narrow(&scattered(size, step))).unwrap();
            }
            bits(&params)
        })
    };
    for master in [Master::Copies, CHANCE] {
        assert!(with_threads(1, master) == with_threads(2, master), "{master:?}");
    }
    assert!(with_threads(1, CHANCE) != with_threads(1, Master::StochasticRounding { seed: 6 }));
}

/// Six steps along fixed gradients.
fn go_on(rule: &mut MixedPrecision, params: &mut [bf16]) {
    for step in 0..6 {
        rule.step(params, &narrow(&scattered(params.len(), step))).unwrap();
    }
}

#[cfg(feature = "checkpoints")]
#[test]
fn a_run_in_bfloat16_read_back_from_its_bytes_continues_with_the_same_bits() {
    for master in [Master::Copies, CHANCE] {
        for before in [0, 1] {
            let mut params = narrow(&scattered(37, 99));
            let mut straight = mixed("clip_by_global_norm(1) | adam(lr=0.01)", 37, master);
            (0..before).for_each(|_| go_on(&mut straight, &mut params));
            straight.set("lr", 0.02).unwrap();
            let bytes = straight.checkpoint(&params).unwrap().to_bytes().unwrap();
            let read = thalweg_rule::Checkpoint::from_bytes(&bytes).unwrap();
            let (mut resumed, mut params_resumed) = MixedPrecision::resume(read, master).unwrap();
            assert_eq!(bits(&params), bits(&params_resumed));
            go_on(&mut straight, &mut params);
            go_on(&mut resumed, &mut params_resumed);
            assert_eq!(bits(&params), bits(&params_resumed), "{master:?}");
            assert_eq!((straight.master(), straight.steps()), (resumed.master(), resumed.steps()));
            assert_eq!(straight.hyperparameters(), resumed.hyperparameters());
        }
    }
}

#[test]
fn memory_and_copies_are_all_that_a_run_in_bfloat16_is() {
    for master in [Master::Copies, CHANCE] {
        let mut params = narrow(&scattered(37, 99));
        let mut straight = mixed("adam(lr=0.01)", 37, master);
        go_on(&mut straight, &mut params);
        let (snapshot, copies) = (Snapshot::of(straight.inner_mut()), straight.master().map(<[f32]>::to_vec));
        let (mut resumed, mut params_resumed) = (mixed("adam(lr=0.01)", 37, master), params.clone());
        snapshot.restore(resumed.inner_mut()).unwrap();
        if let Some(copies) = copies {
            resumed.set_master(&mut params_resumed, &copies).unwrap();
        }
        go_on(&mut straight, &mut params);
        go_on(&mut resumed, &mut params_resumed);
        assert_eq!(bits(&params), bits(&params_resumed), "{master:?}");
        assert_eq!(straight.master(), resumed.master());
    }
}

#[test]
fn a_reset_run_takes_new_copies_from_the_parameters() {
    let (mut rule, mut params) = (mixed("sgd(lr=0.25)", 1, Master::Copies), [bf16::ONE]);
    rule.step(&mut params, &[1.0_f32]).unwrap();
    rule.reset();
    assert_eq!((rule.steps(), rule.master()), (0, None));
    params = [bf16::from_f32(3.0)];
    rule.step(&mut params, &[1.0_f32]).unwrap();
    assert_eq!(params, [bf16::from_f32(2.75)]);
}

#[test]
fn points_and_averages_are_those_of_the_rule_in_f32_rounded() {
    for spec in ["nesterov(lr=0.1, lookahead=true)", "lookahead(k=2) | sgd(lr=0.1)"] {
        let mut params = narrow(&scattered(9, 99));
        let (mut rule, mut x) = (mixed(spec, 9, Master::Copies), wide(&params));
        let mut alone = Optimizer::parse(spec).unwrap().rule::<f32>(9, 1).unwrap();
        for step in 0..5 {
            let g = scattered(9, step).iter().map(|g| *g as f32).collect::<Vec<_>>();
            rule.step(&mut params, &g).unwrap();
            alone.step(&mut x, &g).unwrap();
            let (mut found, mut expected) = ([bf16::ZERO; 9], [0.0; 9]);
            let looks = rule.evaluation_point(&params, &mut found).unwrap();
            assert_eq!(looks, alone.evaluation_point(&x, &mut expected), "{spec}");
            assert_eq!(found, expected.map(bf16::from_f32), "{spec}");
            let (mut found, mut expected) = ([bf16::ZERO; 9], [0.0; 9]);
            let averages = rule.averaged(&params, &mut found).unwrap();
            assert_eq!(averages, alone.averaged(&x, &mut expected), "{spec}");
            assert_eq!(found, expected.map(bf16::from_f32), "{spec}");
            assert!(looks || averages, "{spec}");
        }
    }
}

#[test]
fn values_reach_the_rule() {
    let (mut rule, mut params) = (mixed("polyak_sgd(max_lr=10)", 1, CHANCE), [bf16::from_f32(3.0)]);
    let missing = rule.step(&mut params, &[6.0_f32]).unwrap_err();
    assert!(matches!(missing, RuleError::Missing { .. }), "{missing}");
    assert_eq!(params, [bf16::from_f32(3.0)]);
    // f(x) = x², of which Polyak's step goes half the way.
    rule.advance(&mut params, &[6.0_f32], Some(&[9.0])).unwrap();
    assert_eq!(params, [bf16::from_f32(1.5)]);
}

#[test]
fn a_step_says_how_many_bytes_its_conversions_move() {
    for (master, from_half, from_single) in [(Master::Copies, 12, 6), (CHANCE, 18, 12)] {
        let rule = mixed("adam", 1000, master);
        // Adam in f32: parameters, gradient and two averages read, parameters and averages written.
        assert_eq!(rule.explain::<bf16>().bytes(), 1000 * (28 + from_half));
        assert_eq!(rule.explain::<f32>().bytes(), 1000 * (28 + from_single));
    }
}

#[test]
fn vectors_of_wrong_lengths_are_refused_and_nothing_changes() {
    let (mut rule, mut params) = (mixed("sgd(lr=1)", 2, Master::Copies), [bf16::ONE; 2]);
    let length = |what, found| RuleError::Length { what, found, dim: 2, lanes: 1 };
    let short = &mut [bf16::ONE];
    assert_eq!(rule.step(short, &[1.0_f32; 2]), Err(length("parameters", 1)));
    assert_eq!(rule.step(&mut params, &[bf16::ONE; 3]), Err(length("gradient", 3)));
    assert_eq!(rule.set_master(&mut params, &[0.0]), Err(length("copies", 1)));
    assert_eq!(rule.set_master(short, &[0.0; 2]), Err(length("parameters", 1)));
    assert_eq!(rule.evaluation_point(&params, short), Err(length("what is to be written", 1)));
    assert_eq!((params, rule.steps(), rule.master()), ([bf16::ONE; 2], 0, None));
}
