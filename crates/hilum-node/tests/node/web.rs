//! Results on their way to a DICOMweb service.

use hilum_loopback::{Loopback, Reply};

use crate::double::{destination, fresh, settings, start};
use crate::scanner::{send_all, series};

#[test]
fn each_result_is_a_multipart_request_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let service = Loopback::start(|_| Reply::file(b"{}"));
    let url = format!("{}/dicom-web", service.url());
    let mut settings = settings(folder.path());
    settings.destinations = vec![destination(&url)];
    let node = start(settings);
    let sent = series(fresh(), 1);
    send_all(node.address(), &sent);
    node.wait_for("it", |node| node.series("done") == 1);
    assert_eq!(node.results(&url, "sent"), 2);
    let asked = service.asked();
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/dicom-web/studies")
        );
        let kind = request.header("content-type").unwrap();
        // PS3.18 8.6.1.2.1.
        assert!(
            kind.starts_with("multipart/related; type=\"application/dicom\"; boundary="),
            "{kind}"
        );
        assert_eq!(request.header("accept"), Some("application/dicom+json"));
        let boundary = kind.rsplit_once('=').unwrap().1;
        let head = format!("--{boundary}\r\nContent-Type: application/dicom\r\n\r\n");
        let file = request.body.strip_prefix(head.as_bytes()).unwrap();
        let file = file
            .strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes())
            .unwrap();
        let object = dicom_object::from_reader(file).unwrap();
        let uid = object.meta().media_storage_sop_instance_uid();
        assert!(uid.starts_with(&sent[0].series), "{uid}");
    }
}

#[test]
fn a_service_in_trouble_is_asked_again_and_one_that_refuses_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let service =
        Loopback::start(
            move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::status(503),
                1 => Reply::file(b"{}"),
                _ => Reply::status(415),
            },
        );
    let mut settings = settings(folder.path());
    settings.destinations = vec![destination(&service.url())];
    let node = start(settings);
    send_all(node.address(), &series(fresh(), 1));
    node.wait_for("it", |node| node.series("done") == 1);
    assert_eq!(node.results(&service.url(), "sent"), 1);
    assert_eq!(node.results(&service.url(), "refused"), 1);
    assert_eq!(service.asked().len(), 3);
}
