//! A file's facts, and those of a slice and its DICOM header.

use std::path::Path;

use hilum_imaging::{
    Channels, Concern, DecodeLimits, DecodeProblem, DicomInfo, DicomProblem, Format, Interpolation,
    Likeness, PixelDigest, Pixels, Slice, SliceFingerprint, SourceColor, SourceDepth,
    THUMBNAIL_SIDE, Window, decode_file,
};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::grey::GreyStatistics;
use super::thumbnail::Thumbnail;

/// What one file is, or why it is nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FileFacts {
    /// A slice.
    Slice(Box<SliceFacts>),
    /// A file that cannot be decoded.
    Unreadable {
        /// What the decoder said, without the path.
        reason: String,
        /// Whether it is a DICOM object of another modality.
        is_not_ct: bool,
    },
}

impl FileFacts {
    /// The slice, if it is one.
    pub fn slice(&self) -> Option<&SliceFacts> {
        match self {
            Self::Slice(facts) => Some(facts),
            Self::Unreadable { .. } => None,
        }
    }
}

/// What is remembered of a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceFacts {
    /// Names the decoded pixels.
    pub digest: PixelDigest,
    /// Kind of file, by its content.
    pub format: Format,
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Whether the file stores colours, be they grey or not.
    pub stores_color: bool,
    /// The share of pixels that are visibly coloured; in `0.0..=1.0`.
    pub color_share: f64,
    /// Grey levels, sharpness, border.
    pub grey: GreyStatistics,
    /// The slice at 64x64.
    pub thumbnail: Thumbnail,
    /// Where the body lies in it; `None` where none was found.
    pub body: Option<Body>,
    /// What values of more than eight bits were taken for.
    pub depth: Option<SourceDepth>,
    /// What a DICOM header says.
    pub dicom: Option<Box<DicomFacts>>,
}

/// The part of a DICOM header that rules ask for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a yes or no that the header says"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DicomFacts {
    /// Patient ID (0010,0020).
    pub patient_id: Option<String>,
    /// Series Instance UID (0020,000E).
    pub series_uid: Option<String>,
    /// Whether Image Type (0008,0008) calls it a localizer.
    pub is_localizer: bool,
    /// Whether Rescale Slope and Intercept are there, or a Modality LUT.
    pub has_rescale: bool,
    /// Burned In Annotation (0028,0301).
    pub has_burned_in_annotation: bool,
    /// Patient Identity Removed (0012,0062).
    pub is_identity_removed: bool,
    /// Keywords of filled attributes that name a person.
    pub identifying_attributes: Vec<String>,
    /// Why it is no axial slice of a chest, by its header: its plane, its part of the body.
    pub elsewhere: Vec<String>,
    /// Where the file departs from the standard, and was read all the same.
    pub nonconformities: Vec<String>,
}

impl From<&DicomInfo> for DicomFacts {
    fn from(info: &DicomInfo) -> Self {
        Self {
            patient_id: info.patient_id.clone(),
            series_uid: info.series_uid.clone(),
            is_localizer: info.is_localizer(),
            has_rescale: info.rescale.is_some() || info.has_modality_table,
            has_burned_in_annotation: info.burned_in_annotation == Some(true),
            is_identity_removed: info.identity_removed == Some(true),
            identifying_attributes: info
                .identifying_attributes
                .iter()
                .map(|keyword| (*keyword).to_owned())
                .collect(),
            elsewhere: elsewhere(info),
            nonconformities: info
                .nonconformities
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }
}

/// The concerns that no other rule looks for.
fn elsewhere(info: &DicomInfo) -> Vec<String> {
    let is_elsewhere = |concern: &Concern| {
        matches!(
            concern,
            Concern::Plane { .. }
                | Concern::Tilted { .. }
                | Concern::BodyPart { .. }
                | Concern::SecondaryCapture
                | Concern::NotSaidToBeCt
        )
    };
    let concerns = info.concerns().into_iter().filter(is_elsewhere);
    // A localizer's plane is its nature.
    let concerns = concerns
        .filter(|concern| !(info.is_localizer() && matches!(concern, Concern::Plane { .. })));
    concerns.map(|concern| concern.to_string()).collect()
}

/// The difference of channels from which a pixel is seen as coloured; JPEG's own colour noise on
/// grey images stays below.
const VISIBLE_COLOR: u8 = 48;

impl FileFacts {
    /// Decodes a file, DICOM through the lung window, and keeps what rules need.
    pub(in crate::audit) fn read(path: &Path, limits: DecodeLimits) -> Self {
        match decode_file(path, Window::LUNG, &limits) {
            Ok(slice) => Self::Slice(Box::new(SliceFacts::of(&slice))),
            Err(error) => Self::Unreadable {
                is_not_ct: matches!(
                    error.problem,
                    DecodeProblem::Dicom(DicomProblem::NotCt { .. })
                ),
                reason: error.problem.to_string(),
            },
        }
    }
}

impl SliceFacts {
    /// By what the slice is known again.
    pub fn fingerprint(&self) -> SliceFingerprint {
        SliceFingerprint {
            digest: self.digest,
            likeness: Likeness::of(self.thumbnail.levels()),
        }
    }

    fn of(slice: &Slice) -> Self {
        let Slice { pixels, info } = slice;
        let grey = pixels.to_grey();
        let small = grey.resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, Interpolation::Bilinear);
        Self {
            digest: PixelDigest::of(pixels),
            format: info.format,
            width: info.width,
            height: info.height,
            stores_color: !matches!(info.color, SourceColor::Grey | SourceColor::GreyAlpha),
            color_share: color_share(pixels),
            grey: GreyStatistics::of(&grey),
            body: Body::of(&small),
            thumbnail: Thumbnail::new(small.into_data()),
            depth: info.depth,
            dicom: info.dicom.as_deref().map(|info| Box::new(info.into())),
        }
    }
}

fn color_share(pixels: &Pixels) -> f64 {
    if pixels.channels() == Channels::Grey {
        return 0.0;
    }
    let (colors, _) = pixels.data().as_chunks::<3>();
    let colored = colors
        .iter()
        .filter(|color| {
            let largest = color.iter().max().copied().unwrap_or(0);
            let smallest = color.iter().min().copied().unwrap_or(0);
            largest - smallest >= VISIBLE_COLOR
        })
        .count();
    colored as f64 / colors.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(data: &[u8]) -> Pixels {
        Pixels::new(data.len() / 3, 1, Channels::Rgb, data.to_vec())
    }

    #[test]
    fn faint_color_is_noise_and_strong_color_is_a_mark() {
        assert_eq!(color_share(&rgb(&[100, 110, 105, 0, 0, 0])), 0.0);
        assert_eq!(color_share(&rgb(&[255, 0, 0, 0, 0, 0])), 0.5);
    }
}
