//! The list of all that chains are made of: rules, transforms, wrappers. To add one, name it in the list at the end.

use std::borrow::Cow;

use thalweg_spec::{Call, SpecError, unknown_name};

use super::assemble::{Assemble, Part};
use super::{Optimizer, Recipe};
use crate::hyper::{self, Describe, Kind};
use crate::rule::{
    AMSGrad, AMSGradDirection, AcProp, AdEmaMix, AdaBelief, AdaHessian, Adadelta, Adafactor, AdafactorOptax,
    Adagrad, Adam, AdamDirection, AdamW, Adamax, AdamaxDirection, AdamaxW, Adan, AdaptiveClip,
    AddDecayedWeights, AddNoise, Adopt, ApplyEvery, Asgd, Centralize, ClipByBlockRms, ClipByGlobalNorm,
    ClipByNorm, ClipByValue, Cocob, DadaptAdam, DadaptSgd, Dog, Dowg, Ema, Freeze, Fromage, HeavyBall, L1,
    Lamb, Lars, Lion, Madgrad, Momo, MomoAdam, Muon, MuonOptax, NAdam, NAdamW, Nesterov, NoisySgd, Normalize,
    NormalizeByUpdateNorm, Novograd, OptimisticAdam, OptimisticGradientDescent, PolyakSgd, Preconditioned,
    Prodigy, ProximalL1, RAdam, RAdamDirection, ReduceOnPlateau, RmsDirection, RmsProp, Rprop, RssDirection,
    Scale, ScaleByAdaBelief, ScaleByAdadelta, ScaleByAdan, ScaleByLion, ScaleByNovograd,
    ScaleByOptimisticGradient, ScaleByParamBlockNorm, ScaleByParamBlockRms, ScaleBySign, ScaleBySm3,
    ScaleByTrustRatio, ScaleByYogi, ScheduleFreeAdamW, ScheduleFreeSgd, Sgd, Sgld, Shampoo, SignSgd, Signum,
    SimplifiedAdEmaMix, Sm3, Soap, Sophia, StddevDirection, TraceUpdates, Yogi, ZeroNans,
};
use crate::wrap::{Accumulate, Groups, Lookahead, Mechanize, ParameterEma, ParameterSwa, Sam, SkipNonfinite};
use crate::{Named, Real, RuleError};

/// What errors call a link.
pub(super) const KIND: &str = "optimizer";

