//! `hilum predict --by series|patient`.

#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hilum_imaging::{Lesion, PatientInfo, Phantom, SeriesInfo, write_dicom, write_png};
use serde_json::Value;

use crate::workplace::{Finished, Workplace};

const CLASSES: [&str; 4] = [
    "adenocarcinoma",
    "large.cell.carcinoma",
    "normal",
    "squamous.cell.carcinoma",
];

fn predict(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["predict"];
    arguments.extend(more);
    workplace.hilum(&arguments)
}

fn lines(finished: &Finished) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    finished.stdout.lines().map(parse).collect()
}

fn json(workplace: &Workplace, more: &[&str]) -> Vec<Value> {
    let arguments = [more, &["--format", "json"]].concat();
    lines(predict(workplace, &arguments).succeeds())
}

fn phantom(seed: u64, slice_index: usize, lesion: Lesion) -> Phantom {
    Phantom {
        size: 64,
        patient_seed: seed,
        slice_index,
        lesion,
    }
}

/// A slice of a series, at `relative`; a patient without an identifier, if `patient` is empty.
fn write_slice(workplace: &Workplace, relative: &str, patient: &str, series: &str, number: usize) {
    let path = workplace.path(relative);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let info = SeriesInfo {
        patient: PatientInfo {
            name: "NOBODY".to_owned(),
            id: patient.to_owned(),
        },
        description: "phantom".to_owned(),
        key: series.to_owned(),
    };
    let seed = series.bytes().map(u64::from).sum();
    let lesion = Lesion::ALL[number % 4];
    let slice = phantom(seed, number, lesion).render();
    write_dicom(&path, &slice, &info, number + 1).unwrap();
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn a_series_has_one_answer_made_of_its_most_suspicious_slices() {
    let workplace = Workplace::new();
    for slice in 0..12 {
        write_slice(
            &workplace,
            &format!("scan/{slice:02}.dcm"),
            "P1",
            "one",
            slice,
        );
    }
    let slices = json(&workplace, &["scan"]);
    let whole = json(&workplace, &["scan", "--by", "series"]);
    assert_eq!((slices.len(), whole.len()), (12, 1));
    let whole = &whole[0];
    assert_eq!(whole["by"], "series");
    assert_eq!(whole["path"], "scan");
    assert_eq!(whole["series_uid"], slices[0]["series_uid"]);
    assert_eq!(whole["study_uid"], slices[0]["study_uid"]);
    assert!(whole.get("patient_id").is_none(), "{whole}");
    assert_eq!(whole["rule"], "suspicious-tenth");
    assert!(whole["rule_says"].as_str().unwrap().contains("`normal`"));
    assert_eq!(whole["calibrated"], false);
    assert_eq!(whole["model"], slices[0]["model"]);

    let mut by_suspicion: Vec<&Value> = slices.iter().collect();
    let normal = |line: &Value| number(&line["probabilities"]["normal"]);
    by_suspicion.sort_by(|a, b| normal(a).total_cmp(&normal(b)));
    for class in CLASSES {
        let first = by_suspicion[..3].iter();
        let mean = first
            .map(|line| number(&line["probabilities"][class]))
            .sum::<f64>()
            / 3.0;
        assert!((number(&whole["probabilities"][class]) - mean).abs() < 1e-6);
    }
    let evidence = whole["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 3);
    for (carries, slice) in evidence.iter().zip(&by_suspicion) {
        for key in ["path", "instance_number", "position_mm"] {
            assert_eq!(carries[key], slice[key], "{key}");
        }
        assert!((number(&carries["weight"]) - (1.0 - normal(slice))).abs() < 1e-6);
        let class = carries["class"].as_str().unwrap();
        let probability = number(&slice["probabilities"][class]);
        assert!((number(&carries["probability"]) - probability).abs() < 1e-6);
    }
    let counts = &whole["slices"];
    assert_eq!(counts["count"], 12);
    let abstained = slices.iter().filter(|line| line["class"].is_null()).count();
    assert_eq!(counts["abstained"], abstained);
    assert_eq!(counts["answered"], 12 - abstained);
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for class in slices.iter().filter_map(|line| line["class"].as_str()) {
        *classes.entry(class).or_default() += 1;
    }
    assert_eq!(counts["classes"], serde_json::to_value(classes).unwrap());
    if whole["abstained"] == true {
        assert!(
            whole["class"].is_null() && whole["reason"].is_string(),
            "{whole}"
        );
    } else {
        let class = whole["class"].as_str().unwrap();
        let largest = CLASSES.map(|class| number(&whole["probabilities"][class]));
        let largest = largest.into_iter().fold(0.0, f64::max);
        assert_eq!(number(&whole["probabilities"][class]), largest);
        assert!(whole["reason"].is_null(), "{whole}");
    }
}

/// Two series of one patient and one of another, in mixed folders under meaningless names.
fn mixed(workplace: &Workplace, root: &str, name: impl Fn(usize) -> String) {
    let series = [("P1", "first"), ("P1", "second"), ("P2", "third")];
    for slice in 0..5 {
        for (index, (patient, series)) in series.iter().enumerate() {
            let relative = format!("{root}/{}/{}", slice % 2, name(slice * 3 + index));
            write_slice(workplace, &relative, patient, series, slice);
        }
    }
}

/// An answer without the places of its files, by its key.
fn by_key(answers: &[Value], key: &str) -> BTreeMap<String, Value> {
    let placeless = |answer: &Value| {
        let mut answer = answer.clone();
        answer.as_object_mut().unwrap().remove("path");
        // Paths are told in warnings too, by name.
        answer.as_object_mut().unwrap().remove("warnings");
        for one in answer["evidence"].as_array_mut().unwrap() {
            one.as_object_mut().unwrap().remove("path");
        }
        answer
    };
    let keyed = answers.iter().map(|answer| {
        let key = answer[key]
            .as_str()
            .unwrap_or_else(|| panic!("no {key} in {answer}"));
        (key.to_owned(), placeless(answer))
    });
    keyed.collect()
}

#[test]
fn series_and_patients_are_found_in_mixed_folders_in_whatever_order() {
    let workplace = Workplace::new();
    mixed(&workplace, "a", |index| format!("IM{index:04}"));
    mixed(&workplace, "b", |index| {
        format!("{:04}.dcm", 9999 - index * 7)
    });
    let series = by_key(&json(&workplace, &["a", "--by", "series"]), "series_uid");
    assert_eq!(series.len(), 3);
    assert!(series.values().all(|one| one["slices"]["count"] == 5));
    assert!(
        series
            .values()
            .all(|one| one["evidence"].as_array().unwrap().len() == 3)
    );
    let renamed = by_key(&json(&workplace, &["b", "--by", "series"]), "series_uid");
    assert_eq!(renamed, series);
    let turned = json(&workplace, &["a/1", "a/0", "--by", "series"]);
    assert_eq!(by_key(&turned, "series_uid"), series);

    let patients = by_key(&json(&workplace, &["a", "--by", "patient"]), "patient_id");
    let counts: BTreeMap<&str, &Value> = patients
        .iter()
        .map(|(id, one)| (id.as_str(), &one["slices"]["count"]))
        .collect();
    assert_eq!(counts["P1"], 10);
    assert_eq!(counts["P2"], 5);
    assert!(patients["P1"]["series_uid"].is_null());
    assert!(patients["P2"]["series_uid"].is_string());
    let told = &patients["P1"]["evidence"][0]["series_uid"];
    assert!(series.contains_key(told.as_str().unwrap()), "{told}");
    let turned = json(&workplace, &["b", "--by", "patient"]);
    assert_eq!(by_key(&turned, "patient_id"), patients);
    // Whoever asks by series or slice is told of no patient.
    for by in ["slice", "series"] {
        let finished = predict(&workplace, &["a", "--by", by, "--format", "json"]);
        assert!(!finished.succeeds().stdout.contains("P1"), "{by}");
    }
}

#[test]
fn the_windows_that_a_file_names_change_no_answer() {
    let workplace = Workplace::new();
    for slice in 0..4 {
        write_slice(&workplace, &format!("scan/{slice}.dcm"), "P1", "one", slice);
    }
    let asked = ["scan", "--by", "series"];
    let (before, slices) = (json(&workplace, &asked), json(&workplace, &["scan"]));
    let edits = [
        // The other one first.
        [("-600\\40 ", "40\\-600 "), ("1500\\400", "400\\1500")],
        // Quite another one.
        [("40\\-600 ", "300\\90  "), ("400\\1500", "1800\\350")],
    ];
    for edit in edits {
        for slice in 0..4 {
            let path = workplace.path(&format!("scan/{slice}.dcm"));
            let mut bytes = fs::read(&path).unwrap();
            for (from, to) in edit {
                assert_eq!(from.len(), to.len());
                let mut windows = bytes.windows(from.len());
                let at = windows
                    .position(|window| window == from.as_bytes())
                    .unwrap();
                bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
            fs::write(&path, bytes).unwrap();
        }
        assert_eq!(json(&workplace, &asked), before);
        assert_eq!(json(&workplace, &["scan"]), slices);
    }
}

#[test]
fn what_cannot_be_read_is_told_and_not_lost() {
    let workplace = Workplace::new();
    for slice in 0..3 {
        write_slice(&workplace, &format!("scan/{slice}.dcm"), "P1", "one", slice);
    }
    // A header that says where it belongs, and half of the pixels.
    write_slice(&workplace, "scan/3.dcm", "P1", "one", 3);
    let path = workplace.path("scan/3.dcm");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 4096]).unwrap();
    fs::write(workplace.path("scan/text.dcm"), "no image at all").unwrap();
    let finished = predict(&workplace, &["scan", "--by", "series", "--format", "json"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("2 of 5 files could not be read"),
        "{}",
        finished.stderr
    );
    let lines = lines(&finished);
    let errors: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line["error"].is_string())
        .map(|line| line["path"].as_str().unwrap())
        .collect();
    assert_eq!(errors, BTreeSet::from(["scan/3.dcm", "scan/text.dcm"]));
    let answers: Vec<&Value> = lines.iter().filter(|line| line["by"].is_string()).collect();
    assert_eq!(answers.len(), 1, "{lines:?}");
    assert_eq!(answers[0]["slices"]["count"], 3);
    assert_eq!(answers[0]["slices"]["unreadable"], 1);
}

fn write_picture(path: &Path, seed: u64, slice_index: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let slice = phantom(seed, slice_index, Lesion::None).render();
    write_png(path, &slice.windowed(-600.0, 1500.0)).unwrap();
}

#[test]
fn pictures_of_a_folder_are_one_series_and_a_manifest_says_more() {
    let workplace = Workplace::new();
    for (folder, count) in [("a", 2), ("b", 3)] {
        for slice in 0..count {
            let path = workplace.path(&format!("scans/{folder}/{slice}.png"));
            write_picture(&path, count as u64, slice);
        }
    }
    for by in ["series", "patient"] {
        let answers = json(&workplace, &["scans", "--by", by]);
        let counts: Vec<(&str, u64)> = answers
            .iter()
            .map(|one| {
                let count = one["slices"]["count"].as_u64().unwrap();
                (one["path"].as_str().unwrap(), count)
            })
            .collect();
        assert_eq!(counts, [("scans/a", 2), ("scans/b", 3)]);
        assert!(answers.iter().all(|one| one["series_uid"].is_null()));
    }
    let manifest = "path,group\nscans/a/0.png,Anne\nscans/b/0.png,Anne\nscans/b/1.png,Bert\n";
    fs::write(workplace.path("manifest.csv"), manifest).unwrap();
    let answers = json(&workplace, &["manifest.csv", "--by", "patient"]);
    let groups: Vec<(&str, u64)> = answers
        .iter()
        .map(|one| {
            let count = one["slices"]["count"].as_u64().unwrap();
            (one["group"].as_str().unwrap(), count)
        })
        .collect();
    assert_eq!(groups, [("Anne", 2), ("Bert", 1)]);
    assert_eq!(json(&workplace, &["manifest.csv"]).len(), 3);
}

#[test]
fn an_answer_for_the_whole_is_readable_and_has_a_row_of_csv() {
    let workplace = Workplace::new();
    for slice in 0..4 {
        write_slice(&workplace, &format!("scan/{slice}.dcm"), "P1", "one", slice);
    }
    let finished = predict(&workplace, &["scan", "--by", "patient"]);
    let text = &finished.succeeds().stdout;
    for words in [
        "patient P1",
        "4 slices: ",
        "carried by",
        "not calibrated",
        "against `normal`",
    ] {
        assert!(text.contains(words), "no `{words}` in:\n{text}");
    }
    let finished = predict(&workplace, &["scan", "--by", "patient", "--format", "csv"]);
    let rows: Vec<&str> = finished.succeeds().stdout.lines().collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    let columns: BTreeMap<String, String> =
        cells(rows[0]).into_iter().zip(cells(rows[1])).collect();
    assert_eq!(columns["by"], "patient");
    assert_eq!(columns["patient_id"], "P1");
    assert_eq!(columns["slices"], "4");
    assert_eq!(columns["calibrated"], "false");
}

#[test]
fn without_a_patient_a_study_is_one() {
    let workplace = Workplace::new();
    for slice in 0..2 {
        write_slice(&workplace, &format!("scan/{slice}.dcm"), "", "one", slice);
        write_slice(
            &workplace,
            &format!("scan/other-{slice}.dcm"),
            "",
            "two",
            slice,
        );
    }
    let answers = json(&workplace, &["scan", "--by", "patient"]);
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert!(answers.iter().all(|one| one.get("patient_id").is_none()));
    let studies: BTreeSet<&str> = answers
        .iter()
        .map(|one| one["study_uid"].as_str().unwrap())
        .collect();
    assert_eq!(studies.len(), 2);
}
