//! How long a step takes: nanoseconds for two parameters and for many small problems, bandwidth for long vectors.
//!
//! `cargo run --release -p thalweg-rule --example step_speed`. Bandwidth counts every load and store of parameters, gradient and
//! state once; the plain loop `x ← 0.999 · x` is the yardstick. `RAYON_NUM_THREADS=1` for one thread.

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use thalweg_rule::{Optimizer, Real, Rule};

const RULES: &[(&str, f64)] = &[
    ("sgd(lr=0.001)", 3.0),
    ("sgd(lr=0.001, momentum=0.9)", 5.0),
    ("adam()", 7.0),
    ("adagrad()", 5.0),
    ("rmsprop()", 5.0),
    ("clip_by_global_norm(1) | sgd(lr=0.001)", 4.0),
    ("clip_by_global_norm(1) | adam()", 8.0),
    ("clip_by_value(1) | adam() | add_decayed_weights(0.01)", 7.0),
];

fn main() {
    small();
    for size in [10_000, 1_000_000, 25_000_000] {
        println!("\n{size} parameters                                 f32                        f64");
        let (narrow, wide) = (scale::<f32>(size), scale::<f64>(size));
        print_row("plain scaling loop", size, 2.0, narrow, wide);
        for &(text, traffic) in RULES {
            let (narrow, wide) = (long::<f32>(text, size), long::<f64>(text, size));
            print_row(text, size, traffic, narrow, wide);
        }
    }
}

fn print_row(text: &str, size: usize, traffic: f64, narrow: f64, wide: f64) {
    let bandwidth = |ns: f64, bytes: f64| traffic * bytes * size as f64 / ns;
    println!(
        "  {text:42} {:8.1} µs {:6.1} GB/s   {:8.1} µs {:6.1} GB/s",
        narrow / 1e3,
        bandwidth(narrow, 4.0),
        wide / 1e3,
        bandwidth(wide, 8.0)
    );
}

fn small() {
    println!("two parameters, f64: ns per step; then 2 × lanes problems side by side: ns per problem");
    for &(text, _) in RULES {
        let mut per_problem = String::new();
        for lanes in [1, 256, 1024] {
            let mut rule = build::<f64>(text, 2, lanes);
            let (mut x, g) = (vec![1.0; 2 * lanes], vec![1e-3; 2 * lanes]);
            let ns = best(|| rule.step(black_box(&mut x), black_box(&g)).expect("the lengths are right"));
            write!(per_problem, "  {lanes:5}: {:7.2}", ns / lanes as f64).expect("a string takes all");
        }
        println!("  {text:42}{per_problem}");
    }
}

fn build<F: Real>(text: &str, dim: usize, lanes: usize) -> Box<dyn Rule<F>> {
    Optimizer::parse(text).expect("the text is right").rule(dim, lanes).expect("the sizes are right")
}

fn long<F: Real>(text: &str, size: usize) -> f64 {
    let mut rule = build::<F>(text, size, 1);
    let (mut x, g) = (vec![F::of(1.0); size], vec![F::of(1e-3); size]);
    best(|| rule.step(black_box(&mut x), black_box(&g)).expect("the lengths are right"))
}

fn scale<F: Real>(size: usize) -> f64 {
    let mut x = vec![F::of(1.0); size];
    let factor = F::of(0.999);
    best(|| {
        for x in black_box(&mut x).iter_mut() {
            *x = *x * factor;
        }
    })
}

/// Nanoseconds of one call: the best of seven rounds of about 30 ms.
fn best(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    let once = start.elapsed().max(Duration::from_nanos(20));
    let calls = (Duration::from_millis(30).as_nanos() / once.as_nanos()).clamp(1, 1_000_000) as u32;
    let round = || {
        let start = Instant::now();
        (0..calls).for_each(|_| work());
        start.elapsed().as_nanos() as f64 / f64::from(calls)
    };
    std::iter::repeat_with(round).take(7).fold(f64::INFINITY, f64::min)
}
