//! Optimiser rules, chains, schedules and clipping over flat slices.
//!
//! A [`Rule`] turns a gradient into a step, in place, on any `&mut [f32]` or `&mut [f64]`, in one pass over memory. This crate
//! knows nothing of functions: where gradients come from never lives here.
//!
//! - [`Optimizer`] describes a rule or a chain of rules: from text (`"clip_by_global_norm(1) | adam(lr=0.1)"`), or from the
//!   typed hyperparameters of [`rule`] ([`Sgd`], [`Adam`], …).
//! - [`Optimizer::rule`] builds it for a parameter vector, or for many small problems side by side.
//! - [`Schedule`] is a learning rate that changes with the step.
//! - [`Layout`] names the parts of a vector and their shapes, for rules that treat layers, rows or matrices in their own way, and for
//!   [`Groups`] of parameters with chains of their own.
//! - [`Snapshot`] and `Checkpoint` save what a rule remembers; [`Rule::set`] changes hyperparameters on the way.
//! - [`Rule::formula`] gives a rule's update as plain arithmetic, for those who compile it together with the gradient.
//! - `MixedPrecision` steps parameters in bfloat16, with copies in `f32` or with stochastic rounding (feature `bf16`, on unless it is
//!   turned off).
//! - [`Transform`] is the contract for formulas of your own; [`Chain`] joins them and [`Fused`] compiles them into one loop.
//!
//! ```
//! use thalweg_rule::{Recipe, Rule, Sgd};
//!
//! let mut rule = Sgd { lr: 0.1.into(), momentum: 0.9.into(), ..Sgd::default() }.rule::<f32>(3, 1)?;
//! let mut params = [1.0, 2.0, 3.0];
//! rule.step(&mut params, &[0.5, -0.5, 0.0])?;
//! assert_eq!(params, [0.95, 2.05, 3.0]);
//! # Ok::<(), thalweg_rule::RuleError>(())
//! ```

#![expect(
    clippy::inline_always,
    reason = "formulas must become part of the loop that has the instruction set"
)]

#[cfg(feature = "checkpoints")]
mod checkpoint;
mod error;
mod evaluation;
mod formula;
mod hyper;
mod layout;
mod matrices;
mod memory;
#[cfg(feature = "bf16")]
mod mixed;
mod optimizer;
mod pass;
mod random;
mod real;
pub mod rule;
mod schedule;
pub mod transform;
mod wrap;

#[cfg(feature = "checkpoints")]
pub use checkpoint::{Checkpoint, Resumed, from_torch, to_torch};
pub use error::RuleError;
pub use evaluation::{Evaluation, Needs};
pub use formula::{Formula, Operation};
pub use hyper::{Kind, Named};
pub use layout::{Layout, Leaf};
pub use memory::{Memory, Saved, Snapshot, Visit};
#[cfg(feature = "bf16")]
pub use mixed::{GradientElement, Master, MixedPrecision, bf16};
pub use optimizer::{Optimizer, Recipe, names};
pub use pass::{Explanation, Fused, Origin, Rule, Slots, Step};
pub use real::{Arithmetic, Real};
pub use schedule::{
    Cosine, CosineRestarts, Cyclic, CyclicMode, Exponential, InverseTime, Joined, Linear, MultiStep,
    OneCycle, OneCycleConvention, OneCycleMomentum, Piecewise, PiecewiseInterpolate, Polynomial, Schedule,
    Sgdr, Shape, StepDecay, Warmup, WarmupCosine, Wsd, schedule_names,
};
pub use transform::{Chain, Transform};

// Gradient descent, momentum, signs.
pub use rule::{
    Asgd, HeavyBall, Lion, LionMode, Nesterov, NoisySgd, OptimisticGradientDescent, Preconditioned, Rprop,
    Sgd, Sgld, SignSgd, Signum,
};

// Roots of squares.
pub use rule::{Adadelta, Adafactor, AdafactorOptax, Adagrad, Madgrad, RmsProp, Sm3};

// Adam and its relatives.
pub use rule::{
    AMSGrad, AcProp, AdEmaMix, AdaBelief, Adam, AdamW, Adamax, AdamaxW, Adan, Adopt, BiasCorrection, NAdam,
    NAdamW, OptimisticAdam, RAdam, SimplifiedAdEmaMix, Yogi,
};

// In proportion to layers.
pub use rule::{Fromage, Lamb, Lars, Novograd};

// Step sizes that are estimated.
pub use rule::{
    Cocob, DadaptAdam, DadaptSgd, Dog, DogInit, Dowg, Momo, MomoAdam, PolyakSgd, PolyakVariant, Prodigy,
};

// Matrices.
pub use rule::{AdjustLr, Muon, MuonOptax, Preconditioning, Shampoo, Soap};

// Curvature.
pub use rule::{AdaHessian, Sophia};

// Others.
pub use rule::{ScheduleFreeAdamW, ScheduleFreeSgd};

// Links: factors and decay.
pub use rule::{
    AddDecayedWeights, AddNoise, Freeze, L1, PlateauMode, ProximalL1, ReduceOnPlateau, Scale, ThresholdMode,
};

// Links: clipping and norms.
pub use rule::{
    AdaptiveClip, Centralize, ClipByBlockRms, ClipByGlobalNorm, ClipByNorm, ClipByValue, Normalize,
    NormalizeByUpdateNorm, OutputAxis, ScaleBySign, ZeroNans,
};

// Links: sums and means.
pub use rule::{ApplyEvery, Ema, TraceUpdates};

// Links: directions of rules.
pub use rule::{
    AMSGradDirection, AdamDirection, AdamaxDirection, RAdamDirection, RmsDirection, RssDirection,
    ScaleByAdaBelief, ScaleByAdadelta, ScaleByAdan, ScaleByLion, ScaleByNovograd, ScaleByOptimisticGradient,
    ScaleBySm3, ScaleByYogi, StddevDirection,
};

// Links: in proportion to layers.
pub use rule::{ScaleByParamBlockNorm, ScaleByParamBlockRms, ScaleByTrustRatio};

// Rules around rules.
pub use wrap::{
    Accumulate, Group, Groups, Lookahead, Mechanize, ParameterEma, ParameterSwa, Sam, SkipNonfinite,
};
