//! Histories in files, as others read and write them.

use thalweg_train::history::{EventWriter, History, Record};

/// Of torch.utils.tensorboard; see the script beside it.
const FIXTURE: &[u8] = include_bytes!("../fixtures/tensorboard.tfevents");

/// The length of a TFRecord at the start of these bytes.
fn record(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 16
}

#[test]
fn event_files_have_the_bytes_that_pytorch_writes() {
    let mut events = EventWriter::new(Vec::new(), 1.75e9).unwrap();
    events.scalar("loss/train", 0.1, 0, 1.75e9).unwrap();
    events.scalar("loss/validation", f64::NAN, 1, 1750000000.25).unwrap();
    events.scalar("lr", 0.001, 300, 1750000001.5).unwrap();
    let long = "a tag of more than one hundred and twenty-seven letters, so that its length and the length of all \
                that holds it take two bytes each";
    events.scalar(long, -2.5, 1 << 40, 1750000002.0).unwrap();
    let bytes = events.into_inner();
    // The first record has the time of writing and, at PyTorch, the name of the writer.
    assert_eq!(bytes[record(&bytes)..], FIXTURE[record(FIXTURE)..]);
    let version = b"\x1a\x0dbrain.Event:2";
    assert_eq!((&bytes[21..36], &FIXTURE[21..36]), (&version[..], &version[..]));
}

#[test]
fn a_record_is_one_event_with_what_was_computed() {
    let mut events = EventWriter::new(Vec::new(), 0.0).unwrap();
    events.record(&Record { step: 7, loss: 0.5, accuracy: Some(0.25), ..Record::default() }, 0.0).unwrap();
    let bytes = events.into_inner();
    let event = &bytes[record(&bytes)..];
    assert_eq!(record(event), event.len());
    let text = String::from_utf8_lossy(event);
    for tag in ["loss/train", "accuracy/train", "epoch", "examples_per_second"] {
        assert!(text.contains(tag), "{tag}");
    }
    assert!(!text.contains("validation") && !text.contains("lr"));
}

#[test]
fn an_event_file_never_overwrites_another() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs/first");
    for _ in 0..3 {
        EventWriter::create(&runs).unwrap().flush().unwrap();
    }
    let names: Vec<_> = runs.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.to_string_lossy().contains(".tfevents.")));
}

#[test]
fn text_reads_back_to_the_same_bits() {
    let loss = 0.1 + 0.2;
    let history: History = [Record { step: 9, loss, validation_loss: Some(1.0 / 3.0), ..Record::default() }]
        .into_iter()
        .collect();
    let text = history.to_csv();
    let mut rows = csv::Reader::from_reader(text.as_bytes()).into_records();
    let row = rows.next().unwrap().unwrap();
    assert_eq!(row[2].parse::<f64>().unwrap().to_bits(), loss.to_bits());
    assert_eq!(&row[3], "");
    let json: serde_json::Value = serde_json::from_str(&history.to_json().to_string()).unwrap();
    assert_eq!(json[0]["validation_loss"].as_f64().unwrap().to_bits(), (1.0_f64 / 3.0).to_bits());
    assert!(json[0]["lr"].is_null());
}

// pyarrow 26.0.1 reads such a file, written by `thalweg train --out run.parquet`, as the numbers of `--out run.csv` to the last
// bit: `step` as int64 not null, all others as double, null where the other file has nothing.
#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_has_the_bits_of_the_records_and_null_for_what_was_not_computed() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    use std::io::Write;

    let history: History = [
        Record { step: 1, loss: 0.1 + 0.2, seconds: 1e-300, ..Record::default() },
        Record { step: 1 << 40, loss: f64::INFINITY, validation_loss: Some(1.0 / 3.0), ..Record::default() },
        Record { step: u64::from(u32::MAX), lr: Some(-0.0), accuracy: Some(0.25), ..Record::default() },
    ]
    .into_iter()
    .collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&history.to_parquet().unwrap()).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let text = history.to_csv();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    let mut found = 0;
    for (row, expected) in reader.get_row_iter(None).unwrap().zip(rows.records()) {
        let (row, expected) = (row.unwrap(), expected.unwrap());
        let columns: Vec<_> = row.get_column_iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(columns, names);
        for ((name, field), expected) in row.get_column_iter().zip(&expected) {
            match field {
                Field::Long(step) => {
                    assert_eq!((name.as_str(), step.to_string().as_str()), ("step", expected));
                }
                Field::Double(x) => {
                    assert_eq!(x.to_bits(), expected.parse::<f64>().unwrap().to_bits(), "{name}");
                }
                Field::Null => assert_eq!(expected, "", "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
        found += 1;
    }
    assert_eq!(found, 3);
}

#[cfg(feature = "parquet")]
#[test]
fn a_history_without_records_is_a_parquet_file_without_rows() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use std::io::Write;

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&History::default().to_parquet().unwrap()).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.get_row_iter(None).unwrap().count(), 0);
}
