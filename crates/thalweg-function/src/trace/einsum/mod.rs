//! [`einsum`]: sums of products of [`Var`]s, told by the names of their axes.

mod subscripts;

use std::panic::Location;

use subscripts::{Label, Subscripts};

use super::indexing::too_many_axes;
use super::reduction::sum_over;
use super::{Var, record_array};
use crate::primitive::{Axes, Span};
use crate::program::{Builder, NodeId, Shape};

/// The sum of products that `subscripts` describe, in NumPy's notation: a letter for each axis of each operand, and after `->`
/// those of the result. A letter the result lacks is summed over; one that an operand has twice takes its diagonal.
///
/// `"ij,jk->ik"` is the matrix product, `"ii->"` the trace, `"bi,bj->bij"` an outer product for each b. Without `->` the result has
/// the letters that occur once, in alphabetical order. `...` stands for further axes, which are broadcast.
///
/// Operands are contracted two at a time, those first whose product is smallest; each contraction is a matrix product.
///
/// ```
/// use thalweg_function::{einsum, trace};
///
/// let heads = [[2, 5, 4, 8].into(), [2, 7, 4, 8].into()];
/// let scores = trace(heads, |x| einsum("bqhd,bkhd->bhqk", &[x[0], x[1]]))?;
/// assert_eq!(scores.output_shapes().next(), Some([2, 4, 5, 7].into()));
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// Subscripts that are not well formed or do not fit the operands make the trace an error.
#[track_caller]
pub fn einsum(subscripts: &str, operands: &[Var]) -> Var {
    record_array("einsum", operands, Location::caller(), |b, x| {
        let shapes: Vec<_> = x.iter().map(|&id| b.shape(id)).collect();
        let subscripts = Subscripts::parse(subscripts, &shapes)?;
        let terms = x.iter().zip(&subscripts.operands);
        let terms = terms.map(|(&node, labels)| Term { node, labels: labels.clone() });
        let terms = terms.map(|term| term.without_repeated(b, &subscripts).with_diagonals(b)).collect();
        contracted(b, terms, &subscripts)
    })
}

/// An array whose axes have labels.
struct Term {
    node: NodeId,
    labels: Vec<Label>,
}

impl Term {
    fn has(&self, label: Label) -> bool {
        self.labels.contains(&label)
    }

    fn place(&self, label: Label) -> usize {
        self.labels.iter().position(|&own| own == label).unwrap_or(0)
    }

    /// The same array with its axes in another order.
    fn ordered(&self, b: &mut Builder, labels: &[Label]) -> NodeId {
        if self.labels == labels {
            return self.node;
        }
        let order: Vec<_> = labels.iter().map(|&label| self.place(label)).collect();
        b.permute(self.node, &order)
    }

    /// Without the axes of length 1 that other operands have longer: the product repeats them.
    fn without_repeated(self, b: &mut Builder, subscripts: &Subscripts) -> Term {
        let shape = b.shape(self.node);
        let (kept, labels): (Vec<_>, Vec<_>) = shape
            .axes()
            .zip(self.labels)
            .filter(|&(length, label)| length == subscripts.length(label))
            .unzip();
        let narrow = Shape::of(kept);
        Term { node: if narrow == shape { self.node } else { b.reshape(self.node, narrow) }, labels }
    }

    /// One axis for each label: the diagonal of those with the same.
    fn with_diagonals(mut self, b: &mut Builder) -> Term {
        let twice = |labels: &[Label]| {
            (0..labels.len())
                .find_map(|k| (k + 1..labels.len()).find(|&l| labels[l] == labels[k]).map(|l| (k, l)))
        };
        while let Some((first, second)) = twice(&self.labels) {
            let rank = self.labels.len();
            let rest = (0..rank).filter(|&k| k != first && k != second);
            let order: Vec<_> = rest.chain([first, second]).collect();
            let length = b.shape(self.node).axis(first);
            let last = b.permute(self.node, &order);
            let outer: Vec<_> = b.shape(last).axes().take(rank - 2).collect();
            let flat = b.reshape(last, Shape::of(outer.into_iter().chain([length * length])));
            let span = Span { axis: rank as u8 - 2, start: 0, step: length as i32 + 1 };
            self.node = b.slice(flat, span, length);
            let label = self.labels[first];
            self.labels.remove(second);
            self.labels.remove(first);
            self.labels.push(label);
        }
        self
    }

