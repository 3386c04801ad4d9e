//! NumPy's files, known bytes and round trips.
//!
//! The bytes were made with NumPy 2.4.6; `write` is `numpy.lib.format.write_array` into a `BytesIO`, `a` is
//! `np.array([[1.5, -2, 3], [4, 5, 0.25]])`.

use proptest::prelude::*;
use thalweg_train::data::{Array, DataError, Elements, Npz, Targets, npy_from_bytes, read_npy, write_npy};

/// `write(a.astype('<f4'))`
const F4: (&[u8], &[u8]) = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ",
    b"\x0a\x00\x00\xc0?\x00\x00\x00\xc0\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x00\x00\x80>",
);
/// `write(np.asfortranarray(a))`
const F8_FORTRAN: (&[u8], &[u8]) = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), } ",
    b"\x0a\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\x10@\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x14@\x00\x00\x00\x00\x00\x00\x08@\x00\x00\x00\x00\x00\x00\xd0?",
);
/// `write(a.astype('>f4'), version=(2, 0))`
const F4_BIG_VERSION_2: (&[u8], &[u8]) = (
    b"\x93NUMPY\x02\x00t\x00\x00\x00{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), } ",
    b"\x0a?\xc0\x00\x00\xc0\x00\x00\x00@@\x00\x00@\x80\x00\x00@\xa0\x00\x00>\x80\x00\x00",
);
/// `write(np.array([7, -1], '>i4'), version=(3, 0))`
const I4_BIG_VERSION_3: (&[u8], &[u8]) = (
    b"\x93NUMPY\x03\x00t\x00\x00\x00{'descr': '>i4', 'fortran_order': False, 'shape': (2,), } ",
    b"\x0a\x00\x00\x00\x07\xff\xff\xff\xff",
);
/// `write(np.array([2**40, -3]))`
const I8: (&[u8], &[u8]) = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (2,), } ",
    b"\x0a\x00\x00\x00\x00\x00\x01\x00\x00\xfd\xff\xff\xff\xff\xff\xff\xff",
);
/// `write(np.array([0, 255, 16], 'u1'))`
const U1: (&[u8], &[u8]) = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (3,), } ",
    b"\x0a\x00\xff\x10",
);
/// `write(np.array(2.5, 'f4'))`
const SCALAR: (&[u8], &[u8]) =
    (b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (), } ", b"\x0a\x00\x00 @");
/// `np.savez_compressed(file, x=a.astype("<f4"), y=np.array([1, 0]))`, in hexadecimal.
const DEFLATED: &str = "\
    504b03042d0000000800000021006d67d895ffffffffffffffff05001400782e6e7079010010009800000000000000590000\
    00000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc\
    294e058a17672416a402f91a463a0ac69a3a0ab50a64032e068603f60c408281c1c18181a101881780683b00504b03042d00\
    000008000000210071fb39abffffffffffffffff05001400792e6e707901001000900000000000000048000000000000009b\
    ec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f54529498179f5f94920a12774bcc294e058a1767\
    2416a402f91a463a9a3a0ab50a14002e4606540000504b01022d032d0000000800000021006d67d895590000009800000005\
    0000000000000000000000800100000000782e6e7079504b01022d032d00000008000000210071fb39ab4800000090000000\
    050000000000000000000000800190000000792e6e7079504b05060000000002000200660000000f0100000000\
    ";
/// `np.savez(file, x=a.astype("<f4"), y=np.array([1, 0]))`, in hexadecimal.
const STORED: &str = "\
    504b03042d0000000000000021006d67d895ffffffffffffffff05001400782e6e7079010010009800000000000000980000\
    0000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046\
    616c73652c20277368617065273a2028322c2033292c207d2020202020202020202020202020202020202020202020202020\
    20202020202020202020202020202020202020202020202020202020202020200a0000c03f000000c0000040400000804000\
    00a0400000803e504b03042d00000000000000210071fb39abffffffffffffffff05001400792e6e70790100100090000000\
    000000009000000000000000934e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72\
    646572273a2046616c73652c20277368617065273a2028322c292c207d202020202020202020202020202020202020202020\
    2020202020202020202020202020202020202020202020202020202020202020202020202020200a01000000000000000000\
    000000000000504b01022d032d0000000000000021006d67d895980000009800000005000000000000000000000080010000\
    0000782e6e7079504b01022d032d00000000000000210071fb39ab90000000900000000500000000000000000000008001cf\
    000000792e6e7079504b0506000000000200020066000000960100000000\
    ";

