//! IDX files, and MNIST where it is at hand.

use flate2::{Compression, write::GzEncoder};
use std::{env, fs, io::Write};
use thalweg_train::data::{
    DataError, Elements, Normalization, Over, Targets, idx_from_bytes, mnist, read_idx,
};

/// Two images of 2 × 2 pixels.
pub(crate) const IMAGES: [u8; 24] =
    [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 255];
const LABELS: [u8; 10] = [0, 0, 8, 1, 0, 0, 0, 2, 1, 0];

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn idx_files_are_read_plain_and_gzipped_whatever_their_name_says() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [("plain.gz", IMAGES.to_vec()), ("packed", gzip(&IMAGES))] {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let array = read_idx(&path).unwrap();
        assert_eq!(array.shape(), [2, 2, 2]);
        assert_eq!(array.elements(), &Elements::U8(vec![1, 2, 3, 4, 5, 6, 7, 255]));
    }
}

#[test]
fn every_element_type_of_idx_is_read_big_endian() {
    let read = |kind: u8, bytes: &[u8]| {
        let file = [&[0, 0, kind, 1, 0, 0, 0, 1], bytes].concat();
        idx_from_bytes("x", &file).unwrap().elements().clone()
    };
    assert_eq!(read(0x09, &[0xff]), Elements::I32(vec![-1]));
    assert_eq!(read(0x0B, &[0xff, 0xfe]), Elements::I32(vec![-2]));
    assert_eq!(read(0x0C, &[0, 1, 0, 0]), Elements::I32(vec![65536]));
    assert_eq!(read(0x0D, &[0x3f, 0xc0, 0, 0]), Elements::F32(vec![1.5]));
    assert_eq!(read(0x0E, &[0x3f, 0xf8, 0, 0, 0, 0, 0, 0]), Elements::F64(vec![1.5]));
}

#[test]
fn what_is_wrong_with_an_idx_file_is_said_with_what_would_be_right() {
    let message = |bytes: &[u8]| idx_from_bytes("x.idx", bytes).unwrap_err().to_string();
    let changed = |at: usize, byte: u8| {
        let mut bytes = IMAGES;
        bytes[at] = byte;
        message(&bytes)
    };
    assert_eq!(changed(0, 7), "x.idx: the start of the file is 07 00, must be 00 00, as in every IDX file");
    assert_eq!(
        changed(2, 10),
        "x.idx: the element type is 0a, must be 08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) or 0e (f64)"
    );
    assert_eq!(changed(7, 3), "x.idx: the IDX data ends after 8 bytes, must be 12");
    assert_eq!(
        changed(7, 1),
        "x.idx: more bytes follow the 4 bytes of values that its header announces, must end there"
    );
    assert_eq!(message(&IMAGES[..7]), "x.idx: the IDX header ends after 3 bytes, must be 4");
    assert_eq!(message(&[]), "x.idx: the IDX header ends after 0 bytes, must be 4");
}

#[test]
fn a_header_that_announces_absurd_sizes_is_refused_before_memory_is_set_aside() {
    let huge = [&[0, 0, 14, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff][..], &[0; 8]].concat();
    // Nothing unpacks to more than 1032 times its length, so that much is known without reading.
    for (bytes, most) in [(huge.clone(), 1), (gzip(&huge), 1032)] {
        let most = bytes.len() as u64 * most;
        assert!(
            matches!(idx_from_bytes("x", &bytes), Err(DataError::Truncated { found, .. }) if found == most)
        );
    }
    let overflowing = [&[0, 0, 14, 255][..], &[0xff; 1020]].concat();
    assert!(matches!(idx_from_bytes("x", &overflowing), Err(DataError::Invalid { .. })));
}

#[test]
fn damaged_and_cut_gzip_files_are_called_so() {
    let packed = gzip(&IMAGES);
    let mut wrong_sum = packed.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    for bytes in [&packed[..packed.len() - 3], &packed[..12], &wrong_sum] {
        assert!(matches!(idx_from_bytes("x", bytes), Err(DataError::Compressed { .. })));
    }
}

#[test]
fn mnist_is_found_under_both_namings_and_its_absence_names_what_was_sought() {
    let dir = tempfile::tempdir().unwrap();
    let message = mnist(dir.path()).unwrap_err().to_string();
    assert!(
        message.contains("train-images-idx3-ubyte.gz, train-images-idx3-ubyte, train-images.idx3-ubyte"),
        "{message}"
    );
    fs::write(dir.path().join("train-images-idx3-ubyte.gz"), gzip(&IMAGES)).unwrap();
    fs::write(dir.path().join("train-labels.idx1-ubyte"), LABELS).unwrap();
    fs::write(dir.path().join("t10k-images.idx3-ubyte"), IMAGES).unwrap();
    assert!(matches!(mnist(dir.path()), Err(DataError::Missing { .. })));
    fs::write(dir.path().join("t10k-labels-idx1-ubyte"), &LABELS[..9]).unwrap();
    assert!(matches!(mnist(dir.path()), Err(DataError::Truncated { .. })));
    fs::write(dir.path().join("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 1]).unwrap();
    assert!(matches!(mnist(dir.path()), Err(DataError::Mismatch { examples: 2, labels: 1, .. })));
    fs::write(dir.path().join("t10k-labels-idx1-ubyte"), LABELS).unwrap();
    let (train, test) = mnist(dir.path()).unwrap();
    assert_eq!(train, test);
    fs::write(dir.path().join("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 0, 0]).unwrap();
    assert_eq!(mnist(dir.path()).unwrap().1.classes(), Some(2), "as in the training part");
    assert_eq!((train.len(), train.shape(), train.classes()), (2, &[2, 2][..], Some(2)));
}

#[test]
fn mnist_has_its_published_sizes_first_labels_mean_and_deviation() {
    let Some(dir) = env::var_os("THALWEG_MNIST") else {
        println!("skipped: THALWEG_MNIST does not name a folder with MNIST's files");
        return;
    };
    let (train, test) = mnist(dir).unwrap();
    assert_eq!((train.len(), test.len(), train.shape()), (60000, 10000, &[28, 28][..]));
    let labels = |targets: &Targets| match targets {
        Targets::Classes { labels, classes: 10 } => labels[..5].to_vec(),
        _ => panic!("ten classes"),
    };
    assert_eq!(labels(train.targets()), [5, 0, 4, 1, 9]);
    assert_eq!(labels(test.targets()), [7, 2, 1, 0, 4]);
    // 0.1307 and 0.3081 for pixels from 0 to 1, as in PyTorch's examples/mnist.
    let scale = train.normalizer(Normalization::Standard, Over::Whole).unwrap();
    assert!(
        (scale.shift[0] / 255.0 - 0.1307).abs() < 5e-5
            && (1.0 / scale.factor[0] / 255.0 - 0.3081).abs() < 5e-5
    );
}
