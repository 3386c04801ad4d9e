//! [`Quadratic`]: a strictly convex quadratic program, and [`Room`] to solve it in by the dual method of Goldfarb and Idnani.
//!
//! From the minimiser without constraints, violated constraints are made active one after the other; each partial step keeps the
//! active ones and the signs of their multipliers, and drops those whose multiplier reaches 0. It needs no feasible start, and finds out
//! whether there is one.
//!
//! Goldfarb and Idnani, *A numerically stable dual method for solving strictly convex quadratic programs*, Mathematical Programming
//! 27, 1983.

use super::problem::{dot, norm};

/// Minimise ½dᵀBd + gᵀd where low ≤ Ad ≤ high and lowest ≤ d ≤ highest.
pub(super) struct Quadratic<'a> {
    /// B, positive definite, row by row.
    pub(super) matrix: &'a [f64],
    pub(super) g: &'a [f64],
    /// A, row by row.
    pub(super) rows: &'a [f64],
    pub(super) ends: &'a [(f64, f64)],
    pub(super) bounds: &'a [(f64, f64)],
}

/// A minimiser and its multipliers: Bd + g = Aᵀλ + z.
#[derive(Debug, Clone, Default)]
pub(super) struct Minimum {
    pub(super) d: Vec<f64>,
    pub(super) λ: Vec<f64>,
    pub(super) z: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Solved {
    /// The room holds it.
    Minimum,
    /// No point satisfies all constraints.
    Infeasible,
    /// B is not positive definite to working precision, or the method did not come to an end.
    Failed,
}

/// One side of a row of A or of a variable: normalᵀd ≥ end.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Side {
    /// A row of A, or beyond these a variable.
    place: usize,
    /// 1 for a lower end, −1 for an upper one.
    sign: f64,
    end: f64,
}

/// What the method carries along; it keeps its memory from program to program.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    n: usize,
    /// The minimiser, once there is one; d on the way to it.
    pub(super) minimum: Minimum,
    /// The lower factor L of B.
    lower: Vec<f64>,
    /// L⁻ᵀ times an orthogonal matrix, column by column: its first columns span the active normals.
    columns: Vec<f64>,
    /// The triangle R of the active normals, in columns of n numbers.
    triangle: Vec<f64>,
    active: Vec<Side>,
    /// Multipliers of the active sides.
    duals: Vec<f64>,
    /// Active sides that are equations: the first ones.
    equations: usize,
    /// The normal of the side that is to become active, and its parts along the columns.
    normal: Vec<f64>,
    along: Vec<f64>,
    /// How the multipliers of the active sides change with that of the next.
    change: Vec<f64>,
}

/// Lengths below this part of a normal's are rounding.
const DEPENDENT: f64 = 1e-10;

impl Quadratic<'_> {
    fn end(&self, place: usize) -> (f64, f64) {
        if place < self.ends.len() { self.ends[place] } else { self.bounds[place - self.ends.len()] }
    }

    fn value(&self, place: usize, d: &[f64]) -> f64 {
        let (n, m) = (d.len(), self.ends.len());
        if place < m { dot(&self.rows[place * n..(place + 1) * n], d) } else { d[place - m] }
    }
}

/// Makes a buffer that long, and all zeros.
fn zeros(buffer: &mut Vec<f64>, length: usize) {
    buffer.clear();
    buffer.resize(length, 0.0);
}

impl Room {
    pub(super) fn solve(&mut self, problem: &Quadratic<'_>) -> Solved {
        let n = problem.g.len();
        self.n = n;
        self.equations = 0;
        self.active.clear();
        self.duals.clear();
        for buffer in [&mut self.columns, &mut self.triangle] {
            zeros(buffer, n * n);
        }
        zeros(&mut self.minimum.λ, problem.ends.len());
        for buffer in
            [&mut self.minimum.z, &mut self.minimum.d, &mut self.normal, &mut self.along, &mut self.change]
        {
            zeros(buffer, n);
        }
        // So that they never have to grow.
        self.active.reserve(n + 1);
        self.duals.reserve(n + 1);
        if !cholesky(problem.matrix, n, &mut self.lower) {
            return Solved::Failed;
        }
        for (k, column) in self.columns.chunks_exact_mut(n).enumerate() {
            inverse_row(&self.lower, k, column);
        }
        // d = −B⁻¹g = −J Jᵀ g.
        for column in self.columns.chunks_exact(n) {
            let along = dot(column, problem.g);
            for (d, j) in self.minimum.d.iter_mut().zip(column) {
                *d -= along * j;
            }
        }
        self.run(problem)
    }

