//! Nodes of a graph that somebody else wrote: nothing in them may be taken for granted.

use super::builder::GraphBuilder;
use super::error::GraphError;
use super::node::NodeIndex;
use super::op::Op;
use super::padding::Padding;

/// The largest kernel, stride or padding, and the longest side of what a node makes; a larger one
/// is damage.
const MAX_SIDE: usize = 1 << 16;

/// The most channels.
const MAX_CHANNELS: usize = 1 << 24;

/// The most values that a node may make of an image: 1 GiB.
const MAX_VALUES: usize = 1 << 28;

/// The most nodes.
const MAX_NODES: usize = 1 << 14;

impl GraphBuilder {
    /// [`add`](Self::add) for a node of unknown origin.
    ///
    /// # Errors
    /// [`GraphError`] if the name is taken, an input does not exist, the operation cannot take its
    /// inputs, or what it makes is beyond all reason.
    pub fn try_add(
        &mut self,
        name: impl Into<String>,
        op: Op,
        inputs: &[NodeIndex],
    ) -> Result<NodeIndex, GraphError> {
        let name = name.into();
        let unsound = |what: &str| GraphError::Unsound {
            node: name.clone(),
            what: what.to_owned(),
        };
        if self.len() >= MAX_NODES {
            return Err(unsound("is one node too many"));
        }
        if self.has(&name) {
            return Err(unsound("is there twice"));
        }
        if inputs.iter().any(|input| input.0 >= self.len()) {
            return Err(unsound("reads a node that is not before it"));
        }
        check_op(op).map_err(unsound)?;
        if op == Op::Concat && inputs.len() < 2 {
            return Err(unsound("joins less than two"));
        }
        let index = self.add(name.clone(), op, inputs);
        self.take_error()?;
        let shape = self.shape(index);
        let count = [shape.height, shape.width, shape.channels]
            .iter()
            .try_fold(1_usize, |product, side| product.checked_mul(*side));
        let is_sound = shape.height.max(shape.width) <= MAX_SIDE
            && shape.channels <= MAX_CHANNELS
            && count.is_some_and(|count| (1..=MAX_VALUES).contains(&count));
        if is_sound {
            Ok(index)
        } else {
            Err(GraphError::Unsound {
                node: name,
                what: format!("makes {shape}"),
            })
        }
    }
}

/// Whether the numbers of an operation can be computed with.
fn check_op(op: Op) -> Result<(), &'static str> {
    let positive = |numbers: &[usize]| numbers.iter().all(|one| (1..=MAX_SIDE).contains(one));
    if let Some(window) = op.window() {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = window.padding;
        if !positive(&window.kernel) || !positive(&window.stride) {
            return Err("has no sound kernel or stride");
        }
        if [top, bottom, left, right].iter().any(|one| *one > MAX_SIDE) {
            return Err("has too much padding");
        }
        if matches!(op, Op::MaxPool { .. }) {
            let reach = [top.max(bottom), left.max(right)];
            if reach
                .iter()
                .zip(window.kernel)
                .any(|(one, kernel)| *one >= kernel)
            {
                return Err("pools padding alone");
            }
        }
    }
    let counts = |numbers: &[usize]| numbers.iter().all(|one| (1..=MAX_CHANNELS).contains(one));
    let sound = match op {
        Op::Convolution {
            out_channels,
            groups,
            ..
        } => counts(&[out_channels, groups]),
        Op::RepeatChannels { count } => counts(&[count]),
        Op::Dense { out_features, .. } => counts(&[out_features]),
        Op::BatchNorm { epsilon, momentum } => {
            epsilon.is_finite() && epsilon > 0.0 && (0.0..=1.0).contains(&momentum)
        }
        Op::Dropout { probability, .. } => (0.0..1.0).contains(&probability),
        Op::Input => false,
        _ => true,
    };
    if sound {
        Ok(())
    } else {
        Err("has numbers that nothing can be computed with")
    }
}
