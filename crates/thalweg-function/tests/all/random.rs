//! Random functions: derivatives against differences, simplification, and every way of running them.
//!
//! Each function is also computed by a plain tree walk in `f64` with the standard library's functions, which keeps a
//! bound of its own rounding error and of how near a kink it came.

use proptest::prelude::*;
use thalweg_function::{
    Executable, Expression, InputAxis, Program, batch, gradient, hessian, hvp, jvp, simplify,
    value_and_gradient,
};

use crate::support::{at, cases, parsed, run};

const VARIABLES: [&str; 3] = ["x", "y", "z"];
const UNARY: [&str; 19] = [
    "sin", "cos", "exp", "tanh", "atan", "sigmoid", "softplus", "abs", "relu", "sinh", "cosh", "expm1",
    "sqrt", "log", "log1p", "tan", "asin", "acos", "sign",
];
const BINARY: [&str; 5] = ["min", "max", "hypot", "atan2", "pow"];

#[derive(Debug, Clone)]
enum Tree {
    Variable(usize),
    Number(f64),
    Negative(Box<Tree>),
    Operator(char, Box<Tree>, Box<Tree>),
    Power(Box<Tree>, i32),
    Unary(&'static str, Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        4 => (0..3_usize).prop_map(Tree::Variable),
        1 => (0..40_i32).prop_map(|n| Tree::Number(f64::from(n) / 8.0)),
    ];
    leaf.prop_recursive(6, 40, 2, |tree| {
        let boxed = move || tree.clone().prop_map(Box::new);
        let unary = (prop::sample::select(&UNARY[..]), boxed()).prop_map(|(name, x)| Tree::Unary(name, x));
        let binary = (prop::sample::select(&BINARY[..]), boxed(), boxed());
        let operator = (prop::sample::select(&['+', '-', '*', '/'][..]), boxed(), boxed());
        prop_oneof![
            1 => boxed().prop_map(Tree::Negative),
            6 => operator.prop_map(|(op, x, y)| Tree::Operator(op, x, y)),
            1 => (boxed(), -3..8_i32).prop_map(|(x, n)| Tree::Power(x, n)),
            4 => unary,
            1 => binary.prop_map(|(name, x, y)| Tree::Binary(name, x, y)),
        ]
    })
}

impl Tree {
    /// Infix text with no parentheses but those that are needed.
    fn text(&self) -> String {
        match self {
            Tree::Variable(k) => VARIABLES[*k].to_owned(),
            Tree::Number(number) => number.to_string(),
            Tree::Negative(x) => format!("-{}", x.at_least(2)),
            Tree::Operator(op, x, y) => {
                let level = self.level();
                format!("{} {op} {}", x.at_least(level), y.at_least(level + u8::from("-/".contains(*op))))
            }
            Tree::Power(x, n) => format!("{}^{n}", x.at_least(4)),
            Tree::Unary(name, x) => format!("{name}({})", x.text()),
            Tree::Binary(name, x, y) => format!("{name}({}, {})", x.text(), y.text()),
        }
    }

    /// How tightly it binds: sums, products, signs, powers, atoms.
    fn level(&self) -> u8 {
        match self {
            Tree::Operator('+' | '-', ..) => 0,
            Tree::Operator(..) => 1,
            Tree::Negative(_) => 2,
            Tree::Power(..) => 3,
            _ => 4,
        }
    }

    fn at_least(&self, level: u8) -> String {
        if self.level() < level { format!("({})", self.text()) } else { self.text() }
    }

    fn program(&self) -> Program {
        parsed(&self.text(), &VARIABLES)
    }

