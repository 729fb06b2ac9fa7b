//! All slices of a call, held against those that the model was calibrated on.

use std::collections::HashMap;

use hilum_core::Probabilities;
use hilum_trust::{Exchangeability, confidence};
use hilum_weights::ModelFile;

use super::slice_order::ReadSlice;

/// So many slices say enough; the memory stays flat.
const MOST: usize = 20_000;

/// How sure the model is of each slice, and of which series it is.
#[derive(Default)]
pub(crate) struct Batch {
    slices: Vec<(f64, usize)>,
    series: HashMap<String, usize>,
    groups: usize,
}

impl Batch {
    /// The slices of a DICOM series are one group, any other slice stands alone.
    pub(super) fn add(&mut self, slice: &ReadSlice, probabilities: &Probabilities) {
        if self.slices.len() == MOST {
            return;
        }
        let series = slice.dicom().and_then(|dicom| dicom.series_uid.as_ref());
        let known = series.and_then(|series| self.series.get(series)).copied();
        let group = known.unwrap_or_else(|| {
            self.groups += 1;
            let number = self.groups;
            self.series
                .extend(series.map(|series| (series.clone(), number)));
            number
        });
        self.slices.push((confidence(probabilities), group));
    }

    /// `None` if the model was not calibrated, or if there are too few slices.
    pub(crate) fn held_against(&self, model: &ModelFile) -> Option<Exchangeability> {
        model.calibration.as_ref()?.hold_against(&self.slices)
    }
}
