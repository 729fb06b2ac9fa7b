//! Requests that are broken in any way: an answer or an end, never a panic, and others go on.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use crate::answers::png;
use crate::served::Served;

#[test]
fn a_zip_bomb_is_refused_as_one_and_other_files_are_answered() {
    let served = Served::new();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let zeros = vec![0; 16 << 20];
    // 1.3 GB in about as many MB.
    for index in 0..80 {
        zip.start_file(format!("{index}.dcm"), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&zeros).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 3 << 20, "{}", bomb.len());
    let told = served.send("/api/predict", &[("bomb.zip", &bomb), ("a.png", &png(1))]);
    let told = told.succeeds().json();
    let answers = told["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 2);
    let error = answers[0]["error"].as_str().unwrap();
    assert!(error.contains("inflates"), "{error}");
    assert!(answers[1]["probabilities"].is_object());
}

#[test]
fn an_album_of_ten_thousand_files_is_taken_and_one_more_is_not() {
    let served = Served::new();
    let body: Vec<(&str, &[u8])> = vec![("x.png", b"no image"); 10_000];
    let told = served.send("/api/predict", &body).succeeds().json();
    assert_eq!(told["counts"]["unreadable"], 10_000);
    let body: Vec<(&str, &[u8])> = vec![("x.png", b"no image"); 10_001];
    served
        .send("/api/predict", &body)
        .refuses(413, &["10000 files"]);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..10_001 {
        zip.start_file(format!("{index}.png"), SimpleFileOptions::default())
            .unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    served
        .send("/api/predict", &[("a.zip", &zip)])
        .refuses(413, &["10001 files"]);
}
