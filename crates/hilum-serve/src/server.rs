//! A server: opened first, run second.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use hilum_core::Cancel;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::ServeError;
use crate::api::resume;
use crate::context::Context;
use crate::journal::{Entry, Journal, Level};
use crate::listen::{accept, acceptor};
use crate::models::Models;
use crate::router::router;
use crate::settings::ServeSettings;

/// How often the server looks whether it is to stop,
const LOOK: Duration = Duration::from_millis(50);
/// and whether a model's file has changed.
const LOOK_AT_FILES: Duration = Duration::from_secs(1);
/// Threads that read requests and write answers; what takes long has its own.
const NETWORK_THREADS: usize = 2;

/// A server that listens, with its models open; [`run`](Self::run) answers.
pub struct Server {
    context: Context,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// Takes its address and opens the models. Whoever connects already waits.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn open(settings: ServeSettings, journal: Arc<dyn Journal>) -> Result<Self, ServeError> {
        let listener = listen(&settings)?;
        let address = listener.local_addr().map_err(|source| ServeError::Listen {
            address: settings.address.clone(),
            source,
        })?;
        let tls = settings.tls.as_ref().map(acceptor).transpose()?;
        let models = Models::open(&settings, &journal)?;
        Ok(Self {
            context: Context::new(settings, models, address, journal)?,
            listener,
            address,
            tls,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same, as a browser takes it.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// What it serves; stays good while the server runs.
    pub fn models(&self) -> Models {
        self.context.models().clone()
    }

    /// Answers until `stop` is cancelled; then takes no more, and ends when what it has taken is
    /// answered.
    ///
    /// # Errors
    /// [`ServeError::Threads`], [`ServeError::Listen`].
    pub fn run(self, stop: &Cancel) -> Result<(), ServeError> {
        let runtime = runtime(&self.context)?;
        let address = self.address.to_string();
        let outcome = runtime.block_on(self.answer(stop));
        // Nobody waits for what still runs.
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome.map_err(|source| ServeError::Listen { address, source })
    }

    async fn answer(self, stop: &Cancel) -> io::Result<()> {
        let Self {
            context,
            listener,
            address,
            tls,
        } = self;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let journal = Arc::clone(context.journal());
        let listens = Entry::new(Level::Info, "listening");
        journal.note(&listens.with("address", address.to_string()));
        let (stops, told) = watch::channel(false);
        let limits = context.settings().limits;
        resume(&context);
        let watching = tokio::spawn(look_after(context.clone()));
        let accepting = accept(listener, tls, router(context.clone()), &limits, told);
        let stopping = async {
            while !stop.cancelled() {
                sleep(LOOK).await;
            }
            journal.note(&Entry::new(Level::Info, "stopping"));
            context.jobs().stop();
            stops.send_replace(true);
            // The channel stays open until all have seen it.
            stops.closed().await;
        };
        tokio::join!(accepting, stopping);
        watching.abort();
        let last = context.clone();
        let _ = spawn_blocking(move || last.traces().stop()).await;
        journal.note(&Entry::new(Level::Info, "stopped"));
        Ok(())
    }
}

/// Opens models whose files have changed, and drops results of jobs that are too old.
async fn look_after(context: Context) {
    loop {
        sleep(LOOK_AT_FILES).await;
        let context = context.clone();
        let look = spawn_blocking(move || {
            context.models().look_for_changes();
            context.jobs().prune();
        });
        // What fails is tried again.
        let _ = look.await;
    }
}

fn runtime(context: &Context) -> Result<Runtime, ServeError> {
    let requests = context.settings().limits.requests.get();
    Builder::new_multi_thread()
        .worker_threads(NETWORK_THREADS)
        .thread_name("http")
        // One that looks at files, and some for jobs.
        .max_blocking_threads(requests + 16)
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| ServeError::Threads { source })
}

fn listen(settings: &ServeSettings) -> Result<TcpListener, ServeError> {
    let text = &settings.address;
    let mut addresses = text
        .to_socket_addrs()
        .map_err(|source| ServeError::Address {
            address: text.clone(),
            source,
        })?;
    let Some(address) = addresses.next() else {
        return Err(ServeError::Address {
            address: text.clone(),
            source: io::ErrorKind::NotFound.into(),
        });
    };
    let is_guarded = settings.token.is_some() || settings.is_behind_proxy;
    if !address.ip().is_loopback() && !is_guarded {
        let address = address.to_string();
        return Err(ServeError::Open { address });
    }
    TcpListener::bind(address).map_err(|source| {
        let address = address.to_string();
        match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::Taken { address },
            _ => ServeError::Listen { address, source },
        }
    })
}
