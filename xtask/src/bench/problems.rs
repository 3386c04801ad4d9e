//! Published test problems: who solves them, and with how many evaluations, beside SciPy and basin.

use std::fmt::Write;

use super::peers::{Peers, Program};
use super::report::{conditions, put};
use super::verdicts::{Method, Runs, Verdict};
use super::{folder, quick};

/// A set of problems, and what is to be reached on it.
struct Set {
    /// Its name in the measuring programs.
    name: &'static str,
    title: &'static str,
    methods: &'static [Method],
    goals: fn(&Runs) -> Vec<String>,
}

const SETS: [Set; 3] = [
    Set {
        name: "mgh",
        title: "Moré, Garbow and Hillstrom: unconstrained",
        methods: &[
            ["lbfgs", "L-BFGS-B", "Lbfgs"],
            ["bfgs", "BFGS", "Bfgs"],
            ["cg", "CG", "NonlinearCg"],
            ["newton_cg", "Newton-CG", ""],
            ["trust_newton(subproblem=steihaug)", "trust-ncg", "TrustRegion, Steihaug"],
            ["trust_newton", "trust-exact", "TrustRegion, MoreSorensen"],
            ["newton_cholesky", "", ""],
            ["sr1", "", ""],
            ["auto", "", ""],
            ["levenberg_marquardt", "lm", "LevenbergMarquardtQr"],
            ["reflective", "trf", "TrustRegionReflective"],
        ],
        goals: minima_goals,
    },
    Set {
        name: "hs",
        title: "Hock and Schittkowski: constrained",
        methods: &[
            ["sqp", "SLSQP", "Slsqp"],
            ["sqp(hessian=bfgs)", "SLSQP", "Slsqp"],
            ["interior_point", "trust-constr", ""],
            ["augmented_lagrangian", "", ""],
            ["auto", "", ""],
            ["lbfgsb", "L-BFGS-B", "Lbfgs"],
        ],
        goals: minima_goals,
    },
    Set {
        name: "nist",
        title: "NIST: nonlinear regressions from both starts",
        methods: &[
            ["levenberg_marquardt", "lm", "LevenbergMarquardtQr"],
            ["reflective", "trf", "TrustRegionReflective"],
        ],
        goals: regression_goals,
    },
];

/// The regressions that NIST says are of higher difficulty.
const HARDEST: [&str; 8] = ["mgh09", "thurber", "boxbod", "rat42", "mgh10", "eckerle4", "rat43", "bennett5"];

const CONDITIONS: &str = "\
Counts, not times. All libraries get the same functions and exact derivatives, Thalweg's; SciPy's processes get them through a pipe. A run \
is *solved* if Thalweg's function, at the point where it ends, says so: of Moré, Garbow and Hillstrom's problems, the value is within \
1e-6 |f*| + 1e-8 min(f(start), 1) of the published minimum f*; of Hock and Schittkowski's, within 1e-6 max(1, |f*|), and no constraint \
is violated by more than 1e-6; of NIST's, every parameter agrees with the certified one to a millionth of it. *Other minima*: the same of \
another known local minimum, or of a value that is approached towards infinity. *False claims*: the method says that it has converged, and \
has done neither. *Gradients*: those that were taken, Hessian-vector products among them; of least squares Jacobians, of constrained \
problems gradients of the objective. Medians and sums are over the problems that both solve, in brackets Thalweg's on the same; \
*× Thalweg* is the quotient of the medians. *Until there*: those that were taken before the method first asked for the value at a solved \
point, so that it does not count when the method ends. A descent ends where max |∂f/∂xᵢ| ≤ 1e-8 or where it can do no more, a method of least squares \
where a step changes the sum of squares by 1e-15 of it or the parameters by 1e-12 of them, or where all cosines between residuals and columns \
of the Jacobian are below 1e-13 (`trf` and `TrustRegionReflective`: the scaled gradient). `sqp`, `interior_point` and \
`augmented_lagrangian` end at 1e-8 of the scaled conditions; SLSQP and `Slsqp` where a step changes the value by less than that, which is \
sooner; `trust-constr` at that `gtol`, under inequalities at that `xtol` and `barrier_tol` alone, for with a `gtol` it ends before its barrier \
is gone. No run takes more than 10 000 evaluations of a kind, 10 000 steps or 20 seconds. Everything else is as each library \
has it by default, but for SciPy's `x_scale=\"jac\"`, ten pairs for its L-BFGS-B, and `xtol=0` for its Newton-CG, which looks at steps alone. \
`sqp`, `interior_point`, `augmented_lagrangian` and `trust-constr` use second derivatives, `sqp(hessian=bfgs)`, SLSQP and `Slsqp` do not. \
`lbfgsb` is for the problems that have bounds only. Each run is in [problems.md](problems.md).";

