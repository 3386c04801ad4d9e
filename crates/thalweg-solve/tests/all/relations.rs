//! Minimisation under functions against closed forms: points, multipliers, ends that are no minima.

use std::cell::Cell;

use thalweg_function::{Expression, Shape, trace};
use thalweg_solve::{
    Bounds, Constraint, Handwritten, Kkt, Method, Options, Relation, Run, Solution, Status, Traced, minimize,
    minimize_many,
};

const METHODS: [&str; 7] = [
    "sqp",
    "sqp(hessian=bfgs)",
    "interior_point",
    "interior_point(hessian=bfgs)",
    "augmented_lagrangian",
    "augmented_lagrangian(inner=lbfgs)",
    "auto",
];

/// Minimises an expression in x, y, … under relations.
fn solve(method: &str, objective: &str, relations: &[&str], start: &[f64]) -> Solution<f64> {
    solve_with(objective, relations, start, Options { method: method.parse().unwrap(), ..Options::default() })
}

fn solve_with(objective: &str, relations: &[&str], start: &[f64], options: Options) -> Solution<f64> {
    let names: Vec<String> = ["x", "y", "z", "u"][..start.len()].iter().map(|&n| n.to_owned()).collect();
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let objective = Expression::parse_with(objective, Some(&borrowed), &[]).unwrap();
    let constraints = relations.iter().map(|text| Constraint::parse(text, &names).unwrap()).collect();
    let options = Options { constraints, ..options };
    minimize(&mut Traced::<f64>::new(objective.program()).unwrap(), start, &options).unwrap()
}

fn kkt(solution: &Solution<f64>) -> &Kkt<f64> {
    solution.kkt.as_ref().unwrap()
}

fn near(found: &[f64], exact: &[f64], within: f64, what: &str) {
    let close = found.iter().zip(exact).all(|(a, b)| (a - b).abs() <= within);
    assert!(found.len() == exact.len() && close, "{what}: {found:?}, not {exact:?}");
}

#[test]
fn multipliers_have_the_documented_signs_at_lower_and_upper_ends_and_in_equations() {
    for method in METHODS {
        // min x² + y², x + y ≥ 2: (1, 1), ∇f = (2, 2) = λ(1, 1).
        let least = solve(method, "x^2 + y^2", &["x + y >= 2"], &[5.0, -3.0]);
        assert_eq!(least.status, Status::ConvergedGradient, "{method}");
        near(&least.x, &[1.0, 1.0], 1e-6, method);
        near(&kkt(&least).multipliers[0], &[2.0], 1e-5, method);
        // The same end as an upper one of the negative: −2.
        let most = solve(method, "x^2 + y^2", &["-x - y <= -2"], &[5.0, -3.0]);
        near(&kkt(&most).multipliers[0], &[-2.0], 1e-5, method);
        // An equation: λ is by how much the lowest value grows with its right side.
        let equal = solve(method, "x^2 + y^2", &["x + y = 2"], &[5.0, -3.0]);
        near(&kkt(&equal).multipliers[0], &[2.0], 1e-5, method);
        // An interval of which no end holds.
        let between = solve(method, "(x - 1)^2 + (y - 1)^2", &["1 <= x + y <= 3"], &[5.0, -3.0]);
        near(&between.x, &[1.0, 1.0], 1e-6, method);
        near(&kkt(&between).multipliers[0], &[0.0], 1e-5, method);
        let upper = solve(method, "(x - 3)^2 + (y - 3)^2", &["1 <= x + y <= 3"], &[5.0, -3.0]);
        near(&upper.x, &[1.5, 1.5], 1e-6, method);
        near(&kkt(&upper).multipliers[0], &[-3.0], 1e-5, method);
    }
}

