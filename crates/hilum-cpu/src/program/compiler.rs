//! From nodes to steps, in the order of the nodes.

use hilum_graph::{Activation, Graph, NodeIndex, Op, Padding, ParameterRole};

use super::step::{Convolution, Mode, Norm, Program, Step, Value, ValueId, Work};
use crate::kernel::window::Window;
use crate::store::{Store, is_depthwise};

/// The steps for nodes `range` of `graph`, that leave the results of `wanted` behind. Nodes
/// before the range are received.
pub(crate) fn compile(
    graph: &Graph,
    store: &Store,
    strides: &[usize],
    lanes: usize,
    mode: Mode,
    range: std::ops::Range<usize>,
    wanted: &[NodeIndex],
) -> Program {
    let mut compiler = Compiler {
        graph,
        store,
        strides,
        lanes,
        mode,
        end: range.end,
        wanted,
        places: vec![None; graph.nodes().len()],
        program: Program {
            values: Vec::new(),
            steps: Vec::new(),
            outputs: Vec::new(),
            derived: None,
        },
    };
    for index in range.clone() {
        compiler.node(index, range.start);
    }
    let outputs = wanted.iter().map(|node| compiler.place(node.0)).collect();
    compiler.program.outputs = outputs;
    compiler.program
}

pub(super) struct Compiler<'a> {
    pub(super) graph: &'a Graph,
    pub(super) store: &'a Store,
    pub(super) strides: &'a [usize],
    pub(super) lanes: usize,
    pub(super) mode: Mode,
    pub(super) end: usize,
    pub(super) wanted: &'a [NodeIndex],
    pub(super) places: Vec<Option<ValueId>>,
    pub(super) program: Program,
}

