//! What `reference/make_torchvision.py` wrote.

use std::collections::BTreeMap;

use hilum_graph::{Architecture, Shape};
use serde::Deserialize;

/// The architectures that torchvision, or a variant of it, knows.
pub(crate) const ALL: [Architecture; 6] = [
    Architecture::MobilenetV2,
    Architecture::Resnet18,
    Architecture::Resnet50,
    Architecture::EfficientnetB0,
    Architecture::EfficientnetB0Tf,
    Architecture::Squeezenet11,
];

/// One file.
#[derive(Deserialize)]
pub(crate) struct Reference {
    pub(crate) parameters: Vec<(String, Vec<usize>)>,
    pub(crate) shapes: Vec<Shapes>,
}

/// Shapes inside a network for one image.
#[derive(Deserialize)]
pub(crate) struct Shapes {
    pub(crate) input: [usize; 3],
    pub(crate) outputs: Option<BTreeMap<String, [usize; 3]>>,
}

impl Reference {
    pub(crate) fn of(architecture: Architecture) -> Self {
        let path = format!(
            "{}/tests/reference/torchvision/{architecture}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs_err::read_to_string(path).expect("the reference is there");
        serde_json::from_str(&text).expect("the reference is JSON")
    }
}

pub(crate) fn shape([height, width, channels]: [usize; 3]) -> Shape {
    Shape::new(height, width, channels)
}
