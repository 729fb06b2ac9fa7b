//! Objects that are fetched before their turn, with many requests in flight.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hilum_core::Cancel;

use crate::object::Object;
use crate::{StoreError, Stores, fetch};

/// How often whoever waits looks whether somebody asked to stop.
const LOOK: Duration = Duration::from_millis(50);
/// What is reckoned with for an object of which nobody told the size.
const UNKNOWN_SIZE: u64 = 1 << 20;

/// Objects in the order in which they will be taken, fetched ahead.
///
/// So many are in flight, and so many bytes wait, as [`StoreSettings`](crate::StoreSettings) says;
/// one at least. Whoever takes them in order, from however many threads, never waits for a request
/// that could have been made before.
pub struct Ahead {
    shared: Arc<Shared>,
}

type Source = dyn Fn(usize) -> Option<Object> + Send + Sync;

struct Shared {
    stores: Stores,
    /// The object at a position; `None` where there is none to fetch.
    source: Box<Source>,
    count: usize,
    /// Bytes of each that are wanted; all, if absent.
    head: Option<u64>,
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    /// The first position that is not asked for yet.
    next: usize,
    in_flight: usize,
    /// Bytes that are there or on their way.
    bytes: u64,
    /// What is on its way, and what was reckoned with for it.
    asked: HashMap<usize, u64>,
    /// What is there.
    ready: HashMap<usize, (Result<Bytes, StoreError>, u64)>,
    is_over: bool,
}

impl Ahead {
    /// Begins to fetch; `source` gives the object at each position below `count`.
    pub fn new(
        stores: &Stores,
        count: usize,
        source: impl Fn(usize) -> Option<Object> + Send + Sync + 'static,
    ) -> Self {
        Self::begin(stores, count, None, source)
    }

    /// The same, but of each object the first `bytes` are fetched, or somewhat more.
    pub fn heads(
        stores: &Stores,
        count: usize,
        bytes: u64,
        source: impl Fn(usize) -> Option<Object> + Send + Sync + 'static,
    ) -> Self {
        Self::begin(stores, count, Some(bytes), source)
    }

    fn begin(
        stores: &Stores,
        count: usize,
        head: Option<u64>,
        source: impl Fn(usize) -> Option<Object> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            stores: stores.clone(),
            source: Box::new(source),
            count,
            head,
            state: Mutex::default(),
            came: Condvar::new(),
        });
        Shared::fill(&shared);
        Self { shared }
    }

    /// The bytes of the object at `position`; waits for them. Each is given once: whoever asks
    /// again has it fetched again.
    ///
    /// # Errors
    /// [`StoreError`] if it does not come after all attempts.
    ///
    /// # Panics
    /// If there is no object at `position`.
    pub fn take(&self, position: usize, cancel: &Cancel) -> Result<Bytes, StoreError> {
        let shared = &self.shared;
        let mut state = shared.lock();
        loop {
            cancel.check()?;
            if let Some((outcome, reckoned)) = state.ready.remove(&position) {
                state.bytes -= reckoned;
                drop(state);
                Shared::fill(shared);
                return outcome;
            }
            let will_come = position >= state.next || state.asked.contains_key(&position);
            if !will_come {
                drop(state);
                let object = (shared.source)(position).expect("an object");
                return shared.stores.read(&object);
            }
            let waited = shared.came.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Ahead {
    /// What is not taken is not asked for any more.
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for as much as the settings let.
    fn fill(shared: &Arc<Self>) {
        let settings = &shared.stores.inner.settings;
        let mut state = shared.lock();
        while state.next < shared.count && !state.is_over {
            let is_first = state.bytes == 0 && state.in_flight == 0;
            let has_room =
                state.in_flight < settings.requests.get() && state.bytes < settings.bytes_ahead;
            if !has_room && !is_first {
                return;
            }
            let position = state.next;
            state.next += 1;
            let Some(object) = (shared.source)(position) else {
                continue;
            };
            let size = object.size.unwrap_or(UNKNOWN_SIZE);
            let reckoned = shared.head.map_or(size, |head| head.min(size));
            // What is too large is not fetched.
            let reckoned = if reckoned > settings.object_bytes {
                1
            } else {
                reckoned.max(1)
            };
            state.bytes += reckoned;
            state.in_flight += 1;
            state.asked.insert(position, reckoned);
            let whose = Arc::downgrade(shared);
            let (head, limit) = (shared.head, settings.object_bytes);
            let runtime = shared.stores.inner.runtime();
            runtime.spawn(async move {
                let outcome = match head {
                    Some(count) => fetch::head(&object, count, limit).await,
                    None => fetch::whole(&object, limit).await,
                };
                // Nobody is kept alive by what is on its way.
                if let Some(shared) = whose.upgrade() {
                    Self::arrived(&shared, position, outcome);
                }
            });
        }
    }

    fn arrived(shared: &Arc<Self>, position: usize, outcome: Result<Bytes, StoreError>) {
        let mut state = shared.lock();
        state.in_flight -= 1;
        let reckoned = state.asked.remove(&position).unwrap_or(0);
        let held = outcome
            .as_ref()
            .map_or(1, |bytes| bytes.len().max(1) as u64);
        state.bytes = state.bytes - reckoned + held;
        state.ready.insert(position, (outcome, held));
        drop(state);
        shared.came.notify_all();
        Self::fill(shared);
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ahead")
            .field("count", &self.shared.count)
            .finish_non_exhaustive()
    }
}
