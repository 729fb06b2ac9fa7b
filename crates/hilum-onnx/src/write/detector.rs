//! How like the training data an image is.

use hilum_trust::detector::{Contrast, Density, DetectorRecord, Part};

use super::nodes::{Nodes, Value, int, ints};
use crate::proto::DataType;

/// What the detector says, one value an image.
#[derive(Debug)]
pub(super) struct Typicality {
    /// The score; the higher, the less like the training data.
    pub(super) score: Value,
    /// The share of held-out slices that are as unlike or more.
    pub(super) share: Value,
    /// Whether the score lies above the threshold.
    pub(super) is_unlike: Value,
}

/// Appends [`DetectorRecord::judge`], but for the rule about the body.
pub(super) fn typicality(
    nodes: &mut Nodes,
    detector: &DetectorRecord,
    taps: &[Value],
) -> Typicality {
    let taps: Vec<&Value> = taps.iter().collect();
    let row = nodes.op_with("detector/row", "Concat", &taps, vec![int("axis", 1)]);
    let scores = [
        density(nodes, detector.density(), &row),
        contrast(nodes, detector.contrast(), &row),
    ];
    let [low, high] = DetectorRecord::STANDARDISED.map(|limit| nodes.number(limit as f32));
    let standardised = [0, 1].map(|member| {
        let [middle, scale] = detector.standards()[member].map(|value| nodes.number(value as f32));
        let value = nodes.op("detector/standardised", "Sub", &[&scores[member], &middle]);
        let value = nodes.op("detector/standardised", "Div", &[&value, &scale]);
        nodes.op("detector/standardised", "Clip", &[&value, &low, &high])
    });
    let score = nodes.op(
        "detector/score",
        "Add",
        &[&standardised[0], &standardised[1]],
    );
    let limit = detector.threshold() + DetectorRecord::ABOVE_THRESHOLD;
    let limit = nodes.number(limit as f32);
    let is_unlike = nodes.op("detector/unlike", "Greater", &[&score, &limit]);
    let share = share(nodes, detector, &score);
    let flat = nodes.ints("detector/flat", &[1], &[-1]);
    let mut flattened = |name: &str, value: &Value| {
        nodes.op(&format!("detector/{name}"), "Reshape", &[value, &flat])
    };
    Typicality {
        score: flattened("score", &score),
        share: flattened("share", &share),
        is_unlike: flattened("unlike", &is_unlike),
    }
}

/// The share of held-out scores that are not below `score`, a column.
fn share(nodes: &mut Nodes, detector: &DetectorRecord, score: &Value) -> Value {
    let held_out = detector.held_out();
    let count = nodes.number(held_out.len() as f32);
    let held_out = nodes.floats("detector/held_out", &[1, held_out.len()], held_out);
    let above = nodes.op("detector/above", "GreaterOrEqual", &[&held_out, score]);
    let above = nodes.cast("detector/above", &above, DataType::Float);
    let above = sum(nodes, "detector/above", &above);
    nodes.op("detector/share", "Div", &[&above, &count])
}

/// Over the second axis, which stays.
fn sum(nodes: &mut Nodes, name: &str, value: &Value) -> Value {
    let axis = nodes.ints("constant", &[1], &[1]);
    nodes.op_with(name, "ReduceSum", &[value, &axis], vec![int("keepdims", 1)])
}

/// What a member sees of a row: means over neighbouring cells, part after part.
fn seen(nodes: &mut Nodes, name: &str, parts: &[Part], row: &Value) -> Value {
    let seen: Vec<Value> = parts
        .iter()
        .map(|part| seen_part(nodes, name, *part, row))
        .collect();
    if let [only] = &seen[..] {
        return only.clone();
    }
    let seen: Vec<&Value> = seen.iter().collect();
    nodes.op_with(name, "Concat", &seen, vec![int("axis", 1)])
}