    /// The value at `x`, or `None` near an edge of a domain, a kink or a huge value.
    fn walk(&self, x: &[f64]) -> Option<Walked> {
        // How much of an operand's error arrives in the result is the operation's slope.
        let result = match self {
            Tree::Variable(k) => Walked { value: x[*k], error: 0.0 },
            Tree::Number(value) => Walked { value: *value, error: 0.0 },
            Tree::Negative(a) => a.walk(x)?.through(|v| -v, |_| 1.0),
            Tree::Power(a, n) => {
                let a = a.walk(x)?;
                if *n < 0 && a.value.abs() < 0.2 {
                    return None;
                }
                let slope = f64::from(*n) * a.value.powi(n - 1);
                a.through(|v| v.powi(*n), |_| if *n == 0 { 0.0 } else { slope }).worse(8.0)
            }
            Tree::Operator(op, a, b) => {
                let (a, b) = (a.walk(x)?, b.walk(x)?);
                match op {
                    '+' => a.with(b, |a, b| a + b, |_, _| [1.0, 1.0]),
                    '-' => a.with(b, |a, b| a - b, |_, _| [1.0, 1.0]),
                    '*' => a.with(b, |a, b| a * b, |a, b| [b, a]),
                    _ if b.value.abs() < 0.2 => return None,
                    _ => a.with(b, |a, b| a / b, |a, b| [1.0 / b, a / b / b]),
                }
            }
            Tree::Unary(name, a) => unary(name, a.walk(x)?)?,
            Tree::Binary(name, a, b) => binary(name, a.walk(x)?, b.walk(x)?)?,
        };
        (result.value.abs() < 1e6 && result.error < 1e6).then_some(result)
    }
}

/// A value and a bound of its error in units of rounding.
#[derive(Debug, Clone, Copy)]
struct Walked {
    value: f64,
    error: f64,
}

impl Walked {
    fn through(self, f: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Walked {
        let value = f(self.value);
        Walked { value, error: self.error * slope(self.value).abs() + value.abs() }
    }

    fn with(self, other: Walked, f: fn(f64, f64) -> f64, slopes: fn(f64, f64) -> [f64; 2]) -> Walked {
        let value = f(self.value, other.value);
        let [by_self, by_other] = slopes(self.value, other.value);
        Walked { value, error: self.error * by_self.abs() + other.error * by_other.abs() + value.abs() }
    }

    /// For functions that round more than once.
    fn worse(self, factor: f64) -> Walked {
        Walked { error: self.error * factor, ..self }
    }
}

fn unary(name: &str, a: Walked) -> Option<Walked> {
    let v = a.value;
    let safe = match name {
        "abs" | "relu" | "sign" => v.abs() > 0.05,
        "sqrt" | "log" => v > 0.2,
        "log1p" => v > -0.8,
        "tan" => v.cos().abs() > 0.2 && v.abs() < 1e3,
        "asin" | "acos" => v.abs() < 0.9,
        "sin" | "cos" => v.abs() < 1e3,
        _ => true,
    };
    let sigmoid = |v: f64| 1.0 / (1.0 + (-v).exp());
    let walked = match name {
        "sin" => a.through(f64::sin, f64::cos),
        "cos" => a.through(f64::cos, f64::sin),
        "exp" => a.through(f64::exp, f64::exp),
        "tanh" => a.through(f64::tanh, |v| v.cosh().powi(-2)),
        "atan" => a.through(f64::atan, |v| 1.0 / (1.0 + v * v)),
        "sigmoid" => a.through(sigmoid, |v| sigmoid(v) * sigmoid(-v)),
        "softplus" => a.through(|v| v.max(0.0) + (-v.abs()).exp().ln_1p(), sigmoid),
        "abs" => a.through(f64::abs, |_| 1.0),
        "relu" => a.through(|v| v.max(0.0), |_| 1.0),
        "sign" => a.through(f64::signum, |_| 0.0),
        "sinh" => a.through(f64::sinh, f64::cosh),
        "cosh" => a.through(f64::cosh, f64::sinh),
        "expm1" => a.through(f64::exp_m1, f64::exp),
        "sqrt" => a.through(f64::sqrt, |v| 0.5 / v.sqrt()),
        "log" => a.through(f64::ln, |v| 1.0 / v),
        "log1p" => a.through(f64::ln_1p, |v| 1.0 / (1.0 + v)),
        "tan" => a.through(f64::tan, |v| v.cos().powi(-2)),
        "asin" => a.through(f64::asin, |v| 1.0 / (1.0 - v * v).sqrt()),
        _ => a.through(f64::acos, |v| 1.0 / (1.0 - v * v).sqrt()),
    };
    safe.then(|| walked.worse(2.0))
}

fn binary(name: &str, a: Walked, b: Walked) -> Option<Walked> {
    let (x, y) = (a.value, b.value);
    let (safe, walked) = match name {
        "min" => ((x - y).abs() > 0.05, if x < y { a } else { b }),
        "max" => ((x - y).abs() > 0.05, if x > y { a } else { b }),
        "hypot" => (x.hypot(y) > 0.1, a.with(b, f64::hypot, |_, _| [1.0, 1.0])),
        "atan2" => (
            x.abs() > 0.1 && y.abs() > 0.1,
            a.with(b, f64::atan2, |x, y| {
                let square = x * x + y * y;
                [y / square, x / square]
            }),
        ),
        _ => (
            x > 0.2 && y.abs() < 20.0,
            a.with(b, f64::powf, |x, y| [y * x.powf(y - 1.0), x.powf(y) * x.ln()]),
        ),
    };
    safe.then(|| walked.worse(2.0))
}

fn point() -> impl Strategy<Value = [f64; 3]> {
    [-2.0..2.0, -2.0..2.0, -2.0..2.0]
}

/// Equal to within `tolerance`, or both not a number, or the same infinity.
fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found.is_nan() && expected.is_nan()) || (found - expected).abs() <= tolerance
}

