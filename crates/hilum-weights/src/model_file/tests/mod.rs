mod records;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hilum_core::{
    AuditSummary, ByValidation, ClassName, Classes, FindingCount, Severity, ValidationRole,
};
use hilum_graph::{Architecture, Shape, Tensor, initialise};
use hilum_imaging::{Channels, Fit, Interpolation, Normalisation, Recipe, Window};
use hilum_metrics::SplitRow;
use hilum_trust::Scaling;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Precision, TensorFileError, read_tensors, read_weights, write_tensors};

fn recipe(side: usize, channels: Channels) -> Recipe {
    Recipe {
        height: side,
        width: side,
        channels,
        window: Window::Hounsfield {
            center_hu: -600.0,
            width_hu: 1500.0,
        },
        depth: hilum_imaging::Depth::Auto,
        frame: hilum_imaging::Frame::Both,
        fit: Fit::Letterbox,
        interpolation: Interpolation::Bilinear,
        clahe: None,
        normalisation: Normalisation::MeanStd {
            mean: vec![0.485; channels.count()],
            std: vec![0.229; channels.count()],
        },
        views: hilum_imaging::Views::Mirrored,
    }
}

fn model_of(name: Architecture, side: usize, channels: Channels) -> ModelFile {
    let architecture = ArchitectureDescription {
        name: name.into(),
        input: Shape::new(side, side, channels.count()),
        class_count: 3,
        dropout: Some(0.1),
    };
    ModelFile {
        parameters: initialise(&architecture.graph(None).unwrap(), 32),
        architecture,
        imported: None,
        classes: Classes::new(["normal", "adenocarcinoma", "größer \"7\""].map(ClassName::new))
            .unwrap(),
        recipe: recipe(side, channels),
        training: TrainingRecord::new(
            &json!({"data": {"train_on_valid": true}, "training": {"epochs": 50}}),
            "blake3:00",
        )
        .unwrap(),
        known_slices: None,
        audit: AuditSummary::Audited {
            findings: vec![FindingCount {
                rule: "duplicate-across-splits".to_owned(),
                severity: Severity::Error,
                count: 46,
            }],
            mended: vec![],
        },
        validation: Some(ValidationRecord::new(
            7,
            SplitRow {
                accuracy: Some(0.1),
                ..SplitRow::default()
            },
        )),
        calibration: Some(CalibrationRecord::new(Scaling {
            temperature: 1.25,
            bias: None,
        })),
        detector: None,
        rounding: Some(RoundingRecord::new(70, 70, 0.004)),
        licence: Some("CC-BY-4.0".to_owned()),
        intended_use: INTENDED_USE.to_owned(),
    }
}

fn small_model() -> ModelFile {
    model_of(Architecture::CompactCnn, 64, Channels::Grey)
}

fn written(model: &ModelFile) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    model.write(&path).unwrap();
    std::fs::read(&path).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<ModelFile, ModelFileError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    ModelFile::read(file.path())
}

/// The model with one entry of its metadata replaced and a digest that says it was so.
fn with_entry(key: &str, value: Option<&str>) -> Result<ModelFile, ModelFileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    small_model().write(&path).unwrap();
    let (parameters, mut metadata) = read_tensors(&path).unwrap();
    metadata.remove(key);
    if let Some(value) = value {
        metadata.insert(key.to_owned(), value.to_owned());
    }
    write_tensors(&path, parameters.iter(), &metadata).unwrap();
    ModelFile::read(&path)
}

#[test]
fn what_was_written_is_read() {
    let mut model = small_model();
    assert_eq!(read_bytes(&written(&model)).unwrap(), model);
    model.calibration = None;
    model.licence = None;
    model.architecture.dropout = None;
    model.audit = AuditSummary::NotAudited;
    assert_eq!(read_bytes(&written(&model)).unwrap(), model);
}

