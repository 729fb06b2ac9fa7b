//! Why a slice may be something else than an axial slice of a chest, by its own header.

use std::fmt;

use serde::{Serialize, Serializer};

use super::super::source::DicomInfo;
use super::header::is_secondary_capture;
use super::nonconformity::Nonconformity;

/// What a header says that an answer about chest slices should be doubted for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Concern {
    /// Image Type (0008,0008) says `LOCALIZER`.
    Localizer,
    /// The image plane is not axial.
    Plane {
        /// `sagittal` or `coronal`.
        name: &'static str,
    },
    /// The image plane leans against the axial one.
    Tilted {
        /// By so much.
        degrees: f64,
    },
    /// Another part of the body.
    BodyPart {
        /// What is named.
        part: &'static str,
        /// Where, and what stands there.
        said: String,
    },
    /// Neither rescale nor modality LUT: the values are not known to be Hounsfield units.
    MissingRescale,
    /// A secondary capture, or made from other images.
    SecondaryCapture,
    /// The file does not say that it is CT.
    NotSaidToBeCt,
    /// The file departs from the standard.
    Nonconforming(Vec<Nonconformity>),
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Localizer => f.write_str("localizer: a projection, no axial slice"),
            Self::Plane { name } => write!(f, "{name} by its orientation, not axial"),
            Self::Tilted { degrees } => write!(f, "tilted by {degrees:.1} degrees (gantry tilt)"),
            Self::BodyPart { part, said } => write!(f, "{part}, not chest, by {said}"),
            Self::MissingRescale => {
                f.write_str("missing rescale: the values may be no Hounsfield units")
            }
            Self::SecondaryCapture => {
                f.write_str("derived: a secondary capture, no original slice")
            }
            Self::NotSaidToBeCt => f.write_str("the file does not say that it is CT"),
            Self::Nonconforming(what) => {
                f.write_str("nonconforming DICOM: ")?;
                for (index, one) in what.iter().enumerate() {
                    let separator = if index > 0 { "; " } else { "" };
                    write!(f, "{separator}{one}")?;
                }
                Ok(())
            }
        }
    }
}

impl Serialize for Concern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From this on a plane or gantry counts as tilted, in degrees; setting up alone makes less.
const TILT_DEGREES: f64 = 2.0;

impl DicomInfo {
    /// Why this may be no axial slice of a chest; empty where nothing speaks against it.
    pub fn concerns(&self) -> Vec<Concern> {
        let mut concerns = Vec::new();
        if self.is_localizer() {
            concerns.push(Concern::Localizer);
        }
        concerns.extend(self.plane_concern());
        concerns.extend(self.body_part_concern());
        if self.rescale.is_none() && !self.has_modality_table {
            concerns.push(Concern::MissingRescale);
        }
        if self.is_secondary_capture() {
            concerns.push(Concern::SecondaryCapture);
        }
        if self.modality.is_none() && self.sop_class_uid.is_none() {
            concerns.push(Concern::NotSaidToBeCt);
        }
        if !self.nonconformities.is_empty() {
            concerns.push(Concern::Nonconforming(self.nonconformities.clone()));
        }
        concerns
    }

    /// Whether the SOP class is a secondary capture's, or Image Type says `SECONDARY`: made from
    /// images, not by the scanner (PS3.3 C.7.6.1.1.2).
    pub fn is_secondary_capture(&self) -> bool {
        let is_class = self
            .sop_class_uid
            .as_deref()
            .is_some_and(is_secondary_capture);
        let mut values = self.image_type.iter();
        is_class
            || values.any(|value| {
                value.eq_ignore_ascii_case("SECONDARY")
                    || value.to_ascii_uppercase().contains("SCREEN SAVE")
            })
    }

    /// The direction across the image plane, of length 1.
    fn normal(&self) -> Option<[f64; 3]> {
        let [rx, ry, rz, cx, cy, cz] = self.orientation?;
        let cross = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
        let length = cross.iter().map(|value| value * value).sum::<f64>().sqrt();
        (length > 0.5).then(|| cross.map(|value| value / length))
    }

