//! A graph as the steps that run: what can be computed together is one step.
//!
//! Inference folds batch norms into the convolutions before them and lets activations, additions
//! and pools happen while a result is in registers. Training leaves batch norms and activations
//! to the readers of a value: see [`View`](crate::kernel::view::View).

use hilum_graph::{Activation, DropoutUnit, Graph, NodeIndex, Op, Padding, ParameterRole, Shape};

use crate::kernel::window::Window;
use crate::store::{Store, is_depthwise};

/// A tensor that is stored.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) shape: Shape,
    /// Values from pixel to pixel.
    pub(crate) stride: usize,
    /// A batch norm that its readers apply; training only.
    pub(crate) norm: Option<Norm>,
    /// An activation that its readers apply; training only.
    pub(crate) activation: Option<Activation>,
    /// An activation that was applied before the value was stored, and whose slope the stored
    /// value tells; training only.
    pub(crate) applied: Option<Activation>,
    /// Whether anything before it is trained.
    pub(crate) needs_gradient: bool,
}

impl Value {
    /// Pixels per image.
    pub(crate) fn pixels(&self) -> usize {
        self.shape.height * self.shape.width
    }

    /// Values per image, padding included.
    pub(crate) fn len(&self) -> usize {
        self.pixels() * self.stride
    }
}

/// A batch norm by its parameters' numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm {
    pub(crate) scale: usize,
    pub(crate) shift: usize,
    pub(crate) mean: usize,
    pub(crate) variance: usize,
    pub(crate) epsilon: f32,
    pub(crate) momentum: f32,
}

/// The number of a value.
pub(crate) type ValueId = usize;

/// One thing that is done.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) work: Work,
    pub(crate) inputs: Vec<ValueId>,
    pub(crate) output: ValueId,
    /// The first node that it computes.
    pub(crate) node: NodeIndex,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Takes a node's result from outside: the image, or what a frozen part computed. Zeros are
    /// put above and on the left of it, and below and on the right as far as the value reaches.
    Receive {
        inner: Shape,
        corner: [usize; 2],
    },
    Convolution(Convolution),
    MaxPool(Window),
    GlobalAveragePool,
    Flatten,
    /// The sum; the activation is applied before it is stored.
    Add {
        activation: Option<Activation>,
    },
    Concat,
    Gate,
    Dropout {
        probability: f32,
        unit: DropoutUnit,
    },
    Repeat,
    /// Reads a value, normalises it if it is inference's turn to do so, and stores it.
    Copy {
        fold: Option<Norm>,
        activation: Option<Activation>,
    },
}

/// A convolution or dense layer, with what happens to its result.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub(crate) struct Convolution {
    pub(crate) window: Window,
    pub(crate) depthwise: bool,
    /// Whether the input's channels are whole registers.
    pub(crate) whole: bool,
    /// Whether it reads an image of few channels that has its padding around it.
    pub(crate) stem: bool,
    /// Whether Winograd's way is open: 3x3, stride 1, whole registers.
    pub(crate) winograd: bool,
    /// The weight's number.
    pub(crate) weight: usize,
    /// The bias's number.
    pub(crate) bias: Option<usize>,
    /// A batch norm that is folded into weights and bias; inference only.
    pub(crate) fold: Option<Norm>,
    /// Applied before the result is stored.
    pub(crate) activation: Option<Activation>,
    /// A value that is added before the activation; inference only.
    pub(crate) residual: Option<ValueId>,
    /// A factor per image and channel of the input; inference only.
    pub(crate) gate: Option<ValueId>,
    /// Whether a 2x2 max-pool follows.
    pub(crate) pool: bool,
}

/// Steps in the order in which they run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) values: Vec<Value>,
    pub(crate) steps: Vec<Step>,
    /// The values of the nodes that were asked for.
    pub(crate) outputs: Vec<ValueId>,
}

/// What a program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Inference,
    Training,
}

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
        },
    };
    for index in range.clone() {
        compiler.node(index, range.start);
    }
    let outputs = wanted.iter().map(|node| compiler.place(node.0)).collect();
    compiler.program.outputs = outputs;
    compiler.program
}

struct Compiler<'a> {
    graph: &'a Graph,
    store: &'a Store,
    strides: &'a [usize],
    lanes: usize,
    mode: Mode,
    end: usize,
    wanted: &'a [NodeIndex],
    places: Vec<Option<ValueId>>,
    program: Program,
}

