//! Many starts: momentum on eight Gaussian wells in the plane, beside NumPy and JAX.

use super::contest::{Contest, Peer};
use super::peers::{Peers, Program};
use super::quick;
use super::report::Report;

const STEPS: usize = 1000;

/// From this many starts on, the slower peers make fewer steps.
const MANY: usize = 1_000_000;

const CONDITIONS: &str = "\
f64. Eight Gaussian wells in two dimensions (`wells(wells=8, dim=2, seed=0)`), starts uniform in ±3, 1000 steps of momentum \
(lr 0.1, momentum 0.9). *Thalweg*: `minimize_many` with `heavy_ball(lr=0.1, momentum=0.9)`, differentiating and translating \
the function included. *Thalweg, plain formula*: the same function, traced as −Σ cⱼ exp(−‖x − μⱼ‖²/wⱼ²) stands on paper. *JAX*: \
`jit` of `scan` of `vmap(grad)`, the function over the arrays of wells, compiling excluded. *JAX, unrolled*: the sum over the \
wells written out and the starts laid out component by component, the form that XLA makes the fastest loop of. *NumPy*: all \
starts in one array, gradient by hand, `einsum` over the wells. Checked: the mean loss after 10 steps and, of whole runs, the \
median loss after 1000 agree to 1e-9; from a million starts a few pass through the narrowest well, where rounding decides, so \
the mean of the ends does not.";

const JAX_LIMIT: &str = "";

const JAX_UNROLLED_LIMIT: &str = "";

const NUMPY_LIMIT: &str = "";

fn peers(n: usize) -> Vec<Peer> {
    let peer = |name, program, form: Option<&str>, steps: usize| Peer {
        name,
        program,
        arguments: form.map(str::to_owned).into_iter().chain([n.to_string(), steps.to_string()]).collect(),
        goal: None,
        note: if steps < STEPS { format!("{steps} steps") } else { String::new() },
        limit: "",
    };
    let fewer = |steps| if n < MANY { STEPS } else { steps };
    let (rust, jax, numpy) =
        (Program::Rust("wells"), Program::Python("wells_jax.py"), Program::Python("wells_numpy.py"));
    vec![
        peer("Thalweg", rust, Some("landscape"), STEPS),
        peer("Thalweg, plain formula", rust, Some("plain"), STEPS),
        Peer {
            goal: Some(if n < 10_000 { 3.0 } else { 5.0 }),
            limit: JAX_LIMIT,
            ..peer("JAX", jax, Some("plain"), fewer(100))
        },
        Peer {
            goal: Some(1.0),
            limit: JAX_UNROLLED_LIMIT,
            ..peer("JAX, unrolled", jax, Some("unrolled"), STEPS)
        },
        Peer {
            goal: (n >= 10_000).then_some(50.0),
            limit: NUMPY_LIMIT,
            ..peer("NumPy", numpy, None, fewer(10))
        },
    ]
}

/// Runs the benchmark.
pub(super) fn run() -> Result<(), String> {
    let all = Peers::prepare()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sizes: &[(usize, usize)] =
        if quick() { &[(100, 1), (10_000, 1)] } else { &[(100, 5), (10_000, 3), (MANY, 3)] };
    let mut finished = Vec::new();
    for &(n, rounds) in sizes {
        for threads in [1, 2].into_iter().filter(|&threads| threads <= cores) {
            let contest = Contest { task: format!("{n} | {threads}"), threads, rounds, peers: peers(n) };
            let standings = contest.run(&all)?;
            finished.push((contest, standings));
        }
    }
    let report = Report {
        name: "wells",
        task: "starts | threads",
        unit: "ns per start and step",
        conditions: CONDITIONS,
    };
    report.publish(&all, &finished)
}
