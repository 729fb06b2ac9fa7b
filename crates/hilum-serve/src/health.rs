//! Whether the server lives, and whether its models answer.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;

use crate::context::Context;
use crate::models::Models;

pub(crate) fn routes() -> Router<Context> {
    Router::new()
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
        .route("/v2/models/{model}/ready", get(model_ready))
        .route(
            "/v2/models/{model}/versions/{version}/ready",
            get(version_ready),
        )
}

/// Whether the server lives.
#[utoipa::path(
    get,
    path = "/v2/health/live",
    tag = "KServe v2",
    responses((status = 200, description = "it lives")),
)]
pub(crate) async fn live() -> StatusCode {
    StatusCode::OK
}

/// Whether every model answers.
#[utoipa::path(
    get,
    path = "/v2/health/ready",
    tag = "KServe v2",
    responses((status = 200, description = "it answers"), (status = 503, description = "it does not")),
)]
pub(crate) async fn ready(State(models): State<Models>) -> StatusCode {
    status(models.slots().iter().all(|slot| slot.is_ready()))
}

/// Whether a model answers.
#[utoipa::path(
    get,
    path = "/v2/models/{model}/ready",
    tag = "KServe v2",
    params(("model" = String, Path)),
    responses((status = 200, description = "it answers"), (status = 503, description = "it does not")),
)]
pub(crate) async fn model_ready(
    State(models): State<Models>,
    Path(model): Path<String>,
) -> StatusCode {
    match models.slot(&model) {
        Some(slot) => status(slot.is_ready()),
        None => StatusCode::NOT_FOUND,
    }
}

/// Whether a version of a model answers.
#[utoipa::path(
    get,
    path = "/v2/models/{model}/versions/{version}/ready",
    tag = "KServe v2",
    params(("model" = String, Path), ("version" = String, Path)),
    responses((status = 200, description = "it answers"), (status = 503, description = "it does not")),
)]
pub(crate) async fn version_ready(
    State(models): State<Models>,
    Path((model, version)): Path<(String, String)>,
) -> StatusCode {
    let slot = models.slot(&model);
    let slot = slot.filter(|slot| slot.current().version.to_string() == version);
    match slot {
        Some(slot) => status(slot.is_ready()),
        None => StatusCode::NOT_FOUND,
    }
}

fn status(is_ready: bool) -> StatusCode {
    if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
