//! The network with its preprocessing and its answer.

use hilum_core::Classes;
use hilum_imaging::{Recipe, Views};
use hilum_trust::Answering;
use hilum_trust::detector::DetectorRecord;

use super::answer::{Told, told};
use super::description;
use super::detector::{Typicality, typicality};
use super::image::{IMAGE, IMAGE_AXES, prepared};
use super::network::network;
use super::nodes::{Axis, Nodes, Value, info, int, ints};
use super::{Exported, InexpressibleError};
use crate::proto::{DataType, ValueInfoProto};

/// What goes around the network.
#[derive(Debug, Clone)]
pub struct Whole<'a> {
    /// How an image becomes its input.
    pub recipe: &'a Recipe,
    /// What its logits stand for.
    pub classes: &'a Classes,
    /// How logits become an answer, and when there is none.
    pub answering: &'a Answering<'a>,
    /// What is unlike the training data; nothing tells if absent.
    pub detector: Option<&'a DetectorRecord>,
}

/// Writes everything from an 8-bit image of any size to the answer.
///
/// # Errors
/// [`InexpressibleError`] if ONNX cannot say what the recipe does.
///
/// # Panics
/// If parameters of the graph are missing.
pub fn write_whole(
    exported: &Exported<'_>,
    whole: &Whole<'_>,
) -> Result<Vec<u8>, InexpressibleError> {
    let Exported {
        graph, parameters, ..
    } = exported;
    let Whole {
        recipe,
        answering,
        detector,
        ..
    } = whole;
    if recipe.clahe.is_some() {
        return Err(InexpressibleError::Clahe);
    }
    let mut nodes = Nodes::default();
    let input = prepared(&mut nodes, recipe);
    let taps = if detector.is_some() {
        graph.taps()
    } else {
        &[]
    };
    let results = network(&mut nodes, graph, parameters, &input, taps);
    let class_count = graph.class_count();
    let logits = of_views(&mut nodes, recipe.views, &results.logits, class_count);
    let typicality = detector.map(|detector| {
        let taps: Vec<Value> = results
            .taps
            .iter()
            .zip(graph.taps())
            .map(|(value, tap)| {
                let width = graph.tap_value_count(*tap);
                first_view(&mut nodes, recipe.views, value, width)
            })
            .collect();
        typicality(&mut nodes, detector, &taps)
    });
    let is_unlike = typicality.as_ref().map(|found| &found.is_unlike);
    let told = told(&mut nodes, answering, &logits, class_count, is_unlike);
    let outputs = outputs(&mut nodes, &logits, &told, typicality.as_ref(), class_count);
    let text = description::whole(graph, whole);
    let input = info(IMAGE, DataType::Uint8, &IMAGE_AXES);
    let written = nodes.finish(graph.name(), text.clone(), input, outputs);
    Ok(exported.bytes(written, text))
}

/// What the views say together, as batch x width, of rows of all first views, then rows of all second
/// ones: their mean, in which the second may count for less.
fn of_views(nodes: &mut Nodes, views: Views, rows: &Value, width: usize) -> Value {
    let Some(apart) = views_apart(nodes, views, rows, width) else {
        return rows.clone();
    };
    if views != Views::MirroredIfUnsure {
        let over = vec![ints("axes", [0]), int("keepdims", 0)];
        return nodes.op_with("views/mean", "ReduceMean", &[&apart], over);
    }
    let [first, second] = [0, 1].map(|view| of_view(nodes, view, &apart));
    let along = vec![int("axis", 1)];
    let likely = nodes.op_with("views/likely", "Softmax", &[&first], along);
    let likeliest = vec![ints("axes", [1]), int("keepdims", 1)];
    let likely = nodes.op_with("views/likely", "ReduceMax", &[&likely], likeliest);
    let between = Views::SURE - Views::UNSURE;
    let [sure, twice, none, half] =
        [Views::SURE, 2.0 * between, 0.0, 0.5].map(|number| nodes.number(number as f32));
    let weight = nodes.op("views/doubt", "Sub", &[&sure, &likely]);
    let weight = nodes.op("views/doubt", "Div", &[&weight, &twice]);
    let weight = nodes.op("views/weight", "Clip", &[&weight, &none, &half]);
    let apart = nodes.op("views/apart", "Sub", &[&second, &first]);
    let moved = nodes.op("views/moved", "Mul", &[&apart, &weight]);
    nodes.op("views/logits", "Add", &[&first, &moved])
}

/// The rows of the first views, as batch x width.
fn first_view(nodes: &mut Nodes, views: Views, rows: &Value, width: usize) -> Value {
    let Some(apart) = views_apart(nodes, views, rows, width) else {
        return rows.clone();
    };
    of_view(nodes, 0, &apart)
}

fn of_view(nodes: &mut Nodes, view: i64, apart: &Value) -> Value {
    let view = nodes.int(view);
    let along = vec![int("axis", 0)];
    nodes.op_with("views/one", "Gather", &[apart, &view], along)
}

/// Views x batch x width; `None` if there is a single view.
fn views_apart(nodes: &mut Nodes, views: Views, rows: &Value, width: usize) -> Option<Value> {
    let count = views.count();
    if count == 1 {
        return None;
    }
    let shape = nodes.ints("views/shape", &[3], &[count as i64, -1, width as i64]);
    Some(nodes.op("views/apart", "Reshape", &[rows, &shape]))
}

/// Names all that is told.
fn outputs(
    nodes: &mut Nodes,
    logits: &Value,
    told: &Told,
    typicality: Option<&Typicality>,
    class_count: usize,
) -> Vec<ValueInfoProto> {
    let batch = Axis::Named("batch");
    let each = [batch];
    let classes = [batch, Axis::Of(class_count)];
    let mut list: Vec<(&str, &Value, DataType, &[Axis])> = vec![
        (
            "probabilities",
            &told.probabilities,
            DataType::Float,
            &classes,
        ),
        ("class", &told.class, DataType::Int64, &each),
        ("abstained", &told.abstained, DataType::Bool, &each),
        ("reason", &told.reason, DataType::Int64, &each),
        ("logits", logits, DataType::Float, &classes),
    ];
    if let Some(set) = &told.set {
        list.push(("set", set, DataType::Bool, &classes));
    }
    if let Some(found) = typicality {
        list.push(("detector_score", &found.score, DataType::Float, &each));
        list.push(("as_unlike", &found.share, DataType::Float, &each));
    }
    let mut infos = Vec::with_capacity(list.len());
    for (name, value, data_type, axes) in list {
        nodes.result(name, value);
        infos.push(info(name, data_type, axes));
    }
    infos
}
