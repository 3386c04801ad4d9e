//! NumPy's legacy generator and what published notebooks drew with it. Expected numbers: NumPy 2.4.6 unless said otherwise.

use thalweg_function::gradient;
use thalweg_landscape::RandomState;

use crate::{gradient_at, landscape, value_at};

#[test]
fn random_state_draws_what_numpy_draws() {
    // np.random.seed(s); random(3); randn(5); random()
    let draws = [
        (
            0,
            [0.5488135039273248, 0.7151893663724195, 0.6027633760716439],
            [
                -2.268328201180374,
                1.3335453816218967,
                -0.8427240538292873,
                1.9699244478698945,
                1.2661185298577784,
            ],
            0.5288949197529045,
        ),
        (
            1,
            [0.417022004702574, 0.7203244934421581, 0.00011437481734488664],
            [
                -0.8021728386486427,
                -0.4488778077207725,
                -1.1059350760083153,
                -1.6545154524065693,
                -2.363468604780012,
            ],
            0.6852195003967595,
        ),
        (
            12345,
            [0.9296160928171479, 0.3163755545817859, 0.18391881167709445],
            [
                0.3161600083562148,
                -1.379198002097078,
                0.4505544213927303,
                0.09267328907707292,
                1.2481328397922449,
            ],
            0.6535698708517353,
        ),
        (
            u32::MAX,
            [0.0976320289940138, 0.9123828453026218, 0.78903530185164],
            [
                0.0813036681172692,
                0.4096851233481656,
                0.31595808265170017,
                0.03503916479349264,
                -1.741430868579208,
            ],
            0.1817673614885038,
        ),
    ];
    for (seed, uniform, normal, last) in draws {
        let mut random = RandomState::seed(seed);
        assert_eq!([(); 3].map(|()| random.random()), uniform, "seed {seed}");
        assert_eq!([(); 5].map(|()| random.randn()), normal, "seed {seed}");
        assert_eq!(random.random(), last, "seed {seed}");
    }
}

#[test]
fn random_state_stays_with_numpy_after_its_words_are_renewed() {
    // np.random.seed(0); 6 * np.random.random(size=(100, 2)) - 3 ; seed(5), the 2000th of random(2000)
    let starts = RandomState::seed(0).uniform(-3.0, 3.0, 200);
    assert_eq!(starts[..4], [0.2928810235639485, 1.2911361982345166, 0.616580256429863, 0.2692990979813814]);
    assert_eq!(starts[198..], [-2.6518250380567463, -0.39350024665127536]);
    assert_eq!(RandomState::seed(5).uniform(0.0, 1.0, 2000)[1999], 0.4034382345499419);
}

/// The generator after the draws that made `wells(wells=8, dim=2, seed=0)`.
fn after_the_wells() -> RandomState {
    let mut random = RandomState::seed(0);
    random.uniform(0.0, 1.0, 8);
    for _ in 0..16 {
        random.randn();
    }
    random.uniform(0.0, 1.0, 8);
    random
}

#[test]
fn the_wells_have_the_gradient_printed_in_the_notebook() {
    // "True gradient: [[-0.00074594 -0.00069947]]", at the point drawn next.
    let mut random = after_the_wells();
    let x = [random.randn(), random.randn()];
    assert_eq!(x, [-0.8877857476301128, -1.980796468223927]);
    let printed: Vec<_> = gradient_at(&landscape("wells"), &x).iter().map(|g| format!("{g:.8}")).collect();
    assert_eq!(printed, ["-0.00074594", "-0.00069947"]);
}

#[test]
fn the_wells_have_the_values_that_numpy_computes() {
    let wells = landscape("wells(wells=8, dim=2, seed=0)");
    let values = [
        ([0.0, 0.0], -0.12574799897367642),
        ([1.0, -1.0], -0.2001746904100875),
        ([0.5, 0.25], -0.1543255159612262),
    ];
    for (x, expected) in values {
        let value = value_at(&wells, &x);
        assert!((value - expected).abs() <= 1e-15, "at {x:?}: {value}, {expected}");
    }
}

#[test]
fn the_gradient_of_eight_wells_takes_102_operations() {
    // Eight for the exponent of a well, its exponential, two products and two sums of products, which the first well begins:
    // 8 · 13 − 2. Any constant factor that does not cancel adds at least eight.
    let program = gradient(landscape("wells").program()).unwrap().to_string();
    let right_sides: Vec<_> = program.lines().filter_map(|line| line.split(" = ").nth(1)).collect();
    let operations = right_sides.iter().filter(|text| text.parse::<f64>().is_err() && !text.starts_with('x'));
    assert_eq!(operations.count(), 102);
}
