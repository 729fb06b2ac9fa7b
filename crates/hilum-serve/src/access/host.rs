//! Which names a server on this machine answers to: a page of somebody else must not make a browser
//! ask it, by a name of its own that leads here (DNS rebinding) or by a form.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::context::Context;
use crate::refusal::Refusal;

/// Which hosts requests may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostRule {
    /// This machine, under a name of its own.
    Loopback,
    /// Any: a token or a proxy says who may ask.
    Any,
}

impl HostRule {
    pub(crate) fn of(address: SocketAddr, has_token: bool, is_behind_proxy: bool) -> Self {
        if address.ip().is_loopback() && !has_token && !is_behind_proxy {
            Self::Loopback
        } else {
            Self::Any
        }
    }

    fn allows(self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback => is_loopback(host),
        }
    }
}

/// Refuses requests that were meant for another host, or made by a page of another one.
pub(crate) async fn check_host(
    State(context): State<Context>,
    request: Request,
    next: Next,
) -> Response {
    let Some(host) = host(request.uri(), request.headers()) else {
        return Refusal::malformed("the request names no host")
            .hint("send one `Host` header")
            .into_response();
    };
    if !context.host_rule().allows(&host) {
        return Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers to `localhost` and `127.0.0.1` alone",
        )
        .hint("start it with `--token-file` or `--behind-proxy` for other names")
        .into_response();
    }
    if request.method().is_safe() || is_same_origin(request.headers(), &host) {
        return next.run(request).await;
    }
    Refusal::new(StatusCode::FORBIDDEN, "the page of another site asks").into_response()
}

/// The host and port that a request names, in lower case.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut named = headers.get_all(header::HOST).iter();
    let (first, second) = (named.next(), named.next());
    if second.is_some() {
        return None;
    }
    let of_header = first.and_then(|value| value.to_str().ok());
    let host = uri.authority().map(Authority::as_str).or(of_header)?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is_number = || {
        let address = name.trim_matches(['[', ']']);
        let parsed = address.parse::<std::net::IpAddr>();
        parsed.is_ok_and(|address| address.is_loopback())
    };
    name == "localhost" || is_number()
}

/// Whether a browser says that a page of this very host asks; programs say nothing.
fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
    let (_, of_origin) = origin.split_once("://").unwrap_or_default();
    of_origin == host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for host in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:80",
            "127.0.0.2",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1:8080",
            "",
            ":8080",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn pages_of_other_sites_are_told_by_their_origin() {
        let from = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            is_same_origin(&headers, "localhost:8080")
        };
        assert!(is_same_origin(&HeaderMap::new(), "localhost:8080"));
        assert!(from("http://localhost:8080"));
        assert!(from("https://localhost:8080"));
        for other in ["http://localhost:8081", "https://example.org", "null"] {
            assert!(!from(other), "{other}");
        }
    }
}
