//! Writes the guide's catalogue of optimisers from what the code says of itself: a page, and for each rule a picture of its way
//! through the same narrow valley.
//!
//! `cargo run -p thalweg --example catalogue -- docs/src` brings the guide up to date; without a folder it writes to the current one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use thalweg::rule::{Evaluation, Kind, Layout, Named, Optimizer, Rule, RuleError, names, schedule_names};

/// The valley: f = ½ xᵀAx, a quarter of a right angle from the axes.
const EIGENVALUES: [f64; 2] = [0.5, 10.0];
const ANGLE: f64 = std::f64::consts::FRAC_PI_8;
const START: [f64; 2] = [-4.0, 1.2];
const STEPS: usize = 60;

/// Pixels of a picture, and how many of them are a unit.
const SIZE: [f64; 2] = [320.0, 160.0];
const SCALE: f64 = 32.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let pictures = folder.join("catalogue");
    std::fs::create_dir_all(&pictures)?;
    std::fs::write(folder.join("catalogue.md"), page(&pictures)?)?;
    println!("{} optimisers in {}", names().len(), folder.join("catalogue.md").display());
    Ok(())
}

fn page(pictures: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut page = String::from(
        "# Catalogue\n\nEvery optimiser, every link of a chain and every schedule, as the code describes itself; `thalweg list optimizers NAME` shows the \
         same. Bytes of state are those of `f32` for each parameter of a matrix. Each picture shows sixty steps in the same valley, of \
         condition 20, with the learning rate that goes lowest.\n",
    );
    for (title, kind) in [
        ("Rules", Kind::Rule),
        ("Transforms, links of chains", Kind::Transform),
        ("Wrappers, which hold the chain behind them", Kind::Wrapper),
        ("Schedules", Kind::Schedule),
    ] {
        write!(page, "\n## {title}\n")?;
        let all = if kind == Kind::Schedule { schedule_names() } else { names() };
        for named in all.iter().filter(|named| named.kind == kind) {
            write!(page, "\n{}", entry(named)?)?;
            if kind == Kind::Rule
                && let Some((label, path)) = best(named)
            {
                std::fs::write(pictures.join(format!("{}.svg", named.name)), picture(&path))?;
                write!(page, "\n![The way of {label}](catalogue/{}.svg)\n\n`{label}`\n", named.name)?;
            }
        }
    }
    Ok(page)
}

