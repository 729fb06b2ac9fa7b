// A two-layer network with honest gradients, and slices that it can tell apart.
// No `//!` here: the guide of the crate includes this file as well.

use std::collections::BTreeMap;
use std::path::Path;

use hilum_core::{ClassIndex, ClassName, Classes};
use hilum_graph::{
    Activation, Batch, DropoutUnit, Engine, EngineError, Entry, Gradient, Graph, GraphBuilder,
    LogitFactors, Logits, NodeIndex, Op, OptimizerState, Parameters, Shape, Step, StepOutcome,
    Tensor, UpdateRule, dropout_keeps,
};
use hilum_imaging::{Augmentation, Channels, Pixels, Recipe};
use hilum_metrics::EpochRow;
use hilum_train::{LabelledSlice, ModelWriter, Settings};
use hilum_weights::{ModelFileError, write_tensors};

pub(crate) const SIDE: usize = 6;
pub(crate) const CLASSES: usize = 3;
const HIDDEN: usize = 8;
const DROPPED: f32 = 0.2;
const DROPOUT: NodeIndex = NodeIndex(4);

/// What an engine was asked to do in a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TakenStep {
    pub(crate) count: usize,
    pub(crate) first_trained: NodeIndex,
    pub(crate) learning_rate: f64,
    pub(crate) class_weights: Vec<f32>,
    pub(crate) label_smoothing: f32,
    pub(crate) seed: u64,
    pub(crate) entry: Entry,
    pub(crate) layer_rate: f64,
    pub(crate) averaging: Option<f64>,
}

/// Flatten, dense, ReLU, dropout, dense; trained by Adam or gradient descent.
pub(crate) struct TinyEngine {
    graph: Graph,
    parameters: Parameters,
    state: OptimizerState,
    average: Option<Parameters>,
    /// Images whose features were asked for.
    pub(crate) featured: usize,
    pub(crate) steps: Vec<TakenStep>,
    /// The step, from 0, whose loss is not a number.
    pub(crate) diverges_at: Option<usize>,
    pub(crate) description: String,
}

impl TinyEngine {
    pub(crate) fn new() -> Self {
        let graph = graph();
        let tensor = |spec: hilum_graph::ParameterSpec| {
            let count = spec.shape.iter().product();
            let value =
                |index: usize| (index * index * 7919 + index * 31 + 5) as f32 % 101.0 / 101.0 - 0.5;
            (
                spec.name,
                Tensor::new(spec.shape, (0..count).map(value).collect()),
            )
        };
        Self {
            parameters: graph.parameters().into_iter().map(tensor).collect(),
            graph,
            state: OptimizerState::default(),
            average: None,
            featured: 0,
            steps: Vec::new(),
            diverges_at: None,
            description: "tiny, 1 thread".to_owned(),
        }
    }

    fn values(&self, name: &str) -> &[f32] {
        &self.parameters.get(name).unwrap().data
    }

    fn hidden(&self, image: &[f32]) -> Vec<f32> {
        let rows = self.values("features.weight").chunks_exact(image.len());
        let sum = |(row, bias): (&[f32], &f32)| {
            (bias + row.iter().zip(image).map(|(w, x)| w * x).sum::<f32>()).max(0.0)
        };
        rows.zip(self.values("features.bias")).map(sum).collect()
    }

    fn logits(&self, hidden: &[f32]) -> Vec<f32> {
        let rows = self.values("head.weight").chunks_exact(hidden.len());
        let sum = |(row, bias): (&[f32], &f32)| {
            bias + row.iter().zip(hidden).map(|(w, x)| w * x).sum::<f32>()
        };
        rows.zip(self.values("head.bias")).map(sum).collect()
    }

