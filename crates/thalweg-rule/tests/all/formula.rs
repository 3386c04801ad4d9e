//! The recorded formula of a rule against the rule itself, and which rules have none.

use thalweg_rule::{Arithmetic, Chain, Formula, Fused, Operation, Rule, RuleError, Snapshot, Transform};

use crate::functions::{SPECS, named, rule, scattered};
use crate::trajectories::{cases, numbers, rule_of};

/// The new parameter value; the slots are overwritten with theirs.
fn interpret(formula: &Formula, coefficients: &[f64], gradient: f64, x: f64, slots: &mut [f64]) -> f64 {
    assert_eq!(coefficients.len(), formula.coefficients);
    let mut values: Vec<f64> = Vec::new();
    for operation in &formula.operations {
        let v = |index: usize| values[index];
        let value = match *operation {
            Operation::Gradient => gradient,
            Operation::Parameter => x,
            Operation::Slot(slot) => slots[slot],
            Operation::Coefficient(number) => coefficients[number],
            Operation::Constant(number) => number,
            Operation::Add(a, b) => v(a) + v(b),
            Operation::Sub(a, b) => v(a) - v(b),
            Operation::Mul(a, b) => v(a) * v(b),
            Operation::Div(a, b) => v(a) / v(b),
            Operation::Neg(a) => -v(a),
            Operation::MulAdd(a, b, c) => v(a).mul_add(v(b), v(c)),
            Operation::Sqrt(a) => v(a).sqrt(),
            Operation::Abs(a) => v(a).abs(),
            Operation::IfPositive(a, b, c) => {
                if v(a) > 0.0 {
                    v(b)
                } else {
                    v(c)
                }
            }
            Operation::Max(a, b) if v(a) > v(b) => v(a),
            Operation::Min(a, b) if v(a) < v(b) => v(a),
            Operation::Max(_, b) | Operation::Min(_, b) => v(b),
        };
        values.push(value);
    }
    for (slot, &index) in slots.iter_mut().zip(&formula.slots) {
        *slot = values[index];
    }
    values[formula.result]
}

/// The next step's coefficients.
fn next(rule: &mut dyn Rule<f64>, formula: &Formula) -> Vec<f64> {
    let mut coefficients = vec![f64::NAN; formula.coefficients];
    rule.coefficients(&mut coefficients).unwrap();
    coefficients
}

/// What needs more than one parameter at a time, or leaves some alone.
fn has_none(spec: &str) -> bool {
    [
        "clip_by_global_norm",
        "lookahead",
        "preconditioned",
        "clip_by_norm",
        "clip_by_block_rms",
        "adaptive_clip",
        "normalize",
        "centralize",
        "trust_ratio",
        "param_block",
        "lamb(",
        "asgd",
        "lars",
        "novograd",
        "fromage",
        "polyak",
        "freeze",
        "mask=",
        "dog(",
        "dowg(",
        "dadapt",
        "prodigy",
        "momo",
        "reduce_on_plateau",
        "accumulate",
        "madgrad",
        "nois",
        "sgld",
        "adafactor",
        "sm3",
        "muon",
        "shampoo",
        "soap",
        "sam(",
        "skip_nonfinite",
        "parameter_",
        "groups",
        "schedule_free",
        "sophia",
        "ada_hessian",
        "mechanize",
    ]
    .iter()
    .any(|part| spec.contains(part))
}

fn close(x: f64, expected: f64, scale: f64) -> bool {
    (x - expected).abs() <= 1e-13 * expected.abs().max(scale)
}

