//! Volumes, pages and archives give the answers of their slices one by one.

#![expect(clippy::unwrap_used, reason = "writing files is part of the test")]

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use hilum_experiment::{FileAnswer, Model, ModelOrigin, Predict, Prediction, Session, predict};
use hilum_imaging::{HounsfieldSlice, Lesion, Phantom, SeriesInfo, write_dicom, write_png};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

const SIDE: usize = 96;

/// Slices of one patient, from the head down.
fn slices() -> Vec<HounsfieldSlice> {
    let slice = |slice_index| Phantom {
        size: SIDE,
        patient_seed: 5,
        slice_index,
        lesion: Lesion::ALL[slice_index % 4],
    };
    (0..5).map(|index| slice(index).render()).collect()
}

fn model() -> Model {
    let machine = hilum_experiment::Choices::default().machine();
    Model::open(&ModelOrigin::Bundled, &machine, &Session::default()).unwrap()
}

fn answers(model: &mut Model, path: &Path) -> Vec<FileAnswer> {
    predict(model, &Predict::new([path]), &Session::default())
        .unwrap()
        .answers
}

fn predictions(model: &mut Model, path: &Path) -> Vec<Prediction> {
    let predicted = |answer| match answer {
        FileAnswer::Predicted(prediction) => prediction,
        FileAnswer::Unreadable { path, error, .. } => panic!("{}: {error}", path.display()),
    };
    answers(model, path).into_iter().map(predicted).collect()
}

/// Class and probabilities; where a slice is from may differ.
fn assert_same(found: &[Prediction], expected: &[Prediction]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.class, expected.class);
        for (class, probability) in &found.probabilities {
            assert!((probability - expected.probabilities[class]).abs() < 1e-6);
        }
    }
}

/// A DICOM file for each slice, from the head down.
fn series(folder: &TempDir) -> PathBuf {
    let series = folder.path().join("series");
    fs::create_dir(&series).unwrap();
    let info = SeriesInfo::phantom(5, Lesion::None);
    for (index, slice) in slices().iter().enumerate() {
        let path = series.join(format!("{index}.dcm"));
        write_dicom(&path, slice, &info, index + 1).unwrap();
    }
    series
}

