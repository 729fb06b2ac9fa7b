//! From layer to layer, in the order in which they call one another.

use std::collections::HashMap;

use hilum_graph::Shape;
use serde_json::Value as Json;

use super::translator::{Subject, Translator};
use super::value::Value;
use super::{activation, affine, convolution, dense, merge, norm, pooling, shape};
use crate::config::{Argument, Layer, Network, Reference};
use crate::error::ContentError;
use crate::left_out::LeftOut;
use crate::model::Wishes;

/// What a layer is called with, translated.
pub(super) enum Given {
    Value(Value),
    Numbers(Vec<f64>),
}

/// The shape of the images that the network reads.
pub(super) fn image_shape(network: &Network, wishes: &Wishes) -> Result<Shape, ContentError> {
    let [input] = &network.inputs[..] else {
        return Err(several(network, "inputs"));
    };
    let layer = network
        .layers
        .iter()
        .find(|one| one.place.layer == input.layer);
    let settings = layer.map(|layer| &layer.settings);
    let named = |key| settings.and_then(|settings| settings.get(key));
    let shape = named("batch_shape").or_else(|| named("batch_input_shape"));
    let no_image = || ContentError::NoImage {
        found: shape.unwrap_or(&Json::Null).to_string(),
    };
    let sides = shape.and_then(Json::as_array).ok_or_else(no_image)?;
    let side = |index: usize| match (&sides[index], wishes.image_size) {
        (Json::Null, Some(size)) => Ok(size),
        (Json::Null, None) => Err(ContentError::AnySize),
        (side, _) => {
            let side = side.as_u64().and_then(|side| usize::try_from(side).ok());
            side.ok_or_else(no_image)
        }
    };
    if sides.len() != 4 {
        return Err(no_image());
    }
    let channels = sides[3].as_u64().filter(|count| matches!(count, 1 | 3));
    let channels = channels.ok_or_else(no_image)?;
    let image = Shape::new(side(1)?, side(2)?, channels as usize);
    match wishes.image_size {
        Some(asked) if (image.height, image.width) != (asked, asked) => {
            let expected = image;
            Err(ContentError::OtherSize { expected, asked })
        }
        _ => Ok(image),
    }
}

fn several(network: &Network, what: &str) -> ContentError {
    ContentError::Unsupported {
        layer: network.name.clone(),
        what: format!("the model does not have one of its {what}, but none or several"),
        hint: "hilum's networks read one image and give one answer; save a model of these",
    }
}

/// The result of `network` for `inputs`; nodes are called `prefix` and their layer's name.
pub(super) fn run(
    translator: &mut Translator<'_>,
    network: &Network,
    inputs: &[Value],
    prefix: &str,
) -> Result<Value, ContentError> {
    let mut results: HashMap<(&str, usize), Value> = HashMap::new();
    if inputs.len() != network.inputs.len() {
        return Err(several(network, "inputs"));
    }
    for (input, value) in network.inputs.iter().zip(inputs) {
        results.insert((&input.layer, 0), value.clone());
    }
    let counts: HashMap<&str, usize> = network
        .layers
        .iter()
        .map(|layer| (layer.place.layer.as_str(), layer.calls.len()))
        .collect();
    // Keras 2 counts the calls of a model within another from the second on.
    let call_of = |reference: &Reference| {
        let count = counts.get(reference.layer.as_str()).copied();
        reference.call.min(count.unwrap_or(1).saturating_sub(1))
    };
    let calls = network.layers.iter().flat_map(|layer| {
        let calls = layer.calls.iter().enumerate();
        calls.map(move |(index, arguments)| (layer, index, arguments))
    });
    let mut waiting: Vec<(&Layer, usize, &Vec<Argument>)> = calls
        .filter(|(layer, ..)| layer.class != "InputLayer")
        .collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut still = Vec::new();
        for (layer, index, arguments) in waiting {
            let given = arguments.iter().map(|argument| match argument {
                Argument::Numbers(numbers) => Some(Given::Numbers(numbers.clone())),
                Argument::Tensor(reference) => results
                    .get(&(reference.layer.as_str(), call_of(reference)))
                    .map(|value| Given::Value(value.clone())),
            });
            match given.collect::<Option<Vec<Given>>>() {
                Some(given) => {
                    let result = call(translator, layer, &given, prefix)?;
                    results.insert((&layer.place.layer, index), result);
                }
                None => still.push((layer, index, arguments)),
            }
        }
        if still.len() == before {
            let (layer, ..) = still[0];
            return Err(layer.settings.unreadable("inbound_nodes"));
        }
        waiting = still;
    }
    let [output] = &network.outputs[..] else {
        return Err(several(network, "outputs"));
    };
    let output = results.remove(&(output.layer.as_str(), call_of(output)));
    output.ok_or_else(|| several(network, "outputs"))
}

fn call(
    translator: &mut Translator<'_>,
    layer: &Layer,
    given: &[Given],
    prefix: &str,
) -> Result<Value, ContentError> {
    let name = format!("{prefix}{}", layer.place.layer);
    let subject = Subject { layer, name: &name };
    if layer.calls.len() > 1 && has_weights(layer) {
        return Err(subject.unsupported(
            format!("it is called {} times", layer.calls.len()),
            "layers of hilum share no weights",
        ));
    }
    if layer.settings.text("data_format") == Some("channels_first") {
        return Err(subject.unsupported(
            "channels come first",
            "build the network with `channels_last`, Keras's default",
        ));
    }
    if let Some(result) = of_several(translator, subject, given)? {
        return Ok(result);
    }
    let [Given::Value(input)] = given else {
        return Err(subject.unsupported(
            format!("it is called with {} arguments", given.len()),
            "a layer of its class takes one tensor",
        ));
    };
    if let Some(network) = &layer.network {
        return run(
            translator,
            network,
            std::slice::from_ref(input),
            &format!("{name}."),
        );
    }
    of_one(translator, subject, input)
}

