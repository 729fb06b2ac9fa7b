//! A network written down from top to bottom.

use crate::network::{
    Activation, DropoutUnit, Graph, GraphBuilder, GraphError, Initialisation, NodeIndex, Op,
    Padding, Shape,
};

/// A graph in the making, whose next node by default reads the last one.
pub(super) struct Layers {
    builder: GraphBuilder,
    last: NodeIndex,
}

impl Layers {
    /// A network that reads images as they are.
    pub(super) fn new(name: &str, input: Shape, initialisation: Initialisation) -> Self {
        let builder = GraphBuilder::new(name, input).initialise_with(initialisation);
        let last = builder.input();
        Self { builder, last }
    }

    /// A network of three-channel images, which grey images reach by repetition.
    pub(super) fn colour(
        name: &str,
        input: Shape,
        initialisation: Initialisation,
    ) -> Result<Self, GraphError> {
        let mut layers = Self::new(name, input, initialisation);
        match input.channels {
            1 => layers.then("repeat", Op::RepeatChannels { count: 3 }),
            3 => layers.last,
            _ => {
                return Err(GraphError::Channels {
                    graph: name.to_owned(),
                    found: input,
                });
            }
        };
        Ok(layers)
    }

    /// The node that the next one reads.
    pub(super) fn last(&self) -> NodeIndex {
        self.last
    }

    /// The shape that the next node reads.
    pub(super) fn shape(&self) -> Shape {
        self.builder.shape(self.last)
    }

    /// Goes on from an earlier node.
    pub(super) fn go_back_to(&mut self, node: NodeIndex) {
        self.last = node;
    }

    /// Appends a node that reads the last one.
    pub(super) fn then(&mut self, name: impl Into<String>, op: impl Into<Op>) -> NodeIndex {
        let last = self.last;
        self.join(name, op, &[last])
    }

    /// Appends a node that reads `inputs`.
    pub(super) fn join(
        &mut self,
        name: impl Into<String>,
        op: impl Into<Op>,
        inputs: &[NodeIndex],
    ) -> NodeIndex {
        self.last = self.builder.add(name, op.into(), inputs);
        self.last
    }

    /// Begins the head, with dropout if there is to be any.
    pub(super) fn begin_head(&mut self, dropout_name: &str, probability: f32) {
        self.builder.begin_head();
        if probability > 0.0 {
            let unit = DropoutUnit::Value;
            self.then(dropout_name, Op::Dropout { probability, unit });
        }
    }

    /// Says that the last node's result is handed out besides the logits.
    pub(super) fn tap(&mut self) {
        self.builder.tap(self.last);
    }

    /// The graph.
    pub(super) fn finish(self) -> Result<Graph, GraphError> {
        self.builder.finish()
    }
}

/// A convolution, by what differs from stride 1, no padding, one group and no bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Convolution {
    out_channels: usize,
    kernel: usize,
    stride: usize,
    padding: Padding,
    groups: usize,
    bias: bool,
}

impl Convolution {
    /// `kernel` rows and columns, without padding.
    pub(super) fn valid(out_channels: usize, kernel: usize) -> Self {
        Self {
            out_channels,
            kernel,
            stride: 1,
            padding: Padding::NONE,
            groups: 1,
            bias: false,
        }
    }

    /// `kernel` rows and columns, padded by half the kernel on every side.
    pub(super) fn centered(out_channels: usize, kernel: usize) -> Self {
        Self::valid(out_channels, kernel).padding(Padding::same(kernel / 2))
    }

    /// Another stride.
    pub(super) fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// Other padding.
    pub(super) fn padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// One group per channel of the result.
    pub(super) fn depthwise(self) -> Self {
        let groups = self.out_channels;
        Self { groups, ..self }
    }

    /// With a bias.
    pub(super) fn biased(self) -> Self {
        Self { bias: true, ..self }
    }
}

impl From<Convolution> for Op {
    fn from(convolution: Convolution) -> Self {
        Self::Convolution {
            out_channels: convolution.out_channels,
            kernel: [convolution.kernel; 2],
            stride: [convolution.stride; 2],
            padding: convolution.padding,
            groups: convolution.groups,
            bias: convolution.bias,
        }
    }
}

impl From<Activation> for Op {
    fn from(activation: Activation) -> Self {
        Self::Activation(activation)
    }
}

/// PyTorch's defaults: epsilon 1e-5, momentum 0.1.
pub(super) const BATCH_NORM: Op = Op::BatchNorm {
    epsilon: 1e-5,
    momentum: 0.1,
};

/// A max-pool of `kernel` rows and columns.
pub(super) fn max_pool(kernel: usize, stride: usize, padding: usize) -> Op {
    Op::MaxPool {
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: Padding::same(padding),
        ceil: false,
    }
}

/// A dense layer with a bias.
pub(super) fn dense(out_features: usize) -> Op {
    let bias = true;
    Op::Dense { out_features, bias }
}
