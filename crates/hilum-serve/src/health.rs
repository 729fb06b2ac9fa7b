//! Whether the server lives, and whether its models answer.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;

use crate::context::Context;
use crate::kserve::Error;
use crate::models::{Models, Slot, found};

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
    status(models.slots().iter().all(Slot::is_ready))
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
) -> Result<StatusCode, Error> {
    let current = found(&models, &model, None)?;
    Ok(status(current.model.is_running()))
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
) -> Result<StatusCode, Error> {
    let current = found(&models, &model, Some(&version))?;
    Ok(status(current.model.is_running()))
}

fn status(is_ready: bool) -> StatusCode {
    if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
