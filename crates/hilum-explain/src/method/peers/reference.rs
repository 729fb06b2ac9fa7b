//! What `tests/reference/make_maps.py` wrote.

use std::collections::BTreeMap;

use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Batch, Graph, GraphBuilder, NodeIndex, Op, Shape, formula};
use serde::Deserialize;

/// The whole file.
#[derive(Deserialize)]
pub(crate) struct Reference {
    pub(crate) networks: Vec<Network>,
    pub(crate) architectures: Vec<Published>,
    pub(crate) resize: Vec<Resizing>,
    pub(crate) road: Road,
    pub(crate) spearman: Vec<Spearman>,
}

impl Reference {
    pub(crate) fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/maps.json");
        let text = fs_err::read_to_string(path).expect("the reference lies there");
        serde_json::from_str(&text).expect("the reference is what the script writes")
    }
}

/// A network, its two images, and what was found of each.
#[derive(Deserialize)]
pub(crate) struct Network {
    pub(crate) name: String,
    input: [usize; 3],
    head: String,
    nodes: Vec<Node>,
    /// The class that is explained.
    pub(crate) targets: Vec<usize>,
    pub(crate) logits: Vec<Vec<f32>>,
    /// By node: length and projection (`formula::norm_and_projection`) of its result, and of the
    /// gradient of the target's logit by it.
    pub(crate) gradients: Vec<BTreeMap<String, [[f64; 2]; 2]>>,
    pub(crate) layers: Vec<LayerMaps>,
    pub(crate) occlusion: Occlusion,
    pub(crate) integrated_gradients: IntegratedGradients,
    pub(crate) smooth_grad: SmoothGrad,
}

#[derive(Deserialize)]
struct Node {
    name: String,
    op: Op,
    inputs: Vec<String>,
}

/// Class activation maps of a layer, by method.
#[derive(Deserialize)]
pub(crate) struct LayerMaps {
    pub(crate) layer: String,
    pub(crate) shape: [usize; 3],
    pub(crate) maps: BTreeMap<String, Vec<Map>>,
}

/// What a method gives of one image.
#[derive(Deserialize)]
pub(crate) struct Map {
    /// As the formula gives it, with its sign, at the layer's size.
    pub(crate) raw: Vec<f32>,
    /// From 0 to 1, at the size of the network's input.
    pub(crate) map: Vec<f32>,
}

#[derive(Deserialize)]
pub(crate) struct Occlusion {
    pub(crate) window: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) fill: f32,
    pub(crate) maps: Vec<Map>,
}

#[derive(Deserialize)]
pub(crate) struct IntegratedGradients {
    pub(crate) steps: usize,
    pub(crate) baseline: f32,
    pub(crate) delta: Vec<f32>,
    pub(crate) maps: Vec<Map>,
}

#[derive(Deserialize)]
pub(crate) struct SmoothGrad {
    pub(crate) samples: usize,
    pub(crate) sigma_of_range: f32,
    pub(crate) maps: Vec<Map>,
}

/// One of torchvision's networks, with two images.
#[derive(Deserialize)]
pub(crate) struct Published {
    pub(crate) architecture: String,
    pub(crate) input: [usize; 3],
    pub(crate) targets: Vec<usize>,
    pub(crate) layers: Vec<PublishedMaps>,
}

/// Maps by method, with their signs and at the layer's size.
#[derive(Deserialize)]
pub(crate) struct PublishedMaps {
    /// As torchvision names it.
    pub(crate) layer: String,
    pub(crate) maps: BTreeMap<String, Vec<Vec<f32>>>,
}

/// A map in another size.
#[derive(Deserialize)]
pub(crate) struct Resizing {
    pub(crate) from: [usize; 2],
    pub(crate) to: [usize; 2],
    pub(crate) values: Vec<f32>,
    pub(crate) resized: Vec<f32>,
}

/// Scores after removing places, of the first image of a network.
#[derive(Deserialize)]
pub(crate) struct Road {
    pub(crate) network: String,
    pub(crate) cases: Vec<RoadCase>,
    pub(crate) combined: f64,
}

#[derive(Deserialize)]
pub(crate) struct RoadCase {
    pub(crate) percentile: f64,
    /// What goes first: the `most` or the `least` relevant.
    pub(crate) order: String,
    pub(crate) imputed: Option<Vec<f32>>,
}

#[derive(Deserialize)]
pub(crate) struct Spearman {
    pub(crate) one: Vec<f32>,
    pub(crate) other: Vec<f32>,
    pub(crate) rho: f64,
}

impl Network {
    pub(crate) fn shape(&self) -> Shape {
        let [height, width, channels] = self.input;
        Shape::new(height, width, channels)
    }

    pub(crate) fn graph(&self) -> Graph {
        let mut builder = GraphBuilder::new(&self.name, self.shape());
        let mut places = BTreeMap::from([("input", builder.input())]);
        for node in &self.nodes {
            if node.name == self.head {
                builder.begin_head();
            }
            let place = |input: &String| -> NodeIndex { places[input.as_str()] };
            let inputs: Vec<NodeIndex> = node.inputs.iter().map(place).collect();
            places.insert(&node.name, builder.add(&node.name, node.op, &inputs));
        }
        builder.finish().expect("PyTorch runs it")
    }

    pub(crate) fn images(&self) -> Batch {
        formula::images(self.targets.len(), self.shape())
    }

    /// Ones at the targets.
    pub(crate) fn factors(&self) -> Vec<f32> {
        let one = |(target, logits): (&usize, &Vec<f32>)| -> Vec<f32> {
            let classes = 0..logits.len();
            classes
                .map(|class| f32::from(u8::from(class == *target)))
                .collect()
        };
        self.targets
            .iter()
            .zip(&self.logits)
            .flat_map(one)
            .collect()
    }

    pub(crate) fn engine(&self) -> CpuEngine {
        let graph = self.graph();
        let parameters = formula::parameters(&graph);
        CpuEngine::new(graph, &parameters, Options::default()).expect("they fit")
    }

    /// The noise of `SmoothGrad`'s samples of an image, sample after sample.
    pub(crate) fn noise(&self, image: &[f32]) -> Vec<f32> {
        let start = (f32::INFINITY, f32::NEG_INFINITY);
        let (low, high) = image.iter().fold(start, |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        let sigma = self.smooth_grad.sigma_of_range * (high - low);
        let count = self.smooth_grad.samples * image.len();
        let drawn = formula::values("noise", count).into_iter();
        drawn.map(|value| sigma * 3.0_f32.sqrt() * value).collect()
    }
}
