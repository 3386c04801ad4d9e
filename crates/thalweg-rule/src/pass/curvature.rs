//! Hutchinson's estimate of the Hessian's diagonal, before the pass that uses it: `z ⊙ Hz` for random signs z.

use super::isa::Isa;
use super::loops::Refine;
use super::stage::{Piece, Reach, Stage, Whole};
use super::state::{Shared, SlotRange};
use super::{Problem, threads};
use crate::memory::{Memory, Visit};
use crate::random::philox;
use crate::{Needs, Real, RuleError, Transform};

/// Elements whose products are worked on together.
const BLOCK: usize = 1024;

/// Signs in the words of one call of the generator.
const SIGNS: usize = 128;

/// A transform one of whose slots holds an estimate of the Hessian's diagonal.
#[derive(Debug, Clone)]
pub(crate) struct Curved<T> {
    pub(crate) transform: T,
    pub(crate) name: &'static str,
    /// The slot, and how much of the last estimate is kept in it when another comes.
    pub(crate) slot: usize,
    pub(crate) keep: f64,
    /// Steps from one estimate to the next.
    pub(crate) interval: u64,
    pub(crate) seed: u64,
}

/// Random signs, each a function of the seed, the step, the problem's number and the parameter's.
#[derive(Debug, Clone, Copy)]
struct Signs {
    key: [u32; 2],
    first: u64,
    lanes: usize,
}

impl Signs {
    #[expect(clippy::cast_possible_truncation, reason = "halves of numbers are meant")]
    fn new(seed: u64, step: u64, first: u64, lanes: usize) -> Self {
        let halves = |number: u64| [number as u32, (number >> 32) as u32];
        let [low, high] = halves(step);
        // The 1 keeps them apart from normal numbers of the same seed.
        let [a, b, _, _] = philox(halves(seed), [low, high, 1, 0]);
        Signs { key: [a, b], first, lanes }
    }

    /// The signs of parameters `SIGNS · block` and so on of a problem, a bit each.
    #[expect(clippy::cast_possible_truncation, reason = "halves of numbers are meant")]
    fn words(&self, problem: usize, block: usize) -> [u32; 4] {
        let (block, problem) = (block as u64, self.first.wrapping_add(problem as u64));
        philox(self.key, [block as u32, (block >> 32) as u32, problem as u32, (problem >> 32) as u32])
    }

    /// Gives the elements from number `start` on their signs.
    fn turn<F: Real>(&self, start: usize, values: &mut [F]) {
        let lanes = self.lanes.max(1);
        for problem in 0..lanes {
            // The first element from `start` on that is this problem's.
            let skip = (problem + lanes - start % lanes) % lanes;
            let first = (start + skip) / lanes;
            let mut words = self.words(problem, first / SIGNS);
            for (parameter, value) in (first..).zip(values.iter_mut().skip(skip).step_by(lanes)) {
                let place = parameter % SIGNS;
                if place == 0 {
                    words = self.words(problem, parameter / SIGNS);
                }
                if words[place / 32] >> (place % 32) & 1 == 1 {
                    *value = -*value;
                }
            }
        }
    }
}

struct Sized<T> {
    curved: Curved<T>,
    first: u64,
    lanes: usize,
    isa: Isa,
}

impl<T> Sized<T> {
    fn signs(&self, step: u64) -> Signs {
        Signs::new(self.curved.seed, step, self.first, self.lanes)
    }
}

impl<T: Transform, F: Real> Piece<F> for Curved<T> {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let (first, lanes) = (problem.first, problem.shape.lanes);
        Ok(Box::new(Sized { curved: *self, first, lanes, isa: Isa::detect() }))
    }
}

