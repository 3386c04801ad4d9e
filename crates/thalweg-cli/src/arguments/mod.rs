//! The command line: every argument with its help.

mod train;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use thalweg::solve::Sampling;

pub(crate) use train::TrainArguments;

use crate::numbers;

/// What makes a fit one by the steps of a rule.
const BY_RULE: [&str; 2] = ["optimizer", "batch"];

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Minimises functions by their exact gradients, compares optimisers, trains networks, and draws what happened.
#[derive(Debug, Parser)]
#[command(name = "thalweg", version, styles = STYLES, max_term_width = 110, arg_required_else_help = true, after_help = "\
FUNCTION is a landscape (see `thalweg list functions`) or an expression.

Examples:
  thalweg minimize rosenbrock
  thalweg minimize \"(1-x)^2 + 100*(y-x^2)^2\" --start -1.2,1 -o newton
  thalweg compare rosenbrock
  thalweg train
")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Minimize(MinimizeArguments),
    Compare(CompareArguments),
    Analyze(AnalyzeArguments),
    Plot(PlotArguments),
    Grid(GridArguments),
    Fit(FitArguments),
    Train(Box<TrainArguments>),
    List(ListArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FunctionArguments {
    /// A landscape such as rosenbrock or "ackley(dim=10)", an expression such as "x^2 + y^2", or @FILE with either in it
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: String,

    /// The variables of an expression, in order; otherwise by first appearance, x1 x2 ... by number
    #[arg(long, value_name = "x,y")]
    pub(crate) vars: Option<String>,

    /// Set a constant of an expression (repeatable, or comma-separated)
    #[arg(long = "let", value_name = "a=1.5", allow_hyphen_values = true)]
    pub(crate) constants: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StartArguments {
    /// Where to start, as 1,2 or x=1,y=2 (repeatable); a landscape has its own start
    #[arg(long = "start", value_name = "1,2", allow_hyphen_values = true, conflicts_with = "starts")]
    pub(crate) start: Vec<String>,

    /// Start from N points spread over the box; the distinct minima are listed
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) starts: Option<usize>,

    /// How the starts are spread: uniform (at random), sobol or latin_hypercube (evenly) [default: uniform]
    #[arg(long, value_name = "S", requires = "starts")]
    pub(crate) sample: Option<Sampling>,

    /// The box for random starts and figures, one interval for all or one per variable; a landscape has its own
    #[arg(long = "box", value_name = "-3..3", allow_hyphen_values = true)]
    pub(crate) sampling_box: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckpointArguments {
    /// Save the run to this file now and then, and at its end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["starts", "hops"])]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Steps between two checkpoints
    #[arg(long, value_name = "K", default_value = "1000", value_parser = numbers::count, requires = "checkpoint")]
    pub(crate) checkpoint_every: usize,

    /// Go on from a checkpoint, with the same function, optimiser and constraints, to --steps in all
    #[arg(long, value_name = "FILE", conflicts_with_all = ["start", "starts", "hops"])]
    pub(crate) resume: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HopArguments {
    /// Hop N times from minimum to minimum within the box (basin hopping), each time going down by the optimiser
    #[arg(long, value_name = "N", value_parser = numbers::count, conflicts_with = "starts")]
    pub(crate) hops: Option<usize>,

    /// By how much the value may rise from a minimum to the next, in units of the function
    #[arg(
        long,
        value_name = "1",
        default_value_t = 1.0,
        requires = "hops",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) temperature: f64,

    /// The largest move of a coordinate in the first hops, as a part of the side of the box
    #[arg(
        long,
        value_name = "0.1",
        default_value_t = 0.1,
        requires = "hops",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) hop: f64,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The most steps
    #[arg(long, value_name = "N", default_value = "1000", value_parser = numbers::count, allow_hyphen_values = true)]
    pub(crate) steps: usize,

    /// Stop when max |gradient| is at most this
    #[arg(long, value_name = "1e-6", allow_hyphen_values = true)]
    pub(crate) grad_tol: Option<f64>,

    /// Stop when a step changes the value by at most this
    #[arg(long, value_name = "1e-9", allow_hyphen_values = true)]
    pub(crate) value_tol: Option<f64>,

    /// Stop when a step moves every coordinate by at most this
    #[arg(long, value_name = "1e-9", allow_hyphen_values = true)]
    pub(crate) step_tol: Option<f64>,

    /// Stop after this many seconds
    #[arg(long, value_name = "10", allow_hyphen_values = true)]
    pub(crate) max_seconds: Option<f64>,

    /// Stop after this many gradients, looked at after each step
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) max_evaluations: Option<usize>,

    /// The seed of random starts and noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Standard deviation of noise added to each gradient component
    #[arg(
        long,
        value_name = "0.2",
        default_value_t = 0.0,
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) noise: f64,

    /// Intervals to stay in, one for all or one per variable
    #[arg(long, value_name = "-1..1", allow_hyphen_values = true)]
    pub(crate) bounds: Option<String>,

    /// A set to stay in or a function to hold, such as "x1*x2 >= 25"; repeatable; see `thalweg list constraints`
    #[arg(long, value_name = "C")]
    pub(crate) constraint: Vec<String>,

    /// A function without a gradient to add, such as 'l1(0.1)'; see `thalweg list penalties`
    #[arg(long, value_name = "P")]
    pub(crate) penalty: Option<String>,

    /// Compute in 32-bit numbers
    #[arg(long)]
    pub(crate) f32: bool,

    /// Threads for many starts; all cores unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) threads: Option<usize>,

    /// Keep every iterate, in JSON and CSV
    #[arg(long)]
    pub(crate) history: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// Write a file; its ending says what: .json .csv .html .svg .png (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,

    /// Print the result as JSON and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// Minimise a function
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  thalweg minimize rosenbrock --optimizer newton --grad-tol 1e-8
  thalweg minimize \"(x-1)^2 + a*y^2\" --let a=6 --start -1,2 --steps 200
  thalweg minimize himmelblau --starts 100 --box -5..5 --out himmelblau.html
  thalweg minimize wells --starts 256 --sample sobol -o lbfgs
  thalweg minimize ackley --hops 100 -o lbfgs
  thalweg minimize 'x*log(x)' -o brent --bounds 0..4
  thalweg minimize rosenbrock -o cg --steps 20 --checkpoint run.safetensors
  thalweg minimize ackley -o 'adam(lr=cosine(init=0.1, steps=1000))'
  thalweg minimize beale -o 'clip_by_global_norm(1.0) | sgd(lr=0.01)' --json