    fn run(&mut self, problem: &Quadratic<'_>) -> Solved {
        let (m, places) = (problem.ends.len(), problem.ends.len() + self.n);
        for place in 0..places {
            let (low, high) = problem.end(place);
            if low == high {
                let sign = if problem.value(place, &self.minimum.d) > low { -1.0 } else { 1.0 };
                match self.make_active(problem, Side { place, sign, end: sign * low }) {
                    Some(true) => self.equations = self.active.len(),
                    Some(false) => return Solved::Infeasible,
                    None => return Solved::Failed,
                }
            }
        }
        for _ in 0..20 * (places + 10) {
            let Some(side) = self.most_violated(problem) else { return self.finish(m) };
            match self.make_active(problem, side) {
                Some(true) => {}
                Some(false) => return Solved::Infeasible,
                None => return Solved::Failed,
            }
        }
        Solved::Failed
    }

    /// The multipliers of all sides.
    fn finish(&mut self, m: usize) -> Solved {
        let minimum = &mut self.minimum;
        for (side, dual) in self.active.iter().zip(&self.duals) {
            let to =
                if side.place < m { &mut minimum.λ[side.place] } else { &mut minimum.z[side.place - m] };
            *to += side.sign * dual;
        }
        let finite = |v: &[f64]| v.iter().all(|v| v.is_finite());
        let sound = finite(&minimum.d) && finite(&minimum.λ) && finite(&minimum.z);
        if sound { Solved::Minimum } else { Solved::Failed }
    }

    /// The side that d is farthest outside of, measured along its normal.
    fn most_violated(&self, problem: &Quadratic<'_>) -> Option<Side> {
        let (n, m) = (self.n, problem.ends.len());
        let size = norm(&self.minimum.d);
        let mut most: Option<(f64, Side)> = None;
        for place in 0..m + n {
            let (low, high) = problem.end(place);
            if low == high {
                continue;
            }
            let value = problem.value(place, &self.minimum.d);
            let length = if place < m { norm(&problem.rows[place * n..(place + 1) * n]) } else { 1.0 };
            for (sign, end, short) in [(1.0, low, low - value), (-1.0, high, value - high)] {
                let rounding = 1e-12 * (end.abs() + length * size) + 1e-14;
                let by = short / length.max(1e-300);
                if end.is_finite()
                    && short > rounding
                    && most.is_none_or(|(far, _)| by > far)
                    && !self.active.iter().any(|side| side.place == place && side.sign == sign)
                {
                    most = Some((by, Side { place, sign, end: sign * end }));
                }
            }
        }
        most.map(|(_, side)| side)
    }

    /// `normal ←` that of a side.
    fn turn_to(&mut self, problem: &Quadratic<'_>, side: &Side) {
        let (n, m) = (self.n, problem.ends.len());
        if side.place < m {
            let row = &problem.rows[side.place * n..(side.place + 1) * n];
            self.normal.iter_mut().zip(row).for_each(|(to, a)| *to = side.sign * a);
        } else {
            self.normal.fill(0.0);
            self.normal[side.place - m] = side.sign;
        }
    }

    /// Moves until a side is active. `Some(false)`: it cannot be, `None`: no end was found.
    fn make_active(&mut self, problem: &Quadratic<'_>, side: Side) -> Option<bool> {
        let n = self.n;
        self.turn_to(problem, &side);
        let equation = {
            let (low, high) = problem.end(side.place);
            low == high
        };
        let mut dual = 0.0;
        for _ in 0..2 * n + 10 {
            let q = self.active.len();
            for (along, column) in self.along.iter_mut().zip(self.columns.chunks_exact(n)) {
                *along = dot(column, &self.normal);
            }
            self.back_substitute();
            let square: f64 = self.along[q..].iter().map(|v| v * v).sum();
            let free = square.sqrt() > DEPENDENT * norm(&self.along);
            let short = side.end - dot(&self.normal, &self.minimum.d);
            if equation && !free {
                let size = norm(&self.normal) * norm(&self.minimum.d);
                return Some(short.abs() <= 1e-9 * (1.0 + side.end.abs() + size));
            }
            let mut first: Option<(f64, usize)> = None;
            for (k, r) in self.change[..q].iter().enumerate().skip(self.equations) {
                if *r > 1e-14 * (1.0 + self.duals[k].abs()) {
                    let until = (self.duals[k] / r).max(0.0);
                    if first.is_none_or(|(least, _)| until < least) {
                        first = Some((until, k));
                    }
                }
            }
            let full = if free { short / square } else { f64::INFINITY };
            let step = first.map_or(full, |(until, _)| until.min(full));
            if !step.is_finite() {
                return if step.is_nan() { None } else { Some(false) };
            }
            for (own, r) in self.duals.iter_mut().zip(&self.change) {
                *own -= step * r;
            }
            dual += step;
            if free {
                for (column, along) in self.columns[q * n..].chunks_exact(n).zip(&self.along[q..]) {
                    for (d, j) in self.minimum.d.iter_mut().zip(column) {
                        *d += step * along * j;
                    }
                }
            }
            if step >= full {
                self.add(side, dual);
                return Some(true);
            }
            let (_, k) = first?;
            self.drop(k);
        }
        None
    }

