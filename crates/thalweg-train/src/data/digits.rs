//! The embedded data set of handwritten digits.

use super::{dataset::Dataset, idx::idx_from_bytes};

const IMAGES: &[u8] = include_bytes!("../../../../data/digits/images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../../../data/digits/labels-idx1-ubyte.gz");

impl Dataset {
    /// Handwritten digits: 1797 images of 8 × 8 pixels from 0 to 16, in ten classes.
    ///
    /// The test part of *Optical Recognition of Handwritten Digits* (E. Alpaydin & C. Kaynak, UCI Machine Learning Repository,
    /// 1998, doi:10.24432/C50P49, CC BY 4.0), which is also scikit-learn's `load_digits`.
    ///
    /// ```
    /// let digits = thalweg_train::data::Dataset::digits();
    /// assert_eq!((digits.len(), digits.shape(), digits.classes()), (1797, &[8, 8][..], Some(10)));
    /// ```
    pub fn digits() -> Self {
        let read = || {
            let images = idx_from_bytes("images of digits", IMAGES)?;
            let labels = idx_from_bytes("labels of digits", LABELS)?;
            Self::from_arrays(["images of digits", "labels of digits"], images, &labels)
        };
        read().expect("the embedded files are part of the program and tested")
    }
}
