//! Receiving: associations with whoever sends (PS3.8), C-ECHO and C-STORE (PS3.7, PS3.4 annex B).

mod association;
mod incoming;
mod message;
mod negotiation;
mod store;
mod turned_away;
mod watchdog;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::Notice;
use crate::shared::Shared;
use watchdog::Watchdog;

/// Connections beyond the bound that are told so at once; others are just closed.
const TURNED_AWAY_AT_ONCE: usize = 16;

/// Listens, and gives every association a thread.
pub(crate) struct Reception {
    shared: Arc<Shared>,
    watchdog: Watchdog,
    open: AtomicUsize,
    turned_away: AtomicUsize,
}

impl Reception {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            shared,
            watchdog: Watchdog::default(),
            open: AtomicUsize::new(0),
            turned_away: AtomicUsize::new(0),
        })
    }

    /// Until the node is stopped; the last connection is made to wake it then.
    pub(crate) fn listen(self: Arc<Self>, listener: &TcpListener) {
        loop {
            let accepted = listener.accept();
            if self.shared.is_stopped() {
                return;
            }
            match accepted {
                Ok((stream, peer)) => Self::receive(&self, stream, peer),
                // Too many files are open, or the peer is gone already.
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Ends connections that are late, until the node is stopped; then all.
    pub(crate) fn watch(&self) {
        while !self.shared.is_stopped() {
            self.watchdog.look();
            thread::sleep(Duration::from_millis(100));
        }
        self.watchdog.end_all();
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    fn receive(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        // Responses are short, and are waited for.
        let _ = stream.set_nodelay(true);
        let limit = self.shared.settings.limits.associations;
        let (seat, is_accepted) = match Seat::take(self, |this| &this.open, limit) {
            Some(seat) => (Some(seat), true),
            None => (
                Seat::take(self, |this| &this.turned_away, TURNED_AWAY_AT_ONCE),
                false,
            ),
        };
        let Some(seat) = seat else { return };
        let work = move || {
            let reception = &seat.reception;
            if is_accepted {
                association::hold(&reception.shared, &reception.watchdog, stream, peer);
            } else {
                let settings = &reception.shared.settings;
                turned_away::tell(settings, &reception.watchdog, stream);
                reception.shared.tell(&Notice::Association {
                    peer,
                    calling: String::new(),
                    stored: 0,
                    ended: crate::Ended::Rejected("too many associations".to_owned()),
                });
            }
        };
        // Without a thread the stream is closed, and its peer tries again.
        let _ = thread::Builder::new()
            .name("association".to_owned())
            .spawn(work);
    }
}

/// A place among a bounded number, given back when it is dropped.
struct Seat {
    reception: Arc<Reception>,
    counter: fn(&Reception) -> &AtomicUsize,
}

impl Seat {
    fn take(
        reception: &Arc<Reception>,
        counter: fn(&Reception) -> &AtomicUsize,
        limit: usize,
    ) -> Option<Self> {
        let count = counter(reception);
        let taken = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| {
            (taken < limit).then_some(taken + 1)
        });
        taken.ok().map(|_| Self {
            reception: Arc::clone(reception),
            counter,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        (self.counter)(&self.reception).fetch_sub(1, Ordering::SeqCst);
    }
}
