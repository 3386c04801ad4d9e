//! Steps allocate nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use thalweg_landscape::Landscape;
use thalweg_solve::{Bounds, Constraint, Options, Relation, Run, Traced};

use crate::functions::wells;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count() {
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[test]
fn a_step_allocates_nothing_whatever_the_method() {
    let variables = ["x1".to_owned(), "x2".to_owned()];
    let circle = Constraint::parse("multiplier(\"x1^2+x2^2-1\")", &variables).unwrap();
    for method in [
        "sgd(lr=0.1, momentum=0.9)",
        "adam(lr=0.1)",
        "nesterov(lr=0.1, momentum=0.9, lookahead=true)",
        "clip_by_global_norm(1.0) | adam(lr=0.1)",
        "sam() | adam(lr=0.1)",
        "accumulate(2) | sgd(lr=0.1)",
        "schedule_free_adamw(lr=0.1)",
        "skip_nonfinite() | groups([\"*\", polyak_sgd()])",
        "sophia(update_interval=2)",
        "newton(damping=1)",
        "newton(absolute=true)",
        "curvature_scaled(by=sum)",
        "curvature_scaled(estimate=power)",
    ] {
        for constraints in [vec![], vec![circle.clone()], vec![Constraint::Sphere { radius: 1.0 }]] {
            let options = Options {
                method: method.parse().unwrap(),
                steps: 300,
                constraints,
                noise: 0.1,
                grad_tol: Some(0.0),
                value_tol: Some(0.0),
                step_tol: Some(0.0),
                max_seconds: Some(1e6),
                history: true,
                ..Options::default()
            };
            let mut objective = Traced::<f64>::new(&wells()).unwrap();
            let mut run = Run::new(&mut objective, &[0.3, 0.4], &options).unwrap();
            // The first step makes second derivatives ready.
            run.step().unwrap();
            let before = ALLOCATIONS.get();
            while run.step().unwrap().is_none() {}
            assert_eq!(ALLOCATIONS.get(), before, "{method}");
        }
    }
}

#[test]
fn a_step_of_a_descent_allocates_nothing() {
    for method in crate::descents::METHODS {
        let options = Options {
            method: method.parse().unwrap(),
            grad_tol: Some(0.0),
            max_seconds: Some(1e6),
            history: true,
            ..Options::default()
        };
        let mut objective = Traced::<f64>::new(&wells()).unwrap();
        let mut run = Run::new(&mut objective, &[0.3, 0.4], &options).unwrap();
        run.step().unwrap();
        let before = ALLOCATIONS.get();
        while run.step().unwrap().is_none() {}
        assert_eq!(ALLOCATIONS.get(), before, "{method}");
    }
}

#[test]
fn a_step_under_functions_allocates_nothing_after_the_first() {
    for method in [
        "sqp",
        "sqp(hessian=bfgs)",
        "interior_point",
        "interior_point(update=monotone)",
        "interior_point(hessian=bfgs)",
        "augmented_lagrangian",
        "augmented_lagrangian(inner=lbfgs)",
    ] {
        let mut steps = 0;
        // Equations, inequalities, bounds; second-order corrections, indefinite Hessians, bounds that are met and left.
        for name in ["hs1", "hs7", "hs24", "hs43", "hs71", "hs100", "hs104", "hs113"] {
            let problem = Landscape::parse(name).unwrap();
            let known = problem.constraints().unwrap();
            let mut constraints: Vec<Constraint> = Vec::new();
            constraints.extend(known.equalities.iter().map(|c| Relation::traced(c).into()));
            constraints.extend(known.inequalities.iter().map(|c| Relation::traced(c).at_least(0.0).into()));
            let bounds = Some(Bounds::each(&known.limits).unwrap());
            let method = method.parse().unwrap();
            let options = Options { method, constraints, bounds, history: true, ..Options::default() };
            let mut objective = Traced::<f64>::new(problem.program()).unwrap();
            let mut run = Run::new(&mut objective, problem.start(), &options).unwrap();
            for step in 1.. {
                let before = ALLOCATIONS.get();
                // The last step makes the list of multipliers.
                if run.step().unwrap().is_some() {
                    break;
                }
                if step > 1 {
                    assert_eq!(ALLOCATIONS.get(), before, "{}, {name}, step {step}", options.method);
                    steps += 1;
                }
            }
        }
        assert!(steps > 60, "{method}: {steps}");
    }
}
