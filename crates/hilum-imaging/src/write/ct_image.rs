//! CT Image Storage files (DICOM PS3.3 A.3).

use std::path::Path;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use hilum_files::write_atomically;

use super::WriteError;
use super::uid::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, derived_uid};
use crate::{HounsfieldSlice, Lesion};

/// What is subtracted from a stored value to give Hounsfield units.
const INTERCEPT: i16 = -1024;
/// The largest value of 12 bits.
const LARGEST: i16 = 4095;
const BITS_STORED: u16 = 12;
/// Millimetres are given with this many digits behind the point; 16 characters in all hold them.
const DIGITS: usize = 6;

/// Who is shown; nobody, for a phantom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientInfo {
    /// Family name and given name, as `FAMILY^GIVEN`.
    pub name: String,
    /// The identifier that groups a patient's files.
    pub id: String,
}

/// What the slices of one series have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesInfo {
    /// Who is shown.
    pub patient: PatientInfo,
    /// What a person reads in a list of series.
    pub description: String,
    /// From this, all unique identifiers are derived: equal keys give equal identifiers.
    pub key: String,
}

impl SeriesInfo {
    /// The series of one phantom. Neither name nor description gives the lesion away.
    pub fn phantom(patient_seed: u64, lesion: Lesion) -> Self {
        Self {
            patient: PatientInfo {
                name: format!("PHANTOM^{patient_seed:016X}"),
                id: format!("PHANTOM-{patient_seed:016X}"),
            },
            description: "Synthetic chest phantom".to_owned(),
            key: format!("hilum phantom {patient_seed} {}", lesion.class_name()),
        }
    }

    fn validate(&self) -> Result<(), WriteError> {
        let texts = [
            ("patient name", &self.patient.name),
            ("patient identifier", &self.patient.id),
            ("series description", &self.description),
        ];
        for (attribute, value) in texts {
            let forbidden = |c: char| c == '\\' || c.is_control();
            if value.chars().count() > 64 || value.contains(forbidden) {
                return Err(WriteError::Attribute {
                    attribute,
                    value: value.clone(),
                });
            }
        }
        Ok(())
    }

    fn uid(&self, kind: &str) -> String {
        derived_uid(&format!("{kind} of {}", self.key))
    }
}

/// Writes `slice` as a CT image that any DICOM viewer opens, whole or not at all.
///
/// Explicit VR Little Endian; 12 of 16 bits, intercept -1024, slope 1; windows for lung
/// (-600/1500) and mediastinum (40/400). `instance_number` counts the slices of a series from 1.
///
/// # Errors
/// [`WriteError`] if an attribute does not fit into DICOM or the disk refuses; what stood at
/// `path` before is still there then.
pub fn write_dicom(
    path: &Path,
    slice: &HounsfieldSlice,
    series: &SeriesInfo,
    instance_number: usize,
) -> Result<(), WriteError> {
    series.validate()?;
    let mut object = InMemDicomObject::new_empty();
    put_identity(&mut object, series, instance_number);
    put_acquisition(&mut object);
    put_plane(&mut object, slice);
    put_pixels(&mut object, slice);
    let bytes = encode(object).map_err(|source| WriteError::Dicom {
        path: path.to_owned(),
        source,
    })?;
    Ok(write_atomically(path, |file| file.write_all(&bytes))?)
}

fn encode(object: InMemDicomObject) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME);
    let mut bytes = Vec::new();
    object.with_meta(meta)?.write_all(&mut bytes)?;
    Ok(bytes)
}

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) {
    object.put(DataElement::new(tag, vr, value.into()));
}

