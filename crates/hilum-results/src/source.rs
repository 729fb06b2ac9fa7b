//! The instances that an object is about, and what it repeats of them.

use std::collections::BTreeMap;

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use hilum_imaging::DicomHeader;
use thiserror::Error;

use crate::attributes::{Writer, put};

/// What every object repeats of its patient and study, empty where the source is silent: type 2 of
/// the Patient Module (PS3.3 C.7.1.1) and the General Study Module (PS3.3 C.7.2.1).
const REPEATED: [(Tag, VR); 9] = [
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_SEX, VR::CS),
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_TIME, VR::TM),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_ID, VR::SH),
    (tags::ACCESSION_NUMBER, VR::SH),
];

/// What it repeats where the source says something: type 3 of the same modules and of the Patient
/// Study Module (PS3.3 C.7.2.2).
const REPEATED_IF_SAID: [(Tag, VR); 10] = [
    (tags::ISSUER_OF_PATIENT_ID, VR::LO),
    (tags::PATIENT_BIRTH_TIME, VR::TM),
    (tags::QUALITY_CONTROL_SUBJECT, VR::CS),
    (tags::PATIENT_IDENTITY_REMOVED, VR::CS),
    (tags::DEIDENTIFICATION_METHOD, VR::LO),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::PATIENT_AGE, VR::AS),
    (tags::PATIENT_SIZE, VR::DS),
    (tags::PATIENT_WEIGHT, VR::DS),
    (tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH),
];

/// What of an instance is read besides that.
const READ: [Tag; 13] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::SERIES_DATE,
    tags::SERIES_TIME,
    tags::ACQUISITION_DATE,
    tags::ACQUISITION_TIME,
    tags::CONTENT_DATE,
    tags::CONTENT_TIME,
    tags::BODY_PART_EXAMINED,
    tags::FRAME_OF_REFERENCE_UID,
    tags::BURNED_IN_ANNOTATION,
    tags::LOSSY_IMAGE_COMPRESSION,
    tags::LOSSY_IMAGE_COMPRESSION_RATIO,
    tags::LOSSY_IMAGE_COMPRESSION_METHOD,
];

/// The longest value that is kept: the standard allows names of 3 times 64 characters.
const LONGEST: usize = 1024;

/// An instance that slices were read of: its names, and what objects about it repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInstance {
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: String,
    /// SOP Instance UID (0008,0018).
    pub sop_instance_uid: String,
    /// Study Instance UID (0020,000D).
    pub study_uid: String,
    /// Series Instance UID (0020,000E).
    pub series_uid: String,
    /// Series Number (0020,0011).
    pub series_number: Option<i64>,
    /// Instance Number (0020,0013).
    pub instance_number: Option<i64>,
    /// Values as they are coded, without what pads them.
    values: BTreeMap<Tag, Vec<u8>>,
}

/// An instance that no object can refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the file has no {attribute}: nothing can refer to it\nhint: {HINT}")]
pub struct NoReference {
    /// What is missing.
    pub attribute: &'static str,
}

const HINT: &str = "ask for it again from where it was made, or give it one with another program";

impl SourceInstance {
    /// Keeps what is needed of a header.
    ///
    /// # Errors
    /// [`NoReference`] if instance, series or study are not named.
    pub fn of(header: &DicomHeader) -> Result<Self, NoReference> {
        let uid = |tag, attribute| header.text(tag).ok_or(NoReference { attribute });
        let repeated = REPEATED
            .iter()
            .chain(&REPEATED_IF_SAID)
            .map(|(tag, _)| *tag);
        let mut values = BTreeMap::new();
        for tag in repeated.chain(READ) {
            let value = trimmed(header.bytes(tag).unwrap_or_default());
            if !value.is_empty() && value.len() <= LONGEST {
                values.insert(tag, value.to_vec());
            }
        }
        Ok(Self {
            sop_class_uid: header
                .sop_class_uid()
                .unwrap_or_else(|| uids::CT_IMAGE_STORAGE.to_owned()),
            sop_instance_uid: uid(tags::SOP_INSTANCE_UID, "SOP Instance UID")?,
            study_uid: uid(tags::STUDY_INSTANCE_UID, "Study Instance UID")?,
            series_uid: uid(tags::SERIES_INSTANCE_UID, "Series Instance UID")?,
            series_number: header.integer(tags::SERIES_NUMBER),
            instance_number: header.integer(tags::INSTANCE_NUMBER),
            values,
        })
    }

    /// What an attribute says, if it is plain ASCII.
    pub(crate) fn ascii(&self, tag: Tag) -> Option<&str> {
        let value = self.values.get(&tag)?;
        let text = std::str::from_utf8(value).ok()?;
        text.is_ascii().then_some(text)
    }

    /// How our own words are written beside its names: the character set stays the source's,
    /// and is Unicode where the source names none and needs none.
    pub(crate) fn writer(&self) -> Writer {
        let is_unicode = match self.ascii(tags::SPECIFIC_CHARACTER_SET) {
            Some(set) => set == "ISO_IR 192",
            None => self.values.values().all(|value| value.is_ascii()),
        };
        if is_unicode {
            Writer::Unicode
        } else {
            Writer::Ascii
        }
    }

