//! Moré and Thuente's tables I to VI: their six functions, four first steps each.

use super::more_thuente::Running;
use super::{MoreThuente, Next, Trial};

/// First step, trials, final step and final slope as printed.
type Row = (f64, u32, f64, f64);

struct Table {
    decrease: f64,
    curvature: f64,
    function: fn(f64) -> (f64, f64),
    rows: [Row; 4],
}

/// −α/(α² + 2)
fn concave_far_out(a: f64) -> (f64, f64) {
    (-a / (a * a + 2.0), (a * a - 2.0) / (a * a + 2.0).powi(2))
}

/// (α + β)⁵ − 2(α + β)⁴, β = 0.004
fn quintic(a: f64) -> (f64, f64) {
    let b = a + 0.004;
    (b.powi(5) - 2.0 * b.powi(4), 5.0 * b.powi(4) - 8.0 * b.powi(3))
}

/// |α − 1| rounded off, with waves: β = 0.01, l = 39
fn waves(a: f64) -> (f64, f64) {
    let (beta, l, pi) = (0.01, 39.0, std::f64::consts::PI);
    let (value, slope) = if a <= 1.0 - beta {
        (1.0 - a, -1.0)
    } else if a >= 1.0 + beta {
        (a - 1.0, 1.0)
    } else {
        ((a - 1.0).powi(2) / (2.0 * beta) + beta / 2.0, (a - 1.0) / beta)
    };
    let angle = l * pi / 2.0 * a;
    (value + 2.0 * (1.0 - beta) / (l * pi) * angle.sin(), slope + (1.0 - beta) * angle.cos())
}

/// γ(β₁)√((1 − α)² + β₂²) + γ(β₂)√(α² + β₁²), γ(β) = √(1 + β²) − β (Yanai, Ozawa and Kaneko)
fn two_bends(b1: f64, b2: f64, a: f64) -> (f64, f64) {
    let gamma = |b: f64| (1.0 + b * b).sqrt() - b;
    let (far, near) = ((1.0 - a).hypot(b2), a.hypot(b1));
    (gamma(b1) * far + gamma(b2) * near, gamma(b1) * (a - 1.0) / far + gamma(b2) * a / near)
}

const TABLES: [Table; 6] = [
    Table {
        decrease: 1e-3,
        curvature: 0.1,
        function: concave_far_out,
        rows: [
            (1e-3, 6, 1.4, -9.2e-3),
            (0.1, 3, 1.4, 4.7e-3),
            (10.0, 1, 10.0, 9.4e-3),
            (1e3, 4, 37.0, 7.3e-4),
        ],
    },
    Table {
        decrease: 0.1,
        curvature: 0.1,
        function: quintic,
        rows: [
            (1e-3, 12, 1.6, 7.1e-9),
            (0.1, 8, 1.6, 10e-10),
            (10.0, 8, 1.6, -5.0e-9),
            (1e3, 11, 1.6, -2.3e-8),
        ],
    },
    Table {
        decrease: 0.1,
        curvature: 0.1,
        function: waves,
        rows: [
            (1e-3, 12, 1.0, -5.1e-5),
            (0.1, 12, 1.0, -1.9e-4),
            (10.0, 10, 1.0, -2.0e-6),
            (1e3, 13, 1.0, -1.6e-5),
        ],
    },
    Table {
        decrease: 1e-3,
        curvature: 1e-3,
        function: |a| two_bends(1e-3, 1e-3, a),
        rows: [
            (1e-3, 4, 0.08, -6.9e-5),
            (0.1, 1, 0.10, -4.9e-5),
            (10.0, 3, 0.35, -2.9e-6),
            (1e3, 4, 0.83, 1.6e-5),
        ],
    },
    Table {
        decrease: 1e-3,
        curvature: 1e-3,
        function: |a| two_bends(1e-2, 1e-3, a),
        rows: [
            (1e-3, 6, 0.075, 1.9e-4),
            (0.1, 3, 0.078, 7.4e-4),
            (10.0, 7, 0.073, -2.6e-4),
            (1e3, 8, 0.076, 4.5e-4),
        ],
    },
    Table {
        decrease: 1e-3,
        curvature: 1e-3,
        function: |a| two_bends(1e-3, 1e-2, a),
        rows: [
            (1e-3, 13, 0.93, 5.2e-4),
            (0.1, 11, 0.93, 8.4e-5),
            (10.0, 8, 0.92, -2.4e-4),
            (1e3, 11, 0.92, -3.2e-4),
        ],
    },
];

/// The trials made and the last of them.
fn search(table: &Table, first: f64) -> (u32, Trial) {
    let settings = MoreThuente { decrease: table.decrease, curvature: table.curvature, trials: 30 };
    let at = |step: f64| {
        let (value, slope) = (table.function)(step);
        Trial { step, value, slope }
    };
    let mut running = Running::begin(&settings, at(0.0), first);
    let mut step = first;
    for trials in 1..=settings.trials {
        match running.tell(at(step)) {
            Next::Accept => return (trials, at(step)),
            Next::Try(next) => step = next,
            Next::Stop => break,
        }
    }
    (0, at(step))
}

#[test]
fn the_trials_are_those_of_the_published_tables() {
    for (number, table) in TABLES.iter().enumerate() {
        for &(first, trials, step, slope) in &table.rows {
            let (made, end) = search(table, first);
            let name = format!("table {}, first step {first}: {made} trials, {end:?}", number + 1);
            assert_eq!(made, trials, "{name}");
            assert!((end.step - step).abs() <= 0.07 * step, "{name}");
            // The slope is printed to two digits; below 1e-6 it is rounding's.
            assert!((end.slope - slope).abs() <= 0.06 * slope.abs() || slope.abs() < 1e-6, "{name}");
        }
    }
}
