//! `hilum predict --format parquet`.

use std::path::Path;

use hilum_imaging::{DatasetSettings, PhantomFormat, write_dataset};
use serde_json::{Map, Value};

use crate::parquet_rows::{metadata, rows, rows_of};
use crate::workplace::{Finished, Workplace, names_in};

fn predict(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["predict", "--model", "runs/first/model.safetensors"];
    arguments.extend(more);
    workplace.hilum(&arguments)
}

const PARQUET: [&str; 4] = ["--format", "parquet", "--out", "answers"];

fn lines(finished: &Finished) -> Vec<Map<String, Value>> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    finished.stdout.lines().map(parse).collect()
}

/// The same keys and values; numbers to the bit, a null like a key that is not there.
fn assert_same(row: &Map<String, Value>, line: &Map<String, Value>) {
    let mut line = line.clone();
    line.retain(|_, value| !value.is_null());
    let mut keys: Vec<&String> = line.keys().collect();
    let mut columns: Vec<&String> = row.keys().collect();
    keys.sort();
    columns.sort();
    assert_eq!(columns, keys);
    for (key, value) in &line {
        assert_eq!(&row[key], value, "{key}");
        let bits = |value: &Value| value.as_f64().map(f64::to_bits);
        assert_eq!(bits(&row[key]), bits(value), "{key}");
    }
    let Some(Value::Object(probabilities)) = line.get("probabilities") else {
        return;
    };
    for (class, value) in probabilities {
        let bits = |value: &Value| value.as_f64().map(f64::to_bits);
        assert_eq!(bits(&row["probabilities"][class]), bits(value), "{class}");
    }
}

/// Two DICOM series of three slices each.
fn series(workplace: &Workplace) {
    let settings = DatasetSettings {
        train_per_class: 0,
        valid_per_class: 0,
        test_per_class: 3,
        slices_per_patient: 3,
        size: 64,
        seed: 5,
        format: PhantomFormat::Dicom,
    };
    write_dataset(&workplace.path("slices/test/dicom"), &settings, |_, _| {}).expect("phantoms");
}

#[test]
fn rows_are_the_lines_of_json_to_the_bit_and_nulls_are_what_json_leaves_out() {
    let workplace = Workplace::new();
    workplace.model();
    series(&workplace);
    std::fs::write(workplace.path("slices/test/normal/bad.png"), "text").unwrap();
    // Some slices have an answer and some have none.
    let asked = ["slices/test", "--threshold", "0.6", "--margin", "0.3"];
    let json = predict(&workplace, &[&asked[..], &["--format", "json"]].concat());
    let parquet = predict(&workplace, &[&asked[..], &PARQUET].concat());
    assert_eq!((json.code, parquet.code), (1, 1), "{}", parquet.stderr);
    assert!(
        parquet.stderr.contains("files could not be read"),
        "{}",
        parquet.stderr
    );
    let (rows, lines) = (rows(&workplace.path("answers")), lines(&json));
    assert!(lines.len() > 15);
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        assert_same(row, line);
    }
    let count = |key: &str| rows.iter().filter(|row| row.contains_key(key)).count();
    assert_eq!((count("path"), count("error")), (rows.len(), 1));
    assert_eq!(count("probabilities"), rows.len() - 1);
    assert!(count("reason") > 0 && count("series_uid") > 0);
    assert!(count("class") < rows.len() - 1);
}

#[test]
fn a_killed_call_goes_on_after_the_parts_that_are_there() {
    let workplace = Workplace::new();
    workplace.model();
    let asked = [&["slices/test", "--part", "4"], &PARQUET[..]].concat();
    predict(&workplace, &asked).succeeds();
    let folder = workplace.path("answers");
    let part = |number: usize| folder.join(format!("part-1-of-1-0000{number}.parquet"));
    let whole = rows(&folder);
    assert_eq!(whole.len(), 9);
    assert_eq!(rows_of(&part(2)).len(), 1);

    // What `kill -9` leaves: a part under its other name, and what is before it.
    let begun = std::fs::read(part(1)).unwrap();
    std::fs::remove_file(part(1)).unwrap();
    std::fs::write(
        folder.join("part-1-of-1-00001.parquet.partial"),
        &begun[..99],
    )
    .unwrap();
    let first = std::fs::metadata(part(0)).unwrap().modified().unwrap();
    let again = predict(&workplace, &asked);
    let said = &again.succeeds().stderr;
    assert!(said.contains("goes on after 2 of 3 parts"), "{said}");
    assert_eq!(
        std::fs::metadata(part(0)).unwrap().modified().unwrap(),
        first
    );
    assert_eq!(rows(&folder), whole);
    assert_eq!(
        names_in(&folder),
        [
            "_hilum-1-of-1.json",
            "part-1-of-1-00000.parquet",
            "part-1-of-1-00001.parquet",
            "part-1-of-1-00002.parquet"
        ]
    );
    let done = predict(&workplace, &asked);
    let said = &done.succeeds().stderr;
    assert!(said.contains("nothing is left to do"), "{said}");
}

