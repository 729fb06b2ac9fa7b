//! `hilum predict`.

use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};
use serde_json::Value;

use crate::workplace::{CLASSES, Finished, Workplace};

fn predict(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["predict", "--model", "runs/first/model.safetensors"];
    arguments.extend(more);
    workplace.hilum(&arguments)
}

fn lines(finished: &Finished) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    finished.stdout.lines().map(parse).collect()
}

#[test]
fn every_slice_of_a_folder_gets_a_line_of_json() {
    let workplace = Workplace::new();
    workplace.model();
    let arguments = ["slices/test", "--format", "json", "--abstain", "never"];
    let finished = predict(&workplace, &arguments);
    let lines = lines(finished.succeeds());
    assert_eq!(lines.len(), 9);
    for line in &lines {
        let class = line["class"].as_str().unwrap();
        let probabilities = line["probabilities"].as_object().unwrap();
        assert_eq!(probabilities.keys().collect::<Vec<_>>(), CLASSES);
        let sum: f64 = probabilities
            .values()
            .map(|value| value.as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-9);
        let largest = probabilities
            .values()
            .map(|value| value.as_f64().unwrap())
            .fold(0.0, f64::max);
        assert_eq!(probabilities[class].as_f64(), Some(largest));
        assert_eq!(line["model"], "runs/first/model.safetensors");
    }
}

#[test]
fn a_table_names_the_file_and_a_probability_for_each_class() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = predict(&workplace, &["slices/test/normal/0.png"]);
    let table = &finished.succeeds().stdout;
    assert!(
        table.contains("slices/test/normal/0.png") && table.contains("squamous"),
        "{table}"
    );
    assert!(
        finished.stderr.contains("not a medical device"),
        "{}",
        finished.stderr
    );
}

#[test]
fn csv_has_a_header_and_a_row_per_file() {
    let workplace = Workplace::new();
    workplace.model();
    let finished = predict(&workplace, &["slices/test/normal", "--format", "csv"]);
    let rows: Vec<&str> = finished.succeeds().stdout.lines().collect();
    assert_eq!(
        rows[0],
        "path,class,adenocarcinoma,normal,squamous.cell.carcinoma,model,\
         study_uid,series_uid,instance_number,position_mm,frame,warnings,error,\
         abstained,reason,set,calibrated"
    );
    assert_eq!(rows.len(), 4);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_does_not_stop_the_rest() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::write(workplace.path("slices/test/normal/bad.png"), "text").unwrap();
    let finished = predict(&workplace, &["slices/test/normal", "--format", "json"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    let lines = lines(&finished);
    assert_eq!(lines.len(), 4);
    let failed: Vec<&Value> = lines
        .iter()
        .filter(|line| line.get("error").is_some())
        .collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["path"].as_str().unwrap().ends_with("bad.png"));
    assert!(
        finished.stderr.contains("1 of 4 files could not be read"),
        "{}",
        finished.stderr
    );
}

#[test]
fn the_slices_of_a_dicom_series_come_in_the_order_of_the_body() {
    let workplace = Workplace::new();
    workplace.model();
    let settings = DatasetSettings {
        train_per_class: 0,
        valid_per_class: 0,
        test_per_class: 3,
        slices_per_patient: 3,
        size: 64,
        seed: 5,
        format: PhantomFormat::Dicom,
    };
    let files = write_dataset(&workplace.path("phantoms"), &settings, |_, _| {}).unwrap();
    let series = files[0].parent().unwrap();
    // Names that sort the other way round than the slices lie.
    let mut slices: Vec<_> = std::fs::read_dir(series)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    slices.sort();
    for (number, path) in slices.iter().enumerate() {
        std::fs::rename(path, series.join(format!("{}.dcm", 9 - number))).unwrap();
    }
    let finished = predict(&workplace, &[series.to_str().unwrap(), "--format", "json"]);
    let numbers: Vec<i64> = lines(finished.succeeds())
        .iter()
        .map(|line| line["instance_number"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers.len(), 3);
    let forward = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let backward = numbers.windows(2).all(|pair| pair[0] > pair[1]);
    assert!(forward || backward, "{numbers:?}");
}

#[test]
fn nothing_to_predict_is_bad_input() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::create_dir(workplace.path("empty")).unwrap();
    predict(&workplace, &["empty"]).refuses(&["no images"]);
    predict(&workplace, &["absent.png"]).refuses(&["absent.png"]);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Command;

    let workplace = Workplace::new();
    workplace.model();
    let script = format!(
        "'{}' predict slices --model runs/first/model.safetensors --format json 2>err | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_hilum")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(workplace.path(""))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "0");
}

