//! What a client is told when there is no answer.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hilum_experiment::{ErrorKind, ExperimentError, Said};
use serde::Serialize;

/// When a client that was told to come back may do so.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Why there is no answer, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: String,
    pub(crate) hint: Option<String>,
    retry_after: Option<u32>,
}

#[derive(Serialize)]
struct Told<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
            hint: None,
            retry_after: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `400`.
    pub(crate) fn malformed(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// `503` with `Retry-After`.
    pub(crate) fn busy(error: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, error);
        Self {
            retry_after: Some(RETRY_AFTER_SECONDS),
            ..refusal
        }
        .hint("come back a little later")
    }

    /// `413`.
    pub(crate) fn too_large(error: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, error)
    }

    /// `500`, without a reason that would tell of the server.
    pub(crate) fn failed() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed")
            .hint("its log says more, under the `x-request-id` of this answer")
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}; hint: {hint}", self.error),
            None => self.error.clone(),
        }
    }

    /// With the headers that go with it.
    pub(crate) fn answered(&self, body: impl IntoResponse) -> Response {
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (error, hint) = (self.error.as_str(), self.hint.as_deref());
        self.answered(Json(Told { error, hint }))
    }
}

impl From<ExperimentError> for Refusal {
    fn from(error: ExperimentError) -> Self {
        let status = match (&error, error.kind()) {
            (ExperimentError::TooManyFiles { .. }, _) => StatusCode::PAYLOAD_TOO_LARGE,
            (_, ErrorKind::BadInput) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, ErrorKind::Cancelled) => return Self::busy("the request was given up"),
            (ExperimentError::SharedModel(_), ErrorKind::Failure) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            (_, ErrorKind::Failure) => return Self::failed(),
        };
        let Said { parts, hints } = Said::of(&error);
        let refusal = Self::new(status, parts.join(": "));
        if hints.is_empty() {
            refusal
        } else {
            refusal.hint(hints.join("; "))
        }
    }
}
