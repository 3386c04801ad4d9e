//! Networks as text.

use proptest::prelude::*;
use thalweg_train::initializer::Initializer;
use thalweg_train::layer::Activation;
use thalweg_train::network::{Model, Norm};

fn message(text: &str) -> String {
    text.parse::<Model>().expect_err(text).to_string()
}

#[test]
fn errors_say_where_and_what_would_be_right() {
    for (text, parts) in [
        ("mpl(512)", &["unknown model `mpl`", "did you mean `mlp`?"][..]),
        ("mlp(512, 0)", &["column 10", "whole number from 1", "found 0"]),
        ("mlp(512, 1.5)", &["column 10", "whole number"]),
        ("mlp(512, dropout=1)", &["column 10", "from 0 to below 1"]),
        ("mlp(512, activation=rleu)", &["column 10", "relu", "leaky_relu"]),
        ("mlp(512, kernel=3)", &["no option `kernel`"]),
        ("cnn", &["channels must be given", "cnn(32, 64)"]),
        ("cnn(32, kernel=4)", &["column 9", "odd"]),
        ("cnn(32, dense=[0])", &["column 9", "whole numbers from 1"]),
        ("cnn(32, norm=instance)", &["column 9", "none, batch, layer"]),
        ("mlp(512", &["column 8", "`)`"]),
    ] {
        let message = message(text);
        assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
    }
}

#[test]
fn a_cnn_keeps_the_size_of_images_and_halves_it_after_each_convolution() {
    let network =
        "cnn(8, 16, norm=batch, dropout=0.5)".parse::<Model>().unwrap().network(&[28, 28], 10).unwrap();
    let names: Vec<_> = network.parameters().leaves().iter().map(|leaf| leaf.name.as_str()).collect();
    assert_eq!(names.len(), 3 * 3 + 2, "{names:?}");
    let summary = network.summary();
    assert!(summary.rows.iter().any(|(name, shape, _)| name == "Flatten" && shape == &[16 * 7 * 7]));
    assert_eq!(network.buffers().len(), 2 * (8 + 16 + 128));
    assert_eq!(network.output(), [10]);
}

#[test]
fn an_image_too_small_for_its_layers_is_named() {
    let error = "cnn(8, 8)".parse::<Model>().unwrap().network(&[2, 2], 10).unwrap_err().to_string();
    assert!(error.contains("MaxPool2d") && error.contains("[8, 1, 1]"), "{error}");
    let error = "cnn(8)".parse::<Model>().unwrap().network(&[64], 10).unwrap_err().to_string();
    assert!(error.contains("[height, width]"), "{error}");
}

fn model() -> impl Strategy<Value = Model> {
    let sizes = || prop::collection::vec(1_usize..2000, 1..4);
    let norms = [Norm::None, Norm::Batch, Norm::Layer];
    let options = (
        prop::sample::select(Activation::ALL.to_vec()),
        prop::sample::select(norms.to_vec()),
        prop::sample::select(Initializer::NAMED.map(|(_, init)| init).to_vec()),
        prop_oneof![Just(0.0), 0.0..0.999],
        prop::sample::select(vec![1, 3, 5, 7]),
    );
    (prop::option::of(sizes()), sizes(), options).prop_map(
        |(channels, dense, (activation, norm, init, dropout, kernel))| {
            let kernel = if channels.is_some() { kernel } else { 3 };
            Model { channels, dense, activation, norm, dropout, init, kernel }
        },
    )
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_model(model in model()) {
        prop_assert_eq!(model.to_string().parse::<Model>(), Ok(model));
    }
}
