//! Tracing closures: what `Var`s do, how misuse is reported, and that programs stay small.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use thalweg_function::{
    Executable, Expression, FunctionError, Program, Shape, Var, gradient, hessian, hvp, select, simplify,
    trace, value_and_gradient,
};

use crate::support::at;

fn is_foreign_at(result: &Result<Program, FunctionError>, line: u32) {
    let Err(FunctionError::ForeignVar { location }) = result else { panic!("found {result:?}") };
    assert_eq!((location.file(), location.line()), (file!(), line));
}

#[test]
fn a_var_leaked_from_an_earlier_trace_is_reported_with_its_line() {
    let leaked = Cell::new(None);
    trace(1, |x| {
        leaked.set(Some(x[0]));
        x[0]
    })
    .unwrap();
    let leaked = leaked.get().unwrap();
    is_foreign_at(&trace(1, |x| x[0] * leaked), line!());
    is_foreign_at(&trace(1, |x| 1.0 - leaked + x[0]), line!());
    is_foreign_at(&trace(1, |x| x[0].max(leaked)), line!());
    is_foreign_at(&trace(1, |x| select(x[0], leaked, 0.0)), line!());
    is_foreign_at(&trace(1, |_| leaked.exp()), line!());
    let assigned = trace(1, |x| {
        let mut y = x[0];
        y += leaked;
        y
    });
    is_foreign_at(&assigned, line!() - 3);
    let message = trace(1, |x| x[0] + leaked).unwrap_err().to_string();
    assert!(message.contains("traces.rs:") && message.contains("belongs to another trace"), "{message}");
}

#[test]
fn the_first_of_several_misuses_is_the_one_reported() {
    let leaked = Cell::new(None);
    trace(1, |x| leaked.replace(Some(x[0])).unwrap_or(x[0])).unwrap();
    let leaked = leaked.get().unwrap();
    let first = line!() + 2;
    let result = trace(1, |x| {
        let early = x[0] + leaked;
        let late = leaked.sin();
        early + late
    });
    is_foreign_at(&result, first);
}

#[test]
fn a_nested_trace_refuses_the_vars_of_the_outer_one_and_leaves_it_intact() {
    let outer = trace(2, |x| {
        let inner = trace(1, |y| y[0] * 3.0).unwrap();
        assert_eq!(at(&inner, &[2.0]), [6.0]);
        is_foreign_at(&trace(1, |y| y[0] * x[1]), line!());
        x[0] * x[1]
    });
    assert_eq!(at(&outer.unwrap(), &[3.0, 5.0]), [15.0]);
}

#[test]
fn a_var_of_another_thread_is_foreign() {
    let leaked = std::thread::spawn(|| {
        let leaked = Cell::new(None);
        trace(3, |x| {
            leaked.set(Some(x[2]));
            x[0]
        })
        .unwrap();
        leaked.get().unwrap()
    });
    let leaked = leaked.join().unwrap();
    let reused = std::thread::spawn(move || is_foreign_at(&trace(1, |x| x[0] + leaked), line!()));
    reused.join().unwrap();
}

#[test]
fn returning_nothing_or_a_foreign_var_is_an_error() {
    let nothing = trace(1, |_| Vec::new()).unwrap_err();
    assert_eq!(nothing.to_string(), "the traced function returned no value");
    let leaked = Cell::new(None);
    trace(1, |x| leaked.replace(Some(x[0])).unwrap_or(x[0])).unwrap();
    let foreign = trace(1, |_| leaked.get().unwrap()).unwrap_err();
    assert_eq!(foreign.to_string(), "the traced function returned a Var of another trace");
}

#[test]
fn a_var_used_outside_every_trace_harms_nobody() {
    let leaked = Cell::new(None);
    trace(1, |x| leaked.replace(Some(x[0])).unwrap_or(x[0])).unwrap();
    let poisoned = leaked.get().unwrap() * 2.0;
    assert_eq!(
        trace(1, |_| poisoned).unwrap_err().to_string(),
        "the traced function returned a Var of another trace"
    );
}

#[test]
fn a_closure_that_panics_leaves_the_thread_usable() {
    for _ in 0..3 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            trace(1, |x| {
                let _ = trace(1, |_| -> Var { panic!("in the inner closure") });
                x[0]
            })
        }));
        assert!(panicked.is_err());
    }
    let outer = trace(1, |x| {
        let y = x[0] + 1.0;
        let inner = catch_unwind(AssertUnwindSafe(|| trace(1, |_| -> Var { panic!("caught") })));
        assert!(inner.is_err());
        y * 2.0
    });
    assert_eq!(at(&outer.unwrap(), &[3.0]), [8.0]);
}

