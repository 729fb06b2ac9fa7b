//! hilum's own interface.

mod answered;
mod ask;
mod files;
pub(crate) mod jobs;
pub(crate) mod models;
pub(crate) mod node;
pub(crate) mod pixels;
pub(crate) mod predict;
mod wishes;

use axum::Router;
use axum::routing::{get, post};

use crate::context::Context;

pub(crate) use files::refuse_encoded;
pub use jobs::JobKeeping;
pub(crate) use jobs::{Jobs, resume};
pub use node::NodeState;

pub(crate) fn routes() -> Router<Context> {
    Router::new()
        .route("/api/models", get(models::list))
        .route("/api/node", get(node::show))
        .route("/api/predict", post(predict::predict))
        .route("/api/pixels", post(pixels::pixels))
        .merge(jobs::routes())
}