#[test]
fn answers_go_into_a_file_in_the_format_of_its_name() {
    let workplace = Workplace::new();
    workplace.model();
    for format in ["json", "csv", "text"] {
        let printed = predict(&workplace, &["slices/test", "--format", format]);
        let expected = printed.succeeds().stdout.clone();
        let name = format!("answers.{format}");
        let finished = predict(&workplace, &["slices/test", "--out", &name]);
        assert_eq!(finished.succeeds().stdout, "");
        assert!(finished.stderr.contains(&name), "{}", finished.stderr);
        let written = std::fs::read_to_string(workplace.path(&name)).unwrap();
        assert_eq!(written, expected);
    }
    // The flag counts more than the name.
    let arguments = ["slices/test", "--out", "a.csv", "--format", "json"];
    predict(&workplace, &arguments).succeeds();
    let written = std::fs::read_to_string(workplace.path("a.csv")).unwrap();
    assert!(written.starts_with('{'), "{written}");
}

#[test]
fn answers_replace_no_file_unasked_and_want_a_folder() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::write(workplace.path("mine.csv"), "mine").unwrap();
    let arguments = ["slices/test", "--out", "mine.csv"];
    predict(&workplace, &arguments).refuses(&["`mine.csv` exists", "--force"]);
    let kept = std::fs::read_to_string(workplace.path("mine.csv")).unwrap();
    assert_eq!(kept, "mine");
    let forced = [&arguments[..], &["--force"]].concat();
    predict(&workplace, &forced).succeeds();
    predict(&workplace, &["slices/test", "--out", "no/where.csv"]).refuses(&["`no`", "hint:"]);
    predict(&workplace, &["slices/test", "--out", "slices"]).refuses(&["is a folder"]);
}

/// A DICOM phantom of `size`, with `edit` made to its bytes.
fn dicom(workplace: &Workplace, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
    let settings = DatasetSettings {
        train_per_class: 0,
        valid_per_class: 0,
        test_per_class: 1,
        slices_per_patient: 1,
        size: 64,
        seed: 5,
        format: PhantomFormat::Dicom,
    };
    let folder = workplace.path("phantom");
    let files = write_dataset(&folder, &settings, |_, _| {}).expect("a phantom");
    let mut bytes = std::fs::read(&files[0]).expect("a phantom");
    edit(&mut bytes);
    std::fs::create_dir_all(workplace.path("dicom")).expect("a phantom");
    std::fs::write(workplace.path("dicom").join(name), bytes).expect("a phantom");
    std::fs::remove_dir_all(folder).expect("a phantom");
}

/// Overwrites a value of the same length.
fn replace(bytes: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let mut windows = bytes.windows(from.len());
    let at = windows
        .position(|window| window == from.as_bytes())
        .expect("a phantom");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
}