#[test]
fn operators_and_functions_of_vars_mean_those_of_numbers() {
    let f = trace(2, |v| {
        let (x, y) = (v[0], v[1]);
        let mut z = x;
        z += y;
        z -= 0.5;
        z *= x;
        z /= 2.0;
        let mut w = y;
        w += 1.0;
        w -= x;
        w *= 3.0;
        w /= x;
        [x + y, x - y, x * y, x / y, -x, 2.0 + x, 2.0 - x, 2.0 * x, 2.0 / x, x + 2.0, x - 2.0, x / 2.0, z, w]
    });
    let (x, y) = (1.5_f64, -0.75_f64);
    let expected = [
        x + y,
        x - y,
        x * y,
        x / y,
        -x,
        2.0 + x,
        2.0 - x,
        2.0 * x,
        2.0 / x,
        x + 2.0,
        x - 2.0,
        x / 2.0,
        (x + y - 0.5) * x / 2.0,
        (y + 1.0 - x) * 3.0 / x,
    ];
    assert_eq!(at(&f.unwrap(), &[x, y]), expected);
}

#[test]
fn every_method_of_var_is_the_function_of_the_same_name_in_the_grammar() {
    type Method = fn(Var, Var) -> Var;
    let methods: [(&str, Method); 24] = [
        ("abs(x)", |x, _| x.abs()),
        ("sign(x)", |x, _| x.sign()),
        ("sqrt(x)", |x, _| x.sqrt()),
        ("exp(x)", |x, _| x.exp()),
        ("log(x)", |x, _| x.log()),
        ("log1p(x)", |x, _| x.log1p()),
        ("expm1(x)", |x, _| x.expm1()),
        ("sin(x)", |x, _| x.sin()),
        ("cos(x)", |x, _| x.cos()),
        ("tan(x)", |x, _| x.tan()),
        ("asin(x)", |x, _| x.asin()),
        ("acos(x)", |x, _| x.acos()),
        ("atan(x)", |x, _| x.atan()),
        ("atan2(x, y)", |x, y| x.atan2(y)),
        ("sinh(x)", |x, _| x.sinh()),
        ("cosh(x)", |x, _| x.cosh()),
        ("tanh(x)", |x, _| x.tanh()),
        ("sigmoid(x)", |x, _| x.sigmoid()),
        ("softplus(x)", |x, _| x.softplus()),
        ("relu(x)", |x, _| x.relu()),
        ("min(x, y)", |x, y| x.min(y)),
        ("max(x, y)", |x, y| x.max(y)),
        ("pow(x, y)", |x, y| x.pow(y)),
        ("hypot(x, y)", |x, y| x.hypot(y)),
    ];
    for (text, method) in methods {
        let (name, arguments) = text.split_once('(').unwrap();
        let arguments = arguments.replace('x', "x1").replace('y', "x2");
        let parsed = Expression::parse_with(&format!("{name}({arguments}"), Some(&["x1", "x2"]), &[]);
        let traced = trace(2, |v| method(v[0], v[1])).unwrap();
        assert_eq!(&traced, parsed.unwrap().program(), "{text}");
    }
}

#[test]
fn sums_and_products_may_be_empty() {
    let f = trace(3, |x| {
        let none = || x[..0].iter().copied();
        [
            none().sum(),
            none().product(),
            x.iter().copied().sum(),
            x.iter().copied().product(),
            Var::constant(4.0),
        ]
    });
    assert_eq!(at(&f.unwrap(), &[2.0, 3.0, 5.0]), [0.0, 1.0, 10.0, 30.0, 4.0]);
}

#[test]
fn a_program_says_its_names_shapes_and_length() {
    let f = trace(2, |x| [x[0], x[1] + 1.0]).unwrap();
    assert_eq!((f.input_count(), f.output_count(), f.len(), f.is_empty()), (2, 2, 4, false));
    assert_eq!(f.input_names().collect::<Vec<_>>(), ["x1", "x2"]);
    assert!(f.input_shapes().chain(f.output_shapes()).all(|shape| shape == Shape::SCALAR));
}

