//! One schedule after another.

use super::{Course, Length, disorder};
use crate::Schedule;
use crate::hyper::recipe;

recipe! {
    /// One schedule after another, each with its own count of steps.
    ///
    /// ```text
    /// value(t) = schedules[i](t − at[i − 1])        at[i − 1] ≤ t < at[i]
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `join_schedules(schedules, boundaries=at)`; PyTorch's `SequentialLR(schedulers, milestones=at)`.
    ///
    /// ```
    /// use thalweg_rule::{Joined, Linear, Schedule};
    ///
    /// let schedule = Schedule::from(Joined::new([0.5.into(), Linear::new(1.0, 10).into()], [100]));
    /// assert_eq!([0, 99, 100, 105].map(|step| schedule.at(step)), [0.5, 0.5, 1.0, 0.5]);
    /// ```
    pub struct Joined = joined("one schedule after another, at given steps") requires {
        /// The schedules.
        schedules: Vec<Schedule> = Vec::new();
        /// The steps at which the second and later ones begin, strictly increasing, from 1.
        at: Vec<u64> = Vec::new();
    } {}
    conflict |s| disorder(&s.at).or_else(|| {
        let wanted = s.schedules.len().checked_sub(1);
        (wanted != Some(s.at.len())).then(|| match wanted {
            Some(wanted) => format!("must be one fewer than the schedules, {wanted}, found {}", s.at.len()),
            None => "needs at least one schedule".into(),
        })
    }).map(|problem| ("at", problem));
}

impl Joined {
    /// The schedules, beginning at 0 and then at these steps.
    pub fn new(schedules: impl Into<Vec<Schedule>>, at: impl Into<Vec<u64>>) -> Self {
        Joined { schedules: schedules.into(), at: at.into() }
    }
}

impl Course for Joined {
    fn at(&self, step: u64) -> f64 {
        let passed = self.at.partition_point(|begin| *begin <= step);
        let begin = passed.checked_sub(1).map_or(0, |last| self.at[last]);
        self.schedules.get(passed).map_or(0.0, |schedule| schedule.at(step.saturating_sub(begin)))
    }

    fn turns(&self, last: u64) -> Vec<u64> {
        turns(&self.schedules, self.at.iter().copied(), last)
    }

    fn length(&self) -> Length {
        length(&self.schedules, self.at.last().copied().unwrap_or(0))
    }
}

recipe! {
    /// Cycles one after another, each as long as it changes; the last then stays as it is.
    ///
    /// ```text
    /// value(t) = cycles[i](t − bᵢ)        bᵢ = the lengths of the cycles before, summed
    /// ```
    ///
    /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    ///
    /// Conventions: Optax's `sgdr_schedule(cosine_kwargs)`, whose cycles are all `warmup_cosine`; here they may be any schedules
    /// that have an end. Cycles that differ in length and height only are `cosine_restarts`.
    ///
    /// ```
    /// use thalweg_rule::{Cosine, Schedule, Sgdr, WarmupCosine};
    ///
    /// let warm = WarmupCosine { warmup: 5, ..WarmupCosine::new(1.0, 20) };
    /// let schedule = Schedule::from(Sgdr::new([warm.into(), Cosine::new(0.5, 40).into()]));
    /// assert_eq!([0, 5, 20, 60].map(|step| schedule.at(step)), [0.0, 1.0, 0.5, 0.0]);
    /// ```
    pub struct Sgdr = sgdr("cycles one after another, each as long as it changes") requires {
        /// The cycles.
        cycles: Vec<Schedule> = Vec::new();
    } {}
    conflict |s| match s.cycles.iter().find(|cycle| cycle.end().unwrap_or(0) == 0) {
        _ if s.cycles.is_empty() => Some(("cycles", "must be at least one schedule".into())),
        Some(cycle) => Some(("cycles", format!("must change and have an end, found {cycle}"))),
        None => None,
    };
}

impl Sgdr {
    /// These cycles.
    pub fn new(cycles: impl Into<Vec<Schedule>>) -> Self {
        Sgdr { cycles: cycles.into() }
    }

    /// Where the second and later cycles begin.
    fn begins(&self) -> impl Iterator<Item = u64> {
        let before = self.cycles.split_last().map_or(&[][..], |(_, before)| before);
        before.iter().scan(0, |begin: &mut u64, cycle| {
            *begin = begin.saturating_add(cycle.span());
            Some(*begin)
        })
    }
}

impl Course for Sgdr {
    fn at(&self, step: u64) -> f64 {
        let (mut passed, mut last) = (0, 0);
        for begin in self.begins().take_while(|begin| *begin <= step) {
            (passed, last) = (passed + 1, begin);
        }
        self.cycles.get(passed).map_or(0.0, |cycle| cycle.at(step - last))
    }

    fn turns(&self, last: u64) -> Vec<u64> {
        turns(&self.cycles, self.begins(), last)
    }

    fn length(&self) -> Length {
        length(&self.cycles, self.begins().last().unwrap_or(0))
    }
}

/// The turning points of every schedule as far as the next begins.
fn turns(schedules: &[Schedule], begins: impl Iterator<Item = u64>, last: u64) -> Vec<u64> {
    let mut begins: Vec<u64> = begins.take_while(|begin| *begin <= last).collect();
    begins.insert(0, 0);
    let lasts = begins.iter().skip(1).map(|next| next.saturating_sub(1)).chain([last]);
    let parts = schedules.iter().zip(begins.iter().zip(lasts));
    parts
        .flat_map(|(schedule, (begin, last))| {
            schedule
                .turning_points(last.saturating_sub(*begin))
                .into_iter()
                .map(move |step| step.saturating_add(*begin))
        })
        .collect()
}

fn length(schedules: &[Schedule], begin: u64) -> Length {
    match schedules.last().map_or(Length::Ends(0), Schedule::length) {
        Length::Ends(steps) => Length::Ends(begin.saturating_add(steps)),
        Length::Goes(steps) => Length::Goes(begin.saturating_add(steps)),
    }
}
