//! Progress as server-sent events (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::job::{Job, Progress};

/// A comment is sent where nothing else is, so that nobody in between closes the connection.
const SILENCE: Duration = Duration::from_secs(10);

/// A body that comes as it is sent.
struct Events(mpsc::Receiver<Bytes>);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.0.poll_recv(context);
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// An event for every step of the job, until it is over.
pub(super) fn events(job: &Arc<Job>) -> Response {
    let mut progress = job.follow();
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let now = progress.borrow_and_update().clone();
            let is_over = now.status.is_over();
            if sender.send(event(&now)).await.is_err() || is_over {
                return;
            }
            loop {
                match timeout(SILENCE, progress.changed()).await {
                    Ok(Ok(())) => break,
                    Ok(Err(_)) => return,
                    Err(_) => {
                        let comment = Bytes::from_static(b": still here\n\n");
                        if sender.send(comment).await.is_err() {
                            return;
                        }
                    }
                }
            }
        }
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::new(Events(receiver))).into_response()
}

/// The last event of a job that an earlier start has ended.
pub(super) fn last(progress: &Progress) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, event(progress)).into_response()
}

fn event(progress: &Progress) -> Bytes {
    let name = if progress.status.is_over() {
        "end"
    } else {
        "progress"
    };
    let data = serde_json::to_string(progress).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