#[test]
fn bounds_and_functions_hold_together_and_have_multipliers_of_their_own() {
    // min −x − 2y, x + y ≤ 3, 0 ≤ x, 0 ≤ y ≤ 2: (1, 2), λ = −1, z = (0, −1).
    for method in METHODS {
        let bounds: Bounds = "0..inf, 0..2".parse().unwrap();
        for as_box in [false, true] {
            let relation = Constraint::parse("x + y <= 3", &["x".to_owned(), "y".to_owned()]).unwrap();
            let mut options = Options { method: method.parse().unwrap(), ..Options::default() };
            options.constraints.push(relation);
            if as_box {
                options.constraints.push(Constraint::Box(bounds.clone()));
            } else {
                options.bounds = Some(bounds.clone());
            }
            let plane = Expression::parse("-x - 2*y").unwrap();
            let mut plane = Traced::<f64>::new(plane.program()).unwrap();
            let solution = minimize(&mut plane, &[0.5, 0.5], &options).unwrap();
            assert!(solution.status.converged(), "{method}: {}", solution.status);
            near(&solution.x, &[1.0, 2.0], 1e-6, method);
            near(&kkt(&solution).multipliers[0], &[-1.0], 1e-5, method);
            near(&kkt(&solution).bounds, &[0.0, -1.0], 1e-5, method);
            assert_eq!(kkt(&solution).multipliers.len(), 1 + usize::from(as_box));
        }
    }
}

#[test]
fn contradictions_end_as_infeasible() {
    for method in METHODS {
        let circle = solve(method, "x + y^2", &["x^2 + 1 <= 0"], &[2.0, 1.0]);
        assert_eq!(circle.status, Status::Infeasible, "{method}");
        assert!(circle.x[0].abs() < 1e-2 && (kkt(&circle).violation - 1.0).abs() < 1e-3, "{method}");
        let lines = solve(method, "x^2 + y^2", &["x + y >= 2", "x + y <= 1"], &[0.3, -0.1]);
        assert_eq!(lines.status, Status::Infeasible, "{method}");
        assert!(kkt(&lines).violation > 0.4, "{method}");
    }
}

#[test]
fn a_function_without_lower_bound_diverges() {
    for method in ["sqp", "interior_point", "augmented_lagrangian"] {
        let solution = solve(method, "x - y", &["x + y >= 1"], &[1.0, 1.0]);
        assert_eq!(solution.status, Status::Diverged, "{method}");
    }
}

#[test]
fn a_repeated_equation_is_no_obstacle() {
    for method in METHODS {
        let relations = ["x + y = 1", "2*x + 2*y = 2"];
        let solution = solve(method, "x^2 + 3*y^2", &relations, &[2.0, 2.0]);
        assert!(solution.status.converged(), "{method}: {}", solution.status);
        near(&solution.x, &[0.75, 0.25], 1e-6, method);
    }
}

#[test]
fn where_no_multiplier_exists_runs_end_near_the_minimum_with_a_true_status() {
    // x ≥ 0 by y = x² ≤ 0 and y ≥ 0 …: min x, x² ≤ 0: only the origin, where the gradient of x² vanishes.
    for method in METHODS {
        let solution = solve(method, "x", &["x^2 <= 0"], &[1.0]);
        assert!(solution.x[0].abs() < 1e-2, "{method}: {:?} {}", solution.x, solution.status);
        let violation = kkt(&solution).violation;
        if solution.status.converged() {
            assert!(violation <= 1e-6, "{method}: {violation}");
        }
    }
}

#[test]
fn an_equality_constrained_quadratic_is_one_step_of_sqp() {
    // min ½(x² + 6y²), x + y = 1: (6/7, 1/7), λ = 6/7.
    let solution = solve("sqp", "0.5*(x^2 + 6*y^2)", &["x + y = 1"], &[3.0, -5.0]);
    assert_eq!((solution.status, solution.steps), (Status::ConvergedGradient, 1));
    near(&solution.x, &[6.0 / 7.0, 1.0 / 7.0], 1e-14, "sqp");
    near(&kkt(&solution).multipliers[0], &[6.0 / 7.0], 1e-13, "sqp");
}

