//! Schedules at random, none of them negative.

use proptest::prelude::*;
use thalweg_rule::{
    Cosine, CosineRestarts, Cyclic, CyclicMode, Exponential, InverseTime, Joined, Linear, MultiStep,
    OneCycle, OneCycleConvention, OneCycleMomentum, Piecewise, PiecewiseInterpolate, Polynomial, Schedule,
    Sgdr, Shape, StepDecay, Warmup, WarmupCosine, Wsd,
};

pub(crate) fn unit() -> impl Strategy<Value = f64> {
    0.0..1.0
}

pub(crate) fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![1e-300..1e300, 1e-9..1.0]
}

/// Any schedule whose counts are at most this.
pub(crate) fn schedule(most: u64) -> impl Strategy<Value = Schedule> {
    let leaf = prop_oneof![positive().prop_map(Schedule::from), ending(most), endless(most)];
    leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            (1..=most, inner.clone(), positive()).prop_map(|(steps, then, start)| Warmup {
                steps,
                then,
                start
            }
            .into()),
            (prop::collection::vec(inner, 1..4), steps(most, 3)).prop_map(|(mut schedules, mut at)| {
                at.truncate(schedules.len() - 1);
                schedules.truncate(at.len() + 1);
                Joined { schedules, at }.into()
            }),
            prop::collection::vec(ending(most), 1..4).prop_map(|cycles| Sgdr { cycles }.into()),
        ]
    })
}

fn steps(most: u64, count: usize) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::btree_set(1..=most, 0..=count).prop_map(|steps| steps.into_iter().collect())
}

fn shape() -> impl Strategy<Value = Shape> {
    prop::sample::select(vec![Shape::Linear, Shape::Cosine, Shape::Sqrt, Shape::Square])
}

/// Those that change, and then no more.
fn ending(most: u64) -> impl Strategy<Value = Schedule> {
    let (count, whole) = (1..=most, 0..=most);
    let ends = || (positive(), positive(), 0.1..5.0);
    prop_oneof![
        (ends(), count.clone(), whole.clone()).prop_map(|((init, last, _), steps, begin)| {
            Linear { init, steps, r#final: last, begin }.into()
        }),
        (ends(), count.clone(), whole.clone()).prop_map(|((init, last, power), steps, begin)| {
            Polynomial { init, steps, r#final: last, power, begin }.into()
        }),
        (ends(), count.clone()).prop_map(|((init, last, exponent), steps)| {
            Cosine { r#final: last, exponent, ..Cosine::new(init, steps) }.into()
        }),
        (positive(), ends(), count.clone(), whole.clone()).prop_map(
            |(start, (max, last, exponent), fall, warmup)| {
                WarmupCosine { max, steps: warmup + fall, warmup, start, r#final: last, exponent }.into()
            }
        ),
        (positive(), ends(), whole.clone(), whole, count.clone(), shape()).prop_map(
            |(start, (max, last, _), warmup, stable, decay, shape)| {
                Wsd { max, warmup, stable, decay, r#final: last, start, shape }.into()
            }
        ),
        (positive(), 2..=most.max(2), unit(), (1.0..100.0, 1.0..1e5), shape(), any::<(bool, bool)>())
            .prop_map(
                |(max, steps, pct_start, (div_factor, final_div_factor), shape, (three_phase, optax))| {
                    let pct_start = if three_phase { 0.5 * pct_start } else { pct_start };
                    let convention =
                        if optax { OneCycleConvention::Optax } else { OneCycleConvention::Pytorch };
                    let pct_final = (three_phase && optax).then_some(0.5 + pct_start);
                    OneCycle {
                        max,
                        steps,
                        pct_start,
                        div_factor,
                        final_div_factor,
                        shape,
                        three_phase,
                        pct_final,
                        convention,
                    }
                    .into()
                }
            ),
        (2..=most.max(2), unit(), ends(), shape(), any::<bool>()).prop_map(
            |(steps, pct_start, (max, base, _), shape, three_phase)| {
                let pct_start = if three_phase { 0.5 * pct_start } else { pct_start };
                OneCycleMomentum { steps, base, max, pct_start, shape, three_phase }.into()
            }
        ),
        (positive(), 1..=most, shape(), positive()).prop_map(|(init, at, shape, scale)| {
            PiecewiseInterpolate { shape, ..PiecewiseInterpolate::new(init, [at], [scale.min(1.0)]) }.into()
        }),
    ]
}

/// Those that never end, and those that may not change at all.
fn endless(most: u64) -> impl Strategy<Value = Schedule> {
    let count = 1..=most;
    prop_oneof![
        (positive(), count.clone(), unit())
            .prop_map(|(init, every, gamma)| StepDecay { init, every, gamma }.into()),
        (positive(), steps(most, 4), unit()).prop_map(|(init, milestones, gamma)| MultiStep {
            init,
            milestones,
            gamma
        }
        .into()),
        (positive(), unit(), count.clone(), 0..=most, any::<bool>(), prop::option::of(positive())).prop_map(
            |(init, gamma, every, begin, staircase, last)| {
                let gamma = if last.is_some() { 2.0 * gamma } else { gamma };
                Exponential { init, gamma, every, begin, staircase, r#final: last }.into()
            }
        ),
        (positive(), positive(), count.clone(), any::<bool>(), 0.0..3.0).prop_map(
            |(init, decay, every, staircase, power)| {
                InverseTime { init, decay, every, staircase, power }.into()
            }
        ),
        (positive(), positive(), count.clone(), 1_u64..4, unit()).prop_map(
            |(init, last, steps, growth, gamma)| {
                CosineRestarts { init, steps, r#final: last, growth, gamma }.into()
            }
        ),
        (positive(), positive(), count.clone()).prop_map(|(init, last, steps)| {
            Cosine { r#final: last, periodic: true, ..Cosine::new(init, steps) }.into()
        }),
        (positive(), positive(), count.clone(), prop::option::of(count), 0..3_usize, unit()).prop_map(
            |(base, max, step_up, step_down, mode, gamma)| {
                let mode = [CyclicMode::Triangular, CyclicMode::Triangular2, CyclicMode::ExpRange][mode];
                Cyclic { base, max, step_up, step_down, mode, gamma }.into()
            }
        ),
        (positive(), prop::collection::btree_map(1..=most, unit(), 0..4)).prop_map(|(init, pieces)| {
            let (at, scale): (Vec<u64>, Vec<f64>) = pieces.into_iter().unzip();
            Piecewise { init, at, scale }.into()
        }),
    ]
}