    /// Puts character set, patient and study, byte for byte as they were.
    pub(crate) fn put_patient_and_study(&self, object: &mut InMemDicomObject) {
        let set = self.values.get(&tags::SPECIFIC_CHARACTER_SET);
        match set {
            Some(set) => put_bytes(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, set),
            None if self.writer() == Writer::Unicode => {
                put(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
            }
            None => {}
        }
        for (tag, vr) in REPEATED {
            // By names and numbers objects are found, also by those that are too long.
            let finds = matches!(vr, VR::PN | VR::LO | VR::SH);
            let value = self.values.get(&tag);
            let value = value.filter(|value| finds || fits(value, vr));
            put_bytes(object, tag, vr, value.map_or(&[][..], Vec::as_slice));
        }
        for (tag, vr) in REPEATED_IF_SAID {
            let value = self.values.get(&tag).filter(|value| fits(value, vr));
            if let Some(value) = value {
                put_bytes(object, tag, vr, value);
            }
        }
        let is_removed = self.ascii(tags::PATIENT_IDENTITY_REMOVED) == Some("YES");
        if is_removed && !self.values.contains_key(&tags::DEIDENTIFICATION_METHOD) {
            // Required where the identity is removed; the source says it in codes, or not at all.
            let text = "as the source instances say";
            put(object, tags::DEIDENTIFICATION_METHOD, VR::LO, text);
        }
        let study = self.study_uid.as_str();
        put(object, tags::STUDY_INSTANCE_UID, VR::UI, study);
    }

    /// When the images came to be, the last date that is said of them: an object made of them is
    /// then the same whenever it is made.
    pub(crate) fn date_and_time(&self) -> (String, String) {
        const SAID: [(Tag, Tag); 4] = [
            (tags::CONTENT_DATE, tags::CONTENT_TIME),
            (tags::ACQUISITION_DATE, tags::ACQUISITION_TIME),
            (tags::SERIES_DATE, tags::SERIES_TIME),
            (tags::STUDY_DATE, tags::STUDY_TIME),
        ];
        let valid = |tag: Tag, vr| {
            let value = self.values.get(&tag).filter(|value| fits(value, vr))?;
            std::str::from_utf8(value).ok().map(str::to_owned)
        };
        let found = SAID.iter().find_map(|(date, time)| {
            let date = valid(*date, VR::DA)?;
            Some((date, valid(*time, VR::TM)))
        });
        let (date, time) = found.unwrap_or_else(|| ("19700101".to_owned(), None));
        (date, time.unwrap_or_else(|| "000000".to_owned()))
    }
}

/// Puts a value as it is coded, padded to an even length.
fn put_bytes(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &[u8]) {
    if vr == VR::DS {
        // Bytes would be written as that many numbers.
        put(object, tag, vr, String::from_utf8_lossy(value).into_owned());
        return;
    }
    let mut bytes = value.to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(b' ');
    }
    put(object, tag, vr, PrimitiveValue::U8(bytes.into()));
}

fn trimmed(value: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, 0 | b' ');
    let end = value.iter().rposition(|byte| !is_padding(byte));
    &value[..end.map_or(0, |end| end + 1)]
}

/// Whether a value is one of its representation (PS3.5 6.2): what is not would make our object as
/// wrong as the source is.
fn fits(value: &[u8], vr: VR) -> bool {
    let digits = |range: &[u8]| !range.is_empty() && range.iter().all(u8::is_ascii_digit);
    match vr {
        VR::DA => value.len() == 8 && digits(value) && is_date(value),
        VR::TM => is_time(value),
        VR::CS => {
            let is_code = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'_');
            value.len() <= 16 && value.iter().all(is_code)
        }
        VR::AS => {
            value.len() == 4 && digits(&value[..3]) && matches!(value[3], b'D' | b'W' | b'M' | b'Y')
        }
        VR::DS => {
            let text = std::str::from_utf8(value).ok().map(str::trim);
            let number = text.and_then(|text| text.parse::<f64>().ok());
            value.len() <= 16 && number.is_some_and(f64::is_finite)
        }
        VR::SH => value.len() <= 16 || !value.is_ascii(),
        VR::LO => {
            !value.is_ascii()
                || value
                    .split(|byte| *byte == b'\\')
                    .all(|one| one.len() <= 64)
        }
        _ => true,
    }
}

fn is_date(value: &[u8]) -> bool {
    let two = |at: usize| (value[at] - b'0') * 10 + value[at + 1] - b'0';
    (1..=12).contains(&two(4)) && (1..=31).contains(&two(6))
}

/// `HH`, `HHMM`, `HHMMSS` or `HHMMSS.FFFFFF`.
fn is_time(value: &[u8]) -> bool {
    let (whole, fraction) = match value.iter().position(|byte| *byte == b'.') {
        Some(point) => (&value[..point], Some(&value[point + 1..])),
        None => (value, None),
    };
    let limits = [23, 59, 60];
    let pairs = whole.chunks(2).zip(limits);
    let is_pair = |(pair, limit): (&[u8], u8)| match pair {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => (tens - b'0') * 10 + ones - b'0' <= limit,
        _ => false,
    };
    let is_fraction = |fraction: &[u8]| {
        whole.len() == 6
            && (1..=6).contains(&fraction.len())
            && fraction.iter().all(u8::is_ascii_digit)
    };
    matches!(whole.len(), 2 | 4 | 6)
        && pairs.into_iter().all(is_pair)
        && fraction.is_none_or(is_fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_held_against_their_representation() {
        for (value, vr) in [
            ("20240229", VR::DA),
            ("12", VR::TM),
            ("235960.123456", VR::TM),
            ("F", VR::CS),
            ("063Y", VR::AS),
            ("-1.5e3", VR::DS),
        ] {
            assert!(fits(value.as_bytes(), vr), "{value}");
        }
        for (value, vr) in [
            ("2024-02-29", VR::DA),
            ("20241301", VR::DA),
            ("12:00:00", VR::TM),
            ("1200.5", VR::TM),
            ("2400", VR::TM),
            ("female", VR::CS),
            ("63", VR::AS),
            ("NaN", VR::DS),
        ] {
            assert!(!fits(value.as_bytes(), vr), "{value}");
        }
    }
}
