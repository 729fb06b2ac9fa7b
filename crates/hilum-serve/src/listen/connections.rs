//! Connections, as many as are allowed, until the server is to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::pin;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::patience::Patience;
use crate::settings::Limits;

/// What a request's line and headers may take.
const HEAD_BYTES: usize = 64 << 10;
/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);
/// How long connections may take to end.
const LAST_ANSWERS: Duration = Duration::from_secs(20);

/// Serves connections until `stop` says so, then waits for the answers that are due.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: &Limits,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections.get()));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            next = next => next,
            _ = stop.wait_for(|stops| *stops) => break,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else {
            sleep(NO_ROOM).await;
            continue;
        };
        let connection = Connection {
            tls: tls.clone(),
            router: router.clone(),
            silence: limits.silence,
            stop: stop.clone(),
        };
        connections.spawn(async move {
            connection.serve(stream).await;
            drop(permit);
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(LAST_ANSWERS, ended).await;
}

struct Connection {
    tls: Option<TlsAcceptor>,
    router: Router,
    silence: Duration,
    stop: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // An answer is written at once.
        let _ = stream.set_nodelay(true);
        let Some(tls) = self.tls.clone() else {
            return self.requests(stream).await;
        };
        if let Ok(Ok(stream)) = timeout(self.silence, tls.accept(stream)).await {
            self.requests(stream).await;
        }
    }

    /// All requests of a connection. Whatever goes wrong with it is its client's to notice.
    async fn requests(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let stream = TokioIo::new(Patience::new(stream, self.silence));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.silence)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(stream, TowerToHyperService::new(self.router));
        pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = self.stop.wait_for(|stops| *stops) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}
