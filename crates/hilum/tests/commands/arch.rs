//! `hilum arch`.

use hilum_graph::Architecture;
use serde_json::Value;

use crate::workplace::Workplace;

#[test]
fn the_list_names_every_architecture() {
    let finished = Workplace::new().hilum(&["arch"]);
    let rows: Vec<&str> = finished.succeeds().stdout.lines().collect();
    for architecture in Architecture::ALL {
        let mut names = rows.iter().map(|row| row.split_whitespace().next());
        assert!(
            names.any(|name| name == Some(architecture.name())),
            "`{architecture}` is not in {rows:#?}"
        );
    }
}

/// Parameters as Keras and torchvision count them, with four classes.
#[test]
fn parameter_counts_are_the_published_ones() {
    let workplace = Workplace::new();
    for (name, parameters) in [
        ("reference-cnn", 8_779_780),
        ("mobilenet-v2", 2_228_996),
        ("resnet-18", 11_178_564),
        ("resnet-50", 23_516_228),
        ("efficientnet-b0", 4_012_672),
    ] {
        let finished = workplace.hilum(&["arch", name, "--format", "json"]);
        let summary: Value = serde_json::from_str(&finished.succeeds().stdout).unwrap();
        assert_eq!(summary["parameters"], parameters, "{name}");
        assert_eq!(summary["name"], name);
        assert!(summary["layers"].as_array().unwrap().len() > 5);
        assert!(summary["multiply_adds"].as_u64().unwrap() > 1_000_000);
    }
}

#[test]
fn a_misspelt_name_gets_the_nearest() {
    Workplace::new()
        .hilum(&["arch", "mobilenetv2"])
        .refuses(&["did you mean `mobilenet-v2`?"]);
}

#[test]
fn an_image_that_is_too_small_is_named() {
    let finished = Workplace::new().hilum(&["arch", "reference-cnn", "--image-size", "40"]);
    finished.refuses(&["hint:", "larger image size"]);
}
