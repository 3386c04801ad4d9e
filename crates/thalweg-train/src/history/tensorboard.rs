//! TensorBoard's event files.
//!
//! A file is a row of TFRecords: the length in 8 bytes, its masked checksum, the data, its masked checksum, all little-endian. The
//! checksum is CRC-32C; masked: rotated right by 15 bits, plus 0xa282ead8 (TensorFlow, `core/lib/io/record_writer.h` and
//! `core/lib/hash/crc32c.h`). The data is an `Event` (`tensorflow/core/util/event.proto`), of which these fields are used:
//!
//! ```text
//! Event:    1 wall_time double    2 step int64    3 file_version string    5 summary Summary
//! Summary:  1 value Value, repeated
//! Value:    1 tag string    2 simple_value float
//! ```

use super::Record;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Writes scalars as TensorBoard reads them: `tensorboard --logdir DIR` shows a run while it goes on.
///
/// ```
/// use thalweg_train::history::{EventWriter, Record};
///
/// let mut events = EventWriter::new(Vec::new(), 1.75e9)?;
/// events.record(&Record { step: 1, loss: 0.5, ..Record::default() }, 1.75e9)?;
/// assert!(events.into_inner().windows(10).any(|text| text == b"loss/train"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct EventWriter<W: Write> {
    out: W,
    event: Vec<u8>,
}

impl EventWriter<BufWriter<File>> {
    /// A new file in `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// The folder or the file cannot be made.
    pub fn create(dir: impl AsRef<Path>) -> io::Result<Self> {
        fs::create_dir_all(dir.as_ref())?;
        let (now, process) = (wall_time(), std::process::id());
        // TensorBoard looks for `tfevents` in the name, and reads files in the order of their names.
        let name = |number| format!("events.out.tfevents.{:010}.thalweg.{process}.{number}", now as u64);
        let mut number = 0;
        let file = loop {
            match File::create_new(dir.as_ref().join(name(number))) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                other => break other?,
            }
        };
        Self::new(BufWriter::new(file), now)
    }
}

impl<W: Write> EventWriter<W> {
    /// Begins a file with what every event file begins with. `wall_time` is in seconds since 1970.
    ///
    /// # Errors
    /// As the writer.
    pub fn new(out: W, wall_time: f64) -> io::Result<Self> {
        let mut events = Self { out, event: Vec::new() };
        events.event.clear();
        double(&mut events.event, 1, wall_time);
        bytes(&mut events.event, 3, b"brain.Event:2");
        events.finish()?;
        Ok(events)
    }

    /// One scalar at a step.
    ///
    /// # Errors
    /// As the writer.
    pub fn scalar(&mut self, tag: &str, value: f64, step: u64, wall_time: f64) -> io::Result<()> {
        self.scalars(&[(tag, value)], step, wall_time)
    }

    /// All that a record has, as `loss/train`, `loss/validation`, `accuracy/train`, `accuracy/validation`, `lr`, `epoch` and
    /// `examples_per_second`.
    ///
    /// # Errors
    /// As the writer.
    pub fn record(&mut self, record: &Record, wall_time: f64) -> io::Result<()> {
        let known = [
            ("loss/train", Some(record.loss)),
            ("loss/validation", record.validation_loss),
            ("accuracy/train", record.accuracy),
            ("accuracy/validation", record.validation_accuracy),
            ("lr", record.lr),
            ("epoch", Some(record.epoch)),
            ("examples_per_second", Some(record.examples_per_second)),
        ];
        let known: Vec<_> = known.into_iter().filter_map(|(tag, value)| Some((tag, value?))).collect();
        self.scalars(&known, record.step, wall_time)
    }

    /// Hands everything written so far to the file.
    ///
    /// # Errors
    /// As the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn scalars(&mut self, scalars: &[(&str, f64)], step: u64, wall_time: f64) -> io::Result<()> {
        let (mut summary, mut value) = (Vec::new(), Vec::new());
        for (tag, number) in scalars {
            value.clear();
            bytes(&mut value, 1, tag.as_bytes());
            float(&mut value, 2, *number as f32);
            bytes(&mut summary, 1, &value);
        }
        self.event.clear();
        double(&mut self.event, 1, wall_time);
        // What is zero is not written in protocol buffers of version 3.
        if step != 0 {
            key(&mut self.event, 2, VARINT);
            varint(&mut self.event, step);
        }
        bytes(&mut self.event, 5, &summary);
        self.finish()
    }

    /// Writes the event as a TFRecord.
    fn finish(&mut self) -> io::Result<()> {
        let length = (self.event.len() as u64).to_le_bytes();
        self.out.write_all(&length)?;
        self.out.write_all(&masked(&length).to_le_bytes())?;
        self.out.write_all(&self.event)?;
        self.out.write_all(&masked(&self.event).to_le_bytes())
    }
}

/// Seconds since 1970.
pub(crate) fn wall_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const DELIMITED: u8 = 2;
const FIXED32: u8 = 5;

fn key(out: &mut Vec<u8>, field: u8, kind: u8) {
    out.push(field << 3 | kind);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    key(out, field, FIXED64);
    out.extend(value.to_le_bytes());
}

fn float(out: &mut Vec<u8>, field: u8, value: f32) {
    key(out, field, FIXED32);
    out.extend(value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    key(out, field, DELIMITED);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn masked(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Castagnoli's CRC: the polynomial 0x1edc6f41, bits reversed.
fn crc32c(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc: u32, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let (mut crc, mut bit) = (i as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        // Section B.4, "CRC Examples", as the bytes stand in the record.
        assert_eq!(crc32c(&[0; 32]).to_le_bytes(), [0xaa, 0x36, 0x91, 0x8a]);
        assert_eq!(crc32c(&[0xff; 32]).to_le_bytes(), [0x43, 0xab, 0xa8, 0x62]);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&rising).to_le_bytes(), [0x4e, 0x79, 0xdd, 0x46]);
    }
}
