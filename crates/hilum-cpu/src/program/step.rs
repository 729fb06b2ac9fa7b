//! Values, and the steps that compute them.

use hilum_graph::{Activation, DropoutUnit, NodeIndex, Op, Shape};

use crate::kernel::window::Window;

/// A tensor that is stored.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) shape: Shape,
    /// Values from pixel to pixel.
    pub(crate) stride: usize,
    /// A batch norm that its readers apply; where backward follows.
    pub(crate) norm: Option<Norm>,
    /// An activation that its readers apply; where backward follows.
    pub(crate) activation: Option<Activation>,
    /// An activation that was applied before the value was stored, and whose slope the stored
    /// value tells; where backward follows.
    pub(crate) applied: Option<Activation>,
    /// Whether anything before it is trained, or wants to know its gradient.
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
    /// The sum; the activation is applied before it is stored.
    Add {
        activation: Option<Activation>,
    },
    /// An operation that computes what its node says, with nothing taken along.
    Operation(Op),
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

impl Convolution {
    /// Lets a 2x2 max-pool follow. What it leaves out is not computed.
    pub(super) fn pool(&mut self) {
        self.pool = true;
        self.window.output = self.window.output.map(|size| size / 2 * 2);
    }
}

/// Steps in the order in which they run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) values: Vec<Value>,
    pub(crate) steps: Vec<Step>,
    /// The values of the nodes that were asked for.
    pub(crate) outputs: Vec<ValueId>,
    /// The received value whose gradient is wanted.
    pub(crate) derived: Option<ValueId>,
}

/// What a program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Inference,
    Training,
    /// Inference that can be run backward, to the result of a node.
    Derivative {
        node: NodeIndex,
    },
}

impl Mode {
    /// Whether backward follows, for which values are kept.
    pub(crate) fn has_backward(self) -> bool {
        self != Self::Inference
    }
}