#[test]
fn a_localizer_and_a_head_are_warned_of_in_every_format_and_refused_if_strict() {
    let workplace = Workplace::new();
    workplace.model();
    dicom(&workplace, "chest.dcm", |_| {});
    dicom(&workplace, "other.dcm", |bytes| {
        replace(bytes, "CHEST ", "HEAD  ");
    });
    dicom(&workplace, "scout.dcm", |bytes| {
        replace(
            bytes,
            "ORIGINAL\\PRIMARY\\AXIAL",
            "DERIVED\\X\\LOCALIZER   ",
        );
    });

    let finished = predict(&workplace, &["dicom", "--format", "json"]);
    let lines = lines(finished.succeeds());
    let warnings = |line: &Value| line["warnings"].to_string();
    assert_eq!(lines.len(), 3);
    assert!(!warnings(&lines[0]).contains("head") && !warnings(&lines[0]).contains("localizer"));
    assert!(warnings(&lines[1]).contains("head, not chest"), "{lines:?}");
    assert!(warnings(&lines[2]).contains("localizer"), "{lines:?}");

    let finished = predict(&workplace, &["dicom", "--format", "csv"]);
    let csv = &finished.succeeds().stdout;
    assert!(
        csv.lines().nth(2).unwrap().contains("head, not chest"),
        "{csv}"
    );
    let finished = predict(&workplace, &["dicom"]);
    let table = &finished.succeeds().stdout;
    assert!(
        table.contains("warning: dicom/scout.dcm: localizer"),
        "{table}"
    );

    let strict = predict(&workplace, &["dicom", "--format", "json", "--strict"]);
    assert_eq!(strict.code, 1, "{}", strict.stderr);
    let lines = self::lines(&strict);
    assert!(lines[0].get("class").is_some(), "{lines:?}");
    for (line, word) in [(&lines[1], "head"), (&lines[2], "localizer")] {
        assert!(line["error"].as_str().unwrap().contains(word), "{line}");
        assert!(line["path"].is_string() && line.get("class").is_none());
    }
    assert!(
        strict.stderr.contains("2 slices refused"),
        "{}",
        strict.stderr
    );
}

/// A phantom with its pixels twice, as a multi-frame file.
fn two_frames(bytes: &mut Vec<u8>) {
    let pixels = bytes[bytes.len() - 2 * 64 * 64..].to_vec();
    bytes.extend(pixels);
    let length = u32::try_from(4 * 64 * 64).expect("a phantom").to_le_bytes();
    let at = bytes
        .windows(6)
        .position(|window| window == b"\xe0\x7f\x10\0OW")
        .expect("a phantom");
    bytes[at + 8..at + 12].copy_from_slice(&length);
    // Number of Frames stands between Photometric Interpretation and Rows.
    let at = bytes
        .windows(6)
        .position(|window| window == b"\x28\0\x10\0US")
        .expect("a phantom");
    bytes.splice(at..at, *b"\x28\0\x08\0IS\x02\x002 ");
}

#[test]
fn a_file_of_frames_has_an_answer_a_frame_and_frames_can_be_chosen() {
    let workplace = Workplace::new();
    workplace.model();
    dicom(&workplace, "frames.dcm", two_frames);
    let finished = predict(&workplace, &["dicom/frames.dcm", "--format", "json"]);
    let all = lines(finished.succeeds());
    let frames: Vec<&Value> = all.iter().map(|line| &line["frame"]).collect();
    assert_eq!(frames, [1, 2]);
    assert_eq!(all[0]["probabilities"], all[1]["probabilities"]);
    for key in ["study_uid", "series_uid", "instance_number", "position_mm"] {
        assert!(!all[0][key].is_null(), "{key} of {}", all[0]);
    }

    let chosen = ["dicom/frames.dcm", "--frames", "2", "--format", "csv"];
    let csv = predict(&workplace, &chosen).succeeds().stdout.clone();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    let none = predict(&workplace, &["dicom/frames.dcm", "--frames", "7"]);
    none.refuses(&["none of the file's 2 slices is one of `7`"]);
    let no_frames = predict(&workplace, &["dicom/frames.dcm", "--frames", "x"]);
    assert_ne!(no_frames.code, 0);
    assert!(
        no_frames.stderr.contains("names no frames"),
        "{}",
        no_frames.stderr
    );
}

#[test]
fn the_index_of_a_medium_is_passed_over_whatever_it_is_called() {
    let workplace = Workplace::new();
    workplace.model();
    dicom(&workplace, "slice.dcm", |_| {});
    // Media Storage Directory Storage, in place of CT Image Storage.
    dicom(&workplace, "INDEX", |bytes| {
        while bytes
            .windows(25)
            .any(|window| window == b"1.2.840.10008.5.1.4.1.1.2")
        {
            replace(
                bytes,
                "1.2.840.10008.5.1.4.1.1.2",
                "1.2.840.10008.1.3.10\0\0\0\0\0",
            );
        }
    });
    let finished = predict(&workplace, &["dicom", "--format", "json"]);
    assert_eq!(lines(finished.succeeds()).len(), 1);
}
