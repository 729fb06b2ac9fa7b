//! Instances that just came, for whoever looks at them before their series is complete.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::uid::Uid;

/// Instances that are remembered; what comes beyond is looked at when its series is complete.
const MOST: usize = 4096;

/// In the order in which they came. Nothing of it is on the disk: an instance that ends the process
/// when it is looked at does so once.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    waiting: Mutex<VecDeque<Arrival>>,
}

/// An instance that was acknowledged, or is about to be.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The number of its series in the queue.
    pub(crate) id: i64,
    pub(crate) study: Uid,
    pub(crate) series: Uid,
    pub(crate) file: PathBuf,
}

impl Arrivals {
    pub(crate) fn add(&self, arrival: Arrival) {
        let mut waiting = self.waiting();
        if waiting.len() < MOST {
            waiting.push_back(arrival);
        }
    }

    /// The first, and others of its series, `most` at most; none if there are none.
    pub(crate) fn next(&self, most: usize) -> Vec<Arrival> {
        let mut waiting = self.waiting();
        let Some(id) = waiting.front().map(|first| first.id) else {
            return Vec::new();
        };
        let (mut next, mut others) = (Vec::new(), VecDeque::with_capacity(waiting.len()));
        for arrival in waiting.drain(..) {
            if arrival.id == id && next.len() < most {
                next.push(arrival);
            } else {
                others.push_back(arrival);
            }
        }
        *waiting = others;
        next
    }

    /// A series is looked at as a whole.
    pub(crate) fn forget(&self, id: i64) {
        self.waiting().retain(|arrival| arrival.id != id);
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Arrival>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_come_series_by_series_and_are_bounded() {
        let arrivals = Arrivals::default();
        let uid = |text: &str| Uid::parse(text).expect("a UID");
        let add = |id: i64, file: usize| {
            arrivals.add(Arrival {
                id,
                study: uid("1.2"),
                series: uid("1.3"),
                file: file.to_string().into(),
            });
        };
        let next = |most| {
            let next = arrivals.next(most);
            let shown = next.iter().map(|one| (one.id, one.file.clone()));
            shown.collect::<Vec<_>>()
        };
        for (file, id) in [1, 2, 1, 1, 2, 3].into_iter().enumerate() {
            add(id, file);
        }
        assert_eq!(next(2), [(1, "0".into()), (1, "2".into())]);
        assert_eq!(next(8), [(2, "1".into()), (2, "4".into())]);
        arrivals.forget(1);
        assert_eq!(next(8), [(3, "5".into())]);
        assert!(next(8).is_empty());
        for file in 0..MOST + 5 {
            add(1, file);
        }
        assert_eq!(next(usize::MAX).len(), MOST);
    }
}
