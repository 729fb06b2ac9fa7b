//! `hilum predict dicomweb:...`, of a server on this machine.

use hilum_imaging::{Lesion, Phantom, SeriesInfo, write_dicom};
use hilum_loopback::{Loopback, Reply};
use serde_json::Value;

use crate::workplace::{Workplace, names_in};

const STUDY: &str = "/dicom-web/studies/1.2";

/// A server with one series of two phantoms, that wants the token `abc`.
fn server(workplace: &Workplace) -> Loopback {
    let lesion = Lesion::None;
    let file = |slice_index: usize| {
        let phantom = Phantom {
            size: 64,
            patient_seed: 1,
            slice_index,
            lesion,
        };
        let path = workplace.path("slice");
        let series = SeriesInfo::phantom(1, lesion);
        write_dicom(&path, &phantom.render(), &series, slice_index + 1).expect("a slice");
        std::fs::read(&path).expect("the slice")
    };
    let files = [file(0), file(1)];
    Loopback::start(move |request| {
        if request.header("authorization") != Some("Bearer abc") {
            return Reply::status(401);
        }
        let json = |text: &str| {
            Reply::file(text.as_bytes()).with("content-type", "application/dicom+json")
        };
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        match path.strip_prefix(STUDY).unwrap_or_default() {
            "/series" => json(r#"[{"0020000E": {"vr": "UI", "Value": ["1.3"]}}]"#),
            "/series/1.3/instances" if query.ends_with("offset=0") => json(
                r#"[{"00080018": {"vr": "UI", "Value": ["1.3.0"]}}, {"00080018": {"vr": "UI", "Value": ["1.3.1"]}}]"#,
            ),
            "/series/1.3/instances" => Reply::status(204),
            instance => {
                let number = usize::from(!instance.ends_with("1.3.0"));
                let mut body = b"--b\r\nContent-Type: application/dicom\r\n\r\n".to_vec();
                body.extend_from_slice(&files[number]);
                body.extend_from_slice(b"\r\n--b--");
                let kind = "multipart/related; type=\"application/dicom\"; boundary=\"b\"";
                Reply::file(&body).with("content-type", kind)
            }
        }
    })
}

#[test]
fn a_study_is_answered_instance_by_instance_and_reported_on() {
    let workplace = Workplace::new();
    let server = server(&workplace);
    std::fs::write(workplace.path("token"), "abc\n").unwrap();
    let study = format!("dicomweb:{}{STUDY}", server.url());
    let arguments = ["predict", &study, "--format", "json", "--sr", "results"];
    let more = ["--dicomweb-token-file", "token", "--captures", "1"];
    let finished = workplace.hilum(&[&arguments[..], &more].concat());
    let lines: Vec<Value> = finished
        .succeeds()
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let paths: Vec<&str> = lines
        .iter()
        .map(|line| line["path"].as_str().unwrap())
        .collect();
    // From feet to head.
    let instance = |number: usize| format!("{study}/series/1.3/instances/1.3.{number}");
    assert_eq!(paths, [instance(1), instance(0)]);
    let names = names_in(&workplace.path("results"));
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_token_in_a_variable_will_do_and_without_one_the_refusal_says_how() {
    let workplace = Workplace::new();
    let server = server(&workplace);
    let study = format!("dicomweb:{}{STUDY}/series/1.3", server.url());
    let token = [("HILUM_DICOMWEB_TOKEN", "abc")];
    let arguments = ["predict", &study, "--by", "series"];
    let finished = workplace.hilum_with(&token, &arguments);
    assert!(
        finished.succeeds().stdout.contains("2 slices"),
        "{}",
        finished.stdout
    );
    workplace
        .hilum(&arguments)
        .refuses(&["answers 401", "--dicomweb-token-file"]);
}

#[test]
fn an_address_that_would_be_overheard_is_refused() {
    let workplace = Workplace::new();
    let address = "dicomweb:http://pacs.example/studies/1.2";
    workplace
        .hilum(&["predict", address])
        .refuses(&["is not encrypted", "dicomweb:https://"]);
}