#[test]
fn answers_of_another_model_listing_or_setting_are_not_mixed() {
    let workplace = Workplace::new();
    workplace.model();
    let asked = [&["slices/test"], &PARQUET[..]].concat();
    predict(&workplace, &asked).succeeds();
    let bundled = [&["predict"], &asked[..]].concat();
    workplace
        .hilum(&bundled)
        .refuses(&["another call", "model: ", "hint: "]);
    for (more, word) in [
        (vec!["--threshold", "0.9"], "answers: "),
        (vec!["--heat"], "heat: "),
        (vec!["--part", "2"], "files of a part: "),
        (vec!["--shard", "1/2"], "shards: "),
        (vec!["slices/valid"], "files: "),
    ] {
        let asked = [&asked[..], &more].concat();
        predict(&workplace, &asked).refuses(&["another call", word, "--out"]);
    }
    std::fs::rename(
        workplace.path("slices/test/normal/0.png"),
        workplace.path("slices/test/normal/9.png"),
    )
    .unwrap();
    predict(&workplace, &asked).refuses(&["names of files"]);

    std::fs::remove_file(workplace.path("answers/_hilum-1-of-1.json")).unwrap();
    predict(&workplace, &asked).refuses(&["nothing tells what it was made from"]);
}

/// What `I/N` of a folder is, by JSON.
fn shard(workplace: &Workplace, folder: &str, shard: &str, more: &[&str]) -> Vec<String> {
    let asked = [&[folder, "--format", "json", "--shard", shard], more].concat();
    let finished = predict(workplace, &asked);
    let paths = lines(finished.succeeds());
    let name = |line: &Map<String, Value>| {
        let path = line["path"].as_str().unwrap_or_default();
        path.trim_start_matches(folder).to_owned()
    };
    paths.iter().map(name).collect()
}

#[test]
fn shards_are_disjoint_and_complete_and_the_same_below_another_mount_point() {
    let workplace = Workplace::new();
    workplace.model();
    let moved = workplace.path("elsewhere/mount");
    std::fs::create_dir_all(moved.parent().unwrap()).unwrap();
    let copied = std::process::Command::new("cp")
        .args(["-r", "slices/test", "elsewhere/mount"])
        .current_dir(workplace.path(""))
        .status();
    assert!(copied.unwrap().success());
    let whole = shard(&workplace, "slices/test", "1/1", &[]);
    assert_eq!(whole.len(), 9);
    let mut all = Vec::new();
    for number in 1..=3 {
        let number = format!("{number}/3");
        let here = shard(&workplace, "slices/test", &number, &[]);
        assert_eq!(here, shard(&workplace, "elsewhere/mount", &number, &[]));
        let asked = [&["slices/test", "--shard", &number], &PARQUET[..]].concat();
        predict(&workplace, &asked).succeeds();
        all.extend(here);
    }
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(sorted, whole);
    let rows = rows(&workplace.path("answers"));
    let paths: Vec<String> = rows
        .iter()
        .map(|row| row["path"].as_str().unwrap().replace("slices/test", ""))
        .collect();
    assert_eq!(paths, all);
    predict(&workplace, &["slices/test", "--shard", "4/3"]);
    let refused = predict(&workplace, &["slices/test", "--shard", "4/3"]);
    assert!(refused.code != 0 && refused.stderr.contains("names no shard"));
}

#[test]
fn a_series_is_in_one_shard_if_it_has_one_answer() {
    let workplace = Workplace::new();
    workplace.model();
    series(&workplace);
    let count = |shard: &str| {
        let asked = ["slices/test/dicom", "--by", "series", "--format", "json"];
        let finished = predict(&workplace, &[&asked[..], &["--shard", shard]].concat());
        let lines = lines(finished.succeeds());
        let slices = lines.iter().map(|line| line["slices"]["count"].as_u64());
        assert!(slices.flatten().all(|count| count == 3), "{lines:?}");
        lines.len()
    };
    let whole = count("1/1");
    assert!(whole > 1);
    assert_eq!(count("1/2") + count("2/2"), whole);
}

#[test]
fn files_say_which_model_and_program_made_them_and_what_they_are_not_for() {
    let workplace = Workplace::new();
    let model = workplace.model();
    predict(&workplace, &[&["slices/test"], &PARQUET[..]].concat()).succeeds();
    let said = metadata(&workplace.path("answers/part-1-of-1-00000.parquet"));
    let text = |key: &str| said[&format!("hilum.{key}")].as_str().unwrap().to_owned();
    assert_eq!(text("model"), "runs/first/model.safetensors");
    let digest = blake3::hash(&std::fs::read(model).unwrap()).to_hex();
    assert_eq!(text("model_blake3"), digest.to_string());
    let classes: Vec<String> = serde_json::from_str(&text("classes")).unwrap();
    assert_eq!(classes, crate::workplace::CLASSES);
    assert_eq!(text("version"), env!("CARGO_PKG_VERSION"));
    assert!(text("notice").contains("not a medical device"));
}

