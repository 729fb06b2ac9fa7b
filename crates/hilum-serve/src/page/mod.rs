//! The page for people.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::context::Context;

pub(crate) fn routes() -> Router<Context> {
    Router::new().route("/", get(index))
}

async fn index() -> Html<&'static str> {
    Html(include_str!("../../page/index.html"))
}
