//! Folders of runs: never taken from another run, clear when they cannot be made.

use std::fs;

use hilum_train::{RunFolder, RunFolderError, Settings};

#[test]
fn a_run_never_takes_the_folder_of_another() {
    let runs = tempfile::tempdir().unwrap();
    let path = runs.path().join("new").join("runs");
    let names: Vec<String> = (0..3)
        .map(|_| RunFolder::create(&path, "lung").unwrap().name())
        .collect();
    assert_eq!(names, ["lung", "lung-2", "lung-3"]);
    fs::write(path.join("taken"), "a file").unwrap();
    assert_eq!(RunFolder::create(&path, "taken").unwrap().name(), "taken-2");
    assert_eq!(fs::read_to_string(path.join("taken")).unwrap(), "a file");
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let runs = tempfile::tempdir().unwrap();
    for name in ["", "..", "../run", "a/b", "a\\b", ".hidden", "a\nb"] {
        let error = RunFolder::create(runs.path(), name).unwrap_err();
        assert!(
            matches!(error, RunFolderError::Name { .. }),
            "{name}: {error}"
        );
    }
    assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_hold_runs_is_named() {
    let runs = tempfile::tempdir().unwrap();
    let file = runs.path().join("file");
    fs::write(&file, "").unwrap();
    let error = RunFolder::create(&file, "run").unwrap_err().to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains("\nhint: "), "{error}");
}

#[test]
fn a_folder_without_settings_is_no_run() {
    let runs = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(runs.path(), "run").unwrap();
    let error = RunFolder::open(folder.path()).unwrap_err();
    assert!(matches!(error, RunFolderError::Absent { .. }), "{error}");
    folder.write_settings(&Settings::default()).unwrap();
    let opened = RunFolder::open(folder.path()).unwrap();
    assert_eq!(
        opened.read_settings::<Settings>().unwrap(),
        Settings::default()
    );
    let large = Settings {
        seed: u64::MAX,
        ..Settings::default()
    };
    folder.write_settings(&large).unwrap();
    assert_eq!(opened.read_settings::<Settings>().unwrap(), large);
    let error = folder.write_settings(&7).unwrap_err();
    assert!(
        matches!(error, RunFolderError::Unwritable { .. }),
        "{error}"
    );
    assert_eq!(opened.read_settings::<Settings>().unwrap(), large);
    fs::write(folder.settings(), "epochs = 'many'").unwrap();
    let error = opened.read_settings::<Settings>().unwrap_err();
    assert!(matches!(error, RunFolderError::Settings { .. }), "{error}");
}
