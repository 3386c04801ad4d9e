//! Hock and Schittkowski's problems: published values, and the conditions of Karush, Kuhn and Tucker at the minimisers.

use thalweg_function::{Program, gradient, jacobian};
use thalweg_landscape::{Landscape, Set};

use crate::{check_gradient, landscape, run, value_at};

/// The least values that the book prints; for 106 and 112, where it stops short, those of the CUTEst collection.
const PUBLISHED: [(u32, f64); 77] = [
    (1, 0.0),
    (2, 0.0504261879),
    (3, 0.0),
    (4, 2.6666666666666665),
    (5, -1.91322295),
    (6, 0.0),
    (7, -1.7320508),
    (8, -1.0),
    (9, -0.5),
    (10, -1.0),
    (11, -8.498464223),
    (12, -30.0),
    (14, 1.393464981),
    (15, 306.5),
    (16, 0.25),
    (17, 1.0),
    (18, 5.0),
    (19, -6961.81381),
    (20, 38.19873),
    (21, -99.96),
    (22, 1.0),
    (23, 2.0),
    (24, -1.0),
    (26, 0.0),
    (27, 0.04),
    (28, 0.0),
    (29, -22.627417),
    (30, 1.0),
    (31, 6.0),
    (32, 1.0),
    (33, -4.585786),
    (34, -0.8340324),
    (35, 0.1111111111111111),
    (36, -3300.0),
    (37, -3456.0),
    (38, 0.0),
    (39, -1.0),
    (40, -0.25),
    (41, 1.9259259259259258),
    (42, 13.857864),
    (43, -44.0),
    (44, -15.0),
    (45, 1.0),
    (46, 0.0),
    (48, 0.0),
    (49, 0.0),
    (50, 0.0),
    (51, 0.0),
    (52, 5.326647564469914),
    (53, 4.093023255813954),
    (55, 6.333333333333333),
    (60, 0.03256820025),
    (61, -143.6461422),
    (62, -26272.51448),
    (63, 961.7151721),
    (64, 6299.842428),
    (65, 0.9535288567),
    (66, 0.5181632741),
    (71, 17.0140173),
    (72, 727.67937),
    (73, 29.894378),
    (76, -4.681818181),
    (77, 0.24150513),
    (78, -2.91970041),
    (79, 0.0787768209),
    (80, 0.0539498478),
    (81, 0.0539498478),
    (86, -32.34867897),
    (93, 135.075961),
    (100, 680.6300573),
    (104, 3.9511634396),
    (106, 7049.248021),
    (108, -0.8660254038),
    (110, -45.77846971),
    (111, -47.76109026),
    (112, -47.761091),
    (113, 24.3062091),
];

/// The objective at the start where the book prints no simple number, as S2MPJ (the CUTEst problems as Python, Gratton and Toint
/// 2024) computes it.
const AT_START: [(&str, f64); 12] = [
    ("hs7", -0.3905620875658997),
    ("hs24", -0.013364589564574673),
    ("hs46", 3.337626265847084),
    ("hs62", -25698.30093029628),
    ("hs64", 266035.0),
    ("hs65", 136.11111111111111),
    ("hs81", -0.49966453737209804),
    ("hs93", 137.06643718898874),
    ("hs100", 714.0),
    ("hs104", 3.6573656982192175),
    ("hs111", -21.01453947523903),
    ("hs112", -20.960285092994038),
];

fn problems() -> Vec<Landscape> {
    Set::HockSchittkowski.problems().into_iter().map(landscape).collect()
}

fn values(functions: Option<&Program>, x: &[f64]) -> Vec<f64> {
    functions.map(|functions| run(functions, x)).unwrap_or_default()
}

/// The gradients of functions of single numbers.
fn gradients(functions: Option<&Program>, x: &[f64]) -> Vec<Vec<f64>> {
    let rows =
        |functions| run(&jacobian(functions).unwrap(), x).chunks(x.len()).map(<[f64]>::to_vec).collect();
    functions.map(rows).unwrap_or_default()
}

#[test]
fn the_minima_have_the_published_values() {
    let problems = problems();
    assert_eq!(problems.len(), PUBLISHED.len());
    for (problem, (number, published)) in problems.iter().zip(PUBLISHED) {
        assert_eq!(problem.name(), format!("hs{number}"));
        let minimum = &problem.minima()[0];
        assert!(
            (minimum.value - published).abs() <= 2e-7 * (1.0 + published.abs()),
            "hs{number}: {}",
            minimum.value
        );
        let found = value_at(problem, &minimum.x);
        assert!((found - minimum.value).abs() <= 1e-13 * (1.0 + published.abs()), "hs{number}: {found}");
    }
}