#[test]
fn maratos_effect_does_not_shorten_the_steps() {
    // Powell's example: min 2(x² + y² − 1) − x on the unit circle, from (cos θ, sin θ): full steps raise value and violation.
    for method in ["sqp", "interior_point"] {
        for angle in [0.1_f64, 0.5, 1.0, 1.5] {
            let start = [angle.cos(), angle.sin()];
            let solution = solve(method, "2*(x^2 + y^2 - 1) - x", &["x^2 + y^2 = 1"], &start);
            assert_eq!(solution.status, Status::ConvergedGradient, "{method} {angle}");
            near(&solution.x, &[1.0, 0.0], 1e-7, method);
            let most = if angle <= 0.5 { 8 } else { 15 };
            assert!(solution.steps <= most, "{method} {angle}: {} steps", solution.steps);
        }
    }
}

#[test]
fn text_programs_and_closures_are_on_equal_terms() {
    let objective = Expression::parse("x^2 + 2*y^2 - x*y + exp(x - y)").unwrap();
    let names = objective.variables().to_vec();
    let by_hand = || {
        Relation::by_hand(2, 2, |x, c, j| {
            (c[0], c[1]) = (x[0] * x[0] + x[1] * x[1], x[0] - x[1]);
            j.copy_from_slice(&[2.0 * x[0], 2.0 * x[1], 1.0, -1.0]);
        })
        .each(&[(4.0, 4.0), (-1.0, f64::INFINITY)])
    };
    let traced = Relation::traced(&trace(2, |x| [x[0] * x[0] + x[1] * x[1], x[0] - x[1]]).unwrap())
        .each(&[(4.0, 4.0), (-1.0, f64::INFINITY)]);
    // The same as one array.
    let array = Relation::traced(
        &trace([Shape::from([2])], |v| {
            let (x, y) = (v[0].at(0, 0), v[0].at(0, 1));
            thalweg_function::Var::stack(&[x * x + y * y, x - y], 0)
        })
        .unwrap(),
    )
    .each(&[(4.0, 4.0), (-1.0, f64::INFINITY)]);
    let with_hessian =
        by_hand().with_hessian(|_, λ, h| h.copy_from_slice(&[2.0 * λ[0], 0.0, 0.0, 2.0 * λ[0]]));
    let text = ["x^2 + y^2 = 4", "x - y >= -1"].map(|text| Constraint::parse(text, &names).unwrap());
    for method in ["sqp", "interior_point", "augmented_lagrangian"] {
        let run = |constraints: Vec<Constraint>| {
            let options = Options { method: method.parse().unwrap(), constraints, ..Options::default() };
            minimize(&mut Traced::<f64>::new(objective.program()).unwrap(), &[1.0, 1.5], &options).unwrap()
        };
        let reference = run(text.to_vec());
        assert_eq!(reference.status, Status::ConvergedGradient, "{method}");
        let all = [(&traced, true), (&array, true), (&with_hessian, true), (&by_hand(), false)];
        for (relation, exact) in all {
            let solution = run(vec![relation.clone().into()]);
            near(&solution.x, &reference.x, 1e-6, method);
            near(&kkt(&solution).multipliers[0], &kkt(&reference).multipliers.concat(), 1e-5, method);
            assert_eq!(solution.evaluations.hessian > 0, exact, "{method}");
        }
    }
}

#[test]
fn a_hand_written_objective_goes_with_traced_functions() {
    let mut bowl = Handwritten::new(2, |x: &[f64], g: &mut [f64]| {
        (g[0], g[1]) = (2.0 * x[0], 2.0 * x[1]);
        x[0] * x[0] + x[1] * x[1]
    });
    let relation = Relation::parse("x*y = 2", &["x".to_owned(), "y".to_owned()]).unwrap();
    for method in ["sqp", "interior_point", "augmented_lagrangian"] {
        let options = Options {
            method: method.parse().unwrap(),
            constraints: vec![relation.clone().into()],
            ..Options::default()
        };
        let solution = minimize(&mut bowl, &[2.0, 0.5], &options).unwrap();
        assert!(solution.status.converged() && (solution.value - 4.0).abs() < 1e-6, "{method}");
        assert_eq!(solution.evaluations.hessian, 0);
    }
    let exact = Options {
        method: "sqp(hessian=exact)".parse().unwrap(),
        constraints: vec![relation.into()],
        ..Options::default()
    };
    let refused = minimize(&mut bowl, &[2.0, 0.5], &exact).unwrap_err().to_string();
    assert!(refused.starts_with("sqp needs the Hessian"), "{refused}");
}

