//! Tables as text.

use super::files::gzip;
use thalweg_train::data::{Column, CsvOptions, Dataset, Learnt, Targets, Values, csv_from_bytes};

fn read(text: &str, options: &CsvOptions) -> Result<Dataset, String> {
    csv_from_bytes("t.csv", text.as_bytes(), options).map_err(|error| error.to_string())
}

#[test]
fn named_classes_are_numbered_in_the_order_of_their_names() {
    let options = CsvOptions { label: Column::Index(1), ..CsvOptions::default() };
    let data = read("a,kind,b\n1, pear ,2\n3,apple,-4e1\n5,pear,6\n", &options).unwrap();
    assert_eq!(data.values(), &Values::F32(vec![1.0, 2.0, 3.0, -40.0, 5.0, 6.0]));
    assert_eq!(data.targets(), &Targets::Classes { labels: vec![1, 0, 1], classes: 2 });
    assert_eq!(data.class_names(), ["apple", "pear"]);
}

#[test]
fn whole_numbers_from_zero_are_classes_as_they_are() {
    let options = CsvOptions { header: false, ..CsvOptions::default() };
    let data = read("1,2,0\n3,4,9\n", &options).unwrap();
    assert_eq!(data.targets(), &Targets::Classes { labels: vec![0, 9], classes: 10 });
    assert!(data.class_names().is_empty());
    let packed = csv_from_bytes("t.csv.gz", &gzip(b"1,2,0\n3,4,9\n"), &options).unwrap();
    assert_eq!(packed, data);
}

#[test]
fn a_column_may_hold_target_values() {
    let options =
        CsvOptions { learnt: Learnt::Values, label: Column::Name("y".into()), ..CsvOptions::default() };
    let data = read("y,x\n0.5,1\n-2,3\n", &options).unwrap();
    assert_eq!(data.targets(), &Targets::Values { values: vec![0.5, -2.0], width: 1 });
}

#[test]
fn what_is_wrong_with_a_table_is_said_with_its_line() {
    let options = CsvOptions::default();
    let message = |text| read(text, &options).unwrap_err();
    assert_eq!(message("a,b\n1,0\nx,1\n"), "t.csv, line 3: column a is \"x\", must be a number");
    assert_eq!(
        message("a,b\n1,0\n1\n"),
        "t.csv, line 3: the number of cells is 1, must be 2, as in the lines before"
    );
    assert_eq!(message("a,b\n"), "t.csv: the number of lines with data is 0, must be at least 1");
    let options = CsvOptions { label: Column::Name("c".into()), ..CsvOptions::default() };
    let message = read("a,b\n1,0\n", &options).unwrap_err();
    assert_eq!(message, "t.csv: the label's column is c, must be one of the header's names: a, b");
}

#[test]
fn a_column_is_learnt_as_what_its_cells_look_like() {
    let options = CsvOptions { learnt: Learnt::Apparent, ..CsvOptions::default() };
    let table = |cell: &dyn Fn(u32) -> String, lines| -> String {
        ["x,y\n".to_owned()].into_iter().chain((0..lines).map(|k| format!("{k},{}\n", cell(k)))).collect()
    };
    let classes = |cell: &dyn Fn(u32) -> String, lines| {
        matches!(read(&table(cell, lines), &options).unwrap().targets(), Targets::Classes { .. })
    };
    assert!(classes(&|k| if k == 3 { "pear".into() } else { format!("{k}.5") }, 30));
    assert!(classes(&|k| (k % 10).to_string(), 30));
    // Few whole numbers may be measured ones; so may great and negative ones be.
    assert!(!classes(&|k| (k % 10).to_string(), 10));
    assert!(!classes(&|k| (k + 80).to_string(), 30));
    assert!(!classes(&|k| format!("-{k}"), 30));
    assert!(!classes(&|k| if k == 3 { "0.5".into() } else { "1".into() }, 30));
    let data = read("x,y\n1,0.5\n2,-2\n", &options).unwrap();
    assert_eq!(data.targets(), &Targets::Values { values: vec![0.5, -2.0], width: 1 });
}
