//! The kernels against CORE-MATH (correctly rounded), and against themselves in lanes of other widths.

mod points;
mod table;

use super::isa::{Isa, WithLanes};
use super::math::MathLanes;
use points::{Number, line};

/// A function of two numbers, the second unused by those of one.
struct Apply<'a, F, K> {
    function: K,
    x: &'a [F],
    y: &'a [F],
}

trait Function: Copy {
    fn of<V: MathLanes>(self, x: V, y: V) -> V;
}

impl<F: Number, K: Function> WithLanes<F> for Apply<'_, F, K> {
    type Output = Vec<F>;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> Vec<F> {
        let mut results = vec![self.x[0]; self.x.len()];
        for start in (0..self.x.len()).step_by(V::WIDTH) {
            // SAFETY: the lists are whole numbers of the widest register long, see `points`.
            unsafe {
                let x = V::load(self.x[start..start + V::WIDTH].as_ptr());
                let y = V::load(self.y[start..start + V::WIDTH].as_ptr());
                self.function.of(x, y).store(results[start..start + V::WIDTH].as_mut_ptr());
            }
        }
        results
    }
}

/// Every instruction set's results, checked to have the same bits (any NaN for a NaN).
fn results<F: Number, K: Function>(function: K, x: &[F], y: &[F]) -> Vec<F> {
    let reference = F::dispatch(Isa::Portable, Apply { function, x, y });
    for isa in Isa::available() {
        let wide = F::dispatch(isa, Apply { function, x, y });
        let single = F::dispatch_single(isa, Apply { function, x, y });
        for (i, (&expected, (&wide, &single))) in reference.iter().zip(wide.iter().zip(&single)).enumerate() {
            for got in [wide, single] {
                let same = got.pattern() == expected.pattern() || got.is_nan() && expected.is_nan();
                assert!(same, "{isa:?} gives {got:?}, one lane {expected:?} at ({:?}, {:?})", x[i], y[i]);
            }
        }
    }
    reference
}

/// The results are at most one unit in the last place from `exact`, the correctly rounded function.
fn assert_accurate<F: Number, K: Function>(function: K, exact: impl Fn(F, F) -> F, points: &[(F, F)]) {
    let (x, y): (Vec<F>, Vec<F>) = points.iter().copied().unzip();
    for (i, got) in results(function, &x, &y).into_iter().enumerate() {
        let expected = exact(x[i], y[i]);
        let distance = points::distance(got, expected);
        assert!(distance <= 1, "f({:?}, {:?}) = {got:?}, not {expected:?}: {distance} apart", x[i], y[i]);
    }
}

macro_rules! functions {
    ($($name:ident($x:ident $(, $y:ident)?) as $Function:ident: $exact64:path, $exact32:path, $points:expr;)+) => {
        $(
            #[derive(Clone, Copy)]
            struct $Function;
            impl Function for $Function {
                #[inline(always)]
                fn of<V: MathLanes>(self, $x: V, _second: V) -> V {
                    $(let $y = _second;)?
                    $x.$name($($y)?)
                }
            }

            mod $name {
                use super::*;

                #[test]
                fn is_within_one_unit_of_the_correctly_rounded_value_in_lanes_of_any_width() {
                    let exact = |$x: f64, _second: f64| {
                        $(let $y = _second;)?
                        $exact64($x $(, $y)?)
                    };
                    assert_accurate($Function, exact, &points::list($points));
                }

                #[test]
                fn is_within_one_unit_of_the_correctly_rounded_value_in_lanes_of_f32() {
                    let exact = |$x: f32, _second: f32| {
                        $(let $y = _second;)?
                        $exact32($x $(, $y)?)
                    };
                    assert_accurate($Function, exact, &points::list($points));
                }
            }
        )+
    };
}