fn reached(what: &str, left: &[&str]) -> String {
    match left {
        [] => format!("- {what}: reached."),
        _ => format!("- {what}: **missed** ({}).", left.join(", ")),
    }
}

/// The problems of which no run, of those that count, is good.
fn left(runs: &Runs, counts: impl Fn(&str, &str) -> bool, good: fn(Verdict) -> bool) -> Vec<&str> {
    let problems = runs.problems.iter().enumerate();
    let unsolved = problems.filter(|(at, problem)| {
        let counting: Vec<_> = runs.own(*at).filter(|(method, _)| counts(method, problem)).collect();
        !counting.is_empty() && !counting.iter().any(|(_, run)| good(run.verdict))
    });
    unsolved.map(|(_, problem)| problem.as_str()).collect()
}

fn minima_goals(runs: &Runs) -> Vec<String> {
    let known = |verdict| verdict != Verdict::Failed;
    vec![
        reached(
            "every problem ends at a known minimum by one of Thalweg's methods at least",
            &left(runs, |_, _| true, known),
        ),
        reached("and by `auto`", &left(runs, |method, _| method == "auto", known)),
    ]
}

fn regression_goals(runs: &Runs) -> Vec<String> {
    let mut goals = Vec::new();
    let solved = |verdict| verdict == Verdict::Solved;
    for method in ["levenberg_marquardt", "reflective"] {
        let from = |start: &str, hardest: bool| {
            left(
                runs,
                |name, problem| {
                    let hard = HARDEST.iter().any(|hard| problem.starts_with(hard));
                    name == method && problem.contains(start) && (hardest || !hard)
                },
                solved,
            )
        };
        let goal = format!("`{method}` has six digits of all from the second start");
        goals.push(reached(&goal, &from("start=2", true)));
        let goal = format!(
            "`{method}` has six digits from the first start of all that are not of higher difficulty"
        );
        goals.push(reached(&goal, &from("start=1", false)));
    }
    goals
}

/// Runs all libraries on a set.
fn run_all(peers: &Peers, set: &Set) -> Result<Runs, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let mut runs = Runs::new(set.methods);
    let server = peers.file(Program::Rust("problems")).display().to_string();
    let programs: [(Program, Vec<&str>); 3] = [
        (Program::Rust("problems"), vec!["run", "thalweg", set.name]),
        (Program::Python("problems_scipy.py"), vec![&server, set.name]),
        (Program::Rust("problems"), vec!["run", "basin", set.name]),
    ];
    for (library, (program, begin)) in programs.into_iter().enumerate() {
        eprintln!("{} | {}", set.title, super::verdicts::LIBRARIES[library]);
        let mut arguments = begin;
        for name in set.methods.iter().map(|names| names[library]).filter(|name| !name.is_empty()) {
            // SciPy and basin have one such method where Thalweg has two.
            if !arguments.contains(&name) {
                arguments.push(name);
            }
        }
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        runs.take_up(library, &peers.output(program, &arguments, threads)?)?;
    }
    Ok(runs)
}

/// Runs the benchmark.
pub(super) fn run() -> Result<(), String> {
    let peers = Peers::prepare_for("problems")?;
    let sets = if quick() { &SETS[2..] } else { &SETS[..] };
    let mut text = format!("{}\n\n{CONDITIONS}\n", conditions(&peers)?);
    let mut each = "# Each run on the test problems\n\n\
        Written by `cargo xtask bench problems`; [RESULTS.md](RESULTS.md) has the sums and the conditions. A cell has the gradients taken by each\n\
        library's method, in the order of the heading. `*`: ended at another known minimum; `!`: not solved; `!!`: not solved, but the method says that\n\
        it has converged; –: not run. Below each table stands, for what was not solved, the value at the end and why the run ended; runs that\n\
        had all their evaluations (`Spent`, `no end`) have no value.\n"
        .to_owned();
    for set in sets {
        let runs = run_all(&peers, set)?;
        let (title, goals) = (set.title, (set.goals)(&runs).join("\n"));
        let _ = write!(text, "\n### {title}\n\n{}\n{goals}\n", runs.summary());
        let _ = write!(each, "\n## {title}\n\n{}\n{}", runs.each(), runs.unsolved());
    }
    put("problems", &text)?;
    if quick() {
        return Ok(());
    }
    let file = folder().join("problems.md");
    std::fs::write(&file, each).map_err(|e| format!("{}: {e}", file.display()))
}
