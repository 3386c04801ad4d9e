//! [`Trail`]: where a run came along.

/// Points of a run, evenly spread over its steps, and not too many of them: whenever there are, every other one is forgotten.
///
/// ```
/// let mut trail = thalweg_train::landscape::Trail::new(4);
/// for step in 0..=10 {
///     trail.push(&[step as f32]);
/// }
/// // Every fourth, and the last.
/// assert_eq!(trail.numbers(), [0, 4, 8, 10]);
/// assert_eq!(trail.into_points(), [[0.0], [4.0], [8.0], [10.0]]);
/// ```
#[derive(Debug, Clone)]
pub struct Trail {
    points: Vec<Vec<f32>>,
    /// The newest, which stays only if its turn has come.
    last: Vec<f32>,
    most: usize,
    every: u64,
    seen: u64,
}

impl Trail {
    /// Of at most `most` points, at least 2, and the last.
    pub fn new(most: usize) -> Self {
        Self { points: Vec::new(), last: Vec::new(), most: most.max(2), every: 1, seen: 0 }
    }

    /// The run has come to these parameters.
    pub fn push(&mut self, parameters: &[f32]) {
        if self.seen.is_multiple_of(self.every) {
            if self.points.len() == self.most {
                let mut number = 0;
                self.points.retain(|_| {
                    number += 1;
                    number % 2 == 1
                });
                self.every *= 2;
            }
            if self.seen.is_multiple_of(self.every) {
                self.points.push(parameters.to_vec());
            }
        }
        self.seen += 1;
        self.last.clear();
        self.last.extend_from_slice(parameters);
    }

    /// Whether the last point is one more than those kept.
    fn ends_between(&self) -> bool {
        self.points.last().is_some_and(|point| *point != self.last)
    }

    /// Of each of the points how many came before it.
    pub fn numbers(&self) -> Vec<u64> {
        let kept = (0..self.points.len() as u64).map(|k| k * self.every);
        kept.chain(self.ends_between().then(|| self.seen - 1)).collect()
    }

    /// The points in the order of time, the first and the last among them.
    pub fn into_points(mut self) -> Vec<Vec<f32>> {
        if self.ends_between() {
            self.points.push(self.last);
        }
        self.points
    }
}
