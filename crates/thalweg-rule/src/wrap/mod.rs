//! Rules around rules: what happens before, after or instead of a step of the rest of the chain. How a single update is computed
//! never lives here.

mod accumulate;
mod average;
mod behind;
mod groups;
mod lookahead;
mod mechanize;
mod running;
mod sam;
mod selected;
mod skip_nonfinite;

pub use accumulate::Accumulate;
pub use average::{ParameterEma, ParameterSwa};
pub(crate) use behind::Behind;
pub use groups::{Group, Groups};
pub use lookahead::Lookahead;
pub use mechanize::Mechanize;
pub(crate) use running::Running;
pub use sam::Sam;
pub use skip_nonfinite::SkipNonfinite;

/// The methods of [`Rule`](crate::Rule) that a rule around another passes on unchanged.
macro_rules! pass_on {
    ($field:ident: $($method:ident)*) => {
        $($crate::wrap::pass_on!(@ $field $method);)*
    };
    (@ $field:ident reset) => {
        fn reset(&mut self) {
            self.$field.reset();
        }
    };
    (@ $field:ident steps) => {
        fn steps(&self) -> u64 {
            self.$field.steps()
        }
    };
    (@ $field:ident needs) => {
        fn needs(&self) -> $crate::Needs {
            self.$field.needs()
        }
    };
    (@ $field:ident probe) => {
        fn probe(&self, direction: &mut [F]) -> bool {
            self.$field.probe(direction)
        }
    };
    (@ $field:ident averaged) => {
        fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
            self.$field.averaged(params, out)
        }
    };
    (@ $field:ident evaluation_point) => {
        fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
            self.$field.evaluation_point(params, point)
        }
    };
    (@ $field:ident again) => {
        fn again(&self) -> Option<u64> {
            self.$field.again()
        }
    };
    (@ $field:ident takes_nonfinite) => {
        fn takes_nonfinite(&self) -> bool {
            self.$field.takes_nonfinite()
        }
    };
    (@ $field:ident formula) => {
        fn formula(&self) -> Option<$crate::Formula> {
            self.$field.formula()
        }
        fn coefficients(&mut self, out: &mut [f64]) -> Result<(), $crate::RuleError> {
            self.$field.coefficients(out)
        }
    };
    (@ $field:ident skip) => {
        fn skip(&mut self, steps: u64) -> Result<(), $crate::RuleError> {
            self.$field.skip(steps)
        }
    };
    (@ $field:ident memory) => {
        fn memory(&mut self, visit: &mut $crate::memory::Visit<'_, F>) {
            self.$field.memory(visit);
        }
    };
    (@ $field:ident explain) => {
        fn explain(&self) -> $crate::Explanation {
            self.$field.explain()
        }
    };
}
pub(crate) use pass_on;
