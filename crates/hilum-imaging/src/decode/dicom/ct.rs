//! Stored values of a CT slice with what turns them into Hounsfield units and into grey.

use std::ops::RangeInclusive;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::super::error::DecodeProblem;
use super::super::source::DicomInfo;
use super::attributes::integer;
use super::data_set::DataSet;
use super::header::{self, PixelLayout};
use super::lookup_table::LookupTable;
use super::nonconformity::{Forgiven, Nonconformity};
use crate::Window;
use crate::window::{FileWindow, VoiFunction};

pub(super) struct CtSlice {
    pub(super) info: DicomInfo,
    stored: Vec<i32>,
    padding: Option<RangeInclusive<i32>>,
    modality: Modality,
    voi_table: Option<LookupTable>,
    is_inverted: bool,
}

/// What makes Hounsfield units of stored values (PS3.3 C.11.1).
enum Modality {
    /// C.11.1.1.2: output = slope * stored + intercept.
    Rescale { slope: f64, intercept: f64 },
    /// C.11.1.1.1.
    Table(LookupTable),
}

impl Modality {
    fn read(data_set: &DataSet, info: &DicomInfo, layout: &PixelLayout) -> Self {
        let table = data_set
            .first_item(tags::MODALITY_LUT_SEQUENCE)
            .and_then(|item| LookupTable::read(&item, layout.is_signed));
        if let Some(table) = table {
            return Self::Table(table);
        }
        // Without a rescale the stored values stand for themselves.
        let [slope, intercept] = info.rescale.unwrap_or([1.0, 0.0]);
        Self::Rescale { slope, intercept }
    }

    fn value_hu(&self, stored: i32) -> f64 {
        match self {
            Self::Rescale { slope, intercept } => slope * f64::from(stored) + intercept,
            Self::Table(table) => f64::from(table.entry(stored)),
        }
    }
}

/// How Hounsfield units become grey.
pub(super) enum Display<'a> {
    Window(FileWindow),
    /// PS3.3 C.11.2.1.1.
    Table(&'a LookupTable),
}

impl CtSlice {
    /// `data_set` is the file's, with what its functional groups say of this frame.
    pub(super) fn new(
        data_set: &DataSet,
        mut info: DicomInfo,
        layout: &PixelLayout,
        stored: Vec<i32>,
        forgiven: &mut Forgiven,
    ) -> Result<Self, DecodeProblem> {
        if info.rescale.is_some_and(|[slope, _]| slope == 0.0) {
            forgiven.note(Nonconformity::Attribute {
                attribute: "RescaleSlope",
                assumed: "no rescale",
            });
            info.rescale = None;
        }
        let modality = Modality::read(data_set, &info, layout);
        info.has_modality_table = matches!(modality, Modality::Table(_));
        let is_signed = layout.is_signed || matches!(info.rescale, Some([_, shift]) if shift < 0.0);
        let voi_table = data_set
            .first_item(tags::VOILUT_SEQUENCE)
            .and_then(|item| LookupTable::read(&item, is_signed));
        Ok(Self {
            padding: padding(data_set, layout),
            is_inverted: header::is_inverted(data_set, forgiven)?,
            stored,
            info,
            modality,
            voi_table,
        })
    }

