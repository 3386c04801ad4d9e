//! A step allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::functions::{SPECS, rule, scattered};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

pub(crate) fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

#[test]
fn steps_allocate_nothing() {
    assert_eq!(allocations(|| drop(vec![1.0; 100])), 1, "the counter counts");
    for spec in SPECS {
        for (dim, lanes) in [(2, 1), (2, 300), (10_000, 1)] {
            let mut rule = rule(spec, dim, lanes);
            let (mut x, g) = (scattered(dim * lanes, 1), scattered(dim * lanes, 2));
            let count = allocations(|| {
                for _ in 0..3 {
                    rule.step(&mut x, &g).unwrap();
                }
            });
            assert_eq!(count, 0, "{spec}, {dim} × {lanes}");
        }
    }
}

#[test]
fn coefficients_allocate_nothing() {
    for spec in SPECS {
        let mut rule = rule::<f64>(spec, 2, 1);
        let Some(formula) = rule.formula() else { continue };
        let mut numbers = vec![0.0; formula.coefficients];
        let count = allocations(|| (0..3).for_each(|_| rule.coefficients(&mut numbers).unwrap()));
        assert_eq!((count, rule.steps()), (0, 3), "{spec}");
    }
}
