//! Writes phantoms of every kind that the checks of DICOM objects want, and what a model says of
//! them: `cargo run -p hilum-results --example objects -- FOLDER`.
//!
//! `FOLDER/images` holds series, `FOLDER/results` the objects about them.

use std::error::Error;
use std::path::{Path, PathBuf};

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, open_file};
use hilum_experiment::{Choices, Model, ModelOrigin, Predict, Session};
use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};
use hilum_results::{CaptureSettings, ModelIdentity, predict_results};
use hilum_trust::{Abstain, Policy};

const SLICES: usize = 6;

/// Changes the attributes of a file.
type Change = fn(&mut InMemDicomObject);

/// Series by name, and what is changed in them.
const SERIES: [(&str, Lesion, Change); 6] = [
    ("plain", Lesion::SpiculatedPeripheral, |_| {}),
    ("utf-8", Lesion::None, |object| {
        text(
            object,
            tags::PATIENT_NAME,
            VR::PN,
            "Müller^Jürgen=山田^太郎",
        );
    }),
    ("latin-1", Lesion::CentralHilarCavitating, |object| {
        text(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100");
        bytes(object, tags::PATIENT_NAME, VR::PN, b"M\xfcller^J\xfcrgen");
        text(object, tags::STUDY_DESCRIPTION, VR::LO, "CT Thorax");
    }),
    ("japanese", Lesion::LobulatedLargePeripheral, |object| {
        // PS3.5 H.3.1, example 1.
        bytes(
            object,
            tags::SPECIFIC_CHARACTER_SET,
            VR::CS,
            b"\\ISO 2022 IR 87",
        );
        let name =
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        bytes(object, tags::PATIENT_NAME, VR::PN, name);
    }),
    ("bare", Lesion::None, |object| {
        let missing = [
            tags::SPECIFIC_CHARACTER_SET,
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
            tags::PATIENT_SEX,
            tags::STUDY_DATE,
            tags::STUDY_TIME,
            tags::STUDY_ID,
            tags::ACCESSION_NUMBER,
            tags::REFERRING_PHYSICIAN_NAME,
            tags::SERIES_NUMBER,
            tags::FRAME_OF_REFERENCE_UID,
            tags::DEIDENTIFICATION_METHOD,
        ];
        for tag in missing {
            object.remove_element(tag);
        }
    }),
    ("odd", Lesion::SpiculatedPeripheral, |object| {
        text(object, tags::STUDY_DATE, VR::DA, "2024-05-06");
        text(object, tags::PATIENT_SEX, VR::CS, "female");
        text(object, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01");
        text(object, tags::LOSSY_IMAGE_COMPRESSION_RATIO, VR::DS, "10");
        let method = "ISO_10918_1";
        text(object, tags::LOSSY_IMAGE_COMPRESSION_METHOD, VR::CS, method);
        text(object, tags::PATIENT_AGE, VR::AS, "063Y");
        text(object, tags::PATIENT_WEIGHT, VR::DS, "71.500");
    }),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name a folder")?;
    let folder = PathBuf::from(folder);
    let (images, results) = (folder.join("images"), folder.join("results"));
    for (name, lesion, change) in SERIES {
        write_series(&images.join(name), lesion, change)?;
    }
    std::fs::create_dir_all(&results)?;
    let session = Session::default();
    let machine = Choices::default().machine();
    let mut model = Model::open(&ModelOrigin::Bundled, &machine, &session)?;
    let identity = ModelIdentity::of(&model.origin, &model.file.classes);
    // With and without "I don't know".
    for abstain in [Abstain::Uncertain, Abstain::Never] {
        let request = Predict {
            policy: Policy {
                abstain,
                ..Policy::default()
            },
            ..Predict::new([&images])
        };
        let captures = CaptureSettings::default();
        predict_results(
            &mut model,
            &identity,
            &request,
            &captures,
            &session,
            &mut |object| object.write_into(&results).map(drop),
        )?;
    }
    Ok(())
}

fn write_series(folder: &Path, lesion: Lesion, change: Change) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let name = folder.file_name().unwrap_or_default();
    let patient_seed = name
        .as_encoded_bytes()
        .iter()
        .map(|byte| u64::from(*byte))
        .sum();
    for slice_index in 0..SLICES {
        let phantom = Phantom {
            size: 256,
            patient_seed,
            slice_index,
            lesion,
        };
        let path = folder.join(format!("{slice_index}.dcm"));
        let series = SeriesInfo::phantom(patient_seed, lesion);
        write_dicom(&path, &phantom.render(), &series, slice_index + 1)?;
        let mut file = open_file(&path)?;
        change(&mut file);
        file.write_to_file(&path)?;
    }
    Ok(())
}

fn text(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

fn bytes(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &[u8]) {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    let value = PrimitiveValue::U8(value.into());
    object.put(DataElement::new(tag, vr, value));
}
