//! An inference request: JSON, and what may follow it in binary.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::data::Data;
use crate::refusal::Refusal;

/// How long the JSON is, where binary data follows.
pub(super) const HEADER_LENGTH: HeaderName =
    HeaderName::from_static("inference-header-content-length");

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InferRequest {
    pub(super) id: Option<String>,
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    pub(super) inputs: Vec<InputTensor>,
    pub(super) outputs: Option<Vec<OutputWish>>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct InputTensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) datatype: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<Value>>)]
    data: Option<Data>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct OutputWish {
    pub(super) name: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
}

/// The values of an input.
pub(super) enum Values {
    Json(Data),
    Binary(Bytes),
}

impl InferRequest {
    /// Takes a body apart; gives also the values of its one input.
    ///
    /// # Errors
    /// `400`.
    pub(super) fn read(headers: &HeaderMap, body: &Bytes) -> Result<(Self, Values), Refusal> {
        let length = json_length(headers, body.len())?;
        let (json, binary) = (body.slice(..length), body.slice(length..));
        let mut request: Self = serde_json::from_slice(&json).map_err(|error| {
            Refusal::malformed(format!(
                "the request is not as the protocol has it: {error}"
            ))
        })?;
        let [input] = request.inputs.as_mut_slice() else {
            let count = request.inputs.len();
            let error = format!("{count} inputs, and one is wanted");
            return Err(Refusal::malformed(error).hint("`image`, `pixels` or `tensor`"));
        };
        let values = input.values(binary)?;
        Ok((request, values))
    }

    /// Whether an output is sent in binary.
    pub(super) fn is_binary(&self, wish: Option<&OutputWish>) -> bool {
        let of_all = flag(&self.parameters, "binary_data_output");
        let of_one = wish.and_then(|wish| flag(&wish.parameters, "binary_data"));
        of_one.or(of_all).unwrap_or(false)
    }
}

impl OutputWish {
    /// Whether more is wanted of it than its values.
    pub(super) fn wants_classification(&self) -> bool {
        self.parameters.contains_key("classification")
    }
}

impl InputTensor {
    fn values(&mut self, binary: Bytes) -> Result<Values, Refusal> {
        let size = self.parameters.get("binary_data_size");
        let size = size.map(|size| size.as_u64().and_then(|size| usize::try_from(size).ok()));
        match (self.data.take(), size) {
            (Some(data), None) if binary.is_empty() => Ok(Values::Json(data)),
            (None, Some(Some(size))) if size == binary.len() => Ok(Values::Binary(binary)),
            (None, None) if !binary.is_empty() => Ok(Values::Binary(binary)),
            (None, None) => Err(Refusal::malformed("the input has no `data`")),
            (Some(_), _) => Err(Refusal::malformed(
                "the input has `data`, and binary data follows",
            )),
            (None, Some(_)) => Err(Refusal::malformed(format!(
                "`binary_data_size` is not the {} bytes that follow the JSON",
                binary.len()
            ))),
        }
    }
}

fn flag(parameters: &Map<String, Value>, name: &str) -> Option<bool> {
    parameters.get(name).and_then(Value::as_bool)
}

/// How much of a body is JSON.
fn json_length(headers: &HeaderMap, body: usize) -> Result<usize, Refusal> {
    let Some(value) = headers.get(HEADER_LENGTH) else {
        return Ok(body);
    };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.filter(|length| *length <= body).ok_or_else(|| {
        Refusal::malformed(format!(
            "`Inference-Header-Content-Length` is no part of a body of {body} bytes"
        ))
    })
}
