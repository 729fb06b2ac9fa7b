//! What a file said of itself, kept beside its pixels for whoever audits the data.

use std::fmt;

use serde::Serialize;

use super::depth::{Reading, SourceDepth};
use super::{Format, Nonconformity};
use crate::window::FileWindow;

/// How a file stores a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceColor {
    /// One grey value.
    Grey,
    /// Grey and opacity.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and opacity.
    Rgba,
    /// An index into a table of colours.
    Palette,
    /// An index into a table of colours with opacities.
    PaletteAlpha,
    /// Cyan, magenta, yellow and black.
    Cmyk,
}

/// What a file said of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceInfo {
    /// Kind of file, by its content.
    pub format: Format,
    /// Pixels from left to right, before any resizing.
    pub width: usize,
    /// Pixels from top to bottom, before any resizing.
    pub height: usize,
    /// Bits per stored value: 1, 2, 4, 8 or 16 in PNG; 8 in JPEG, BMP and WebP; 1 to 64 in TIFF and
    /// NIfTI; Bits Stored in DICOM.
    pub bits: u8,
    /// How a pixel is stored.
    pub color: SourceColor,
    /// What a DICOM file said beyond that.
    pub dicom: Option<Box<DicomInfo>>,
    /// What values of more than eight bits were taken for; `None` for eight bits, and for DICOM.
    pub depth: Option<SourceDepth>,
    /// What whoever relies on the pixels should know.
    pub notes: Vec<SourceNote>,
}

impl SourceInfo {
    /// A file that says no more than its size and how it stores a pixel.
    pub(super) fn new(
        format: Format,
        width: usize,
        height: usize,
        bits: u8,
        color: SourceColor,
    ) -> Self {
        Self {
            format,
            width,
            height,
            bits,
            color,
            dicom: None,
            depth: None,
            notes: Vec::new(),
        }
    }

    /// Keeps what values were taken for.
    pub(super) fn note_reading(&mut self, reading: Reading) {
        self.depth = Some(reading.depth);
        if reading.is_guess {
            self.notes.push(SourceNote::DepthGuessed(reading.depth));
        }
    }
}

/// What whoever relies on a slice's pixels should know of its file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SourceNote {
    /// Nothing but their spread says what values of more than eight bits stand for.
    DepthGuessed(SourceDepth),
    /// A JPEG whose picture is whole, and whose end marker is missing.
    NoEndMarker,
    /// A NIfTI volume without `sform` and `qform`: which side is which is a convention.
    NoOrientation,
    /// A NIfTI slice without a value below zero: air is -1000 HU.
    NoAir,
    /// Nothing that looks like a body; the recipe's frame has left the image as it is.
    NoBody,
    /// A body without as much enclosed air as a chest has; its tones were left as they are.
    NoLungs,
}

impl fmt::Display for SourceNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DepthGuessed(depth) => write!(
                formatter,
                "values of more than 8 bits were taken for {depth}, by their spread"
            ),
            Self::NoEndMarker => {
                formatter.write_str("the JPEG's end marker is missing; its picture is whole")
            }
            Self::NoOrientation => formatter.write_str(
                "the NIfTI volume does not say how it lies in the body; its axes were taken for \
                 left, anterior, superior",
            ),
            Self::NoAir => formatter
                .write_str("no value is below 0; the NIfTI volume may not hold Hounsfield units"),
            Self::NoBody => {
                formatter.write_str("no body was found in the slice; nothing of it was cut")
            }
            Self::NoLungs => formatter
                .write_str("no lungs were found in the slice; its grey levels are as they were"),
        }
    }
}

/// What a CT slice's DICOM header says; `None` and empty where the file is silent.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct DicomInfo {
    /// Patient ID (0010,0020).
    pub patient_id: Option<String>,
    /// Study Instance UID (0020,000D).
    pub study_uid: Option<String>,
    /// Series Instance UID (0020,000E).
    pub series_uid: Option<String>,
    /// SOP Class UID (0008,0016), or what the file meta information says of it.
    pub sop_class_uid: Option<String>,
    /// SOP Instance UID (0008,0018): names this slice.
    pub sop_instance_uid: Option<String>,
    /// Instance Number (0020,0013).
    pub instance_number: Option<i64>,
    /// Modality (0008,0060).
    pub modality: Option<String>,
    /// Image Type (0008,0008), such as `ORIGINAL`, `PRIMARY`, `AXIAL`; a scout holds `LOCALIZER`.
    /// Of a frame, Frame Type (0008,9007).
    pub image_type: Vec<String>,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// Photometric Interpretation (0028,0004).
    pub photometric_interpretation: String,
    /// Image Position (Patient) (0020,0032): centre of the first pixel, in mm.
    pub position_mm: Option<[f64; 3]>,
    /// Image Orientation (Patient) (0020,0037): direction of a row, then of a column.
    pub orientation: Option<[f64; 6]>,
    /// Gantry/Detector Tilt (0018,1120) in degrees.
    pub gantry_tilt_degrees: Option<f64>,
    /// Body Part Examined (0018,0015), or the meaning of Anatomic Region Sequence (0008,2218).
    pub body_part: Option<String>,
    /// Study Description (0008,1030), Series Description (0008,103E) and Protocol Name
    /// (0018,1030), those that are there.
    pub descriptions: Vec<String>,
    /// Pixel Spacing (0028,0030): between rows, then between columns, in mm.
    pub spacing_mm: Option<[f64; 2]>,
    /// Slice Thickness (0018,0050) in mm.
    pub slice_thickness_mm: Option<f64>,
    /// Rescale Slope (0028,1053) and Intercept (0028,1052); without them the values are not known
    /// to be Hounsfield units.
    pub rescale: Option<[f64; 2]>,
    /// Whether a Modality LUT (0028,3000) stands in their place.
    pub has_modality_table: bool,
    /// Every window that the file names.
    pub windows: Vec<FileWindow>,
    /// The window that made the pixels; `None` if a VOI LUT of the file did.
    pub window_used: Option<FileWindow>,
    /// Pixels that the file calls padding, outside the scanner's field of view.
    pub padding_count: usize,
    /// Burned In Annotation (0028,0301): whether the file says that text is part of the pixels.
    pub burned_in_annotation: Option<bool>,
    /// Patient Identity Removed (0012,0062).
    pub identity_removed: Option<bool>,
    /// Keywords of attributes that name a person and are filled in, such as `PatientName`.
    pub identifying_attributes: Vec<&'static str>,
    /// Where the file departs from the standard, and was read all the same.
    pub nonconformities: Vec<Nonconformity>,
}

impl DicomInfo {
    /// Whether Image Type calls this a localizer (scout, topogram): a projection, not a slice.
    pub fn is_localizer(&self) -> bool {
        self.image_type
            .iter()
            .any(|value| value.eq_ignore_ascii_case("LOCALIZER"))
    }
}
