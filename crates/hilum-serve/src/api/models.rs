//! Which models there are, and what each is worth.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::context::Context;
use crate::models::Slot;

/// All models.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    models: Vec<ListedModel>,
}

#[derive(Serialize, ToSchema)]
struct ListedModel {
    name: String,
    version: String,
    classes: Vec<String>,
    architecture: String,
    /// As `hilum card --format json` tells it, without places on the server.
    #[schema(value_type = Object)]
    card: Value,
    ready: bool,
    /// Why the file that stands there now is not served.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

/// Which models there are, and what each is worth.
#[utoipa::path(
    get,
    path = "/api/models",
    tag = "hilum",
    responses((status = 200, description = "all models", body = Listed)),
)]
pub(crate) async fn list(State(context): State<Context>) -> Json<Listed> {
    let models = context.models().slots().iter().map(listed).collect();
    Json(Listed { models })
}

fn listed(slot: &Slot) -> ListedModel {
    let current = slot.current();
    let file = current.model.file();
    ListedModel {
        name: slot.name().to_owned(),
        version: current.version.to_string(),
        classes: file
            .classes
            .names()
            .iter()
            .map(ToString::to_string)
            .collect(),
        architecture: file.architecture.name.to_string(),
        card: current.card.as_ref().clone(),
        ready: slot.is_ready(),
        trouble: current.trouble,
    }
}