#[test]
fn the_settings_say_what_validation_was_for() {
    let role = |settings: serde_json::Value| {
        let record = TrainingRecord::new(&settings, "blake3:00").unwrap();
        record.validation_role()
    };
    let training = |keep: &str, schedule: &str, stopping: serde_json::Value| {
        json!({"training": {
            "keep": keep, "schedule": {"kind": schedule}, "early_stopping": stopping,
        }})
    };
    let kept_back = |decided: &[ByValidation]| Some(ValidationRole::KeptBack(decided.to_vec()));
    let stopping = json!({"patience": 10, "monitor": "loss"});
    assert_eq!(
        role(training("last", "one-cycle", json!(null))),
        kept_back(&[])
    );
    assert_eq!(
        role(training("best", "plateau", stopping.clone())),
        kept_back(&[
            ByValidation::Epoch,
            ByValidation::LearningRate,
            ByValidation::End
        ])
    );
    assert_eq!(
        role(training("last", "constant", stopping)),
        kept_back(&[ByValidation::End])
    );
    // A file of the time when the best epoch was always kept names nothing.
    assert_eq!(
        role(json!({"training": {"schedule": {"kind": "constant"}}})),
        kept_back(&[ByValidation::Epoch])
    );
    assert_eq!(
        role(json!({"data": {"train_on_valid": true}})),
        Some(ValidationRole::TrainedOn)
    );
    // What a later version may write is not guessed.
    assert_eq!(role(training("median", "constant", json!(null))), None);
    assert_eq!(role(json!({})), None);
}

#[test]
fn equal_models_give_equal_bytes() {
    let first = written(&small_model());
    assert!((0..4).all(|_| written(&small_model()) == first));
}

#[test]
fn every_kind_of_network_can_be_kept() {
    for name in [Architecture::Squeezenet11, Architecture::MobilenetV2] {
        let model = model_of(name, 64, Channels::Rgb);
        assert_eq!(read_bytes(&written(&model)).unwrap(), model);
    }
}

#[test]
fn a_model_in_half_precision_is_half_as_large_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.safetensors");
    let model = model_of(Architecture::MobilenetV2, 64, Channels::Rgb);
    model.write_as(&path, Precision::Half).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() < written(&model).len() * 11 / 20);

    let read = ModelFile::read(&path).unwrap();
    for (name, tensor) in model.parameters.iter() {
        let found = &read.parameters.get(name).unwrap().data;
        for (before, after) in tensor.data.iter().zip(found) {
            // 11 significant bits, and 2^-25 where the numbers are subnormal.
            assert!(
                (before - after).abs() <= before.abs() / 2048.0 + 2.9e-8,
                "{name}"
            );
        }
    }
    // Rounding a second time changes nothing: statistics, digest and text are all there.
    let again = folder.path().join("again.safetensors");
    read.write_as(&again, Precision::Half).unwrap();
    assert!(std::fs::read(&again).unwrap() == bytes);
    assert_eq!(
        ModelFile {
            parameters: model.parameters.clone(),
            ..read
        },
        model
    );
}

#[test]
fn a_model_is_read_from_bytes_as_from_its_file() {
    let bytes = written(&small_model());
    let name = Path::new("bundled:small");
    assert_eq!(ModelFile::from_bytes(name, &bytes).unwrap(), small_model());
    let error = ModelFile::from_bytes(name, &bytes[..bytes.len() - 1]).unwrap_err();
    assert!(
        error.to_string().contains("`bundled:small` is truncated"),
        "{error}"
    );
}

