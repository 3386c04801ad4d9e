//! Every schedule: against PyTorch and Optax (`fixtures/make_schedules.py`), against closed forms, and at the edges.

use proptest::prelude::*;
use serde_json::Value;
use thalweg_rule::{Optimizer, Schedule, schedule_names};

use crate::any_schedule;
use crate::trajectories::numbers;

const FIXTURE: &str = include_str!("../fixtures/schedules.json");

fn cases() -> Vec<Value> {
    let fixture: Value = serde_json::from_str(FIXTURE).unwrap();
    let cases = fixture["cases"].as_array().unwrap().iter();
    // Schedules that watch a metric are no functions of the step.
    cases.filter(|case| case.get("metric").is_none()).cloned().collect()
}

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The arguments of a case by name, with defaults.
struct Arguments<'a>(&'a Value);

impl Arguments<'_> {
    fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or_else(|| panic!("{name}: {}", self.0))
    }

    fn or(&self, name: &str, default: f64) -> f64 {
        self.0[name].as_f64().unwrap_or(default)
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name] == true
    }

    fn word<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.0[name].as_str().unwrap_or(default)
    }

    fn list(&self, name: &str) -> String {
        self.0[name].to_string()
    }

    fn parts(&self, text: impl Fn(&str, &Value) -> String) -> String {
        let parts = self.0["parts"].as_array().unwrap().iter();
        parts
            .map(|part| text(part["schedule"].as_str().unwrap(), &part["args"]))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What `torch.optim.lr_scheduler` calls so, over a base rate.
fn from_torch(name: &str, args: &Value, lr: f64) -> String {
    let a = Arguments(args);
    let gamma = a.or("gamma", 0.1);
    match name {
        "StepLR" => format!("step({lr}, {}, {gamma})", a.number("step_size")),
        "MultiStepLR" => format!("multi_step({lr}, {}, {gamma})", a.list("milestones")),
        "ExponentialLR" => format!("exponential({lr}, {gamma})"),
        "ConstantLR" => {
            let factor = a.or("factor", 1.0 / 3.0);
            format!("piecewise({}, [{}], [{}])", lr * factor, a.or("total_iters", 5.0), 1.0 / factor)
        }
        "LinearLR" => {
            let (start, end) = (lr * a.or("start_factor", 1.0 / 3.0), lr * a.or("end_factor", 1.0));
            format!("linear({start}, {}, {end})", a.or("total_iters", 5.0))
        }
        "PolynomialLR" => {
            format!("polynomial({lr}, {}, power={})", a.or("total_iters", 5.0), a.or("power", 1.0))
        }
        "CosineAnnealingLR" => {
            format!("cosine({lr}, {}, {}, periodic=true)", a.number("T_max"), a.or("eta_min", 0.0))
        }
        "CosineAnnealingWarmRestarts" => {
            format!(
                "cosine_restarts({lr}, {}, {}, {})",
                a.number("T_0"),
                a.or("eta_min", 0.0),
                a.or("T_mult", 1.0)
            )
        }
        "OneCycleLR" => {
            let steps = a.or("total_steps", a.or("epochs", 0.0) * a.or("steps_per_epoch", 0.0));
            let shape = if a.word("anneal_strategy", "cos") == "cos" { "cosine" } else { "linear" };
            format!(
                "one_cycle({}, {steps}, {}, {}, {}, {shape}, {})",
                a.number("max_lr"),
                a.or("pct_start", 0.3),
                a.or("div_factor", 25.0),
                a.or("final_div_factor", 1e4),
                a.flag("three_phase")
            )
        }
        "CyclicLR" => {
            let up = a.number("step_size_up");
            let (down, mode) = (a.or("step_size_down", up), a.word("mode", "triangular"));
            let (base, max) = (a.number("base_lr"), a.number("max_lr"));
            format!("cyclic({base}, {max}, {up}, {down}, {mode}, {})", a.or("gamma", 1.0))
        }
        "SequentialLR" => {
            format!(
                "joined([{}], {})",
                a.parts(|name, args| from_torch(name, args, lr)),
                a.list("milestones")
            )
        }
        // The product of a constant and an exponential.
        "ChainedScheduler" => {
            let late = lr * 0.98_f64.powi(20);
            format!("joined([exponential({}, 0.98), exponential({late}, 0.98)], [20])", lr * 0.1)
        }
        other => panic!("{other} is not known"),
    }
}

/// What Optax calls so.
fn from_optax(name: &str, args: &Value) -> String {
    let a = Arguments(args);
    let decay = |init: f64| {
        let bound = args["end_value"].as_f64().map_or(String::new(), |bound| format!(", final={bound}"));
        format!(
            "exponential({init}, {}, {}, {}, {}{bound})",
            a.number("decay_rate"),
            a.number("transition_steps"),
            a.or("transition_begin", 0.0),
            a.flag("staircase")
        )
    };
    let warmup_cosine = |args: &Value| {
        let a = Arguments(args);
        format!(
            "warmup_cosine({}, {}, {}, {}, {}, {})",
            a.number("peak_value"),
            a.number("decay_steps"),
            a.number("warmup_steps"),
            a.number("init_value"),
            a.or("end_value", 0.0),
            a.or("exponent", 1.0)
        )
    };
    let one_cycle = |three_phase: bool, beside: &str| {
        format!(
            "one_cycle({}, {}, {}, {}, {}, convention=optax, three_phase={three_phase}{beside})",
            a.number("peak_value"),
            a.number("transition_steps"),
            a.or("pct_start", 0.3),
            a.or("div_factor", 25.0),
            a.or("final_div_factor", 1e4)
        )
    };
    match name {
        "constant_schedule" => a.number("value").to_string(),
        "exponential_decay" => decay(a.number("init_value")),
        "polynomial_schedule" | "linear_schedule" => {
            let (name, power) = match name {
                "linear_schedule" => ("linear", String::new()),
                _ => ("polynomial", format!(", power={}", a.number("power"))),
            };
            let (init, end) = (a.number("init_value"), a.number("end_value"));
            let (steps, begin) = (a.number("transition_steps"), a.or("transition_begin", 0.0));
            format!("{name}({init}, {steps}, {end}{power}, begin={begin})")
        }
        "cosine_decay_schedule" => {
            let init = a.number("init_value");
            let (end, exponent) = (init * a.or("alpha", 0.0), a.or("exponent", 1.0));
            format!("cosine({init}, {}, {end}, {exponent})", a.number("decay_steps"))
        }
        "warmup_constant_schedule" => {
            let (steps, peak) = (a.number("warmup_steps"), a.number("peak_value"));
            format!("warmup({steps}, {peak}, {})", a.number("init_value"))
        }
        "warmup_cosine_decay_schedule" => warmup_cosine(args),
        "warmup_exponential_decay_schedule" => {
            let then = decay(a.number("peak_value"));
            format!("warmup({}, {then}, {})", a.number("warmup_steps"), a.number("init_value"))
        }
        "cosine_onecycle_schedule" => one_cycle(false, ""),
        "linear_onecycle_schedule" => {
            one_cycle(true, &format!(", shape=linear, pct_final={}", a.or("pct_final", 0.85)))
        }
        "piecewise_constant_schedule" | "piecewise_interpolate_schedule" => {
            let mut pairs: Vec<(u64, f64)> = args["boundaries_and_scales"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(at, scale)| (at.parse().unwrap(), scale.as_f64().unwrap()))
                .collect();
            pairs.sort_by_key(|(at, _)| *at);
            let (at, scale): (Vec<u64>, Vec<f64>) = pairs.into_iter().unzip();
            let shape = args["interpolate_type"].as_str().map_or(String::new(), |shape| format!(", {shape}"));
            let name = name.trim_end_matches("_schedule").trim_end_matches("_constant");
            format!("{name}({}, {at:?}, {scale:?}{shape})", a.number("init_value"))
        }
        "sgdr_schedule" => {
            let cycles = args["cosine_kwargs"].as_array().unwrap().iter().map(warmup_cosine);
            format!("sgdr([{}])", cycles.collect::<Vec<_>>().join(", "))
        }
        "join_schedules" => format!("joined([{}], {})", a.parts(from_optax), a.list("boundaries")),
        other => panic!("{other} is not known"),
    }
}

/// The momentum beside it.
fn momentum_from_torch(name: &str, args: &Value) -> String {
    let a = Arguments(args);
    if name == "OneCycleLR" {
        let shape = if a.word("anneal_strategy", "cos") == "cos" { "cosine" } else { "linear" };
        return format!(
            "one_cycle_momentum({}, {}, {}, {}, {shape}, {})",
            a.or("total_steps", a.or("epochs", 0.0) * a.or("steps_per_epoch", 0.0)),
            a.or("base_momentum", 0.85),
            a.or("max_momentum", 0.95),
            a.or("pct_start", 0.3),
            a.flag("three_phase")
        );
    }
    let up = a.number("step_size_up");
    let (down, mode) = (a.or("step_size_down", up), a.word("mode", "triangular"));
    let (base, max) = (a.or("max_momentum", 0.9), a.or("base_momentum", 0.8));
    format!("cyclic({base}, {max}, {up}, {down}, {mode}, {})", a.or("gamma", 1.0))
}

fn text_of(case: &Value) -> String {
    let name = case["schedule"].as_str().unwrap();
    match case["library"].as_str().unwrap() {
        "torch" => from_torch(name, &case["args"], case["base_lr"].as_f64().unwrap()),
        _ => from_optax(name, &case["args"]),
    }
}

fn differing(library: &str, at_least: usize) -> Vec<String> {
    let cases: Vec<Value> = cases().into_iter().filter(|case| case["library"] == library).collect();
    assert!(cases.len() >= at_least, "only {} cases from {library}", cases.len());
    let difference = |case: &Value| {
        let rate = unlike(&text_of(case), &case["values"]);
        let name = case["schedule"].as_str().unwrap();
        let momentum = || {
            let expected = case.get("momentum")?;
            unlike(&momentum_from_torch(name, &case["args"]), expected)
        };
        rate.or_else(momentum)
    };
    cases.iter().filter_map(difference).collect()
}

/// The first step at which a schedule is not what is expected.
fn unlike(text: &str, expected: &Value) -> Option<String> {
    let (schedule, values) = (schedule(text), numbers(expected));
    assert!(values.len() >= 120, "{text}");
    (0..).zip(values).find_map(|(step, expected)| {
        let value = schedule.at(step);
        let close = (value - expected).abs() <= 1e-12 * expected.abs();
        (!close).then(|| format!("{text}, step {step}: {value:e}, expected {expected:e}"))
    })
}

#[test]
fn schedules_match_pytorch_for_two_hundred_steps() {
    assert_eq!(differing("torch", 28), Vec::<String>::new());
}

#[test]
fn schedules_match_optax_for_two_hundred_steps() {
    assert_eq!(differing("optax", 28), Vec::<String>::new());
}

#[test]
fn every_schedule_is_compared_with_an_outside_source_or_a_closed_form() {
    let mut texts: Vec<String> = cases().iter().map(text_of).collect();
    let momenta = cases().into_iter().filter(|case| case.get("momentum").is_some());
    texts.extend(momenta.map(|case| momentum_from_torch(case["schedule"].as_str().unwrap(), &case["args"])));
    texts.extend(CLOSED_FORMS.iter().map(|(text, ..)| (*text).to_owned()));
    for named in schedule_names() {
        assert!(texts.iter().any(|text| text.starts_with(&format!("{}(", named.name))), "{}", named.name);
    }
}

/// Values at steps, from the formulas of the papers.
const CLOSED_FORMS: &[(&str, &[(u64, f64)])] = &[
    (
        "cosine(init=3, steps=6, final=1)",
        &[(0, 3.0), (2, 2.5), (3, 2.0), (4, 1.5), (6, 1.0), (u64::MAX, 1.0)],
    ),
    ("inverse_time(1, 0.5)", &[(0, 1.0), (1, 1.0 / 1.5), (8, 0.2)]),
    ("inverse_time(1, 0.5, every=4, staircase=true)", &[(0, 1.0), (7, 1.0 / 1.5), (8, 0.5)]),
    // Vaswani et al. 2017: peak · √(w / t) after w steps of warm-up.
    ("warmup(100, inverse_time(2, 0.01, power=0.5))", &[(50, 1.0), (100, 2.0), (400, 1.0), (10_000, 0.2)]),
    ("wsd(1, 10, 20, 16, shape=sqrt)", &[(5, 0.5), (10, 1.0), (30, 1.0), (34, 0.5), (46, 0.0), (99, 0.0)]),
    ("wsd(1, 10, 20, 16, shape=square)", &[(38, 0.75), (46, 0.0)]),
    ("wsd(1, 10, 20, 16, final=0.2, shape=cosine)", &[(38, 0.6), (46, 0.2)]),
    ("wsd(1, 0, 0, 4, start=7)", &[(0, 1.0), (1, 0.75), (4, 0.0)]),
    // Keras: CosineDecayRestarts(1, 10, t_mul=2, m_mul=0.5, alpha=0.1).
    (
        "cosine_restarts(1, 10, 0.1, 2, gamma=0.5)",
        &[(5, 0.55), (10, 0.55), (20, 0.325), (30, 0.325), (50, 0.2125)],
    ),
    ("exponential(-1, 2, final=-4)", &[(0, -1.0), (1, -2.0), (2, -4.0), (3, -4.0), (u64::MAX, -4.0)]),
    ("exponential(-1, 0.5, final=-0.25)", &[(0, -1.0), (1, -0.5), (2, -0.25), (3, -0.25)]),
    ("exponential(0, 2, final=1)", &[(0, 0.0), (u64::MAX, 0.0)]),
    ("exponential(1, 0)", &[(0, 1.0), (1, 0.0), (u64::MAX, 0.0)]),
    ("cosine(1, 10, exponent=2)", &[(0, 1.0), (5, 0.25), (10, 0.0)]),
    ("one_cycle(1, 1)", &[(0, 4e-6), (1, 4e-6), (u64::MAX, 4e-6)]),
    ("one_cycle(1, 10, pct_start=0)", &[(9, 4e-6), (10, 4e-6)]),
    ("one_cycle(1, 10, pct_start=1, shape=linear)", &[(0, 0.04), (9, 1.0), (10, 4e-6)]),
];

#[test]
fn schedules_have_their_closed_form_values() {
    for (text, values) in CLOSED_FORMS {
        for (step, expected) in *values {
            let value = schedule(text).at(*step);
            assert!(
                (value - expected).abs() <= 1e-15 * expected.abs().max(1.0),
                "{text}, step {step}: {value}"
            );
        }
    }
}

#[test]
fn a_warm_up_is_the_same_as_schedules_joined() {
    let warm = schedule("warmup(25, cosine(0.4, 150, 0.004), start=0.01)");
    let joined = schedule("joined([linear(0.01, 25, 0.4), cosine(0.4, 150, 0.004)], [25])");
    let cycle = schedule("warmup_cosine(0.4, 175, 25, 0.01, 0.004)");
    for step in 0..200 {
        assert_eq!(warm.at(step).to_bits(), joined.at(step).to_bits(), "step {step}");
        assert_eq!(warm.at(step).to_bits(), cycle.at(step).to_bits(), "step {step}");
    }
}

#[test]
fn numbers_beyond_a_range_are_found_in_the_middle_of_a_schedule() {
    for (rate, found) in [
        ("warmup(5, cosine(0.1, 10, final=-1))", "-1"),
        ("piecewise_interpolate(0.1, [5, 9], [1, 1], shape=linear)", ""),
        ("cyclic(0.1, -0.2, 7)", "-0.2"),
        ("cyclic(-0.1, 0.2, 7)", "-0.1"),
        ("joined([0.1, linear(0.1, 10, -0.1)], [5])", "-0.1"),
        // The line is cut off before it is negative.
        ("joined([linear(0.1, 10, -0.1), 0.2], [5])", ""),
        ("sgdr([cosine(1, 5), warmup_cosine(max=-3, steps=10, warmup=2)])", "-3"),
        ("one_cycle(-1, 100)", "-0.04"),
        ("wsd(1, 10, 10, 10, final=-2)", "-2"),
    ] {
        let result = Optimizer::parse(&format!("sgd(lr={rate})"));
        if found.is_empty() {
            assert!(result.is_ok(), "{rate}");
        } else {
            let wanted = format!("lr must be finite and at least 0 throughout, found {found}");
            let message = result.expect_err(rate).to_string();
            assert!(message.ends_with(&wanted), "{rate}: {message}");
        }
    }
}

#[test]
fn contradictions_are_refused_in_words() {
    for (text, message) in [
        ("multi_step(1, [30, 30])", "milestones must be strictly increasing, found 30 after 30"),
        (
            "multi_step(1, [0])",
            "milestones must be a list of numbers, each a whole number from 1 to 2^53, found 0",
        ),
        ("multi_step(1, [1, 2], 1e200)", "gamma must leave the value finite after the last milestone"),
        ("step(1)", "every must be given"),
        ("step(1, 10, 1.5)", "gamma must be at least 0 and at most 1, found 1.5"),
        ("exponential(1, 1.1)", "gamma must be at most 1 where no final bounds the growth"),
        ("piecewise(1, [5, 3], [1, 1])", "at must be strictly increasing, found 3 after 5"),
        ("piecewise(1, [3, 5], [1])", "scale must be as many as the steps of at, 2, found 1"),
        ("piecewise(1, [3], [-1])", "scale must be a list of numbers, each finite and at least 0, found -1"),
        (
            "piecewise_interpolate(1e300, [3], [1e300])",
            "scale must leave the value finite at every step of at",
        ),
        ("joined([], [])", "at needs at least one schedule"),
        ("joined([1, 2], [])", "at must be one fewer than the schedules, 1, found 0"),
        ("joined(1, [5])", "schedules must be a list of schedules such as [0.1, cosine(0.1, 100)], found 1"),
        (
            "sgdr([step(1, 10)])",
            "cycles must change and have an end, found step(init=1, every=10, gamma=0.1)",
        ),
        ("sgdr([])", "cycles must be at least one schedule"),
        ("warmup(5)", "then must be given"),
        ("warmup(5, 1/2)", "column 12: found `/`, expected `,` or `)`"),
        ("warmup_cosine(1, 10, 10)", "steps must be more than those of the warm-up, 10, found 10"),
        ("one_cycle(1, 10, pct_final=0.5)", "pct_final needs three_phase=true and convention=optax"),
        (
            "one_cycle(1, 10, pct_start=0.6, three_phase=true)",
            "pct_start must be at most 0.5 with three phases",
        ),
        ("one_cycle(1e300, 10, div_factor=1e-300)", "max must be finite when it is divided by"),
        (
            "cyclic(0, 1, 5, mode=square)",
            "mode must be one of triangular, triangular2, exp_range, found square",
        ),
        ("wsd(1, 5, 5)", "decay must be given"),
        ("warmup(3, linaer(1, 5))", "unknown schedule `linaer` (did you mean `linear`?)"),
    ] {
        let refused = text.parse::<Schedule>().expect_err(text).to_string();
        assert!(refused.contains(message), "{text}: {refused}");
    }
}

/// The lowest and the highest value at some steps.
fn extremes(schedule: &Schedule, steps: impl IntoIterator<Item = u64>) -> (f64, f64) {
    let values = steps.into_iter().map(|step| schedule.at(step));
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

proptest! {
    #[test]
    fn every_value_is_finite_and_none_lies_beyond_those_at_the_turning_points(
        schedule in any_schedule::schedule(1 << 50),
        steps in prop::collection::vec(prop_oneof![0..1000_u64, 0..=u64::MAX, Just(u64::MAX)], 20),
    ) {
        let (low, high) = extremes(&schedule, schedule.turning_points(u64::MAX));
        for step in steps {
            let value = schedule.at(step);
            prop_assert!(value.is_finite());
            prop_assert!((low * (1.0 - 1e-12)..=high * (1.0 + 1e-12)).contains(&value), "step {}: {}", step, value);
        }
    }

    #[test]
    fn the_highest_and_lowest_of_all_values_are_at_turning_points(
        schedule in any_schedule::schedule(12),
        last in 0..120_u64,
    ) {
        let turns = schedule.turning_points(last);
        prop_assert_eq!((turns[0], turns[turns.len() - 1]), (0, last));
        let ((low, high), (lowest, highest)) = (extremes(&schedule, turns), extremes(&schedule, 0..=last));
        let rounding = 1e-12 * highest;
        prop_assert!(low <= lowest + rounding && high >= highest - rounding, "{} {}, {} {}", low, high, lowest, highest);
    }

    #[test]
    fn after_its_end_a_schedule_stays_as_it_is(schedule in any_schedule::schedule(1 << 20), more in 0..1_u64 << 40) {
        if let Some(end) = schedule.end() {
            prop_assert_eq!(schedule.at(end), schedule.at(end + more));
        }
        prop_assert!(schedule.span() >= schedule.end().unwrap_or(1));
    }
}