#[test]
fn the_objectives_at_the_starts_are_those_of_another_implementation() {
    for (spec, value) in AT_START {
        let problem = landscape(spec);
        let found = value_at(&problem, problem.start());
        assert!((found - value).abs() <= 1e-10 * value.abs(), "{spec}: {found}, {value}");
    }
}

#[test]
fn the_minimisers_satisfy_the_constraints() {
    for problem in problems() {
        let (name, constraints, x) = (problem.name(), problem.constraints().unwrap(), &problem.minima()[0].x);
        for (row, value) in values(constraints.equalities.as_ref(), x).into_iter().enumerate() {
            assert!(
                value.abs() <= 1e-13 * size(constraints.equalities.as_ref(), row, x),
                "{name}: {value} = 0"
            );
        }
        for (row, value) in values(constraints.inequalities.as_ref(), x).into_iter().enumerate() {
            assert!(
                value >= -1e-13 * size(constraints.inequalities.as_ref(), row, x),
                "{name}: {value} >= 0"
            );
        }
        assert_eq!(constraints.limits.len(), x.len(), "{name}");
        let inside = |(x, (low, high)): (&f64, &(f64, f64))| low <= x && x <= high;
        assert!(x.iter().zip(&constraints.limits).all(inside), "{name}: {x:?}");
    }
}

/// How much a function's value changes when all coordinates change as much as they are large.
fn size(functions: Option<&Program>, row: usize, x: &[f64]) -> f64 {
    let slopes = &gradients(functions, x)[row];
    1.0 + slopes.iter().zip(x).map(|(slope, x)| (slope * x).abs()).sum::<f64>()
}

#[test]
fn multipliers_of_the_right_sign_balance_the_objectives_gradient() {
    for problem in problems() {
        let (constraints, x) = (problem.constraints().unwrap(), &problem.minima()[0].x);
        let target = run(&gradient(problem.program()).unwrap(), x);
        // The gradients of what holds with equality: of any sign for equations, else not negative.
        let mut columns: Vec<(bool, Vec<f64>)> = Vec::new();
        for column in gradients(constraints.equalities.as_ref(), x) {
            columns.push((true, column));
        }
        let least = constraints.inequalities.as_ref();
        for (row, (value, column)) in values(least, x).into_iter().zip(gradients(least, x)).enumerate() {
            if value <= 1e-12 * size(least, row, x) {
                columns.push((false, column));
            }
        }
        for (i, (&x, &(low, high))) in x.iter().zip(&constraints.limits).enumerate() {
            for (limit, sign) in [(low, 1.0), (high, -1.0)] {
                if x == limit {
                    let mut column = vec![0.0; target.len()];
                    column[i] = sign;
                    columns.push((false, column));
                }
            }
        }
        let rest = not_spanned(&target, &columns);
        let norm = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
        assert!(
            norm(&rest) <= 1e-9 * (1.0 + norm(&target)),
            "{}: {} of {}",
            problem.name(),
            norm(&rest),
            norm(&target)
        );
    }
}

/// What is left of `target` by least squares over the columns, with factors that are not negative unless free: coordinate by
/// coordinate.
fn not_spanned(target: &[f64], columns: &[(bool, Vec<f64>)]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut rest = target.to_vec();
    let mut factors = vec![0.0; columns.len()];
    for _ in 0..300_000 {
        if dot(&rest, &rest) <= 1e-22 * dot(target, target) {
            break;
        }
        for ((free, column), factor) in columns.iter().zip(&mut factors) {
            let square = dot(column, column);
            if square == 0.0 {
                continue;
            }
            let wanted = *factor + dot(column, &rest) / square;
            let next = if *free { wanted } else { f64::max(wanted, 0.0) };
            for (rest, c) in rest.iter_mut().zip(column) {
                *rest -= (next - *factor) * c;
            }
            *factor = next;
        }
    }
    rest
}

#[test]
fn gradients_agree_with_differences() {
    for problem in problems() {
        let inside =
            |(x, (low, high)): (&f64, &(f64, f64))| (0.97 * x + 0.011).clamp(low + 0.01, high - 0.01);
        let constraints = problem.constraints().unwrap();
        let x: Vec<f64> = problem.start().iter().zip(&constraints.limits).map(inside).collect();
        check_gradient(problem.program(), &x, problem.name());
        for functions in [&constraints.equalities, &constraints.inequalities].into_iter().flatten() {
            for row in 0..functions.output_count() {
                let one = thalweg_function::select_outputs(functions, &[row]).unwrap();
                check_gradient(&one, &x, problem.name());
            }
        }
    }
}