    /// Without the axes that only this term needs.
    fn summed(self, b: &mut Builder, is_needed: impl Fn(Label) -> bool) -> Term {
        let lost = Axes::of((0..self.labels.len()).filter(|&k| !is_needed(self.labels[k])));
        let labels = self.labels.into_iter().filter(|&label| is_needed(label)).collect();
        Term { node: sum_over(b, self.node, lost), labels }
    }
}

fn contracted(b: &mut Builder, mut terms: Vec<Term>, subscripts: &Subscripts) -> Result<NodeId, String> {
    for k in 0..terms.len() {
        let term = terms.remove(k);
        let needed = |label| subscripts.result.contains(&label) || terms.iter().any(|other| other.has(label));
        let term = term.summed(b, needed);
        terms.insert(k, term);
    }
    while terms.len() > 1 {
        let (i, j) = cheapest(&terms, subscripts);
        let right = terms.remove(j);
        let left = terms.remove(i);
        let needed = |label| subscripts.result.contains(&label) || terms.iter().any(|other| other.has(label));
        let product = pair(b, &left, &right, needed, subscripts)?;
        terms.insert(i, product);
    }
    let Some(last) = terms.pop() else { return Err("at least one operand is needed".to_owned()) };
    Ok(last.ordered(b, &subscripts.result))
}

/// The two terms with the smallest product, the first of such.
fn cheapest(terms: &[Term], subscripts: &Subscripts) -> (usize, usize) {
    let size = |&(i, j): &(usize, usize)| {
        let is_left = |label| {
            let mut others = terms.iter().enumerate().filter(|&(k, _)| k != i && k != j);
            subscripts.result.contains(&label) || others.any(|(_, term)| term.has(label))
        };
        let (left, right) = (&terms[i], &terms[j]);
        let labels = left.labels.iter().chain(right.labels.iter().filter(|&&label| !left.has(label)));
        let lengths = labels.filter(|&&label| is_left(label)).map(|&label| subscripts.length(label));
        lengths.fold(1_usize, usize::saturating_mul)
    };
    let pairs = (0..terms.len()).flat_map(|i| (i + 1..terms.len()).map(move |j| (i, j)));
    pairs.min_by_key(size).unwrap_or((0, 1))
}

/// The product of two terms, summed over the labels that they share and nothing else needs.
fn pair(
    b: &mut Builder,
    left: &Term,
    right: &Term,
    is_needed: impl Fn(Label) -> bool,
    subscripts: &Subscripts,
) -> Result<Term, String> {
    let part = |term: &Term, other: &Term, shared: bool, needed: bool| -> Vec<Label> {
        let fits = |&label: &Label| other.has(label) == shared && is_needed(label) == needed;
        term.labels.iter().copied().filter(fits).collect()
    };
    let (each, inner) = (part(left, right, true, true), part(left, right, true, false));
    let (rows, columns) = (part(left, right, false, true), part(right, left, false, true));
    let labels = [each.clone(), rows.clone(), columns.clone()].concat();
    if labels.len() > Shape::MAX_RANK {
        return Err(too_many_axes(labels.len()));
    }
    let shape = Shape::of(labels.iter().map(|&label| subscripts.length(label)));
    let left = left.ordered(b, &[&each[..], &rows, &inner].concat());
    let right = right.ordered(b, &[&each[..], &inner, &columns].concat());
    if inner.is_empty() {
        let (from, to) = (each.len(), each.len() + rows.len());
        let left = spread(b, left, Axes::of(to..labels.len()), shape);
        let right = spread(b, right, Axes::of(from..to), shape);
        return Ok(Term { node: b.mul(left, right), labels });
    }
    let size = |labels: &[Label]| labels.iter().map(|&label| subscripts.length(label)).product();
    let [each, rows, inner, columns] = [&each[..], &rows, &inner, &columns].map(size);
    let left = b.reshape(left, Shape::of([each, rows, inner]));
    let right = b.reshape(right, Shape::of([each, inner, columns]));
    let product = b.matmul(left, right, [false, false]);
    Ok(Term { node: b.reshape(product, shape), labels })
}

/// Repeated along axes of `shape` that the array lacks; a scalar serves as it is.
fn spread(b: &mut Builder, x: NodeId, axes: Axes, shape: Shape) -> NodeId {
    if axes.is_empty() || b.shape(x).is_scalar() { x } else { b.spread(x, axes, shape) }
}
