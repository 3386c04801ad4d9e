//! How Thalweg's costs grow: `growth gradient N`, time and memory of the gradient of Ackley's function of N variables, and
//! `growth KIND NODES`, the time from tracing to the first result of a program of scalars of about NODES operations: `chain`,
//! in which each depends on the last, or `products`, a sum of independent products.

use std::error::Error;
use std::f64::consts::{E, TAU};
use std::hint::black_box;
use std::time::Instant;

use thalweg_bench::time;
use thalweg_function::{Executable, FunctionError, Program, Shape, Var, trace, value_and_gradient};
use thalweg_landscape::RandomState;

/// The variables of a program of scalars.
const VARIABLES: usize = 8;

fn ackley(n: usize) -> Result<Program, FunctionError> {
    trace([Shape::from([n])], |x| {
        let (root, waves) = ((x[0] * x[0]).mean(..).sqrt(), (TAU * x[0]).cos().mean(..));
        20.0 + E - 20.0 * (-0.2 * root).exp() - waves.exp()
    })
}

/// Two operations a link, the value staying near ±1.
fn chain(x: &[Var], nodes: usize) -> Var {
    let links = 0..nodes / 2;
    links.fold(x[0], |value, k| value * x[k % VARIABLES] + x[(3 * k + 1) % VARIABLES])
}

/// Three operations and a constant a term.
fn products(x: &[Var], nodes: usize) -> Var {
    let terms = (0..(nodes / 4).max(1)).map(|k| {
        let factor = 1.0 / (k + 1) as f64;
        factor * x[k % VARIABLES] * x[(k / VARIABLES) % VARIABLES]
    });
    terms.sum()
}

/// The most memory that this process has had so far, in bytes.
fn peak_memory() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(1024.0 * kilobytes)
}

/// Prints a line of JSON.
fn report(n: usize, numbers: &[(&str, f64)]) {
    let fields: String = numbers.iter().map(|(name, number)| format!(r#", "{name}": {number:e}"#)).collect();
    println!(r#"{{"n": {n}{fields}}}"#);
}

fn gradient(n: usize) -> Result<(), Box<dyn Error>> {
    let before = peak_memory()?;
    let x = RandomState::seed(0).uniform(-2.0, 2.0, n);
    let (mut y, mut g) = ([0.0], vec![0.0; n + 1]);
    let function = ackley(n)?;
    let mut derived = Executable::<f64>::new(&value_and_gradient(&function)?)?;
    derived.run(&x, &mut g)?;
    let memory = peak_memory()? - before;
    let (seconds, ()) = time(|| derived.run(&x, &mut g))?;
    let mut plain = Executable::<f64>::new(&function)?;
    let (value_seconds, ()) = time(|| plain.run(&x, &mut y))?;
    report(n, &[("seconds", seconds), ("value_seconds", value_seconds), ("bytes", memory)]);
    Ok(())
}

fn compile(nodes: usize, function: fn(&[Var], usize) -> Var) -> Result<(), Box<dyn Error>> {
    let x: Vec<f64> = (0..VARIABLES).map(|k| 0.1 + 0.1 * k as f64).collect();
    let start = Instant::now();
    let program = trace(VARIABLES, |x| function(x, nodes))?;
    let traced = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let derived = value_and_gradient(&program)?;
    let differentiated = start.elapsed().as_secs_f64();
    let first_result = |program: &Program| -> Result<f64, FunctionError> {
        let mut outputs = vec![0.0; program.output_count()];
        let start = Instant::now();
        // The machine code is made for the first run.
        Executable::<f64>::new(program)?.run(&x, &mut outputs)?;
        black_box(outputs);
        Ok(start.elapsed().as_secs_f64())
    };
    let [plain, gradient] = [first_result(&program)?, first_result(&derived)?];
    let [length, derived_length] = [program.len(), derived.len()].map(|length| length as f64);
    report(
        nodes,
        &[
            ("nodes", length),
            ("gradient_nodes", derived_length),
            ("trace", traced),
            ("differentiate", differentiated),
            ("executable", plain),
            ("gradient_executable", gradient),
        ],
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, n] = arguments.as_slice() else {
        return Err("usage: growth gradient|chain|products N".into());
    };
    let n: usize = n.parse()?;
    match what.as_str() {
        "gradient" => gradient(n),
        "chain" => compile(n, chain),
        "products" => compile(n, products),
        _ => Err(format!("no growth of `{what}`").into()),
    }
}
