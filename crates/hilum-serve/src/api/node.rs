//! What the DICOM node beside the server says of itself.

use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::context::Context;
use crate::refusal::Refusal;

/// Counts what a node has and does, as JSON without a name in it; `None` if that fails.
#[derive(Clone)]
pub struct NodeState(Arc<dyn Fn() -> Option<Value> + Send + Sync>);

impl NodeState {
    /// Asked whenever a client asks.
    pub fn new(ask: impl Fn() -> Option<Value> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl fmt::Debug for NodeState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NodeState").finish_non_exhaustive()
    }
}

/// How many series, instances and results the DICOM node has, by their states.
#[utoipa::path(
    get,
    path = "/api/node",
    tag = "hilum",
    responses((status = 200, description = "what the node has", body = Object)),
)]
pub(crate) async fn show(State(context): State<Context>) -> Result<Json<Value>, Refusal> {
    let Some(NodeState(ask)) = context.settings().node.clone() else {
        let error = "there is no DICOM node here";
        let refusal = Refusal::new(StatusCode::NOT_FOUND, error);
        return Err(refusal.hint("start the server with `--dicom HOST:PORT`"));
    };
    // It reads from the disk.
    let said = spawn_blocking(move || ask()).await;
    said.ok().flatten().map(Json).ok_or_else(Refusal::failed)
}
