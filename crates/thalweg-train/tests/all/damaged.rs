//! Whatever the bytes are, readers answer: with data or with an error, never with a panic or absurd memory.

use super::{
    files::{IMAGES, gzip},
    npy::samples,
};
use proptest::prelude::*;
use thalweg_train::data::{CsvOptions, Npz, csv_from_bytes, idx_from_bytes, npy_from_bytes};

/// Reads bytes as everything; counts the elements that were read.
fn read_all(bytes: &[u8]) -> usize {
    let mut elements = 0;
    for array in [idx_from_bytes("x", bytes), npy_from_bytes("x", bytes)].into_iter().flatten() {
        elements += array.elements().len();
    }
    for header in [false, true] {
        if let Ok(data) = csv_from_bytes("x", bytes, &CsvOptions { header, ..CsvOptions::default() }) {
            elements += data.values().len();
        }
    }
    if let Ok(file) = Npz::from_bytes("x", bytes) {
        for name in file.names() {
            elements += file.array(name).map_or(0, |array| array.elements().len());
        }
    }
    elements
}

fn files() -> Vec<Vec<u8>> {
    let mut files = samples();
    files.extend([IMAGES.to_vec(), gzip(&IMAGES), gzip(&samples()[0]), b"a,b\n1,x\n2,y\n".to_vec()]);
    files
}

#[test]
fn no_beginning_of_a_binary_file_passes_for_the_whole() {
    for file in files().iter().filter(|file| !file.starts_with(b"a,b")) {
        let whole = read_all(file);
        assert!(whole > 0);
        for length in 0..file.len() {
            let read = |bytes| [idx_from_bytes("x", bytes), npy_from_bytes("x", bytes)];
            assert!(read(&file[..length]).iter().all(Result::is_err), "{length} of {}", file.len());
            read_all(&file[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read_all(&bytes) <= 4 * bytes.len());
    }

    #[test]
    fn arbitrary_bytes_after_a_valid_start_are_answered(
        start in prop::sample::select(vec![
            &b"\0\0\x08\x03"[..], b"\0\0\x0e\x01", b"\x93NUMPY\x01\0\x40\0{'descr': '<f4', ", b"\x93NUMPY\x03\0", b"PK\x03\x04",
            b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        read_all(&[start, &bytes].concat());
    }

    #[test]
    fn valid_files_with_bytes_changed_are_answered(
        file in 0_usize..9, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut bytes = files().swap_remove(file);
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        read_all(&bytes);
    }

    #[test]
    fn headers_of_any_text_are_answered(text in "[{}(),:'\" 0-9a-zA-Z_<>|L]{0,80}", version in 1_u8..4) {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0, text.len() as u8, 0]);
        if version > 1 {
            bytes.extend([0, 0]);
        }
        bytes.extend(text.bytes());
        read_all(&bytes);
    }
}