    /// The loss, the logits and the gradients of every parameter.
    fn gradients(&self, step: &Step<'_>) -> (f32, Vec<f32>, BTreeMap<String, Vec<f32>>) {
        let keeps = dropout_keeps(step.seed, DROPOUT, DROPPED, step.images.count * HIDDEN);
        let weights = step.class_weights;
        let total: f32 = step.truth.iter().map(|class| weights[class.get()]).sum();
        let zeros =
            |(name, tensor): (&str, &Tensor)| (name.to_owned(), vec![0.0; tensor.data.len()]);
        let mut gradients: BTreeMap<String, Vec<f32>> = self.parameters.iter().map(zeros).collect();
        let mut add = |name: &str, position: usize, value: f32| {
            gradients.get_mut(name).unwrap()[position] += value;
        };
        let (mut loss, mut all_logits) = (0.0, Vec::new());
        let width = step.images.shape.value_count();
        for (index, image) in step.images.data.chunks_exact(width).enumerate() {
            let truth = step.truth[index].get();
            let kept = |unit: usize| f32::from(keeps[index * HIDDEN + unit]) / (1.0 - DROPPED);
            let mut hidden = match step.entry {
                Entry::Images => self.hidden(image),
                Entry::Features => image.to_vec(),
            };
            hidden
                .iter_mut()
                .enumerate()
                .for_each(|(unit, value)| *value *= kept(unit));
            let logits = self.logits(&hidden);
            let chances = hilum_core::softmax(&logits);
            let weight = weights[truth] / total;
            loss -= weight * chances[truth].ln() as f32;
            let mut back = [0.0; HIDDEN];
            for (class, chance) in chances.iter().enumerate() {
                let error = weight * (*chance as f32 - f32::from(class == truth));
                add("head.bias", class, error);
                for unit in 0..HIDDEN {
                    let position = class * HIDDEN + unit;
                    add("head.weight", position, error * hidden[unit]);
                    back[unit] += error * self.values("head.weight")[position];
                }
            }
            let reaches_back = |unit: &usize| hidden[*unit] > 0.0 && step.entry == Entry::Images;
            for unit in (0..HIDDEN).filter(reaches_back) {
                let error = back[unit] * kept(unit);
                add("features.bias", unit, error);
                for (position, value) in image.iter().enumerate() {
                    add(
                        "features.weight",
                        unit * image.len() + position,
                        error * value,
                    );
                }
            }
            all_logits.extend(logits);
        }
        (loss, all_logits, gradients)
    }

    fn follow(&mut self, decay: f32) {
        let Some(average) = &mut self.average else {
            self.average = Some(self.parameters.clone());
            return;
        };
        for (name, tensor) in self.parameters.iter() {
            let values = &mut average.get_mut(name).unwrap().data;
            let pairs = values.iter_mut().zip(&tensor.data);
            pairs.for_each(|(old, new)| *old += (1.0 - decay) * (new - *old));
        }
    }

    fn update(&mut self, name: &str, gradient: &[f32], step: &Step<'_>) {
        let count = self.state.steps.entry(name.to_owned()).or_insert(0);
        *count += 1;
        let count = *count as i32;
        let zeros = Tensor::new(vec![gradient.len()], vec![0.0; gradient.len()]);
        let moment = |which: &str| {
            let key = format!("{name}/{which}");
            let found = self.state.moments.get(&key);
            (key, found.unwrap_or(&zeros).data.clone())
        };
        let rate = step.learning_rate as f32;
        let values = &mut self.parameters.get_mut(name).unwrap().data;
        match step.update {
            UpdateRule::Adam {
                beta1,
                beta2,
                epsilon,
            } => {
                let ((first_key, mut first), (second_key, mut second)) =
                    (moment("first"), moment("second"));
                let corrections = (1.0 - beta1.powi(count), 1.0 - beta2.powi(count));
                for (index, g) in gradient.iter().enumerate() {
                    first[index] += (1.0 - beta1) as f32 * (g - first[index]);
                    second[index] += (1.0 - beta2) as f32 * (g * g - second[index]);
                    let root = (second[index] / corrections.1 as f32).sqrt() + epsilon as f32;
                    values[index] -= rate * first[index] / corrections.0 as f32 / root;
                }
                let shape = vec![gradient.len()];
                self.state
                    .moments
                    .insert(first_key, Tensor::new(shape.clone(), first));
                self.state
                    .moments
                    .insert(second_key, Tensor::new(shape, second));
            }
            _ => values
                .iter_mut()
                .zip(gradient)
                .for_each(|(value, g)| *value -= rate * g),
        }
    }
}

