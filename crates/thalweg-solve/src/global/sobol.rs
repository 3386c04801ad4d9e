//! [`Sobol`]: a sequence of points that fills a cube evenly.
//!
//! Sobol', *On the distribution of points in a cube and the approximate evaluation of integrals*, 1967; in Gray-code order (Antonov and
//! Saleev, *An economic method of computing LPτ-sequences*, 1979); direction numbers of Joe and Kuo, *Constructing Sobol sequences with
//! better two-dimensional projections*, SIAM J. Sci. Comput. 30, 2008 (their set D6).

/// Joe and Kuo's numbers: a line for each dimension from the second on, with the degree s of its primitive polynomial, the
/// polynomial's inner coefficients as one number a, and m₁ … mₛ.
const NUMBERS: &str = include_str!("joe_kuo_d6.txt");

/// Dimensions that there are numbers for.
pub(super) const DIMENSIONS: usize = 256;

/// Direction numbers of a dimension, of which point i takes those where the Gray code of i has a 1.
type Directions = [u64; 64];

pub(super) struct Sobol {
    directions: Vec<Directions>,
}

impl Sobol {
    /// The sequence in so many dimensions, at most [`DIMENSIONS`].
    pub(super) fn new(dim: usize) -> Self {
        let first: Directions = std::array::from_fn(|k| 1 << (63 - k));
        let lines = NUMBERS.lines().filter(|line| !line.starts_with('#'));
        let others = lines.take(dim.saturating_sub(1)).map(|line| {
            let mut numbers = line.split_ascii_whitespace().map(|number| number.parse().unwrap_or(1_u64));
            let (_, degree, inner) = (numbers.next(), numbers.next(), numbers.next().unwrap_or(0));
            directions(degree.unwrap_or(1) as usize, inner, numbers)
        });
        Sobol { directions: std::iter::once(first).chain(others).collect() }
    }

    /// Coordinate `j` of point `index`, as a fraction of 2⁶⁴.
    pub(super) fn coordinate(&self, index: u64, j: usize) -> u64 {
        let gray = index ^ (index >> 1);
        let taken = self.directions[j].iter().enumerate().filter(|(k, _)| gray >> k & 1 == 1);
        taken.fold(0, |sum, (_, direction)| sum ^ direction)
    }
}

/// `vₖ = mₖ/2ᵏ` for k ≤ s, and then `vₖ = a₁vₖ₋₁ ⊕ … ⊕ aₛ₋₁vₖ₋ₛ₊₁ ⊕ vₖ₋ₛ ⊕ vₖ₋ₛ/2ˢ`.
fn directions(degree: usize, inner: u64, numbers: impl Iterator<Item = u64>) -> Directions {
    let mut v = [0; 64];
    for (k, m) in numbers.take(degree).enumerate() {
        v[k] = m << (63 - k);
    }
    for k in degree..64 {
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for i in 1..degree {
            if inner >> (degree - 1 - i) & 1 == 1 {
                v[k] ^= v[k - i];
            }
        }
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::unit;

    #[test]
    fn points_are_scipys_without_scrambling() {
        // `index, coordinates` of dimensions 1, 2, … of scipy.stats.qmc.Sobol; see make_sobol.py beside it.
        let sobol = Sobol::new(DIMENSIONS);
        let mut compared = 0;
        for line in include_str!("../../tests/fixtures/sobol.csv").lines().skip(1) {
            let mut cells = line.split(',');
            let index = cells.next().unwrap().parse().unwrap();
            for (j, cell) in cells.enumerate() {
                let expected: f64 = cell.parse().unwrap();
                assert_eq!(unit(sobol.coordinate(index, j)), expected, "point {index}, dimension {}", j + 1);
                compared += 1;
            }
        }
        assert_eq!(compared, 20 * DIMENSIONS);
    }

    #[test]
    fn every_dimension_has_one_of_2_to_the_k_points_in_each_of_as_many_intervals() {
        // Sobol's property A in one dimension: each is a (0, 1)-sequence in base 2.
        let sobol = Sobol::new(DIMENSIONS);
        for j in 0..DIMENSIONS {
            for block in 0..4 {
                let mut seen = [false; 256];
                for i in 0..256 {
                    seen[(sobol.coordinate(256 * block + i, j) >> 56) as usize] = true;
                }
                assert!(seen.iter().all(|seen| *seen), "dimension {}", j + 1);
            }
        }
    }

    #[test]
    fn the_first_two_dimensions_have_one_point_in_every_elementary_rectangle() {
        // t = 0: of the first 2¹⁰ points one in each rectangle of sides 2⁻ᵃ and 2⁻¹⁰⁺ᵃ.
        let sobol = Sobol::new(2);
        for a in 0..=10 {
            let mut seen = vec![false; 1024];
            for i in 0..1024 {
                let cell = |j, bits: u32| if bits == 0 { 0 } else { sobol.coordinate(i, j) >> (64 - bits) };
                seen[(cell(0, a) << (10 - a) | cell(1, 10 - a)) as usize] = true;
            }
            assert!(seen.iter().all(|seen| *seen), "a = {a}");
        }
    }
}
