//! Files in, answers out: the same as the library gives for files on the disk.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use hilum_experiment::{
    Choices, FileAnswer, Model, ModelOrigin, Predict, Session, UnitAnswer, Whole, predict,
    predict_units,
};
use hilum_imaging::{
    HounsfieldSlice, Lesion, Phantom, SeriesInfo, decode, encode_png, write_dicom,
};
use serde_json::Value;
use zip::write::SimpleFileOptions;

use crate::served::Served;

fn slice(index: usize) -> HounsfieldSlice {
    let phantom = Phantom {
        size: 128,
        patient_seed: 5,
        slice_index: index,
        lesion: Lesion::ALL[index % 4],
    };
    phantom.render()
}

/// A slice as a picture.
pub(crate) fn png(index: usize) -> Vec<u8> {
    encode_png(&slice(index).windowed(-600.0, 1500.0))
}

/// A series in a folder, and its files with their names.
pub(crate) fn series(folder: &Path, count: usize) -> Vec<(String, Vec<u8>)> {
    let info = SeriesInfo::phantom(5, Lesion::ALL[0]);
    let file = |index: usize| {
        let name = format!("{index}.dcm");
        let path = folder.join(&name);
        write_dicom(&path, &slice(index), &info, index + 1).unwrap();
        (name, fs::read(path).unwrap())
    };
    (0..count).map(file).collect()
}

fn sent(files: &[(String, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    let files = files.iter();
    files
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect()
}

fn model() -> Model {
    let machine = Choices::default().machine();
    Model::open(&ModelOrigin::Bundled, &machine, &Session::default()).unwrap()
}

/// As `hilum predict --format json` prints them, with paths relative to `folder`.
fn as_predict_prints(folder: &Path, names: &[&str]) -> Vec<Value> {
    let request = Predict::new(names.iter().map(|name| folder.join(name)));
    let answers = predict(&mut model(), &request, &Session::default()).unwrap();
    let answers = answers.answers.iter();
    answers.map(|answer| relative(answer, folder)).collect()
}

fn relative(value: &impl serde::Serialize, folder: &Path) -> Value {
    let text = serde_json::to_string(value).unwrap();
    let folder = format!("{}/", folder.display());
    serde_json::from_str(&text.replace(&folder, "")).unwrap()
}

#[test]
fn pictures_and_dicom_are_answered_as_hilum_predict_answers_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = series(folder.path(), 3);
    for (name, bytes) in [("a.png", png(7)), ("notes.txt", b"no image".to_vec())] {
        fs::write(folder.path().join(name), &bytes).unwrap();
        files.push((name.to_owned(), bytes));
    }
    let served = Served::new();
    let told = served.send("/api/predict", &sent(&files)).succeeds().json();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = as_predict_prints(folder.path(), &names);
    assert_eq!(told["model"], "mobilenet-v2-chest-ct");
    assert_eq!(told["answers"], Value::from(expected));
    let counts = &told["counts"];
    assert_eq!(
        (&counts["files"], &counts["unreadable"]),
        (&5.into(), &1.into())
    );
    let unread = &told["answers"].as_array().unwrap()[4];
    assert_eq!(unread["path"], "notes.txt");
    assert!(
        unread["error"]
            .as_str()
            .unwrap()
            .contains("content is text")
    );
}

#[test]
fn an_archive_stands_for_its_members_and_a_series_gets_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    let files = series(folder.path(), 4);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &files {
        zip.start_file(format!("scan/{name}"), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    fs::write(folder.path().join("scan.zip"), &zip).unwrap();
    let served = Served::new();
    let told = served.send("/api/predict?by=series", &[("scan.zip", &zip)]);
    let told = told.succeeds().json();
    let path = folder.path().join("scan.zip");
    let mut units = Vec::new();
    let request = Predict::new([path]);
    let session = Session::default();
    predict_units(
        &mut model(),
        &request,
        Whole::Series,
        &session,
        &mut |unit| {
            if let UnitAnswer::Predicted(unit) = unit {
                units.push(relative(&unit, folder.path()));
            }
            Ok(())
        },
    )
    .unwrap();
    assert_eq!(told["units"], Value::from(units));
    let expected = as_predict_prints(folder.path(), &["scan.zip"]);
    let answers = told["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 4);
    // By series, slices come by their numbers; alone, as they lie in the body.
    for answer in answers {
        assert!(expected.contains(answer), "{answer}");
    }
}

#[test]
fn many_clients_at_once_get_what_one_alone_gets() {
    let served = Served::new();
    let pictures: Vec<Vec<u8>> = (0..6).map(png).collect();
    let ask = |picture: &[u8]| {
        let told = served.post("/api/predict", "image/png", picture);
        told.succeeds().json()["answers"][0]["probabilities"].clone()
    };
    let alone: Vec<Value> = pictures.iter().map(|picture| ask(picture)).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for (picture, expected) in pictures.iter().zip(&alone) {
                    assert_eq!(ask(picture), *expected);
                }
            });
        }
    });
}