impl Compiler<'_> {
    pub(super) fn op(&self, node: usize) -> Op {
        self.graph.nodes()[node].op
    }

    pub(super) fn inputs(&self, node: usize) -> &[NodeIndex] {
        &self.graph.nodes()[node].inputs
    }

    /// The value that holds a node's result; received if it lies before the range.
    fn place(&mut self, node: usize) -> ValueId {
        if let Some(value) = self.places[node] {
            return value;
        }
        let is_derived = self.mode
            == Mode::Derivative {
                node: NodeIndex(node),
            };
        let value = self.value(node, is_derived);
        if is_derived {
            self.program.derived = Some(value);
        }
        let inner = self.program.values[value].shape;
        let mut corner = [0, 0];
        if let Some(padding) = self.stem_padding(node) {
            corner = [padding.top, padding.left];
            let shape = &mut self.program.values[value].shape;
            shape.height += padding.top + padding.bottom;
            shape.width += padding.left + padding.right;
        }
        self.step(Work::Receive { inner, corner }, Vec::new(), value, node);
        self.places[node] = Some(value);
        value
    }

    /// The padding of the only convolution that reads an image of few channels: the image is
    /// received with it.
    fn stem_padding(&self, node: usize) -> Option<Padding> {
        let few = !self.strides[node].is_multiple_of(self.lanes);
        if !matches!(self.op(node), Op::Input) || !few {
            return None;
        }
        match self.op(self.only_user(node)?) {
            Op::Convolution { padding, .. } => Some(padding),
            _ => None,
        }
    }

    fn value(&mut self, node: usize, needs_gradient: bool) -> ValueId {
        self.program.values.push(Value {
            shape: self.graph.nodes()[node].shape,
            stride: self.strides[node],
            norm: None,
            activation: None,
            applied: None,
            needs_gradient,
        });
        self.program.values.len() - 1
    }

    fn step(&mut self, work: Work, inputs: Vec<ValueId>, output: ValueId, node: usize) {
        self.program.steps.push(Step {
            work,
            inputs,
            output,
            node: NodeIndex(node),
        });
    }

    /// The only user of a node, if it has one, lies in the range, and nobody else wants the
    /// node's result.
    pub(super) fn only_user(&self, node: usize) -> Option<usize> {
        if self.wanted.contains(&NodeIndex(node)) {
            return None;
        }
        let uses = |user: &usize| self.inputs(*user).contains(&NodeIndex(node));
        let mut users = (node + 1..self.graph.nodes().len()).filter(uses);
        let user = users.next()?;
        (users.next().is_none() && user < self.end).then_some(user)
    }

    fn norm(&self, node: usize) -> Option<Norm> {
        let Op::BatchNorm { epsilon, momentum } = self.op(node) else {
            return None;
        };
        let find = |role| {
            self.store
                .find(NodeIndex(node), role)
                .expect("a batch norm has its parameters")
        };
        Some(Norm {
            scale: find(ParameterRole::Scale),
            shift: find(ParameterRole::Shift),
            mean: find(ParameterRole::RunningMean),
            variance: find(ParameterRole::RunningVariance),
            epsilon,
            momentum,
        })
    }

    pub(super) fn user_norm(&self, node: usize) -> Option<(usize, Norm)> {
        let user = self.only_user(node)?;
        Some((user, self.norm(user)?))
    }

    pub(super) fn user_activation(&self, node: usize) -> Option<(usize, Activation)> {
        let user = self.only_user(node)?;
        match self.op(user) {
            Op::Activation(activation) => Some((user, activation)),
            _ => None,
        }
    }

    /// A 2x2 max-pool that follows `node` at once.
    pub(super) fn user_pool(&self, node: usize) -> Option<usize> {
        let user = self.only_user(node)?;
        let pools = matches!(
            self.op(user),
            Op::MaxPool {
                kernel: [2, 2],
                stride: [2, 2],
                padding: Padding::NONE,
                ceil: false,
            }
        );
        pools.then_some(user)
    }

    fn node(&mut self, node: usize, start: usize) {
        // Done already as part of an earlier step.
        if self.places[node].is_some() {
            return;
        }
        let inputs: Vec<ValueId> =
            if matches!(self.op(node), Op::Convolution { .. } | Op::Dense { .. }) {
                Vec::new()
            } else {
                let nodes = self.inputs(node).to_vec();
                nodes.iter().map(|input| self.place(input.0)).collect()
            };
        let flows = inputs
            .iter()
            .any(|input| self.program.values[*input].needs_gradient);
        match self.op(node) {
            Op::Input => {
                debug_assert_eq!(start, 0, "the image is outside of every other range");
                self.place(node);
            }
            Op::Convolution { .. } | Op::Dense { .. } => self.convolution(node),
            Op::BatchNorm { .. } | Op::Activation(_) => self.copy(node, inputs),
            Op::Dropout { probability, unit } => {
                if self.mode != Mode::Training || probability == 0.0 {
                    self.alias(node, &inputs);
                } else {
                    self.simple(node, Work::Dropout { probability, unit }, inputs, flows);
                }
            }
            Op::RepeatChannels { .. } => self.simple(node, Work::Repeat, inputs, flows),
            Op::MaxPool {
                kernel,
                stride,
                padding,
                ..
            } => {
                let window = self.window(node, kernel, stride, [padding.top, padding.left]);
                self.simple(node, Work::MaxPool(window), inputs, flows);
            }
            Op::Add => self.simple(node, Work::Add { activation: None }, inputs, flows),
            // The convolution multiplies while it reads.
            Op::Gate if self.mode == Mode::Inference && self.gates_a_convolution(node) => {}
            op => self.simple(node, Work::Operation(op), inputs, flows),
        }
    }

    /// A step of its own, with what its readers apply.
    fn simple(&mut self, node: usize, work: Work, inputs: Vec<ValueId>, flows: bool) {
        let value = self.value(node, flows);
        self.step(work, inputs, value, node);
        self.places[node] = Some(value);
        if self.mode.has_backward() {
            self.attach(value, node);
        }
    }

    /// A batch norm or activation that no step before it could take along.
    fn copy(&mut self, node: usize, inputs: Vec<ValueId>) {
        let (mut fold, mut activation, mut last) = (self.norm(node), None, node);
        if let Op::Activation(own) = self.op(node) {
            activation = Some(own);
        } else if let Some((user, found)) = self.user_activation(node) {
            activation = Some(found);
            last = user;
        }
        let is_trained = fold.is_some() && self.mode == Mode::Training;
        let flows = self.program.values[inputs[0]].needs_gradient || is_trained;
        let value = self.value(node, flows);
        if self.mode.has_backward() {
            self.program.values[value].norm = fold.take();
            self.program.values[value].activation = activation.take();
        }
        self.step(Work::Copy { fold, activation }, inputs, value, node);
        self.places[node] = Some(value);
        self.places[last] = Some(value);
    }

    fn alias(&mut self, node: usize, inputs: &[ValueId]) {
        self.places[node] = Some(inputs[0]);
    }

    fn window(
        &self,
        node: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
    ) -> Window {
        let input = self.graph.node(self.inputs(node)[0]).shape;
        let output = self.graph.nodes()[node].shape;
        Window {
            input: [input.height, input.width],
            output: [output.height, output.width],
            kernel,
            stride,
            padding,
        }
    }

    fn convolution(&mut self, node: usize) {
        let (window, depthwise, groups) = match self.op(node) {
            Op::Convolution {
                kernel,
                stride,
                padding,
                groups,
                ..
            } => {
                let window = self.window(node, kernel, stride, [padding.top, padding.left]);
                (window, is_depthwise(self.graph, NodeIndex(node)), groups)
            }
            _ => (self.window(node, [1, 1], [1, 1], [0, 0]), false, 1),
        };
        let source = self.inputs(node)[0].0;
        let (input, gate) = if self.places[source].is_none()
            && matches!(self.op(source), Op::Gate)
            && source < self.end
            && self.mode == Mode::Inference
        {
            let [image, factor] = [self.inputs(source)[0].0, self.inputs(source)[1].0];
            (self.place(image), Some(self.place(factor)))
        } else {
            (self.place(source), None)
        };
        let whole = self.program.values[input].stride.is_multiple_of(self.lanes);
        let mut window = window;
        let shape = self.program.values[input].shape;
        if [shape.height, shape.width] != window.input {
            window.input = [shape.height, shape.width];
            window.padding = [0, 0];
        }
        let winograd = window.kernel == [3, 3] && window.stride == [1, 1] && groups == 1 && whole;
        let find = |role| self.store.find(NodeIndex(node), role);
        let mut convolution = Convolution {
            window,
            depthwise,
            whole,
            stem: !whole && !depthwise && window.stays_inside(),
            winograd,
            weight: find(ParameterRole::Weight).expect("a convolution has weights"),
            bias: find(ParameterRole::Bias),
            fold: None,
            activation: None,
            residual: None,
            gate,
            pool: false,
        };
        let flows = self.mode == Mode::Training || self.program.values[input].needs_gradient;
        let value = self.value(node, flows);
        let mut chain = vec![node];
        match self.mode {
            Mode::Inference => self.fuse(&mut convolution, &mut chain),
            Mode::Training | Mode::Derivative { .. } => {
                self.fuse_pool(&mut convolution, value, &mut chain);
            }
        }
        let last = chain[chain.len() - 1];
        self.program.values[value].shape = self.graph.nodes()[last].shape;
        self.step(Work::Convolution(convolution), vec![input], value, node);
        for place in chain {
            self.places[place] = Some(value);
        }
        if self.mode.has_backward() && self.program.values[value].applied.is_none() {
            self.attach(value, last);
        }
    }
}