functions! {
    exp(x) as Exp: core_math::exp, core_math::expf, &[line(-750.0, 715.0), line(-104.0, 89.0)];
    expm1(x) as Expm1: core_math::expm1, core_math::expm1f, &[line(-40.0, 712.0), line(-1.5, 1.5)];
    log(x) as Log: core_math::log, core_math::logf, &[line(0.0, 4.0), line(0.0, 1e-305)];
    log1p(x) as Log1p: core_math::log1p, core_math::log1pf, &[line(-1.0, 2.0), line(-1e-3, 1e3)];
    sin(x) as Sin: core_math::sin, core_math::sinf, &[line(-9.0, 9.0), line(-1.1e9, 1.1e9)];
    cos(x) as Cos: core_math::cos, core_math::cosf, &[line(-9.0, 9.0), line(-1.1e9, 1.1e9)];
    tan(x) as Tan: core_math::tan, core_math::tanf, &[line(-9.0, 9.0), line(-1.1e9, 1.1e9)];
    asin(x) as Asin: core_math::asin, core_math::asinf, &[line(-1.01, 1.01), line(-0.51, -0.49)];
    acos(x) as Acos: core_math::acos, core_math::acosf, &[line(-1.01, 1.01), line(0.999, 1.0)];
    atan(x) as Atan: core_math::atan, core_math::atanf, &[line(-3.0, 3.0), line(-1e3, 1e3)];
    sinh(x) as Sinh: core_math::sinh, core_math::sinhf, &[line(-712.0, 712.0), line(-2.0, 20.0)];
    cosh(x) as Cosh: core_math::cosh, core_math::coshf, &[line(-712.0, 712.0), line(-2.0, 20.0)];
    tanh(x) as Tanh: core_math::tanh, core_math::tanhf, &[line(-22.0, 22.0), line(-1.0, 1.0)];
    atan2(y, x) as Atan2: core_math::atan2, core_math::atan2f, &[[-2.0, 2.0, -2.0, 2.0], [-1.0, 1.0, -1e9, 1e9]];
    hypot(x, y) as Hypot: core_math::hypot, core_math::hypotf, &[[-2.0, 2.0, -2.0, 2.0], [-1e-310, 1e-310, 0.0, 1e-310]];
    pow(x, y) as Pow: core_math::pow, core_math::powf,
        &[[0.0, 3.0, -40.0, 40.0], [0.99, 1.01, -8e4, 8e4], [1e-310, 1e300, -1.1, 1.1]];
}

#[test]
fn pow_of_a_negative_base_takes_whole_exponents_only() {
    let mut pairs = Vec::new();
    for exponent in -40..=40 {
        for base in [-0.0, -0.3, -1.0, -1.7, -2.0, -11.0, -f64::INFINITY] {
            pairs.push((base, f64::from(exponent)));
            pairs.push((base, f64::from(exponent) + 0.5));
        }
    }
    assert_accurate(Pow, core_math::pow, &points::padded(pairs));
}

#[derive(Clone, Copy)]
struct Sigmoid;
impl Function for Sigmoid {
    #[inline(always)]
    fn of<V: MathLanes>(self, x: V, _: V) -> V {
        x.sigmoid()
    }
}

#[derive(Clone, Copy)]
struct Softplus;
impl Function for Softplus {
    #[inline(always)]
    fn of<V: MathLanes>(self, x: V, _: V) -> V {
        x.softplus()
    }
}

fn assert_tabulated<K: Function>(function: K, table: &[(f64, f64)]) {
    let points = points::padded(table.iter().map(|&(x, _)| (x, 0.0)).collect());
    let exact = |wanted: f64, _| {
        let row = table.iter().find(|(x, _)| x.to_bits() == wanted.to_bits());
        row.expect("a point of the table").1
    };
    assert_accurate(function, exact, &points);
}

/// In lanes of `f32`, the results are those of `f64`, rounded, and the latter have the same bits in all lanes.
fn assert_consistent<K: Function>(function: K) {
    let ranges = &[line(-750.0, 720.0), line(-5.0, 5.0)];
    let (x, y): (Vec<f64>, Vec<f64>) = points::list::<f64>(ranges).into_iter().unzip();
    results(function, &x, &y);
    let in_f64 =
        |x: f32, _| results(function, &[f64::from(x); points::WIDEST], &[0.0; points::WIDEST])[0] as f32;
    assert_accurate(function, in_f64, &points::list(ranges));
}

#[test]
fn sigmoid_is_within_one_unit_of_the_tabulated_values() {
    assert_tabulated(Sigmoid, &table::SIGMOID);
}

#[test]
fn softplus_is_within_one_unit_of_the_tabulated_values() {
    assert_tabulated(Softplus, &table::SOFTPLUS);
}

#[test]
fn sigmoid_is_the_same_in_lanes_of_any_width() {
    assert_consistent(Sigmoid);
}

#[test]
fn softplus_is_the_same_in_lanes_of_any_width() {
    assert_consistent(Softplus);
}