#[test]
fn heat_is_a_picture_of_the_slices_size() {
    use base64::Engine as _;
    let served = Served::new();
    let told = served
        .send(
            "/api/predict?heat=grad-cam",
            &[("a.png", &png(3)), ("b.txt", b"x")],
        )
        .succeeds()
        .json();
    let heat = &told["answers"][0]["heat"];
    let png = base64::engine::general_purpose::STANDARD
        .decode(heat["png"].as_str().unwrap())
        .unwrap();
    let window = hilum_imaging::Recipe::reference();
    let picture = decode(&png, &window, &hilum_imaging::DecodeLimits::default()).unwrap();
    assert_eq!((picture.info.width, picture.info.height), (128, 128));
    assert_eq!(picture.info.bits, 8);
    assert_eq!(heat["method"], "grad-cam");
    for key in ["class", "layer", "signal", "inside_lungs", "sanity"] {
        assert!(heat.get(key).is_some(), "{key}");
    }
    assert!(told["answers"][1].get("heat").is_none());
    served
        .send("/api/predict?heat=nonsense", &[("a.png", b"x")])
        .refuses(400, &["heat"]);
    served
        .send(
            "/api/predict?heat=grad-cam&class=nonsense",
            &[("a.png", b"x")],
        )
        .refuses(422, &["knows no class"]);
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let served = Served::with(|settings| {
        settings.limits.body_bytes = 10_000;
        settings.limits.files = 3;
    });
    served
        .post("/api/predict", "text/plain", b"x")
        .refuses(415, &["is no file", "curl -F"]);
    served
        .post("/api/predict", "image/png", b"")
        .refuses(400, &["no files"]);
    served.send("/api/predict", &[]).refuses(400, &["no files"]);
    served
        .post("/api/predict", "image/png", &[0; 10_001])
        .refuses(413, &["10000 bytes", "--max-body"]);
    served
        .post(
            "/api/predict",
            "multipart/form-data; boundary=X",
            b"--X\r\nbroken",
        )
        .refuses(400, &["form"]);
    served
        .post("/api/predict", "multipart/form-data", b"--X--")
        .refuses(400, &["boundary"]);
    let files = [("a", b"x".as_slice()); 4];
    served
        .send("/api/predict", &files)
        .refuses(413, &["more than 3 files"]);
    served
        .send("/api/predict?model=other", &[("a", b"x")])
        .refuses(404, &["no model of this name"]);
    served
        .send("/api/predict?by=hour", &[("a", b"x")])
        .refuses(400, &["`by`"]);
    served
        .send("/api/predict?colour=red", &[("a", b"x")])
        .refuses(400, &["colour"]);
}

#[test]
fn the_models_are_told_with_what_they_are_worth_and_no_place() {
    let served = Served::new();
    let told = served.get("/api/models").succeeds();
    let text = String::from_utf8(told.body.clone()).unwrap();
    let model = &told.json()["models"][0];
    assert_eq!(model["name"], "mobilenet-v2-chest-ct");
    assert_eq!(model["ready"], true);
    assert_eq!(model["architecture"], "mobilenet-v2");
    assert_eq!(model["classes"].as_array().unwrap().len(), 4);
    for key in [
        "intended_use",
        "licence",
        "validation",
        "calibration",
        "audit",
    ] {
        assert!(model["card"].get(key).is_some(), "{key} of {text}");
    }
}

#[test]
fn one_and_the_same_answer_reads_as_a_type() {
    // The answers of the library and of the server share one serialisation.
    let served = Served::new();
    let told = served
        .post("/api/predict", "image/png", &png(2))
        .succeeds()
        .json();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), png(2)).unwrap();
    let request = Predict::new([folder.path().join("file")]);
    let answers = predict(&mut model(), &request, &Session::default()).unwrap();
    let [answer @ FileAnswer::Predicted(_)] = answers.answers.as_slice() else {
        panic!("an answer");
    };
    assert_eq!(told["answers"][0], relative(answer, folder.path()));
}