#[test]
fn heat_is_a_picture_of_the_files_own_size() {
    let workplace = Workplace::new();
    workplace.model();
    std::fs::write(workplace.path("slices/test/normal/bad.png"), "text").unwrap();
    let asked = [&["slices/test", "--heat"], &PARQUET[..]].concat();
    assert_eq!(predict(&workplace, &asked).code, 1);
    let rows = rows(&workplace.path("answers"));
    assert_eq!(rows.len(), 10);
    for row in rows {
        if row.contains_key("error") {
            assert!(!row.contains_key("heat") && !row.contains_key("heat_class"));
            continue;
        }
        let bytes = row["heat"].as_array().unwrap().iter();
        let bytes: Vec<u8> = bytes
            .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap())
            .collect();
        // PNG, section 11.2.2: width and height stand behind the signature and `IHDR`.
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(bytes[16..24], [0, 0, 0, 32, 0, 0, 0, 32]);
        let probabilities = row["probabilities"].as_object().unwrap();
        let value = |class: &str| probabilities[class].as_f64().unwrap();
        let named = value(row["heat_class"].as_str().unwrap());
        assert!(probabilities.keys().all(|class| value(class) <= named));
    }
}

#[test]
fn what_parquet_cannot_hold_and_what_only_it_has_is_refused() {
    let workplace = Workplace::new();
    workplace.model();
    let asked = ["slices/test", "--format", "parquet"];
    predict(&workplace, &asked).refuses(&["writes files", "--out"]);
    std::fs::write(workplace.path("file"), "mine").unwrap();
    let into = [&asked[..], &["--out", "file"]].concat();
    predict(&workplace, &into).refuses(&["`file` is a file", "hint: "]);
    assert_eq!(std::fs::read(workplace.path("file")).unwrap(), b"mine");
    let asked = [&["slices/test"], &PARQUET[..]].concat();
    for (more, flag) in [
        (&["--by", "series"][..], "--by"),
        (&["--sr", "objects"], "--sr"),
        (&["--force"], "--force"),
        (&["--inputs-out", "read"], "--inputs-out"),
    ] {
        let asked = [&asked[..], more].concat();
        predict(&workplace, &asked).refuses(&[flag, "parquet", "hint: "]);
    }
    for more in [&["--heat"][..], &["--part", "2"]] {
        let asked = [&["slices/test"], more].concat();
        predict(&workplace, &asked).refuses(&[more[0], "hint: "]);
    }
    assert!(!Path::new(&workplace.path("answers")).exists());
}

#[test]
fn a_listing_names_files_and_one_that_is_not_there_is_an_answer() {
    let workplace = Workplace::new();
    workplace.model();
    let listing =
        "slices/test/normal/0.png\nslices/test/absent.png\n\nslices/test/normal/1.png\r\n";
    std::fs::write(workplace.path("names"), listing).unwrap();
    let finished = predict(&workplace, &["--listing", "names", "--format", "json"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    let lines = lines(&finished);
    let paths: Vec<&str> = lines
        .iter()
        .map(|line| line["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, listing.split_whitespace().collect::<Vec<_>>());
    assert!(lines[1].contains_key("error") && lines[0].contains_key("class"));
    predict(&workplace, &["--listing", "nowhere"]).refuses(&["nowhere"]);
}

#[test]
fn features_are_what_the_head_makes_its_answers_of_and_change_none() {
    let workplace = Workplace::new();
    let model = workplace.model();
    std::fs::write(workplace.path("slices/test/normal/bad.png"), "text").unwrap();
    // Two passes, whose answers are the same to the last digits in `f32` alone.
    let exact = ["slices/test", "--precision", "f32"];
    let asked = [&exact[..], &["--features"], &PARQUET[..]].concat();
    assert_eq!(predict(&workplace, &asked).code, 1);
    let json = predict(&workplace, &[&exact[..], &["--format", "json"]].concat());
    let model = hilum_weights::ModelFile::read(&model).unwrap();
    let tensor = |name: &str| model.parameters.get(name).unwrap().data.as_slice();
    let (weight, bias) = (tensor("classifier.weight"), tensor("classifier.bias"));
    for (mut row, line) in rows(&workplace.path("answers"))
        .into_iter()
        .zip(lines(&json))
    {
        let features = row.remove("features");
        assert_same(&row, &line);
        assert_eq!(features.is_some(), !row.contains_key("error"));
        let Some(Value::Array(features)) = features else {
            continue;
        };
        let features: Vec<f64> = features.iter().map(|one| one.as_f64().unwrap()).collect();
        // A linear layer and a softmax, by their definitions.
        let logits = weight
            .chunks_exact(features.len())
            .zip(bias)
            .map(|(row, bias)| {
                let products = row.iter().zip(&features);
                products
                    .map(|(weight, one)| f64::from(*weight) * one)
                    .sum::<f64>()
                    + f64::from(*bias)
            });
        let odds: Vec<f64> = logits.map(f64::exp).collect();
        let sum: f64 = odds.iter().sum();
        let found = row["probabilities"].as_object().unwrap().values();
        assert_eq!(found.len(), odds.len());
        for (found, odds) in found.zip(&odds) {
            let difference = found.as_f64().unwrap() - odds / sum;
            assert!(difference.abs() < 1e-4, "{difference}");
        }
    }
}
