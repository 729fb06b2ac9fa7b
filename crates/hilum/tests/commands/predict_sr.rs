//! `hilum predict --sr`.

use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};

use crate::workplace::{Finished, Workplace, names_in};

/// Two slices of each of two series, and a picture.
fn files(workplace: &Workplace) {
    let folder = workplace.path("files");
    std::fs::create_dir(&folder).expect("a folder");
    for patient_seed in [1, 2] {
        for slice_index in 0..2 {
            let lesion = Lesion::None;
            let phantom = Phantom {
                size: 64,
                patient_seed,
                slice_index,
                lesion,
            };
            let path = folder.join(format!("{patient_seed}-{slice_index}.dcm"));
            let series = SeriesInfo::phantom(patient_seed, lesion);
            write_dicom(&path, &phantom.render(), &series, slice_index + 1).expect("a slice");
        }
    }
}

fn predict(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["predict", "files", "--sr", "results"];
    arguments.extend(more);
    workplace.hilum(&arguments)
}

/// How many reports and captures there are.
fn written(workplace: &Workplace) -> (usize, usize) {
    let names = names_in(&workplace.path("results"));
    let is = |name: &String, kind: &str| {
        let name = name.strip_suffix(".dcm");
        name.is_some_and(|name| name.starts_with(kind))
    };
    let of = |kind: &str| names.iter().filter(|name| is(name, kind)).count();
    assert_eq!(of("sr-") + of("capture-"), names.len(), "{names:?}");
    (of("sr-"), of("capture-"))
}

#[test]
fn each_series_has_a_report_and_captures_whatever_gets_one_answer() {
    for by in ["slice", "series", "patient"] {
        let workplace = Workplace::new();
        files(&workplace);
        let finished = predict(&workplace, &["--by", by, "--captures", "1"]);
        let said = &finished.succeeds().stderr;
        assert!(said.contains("wrote 2 reports and 2 captures"), "{said}");
        assert_eq!(written(&workplace), (2, 2), "by {by}");
    }
}

#[test]
fn the_same_again_is_the_same_files() {
    let workplace = Workplace::new();
    files(&workplace);
    predict(&workplace, &["--captures", "0"]).succeeds();
    predict(&workplace, &["--captures", "0", "--by", "series"]).succeeds();
    assert_eq!(written(&workplace), (2, 0));
}

#[test]
fn a_picture_has_no_report_and_that_is_said() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = workplace.hilum(&["predict", "slices/test/normal/0.png", "--sr", "results"]);
    let said = &finished.succeeds().stderr;
    let expected = "no report of `slices/test/normal/0.png`: it is no DICOM";
    assert!(said.contains(expected), "{said}");
    assert_eq!(written(&workplace), (0, 0));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused_before_anything_is_read() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("results"), "mine").unwrap();
    let finished = workplace.hilum(&["predict", "nothing", "--sr", "results"]);
    finished.refuses(&["`results` is a file", "--sr"]);
}

#[test]
fn captures_without_a_folder_are_refused() {
    let workplace = Workplace::new();
    let finished = workplace.hilum(&["predict", "slices", "--captures", "1"]);
    assert_ne!(finished.code, 0);
    assert!(finished.stderr.contains("--sr"), "{}", finished.stderr);
}