fn entry(named: &Named) -> Result<String, std::fmt::Error> {
    let mut entry = format!("### {}\n\n{}.\n\n`{}`\n", named.name, capital(named.summary), named.signature);
    if !named.formula.is_empty() {
        write!(entry, "\n```text\n{}\n```\n", named.formula)?;
    }
    let state = Optimizer::parse(named.name).ok().and_then(|optimizer| optimizer.state_per_parameter().ok());
    if let Some(numbers) = state {
        write!(entry, "\n*State*: {} bytes a parameter.\n", (400.0 * numbers).round() / 100.0)?;
    }
    for (label, text) in [("Source", &named.source), ("Conventions", &named.conventions)] {
        if !text.is_empty() {
            write!(entry, "\n*{label}*: {text}\n")?;
        }
    }
    Ok(entry)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The spec and the way that goes lowest, among learning rates a third of a decade apart.
fn best(named: &Named) -> Option<(String, Vec<[f64; 2]>)> {
    let specs: Vec<String> = if named.signature.contains("(lr=") || named.signature.contains(", lr=") {
        (-15..=3)
            .map(|third| format!("{}(lr={})", named.name, rounded(10_f64.powf(f64::from(third) / 3.0))))
            .collect()
    } else {
        vec![format!("{}()", named.name)]
    };
    let run = |spec: String| Some((way(&spec).ok()?, spec));
    let ways = specs.into_iter().filter_map(run);
    let value = |way: &[[f64; 2]]| way.last().map_or(f64::INFINITY, |x| evaluate(x).0);
    ways.filter(|(way, _)| value(way).is_finite())
        .min_by(|(a, _), (b, _)| value(a).total_cmp(&value(b)))
        .map(|(way, spec)| (spec, way))
}

/// To one digit.
fn rounded(number: f64) -> f64 {
    let unit = 10_f64.powf(number.log10().floor());
    format!("{:.6}", (number / unit).round() * unit).parse().unwrap_or(number)
}

/// The points of a run.
fn way(spec: &str) -> Result<Vec<[f64; 2]>, Box<dyn std::error::Error>> {
    let optimizer = Optimizer::parse(spec)?;
    // For rules of matrices the two parameters are a matrix of one row.
    let matrix = || optimizer.rule_for::<f64>(&Layout::new([("x", [1, 2])]));
    let mut rule: Box<dyn Rule<f64>> = optimizer.rule(2, 1).or_else(|_: RuleError| matrix())?;
    let (mut x, mut way) = (START, vec![START]);
    for _ in 0..STEPS {
        let mut point = x;
        rule.evaluation_point(&x, &mut point);
        let (value, gradient) = evaluate(&point);
        let mut direction = [0.0; 2];
        let product = rule.probe(&mut direction).then(|| evaluate(&direction).1);
        let at = Evaluation::of(&gradient).with_values(std::slice::from_ref(&value));
        let at = Evaluation { hessian_vector: product.as_ref().map(|product| &product[..]), ..at };
        rule.advance(&mut x, &at)?;
        let mut shown = x;
        rule.averaged(&x, &mut shown);
        way.push(shown);
    }
    Ok(way)
}

/// Value and gradient; the gradient is linear, so that of a direction is the Hessian times it.
fn evaluate(x: &[f64; 2]) -> (f64, [f64; 2]) {
    let (sin, cos) = ANGLE.sin_cos();
    let along = [cos * x[0] + sin * x[1], -sin * x[0] + cos * x[1]];
    let scaled = [EIGENVALUES[0] * along[0], EIGENVALUES[1] * along[1]];
    let value = 0.5 * (scaled[0] * along[0] + scaled[1] * along[1]);
    (value, [cos * scaled[0] - sin * scaled[1], sin * scaled[0] + cos * scaled[1]])
}

/// The contours, which are ellipses, and the way.
fn picture(way: &[[f64; 2]]) -> String {
    let [width, height] = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#f7f9fb\"/>\n<g fill=\"none\" stroke=\"#b8c4d0\">\n"
    );
    for level in [0.05, 0.3, 1.0, 2.5, 5.0, 9.0, 15.0, 25.0] {
        let [a, b] = EIGENVALUES.map(|eigenvalue| SCALE * f64::sqrt(2.0 * level / eigenvalue));
        let turn = -ANGLE.to_degrees();
        let place = format!("translate({} {}) rotate({turn})", width / 2.0, height / 2.0);
        let _ = writeln!(svg, "<ellipse rx=\"{a:.1}\" ry=\"{b:.1}\" transform=\"{place}\"/>");
    }
    let pixel = |x: &[f64; 2]| {
        let [u, v] = [width / 2.0 + SCALE * x[0], height / 2.0 - SCALE * x[1]];
        format!("{:.1},{:.1}", u.clamp(-999.0, 999.0), v.clamp(-999.0, 999.0))
    };
    let points: Vec<String> = way.iter().map(pixel).collect();
    let _ = writeln!(
        svg,
        "</g>\n<polyline fill=\"none\" stroke=\"#c2410c\" stroke-width=\"1.5\" points=\"{}\"/>",
        points.join(" ")
    );
    svg += "<g fill=\"#c2410c\">\n";
    for point in &points {
        if let Some((u, v)) = point.split_once(',') {
            let _ = writeln!(svg, "<circle cx=\"{u}\" cy=\"{v}\" r=\"1.8\"/>");
        }
    }
    svg += "</g>\n</svg>\n";
    svg
}
