//! Forward in inference mode; a convolution takes the batch norm behind it into its weight.

use burn_tensor::Tensor;

use hilum_graph::{Graph, NodeIndex, Op, ParameterRole};

use crate::convolution::{self, Window};
use crate::operation::{self, Pool};
use crate::shards::Shards;
use crate::variables::{Variables, per_channel};
use crate::{batch_norm, dense};

/// Results of nodes, each kept until its last user has run.
pub(crate) struct Values {
    results: Vec<Option<Shards>>,
    users: Vec<usize>,
}

impl Values {
    /// Only the image is there.
    pub(crate) fn new(graph: &Graph, images: Shards) -> Self {
        Self::received(graph, NodeIndex(0), vec![(NodeIndex(0), images)])
    }

    /// What nodes before `first` have sent across their border; `first` runs next.
    pub(crate) fn received(
        graph: &Graph,
        first: NodeIndex,
        received: Vec<(NodeIndex, Shards)>,
    ) -> Self {
        let nodes = graph.nodes();
        let mut users = vec![0; nodes.len()];
        for node in &nodes[first.0..] {
            for input in &node.inputs {
                users[input.0] += 1;
            }
        }
        users[nodes.len() - 1] += 1;
        let mut results = vec![None; nodes.len()];
        for (node, shards) in received {
            results[node.0] = Some(shards);
        }
        Self { results, users }
    }

    /// A result whose users are not to run.
    pub(crate) fn look_at(&self, node: NodeIndex) -> Shards {
        let result = self.results[node.0].clone();
        result.expect("a border's users have not run")
    }

    /// The results that `node` reads.
    pub(crate) fn inputs(&mut self, graph: &Graph, node: NodeIndex) -> Vec<Shards> {
        let inputs = graph.node(node).inputs.iter();
        inputs.map(|input| self.take(*input)).collect()
    }

    /// A result for one of its users; the last one gets it unshared.
    pub(crate) fn take(&mut self, node: NodeIndex) -> Shards {
        self.users[node.0] -= 1;
        let result = &mut self.results[node.0];
        let shards = if self.users[node.0] == 0 {
            result.take()
        } else {
            result.clone()
        };
        shards.expect("inputs run before their users")
    }

    /// Keeps the result of `node`, if anything reads it.
    pub(crate) fn put(&mut self, node: NodeIndex, result: Shards) {
        if self.users[node.0] > 0 {
            self.results[node.0] = Some(result);
        }
    }
}

/// Convolutions with the batch norm behind them, by the convolution's node.
pub(crate) struct Folds {
    /// The batch norm that is the only user of this convolution.
    norm: Vec<Option<NodeIndex>>,
    /// Weight and bias, made when first needed.
    folded: Vec<Option<(Tensor<4>, Tensor<1>)>>,
}

impl Folds {
    /// Finds the pairs.
    pub(crate) fn new(graph: &Graph) -> Self {
        let nodes = graph.nodes();
        let mut norm = vec![None; nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            if let (Op::BatchNorm { .. }, [input]) = (node.op, &node.inputs[..]) {
                let only_user = nodes
                    .iter()
                    .flat_map(|other| &other.inputs)
                    .filter(|other| *other == input)
                    .count()
                    == 1;
                if only_user && matches!(graph.node(*input).op, Op::Convolution { .. }) {
                    norm[input.0] = Some(NodeIndex(index));
                }
            }
        }
        Self {
            folded: vec![None; nodes.len()],
            norm,
        }
    }

    /// Forgets what was made from parameters of `first` or later nodes.
    pub(crate) fn forget(&mut self, first: NodeIndex) {
        for (norm, folded) in self.norm.iter().zip(&mut self.folded) {
            if norm.is_some_and(|norm| norm >= first) {
                *folded = None;
            }
        }
    }

    /// The batch norm behind the convolution `node`, if it runs before `end` too.
    fn norm_before(&self, node: NodeIndex, end: NodeIndex) -> Option<NodeIndex> {
        self.norm[node.0].filter(|norm| *norm < end)
    }

    fn weight_and_bias(
        &mut self,
        graph: &Graph,
        variables: &Variables,
        convolution: NodeIndex,
        norm: NodeIndex,
    ) -> (Tensor<4>, Tensor<1>) {
        let folded = &mut self.folded[convolution.0];
        folded
            .get_or_insert_with(|| fold(graph, variables, convolution, norm))
            .clone()
    }
}

fn fold(
    graph: &Graph,
    variables: &Variables,
    convolution: NodeIndex,
    norm: NodeIndex,
) -> (Tensor<4>, Tensor<1>) {
    let (factor, summand) = running_factor_and_summand(graph, variables, norm);
    let [_, channels, ..] = factor.dims();
    let weight: Tensor<4> = variables.shaped(convolution, ParameterRole::Weight);
    let folded = weight * factor.clone().reshape([channels, 1, 1, 1]);
    let summand = match variables.find(convolution, ParameterRole::Bias) {
        Some(bias) => summand + per_channel(bias) * factor,
        None => summand,
    };
    (folded, summand.reshape([channels]))
}