")]
pub(crate) struct MinimizeArguments {
    #[command(flatten)]
    pub(crate) function: FunctionArguments,
    #[command(flatten)]
    pub(crate) start: StartArguments,

    /// How to step: a name of `thalweg list optimizers` with its options, or a chain of them [default: adam(lr=0.1); auto with
    /// bounds, constraints or a penalty]
    #[arg(long, short, value_name = "O")]
    pub(crate) optimizer: Option<String>,

    #[command(flatten)]
    pub(crate) hops: HopArguments,
    #[command(flatten)]
    pub(crate) checkpoint: CheckpointArguments,

    #[command(flatten)]
    pub(crate) run: RunArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Run several optimisers from the same starts: a table, and a figure with every trace
///
/// Without --optimizer a usual set is compared, its learning rates chosen for the curvature at the start and the size of the box.
/// Without --out the figure is written to compare.html, unless --json or --no-figure is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  thalweg compare rosenbrock
  thalweg compare ellipse -o 'sgd(lr=0.4)' -o 'heavy_ball(lr=0.3)' -o newton
  thalweg compare \"x^4 + y^2\" --start 2,1 --out table.csv --out figure.png
")]
pub(crate) struct CompareArguments {
    #[command(flatten)]
    pub(crate) function: FunctionArguments,
    #[command(flatten)]
    pub(crate) start: StartArguments,

    /// An optimiser to compare (repeatable)
    #[arg(long, short, value_name = "O")]
    pub(crate) optimizer: Vec<String>,

    /// Do not write compare.html
    #[arg(long)]
    pub(crate) no_figure: bool,

