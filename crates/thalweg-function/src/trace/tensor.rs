//! [`Tensor`]: a small eager face for people who come from PyTorch: values at once, `backward()` for gradients.
//!
//! A tensor remembers the operations it came from. `backward` lays them out as a program and takes its
//! [`gradient`](crate::gradient): the same rules as everywhere else, no second set of derivative formulas.

use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::rc::Rc;

use crate::error::FunctionError;
use crate::execute::Executable;
use crate::primitive::{self, Op};
use crate::program::{Builder, NodeId, Shape};
use crate::transform::gradient;

/// A number with a memory of where it came from.
///
/// ```
/// use thalweg_function::Tensor;
///
/// let x1 = Tensor::new(-5.0).requires_grad(true);
/// let x2 = Tensor::new(-2.0).requires_grad(true);
/// let loss = 0.1 * x1.pow(2.0) + 2.0 * x2.pow(2.0);
/// loss.backward()?;
/// assert_eq!((loss.value(), x1.grad(), x2.grad()), (10.5, Some(-1.0), Some(-8.0)));
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[derive(Clone)]
pub struct Tensor(Rc<Node>);

struct Node {
    value: Cell<f64>,
    requires_grad: Cell<bool>,
    grad: Cell<Option<f64>>,
    op: Option<Op>,
    /// Empty for a leaf. Taken apart one by one when dropped, so that long histories do not overflow the stack.
    operands: RefCell<Vec<Tensor>>,
}

impl fmt::Debug for Tensor {
    /// Without the history, which may be long and is a graph, not a tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tensor")
            .field("value", &self.value())
            .field("requires_grad", &self.0.requires_grad.get())
            .field("grad", &self.grad())
            .finish_non_exhaustive()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let mut pending = self.operands.take();
        while let Some(Tensor(node)) = pending.pop() {
            if let Some(node) = Rc::into_inner(node) {
                pending.append(&mut node.operands.take());
            }
        }
    }
}

impl Tensor {
    /// A leaf with this value, which does not ask for a gradient.
    pub fn new(value: f64) -> Self {
        Self::node(value, false, None, Vec::new())
    }

    fn node(value: f64, requires_grad: bool, op: Option<Op>, operands: Vec<Tensor>) -> Self {
        Tensor(Rc::new(Node {
            value: Cell::new(value),
            requires_grad: Cell::new(requires_grad),
            grad: Cell::new(None),
            op,
            operands: RefCell::new(operands),
        }))
    }

    fn apply(op: Op, operands: &[&Tensor]) -> Tensor {
        let mut values = [operands[0].value(); 3];
        for (value, operand) in values.iter_mut().zip(operands) {
            *value = operand.value();
        }
        let requires_grad = operands.iter().any(|operand| operand.0.requires_grad.get());
        let history = if requires_grad { operands.iter().map(|&t| t.clone()).collect() } else { Vec::new() };
        Self::node(primitive::evaluate(op, values), requires_grad, requires_grad.then_some(op), history)
    }

    /// Says whether [`Tensor::backward`] shall compute a gradient for this leaf.
    pub fn requires_grad(self, wanted: bool) -> Self {
        self.0.requires_grad.set(wanted);
        self
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.0.value.get()
    }

    /// Sets the number of a leaf; what was computed from it before keeps its value.
    pub fn set_value(&self, value: f64) {
        self.0.value.set(value);
    }

    /// The gradients added up by [`Tensor::backward`] since the last [`Tensor::zero_grad`]; `None` before the first.
    pub fn grad(&self) -> Option<f64> {
        self.0.grad.get()
    }

    /// Forgets the gradient.
    pub fn zero_grad(&self) {
        self.0.grad.set(None);
    }

