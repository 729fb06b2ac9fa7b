//! What server and models say of themselves.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Error;
use super::output::{OUTPUTS, Output};
use crate::models::{Current, Models, found};

/// Dimensions that differ from request to request.
const ANY: i64 = -1;

/// What a model takes and gives.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelMetadata {
    name: String,
    versions: Vec<String>,
    platform: &'static str,
    inputs: Vec<TensorMetadata>,
    outputs: Vec<TensorMetadata>,
    #[schema(value_type = Object)]
    parameters: Value,
}

#[derive(Serialize, ToSchema)]
struct TensorMetadata {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<i64>,
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Object)]
    parameters: Value,
}

/// What the server is.
#[utoipa::path(
    get,
    path = "/v2",
    tag = "KServe v2",
    responses((status = 200, description = "name, version, extensions", body = Object)),
)]
pub(crate) async fn server() -> Json<Value> {
    Json(json!({
        "name": "hilum",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["binary_tensor_data"],
    }))
}

/// What a model takes and gives.
#[utoipa::path(
    get,
    path = "/v2/models/{model}",
    tag = "KServe v2",
    params(("model" = String, Path)),
    responses((status = 200, description = "its tensors", body = ModelMetadata)),
)]
pub(crate) async fn model(
    State(models): State<Models>,
    Path(model): Path<String>,
) -> Result<Json<ModelMetadata>, Error> {
    Ok(Json(metadata(&model, &found(&models, &model, None)?)))
}

/// The same of a version.
#[utoipa::path(
    get,
    path = "/v2/models/{model}/versions/{version}",
    tag = "KServe v2",
    params(("model" = String, Path), ("version" = String, Path)),
    responses((status = 200, description = "its tensors", body = ModelMetadata)),
)]
pub(crate) async fn version(
    State(models): State<Models>,
    Path((model, version)): Path<(String, String)>,
) -> Result<Json<ModelMetadata>, Error> {
    let current = found(&models, &model, Some(&version))?;
    Ok(Json(metadata(&model, &current)))
}

fn metadata(name: &str, current: &Current) -> ModelMetadata {
    let file = current.model.file();
    let recipe = &file.recipe;
    let shape = [recipe.height, recipe.width, recipe.channels.count()];
    let images = || {
        let shape = shape.iter().map(|side| *side as i64);
        [ANY].into_iter().chain(shape).collect::<Vec<_>>()
    };
    let tensor = |name, datatype, shape| TensorMetadata {
        name,
        datatype,
        shape,
        parameters: Value::Null,
    };
    let says = |text| json!({ "description": text });
    let classes = file.classes.len() as i64;
    let of_output = |output: Output| {
        let shape = if output.is_of_classes {
            vec![ANY, classes]
        } else {
            vec![ANY]
        };
        tensor(output.name, output.datatype, shape)
    };
    ModelMetadata {
        name: name.to_owned(),
        versions: vec![current.version.to_string()],
        platform: "hilum",
        inputs: vec![
            TensorMetadata {
                parameters: says(
                    "files as they are: PNG, JPEG, DICOM and others, one slice each; one of the \
                     three inputs is given",
                ),
                ..tensor("image", "BYTES", vec![ANY])
            },
            TensorMetadata {
                parameters: says(
                    "slices that the model's recipe has prepared, before they are normalised",
                ),
                ..tensor("pixels", "UINT8", images())
            },
            TensorMetadata {
                parameters: says("the same, normalised: what the network reads"),
                ..tensor("tensor", "FP32", images())
            },
        ],
        outputs: OUTPUTS.into_iter().map(of_output).collect(),
        parameters: json!({ "classes": file.classes.names() }),
    }
}
