//! What every bundled model must be, whatever its weights.

use std::path::Path;

use hilum_graph::Architecture;
use hilum_models::{NAME, bundled, card};
use hilum_weights::ModelFile;
use safetensors::{Dtype, SafeTensors};

fn model() -> ModelFile {
    ModelFile::from_bytes(Path::new(NAME), bundled()).expect("a model file")
}

#[test]
fn it_is_a_mobilenet_of_the_four_classes() {
    let model = model();
    assert_eq!(model.architecture.name, Architecture::MobilenetV2);
    let names: Vec<String> = model
        .classes
        .names()
        .iter()
        .map(ToString::to_string)
        .collect();
    let classes = [
        "adenocarcinoma",
        "large.cell.carcinoma",
        "normal",
        "squamous.cell.carcinoma",
    ];
    assert_eq!(names, classes);
}

#[test]
fn it_is_small_enough_to_be_in_a_program() {
    assert!(bundled().len() < 6_000_000, "{} bytes", bundled().len());
}

#[test]
fn every_tensor_is_in_half_precision() {
    let file = SafeTensors::deserialize(bundled()).unwrap();
    for (name, tensor) in file.tensors() {
        assert_eq!(tensor.dtype(), Dtype::F16, "{name}");
    }
}

#[test]
fn it_names_no_place_on_the_machine_that_trained_it() {
    let training = serde_json::to_string(&model().training).unwrap();
    for place in ["\"/", ":\\\\", "/home/", "/Users/", "/work/"] {
        assert!(!training.contains(place), "`{place}` in {training}");
    }
}

#[test]
fn its_card_says_how_to_make_it_and_what_it_is_not_for() {
    let said = card();
    for words in [
        NAME,
        "hilum train",
        "hilum export",
        "not a medical device",
        "licence",
    ] {
        let found = said.to_lowercase().contains(&words.to_lowercase());
        assert!(found, "no `{words}` in the card");
    }
}

#[test]
fn it_says_what_was_known_of_its_data_and_under_which_terms_it_may_be_used() {
    let model = model();
    assert!(model.licence.is_some(), "no licence");
    assert_ne!(model.audit, hilum_core::AuditSummary::NotAudited);
    assert!(model.training.data_fingerprint.is_some());
}

#[test]
fn it_knows_again_what_it_was_made_with() {
    let model = model();
    let known = model.known_slices.expect("fingerprints");
    let (mut learned, mut watched) = (0, 0);
    for set in &known.learned {
        learned += set.len();
    }
    for set in &known.chosen_by {
        watched += set.len();
    }
    assert_eq!((learned, watched), (507, 70));
    assert!(!model.training.settings.data.train_on_valid);
}
