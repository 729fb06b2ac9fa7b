//! Layers and their calls.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::arguments::{Argument, Reference, calls, references};
use super::place::{Place, snake_case};
use super::settings::Settings;
use crate::error::ContentError;

/// How deep models lie in one another at most.
const MAX_DEPTH: usize = 16;

/// How many layers a model has at most.
const MAX_LAYERS: usize = 1 << 13;

/// A model, or a model that is a layer of another.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) name: String,
    pub(crate) layers: Vec<Layer>,
    pub(crate) inputs: Vec<Reference>,
    pub(crate) outputs: Vec<Reference>,
}

/// A layer and every call of it.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) place: Place,
    pub(crate) class: String,
    pub(crate) settings: Settings,
    pub(crate) calls: Vec<Vec<Argument>>,
    /// If it is a model itself.
    pub(crate) network: Option<Network>,
}

impl Network {
    /// The model that `{"class_name": ..., "config": ...}` describes.
    pub(crate) fn parse(model: &Value) -> Result<Self, ContentError> {
        parse_model(model, None)
    }
}

fn unreadable(layer: &str, key: &str) -> ContentError {
    ContentError::Config {
        layer: layer.to_owned(),
        key: key.to_owned(),
    }
}

/// Classes that are models.
fn is_model(class: &str) -> bool {
    matches!(class, "Sequential" | "Functional" | "Model")
}

fn parse_model(model: &Value, around: Option<&Place>) -> Result<Network, ContentError> {
    let class = model.get("class_name").and_then(Value::as_str);
    let class = class.ok_or_else(|| unreadable("model", "class_name"))?;
    if !is_model(class) {
        return Err(ContentError::UnknownLayer {
            layer: around.map_or("model", |place| &place.layer).to_owned(),
            class: class.to_owned(),
            hint: "a class of one's own holds its network in Python code; build it of Keras's layers \
                   with `keras.Model(inputs, outputs)` and save that",
        });
    }
    let config = model.get("config").unwrap_or(&Value::Null);
    let name = config
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or("model");
    // Keras before 2.2.3 wrote the list alone.
    let list = config.get("layers").unwrap_or(config).as_array();
    let list = list.ok_or_else(|| unreadable(name, "layers"))?;
    if list.len() > MAX_LAYERS {
        return Err(unreadable(name, "layers"));
    }
    let mut counts = HashMap::new();
    let layers = list
        .iter()
        .map(|layer| parse_layer(layer, around, &mut counts));
    let layers = layers.collect::<Result<Vec<Layer>, _>>()?;
    if class == "Sequential" {
        return in_sequence(name, layers, input_shape(model, list));
    }
    let ends = |key: &'static str| {
        let ends = config.get(key).and_then(references);
        ends.ok_or_else(|| unreadable(name, key))
    };
    Ok(Network {
        name: name.to_owned(),
        layers,
        inputs: ends("input_layers")?,
        outputs: ends("output_layers")?,
    })
}

fn parse_layer(
    layer: &Value,
    around: Option<&Place>,
    counts: &mut HashMap<String, usize>,
) -> Result<Layer, ContentError> {
    let class = layer.get("class_name").and_then(Value::as_str);
    let class = class.ok_or_else(|| unreadable("a layer", "class_name"))?;
    let config = layer.get("config");
    let name = [
        layer.get("name"),
        config.and_then(|config| config.get("name")),
    ]
    .into_iter()
    .flatten()
    .find_map(Value::as_str);
    let name = name.unwrap_or(class);
    // Models of Keras 2 that are called `Model` are of the class `Functional`.
    let snake = snake_case(if class == "Model" {
        "Functional"
    } else {
        class
    });
    let count = counts.entry(snake.clone()).or_default();
    let numbered = if *count == 0 {
        snake.clone()
    } else {
        format!("{snake}_{count}")
    };
    *count += 1;
    let place = match around {
        Some(around) => around.within(name, numbered),
        None => Place::outermost(name, numbered),
    };
    if place.depth() > MAX_DEPTH {
        return Err(unreadable(name, "layers"));
    }
    let network = is_model(class).then(|| parse_model(layer, Some(&place)));
    let inbound = layer.get("inbound_nodes");
    let calls = inbound.map_or(Some(Vec::new()), calls);
    // Those of a model are its layers, which are parsed.
    let settings = config
        .and_then(Value::as_object)
        .filter(|_| network.is_none());
    Ok(Layer {
        class: class.to_owned(),
        settings: Settings::new(name, settings.cloned().unwrap_or_default()),
        calls: calls.ok_or_else(|| unreadable(name, "inbound_nodes"))?,
        network: network.transpose()?,
        place,
    })
}

/// The shape of the images of a sequential model that has no input layer.
fn input_shape<'a>(model: &'a Value, layers: &'a [Value]) -> Option<&'a Value> {
    let first = layers.first()?;
    let places = [
        first.pointer("/config/batch_shape"),
        first.pointer("/config/batch_input_shape"),
        model.pointer("/config/build_input_shape"),
        model.pointer("/build_config/input_shape"),
        first.pointer("/build_config/input_shape"),
        first.pointer("/config/layers/0/config/batch_shape"),
        first.pointer("/config/layers/0/config/batch_input_shape"),
    ];
    places.into_iter().flatten().find(|one| one.is_array())
}

/// Each layer reads the one before it.
fn in_sequence(
    name: &str,
    mut layers: Vec<Layer>,
    shape: Option<&Value>,
) -> Result<Network, ContentError> {
    if layers
        .first()
        .is_none_or(|first| first.class != "InputLayer")
    {
        let settings = Map::from_iter([("batch_shape".to_owned(), json!(shape))]);
        let input = "input of the sequence";
        layers.insert(
            0,
            Layer {
                place: Place::outermost(input, String::new()),
                class: "InputLayer".to_owned(),
                settings: Settings::new(input, settings),
                calls: Vec::new(),
                network: None,
            },
        );
    }
    let result_of = |layer: &Layer| Reference {
        layer: layer.place.layer.clone(),
        call: 0,
    };
    let results: Vec<Reference> = layers.iter().map(result_of).collect();
    for (layer, before) in layers.iter_mut().skip(1).zip(&results) {
        layer.calls = vec![vec![Argument::Tensor(before.clone())]];
    }
    let last = results.last().ok_or_else(|| unreadable(name, "layers"))?;
    Ok(Network {
        name: name.to_owned(),
        inputs: vec![results[0].clone()],
        outputs: vec![last.clone()],
        layers,
    })
}
