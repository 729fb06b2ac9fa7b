//! A network's own nodes.
//!
//! Activations lie as batch, channels, height, width. What is a vector in hilum's graph keeps two axes of
//! length one behind its channels until a dense layer reads it.

use hilum_graph::{Activation, Graph, Node, NodeIndex, Op, Parameters, Shape, Tap, Tensor};

use super::nodes::{Nodes, Value, float, int, ints};

/// The results that are read.
#[derive(Debug)]
pub(super) struct Results {
    /// Batch x classes.
    pub(super) logits: Value,
    /// Batch x values, tap after tap as [`Graph::taps`] lists them; none if they are not asked for.
    pub(super) taps: Vec<Value>,
}

/// What a node of the network made.
#[derive(Debug, Clone)]
struct Made {
    value: Value,
    /// Whether it has two axes, and not four.
    is_flat: bool,
}

/// Appends the network, and what reads its `taps`; its parameters keep their names.
pub(super) fn network(
    nodes: &mut Nodes,
    graph: &Graph,
    parameters: &Parameters,
    image: &Value,
    taps: &[Tap],
) -> Results {
    let mut writer = Writer {
        nodes,
        graph,
        parameters,
        made: Vec::new(),
    };
    for node in graph.nodes() {
        let made = writer.node(node, image);
        writer.made.push(made);
    }
    let taps = taps.iter().map(|tap| writer.tap(*tap)).collect();
    let last = NodeIndex(graph.nodes().len() - 1);
    let logits = writer.flat("logits/flat", last);
    Results { logits, taps }
}

struct Writer<'a> {
    nodes: &'a mut Nodes,
    graph: &'a Graph,
    parameters: &'a Parameters,
    made: Vec<Made>,
}

