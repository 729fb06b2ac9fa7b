//! What a CT slice's header says, and what has to hold before its pixels are read.

use dicom_core::Tag;
use dicom_core::dictionary::{UidDictionary, UidDictionaryEntry};
use dicom_dictionary_std::{StandardSopClassDictionary, tags, uids};

use super::super::error::DicomProblem;
use super::super::source::DicomInfo;
use super::attributes::{array, integer, number, numbers, text, texts, yes_or_no};
use super::data_set::DataSet;
use super::nonconformity::{Forgiven, Nonconformity};
use super::storage::CT_STORAGE_CLASSES;
use crate::window::{FileWindow, VoiFunction};

/// How stored values lie in memory (PS3.3 C.7.6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelLayout {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) bits_allocated: u32,
    pub(super) bits_stored: u32,
    pub(super) high_bit: u32,
    pub(super) is_signed: bool,
}

impl PixelLayout {
    /// Rows, Columns and Bits Allocated must be there; what else is missing or impossible has one
    /// likely meaning, which is noted.
    pub(super) fn read(data_set: &DataSet, forgiven: &mut Forgiven) -> Result<Self, DicomProblem> {
        let samples = integer(data_set, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        require("SamplesPerPixel", samples, samples == 1, "1")?;
        let bits_allocated = required(data_set, tags::BITS_ALLOCATED, "BitsAllocated")?;
        let is_known = matches!(bits_allocated, 8 | 16 | 32);
        require("BitsAllocated", bits_allocated, is_known, "8, 16 or 32")?;
        let mut or_assume = |value: Option<i64>, fits: bool, attribute, assumed, default| {
            if let Some(value) = value
                && fits
            {
                return value;
            }
            forgiven.note(Nonconformity::Attribute { attribute, assumed });
            default
        };
        let stored = integer(data_set, tags::BITS_STORED);
        let fits = stored.is_some_and(|bits| (1..=bits_allocated).contains(&bits));
        let all = "`BitsAllocated`";
        let bits_stored = or_assume(stored, fits, "BitsStored", all, bits_allocated);
        let high = integer(data_set, tags::HIGH_BIT);
        let fits = high.is_some_and(|bit| (bits_stored - 1..bits_allocated).contains(&bit));
        let below = "`BitsStored` - 1";
        let high_bit = or_assume(high, fits, "HighBit", below, bits_stored - 1);
        let sign = integer(data_set, tags::PIXEL_REPRESENTATION);
        let fits = matches!(sign, Some(0 | 1));
        let sign = or_assume(sign, fits, "PixelRepresentation", "unsigned", 0);
        Ok(Self {
            rows: side(data_set, tags::ROWS, "Rows")?,
            columns: side(data_set, tags::COLUMNS, "Columns")?,
            bits_allocated: bits_allocated as u32,
            bits_stored: bits_stored as u32,
            high_bit: high_bit as u32,
            is_signed: sign == 1,
        })
    }

    pub(super) fn pixel_count(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) fn value_bytes(&self) -> usize {
        self.bits_allocated as usize / 8
    }

    pub(super) fn frame_bytes(&self) -> usize {
        self.pixel_count() * self.value_bytes()
    }
}

fn required(data_set: &DataSet, tag: Tag, attribute: &'static str) -> Result<i64, DicomProblem> {
    integer(data_set, tag).ok_or(DicomProblem::MissingAttribute { attribute })
}

fn side(data_set: &DataSet, tag: Tag, attribute: &'static str) -> Result<usize, DicomProblem> {
    let value = required(data_set, tag, attribute)?;
    let fits = (0..=65_535).contains(&value);
    require(attribute, value, fits, "0 to 65535")?;
    Ok(value as usize)
}

fn require(
    attribute: &'static str,
    value: i64,
    holds: bool,
    expected: &'static str,
) -> Result<(), DicomProblem> {
    if holds {
        return Ok(());
    }
    Err(DicomProblem::UnexpectedValue {
        attribute,
        value: value.to_string(),
        expected,
    })
}

/// Whether low stored values are bright: MONOCHROME1 (PS3.3 C.7.6.3.1.2).
pub(super) fn is_inverted(
    data_set: &DataSet,
    forgiven: &mut Forgiven,
) -> Result<bool, DicomProblem> {
    let value = text(data_set, tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
    match value.to_ascii_uppercase().as_str() {
        "MONOCHROME1" => Ok(true),
        "MONOCHROME2" => Ok(false),
        "" => {
            forgiven.note(Nonconformity::Attribute {
                attribute: "PhotometricInterpretation",
                assumed: "MONOCHROME2",
            });
            Ok(false)
        }
        _ => Err(DicomProblem::UnexpectedValue {
            attribute: "PhotometricInterpretation",
            value,
            expected: "MONOCHROME1 or MONOCHROME2",
        }),
    }
}

/// Refuses what says that it is something else than an image of CT.
///
/// A file that says neither modality nor SOP class passes, and is warned of.
pub(super) fn require_ct(
    data_set: &DataSet,
    meta_sop_class: Option<&str>,
) -> Result<Option<String>, DicomProblem> {
    let sop_class = text(data_set, tags::SOP_CLASS_UID);
    let sop_class = sop_class.or_else(|| meta_sop_class.map(str::to_owned));
    if sop_class.as_deref() == Some(uids::MEDIA_STORAGE_DIRECTORY_STORAGE)
        || data_set.get(tags::DIRECTORY_RECORD_SEQUENCE).is_some()
    {
        return Err(DicomProblem::Directory);
    }
    let modality = text(data_set, tags::MODALITY);
    let is_ct = modality
        .as_deref()
        .is_none_or(|modality| modality.eq_ignore_ascii_case("CT"));
    let class_fits = match sop_class.as_deref() {
        None => true,
        Some(uid) if uid.starts_with(STORAGE_CLASSES) => {
            CT_STORAGE_CLASSES.contains(&uid) || (is_secondary_capture(uid) && modality.is_some())
        }
        // A private class, or a text that is no class.
        Some(_) => modality.is_some(),
    };
    if is_ct && class_fits {
        return Ok(sop_class);
    }
    Err(DicomProblem::NotCt {
        modality: modality.unwrap_or_else(|| "unknown".to_owned()),
        sop_class: sop_class.map_or_else(|| "unknown".to_owned(), named_class),
    })
}

const STORAGE_CLASSES: &str = "1.2.840.10008.5.1.4.";

/// Secondary Capture Image Storage and its multi-frame kinds.
pub(in super::super) fn is_secondary_capture(uid: &str) -> bool {
    uid.strip_prefix(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn named_class(uid: String) -> String {
    match StandardSopClassDictionary.by_uid(&uid) {
        Some(entry) => format!("{} ({uid})", entry.name()),
        None => uid,
    }
}

/// Everything the header says that somebody auditing the data may ask for.
pub(super) fn info(data_set: &DataSet, transfer_syntax: &str) -> DicomInfo {
    let slope = number(data_set, tags::RESCALE_SLOPE);
    let intercept = number(data_set, tags::RESCALE_INTERCEPT);
    DicomInfo {
        patient_id: text(data_set, tags::PATIENT_ID),
        study_uid: text(data_set, tags::STUDY_INSTANCE_UID),
        series_uid: text(data_set, tags::SERIES_INSTANCE_UID),
        sop_instance_uid: text(data_set, tags::SOP_INSTANCE_UID),
        instance_number: integer(data_set, tags::INSTANCE_NUMBER),
        modality: text(data_set, tags::MODALITY),
        image_type: image_type(data_set),
        transfer_syntax: transfer_syntax.to_owned(),
        photometric_interpretation: text(data_set, tags::PHOTOMETRIC_INTERPRETATION)
            .unwrap_or_default(),
        position_mm: array(data_set, tags::IMAGE_POSITION_PATIENT),
        orientation: array(data_set, tags::IMAGE_ORIENTATION_PATIENT),
        gantry_tilt_degrees: number(data_set, tags::GANTRY_DETECTOR_TILT),
        spacing_mm: array(data_set, tags::PIXEL_SPACING),
        slice_thickness_mm: number(data_set, tags::SLICE_THICKNESS),
        rescale: slope
            .zip(intercept)
            .map(|(slope, intercept)| [slope, intercept]),
        windows: windows(data_set),
        burned_in_annotation: yes_or_no(data_set, tags::BURNED_IN_ANNOTATION),
        identity_removed: yes_or_no(data_set, tags::PATIENT_IDENTITY_REMOVED),
        identifying_attributes: identifying_attributes(data_set),
        body_part: body_part(data_set),
        descriptions: [
            tags::STUDY_DESCRIPTION,
            tags::SERIES_DESCRIPTION,
            tags::PROTOCOL_NAME,
        ]
        .into_iter()
        .filter_map(|tag| text(data_set, tag))
        .collect(),
        ..DicomInfo::default()
    }
}

/// Frame Type (0008,9007) says of a frame what Image Type says of a file.
fn image_type(data_set: &DataSet) -> Vec<String> {
    let of_frame = texts(data_set, tags::FRAME_TYPE);
    if of_frame.is_empty() {
        texts(data_set, tags::IMAGE_TYPE)
    } else {
        of_frame
    }
}

/// Body Part Examined, or the meaning of Anatomic Region's code.
fn body_part(data_set: &DataSet) -> Option<String> {
    text(data_set, tags::BODY_PART_EXAMINED).or_else(|| {
        let region = data_set.first_item(tags::ANATOMIC_REGION_SEQUENCE)?;
        text(&region, tags::CODE_MEANING)
    })
}

/// Window Center and Width, paired by position (PS3.3 C.11.2.1.2).
fn windows(data_set: &DataSet) -> Vec<FileWindow> {
    let function = text(data_set, tags::VOILUT_FUNCTION).unwrap_or_default();
    let function = match function.to_ascii_uppercase().as_str() {
        "SIGMOID" => VoiFunction::Sigmoid,
        "LINEAR_EXACT" => VoiFunction::LinearExact,
        _ => VoiFunction::Linear,
    };
    numbers(data_set, tags::WINDOW_CENTER)
        .into_iter()
        .zip(numbers(data_set, tags::WINDOW_WIDTH))
        .map(|(center_hu, width_hu)| FileWindow {
            center_hu,
            width_hu,
            function,
        })
        .collect()
}

/// Attributes of PS3.15 table E.1-1 that name or locate a person.
fn identifying_attributes(data_set: &DataSet) -> Vec<&'static str> {
    const IDENTIFYING: [(Tag, &str); 6] = [
        (tags::PATIENT_NAME, "PatientName"),
        (tags::PATIENT_BIRTH_DATE, "PatientBirthDate"),
        (tags::PATIENT_ADDRESS, "PatientAddress"),
        (tags::PATIENT_TELEPHONE_NUMBERS, "PatientTelephoneNumbers"),
        (tags::REFERRING_PHYSICIAN_NAME, "ReferringPhysicianName"),
        (tags::INSTITUTION_NAME, "InstitutionName"),
    ];
    IDENTIFYING
        .into_iter()
        .filter(|(tag, _)| text(data_set, *tag).is_some())
        .map(|(_, keyword)| keyword)
        .collect()
}