    #[command(flatten)]
    pub(crate) run: RunArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Say everything about a point: derivatives, curvature, learning rates, rates of convergence
///
/// Up to 300 variables by the whole Hessian; beyond by its products with vectors, which give its extreme eigenvalues.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  thalweg analyze rosenbrock --at 1,1
  thalweg analyze \"x^2 - y^2\" --at 0,0 --json
  thalweg analyze \"x^2 + 9*y^2\" --at 0,0 --rate 'sgd(lr=0.1)' --rate cg
  thalweg analyze \"rosenbrock(dim=500)\" --at minimum --out eigenvalues.svg
")]
pub(crate) struct AnalyzeArguments {
    #[command(flatten)]
    pub(crate) function: FunctionArguments,

    /// The point, as 1,2 or x=1,y=2; of a landscape also start (unless given) or minimum
    #[arg(long, value_name = "1,2", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,

    /// Run this optimizer from beside the point, and compare how fast it converges with what theory predicts (repeatable)
    #[arg(long, value_name = "O")]
    pub(crate) rate: Vec<String>,

    /// Draw the density of the Hessian's eigenvalues: .html .svg .png (repeatable)
    #[arg(long, value_name = "FILE", visible_alias = "density")]
    pub(crate) out: Vec<PathBuf>,

    /// The most Hessian-vector products for the extreme eigenvalues of many variables; 20000 unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) products: Option<usize>,

    /// The seed of random vectors and of where runs of --rate begin
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Print the result as JSON and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// Draw a function of one or two variables (contours, surface and gradient field), or a schedule over its steps
#[derive(Debug, Args)]
#[command(after_help = "\
In place of FUNCTION may stand a schedule of `thalweg list schedules`.

Examples:
  thalweg plot himmelblau
  thalweg plot \"x^4 - 3*x^2 + x\" --box -2..2 --out quartic.svg
  thalweg plot \"warmup(100, cosine(init=0.1, steps=900))\" --out rate.png
")]
pub(crate) struct PlotArguments {
    #[command(flatten)]
    pub(crate) function: FunctionArguments,

    /// What to show, one interval for all variables or one per variable; a landscape has its own, else -3..3
    #[arg(long = "box", value_name = "-3..3", allow_hyphen_values = true)]
    pub(crate) sampling_box: Option<String>,

    /// The last step to show of a schedule; otherwise it is seen to its end, or for some rounds
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) steps: Option<usize>,

    /// Write a file; its ending says what: .html .svg .png, of a schedule .json .csv too (repeatable) [default: plot.html]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
}

/// Evaluate a function at every point of a grid and say where it is lowest
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  thalweg grid himmelblau --points 101
  thalweg grid \"(x-1)^2 + (y+2)^2\" --box -3..3 --points 61 --json
")]
pub(crate) struct GridArguments {
    #[command(flatten)]
    pub(crate) function: FunctionArguments,

    /// The box, one interval for all variables or one per variable; a landscape has its own
    #[arg(long = "box", value_name = "-3..3", allow_hyphen_values = true)]
    pub(crate) sampling_box: Option<String>,

    /// Points along each variable, ends included
    #[arg(long, value_name = "N", default_value = "101", value_parser = numbers::count)]
    pub(crate) points: usize,

    /// Search even where there are more points than the limit
    #[arg(long)]
    pub(crate) force: bool,

    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) threads: Option<usize>,

    /// Print the result as JSON and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// Fit an expression in parameters and data columns to a file, by least squares
///
/// The parameters are the names given by --start; every other name of the expression is a column of the file, whose first line
/// names the columns. Without --optimizer and --batch all rows are fitted at once, and the parameters come with their standard
/// errors and 95 % intervals (Student's); with one of them the steps of a rule make the mean squared residual small.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples, for a file decay.csv with the columns x and y:
  thalweg fit \"a*exp(-b*x)+c\" decay.csv --start a=1,b=1,c=0
  thalweg fit \"a*exp(-b*x)\" decay.csv --start a=1,b=1 --loss 'huber(1)'
  thalweg fit \"a*exp(-b*x)\" decay.csv --start a=1,b=1 --out fit.html
  thalweg fit \"a*exp(-b*x)\" decay.csv --start a=1,b=1 --batch 8
")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct FitArguments {
    /// The model, an expression of parameters and columns
    #[arg(value_name = "EXPRESSION")]
    pub(crate) model: String,

