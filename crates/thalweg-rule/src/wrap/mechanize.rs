//! A step size that is learned on the way.

use crate::hyper::{COUNT, NOT_NEGATIVE, POSITIVE, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Groups, Isa, Kernel, Shape, SlotRange, Slots, Sums, Unit, no_slots};
use crate::wrap::pass_on;
use crate::{Arithmetic, Evaluation, Explanation, Real, Rule, RuleError, Step};

recipe! {
    /// Mechanic: learns by how much to multiply all that the rest of the chain has moved the parameters, so that its learning rate need
    /// not be tuned; only its schedule's shape matters.
    ///
    /// ```text
    /// u = the rest of the chain's change of x;   S = Σ sᵢ                          (i from 1 to num_betas)
    /// D = (x₀ − x) / (S + eps)                                                     (x₀: where x began)
    /// h = ⟨g + weight_decay · S · ‖g‖ / (‖x‖ + eps) · x, D⟩
    /// rᵢ ← βᵢ · rᵢ + sᵢ · (h, but at least −mᵢ and at most mᵢ);   βᵢ = 1 − 0.1ⁱ
    /// mᵢ ← max(βᵢ · mᵢ, |h| + eps)
    /// vᵢ ← βᵢ² · vᵢ + h²
    /// sᵢ ← (s_init / num_betas · mᵢ + max(0, rᵢ)) / (√vᵢ + eps)                   (at first sᵢ = s_init)
    /// x ← x₀ − Σ sᵢ · (D − u)
    /// ```
    ///
    /// Every problem has its own numbers. Steps that the rest of the chain leaves out are left out.
    ///
    /// Source: Cutkosky, Defazio and Mehta, "Mechanic: a learning rate tuner", 2023.
    ///
    /// Conventions: Optax's `contrib.mechanize`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("mechanize() | sgd(lr=1)")?.rule(1, 1)?;
    /// let mut x = [1.0_f64];
    /// for _ in 0..200 {
    ///     let gradient = [x[0]];
    ///     rule.step(&mut x, &gradient)?;
    /// }
    /// assert!(x[0].abs() < 0.1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Mechanize = mechanize("learns what to multiply the steps of the rest of the chain by") {
        /// How strongly the parameters are drawn to where they began.
        weight_decay: f64 = 0.01, NOT_NEGATIVE;
        /// Added to what is divided by.
        eps: f64 = 1e-8, POSITIVE;
        /// What all numbers that make up the factor start from.
        s_init: f64 = 1e-6, POSITIVE;
        /// How many of them there are, for averages of ever more steps.
        num_betas: u64 = 6, COUNT;
    }
    conflict |s| (s.num_betas > MOST).then(|| ("num_betas", format!("must be at most {MOST}, found {}", s.num_betas)));
}

/// Beyond that `1 − 0.1ⁱ` is 1.
const MOST: u64 = 15;

impl Assemble for Mechanize {
    fn part<F: Real>(&self) -> Part<F> {
        let recipe = self.clone();
        Part::Wrapper(Box::new(move |inner, problem| {
            let (inner, shape) = (inner(problem)?, problem.shape);
            let start = Slots::single(shape, "start")?;
            let moved = vec![F::default(); shape.size];
            let sums = Sums::new(Groups::new(problem, Unit::Problem), 4);
            let tuned = Tuned::new(&recipe, shape.lanes);
            let factors = vec![Factors::default(); shape.lanes];
            let isa = Isa::detect();
            Ok(Box::new(Mechanized {
                recipe,
                steps: 0,
                start,
                moved,
                sums,
                tuned,
                factors,
                inner,
                shape,
                isa,
            }))
        }))
    }
}

/// What is remembered of every problem, `num_betas` numbers each, one problem after the other.
struct Tuned {
    r: Vec<f64>,
    m: Vec<f64>,
    v: Vec<f64>,
    s: Vec<f64>,
}

impl Tuned {
    fn new(recipe: &Mechanize, lanes: usize) -> Self {
        let all = |start: f64| vec![start; recipe.num_betas as usize * lanes];
        Tuned { r: all(0.0), m: all(0.0), v: all(0.0), s: all(recipe.s_init) }
    }

    /// The sum of a problem's factors.
    fn factor(&self, betas: usize, problem: usize) -> f64 {
        self.s[problem * betas..(problem + 1) * betas].iter().sum()
    }

    /// Takes in the product `h` of a problem's gradient and its way.
    fn take(&mut self, recipe: &Mechanize, problem: usize, h: f64) {
        let Mechanize { eps, s_init, num_betas, .. } = *recipe;
        let betas = num_betas as usize;
        for i in 0..betas {
            let (beta, at) = (1.0 - 0.1_f64.powf((i + 1) as f64), problem * betas + i);
            let (r, m, v, s) = (&mut self.r[at], &mut self.m[at], &mut self.v[at], &mut self.s[at]);
            *r = beta * *r + h.clamp(-*m, *m) * *s;
            *m = (beta * *m).max(h.abs() + eps);
            *v = beta * beta * *v + h * h;
            *s = (s_init / num_betas as f64 * *m + r.max(0.0)) / (v.sqrt() + eps);
        }
    }
}

