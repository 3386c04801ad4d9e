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
