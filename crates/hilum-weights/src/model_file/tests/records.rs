//! What a model file remembers, in files of today and of tomorrow.

use hilum_core::Split;

use super::{with_entry, written};

/// The records of the model that comes with hilum, as they stood before they had versions.
const TRAINING: &str = include_str!("../../../tests/reference/model_file/training.json");
const VALIDATION: &str = include_str!("../../../tests/reference/model_file/validation.json");

#[test]
fn records_without_a_version_are_read_in_every_field() {
    let model = with_entry("hilum.training", Some(TRAINING)).unwrap();
    let training = model.training;
    assert_eq!(training.version, 1);
    let fingerprint = "blake3:5dd2d68d020942798e1c6b91102e6bc053ba0e0d08f709995d93ec71512516a9";
    assert_eq!(training.data_fingerprint.as_deref(), Some(fingerprint));
    let settings = &training.settings;
    assert_eq!(settings.hilum_version.as_deref(), Some("0.1.0"));
    assert_eq!(
        settings.network.architecture.as_deref(),
        Some("mobilenet-v2")
    );
    let weights = settings.network.weights.as_ref().unwrap();
    assert_eq!(weights.source, "mobilenet_v2_imagenet_backbone.safetensors");
    let sha256 = "d09368c6defaadf40b40be26e4e97b174bf7cc94fe842babd16a99147a014e41";
    assert_eq!(weights.sha256.as_deref(), Some(sha256));
    assert!(training.learnt_from(Split::Train) && training.learnt_from(Split::Valid));
    assert!(!training.learnt_from(Split::Test));

    let model = with_entry("hilum.validation", Some(VALIDATION)).unwrap();
    let validation = model.validation.unwrap();
    assert_eq!((validation.version, validation.epoch), (1, Some(30)));
    assert_eq!(validation.split, Split::Valid);
    assert!(!validation.is_measured());
}

/// `text` with the version that it does not name yet, to the letter: keys, order, digits.
fn with_version(text: &str) -> String {
    text.replacen('{', "{\"version\":1,", 1)
}

#[test]
fn records_are_written_again_to_the_letter() {
    for (key, text) in [
        ("hilum.training", TRAINING),
        ("hilum.validation", VALIDATION),
    ] {
        let bytes = written(&with_entry(key, Some(text)).unwrap());
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().as_ref().unwrap();
        assert_eq!(metadata[key], with_version(text));
    }
}

#[test]
fn what_a_newer_hilum_adds_to_a_record_survives() {
    let text = r#"{"version":1,"split":"valid","epoch":3,"loss":0.5,"accuracy":1.0,"macro_f1":1.0,"log_cosh":0.1,"macro_auroc":1.0,"sharpness":{"mean":0.1}}"#;
    let model = with_entry("hilum.validation", Some(text)).unwrap();
    let bytes = written(&model);
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(
        header.metadata().as_ref().unwrap()["hilum.validation"],
        text
    );
}

#[test]
fn a_record_of_a_later_version_is_refused() {
    let text = r#"{"version":2,"epoch":"the last"}"#;
    let error = with_entry("hilum.validation", Some(text)).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("has version 2, this hilum reads 1\nhint: install a newer hilum"),
        "{message}"
    );
}

#[test]
fn a_model_that_was_not_validated_is_read() {
    let model = with_entry("hilum.validation", Some("null")).unwrap();
    assert_eq!(model.validation, None);
    let error = with_entry("hilum.training", Some("null")).unwrap_err();
    assert!(
        error.to_string().contains("has no `hilum.training`"),
        "{error}"
    );
}

#[test]
fn a_temperature_of_before_is_read_and_says_no_more() {
    let model = with_entry("hilum.calibration", Some(r#"{"temperature":0.5}"#)).unwrap();
    let calibration = model.calibration.unwrap();
    assert_eq!(
        (calibration.version, calibration.scaling.temperature),
        (1, 0.5)
    );
    assert_eq!(calibration.scaling.bias, None);
    assert_eq!(calibration.conformal, None);
}

#[test]
fn a_calibration_survives_in_every_field() {
    let scores = r#"[{"slices":2,"groups":1,"scores":[0.1,0.25]},{"slices":1,"groups":1,"scores":[0.5]},{"slices":1,"groups":1,"scores":[0.0]}]"#;
    let text = format!(
        r#"{{"version":2,"temperature":0.5,"bias":[0.1,-0.1,0.0],"fitted_on":{{"source":"out-of-fold","slices":4,"groups":3,"grouping":"inferred","of_learned_groups":0}},"log_losses":{{"before":0.5,"after":0.25}},"conformal":{{"lac":{scores},"aps":{scores}}},"confidences":[0.5,0.75],"sharpness":1}}"#
    );
    let model = with_entry("hilum.calibration", Some(&text)).unwrap();
    let bytes = written(&model);
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(
        header.metadata().as_ref().unwrap()["hilum.calibration"],
        text
    );
}

#[test]
fn a_calibration_that_no_answer_could_be_made_of_is_refused() {
    for text in [
        r#"{"temperature":0.0}"#,
        r#"{"temperature":-1.0}"#,
        r#"{"version":2,"temperature":1.0,"bias":[0.1]}"#,
        r#"{"version":2,"temperature":1.0,"conformal":{"lac":[],"aps":[]}}"#,
        r#"{"version":2,"temperature":1.0,"confidences":[7.0]}"#,
    ] {
        let error = with_entry("hilum.calibration", Some(text)).unwrap_err();
        assert!(error.to_string().contains("contradicts itself"), "{error}");
    }
    let error = with_entry("hilum.calibration", Some(r#"{"version":3}"#)).unwrap_err();
    assert!(
        error.to_string().contains("install a newer hilum"),
        "{error}"
    );
}