#[test]
fn formulas_match_sixty_steps_of_every_rule_that_is_compared_with_trajectories() {
    let mut compared = 0;
    for case in cases() {
        let spec = case["optimizer"].as_str().unwrap();
        let mut x = numbers(&case["start"]);
        let (mut stepped, mut recorded) = (rule_of(&case), rule_of(&case));
        assert_eq!(recorded.formula().is_none(), has_none(spec), "{spec}");
        let Some(formula) = recorded.formula() else { continue };
        let mut slots = vec![formula.slot_starts.clone(); x.len()];
        let mut g = vec![0.0; x.len()];
        for step in 0..60 {
            named(case["function"].as_str().unwrap())(&x, &mut g);
            let coefficients = next(&mut *recorded, &formula);
            let before = x.clone();
            stepped.step(&mut x, &g).unwrap();
            for (j, own) in slots.iter_mut().enumerate() {
                let new = interpret(&formula, &coefficients, g[j], before[j], own);
                assert!(close(new, x[j], before[j].abs()), "{spec}, step {step}: {new}, not {}", x[j]);
                let state = Snapshot::of(&mut *stepped);
                let state = state.slots().map(|(_, slot)| slot[j]);
                for (slot, expected) in own.iter().zip(state) {
                    assert!(close(*slot, expected, 0.0), "{spec}, step {step}: {slot}, not {expected}");
                }
            }
        }
        compared += 1;
    }
    assert!(compared >= 100, "only {compared} cases have a formula");
}

#[test]
fn a_chain_of_blocks_has_the_formulas_of_its_links_one_after_the_other() {
    for spec in
        ["clip_by_value(0.3) | adam(lr=0.1)", "sgd(lr=0.1, momentum=0.9) | rmsprop() | clip_by_value(2)"]
    {
        let (mut stepped, mut recorded) = (rule::<f64>(spec, 1, 1), rule::<f64>(spec, 1, 1));
        let formula = recorded.formula().expect("every link is element-wise");
        let (mut x, mut y, mut slots) = ([0.5], 0.5, formula.slot_starts.clone());
        for g in scattered(60, 3) {
            stepped.step(&mut x, &[g]).unwrap();
            y = interpret(&formula, &next(&mut *recorded, &formula), g, y, &mut slots);
            assert!(close(y, x[0], 1.0), "{spec}: {y}, not {}", x[0]);
        }
        let state: Vec<f64> = Snapshot::of(&mut *stepped).slots().map(|(_, slot)| slot[0]).collect();
        let alike = slots.iter().zip(&state).all(|(&slot, &expected)| close(slot, expected, 1.0));
        assert!(slots.len() == state.len() && alike, "{spec}: {slots:?}, not {state:?}");
    }
}

#[test]
fn steps_made_elsewhere_count_like_steps() {
    for spec in SPECS.iter().filter(|spec| !has_none(spec)).chain(&["scale(2) | adam(lr=cosine(0.1, 7))"]) {
        let (mut mixed, mut pure) = (rule::<f64>(spec, 2, 1), rule::<f64>(spec, 2, 1));
        let formula = mixed.formula().unwrap_or_else(|| panic!("{spec} has no formula"));
        for step in 0..12 {
            assert_eq!(mixed.steps(), step, "{spec}");
            let expected = next(&mut *pure, &formula);
            if step % 3 == 1 {
                mixed.step(&mut [1.0, 2.0], &[0.1, 0.2]).unwrap();
            } else {
                assert_eq!(next(&mut *mixed, &formula), expected, "{spec}, step {step}");
            }
        }
        assert_eq!(mixed.formula().as_ref(), Some(&formula), "{spec} after some steps");
        mixed.reset();
        assert_eq!(
            next(&mut *mixed, &formula),
            next(&mut *rule(spec, 2, 1), &formula),
            "{spec} after a reset"
        );
    }
}

#[test]
fn formulas_depend_on_neither_precision_nor_shape() {
    for spec in SPECS {
        let formula = rule::<f64>(spec, 2, 1).formula();
        assert_eq!(rule::<f32>(spec, 2, 1).formula(), formula, "{spec}");
        assert_eq!(rule::<f64>(spec, 3, 20).formula(), formula, "{spec}");
    }
}

#[test]
fn rules_without_a_formula_have_no_coefficients() {
    for spec in SPECS.iter().filter(|spec| has_none(spec)) {
        for chained in [(*spec).to_owned(), format!("scale(1) | {spec}")] {
            let mut rule = rule::<f64>(&chained, 2, 1);
            assert_eq!(rule.formula(), None, "{chained}");
            assert_eq!(rule.coefficients(&mut []), Err(RuleError::NoFormula), "{chained}");
            assert_eq!(rule.steps(), 0, "{chained}");
        }
    }
}

