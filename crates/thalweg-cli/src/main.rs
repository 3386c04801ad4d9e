//! The `thalweg` command.

mod arguments;
mod command;
mod failure;
mod interrupt;
mod numbers;
mod output;
mod problem;
mod report;
mod runner;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(std::env::args_os().map(formula_like));
    let result = match &arguments.command {
        Command::Minimize(arguments) => command::minimize::run(arguments),
        Command::Compare(arguments) => command::compare::run(arguments),
        Command::Analyze(arguments) => command::analyze::run(arguments),
        Command::Plot(arguments) => command::plot::run(arguments),
        Command::Grid(arguments) => command::grid::run(arguments),
        Command::Fit(arguments) => command::fit::run(arguments),
        Command::Train(arguments) => command::train::run(arguments),
        Command::List(arguments) => command::list::run(arguments),
    };
    match result {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Failed(message)) => {
            tell("error", "1;31", &message);
            ExitCode::from(1)
        }
        Err(Failure::Wrong(message)) => {
            tell("error", "1;31", &message);
            ExitCode::from(2)
        }
    }
}

/// A formula that begins with a minus sign, as in `-x^2`, is no option: a blank before it tells.
fn formula_like(argument: OsString) -> OsString {
    let is_formula = argument.to_str().is_some_and(|text| {
        let mut characters = text.chars();
        characters.next() == Some('-')
            && characters.next().is_some_and(|c| c != '-' && c != 'o')
            && text.contains(['^', '*', '/', '('])
    });
    if !is_formula {
        return argument;
    }
    let mut spaced = OsString::from(" ");
    spaced.push(argument);
    spaced
}

/// A warning on standard error.
pub(crate) fn warn(message: &str) {
    tell("warning", "1;33", message);
}

/// A note on standard error.
pub(crate) fn note(message: &str) {
    use std::io::Write;
    // Nobody to tell is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{message}");
}

fn tell(kind: &str, colour: &str, message: &str) {
    let coloured =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    note(&if coloured {
        format!("\x1b[{colour}m{kind}:\x1b[0m {message}")
    } else {
        format!("{kind}: {message}")
    });
}
