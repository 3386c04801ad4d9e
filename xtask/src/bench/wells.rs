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
`jit` of `scan` of `vmap(grad)`, the function over the arrays of wells, compiling excluded; with AVX-512, XLA is told to use \
it (`--xla_cpu_prefer_vector_width=512`). *JAX, unrolled*: the sum over the wells written out and the starts laid out component \
by component, the form that XLA makes the fastest loop of for many starts. *NumPy*: all starts in one array, gradient by hand, \
`einsum` over the wells. Checked: the mean loss after 10 steps and, of whole runs, after 1000 agree to 1e-9.";

const FEW_LIMIT: &str = "\
two thirds of Thalweg's time are the arithmetic of 8 exponentials and 70 other operations, most of the rest is making the \
derivatives and the machine code ready and looking for numbers that are not finite; XLA too makes one vector loop of so \
small a scan";

const MANY_LIMIT: &str = "\
four fifths of Thalweg's time are the arithmetic of 8 exponentials and 70 other operations; of this form XLA too makes one \
vector loop";

const NUMPY_LIMIT: &str = "\
NumPy's exponential is vectorised too, and its arrays of 10 000 starts stay in the second-level cache; Thalweg's time is \
arithmetic";

fn peers(n: usize) -> Vec<Peer> {
    let peer = |name, program, form: Option<&str>, steps: usize| Peer {
        name,
        program,
        arguments: form.map(str::to_owned).into_iter().chain([n.to_string(), steps.to_string()]).collect(),
        goal: None,
        note: if steps < STEPS { format!("{steps} steps") } else { String::new() },
        limit: "",
    };
    let (goal, limit) = if n < 10_000 { (Some(3.0), FEW_LIMIT) } else { (Some(5.0), MANY_LIMIT) };
    let fewer = |steps| if n < MANY { STEPS } else { steps };
    let (rust, jax, numpy) =
        (Program::Rust("wells"), Program::Python("wells_jax.py"), Program::Python("wells_numpy.py"));
    vec![
        peer("Thalweg", rust, Some("landscape"), STEPS),
        peer("Thalweg, plain formula", rust, Some("plain"), STEPS),
        Peer { goal, limit, ..peer("JAX", jax, Some("plain"), fewer(100)) },
        Peer { goal, limit, ..peer("JAX, unrolled", jax, Some("unrolled"), STEPS) },
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
        if quick() { &[(100, 1), (10_000, 1)] } else { &[(100, 5), (10_000, 3), (MANY, 1)] };
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
