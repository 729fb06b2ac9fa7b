//! Sending results: one thread a destination, so that none waits for another.

mod backoff;
mod c_store;
mod parcel;
mod stow;

use std::time::Duration;

use crate::queue::{Delivery, DeliveryEnd};
use crate::shared::Shared;
use crate::{AeTitle, Destination, Notice, QueueError};
use backoff::pause;

/// Results in one association.
const BATCH: usize = 16;
/// Looking again, where nothing else wakes the thread.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// What a destination said to one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has it.
    Stored,
    /// It may take it later.
    NotNow(String),
    /// It will not take it.
    Never(String),
}

/// Nothing can be sent to a destination now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreachable(pub(crate) String);

/// Notes what a destination said to a result.
type Told<'a> = dyn FnMut(&Delivery, Answer) -> Result<(), QueueError> + 'a;

/// Carries results to one destination, and tells what it says to each as soon as it says so.
trait Carrier: Send {
    fn carry(
        &mut self,
        deliveries: &[Delivery],
        told: &mut Told<'_>,
    ) -> Result<Result<(), Unreachable>, QueueError>;
}

pub(crate) struct Sender<'a> {
    shared: &'a Shared,
    destination: String,
    carrier: Box<dyn Carrier>,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(shared: &'a Shared, destination: &Destination, own: &AeTitle) -> Self {
        Self {
            shared,
            destination: destination.to_string(),
            carrier: match destination {
                Destination::Dicom(peer) => Box::new(c_store::Store::new(peer, own)),
                Destination::Web(peer) => Box::new(stow::Stow::new(peer)),
            },
        }
    }

    pub(crate) fn run(mut self) {
        while !self.shared.is_stopped() {
            let heard = self.shared.bell.count();
            let sleep = self.step().unwrap_or_else(|error| {
                let reason = error.to_string();
                self.shared.tell(&Notice::QueueFailed { reason });
                Duration::from_secs(1)
            });
            if !sleep.is_zero() {
                self.shared.bell.wait(heard, sleep);
            }
        }
    }

    /// Sends what is due; how long may be slept then.
    fn step(&mut self) -> Result<Duration, QueueError> {
        let queue = &self.shared.queue;
        let due = queue.due(&self.destination, BATCH)?;
        let Some(first) = due.first() else {
            let next = queue.next_due(&self.destination)?;
            let next = next.map(|next| Duration::from_millis(next.max(1) as u64));
            return Ok(next.map_or(LONGEST_SLEEP, |next| next.min(LONGEST_SLEEP)));
        };
        let (shared, destination) = (self.shared, &self.destination);
        let mut takes_all = true;
        let mut told = |delivery: &Delivery, answer| {
            takes_all &= !matches!(answer, Answer::NotNow(_));
            conclude(shared, destination, delivery, answer)
        };
        match self.carrier.carry(&due, &mut told)? {
            // After an outage nothing waits for the time that was set meanwhile.
            Ok(()) if first.attempts > 0 && takes_all => queue.hurry(destination)?,
            Ok(()) => {}
            Err(Unreachable(reason)) => {
                let pause = pause(&shared.settings.retries, first.attempts);
                queue.retry_destination(destination, &reason, pause.as_millis() as i64)?;
                shared.tell(&Notice::NotSent {
                    destination: destination.clone(),
                    reason,
                    again_in_seconds: pause.as_secs(),
                });
            }
        }
        Ok(Duration::ZERO)
    }
}

/// Notes what a destination said to a result.
fn conclude(
    shared: &Shared,
    destination: &str,
    delivery: &Delivery,
    answer: Answer,
) -> Result<(), QueueError> {
    let destination = destination.to_owned();
    let result_uid = delivery.file.sop_instance_uid.clone();
    let queue = &shared.queue;
    let notice = match answer {
        Answer::Stored => {
            queue.end_delivery(delivery.id, &destination, DeliveryEnd::Sent)?;
            Notice::Sent {
                result_uid,
                destination,
            }
        }
        Answer::Never(reason) => {
            queue.end_delivery(delivery.id, &destination, DeliveryEnd::Refused(&reason))?;
            Notice::GivenUp {
                result_uid,
                destination,
                reason,
            }
        }
        Answer::NotNow(reason) => {
            let pause = pause(&shared.settings.retries, delivery.attempts);
            let milliseconds = pause.as_millis() as i64;
            queue.retry_delivery(delivery.id, &destination, &reason, milliseconds)?;
            Notice::NotSent {
                destination,
                reason,
                again_in_seconds: pause.as_secs(),
            }
        }
    };
    shared.tell(&notice);
    Ok(())
}
