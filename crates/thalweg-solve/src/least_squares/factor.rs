//! QR factorisation by Householder's reflections, and the steps that follow from it.

/// J P = Q R with columns in falling order of what they add, and Qᵀ of a right side.
pub(super) struct Factor {
    n: usize,
    /// R, row by row, n × n; zero rows where J has fewer rows than columns.
    r: Vec<f64>,
    /// Which column of J is column k.
    pivots: Vec<usize>,
    /// The first n elements of Qᵀ b.
    qtb: Vec<f64>,
}

impl Factor {
    /// Factorises an m × n matrix given row by row, together with a right side of m.
    ///
    /// Source: Golub and Van Loan, *Matrix Computations*, 4th ed., algorithm 5.4.1.
    pub(super) fn new(matrix: &[f64], rhs: &[f64], n: usize, pivoted: bool) -> Self {
        let (mut a, mut b, m) = (matrix.to_vec(), rhs.to_vec(), rhs.len());
        let mut pivots: Vec<usize> = (0..n).collect();
        let steps = n.min(m);
        for k in 0..steps {
            if pivoted {
                let rest = |j: usize| (k..m).map(|i| a[i * n + j] * a[i * n + j]).sum::<f64>();
                let norms: Vec<f64> = (k..n).map(rest).collect();
                let largest =
                    (k..n).rev().max_by(|&i, &j| norms[i - k].total_cmp(&norms[j - k])).unwrap_or(k);
                if largest != k {
                    for i in 0..m {
                        a.swap(i * n + k, i * n + largest);
                    }
                    pivots.swap(k, largest);
                }
            }
            let norm = (k..m).fold(0.0_f64, |norm, i| norm.hypot(a[i * n + k]));
            if norm == 0.0 {
                continue;
            }
            let alpha = if a[k * n + k] > 0.0 { -norm } else { norm };
            let mut v: Vec<f64> = (k..m).map(|i| a[i * n + k]).collect();
            v[0] -= alpha;
            let square: f64 = v.iter().map(|v| v * v).sum();
            for j in k..n {
                let along = v.iter().enumerate().map(|(i, v)| v * a[(k + i) * n + j]).sum::<f64>();
                let factor = 2.0 * along / square;
                for (i, v) in v.iter().enumerate() {
                    a[(k + i) * n + j] -= factor * v;
                }
            }
            let along = v.iter().zip(&b[k..]).map(|(v, b)| v * b).sum::<f64>();
            let factor = 2.0 * along / square;
            for (v, b) in v.iter().zip(&mut b[k..]) {
                *b -= factor * v;
            }
            a[k * n + k] = alpha;
            for i in k + 1..m {
                a[i * n + k] = 0.0;
            }
        }
        a.resize(n * n, 0.0);
        b.resize(n, 0.0);
        Factor { n, r: a, pivots, qtb: b }
    }

    /// The number of columns that are independent to rounding.
    pub(super) fn rank(&self) -> usize {
        let n = self.n;
        let least = f64::EPSILON * n as f64 * self.r[0].abs();
        (0..n).take_while(|&k| self.r[k * n + k].abs() > least).count()
    }

    /// The least-squares solution of J x = b over the first `rank` columns, zeros elsewhere.
    pub(super) fn solve(&self, rank: usize) -> Vec<f64> {
        let n = self.n;
        let mut y = self.qtb.clone();
        for k in (0..rank).rev() {
            let sum: f64 = (k + 1..rank).map(|j| self.r[k * n + j] * y[j]).sum();
            y[k] = (y[k] - sum) / self.r[k * n + k];
        }
        let mut x = vec![0.0; n];
        for (k, &pivot) in self.pivots.iter().enumerate().take(rank) {
            x[pivot] = y[k];
        }
        x
    }

    /// ‖R⁻ᵀ Pᵀ v‖²: vᵀ (JᵀJ)⁻¹ v, for full rank.
    pub(super) fn inverse_form(&self, v: &[f64]) -> f64 {
        let n = self.n;
        let mut w: Vec<f64> = self.pivots.iter().map(|&pivot| v[pivot]).collect();
        for k in 0..n {
            let sum: f64 = (0..k).map(|i| self.r[i * n + k] * w[i]).sum();
            w[k] = (w[k] - sum) / self.r[k * n + k];
        }
        w.iter().map(|w| w * w).sum()
    }

    /// The factor of J stacked on √λ D, and right side b on 0.
    pub(super) fn damped(&self, lambda: f64, d: &[f64]) -> Factor {
        let n = self.n;
        let mut stacked = self.r.clone();
        let mut rhs = self.qtb.clone();
        for (k, &pivot) in self.pivots.iter().enumerate() {
            stacked.extend((0..n).map(|j| if j == k { lambda.sqrt() * d[pivot] } else { 0.0 }));
            rhs.push(0.0);
        }
        let inner = Factor::new(&stacked, &rhs, n, false);
        Factor { pivots: self.pivots.clone(), ..inner }
    }

