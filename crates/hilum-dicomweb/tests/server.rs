//! Studies of a server on this machine, which answers as PS3.18 has it, or otherwise.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hilum_core::Cancel;
use hilum_dicomweb::{
    Address, Credentials, DicomWebError, DicomWebSettings, Instance, Limits, retrieve,
};
use hilum_hub::Patience;
use hilum_loopback::{Loopback, Reply, Request};

fn settings() -> DicomWebSettings {
    DicomWebSettings {
        patience: Patience {
            connect: Duration::from_secs(5),
            silence: Duration::from_millis(500),
            pause: Duration::from_millis(1),
            attempts: 3,
        },
        ..DicomWebSettings::default()
    }
}

fn fetch(
    server: &Loopback,
    path: &str,
    settings: &DicomWebSettings,
) -> Result<Vec<Instance>, DicomWebError> {
    let address = format!("dicomweb:{}{path}", server.url());
    let address: Address = address.parse().expect("an address");
    retrieve(&address, settings, &mut |_, _| {}, &Cancel::default())
}

fn json(text: &str) -> Reply {
    Reply::file(text.as_bytes()).with("content-type", "application/dicom+json")
}

/// A file as WADO-RS sends it.
fn part(content: &[u8]) -> Reply {
    let mut body = b"\r\n--b0\r\nContent-Type: application/dicom\r\n\r\n".to_vec();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--b0--\r\n");
    let kind = "multipart/related; type=\"application/dicom\"; boundary=b0";
    Reply::file(&body).with("content-type", kind)
}

/// A study with a CT series of `count` instances and a report.
fn study(request: &Request, count: usize) -> Reply {
    let target = request.target.as_str();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path
        .strip_prefix("/dicom-web/studies/1.2")
        .unwrap_or_default()
    {
        "/series" => json(
            r#"[{"0020000E": {"vr": "UI", "Value": ["1.2.3"]}, "00080060": {"vr": "CS", "Value": ["CT"]}},
                {"0020000E": {"vr": "UI", "Value": ["1.2.4"]}, "00080060": {"vr": "CS", "Value": ["SR"]}}]"#,
        ),
        "/series/1.2.3/instances" => {
            let number = |name: &str| {
                let found = query.split('&').find_map(|part| part.strip_prefix(name));
                found.map_or(0, |text| text.parse().expect("a number"))
            };
            // No more than two at once, as servers may.
            let (from, most) = (number("offset="), number("limit=").min(2));
            let all = (from..count.min(from + most))
                .map(|one| format!(r#"{{"00080018": {{"vr": "UI", "Value": ["1.2.3.{one}"]}}}}"#));
            let all: Vec<String> = all.collect();
            if all.is_empty() {
                return Reply::status(204);
            }
            json(&format!("[{}]", all.join(",")))
        }
        instance => match instance.strip_prefix("/series/1.2.3/instances/1.2.3.") {
            Some(number) => part(format!("file {number}").as_bytes()),
            None => Reply::status(404),
        },
    }
}

#[test]
fn a_study_is_its_ct_series_instance_by_instance() {
    let server = Loopback::start(|request| study(request, 5));
    let found = fetch(&server, "/dicom-web/studies/1.2", &settings()).unwrap();
    let contents: Vec<&[u8]> = found.iter().map(|one| one.bytes.as_slice()).collect();
    assert_eq!(
        contents,
        [b"file 0", b"file 1", b"file 2", b"file 3", b"file 4"]
    );
    let expected = format!(
        "dicomweb:{}/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.0",
        server.url()
    );
    assert_eq!(found[0].address, expected);
    let asked = server.asked();
    let wado = asked.last().unwrap();
    let accept = wado.header("accept").unwrap();
    assert_eq!(
        accept,
        "multipart/related; type=\"application/dicom\"; transfer-syntax=*"
    );
    assert_eq!(wado.header("authorization"), None);
}

#[test]
fn a_series_and_an_instance_are_fetched_by_themselves() {
    let server = Loopback::start(|request| study(request, 2));
    let series = "/dicom-web/studies/1.2/series/1.2.3";
    assert_eq!(fetch(&server, series, &settings()).unwrap().len(), 2);
    let instance = "/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.1";
    let found = fetch(&server, instance, &settings()).unwrap();
    assert_eq!(found[0].bytes, b"file 1");
}

#[test]
fn credentials_are_sent_and_a_refusal_says_how_to_give_them() {
    let server = Loopback::start(|request| match request.header("authorization") {
        Some("Bearer abc") => study(request, 1),
        _ => Reply::status(401),
    });
    let with = DicomWebSettings {
        credentials: Credentials::Bearer("abc".to_owned()),
        ..settings()
    };
    let path = "/dicom-web/studies/1.2";
    assert_eq!(fetch(&server, path, &with).unwrap().len(), 1);
    let refused = fetch(&server, path, &settings()).unwrap_err();
    assert!(
        refused.to_string().contains("--dicomweb-token-file"),
        "{refused}"
    );
    assert!(refused.is_bad_input());
}

#[test]
fn what_may_pass_is_tried_again_and_what_may_not_is_told() {
    let asked = AtomicUsize::new(0);
    let server = Loopback::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::status(503),
        // The answer breaks off in the middle.
        1 => study(request, 1).cut_after(10),
        _ => study(request, 1),
    });
    let found = fetch(&server, "/dicom-web/studies/1.2", &settings()).unwrap();
    assert_eq!(found.len(), 1);
    let down = Loopback::start(|_| Reply::status(503));
    let error = fetch(&down, "/dicom-web/studies/1.2", &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::Status { status: 503, .. }));
    assert_eq!(down.asked().len(), 3);
    let missing = Loopback::start(|_| Reply::status(404));
    let error = fetch(&missing, "/dicom-web/studies/1.2", &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::NotFound { .. }));
    assert_eq!(missing.asked().len(), 1);
}

