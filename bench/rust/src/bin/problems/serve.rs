//! A problem over standard input and output.
//!
//! First come a line with the numbers of variables, residuals, functions, and functions that are to be 0, then three vectors: start, lower
//! and upper limits. Then each request is a letter with its vectors, each answer the numbers asked for: `f` value, `g` gradient,
//! `h` Hessian, `p` Hessian times a second vector, `r` residuals, `j` their Jacobian, `c` functions, `a` their Jacobian, `l` their
//! Hessians' sum, weighted by a second vector; `e` judges an end: the verdict's number and the value. Numbers are eight bytes each, in the
//! machine's order, matrices row by row.

use std::error::Error;
use std::io::{Read, Write, stdin, stdout};

use super::problem::{Ask, Problem};

fn asked(letter: u8) -> Option<Ask> {
    Some(match letter {
        b'f' => Ask::Value,
        b'g' => Ask::Gradient,
        b'h' => Ask::Hessian,
        b'p' => Ask::Product,
        b'r' => Ask::Residuals,
        b'j' => Ask::Jacobian,
        b'c' => Ask::Functions,
        b'a' => Ask::Slopes,
        b'l' => Ask::Curvature,
        _ => return None,
    })
}

fn read(input: &mut impl Read, count: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut bytes = vec![0; 8 * count];
    input.read_exact(&mut bytes)?;
    let number = |bytes: &[u8]| bytes.try_into().map(f64::from_ne_bytes);
    Ok(bytes.chunks_exact(8).map(number).collect::<Result<_, _>>()?)
}

fn write(output: &mut impl Write, numbers: &[f64]) -> std::io::Result<()> {
    output.write_all(&numbers.iter().flat_map(|x| x.to_ne_bytes()).collect::<Vec<_>>())
}

/// Answers until the input ends.
pub(crate) fn serve(problem: &mut Problem) -> Result<(), Box<dyn Error>> {
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    let dim = problem.limits.len();
    let (all, equal) = problem.functions.as_ref().map_or((0, 0), |all| (all.count, all.equalities));
    writeln!(output, "{dim} {} {all} {equal}", problem.length(Ask::Residuals))?;
    let (low, high): (Vec<f64>, Vec<f64>) = problem.limits.iter().copied().unzip();
    write(&mut output, &[problem.landscape.start(), &low, &high].concat())?;
    output.flush()?;
    let mut letter = [0];
    while input.read(&mut letter)? == 1 {
        let x = read(&mut input, dim)?;
        let answer = match asked(letter[0]) {
            Some(ask) => {
                let more = match ask {
                    Ask::Product => dim,
                    Ask::Curvature => all,
                    _ => 0,
                };
                let more = read(&mut input, more)?;
                problem.answer(ask, &x, &more)?
            }
            None if letter[0] == b'e' => {
                let (verdict, value) = problem.judge(&x)?;
                vec![f64::from(verdict as u8), value]
            }
            None => return Err(format!("no request `{}`", letter[0] as char).into()),
        };
        write(&mut output, &answer)?;
        output.flush()?;
    }
    Ok(())
}