fn zipped(path: &Path, members: &[(&str, Vec<u8>)]) {
    let mut archive = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

/// A NIfTI-1 file (nifti1.h) of the slices in LPS order, its planes from the feet up.
fn nifti(slices: &[HounsfieldSlice]) -> Vec<u8> {
    let mut bytes = vec![0; 352];
    bytes[..4].copy_from_slice(&348_i32.to_le_bytes());
    let dim = [3, SIDE as i16, SIDE as i16, slices.len() as i16, 1, 1, 1, 1];
    for (index, length) in dim.iter().enumerate() {
        bytes[40 + 2 * index..][..2].copy_from_slice(&length.to_le_bytes());
    }
    let short = |bytes: &mut [u8], at: usize, value: i16| {
        bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    };
    short(&mut bytes, 70, 4);
    short(&mut bytes, 72, 16);
    short(&mut bytes, 254, 1);
    let float = |bytes: &mut [u8], at: usize, value: f32| {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    };
    float(&mut bytes, 108, 352.0);
    float(&mut bytes, 112, 1.0);
    for (at, value) in [(280, -0.7), (300, -0.7), (320, 5.0)] {
        float(&mut bytes, at, value);
    }
    bytes[344..348].copy_from_slice(b"n+1\0");
    let values = slices
        .iter()
        .rev()
        .flat_map(hilum_imaging::HounsfieldSlice::values);
    bytes.extend(values.flat_map(|value| value.to_le_bytes()));
    bytes
}

#[test]
fn a_zip_of_a_series_answers_as_the_series_does() {
    let (folder, mut model) = (tempfile::tempdir().unwrap(), model());
    let series = series(&folder);
    let expected = predictions(&mut model, &series);

    let archive = folder.path().join("series.zip");
    let mut members: Vec<(String, Vec<u8>)> = (0..5)
        .map(|index| {
            let bytes = fs::read(series.join(format!("{index}.dcm"))).unwrap();
            (format!("scan/{index}.dcm"), bytes)
        })
        .collect();
    members.push(("__MACOSX/scan/._0.dcm".to_owned(), b"fork".to_vec()));
    members.push(("DICOMDIR".to_owned(), b"directory".to_vec()));
    members.push(("scan/notes.txt".to_owned(), b"notes".to_vec()));
    let members: Vec<_> = members
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    zipped(&archive, &members);
    let found = predictions(&mut model, &archive);
    assert_same(&found, &expected);
    for (found, expected) in found.iter().zip(&expected) {
        let name = expected.path.file_name().unwrap();
        assert_eq!(found.path, archive.join("scan").join(name));
        assert_eq!(found.series_uid, expected.series_uid);
        assert_eq!(found.frame, None);
    }
}

#[test]
fn a_volume_answers_as_its_slices_do() {
    let (folder, mut model) = (tempfile::tempdir().unwrap(), model());
    let series = series(&folder);
    let one_by_one: Vec<Prediction> = (0..5)
        .rev()
        .flat_map(|index| predictions(&mut model, &series.join(format!("{index}.dcm"))))
        .collect();
    let volume = folder.path().join("volume.nii");
    fs::write(&volume, nifti(&slices())).unwrap();
    let found = predictions(&mut model, &volume);
    assert_same(&found, &one_by_one);
    let frames: Vec<_> = found.iter().map(|one| one.frame).collect();
    assert_eq!(frames, [Some(1), Some(2), Some(3), Some(4), Some(5)]);

    let archive = folder.path().join("volume.zip");
    zipped(&archive, &[("volume.nii", nifti(&slices()))]);
    assert_same(&predictions(&mut model, &archive), &one_by_one);
}

#[test]
fn pages_answer_as_their_pictures_do() {
    let (folder, mut model) = (tempfile::tempdir().unwrap(), model());
    let mut pages = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut pages).unwrap();
    let mut one_by_one = Vec::new();
    for (index, slice) in slices().iter().enumerate() {
        let picture = slice.windowed(-600.0, 1500.0);
        let side = SIDE as u32;
        encoder
            .write_image::<tiff::encoder::colortype::Gray8>(side, side, picture.data())
            .unwrap();
        let path = folder.path().join(format!("{index}.png"));
        write_png(&path, &picture).unwrap();
        one_by_one.extend(predictions(&mut model, &path));
    }
    let path = folder.path().join("pages.tif");
    fs::write(&path, pages.into_inner()).unwrap();
    let found = predictions(&mut model, &path);
    assert_same(&found, &one_by_one);
    assert_eq!(found[4].frame, Some(5));
}

#[test]
fn archives_in_archives_and_bombs_are_answers_that_say_what_to_do() {
    let (folder, mut model) = (tempfile::tempdir().unwrap(), model());
    let inner = folder.path().join("inner.zip");
    zipped(&inner, &[("a.txt", b"text".to_vec())]);
    let outer = folder.path().join("outer.zip");
    zipped(&outer, &[("inner.zip", fs::read(&inner).unwrap())]);
    let error = |answers: &[FileAnswer]| match answers {
        [FileAnswer::Unreadable { error, .. }] => error.clone(),
        other => panic!("{other:?}"),
    };
    let text = error(&answers(&mut model, &outer));
    assert!(text.contains("the file is a ZIP archive"), "{text}");

    fs::write(&outer, b"PK\x03\x04 and no more").unwrap();
    let text = error(&answers(&mut model, &outer));
    assert!(text.contains("the ZIP archive cannot be read"), "{text}");

    // A member that claims 900 million bytes.
    zipped(&outer, &[("a.nii", nifti(&slices()))]);
    let mut bytes = fs::read(&outer).unwrap();
    let directory = bytes
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    bytes[directory + 24..directory + 28].copy_from_slice(&900_000_000_u32.to_le_bytes());
    fs::write(&outer, bytes).unwrap();
    let text = error(&answers(&mut model, &outer));
    assert!(text.contains("exceeds the limit of 800000000"), "{text}");
}
