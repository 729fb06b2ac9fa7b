//! TAR archives as `predict` takes them: their members answer as files do.

#![expect(clippy::unwrap_used, reason = "writing files is part of the test")]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use hilum_experiment::{
    Event, FileAnswer, MemoryFile, Model, ModelOrigin, Predict, Session, predict,
};
use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};
use tar::{Builder, EntryType, Header};

fn model() -> Model {
    let machine = hilum_experiment::Choices::default().machine();
    Model::open(&ModelOrigin::Bundled, &machine, &Session::default()).unwrap()
}

fn answers(model: &mut Model, path: &Path) -> Vec<FileAnswer> {
    let found = predict(model, &Predict::new([path]), &Session::default());
    found.unwrap().answers
}

fn probabilities(answers: &[FileAnswer]) -> Vec<Vec<u64>> {
    let of_answer = |answer: &FileAnswer| match answer {
        FileAnswer::Predicted(found) => found
            .probabilities
            .values()
            .map(|one| one.to_bits())
            .collect(),
        FileAnswer::Unreadable { path, error, .. } => panic!("{}: {error}", path.display()),
    };
    answers.iter().map(of_answer).collect()
}

fn error_of(answers: &[FileAnswer]) -> &str {
    match answers {
        [FileAnswer::Unreadable { error, .. }] => error,
        other => panic!("{other:?}"),
    }
}

/// Three slices of a series in `folder`.
fn series(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let info = SeriesInfo::phantom(5, Lesion::None);
    for slice_index in 0..3 {
        let phantom = Phantom {
            size: 96,
            patient_seed: 5,
            slice_index,
            lesion: Lesion::None,
        };
        let path = folder.join(format!("{slice_index}.dcm"));
        write_dicom(&path, &phantom.render(), &info, slice_index + 1).unwrap();
    }
}

/// The files of `folder` below `scan/`, and what is no image.
fn tarred(folder: &Path) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    archive.append_dir_all("scan", folder).unwrap();
    let mut add = |name: &str, kind: EntryType, bytes: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_entry_type(kind);
        header.set_mode(0o644);
        if kind == EntryType::Symlink {
            header.set_link_name("scan/0.dcm").unwrap();
        }
        archive.append_data(&mut header, name, bytes).unwrap();
    };
    add("scan/notes.txt", EntryType::Regular, b"notes");
    add("scan/link.dcm", EntryType::Symlink, b"");
    archive.into_inner().unwrap()
}

#[test]
fn members_answer_as_files_do_on_the_disk_and_in_memory() {
    let (folder, mut model) = (tempfile::tempdir().unwrap(), model());
    let files = folder.path().join("series");
    series(&files);
    let expected = probabilities(&answers(&mut model, &files));
    // By its content, whatever it is called.
    let path = folder.path().join("archive");
    let bytes = tarred(&files);
    fs::write(&path, &bytes).unwrap();
    let found = answers(&mut model, &path);
    assert_eq!(probabilities(&found), expected);
    let FileAnswer::Predicted(first) = &found[0] else {
        panic!("{found:?}");
    };
    assert_eq!(first.path.parent(), Some(path.join("scan").as_path()));

    let left_out = std::sync::Mutex::new(Vec::new());
    let observer = |event: &Event<'_>| {
        if let Event::FilesLeftOut(files) = event {
            let names = files
                .iter()
                .map(|file| file.path.file_name().unwrap().to_owned());
            left_out.lock().unwrap().extend(names);
        }
    };
    let request = Predict::of_memory(vec![MemoryFile::new("archive", bytes)]);
    let found = predict(&mut model, &request, &Session::observed(&observer)).unwrap();
    assert_eq!(probabilities(&found.answers), expected);
    assert_eq!(left_out.into_inner().unwrap(), ["notes.txt", "link.dcm"]);
}

#[test]
fn one_that_is_compressed_or_cut_short_says_what_to_do() {
    let (folder, mut model) = (tempfile::tempdir().unwrap(), model());
    let files = folder.path().join("series");
    series(&files);
    let bytes = tarred(&files);
    let path = folder.path().join("archive");
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(&bytes).unwrap();
    fs::write(&path, compressed.finish().unwrap()).unwrap();
    let found = answers(&mut model, &path);
    let error = error_of(&found);
    assert!(
        error.contains("compressed as a whole") && error.contains("gunzip"),
        "{error}"
    );

    // Within the first file.
    fs::write(&path, &bytes[..bytes.len().min(4096)]).unwrap();
    let found = answers(&mut model, &path);
    assert!(
        found.iter().all(
            |one| matches!(one, FileAnswer::Unreadable { error, .. } if error.contains("TAR"))
        )
    );
}
