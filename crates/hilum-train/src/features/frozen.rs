//! The frozen layers of a run: what they make of its slices, kept from epoch to epoch.

use std::io;
use std::sync::{Arc, Mutex};

use blake3::Hasher;
use hilum_graph::{Batch, Engine, EngineError, Graph, NodeIndex, Parameters, Shape};
use serde_json::{Value, json};

use super::cache::{FeatureCache, FeatureKey, FeatureTable, lock};
use crate::slices::LabelledSlice;

/// What layers before a node make of the slices of a run.
pub(crate) struct Frozen {
    /// The first node behind them.
    pub(crate) first: NodeIndex,
    shape: Shape,
    /// Hashes of the pixels of the training slices.
    pixels: Vec<u128>,
    table: Arc<Mutex<FeatureTable>>,
    limit_bytes: usize,
    /// Of the validation slices in all views, exactly; `None` until they are first needed, and
    /// where they take more than the limit.
    pub(crate) valid: Option<Batch>,
}

impl Frozen {
    /// Of the layers before `first` with the engine's present weights, on `slices` of the training
    /// split; `images` is all that decides how images are made of slices.
    pub(crate) fn new(
        engine: &dyn Engine,
        first: NodeIndex,
        slices: &[LabelledSlice],
        images: &Value,
        cache: &FeatureCache,
    ) -> Result<Self, EngineError> {
        let graph = engine.graph();
        let key = json!({
            "weights": fingerprint(graph, &engine.parameters()?, first),
            "first": first,
            "network": graph.name(),
            "images": images,
            "engine": engine.description(),
        });
        let shape = graph.border_shape(first);
        let pixels = slices.iter().map(|slice| hash(slice.pixels.data()));
        Ok(Self {
            first,
            shape,
            pixels: pixels.collect(),
            table: cache.table(&key.to_string(), shape.value_count()),
            limit_bytes: cache.limit_bytes(),
            valid: None,
        })
    }

    /// Whether features of `image_count` images, in f32, may be kept in memory.
    pub(crate) fn may_keep(&self, image_count: usize) -> bool {
        image_count * self.shape.value_count() * size_of::<f32>() <= self.limit_bytes
    }

    /// Slices whose variation `view` is not there yet.
    pub(crate) fn missing(&self, slices: &[LabelledSlice], view: usize) -> Vec<usize> {
        let table = lock(&self.table);
        let is_missing = |index: &usize| !table.holds(&self.key(slices, *index, view));
        (0..slices.len()).filter(is_missing).collect()
    }

    /// Keeps the features of slices `indices`.
    pub(crate) fn add(
        &self,
        slices: &[LabelledSlice],
        indices: &[usize],
        view: usize,
        features: &Batch,
    ) -> io::Result<()> {
        let keys = indices.iter().map(|index| self.key(slices, *index, view));
        lock(&self.table).add(&keys.collect::<Vec<_>>(), &features.data)
    }

    /// The features of slices `indices`, all of which are there.
    pub(crate) fn batch(
        &self,
        slices: &[LabelledSlice],
        indices: &[usize],
        view: usize,
    ) -> io::Result<Batch> {
        let width = self.shape.value_count();
        let mut values = vec![0.0; indices.len() * width];
        let table = lock(&self.table);
        for (index, row) in indices.iter().zip(values.chunks_exact_mut(width)) {
            let found = table.read(&self.key(slices, *index, view), row)?;
            debug_assert!(found, "features are computed before they are read");
        }
        Ok(Batch::new(indices.len(), self.shape, values))
    }

    fn key(&self, slices: &[LabelledSlice], index: usize, view: usize) -> FeatureKey {
        FeatureKey {
            pixels: self.pixels[index],
            number: slices[index].number,
            view,
        }
    }
}

fn hash(bytes: &[u8]) -> u128 {
    let hash = blake3::hash(bytes);
    let start = hash.as_bytes().first_chunk();
    u128::from_le_bytes(*start.expect("a BLAKE3 hash has 32 bytes"))
}

/// BLAKE3 over everything that the layers before `first` hold.
fn fingerprint(graph: &Graph, parameters: &Parameters, first: NodeIndex) -> String {
    let mut hasher = Hasher::new();
    let specs = graph.parameters().into_iter();
    for spec in specs.filter(|spec| spec.node < first) {
        hasher.update(spec.name.as_bytes());
        let tensor = parameters.get(&spec.name);
        for value in tensor.iter().flat_map(|tensor| &tensor.data) {
            hasher.update(&value.to_le_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