macro_rules! links {
    ($($kind:ident: $($rule:ident),*;)*) => {
        #[derive(Debug, Clone, PartialEq)]
        pub(super) enum Link {
            $($($rule($rule),)*)*
        }

        pub(super) const NAMES: &[&str] = &[$($(<$rule as Describe>::NAME,)*)*];

        /// Every optimiser and every transform that chains are made of: name, summary and signature.
        ///
        /// ```
        /// let adam = thalweg_rule::names().into_iter().find(|named| named.name == "adam").unwrap();
        /// assert!(adam.signature.starts_with("adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8"));
        /// ```
        pub fn names() -> Vec<Named> {
            vec![$($(hyper::named::<$rule>(Kind::$kind),)*)*]
        }

        impl Link {
            pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
                match call.name.as_str() {
                    "gradient_descent" => Ok(Link::Sgd(hyper::read(call, KIND)?)),
                    $($(<$rule as Describe>::NAME => Ok(Link::$rule(hyper::read(call, KIND)?)),)*)*
                    other => Err(unknown_name(KIND, other, NAMES)),
                }
            }

            pub(super) fn print(&self) -> Call {
                match self {
                    $($(Link::$rule(rule) => hyper::print(rule),)*)*
                }
            }

            pub(super) fn check(&self) -> Result<(), RuleError> {
                match self {
                    $($(Link::$rule(rule) => hyper::check(rule),)*)*
                }
            }

            pub(super) fn part<F: Real>(&self) -> Part<F> {
                match self {
                    $($(Link::$rule(rule) => rule.part(),)*)*
                }
            }

            pub(super) fn name(&self) -> &'static str {
                match self {
                    $($(Link::$rule(_) => <$rule as Describe>::NAME,)*)*
                }
            }

            /// Whether it picks parts of the parameters by their names.
            pub(super) fn picks_parts(&self) -> bool {
                match self {
                    $($(Link::$rule(rule) => Describe::picks_parts(rule),)*)*
                }
            }

            /// The hyperparameters that are numbers, with their values at a step.
            pub(super) fn numbers(&self, step: u64) -> Vec<(Cow<'static, str>, f64)> {
                match self {
                    $($(Link::$rule(rule) => Describe::numbers(rule, step),)*)*
                }
            }

            /// Sets a hyperparameter that is a number.
            pub(super) fn set(&mut self, key: &str, value: f64) {
                match self {
                    $($(Link::$rule(rule) => Describe::set(rule, key, value),)*)*
                }
            }
        }

        $($(
            impl From<$rule> for Optimizer {
                fn from(rule: $rule) -> Self {
                    Optimizer { links: vec![Link::$rule(rule)] }
                }
            }

            impl Recipe for $rule {}
        )*)*
    };
}
links!(
    Rule:
        // Gradient descent, momentum, signs.
        Sgd,
        HeavyBall,
        Nesterov,
        Asgd,
        Preconditioned,
        SignSgd,
        Signum,
        Lion,
        Rprop,
        OptimisticGradientDescent,
        NoisySgd,
        Sgld,
        // Roots of squares.
        Adagrad,
        Adadelta,
        RmsProp,
        Madgrad,
        Sm3,
        Adafactor,
        AdafactorOptax,
        // Adam and its relatives.
        Adam,
        AdamW,
        NAdam,
        NAdamW,
        RAdam,
        AMSGrad,
        Adamax,
        AdamaxW,
        AdaBelief,
        AcProp,
        Yogi,
        Adan,
        AdEmaMix,
        SimplifiedAdEmaMix,
        Adopt,
        OptimisticAdam,
        // In proportion to layers.
        Lars,
        Lamb,
        Novograd,
        Fromage,
        // Step sizes that are estimated.
        PolyakSgd,
        Momo,
        MomoAdam,
        DadaptSgd,
        DadaptAdam,
        Prodigy,
        Dog,
        Dowg,
        Cocob,
        // Matrices.
        Muon,
        MuonOptax,
        Shampoo,
        Soap,
        // Curvature.
        Sophia,
        AdaHessian,
        // Others.
        ScheduleFreeSgd,
        ScheduleFreeAdamW,
        Groups;
    Transform:
        // Factors and decay.
        Scale,
        AddDecayedWeights,
        L1,
        ProximalL1,
        Freeze,
        ReduceOnPlateau,
        AddNoise,
        // Clipping and norms.
        ClipByValue,
        ClipByNorm,
        ClipByGlobalNorm,
        ClipByBlockRms,
        AdaptiveClip,
        Normalize,
        NormalizeByUpdateNorm,
        Centralize,
        ScaleBySign,
        ZeroNans,
        // Sums and means.
        TraceUpdates,
        Ema,
        ApplyEvery,
        // Directions of rules.
        RssDirection,
        ScaleByAdadelta,
        RmsDirection,
        StddevDirection,
        ScaleBySm3,
        AdamDirection,
        RAdamDirection,
        AMSGradDirection,
        AdamaxDirection,
        ScaleByAdaBelief,
        ScaleByYogi,
        ScaleByAdan,
        ScaleByLion,
        ScaleByOptimisticGradient,
        ScaleByNovograd,
        // In proportion to layers.
        ScaleByTrustRatio,
        ScaleByParamBlockNorm,
        ScaleByParamBlockRms;
    Wrapper:
        Accumulate,
        SkipNonfinite,
        Lookahead,
        Sam,
        Mechanize,
        ParameterEma,
        ParameterSwa;
);