    /// Adds to each leaf that requires it the derivative of this number with respect to that leaf.
    ///
    /// # Errors
    /// None in practice: any history of tensors is a differentiable program.
    pub fn backward(&self) -> Result<(), FunctionError> {
        let mut builder = Builder::new();
        let mut leaves: Vec<&Tensor> = Vec::new();
        let order = self.history();
        let mut placed: FxHashMap<*const Node, NodeId> = FxHashMap::default();
        for tensor in &order {
            let operands = tensor.0.operands.borrow();
            let id = match tensor.0.op {
                Some(op) => {
                    let operands: Vec<_> = operands.iter().map(|t| placed[&Rc::as_ptr(&t.0)]).collect();
                    builder.apply(op, &operands)
                }
                None if tensor.0.requires_grad.get() => {
                    leaves.push(tensor);
                    builder.input(format!("x{}", leaves.len()), Shape::SCALAR)
                }
                None => builder.constant(tensor.value()),
            };
            placed.insert(Rc::as_ptr(&tensor.0), id);
        }
        let program = builder.finish(&[placed[&Rc::as_ptr(&self.0)]]);
        let mut slopes = vec![0.0; leaves.len()];
        let values: Vec<_> = leaves.iter().map(|leaf| leaf.value()).collect();
        Executable::<f64>::new(&gradient(&program)?)?.run(&values, &mut slopes)?;
        for (leaf, slope) in leaves.iter().zip(slopes) {
            leaf.0.grad.set(Some(leaf.grad().unwrap_or(0.0) + slope));
        }
        Ok(())
    }

    /// Everything this number came from, operands before results.
    fn history(&self) -> Vec<Tensor> {
        let mut order = Vec::new();
        let mut entered: FxHashSet<*const Node> = FxHashSet::default();
        let mut stack = vec![(self.clone(), false)];
        while let Some((tensor, ready)) = stack.pop() {
            if ready {
                order.push(tensor);
            } else if entered.insert(Rc::as_ptr(&tensor.0)) {
                stack.push((tensor.clone(), true));
                stack.extend(tensor.0.operands.borrow().iter().map(|t| (t.clone(), false)));
            }
        }
        order
    }
}

impl From<f64> for Tensor {
    fn from(value: f64) -> Self {
        Tensor::new(value)
    }
}

macro_rules! unary {
    ($($(#[$doc:meta])* $method:ident $op:ident;)*) => {
        impl Tensor {
            $(
                $(#[$doc])*
                pub fn $method(&self) -> Tensor {
                    Tensor::apply(Op::$op, &[self])
                }
            )*
        }
    };
}

unary! {
    /// |x|.
    abs Abs;
    /// √x.
    sqrt Sqrt;
    /// eˣ.
    exp Exp;
    /// The natural logarithm.
    log Log;
    /// The sine.
    sin Sin;
    /// The cosine.
    cos Cos;
    /// The hyperbolic tangent.
    tanh Tanh;
    /// 1/(1 + e⁻ˣ).
    sigmoid Sigmoid;
    /// max(x, 0).
    relu Relu;
}

impl Tensor {
    /// xʸ.
    pub fn pow(&self, exponent: impl Into<Tensor>) -> Tensor {
        Tensor::apply(Op::Pow, &[self, &exponent.into()])
    }
}

macro_rules! operator {
    ($trait:ident $method:ident) => {
        operator!($trait $method; Tensor, Tensor);
        operator!($trait $method; Tensor, &Tensor);
        operator!($trait $method; &Tensor, Tensor);
        operator!($trait $method; &Tensor, &Tensor);

        impl $trait<f64> for Tensor {
            type Output = Tensor;
            fn $method(self, other: f64) -> Tensor {
                Tensor::apply(Op::$trait, &[&self, &Tensor::new(other)])
            }
        }

        impl $trait<f64> for &Tensor {
            type Output = Tensor;
            fn $method(self, other: f64) -> Tensor {
                Tensor::apply(Op::$trait, &[self, &Tensor::new(other)])
            }
        }

        impl $trait<Tensor> for f64 {
            type Output = Tensor;
            fn $method(self, other: Tensor) -> Tensor {
                Tensor::apply(Op::$trait, &[&Tensor::new(self), &other])
            }
        }

        impl $trait<&Tensor> for f64 {
            type Output = Tensor;
            fn $method(self, other: &Tensor) -> Tensor {
                Tensor::apply(Op::$trait, &[&Tensor::new(self), other])
            }
        }
    };
    ($trait:ident $method:ident; $left:ty, $right:ty) => {
        impl $trait<$right> for $left {
            type Output = Tensor;
            fn $method(self, other: $right) -> Tensor {
                Tensor::apply(Op::$trait, &[&self, &other])
            }
        }
    };
}
operator!(Add add);
operator!(Sub sub);
operator!(Mul mul);
operator!(Div div);

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        Tensor::apply(Op::Neg, &[self])
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        -&self
    }
}
