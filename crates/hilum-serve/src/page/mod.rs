//! The page for people: files that come with the program, and what it may do in a browser.

mod asset;
mod heat;
mod texts;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::context::Context;
use crate::refusal::Refusal;
use asset::{Asset, INDEX, asset};

/// Scripts, styles and requests of this server alone, nothing written into the page as a script or
/// a style, and no text that is read as HTML.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);
/// A browser asks each time whether its copy is still the one: another hilum may have been started.
const CACHING: HeaderValue = HeaderValue::from_static("no-cache");

pub(crate) fn routes() -> Router<Context> {
    Router::new()
        .route("/", get(index))
        .route("/page/{name}", get(file))
}

async fn index(headers: HeaderMap) -> Result<Response, Refusal> {
    Ok(answer(found(INDEX)?, &headers))
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    // The page itself is at `/` alone, where its addresses lead to its files.
    if name == INDEX {
        return Err(missing());
    }
    Ok(answer(found(&name)?, &headers))
}

fn found(name: &str) -> Result<&'static Asset, Refusal> {
    asset(name).ok_or_else(missing)
}

fn missing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "the page has no such file").hint("it begins at `/`")
}

fn answer(asset: &'static Asset, asked: &HeaderMap) -> Response {
    let headers = [
        (header::CONTENT_TYPE, asset.media_type.clone()),
        (header::ETAG, asset.etag.clone()),
        (header::CACHE_CONTROL, CACHING),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    if is_known(asset, asked) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, asset.content.as_bytes()).into_response()
}

/// Whether the browser has it already (RFC 9110, 13.1.2).
fn is_known(asset: &Asset, asked: &HeaderMap) -> bool {
    let tags = asked.get_all(header::IF_NONE_MATCH).iter();
    let tags = tags.filter_map(|value| value.to_str().ok());
    let mut tags = tags.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == asset.etag)
}
