//! Which address leads where.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::access::{check_host, check_token, note_request, set_headers};
use crate::context::Context;
use crate::refusal::Refusal;
use crate::{api, health, kserve, metrics, openapi, page};

/// Everything that is answered. Health and the page are told to everybody, the rest to who knows
/// the token.
pub(crate) fn router(context: Context) -> Router {
    let guarded = Router::new()
        .merge(kserve::routes())
        .merge(api::routes())
        .merge(metrics::routes())
        .merge(openapi::routes())
        .route_layer(from_fn_with_state(context.clone(), check_token));
    Router::new()
        .merge(guarded)
        .merge(health::routes())
        .merge(page::routes())
        .fallback(no_such_page)
        .method_not_allowed_fallback(no_such_method)
        // Bodies are bounded by the settings, while they come.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(context.clone(), check_host))
        .layer(from_fn(set_headers))
        .layer(from_fn_with_state(context.clone(), note_request))
        .with_state(context)
}

async fn no_such_page() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address")
        .hint("`/openapi.json` lists all")
}

async fn no_such_method(request: Request) -> Refusal {
    let error = format!("this address takes no `{}`", request.method());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, error).hint("`/openapi.json` lists all")
}