#[test]
fn several_rows_of_coefficients_are_several_steps() {
    for spec in ["adam(lr=cosine(init=0.1, steps=9))", "clip_by_value(1) | adam()"] {
        let (mut together, mut apart) = (rule::<f64>(spec, 2, 1), rule::<f64>(spec, 2, 1));
        let width = together.formula().unwrap().coefficients;
        let (mut rows, mut row) = (vec![0.0; 5 * width], vec![0.0; width]);
        together.coefficients(&mut rows).unwrap();
        for expected in rows.chunks(width) {
            apart.coefficients(&mut row).unwrap();
            assert_eq!(row, expected, "{spec}");
        }
        assert_eq!((together.steps(), apart.steps()), (5, 5), "{spec}");
    }
}

#[test]
fn room_for_another_number_of_coefficients_is_refused_and_counts_no_step() {
    for spec in ["sgd(lr=0.1, momentum=0.9)", "scale(1) | adam()"] {
        let mut rule = rule::<f64>(spec, 2, 1);
        let expected = rule.formula().unwrap().coefficients;
        let found = expected + 1;
        let refused = rule.coefficients(&mut vec![0.0; found]);
        assert_eq!(refused, Err(RuleError::Coefficients { found, expected }), "{spec}");
        assert_eq!(rule.steps(), 0, "{spec}");
    }
}

/// A transform without state, by what it asks for and what it makes of that.
macro_rules! transform {
    ($name:ident, [$($number:expr),*; $count:literal], |$c:ident, $u:ident| $result:expr) => {
        #[derive(Clone)]
        struct $name;

        impl Transform for $name {
            type Coefficients<A: Arithmetic> = [A; $count];
            fn coefficients<A: Arithmetic>(&self) -> [A; $count] {
                [$(A::of($number)),*]
            }
            fn apply<A: Arithmetic>($c: &[A; $count], $u: A, _: A, _: &mut [A]) -> A {
                $result
            }
        }
    };
}

fn formula(transform: impl Transform) -> Option<Formula> {
    Fused::<_, f64>::new(transform, 1, 1).unwrap().formula()
}

transform!(Clamp, [0.5; 1], |c, u| -u.abs().max(c[0]).min(A::of(2.0)));

#[test]
fn every_operation_is_recorded_in_order() {
    let expected = [
        Operation::Gradient,
        Operation::Parameter,
        Operation::Coefficient(0),
        Operation::Abs(0),
        Operation::Max(3, 2),
        Operation::Constant(2.0),
        Operation::Min(4, 5),
        Operation::Neg(6),
        Operation::Sub(1, 7),
    ];
    let clamp = formula(Clamp).unwrap();
    assert_eq!((clamp.operations.as_slice(), clamp.result), (expected.as_slice(), 8));
}

transform!(Branching, [0.0; 1], |c, u| if u > c[0] { u } else { -u });
transform!(Equal, [0.0; 1], |c, u| if u == c[0] { u } else { -u });
transform!(Stored, [; 0], |_c, u| A::load(u.store()));
transform!(Looping, [1.0; 1], |c, u| {
    let mut u = u;
    while u >= c[0] {
        u = u / A::of(2.0);
    }
    u
});

#[test]
fn a_transform_that_compares_or_stores_has_no_formula() {
    assert_eq!(formula(Branching), None);
    assert_eq!(formula(Equal), None);
    assert_eq!(formula(Stored), None);
    assert_eq!(formula(Looping), None);
    assert_eq!(formula(Chain(Clamp, Branching)), None);
    assert!(formula(Chain(Clamp, Clamp)).is_some(), "one that fails leaves nothing behind");
}

/// Asks for more numbers than any formula may have.
#[derive(Clone)]
struct Greedy;

impl Transform for Greedy {
    type Coefficients<A: Arithmetic> = [A; 65];
    fn coefficients<A: Arithmetic>(&self) -> [A; 65] {
        [A::of(1.0); 65].map(|_| A::of(1.0))
    }
    fn apply<A: Arithmetic>(c: &[A; 65], u: A, _: A, _: &mut [A]) -> A {
        c[64] * u
    }
}

#[test]
fn a_transform_with_too_many_coefficients_has_no_formula() {
    let mut greedy = Fused::<_, f64>::new(Greedy, 1, 1).unwrap();
    assert_eq!(greedy.formula(), None);
    assert_eq!(greedy.coefficients(&mut [0.0; 66]), Err(RuleError::NoFormula));
}
