//! Systems of equations in which every variable meets every other, of any size.
//!
//! | | residuals | start | minima |
//! |---|---|---|---|
//! | `trigonometric(dim=10)` (26) | n − Σ cos xⱼ + i (1 − cos xᵢ) − sin xᵢ | (1/n, …) | 0 at 0; 2.79506…·10⁻⁵ (10) |
//! | `brown_almost_linear(dim=10)` (27) | xᵢ + Σ xⱼ − (n + 1), i < n; Π xⱼ − 1 | (½, …) | 0 at (α, …, α, α^(1−n)) where nαⁿ − (n+1)αⁿ⁻¹ + 1 = 0, so at (1, …, 1); 1 at (0, …, 0, n + 1) |
//! | `chebyquad(dim=8)` (35) | mean of Tᵢ(xⱼ) over j − ∫ Tᵢ, i ≤ n, with Chebyshev's polynomials on [0, 1] | xⱼ = j/(n + 1) | 0 (1 … 7, 9), 3.51687…·10⁻³ (8), 4.77271…·10⁻³ and 6.50395…·10⁻³ (10) |

use thalweg_function::Var;
use thalweg_spec::{Call, SpecError};

use super::{At, count, sized, squares};
use crate::catalogue::Entry;
use crate::landscape::Parts;
use crate::set::Set;

pub(crate) const TRIGONOMETRIC: Entry = Entry {
    name: "trigonometric",
    signature: "trigonometric(dim=10)",
    formula: "sum (n - sum cos x_j + i (1 - cos x_i) - sin x_i)^2",
    summary: "Many minima; from the start most methods end in one that is not the lowest.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 26; Spedicato (1975)",
    set: Set::MoreGarbowHillstrom,
    build: trigonometric,
};

pub(crate) const BROWN_ALMOST_LINEAR: Entry = Entry {
    name: "brown_almost_linear",
    signature: "brown_almost_linear(dim=10)",
    formula: "sum_{i<n} (x_i + sum x_j - (n + 1))^2 + (product x_j - 1)^2",
    summary: "Linear equations but for the last, which is a product.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 27; Brown (1969)",
    set: Set::MoreGarbowHillstrom,
    build: brown_almost_linear,
};

pub(crate) const CHEBYQUAD: Entry = Entry {
    name: "chebyquad",
    signature: "chebyquad(dim=8)",
    formula: "sum (mean_j T_i(x_j) - integral of T_i over [0, 1])^2, T_i Chebyshev's polynomials on [0, 1]",
    summary: "Nodes of a quadrature with equal weights, which exists for 1 to 7 and for 9 nodes only.",
    source: "Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 35; Fletcher, The Computer Journal 8 (1965)",
    set: Set::MoreGarbowHillstrom,
    build: chebyquad,
};

const TRIGONOMETRIC_MINIMUM: At<'_> = (
    2.7950561218794563e-05,
    &[
        0.05515090398069129,
        0.05684061679473856,
        0.058764001762695084,
        0.06099060865676081,
        0.06362621369585451,
        0.06684317945275879,
        0.20816151856988116,
        0.16436309588564774,
        0.08500689568850744,
        0.09143145071470794,
    ],
);

/// Where α is not 1.
const BROWN_MINIMUM: At<'_> = (
    0.0,
    &[
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        0.9794303033498625,
        1.2056969665013755,
    ],
);