/// Patient, study, series, equipment and instance.
fn put_identity(object: &mut InMemDicomObject, series: &SeriesInfo, instance_number: usize) {
    let instance = series.uid(&format!("instance {instance_number}"));
    let texts = [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, &instance),
        (tags::PATIENT_NAME, VR::PN, &series.patient.name),
        (tags::PATIENT_ID, VR::LO, &series.patient.id),
        (tags::PATIENT_BIRTH_DATE, VR::DA, ""),
        (tags::PATIENT_SEX, VR::CS, ""),
        (tags::QUALITY_CONTROL_SUBJECT, VR::CS, "YES"),
        (tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES"),
        (tags::DEIDENTIFICATION_METHOD, VR::LO, "Computed phantom"),
        (tags::STUDY_INSTANCE_UID, VR::UI, &series.uid("study")),
        (tags::STUDY_DATE, VR::DA, "20000101"),
        (tags::STUDY_TIME, VR::TM, "120000"),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
        (tags::STUDY_ID, VR::SH, "1"),
        (tags::ACCESSION_NUMBER, VR::SH, ""),
        (tags::MODALITY, VR::CS, "CT"),
        (tags::SERIES_INSTANCE_UID, VR::UI, &series.uid("series")),
        (tags::SERIES_NUMBER, VR::IS, "1"),
        (tags::SERIES_DESCRIPTION, VR::LO, &series.description),
        (tags::BODY_PART_EXAMINED, VR::CS, "CHEST"),
        (tags::PATIENT_POSITION, VR::CS, "HFS"),
        (
            tags::FRAME_OF_REFERENCE_UID,
            VR::UI,
            &series.uid("frame of reference"),
        ),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::MANUFACTURER, VR::LO, "hilum"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, "synthetic phantom"),
        (tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION")),
        (tags::INSTANCE_NUMBER, VR::IS, &instance_number.to_string()),
        (
            tags::IMAGE_COMMENTS,
            VR::LT,
            "Computed phantom; shows no person",
        ),
    ];
    for (tag, vr, text) in texts {
        put(object, tag, vr, text);
    }
}

/// How a scanner would have made it.
fn put_acquisition(object: &mut InMemDicomObject) {
    let several =
        |values: [&str; 3]| PrimitiveValue::Strs(values.map(str::to_owned).into_iter().collect());
    put(
        object,
        tags::IMAGE_TYPE,
        VR::CS,
        several(["ORIGINAL", "PRIMARY", "AXIAL"]),
    );
    put(object, tags::ACQUISITION_NUMBER, VR::IS, "1");
    put(object, tags::KVP, VR::DS, "120");
    put(object, tags::BURNED_IN_ANNOTATION, VR::CS, "NO");
}

/// Where the slice lies; DICOM's axes point to the patient's left, back and head.
fn put_plane(object: &mut InMemDicomObject, slice: &HounsfieldSlice) {
    let spacing = slice.spacing_mm();
    let corner = -spacing * (slice.size() - 1) as f64 / 2.0;
    let decimals = |values: &[f64]| {
        // Adding zero turns a negative zero into a positive one.
        let texts = values
            .iter()
            .map(|value| format!("{:.DIGITS$}", value + 0.0));
        PrimitiveValue::Strs(texts.collect())
    };
    let lists: [(Tag, &[f64]); 5] = [
        (tags::PIXEL_SPACING, &[spacing, spacing]),
        (tags::SLICE_THICKNESS, &[slice.thickness_mm()]),
        (tags::SLICE_LOCATION, &[slice.location_mm()]),
        (
            tags::IMAGE_POSITION_PATIENT,
            &[corner, corner, slice.location_mm()],
        ),
        (
            tags::IMAGE_ORIENTATION_PATIENT,
            &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        ),
    ];
    for (tag, values) in lists {
        put(object, tag, VR::DS, decimals(values));
    }
}

fn put_pixels(object: &mut InMemDicomObject, slice: &HounsfieldSlice) {
    let size = slice.size() as u16;
    let numbers = [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, size),
        (tags::COLUMNS, size),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, BITS_STORED),
        (tags::HIGH_BIT, BITS_STORED - 1),
        (tags::PIXEL_REPRESENTATION, 0),
    ];
    for (tag, number) in numbers {
        put(object, tag, VR::US, PrimitiveValue::from(number));
    }
    put(
        object,
        tags::PHOTOMETRIC_INTERPRETATION,
        VR::CS,
        "MONOCHROME2",
    );
    put(
        object,
        tags::RESCALE_INTERCEPT,
        VR::DS,
        INTERCEPT.to_string(),
    );
    put(object, tags::RESCALE_SLOPE, VR::DS, "1");
    put(object, tags::RESCALE_TYPE, VR::LO, "HU");
    let pair = |first: &str, second: &str| {
        PrimitiveValue::Strs([first.to_owned(), second.to_owned()].into_iter().collect())
    };
    put(object, tags::WINDOW_CENTER, VR::DS, pair("-600", "40"));
    put(object, tags::WINDOW_WIDTH, VR::DS, pair("1500", "400"));
    let names = pair("LUNG", "MEDIASTINUM");
    put(object, tags::WINDOW_CENTER_WIDTH_EXPLANATION, VR::LO, names);
    let stored = |value: &i16| (value - INTERCEPT).clamp(0, LARGEST) as u16;
    let words = slice.values().iter().map(stored).collect();
    put(object, tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words));
}