#[test]
fn programs_print_one_line_a_node() {
    let f = trace(2, |x| [select(x[0].less(x[1]), 0.1, -x[1]), x[0].mul_add(2.0, 1e-8)]).unwrap();
    assert_eq!(
        f.to_string(),
        "\
program(x1: [], x2: []) -> ([], [])
  %0 = x1
  %1 = x2
  %2 = less %0 %1
  %3 = neg %1
  %4 = 0.1
  %5 = select %2 %4 %3
  %6 = 2
  %7 = 1e-8
  %8 = mul_add %0 %6 %7
  return %5 %8
"
    );
}

/// The simplified program of a closure, without its first line and the inputs.
fn simple<const N: usize>(function: impl FnOnce(&[Var]) -> [Var; N]) -> String {
    let text = simplify(&trace(2, function).unwrap()).to_string();
    text.lines().skip(3).map(str::trim).collect::<Vec<_>>().join("; ")
}

#[test]
fn simplification_knows_these_identities() {
    assert_eq!(
        simple(|x| [x[0] + 0.0, x[0] * 1.0, x[0] - 0.0, x[0] / 1.0, x[0].pow(1.0)]),
        "return %0 %0 %0 %0 %0"
    );
    assert_eq!(simple(|x| [-(-x[0]), select(x[0], x[1], x[1])]), "return %0 %1");
    assert_eq!(simple(|x| [x[0] + (-x[1])]), "%2 = sub %0 %1; return %2");
    assert_eq!(simple(|x| [x[0] + x[0]]), "%2 = 2; %3 = mul %2 %0; return %3");
    assert_eq!(
        simple(|x| [(x[0] * x[1]).sin(), (x[1] * x[0]).sin()]),
        "%2 = mul %0 %1; %3 = sin %2; return %3 %3"
    );
    assert_eq!(simple(|x| [x[0].pow(4.0)]), "%2 = mul %0 %0; %3 = mul %2 %2; return %3");
    assert_eq!(simple(|_| [Var::constant(2.0).pow(10.0).sqrt()]), "%2 = 32; return %2");
    assert_eq!(
        simple(|x| [{
            let _unused = x[0].exp();
            x[1]
        }]),
        "return %1"
    );
}

#[test]
fn simplification_keeps_nan_and_infinity() {
    let f = trace(1, |x| [x[0] - x[0], x[0] * 0.0, x[0] / x[0], 0.0 / x[0]]).unwrap();
    for x in [f64::NAN, f64::INFINITY] {
        assert!(at(&simplify(&f), &[x])[..3].iter().all(|y| y.is_nan()));
    }
    assert!(at(&simplify(&f), &[0.0])[3].is_nan());
    assert_eq!(at(&simplify(&f), &[2.0]), [0.0, 0.0, 1.0, 0.0]);
}

fn chained_rosenbrock(n: usize) -> Program {
    trace(n, |x| {
        x.windows(2).map(|p| (1.0 - p[0]).pow(2.0) + 100.0 * (p[1] - p[0].pow(2.0)).pow(2.0)).sum::<Var>()
    })
    .unwrap()
}

#[test]
fn derivatives_of_rosenbrock_stay_small() {
    let plane = chained_rosenbrock(2);
    let sizes = [gradient(&plane), value_and_gradient(&plane), hessian(&plane), hvp(&plane)];
    let sizes = sizes.map(|program| program.unwrap().len());
    assert!(sizes.iter().zip([14, 19, 13, 20]).all(|(&size, bound)| size <= bound), "{sizes:?}");
    let chain = chained_rosenbrock(100);
    let sizes = [gradient(&chain), value_and_gradient(&chain), hessian(&chain), hvp(&chain)];
    let sizes = sizes.map(|program| program.unwrap().len());
    assert!(sizes.iter().zip([994, 1489, 896, 1490]).all(|(&size, bound)| size <= bound), "{sizes:?}");
}

#[test]
fn a_choice_does_not_make_the_gradient_larger_than_its_sides_do() {
    let huber = trace(1, |x| select(x[0].abs().less(1.0), 0.5 * x[0] * x[0], x[0].abs() - 0.5)).unwrap();
    let slope = gradient(&huber).unwrap();
    assert!(slope.len() <= 6, "{slope}");
}

#[test]
fn a_program_without_inputs_has_an_empty_gradient() {
    let two = trace(0, |_| Var::constant(2.0)).unwrap();
    let slope = gradient(&two).unwrap();
    assert_eq!((slope.input_count(), slope.output_count()), (0, 0));
    assert_eq!(Executable::<f64>::new(&slope).unwrap().run(&[], &mut []), Ok(()));
}
