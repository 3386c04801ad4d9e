//! The bias of running means that start from zero.

/// What a running mean with the factor `beta` has gathered of its whole weight: `1 − betaᵗ`, t counting steps from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gathered {
    beta: f64,
    weight: f64,
}

impl Gathered {
    pub(crate) fn new(beta: f64) -> Self {
        Gathered { beta, weight: 1.0 }
    }

    /// As [`Transform::begin`](crate::Transform::begin).
    #[inline(always)]
    pub(crate) fn begin(&mut self, step: u64) {
        self.weight = if step > 0 { self.next() } else { 1.0 - self.beta };
    }

    /// `1 − betaᵗ⁺¹`, kept up without powers.
    #[inline(always)]
    fn next(&self) -> f64 {
        self.beta * self.weight + (1.0 - self.beta)
    }

    /// What the mean is multiplied by to be unbiased.
    #[inline(always)]
    pub(crate) fn correction(&self) -> f64 {
        1.0 / self.weight
    }

    /// The factors of the mean and of what is new in an unbiased direction: `m̂ = a · m + b · u`. With `nesterov`, of the mean as
    /// the next step would find it if the same came again.
    #[inline(always)]
    pub(crate) fn direction(&self, nesterov: bool) -> [f64; 2] {
        if nesterov {
            [self.beta / self.next(), (1.0 - self.beta) / self.weight]
        } else {
            [self.correction(), 0.0]
        }
    }

    /// As [`Transform::numbers`](crate::Transform::numbers).
    pub(crate) fn show(&mut self, name: &str, visit: &mut dyn FnMut(&str, &mut f64)) {
        visit(name, &mut self.weight);
    }
}
