//! What a CT slice's header says, and what has to hold before its pixels are read.

use dicom_core::Tag;
use dicom_core::dictionary::{UidDictionary, UidDictionaryEntry};
use dicom_dictionary_std::{StandardSopClassDictionary, tags, uids};
use dicom_object::InMemDicomObject;

use super::super::error::DicomProblem;
use super::super::source::DicomInfo;
use super::attributes::{array, integer, number, numbers, text, texts, yes_or_no};
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
    pub(super) fn read(object: &InMemDicomObject) -> Result<Self, DicomProblem> {
        let samples = integer(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        require("SamplesPerPixel", samples, samples == 1, "1")?;
        let bits_allocated = required(object, tags::BITS_ALLOCATED, "BitsAllocated")?;
        let is_known = matches!(bits_allocated, 8 | 16 | 32);
        require("BitsAllocated", bits_allocated, is_known, "8, 16 or 32")?;
        let bits_stored = integer(object, tags::BITS_STORED).unwrap_or(bits_allocated);
        let fits = (1..=bits_allocated).contains(&bits_stored);
        require("BitsStored", bits_stored, fits, "1 to BitsAllocated")?;
        let high_bit = integer(object, tags::HIGH_BIT).unwrap_or(bits_stored - 1);
        let fits = (bits_stored - 1..bits_allocated).contains(&high_bit);
        require(
            "HighBit",
            high_bit,
            fits,
            "BitsStored - 1 to BitsAllocated - 1",
        )?;
        let representation = integer(object, tags::PIXEL_REPRESENTATION).unwrap_or(0);
        let is_known = matches!(representation, 0 | 1);
        require("PixelRepresentation", representation, is_known, "0 or 1")?;
        Ok(Self {
            rows: side(object, tags::ROWS, "Rows")?,
            columns: side(object, tags::COLUMNS, "Columns")?,
            bits_allocated: bits_allocated as u32,
            bits_stored: bits_stored as u32,
            high_bit: high_bit as u32,
            is_signed: representation == 1,
        })
    }

    pub(super) fn pixel_count(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) fn value_bytes(&self) -> usize {
        self.bits_allocated as usize / 8
    }
}

fn required(
    object: &InMemDicomObject,
    tag: Tag,
    attribute: &'static str,
) -> Result<i64, DicomProblem> {
    integer(object, tag).ok_or(DicomProblem::MissingAttribute { attribute })
}

fn side(
    object: &InMemDicomObject,
    tag: Tag,
    attribute: &'static str,
) -> Result<usize, DicomProblem> {
    let value = required(object, tag, attribute)?;
    require(
        attribute,
        value,
        (0..=65_535).contains(&value),
        "0 to 65535",
    )?;
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

/// Refuses everything but a single-frame CT image.
///
/// An object without a SOP class passes if its modality is CT.
pub(super) fn require_ct_slice(object: &InMemDicomObject) -> Result<(), DicomProblem> {
    let sop_class = text(object, tags::SOP_CLASS_UID);
    let modality = text(object, tags::MODALITY);
    let frame_count = integer(object, tags::NUMBER_OF_FRAMES).unwrap_or(1);
    let is_enhanced = sop_class.as_deref().is_some_and(|uid| {
        uid == uids::ENHANCED_CT_IMAGE_STORAGE
            || uid == uids::LEGACY_CONVERTED_ENHANCED_CT_IMAGE_STORAGE
    });
    if is_enhanced {
        return Err(DicomProblem::MultiFrame { count: frame_count });
    }
    let class_fits = match sop_class.as_deref() {
        Some(uid) => uid == uids::CT_IMAGE_STORAGE,
        None => modality.is_some(),
    };
    let modality_fits = modality.as_deref().is_none_or(|modality| modality == "CT");
    if !class_fits || !modality_fits {
        return Err(DicomProblem::NotCt {
            modality: modality.unwrap_or_else(|| "unknown".to_owned()),
            sop_class: sop_class.map_or_else(|| "unknown".to_owned(), named_class),
        });
    }
    if frame_count > 1 {
        return Err(DicomProblem::MultiFrame { count: frame_count });
    }
    Ok(())
}

fn named_class(uid: String) -> String {
    match StandardSopClassDictionary.by_uid(&uid) {
        Some(entry) => format!("{} ({uid})", entry.name()),
        None => uid,
    }
}

/// Everything the header says that somebody auditing the data may ask for.
pub(super) fn info(object: &InMemDicomObject, transfer_syntax: &str) -> DicomInfo {
    let slope = number(object, tags::RESCALE_SLOPE);
    let intercept = number(object, tags::RESCALE_INTERCEPT);
    DicomInfo {
        patient_id: text(object, tags::PATIENT_ID),
        study_uid: text(object, tags::STUDY_INSTANCE_UID),
        series_uid: text(object, tags::SERIES_INSTANCE_UID),
        sop_instance_uid: text(object, tags::SOP_INSTANCE_UID),
        instance_number: integer(object, tags::INSTANCE_NUMBER),
        modality: text(object, tags::MODALITY),
        image_type: texts(object, tags::IMAGE_TYPE),
        transfer_syntax: transfer_syntax.to_owned(),
        photometric_interpretation: text(object, tags::PHOTOMETRIC_INTERPRETATION)
            .unwrap_or_default(),
        position_mm: array(object, tags::IMAGE_POSITION_PATIENT),
        orientation: array(object, tags::IMAGE_ORIENTATION_PATIENT),
        spacing_mm: array(object, tags::PIXEL_SPACING),
        slice_thickness_mm: number(object, tags::SLICE_THICKNESS),
        rescale: slope
            .zip(intercept)
            .map(|(slope, intercept)| [slope, intercept]),
        windows: windows(object),
        window_used: None,
        padding_count: 0,
        burned_in_annotation: yes_or_no(object, tags::BURNED_IN_ANNOTATION),
        identity_removed: yes_or_no(object, tags::PATIENT_IDENTITY_REMOVED),
        identifying_attributes: identifying_attributes(object),
    }
}

/// Window Center and Width, paired by position (PS3.3 C.11.2.1.2).
fn windows(object: &InMemDicomObject) -> Vec<FileWindow> {
    let function = match text(object, tags::VOILUT_FUNCTION).as_deref() {
        Some("SIGMOID") => VoiFunction::Sigmoid,
        Some("LINEAR_EXACT") => VoiFunction::LinearExact,
        _ => VoiFunction::Linear,
    };
    numbers(object, tags::WINDOW_CENTER)
        .into_iter()
        .zip(numbers(object, tags::WINDOW_WIDTH))
        .map(|(center_hu, width_hu)| FileWindow {
            center_hu,
            width_hu,
            function,
        })
        .collect()
}

/// Attributes of PS3.15 table E.1-1 that name or locate a person.
fn identifying_attributes(object: &InMemDicomObject) -> Vec<&'static str> {
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
        .filter(|(tag, _)| text(object, *tag).is_some())
        .map(|(_, keyword)| keyword)
        .collect()
}