    /// `change ← R⁻¹` times the parts of the normal along the active columns.
    fn back_substitute(&mut self) {
        let (n, q) = (self.n, self.active.len());
        let r = &mut self.change[..q];
        r.copy_from_slice(&self.along[..q]);
        for i in (0..q).rev() {
            for k in i + 1..q {
                r[i] -= self.triangle[k * n + i] * r[k];
            }
            r[i] /= self.triangle[i * n + i];
        }
    }

    /// Appends a side: rotations of the free columns bring its normal into the next one.
    fn add(&mut self, side: Side, dual: f64) {
        let (n, q) = (self.n, self.active.len());
        for k in (q + 1..n).rev() {
            let (a, b) = (self.along[k - 1], self.along[k]);
            let length = a.hypot(b);
            if b == 0.0 || length == 0.0 {
                continue;
            }
            (self.along[k - 1], self.along[k]) = (length, 0.0);
            self.rotate(k - 1, a / length, b / length);
        }
        self.triangle[q * n..][..=q].copy_from_slice(&self.along[..=q]);
        self.active.push(side);
        self.duals.push(dual);
    }

    /// Takes an active side away and makes R triangular again.
    fn drop(&mut self, k: usize) {
        let n = self.n;
        self.active.remove(k);
        self.duals.remove(k);
        let q = self.active.len();
        self.triangle.copy_within((k + 1) * n..(q + 1) * n, k * n);
        for i in k..q {
            let (a, b) = (self.triangle[i * n + i], self.triangle[i * n + i + 1]);
            let length = a.hypot(b);
            if length > 0.0 {
                let (c, s) = (a / length, b / length);
                for column in self.triangle[i * n..q * n].chunks_exact_mut(n) {
                    let (a, b) = (column[i], column[i + 1]);
                    (column[i], column[i + 1]) = (c * a + s * b, c * b - s * a);
                }
                self.rotate(i, c, s);
            }
        }
    }

    /// Columns i and i + 1 become c·a + s·b and c·b − s·a.
    fn rotate(&mut self, i: usize, c: f64, s: f64) {
        let (left, right) = self.columns[i * self.n..(i + 2) * self.n].split_at_mut(self.n);
        for (a, b) in left.iter_mut().zip(right) {
            (*a, *b) = (c * *a + s * *b, c * *b - s * *a);
        }
    }
}

/// `l ←` the lower factor of a positive definite matrix; `false` if it is none.
fn cholesky(matrix: &[f64], n: usize, l: &mut Vec<f64>) -> bool {
    l.clear();
    l.extend_from_slice(matrix);
    for j in 0..n {
        for i in j..n {
            let known: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            l[i * n + j] -= known;
        }
        let pivot = l[j * n + j];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        let root = pivot.sqrt();
        for i in j..n {
            l[i * n + j] /= root;
        }
    }
    true
}

