//! The end of a network: logits, a head, and what is handed out besides.

use hilum_graph::{Activation, GraphBuilder, NodeIndex, Op, Tensor};

use super::Translated;
use super::translator::Translator;
use super::value::Value;
use crate::error::ContentError;
use crate::model::Scaling;

/// The graph, if `output` is what it gives.
pub(super) fn finish(
    mut translator: Translator<'_>,
    output: &Value,
) -> Result<Translated, ContentError> {
    let name = translator.builder.node(output.node).name.clone();
    let unsupported = |what: &str, hint| ContentError::Unsupported {
        layer: name.clone(),
        what: what.to_owned(),
        hint,
    };
    let shape = translator.builder.shape(output.node);
    let is_answer = output.node == translator.builder.last()
        && output.node != translator.builder.input()
        && (shape.height, shape.width) == (1, 1)
        && output.order.is_none();
    if !is_answer {
        return Err(unsupported(
            "the network does not end in one number for each class",
            "hilum classifies: let a dense layer, or a convolution and a global average, be the last",
        ));
    }
    let last = translator.builder.node(output.node).op;
    let is_sigmoid = last == Op::Activation(Activation::Sigmoid) && !output.softmax;
    if is_sigmoid && shape.channels > 1 {
        return Err(unsupported(
            "each class has a sigmoid of its own",
            "hilum's classes exclude one another: train with `softmax`",
        ));
    }
    if is_sigmoid {
        translator.builder.pop();
    }
    if shape.channels == 1 {
        two_classes(&mut translator, &unsupported)?;
    }
    head_and_taps(&mut translator.builder)?;
    let scaling = translator.scaling.filter(|scaling| !scaling.is_identity());
    Ok(Translated {
        graph: translator.builder.finish()?,
        parameters: translator.parameters,
        scaling: scaling.map(|scaling| Scaling {
            factors: scaling.factors,
            summands: scaling.summands,
        }),
        left_out: translator.left_out,
    })
}

/// One logit `z` as two, `0` and `z`: their softmax is the sigmoid of `z`.
fn two_classes(
    translator: &mut Translator<'_>,
    unsupported: &dyn Fn(&str, &'static str) -> ContentError,
) -> Result<(), ContentError> {
    let last = translator.builder.node(translator.builder.last());
    let Op::Dense { bias, .. } = last.op else {
        return Err(unsupported(
            "it gives one number, and is no dense layer",
            "let a dense layer be the last",
        ));
    };
    let node = translator.builder.pop().expect("it was there");
    let op = Op::Dense {
        out_features: 2,
        bias,
    };
    translator.builder.try_add(&node.name, op, &node.inputs)?;
    for suffix in ["weight", "bias"] {
        let name = format!("{}.{suffix}", node.name);
        if let Some(own) = translator.parameters.remove(&name) {
            let mut shape = own.shape;
            shape[0] = 2;
            let data = [vec![0.0; own.data.len()], own.data].concat();
            translator.parameters.insert(name, Tensor::new(shape, data));
        }
    }
    Ok(())
}

/// The head is the last layer that has weights, with the dropout before it. An eighth and a
/// sixteenth of the image's size are handed out too, as of the networks that hilum knows.
fn head_and_taps(builder: &mut GraphBuilder) -> Result<(), ContentError> {
    let nodes: Vec<NodeIndex> = (0..=builder.last().0).map(NodeIndex).collect();
    let has_weights = |node: &&NodeIndex| {
        matches!(
            builder.node(**node).op,
            Op::Convolution { .. } | Op::Dense { .. } | Op::BatchNorm { .. }
        )
    };
    let mut head = nodes
        .iter()
        .rfind(has_weights)
        .copied()
        .unwrap_or(builder.last());
    if let [before] = builder.node(head).inputs[..]
        && matches!(builder.node(before).op, Op::Dropout { .. })
        && before.0 + 1 == head.0
    {
        head = before;
    }
    let image = builder.shape(builder.input()).height;
    let mut taps: Vec<NodeIndex> = Vec::new();
    for divisor in [8, 16] {
        let is_large = |node: &&NodeIndex| {
            node.0 > 0
                && node.0 + 1 < head.0
                && builder.shape(**node).height >= image.div_ceil(divisor)
        };
        if let Some(node) = nodes.iter().rfind(is_large)
            && builder.shape(*node).height > 1
            && !taps.contains(node)
        {
            taps.push(*node);
        }
    }
    for tap in taps {
        builder.tap(tap);
    }
    Ok(builder.head_at(head)?)
}
