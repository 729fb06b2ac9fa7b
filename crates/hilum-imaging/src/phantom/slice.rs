//! A slice in Hounsfield units.

use crate::{Channels, Pixels};

/// An axial slice in Hounsfield units, with what a scanner knows about its place.
#[derive(Debug, Clone, PartialEq)]
pub struct HounsfieldSlice {
    pub(super) size: usize,
    pub(super) values: Vec<i16>,
    pub(super) spacing_mm: f64,
    pub(super) thickness_mm: f64,
    pub(super) location_mm: f64,
}

impl HounsfieldSlice {
    /// Rows; there are as many columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Hounsfield units in `-1024..=3071`, row by row.
    pub fn values(&self) -> &[i16] {
        &self.values
    }

    /// Millimetres between the middles of neighbouring pixels, in rows and columns.
    pub fn spacing_mm(&self) -> f64 {
        self.spacing_mm
    }

    /// Millimetres of the patient that one slice shows.
    pub fn thickness_mm(&self) -> f64 {
        self.thickness_mm
    }

    /// Where the slice lies along the patient, in millimetres; higher is nearer to the head.
    pub fn location_mm(&self) -> f64 {
        self.location_mm
    }

    /// Grey pixels: black below the window, white above it, linear between.
    ///
    /// The LINEAR function of DICOM PS3.3 C.11.2.1.2.1, rounded to the nearest byte.
    ///
    /// # Panics
    /// If `width_hu` is not above 1.
    pub fn windowed(&self, center_hu: f64, width_hu: f64) -> Pixels {
        assert!(width_hu > 1.0, "a window is wider than one Hounsfield unit");
        let grey = |value: &i16| {
            let share = (f64::from(*value) - (center_hu - 0.5)) / (width_hu - 1.0) + 0.5;
            (share.clamp(0.0, 1.0) * 255.0).round() as u8
        };
        let data = self.values.iter().map(grey).collect();
        Pixels::new(self.size, self.size, Channels::Grey, data)
    }
}