fn bits(values: &[f64]) -> Vec<u64> {
    // Of a NaN only that it is one is promised.
    values.iter().map(|v| if v.is_nan() { f64::NAN.to_bits() } else { v.to_bits() }).collect()
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn values_are_those_of_a_plain_tree_walk(tree in tree(), x in point()) {
        let Some(walked) = tree.walk(&x) else { return Err(TestCaseError::reject("near an edge")) };
        let program = tree.program();
        let bound = walked.error * f64::EPSILON;
        let found = at(&program, &x)[0];
        prop_assert!(near(found, walked.value, bound), "{}: {found} {walked:?}", tree.text());
        let with_gradient = at(&value_and_gradient(&program).unwrap(), &x)[0];
        prop_assert!(near(with_gradient, walked.value, bound), "{}: {with_gradient} {walked:?}", tree.text());
        let single = run::<f32>(&program, &x.map(|x| x as f32))[0];
        if let Some(rounded) = tree.walk(&x.map(|x| f64::from(x as f32))) {
            let bound = rounded.error * f64::from(f32::EPSILON) + f64::from(f32::MIN_POSITIVE);
            // A large bound of first order says little, and a kink may have been crossed.
            let in_reach = bound > 0.01 || near(f64::from(single), rounded.value, bound);
            prop_assert!(in_reach, "{}: {single} {rounded:?}", tree.text());
        }
    }

    #[test]
    fn gradients_are_what_differences_approach(tree in tree(), x in point()) {
        if tree.walk(&x).is_none() {
            return Err(TestCaseError::reject("near an edge"));
        }
        let slopes = at(&gradient(&tree.program()).unwrap(), &x);
        for (k, slope) in slopes.into_iter().enumerate() {
            let walked = |step: f64| {
                let mut x = x;
                x[k] += step;
                tree.walk(&x)
            };
            // A step that halves three times: what the last halving still changes bounds what is left.
            let central = |h: f64| Some((walked(h)?.value - walked(-h)?.value) / (2.0 * h));
            let (Some(a), Some(b), Some(c)) = (central(4e-5), central(2e-5), central(1e-5)) else { continue };
            let rounding = walked(0.0).map_or(0.0, |w| w.error) * f64::EPSILON / 1e-5;
            let tolerance = 2.0 * ((a - b).abs() + (b - c).abs()) + 4.0 * rounding + 1e-7 * (1.0 + c.abs());
            prop_assert!((slope - c).abs() <= tolerance, "{} by {}: {slope} {c}", tree.text(), VARIABLES[k]);
        }
    }

    #[test]
    fn simplification_keeps_values_and_comes_to_rest(tree in tree(), x in point()) {
        let program = tree.program();
        let simple = simplify(&program);
        prop_assert!(simple.len() <= program.len() + 2);
        prop_assert_eq!(simple.input_count(), 3);
        let again = simplify(&simple);
        prop_assert_eq!(simplify(&again).to_string(), again.to_string());
        let value = at(&simple, &x)[0];
        let expected = at(&program, &x)[0];
        if let Some(walked) = tree.walk(&x) {
            prop_assert!(near(value, expected, walked.error * f64::EPSILON), "{}: {value} {expected}", tree.text());
        } else {
            prop_assert_eq!(value.is_nan(), expected.is_nan(), "{}: {} {}", tree.text(), value, expected);
        }
    }

    #[test]
    fn forward_and_reverse_agree(tree in tree(), x in point(), v in point()) {
        if tree.walk(&x).is_none() {
            return Err(TestCaseError::reject("near an edge"));
        }
        let program = tree.program();
        let slopes = at(&gradient(&program).unwrap(), &x);
        let input = [x, v].concat();
        let along = at(&jvp(&program).unwrap(), &input)[1];
        let terms: Vec<_> = slopes.iter().zip(v).map(|(g, v)| g * v).collect();
        let scale: f64 = terms.iter().map(|t| t.abs()).sum();
        if scale < 1e6 {
            prop_assert!(near(along, terms.iter().sum(), 1e-9 * (1.0 + scale)), "{}", tree.text());
        }
        let h = at(&hessian(&program).unwrap(), &x);
        let product = at(&hvp(&program).unwrap(), &input);
        for (row, found) in h.chunks(3).zip(product) {
            let scale: f64 = row.iter().map(|h| h.abs()).sum();
            let expected: f64 = row.iter().zip(v).map(|(h, v)| h * v).sum();
            prop_assert!(scale > 1e6 || near(found, expected, 1e-7 * (1.0 + scale)), "{}", tree.text());
        }
    }

    #[test]
    fn programs_print_the_same_every_time(tree in tree()) {
        let text = tree.text();
        let once = Expression::parse(&text).unwrap();
        let twice = Expression::parse(&text).unwrap();
        prop_assert_eq!(once.program().to_string(), twice.program().to_string());
        let slopes = [&once, &twice].map(|e| value_and_gradient(e.program()).unwrap().to_string());
        prop_assert_eq!(&slopes[0], &slopes[1]);
        prop_assert_eq!(slopes[0].lines().count(), value_and_gradient(once.program()).unwrap().len() + 2);
    }
}