#[test]
fn a_refused_trial_takes_no_gradient_where_the_value_stands_alone() {
    let rosenbrock = |x: &[f64]| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2);
    let gradients = Cell::new(0);
    let slope = |x: &[f64], g: &mut [f64]| {
        gradients.set(gradients.get() + 1);
        let inner = x[1] - x[0] * x[0];
        (g[0], g[1]) = (-2.0 * (1.0 - x[0]) - 400.0 * x[0] * inner, 200.0 * inner);
        rosenbrock(x)
    };
    let disc = Relation::parse("x^2 + y^2 <= 1.5", &["x".to_owned(), "y".to_owned()]).unwrap();
    for method in ["sqp", "interior_point"] {
        let options = Options {
            method: method.parse().unwrap(),
            constraints: vec![disc.clone().into()],
            ..Options::default()
        };
        let run = |mut objective: Handwritten<'_, f64>| {
            gradients.set(0);
            let solution = minimize(&mut objective, &[-1.2, 1.0], &options).unwrap();
            assert!(solution.status.converged(), "{method}: {}", solution.status);
            assert_eq!(solution.evaluations.gradient, gradients.get(), "{method}");
            solution
        };
        let alone = run(Handwritten::new(2, slope).with_value(rosenbrock));
        assert_eq!(alone.evaluations.gradient, alone.steps as u64 + 1, "{method}");
        let asked = alone.evaluations;
        assert!(asked.value > asked.gradient + 5, "{method}: {asked:?}");
        let together = run(Handwritten::new(2, slope));
        assert_eq!(together.evaluations.value, together.evaluations.gradient, "{method}");
        assert!(together.evaluations.gradient > alone.evaluations.gradient, "{method}");
        assert_eq!(together.x, alone.x, "{method}");
    }
}

#[test]
fn functions_are_refused_with_the_names_of_the_methods_that_hold_them() {
    let relation = Constraint::parse("x + y = 1", &["x".to_owned(), "y".to_owned()]).unwrap();
    let bowl = Expression::parse("x^2 + y^2").unwrap();
    let run = |method: &str, constraints: Vec<Constraint>| {
        let options = Options { method: method.parse().unwrap(), constraints, ..Options::default() };
        minimize(&mut Traced::<f64>::new(bowl.program()).unwrap(), &[1.0, 1.0], &options)
    };
    for method in ["adam", "lbfgs", "newton"] {
        let refused = run(method, vec![relation.clone()]).unwrap_err().to_string();
        assert!(refused.contains("sqp, interior_point or augmented_lagrangian"), "{refused}");
    }
    let sphere = Constraint::Sphere { radius: 1.0 };
    let refused = run("auto", vec![relation.clone(), sphere]).unwrap_err().to_string();
    assert!(refused.contains("sets other than a box; write the set as a function"), "{refused}");
    let other = Relation::parse("x = 1", &["x".to_owned()]).unwrap();
    let refused = run("sqp", vec![other.into()]).unwrap_err().to_string();
    assert!(refused.contains("the constraint x = 1: found 1 coordinates"), "{refused}");
    assert!(run("sqp", vec![relation]).is_ok());
}