impl Writer<'_> {
    fn node(&mut self, node: &Node, image: &Value) -> Made {
        let Some(first) = node.inputs.first() else {
            return Made {
                value: image.clone(),
                is_flat: false,
            };
        };
        let input = self.made[first.0].clone();
        let name = node.name.as_str();
        let value = match node.op {
            Op::Input | Op::Dropout { .. } => return input,
            Op::Dense { .. } => {
                let flat = self.flat(&format!("{name}/flat"), *first);
                let inputs = self.with_parameters(&flat, node);
                return Made {
                    value: self.op_with(name, "Gemm", &inputs, vec![int("transB", 1)]),
                    is_flat: true,
                };
            }
            Op::Flatten => {
                return Made {
                    value: self.flat(name, *first),
                    is_flat: true,
                };
            }
            Op::RepeatChannels { count } => {
                let repeated = vec![&input.value; count];
                let axis = vec![int("axis", 1)];
                self.nodes.op_with(name, "Concat", &repeated, axis)
            }
            Op::Convolution { .. } | Op::MaxPool { .. } => self.sliding(node, &input.value),
            Op::BatchNorm { epsilon, .. } => {
                let inputs = self.with_parameters(&input.value, node);
                let attributes = vec![float("epsilon", epsilon)];
                self.op_with(name, "BatchNormalization", &inputs, attributes)
            }
            Op::Activation(activation) => self.activation(name, activation, &input.value),
            Op::GlobalAveragePool => self.nodes.op(name, "GlobalAveragePool", &[&input.value]),
            Op::Add => {
                let other = self.made[node.inputs[1].0].value.clone();
                self.nodes.op(name, "Add", &[&input.value, &other])
            }
            Op::Concat => {
                let all: Vec<Value> = node
                    .inputs
                    .iter()
                    .map(|input| self.made[input.0].value.clone())
                    .collect();
                let all: Vec<&Value> = all.iter().collect();
                self.nodes
                    .op_with(name, "Concat", &all, vec![int("axis", 1)])
            }
            Op::Gate => {
                let gate = self.square(&format!("{name}/gate"), node.inputs[1]);
                self.nodes.op(name, "Mul", &[&input.value, &gate])
            }
        };
        Made { value, ..input }
    }

    fn op_with(
        &mut self,
        name: &str,
        op: &str,
        inputs: &[Value],
        attributes: Vec<crate::proto::AttributeProto>,
    ) -> Value {
        let inputs: Vec<&Value> = inputs.iter().collect();
        self.nodes.op_with(name, op, &inputs, attributes)
    }

    /// `input`, and the parameters of `node` in the order in which ONNX reads them, which is hilum's.
    fn with_parameters(&mut self, input: &Value, node: &Node) -> Vec<Value> {
        let mut values = vec![input.clone()];
        let own = self.graph.parameters().into_iter();
        let own = own.filter(|spec| self.graph.node(spec.node).name == node.name);
        for spec in own {
            let tensor = self.parameters.get(&spec.name);
            let Tensor { shape, data } = tensor.expect("a model has the parameters of its graph");
            values.push(self.nodes.parameter(&spec.name, shape, data));
        }
        values
    }

    /// A convolution or a max-pool. Where hilum rounds the count of windows up, the room for the last
    /// one is padding behind the image: runtimes disagree over `ceil_mode`.
    fn sliding(&mut self, node: &Node, input: &Value) -> Value {
        let window = node.op.window().expect("it slides a window");
        let shape = self.graph.node(node.inputs[0]).shape;
        let behind = |axis: usize, size: usize, out: usize, before: usize, after: usize| {
            let reached = (out - 1) * window.stride[axis] + window.kernel[axis];
            after.max(reached.saturating_sub(size + before))
        };
        let padding = window.padding;
        let bottom = behind(
            0,
            shape.height,
            node.shape.height,
            padding.top,
            padding.bottom,
        );
        let right = behind(
            1,
            shape.width,
            node.shape.width,
            padding.left,
            padding.right,
        );
        let pads = [padding.top, padding.left, bottom, right];
        let mut attributes = vec![
            ints("kernel_shape", window.kernel.map(|side| side as i64)),
            ints("strides", window.stride.map(|side| side as i64)),
            ints("pads", pads.map(|side| side as i64)),
        ];
        if let Op::Convolution { groups, .. } = node.op {
            attributes.push(int("group", groups as i64));
            let inputs = self.with_parameters(input, node);
            return self.op_with(&node.name, "Conv", &inputs, attributes);
        }
        self.nodes
            .op_with(&node.name, "MaxPool", &[input], attributes)
    }

    fn activation(&mut self, name: &str, activation: Activation, input: &Value) -> Value {
        match activation {
            Activation::Relu => self.nodes.op(name, "Relu", &[input]),
            Activation::Relu6 => {
                let [low, high] = [0.0, 6.0].map(|limit| self.nodes.number(limit));
                self.nodes.op(name, "Clip", &[input, &low, &high])
            }
            Activation::Sigmoid => self.nodes.op(name, "Sigmoid", &[input]),
            Activation::Silu => {
                let gate = self
                    .nodes
                    .op(&format!("{name}/sigmoid"), "Sigmoid", &[input]);
                self.nodes.op(name, "Mul", &[input, &gate])
            }
        }
    }

    /// What `node` made, with two axes: channels, then rows, then columns in the second.
    fn flat(&mut self, name: &str, node: NodeIndex) -> Value {
        let Made { value, is_flat } = self.made[node.0].clone();
        if is_flat {
            return value;
        }
        self.nodes
            .op_with(name, "Flatten", &[&value], vec![int("axis", 1)])
    }

    /// What `node` made, with four axes; it is a vector.
    fn square(&mut self, name: &str, node: NodeIndex) -> Value {
        let Made { value, is_flat } = self.made[node.0].clone();
        if !is_flat {
            return value;
        }
        let axes = self.nodes.ints(&format!("{name}/axes"), &[2], &[2, 3]);
        self.nodes.op(name, "Unsqueeze", &[&value, &axes])
    }

    /// The means over a tap's cells: cell by cell, row after row, channels innermost.
    fn tap(&mut self, tap: Tap) -> Value {
        let node = self.graph.node(tap.node);
        let Shape { height, width, .. } = node.shape;
        let name = format!("detector/tap/{}", node.name);
        let value = self.square(&name, tap.node);
        let rows = self
            .nodes
            .floats(&name, &[tap.grid, height], &shares(tap, height));
        let columns = transposed(&shares(tap, width), width);
        let columns = self.nodes.floats(&name, &[width, tap.grid], &columns);
        let value = self.nodes.op(&name, "MatMul", &[&rows, &value]);
        let value = self.nodes.op(&name, "MatMul", &[&value, &columns]);
        let order = vec![ints("perm", [0, 2, 3, 1])];
        let value = self.nodes.op_with(&name, "Transpose", &[&value], order);
        self.nodes
            .op_with(&name, "Flatten", &[&value], vec![int("axis", 1)])
    }
}

/// A row for each cell of an axis: one divided by its length where it lies, else zero.
fn shares(tap: Tap, size: usize) -> Vec<f32> {
    let cells = (0..tap.grid).map(|cell| tap.cell(cell, size));
    cells
        .flat_map(|cell| {
            let share = 1.0 / cell.len() as f32;
            (0..size).map(move |at| if cell.contains(&at) { share } else { 0.0 })
        })
        .collect()
}

fn transposed(rows: &[f32], width: usize) -> Vec<f32> {
    let count = rows.len() / width;
    let columns = (0..width).flat_map(|at| (0..count).map(move |row| rows[row * width + at]));
    columns.collect()
}
