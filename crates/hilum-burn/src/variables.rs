//! Parameters and running statistics on the device.

use std::collections::HashMap;

use burn_tensor::{Device, Gradients, Tensor};

use hilum_graph::{Graph, NodeIndex, ParameterRole, ParameterSpec, Parameters};

use crate::images;

/// The position of a parameter in [`Graph::parameters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) usize);

/// Every parameter and running statistic, flat.
#[derive(Clone)]
pub(crate) struct Variables {
    specs: Vec<ParameterSpec>,
    values: Vec<Tensor<1>>,
    slots: HashMap<(NodeIndex, ParameterRole), Slot>,
    device: Device,
}

impl Variables {
    /// Copies checked parameters to the device.
    pub(crate) fn new(graph: &Graph, parameters: &Parameters, device: &Device) -> Self {
        let specs = graph.parameters();
        let slots = specs
            .iter()
            .enumerate()
            .map(|(slot, spec)| ((spec.node, spec.role), Slot(slot)))
            .collect();
        let values = specs
            .iter()
            .map(|spec| {
                let tensor = parameters.get(&spec.name).expect("checked parameters");
                images::tensor(tensor.data.clone(), [tensor.data.len()], device)
            })
            .collect();
        Self {
            specs,
            values,
            slots,
            device: device.clone(),
        }
    }

    /// Where they are.
    pub(crate) fn device(&self) -> Device {
        self.device.clone()
    }

    /// What every slot holds.
    pub(crate) fn specs(&self) -> &[ParameterSpec] {
        &self.specs
    }

    /// All values, slot by slot.
    pub(crate) fn values_mut(&mut self) -> &mut [Tensor<1>] {
        &mut self.values
    }

    /// Where the parameter for `role` of `node` is; `None` if the node has no such.
    pub(crate) fn slot(&self, node: NodeIndex, role: ParameterRole) -> Option<Slot> {
        self.slots.get(&(node, role)).copied()
    }

    /// The parameter for `role` of `node`, flat; `None` if the node has no such.
    pub(crate) fn find(&self, node: NodeIndex, role: ParameterRole) -> Option<Tensor<1>> {
        self.slot(node, role)
            .map(|slot| self.values[slot.0].clone())
    }

    /// The parameter for `role` of `node` with as many axes as its shape has.
    pub(crate) fn shaped<const D: usize>(&self, node: NodeIndex, role: ParameterRole) -> Tensor<D> {
        let slot = self.slots[&(node, role)];
        let shape: [usize; D] = self.specs[slot.0].shape[..]
            .try_into()
            .expect("a role fixes the count of axes");
        self.values[slot.0].clone().reshape(shape)
    }

    /// A copy in which Burn follows what is trained from node `first` on.
    pub(crate) fn tracked(&self, first: NodeIndex) -> Self {
        let mut tracked = self.clone();
        for (spec, value) in self.specs.iter().zip(&mut tracked.values) {
            if spec.node >= first && spec.role.is_trained() {
                *value = value.clone().autodiff().require_grad();
            }
        }
        tracked
    }

    /// The gradients of [tracked](Self::tracked) variables, slot by slot; `None` where nothing
    /// is trained.
    pub(crate) fn gradients(&self, mut found: Gradients) -> Vec<Option<Tensor<1>>> {
        let values = self.values.iter();
        values.map(|value| value.grad_remove(&mut found)).collect()
    }

    /// Replaces a value.
    pub(crate) fn set(&mut self, slot: Slot, value: Tensor<1>) {
        self.values[slot.0] = value;
    }

    /// `self = decay * self + (1 - decay) * other`.
    pub(crate) fn follow(&mut self, other: &Self, decay: f64) {
        for (value, new) in self.values.iter_mut().zip(&other.values) {
            // What does not change stays the same to the bit.
            let ahead = new.clone() - value.clone();
            *value = value.clone() + ahead.mul_scalar(1.0 - decay);
        }
    }

    /// A copy on the host.
    pub(crate) fn download(&self) -> Parameters {
        let tensors = self.specs.iter().zip(&self.values).map(|(spec, value)| {
            let data = images::values(value.clone());
            let tensor = hilum_graph::Tensor::new(spec.shape.clone(), data);
            (spec.name.clone(), tensor)
        });
        tensors.collect()
    }
}