/// Joins the two ends of a file: NumPy fills up with spaces so that values start after 128 bytes.
fn file((start, end): (&[u8], &[u8])) -> Vec<u8> {
    [start, &vec![b' '; 127 - start.len()], end].concat()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn array(shape: &[usize], elements: Elements) -> Array {
    Array::new(shape, elements).unwrap()
}

#[test]
fn every_type_order_and_version_that_numpy_writes_is_read() {
    let a = [1.5, -2.0, 3.0, 4.0, 5.0, 0.25];
    let f4 = array(&[2, 3], Elements::F32(a.map(|x| x as f32).to_vec()));
    let read = |parts| npy_from_bytes("x.npy", &file(parts)).unwrap();
    assert_eq!(read(F4), f4);
    assert_eq!(read(F4_BIG_VERSION_2), f4);
    assert_eq!(read(F8_FORTRAN), array(&[2, 3], Elements::F64(a.to_vec())));
    assert_eq!(read(I4_BIG_VERSION_3), array(&[2], Elements::I32(vec![7, -1])));
    assert_eq!(read(I8), array(&[2], Elements::I64(vec![1 << 40, -3])));
    assert_eq!(read(U1), array(&[3], Elements::U8(vec![0, 255, 16])));
    assert_eq!(read(SCALAR), array(&[], Elements::F32(vec![2.5])));
}

#[test]
fn files_are_written_byte_for_byte_as_numpy_writes_them() {
    for parts in [F4, I8, U1, SCALAR] {
        let bytes = file(parts);
        assert_eq!(npy_from_bytes("x.npy", &bytes).unwrap().to_npy(), bytes);
    }
    // `len(write(np.zeros((0,) + (1,) * 35, 'f4')))` is 256; with room for 20 digits instead of 21 it would be 192.
    let long = [&[0][..], &[1; 35]].concat();
    assert_eq!(array(&long, Elements::F32(Vec::new())).to_npy().len(), 256);
}

#[test]
fn archives_of_numpy_are_read_stored_and_deflated() {
    for archive in [STORED, DEFLATED] {
        let bytes = unhex(archive);
        let file = Npz::from_bytes("a.npz", &bytes).unwrap();
        assert!(file.names().eq(["x", "y"]));
        assert_eq!(file.array("x").unwrap(), npy_from_bytes("x", &self::file(F4)).unwrap());
        let data = file.dataset("x", "y").unwrap();
        assert_eq!((data.len(), data.shape()), (2, &[3][..]));
        assert_eq!(data.targets(), &Targets::Classes { labels: vec![1, 0], classes: 2 });
        let message = file.array("z").unwrap_err().to_string();
        assert_eq!(message, "a.npz: the name of an array is z, must be one of x, y");
    }
}

#[test]
fn damaged_arrays_and_unknown_compressions_in_an_archive_are_refused() {
    let stored = unhex(STORED);
    let find =
        |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|window| window == part).unwrap();
    // -2.0, the second value of x.
    let mut damaged = stored.clone();
    let at = find(&damaged, &[0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
    damaged[at] = 1;
    let file = Npz::from_bytes("a.npz", &damaged).unwrap();
    assert!(matches!(file.array("x"), Err(DataError::Compressed { file, .. }) if file == "a.npz, array x"));
    assert!(file.array("y").is_ok());
    // The method stands 10 bytes after the signature of a directory's entry; 14 is LZMA.
    let mut unknown = stored;
    let at = find(&unknown, b"PK\x01\x02");
    unknown[at + 10] = 14;
    assert_eq!(
        Npz::from_bytes("a.npz", &unknown).unwrap().array("x").unwrap_err().to_string(),
        "a.npz, array x: the compression is method 14, must be 0 (stored) or 8 (deflated)"
    );
}

#[test]
fn what_is_wrong_with_an_npy_file_is_said_with_what_would_be_right() {
    let message = |bytes: &[u8]| npy_from_bytes("x.npy", bytes).unwrap_err().to_string();
    let text = |from: &str, to: &str| {
        let (start, end) = F4;
        let start = start.iter().map(|&byte| char::from(byte)).collect::<String>().replace(from, to);
        let start: Vec<u8> = start.chars().map(|c| c as u8).collect();
        message(&file((&start, end)))
    };
    assert_eq!(
        text("<f4", "<f2"),
        "x.npy: descr in the header is <f2, must be f4, f8, u1, i4 or i8 with < or > before it"
    );
    assert_eq!(text("(2, 3)", "(2, 4)"), "x.npy: the .npy data ends after 24 bytes, must be 32");
    assert_eq!(
        text("(2, 3)", "(2, 2)"),
        "x.npy: more bytes follow the 16 bytes of values that its header announces, must end there"
    );
    assert_eq!(
        text("(2, 3)", "(2; 3)"),
        "x.npy: shape in the header is 2; 3, must be sizes with commas between them"
    );
    assert!(text("'shape'", "'shame'").contains("a key in the header is shame"));
    assert!(text("NUMPY", "NUMPI").starts_with("x.npy: the start of the file is [93"));
    assert!(text("(2, 3)", "(99999999999, 99999999999)").contains("must be sizes whose product fits"));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(shape in prop::collection::vec(0_usize..5, 0..4), seed: u32) {
        let count: usize = shape.iter().product();
        let values: Vec<u32> = (0..count as u32).map(|i| i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 9).collect();
        for elements in [
            Elements::U8(values.iter().map(|&x| x as u8).collect()),
            Elements::I32(values.iter().map(|&x| x as i32 - 9999).collect()),
            Elements::I64(values.iter().map(|&x| i64::from(x) << 20).collect()),
            Elements::F32(values.iter().map(|&x| x as f32 / 3.0).collect()),
            Elements::F64(values.iter().map(|&x| f64::from(x) / 3.0).collect()),
        ] {
            let written = array(&shape, elements);
            prop_assert_eq!(&npy_from_bytes("x", &written.to_npy()).unwrap(), &written);
        }
    }
}

#[test]
fn a_file_on_disk_is_written_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let (path, written) = (dir.path().join("x.npy"), array(&[2], Elements::F32(vec![1.0, -0.5])));
    write_npy(&path, &written).unwrap();
    assert_eq!(read_npy(&path).unwrap(), written);
    assert!(read_npy(dir.path().join("none.npy")).unwrap_err().to_string().contains("none.npy"));
}

/// The files of this module, for damaging.
pub(crate) fn samples() -> Vec<Vec<u8>> {
    vec![file(F4), file(F8_FORTRAN), file(I4_BIG_VERSION_3), unhex(STORED), unhex(DEFLATED)]
}
