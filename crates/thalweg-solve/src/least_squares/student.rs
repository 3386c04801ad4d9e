//! Student's distribution: how far a standardised estimate may lie from the truth.

/// The t below which Student's distribution with `freedom` degrees of freedom has the probability p, 0.5 ≤ p < 1.
///
/// The probability beyond t is ½ I(ν/(ν + t²); ν/2, 1/2), a regularised incomplete beta function; t is found by halving.
pub(super) fn quantile(p: f64, freedom: f64) -> f64 {
    let beyond = |t: f64| 0.5 * incomplete_beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5);
    let (mut low, mut high) = (0.0, 1.0);
    while beyond(high) > 1.0 - p && high < 1e300 {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if beyond(middle) > 1.0 - p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// I(x; a, b) by its continued fraction.
///
/// Source: *NIST Digital Library of Mathematical Functions*, <https://dlmf.nist.gov/8.17.E22>, evaluated as in Thompson and Barnett,
/// J. Comput. Phys. 64 (1986).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - beta) / a;
    let away = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0_f64).abs() < 1e-16 {
            break;
        }
    }
    front * fraction
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_those_of_high_precision() {
        // mpmath 1.3 with 30 digits; the last one scipy.stats.t.ppf of SciPy 1.17.1.
        for (p, freedom, t) in [
            (0.975, 1.0, 12.706204736174705),
            (0.975, 2.0, 4.302652729749464),
            (0.975, 5.0, 2.5705818356363155),
            (0.975, 10.0, 2.228_138_851_986_275),
            (0.995, 30.0, 2.7499956535672254),
            (0.975, 1000.0, 1.9623390808264078),
            (0.84, 100_000.0, 0.9944628280430872),
        ] {
            let tolerance = if freedom > 1e4 { 1e-9 } else { 1e-11 };
            assert!(
                (quantile(p, freedom) / t - 1.0).abs() < tolerance,
                "{p} {freedom}: {}",
                quantile(p, freedom)
            );
        }
    }
}
