//! `hilum predict http://...`, of a server on this machine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use hilum_loopback::{Loopback, Reply};
use serde_json::{Map, Value};

use crate::workplace::{Finished, Workplace, names_in};

fn predict(workplace: &Workplace, more: &[&str]) -> Finished {
    let mut arguments = vec!["predict", "--model", "runs/first/model.safetensors"];
    arguments.extend(more);
    workplace.hilum(&arguments)
}

/// The lines of JSON, with the last part of each path in its place.
fn answers(finished: &Finished) -> Vec<Map<String, Value>> {
    let parse = |line: &str| {
        let mut line: Map<String, Value> = serde_json::from_str(line).expect("JSON");
        let path = line["path"].as_str().unwrap_or_default().to_owned();
        let name = path.rsplit('/').next().unwrap_or_default();
        line.insert("path".to_owned(), Value::from(name));
        line
    };
    finished.stdout.lines().map(parse).collect()
}

/// A WebDAV server that holds `files` under `/scans/`, takes its time, and is busy at first.
fn server(files: BTreeMap<String, Vec<u8>>) -> Loopback {
    let busy = AtomicUsize::new(1);
    Loopback::start(move |request| {
        sleep(Duration::from_millis(20));
        let name = request.target.trim_start_matches("/scans/");
        if request.method == "PROPFIND" {
            return Reply::file(listing(&files).as_bytes());
        }
        let is_busy = busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        match files.get(name) {
            Some(_) if is_busy.is_ok() => Reply::status(503),
            Some(_) if name.starts_with("gone") => Reply::status(404),
            Some(file) => Reply::file(file),
            None => Reply::status(404),
        }
    })
}

/// What RFC 4918, section 9.1, has for an answer to PROPFIND.
fn listing(files: &BTreeMap<String, Vec<u8>>) -> String {
    let of_file = |(name, bytes): (&String, &Vec<u8>)| {
        format!(
            "<D:response><D:href>/scans/{name}</D:href><D:propstat><D:prop>\
             <D:getlastmodified>Mon, 12 Jan 1998 09:25:56 GMT</D:getlastmodified>\
             <D:getcontentlength>{}</D:getcontentlength><D:resourcetype/></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>",
            bytes.len()
        )
    };
    let all = files.iter().map(of_file).collect::<Vec<_>>().concat();
    let folder = "<D:response><D:href>/scans/</D:href><D:propstat><D:prop>\
                  <D:getlastmodified>Mon, 12 Jan 1998 09:25:56 GMT</D:getlastmodified>\
                  <D:resourcetype><D:collection/></D:resourcetype></D:prop>\
                  <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
    format!("<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{folder}{all}</D:multistatus>")
}

fn slices(workplace: &Workplace) -> BTreeMap<String, Vec<u8>> {
    let folder = workplace.path("slices/test/normal");
    let read = |name: String| {
        let bytes = std::fs::read(folder.join(&name)).expect("a slice");
        (name, bytes)
    };
    names_in(&folder).into_iter().map(read).collect()
}

#[test]
fn objects_below_an_address_are_answered_as_files_are() {
    let workplace = Workplace::new();
    workplace.model();
    let mut files = slices(&workplace);
    let read = predict(&workplace, &["slices/test/normal", "--format", "json"]);
    files.insert("notes.txt".to_owned(), b"text".to_vec());
    let server = server(files);
    let address = format!("{}/scans/", server.url());
    let fetched = predict(&workplace, &[&address, "--format", "json"]);
    assert_eq!(answers(fetched.succeeds()), answers(read.succeeds()));
    assert!(fetched.stdout.contains(&format!("{address}0.png")));
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.target != "/scans/notes.txt")
    );
    // By Parquet too, and in shards of the same names.
    let shard = |number: &str, what: &str| {
        let asked = [what, "--format", "json", "--shard", number];
        answers(predict(&workplace, &asked).succeeds())
    };
    for number in ["1/2", "2/2"] {
        assert_eq!(shard(number, &address), shard(number, "slices/test/normal"));
    }
}

