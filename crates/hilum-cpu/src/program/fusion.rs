//! What is computed together with a convolution, or left to those who read its result.

use hilum_graph::{Activation, NodeIndex, Op, Padding};

use crate::kernel::activation;

use super::compiler::Compiler;
use super::step::{Convolution, Mode, ValueId, Work};

impl Compiler<'_> {
    /// Whether the only reader of a gate is a pointwise convolution.
    pub(super) fn gates_a_convolution(&self, node: usize) -> bool {
        self.only_user(node).is_some_and(|user| {
            matches!(
                self.op(user),
                Op::Convolution {
                    kernel: [1, 1],
                    stride: [1, 1],
                    padding: Padding::NONE,
                    groups: 1,
                    ..
                }
            )
        })
    }

    /// Leaves batch norm and activation behind `node` to the readers of `value`.
    pub(super) fn attach(&mut self, value: ValueId, node: usize) {
        let mut last = node;
        if let Some((user, norm)) = self.user_norm(last) {
            self.program.values[value].norm = Some(norm);
            self.program.values[value].needs_gradient |= self.mode == Mode::Training;
            last = user;
        }
        if let Some((user, activation)) = self.user_activation(last) {
            self.activate(value, activation);
            last = user;
        }
        for place in node + 1..=last {
            if self.chain_contains(node, last, place) {
                self.places[place] = Some(value);
            }
        }
    }

    /// Notes the activation of a value: applied by the step that stores it where that loses
    /// nothing, else by the readers.
    pub(super) fn activate(&mut self, value: ValueId, activation: Activation) {
        let step = self
            .program
            .steps
            .iter_mut()
            .rfind(|step| step.output == value);
        let place = match step.map(|step| &mut step.work) {
            Some(Work::Convolution(convolution)) => Some(&mut convolution.activation),
            Some(Work::Add { activation }) => Some(activation),
            _ => None,
        };
        let tells = matches!(activation, Activation::Relu | Activation::Relu6);
        let value = &mut self.program.values[value];
        match place {
            Some(place) if tells && value.norm.is_none() => {
                *place = Some(activation);
                value.applied = Some(activation);
            }
            _ => value.activation = Some(activation),
        }
    }

    /// Whether `place` lies on the chain of only users from `first` to `last`.
    pub(super) fn chain_contains(&self, first: usize, last: usize, place: usize) -> bool {
        let mut at = first;
        while at != last {
            match self.only_user(at) {
                Some(user) => at = user,
                None => return false,
            }
            if at == place {
                return true;
            }
        }
        false
    }

    /// Inference: what follows `chain` and can be done while the result is in registers.
    pub(super) fn fuse(&mut self, convolution: &mut Convolution, chain: &mut Vec<usize>) {
        let last = |chain: &[usize]| chain[chain.len() - 1];
        if let Some((user, norm)) = self.user_norm(last(chain)) {
            convolution.fold = Some(norm);
            chain.push(user);
        }
        // Dropout does nothing here.
        while let Some(user) = self.only_user(last(chain))
            && matches!(self.op(user), Op::Dropout { .. })
        {
            chain.push(user);
        }
        if !convolution.depthwise
            && let Some(user) = self.only_user(last(chain))
            && matches!(self.op(user), Op::Add)
        {
            let own = NodeIndex(last(chain));
            let other = self.inputs(user).iter().find(|input| **input != own);
            if let Some(value) = other.and_then(|other| self.places[other.0]) {
                convolution.residual = Some(value);
                chain.push(user);
            }
        }
        if let Some((user, activation)) = self.user_activation(last(chain)) {
            convolution.activation = Some(activation);
            chain.push(user);
        }
        if !convolution.depthwise
            && convolution.residual.is_none()
            && activation::is_limited(convolution.activation)
            && let Some(user) = self.user_pool(last(chain))
        {
            convolution.pool();
            chain.push(user);
        }
    }

    /// Training: a 2x2 max-pool behind a convolution without batch norm. ReLU and the maximum can
    /// change places.
    pub(super) fn fuse_pool(
        &mut self,
        convolution: &mut Convolution,
        value: ValueId,
        chain: &mut Vec<usize>,
    ) {
        if convolution.depthwise {
            return;
        }
        let node = chain[0];
        if let Some((user, activation)) = self.user_activation(node)
            && matches!(activation, Activation::Relu | Activation::Relu6)
            && let Some(pool) = self.user_pool(user)
        {
            convolution.pool();
            convolution.activation = Some(activation);
            self.program.values[value].applied = Some(activation);
            chain.extend([user, pool]);
        } else if let Some(pool) = self.user_pool(node) {
            convolution.pool();
            chain.push(pool);
        }
    }
}
