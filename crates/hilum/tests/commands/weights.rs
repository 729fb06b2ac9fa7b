//! `hilum train --weights`: files, published weights and the bundled model.

use hilum_hub::file_sha256;
use hilum_loopback::{Loopback, Reply};

use crate::workplace::{Finished, QUICK, Workplace};

const HUB_FILE: &str = "hf:owner/model@v1/w.safetensors";

fn train(workplace: &Workplace, variables: &[(&str, &str)], more: &[&str]) -> Finished {
    let mut arguments = vec!["train", "slices", "--epochs", "1"];
    arguments.extend(QUICK);
    arguments.extend(more);
    workplace.hilum_with(variables, &arguments)
}

/// A hub that has the first model of `workplace`, and that file's SHA-256.
fn hub(workplace: &Workplace) -> (Loopback, String) {
    let path = workplace.model();
    let bytes = std::fs::read(&path).expect("a model");
    let sha256 = file_sha256(&path).expect("a model");
    let tag = format!("\"{sha256}\"");
    let server =
        Loopback::start(move |request| Reply::part(&bytes, request).with("x-linked-etag", &tag));
    (server, sha256)
}

#[test]
fn weights_of_the_hub_are_fetched_once_and_recorded() {
    let workplace = Workplace::new();
    let (server, sha256) = hub(&workplace);
    let url = server.url();
    let variables = [("HF_ENDPOINT", &*url)];
    let arguments = ["--weights", HUB_FILE, "--name", "second"];
    let finished = train(&workplace, &variables, &arguments);
    finished.succeeds();
    assert!(
        finished.stderr.contains("tensors applied"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        server.asked()[0].target,
        "/owner/model/resolve/v1/w.safetensors"
    );
    let settings = std::fs::read_to_string(workplace.path("runs/second/settings.toml")).unwrap();
    assert!(
        settings.contains(&format!("source = \"{HUB_FILE}\"")),
        "{settings}"
    );
    assert!(
        settings.contains(&format!("sha256 = \"{sha256}\"")),
        "{settings}"
    );

    drop(server);
    train(&workplace, &variables, &["--weights", HUB_FILE]).succeeds();
    let resume = ["train", "slices", "--resume", "--name", "second"];
    workplace.hilum_with(&variables, &resume).succeeds();
}

#[test]
fn a_download_that_breaks_off_begins_no_run() {
    let workplace = Workplace::new();
    workplace.slices();
    let server = Loopback::start(|_| Reply::status(404));
    let url = server.url();
    let finished = train(
        &workplace,
        &[("HF_ENDPOINT", &url)],
        &["--weights", HUB_FILE],
    );
    finished.refuses(&["does not exist", "hint:"]);
    let finished = train(
        &workplace,
        &[("HILUM_TORCHVISION_URL", &url)],
        &["--arch", "resnet-18", "--weights", "torchvision:resnet18"],
    );
    finished.refuses(&["resnet18-f37072fd.pth"]);
    assert!(!workplace.path("runs").exists());
}

#[test]
fn other_bytes_than_torchvision_published_are_refused() {
    let workplace = Workplace::new();
    workplace.slices();
    let server = Loopback::start(|_| Reply::file(b"PK\x03\x04 other bytes"));
    let url = server.url();
    let finished = train(
        &workplace,
        &[("HILUM_TORCHVISION_URL", &url)],
        &["--arch", "resnet-18", "--weights", "torchvision:resnet18"],
    );
    finished.refuses(&["another file than was published", "f37072fd", "hint:"]);
}

#[test]
fn weights_for_another_network_are_refused_before_they_are_fetched() {
    let workplace = Workplace::new();
    workplace.slices();
    let server = Loopback::start(|_| Reply::status(404));
    let url = server.url();
    let finished = train(
        &workplace,
        &[("HILUM_TORCHVISION_URL", &url)],
        &["--weights", "torchvision:resnet18"],
    );
    finished.refuses(&["not for `compact-cnn`", "hint: add `--arch resnet-18`"]);
    assert!(server.asked().is_empty());
    train(&workplace, &[], &["--weights", "bundled"]).refuses(&["add `--arch mobilenet-v2`"]);
}

#[test]
fn offline_the_error_says_what_to_fetch_by_hand() {
    let workplace = Workplace::new();
    workplace.slices();
    let finished = train(
        &workplace,
        &[("HILUM_OFFLINE", "1")],
        &[
            "--arch",
            "mobilenet-v2",
            "--weights",
            "torchvision:mobilenet_v2",
        ],
    );
    finished.refuses(&[
        "HILUM_OFFLINE",
        "https://download.pytorch.org/models/mobilenet_v2-7ebf99e0.pth",
        "--weights FILE",
    ]);
}

#[test]
fn the_proxy_of_the_environment_is_asked() {
    let workplace = Workplace::new();
    workplace.slices();
    let proxy = Loopback::start(|_| Reply::status(404));
    let url = proxy.url();
    let finished = train(
        &workplace,
        &[("HF_ENDPOINT", "http://hub.invalid"), ("HTTP_PROXY", &url)],
        &["--weights", HUB_FILE],
    );
    finished.refuses(&["hub.invalid"]);
    assert_eq!(proxy.asked()[0].target, "hub.invalid:80");
}

#[test]
fn a_name_that_is_none_lists_what_there_is() {
    let workplace = Workplace::new();
    workplace.slices();
    train(&workplace, &[], &["--weights", "torchvision:lenet"])
        .refuses(&["`lenet`", "mobilenet_v2"]);
    train(&workplace, &[], &["--weights", "mobilenet_v2"]).refuses(&[
        "cannot read weights from `mobilenet_v2`",
        "torchvision:NAME",
    ]);
}

#[test]
fn a_resume_with_other_weights_is_refused() {
    let workplace = Workplace::new();
    let model = workplace.model();
    std::fs::copy(&model, workplace.path("w.safetensors")).unwrap();
    train(
        &workplace,
        &[],
        &["--weights", "w.safetensors", "--name", "second"],
    )
    .succeeds();
    let other = train(&workplace, &[], &["--seed", "7", "--name", "third"]);
    other.succeeds();
    let third = workplace.path("runs/third/model.safetensors");
    std::fs::copy(third, workplace.path("w.safetensors")).unwrap();
    let finished = workplace.hilum(&["train", "slices", "--resume", "--name", "second"]);
    finished.refuses(&["not those that the run began with", "SHA-256", "hint:"]);
}
