//! Files that Keras 2 and 3 wrote, and what Keras says of images with them
//! (`reference/make_files.py`).

use std::path::{Path, PathBuf};

use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Batch, Engine as _, Shape, formula};
use hilum_keras::{KerasModel, LeftOut, Wishes, read_keras};
use serde_json::Value;

/// How far outputs may lie apart.
const TOLERANCE: f64 = 1e-5;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn read(name: &str) -> KerasModel {
    read_keras(&reference(name), &Wishes::default()).expect("a file of Keras")
}

fn outputs(model: &KerasModel, activation: &str) -> Vec<Vec<f64>> {
    let shape = model.graph.input_shape();
    let mut images = formula::images(2, shape).data;
    if let Some(scaling) = &model.scaling {
        for (index, value) in images.iter_mut().enumerate() {
            let channel = index % shape.channels;
            let scaled = f64::from(*value) * scaling.factors[channel] + scaling.summands[channel];
            *value = scaled as f32;
        }
    }
    let engine = CpuEngine::new(model.graph.clone(), &model.parameters, Options::default());
    let mut engine = engine.expect("an engine");
    let logits = engine
        .forward(&Batch::new(2, shape, images))
        .expect("logits");
    let rows = logits.rows().map(|row| {
        let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
        match activation {
            "softmax" => softmax(&row),
            "sigmoid" => vec![softmax(&row)[1]],
            _ => row,
        }
    });
    rows.collect()
}

fn softmax(row: &[f64]) -> Vec<f64> {
    let sum: f64 = row.iter().map(|value| value.exp()).sum();
    row.iter().map(|value| value.exp() / sum).collect()
}

fn agrees(name: &str) {
    let text = fs_err::read_to_string(reference(&format!("{name}.json"))).expect("a reference");
    let json: Value = serde_json::from_str(&text).expect("a reference");
    let expected: Vec<Vec<f64>> =
        serde_json::from_value(json["outputs"].clone()).expect("a reference");
    let activation = json["activation"].as_str().expect("a reference");
    let sides: [usize; 3] = serde_json::from_value(json["input"].clone()).expect("a reference");
    for file in json["files"].as_array().expect("a reference") {
        let file = file.as_str().expect("a reference");
        let model = read(file);
        let [height, width, channels] = sides;
        assert_eq!(
            model.graph.input_shape(),
            Shape::new(height, width, channels)
        );
        let found = outputs(&model, activation);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            let apart = (found - expected).abs();
            assert!(apart < TOLERANCE, "{file}: {found}, Keras says {expected}");
        }
    }
}

#[test]
fn the_notebooks_network_of_keras_2() {
    agrees("notebook2");
}

#[test]
fn the_notebooks_network_of_keras_3() {
    agrees("notebook3");
}

#[test]
fn every_layer_of_keras_2() {
    agrees("layers2");
}

#[test]
fn every_layer_of_keras_3() {
    agrees("layers3");
}

#[test]
fn a_model_in_a_model_of_keras_2() {
    agrees("nested2");
}

#[test]
fn a_model_in_a_model_of_keras_3() {
    agrees("nested3");
}

#[test]
fn what_is_not_needed_is_named() {
    for file in [
        "notebook2.h5",
        "notebook2.keras",
        "notebook3.h5",
        "notebook3.keras",
    ] {
        let left_out = read(file).left_out;
        let said = left_out.iter().map(|what| what.to_string().to_lowercase());
        let said: Vec<String> = said.collect();
        for what in [
            "the optimiser `adam` and its memory",
            "the metric `f1score`",
        ] {
            assert!(said.iter().any(|line| line == what), "{file}: {said:?}");
        }
    }
    let is_flip = |what: &LeftOut| matches!(what, LeftOut::TrainingLayer { class, .. } if class == "RandomFlip");
    assert!(read("nested3.keras").left_out.iter().any(is_flip));
}
