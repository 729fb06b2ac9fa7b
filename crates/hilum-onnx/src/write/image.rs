//! From an 8-bit image of any size to the numbers that a network reads.

use hilum_imaging::{Channels, Normalisation, Recipe, Views};

use super::nodes::{Axis, Nodes, Value, ints};
use super::resize::Resize;
use crate::proto::DataType;

/// What the whole graph reads.
pub(super) const IMAGE: &str = "image";

/// Its axes: any batch of images of one size, grey or RGB, channels innermost.
pub(super) const IMAGE_AXES: [Axis; 4] = [
    Axis::Named("batch"),
    Axis::Named("height"),
    Axis::Named("width"),
    Axis::Named("channels"),
];

/// Factors of the luma in 1/65536 (ITU-R BT.601-2, as Pillow's `convert("L")` rounds them): of a grey
/// image, of an RGB one.
const LUMA: [f32; 6] = [65536.0, 0.0, 0.0, 19595.0, 38470.0, 7471.0];

/// Appends what [`Recipe::prepare`] and [`Recipe::normalise_view`] do, but for the frame, and CLAHE,
/// which is refused before. The views lie behind one another: all images, then all of them mirrored.
pub(super) fn prepared(nodes: &mut Nodes, recipe: &Recipe) -> Value {
    let image = Value::input(IMAGE);
    let wide = nodes.cast("image/float", &image, DataType::Float);
    let planes = match recipe.channels {
        Channels::Grey => grey(nodes, &image, &wide),
        Channels::Rgb => {
            let order = vec![ints("perm", [0, 3, 1, 2])];
            nodes.op_with("image/planes", "Transpose", &[&wide], order)
        }
    };
    let resized = Resize::new(nodes, recipe, &image).apply(nodes, &planes);
    let normalised = normalised(nodes, recipe, &resized);
    match recipe.views {
        Views::Single => normalised,
        Views::Mirrored | Views::MirroredIfUnsure => {
            let ends = [
                ("starts", -1),
                ("ends", i64::MIN),
                ("axes", 3),
                ("steps", -1),
            ];
            let [starts, ends, axes, steps] =
                ends.map(|(name, value)| nodes.ints(&format!("views/{name}"), &[1], &[value]));
            let slice = [&normalised, &starts, &ends, &axes, &steps];
            let mirrored = nodes.op("views/mirrored", "Slice", &slice);
            let axis = vec![super::nodes::int("axis", 0)];
            nodes.op_with("views", "Concat", &[&normalised, &mirrored], axis)
        }
    }
}

/// One plane, with the luma of images of three channels.
fn grey(nodes: &mut Nodes, image: &Value, wide: &Value) -> Value {
    let shape = nodes.op("image/shape", "Shape", &[image]);
    let [zero, one, three] = [0, 1, 3].map(|number| nodes.ints("constant", &[1], &[number]));
    let channels = nodes.op("grey/channels", "Gather", &[&shape, &three]);
    let table = nodes.floats("grey/luma", &[2, 3], &LUMA);
    let row = nodes.op("grey/row", "Sub", &[&channels, &one]);
    let row = nodes.op("grey/row", "Min", &[&row, &one]);
    let factors = nodes.op("grey/factors", "Gather", &[&table, &row]);
    let factors = nodes.op("grey/factors", "Slice", &[&factors, &zero, &channels, &one]);
    let shape = nodes.ints("grey/column", &[2], &[-1, 1]);
    let factors = nodes.op("grey/factors", "Reshape", &[&factors, &shape]);
    let luma = nodes.op("grey", "MatMul", &[wide, &factors]);
    let unit = nodes.number(65536.0);
    let luma = nodes.op("grey", "Div", &[&luma, &unit]);
    let luma = rounded(nodes, "grey", &luma);
    let order = vec![ints("perm", [0, 3, 1, 2])];
    nodes.op_with("grey/plane", "Transpose", &[&luma], order)
}

/// To the nearest whole number, halves up.
pub(super) fn rounded(nodes: &mut Nodes, name: &str, value: &Value) -> Value {
    let half = nodes.number(0.5);
    let value = nodes.op(name, "Add", &[value, &half]);
    nodes.op(name, "Floor", &[&value])
}

/// The recipe's channels; a single plane is repeated where they are three.
fn normalised(nodes: &mut Nodes, recipe: &Recipe, bytes: &Value) -> Value {
    let white = nodes.number(255.0);
    let scaled = nodes.op("normalise/scaled", "Div", &[bytes, &white]);
    let count = recipe.channels.count();
    let (mean, std) = match &recipe.normalisation {
        Normalisation::Scale => (vec![0.0; count], vec![1.0; count]),
        Normalisation::MeanStd { mean, std } => (mean.clone(), std.clone()),
    };
    let mean = nodes.floats("normalise/mean", &[1, count, 1, 1], &mean);
    let std = nodes.floats("normalise/std", &[1, count, 1, 1], &std);
    let centred = nodes.op("normalise/centred", "Sub", &[&scaled, &mean]);
    nodes.op("normalise", "Div", &[&centred, &std])
}
