//! Steps of training: they allocate nothing, and their bits do not depend on the number of threads.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use rayon::ThreadPool;
use thalweg_function::Precision;
use thalweg_rule::{Optimizer, Rule};
use thalweg_train::data::Dataset;
use thalweg_train::learn::Learner;
use thalweg_train::loss::CrossEntropy;
use thalweg_train::network::{Model, Network};

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

/// With enough numbers that the work is shared by threads.
const MODELS: [&str; 4] = [
    "mlp(256, 256)",
    "cnn(16, 24, dense=[64])",
    "cnn(8, norm=batch, kernel=5, dropout=0.5)",
    "mlp(128, norm=layer, activation=gelu, dropout=0.2)",
];
const BATCH: usize = 96;

fn cases() -> impl Iterator<Item = (&'static str, Precision)> {
    MODELS.into_iter().flat_map(|model| Precision::ALL.map(|precision| (model, precision)))
}

fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

/// Training as a loop of one's own does it.
struct Loop {
    network: Network,
    learner: Learner,
    rule: Box<dyn Rule<f32>>,
    data: Dataset,
    parameters: Vec<f32>,
    buffers: Vec<f32>,
    indices: Vec<usize>,
    step: u64,
}

impl Loop {
    fn new(model: &str, precision: Precision) -> Self {
        let data = Dataset::digits();
        let network = model.parse::<Model>().expect("a model").network(data.shape(), 10).expect("a network");
        let loss = CrossEntropy::default();
        let learner = Learner::in_precision(&network, &loss, None, BATCH, precision).expect("a learner");
        let rule = "adam(lr=0.01)".parse::<Optimizer>().expect("an optimizer");
        let rule = rule.rule_for::<f32>(network.parameters()).expect("a rule");
        let (parameters, buffers) = (network.initialize(1), network.initial_buffers());
        Loop { network, learner, rule, data, parameters, buffers, indices: vec![0; BATCH], step: 0 }
    }

    fn step(&mut self) {
        for (k, index) in self.indices.iter_mut().enumerate() {
            *index = (self.step as usize * BATCH + k) % self.data.len();
        }
        self.learner.gather(&self.data, &self.indices).expect("a batch");
        self.learner.set_key(7, self.step);
        self.learner.loss_and_gradient(&self.parameters, &self.buffers).expect("a run");
        self.buffers.copy_from_slice(self.learner.buffers());
        self.rule.step(&mut self.parameters, self.learner.gradient()).expect("a step");
        self.step += 1;
    }
}

#[test]
fn a_step_of_training_allocates_nothing_on_any_thread() {
    for threads in [1, 2] {
        let pool = pool(threads);
        for (model, precision) in cases() {
            let mut training = pool.install(|| Loop::new(model, precision));
            let counted = || pool.broadcast(|_| ALLOCATIONS.get()).into_iter().sum::<usize>();
            // The first step makes machine code; by the second every thread has had work.
            pool.install(|| (0..2).for_each(|_| training.step()));
            let before = counted();
            pool.install(|| (0..5).for_each(|_| training.step()));
            assert_eq!(counted() - before, 0, "{model} in {precision} on {threads} threads");
        }
    }
}

#[test]
fn trained_bits_do_not_depend_on_the_number_of_threads() {
    for (model, precision) in cases() {
        let trained = |threads: usize| {
            pool(threads).install(|| {
                let mut training = Loop::new(model, precision);
                (0..4).for_each(|_| training.step());
                assert_eq!(training.parameters.len(), training.network.parameters().len());
                training.parameters.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            })
        };
        let one = trained(1);
        assert!(one == trained(2) && one == trained(3), "{model} in {precision}");
    }
}