#[test]
fn relations_that_are_written_wrongly_are_pointed_at() {
    let error =
        |text: &str| Relation::parse(text, &["x".to_owned(), "y".to_owned()]).unwrap_err().to_string();
    for (text, part) in [
        ("x + y", "expected one of =, <= and >="),
        ("x + z >= 1", "column 5"),
        ("1 <= x + q <= 3", "column 10"),
        ("1 = 2", "both sides are numbers"),
        ("x >=", "column 5: found nothing on this side"),
        ("1 <= x >= 0", "expected two signs alike"),
        ("3 <= x <= 1", "must be between a lower end and one not below it"),
    ] {
        assert!(error(text).contains(part), "{text}: {}", error(text));
    }
    let ends = |text: &str| Relation::parse(text, &["x".to_owned(), "y".to_owned()]).unwrap().ends(0);
    assert_eq!(ends("x >= y"), (0.0, f64::INFINITY));
    assert_eq!(ends("25 <= x*y"), (25.0, f64::INFINITY));
    assert_eq!(ends("3 >= x >= 2*pi/8"), (std::f64::consts::FRAC_PI_4, 3.0));
    assert_eq!(ends("x == y"), (0.0, 0.0));
}

#[test]
fn the_unit_circle_on_a_plane_is_what_the_descent_ascent_multiplier_looks_for() {
    // L = f + λ(‖x‖² − 1), here with λ of the other sign: min x + y on the circle is −√2 at −(1, 1)/√2, where ∇f = 2λx.
    for method in METHODS {
        let solution = solve(method, "x + y", &["x^2 + y^2 = 1"], &[1.0, 0.0]);
        assert!(solution.status.converged(), "{method}: {}", solution.status);
        near(&[solution.value], &[-2_f64.sqrt()], 1e-6, method);
        near(&kkt(&solution).multipliers[0], &[-0.5_f64.sqrt()], 1e-5, method);
    }
}

#[test]
fn runs_step_by_hand_are_kept_in_histories_and_end_with_their_budget() {
    let names = ["x".to_owned(), "y".to_owned()];
    let rosenbrock = Expression::parse("(1-x)^2 + 100*(y-x^2)^2").unwrap();
    for method in ["sqp", "interior_point", "augmented_lagrangian"] {
        let options = Options {
            method: method.parse().unwrap(),
            constraints: vec![Constraint::parse("x^2 + y^2 <= 1", &names).unwrap()],
            history: true,
            ..Options::default()
        };
        let mut objective = Traced::<f64>::new(rosenbrock.program()).unwrap();
        let whole = minimize(&mut objective, &[-0.5, 0.5], &options).unwrap();
        let mut run = Run::new(&mut objective, &[-0.5, 0.5], &options).unwrap();
        let mut steps = 0;
        while run.step().unwrap().is_none() {
            steps += 1;
        }
        let stepped = run.finish().unwrap();
        assert_eq!((stepped.x.clone(), stepped.steps), (whole.x.clone(), steps + 1), "{method}");
        assert_eq!(stepped.history.unwrap().len(), stepped.steps + 1);
        let short = Options { steps: 2, ..options.clone() };
        let cut = minimize(&mut objective, &[-0.5, 0.5], &short).unwrap();
        assert_eq!((cut.status, cut.steps), (Status::MaxSteps, 2), "{method}");
    }
}

#[test]
fn many_starts_and_single_precision_hold_functions_too() {
    let names = ["x".to_owned(), "y".to_owned()];
    let distance = Expression::parse("(x - 2)^2 + (y - 1)^2").unwrap();
    let options = Options {
        constraints: vec![Constraint::parse("x^2 + y^2 = 1", &names).unwrap()],
        ..Options::default()
    };
    let rows = [[0.5_f32, 0.9], [1.0, -0.2]];
    let starts = thalweg_solve::Points::from_rows(&rows).unwrap();
    let ends = minimize_many(distance.program(), &starts, &options).unwrap();
    for (solution, start) in ends.iter().zip(&rows) {
        let alone = minimize(&mut Traced::<f32>::new(distance.program()).unwrap(), start, &options).unwrap();
        assert_eq!((&solution.x, solution.evaluations), (&alone.x, alone.evaluations));
        assert!(solution.status.converged(), "{}", solution.status);
        assert!((solution.x[0] - 2.0 / 5_f32.sqrt()).abs() < 1e-3);
        assert_eq!(solution.kkt.unwrap().multipliers[0].len(), 1);
    }
}

