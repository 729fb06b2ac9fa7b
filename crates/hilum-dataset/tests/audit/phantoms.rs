//! Clean phantoms that each test copies and spoils.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hilum_core::Cancel;
use hilum_dataset::audit::{Audit, AuditSettings, audit};
use hilum_dataset::{ClassSets, Dataset, ReadSettings};
use hilum_imaging::{
    Channels, DatasetSettings, DecodeLimits, PhantomFormat, Pixels, Window, decode_file,
    write_dataset, write_png,
};

use crate::folder::Folder;

/// Phantoms under the build folder, written anew for each build of these tests. Whether they run in
/// one process or in many, one writes and the others wait.
fn phantoms(name: &str, format: PhantomFormat) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let lock = File::create(root.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let (build, stamp) = (build(), root.with_extension("build"));
    if std::fs::read_to_string(&stamp).is_ok_and(|written| written == build) {
        return root;
    }
    if root.exists() {
        std::fs::remove_dir_all(&root).unwrap();
    }
    let settings = DatasetSettings {
        train_per_class: 12,
        valid_per_class: 6,
        test_per_class: 3,
        slices_per_patient: 1,
        size: 128,
        seed: 5,
        format,
    };
    write_dataset(&root, &settings, |_, _| {}).unwrap();
    std::fs::write(&stamp, build).unwrap();
    root
}

/// Tells this build of the tests from others.
fn build() -> String {
    let program = std::env::current_exe().unwrap();
    let time = program.metadata().unwrap().modified().unwrap();
    format!("{time:?}")
}

pub(crate) static PNG: LazyLock<PathBuf> =
    LazyLock::new(|| phantoms("audit-png", PhantomFormat::Png));
pub(crate) static DICOM: LazyLock<PathBuf> =
    LazyLock::new(|| phantoms("audit-dicom", PhantomFormat::Dicom));

pub(crate) fn copy_of(source: &Path) -> Folder {
    let copy = Folder::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        for entry in std::fs::read_dir(source.join(&relative)).unwrap() {
            let entry = entry.unwrap();
            let inside = relative.join(entry.file_name());
            if entry.path().is_dir() {
                std::fs::create_dir(copy.path().join(&inside)).unwrap();
                folders.push(inside);
            } else {
                std::fs::copy(entry.path(), copy.path().join(&inside)).unwrap();
            }
        }
    }
    copy
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &Path, relative: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(relative)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(crate) fn pixels(path: &Path) -> Pixels {
    decode_file(path, Window::LUNG, &DecodeLimits::default())
        .unwrap()
        .pixels
}

pub(crate) fn read(path: &Path) -> Dataset {
    let settings = ReadSettings {
        class_sets: ClassSets::MayDiffer,
        ..ReadSettings::default()
    };
    Dataset::read(path, &settings).unwrap()
}

pub(crate) fn audited(path: &Path) -> Audit {
    audit(
        &read(path),
        &AuditSettings::default(),
        &|_| {},
        &Cancel::default(),
    )
    .unwrap()
}

pub(crate) fn rules_of(audit: &Audit) -> BTreeSet<&str> {
    audit
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect()
}

pub(crate) fn change(path: &Path, alter: impl Fn(u8) -> u8) {
    let before = pixels(path);
    let levels = before.data().iter().map(|level| alter(*level)).collect();
    write_png(
        path,
        &Pixels::new(before.width(), before.height(), Channels::Grey, levels),
    )
    .unwrap();
}

pub(crate) const CLASSES: [&str; 4] = [
    "adenocarcinoma",
    "large.cell.carcinoma",
    "normal",
    "squamous.cell.carcinoma",
];

/// What spoils a copy.
pub(crate) type Plant = fn(&Folder);
