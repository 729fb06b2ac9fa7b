//! Bodies of requests, bounded in bytes and in time.

use std::error::Error;
use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use crate::admission::Permit;
use crate::refusal::Refusal;
use crate::settings::Limits;

/// A body that is counted while it comes.
pub(crate) struct Incoming {
    body: Body,
    ledger: Ledger,
    silence: Duration,
    quiet: Pin<Box<Sleep>>,
    end: Pin<Box<Sleep>>,
}

/// What was counted of a body, and why it was broken off; shared with whoever reads it.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<Mutex<Counted>>);

struct Counted {
    permit: Option<Permit>,
    bytes: usize,
    limit: usize,
    refusal: Option<Refusal>,
}

/// A body was broken off; the [`Ledger`] says why.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the body was broken off")
    }
}

impl Error for BrokenOff {}

impl Incoming {
    /// # Errors
    /// `413` for a body that is too large by its header, before any of it is read.
    pub(crate) fn new(
        headers: &HeaderMap,
        body: Body,
        permit: Permit,
        limits: &Limits,
    ) -> Result<(Self, Ledger), Refusal> {
        let limit = limits.body_bytes;
        let length = headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > limit as u64) {
            return Err(too_large(limit));
        }
        let ledger = Ledger(Arc::new(Mutex::new(Counted {
            permit: Some(permit),
            bytes: 0,
            limit,
            refusal: None,
        })));
        let incoming = Self {
            body,
            ledger: ledger.clone(),
            silence: limits.silence,
            quiet: Box::pin(sleep(limits.silence)),
            end: Box::pin(sleep(limits.upload)),
        };
        Ok((incoming, ledger))
    }

    /// All of a body.
    ///
    /// # Errors
    /// What broke it off: `408`, `413`, `503`; `400` if the client ended it early.
    pub(crate) async fn read(
        headers: &HeaderMap,
        body: Body,
        permit: Permit,
        limits: &Limits,
    ) -> Result<(Bytes, Permit), Refusal> {
        let (incoming, ledger) = Self::new(headers, body, permit, limits)?;
        let collected = incoming.collect().await;
        let collected = collected.map_err(|_| ledger.reason())?;
        Ok((collected.to_bytes(), ledger.permit()?))
    }

    fn refuse(&self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.ledger.counted().refusal.get_or_insert(refusal);
        Poll::Ready(Some(Err(BrokenOff)))
    }
}

impl Ledger {
    fn counted(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the body was broken off.
    pub(crate) fn reason(&self) -> Refusal {
        let refusal = self.counted().refusal.take();
        refusal.unwrap_or_else(|| Refusal::malformed("the body ended early"))
    }

    /// Whether it was broken off by us.
    pub(crate) fn is_refused(&self) -> bool {
        self.counted().refusal.is_some()
    }

    /// What holds the room of the body, once it is read.
    ///
    /// # Errors
    /// `500` for a second call.
    pub(crate) fn permit(&self) -> Result<Permit, Refusal> {
        self.counted().permit.take().ok_or_else(Refusal::failed)
    }

    fn count(&self, bytes: usize) -> Result<(), Refusal> {
        let mut counted = self.counted();
        counted.bytes += bytes;
        if counted.bytes > counted.limit {
            return Err(too_large(counted.limit));
        }
        match &mut counted.permit {
            Some(permit) => permit.grow(bytes),
            None => Ok(()),
        }
    }
}

fn too_large(limit: usize) -> Refusal {
    Refusal::too_large(format!("the body is larger than {limit} bytes"))
        .hint("send it in parts; `hilum serve --max-body` sets the limit")
}

impl HttpBody for Incoming {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                if let Err(refusal) = this.ledger.count(bytes) {
                    return this.refuse(refusal);
                }
                this.quiet.as_mut().reset(Instant::now() + this.silence);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => this.refuse(Refusal::malformed("the body ended early")),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let is_over = this.quiet.as_mut().poll(context).is_ready()
                    || this.end.as_mut().poll(context).is_ready();
                if is_over {
                    let error = "the body does not come";
                    return this.refuse(Refusal::new(StatusCode::REQUEST_TIMEOUT, error));
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
