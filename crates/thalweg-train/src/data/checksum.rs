//! A checksum that tells data sets apart.

use super::dataset::{Dataset, Targets, Values};
use flate2::Crc;

impl Dataset {
    /// The CRC-32 of inputs as batches have them, shape and targets: data sets with another one are not the same.
    ///
    /// ```
    /// let digits = thalweg_train::data::Dataset::digits();
    /// assert_ne!(digits.checksum(), digits.subset(&[0, 1])?.checksum());
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn checksum(&self) -> u32 {
        let mut crc = Crc::new();
        for &size in self.shape() {
            crc.update(&(size as u64).to_le_bytes());
        }
        singles(&mut crc, &self.scaling().shift);
        singles(&mut crc, &self.scaling().factor);
        match self.values() {
            Values::F32(values) => singles(&mut crc, values),
            Values::U8(values) => crc.update(values),
        }
        match self.targets() {
            Targets::Classes { labels, classes } => {
                for label in labels {
                    crc.update(&label.to_le_bytes());
                }
                crc.update(&(*classes as u64).to_le_bytes());
            }
            Targets::Values { values, width } => {
                singles(&mut crc, values);
                crc.update(&(*width as u64).to_le_bytes());
            }
        }
        crc.sum()
    }
}

/// Many at a time, for which the checksum is made.
fn singles(crc: &mut Crc, values: &[f32]) {
    let mut block = [0; 4096];
    for values in values.chunks(block.len() / 4) {
        for (bytes, value) in block.chunks_exact_mut(4).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        crc.update(&block[..4 * values.len()]);
    }
}