#[test]
fn metadata_is_json_under_the_documented_keys() {
    let bytes = written(&small_model());
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    let parsed = |key: &str| -> serde_json::Value { serde_json::from_str(&metadata[key]).unwrap() };
    assert_eq!(metadata["hilum.format_version"], "1");
    assert_eq!(parsed("hilum.architecture")["name"], "compact-cnn");
    assert_eq!(parsed("hilum.classes")[0], "adenocarcinoma");
    assert_eq!(parsed("hilum.recipe")["height"], 64);
    let training = parsed("hilum.training");
    assert_eq!(training["version"], 1);
    assert_eq!(training["data_fingerprint"], "blake3:00");
    assert_eq!(training["settings"]["training"]["epochs"], 50);
    assert_eq!(parsed("hilum.audit")["findings"][0]["count"], 46);
    let validation = parsed("hilum.validation");
    let expected = json!({
        "version": 1, "split": "valid", "epoch": 7, "loss": null, "accuracy": 0.1,
        "macro_f1": null, "log_cosh": null, "macro_auroc": null,
    });
    assert_eq!(validation, expected);
    assert_eq!(parsed("hilum.calibration")["temperature"], 1.25);
    assert_eq!(parsed("hilum.licence"), "CC-BY-4.0");
    assert_eq!(parsed("hilum.intended_use"), INTENDED_USE);
    assert!(metadata["hilum.digest"].starts_with("blake3:"));
}

#[test]
fn a_model_is_a_weights_file_for_the_next_training() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = small_model();
    model.write(&path).unwrap();
    assert_eq!(read_weights(&path).unwrap().tensors, model.parameters);
}

#[test]
fn a_weight_that_is_not_finite_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let good = small_model();
    good.write(&path).unwrap();
    let mut bad = good.clone();
    let name = good.parameters.iter().next().unwrap().0.to_owned();
    bad.parameters.get_mut(&name).unwrap().data[0] = f32::NAN;
    let error = bad.write(&path).unwrap_err();
    assert!(
        matches!(error, ModelFileError::Parameters { .. }),
        "{error}"
    );
    assert_eq!(
        ModelFile::read(&path).unwrap(),
        good,
        "the old model is still there"
    );
}

#[test]
fn a_folder_that_refuses_leaves_the_old_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = small_model();
    model.write(&path).unwrap();
    // A folder in the place of the partial file can be neither written nor removed.
    std::fs::create_dir(folder.path().join("model.safetensors.partial")).unwrap();
    let error = model.write(&path).unwrap_err();
    let refused = matches!(
        error,
        ModelFileError::TensorFile(TensorFileError::Write { .. })
    );
    assert!(refused, "{error}");
    assert_eq!(ModelFile::read(&path).unwrap(), model);
}

#[test]
fn parameters_of_another_network_are_refused() {
    let mut model = small_model();
    model.parameters = model_of(Architecture::Squeezenet11, 64, Channels::Rgb).parameters;
    let error = model.write(&PathBuf::from("/absent/model")).unwrap_err();
    assert!(
        matches!(error, ModelFileError::Parameters { .. }),
        "{error}"
    );

    let mut model = small_model();
    model
        .parameters
        .insert("extra.weight", Tensor::new(vec![1], vec![0.0]));
    let error = model.write(&PathBuf::from("/absent/model")).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "parameter `extra.weight` belongs to no node");
}