#[test]
fn an_object_that_does_not_come_is_an_answer_and_not_the_end() {
    let workplace = Workplace::new();
    workplace.model();
    let mut files = slices(&workplace);
    files.insert("gone.png".to_owned(), vec![1; 100]);
    let server = server(files);
    let address = format!("{}/scans/", server.url());
    let finished = predict(&workplace, &[&address, "--format", "json"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    let answers = answers(&finished);
    assert_eq!(answers.len(), 4);
    let failed: Vec<_> = answers
        .iter()
        .filter(|line| line.contains_key("error"))
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["path"], "gone.png");
    assert!(
        failed[0]["error"]
            .as_str()
            .unwrap()
            .contains("is not there")
    );
}

#[test]
fn a_listing_names_objects_one_by_one_and_nobody_looks_for_them() {
    let workplace = Workplace::new();
    workplace.model();
    let server = server(slices(&workplace));
    let lines = ["0.png", "1.png"].map(|name| format!("{}/scans/{name}", server.url()));
    std::fs::write(workplace.path("names"), lines.join("\n")).unwrap();
    let finished = predict(&workplace, &["--listing", "names", "--format", "json"]);
    assert_eq!(answers(finished.succeeds()).len(), 2);
    assert!(server.asked().iter().all(|request| request.method == "GET"));
}

#[test]
fn an_archive_in_a_store_stands_for_its_members() {
    let workplace = Workplace::new();
    workplace.model();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in slices(&workplace) {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut writer, &bytes).unwrap();
    }
    let zip = writer.finish().unwrap().into_inner();
    let server = server(BTreeMap::from([("all.zip".to_owned(), zip)]));
    let address = format!("{}/scans/all.zip", server.url());
    let finished = predict(&workplace, &[&address, "--format", "json"]);
    assert_eq!(answers(finished.succeeds()).len(), 3);
    assert!(finished.stdout.contains("all.zip/0.png"));
}

#[test]
fn an_address_that_would_be_overheard_or_names_nothing_is_refused() {
    let workplace = Workplace::new();
    workplace.model();
    predict(&workplace, &["http://host.example/a.png"]).refuses(&["is not encrypted", "hint: "]);
    let server = server(BTreeMap::new());
    let address = format!("{}/scans/", server.url());
    predict(&workplace, &[&address]).refuses(&["nothing is at", "hint: "]);
    let plain = Loopback::start(|_| Reply::status(405));
    let address = format!("{}/scans/", plain.url());
    predict(&workplace, &[&address]).refuses(&["does not list", "--listing"]);
}

#[test]
fn a_bucket_is_reached_as_the_variables_say_and_never_without_encryption_unasked() {
    let workplace = Workplace::new();
    workplace.model();
    let files = slices(&workplace);
    let count = files.len();
    let server = Loopback::start(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        if path == "/bucket" {
            let keys: Vec<String> = files
                .iter()
                .map(|(name, bytes)| {
                    format!(
                        "<Contents><Key>a/{name}</Key><Size>{}</Size>\
                         <LastModified>2009-10-12T17:50:30.000Z</LastModified></Contents>",
                        bytes.len()
                    )
                })
                .collect();
            let list = format!(
                "<ListBucketResult><Name>bucket</Name>{}</ListBucketResult>",
                keys.concat()
            );
            return Reply::file(list.as_bytes());
        }
        let name = path.trim_start_matches("/bucket/a/");
        files
            .get(name)
            .map_or(Reply::status(404), |file| Reply::file(file))
    });
    let url = server.url();
    let mut variables = vec![
        ("AWS_ENDPOINT", url.as_str()),
        ("AWS_SKIP_SIGNATURE", "true"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let model = ["--model", "runs/first/model.safetensors"];
    let asked = [
        &["predict", "s3://bucket/a/", "--format", "json"],
        &model[..],
    ]
    .concat();
    let refused = workplace.hilum_with(&variables, &asked);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(server.asked().is_empty());
    variables.push(("AWS_ALLOW_HTTP", "true"));
    let finished = workplace.hilum_with(&variables, &asked);
    assert_eq!(finished.succeeds().stdout.lines().count(), count);
    assert!(finished.stdout.contains("s3://bucket/a/0.png"));
}