#[test]
fn an_undefined_trial_is_a_step_too_long() {
    // log is not a number beyond the border of x + y ≤ 2, which the first steps overshoot.
    for method in ["sqp", "interior_point", "augmented_lagrangian"] {
        let solution =
            solve(method, "-log(2.1 - x - y) - 3*x - y", &["x + y <= 2", "x - y <= 1"], &[0.0, 0.0]);
        assert!(solution.status.converged(), "{method}: {}", solution.status);
        assert!(solution.value.is_finite());
    }
    let refused: Method = "sqp".parse().unwrap();
    let solution =
        solve_with("log(x)", &["x >= 1"], &[-1.0], Options { method: refused, ..Options::default() });
    assert_eq!((solution.status, solution.steps), (Status::Diverged, 0));
}

#[test]
fn nonnegative_beside_functions_is_a_bound_like_any_other() {
    // min (x + 1)² + (y − 2)², x + y ≥ 1, 0 ≤ x, y: (0, 2), λ = 0, z = (2, 0).
    for method in METHODS {
        let solution = solve(method, "(x + 1)^2 + (y - 2)^2", &["x + y >= 1", "nonnegative"], &[1.0, 1.0]);
        assert_eq!(solution.status, Status::ConvergedGradient, "{method}");
        near(&solution.x, &[0.0, 2.0], 1e-6, method);
        near(&kkt(&solution).bounds, &[2.0, 0.0], 1e-5, method);
        near(&kkt(&solution).multipliers[0], &[0.0], 1e-5, method);
        assert!(kkt(&solution).multipliers[1].is_empty());
    }
    // With further bounds: x ≤ 3 from them, 0 ≤ y from here.
    let options = Options { bounds: Some("-5..3".parse().unwrap()), ..Options::default() };
    let constraints =
        ["x + y >= 4", "nonnegative"].map(|text| Constraint::parse(text, &["x".into(), "y".into()]).unwrap());
    let options = Options { constraints: constraints.to_vec(), method: "sqp".parse().unwrap(), ..options };
    let objective = Expression::parse("(x - 5)^2 + 10*y").unwrap();
    let solution =
        minimize(&mut Traced::<f64>::new(objective.program()).unwrap(), &[1.0, 1.0], &options).unwrap();
    near(&solution.x, &[3.0, 1.0], 1e-7, "sqp");
}

#[test]
fn runs_under_functions_go_on_from_a_checkpoint_with_the_same_bits() {
    // Number 71 of Hock and Schittkowski.
    let names: Vec<String> = ["x", "y", "z", "u"].map(str::to_owned).to_vec();
    let objective = Expression::parse_with("x*u*(x + y + z) + z", Some(&["x", "y", "z", "u"]), &[]).unwrap();
    let constraints: Vec<_> = ["x*y*z*u >= 25", "x^2 + y^2 + z^2 + u^2 = 40"]
        .into_iter()
        .map(|text| Constraint::parse(text, &names).unwrap())
        .collect();
    let start = [1.0, 5.0, 5.0, 1.0];
    for method in METHODS {
        let options = Options {
            method: method.parse().unwrap(),
            bounds: Some("1..5".parse().unwrap()),
            constraints: constraints.clone(),
            ..Options::default()
        };
        let make = || Traced::<f64>::new(objective.program()).unwrap();
        let whole = minimize(&mut make(), &start, &options).unwrap();
        for before in [0, 1, 2, 4] {
            let mut first = make();
            let mut run = Run::new(&mut first, &start, &options).unwrap();
            for _ in 0..before {
                run.step().unwrap();
            }
            let bytes = run.save().unwrap();
            let mut second = make();
            let mut run = Run::restore(&mut second, &options, &bytes).unwrap();
            while run.step().unwrap().is_none() {}
            let end = run.finish().unwrap();
            let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&end.x), bits(&whole.x), "{method} after {before} steps");
            assert_eq!(
                (end.steps, end.evaluations),
                (whole.steps, whole.evaluations),
                "{method} after {before} steps"
            );
            assert_eq!(kkt(&end).multipliers, kkt(&whole).multipliers, "{method} after {before} steps");
        }
    }
}
