//! Colours that colour-blind readers can tell apart, and the styles made of them.

/// Red, green, blue, each from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Rgb {
    pub(crate) const BLACK: Self = Self(0, 0, 0);
    pub(crate) const WHITE: Self = Self(255, 255, 255);
    /// Text and frames.
    pub(crate) const INK: Self = Self(38, 38, 38);
    pub(crate) const GREY: Self = Self(130, 130, 130);
    pub(crate) const FAINT: Self = Self(225, 225, 225);
    /// What a gap in a field shows.
    pub(crate) const GAP: Self = Self(240, 240, 240);

    /// As in CSS.
    pub(crate) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// This colour with a share of another in it.
    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        let blend = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round() as u8;
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }
}

/// The series' colours: those of Okabe and Ito (2008) without black, which is the mean's and the total's, and without
/// yellow, which is lost on white.
const SERIES: [Rgb; 6] = [
    Rgb(0, 114, 178),
    Rgb(213, 94, 0),
    Rgb(0, 158, 115),
    Rgb(204, 121, 167),
    Rgb(230, 159, 0),
    Rgb(86, 180, 233),
];

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Long,
    Short,
    Alternating,
}

impl Dash {
    /// Lengths of strokes and gaps in units of the picture; empty for a solid line.
    pub(crate) fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[7.0, 4.0],
            Self::Short => &[1.8, 3.0],
            Self::Alternating => &[8.0, 3.0, 2.0, 3.0],
        }
    }

    /// Plotly's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Solid => "solid",
            Self::Long => "dash",
            Self::Short => "dot",
            Self::Alternating => "dashdot",
        }
    }
}

/// The colour and dash of the `k`-th series; colours first, then dashes.
pub(crate) fn series(k: usize) -> (Rgb, Dash) {
    let dashes = [Dash::Solid, Dash::Long, Dash::Short, Dash::Alternating];
    (SERIES[k % SERIES.len()], dashes[k / SERIES.len() % dashes.len()])
}

/// Colours along a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ramp {
    /// Matplotlib's viridis (CC0), every tenth of its length.
    Viridis,
    /// Viridis mixed with white, so that lines over it stand out.
    Pale,
    /// From blue over white to red; white is zero.
    Diverging,
}

const VIRIDIS: [Rgb; 11] = [
    Rgb(68, 1, 84),
    Rgb(72, 36, 117),
    Rgb(65, 68, 135),
    Rgb(53, 95, 141),
    Rgb(42, 120, 142),
    Rgb(33, 145, 140),
    Rgb(34, 168, 132),
    Rgb(68, 191, 112),
    Rgb(122, 209, 81),
    Rgb(189, 223, 38),
    Rgb(253, 231, 37),
];

const DIVERGING: [Rgb; 7] = [
    Rgb(8, 64, 129),
    Rgb(43, 120, 185),
    Rgb(150, 196, 226),
    Rgb(247, 247, 247),
    Rgb(246, 178, 140),
    Rgb(208, 84, 60),
    Rgb(120, 10, 35),
];

impl Ramp {
    /// The colour at `t`, from 0 to 1.
    pub(crate) fn at(self, t: f64) -> Rgb {
        let stops: &[Rgb] = if self == Self::Diverging { &DIVERGING } else { &VIRIDIS };
        let place = t.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let k = (place as usize).min(stops.len() - 2);
        let colour = stops[k].mix(stops[k + 1], place - k as f64);
        if self == Self::Pale { colour.mix(Rgb::WHITE, 0.45) } else { colour }
    }
}
