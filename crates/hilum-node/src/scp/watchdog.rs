//! Ends connections whose time is over.
//!
//! A timeout of a socket counts from the last byte: a peer that sends one now and then would hold its
//! connection for ever.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(super) struct Watchdog {
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    last: u64,
    streams: HashMap<u64, (TcpStream, Instant)>,
}

impl Watchdog {
    /// Watches a connection as long as the lease lives; it has `time` for its first step.
    pub(super) fn watch(&self, stream: &TcpStream, time: Duration) -> io::Result<Lease<'_>> {
        let stream = stream.try_clone()?;
        let mut watched = self.watched();
        watched.last += 1;
        let number = watched.last;
        let deadline = Instant::now() + time;
        watched.streams.insert(number, (stream, deadline));
        Ok(Lease {
            watchdog: self,
            number,
        })
    }

    /// Ends what is late.
    pub(super) fn look(&self) {
        let now = Instant::now();
        let watched = self.watched();
        for (stream, deadline) in watched.streams.values() {
            if *deadline <= now {
                // Whoever reads from it or writes to it is told.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    pub(super) fn end_all(&self) {
        for (stream, _) in self.watched().streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time that a connection has.
#[derive(Debug)]
pub(super) struct Lease<'a> {
    watchdog: &'a Watchdog,
    number: u64,
}

impl Lease<'_> {
    /// From now on.
    pub(super) fn renew(&self, time: Duration) {
        let deadline = Instant::now() + time;
        if let Some((_, until)) = self.watchdog.watched().streams.get_mut(&self.number) {
            *until = deadline;
        }
    }

    pub(super) fn is_over(&self) -> bool {
        let watched = self.watchdog.watched();
        let found = watched.streams.get(&self.number);
        found.is_none_or(|(_, until)| *until <= Instant::now())
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.watchdog.watched().streams.remove(&self.number);
    }
}