    fn plane_concern(&self) -> Option<Concern> {
        let [x, y, z] = self.normal().unwrap_or([0.0, 0.0, 1.0]).map(f64::abs);
        if x > y && x > z {
            return Some(Concern::Plane { name: "sagittal" });
        }
        if y > z {
            return Some(Concern::Plane { name: "coronal" });
        }
        let of_plane = z.min(1.0).acos().to_degrees();
        let of_gantry = self.gantry_tilt_degrees.unwrap_or(0.0).abs();
        let degrees = of_plane.max(of_gantry);
        // A gantry does not lean by more than 90 degrees; such a value means something else.
        (TILT_DEGREES..=90.0)
            .contains(&degrees)
            .then_some(Concern::Tilted { degrees })
    }

    /// Body Part Examined decides; what people wrote does where it is silent and all agrees.
    fn body_part_concern(&self) -> Option<Concern> {
        if let Some(value) = &self.body_part {
            let part = elsewhere(value)?;
            let said = format!("`BodyPartExamined` ({value})");
            return Some(Concern::BodyPart { part, said });
        }
        if self.descriptions.iter().any(|value| is_chest(value)) {
            return None;
        }
        let mut named = self.descriptions.iter();
        let (part, value) = named.find_map(|value| Some((elsewhere(value)?, value)))?;
        let mut parts = self
            .descriptions
            .iter()
            .filter_map(|value| elsewhere(value));
        let agrees = parts.all(|other| other == part);
        let said = format!("its description ({value})");
        agrees.then_some(Concern::BodyPart { part, said })
    }
}

/// Words of the trunk, anywhere in a value: `CHEST_TO_PELVIS`, `Thorax`, `HRCT LUNGS`.
const CHEST: [&str; 23] = [
    "CHEST",
    "THORA",
    "TORAX",
    "LUNG",
    "PULMO",
    "POUMON",
    "HEART",
    "CARDIAC",
    "CORONAR",
    "AORTA",
    "MEDIAST",
    "BREAST",
    "RIB",
    "STERN",
    "TORSO",
    "TRUNK",
    "WHOLEBODY",
    "WHOLE BODY",
    "BRONCH",
    "ESOPH",
    "HRCT",
    "TSPINE",
    "PECTUS",
];

fn is_chest(value: &str) -> bool {
    let value = value.to_ascii_uppercase();
    CHEST.iter().any(|word| value.contains(word)) || words(&value).any(|word| word == "TAP")
}

/// Words that name another part, from PS3.16 annex L and what scanners write.
const ELSEWHERE: [(&str, &[&str]); 6] = [
    (
        "head",
        &[
            "HEAD", "BRAIN", "SKULL", "CRANIUM", "CRANIAL", "CEREBRAL", "SINUS", "SINUSES",
            "ORBIT", "ORBITS", "TEMPORAL", "FACE", "FACIAL", "MAXILLA", "MANDIBLE", "JAW",
            "DENTAL", "IAC", "EAR", "EYE", "NEURO", "KOPF", "SCHAEDEL",
        ],
    ),
    (
        "neck",
        &[
            "NECK",
            "CSPINE",
            "CERVIX_SPINE",
            "LARYNX",
            "PHARYNX",
            "THYROID",
            "CAROTID",
            "HALS",
        ],
    ),
    ("head and neck", &["HEADNECK", "HEAD_NECK"]),
    (
        "abdomen",
        &[
            "ABDOMEN",
            "ABDOMINAL",
            "ABD",
            "ABDOMENPELVIS",
            "ABDPELV",
            "ABDPELVIS",
            "LIVER",
            "PANCREAS",
            "KIDNEY",
            "KIDNEYS",
            "RENAL",
            "SPLEEN",
            "STOMACH",
            "COLON",
            "BOWEL",
            "ADRENAL",
            "GALLBLADDER",
            "UROGRAM",
            "LSPINE",
            "LUMBAR",
            "BAUCH",
        ],
    ),
    (
        "pelvis",
        &[
            "PELVIS", "PELVIC", "PROSTATE", "BLADDER", "UTERUS", "RECTUM", "HIP", "SACRUM",
            "SSPINE", "BECKEN",
        ],
    ),
    (
        "limbs",
        &[
            "EXTREMITY",
            "ARM",
            "HAND",
            "WRIST",
            "ELBOW",
            "FOREARM",
            "HUMERUS",
            "LEG",
            "KNEE",
            "FOOT",
            "ANKLE",
            "FEMUR",
            "TIBIA",
            "FIBULA",
            "CALCANEUS",
            "TOE",
            "FINGER",
        ],
    ),
];