#[test]
fn more_than_is_taken_is_refused() {
    let server = Loopback::start(|request| study(request, 9));
    let path = "/dicom-web/studies/1.2";
    let with = |limits| DicomWebSettings {
        limits,
        ..settings()
    };
    for limits in [
        Limits {
            instances: 3,
            ..Limits::default()
        },
        Limits {
            answer_bytes: 20,
            ..Limits::default()
        },
        Limits {
            total_bytes: 20,
            ..Limits::default()
        },
    ] {
        let error = fetch(&server, path, &with(limits)).unwrap_err();
        assert!(matches!(error, DicomWebError::TooMuch { .. }), "{error}");
    }
}

#[test]
fn a_login_page_a_redirect_and_an_empty_study_are_no_images() {
    let path = "/dicom-web/studies/1.2";
    let page = || Reply::file(b"<html>").with("content-type", "text/html");
    let login = Loopback::start(move |_| page());
    let error = fetch(&login, path, &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::NoList { .. }), "{error}");
    let instance = "/dicom-web/studies/1.2/series/1/instances/2";
    let error = fetch(&login, instance, &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::NoInstance { .. }), "{error}");
    let elsewhere = Loopback::start(|_| Reply::redirect("https://other.example/"));
    let error = fetch(&elsewhere, path, &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::Redirect { .. }), "{error}");
    let empty = Loopback::start(|_| Reply::status(204));
    let error = fetch(&empty, path, &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::NoImages { .. }), "{error}");
    let cut = Loopback::start(|_| {
        let kind = "multipart/related; boundary=b0";
        Reply::file(b"--b0\r\nA: b\r\n\r\nhalf").with("content-type", kind)
    });
    let error = fetch(&cut, instance, &settings()).unwrap_err();
    assert!(matches!(error, DicomWebError::Multipart { .. }), "{error}");
}

#[test]
fn a_call_that_is_cancelled_ends() {
    let server = Loopback::start(|request| study(request, 1));
    let cancel = Cancel::default();
    cancel.cancel();
    let address = format!("dicomweb:{}/dicom-web/studies/1.2", server.url());
    let address: Address = address.parse().unwrap();
    let error = retrieve(&address, &settings(), &mut |_, _| {}, &cancel).unwrap_err();
    assert!(matches!(error, DicomWebError::Cancelled(_)));
}
