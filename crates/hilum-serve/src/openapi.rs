//! The interfaces, described for programs: OpenAPI 3.1.

use std::collections::BTreeMap;

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, SecurityRequirement};
use utoipa::{Modify, OpenApi, ToSchema};

use crate::context::Context;
use crate::{api, health, kserve, metrics};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "hilum",
        description = "Classifiers of chest-CT slices. Research software, not a medical device.",
    ),
    paths(
        health::live,
        health::ready,
        health::model_ready,
        health::version_ready,
        kserve::metadata::server,
        kserve::metadata::model,
        kserve::metadata::version,
        kserve::infer::infer,
        kserve::infer::infer_version,
        api::models::list,
        api::node::show,
        api::predict::predict,
        api::pixels::pixels,
        api::jobs::handlers::create,
        api::jobs::handlers::show,
        api::jobs::handlers::follow,
        api::jobs::handlers::remove,
        metrics::show,
    ),
    components(schemas(Refused, SliceAnswer)),
    modifiers(&Everywhere),
)]
struct Interface;

/// Why there is no answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refused {
    error: String,
    /// What to do.
    hint: Option<String>,
}

/// What is said of a slice, as `hilum predict --format json` prints it; `path` and `error` alone for
/// a file that could not be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct SliceAnswer {
    /// The name that the client gave the file.
    path: String,
    /// Why the file could not be read.
    error: Option<String>,
    /// The most likely class; null if the answer is "I don't know".
    class: Option<String>,
    abstained: Option<bool>,
    reason: Option<String>,
    probabilities: Option<BTreeMap<String, f64>>,
    calibrated: Option<bool>,
    /// The classes among which the truth is as often as was asked for.
    set: Option<Vec<String>>,
    as_unlike: Option<f64>,
    model: Option<String>,
    warnings: Option<Vec<String>>,
    study_uid: Option<String>,
    series_uid: Option<String>,
    instance_number: Option<i64>,
    position_mm: Option<f64>,
    frame: Option<usize>,
    /// Where the model looked, if that was asked for.
    heat: Option<SliceHeat>,
}

/// Where the model looked.
#[derive(Serialize, ToSchema)]
pub(crate) struct SliceHeat {
    /// An 8-bit grey PNG of the slice's own size, in base64.
    png: String,
    class: String,
    method: String,
    layer: Option<String>,
    signal: String,
    inside_lungs: Option<f64>,
}

/// What any address may answer.
struct Everywhere;

const REFUSALS: [(&str, &str); 6] = [
    ("400", "the request is damaged"),
    ("401", "the token is missing or wrong"),
    ("403", "the page of another site asks"),
    ("404", "there is no such thing"),
    ("421", "the request is meant for another host"),
    ("500", "the server failed"),
];

/// What addresses that take files may answer besides.
const OF_BODIES: [(&str, &str); 5] = [
    ("408", "the body does not come"),
    ("413", "it is too large"),
    ("415", "it is of no type that is read"),
    ("422", "it cannot be answered"),
    (
        "503",
        "the server is busy; `Retry-After` says when to come back",
    ),
];

impl Modify for Everywhere {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let none: [String; 0] = [];
        let token = SecurityRequirement::new("token", none);
        document.security = Some(vec![SecurityRequirement::default(), token]);
        for item in document.paths.paths.values_mut() {
            let with_body = item.post.iter_mut().map(|operation| (operation, true));
            let others = [&mut item.get, &mut item.delete].into_iter().flatten();
            let others = others.map(|operation| (operation, false));
            for (operation, has_body) in with_body.chain(others) {
                add_refusals(operation, has_body);
            }
        }
    }
}

fn add_refusals(operation: &mut Operation, has_body: bool) {
    let of_bodies = OF_BODIES.iter().filter(|_| has_body);
    for (status, says) in REFUSALS.iter().chain(of_bodies) {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Refused")))
            .build();
        let response = ResponseBuilder::new()
            .description(*says)
            .content("application/json", content)
            .build();
        let responses = &mut operation.responses.responses;
        let entry = responses.entry((*status).to_owned());
        entry.or_insert(RefOr::T(response));
    }
}

pub(crate) fn routes() -> Router<Context> {
    Router::new().route("/openapi.json", get(show))
}

async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(Interface::openapi())
}
