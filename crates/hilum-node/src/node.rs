//! A node that runs.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hilum_core::Cancel;

use crate::folder::Folder;
use crate::predictor::Predictor;
use crate::queue::{Census, Queue};
use crate::scp::Reception;
use crate::send::Sender;
use crate::shared::{Listener, Shared, Work as _};
use crate::worker::Worker;
use crate::{NodeError, NodeSettings, Notice, QueueError};

/// Until connections that are being ended are closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// A node that receives, has series predicted and sends, until it is stopped or dropped.
pub struct Node {
    shared: Arc<Shared>,
    reception: Arc<Reception>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

impl Node {
    /// Takes the folder, goes on with what the last process left, and listens.
    ///
    /// `cancel` is what the predictor's calls end with; [`Node::stop`] cancels it. `listener` is told
    /// what happens, from several threads.
    ///
    /// # Errors
    /// [`NodeError`]
    pub fn start(
        settings: NodeSettings,
        predictor: Box<dyn Predictor>,
        cancel: Cancel,
        listener: Listener,
    ) -> Result<Self, NodeError> {
        settings.check()?;
        let folder = Folder::take(&settings.folder)?;
        let queue = Queue::open(folder).map_err(|source| NodeError::Queue {
            folder: settings.folder.clone(),
            source,
        })?;
        let asked = settings.address;
        let cannot = |source| NodeError::Listen {
            address: asked,
            source,
        };
        let socket = TcpListener::bind(asked).map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        let shared = Arc::new(Shared::new(settings, queue, cancel, listener));
        shared.tell(&Notice::Listening {
            address,
            ae_title: shared.settings.ae_title.to_string(),
        });
        tell_orphans(&shared);
        let reception = Reception::new(Arc::clone(&shared));
        let mut node = Self {
            shared,
            reception,
            address,
            threads: Vec::new(),
        };
        node.start_threads(socket, predictor)?;
        Ok(node)
    }

    fn start_threads(
        &mut self,
        socket: TcpListener,
        predictor: Box<dyn Predictor>,
    ) -> Result<(), NodeError> {
        let shared = Arc::clone(&self.shared);
        self.thread("predict", move || {
            Worker::new(&shared, predictor).run(&shared);
        })?;
        for destination in self.shared.settings.destinations.clone() {
            let shared = Arc::clone(&self.shared);
            self.thread("send", move || {
                Sender::new(&shared, &destination).run(&shared);
            })?;
        }
        let reception = Arc::clone(&self.reception);
        self.thread("watch", move || reception.watch())?;
        let reception = Arc::clone(&self.reception);
        self.thread("listen", move || reception.listen(&socket))
    }

    fn thread(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), NodeError> {
        let thread = thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(work);
        self.threads
            .push(thread.map_err(|source| NodeError::Thread { source })?);
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How much there is of what.
    ///
    /// # Errors
    /// [`QueueError`] if the queue cannot be read.
    pub fn census(&self) -> Result<Census, QueueError> {
        self.shared.queue.census()
    }

    /// Ends associations and the prediction that runs, and waits for results that are just being
    /// sent. What is on the disk is gone on with by the next node.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.shared.stop();
        // The thread that listens is woken by a connection.
        let _ = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        for thread in self.threads.drain(..) {
            // One that panicked has nothing to wait for.
            let _ = thread.join();
        }
        let began = Instant::now();
        while self.reception.open() > 0 && began.elapsed() < FAREWELL {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// An address that listens on all interfaces is reached on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Results that an earlier node was to send elsewhere.
fn tell_orphans(shared: &Shared) {
    let destinations = &shared.settings.destinations;
    let known: Vec<String> = destinations.iter().map(ToString::to_string).collect();
    for (destination, results) in shared.queue.pending().unwrap_or_default() {
        if !known.contains(&destination) {
            shared.tell(&Notice::Orphaned {
                destination,
                results,
            });
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Node");
        shown
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
