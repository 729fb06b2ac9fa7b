//! What `reference/make_torchvision.py` wrote.

use std::collections::BTreeMap;

use hilum_graph::{Architecture, Shape};
use serde::Deserialize;

/// One file.
#[derive(Deserialize)]
pub(crate) struct Reference {
    pub(crate) parameters: Vec<(String, Vec<usize>)>,
    /// Billions of multiply-adds at 224 x 224 with 1000 classes: `meta["_ops"]` of torchvision's
    /// `*_Weights.IMAGENET1K_V1`.
    pub(crate) published_ops: Option<f64>,
    pub(crate) shapes: Vec<Shapes>,
}

/// Shapes inside a network for one image.
#[derive(Deserialize)]
pub(crate) struct Shapes {
    pub(crate) input: [usize; 3],
    pub(crate) outputs: Option<BTreeMap<String, [usize; 3]>>,
}

impl Reference {
    /// Every architecture that a file is kept of.
    pub(crate) fn all() -> Vec<(Architecture, Self)> {
        let known = Architecture::ALL.into_iter();
        known
            .filter_map(|architecture| Some((architecture, Self::of(architecture)?)))
            .collect()
    }

    fn of(architecture: Architecture) -> Option<Self> {
        let path = format!(
            "{}/tests/reference/torchvision/{architecture}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs_err::read_to_string(path).ok()?;
        Some(serde_json::from_str(&text).expect("the reference is JSON"))
    }

    /// Values of the parameters that `is_counted`, by the names that PyTorch gives them.
    pub(crate) fn value_count(&self, is_counted: impl Fn(&str) -> bool) -> usize {
        let counted = self.parameters.iter().filter(|(name, _)| is_counted(name));
        counted
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum()
    }
}

/// Whether PyTorch keeps it as a buffer that no optimiser changes.
pub(crate) fn is_statistic(name: &str) -> bool {
    name.ends_with(".running_mean") || name.ends_with(".running_var")
}

pub(crate) fn shape([height, width, channels]: [usize; 3]) -> Shape {
    Shape::new(height, width, channels)
}
