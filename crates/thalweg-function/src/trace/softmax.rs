//! Classes as numbers: softmax, its logarithm, the cross entropy with labels, one-hot rows.

use std::panic::Location;

use super::axes::axis_of;
use super::reduction::{against, sum_over};
use super::statistics::{log_sum, shifted};
use super::{Var, record_array};
use crate::primitive::{ArrayOp, Axes, Op};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// eˣ/Σeˣ along the axis, without overflow.
    ///
    /// A missing or empty axis makes the trace an error.
    #[track_caller]
    pub fn softmax(self, axis: i32) -> Var {
        self.along_classes("softmax", axis, |b, shifted, set| {
            let exponential = b.apply(Op::Exp, &[shifted]);
            let sum = sum_over(b, exponential, set);
            let sum = against(b, sum, set, b.shape(shifted));
            b.div(exponential, sum)
        })
    }

    /// x − log Σeˣ along the axis: the logarithm of [`softmax`](Var::softmax), exact also where that is 0.
    #[track_caller]
    pub fn log_softmax(self, axis: i32) -> Var {
        self.along_classes("log_softmax", axis, |b, shifted, set| {
            let sum = log_sum(b, shifted, set);
            let sum = against(b, sum, set, b.shape(shifted));
            b.sub(shifted, sum)
        })
    }

    #[track_caller]
    fn along_classes(
        self,
        name: &'static str,
        axis: i32,
        build: impl FnOnce(&mut Builder, NodeId, Axes) -> NodeId,
    ) -> Var {
        record_array(name, &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            if shape.axis(axis) == 0 {
                return Err(format!("axis {axis} has no elements; one or more are needed"));
            }
            let set = Axes::of([axis]);
            let (shifted, _) = shifted(b, x[0], set);
            Ok(build(b, shifted, set))
        })
    }

    /// The loss of each example: log Σeᶻ − z\[label\] for logits z of shape `[…, classes]` and `labels` of shape `[…]`,
    /// whole numbers from 0.
    ///
    /// ```
    /// use thalweg_function::{Executable, trace};
    ///
    /// let loss = trace([[2, 3].into(), [2].into()], |x| x[0].softmax_cross_entropy(x[1]))?;
    /// let mut losses = [0.0; 2];
    /// let logits = [5.0, 5.0, 5.0, 0.0, 1000.0, 0.0];
    /// Executable::<f64>::new(&loss)?.run(&[&logits[..], &[2.0, 1.0]].concat(), &mut losses)?;
    /// assert!((losses[0] - 3.0_f64.ln()).abs() < 1e-15 && losses[1] == 0.0);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// Labels of another shape, or no classes, make the trace an error.
    #[track_caller]
    pub fn softmax_cross_entropy(self, labels: Var) -> Var {
        record_array("softmax_cross_entropy", &[self, labels], Location::caller(), |b, x| {
            let (logits, labels) = (b.shape(x[0]), b.shape(x[1]));
            let Some(last) = logits.rank().checked_sub(1).filter(|&last| logits.axis(last) > 0) else {
                return Err("logits [..., classes] are needed, of one class or more".to_owned());
            };
            let set = Axes::of([last]);
            let one_each = logits.without(set);
            if labels != one_each {
                return Err(format!("logits {logits} need labels of shape {one_each}, one for each row"));
            }
            let (shifted, _) = shifted(b, x[0], set);
            let sum = log_sum(b, shifted, set);
            let index = b.insert_axes(x[1], set);
            let chosen = b.take_along(shifted, index, last);
            let chosen = b.reshape(chosen, one_each);
            Ok(b.sub(sum, chosen))
        })
    }

    /// Rows of zeros with a 1 at the index: whole numbers `[…]` become `[…, classes]`. An index that is no class gives zeros.
    /// Has no derivative.
    #[track_caller]
    pub fn one_hot(self, classes: usize) -> Var {
        record_array("one_hot", &[self], Location::caller(), |b, x| {
            let labels = b.shape(x[0]);
            let lengths: Vec<_> = labels.axes().chain([classes]).collect();
            let Some(shape) = Shape::new(&lengths) else {
                return Err(format!(
                    "a further axis of {classes}: at most {} axes of {} elements are possible",
                    Shape::MAX_RANK,
                    u32::MAX
                ));
            };
            let last = labels.rank();
            let class = b.array(ArrayOp::Iota(last as u8), &[], shape);
            let label = against(b, x[0], Axes::of([last]), shape);
            Ok(b.apply(Op::Equal, &[label, class]))
        })
    }
}