impl<T: Transform, F: Real> Stage<F> for Sized<T> {
    fn name(&self) -> &'static str {
        self.curved.name
    }

    fn slots(&self) -> Vec<(&'static str, f64)> {
        let transform = &self.curved.transform;
        (0..T::SLOTS).map(|slot| (T::slot_name(slot), transform.slot_start(slot))).collect()
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let transform = &mut self.curved.transform;
        transform.numbers(&mut |name, number| visit(name, Memory::Numbers(std::slice::from_mut(number))));
    }

    fn begin(&mut self, step: u64) {
        self.curved.transform.begin(step);
    }

    fn reach(&self) -> Reach {
        Reach::Measured
    }

    fn needs(&self) -> Needs {
        Needs { hessian_vector: true, ..Needs::default() }
    }

    fn probes(&self, step: u64) -> bool {
        step.is_multiple_of(self.curved.interval)
    }

    fn probe(&self, step: u64, direction: &mut [F]) -> bool {
        let probes = Stage::<F>::probes(self, step);
        if probes {
            direction.fill(F::of(1.0));
            self.signs(step).turn(0, direction);
        }
        probes
    }

    fn measure(&mut self, _: &[F], whole: Whole<'_, F>) {
        let Some(product) = whole.at.hessian_vector.filter(|_| Stage::<F>::probes(self, whole.step)) else {
            return;
        };
        let (signs, isa, keep) = (self.signs(whole.step), self.isa, self.curved.keep);
        let slots = whole.slots;
        let diagonal = Shared::new(&mut *slots[self.curved.slot]);
        let work = |range: std::ops::Range<usize>| {
            let mut block = [F::default(); BLOCK];
            for at in range.clone().step_by(BLOCK) {
                let own = at..range.end.min(at + BLOCK);
                let estimate = &mut block[..own.len()];
                estimate.copy_from_slice(&product[own.clone()]);
                signs.turn(at, estimate);
                // SAFETY: ranges and their blocks are disjoint.
                let diagonal = unsafe { diagonal.slice(own) };
                if keep == 0.0 {
                    diagonal.copy_from_slice(estimate);
                } else {
                    isa.average_in(diagonal, F::of(1.0 - keep), estimate);
                }
            }
        };
        let all = 0..product.len();
        if threads::pay(all.len()) { threads::split(all, &work) } else { work(all) }
    }

    fn apply(&self, _: usize, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        self.isa.run(Refine(&self.curved.transform), update, x, slots);
    }
}

#[cfg(test)]
mod tests {
    use super::Signs;

    fn signs(seed: u64, step: u64, first: u64, lanes: usize, range: std::ops::Range<usize>) -> Vec<f64> {
        let mut signs = vec![1.0; range.len()];
        Signs::new(seed, step, first, lanes).turn(range.start, &mut signs);
        signs
    }

    #[test]
    fn a_sign_depends_on_its_place_and_on_nothing_else() {
        for lanes in [1, 3, 200] {
            let all = signs(7, 2, 5, lanes, 0..300 * lanes);
            for (start, end) in [(0, 1), (1, 130), (127, 256), (255, 300 * lanes), (lanes, 2 * lanes)] {
                assert_eq!(signs(7, 2, 5, lanes, start..end), all[start..end], "{lanes}: {start}..{end}");
            }
            for lane in 0..lanes {
                let alone = signs(7, 2, 5 + lane as u64, 1, 0..300);
                let among: Vec<f64> = all.iter().copied().skip(lane).step_by(lanes).collect();
                assert_eq!(alone, among, "{lane} of {lanes}");
            }
        }
    }

    #[test]
    fn signs_are_as_often_minus_as_plus_and_not_correlated() {
        let count = 100_000;
        let all = signs(0, 0, 0, 1, 0..count);
        let limit = 4.0 * (count as f64).sqrt();
        let others = [
            signs(1, 0, 0, 1, 0..count),
            signs(0, 1, 0, 1, 0..count),
            signs(0, 0, 1, 1, 0..count),
            signs(0, 0, 0, 1, 1..count + 1),
            signs(0, 0, 0, 1, 32..count + 32),
            signs(0, 0, 0, 1, 128..count + 128),
            vec![1.0; count],
        ];
        for (i, other) in others.iter().enumerate() {
            let sum: f64 = all.iter().zip(other).map(|(a, b)| a * b).sum();
            assert!(sum.abs() < limit, "{i}: {sum}");
        }
    }
}
