//! Heat of slices that were judged: from prepared pixels to maps over the files' own.

use hilum_core::{Cancel, ClassIndex};
use hilum_explain::sanity::{Checks, Placement, Thoroughness, check};
use hilum_explain::{
    ExplainError, HeatMap, IntegratedGradients, LayerError, Method, Occlusion, Settings,
    SmoothGrad, default_layer, explain, layer,
};
use hilum_graph::{Batch, Graph};
use hilum_imaging::{Channels, ChestMasks, LesionDisc, Pixels, Recipe, Sight};
use rayon::prelude::*;

use crate::ready_network::ReadyNetwork;

/// How heat is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeatRequest {
    /// The method.
    pub method: Method,
    /// The layer's name; the last one that has places, if absent.
    pub layer: Option<String>,
    /// How far maps are checked.
    pub sanity: Thoroughness,
}

impl Default for HeatRequest {
    /// Grad-CAM, checked fast.
    fn default() -> Self {
        Self {
            method: Method::GradCam,
            layer: None,
            sanity: Thoroughness::default(),
        }
    }
}

/// A slice whose heat is wanted.
pub(crate) struct Subject<'a> {
    /// As its file holds it.
    pub(crate) decoded: &'a Pixels,
    /// As the network's input is made of it.
    pub(crate) prepared: &'a Pixels,
    /// What the heat is to speak for.
    pub(crate) class: ClassIndex,
}

/// The same by itself, for the thread of an engine.
pub(crate) struct OwnSubject {
    decoded: Pixels,
    prepared: Pixels,
    class: ClassIndex,
}

impl From<&Subject<'_>> for OwnSubject {
    fn from(subject: &Subject<'_>) -> Self {
        Self {
            decoded: subject.decoded.clone(),
            prepared: subject.prepared.clone(),
            class: subject.class,
        }
    }
}

impl OwnSubject {
    pub(crate) fn borrowed(&self) -> Subject<'_> {
        Subject {
            decoded: &self.decoded,
            prepared: &self.prepared,
            class: self.class,
        }
    }
}

/// What was found of one slice.
#[derive(Debug, Clone)]
pub(crate) struct Heat {
    /// As the method gave it, over the file's own pixels; zeros where the network saw nothing.
    pub(crate) raw: HeatMap,
    /// What of it speaks for the class.
    pub(crate) map: HeatMap,
    /// What checks found.
    pub(crate) checks: Checks,
    /// Where in the chest it lies.
    pub(crate) placement: Placement,
}

/// A request that fits a model.
#[derive(Debug, Clone)]
pub(crate) struct HeatPlan {
    settings: Settings,
    sanity: Thoroughness,
    /// The layer's name; `None` for methods that look at the image alone.
    pub(crate) layer: Option<String>,
}

impl HeatPlan {
    /// # Errors
    /// [`LayerError`] if the network has no such layer.
    pub(crate) fn new(
        request: &HeatRequest,
        graph: &Graph,
        recipe: &Recipe,
        batch: usize,
    ) -> Result<Self, LayerError> {
        let node = match &request.layer {
            Some(name) => layer(graph, name)?,
            None => default_layer(graph),
        };
        let name = graph.node(node).name.clone();
        Ok(Self {
            settings: Settings {
                method: request.method,
                layer: node,
                batch,
                occlusion: Occlusion::of(graph.input_shape()),
                integrated_gradients: IntegratedGradients::default(),
                smooth_grad: SmoothGrad::default(),
                black: black(recipe),
            },
            sanity: request.sanity,
            layer: request.method.reads_layer().then_some(name),
        })
    }

    /// The heat of each slice; `lesions` are those of the slices, or empty.
    ///
    /// # Errors
    /// As [`explain`].
    pub(crate) fn of(
        &self,
        network: ReadyNetwork<'_>,
        slices: &[Subject<'_>],
        lesions: &[Option<LesionDisc>],
        cancel: &Cancel,
    ) -> Result<Vec<Heat>, ExplainError> {
        let ReadyNetwork {
            engine,
            file,
            workers,
        } = network;
        let shape = engine.graph().input_shape();
        let mut found = Vec::with_capacity(slices.len());
        for (number, part) in slices.chunks(self.settings.batch.max(1)).enumerate() {
            let first = number * self.settings.batch.max(1);
            let mut data = vec![0.0; part.len() * shape.value_count()];
            let rows = data.par_chunks_exact_mut(shape.value_count()).zip(part);
            workers.install(|| {
                rows.for_each(|(row, slice)| file.recipe.normalise(slice.prepared, row));
            });
            let images = Batch::new(part.len(), shape, data);
            let choose = |image: usize, _: &[f32]| part[image].class;
            let explained = explain(engine, &images, &self.settings, &choose, cancel)?;
            let checks = check(
                engine,
                &images,
                &explained,
                &self.settings,
                self.sanity,
                cancel,
            )?;
            let maps = explained
                .maps
                .into_par_iter()
                .zip(checks)
                .zip(part)
                .enumerate();
            let heat = maps.map(|(index, ((map, checks), slice))| {
                let sight = file.recipe.sight(slice.decoded);
                let raw = over_file(&map, &file.recipe, sight, slice.decoded);
                let map = self.settings.method.heat(&raw);
                let lesion = lesions.get(first + index).copied().flatten();
                let chest = ChestMasks::of(slice.decoded);
                Heat {
                    placement: Placement::of(&map, &chest, lesion),
                    raw,
                    map,
                    checks,
                }
            });
            workers.install(|| found.par_extend(heat));
        }
        Ok(found)
    }
}

/// A map of the network's input, over the pixels that it was made of.
fn over_file(map: &HeatMap, recipe: &Recipe, sight: Sight, decoded: &Pixels) -> HeatMap {
    let input = map.resized(recipe.width, recipe.height);
    let seen = input
        .cut(sight.filled)
        .resized(sight.seen.width, sight.seen.height);
    seen.within(decoded.width(), decoded.height(), sight.seen)
}

/// What black is to the network, channel by channel.
fn black(recipe: &Recipe) -> Vec<f32> {
    let pixels = vec![0; recipe.width * recipe.height];
    let pixels = Pixels::new(recipe.width, recipe.height, Channels::Grey, pixels);
    let mut values = vec![0.0; recipe.value_count()];
    recipe.normalise(&pixels, &mut values);
    values.truncate(recipe.channels.count());
    values
}