    /// The data: divided by commas, semicolons or tabs, the columns' names in the first line
    #[arg(value_name = "FILE.csv")]
    pub(crate) data: PathBuf,

    /// The column that the model is to give; y, or the only one that is not used, unless given
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,

    /// The parameters and where they start
    #[arg(long, value_name = "a=1,b=2", allow_hyphen_values = true)]
    pub(crate) start: String,

    /// Set a constant of the expression (repeatable, or comma-separated)
    #[arg(long = "let", value_name = "k=1.5", allow_hyphen_values = true)]
    pub(crate) constants: Vec<String>,

    /// Intervals for the parameters to stay in: by name, one for all, or one for each
    #[arg(long, value_name = "a=0..1,b=0..inf", allow_hyphen_values = true, conflicts_with_all = BY_RULE)]
    pub(crate) bounds: Option<String>,

    /// What is summed over the residuals instead of their squares, so that outliers count less: huber(1.5), soft_l1(1.5),
    /// cauchy(1.5); the number is the residual at which outliers begin
    #[arg(long, value_name = "L", conflicts_with_all = BY_RULE)]
    pub(crate) loss: Option<String>,

    /// A column of weights: how much each row's squared residual counts
    #[arg(long, value_name = "COLUMN", conflicts_with_all = BY_RULE)]
    pub(crate) weights: Option<String>,

    /// A column of standard deviations, up to a common factor: weights are 1/sigma^2
    #[arg(long, value_name = "COLUMN", conflicts_with_all = BY_RULE, conflicts_with = "weights")]
    pub(crate) sigma: Option<String>,

    /// levenberg_marquardt, gauss_newton, or reflective, which keeps bounds; what suits unless given
    #[arg(long, value_name = "M", conflicts_with_all = BY_RULE)]
    pub(crate) method: Option<String>,

    /// Print the parameters' correlations too
    #[arg(long, conflicts_with_all = BY_RULE)]
    pub(crate) correlation: bool,

    /// Go by the steps of a rule: a name of `thalweg list optimizers` with its options, or a chain of them
    #[arg(long, short, value_name = "O")]
    pub(crate) optimizer: Option<String>,

    /// Go by the steps of a rule, adam(lr=0.1) unless given, with so many rows in each step's batch
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) batch: Option<usize>,

    /// Draw each batch with replacement, instead of going through the shuffled rows
    #[arg(long, requires = "batch")]
    pub(crate) replace: bool,

    /// The most steps: 2000 unless given, of a rule 1000
    #[arg(long, value_name = "N", value_parser = numbers::count, allow_hyphen_values = true)]
    pub(crate) steps: Option<usize>,

    /// Stop when a step changes the sum of squares by at most this share of it; of a rule, the mean squared residual by at most this
    #[arg(long, value_name = "1e-9", allow_hyphen_values = true)]
    pub(crate) value_tol: Option<f64>,

    /// The seed of the batches, 0 unless given
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Compute in 32-bit numbers
    #[arg(long)]
    pub(crate) f32: bool,

    /// Threads; all cores unless given
    #[arg(long, value_name = "N", value_parser = numbers::count)]
    pub(crate) threads: Option<usize>,

    /// Keep every step, in JSON and CSV
    #[arg(long)]
    pub(crate) history: bool,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// List what names there are, with their options and defaults
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  thalweg list optimizers
  thalweg list optimizers adam
")]
pub(crate) struct ListArguments {
    /// What to list; the kinds themselves unless given
    pub(crate) kind: Option<Kind>,

    /// All that is known of this one: its formula, what it remembers, where it is from
    pub(crate) name: Option<String>,

    /// Print as JSON and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Functions,
    Optimizers,
    Schedules,
    Constraints,
    Penalties,
}