const COUNTS: [usize; 13] = [1, 2, 3, 7, 8, 9, 16, 17, 63, 64, 65, 1000, 5000];

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn many_at_once_are_bit_for_bit_one_by_one(tree in tree(), seed in 0.0..1.0, shared in any::<bool>()) {
        let program = value_and_gradient(&tree.program()).unwrap();
        let mut executable = Executable::<f64>::new(&program).unwrap();
        let most = COUNTS[COUNTS.len() - 1];
        let spread = |j: usize| f64::fract(seed + j as f64 * 0.618_033_988_749_895) * 6.0 - 3.0;
        let coordinate = |i: usize, k: usize| if shared && k == 1 { seed } else { spread(3 * i + k) };
        let mut alone = Vec::with_capacity(most);
        for i in 0..most {
            let mut results = [0.0; 4];
            executable.run(&[0, 1, 2].map(|k| coordinate(i, k)), &mut results).unwrap();
            alone.push(results);
        }
        for n in COUNTS {
            let column = |k: usize| (0..n).map(move |i| coordinate(i, k));
            let x: Vec<_> = (0..3).flat_map(column).collect();
            let expected: Vec<_> = (0..4).flat_map(|k| alone[..n].iter().map(move |results| results[k])).collect();
            let mut lanes = vec![0.0; 4 * n];
            executable.run_lanes(n, &x, &mut lanes).unwrap();
            prop_assert_eq!(bits(&lanes), bits(&expected), "{} lanes of {}", n, tree.text());
            let (axis, x) = if shared {
                (InputAxis::Shared, [&x[..n], &[seed], &x[2 * n..]].concat())
            } else {
                (InputAxis::Batched, x)
            };
            let many = batch(&program, n, &[InputAxis::Batched, axis, InputAxis::Batched]).unwrap();
            prop_assert_eq!(bits(&at(&many, &x)), bits(&expected), "a batch of {} of {}", n, tree.text());
        }
    }

    #[test]
    fn many_at_once_in_single_precision_are_bit_for_bit_one_by_one(tree in tree(), seed in 0.0_f32..1.0) {
        let program = tree.program();
        let mut executable = Executable::<f32>::new(&program).unwrap();
        for n in COUNTS {
            let x: Vec<_> = (0..3 * n).map(|i| f32::fract(seed + i as f32 * 0.618_034) * 6.0 - 3.0).collect();
            let mut lanes = vec![0.0; n];
            executable.run_lanes(n, &x, &mut lanes).unwrap();
            for (i, lane) in lanes.iter().enumerate() {
                let mut alone = [0.0];
                executable.run(&[x[i], x[n + i], x[2 * n + i]], &mut alone).unwrap();
                let same = lane.to_bits() == alone[0].to_bits() || (lane.is_nan() && alone[0].is_nan());
                prop_assert!(same, "lane {} of {}: {} {}: {}", i, n, lane, alone[0], tree.text());
            }
        }
    }
}