/// A problem's factors at one step.
#[derive(Debug, Clone, Copy, Default)]
struct Factors {
    /// `S + eps`, which the way so far is divided by.
    old: f64,
    /// What the way is multiplied by from now on.
    new: f64,
}

struct Mechanized<F> {
    recipe: Mechanize,
    steps: u64,
    start: Slots<F>,
    /// Where the rest of the chain goes.
    moved: Vec<F>,
    sums: Sums,
    tuned: Tuned,
    factors: Vec<Factors>,
    inner: Box<dyn Rule<F>>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Mechanized<F> {
    /// Learns from the gradient where `x` is.
    fn tune(&mut self, gradient: &[F], x: &[F]) {
        let vectors = [gradient, x, self.start.slot(0)];
        self.sums.add_all(0, vectors, |g, _, _| g * g);
        self.sums.add_all(1, vectors, |_, x, _| x * x);
        self.sums.add_all(2, vectors, |g, x, start| g * (start - x));
        self.sums.add_all(3, vectors, |_, x, start| x * (start - x));
        self.sums.totals();
        let Mechanize { weight_decay, eps, num_betas, .. } = self.recipe;
        let betas = num_betas as usize;
        let [squares, lengths, ways, drawn] = [0, 1, 2, 3].map(|n| self.sums.total(n));
        for (problem, factors) in self.factors.iter_mut().enumerate().take(squares.len()) {
            let old = self.tuned.factor(betas, problem);
            let decay = weight_decay * old * squares[problem].sqrt() / (lengths[problem].sqrt() + eps);
            let h = (ways[problem] + decay * drawn[problem]) / (old + eps);
            self.tuned.take(&self.recipe, problem, h);
            *factors = Factors { old: old + eps, new: self.tuned.factor(betas, problem) };
        }
    }
}

impl<F: Real> Rule<F> for Mechanized<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", at.gradient.len())?;
        if self.steps == 0 {
            self.start.slot_mut(0).copy_from_slice(params);
        }
        self.moved.copy_from_slice(params);
        let before = self.inner.steps();
        self.inner.advance(&mut self.moved, at)?;
        if self.inner.steps() == before {
            return Ok(());
        }
        self.steps += 1;
        self.tune(at.gradient, params);
        let [_, b, c, d] = no_slots();
        let way = Way { factors: &self.factors };
        self.isa.run(way, params, &self.moved, [self.start.slot_mut(0), b, c, d]);
        Ok(())
    }

    fn reset(&mut self) {
        self.steps = 0;
        self.tuned = Tuned::new(&self.recipe, self.shape.lanes);
        self.inner.reset();
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let Tuned { r, m, v, s } = &mut self.tuned;
        visit("mechanize.steps", Memory::Count(&mut self.steps));
        visit("mechanize.r", Memory::Numbers(r));
        visit("mechanize.m", Memory::Numbers(m));
        visit("mechanize.v", Memory::Numbers(v));
        visit("mechanize.s", Memory::Numbers(s));
        visit("mechanize", Memory::Slots(&mut self.start));
        self.inner.memory(visit);
    }

    fn explain(&self) -> Explanation {
        let mut explanation = self.inner.explain();
        explanation.steps.push(Step { name: "mechanize".to_owned(), reads: 15, writes: 2 });
        explanation
    }

    pass_on!(inner: steps needs probe averaged evaluation_point again takes_nonfinite);
}

/// `x ← x₀ − new · ((x₀ − x) / old − (moved − x))`
struct Way<'a> {
    factors: &'a [Factors],
}

impl<F: Real> Kernel<F> for Way<'_> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, x: &mut [F], moved: &[F], [start, ..]: SlotRange<'_, F>) {
        let each = |x: &mut F, moved: F, start: F, old: A, new: A| {
            let [from, moved, start] = [*x, moved, start].map(A::load);
            let way = (start - from) / old - (moved - from);
            *x = (start - new * way).store();
        };
        if let [Factors { old, new }] = *self.factors {
            let (old, new) = (A::of(old), A::of(new));
            for ((x, moved), start) in x.iter_mut().zip(moved).zip(&*start) {
                each(x, *moved, *start, old, new);
            }
            return;
        }
        let lanes = self.factors.len().max(1);
        let rows = x.chunks_exact_mut(lanes).zip(moved.chunks_exact(lanes)).zip(start.chunks_exact(lanes));
        for ((x, moved), start) in rows {
            for (((x, moved), start), Factors { old, new }) in
                x.iter_mut().zip(moved).zip(start).zip(self.factors)
            {
                each(x, *moved, *start, A::of(*old), A::of(*new));
            }
        }
    }
}