/// Whether a layer has weights that two calls would share.
fn has_weights(layer: &Layer) -> bool {
    layer.network.is_some()
        || matches!(
            layer.class.as_str(),
            "Conv2D" | "DepthwiseConv2D" | "SeparableConv2D" | "Dense" | "BatchNormalization"
        )
}

/// What a layer of several arguments makes; `None` if it is no such layer.
fn of_several(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    given: &[Given],
) -> Result<Option<Value>, ContentError> {
    if let Some(affine) = affine::of_numbers(subject, given)? {
        let (input, affine) = affine;
        return affine::apply(translator, subject, input, &affine).map(Some);
    }
    let values: Option<Vec<&Value>> = given
        .iter()
        .map(|given| match given {
            Given::Value(value) => Some(value),
            Given::Numbers(_) => None,
        })
        .collect();
    let Some(values) = values else {
        return Ok(None);
    };
    let merged = match operation(subject.layer) {
        "Add" | "__operators__.add" | "math.add" => merge::add(translator, subject, &values),
        "Concatenate" | "concat" => merge::concatenate(translator, subject, &values),
        "Multiply" | "math.multiply" => merge::multiply(translator, subject, &values),
        _ => return Ok(None),
    };
    merged.map(Some)
}

/// The layer's class, or the function that a layer of Keras 2 stands for.
pub(super) fn operation(layer: &Layer) -> &str {
    match layer.class.as_str() {
        "TFOpLambda" | "SlicingOpLambda" => layer.settings.text("function").unwrap_or_default(),
        class => class,
    }
}

fn of_one(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    match operation(subject.layer) {
        "Conv2D" | "Convolution2D" => convolution::convolution(translator, subject, input),
        "DepthwiseConv2D" => convolution::depthwise(translator, subject, input),
        "SeparableConv2D" | "SeparableConvolution2D" => {
            convolution::separable(translator, subject, input)
        }
        "Dense" => dense::dense(translator, subject, input),
        "BatchNormalization" | "BatchNormalizationV1" | "SyncBatchNormalization" => {
            norm::batch_norm(translator, subject, input)
        }
        "Activation" => activation::of_settings(translator, subject, input),
        "ReLU" => activation::relu_layer(translator, subject, input),
        "Softmax" | "nn.softmax" => activation::apply(translator, subject, input, "softmax"),
        "nn.relu" => activation::apply(translator, subject, input, "relu"),
        "nn.relu6" => activation::apply(translator, subject, input, "relu6"),
        "nn.silu" | "nn.swish" => activation::apply(translator, subject, input, "silu"),
        "nn.sigmoid" | "math.sigmoid" => activation::apply(translator, subject, input, "sigmoid"),
        "MaxPooling2D" | "MaxPool2D" => pooling::maximum(translator, subject, input),
        "AveragePooling2D" | "AvgPool2D" => pooling::average(translator, subject, input),
        "GlobalAveragePooling2D" | "GlobalAvgPool2D" => {
            pooling::global_average(translator, subject, input)
        }
        "GlobalMaxPooling2D" | "GlobalMaxPool2D" => {
            pooling::global_maximum(translator, subject, input)
        }
        "Flatten" => shape::flatten(translator, subject, input),
        "Reshape" => shape::reshape(translator, subject, input),
        "ZeroPadding2D" => shape::zero_padding(translator, subject, input),
        "Dropout" => shape::dropout(translator, subject, input),
        "Rescaling" => affine::rescaling(translator, subject, input),
        "Normalization" => affine::normalization(translator, subject, input),
        class if TRAINING_ALONE.contains(&class) => {
            translator.left_out.push(LeftOut::TrainingLayer {
                layer: subject.layer.place.layer.clone(),
                class: class.to_owned(),
            });
            Ok(input.clone())
        }
        class => Err(unknown(subject, class)),
    }
}

/// Layers that hand on what they read when nothing is trained.
const TRAINING_ALONE: [&str; 17] = [
    "ActivityRegularization",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "RandomBrightness",
    "RandomContrast",
    "RandomErasing",
    "RandomFlip",
    "RandomGrayscale",
    "RandomHeight",
    "RandomRotation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "SpatialDropout2D",
];

fn unknown(subject: Subject<'_>, class: &str) -> ContentError {
    let hint = match class {
        "Lambda" | "TFOpLambda" | "" => {
            "a `Lambda` holds Python code; put a layer of Keras in its place, such as `Rescaling`"
        }
        "LeakyReLU" | "PReLU" | "ELU" => "hilum has `relu`, `relu6`, `silu` and `sigmoid`",
        "LayerNormalization" | "GroupNormalization" | "UnitNormalization" => {
            "hilum has `BatchNormalization`"
        }
        "Conv2DTranspose" | "UpSampling2D" | "Cropping2D" => {
            "hilum has networks that classify: convolutions, pooling, dense layers and what is \
             between them"
        }
        "Resizing" | "CenterCrop" => {
            "hilum resizes images before the network reads them; build it for that size, without \
             this layer"
        }
        _ => {
            "hilum has Conv2D, DepthwiseConv2D, SeparableConv2D, Dense, BatchNormalization, pooling, \
             ZeroPadding2D, Flatten, Reshape, Dropout, Add, Concatenate, Multiply, Rescaling, \
             Normalization and activations"
        }
    };
    ContentError::UnknownLayer {
        layer: subject.layer.place.layer.clone(),
        class: class.to_owned(),
        hint,
    }
}
