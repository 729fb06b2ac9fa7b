//! What clients must know.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::context::Context;
use crate::refusal::Refusal;

/// A shorter secret could be guessed.
const LEAST_LENGTH: usize = 16;

/// A secret that clients send: `Authorization: Bearer SECRET`.
#[derive(Clone)]
pub struct Token(Arc<[u8]>);

/// Why there is no token.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("cannot read the token from `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No secret worth the name.
    #[error(
        "the token in `{}` is no secret: {LEAST_LENGTH} printable characters without spaces are the \
         least\nhint: make one with `openssl rand -hex 32`",
        path.display()
    )]
    Weak {
        /// Which file.
        path: PathBuf,
    },
}

impl Token {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path).map_err(|source| TokenError::Read {
            path: path.to_owned(),
            source,
        })?;
        let secret = text.lines().next().unwrap_or_default().trim();
        let is_sound = secret.bytes().all(|byte| byte.is_ascii_graphic());
        if secret.len() < LEAST_LENGTH || !is_sound {
            let path = path.to_owned();
            return Err(TokenError::Weak { path });
        }
        Ok(Self(secret.as_bytes().into()))
    }

    /// Whether the headers of a request hold it; takes as long for every token of its length.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| bearer(value.as_bytes()));
        given.is_some_and(|given| given.ct_eq(&self.0).into())
    }
}

/// What follows `Bearer`, in any case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, secret) = value.split_at_checked(7)?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer ");
    is_bearer.then(|| secret.trim_ascii())
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

/// Lets pass who knows the token, and everybody where there is none.
pub(crate) async fn check_token(
    State(context): State<Context>,
    request: Request,
    next: Next,
) -> Response {
    match &context.settings().token {
        Some(token) if !token.is_in(request.headers()) => {
            Refusal::new(StatusCode::UNAUTHORIZED, "the token is missing or wrong")
                .hint("send the header `Authorization: Bearer TOKEN`")
                .into_response()
        }
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_scheme_alone() {
        let token = Token(b"0123456789abcdef".as_slice().into());
        let holds = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            token.is_in(&headers)
        };
        assert!(holds("Bearer 0123456789abcdef"));
        assert!(holds("bearer  0123456789abcdef"));
        for wrong in [
            "0123456789abcdef",
            "Basic 0123456789abcdef",
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcdef0",
            "Bearer ",
            "B",
        ] {
            assert!(!holds(wrong), "{wrong}");
        }
        assert!(!token.is_in(&HeaderMap::new()));
    }
}
