//! The shape of a node's result from the shapes of its inputs.

use super::error::GraphError;
use super::op::Op;
use super::shape::Shape;

/// The shape of what `op` makes of `inputs`, in the node called `name` of a network that reads
/// `image`.
pub(super) fn output_shape(
    name: &str,
    op: Op,
    inputs: &[Shape],
    image: Shape,
) -> Result<Shape, GraphError> {
    if let (Some(window), [shape]) = (op.window(), inputs) {
        let (height, width) = window.output(*shape).ok_or_else(|| GraphError::TooSmall {
            node: name.to_owned(),
            input: image,
            found: *shape,
        })?;
        let slid = Shape::new(height, width, shape.channels);
        return channels(op, slid).ok_or_else(|| mismatch(name, inputs));
    }
    let shape = match (op, inputs) {
        (
            Op::RepeatChannels { .. }
            | Op::BatchNorm { .. }
            | Op::Activation(_)
            | Op::Dropout { .. },
            [shape],
        ) => channels(op, *shape),
        (Op::Dense { out_features, .. }, [shape]) => {
            ((shape.height, shape.width) == (1, 1)).then_some(Shape::vector(out_features))
        }
        (Op::GlobalAveragePool, [shape]) => Some(Shape::vector(shape.channels)),
        (Op::Flatten, [shape]) => Some(Shape::vector(shape.value_count())),
        (Op::Add, [left, right]) => (left == right).then_some(*left),
        (Op::Gate, [shape, gate]) => (*gate == Shape::vector(shape.channels)).then_some(*shape),
        (Op::Concat, [first, rest @ ..]) => {
            let size = |shape: &Shape| (shape.height, shape.width);
            let channels = inputs.iter().map(|shape| shape.channels).sum();
            rest.iter()
                .all(|shape| size(shape) == size(first))
                .then_some(Shape { channels, ..*first })
        }
        _ => None,
    };
    shape.ok_or_else(|| mismatch(name, inputs))
}

/// `shape` with the channels that `op` gives it; `None` if `op` cannot take those it has.
fn channels(op: Op, shape: Shape) -> Option<Shape> {
    let channels = match op {
        Op::RepeatChannels { count } => (shape.channels == 1).then_some(count)?,
        Op::Convolution {
            out_channels,
            groups,
            ..
        } => {
            let divides =
                shape.channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups);
            divides.then_some(out_channels)?
        }
        _ => shape.channels,
    };
    Some(Shape { channels, ..shape })
}

fn mismatch(name: &str, inputs: &[Shape]) -> GraphError {
    let found: Vec<String> = inputs.iter().map(Shape::to_string).collect();
    GraphError::Inputs {
        node: name.to_owned(),
        found: found.join(" and "),
    }
}