/// `y ←` column k of L⁻ᵀ, which is row k of L⁻¹; y holds zeros.
fn inverse_row(l: &[f64], k: usize, y: &mut [f64]) {
    let n = y.len();
    // Solves Lᵀ y = e_k from below: yᵀL = e_kᵀ.
    y[k] = 1.0;
    for i in (0..=k).rev() {
        let known: f64 = (i + 1..=k).map(|j| l[j * n + i] * y[j]).sum();
        y[i] = (y[i] - known) / l[i * n + i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    fn minimum(problem: &Quadratic<'_>) -> Minimum {
        let mut room = Room::default();
        assert_eq!(room.solve(problem), Solved::Minimum);
        room.minimum
    }

    #[test]
    fn goldfarb_and_idnanis_example_has_their_solution_and_multipliers() {
        // The example of their paper: B = diag(4, −2; −2, 4)…, from section 5: min 6x1 + 2x1² − 2x1x2 + 2x2²,
        // x1 ≥ 0, x2 ≥ 0, x1 + x2 ≥ 2: solution (1/2, 3/2), multipliers of the third 6 + 4/2 − 3 = 5.
        let problem = Quadratic {
            matrix: &[4.0, -2.0, -2.0, 4.0],
            g: &[6.0, 0.0],
            rows: &[1.0, 1.0],
            ends: &[(2.0, f64::INFINITY)],
            bounds: &[(0.0, f64::INFINITY); 2],
        };
        let minimum = minimum(&problem);
        assert!((minimum.d[0] - 0.5).abs() < 1e-14 && (minimum.d[1] - 1.5).abs() < 1e-14);
        assert!((minimum.λ[0] - 5.0).abs() < 1e-13 && minimum.z == [0.0, 0.0]);
    }

    #[test]
    fn contradictions_are_found_and_repeated_equations_are_not_contradictions() {
        let solve = |ends: &[(f64, f64)]| {
            let bounds = [FREE; 2];
            let rows = [1.0, 1.0, 2.0, 2.0];
            let matrix = [1.0, 0.0, 0.0, 1.0];
            let problem = Quadratic { matrix: &matrix, g: &[0.0, 0.0], rows: &rows, ends, bounds: &bounds };
            let mut room = Room::default();
            (room.solve(&problem), room.minimum)
        };
        assert_eq!(solve(&[(1.0, 1.0), (3.0, 3.0)]).0, Solved::Infeasible);
        assert_eq!(solve(&[(1.0, FREE.1), (FREE.0, 1.0)]).0, Solved::Infeasible);
        let (solved, minimum) = solve(&[(1.0, 1.0), (2.0, 2.0)]);
        assert!(solved == Solved::Minimum && (minimum.d[0] - 0.5).abs() < 1e-14);
    }

    #[test]
    fn random_programs_satisfy_the_conditions_of_karush_kuhn_and_tucker() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
        };
        let mut room = Room::default();
        for (n, m) in [(2, 1), (10, 20), (3, 4), (6, 9)] {
            for _ in 0..20 {
                let root: Vec<f64> = (0..n * n).map(|_| random()).collect();
                let matrix: Vec<f64> = (0..n * n)
                    .map(|k| {
                        let (i, j) = (k / n, k % n);
                        dot(&root[i * n..(i + 1) * n], &root[j * n..(j + 1) * n])
                            + f64::from(u8::from(i == j))
                    })
                    .collect();
                let g: Vec<f64> = (0..n).map(|_| 5.0 * random()).collect();
                let rows: Vec<f64> = (0..m * n).map(|_| random()).collect();
                // The origin satisfies them all.
                let ends: Vec<_> =
                    (0..m).map(|i| if i == 0 { (0.0, 0.0) } else { (-random().abs(), 0.3) }).collect();
                let bounds: Vec<_> = (0..n).map(|_| (-random().abs(), random().abs())).collect();
                let problem = Quadratic { matrix: &matrix, g: &g, rows: &rows, ends: &ends, bounds: &bounds };
                // A room that has seen other programs.
                assert_eq!(room.solve(&problem), Solved::Minimum, "the origin satisfies them all");
                let Minimum { d, λ, z } = room.minimum.clone();
                for i in 0..n {
                    let mut rest = g[i] + dot(&matrix[i * n..(i + 1) * n], &d) - z[i];
                    rest -= (0..m).map(|k| λ[k] * rows[k * n + i]).sum::<f64>();
                    assert!(rest.abs() < 1e-9, "{rest}");
                }
                let sides = (0..m).map(|k| (dot(&rows[k * n..(k + 1) * n], &d), ends[k], λ[k]));
                for (value, (low, high), dual) in sides.chain((0..n).map(|i| (d[i], bounds[i], z[i]))) {
                    assert!(value > low - 1e-9 && value < high + 1e-9);
                    let held = low == high || dual == 0.0;
                    let gap = if dual > 0.0 { value - low } else { high - value };
                    assert!(held || gap.abs() < 1e-9, "{dual} {value} {low} {high}");
                }
            }
        }
    }
}
