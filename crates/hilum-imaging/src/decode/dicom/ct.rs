//! Stored values of a CT slice with what turns them into Hounsfield units and into grey.

use std::ops::RangeInclusive;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::error::{DecodeProblem, DicomProblem};
use super::super::source::DicomInfo;
use super::super::{DecodeLimits, Format};
use super::attributes::integer;
use super::header::{self, PixelLayout};
use super::{object, stored};
use crate::Window;
use crate::window::{FileWindow, VoiFunction};

pub(super) struct CtSlice {
    pub(super) layout: PixelLayout,
    pub(super) info: DicomInfo,
    stored: Vec<i32>,
    padding: Option<RangeInclusive<i32>>,
    slope: f64,
    intercept: f64,
    is_inverted: bool,
}

impl CtSlice {
    pub(super) fn read(bytes: &[u8], limits: DecodeLimits) -> Result<Self, DecodeProblem> {
        let mut object = object::read(bytes, limits)?;
        header::require_ct_slice(&object)?;
        if object.get(tags::PIXEL_DATA).is_none() {
            return Err(DicomProblem::NoPixelData.into());
        }
        let layout = PixelLayout::read(&object)?;
        limits.check(Format::Dicom, layout.columns as u64, layout.rows as u64)?;
        let transfer_syntax = object.meta().transfer_syntax().to_owned();
        let info = header::info(&object, &transfer_syntax);
        // PS3.3 C.11.1.1.2: without a rescale the stored values stand for themselves.
        let [slope, intercept] = info.rescale.unwrap_or([1.0, 0.0]);
        if slope == 0.0 {
            return Err(unexpected("RescaleSlope", &slope, "a number other than 0").into());
        }
        let is_inverted = match info.photometric_interpretation.as_str() {
            "MONOCHROME1" => true,
            "MONOCHROME2" => false,
            other => {
                let expected = "MONOCHROME1 or MONOCHROME2";
                return Err(unexpected("PhotometricInterpretation", &other, expected).into());
            }
        };
        Ok(Self {
            padding: padding(&object, &layout),
            stored: stored::read(&mut object, &layout)?,
            layout,
            info,
            slope,
            intercept,
            is_inverted,
        })
    }

    /// The window to apply: the file's first if `window` says so and there is one.
    pub(super) fn window(&self, window: Window) -> Result<FileWindow, DicomProblem> {
        let named = |center_hu, width_hu| FileWindow {
            center_hu,
            width_hu,
            function: VoiFunction::Linear,
        };
        let window = match (window, self.info.windows.first()) {
            (
                Window::Hounsfield {
                    center_hu,
                    width_hu,
                },
                _,
            ) => named(center_hu, width_hu),
            (Window::File, Some(window)) => *window,
            (Window::File, None) => named(-600.0, 1500.0),
        };
        if window.is_valid() {
            Ok(window)
        } else {
            Err(unexpected("WindowWidth", &window.width_hu, "1 or more"))
        }
    }

    /// Grey levels through `window`, rounded half up, and how many pixels are padding.
    ///
    /// MONOCHROME1 is inverted (PS3.3 C.7.6.3.1.2: its lowest value is shown white); padding is
    /// black either way (PS3.3 C.7.5.1.1.2).
    pub(super) fn render(&self, window: &FileWindow) -> (Vec<u8>, usize) {
        let mut padding_count = 0;
        let grey = |stored: i32| {
            let grey = (window.grey(self.value_hu(stored)) + 0.5) as u8;
            if self.is_inverted { 255 - grey } else { grey }
        };
        let table = GreyTable::new(&self.stored, grey);
        let data = self
            .stored
            .iter()
            .map(|stored| {
                if self.is_padding(*stored) {
                    padding_count += 1;
                    0
                } else {
                    table
                        .as_ref()
                        .map_or_else(|| grey(*stored), |table| table.grey(*stored))
                }
            })
            .collect();
        (data, padding_count)
    }

    pub(super) fn hounsfield(&self) -> Vec<f32> {
        let values = self.stored.iter();
        let lowest = values
            .filter(|stored| !self.is_padding(**stored))
            .map(|stored| self.value_hu(*stored))
            .reduce(f64::min)
            .unwrap_or(AIR_HU);
        self.stored
            .iter()
            .map(|stored| {
                if self.is_padding(*stored) {
                    lowest as f32
                } else {
                    self.value_hu(*stored) as f32
                }
            })
            .collect()
    }

    /// PS3.3 C.11.1.1.2: output = slope * stored + intercept.
    fn value_hu(&self, stored: i32) -> f64 {
        self.slope * f64::from(stored) + self.intercept
    }

    fn is_padding(&self, stored: i32) -> bool {
        self.padding
            .as_ref()
            .is_some_and(|range| range.contains(&stored))
    }
}

/// Air, by the definition of the Hounsfield scale; for a slice that is nothing but padding.
const AIR_HU: f64 = -1000.0;

/// Grey by stored value, from the smallest to the largest: a slice has far fewer values than
/// pixels.
struct GreyTable {
    smallest: i32,
    greys: Vec<u8>,
}

impl GreyTable {
    /// `None` if a table would be larger than the slice.
    fn new(stored: &[i32], grey: impl Fn(i32) -> u8) -> Option<Self> {
        let smallest = *stored.iter().min()?;
        let largest = *stored.iter().max()?;
        let length = i64::from(largest) - i64::from(smallest) + 1;
        (length <= stored.len() as i64).then(|| Self {
            smallest,
            greys: (smallest..=largest).map(grey).collect(),
        })
    }

    fn grey(&self, stored: i32) -> u8 {
        self.greys[(stored - self.smallest) as usize]
    }
}

/// Pixel Padding Value (0028,0120) to Pixel Padding Range Limit (0028,0121), PS3.3 C.7.5.1.1.2.
fn padding(object: &InMemDicomObject, layout: &PixelLayout) -> Option<RangeInclusive<i32>> {
    let value = |tag: Tag| {
        let value = integer(object, tag)?;
        // Some writers give -2000 as 63536, since the attribute may be US or SS.
        let word = i32::from(value as u16);
        let signed = i32::from(value as i16);
        Some(if layout.is_signed { signed } else { word })
    };
    let first = value(tags::PIXEL_PADDING_VALUE)?;
    let last = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(first);
    Some(first.min(last)..=first.max(last))
}

fn unexpected(
    attribute: &'static str,
    value: &dyn std::fmt::Display,
    expected: &'static str,
) -> DicomProblem {
    DicomProblem::UnexpectedValue {
        attribute,
        value: value.to_string(),
        expected,
    }
}