#[test]
fn parts_that_contradict_one_another_are_refused() {
    let mut model = small_model();
    model.recipe.width = 65;
    let error = model
        .write(&PathBuf::from("/absent/model"))
        .unwrap_err()
        .to_string();
    let expected = "its network reads 64 x 64 x 1, its recipe prepares 64 x 65 x 1";
    assert!(error.contains(expected), "{error}");
    let classes = Some(r#"["a","b"]"#);
    let error = with_entry("hilum.classes", classes)
        .unwrap_err()
        .to_string();
    assert!(error.contains("3 outputs for 2 classes"), "{error}");
}

#[test]
fn an_input_of_absurd_size_is_refused() {
    let architecture = r#"{"name":"compact-cnn","input":{"height":4000000000,"width":4000000000,"channels":1},"class_count":3,"dropout":null}"#;
    assert!(with_entry("hilum.architecture", Some(architecture)).is_err());
    let mut model = small_model();
    model.recipe.height = 1 << 40;
    model.architecture.input.height = 1 << 40;
    let error = model
        .write(&PathBuf::from("/absent/model"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no image is"), "{error}");
}

#[test]
fn a_plain_weights_file_is_told_from_a_model() {
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4]);
    let bytes = safetensors::serialize([("weight", view.unwrap())], None).unwrap();
    let error = read_bytes(&bytes).unwrap_err();
    assert!(
        matches!(error, ModelFileError::PlainWeights { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("--weights"), "{error}");
}

#[test]
fn other_files_are_told_from_a_model() {
    let error = with_entry("hilum.format_version", None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("has no `hilum.format_version`"), "{error}");
    let error = read_bytes(b"\x89PNG\r\n\x1a\n and an image")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is not a model: it is no safetensors file"),
        "{error}"
    );
    let error = with_entry("hilum.recipe", None).unwrap_err().to_string();
    assert!(error.contains("has no `hilum.recipe`"), "{error}");
}

#[test]
fn a_later_format_is_refused_before_its_digest_is_looked_at() {
    let error = with_entry("hilum.format_version", Some("2"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("format version 2, this hilum reads 1"),
        "{error}"
    );
    let text = String::from_utf8_lossy(b"\"hilum.format_version\":\"1\"").into_owned();
    let mut bytes = written(&small_model());
    let position = bytes
        .windows(text.len())
        .position(|part| part == text.as_bytes())
        .unwrap();
    bytes[position + text.len() - 2] = b'9';
    let error = read_bytes(&bytes).unwrap_err();
    assert!(
        matches!(error, ModelFileError::NewerFormat { .. }),
        "{error}"
    );
    assert!(with_entry("hilum.format_version", Some("0")).is_err());
    assert!(with_entry("hilum.format_version", Some("one")).is_err());
}

#[test]
fn an_unknown_network_is_named() {
    let architecture = r#"{"name":"vision-transformer","input":{"height":64,"width":64,"channels":1},"class_count":3,"dropout":null}"#;
    let error = with_entry("hilum.architecture", Some(architecture)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the network `vision-transformer`"),
        "{error}"
    );
}

#[test]
fn an_entry_that_is_no_json_is_named() {
    let error = with_entry("hilum.recipe", Some("{"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("`hilum.recipe` of `"), "{error}");
}

#[test]
fn altered_metadata_is_noticed() {
    let mut bytes = written(&small_model());
    let text = b"\\\"epochs\\\":50";
    let position = bytes
        .windows(text.len())
        .position(|part| part == text)
        .unwrap();
    bytes[position + text.len() - 1] = b'1';
    let error = read_bytes(&bytes).unwrap_err();
    let altered = matches!(
        error,
        ModelFileError::TensorFile(TensorFileError::Altered { .. })
    );
    assert!(altered, "{error}");
}

#[test]
fn a_truncated_model_is_called_so() {
    let bytes = written(&small_model());
    for length in [100, bytes.len() / 2, bytes.len() - 1] {
        let error = read_bytes(&bytes[..length]).unwrap_err();
        let truncated = matches!(
            error,
            ModelFileError::TensorFile(TensorFileError::Truncated { .. })
        );
        assert!(truncated, "{error}");
    }
}

/// Where the values begin.
fn header_length(bytes: &[u8]) -> usize {
    8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

/// Written once: every write goes through to the disk.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| written(&small_model()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_changed_byte_is_noticed_or_changes_nothing(
        position: prop::sample::Index,
        flip in 1_u8..,
        in_header: bool,
    ) {
        let mut bytes = WRITTEN.clone();
        let within = if in_header { header_length(&bytes) } else { bytes.len() };
        let position = position.index(within);
        bytes[position] ^= flip;
        if let Ok(read) = read_bytes(&bytes) {
            prop_assert_eq!(read, small_model());
        }
    }
}