impl Compiler<'_> {
    fn op(&self, node: usize) -> Op {
        self.graph.nodes()[node].op
    }

    fn inputs(&self, node: usize) -> &[NodeIndex] {
        &self.graph.nodes()[node].inputs
    }

    /// The value that holds a node's result; received if it lies before the range.
    fn place(&mut self, node: usize) -> ValueId {
        if let Some(value) = self.places[node] {
            return value;
        }
        let value = self.value(node, false);
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
    fn only_user(&self, node: usize) -> Option<usize> {
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

    fn user_norm(&self, node: usize) -> Option<(usize, Norm)> {
        let user = self.only_user(node)?;
        Some((user, self.norm(user)?))
    }

    fn user_activation(&self, node: usize) -> Option<(usize, Activation)> {
        let user = self.only_user(node)?;
        match self.op(user) {
            Op::Activation(activation) => Some((user, activation)),
            _ => None,
        }
    }

    /// A 2x2 max-pool that follows `node` at once.
    fn user_pool(&self, node: usize) -> Option<usize> {
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
                if self.mode == Mode::Inference || probability == 0.0 {
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
            Op::GlobalAveragePool => {
                self.simple(node, Work::GlobalAveragePool, inputs, flows);
            }
            Op::Flatten => self.simple(node, Work::Flatten, inputs, flows),
            Op::Add => self.simple(node, Work::Add { activation: None }, inputs, flows),
            Op::Concat => self.simple(node, Work::Concat, inputs, flows),
            Op::Gate => {
                if self.mode == Mode::Inference && self.gates_a_convolution(node) {
                    // The convolution multiplies while it reads.
                    return;
                }
                self.simple(node, Work::Gate, inputs, flows);
            }
        }
    }

    /// Whether the only reader of a gate is a pointwise convolution.
    fn gates_a_convolution(&self, node: usize) -> bool {
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

    /// A step of its own, with what its readers apply.
    fn simple(&mut self, node: usize, work: Work, inputs: Vec<ValueId>, flows: bool) {
        let value = self.value(node, flows);
        self.step(work, inputs, value, node);
        self.places[node] = Some(value);
        if self.mode == Mode::Training {
            self.attach(value, node);
        }
    }

    /// Leaves batch norm and activation behind `node` to the readers of `value`.
    fn attach(&mut self, value: ValueId, node: usize) {
        let mut last = node;
        if let Some((user, norm)) = self.user_norm(last) {
            self.program.values[value].norm = Some(norm);
            self.program.values[value].needs_gradient = true;
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
    fn activate(&mut self, value: ValueId, activation: Activation) {
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
    fn chain_contains(&self, first: usize, last: usize, place: usize) -> bool {
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

    /// A batch norm or activation that no step before it could take along.
    fn copy(&mut self, node: usize, inputs: Vec<ValueId>) {
        let (mut fold, mut activation, mut last) = (self.norm(node), None, node);
        if let Op::Activation(own) = self.op(node) {
            activation = Some(own);
        } else if let Some((user, found)) = self.user_activation(node) {
            activation = Some(found);
            last = user;
        }
        let flows = self.program.values[inputs[0]].needs_gradient || fold.is_some();
        let value = self.value(node, flows);
        if self.mode == Mode::Training {
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
            stem: !whole && !depthwise && window.padding == [0, 0],
            winograd,
            weight: find(ParameterRole::Weight).expect("a convolution has weights"),
            bias: find(ParameterRole::Bias),
            fold: None,
            activation: None,
            residual: None,
            gate,
            pool: false,
        };
        let value = self.value(node, true);
        let mut chain = vec![node];
        match self.mode {
            Mode::Inference => self.fuse(&mut convolution, &mut chain),
            Mode::Training => self.fuse_pool(&mut convolution, value, &mut chain),
        }
        let last = chain[chain.len() - 1];
        self.program.values[value].shape = self.graph.nodes()[last].shape;
        self.step(Work::Convolution(convolution), vec![input], value, node);
        for place in chain {
            self.places[place] = Some(value);
        }
        if self.mode == Mode::Training && self.program.values[value].applied.is_none() {
            self.attach(value, last);
        }
    }

    /// Inference: what follows `chain` and can be done while the result is in registers.
    fn fuse(&mut self, convolution: &mut Convolution, chain: &mut Vec<usize>) {
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
        let limits = !matches!(
            convolution.activation,
            Some(Activation::Silu | Activation::Sigmoid)
        );
        if !convolution.depthwise
            && convolution.residual.is_none()
            && limits
            && let Some(user) = self.user_pool(last(chain))
        {
            convolution.pool = true;
            chain.push(user);
        }
    }

    /// Training: a 2x2 max-pool behind a convolution without batch norm. ReLU and the maximum can
    /// change places.
    fn fuse_pool(&mut self, convolution: &mut Convolution, value: ValueId, chain: &mut Vec<usize>) {
        if convolution.depthwise {
            return;
        }
        let node = chain[0];
        if let Some((user, activation)) = self.user_activation(node)
            && matches!(activation, Activation::Relu | Activation::Relu6)
            && let Some(pool) = self.user_pool(user)
        {
            convolution.pool = true;
            convolution.activation = Some(activation);
            self.program.values[value].applied = Some(activation);
            chain.extend([user, pool]);
        } else if let Some(pool) = self.user_pool(node) {
            convolution.pool = true;
            chain.push(pool);
        }
    }
}
