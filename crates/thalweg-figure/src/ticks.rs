//! Where the ticks of an axis stand and what is written at them.

/// A tick: its place along the axis and its label.
pub(crate) type Tick = (f64, String);

/// Round numbers between `low` and `high`, about `target` of them.
pub(crate) fn linear(low: f64, high: f64, target: usize) -> Vec<Tick> {
    let span = high - low;
    // Steps outside this range, or too fine for the numbers they are added to, have no round multiples.
    let fine = 1e-13 * low.abs().max(high.abs());
    if !(1e-300..1e307).contains(&span) || span <= fine {
        return vec![(low, short(low))];
    }
    let rough = span / target.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let decimals = (-step.log10() + 1e-9).ceil().max(0.0) as usize;
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    let extreme = low.abs().max(high.abs());
    let label = |v: f64| {
        if (1e-3..1e6).contains(&extreme) { minus(&format!("{v:.decimals$}")) } else { short(v) }
    };
    (first..=last).map(|k| k as f64 * step).map(|v| (v, label(v))).collect()
}

/// Ticks of a logarithmic axis from `low` to `high` (both positive), placed by their values: powers of ten, with 2 and
/// 5 between them where these are few, or round numbers within a decade.
pub(crate) fn log(low: f64, high: f64, target: usize) -> Vec<Tick> {
    // Within what powers of ten can be written down.
    let (low, high) = (low.max(1e-307), high.min(1e308));
    let decades = (high / low).log10();
    if decades < 0.7 {
        return linear(low, high, target).into_iter().filter(|t| t.0 > 0.0).collect();
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let every = ((last - first) as usize).div_ceil(target.max(1)).max(1) as i32;
    let steps: &[f64] = if decades < 2.2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    (first.max(-307)..=last.min(308))
        .filter(|k| k % every == 0)
        .flat_map(|k| steps.iter().map(move |m| (m * 10f64.powi(k), *m, k)))
        .filter(|(v, ..)| (low * 0.999..=high * 1.001).contains(v))
        .map(|(v, m, k)| (v, if m == 1.0 { power_of_ten(k) } else { short(v) }))
        .collect()
}

/// `10^k` as it is written: plainly near one, with a raised exponent elsewhere.
pub(crate) fn power_of_ten(k: i32) -> String {
    match k {
        0..=3 => format!("{}", 10i32.pow(k as u32)),
        -2..=-1 => format!("{}", 10f64.powi(k)),
        _ => format!("10{}", raised(k)),
    }
}

/// A number in at most four digits.
pub(crate) fn short(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    if !v.is_finite() {
        return if v.is_nan() { "–".into() } else { format!("{}∞", if v < 0.0 { "−" } else { "" }) };
    }
    let rounded = format!("{v:.3e}");
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |s: &str| {
        if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s.to_owned() }
    };
    if (-3..6).contains(&exponent) {
        return minus(&trim(&format!("{v:.*}", (3 - exponent).max(0) as usize)));
    }
    let power = format!("10{}", raised(exponent));
    match trim(mantissa).as_str() {
        "1" => power,
        "-1" => format!("−{power}"),
        mantissa => format!("{}·{power}", minus(mantissa)),
    }
}

fn minus(number: &str) -> String {
    let zero = number.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if zero { number.replace('-', "") } else { number.replace('-', "−") }
}

fn raised(k: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => c.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(c),
    };
    k.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|t| t.1.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(labels(&linear(-1.05, 1.05, 5)), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(&linear(0.0, 50.0, 6)), ["0", "10", "20", "30", "40", "50"]);
    }

    #[test]
    fn log_ticks_are_powers_of_ten_over_many_decades_and_thin_out() {
        assert_eq!(labels(&log(1e-4, 1e3, 8)), ["10⁻⁴", "10⁻³", "0.01", "0.1", "1", "10", "100", "1000"]);
        assert_eq!(labels(&log(1e-300, 1.0, 4)), ["10⁻³⁰⁰", "10⁻²²⁵", "10⁻¹⁵⁰", "10⁻⁷⁵", "1"]);
        assert_eq!(labels(&log(1.0, 10.0, 8)), ["1", "2", "5", "10"]);
    }

    #[test]
    fn short_numbers_keep_four_digits() {
        let cases = [0.0, -3.2, 1234.56, 1e-12, -2.5e9, 0.001, f64::NEG_INFINITY].map(short);
        assert_eq!(cases, ["0", "−3.2", "1235", "10⁻¹²", "−2.5·10⁹", "0.001", "−∞"]);
    }
}