    /// The columns that take part in combinations whose length is below `least`, for columns of length 1.
    pub(super) fn dependent(&self, least: f64) -> Vec<usize> {
        let n = self.n;
        let rank = (0..n).take_while(|&k| self.r[k * n + k].abs() > least).count();
        let mut found = vec![false; n];
        for k in rank..n {
            found[self.pivots[k]] = true;
            // What the first columns have to be taken times to give column k.
            let mut share: Vec<f64> = (0..rank).map(|i| self.r[i * n + k]).collect();
            for i in (0..rank).rev() {
                let sum: f64 = (i + 1..rank).map(|j| self.r[i * n + j] * share[j]).sum();
                share[i] = (share[i] - sum) / self.r[i * n + i];
                found[self.pivots[i]] |= share[i].abs() > 1e-6;
            }
        }
        (0..n).filter(|&j| found[j]).collect()
    }

    /// (JᵀJ)⁻¹, row by row; none if the columns are not independent.
    pub(super) fn inverse(&self) -> Option<Vec<f64>> {
        let n = self.n;
        if self.rank() < n {
            return None;
        }
        // Rows of R⁻¹: (JᵀJ)⁻¹ = P R⁻¹ R⁻ᵀ Pᵀ.
        let mut inverse = vec![0.0; n * n];
        for i in 0..n {
            for k in i..n {
                let sum: f64 = (i..k).map(|l| inverse[i * n + l] * self.r[l * n + k]).sum();
                inverse[i * n + k] = (if k == i { 1.0 } else { 0.0 } - sum) / self.r[k * n + k];
            }
        }
        let mut form = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                let dot = (0..n).map(|k| inverse[i * n + k] * inverse[j * n + k]).sum();
                form[self.pivots[i] * n + self.pivots[j]] = dot;
            }
        }
        Some(form)
    }
}

/// The p with the least ‖J p + f‖ among those with ‖D p‖ ≤ radius (within a tenth), and its multiplier λ: (JᵀJ + λD²) p = −Jᵀf.
///
/// Source: Moré, *The Levenberg–Marquardt Algorithm: Implementation and Theory* (1978), section 5.
pub(super) fn trust_step(
    jacobian: &[f64],
    residuals: &[f64],
    d: &[f64],
    radius: f64,
    mut lambda: f64,
) -> (Vec<f64>, f64) {
    let n = d.len();
    let rhs: Vec<f64> = residuals.iter().map(|f| -f).collect();
    let factor = Factor::new(jacobian, &rhs, n, true);
    let length = |p: &[f64]| p.iter().zip(d).fold(0.0_f64, |norm, (p, d)| norm.hypot(p * d));
    // D²p/‖Dp‖: the direction in which the length of the step changes.
    let slope =
        |p: &[f64], length: f64| -> Vec<f64> { p.iter().zip(d).map(|(p, d)| d * d * p / length).collect() };
    let rank = factor.rank();
    let newton = factor.solve(rank);
    let norm = length(&newton);
    if norm <= 1.1 * radius {
        return (newton, 0.0);
    }
    let mut low =
        if rank == n { (norm - radius) / radius / factor.inverse_form(&slope(&newton, norm)) } else { 0.0 };
    let gradient = transposed(jacobian, residuals, n);
    let steepest = gradient.iter().zip(d).fold(0.0_f64, |norm, (g, d)| norm.hypot(g / d));
    let mut high = (steepest / radius).max(f64::MIN_POSITIVE);
    lambda = lambda.clamp(low, high);
    if lambda == 0.0 {
        lambda = steepest / norm;
    }
    let mut step = newton;
    for _ in 0..10 {
        if lambda == 0.0 {
            lambda = f64::MIN_POSITIVE.max(1e-3 * high);
        }
        let damped = factor.damped(lambda, d);
        step = damped.solve(n);
        let norm = length(&step);
        let excess = norm - radius;
        if excess.abs() <= 0.1 * radius {
            break;
        }
        let correction = excess / radius / damped.inverse_form(&slope(&step, norm));
        if excess > 0.0 {
            low = low.max(lambda);
        } else {
            high = high.min(lambda);
        }
        lambda = (lambda + correction).max(low);
    }
    (step, lambda)
}

/// Jᵀ f.
pub(super) fn transposed(jacobian: &[f64], residuals: &[f64], n: usize) -> Vec<f64> {
    let mut product = vec![0.0; n];
    for (row, f) in jacobian.chunks_exact(n).zip(residuals) {
        for (product, j) in product.iter_mut().zip(row) {
            *product += j * f;
        }
    }
    product
}

/// J p.
pub(super) fn times(jacobian: &[f64], p: &[f64]) -> Vec<f64> {
    jacobian.chunks_exact(p.len()).map(|row| row.iter().zip(p).map(|(j, p)| j * p).sum()).collect()
}
