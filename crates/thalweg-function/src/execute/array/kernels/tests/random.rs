//! Random numbers.

use super::super::uniform::philox;
use super::{bits, computed, same_bits_on_three_threads};
use crate::primitive::ArrayOp;
use crate::program::Shape;

fn one(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    philox(counter.map(|word| [word]), key).map(|[word]| word)
}

#[test]
fn philox_gives_the_known_answers_of_its_authors() {
    // `kat_vectors` of Random123 1.14, philox4x32-10.
    let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
    let cases = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (pi, [0xa409_3822, 0x299f_31d0], [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
    ];
    for (counter, key, expected) in cases {
        assert_eq!(one(counter, key), expected);
    }
}

#[test]
fn draws_are_the_bits_of_philox_from_the_top() {
    let block = one([1, 0, 9, 0], [5, 0]);
    let top =
        |low: u32, high: u32| ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 * 2.0_f64.powi(-53);
    let found = computed::<f64>(ArrayOp::Uniform(9), &[(&[5.0], Shape::SCALAR)], [5]).unwrap();
    assert_eq!(found[2..4], [top(block[0], block[1]), top(block[2], block[3])]);
    let single = computed::<f32>(ArrayOp::Uniform(9), &[(&[5.0], Shape::SCALAR)], [5]).unwrap();
    for (wide, narrow) in found.iter().zip(single) {
        let difference = wide - f64::from(narrow);
        assert!((0.0..2.0_f64.powi(-24)).contains(&difference) && narrow < 1.0, "{wide} {narrow}");
    }
}

#[test]
fn each_key_and_each_stream_has_draws_of_its_own() {
    let keys = [3.0, -1.0, 3.0];
    let many = computed::<f64>(ArrayOp::Uniform(0), &[(&keys, [3].into())], [3, 7]).unwrap();
    let alone = computed::<f64>(ArrayOp::Uniform(0), &[(&[-1.0], Shape::SCALAR)], [7]).unwrap();
    assert_eq!(many[7..14], alone);
    assert_eq!(many[..7], many[14..]);
    assert_ne!(many[..7], alone);
    let other = computed::<f64>(ArrayOp::Uniform(1), &[(&[-1.0], Shape::SCALAR)], [7]).unwrap();
    assert_ne!(bits(&other), bits(&alone));
}

#[test]
fn draws_fill_the_unit_interval_evenly() {
    let n = 200_000;
    let draws = computed::<f64>(ArrayOp::Uniform(0), &[(&[7.0], Shape::SCALAR)], [n]).unwrap();
    assert!(draws.iter().all(|x| (0.0..1.0).contains(x)));
    // Mean ½ and variance 1/12, each within five standard errors.
    let mean = draws.iter().sum::<f64>() / n as f64;
    let variance = draws.iter().map(|x| (x - 0.5).powi(2)).sum::<f64>() / n as f64;
    let root = (n as f64).sqrt();
    assert!((mean - 0.5).abs() < 5.0 * (1.0_f64 / 12.0).sqrt() / root, "{mean}");
    assert!((variance - 1.0 / 12.0).abs() < 5.0 * (1.0_f64 / 180.0).sqrt() / root, "{variance}");
}

#[test]
fn a_key_that_is_no_whole_number_is_refused() {
    for key in [0.5, f64::NAN, f64::INFINITY, 2.0_f64.powi(63)] {
        let error = computed::<f64>(ArrayOp::Uniform(0), &[(&[key], Shape::SCALAR)], [2]).unwrap_err();
        assert!(error.to_string().starts_with("`uniform`: key "), "{error}");
    }
    assert!(computed::<f64>(ArrayOp::Uniform(0), &[(&[-(2.0_f64.powi(63))], Shape::SCALAR)], [2]).is_ok());
}

#[test]
fn draws_do_not_depend_on_the_number_of_threads() {
    let keys = [1.0, 2.0, 3.0];
    same_bits_on_three_threads(ArrayOp::Uniform(4), &[(&keys, [3].into())], [3, 33_333].into());
}
