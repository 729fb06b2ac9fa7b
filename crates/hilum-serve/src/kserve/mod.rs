//! KServe's V2 protocol, the Open Inference Protocol.

mod data;
pub(crate) mod infer;
mod input;
pub(crate) mod metadata;
mod output;
mod request;

use axum::Json;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use crate::context::Context;
use crate::refusal::Refusal;

pub(crate) fn routes() -> Router<Context> {
    Router::new()
        .route("/v2", get(metadata::server))
        .route("/v2/models/{model}", get(metadata::model))
        .route(
            "/v2/models/{model}/versions/{version}",
            get(metadata::version),
        )
        .route("/v2/models/{model}/infer", post(infer::infer))
        .route(
            "/v2/models/{model}/versions/{version}/infer",
            post(infer::infer_version),
        )
}

/// A refusal as the protocol has it: `{"error": ...}`.
pub(crate) struct Error(Refusal);

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.0.answered(Json(json!({ "error": self.0.line() })))
    }
}