impl Engine for TinyEngine {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        let rows = images.data.chunks_exact(SIDE * SIDE);
        let logits = rows
            .flat_map(|image| self.logits(&self.hidden(image)))
            .collect();
        Ok(Logits::new(CLASSES, logits))
    }

    fn forward_tapped(&mut self, images: &Batch) -> Result<(Logits, Batch), EngineError> {
        let rows: Vec<Vec<f32>> = images
            .data
            .chunks_exact(SIDE * SIDE)
            .map(|image| self.hidden(image))
            .collect();
        let logits = rows.iter().flat_map(|hidden| self.logits(hidden)).collect();
        let taps = Batch::new(images.count, Shape::vector(HIDDEN), rows.concat());
        Ok((Logits::new(CLASSES, logits), taps))
    }

    fn features(&mut self, images: &Batch, first: NodeIndex) -> Result<Batch, EngineError> {
        assert_eq!(first, self.graph.head(), "the only border");
        self.featured += images.count;
        let rows = images.data.chunks_exact(SIDE * SIDE);
        let values = rows.flat_map(|image| self.hidden(image)).collect();
        Ok(Batch::new(images.count, Shape::vector(HIDDEN), values))
    }

    fn forward_features(&mut self, rows: &Batch, first: NodeIndex) -> Result<Logits, EngineError> {
        assert_eq!(first, self.graph.head(), "the only border");
        let rows = rows.data.chunks_exact(HIDDEN);
        let logits = rows.flat_map(|hidden| self.logits(hidden)).collect();
        Ok(Logits::new(CLASSES, logits))
    }

    fn gradient(
        &mut self,
        _: &Batch,
        _: NodeIndex,
        _: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        unreachable!("training asks for no gradient by a result")
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        if self.diverges_at == Some(self.steps.len()) {
            return Err(EngineError::NotFinite { what: "loss" });
        }
        self.steps.push(TakenStep {
            count: step.images.count,
            first_trained: step.first_trained,
            learning_rate: step.learning_rate,
            class_weights: step.class_weights.to_vec(),
            label_smoothing: step.label_smoothing,
            seed: step.seed,
            entry: step.entry,
            layer_rate: step.layer_rate,
            averaging: step.averaging,
        });
        let (loss, logits, gradients) = self.gradients(step);
        for spec in self.graph.parameters() {
            if spec.node >= step.first_trained {
                self.update(&spec.name, &gradients[&spec.name], step);
            }
        }
        if let Some(decay) = step.averaging {
            self.follow(decay as f32);
        }
        Ok(StepOutcome {
            loss,
            logits: Logits::new(CLASSES, logits),
        })
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        Ok(self.parameters.clone())
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        self.parameters = parameters.clone();
        Ok(())
    }

    fn optimizer_state(&self) -> Result<OptimizerState, EngineError> {
        Ok(self.state.clone())
    }

    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError> {
        self.state = state.clone();
        Ok(())
    }

    fn average(&self) -> Result<Option<Parameters>, EngineError> {
        Ok(self.average.clone())
    }

    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError> {
        self.average = average.cloned();
        Ok(())
    }

    fn description(&self) -> String {
        self.description.clone()
    }
}

fn graph() -> Graph {
    let mut builder = GraphBuilder::new("tiny", Shape::new(SIDE, SIDE, 1));
    let dense = |out_features| Op::Dense {
        out_features,
        bias: true,
    };
    let dropout = Op::Dropout {
        probability: DROPPED,
        unit: DropoutUnit::Value,
    };
    let mut node = builder.add("flat", Op::Flatten, &[builder.input()]);
    node = builder.add("features", dense(HIDDEN), &[node]);
    node = builder.add("relu", Op::Activation(Activation::Relu), &[node]);
    builder.begin_head();
    node = builder.add("dropout", dropout, &[node]);
    builder.add("head", dense(CLASSES), &[node]);
    builder.finish().unwrap()
}

pub(crate) fn recipe() -> Recipe {
    Recipe {
        height: SIDE,
        width: SIDE,
        ..Recipe::reference()
    }
}

/// The reference recipe, cut down to what a tiny network needs.
pub(crate) fn settings(epochs: usize) -> Settings {
    Settings {
        epochs,
        batch_size: 8,
        learning_rate: 0.01,
        augmentation: Augmentation {
            brightness_range: Some([0.8, 1.2]),
            ..Augmentation::none()
        },
        ..Settings::default()
    }
}

pub(crate) fn classes() -> Classes {
    Classes::new(["adenocarcinoma", "normal", "squamous"].map(ClassName::new)).unwrap()
}

/// Slices whose class is the third that is bright; classes take turns.
pub(crate) fn slices(count: usize, seed: usize) -> Vec<LabelledSlice> {
    let slice = |index: usize| {
        let value = |position: usize| {
            let noise = (position * 31 + (index + seed) * 17 + index * position) % 60;
            let is_bright = position / SIDE * CLASSES / SIDE == index % CLASSES;
            (40 + noise + usize::from(is_bright) * 70) as u8
        };
        let data = (0..SIDE * SIDE).map(value).collect();
        let pixels = Pixels::new(SIDE, SIDE, Channels::Grey, data);
        LabelledSlice::new(pixels, ClassIndex::new(index % CLASSES), index)
    };
    (0..count).map(slice).collect()
}

/// Writes the weights alone: a real model file knows no tiny network.
pub(crate) struct TinyModel;

impl ModelWriter for TinyModel {
    fn write_model(
        &self,
        path: &Path,
        parameters: &Parameters,
        _best: &EpochRow,
    ) -> Result<(), ModelFileError> {
        Ok(write_tensors(path, parameters.iter(), &BTreeMap::new())?)
    }
}