const CHEBYQUAD_MINIMA: [At<'_>; 11] = [
    (0.0, &[0.5]),
    (0.0, &[0.2113248654051871, 0.7886751345948129]),
    (0.0, &[0.14644660940672624, 0.5, 0.8535533905932737]),
    (0.0, &[0.10267276385411693, 0.40620376295746, 0.5937962370425399, 0.8973272361458831]),
    (0.0, &[0.08375125649950906, 0.31272929522320947, 0.5, 0.6872707047767905, 0.9162487435004909]),
    (
        0.0,
        &[
            0.06687659094608969,
            0.28874067311944424,
            0.36668229924164764,
            0.6333177007583524,
            0.7112593268805558,
            0.9331234090539103,
        ],
    ),
    (
        0.0,
        &[
            0.05806914962097547,
            0.23517161235742157,
            0.33804409474004615,
            0.5,
            0.6619559052599538,
            0.7648283876425784,
            0.9419308503790246,
        ],
    ),
    (
        0.0035168737256779286,
        &[
            0.04315276015101663,
            0.1930908403841861,
            0.26632870689027294,
            0.5,
            0.5,
            0.7336712931097271,
            0.8069091596158139,
            0.9568472398489833,
        ],
    ),
    (
        0.0,
        &[
            0.04420534613578276,
            0.19949067230988093,
            0.23561910847106002,
            0.416046907892598,
            0.5,
            0.583953092107402,
            0.76438089152894,
            0.8005093276901191,
            0.9557946538642172,
        ],
    ),
    (
        0.00477271369637535,
        &[
            0.03299337301807446,
            0.15514535775907334,
            0.20018919846138622,
            0.38326166496125497,
            0.38326166496125497,
            0.5292494771334065,
            0.6403535493710659,
            0.713565847416,
            0.8284818230519073,
            0.9252518337853975,
        ],
    ),
    (
        0.0065039548008823085,
        &[
            0.059619900535812696,
            0.1667082818358614,
            0.23917065894260847,
            0.3988842923060445,
            0.3988842923060445,
            0.6011157076939555,
            0.6011157076939555,
            0.7608293410573915,
            0.8332917181641386,
            0.9403800994641873,
        ],
    ),
];

fn trigonometric(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 10, 100_000), |call, dim| {
        let n = dim as f64;
        let minima = [(0.0, &vec![0.0; dim][..]), TRIGONOMETRIC_MINIMUM];
        squares(call, vec![1.0 / n; dim], &minima, |x| {
            let cosines: Vec<_> = x.iter().map(|x| x.cos()).collect();
            let total = cosines.iter().copied().sum::<Var>();
            let residual = |((i, &x), &cos): ((f64, &Var), &Var)| n - total + i * (1.0 - cos) - x.sin();
            count(dim).zip(x).zip(&cosines).map(residual).collect()
        })
    })
}

fn brown_almost_linear(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (2, 10, 100_000), |call, dim| {
        let n = dim as f64;
        let mut other = vec![0.0; dim];
        other[dim - 1] = n + 1.0;
        let minima = [(0.0, &vec![1.0; dim][..]), BROWN_MINIMUM, (1.0, &other)];
        squares(call, vec![0.5; dim], &minima, |x| {
            let total = x.iter().copied().sum::<Var>();
            let product = x[1..].iter().fold(x[0], |product, &x| product * x);
            x[..dim - 1].iter().map(|&x| x + total - (n + 1.0)).chain([product - 1.0]).collect()
        })
    })
}

fn chebyquad(call: &Call) -> Result<Parts, SpecError> {
    sized(call, (1, 8, 200), |call, dim| {
        let n = dim as f64;
        let start = count(dim).map(|j| j / (n + 1.0)).collect();
        squares(call, start, &CHEBYQUAD_MINIMA, |x| {
            let u: Vec<_> = x.iter().map(|&x| 2.0 * x - 1.0).collect();
            let (mut before, mut now) = (vec![None; dim], u.clone());
            let residual = |i: usize| {
                let mean = now.iter().copied().sum::<Var>() / n;
                let next = |((&u, &t), before): ((&Var, &Var), &Option<Var>)| match *before {
                    Some(before) => 2.0 * u * t - before,
                    None => 2.0 * u * t - 1.0,
                };
                let after: Vec<_> = u.iter().zip(&now).zip(&before).map(next).collect();
                before = std::mem::replace(&mut now, after).into_iter().map(Some).collect();
                let integral = if i.is_multiple_of(2) { -1.0 / ((i * i) as f64 - 1.0) } else { 0.0 };
                mean - integral
            };
            (1..=dim).map(residual).collect()
        })
    })
}