/// The part of the body that a value names, if it is another than the chest.
fn elsewhere(value: &str) -> Option<&'static str> {
    if is_chest(value) {
        return None;
    }
    let value = value.to_ascii_uppercase();
    let whole = value.trim();
    let names = |word: &str| {
        ELSEWHERE
            .iter()
            .find(|(_, words)| words.contains(&word))
            .map(|(part, _)| *part)
    };
    names(whole).or_else(|| words(whole).find_map(names))
}

/// Letters and digits between anything else.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(info: &DicomInfo) -> Vec<String> {
        info.concerns().iter().map(ToString::to_string).collect()
    }

    fn slice(orientation: [f64; 6]) -> DicomInfo {
        DicomInfo {
            modality: Some("CT".to_owned()),
            orientation: Some(orientation),
            rescale: Some([1.0, -1024.0]),
            ..DicomInfo::default()
        }
    }

    const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

    #[test]
    fn an_axial_chest_slice_is_of_no_concern_also_upside_down() {
        assert_eq!(said(&slice(AXIAL)), Vec::<String>::new());
        assert_eq!(
            said(&slice([-1.0, 0.0, 0.0, 0.0, -1.0, 0.0])),
            Vec::<String>::new()
        );
        let unknown = DicomInfo {
            orientation: None,
            ..slice(AXIAL)
        };
        assert_eq!(said(&unknown), Vec::<String>::new());
    }

    #[test]
    fn planes_are_told_apart_by_their_normal() {
        let sagittal = said(&slice([0.0, 1.0, 0.0, 0.0, 0.0, -1.0]));
        assert_eq!(sagittal, ["sagittal by its orientation, not axial"]);
        let coronal = said(&slice([1.0, 0.0, 0.0, 0.0, 0.0, -1.0]));
        assert_eq!(coronal, ["coronal by its orientation, not axial"]);
        // The cosine and sine of 18.5 degrees.
        let tilted = said(&slice([1.0, 0.0, 0.0, 0.0, 0.9483237, -0.3173047]));
        assert_eq!(tilted, ["tilted by 18.5 degrees (gantry tilt)"]);
    }

    #[test]
    fn a_body_part_elsewhere_is_named_and_one_with_the_chest_is_not() {
        let with = |body_part: &str| DicomInfo {
            body_part: Some(body_part.to_owned()),
            ..slice(AXIAL)
        };
        for part in [
            "CHEST",
            "Thorax",
            "CHEST_ABDOMEN",
            "CHESTABDPELVIS",
            "LUNG",
            "e+1",
            "HEART",
        ] {
            assert_eq!(said(&with(part)), Vec::<String>::new(), "of {part}");
        }
        for (part, name) in [
            ("HEAD", "head"),
            ("Brain", "head"),
            ("ABDOMEN", "abdomen"),
            ("PANCREAS", "abdomen"),
            ("HEADNECK", "head and neck"),
            ("KNEE", "limbs"),
        ] {
            let said = said(&with(part));
            assert_eq!(
                said,
                [format!("{name}, not chest, by `BodyPartExamined` ({part})")]
            );
        }
    }

    #[test]
    fn descriptions_count_where_the_body_part_is_silent_and_they_agree() {
        let with = |descriptions: &[&str]| DicomInfo {
            descriptions: descriptions.iter().map(|text| (*text).to_owned()).collect(),
            ..slice(AXIAL)
        };
        assert_eq!(said(&with(&["1A TRAUMA/PLAIN HEAD DM"])).len(), 1);
        assert_eq!(said(&with(&["CHEST HELICAL"])), Vec::<String>::new());
        assert_eq!(
            said(&with(&["ABD/PELVIS", "CT CHEST"])),
            Vec::<String>::new()
        );
        assert_eq!(said(&with(&["HEAD", "ABDOMEN"])), Vec::<String>::new());
        assert_eq!(said(&with(&["Ahead of treatment"])), Vec::<String>::new());
    }
}