fn seen_part(nodes: &mut Nodes, name: &str, part: Part, row: &Value) -> Value {
    let Part {
        start,
        grid,
        channels,
        seen,
    } = part;
    let limits = [start, start + grid * grid * channels, 1];
    let [from, to, axis] = limits.map(|limit| nodes.ints(name, &[1], &[limit as i64]));
    let cells = nodes.op(name, "Slice", &[row, &from, &to, &axis]);
    let span = grid / seen;
    let shape = [seen, span, seen, span, channels].map(|length| length as i64);
    let shape: Vec<i64> = [-1].into_iter().chain(shape).collect();
    let shape = nodes.ints(name, &[6], &shape);
    let cells = nodes.op(name, "Reshape", &[&cells, &shape]);
    let over = vec![ints("axes", [2, 4]), int("keepdims", 0)];
    let means = nodes.op_with(name, "ReduceMean", &[&cells], over);
    let flat = nodes.ints(name, &[2], &[-1, part.width() as i64]);
    nodes.op(name, "Reshape", &[&means, &flat])
}

/// The logarithm of the squared Mahalanobis distance, of what is seen brought to length one.
fn density(nodes: &mut Nodes, density: &Density, row: &Value) -> Value {
    let name = "detector/density";
    let seen = seen(nodes, name, &density.parts, row);
    let squares = nodes.op(name, "Mul", &[&seen, &seen]);
    let length = sum(nodes, name, &squares);
    let length = nodes.op(name, "Sqrt", &[&length]);
    let least = nodes.number(1e-12);
    let length = nodes.op(name, "Max", &[&length, &least]);
    let feature = nodes.op(name, "Div", &[&seen, &length]);
    let width = density.mean().len();
    let mean = nodes.floats("detector/density/mean", &[1, width], density.mean());
    let feature = nodes.op(name, "Sub", &[&feature, &mean]);
    let directions: Vec<f32> = density.directions().collect();
    let shape = [directions.len() / width, width];
    let directions = nodes.floats("detector/density/directions", &shape, &directions);
    let along = nodes.op_with(
        name,
        "Gemm",
        &[&feature, &directions],
        vec![int("transB", 1)],
    );
    let squares = nodes.op(name, "Mul", &[&along, &along]);
    let distance = sum(nodes, name, &squares);
    let distance = nodes.op(name, "Max", &[&distance, &least]);
    nodes.op(name, "Log", &[&distance])
}

/// The logarithm of how likely any kind of other picture is, against the training slices.
fn contrast(nodes: &mut Nodes, contrast: &Contrast, row: &Value) -> Value {
    let name = "detector/contrast";
    let seen = seen(nodes, name, &contrast.parts, row);
    let [mean, factor] = contrast.standards();
    let (width, kinds) = (mean.len(), contrast.kind_count());
    let mean = nodes.floats("detector/contrast/mean", &[1, width], mean);
    let factor = nodes.floats("detector/contrast/factor", &[1, width], factor);
    let input = nodes.op(name, "Sub", &[&seen, &mean]);
    let input = nodes.op(name, "Mul", &[&input, &factor]);
    let limits = [-Contrast::WITHIN, Contrast::WITHIN];
    let [low, high] = limits.map(|limit| nodes.number(limit));
    let input = nodes.op(name, "Clip", &[&input, &low, &high]);
    let (weights, bias) = contrast.weights().split_at(width * kinds);
    let weights = nodes.floats("detector/contrast/weights", &[width, kinds], weights);
    let bias = nodes.floats("detector/contrast/bias", &[kinds], bias);
    let logits = nodes.op(name, "Gemm", &[&input, &weights, &bias]);
    let [zero, one, kinds] = [0, 1, kinds as i64].map(|limit| nodes.ints(name, &[1], &[limit]));
    let like = nodes.op(name, "Slice", &[&logits, &zero, &one, &one]);
    let others = nodes.op(name, "Slice", &[&logits, &one, &kinds, &one]);
    let over = vec![ints("axes", [1]), int("keepdims", 1)];
    let others = nodes.op_with(name, "ReduceLogSumExp", &[&others], over);
    nodes.op(name, "Sub", &[&others, &like])
}