    /// What to show the slice with: for [`Window::File`] the first window that the file names and
    /// that is one, else its VOI LUT, else the lung window.
    pub(super) fn display(&self, window: Window) -> Display<'_> {
        let named = |center_hu, width_hu| FileWindow {
            center_hu,
            width_hu,
            function: VoiFunction::Linear,
        };
        match window {
            Window::Hounsfield {
                center_hu,
                width_hu,
            } => Display::Window(named(center_hu, width_hu)),
            Window::File => {
                let mut windows = self.info.windows.iter();
                match (windows.find(|window| window.is_valid()), &self.voi_table) {
                    (Some(window), _) => Display::Window(*window),
                    (None, Some(table)) => Display::Table(table),
                    (None, None) => Display::Window(named(-600.0, 1500.0)),
                }
            }
        }
    }

    /// Grey levels, rounded half up, and how many pixels are padding.
    ///
    /// MONOCHROME1 is inverted (PS3.3 C.7.6.3.1.2: its lowest value is shown white); padding is
    /// black either way (PS3.3 C.7.5.1.1.2).
    pub(super) fn render(&self, display: &Display<'_>) -> (Vec<u8>, usize) {
        let grey = |stored: i32| {
            if self.is_padding(stored) {
                return 0;
            }
            let value_hu = self.modality.value_hu(stored);
            let level = match display {
                Display::Window(window) => window.grey(value_hu),
                Display::Table(table) => table.grey(value_hu.round() as i32),
            };
            let grey = (level + 0.5) as u8;
            if self.is_inverted { 255 - grey } else { grey }
        };
        let stored = self.stored.iter();
        let data = match GreyTable::new(&self.stored, grey) {
            Some(table) => stored.map(|stored| table.grey(*stored)).collect(),
            None => stored.map(|stored| grey(*stored)).collect(),
        };
        (data, self.padding_count())
    }

    fn padding_count(&self) -> usize {
        let Some(padding) = &self.padding else {
            return 0;
        };
        let (first, last) = (*padding.start(), *padding.end());
        let stored = self.stored.iter();
        stored
            .filter(|stored| (first..=last).contains(*stored))
            .count()
    }

    pub(super) fn hounsfield(&self) -> Vec<f32> {
        let values = self.stored.iter();
        let lowest = values
            .filter(|stored| !self.is_padding(**stored))
            .map(|stored| self.modality.value_hu(*stored))
            .reduce(f64::min)
            .unwrap_or(AIR_HU);
        self.stored
            .iter()
            .map(|stored| {
                if self.is_padding(*stored) {
                    lowest as f32
                } else {
                    self.modality.value_hu(*stored) as f32
                }
            })
            .collect()
    }

    fn is_padding(&self, stored: i32) -> bool {
        self.padding
            .as_ref()
            .is_some_and(|range| range.contains(&stored))
    }
}

/// Air, by the definition of the Hounsfield scale; for a slice that is nothing but padding.
const AIR_HU: f64 = -1000.0;

/// How many values a table is made for.
const TABLE: usize = 1 << 16;

/// Grey by stored value, from the smallest to the largest: a slice has far fewer values than
/// pixels.
struct GreyTable {
    smallest: i32,
    /// As many as there may be, so that no place needs to be checked.
    greys: Box<[u8; TABLE]>,
}

impl GreyTable {
    /// `None` if a table would be larger than the slice.
    fn new(stored: &[i32], grey: impl Fn(i32) -> u8) -> Option<Self> {
        let first = *stored.first()?;
        let wider = |(smallest, largest): (i32, i32), value: &i32| {
            (smallest.min(*value), largest.max(*value))
        };
        let (smallest, largest) = stored.iter().fold((first, first), wider);
        let length = i64::from(largest) - i64::from(smallest) + 1;
        if length > TABLE.min(stored.len()) as i64 {
            return None;
        }
        let mut greys = vec![0; TABLE];
        for (level, value) in greys.iter_mut().zip(smallest..=largest) {
            *level = grey(value);
        }
        let greys = greys.try_into().ok()?;
        Some(Self { smallest, greys })
    }

    fn grey(&self, stored: i32) -> u8 {
        self.greys[usize::from((stored - self.smallest) as u16)]
    }
}

/// Pixel Padding Value (0028,0120) to Pixel Padding Range Limit (0028,0121), PS3.3 C.7.5.1.1.2.
fn padding(data_set: &DataSet, layout: &PixelLayout) -> Option<RangeInclusive<i32>> {
    let value = |tag: Tag| {
        let value = integer(data_set, tag)?;
        // Some writers give -2000 as 63536, since the attribute may be US or SS.
        let word = i32::from(value as u16);
        let signed = i32::from(value as i16);
        Some(if layout.is_signed { signed } else { word })
    };
    let first = value(tags::PIXEL_PADDING_VALUE)?;
    let last = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(first);
    Some(first.min(last)..=first.max(last))
}