/// Batch norm with running statistics as a factor and a summand per channel.
fn running_factor_and_summand(
    graph: &Graph,
    variables: &Variables,
    norm: NodeIndex,
) -> (Tensor<4>, Tensor<4>) {
    let Op::BatchNorm { epsilon, .. } = graph.node(norm).op else {
        unreachable!("asked of batch norms only");
    };
    let value = |role| variables.per_channel(norm, role);
    batch_norm::factor_and_summand(
        value(ParameterRole::RunningMean),
        value(ParameterRole::RunningVariance),
        epsilon,
        value(ParameterRole::Scale),
        value(ParameterRole::Shift),
    )
}

/// Runs the nodes of `range` in inference mode; the image is there already.
pub(crate) fn run(
    graph: &Graph,
    variables: &Variables,
    folds: &mut Folds,
    values: &mut Values,
    range: std::ops::Range<NodeIndex>,
) {
    let end = range.end;
    for index in (range.start.0.max(1)..end.0).map(NodeIndex) {
        let mut inputs = values.inputs(graph, index);
        let result = match graph.node(index).op {
            Op::Convolution { .. } => {
                let window = window(graph, index);
                if let Some(norm) = folds.norm_before(index, end) {
                    let (weight, bias) = folds.weight_and_bias(graph, variables, index, norm);
                    convolution::forward(&inputs[0], &weight, Some(&bias), window)
                } else {
                    let weight = variables.shaped(index, ParameterRole::Weight);
                    let bias = variables.find(index, ParameterRole::Bias);
                    convolution::forward(&inputs[0], &weight, bias.as_ref(), window)
                }
            }
            Op::BatchNorm { .. } => {
                let input = inputs.swap_remove(0);
                let source = graph.node(index).inputs[0];
                // A convolution before the range has left its norm to this one.
                let is_folded = source >= range.start;
                if is_folded && folds.norm_before(source, end) == Some(index) {
                    input
                } else {
                    let (factor, summand) = running_factor_and_summand(graph, variables, index);
                    batch_norm::scale_and_shift(input, &factor, &summand)
                }
            }
            Op::Dense { .. } => run_dense(variables, index, inputs.swap_remove(0)),
            op => run_plain(op, inputs),
        };
        values.put(index, result);
    }
}

fn run_dense(variables: &Variables, node: NodeIndex, input: Shards) -> Shards {
    let sizes: Vec<usize> = input.iter().map(|shard| shard.dims()[0]).collect();
    let weight = variables.shaped(node, ParameterRole::Weight);
    let bias = variables.find(node, ParameterRole::Bias);
    dense::forward(dense::matrix(input), weight, bias, &sizes)
}

/// An operation without parameters, in inference mode.
pub(crate) fn run_plain(op: Op, mut inputs: Vec<Shards>) -> Shards {
    match op {
        Op::Concat => return operation::concat(inputs),
        Op::Add | Op::Gate => {
            let right = inputs.remove(1);
            let left = inputs.remove(0);
            return if op == Op::Gate {
                operation::gate(left, right)
            } else {
                crate::shards::zip(left, right, burn_tensor::Tensor::add)
            };
        }
        _ => {}
    }
    let input = inputs.swap_remove(0);
    match op {
        Op::RepeatChannels { count } => operation::repeat_channels(input, count),
        Op::Activation(activation) => operation::activate(input, activation),
        Op::MaxPool { .. } => {
            let (input, pool) = pool(op).prepare(input);
            operation::max_pool(&input, pool)
        }
        Op::GlobalAveragePool => operation::average(&input),
        Op::Flatten => operation::flatten(input),
        Op::Dropout { .. } => input,
        Op::Input
        | Op::Convolution { .. }
        | Op::BatchNorm { .. }
        | Op::Dense { .. }
        | Op::Add
        | Op::Concat
        | Op::Gate => unreachable!("runs elsewhere"),
    }
}

/// The window of the convolution `node`.
pub(crate) fn window(graph: &Graph, node: NodeIndex) -> Window {
    let Op::Convolution {
        kernel,
        stride,
        padding,
        groups,
        ..
    } = graph.node(node).op
    else {
        unreachable!("asked of convolutions only");
    };
    Window {
        kernel,
        stride,
        padding,
        groups,
    }
}

/// The window of a max pool.
pub(crate) fn pool(op: Op) -> Pool {
    let Op::MaxPool {
        kernel,
        stride,
        padding,
        ceil,
    } = op
    else {
        unreachable!("asked of max pools only");
    };
    Pool {
        kernel,
        stride,
        padding,
        ceil,
    }
}
