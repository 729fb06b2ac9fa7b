//! Adam, AdamW and SGD, and their memory.
//!
//! By hand, because `burn-tensor` has no optimisers, and because a run that goes on elsewhere
//! needs PyTorch's formulas to the letter and their memory by name.

use burn_tensor::{Device, Tensor};

use hilum_graph::{EngineError, OptimizerState, ParameterSpec, Parameters, UpdateRule};

use crate::images;

/// What is remembered of one parameter.
#[derive(Clone, Default)]
struct Memory {
    steps: u64,
    first: Option<Tensor<1>>,
    second: Option<Tensor<1>>,
    velocity: Option<Tensor<1>>,
}

impl Memory {
    fn moments_mut(&mut self) -> [(&'static str, &mut Option<Tensor<1>>); 3] {
        [
            ("first", &mut self.first),
            ("second", &mut self.second),
            ("velocity", &mut self.velocity),
        ]
    }

    fn moments(&self) -> [(&'static str, &Option<Tensor<1>>); 3] {
        [
            ("first", &self.first),
            ("second", &self.second),
            ("velocity", &self.velocity),
        ]
    }
}

/// The memory of all parameters, slot by slot.
pub(crate) struct Optimizer {
    memories: Vec<Memory>,
}

impl Optimizer {
    /// Nothing is remembered.
    pub(crate) fn new(slot_count: usize) -> Self {
        Self {
            memories: vec![Memory::default(); slot_count],
        }
    }

    /// Moves every parameter that has a gradient, at the rate of its slot.
    pub(crate) fn update(
        &mut self,
        values: &mut [Tensor<1>],
        gradients: Vec<Option<Tensor<1>>>,
        rule: UpdateRule,
        rates: &[f64],
    ) {
        for (slot, gradient) in gradients.into_iter().enumerate() {
            if let Some(gradient) = gradient {
                let memory = &mut self.memories[slot];
                memory.steps += 1;
                // Taken out, so that Burn sees no second owner and works in place.
                let value = values[slot].extract();
                values[slot] = step(value, gradient, memory, rule, rates[slot]);
            }
        }
    }

    /// A copy by name.
    pub(crate) fn download(&self, specs: &[ParameterSpec]) -> OptimizerState {
        let mut state = OptimizerState::default();
        for (spec, memory) in specs.iter().zip(&self.memories) {
            if memory.steps > 0 {
                state.steps.insert(spec.name.clone(), memory.steps);
            }
            for (moment, tensor) in memory.moments() {
                if let Some(tensor) = tensor {
                    let data = images::values(tensor.clone());
                    let tensor = hilum_graph::Tensor::new(spec.shape.clone(), data);
                    state
                        .moments
                        .insert(format!("{}/{moment}", spec.name), tensor);
                }
            }
        }
        state
    }

    /// The optimiser that `state` describes.
    ///
    /// # Errors
    /// The first entry without a place: an unknown name, or moments of another shape.
    pub(crate) fn upload(
        state: &OptimizerState,
        specs: &[ParameterSpec],
        device: &Device,
    ) -> Result<Self, EngineError> {
        refuse_strangers(state, specs)?;
        let memories = specs
            .iter()
            .map(|spec| memory(state, spec, device))
            .collect::<Result<_, _>>()?;
        Ok(Self { memories })
    }
}

fn memory(
    state: &OptimizerState,
    spec: &ParameterSpec,
    device: &Device,
) -> Result<Memory, EngineError> {
    let mut memory = Memory {
        steps: state.steps.get(&spec.name).copied().unwrap_or_default(),
        ..Memory::default()
    };
    for (moment, place) in memory.moments_mut() {
        let name = format!("{}/{moment}", spec.name);
        if let Some(tensor) = state.moments.get(&name) {
            if tensor.shape != spec.shape {
                return Err(EngineError::OptimizerState { name });
            }
            let data = tensor.data.clone();
            *place = Some(images::tensor(data, [tensor.data.len()], device));
        }
    }
    Ok(memory)
}

fn refuse_strangers(state: &OptimizerState, specs: &[ParameterSpec]) -> Result<(), EngineError> {
    let is_trained = |name: &str| {
        specs
            .iter()
            .any(|spec| spec.name == name && spec.role.is_trained())
    };
    let has_place = |name: &str| {
        name.rsplit_once('/').is_some_and(|(parameter, moment)| {
            is_trained(parameter) && ["first", "second", "velocity"].contains(&moment)
        })
    };
    let steps = state.steps.keys().find(|name| !is_trained(name));
    let moments: &Parameters = &state.moments;
    let moment = moments
        .iter()
        .map(|(name, _)| name)
        .find(|name| !has_place(name));
    match steps.map(String::as_str).or(moment) {
        Some(name) => Err(EngineError::OptimizerState {
            name: name.to_owned(),
        }),
        None => Ok(()),
    }
}

/// The parameter after one step; formulas as in [`UpdateRule`], in PyTorch's order.
fn step(
    value: Tensor<1>,
    gradient: Tensor<1>,
    memory: &mut Memory,
    rule: UpdateRule,
    learning_rate: f64,
) -> Tensor<1> {
    match rule {
        UpdateRule::Adam {
            beta1,
            beta2,
            epsilon,
        } => adam(
            value,
            gradient,
            memory,
            [beta1, beta2],
            epsilon,
            learning_rate,
        ),
        UpdateRule::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            let decayed = value.mul_scalar(1.0 - learning_rate * weight_decay);
            adam(
                decayed,
                gradient,
                memory,
                [beta1, beta2],
                epsilon,
                learning_rate,
            )
        }
        UpdateRule::Sgd {
            momentum,
            weight_decay,
        } => {
            let gradient = if weight_decay == 0.0 {
                gradient
            } else {
                gradient + value.clone().mul_scalar(weight_decay)
            };
            if momentum == 0.0 {
                return value - gradient.mul_scalar(learning_rate);
            }
            let velocity = match memory.velocity.take() {
                Some(velocity) => velocity.mul_scalar(momentum) + gradient,
                None => gradient,
            };
            memory.velocity = Some(velocity.clone());
            value - velocity.mul_scalar(learning_rate)
        }
    }
}

/// Kingma & Ba, 2015, algorithm 1, with the corrections as PyTorch applies them.
fn adam(
    value: Tensor<1>,
    gradient: Tensor<1>,
    memory: &mut Memory,
    [beta1, beta2]: [f64; 2],
    epsilon: f64,
    learning_rate: f64,
) -> Tensor<1> {
    let follow = |moment: Option<Tensor<1>>, found: Tensor<1>, beta: f64| {
        let found = found.mul_scalar(1.0 - beta);
        match moment {
            Some(moment) => moment.mul_scalar(beta) + found,
            None => found,
        }
    };
    let square = gradient.clone() * gradient.clone();
    let first = follow(memory.first.take(), gradient, beta1);
    let second = follow(memory.second.take(), square, beta2);
    memory.first = Some(first.clone());
    memory.second = Some(second.clone());

    let steps = memory.steps as f64;
    let correction1 = 1.0 - beta1.powf(steps);
    let correction2 = (1.0 - beta2.powf(steps)).sqrt();
    let root = second.sqrt().div_scalar(correction2).add_scalar(epsilon);
    value - first.mul_scalar(learning_rate / correction1) / root
}
